//! Tells in time of certificates, and of lists of revoked ones, that end.

use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, Time, certificate_end, milliseconds};

use crate::clock::Clock;
use crate::metrics::{Job, Jobs};
use crate::tls::Identity;

/// How often is asked whether it is time to look, which the directory does now and then.
const LOOK: Duration = Duration::from_secs(60);

/// Has organizations, and the provider, be told so long before what they have ends, and when it has
/// ended. What the daemon itself shows is logged too, also where it ends soon when it is read.
pub(crate) fn start(
    jobs: &Jobs,
    directory: Directory,
    before: &[Duration],
    tls: Option<Arc<Identity>>,
) {
    let before = before.iter().copied().map(milliseconds).collect();
    let clock = jobs.clock();
    let mut watch = Watch { directory, clock, before, tls, known: None, is_starting: true };
    jobs.repeat(Job::CertificateEnds, move || watch.look());
}

/// What is looked at, and what was seen.
struct Watch {
    directory: Directory,
    clock: Clock,
    /// So long before an end it is told, in milliseconds.
    before: Vec<u64>,
    tls: Option<Arc<Identity>>,
    /// When the daemon's own certificate ends, as far as that was logged.
    known: Option<Time>,
    is_starting: bool,
}

impl Watch {
    /// Looks; says how long it rests, as an error where it has not looked at what organizations have.
    fn look(&mut self) -> Result<Duration, Duration> {
        let shown = self.tls.as_ref().map(|tls| tls.own_certificate());
        let (end, now) = (shown.as_deref().and_then(certificate_end), Time(self.clock.wall()));
        if end != self.known {
            self.known = end;
            warn_of(end, now, &self.before);
        }
        if std::mem::replace(&mut self.is_starting, false) {
            // Whoever starts has others to serve first.
            return Err(LOOK);
        }
        match self.directory.tell_ends(now, &self.before, shown.as_deref()) {
            Ok(found) => {
                if let Some(shown) = found.shown {
                    tracing::warn!("{shown}");
                }
                if found.told > 0 {
                    tracing::debug!(told = found.told, "certificates end");
                }
                Ok(LOOK)
            }
            Err(error) => {
                tracing::error!(%error, "some ends of certificates are not told");
                Err(LOOK)
            }
        }
    }
}

/// Logs that the daemon's own certificate ends within the longest of the times before, if it does.
fn warn_of(end: Option<Time>, now: Time, before: &[u64]) {
    let longest = before.iter().max().copied().unwrap_or_default();
    let Some(end) = end.filter(|end| *end <= now.plus(longest)) else { return };
    let until = i64::try_from(end.0).ok();
    let until = until.and_then(|until| jiff::Timestamp::from_millisecond(until).ok());
    let until = until.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    if end <= now {
        tracing::warn!(%until, "the daemon's own certificate, [tls] certificate, has ended");
    } else {
        tracing::warn!(%until, "the daemon's own certificate, [tls] certificate, ends soon");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::master_key::MasterKey;

    #[test]
    fn the_first_step_after_the_start_looks_at_nothing_and_is_not_told_as_done() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let text = format!(
            "[data]\ndirectory = {data:?}\n[ldap]\nlisten_tls = []\n[admin_api]\nlisten = []\n"
        );
        let config = Config::parse("t.toml", &text).unwrap();
        let directory = crate::open_directory(&config, &MasterKey::new([7; 32])).unwrap();
        let (clock, before) = (Clock::start(), Vec::new());
        let mut watch =
            Watch { directory, clock, before, tls: None, known: None, is_starting: true };
        assert_eq!(watch.look(), Err(LOOK));
        assert_eq!(watch.look(), Ok(LOOK));
    }
}
