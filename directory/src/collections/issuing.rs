//! Issuing certificates to users and devices, and revoking them.

use std::marker::PhantomData;
use std::ops::Bound;

use rcgen::string::Ia5String;
use rcgen::{ExtendedKeyUsagePurpose, OtherNameValue, SanType};
use storage::{Change, Id, Partition, ReadError, Reading};
use uuid::Uuid;

use super::Standing;
use super::certificate_authorities::{CERTIFICATE_DAYS, check_days, issuing};
use super::issued_certificates::{find, of_owner, standing};
use super::own_certificates::shown;
use super::site::Site;
use crate::access::{Grant, ManageIdentities, RecoverAccounts, organization};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{DeviceId, RecordId, UserId};
use crate::issuing::{NewKey, Paper, RequestedKey};
use crate::records::{
    BuiltIn, CertificateAuthority, CertificateOwner, CertificateTotals, Device, IssuedCertificate,
    Revocation, RevocationReason, Stamp, THE_ONLY_ONE, Trigger, User, indices,
};
use crate::time::Time;

/// The most certificates of one owner that count.
const COUNTING: usize = 8;
/// The most certificates of one owner that are not forgotten yet, those included that count no
/// more: so that somebody who issues and revokes on and on makes no list without end.
const KEPT: usize = 64;
/// A certificate is forgotten so long after its end.
const REMEMBERED: u64 = 30 * 24 * 60 * 60 * 1_000;
/// So many are forgotten with each that is issued.
const FORGOTTEN: usize = 64;
/// The most mail addresses in a certificate.
const MAIL: usize = 4;
/// Microsoft's number of a principal name.
const PRINCIPAL_NAME: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];

/// What a certificate is wanted for.
pub struct CertificateWish {
    /// The key that it is for.
    pub key: CertificateKey,
    /// How many days it is to count; as its authority says when absent.
    pub days: Option<u16>,
    /// Where the list of what its authority revoked can be had: what stands before the authority's
    /// id.
    pub lists: Option<String>,
    /// Whether the key is to stand in a file for a device, for which it has to be made here.
    pub in_file: bool,
}

/// The key that a certificate is for.
pub enum CertificateKey {
    /// One that was made here, to be handed out with it.
    Made(NewKey),
    /// One of which its owner brought the public half.
    Brought(RequestedKey),
}

/// A certificate that was issued a moment ago.
pub struct Issued {
    /// It.
    pub record: IssuedCertificate,
    /// Who issued it.
    pub authority: CertificateAuthority,
    /// Its key, where that was made here; kept nowhere else.
    pub key: Option<NewKey>,
}

/// Who can have a certificate.
pub trait Certified: RecordId {
    /// Its owner's number with what kind of owner that is.
    fn owner(self) -> CertificateOwner;
}

impl Certified for UserId {
    fn owner(self) -> CertificateOwner {
        CertificateOwner::User(self)
    }
}

impl Certified for DeviceId {
    fn owner(self) -> CertificateOwner {
        CertificateOwner::Device(self)
    }
}

/// The certificates of the organization's users, or of its devices.
pub struct Issuing<'g, 'c, I> {
    site: Site<'g, &'g mut Change<'c>>,
    owners: PhantomData<I>,
}

impl Grant<'_, &mut Change<'_>, RecoverAccounts> {
    /// Revokes a certificate of a user: what somebody has lost is made worthless by whoever helps
    /// them, as their password is. One that is revoked stays as it is.
    ///
    /// # Errors
    /// `Missing` when the user has no such certificate.
    pub fn revoke_user_certificate(
        &mut self,
        user: UserId,
        uuid: Uuid,
        reason: RevocationReason,
    ) -> Result<IssuedCertificate, Error> {
        let mut all: Issuing<'_, '_, UserId> =
            Issuing { site: self.site_mut(), owners: PhantomData };
        all.revoke(user, uuid, reason)
    }
}

impl<'c> Grant<'_, &mut Change<'c>, ManageIdentities> {
    /// The certificates of the organization's users: to have one proves an account as a password
    /// does, and neither a new password nor a second factor stands in its way.
    pub fn user_certificates(&mut self) -> Issuing<'_, 'c, UserId> {
        Issuing { site: self.site_mut(), owners: PhantomData }
    }

    /// The certificates of the organization's devices.
    pub fn device_certificates(&mut self) -> Issuing<'_, 'c, DeviceId> {
        Issuing { site: self.site_mut(), owners: PhantomData }
    }
}

impl<I: Certified> Issuing<'_, '_, I> {
    /// Issues a certificate.
    ///
    /// # Errors
    /// `Missing` when there is no such owner; `Forbidden` when the organization has no authority of
    /// its own or the owner has too many; `Invalid`.
    pub fn issue(&mut self, owner: I, wish: CertificateWish) -> Result<Issued, Error> {
        let partition = self.site.partition();
        self.forget(partition)?;
        let known = of_owner(&*self.site.source, partition, owner.record())?;
        let mut counting = 0_usize;
        for (_, record) in &known {
            let how = standing(&*self.site.source, partition, record, self.site.now())?;
            counting = counting.saturating_add(usize::from(how == Standing::Counts));
        }
        if counting >= COUNTING {
            return Err(Error::Forbidden("8 certificates count already; revoke some first"));
        }
        if kept(&*self.site.source, partition)? >= self.site.tools.certificates() {
            return Err(Error::Forbidden(
                "the organization has as many certificates as the operator allows; those that ended \
                 are forgotten after 30 days",
            ));
        }
        if known.len() >= KEPT {
            return Err(Error::Forbidden(
                "64 certificates were issued already; the first of them has to end before",
            ));
        }
        self.sign(owner, wish)
    }

    /// Issues a certificate in place of another of the same owner; that one goes on until its end
    /// unless `revoke` says otherwise. Without a key of its own the wish takes the former one, where
    /// its owner had brought it.
    ///
    /// # Errors
    /// As [`Self::issue`].
    pub fn renew(
        &mut self,
        owner: I,
        former: Uuid,
        mut wish: CertificateWish,
        revoke: bool,
    ) -> Result<Issued, Error> {
        let (_, record) = self.find(owner, former)?;
        if record.own_key
            && let CertificateKey::Made(_) = &wish.key
        {
            if record.revoked.is_some_and(|it| it.reason == RevocationReason::KeyCompromise) {
                return Err(Error::Forbidden(
                    "somebody else has the key of this certificate: send a request with another one",
                ));
            }
            if wish.in_file {
                let message = "needs a key that is made here, and the owner had brought the former \
                               one: issue another certificate instead";
                return Err(Invalid::new("/wifi", message).into());
            }
            let key = RequestedKey::of_certificate(&record.certificate).ok_or(Error::Missing)?;
            wish.key = CertificateKey::Brought(key);
        }
        if revoke {
            self.revoke(owner, former, RevocationReason::Superseded)?;
        }
        self.issue(owner, wish)
    }

    /// Revokes a certificate: it proves nobody from then on. One that is revoked stays as it is.
    ///
    /// # Errors
    /// `Missing` when the owner has no such certificate.
    pub fn revoke(
        &mut self,
        owner: I,
        uuid: Uuid,
        reason: RevocationReason,
    ) -> Result<IssuedCertificate, Error> {
        let (id, record) = self.find(owner, uuid)?;
        let (record, is_news) = revoke(&mut self.site, id, record, reason)?;
        if is_news {
            note(&mut self.site)?;
        }
        Ok(record)
    }

    fn find(&self, owner: I, uuid: Uuid) -> Result<(Id, IssuedCertificate), Error> {
        let found = find(&*self.site.source, self.site.partition(), uuid)?;
        let theirs = found.1.owner == owner.owner();
        theirs.then_some(found).ok_or(Error::Missing)
    }

    fn sign(&mut self, owner: I, wish: CertificateWish) -> Result<Issued, Error> {
        let (partition, now) = (self.site.partition(), self.site.now());
        let place = self.site.place.organization().ok_or(Error::Missing)?;
        let home = organization(&*self.site.source, place)?.ok_or(Error::Missing)?;
        let owner = owner.owner();
        let bearer = Bearer::read(&*self.site.source, partition, owner, home.fields.base.domain())?;
        let Bearer { name, names } = bearer.ok_or(Error::Missing)?;
        let (id, authority, issuer) = issuing(&*self.site.source, partition)?;
        let usual = authority.fields.built_in.map(|BuiltIn { certificate_days }| certificate_days);
        let days = wish.days.or(usual).unwrap_or(CERTIFICATE_DAYS);
        check_days("/days", days, CERTIFICATE_DAYS)?;
        let revocation_url = wish
            .lists
            .map(|before| format!("{before}{}{}.crl", home.uuid.simple(), authority.uuid.simple()));
        let paper = Paper {
            common_name: name.clone(),
            names,
            usage: ExtendedKeyUsagePurpose::ClientAuth,
            days,
            now,
            revocation_url,
        };
        let tools = self.site.tools;
        let (signed, key) = match wish.key {
            CertificateKey::Made(key) => (issuer.sign_made(&paper, &key, tools)?, Some(key)),
            CertificateKey::Brought(key) => (issuer.sign_requested(&paper, &key, tools)?, None),
        };
        let record = IssuedCertificate {
            uuid: tools.uuid(now),
            stamp: Stamp::new(now),
            authority: id,
            owner,
            name,
            serial: signed.serial,
            certificate: signed.der,
            not_before: signed.not_before,
            not_after: signed.not_after,
            own_key: key.is_none(),
            issued_by: self.site.actor_name()?,
            revoked: None,
        };
        let number = self.site.source.allocate(partition)?;
        let kept = kept(&*self.site.source, partition)?.saturating_add(1);
        self.site.source.put(partition, number, &record)?;
        self.site.source.put(partition, THE_ONLY_ONE, &CertificateTotals { kept })?;
        let told = vec![certificate(&record), said("authority", &authority.fields.name)];
        tell(&mut self.site, Action::Created, &record, told)?;
        Ok(Issued { record, authority, key })
    }

    /// Forgets certificates that ended long ago.
    fn forget(&mut self, partition: Partition) -> Result<(), Error> {
        let until = Time(self.site.now().0.saturating_sub(REMEMBERED));
        let (from, until) = (Bound::Unbounded, until.0.to_be_bytes());
        let until = Bound::Excluded(until.as_slice());
        let old = self.site.source.range(partition, indices::ISSUED_END, from, until);
        let old: Vec<Id> = old.ids().take(FORGOTTEN).collect::<Result<_, ReadError>>()?;
        if old.is_empty() {
            return Ok(());
        }
        let mut kept = kept(&*self.site.source, partition)?;
        for id in old {
            let gone = self.site.source.delete::<IssuedCertificate>(partition, id)?;
            kept = kept.saturating_sub(gone.into());
        }
        Ok(self.site.source.put(partition, THE_ONLY_ONE, &CertificateTotals { kept })?)
    }
}

/// How many certificates are kept; a store that was made before they were counted is counted when it
/// is opened.
fn kept(source: &impl Reading, partition: Partition) -> Result<u32, Error> {
    if let Ok(totals) = source.get::<CertificateTotals>(partition, THE_ONLY_ONE) {
        return Ok(totals.map_or(0, |totals| totals.kept));
    }
    // A number that cannot be read is counted again.
    let found = source.prefix(partition, indices::ISSUED_END, b"").ids();
    Ok(found.map(|id| id.map(|_| 1_u32)).sum::<Result<u32, _>>()?)
}

/// Revokes what an owner has, before the owner is deleted.
pub(super) fn revoke_all(site: &mut Site<'_, &mut Change<'_>>, owner: Id) -> Result<(), Error> {
    let mut is_news = false;
    for (id, record) in of_owner(&*site.source, site.partition(), owner)? {
        is_news |= revoke(site, id, record, RevocationReason::CessationOfOperation)?.1;
    }
    if is_news { note(site) } else { Ok(()) }
}

/// Notes that sessions may have to end, whichever certificates were revoked: their sessions say by
/// which they began.
fn note(site: &mut Site<'_, &mut Change<'_>>) -> Result<(), Error> {
    site.note_departure(Trigger::CertificateRevoked, (&[], &[]), &[])
}

/// Revokes a certificate, and says whether it was not revoked before.
fn revoke(
    site: &mut Site<'_, &mut Change<'_>>,
    id: Id,
    mut record: IssuedCertificate,
    reason: RevocationReason,
) -> Result<(IssuedCertificate, bool), Error> {
    if record.revoked.is_some() {
        return Ok((record, false));
    }
    let (partition, now) = (site.partition(), site.now());
    record.revoked = Some(Revocation { at: now, reason });
    record.stamp.touch(now);
    site.source.put(partition, id, &record)?;
    let reason = serde_json::to_value(reason).ok();
    let reason = reason.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    let told = vec![certificate(&record), said("revoked", reason)];
    tell(site, Action::Changed, &record, told)?;
    Ok((record, true))
}

fn tell(
    site: &mut Site<'_, &mut Change<'_>>,
    action: Action,
    record: &IssuedCertificate,
    told: Vec<Difference>,
) -> Result<(), Error> {
    site.tell(action, (SubjectKind::Certificate, record.uuid, record.name.as_str()), told)
}

fn certificate(record: &IssuedCertificate) -> Difference {
    let after = Some(shown(&[record.fingerprint()]));
    Difference { field: "certificates".into(), before: None, after }
}

fn said(field: &str, value: &str) -> Difference {
    let after = serde_json::Value::from(value).to_string();
    Difference { field: field.to_owned(), before: None, after: Some(after) }
}

/// What a certificate says of its owner, for others that read it; who logs in with it is found by
/// its record.
struct Bearer {
    name: String,
    names: Vec<SanType>,
}

impl Bearer {
    fn read(
        source: &impl Reading,
        partition: Partition,
        owner: CertificateOwner,
        domain: Option<String>,
    ) -> Result<Option<Self>, Error> {
        let (name, uuid, mut names) = match owner {
            CertificateOwner::User(user) => {
                let Some(user) = source.get::<User>(partition, user.record())? else {
                    return Ok(None);
                };
                (user.fields.login.clone(), user.uuid, of_user(&user, domain))
            }
            CertificateOwner::Device(device) => {
                let Some(device) = source.get::<Device>(partition, device.record())? else {
                    return Ok(None);
                };
                let name = device.fields.name.to_ascii_lowercase();
                let dns = is_host(&name).then(|| Ia5String::try_from(name).ok()).flatten();
                let names = dns.into_iter().map(SanType::DnsName).collect();
                (device.fields.name, device.uuid, names)
            }
        };
        names.extend(Ia5String::try_from(uuid.urn().to_string()).ok().map(SanType::URI));
        Ok(Some(Self { name, names }))
    }
}

fn of_user(user: &User, domain: Option<String>) -> Vec<SanType> {
    let login = &user.fields.login;
    let principal = match domain {
        _ if login.contains('@') => Some(login.clone()),
        Some(domain) => Some(format!("{login}@{domain}")),
        None => None,
    };
    let principal = principal.map(|name| {
        SanType::OtherName((PRINCIPAL_NAME.to_vec(), OtherNameValue::Utf8String(name)))
    });
    let mail = user.fields.mail.iter().filter_map(|mail| Ia5String::try_from(mail.as_str()).ok());
    principal.into_iter().chain(mail.take(MAIL).map(SanType::Rfc822Name)).collect()
}

/// Whether a name can be one of a host.
pub(super) fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        let inner = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
