//! Tells in time of certificates, and of lists of revoked ones, that end.

use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, Time, certificate_end, milliseconds};

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
    let clock = jobs.clock();
    let before: Vec<u64> = before.iter().copied().map(milliseconds).collect();
    let (mut known, mut is_starting) = (None, true);
    jobs.repeat(Job::CertificateEnds, move || {
        let shown = tls.as_ref().map(|tls| tls.own_certificate());
        let (end, now) = (shown.as_deref().and_then(certificate_end), Time(clock.wall()));
        if end != known {
            known = end;
            warn_of(end, now, &before);
        }
        if std::mem::replace(&mut is_starting, false) {
            // Whoever starts has others to serve first.
            return Ok(LOOK);
        }
        match directory.tell_ends(now, &before, shown.as_deref()) {
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
    });
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
