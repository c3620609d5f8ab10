//! Bounds what the events of each organization take on the disk.

use std::time::Duration;

use directory::Directory;
use directory::events::EventsBeyond;

use crate::metrics::{Job, Jobs};

/// How often is looked whether a part of the event log was closed: a storm fills one in more.
const LOOK: Duration = Duration::from_secs(10);
/// When what failed is tried again.
const AGAIN: Duration = Duration::from_secs(60);

/// Has the oldest events go of each organization that has more than so many octets of them, and tells why
/// there is no way to write more.
pub(crate) fn start(jobs: &Jobs, directory: Directory, most: usize) {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    jobs.repeat(Job::EventBound, move || {
        let failures = directory.event_failures();
        for error in &failures {
            tracing::error!(%error, "events are not written, or not compressed");
        }
        match directory.bound_events(most) {
            Ok(beyond) => {
                beyond.iter().for_each(warn);
                Ok(if failures.is_empty() { LOOK } else { AGAIN })
            }
            Err(error) => {
                tracing::error!(%error, "the size of the event log is not bounded");
                Err(AGAIN)
            }
        }
    });
}

fn warn(beyond: &EventsBeyond) {
    let organization = beyond.organization.as_deref().unwrap_or("(the provider)");
    let until = i64::try_from(beyond.until.0).ok();
    let until = until.and_then(|until| jiff::Timestamp::from_millisecond(until).ok());
    let until = until.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    tracing::warn!(
        organization,
        %until,
        "events were forgotten before their time: [events] size_per_organization"
    );
}
