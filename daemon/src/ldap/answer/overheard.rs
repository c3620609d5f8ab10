//! Passwords that came in clear where they are taken over TLS only.

use std::net::IpAddr;
use std::sync::Arc;

use directory::{Error, Missed, Time};

use super::{Caller, claim};
use crate::ldap::Door;
use crate::ldap::view::Meant;

impl Caller {
    /// Tells the organization that a name leads to, if to any, that its password came in clear.
    ///
    /// The client is answered alike whatever the name. So it is found out beside the connection,
    /// whose time would tell who exists; where too many are looked at already, it is not told.
    pub(super) fn overheard(&self, name: &str) {
        if !self.noting().is_news((Missed::Entrance, name)) {
            return;
        }
        let Ok(turn) = Arc::clone(&self.door.overheard).try_acquire_owned() else { return };
        let (door, source, now) = (Arc::clone(&self.door), self.source, self.now());
        let name = name.to_owned();
        drop(tokio::task::spawn_blocking(move || {
            if let Err(error) = tell(&door, &name, source, now) {
                tracing::error!(%error, "a bind without TLS was not noted");
            }
            drop(turn);
        }));
    }
}

fn tell(door: &Door, name: &str, source: IpAddr, now: Time) -> Result<(), Error> {
    let directory = &door.directory;
    let Ok(meant) = Meant::of_bind(name) else { return Ok(()) };
    let ((organization, who), _) = claim::of(directory, None, meant)?;
    organization
        .map_or(Ok(()), |organization| directory.note_overheard(organization, who, source, now))
}
