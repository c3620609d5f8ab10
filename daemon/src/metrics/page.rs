//! What is told to whoever asks: read when it is asked for, in either format.

use std::fmt;
use std::sync::Arc;

use ::directory::{Directory, Time};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text, text};
use prometheus_client::registry::Registry;

use super::directory;
use super::pen::Pen;
use super::tally::Tally;
use crate::admission::Admits;
use crate::clock::Clock;

/// What every name begins with.
const PREFIX: &str = "tenantry";
/// How OpenMetrics names itself.
const OPEN_METRICS: &str = "application/openmetrics-text";

/// In which format something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus' own text, which everything reads.
    Prometheus,
    /// OpenMetrics 1.0, where it is asked for.
    OpenMetrics,
}

impl Format {
    /// What an Accept asks for.
    pub(super) fn of(accept: &str) -> Self {
        let mut kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default());
        match kinds.any(|kind| kind.trim().eq_ignore_ascii_case(OPEN_METRICS)) {
            true => Self::OpenMetrics,
            false => Self::Prometheus,
        }
    }

    /// What it is called in an answer.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Those who are admitted to a door.
#[derive(Clone)]
pub(crate) struct Crowd {
    /// The door.
    pub(crate) door: &'static str,
    /// Whose share is bounded beside all: a source's, an organization's, a client's.
    pub(crate) share: &'static str,
    /// Who knows how many they are.
    pub(crate) of: Arc<dyn Admits>,
}

/// The share of a crowd that is of all connections, and so tells how many are open.
pub(crate) const SOURCE: &str = "source";

/// What is read when somebody asks.
pub(crate) struct Watched {
    /// What is true, which counts some things itself.
    pub(crate) directory: Directory,
    /// The clock.
    pub(crate) clock: Clock,
    /// When the daemon started, in milliseconds since 1970.
    pub(crate) started: u64,
    /// Who is admitted where.
    pub(crate) crowds: Vec<Crowd>,
    /// What the daemon counts.
    pub(crate) tally: Arc<Tally>,
    /// How many conversations of EAP wait for their peers.
    pub(crate) conversations: Box<dyn Fn() -> usize + Send + Sync>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Watched").finish_non_exhaustive()
    }
}

/// What is told.
pub(super) struct Page(Registry);

impl Page {
    pub(super) fn new(watched: Watched) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register_collector(Box::new(watched));
        Self(registry)
    }

    /// Writes it down. It may read from the disk.
    ///
    /// # Errors
    /// When a number cannot be written in the format.
    pub(super) fn written(&self, format: Format) -> Result<String, fmt::Error> {
        let mut page = String::new();
        match format {
            Format::Prometheus => prometheus_text::encode(&mut page, &self.0)?,
            Format::OpenMetrics => text::encode(&mut page, &self.0)?,
        }
        Ok(page)
    }
}

impl Collector for Watched {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let pen = &mut Pen::new(&mut encoder);
        self.tell_process(pen)?;
        self.tell_connections(pen)?;
        self.tally.ldap.tell(pen)?;
        self.tally.radius.tell(pen)?;
        self.tally.api.tell(pen)?;
        self.tally.delivery.tell(pen)?;
        self.tally.jobs.tell(pen)?;
        let help = "Conversations of EAP that wait for their peers.";
        pen.gauge(("eap_conversations", help), (self.conversations)() as u64)?;
        directory::tell(&self.directory.figures(), pen)?;
        match self.directory.delivery_figures(Time(self.clock.wall())) {
            Ok(figures) => directory::tell_destinations(&figures, pen),
            Err(error) => {
                // All else is told: who watches may learn from it why.
                tracing::warn!(%error, "it cannot be told how destinations of events stand");
                Ok(())
            }
        }
    }
}

impl Watched {
    fn tell_process(&self, pen: &mut Pen<'_, '_>) -> fmt::Result {
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        pen.info(("build", "The version of the daemon."), version)?;
        let help = "When the daemon started, in seconds since 1970.";
        pen.moment(("process_start_time", help), self.started)
    }

    fn tell_connections(&self, pen: &mut Pen<'_, '_>) -> fmt::Result {
        let told: Vec<_> = self.crowds.iter().map(|crowd| (crowd, crowd.of.admitted())).collect();
        let of_all = || told.iter().filter(|(crowd, _)| crowd.share == SOURCE);
        let open = of_all().map(|(it, told)| ([("door", it.door)], u64::from(told.open)));
        pen.gauges(("connections", "Open connections."), open)?;
        let most = of_all().map(|(it, told)| ([("door", it.door)], u64::from(told.most)));
        pen.gauges(("connections_limit", "Connections that may be open."), most)?;
        let refused = of_all().map(|(it, told)| (*it, "all", told.refused));
        let of_key = told.iter().map(|(it, told)| (*it, it.share, told.refused_of_key));
        let rows = refused
            .chain(of_key)
            .map(|(it, limit, count)| ([("door", it.door), ("limit", limit)], count));
        let help = "Connections that were refused, by the limit that was reached.";
        pen.counters(("connections_refused", help), rows)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::admission::Admission;
    use crate::config::Config;
    use crate::master_key::MasterKey;

    /// Opens an empty directory in a folder.
    fn empty(folder: &std::path::Path) -> Directory {
        let data = folder.join("data");
        let text = format!(
            "[data]\ndirectory = {data:?}\n[ldap]\nlisten_tls = []\n[admin_api]\nlisten = []\n"
        );
        let config = Config::parse("t.toml", &text).unwrap();
        crate::open_directory(&config, &MasterKey::new([7; 32])).unwrap()
    }

    /// A page of a daemon with one door, at which one is and another is refused.
    fn written(format: Format) -> String {
        let folder = tempfile::tempdir().unwrap();
        let admission = Admission::new(4, 1);
        let source = || IpAddr::from([192, 0, 2, 1]).into();
        let _first = admission.enter(source());
        assert!(admission.enter(source()).is_none());
        let of: Arc<dyn Admits> = Arc::<Admission<crate::admission::Source>>::clone(&admission);
        let crowds = vec![Crowd { door: "ldap", share: SOURCE, of }];
        let watched = Watched {
            directory: empty(folder.path()),
            clock: Clock::start(),
            started: 1_700_000_000_500,
            crowds,
            tally: Arc::default(),
            conversations: Box::new(|| 7),
        };
        Page::new(watched).written(format).unwrap()
    }

    #[test]
    fn a_page_is_written_as_prometheus_reads_it() {
        let page = written(Format::Prometheus);
        for line in [
            "# TYPE tenantry_process_start_time_seconds gauge",
            "tenantry_process_start_time_seconds 1700000000.5",
            "# HELP tenantry_connections Open connections.",
            "tenantry_connections{door=\"ldap\"} 1",
            "tenantry_connections_limit{door=\"ldap\"} 4",
            "tenantry_connections_refused_total{door=\"ldap\",limit=\"all\"} 0",
            "tenantry_connections_refused_total{door=\"ldap\",limit=\"source\"} 1",
            "tenantry_radius_requests_total{kind=\"access\",outcome=\"accept\"} 0",
            "tenantry_eap_conversations 7",
            "tenantry_verified_passwords_total{outcome=\"hit\"} 0",
            "# TYPE tenantry_store_commit_seconds histogram",
            "tenantry_event_destinations 0",
        ] {
            assert!(page.lines().any(|it| it == line), "{line} is not in {page}");
        }
        let build = format!("tenantry_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
        assert!(page.contains(&build) && !page.contains("# EOF"), "{page}");
    }

    #[test]
    fn a_page_of_openmetrics_ends_as_one() {
        let page = written(Format::OpenMetrics);
        assert!(page.contains("# TYPE tenantry_connections_refused counter\n"), "{page}");
        assert!(page.contains("# TYPE tenantry_build info\n"), "{page}");
        assert!(page.contains("# UNIT tenantry_store_size_bytes bytes\n"), "{page}");
        assert!(page.contains("tenantry_store_commit_seconds_bucket{le=\"+Inf\"} "), "{page}");
        assert!(page.ends_with("# EOF\n"), "{page}");
    }

    #[test]
    fn openmetrics_is_told_where_it_is_asked_for() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.5";
        assert_eq!(Format::of(prometheus), Format::OpenMetrics);
        for other in ["", "*/*", "text/plain; version=0.0.4"] {
            assert_eq!(Format::of(other), Format::Prometheus, "{other}");
        }
    }
}
