//! A client certificate as the proof of who somebody is.
//!
//! Which organization decides is never taken from the certificate: anybody can make an authority
//! that says anything. The caller names the organization, and only what that one has registered
//! counts: certificates of its accounts, those that its own authority issued, or the authorities of
//! others that it trusts.

use std::net::IpAddr;
use std::sync::Arc;

use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use storage::{Id, Index, Partition, ReadError, Reading, Snapshot};
use x509_parser::asn1_rs::{Any, Oid, oid};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::attempt::{Attempt, Door, Outcome, THROTTLED, Who};
use super::listed::{REVOKED, objection, unlisted};
use super::network::NetworkReply;
use super::second_factor::{Finding, Reason};
use super::shown::shown;
use super::vouching::voucher;
use crate::access::organization;
use crate::collections::{Standing, certificate_standing};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{CertificateAuthorityId, OrganizationId, RecordId};
use crate::policy::NetworkPolicy;
use crate::records::{
    Base, CertificateAuthority, CertificateAuthorityFields, CertificateHolder, CertificateMark,
    Device, IssuedCertificate, OrganizationState, RevocationCheck, ServiceAccount, UnstatedPurpose,
    User, indices,
};
use crate::text::prepare;
use crate::time::Time;

/// Certificates that a client sent; that it holds the key of the first was proven in the handshake.
pub struct Presented {
    /// Who decides; `None` when the client named nobody who could.
    pub organization: Option<OrganizationId>,
    /// Who the client says it is; whoever the certificate names when absent.
    pub claimed: Option<Who>,
    /// The client's certificate in DER, and those between it and its authority.
    pub chain: Vec<Vec<u8>>,
    /// By which door it came.
    pub door: Door,
    /// From where.
    pub source: IpAddr,
    /// When.
    pub now: Time,
}

const NO_PLACE: Reason = "the certificate came without the name of an organization";
const UNREADABLE: Reason = "the certificate cannot be read";
const EXPIRED: Reason = "the certificate is not valid at this time";
const OTHER_PURPOSE: Reason =
    "the certificate is not for clients: it says to be for something else";
const NO_PURPOSE: Reason = "the certificate does not say that it is for clients";
const UNKNOWN: Reason = "no authority of the organization vouches for the certificate";
pub(super) const NOBODYS: Reason =
    "the certificate is valid, but names no account, or more than one";
const ANOTHERS: Reason = "the certificate belongs to another account";
const ORPHANED: Reason = "the authority that issued the certificate was deleted";

/// Whose a certificate is.
pub(super) enum Holder {
    Account(Who),
    Device(Box<Device>),
}

impl Directory {
    /// Judges a client certificate.
    ///
    /// # Errors
    /// When the store fails.
    pub fn authenticate_certificate(&self, presented: Presented) -> Result<Outcome, Error> {
        let snapshot = self.inner.store.read()?;
        let (place, door, chain) =
            (presented.organization, presented.door, presented.chain.clone());
        let outcome = self.judge_certificate(&snapshot, presented)?;
        let (Some(place), Door::Radius(client, _)) = (place, door) else { return Ok(outcome) };
        let follows = |policy: &Arc<NetworkPolicy>| policy.follows_certificates;
        if !self.gear()?.policy(place, client).is_some_and(follows) {
            return Ok(outcome);
        }
        let Outcome::Accept { actor, reply: Some(reply), notice, counterproof, earlier } = outcome
        else {
            return Ok(outcome);
        };
        let certificate = mark(&snapshot, place.partition(), &chain)?;
        let reply = NetworkReply { certificate, ..NetworkReply::clone(&reply) };
        let reply = Some(Arc::new(reply));
        Ok(Outcome::Accept { actor, reply, notice, counterproof, earlier })
    }

    fn judge_certificate(
        &self,
        snapshot: &Snapshot,
        presented: Presented,
    ) -> Result<Outcome, Error> {
        let Presented { organization: place, claimed, chain, door, source, now } = presented;
        let active = match place {
            Some(id) => organization(snapshot, id)?
                .filter(|record| record.state == OrganizationState::Active)
                .and(place),
            None => None,
        };
        let attempt_of = |who| -> Result<Attempt, Error> {
            let mut attempt =
                Attempt { by_certificate: true, ..Attempt::new(who, door, source, now) };
            attempt.look_up(self, snapshot, active)?;
            Ok(attempt)
        };
        // Before the signatures are looked at, which cost more than anything else here.
        let named = claimed.clone().unwrap_or_else(|| Who::User(fingerprint_text(&chain)));
        let mut attempt = attempt_of(named)?;
        if self.is_throttled(&mut attempt) && !self.is_welcome(snapshot, &attempt, &chain)? {
            return Ok(self.reject(&attempt, THROTTLED));
        }
        let whose = attempt.throttled;
        let holder = match active {
            Some(place) => holder(snapshot, place, &chain, now)?,
            None => Err(NO_PLACE),
        };
        match holder {
            Ok(Holder::Account(who)) => attempt = attempt_of(who)?,
            Ok(Holder::Device(_)) if claimed.is_some() => {
                return Ok(self.fail(&attempt, ANOTHERS));
            }
            Ok(Holder::Device(device)) => {
                return self.let_certified_device_in(snapshot, &attempt, *device);
            }
            Err(reason) => {
                attempt.shown = shown(&chain);
                return Ok(self.fail(&attempt, reason));
            }
        }
        // From now on it is the holder who is slowed down, by failures of their own alone.
        if self.is_throttled(&mut attempt) && self.is_outrun(&attempt) {
            return Ok(self.reject(&attempt, THROTTLED));
        }
        if let (Some(claimed), Some(place)) = (claimed, active) {
            let meant = self.account(snapshot, place, &claimed)?.map(|account| account.identity);
            let named = attempt.account.as_ref().map(|account| account.identity);
            if meant != named {
                return Ok(self.fail(&attempt, ANOTHERS));
            }
        }
        let finding = Finding { verdict: Ok(None), typed: None, password: None };
        let outcome = self.conclude(snapshot, &attempt, &finding)?;
        if matches!(outcome, Outcome::Accept { .. }) {
            // The certificate is what was asked about first, and is known here from now on.
            self.inner.engine.throttle.succeeded(attempt.whence(), whose, now.0);
        }
        Ok(outcome)
    }
}

impl Directory {
    /// Whether a certificate is looked at although its source has no failures left: one that is
    /// registered, and one that says to be of somebody who was let in from there before, such as a
    /// renewed one. Whoever made up many of them would else keep these people out.
    fn is_welcome(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
        chain: &[Vec<u8>],
    ) -> Result<bool, Error> {
        let throttle = &self.inner.engine.throttle;
        let (source, now) = (attempt.source, attempt.now);
        let Some(place) = attempt.organization else { return Ok(false) };
        if throttle.waits(attempt.whence(), attempt.throttled, now.0) {
            return Ok(false);
        }
        let Some(own) = chain.first() else { return Ok(false) };
        let partition = place.partition();
        if registered(snapshot, partition, own)?.is_some()
            || issued(snapshot, partition, own)?.is_some()
        {
            return Ok(true);
        }
        let Ok((_, certificate)) = X509Certificate::from_der(own) else { return Ok(false) };
        let mut rules: Vec<CertificateHolder> = Vec::new();
        for authority in snapshot.scan::<CertificateAuthority>(partition, None) {
            let rule = authority?.1.fields.holder;
            if rules.contains(&rule) {
                continue;
            }
            rules.push(rule);
            let Ok(Holder::Account(who)) = by_rule(snapshot, place, &certificate, rule)? else {
                continue;
            };
            let mut meant =
                Attempt { by_certificate: true, ..Attempt::new(who, attempt.door, source, now) };
            meant.look_up(self, snapshot, Some(place))?;
            if !self.is_throttled(&mut meant) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// By what a certificate is known when it is revoked, if it is.
fn mark(
    snapshot: &Snapshot,
    partition: Partition,
    chain: &[Vec<u8>],
) -> Result<Option<CertificateMark>, Error> {
    let Some(own) = chain.first() else { return Ok(None) };
    if let Some(id) = issued(snapshot, partition, own)? {
        return Ok(Some(CertificateMark::Issued(id)));
    }
    let Ok((_, certificate)) = X509Certificate::from_der(own) else { return Ok(None) };
    let mut authorities = Vec::new();
    for found in snapshot.scan::<CertificateAuthority>(partition, None) {
        let (number, record) = found?;
        let Ok((_, authority)) = X509Certificate::from_der(&record.fields.certificate) else {
            continue;
        };
        // Several may have the name, and whichever has a list may tell.
        if certificate.issuer().as_raw() == authority.subject().as_raw() {
            authorities.extend(CertificateAuthorityId::from_record(number));
        }
    }
    let serial = ByteBuf::from(certificate.raw_serial());
    Ok((!authorities.is_empty()).then_some(CertificateMark::Named(authorities, serial)))
}

/// Whose a certificate is, by what an organization registered.
pub(super) fn holder(
    snapshot: &Snapshot,
    place: OrganizationId,
    chain: &[Vec<u8>],
    now: Time,
) -> Result<Result<Holder, Reason>, Error> {
    let partition = place.partition();
    let Some((own, between)) = chain.split_first() else { return Ok(Err(UNREADABLE)) };
    let Ok((_, certificate)) = X509Certificate::from_der(own) else { return Ok(Err(UNREADABLE)) };
    // What was revoked counts no more, registered or not.
    if let Some(id) = issued(snapshot, partition, own)? {
        return of_issued(snapshot, partition, id, now);
    }
    if let Some(id) = registered(snapshot, partition, own)? {
        if !is_valid_at(&certificate, now) {
            return Ok(Err(EXPIRED));
        }
        return Ok(match objection(snapshot, partition, chain, now)? {
            Some(reason) => Err(reason),
            None => name_of(snapshot, partition, id)?.ok_or(NOBODYS),
        });
    }
    let purpose = Purpose::of(&certificate);
    if purpose == Purpose::Other {
        return Ok(Err(OTHER_PURPOSE));
    }
    let mut trusted = Vec::new();
    for authority in snapshot.scan::<CertificateAuthority>(partition, None) {
        let fields = authority?.1.fields;
        // What the organization's own authorities issued is known without them.
        if fields.built_in.is_none() {
            trusted.push(fields);
        }
    }
    let authorities = trusted.iter().map(|authority| authority.certificate.as_slice());
    match voucher((own, between), authorities, now).and_then(|position| trusted.get(position)) {
        Some(authority) if !purpose.is_enough_for(authority) => Ok(Err(NO_PURPOSE)),
        Some(authority) => {
            if let Some(reason) = objection(snapshot, partition, chain, now)? {
                return Ok(Err(reason));
            }
            let vouching = (authority.certificate.as_slice(), chain);
            if authority.revocation == RevocationCheck::Required
                && let Some(reason) = unlisted(snapshot, partition, vouching, now)?
            {
                return Ok(Err(reason));
            }
            by_rule(snapshot, place, &certificate, authority.holder)
        }
        None => Ok(Err(UNKNOWN)),
    }
}

/// What a certificate says to be for (RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To prove who a client is.
    Clients,
    /// It does not say.
    Unstated,
    /// Something else, or what cannot be read.
    Other,
}

impl Purpose {
    fn of(certificate: &X509Certificate<'_>) -> Self {
        match certificate.extended_key_usage() {
            Ok(Some(usage)) if usage.value.client_auth => Self::Clients,
            Ok(None) => Self::Unstated,
            Ok(Some(_)) | Err(_) => Self::Other,
        }
    }

    /// Whether the authority's organization lets that count.
    fn is_enough_for(self, authority: &CertificateAuthorityFields) -> bool {
        match self {
            Self::Clients => true,
            Self::Unstated => authority.unstated_purpose == UnstatedPurpose::Tolerated,
            Self::Other => false,
        }
    }
}

/// The account that has registered this very certificate.
pub(super) fn registered(
    snapshot: &Snapshot,
    partition: Partition,
    own: &[u8],
) -> Result<Option<Id>, ReadError> {
    snapshot.find_first(partition, indices::CERTIFICATE_FINGERPRINT, &Sha256::digest(own))
}

/// The certificate that the organization's own authority has issued with these very octets.
pub(super) fn issued(
    snapshot: &Snapshot,
    partition: Partition,
    own: &[u8],
) -> Result<Option<Id>, ReadError> {
    snapshot.find_first(partition, indices::ISSUED_FINGERPRINT, &Sha256::digest(own))
}

/// Whose a certificate is that the organization's own authority issued. That it did, with these
/// very octets, is what the record says; so no signature has to be looked at.
fn of_issued(
    snapshot: &Snapshot,
    partition: Partition,
    id: Id,
    now: Time,
) -> Result<Result<Holder, Reason>, Error> {
    let Some(issued) = snapshot.get::<IssuedCertificate>(partition, id)? else {
        return Ok(Err(UNKNOWN));
    };
    match certificate_standing(snapshot, partition, &issued, now)? {
        Standing::Counts => Ok(name_of(snapshot, partition, issued.owner.record())?.ok_or(NOBODYS)),
        Standing::Ended => Ok(Err(EXPIRED)),
        Standing::Revoked => Ok(Err(REVOKED)),
        Standing::Orphaned => Ok(Err(ORPHANED)),
    }
}

pub(crate) fn is_valid_at(certificate: &X509Certificate<'_>, now: Time) -> bool {
    let seconds = i64::try_from(now.seconds()).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&seconds)
}

fn by_rule(
    snapshot: &Snapshot,
    place: OrganizationId,
    certificate: &X509Certificate<'_>,
    rule: CertificateHolder,
) -> Result<Result<Holder, Reason>, Error> {
    let partition = place.partition();
    let in_index = |index, names: Vec<String>| -> Vec<(Index, String)> {
        names.into_iter().map(|name| (index, name)).collect()
    };
    let names = match rule {
        CertificateHolder::UserByMail => {
            in_index(indices::USER_MAIL, alternative_names(certificate, true))
        }
        CertificateHolder::UserByCommonName => {
            in_index(indices::USER_LOGIN, common_names(certificate))
        }
        CertificateHolder::ServiceAccountByCommonName => {
            in_index(indices::SERVICE_ACCOUNT_NAME, common_names(certificate))
        }
        CertificateHolder::ServiceAccountByDnsName => {
            in_index(indices::SERVICE_ACCOUNT_NAME, alternative_names(certificate, false))
        }
        CertificateHolder::UserByPrincipalName => by_principal_name(snapshot, place, certificate)?,
        CertificateHolder::DeviceByCommonName => {
            in_index(indices::DEVICE_NAME, common_names(certificate))
        }
        CertificateHolder::DeviceByDnsName => {
            let whole = alternative_names(certificate, false);
            let labels = whole.iter().filter_map(|name| Some(name.split_once('.')?.0.to_owned()));
            let labels: Vec<String> = labels.collect();
            in_index(indices::DEVICE_NAME, [whole, labels].concat())
        }
    };
    let mut found: Vec<Id> = Vec::new();
    for (index, name) in names.iter().take(NAMES) {
        for id in snapshot.find(partition, *index, prepare(name).as_bytes()).take(2) {
            let id = id?;
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    match &found[..] {
        [id] => Ok(name_of(snapshot, partition, *id)?.ok_or(NOBODYS)),
        _ => Ok(Err(NOBODYS)),
    }
}

/// The most names of one certificate that are looked up.
pub(crate) const NAMES: usize = 16;

fn common_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = certificate.subject().iter_common_name();
    names.filter_map(|name| name.as_str().ok()).map(ToOwned::to_owned).collect()
}

/// The mail addresses, or the DNS names.
pub(crate) fn alternative_names(certificate: &X509Certificate<'_>, mail: bool) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let wanted = |name: &GeneralName<'_>| match (name, mail) {
        (GeneralName::RFC822Name(text), true) | (GeneralName::DNSName(text), false) => {
            Some((*text).to_owned())
        }
        (_, true | false) => None,
    };
    extension.value.general_names.iter().filter_map(wanted).collect()
}

/// Microsoft's number of a principal name, an alternative name that is none of the usual ones.
const PRINCIPAL_NAME: Oid<'static> = oid!(1.3.6.1.4.1.311.20.2.3);

/// Principal names: a login where the domain is that of a base of the organization, else a mail
/// address.
fn by_principal_name(
    snapshot: &Snapshot,
    place: OrganizationId,
    certificate: &X509Certificate<'_>,
) -> Result<Vec<(Index, String)>, Error> {
    let Some(home) = organization(snapshot, place)? else { return Ok(Vec::new()) };
    let aliases = home.presentation.aliases.iter().map(|alias| &alias.base);
    let bases = std::iter::once(&home.fields.base).chain(aliases);
    let domains: Vec<String> = bases.filter_map(Base::domain).collect();
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Ok(Vec::new());
    };
    let names = extension.value.general_names.iter().filter_map(|name| {
        let GeneralName::OtherName(number, value) = name else { return None };
        (*number == PRINCIPAL_NAME).then(|| text_of(value)).flatten()
    });
    let wanted = names.map(|name| match name.rsplit_once('@') {
        Some((login, domain)) if domains.iter().any(|own| own.eq_ignore_ascii_case(domain)) => {
            (indices::USER_LOGIN, login.to_owned())
        }
        Some(_) | None => (indices::USER_MAIL, name),
    });
    Ok(wanted.collect())
}

/// The text in a name of a kind of its own: UTF-8 under an explicit tag.
fn text_of(value: &[u8]) -> Option<String> {
    let (_, tagged) = Any::from_der(value).ok()?;
    let (_, text) = Any::from_der(tagged.data).ok()?;
    text.utf8string().ok().map(|text| text.string())
}

/// Who has the record of this number.
fn name_of(snapshot: &Snapshot, partition: Partition, id: Id) -> Result<Option<Holder>, Error> {
    if let Some(user) = snapshot.get::<User>(partition, id)? {
        return Ok(Some(Holder::Account(Who::User(user.fields.login))));
    }
    if let Some(device) = snapshot.get::<Device>(partition, id)? {
        return Ok(Some(Holder::Device(Box::new(device))));
    }
    let account = snapshot.get::<ServiceAccount>(partition, id)?;
    Ok(account.map(|account| Holder::Account(Who::ServiceAccount(account.fields.name))))
}

/// What stands for a name in the event of a certificate that names nobody.
pub(super) fn fingerprint_text(chain: &[Vec<u8>]) -> String {
    let digest = Sha256::digest(chain.first().map(Vec::as_slice).unwrap_or_default());
    let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("certificate {hex}")
}
