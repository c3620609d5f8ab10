//! Giving up every privilege that the daemon does not need once its ports are bound.
//!
//! Linux keeps capabilities and "no new privileges" per thread, so both functions belong to the
//! start of the process, before any other thread exists: threads inherit what they leave.

use std::io;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Group, Uid, User, setgid, setgroups, setuid};
use rustix::thread::{CapabilitySet, CapabilitySets};

use crate::config;

/// Why privileges could not be given up.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegesError {
    /// Root started the daemon and named nobody to become.
    #[error(
        "refusing to go on as root: name a user in `[privileges] user`, start the daemon as \
         another user, or set `[privileges] stay_root`"
    )]
    Root,
    /// The user does not exist.
    #[error("`[privileges] user`: there is no user `{0}`")]
    NoUser(String),
    /// The group does not exist.
    #[error("`[privileges] group`: there is no group `{0}`")]
    NoGroup(String),
    /// The named user is root.
    #[error("`[privileges] user`: `{0}` is root")]
    RootByName(String),
    /// The daemon runs as somebody else, who cannot become the named user.
    #[error("`[privileges] user`: only root can become `{0}`")]
    NotRoot(String),
    /// The operating system refuses a step.
    #[error("{step}: {source}")]
    Refused {
        /// The step.
        step: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The way back was still open.
    #[error("root could be regained after it was given up")]
    Regained,
}

/// Whom to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    user: Uid,
    group: Gid,
}

/// Makes the process one that leaves no core dump and gains nothing by what it executes, and lets
/// it open as many files as the operating system allows.
///
/// # Errors
///
/// When the operating system refuses.
pub fn harden() -> Result<(), PrivilegesError> {
    prctl::set_no_new_privs().map_err(at("prctl(PR_SET_NO_NEW_PRIVS)"))?;
    prctl::set_dumpable(false).map_err(at("prctl(PR_SET_DUMPABLE)"))?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(at("setrlimit(RLIMIT_CORE)"))?;
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).map_err(at("getrlimit(RLIMIT_NOFILE)"))?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).map_err(at("setrlimit(RLIMIT_NOFILE)"))
}

/// Becomes the configured user and gives up every capability, for good. A daemon that somebody
/// other than root started stays that somebody.
///
/// # Errors
///
/// When the configuration names nobody and root started the daemon, when it names somebody who
/// does not exist or cannot be become, and when the operating system refuses.
pub fn give_up(config: &config::Privileges) -> Result<(), PrivilegesError> {
    let target = find(config)?;
    let root = Uid::effective().is_root();
    match decide(target, root, Uid::effective(), config)? {
        Decision::Become(target) => become_user(target)?,
        Decision::Stay => (),
        Decision::StayRoot => {
            tracing::warn!("going on as root, as `[privileges] stay_root` says");
            return Ok(());
        }
    }
    drop_capabilities()
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Become(Target),
    Stay,
    StayRoot,
}

/// Looks up whom a configuration names; `None` when it names nobody.
///
/// # Errors
///
/// When there is no such user or group.
pub(crate) fn find(config: &config::Privileges) -> Result<Option<Target>, PrivilegesError> {
    let Some(name) = &config.user else {
        return Ok(None);
    };
    let user = found(User::from_name(name))
        .map_err(at("looking for `[privileges] user`"))?
        .ok_or_else(|| PrivilegesError::NoUser(name.clone()))?;
    let group = match &config.group {
        None => user.gid,
        Some(name) => {
            found(Group::from_name(name))
                .map_err(at("looking for `[privileges] group`"))?
                .ok_or_else(|| PrivilegesError::NoGroup(name.clone()))?
                .gid
        }
    };
    Ok(Some(Target { user: user.uid, group }))
}

/// A name service that is configured and does not run makes "there is none" one of several errors
/// (getpwnam(3) lists them).
fn found<T>(looked_up: nix::Result<Option<T>>) -> nix::Result<Option<T>> {
    match looked_up {
        Err(Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM) => Ok(None),
        other => other,
    }
}

fn decide(
    target: Option<Target>,
    root: bool,
    current: Uid,
    config: &config::Privileges,
) -> Result<Decision, PrivilegesError> {
    let name = || config.user.clone().unwrap_or_default();
    match target {
        Some(target) if target.user.is_root() => Err(PrivilegesError::RootByName(name())),
        Some(target) if root => Ok(Decision::Become(target)),
        Some(target) if target.user == current => Ok(Decision::Stay),
        Some(_) => Err(PrivilegesError::NotRoot(name())),
        None if !root => Ok(Decision::Stay),
        None if config.stay_root => Ok(Decision::StayRoot),
        None => Err(PrivilegesError::Root),
    }
}

fn become_user(target: Target) -> Result<(), PrivilegesError> {
    setgroups(&[]).map_err(at("setgroups"))?;
    setgid(target.group).map_err(at("setgid"))?;
    setuid(target.user).map_err(at("setuid"))?;
    if setuid(Uid::from_raw(0)).is_ok() {
        return Err(PrivilegesError::Regained);
    }
    // The change of user made the process dumpable again where the system allows it.
    prctl::set_dumpable(false).map_err(at("prctl(PR_SET_DUMPABLE)"))
}

fn drop_capabilities() -> Result<(), PrivilegesError> {
    let step = "giving up capabilities";
    let refused =
        |error: rustix::io::Errno| PrivilegesError::Refused { step, source: error.into() };
    rustix::thread::clear_ambient_capability_set().map_err(refused)?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets).map_err(refused)
}

fn at(step: &'static str) -> impl Fn(Errno) -> PrivilegesError {
    move |errno| PrivilegesError::Refused { step, source: errno.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Uid = Uid::from_raw(0);
    const ADA: Uid = Uid::from_raw(1000);
    const BOB: Uid = Uid::from_raw(1001);

    fn config(user: Option<&str>, stay_root: bool) -> config::Privileges {
        config::Privileges { user: user.map(str::to_owned), group: None, stay_root }
    }

    fn target(user: Uid) -> Option<Target> {
        Some(Target { user, group: Gid::from_raw(1000) })
    }

    #[test]
    fn root_without_a_name_is_refused_unless_the_configuration_says_otherwise() {
        let refused = decide(None, true, ROOT, &config(None, false)).unwrap_err();
        assert!(matches!(refused, PrivilegesError::Root));
        let decision = decide(None, true, ROOT, &config(None, true)).unwrap();
        assert_eq!(decision, Decision::StayRoot);
    }

    #[test]
    fn root_becomes_the_named_user_but_never_root() {
        let named = config(Some("ada"), true);
        let decision = decide(target(ADA), true, ROOT, &named).unwrap();
        assert_eq!(Some(decision), target(ADA).map(Decision::Become));
        let refused = decide(target(ROOT), true, ROOT, &named).unwrap_err();
        assert!(matches!(refused, PrivilegesError::RootByName(_)));
    }

    #[test]
    fn somebody_else_stays_and_cannot_become_another() {
        let decision = decide(None, false, ADA, &config(None, false)).unwrap();
        assert_eq!(decision, Decision::Stay);
        let named = config(Some("ada"), false);
        let decision = decide(target(ADA), false, ADA, &named).unwrap();
        assert_eq!(decision, Decision::Stay);
        let refused = decide(target(ADA), false, BOB, &named).unwrap_err();
        assert!(matches!(refused, PrivilegesError::NotRoot(_)));
    }

    #[test]
    fn a_user_that_does_not_exist_is_named() {
        let refused = find(&config(Some("no-such-user"), false)).unwrap_err();
        assert_eq!(refused.to_string(), "`[privileges] user`: there is no user `no-such-user`");
    }
}
