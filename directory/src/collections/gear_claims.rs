//! What a RADIUS client may not have because another has it, whosever that one is.
//!
//! Of another organization's client nothing is told but that something is not to be had, and that
//! only to who holds it. What a client had before is not held against it: an edit that makes
//! nothing worse passes.

use ipnet::IpNet;
use storage::{Change, Id, Partition, Reading};

use crate::error::{Error, Invalid};
use crate::id::{OrganizationId, RadiusClientId, RecordId};
use crate::records::{GearClaims, RadiusClient, SECRET_TAG, THE_ONLY_ONE, indices, kinds};

/// Networks with shorter prefixes are wide: more than one customer may be behind them.
const NARROW_IPV4: u8 = 16;
const NARROW_IPV6: u8 = 48;

/// Notes what a client has after it was written.
///
/// # Errors
/// `Invalid` for what another has.
pub(super) fn settle(
    change: &mut Change<'_>,
    organization: OrganizationId,
    client: RadiusClientId,
) -> Result<(), Error> {
    let former = noted(change, organization, client)?;
    let Some(claims) = claims(change, organization, client)? else { return Err(Error::Missing) };
    let former = former.as_ref().map(|(_, former)| former);
    let others = Others { change, claims: &claims, former };
    others.refuse_taken_certificates()?;
    others.refuse_capture()?;
    others.refuse_twins()?;
    note(change, &claims)
}

/// Notes what a client has, whatever others have.
pub(crate) fn renew(
    change: &mut Change<'_>,
    organization: OrganizationId,
    client: RadiusClientId,
) -> Result<(), Error> {
    match claims(change, organization, client)? {
        Some(claims) => note(change, &claims),
        None => Ok(()),
    }
}

/// Notes what clients have of which nothing was noted before; not of those that cannot be read.
pub(crate) fn note_all(
    change: &mut Change<'_>,
    clients: Vec<(OrganizationId, RadiusClientId)>,
) -> Result<(), Error> {
    for (organization, client) in clients {
        if let Ok(Some(claims)) = claims(change, organization, client) {
            note(change, &claims)?;
        }
    }
    Ok(())
}

/// Lets go of what a client had.
pub(super) fn let_go(
    change: &mut Change<'_>,
    organization: OrganizationId,
    client: RadiusClientId,
) -> Result<(), Error> {
    if let Some((id, _)) = noted(change, organization, client)? {
        change.delete::<GearClaims>(Partition::Provider, id)?;
    }
    Ok(())
}

/// Lets go of what an organization's clients had.
pub(super) fn let_go_of_all(
    change: &mut Change<'_>,
    organization: OrganizationId,
) -> Result<(), Error> {
    let of_all = GearClaims::of_all(organization);
    let found = change.prefix(Partition::Provider, indices::CLAIMS_OF, &of_all).ids();
    for id in found.collect::<Result<Vec<Id>, _>>()? {
        change.delete::<GearClaims>(Partition::Provider, id)?;
    }
    Ok(())
}

fn noted(
    change: &Change<'_>,
    organization: OrganizationId,
    client: RadiusClientId,
) -> Result<Option<(Id, GearClaims)>, Error> {
    let called = GearClaims::of(organization, client);
    let found = change.find_first(Partition::Provider, indices::CLAIMS_OF, &called)?;
    let Some(id) = found else { return Ok(None) };
    let claims = change.get::<GearClaims>(Partition::Provider, id)?;
    Ok(claims.map(|claims| (id, claims)))
}

fn note(change: &mut Change<'_>, claims: &GearClaims) -> Result<(), Error> {
    let id = match noted(change, claims.organization, claims.client)? {
        Some((id, _)) => id,
        None => change.allocate(Partition::Provider)?,
    };
    Ok(change.put(Partition::Provider, id, claims)?)
}

/// What a client has, by its record and its secrets.
fn claims(
    change: &Change<'_>,
    organization: OrganizationId,
    client: RadiusClientId,
) -> Result<Option<GearClaims>, Error> {
    let (partition, number) = (organization.partition(), client.record());
    let Some(record) = change.get::<RadiusClient>(partition, number)? else { return Ok(None) };
    let key = change.secret(Partition::Provider, kinds::CLAIMS_KEY, THE_ONLY_ONE)?;
    let key = key.and_then(|key| <[u8; 32]>::try_from(key.expose()).ok()).ok_or(Error::Missing)?;
    let mut secrets = Vec::new();
    for kind in [kinds::SHARED_SECRET, kinds::PREVIOUS_SECRET] {
        if let Some(secret) = change.secret(partition, kind, number)? {
            let mut tag = [0; SECRET_TAG];
            blake3::Hasher::new_keyed(&key).update(secret.expose()).finalize_xof().fill(&mut tag);
            secrets.push(tag);
        }
    }
    let fields = record.fields;
    Ok(Some(GearClaims {
        organization,
        client,
        sources: fields.sources,
        is_lenient: !fields.require_message_authenticator,
        secrets,
        certificates: fields.certificates,
    }))
}

/// A client beside all others.
struct Others<'a, 'c> {
    change: &'a Change<'c>,
    claims: &'a GearClaims,
    former: Option<&'a GearClaims>,
}

impl Others<'_, '_> {
    /// Those that have something.
    fn with(&self, index: storage::Index, value: &[u8]) -> Result<Vec<GearClaims>, Error> {
        let mut others = Vec::new();
        for id in self.change.find(Partition::Provider, index, value) {
            if let Some(other) = self.change.get::<GearClaims>(Partition::Provider, id?)? {
                let own = (self.claims.organization, self.claims.client);
                if (other.organization, other.client) != own {
                    others.push(other);
                }
            }
        }
        Ok(others)
    }

    fn is_own(&self, other: &GearClaims) -> bool {
        other.organization == self.claims.organization
    }

    fn name(&self, other: &GearClaims) -> Result<String, Error> {
        let (partition, number) = (other.organization.partition(), other.client.record());
        let found = self.change.get::<RadiusClient>(partition, number)?;
        Ok(found.map(|client| client.fields.name).unwrap_or_default())
    }

    /// A certificate is one client's, so that it says which organization is meant.
    fn refuse_taken_certificates(&self) -> Result<(), Error> {
        let certificates = &self.claims.certificates;
        let former = self.former.map(|former| &former.certificates);
        let mut taken = Vec::new();
        for fingerprint in &certificates.fingerprints {
            if !former.is_some_and(|former| former.fingerprints.contains(fingerprint)) {
                taken.extend(self.with(indices::CLAIMED_FINGERPRINT, &fingerprint.0)?);
            }
        }
        for name in &certificates.names {
            if !former.is_some_and(|former| former.names.contains(name)) {
                taken.extend(self.with(indices::CLAIMED_NAME, name.as_bytes())?);
            }
        }
        let Some(other) = taken.first() else { return Ok(()) };
        let message = if self.is_own(other) {
            format!("{} has one of them", self.name(other)?)
        } else {
            "one of them is not to be had; choose another".to_owned()
        };
        Err(Invalid::new("/certificates", message).into())
    }

    /// Without a Message-Authenticator the address alone says whose gear asks, and the narrowest
    /// network wins: what gear of another organization stands on cannot be taken from it, nor be
    /// made nobody's. Nobody can claim wide networks for themselves, though.
    fn refuse_capture(&self) -> Result<(), Error> {
        if !self.claims.is_lenient {
            return Ok(());
        }
        let was_lenient = self.former.filter(|former| former.is_lenient);
        for network in &self.claims.sources {
            if was_lenient.is_some_and(|former| former.sources.contains(network)) {
                continue;
            }
            for length in narrow(network)..=network.prefix_len() {
                let Ok(wider) = IpNet::new(network.addr(), length) else { continue };
                let called = GearClaims::of_network(&wider);
                let others = self.with(indices::CLAIMED_NETWORK, &called)?;
                if others.iter().any(|other| !self.is_own(other)) {
                    let message = "must stay on behind one of the sources";
                    return Err(Invalid::new("/require_message_authenticator", message).into());
                }
            }
        }
        Ok(())
    }

    /// Two clients behind one source are told apart by their secrets alone.
    fn refuse_twins(&self) -> Result<(), Error> {
        let is_new =
            |network: &&IpNet| !self.former.is_some_and(|former| former.sources.contains(network));
        let new_sources: Vec<IpNet> = self.claims.sources.iter().filter(is_new).copied().collect();
        for secret in &self.claims.secrets {
            let is_former = self.former.is_some_and(|former| former.secrets.contains(secret));
            let sources = if is_former { &new_sources } else { &self.claims.sources };
            for other in self.with(indices::CLAIMED_SECRET, secret)? {
                if !share_a_source(sources, &other.sources) {
                    continue;
                }
                let message = if self.is_own(&other) {
                    format!("{} has the same secret behind the same source", self.name(&other)?)
                } else {
                    "cannot be used behind this source; choose another".to_owned()
                };
                return Err(Invalid::new("/secret", message).into());
            }
        }
        Ok(())
    }
}

/// Whether more than one customer may be behind a network.
pub(crate) fn is_wide(network: &IpNet) -> bool {
    network.prefix_len() < narrow(network)
}

fn narrow(network: &IpNet) -> u8 {
    if network.addr().is_ipv4() { NARROW_IPV4 } else { NARROW_IPV6 }
}

fn share_a_source(some: &[IpNet], others: &[IpNet]) -> bool {
    some.iter().any(|network| {
        let overlaps = |theirs: &IpNet| network.contains(theirs) || theirs.contains(network);
        others.iter().any(overlaps)
    })
}
