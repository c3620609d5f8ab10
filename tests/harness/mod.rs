//! What the tests are written with: a daemon, clients of other people, and a raw connection for
//! what no client can send.

pub(crate) mod admin;
pub(crate) mod authority;
pub(crate) mod ber;
pub(crate) mod between;
pub(crate) mod breaking;
pub(crate) mod browser;
pub(crate) mod cable;
pub(crate) mod calendar;
pub(crate) mod client;
pub(crate) mod curl;
pub(crate) mod daemon;
pub(crate) mod demo;
pub(crate) mod description;
pub(crate) mod eapol;
pub(crate) mod environment;
pub(crate) mod forwarder;
pub(crate) mod host;
pub(crate) mod https;
pub(crate) mod issued;
pub(crate) mod ldap;
pub(crate) mod ldif;
pub(crate) mod nas;
pub(crate) mod notified;
pub(crate) mod office;
pub(crate) mod page;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod python;
pub(crate) mod qr_code;
pub(crate) mod radius;
pub(crate) mod radsec;
pub(crate) mod random;
pub(crate) mod raw;
pub(crate) mod receiver;
pub(crate) mod relay;
pub(crate) mod resident;
pub(crate) mod room;
pub(crate) mod server;
pub(crate) mod slow;
pub(crate) mod ssh_keys;
pub(crate) mod staffed;
pub(crate) mod supplicant;
pub(crate) mod tenantry;
pub(crate) mod totp;
pub(crate) mod translator;
pub(crate) mod wire;

use std::time::Duration;

/// Lets a moment pass before something is looked at again.
pub(crate) fn pause(time: Duration) {
    let (_kept, never) = std::sync::mpsc::channel::<()>();
    let _nothing_comes = never.recv_timeout(time);
}

/// The longest that anything may take. A wait ends as soon as what it waits for happens.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
