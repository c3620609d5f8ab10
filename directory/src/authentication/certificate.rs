//! A client certificate as the proof of who somebody is.
//!
//! Which organization decides is never taken from the certificate: anybody can make an authority
//! that says anything. The caller names the organization, and only what that one has registered
//! counts: certificates of its accounts, or the authorities that it trusts.

use std::net::IpAddr;

use rustls_pki_types::{CertificateDer, UnixTime};
use sha2::{Digest, Sha256};
use storage::{Id, Partition, Reading, Snapshot};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::attempt::{Attempt, Door, Outcome, THROTTLED, Who};
use super::second_factor::{Finding, Reason};
use crate::access::organization;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::OrganizationId;
use crate::records::{
    CertificateAuthority, CertificateHolder, OrganizationState, ServiceAccount, User, indices,
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
const UNKNOWN: Reason = "no authority of the organization vouches for the certificate";
const NOBODYS: Reason = "the certificate is valid, but names no account, or more than one";
const ANOTHERS: Reason = "the certificate belongs to another account";

impl Directory {
    /// Judges a client certificate.
    ///
    /// # Errors
    /// When the store fails.
    pub fn authenticate_certificate(&self, presented: Presented) -> Result<Outcome, Error> {
        let snapshot = self.inner.store.read()?;
        let Presented { organization: place, claimed, chain, door, source, now } = presented;
        let active = match place {
            Some(id) => organization(&snapshot, id)?
                .filter(|record| record.state == OrganizationState::Active)
                .and(place),
            None => None,
        };
        let attempt_of = |who| -> Result<Attempt, Error> {
            let mut attempt =
                Attempt { by_certificate: true, ..Attempt::new(who, door, source, now) };
            attempt.look_up(self, &snapshot, active)?;
            Ok(attempt)
        };
        // Before the signatures are looked at, which cost more than anything else here.
        let named = claimed.clone().unwrap_or_else(|| Who::User(fingerprint_text(&chain)));
        let mut attempt = attempt_of(named)?;
        if self.is_throttled(&mut attempt) {
            return Ok(self.reject(&attempt, THROTTLED));
        }
        let shown = attempt.throttled;
        let holder = match active {
            Some(place) => holder(&snapshot, place.partition(), &chain, now)?,
            None => Err(NO_PLACE),
        };
        match holder {
            Ok(who) => attempt = attempt_of(who)?,
            Err(reason) => return Ok(self.fail(&attempt, reason)),
        }
        if self.is_throttled(&mut attempt) {
            return Ok(self.reject(&attempt, THROTTLED));
        }
        if let (Some(claimed), Some(place)) = (claimed, active) {
            let meant = self.account(&snapshot, place, &claimed)?.map(|account| account.identity);
            let named = attempt.account.as_ref().map(|account| account.identity);
            if meant != named {
                return Ok(self.fail(&attempt, ANOTHERS));
            }
        }
        let finding = Finding { verdict: Ok(None), typed: None, password: None };
        let outcome = self.conclude(&snapshot, &attempt, &finding)?;
        if matches!(outcome, Outcome::Accept { .. }) {
            // The certificate is what was asked about first, and is known here from now on.
            self.inner.engine.throttle.succeeded(source, shown, now.0);
        }
        Ok(outcome)
    }
}

/// Whose a certificate is, by what an organization registered.
fn holder(
    snapshot: &Snapshot,
    partition: Partition,
    chain: &[Vec<u8>],
    now: Time,
) -> Result<Result<Who, Reason>, Error> {
    let Some((own, between)) = chain.split_first() else { return Ok(Err(UNREADABLE)) };
    let Ok((_, certificate)) = X509Certificate::from_der(own) else { return Ok(Err(UNREADABLE)) };
    let fingerprint = Sha256::digest(own);
    if let Some(id) =
        snapshot.find_first(partition, indices::CERTIFICATE_FINGERPRINT, &fingerprint)?
    {
        return Ok(if is_valid_at(&certificate, now) {
            name_of(snapshot, partition, id)?.ok_or(NOBODYS)
        } else {
            Err(EXPIRED)
        });
    }
    for authority in snapshot.scan::<CertificateAuthority>(partition, None) {
        let (_, authority) = authority?;
        if is_vouched_for(own, between, &authority.fields.certificate, now) {
            return by_rule(snapshot, partition, &certificate, authority.fields.holder);
        }
    }
    Ok(Err(UNKNOWN))
}

pub(crate) fn is_valid_at(certificate: &X509Certificate<'_>, now: Time) -> bool {
    let seconds = i64::try_from(now.seconds()).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&seconds)
}

/// Path validation (RFC 5280 section 6) from one authority, for a client.
pub(crate) fn is_vouched_for(own: &[u8], between: &[Vec<u8>], authority: &[u8], now: Time) -> bool {
    let (own, authority) = (CertificateDer::from(own), CertificateDer::from(authority));
    let (Ok(certificate), Ok(anchor)) =
        (EndEntityCert::try_from(&own), anchor_from_trusted_cert(&authority))
    else {
        return false;
    };
    let between: Vec<_> =
        between.iter().map(|octets| CertificateDer::from(octets.as_slice())).collect();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now.seconds()));
    let usage = KeyUsage::client_auth();
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    certificate.verify_for_usage(algorithms, &[anchor], &between, time, usage, None, None).is_ok()
}

fn by_rule(
    snapshot: &Snapshot,
    partition: Partition,
    certificate: &X509Certificate<'_>,
    rule: CertificateHolder,
) -> Result<Result<Who, Reason>, Error> {
    let (index, names) = match rule {
        CertificateHolder::UserByMail => (indices::USER_MAIL, alternative_names(certificate, true)),
        CertificateHolder::UserByCommonName => (indices::USER_LOGIN, common_names(certificate)),
        CertificateHolder::ServiceAccountByCommonName => {
            (indices::SERVICE_ACCOUNT_NAME, common_names(certificate))
        }
        CertificateHolder::ServiceAccountByDnsName => {
            (indices::SERVICE_ACCOUNT_NAME, alternative_names(certificate, false))
        }
    };
    let mut found: Vec<Id> = Vec::new();
    for name in names.iter().take(NAMES) {
        for id in snapshot.find(partition, index, prepare(name).as_bytes()).take(2) {
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

/// Who has the record of this number.
fn name_of(snapshot: &Snapshot, partition: Partition, id: Id) -> Result<Option<Who>, Error> {
    if let Some(user) = snapshot.get::<User>(partition, id)? {
        return Ok(Some(Who::User(user.fields.login)));
    }
    let account = snapshot.get::<ServiceAccount>(partition, id)?;
    Ok(account.map(|account| Who::ServiceAccount(account.fields.name)))
}

/// What stands for a name in the event of a certificate that names nobody.
fn fingerprint_text(chain: &[Vec<u8>]) -> String {
    let digest = Sha256::digest(chain.first().map(Vec::as_slice).unwrap_or_default());
    let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("certificate {hex}")
}
