//! What is done without anybody asking: what ends by itself, is counted, follows something else, or has
//! been kept long enough.

use std::time::Duration;

use directory::accounting::SessionRules;
use directory::{Directory, Error, Time, milliseconds};

use crate::config::Config;
use crate::event_bound;
use crate::metrics::{Job, Jobs};

/// How often deleted organizations are looked at, whether their time is over.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);
/// Days are counted by UTC.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after each midnight is counted what organizations have on the new day.
const AFTER_MIDNIGHT: Duration = Duration::from_secs(5);
/// How often sessions on the network are looked at, whether they went silent.
const SESSIONS: Duration = Duration::from_secs(5 * 60);
/// How often reports of sessions go from the journal into the sessions.
const REPORTS: Duration = Duration::from_secs(1);
/// Clocks show nothing smaller to rules of RADIUS clients.
const MINUTE: Duration = Duration::from_secs(60);
/// How long after each minute is looked for times of rules that began or ended: what was let in just before
/// is reported by then.
const AFTER_MINUTE: Duration = Duration::from_secs(5);
/// How often is looked for users whose time is over, and what else of users ends by itself.
const USER_LIVES: Duration = Duration::from_secs(30);
/// How often is looked for a custom attribute that was changed, and for imports.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is tried to read RADIUS clients that cannot be read, and to go on with imports that failed.
const AGAIN: Duration = Duration::from_secs(60);
/// What lies between two steps in which records follow one.
const STEP: Duration = Duration::from_millis(20);
/// What lies between two steps of imports.
const BREATH: Duration = Duration::from_millis(1);

/// Starts all of it.
pub(crate) fn start(jobs: &Jobs, directory: &Directory, config: &Config) {
    let own = || directory.clone();
    follow_definitions(jobs, own());
    work_at_imports(jobs, own());
    keep_clients(jobs, own());
    keep_house(jobs, own(), config.events.retention);
    event_bound::start(jobs, own(), config.events.size_per_organization);
    end_user_lives(jobs, own());
    tell_silent_devices(jobs, own());
    follow_rule_times(jobs, own());
    settle_reports(jobs, own());
    keep_sessions(jobs, own(), config.radius.session_rules());
}

/// Lets records follow changed definitions of custom attributes, in steps between which others
/// change what they want.
fn follow_definitions(jobs: &Jobs, directory: Directory) {
    let clock = jobs.clock();
    jobs.repeat(Job::Definitions, move || {
        match directory.advance_custom_work(Time(clock.wall())) {
            Ok(true) => Ok(STEP),
            Ok(false) => Ok(LOOK),
            Err(error) => {
                tracing::error!(%error, "records do not follow a custom attribute");
                Err(HOUSEKEEPING)
            }
        }
    });
}

/// Works at imports, a step of each in turn.
fn work_at_imports(jobs: &Jobs, directory: Directory) {
    let (shutdown, clock) = (jobs.tasks().shutdown().clone(), jobs.clock());
    jobs.repeat(Job::Imports, move || {
        let goes_on = || !shutdown.is_draining();
        match directory.advance_imports(Time(clock.wall()), &goes_on) {
            Ok(true) => Ok(BREATH),
            Ok(false) => Ok(LOOK),
            Err(error) => {
                tracing::error!(%error, "imports wait");
                Err(AGAIN)
            }
        }
    });
}

/// Reads RADIUS clients before anybody asks for them, and again those that cannot be read, until they
/// can.
fn keep_clients(jobs: &Jobs, directory: Directory) {
    jobs.repeat(Job::RadiusClients, move || match directory.renew_gear() {
        Ok(unreadable) => {
            unreadable.iter().for_each(|one| {
                let (organization, error) = (one.organization.number(), &one.error);
                tracing::error!(organization, %error, "its RADIUS clients cannot be read");
            });
            Ok(AGAIN)
        }
        Err(error) => {
            tracing::error!(%error, "the RADIUS clients cannot be read");
            Err(AGAIN)
        }
    });
}

/// Destroys what deleted organizations left behind, and events, once their time is over.
fn keep_house(jobs: &Jobs, directory: Directory, retention: Duration) {
    let clock = jobs.clock();
    jobs.repeat(Job::Housekeeping, move || {
        let cleared = clear_away(&directory, Time(clock.wall()), retention);
        let rest = until_housekeeping(clock.wall());
        match cleared {
            Ok((organizations, segments)) => {
                if organizations + segments > 0 {
                    tracing::info!(organizations, segments, "removed what was kept long enough");
                }
                Ok(rest)
            }
            Err(error) => {
                tracing::error!(%error, "housekeeping failed");
                Err(rest)
            }
        }
    });
}

/// Counts what is billed, and clears away what was kept long enough; tells how many organizations and
/// parts of the event log went.
fn clear_away(
    directory: &Directory,
    now: Time,
    retention: Duration,
) -> Result<(usize, usize), Error> {
    // What is billed does not wait for what else fails.
    if let Err(error) = directory.count_usage(now) {
        tracing::error!(%error, "users and devices could not be counted");
    }
    let organizations = directory.destroy_expired(now)?;
    let segments = directory.forget_events(now, retention).unwrap_or_else(|error| {
        tracing::error!(%error, "events could not be forgotten");
        0
    });
    directory.forget_secrets(now)?;
    directory.forget_repeats(now)?;
    Ok((organizations, segments))
}

/// How long it is until the house is kept again: an hour, or less where a new day begins before.
fn until_housekeeping(wall: u64) -> Duration {
    let into = Duration::from_millis(wall % milliseconds(DAY));
    HOUSEKEEPING.min((DAY + AFTER_MIDNIGHT).saturating_sub(into))
}

/// Ends what ends by itself of users, in time: suspends those whose time is over, destroys what is
/// left of deleted ones, ends invitations. Tells of searches and sign-ins that failed and were only
/// counted, and forgets what was opened of secrets that may be erased.
fn end_user_lives(jobs: &Jobs, directory: Directory) {
    let clock = jobs.clock();
    jobs.repeat(Job::UserLives, move || {
        let now = Time(clock.wall());
        directory.tell_untold_failures(now);
        let ended = directory.end_user_lives(now);
        directory.forget_opened();
        match ended {
            Ok(ended) => {
                if ended > 0 {
                    tracing::debug!(ended, "users, deleted users and invitations");
                }
                Ok(USER_LIVES)
            }
            Err(error) => {
                tracing::error!(%error, "some lives of users do not end");
                Err(USER_LIVES)
            }
        }
    });
}

/// Tells of devices of which nothing is heard any more.
fn tell_silent_devices(jobs: &Jobs, directory: Directory) {
    let clock = jobs.clock();
    jobs.repeat(Job::SilentDevices, move || {
        match directory.tell_silent_devices(Time(clock.wall())) {
            Ok(silent) => {
                if silent > 0 {
                    tracing::debug!(silent, "devices were not heard of for too long");
                }
                Ok(USER_LIVES)
            }
            Err(error) => {
                tracing::error!(%error, "some silent devices are not told of");
                Err(USER_LIVES)
            }
        }
    });
}

/// Has sessions looked at again when a time of a rule of their RADIUS client begins or ends; at the start for
/// those that began or ended while no daemon was there.
fn follow_rule_times(jobs: &Jobs, directory: Directory) {
    let (mut before, clock) = (None, jobs.clock());
    jobs.repeat(Job::RuleTimes, move || {
        let now = Time(clock.wall());
        let followed = directory.follow_rule_times(before, now);
        let rest = until_behind_minute(clock.wall());
        match followed {
            Ok(clients) => {
                before = Some(now);
                if clients > 0 {
                    tracing::debug!(clients, "times of rules began or ended");
                }
                Ok(rest)
            }
            Err(error) => {
                tracing::error!(%error, "some times of rules are not followed");
                Err(rest)
            }
        }
    });
}

/// How long it is until the next minute has begun for a moment.
fn until_behind_minute(wall: u64) -> Duration {
    let into = Duration::from_millis(wall % 60_000);
    (MINUTE + AFTER_MINUTE).saturating_sub(into)
}

/// Brings what network gear reported into the sessions, much of it at once.
fn settle_reports(jobs: &Jobs, directory: Directory) {
    jobs.repeat(Job::Reports, move || {
        let settled = directory.settle_reports();
        for error in directory.lost_reports() {
            tracing::error!(%error, "a RADIUS accounting report is lost");
        }
        settled.map(|()| REPORTS).map_err(|error| {
            tracing::error!(%error, "RADIUS accounting waits");
            REPORTS
        })
    });
}

/// Ends and forgets sessions on the network, in steps.
fn keep_sessions(jobs: &Jobs, directory: Directory, rules: SessionRules) {
    let clock = jobs.clock();
    jobs.repeat(Job::Sessions, move || match directory.keep_sessions(Time(clock.wall()), rules) {
        Ok(0) => Ok(SESSIONS),
        Ok(_) => Ok(STEP),
        Err(error) => {
            tracing::error!(%error, "sessions on the network are not looked after");
            Err(HOUSEKEEPING)
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_kept_in_each_hour_and_soon_after_each_midnight() {
        let day = 24 * 60 * 60;
        for (into, seconds) in [
            (0, 3_600),
            (4, 3_600),
            (40_000, 3_600),
            (day - 3_595, 3_600),
            (day - 3_594, 3_599),
            (day - 1, 6),
        ] {
            let wall = (19_000 * day + into) * 1_000;
            assert_eq!(until_housekeeping(wall), Duration::from_secs(seconds), "{into}");
        }
    }

    #[test]
    fn times_of_rules_are_looked_at_soon_after_each_minute_whenever_the_last_look_was() {
        for (into, seconds) in [(0, 65), (4_000, 61), (5_000, 60), (59_000, 6)] {
            let wall = 1_700_000_040_000 + into;
            assert_eq!(until_behind_minute(wall), Duration::from_secs(seconds), "{into}");
        }
    }
}
