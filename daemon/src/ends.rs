//! Tells in time of certificates, and of lists of revoked ones, that end.

use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, Time, certificate_end};
use tokio::task::spawn_blocking;

use crate::clock::Clock;
use crate::lifecycle::Tasks;
use crate::tls::Identity;

/// How often is asked whether it is time to look, which the directory does now and then.
const LOOK: Duration = Duration::from_secs(60);

/// Has organizations, and the provider, be told so long before what they have ends, and when it has
/// ended. What the daemon itself shows is logged too, also where it ends soon when it is read.
pub(crate) fn start(
    tasks: &Tasks,
    directory: Directory,
    clock: Clock,
    before: &[Duration],
    tls: Option<Arc<Identity>>,
) {
    let shutdown = tasks.shutdown().clone();
    let milliseconds = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let before: Vec<u64> = before.iter().map(milliseconds).collect();
    tasks.spawn(async move {
        let mut known = None;
        loop {
            let shown = tls.as_ref().map(|tls| tls.own_certificate());
            let (end, now) = (shown.as_deref().and_then(certificate_end), Time(clock.wall()));
            if end != known {
                known = end;
                warn_of(end, now, &before);
            }
            tokio::select! {
                () = shutdown.draining() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            let (directory, before, now) = (directory.clone(), before.clone(), Time(clock.wall()));
            let look = move || directory.tell_ends(now, &before, shown.as_deref());
            match spawn_blocking(look).await {
                Ok(Ok(found)) => {
                    if let Some(shown) = found.shown {
                        tracing::warn!("{shown}");
                    }
                    if found.told > 0 {
                        tracing::debug!(told = found.told, "certificates end");
                    }
                }
                Ok(Err(error)) => tracing::error!(%error, "some ends of certificates are not told"),
                Err(error) => tracing::error!(%error, "some ends of certificates are not told"),
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
