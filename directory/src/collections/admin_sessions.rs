//! The open sessions of an admin: seen and ended by the admin, or by who manages admins.

use storage::{Change, Id, Reading, Snapshot};
use uuid::Uuid;

use super::Admins;
use super::admins::{end_token, require_reach};
use super::oneself::{Oneself, tokens_of};
use super::site::Site;
use crate::access::{Grant, ManageAdmins};
use crate::error::Error;
use crate::events::{Action, SubjectKind};
use crate::id::{AdminNumber, Place, RecordId};
use crate::records::{Admin, Narrowing, SecondProof, Token, TokenPurpose, TokenUse};
use crate::time::Time;

/// The sessions of one admin.
pub struct AdminSessions<'g, S> {
    site: Site<'g, S>,
    home: Place,
    admin: AdminNumber,
    /// The session that asks.
    asking: Option<Uuid>,
}

/// An open session.
pub struct AdminSession {
    /// What was noted when it was begun.
    pub token: Token,
    /// When it was used last, about, and from where.
    pub used: Option<TokenUse>,
    /// When it ends unless it is used.
    pub ends: Time,
    /// Whether it is the one that asks.
    pub is_asking: bool,
}

impl<'t, 's> Grant<'t, &'s Snapshot, ManageAdmins> {
    /// The sessions of an admin of the grant's place.
    ///
    /// # Errors
    /// `Missing` when there is no such admin; `Forbidden` for a scope wider than one's own.
    pub fn sessions_of(
        &self,
        admin: AdminNumber,
    ) -> Result<AdminSessions<'t, &'s Snapshot>, Error> {
        let partition = self.place.partition();
        let record = self.source.get::<Admin>(partition, admin.record())?.ok_or(Error::Missing)?;
        require_reach(self.source, self.context, &record.fields.scope)?;
        Ok(AdminSessions { site: self.site(), home: self.place, admin, asking: None })
    }

    /// The admin with an external id.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn admin_number(&self, uuid: Uuid) -> Result<AdminNumber, Error> {
        let admins: Admins<'_, &Snapshot> = super::Collection::new(self.site());
        admins.id_of(uuid)
    }
}

impl<'c> Admins<'_, &mut Change<'c>> {
    /// The sessions of one of the admins, to be ended.
    ///
    /// # Errors
    /// `Missing` when there is no such admin; `Forbidden` for a scope wider than one's own.
    pub fn sessions_of(
        &mut self,
        admin: AdminNumber,
    ) -> Result<AdminSessions<'_, &mut Change<'c>>, Error> {
        self.read_within_reach(admin)?;
        let (home, context, tools) = (self.site.place, self.site.context, self.site.tools);
        let site = Site { source: &mut *self.site.source, place: home, context, tools };
        Ok(AdminSessions { site, home, admin, asking: None })
    }
}

impl<'g, 's> Oneself<'g, &'s Snapshot> {
    /// One's own sessions.
    pub fn sessions(&self) -> AdminSessions<'g, &'s Snapshot> {
        let Site { source, place, context, tools } = self.site;
        let id = self.standing.rights.id;
        let site = Site { source, place, context, tools };
        let asking = Some(self.standing.token.uuid);
        AdminSessions { site, home: id.home, admin: id.number, asking }
    }

    /// When the token that asks ends: a session unless it is used, an API key in any case.
    ///
    /// # Errors
    /// When the store fails.
    pub fn expires(&self) -> Result<Time, Error> {
        let asking = self.sessions().list()?.into_iter().find(|session| session.is_asking);
        Ok(asking.map_or(self.standing.token.expires, |session| session.ends))
    }
}

impl<'c> Oneself<'_, &mut Change<'c>> {
    /// One's own sessions, to be ended.
    ///
    /// # Errors
    /// `Forbidden` with a key in hand that is narrower than the admin.
    pub fn sessions(&mut self) -> Result<AdminSessions<'_, &mut Change<'c>>, Error> {
        if self.standing.token.narrowing != Narrowing::default() {
            return Err(Error::Forbidden("a narrowed key ends no sessions"));
        }
        let id = self.standing.rights.id;
        let (context, tools) = (self.site.context, self.site.tools);
        let site = Site { source: &mut *self.site.source, place: id.home, context, tools };
        let asking = Some(self.standing.token.uuid);
        Ok(AdminSessions { site, home: id.home, admin: id.number, asking })
    }
}

impl<S> AdminSessions<'_, S>
where
    S: std::ops::Deref,
    S::Target: Reading + Sized,
{
    /// The open sessions, those that were begun first before others.
    ///
    /// # Errors
    /// When the store fails.
    pub fn list(&self) -> Result<Vec<AdminSession>, Error> {
        let is_open = |(_, session): &(Id, AdminSession)| session.ends > self.site.now();
        let open = self.kept()?.into_iter().filter(is_open);
        Ok(open.map(|(_, session)| session).collect())
    }

    /// All sessions of which something is kept. One that ended because it was not used is among
    /// them: it would be open again if sessions were to last longer without being used.
    fn kept(&self) -> Result<Vec<(Id, AdminSession)>, Error> {
        let lives = self.site.tools.session_lives(&*self.site.source, self.home)?;
        let partition = self.home.partition();
        let mut sessions = Vec::new();
        for id in tokens_of(&*self.site.source, self.home, self.admin)? {
            let token = self.site.source.get::<Token>(partition, id)?;
            let session = token.filter(|token| token.purpose == TokenPurpose::Session);
            let Some(token) = session else { continue };
            let used = self.site.source.get::<TokenUse>(partition, id)?;
            let ends = lives.end(&token, used.as_ref());
            let is_asking = self.asking == Some(token.uuid);
            sessions.push((id, AdminSession { token, used, ends, is_asking }));
        }
        Ok(sessions)
    }
}

/// Ends the sessions that an admin's passkeys began: whoever has a copy of one may have begun them.
pub(crate) fn end_passkey_sessions(
    site: &mut Site<'_, &mut Change<'_>>,
    admin: AdminNumber,
) -> Result<(), Error> {
    let (home, context, tools) = (site.place, site.context, site.tools);
    let site = Site { source: &mut *site.source, place: home, context, tools };
    let mut sessions = AdminSessions { site, home, admin, asking: None };
    for (id, session) in sessions.kept()? {
        if session.token.origin.proof == Some(SecondProof::Passkey) {
            sessions.end_kept(id, &session)?;
        }
    }
    Ok(())
}

impl AdminSessions<'_, &mut Change<'_>> {
    /// Ends a session; tells whether it was the one that asks.
    ///
    /// # Errors
    /// `Missing` when there is no such session.
    pub fn end(&mut self, uuid: Uuid) -> Result<bool, Error> {
        let kept = self.kept()?.into_iter().find(|(_, session)| session.token.uuid == uuid);
        let (id, session) = kept.ok_or(Error::Missing)?;
        self.end_kept(id, &session)?;
        Ok(session.is_asking)
    }

    /// Ends all sessions, or all but the one that asks; tells how many were open.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_all(&mut self, but_this: bool) -> Result<usize, Error> {
        let mut ended = 0_usize;
        for (id, session) in self.kept()? {
            if !(but_this && session.is_asking) {
                ended = ended.saturating_add(usize::from(self.end_kept(id, &session)?));
            }
        }
        Ok(ended)
    }

    /// Ends what is kept of a session; tells whether it was open, which is an event.
    fn end_kept(&mut self, id: Id, session: &AdminSession) -> Result<bool, Error> {
        let partition = self.home.partition();
        let was_open = session.ends > self.site.now();
        if was_open {
            let admin = self.site.source.get::<Admin>(partition, self.admin.record())?;
            let admin = admin.ok_or(Error::Missing)?;
            let subject = (SubjectKind::Admin, admin.uuid, admin.fields.login.as_str());
            // It names the session that asks while there is one.
            self.site.tell(Action::SessionEnded, subject, Vec::new())?;
        }
        end_token(self.site.source, partition, id)?;
        Ok(was_open)
    }
}
