//! RADIUS clients: network gear that asks for the organization.

use std::time::Duration;

use storage::{Change, Id, Index, Partition, Reading, Secret, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::gear_claims;
use super::network_rules;
use super::of_groups::check_there;
use super::told;
use crate::access::{Grant, ManageConfiguration, View};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{OrganizationId, RadiusClientId, RecordId};
use crate::limits::{self, NAMED_GROUPS};
use crate::records::{
    GearCertificates, Group, RadiusClient, RadiusClientFields, ReplyProfile, Stamp, indices, kinds,
};
use crate::time::milliseconds;
use crate::zone::Zone;

/// The RADIUS clients of the grant's organization.
pub type RadiusClients<'g, S> = Collection<'g, S, RadiusClient>;

/// The fewest octets of a shared secret (draft-ietf-radext-deprecating-radius, shared secrets).
const SECRET_MINIMUM: usize = 16;
/// The most RADIUS clients of an organization: all of all organizations are kept at hand, and those
/// that share a source are tried one after another.
const CLIENTS: usize = 2_000;
/// The most fingerprints, and the most names, of the certificates of a client.
const CERTIFICATES: usize = 8;
/// The longest that a secret counts after it was replaced.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Ports below belong to services that nobody orders anything.
const LEAST_PORT: u16 = 1024;
/// The most octets of a shared secret.
const SECRET_MAXIMUM: usize = 128;
/// The most octets of a password in a request (RFC 2865, section 5.2).
const PASSWORD_MAXIMUM: usize = 128;

impl RadiusClients<'_, &Snapshot> {
    /// Whether the gear of a client gives a password of its own for devices.
    ///
    /// # Errors
    /// `Missing` when there is no such client.
    pub fn has_mac_password(&self, client: Uuid) -> Result<bool, Error> {
        let (partition, number) = (self.site.partition(), self.id_of(client)?.record());
        Ok(self.site.source.secret(partition, kinds::MAC_PASSWORD, number)?.is_some())
    }
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's RADIUS clients, to be read.
    pub fn radius_clients(&self) -> RadiusClients<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageConfiguration> {
    /// The organization's RADIUS clients, to be changed.
    pub fn radius_clients(&mut self) -> RadiusClients<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl RadiusClients<'_, &mut Change<'_>> {
    /// Makes a RADIUS client with its shared secret.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Forbidden` for one too many.
    pub fn create(
        &mut self,
        fields: RadiusClientFields,
        secret: &str,
    ) -> Result<(RadiusClientId, RadiusClient), Error> {
        let partition = self.site.partition();
        let all = self.site.source.scan::<RadiusClient>(partition, None);
        if all.take(CLIENTS).count() == CLIENTS {
            return Err(Error::Forbidden("an organization has at most 2000 RADIUS clients"));
        }
        let (id, client) = self.add(fields)?;
        check_length(secret)?;
        self.put_secret(id, secret)?;
        self.settle(id)?;
        Ok((id, client))
    }

    /// Changes a RADIUS client; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: RadiusClientId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut RadiusClient) -> Result<(), Error>,
    ) -> Result<RadiusClient, Error> {
        let before = self.read(id)?;
        let client = self.edit(id, revision, edit)?;
        if client.revision() == before.revision() {
            return Ok(client);
        }
        let (partition, kind) = (self.site.partition(), kinds::MAC_PASSWORD);
        if !client.fields.mac_authentication
            && self.site.source.delete_secret(partition, kind, id.record())?
        {
            self.tell_mac_password(&client, (true, false))?;
        }
        self.settle(id)?;
        if network_rules::decide_otherwise(&before.fields, &client.fields) {
            self.site.note_policy_change(&[id])?;
        }
        Ok(client)
    }

    /// Replaces the shared secret; the old one ends at once, and so does one before it.
    ///
    /// # Errors
    /// `Missing`, or `Invalid` for a secret that is too short or not told apart from another's.
    pub fn set_secret(&mut self, id: RadiusClientId, secret: &str) -> Result<(), Error> {
        self.rotate_secret(id, secret, Duration::ZERO)
    }

    /// Replaces the shared secret; the old one counts beside it for so long, one before it no more.
    ///
    /// # Errors
    /// `Missing`, or `Invalid` for a time that is too long, for any time where requests may come
    /// without Message-Authenticator, and for a secret that is too short, the old one, or not told
    /// apart from another's.
    pub fn rotate_secret(
        &mut self,
        id: RadiusClientId,
        secret: &str,
        keep: Duration,
    ) -> Result<(), Error> {
        let mut client = self.read(id)?;
        if keep > KEPT {
            return Err(Invalid::new("/keep_previous_seconds", "must be at most 30 days").into());
        }
        if !keep.is_zero() && !client.fields.require_message_authenticator {
            // An unsigned request does not say which of the two it was made with: the password in
            // it would be uncovered with the wrong one, and be counted as wrong.
            let message = "must be 0 for gear that may leave out Message-Authenticator";
            return Err(Invalid::new("/keep_previous_seconds", message).into());
        }
        let old = self.secret(id)?;
        if !keep.is_zero() && old.expose() == secret.as_bytes() {
            return Err(Invalid::new("/secret", "is the one that is to be replaced").into());
        }
        check_length(secret)?;
        self.put_secret(id, secret)?;
        let (partition, kind) = (self.site.partition(), kinds::PREVIOUS_SECRET);
        if keep.is_zero() {
            client.previous_until = None;
            self.site.source.delete_secret(partition, kind, id.record())?;
        } else {
            client.previous_until = Some(self.site.now().plus(milliseconds(keep)));
            self.site.source.put_secret(partition, kind, id.record(), old.expose())?;
        }
        self.site.source.put(partition, id.record(), &client)?;
        self.settle(id)?;
        let subject = (SubjectKind::RadiusClient, client.uuid, client.fields.name.as_str());
        self.site.tell(Action::SecretRotated, subject, Vec::new())
    }

    /// Says which password the gear gives for all devices, beside which their own addresses count; none
    /// for `None`. That it is the one there already is no change.
    ///
    /// # Errors
    /// `Missing`, or `Invalid` for one that no request could have, and where devices are not let in by
    /// their addresses.
    pub fn set_mac_password(
        &mut self,
        id: RadiusClientId,
        password: Option<&str>,
    ) -> Result<RadiusClient, Error> {
        let client = self.read(id)?;
        let (partition, kind, number) = (self.site.partition(), kinds::MAC_PASSWORD, id.record());
        let before = self.site.source.secret(partition, kind, number)?;
        if before.as_ref().map(Secret::expose) == password.map(str::as_bytes) {
            return Ok(client);
        }
        match password {
            Some(password) => {
                check_mac_password(password, &client.fields)?;
                self.site.source.put_secret(partition, kind, number, password.as_bytes())?;
            }
            None => {
                self.site.source.delete_secret(partition, kind, number)?;
            }
        }
        self.touch(id, None)?;
        self.tell_mac_password(&client, (before.is_some(), password.is_some()))?;
        self.read(id)
    }

    /// Tells that the password for all devices is another: whether there was one, and is one.
    fn tell_mac_password(
        &mut self,
        client: &RadiusClient,
        (was_there, is_there): (bool, bool),
    ) -> Result<(), Error> {
        let masked = |is_there: bool| is_there.then(|| "\"(secret)\"".to_owned());
        let (before, after) = (masked(was_there), masked(is_there));
        let told = vec![Difference { field: "mac_password".to_owned(), before, after }];
        let subject = (SubjectKind::RadiusClient, client.uuid, client.fields.name.as_str());
        self.site.tell(Action::Changed, subject, told)
    }

    /// Shows the shared secret; the showing is an event.
    ///
    /// # Errors
    /// `Missing` when there is no such client.
    pub fn reveal_secret(&mut self, id: RadiusClientId) -> Result<Secret, Error> {
        let client = self.read(id)?;
        let secret = self.secret(id)?;
        let subject = (SubjectKind::RadiusClient, client.uuid, client.fields.name.as_str());
        self.site.tell(Action::SecretRevealed, subject, Vec::new())?;
        Ok(secret)
    }

    /// Deletes a RADIUS client and its secret.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: RadiusClientId, revision: Option<u64>) -> Result<(), Error> {
        self.remove(id, revision)
    }

    fn put_secret(&mut self, id: RadiusClientId, secret: &str) -> Result<(), Error> {
        let (partition, kind) = (self.site.partition(), kinds::SHARED_SECRET);
        Ok(self.site.source.put_secret(partition, kind, id.record(), secret.as_bytes())?)
    }

    fn secret(&self, id: RadiusClientId) -> Result<Secret, Error> {
        let (partition, kind) = (self.site.partition(), kinds::SHARED_SECRET);
        self.site.source.secret(partition, kind, id.record())?.ok_or(Error::Missing)
    }

    /// Notes what the client has, unless another has it.
    fn settle(&mut self, id: RadiusClientId) -> Result<(), Error> {
        let organization = self.site.place.organization().ok_or(Error::Missing)?;
        gear_claims::settle(self.site.source, organization, id)
    }
}

fn check_length(secret: &str) -> Result<(), Invalid> {
    if (SECRET_MINIMUM..=SECRET_MAXIMUM).contains(&secret.len()) {
        return Ok(());
    }
    let wanted = format!("must have {SECRET_MINIMUM} to {SECRET_MAXIMUM} octets");
    Err(Invalid::new("/secret", wanted))
}

fn check_mac_password(password: &str, fields: &RadiusClientFields) -> Result<(), Invalid> {
    if !(1..=PASSWORD_MAXIMUM).contains(&password.len()) {
        let wanted = format!("must have 1 to {PASSWORD_MAXIMUM} octets");
        return Err(Invalid::new("/mac_password", wanted));
    }
    if !fields.mac_authentication {
        let message = "is for gear that asks about devices: set mac_authentication as well";
        return Err(Invalid::new("/mac_password", message));
    }
    Ok(())
}

fn check_certificates(certificates: &GearCertificates) -> Result<(), Invalid> {
    let GearCertificates { fingerprints, names } = certificates;
    limits::count("/certificates/fingerprints", fingerprints.len(), CERTIFICATES)?;
    limits::count("/certificates/names", names.len(), CERTIFICATES)?;
    for (position, fingerprint) in fingerprints.iter().enumerate() {
        if fingerprints.iter().take(position).any(|other| other == fingerprint) {
            let pointer = format!("/certificates/fingerprints/{position}");
            return Err(Invalid::new(pointer, "is there twice"));
        }
    }
    for (position, name) in names.iter().enumerate() {
        let pointer = || format!("/certificates/names/{position}");
        if !is_dns_name(name) {
            return Err(Invalid::new(pointer(), "must be a DNS name such as gw.acme.example"));
        }
        if names.iter().take(position).any(|other| other == name) {
            return Err(Invalid::new(pointer(), "is there twice"));
        }
    }
    Ok(())
}

/// Whether it is a whole name in small letters.
fn is_dns_name(name: &str) -> bool {
    let letter = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

impl Entity for RadiusClient {
    type Id = RadiusClientId;
    type Fields = RadiusClientFields;

    const SUBJECT: SubjectKind = SubjectKind::RadiusClient;
    const UUIDS: Index = indices::RADIUS_CLIENT_UUID;
    const NAMES: Index = indices::RADIUS_CLIENT_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: RadiusClientFields) -> Self {
        Self { uuid, stamp, fields, previous_until: None }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn fields(&self) -> &RadiusClientFields {
        &self.fields
    }

    fn name(fields: &RadiusClientFields) -> &str {
        &fields.name
    }

    fn named_values<R: Reading>(
        &self,
        source: &R,
        partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        let fields = &self.fields;
        let profile = |id| told::one::<ReplyProfile>(id, source, partition);
        let groups = told::all::<Group>(&fields.allowed_groups, source, partition)?;
        Ok(vec![
            ("allowed_groups".to_owned(), groups),
            ("reply_profile".to_owned(), profile(fields.reply_profile)?),
            ("unknown_device_profile".to_owned(), profile(fields.unknown_device_profile)?),
            ("rules".to_owned(), told::rules(&fields.rules, source, partition)?),
        ])
    }

    fn check(fields: &RadiusClientFields) -> Result<(), Invalid> {
        limits::name("/name", &fields.name)?;
        limits::networks("/sources", &fields.sources)?;
        check_certificates(&fields.certificates)?;
        if fields.sources.is_empty() && fields.certificates.is_empty() {
            return Err(Invalid::new("/sources", "must name at least one network"));
        }
        limits::count("/allowed_groups", fields.allowed_groups.len(), NAMED_GROUPS)?;
        if fields.orders.port < LEAST_PORT {
            return Err(Invalid::new("/orders/port", "must be 1024 or more"));
        }
        Zone::find(&fields.time_zone)?;
        network_rules::check(&fields.rules)
    }

    fn check_references<R: Reading>(
        fields: &RadiusClientFields,
        _id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        network_rules::check_references(&fields.rules, source, partition)?;
        check_there("/allowed_groups", &fields.allowed_groups, source, partition)?;
        for (pointer, profile) in [
            ("/reply_profile", fields.reply_profile),
            ("/unknown_device_profile", fields.unknown_device_profile),
        ] {
            if let Some(profile) = profile
                && !source.contains::<ReplyProfile>(partition, profile.record())?
            {
                return Err(Invalid::new(pointer, "there is no such reply profile").into());
            }
        }
        Ok(())
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: RadiusClientId,
    ) -> Result<(), Error> {
        change.delete_secret(partition, kinds::SHARED_SECRET, id.record())?;
        change.delete_secret(partition, kinds::PREVIOUS_SECRET, id.record())?;
        change.delete_secret(partition, kinds::MAC_PASSWORD, id.record())?;
        if let Partition::Organization(number) = partition
            && let Some(organization) = OrganizationId::from_record(number.get().into())
        {
            gear_claims::let_go(change, organization, id)?;
        }
        Ok(())
    }
}
