//! Binds that were refused before anybody looked who came: passwords in clear where they are taken over
//! TLS only, and critical controls that are not known.

use std::net::IpAddr;
use std::sync::Arc;

use directory::authentication::Who;
use directory::{Directory, Error, Missed, OrganizationId, Time};

use super::{Caller, claim};
use crate::ldap::view::Meant;

/// Of whom something is told, from where, and when.
type About = ((OrganizationId, Who), IpAddr, Time);

impl Caller {
    /// Tells the organization that a name leads to, if to any, that its password came in clear.
    pub(super) fn overheard(&self, name: &str) {
        if self.noting().is_news((Missed::Entrance, name)) {
            self.tell_unseen(name, |directory, ((organization, who), source, now)| {
                directory.note_overheard(organization, who, source, now)
            });
        }
    }

    /// Tells the recorder of the application that a name leads to, if to any, of the controls that are not
    /// known and for which its Bind was refused.
    pub(super) fn refused(&self, name: &str, controls: &[String]) {
        if self.noting().is_news((Missed::Control, name)) {
            let controls = controls.to_vec();
            self.tell_unseen(name, move |directory, ((organization, who), source, now)| {
                directory.note_unknown_controls(organization, who, &controls, (source, now))
            });
        }
    }

    /// Tells of whom a name leads to.
    ///
    /// The client is answered alike whatever the name. So it is found out beside the connection,
    /// whose time would tell who exists; where too many are looked at already, it is not told.
    fn tell_unseen(
        &self,
        name: &str,
        tell: impl FnOnce(&Directory, About) -> Result<(), Error> + Send + 'static,
    ) {
        let Ok(turn) = Arc::clone(&self.door.overheard).try_acquire_owned() else { return };
        let (door, source, now) = (Arc::clone(&self.door), self.source, self.now());
        let name = name.to_owned();
        drop(tokio::task::spawn_blocking(move || {
            let told = named(&door.directory, &name).and_then(|named| match named {
                Some(named) => tell(&door.directory, (named, source, now)),
                None => Ok(()),
            });
            if let Err(error) = told {
                tracing::error!(%error, "a bind that was refused unseen was not noted");
            }
            drop(turn);
        }));
    }
}

/// Whom a name leads to, if to anybody.
fn named(directory: &Directory, name: &str) -> Result<Option<(OrganizationId, Who)>, Error> {
    let Ok(meant) = Meant::of_bind(name) else { return Ok(None) };
    let ((organization, who), _) = claim::of(directory, None, meant)?;
    Ok(organization.map(|organization| (organization, who)))
}
