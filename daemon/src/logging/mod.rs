//! The log: one line an event on standard error, whose filter can change while the daemon runs.

mod escape;

use std::io;

use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::{Filter, Format, Log};
use escape::Escaping;

/// Why the log is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The process has a log already.
    #[error("the log is set up already: {0}")]
    Twice(#[from] TryInitError),
    /// The filter cannot be read.
    #[error("`{0}` is no log filter")]
    Filter(String),
    /// The log that the filter belonged to is gone.
    #[error("the log filter cannot be changed: {0}")]
    Gone(#[from] reload::Error),
}

/// Changes the filter of the log.
#[derive(Debug, Clone)]
pub struct LogControl {
    filter: reload::Handle<EnvFilter, Registry>,
}

impl LogControl {
    /// Replaces the filter.
    ///
    /// # Errors
    ///
    /// When the filter cannot be read.
    pub fn apply(&self, filter: &Filter) -> Result<(), LogError> {
        Ok(self.filter.reload(parse(filter)?)?)
    }
}

/// Sets up the log of the process. Panics are logged too.
///
/// # Errors
///
/// When the process has a log already.
pub fn install(log: &Log) -> Result<LogControl, LogError> {
    let (subscriber, control) = subscriber(log, io::stderr)?;
    subscriber.try_init()?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("(no message)");
        tracing::error!(place, message, "a thread panicked");
    }));
    Ok(control)
}

fn subscriber<W>(
    log: &Log,
    writer: W,
) -> Result<(impl Subscriber + Send + Sync + 'static, LogControl), LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(parse(&log.filter)?);
    let lines = fmt::layer().with_ansi(false).with_writer(Escaping(writer));
    let lines = match log.format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    let subscriber = Registry::default().with(filter).with(lines);
    Ok((subscriber, LogControl { filter: handle }))
}

fn parse(filter: &Filter) -> Result<EnvFilter, LogError> {
    EnvFilter::builder().parse(filter.as_str()).map_err(|_| LogError::Filter(filter.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use tracing::subscriber::with_default;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Page {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log(filter: &str, format: Format) -> Log {
        Log { filter: filter.parse().unwrap(), format }
    }

    fn written(log: &Log, during: impl FnOnce(&LogControl)) -> String {
        let page = Page::default();
        let pen = page.clone();
        let (subscriber, control) = subscriber(log, move || pen.clone()).unwrap();
        with_default(subscriber, || during(&control));
        page.text()
    }

    #[test]
    fn text_of_a_client_cannot_forge_a_line() {
        let hostile = "ada\n2026-11-23T00:00:00Z  INFO bound\r\u{1b}[2K\u{85}\u{202e}";
        let text = written(&log("info", Format::Text), |_| {
            tracing::info!(user = %hostile, also = hostile, "bound {hostile}");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.ends_with('\n'));
        let line = text.trim_end_matches('\n');
        assert!(!line.contains(|it: char| it.is_control() || it == '\u{202e}'), "{line:?}");
    }

    #[test]
    fn a_json_line_is_one_object() {
        let text = written(&log("info", Format::Json), |_| {
            tracing::info!(user = %"a\"b\nc\u{85}", "bound");
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["user"], "a\"b\nc\u{85}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn the_filter_can_be_changed() {
        let text = written(&log("warn", Format::Text), |control| {
            tracing::info!("before");
            control.apply(&"info".parse().unwrap()).unwrap();
            tracing::info!("after");
        });
        assert!(!text.contains("before") && text.contains("after"));
    }
}
