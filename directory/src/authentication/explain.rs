//! What would become of somebody who asks through a RADIUS client, without a password and without
//! anybody being told.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use storage::{Id, Reading, Snapshot};
use uuid::Uuid;

use super::account::{Account, find_user};
use super::attempt::{Attempt, Channel, Door, OVERHEARD, Who};
use super::expiry::{Age, Notice};
use super::machine::judge;
use super::placeholders::{filled, filled_for_device};
use super::second_factor::{NO_ROOM, Need};
use crate::access::{Grant, Identity, View, organization};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RadiusClientId, RecordId, ReplyProfileId};
use crate::network::{Circumstances, MacAddress, NetworkMethod};
use crate::policy::{Asker, NetworkPolicy, Place, Profiles, device_at};
use crate::realm::without_own_realm;
use crate::records::{
    CertificateAuthority, Organization, OrganizationState, OwnCertificates, RadiusClient,
    ReplyProfileFields, kinds,
};
use crate::text::prepare;
use crate::time::Time;

const NO_AUTHORITY: &str =
    "the organization has no certificate authority, and the user no registered certificate";

/// A request that is described.
#[derive(Clone, Debug)]
pub struct Described {
    /// The user's login, as gear says it, or the hardware address of a device.
    pub login: String,
    /// What the gear says beside it.
    pub circumstances: Circumstances,
    /// When.
    pub at: Time,
}

/// What would become of it, if its proof were right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Why nobody would be let in; absent for who would.
    pub reason: Option<&'static str>,
    /// The rule that decides; absent where none does.
    pub rule: Option<String>,
    /// The profile that an accept carries.
    pub profile: Option<ReplyProfileId>,
    /// The external id of the device that rules about one mean, if the organization has it and it is
    /// not suspended.
    pub device: Option<Uuid>,
    /// What an accept carries beside marks, with facts about the user in their places.
    pub reply: Option<Arc<ReplyProfileFields>>,
    /// What a rule that rejects tells them; nothing inside EAP, and nothing to a device.
    pub message: Option<String>,
    /// Whether a code is needed beside the password.
    pub needs_code: bool,
    /// The time as clocks show it where the gear stands; absent where no rule is of a time.
    pub local_time: Option<String>,
}

/// What would become of a bind with the right password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BindExplanation {
    /// Who it is; absent where there is no such account.
    pub identity: Option<Identity>,
    /// Why nobody would be let in; absent for who would.
    pub reason: Option<&'static str>,
    /// Whether a code is needed beside the password.
    pub needs_code: bool,
    /// Whether nothing but changing the password is open afterwards.
    pub must_change: bool,
}

impl Grant<'_, &Snapshot, View> {
    /// Says what would become of a bind. Failures that are counted in memory are not looked at.
    ///
    /// # Errors
    /// When the store fails.
    pub fn explain_bind(
        &self,
        directory: &Directory,
        who: Who,
        channel: Channel,
        now: Time,
    ) -> Result<BindExplanation, Error> {
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let mut attempt = Attempt::new(who, Door::Ldap(channel), nowhere, now);
        attempt.look_up(directory, self.source, Some(self.organization()?))?;
        let notice = attempt.free_notice();
        Ok(BindExplanation {
            identity: attempt.account.as_ref().map(|account| account.identity),
            reason: attempt.hindrance_to_bind(),
            needs_code: attempt.need == Need::Code,
            must_change: notice == Some(Notice::MustChange),
        })
    }

    /// Says what would become of a request at a RADIUS client. Failures that are counted in memory
    /// are not looked at.
    ///
    /// # Errors
    /// `Missing` when there is no such client.
    pub fn explain(
        &self,
        directory: &Directory,
        client: RadiusClientId,
        asked: &Described,
    ) -> Result<Explanation, Error> {
        let (place, snapshot) = (self.organization()?, self.source);
        let within = Place { snapshot, lookups: &directory.inner.lookups, organization: place };
        let partition = place.partition();
        let record = snapshot.get::<RadiusClient>(partition, client.record())?;
        let record = record.ok_or(Error::Missing)?;
        let found = organization(snapshot, place)?.ok_or(Error::Missing)?;
        let (of, mut profiles) = ((snapshot, partition), Profiles::default());
        let policy = NetworkPolicy::read(of, found.settings, &record, &mut profiles)?;
        if found.state != OrganizationState::Active {
            let reason = Some("the organization is suspended");
            return Ok(Explanation { reason, ..Explanation::default() });
        }
        let local_time = policy.local_time(asked.at);
        if asked.circumstances.method == NetworkMethod::Mac {
            let told = device_explained(within, &policy, asked)?;
            return Ok(Explanation { local_time, ..told });
        }
        let device = device_at(within, asked.circumstances.calling)?;
        let device = device.filter(|it| !it.fields.suspended).map(|it| it.uuid);
        let door = Door::Radius(client, asked.circumstances);
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let mut attempt = Attempt::new(Who::User(asked.login.clone()), door, nowhere, asked.at);
        attempt.organization = Some(place);
        attempt.settings = found.settings;
        attempt.policy = Some(Arc::new(policy));
        attempt.claim(described_user(snapshot, (place, &found), asked)?.map(Arc::new));
        (attempt.need, attempt.enrol_by) = attempt.needed(directory, snapshot)?;
        let needs_code =
            attempt.need == Need::Code && asked.circumstances.method != NetworkMethod::EapTls;
        if let Some(reason) = attempt.hindrance(snapshot)? {
            let reason = Some(reason);
            let told = Explanation { reason, device, needs_code, ..Explanation::default() };
            return Ok(Explanation { local_time, ..told });
        }
        let decided = attempt.decided(within, needs_code)?;
        Ok(Explanation { device, local_time, ..decided })
    }
}

/// The user whom gear means by a name, as requests are looked at.
fn described_user(
    snapshot: &Snapshot,
    (place, home): (OrganizationId, &Organization),
    asked: &Described,
) -> Result<Option<Account>, Error> {
    let find = |login: &str| find_user(snapshot, (place, home.marks), &prepare(login));
    let name = said_name(asked);
    match (find(name)?, without_own_realm(name, &home.fields)) {
        (None, Some(login)) => find(login),
        (found, _) => Ok(found),
    }
}

/// The name that is looked for. Answers of MS-CHAPv2 are made without what stands before a backslash.
fn said_name(asked: &Described) -> &str {
    let login = asked.login.as_str();
    match asked.circumstances.method {
        NetworkMethod::MsChapV2 | NetworkMethod::Peap => {
            login.split_once('\\').map_or(login, |(_, login)| login)
        }
        NetworkMethod::Pap
        | NetworkMethod::Chap
        | NetworkMethod::EapTls
        | NetworkMethod::EapTtls
        | NetworkMethod::Mac => login,
    }
}

fn device_explained(
    place: Place<'_>,
    policy: &NetworkPolicy,
    asked: &Described,
) -> Result<Explanation, Error> {
    let out = |reason| Ok(Explanation { reason: Some(reason), ..Explanation::default() });
    if !policy.mac_authentication {
        return out("the RADIUS client lets no devices in by their addresses");
    }
    let Some(address) = MacAddress::read(asked.login.as_bytes()) else {
        return out("the name is no hardware address");
    };
    let Circumstances { calling, station, .. } = asked.circumstances;
    if (calling.is_some() || station.is_some()) && calling != Some(address) {
        return out("the call comes from another address than the name is");
    }
    let circumstances = (&asked.circumstances, asked.at);
    let judged = judge(policy, place, address, circumstances)?;
    let reply = judged.verdict.and_then(filled_for_device);
    let reason = reply.as_ref().err().copied();
    let profile = judged.verdict.ok().and_then(|accepted| accepted.profile);
    Ok(Explanation {
        reason,
        reply: reply.ok().and_then(|reply| reply.profile.clone()),
        rule: judged.rule.map(ToOwned::to_owned),
        profile: profile.filter(|_| reason.is_none()),
        device: judged.device.filter(|it| !it.fields.suspended).map(|it| it.uuid),
        ..Explanation::default()
    })
}

/// Whether what a rule tells reaches a user who comes by a method: beside EAP nothing may be said (RFC 3579,
/// section 2.6.5).
const fn hears_messages(method: NetworkMethod) -> bool {
    match method {
        NetworkMethod::Pap | NetworkMethod::Chap | NetworkMethod::MsChapV2 => true,
        NetworkMethod::EapTls
        | NetworkMethod::EapTtls
        | NetworkMethod::Peap
        | NetworkMethod::Mac => false,
    }
}

impl Attempt {
    /// What keeps a bind out, whatever the password.
    fn hindrance_to_bind(&self) -> Option<&'static str> {
        if self.organization.is_none() {
            return Some("the organization is suspended");
        }
        if self.is_overheard() {
            return Some(OVERHEARD);
        }
        if let Some(reason) = self.obstacle() {
            return Some(reason);
        }
        let account = self.account.as_ref()?;
        let age = self.settings.password_policy.age(&account.credential, self.now);
        let ended = self.free_notice().is_none() && matches!(age, Age::Ended(0));
        match self.need {
            Need::Enrolment => Some(self.not_enrolled()),
            _ if account.credential.hash.is_none() => Some("no password was set"),
            _ if ended => Some("the password has expired"),
            Need::Nothing | Need::Code => None,
        }
    }

    /// What keeps out even who has the right proof, before the rules are asked.
    fn hindrance(&self, snapshot: &Snapshot) -> Result<Option<&'static str>, Error> {
        let (Some(account), Door::Radius(_, by)) = (&self.account, &self.door) else {
            return Ok(self.obstacle());
        };
        if let Some(reason) = self.obstacle() {
            return Ok(Some(reason));
        }
        if by.method == NetworkMethod::EapTls {
            let unvouched = self.unvouched(snapshot, account.record())?;
            return Ok(self.unoffered(by.method).or(unvouched));
        }
        let policy = &self.settings.password_policy;
        let age = policy.age(&account.credential, self.now);
        let (place, record) = (self.organization, account.record());
        let kept = |kind| -> Result<bool, Error> {
            let Some(place) = place else { return Ok(false) };
            Ok(snapshot.secret(place.partition(), kind, record)?.is_some())
        };
        let reason = match (by.method, self.need) {
            (method, _) if self.unoffered(method).is_some() => self.unoffered(method),
            (_, Need::Enrolment) => Some(self.not_enrolled()),
            (NetworkMethod::Chap | NetworkMethod::MsChapV2 | NetworkMethod::Peap, Need::Code) => {
                Some(NO_ROOM)
            }
            (NetworkMethod::Chap, _) if !kept(kinds::CHAP_PASSWORD)? => {
                Some("no password is kept for CHAP; signing in with the password keeps it")
            }
            (NetworkMethod::MsChapV2 | NetworkMethod::Peap, _) if !kept(kinds::NT_HASH)? => {
                Some("no hash is kept for MS-CHAPv2; signing in with the password keeps one")
            }
            _ if account.credential.hash.is_none() => Some("the user has no password"),
            _ if matches!(age, Age::Ended(0)) && !self.maintains() => {
                Some("the password has expired")
            }
            _ if account.credential.must_change => Some("the password must be changed first"),
            _ => None,
        };
        Ok(reason)
    }

    /// Why the organization does not offer a method, if it does not.
    fn unoffered(&self, method: NetworkMethod) -> Option<&'static str> {
        let (settings, eap) = (&self.settings, self.settings.eap_methods);
        let offered = match method {
            NetworkMethod::Pap | NetworkMethod::Mac => true,
            NetworkMethod::Chap => settings.chap,
            NetworkMethod::MsChapV2 => settings.ms_chap,
            NetworkMethod::EapTls => eap.tls,
            NetworkMethod::EapTtls => eap.ttls,
            NetworkMethod::Peap => eap.peap && settings.ms_chap,
        };
        (!offered).then_some("the organization does not offer the method")
    }

    /// Why no certificate could prove who it is, if none could.
    fn unvouched(&self, snapshot: &Snapshot, record: Id) -> Result<Option<&'static str>, Error> {
        let Some(place) = self.organization else { return Ok(None) };
        let partition = place.partition();
        let mut authorities = snapshot.scan::<CertificateAuthority>(partition, None);
        let is_vouched = authorities.next().transpose()?.is_some()
            || snapshot.contains::<OwnCertificates>(partition, record)?;
        Ok((!is_vouched).then_some(NO_AUTHORITY))
    }

    fn decided(&self, place: Place<'_>, needs_code: bool) -> Result<Explanation, Error> {
        let (Some(account), Some(policy), Door::Radius(_, circumstances)) =
            (&self.account, &self.policy, &self.door)
        else {
            return Err(Error::Missing);
        };
        let Identity::User(user) = account.identity else { return Err(Error::Missing) };
        let asked = (circumstances, self.now);
        let decision = policy.decide(place, Asker::User(user), asked)?;
        let reply = match decision.verdict {
            Ok(accepted) => filled(place, user, accepted)?,
            Err(reason) => Err(reason),
        };
        let reason = reply.as_ref().err().copied();
        let profile = decision.verdict.ok().and_then(|accepted| accepted.profile);
        let message = decision.message.filter(|_| hears_messages(circumstances.method));
        Ok(Explanation {
            reason,
            rule: decision.rule.map(ToOwned::to_owned),
            profile: profile.filter(|_| reason.is_none()),
            reply: reply.ok().and_then(|reply| reply.profile.clone()),
            message: message.map(|message| message.as_ref().to_owned()),
            needs_code,
            ..Explanation::default()
        })
    }
}
