//! An admin's own passkeys.

use storage::{Change, Id, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::oneself::Oneself;
use crate::authentication::{NewCredential, Objection, user_handle};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{AdminNumber, RecordId};
use crate::limits;
use crate::records::{Passkey, SecondProof, credential_key, indices};

/// The most passkeys of an admin.
const PASSKEYS: usize = 16;

/// What a browser is asked that has a passkey made.
#[derive(Clone, Debug)]
pub struct PasskeyWish {
    /// What the answer has to bring back.
    pub challenge: [u8; 32],
    /// The domain that the passkey is for.
    pub domain: String,
    /// By what the authenticator tells the admin from others.
    pub user: [u8; 20],
    /// The admin's login.
    pub login: String,
    /// The admin's full name.
    pub display_name: String,
    /// The passkeys that there are: their authenticators make no other one.
    pub known: Vec<Vec<u8>>,
}

impl Oneself<'_, &Snapshot> {
    /// The admin's passkeys.
    ///
    /// # Errors
    /// When the store fails.
    pub fn passkeys(&self) -> Result<Vec<Passkey>, Error> {
        let id = self.standing.rights.id;
        let found = passkeys_of(self.site.source, id.home.partition(), id.number)?;
        Ok(found.into_iter().map(|(_, passkey)| passkey).collect())
    }

    /// Asks for a passkey of the admin.
    ///
    /// # Errors
    /// `Forbidden` for anything but a session that was begun a moment ago, and where passkeys are
    /// off.
    pub fn begin_passkey(&self) -> Result<PasskeyWish, Error> {
        let passkeys = self.site.tools.passkeys();
        let domain = passkeys.party()?.domain().to_owned();
        self.require_fresh_session()?;
        let (id, admin) = (self.standing.rights.id, &self.standing.rights.admin);
        let known = self.passkeys()?.into_iter().map(|it| it.credential.into_vec()).collect();
        let challenge = self.site.tools.random();
        passkeys.begin((id, self.standing.token.uuid), challenge, self.site.now());
        Ok(PasskeyWish {
            challenge,
            domain,
            user: user_handle(id.home, admin.uuid),
            login: admin.fields.login.clone(),
            display_name: admin.fields.display_name.clone(),
            known,
        })
    }
}

impl Oneself<'_, &mut Change<'_>> {
    /// Registers a passkey that a browser had made when it was asked to.
    ///
    /// # Errors
    /// `Invalid` for what proves nothing; `Forbidden` for anything but a session that was begun a
    /// moment ago, for one more than there may be, and where passkeys are off.
    pub fn add_passkey(&mut self, name: String, made: &NewCredential) -> Result<Passkey, Error> {
        let passkeys = self.site.tools.passkeys();
        passkeys.party()?;
        self.require_fresh_session()?;
        limits::name("/name", &name)?;
        let (id, now) = (self.standing.rights.id, self.site.now());
        let objects = |objection: Objection| Invalid::new("/credential", objection.to_string());
        let who = (id, self.standing.token.uuid);
        let made = passkeys.registered(who, made, now).map_err(objects)?;
        self.site.place = id.home;
        let partition = id.home.partition();
        let key = credential_key(&made.credential);
        if self.site.source.find_first(partition, indices::PASSKEY_CREDENTIAL, &key)?.is_some() {
            return Err(Error::Taken { pointer: "/credential".into() });
        }
        if passkeys_of(&*self.site.source, partition, id.number)?.len() >= PASSKEYS {
            return Err(Error::Forbidden("an admin has at most 16 passkeys; delete one first"));
        }
        let passkey = Passkey {
            uuid: self.site.tools.uuid(now),
            admin: id.number,
            name,
            created: now,
            used: None,
            credential: made.credential,
            key: made.key,
            counter: made.counter,
            is_portable: made.is_portable,
            model: made.model,
            suspended: false,
        };
        let number = self.site.source.allocate(partition)?;
        self.site.source.put(partition, number, &passkey)?;
        self.tell_of(Action::Created, &passkey, Vec::new())?;
        Ok(passkey)
    }

    /// Gives a passkey another name; with `revision`, only when it has the one that was seen.
    ///
    /// # Errors
    /// `Missing` when the admin has no such passkey; `Stale`; `Invalid` for a name that is none.
    pub fn rename_passkey(
        &mut self,
        uuid: Uuid,
        revision: Option<u64>,
        name: String,
    ) -> Result<Passkey, Error> {
        limits::name("/name", &name)?;
        let (number, mut passkey) = self.passkey(uuid)?;
        if revision.is_some_and(|seen| seen != passkey.revision()) {
            return Err(Error::Stale);
        }
        let before = std::mem::replace(&mut passkey.name, name);
        if before != passkey.name {
            self.site.source.put(self.site.partition(), number, &passkey)?;
            let as_json = |name: &str| Some(serde_json::Value::from(name).to_string());
            let (before, after) = (as_json(&before), as_json(&passkey.name));
            let difference = Difference { field: "name".into(), before, after };
            self.tell_of(Action::Changed, &passkey, vec![difference])?;
        }
        Ok(passkey)
    }

    /// Lets a passkey prove its owner again that was suspended since its counter went back: who says so
    /// has password and code.
    ///
    /// # Errors
    /// `Missing` when the admin has no such passkey; `Forbidden` for anything but a session that was
    /// begun a moment ago with password and code.
    pub fn activate_passkey(&mut self, uuid: Uuid) -> Result<Passkey, Error> {
        let (number, mut passkey) = self.passkey(uuid)?;
        self.require_fresh_session()?;
        if self.standing.token.origin.proof != Some(SecondProof::Totp) {
            return Err(Error::Forbidden(
                "a passkey is activated in a session that was begun with password and a code of the \
                 authenticator app",
            ));
        }
        if std::mem::replace(&mut passkey.suspended, false) {
            // An authenticator that has forgotten how often it signed stays behind for ever.
            passkey.counter = 0;
            self.site.source.put(self.site.partition(), number, &passkey)?;
            let as_json = |truth: bool| Some(truth.to_string());
            let (before, after) = (as_json(true), as_json(false));
            let difference = Difference { field: "suspended".into(), before, after };
            self.tell_of(Action::Changed, &passkey, vec![difference])?;
        }
        Ok(passkey)
    }

    /// Deletes a passkey, and ends the admin's other sessions: none says which passkey began it, and whoever
    /// found an authenticator may have begun some. The last one goes only with a session that shows that its
    /// owner has the authenticator app at hand, and so is not shut out. API keys stay.
    ///
    /// # Errors
    /// `Missing` when the admin has no such passkey; `Forbidden` for anything but a session that was
    /// begun a moment ago, and for the last one without a code.
    pub fn delete_passkey(&mut self, uuid: Uuid) -> Result<(), Error> {
        self.require_fresh_session()?;
        let (number, passkey) = self.passkey(uuid)?;
        let partition = self.site.partition();
        let others = passkeys_of(&*self.site.source, partition, passkey.admin)?.len() > 1;
        let has_app = self.standing.token.origin.proof == Some(SecondProof::Totp);
        if !others && !has_app {
            return Err(Error::Forbidden(
                "the last passkey goes with a session that was begun with password and a code of \
                 the authenticator app: so it is certain that you can still sign in",
            ));
        }
        self.site.source.delete::<Passkey>(partition, number)?;
        self.tell_of(Action::Deleted, &passkey, Vec::new())?;
        self.sessions()?.end_all(true)?;
        Ok(())
    }

    /// One of the admin's passkeys, whose place is looked at from here on.
    fn passkey(&mut self, uuid: Uuid) -> Result<(Id, Passkey), Error> {
        let id = self.standing.rights.id;
        self.site.place = id.home;
        let partition = id.home.partition();
        let found =
            self.site.source.find_first(partition, indices::PASSKEY_UUID, uuid.as_bytes())?;
        let number = found.ok_or(Error::Missing)?;
        let passkey = self.site.source.get::<Passkey>(partition, number)?;
        let theirs = passkey.filter(|passkey| passkey.admin == id.number);
        Ok((number, theirs.ok_or(Error::Missing)?))
    }

    fn tell_of(
        &mut self,
        action: Action,
        passkey: &Passkey,
        differences: Vec<Difference>,
    ) -> Result<(), Error> {
        let subject = (SubjectKind::Passkey, passkey.uuid, passkey.name.as_str());
        self.site.tell(action, subject, differences)
    }
}

/// The passkeys of an admin, in the order in which they were registered.
pub(super) fn passkeys_of(
    source: &impl Reading,
    partition: Partition,
    admin: AdminNumber,
) -> Result<Vec<(Id, Passkey)>, Error> {
    let value = admin.record().to_be_bytes();
    let mut found = Vec::new();
    for id in source.find(partition, indices::PASSKEY_ADMIN, &value) {
        let id = id?;
        found.extend(source.get::<Passkey>(partition, id)?.map(|passkey| (id, passkey)));
    }
    Ok(found)
}

/// Forgets the passkeys of an admin.
pub(super) fn forget_passkeys(
    change: &mut Change<'_>,
    partition: Partition,
    admin: AdminNumber,
) -> Result<(), Error> {
    for (id, _) in passkeys_of(&*change, partition, admin)? {
        change.delete::<Passkey>(partition, id)?;
    }
    Ok(())
}
