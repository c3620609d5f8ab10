//! What decides about those who ask through a RADIUS client.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::sync::Arc;

use storage::{Partition, Reading, Secret, Snapshot};

use crate::authentication::{NetworkReply, has_placeholders};
use crate::collections::groups_of_device;
use crate::error::Error;
use crate::events::{Subject, SubjectKind};
use crate::id::{GroupId, OrganizationId, RecordId, ReplyProfileId, UserId};
use crate::known::Lookups;
use crate::network::{Circumstances, MacAddress};
use crate::records::{
    Conditions, Consequence, Demand, Device, LockedOrExpired, RadiusClient, ReplyProfile,
    RuleVerdict, Settings, WithDevice, indices,
};
use crate::search::EntryId;
use crate::search::kin::Memberships;
use crate::time::Time;
use crate::zone::Zone;

/// What decides about those who ask through a RADIUS client.
pub(crate) struct NetworkPolicy {
    /// The client, as events name it.
    pub(crate) client: Subject,
    /// How the organization's people authenticate.
    pub(crate) settings: Settings,
    /// What is demanded beside a password, where the client says so.
    pub(crate) second_factor: Option<Demand>,
    /// Whether who gave the password without a code is asked for the code.
    pub(crate) asks_for_code: bool,
    /// What becomes of those whom wrong passwords locked out or whose password has ended.
    pub(crate) locked_or_expired: LockedOrExpired,
    /// The first one that is met decides.
    rules: Vec<Rule>,
    /// Where the gear stands, if a rule is of a time of the week.
    zone: Option<Zone>,
    /// Whose members are accepted where no rule is met; empty for every active user.
    allowed_groups: Vec<GroupId>,
    /// What an accept carries where no rule is met.
    reply: Verdict,
    /// Whether devices are let in by their hardware addresses.
    pub(crate) mac_authentication: bool,
    /// The password that the gear gives for all of them, beside which their own addresses count; added by
    /// who reads secrets.
    pub(crate) mac_password: Option<Secret>,
    /// Whether sessions end with the certificates that let somebody in.
    pub(crate) follows_certificates: bool,
    /// Whether accepts say what was granted, by which sessions are decided about again.
    pub(crate) tells_what_is_granted: bool,
    /// Whether sessions are looked at again when what decides about them is another.
    follows_policy: bool,
    /// What an accept of an unknown device carries where no rule is met; none where they are not let in.
    unknown_device: Option<Verdict>,
}

/// Whom a policy decides about.
#[derive(Clone, Copy)]
pub(crate) enum Asker<'a> {
    /// A user.
    User(UserId),
    /// A device in these groups.
    Device(&'a [GroupId]),
    /// A device that nobody made known.
    Unknown,
}

/// Where is read what a policy asks for.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) lookups: &'a Lookups,
    pub(crate) organization: OrganizationId,
}

impl Place<'_> {
    pub(crate) fn partition(&self) -> Partition {
        self.organization.partition()
    }

    /// The groups that a user is in, by way of nested groups as well.
    pub(crate) fn groups_of_user(&self, user: UserId) -> Result<Memberships, Error> {
        let entry = EntryId::User(user);
        Ok(self.lookups.memberships(self.snapshot, self.organization, entry)?)
    }
}

/// The groups of whom is decided about.
enum Own {
    User(Memberships),
    Device(Vec<GroupId>),
}

impl Own {
    fn of(place: Place<'_>, asker: Asker<'_>) -> Result<Self, Error> {
        Ok(match asker {
            Asker::User(user) => Self::User(place.groups_of_user(user)?),
            Asker::Device(groups) => {
                Self::Device(groups_of_device(place.snapshot, place.partition(), groups)?)
            }
            Asker::Unknown => Self::Device(Vec::new()),
        })
    }

    fn has(&self, group: GroupId) -> bool {
        match self {
            Self::User(own) => own.binary_search_by_key(&group, |own| own.id).is_ok(),
            Self::Device(own) => own.binary_search(&group).is_ok(),
        }
    }
}

/// What rules ask about those whom they decide about: found once, however many ask, and not at all
/// where none does.
struct Facts<'a> {
    place: Place<'a>,
    asker: Asker<'a>,
    /// The hardware address that the call comes from.
    calling: Option<MacAddress>,
    own: Option<Own>,
    /// The device that a user comes with, if the organization has it, with its groups.
    device: Option<Option<(Device, Vec<GroupId>)>>,
}

impl Facts<'_> {
    /// Whether they are in one of some groups; in none is everybody.
    fn is_in(&mut self, groups: &[GroupId]) -> Result<bool, Error> {
        if groups.is_empty() {
            return Ok(true);
        }
        let own = match &self.own {
            Some(own) => own,
            None => self.own.insert(Own::of(self.place, self.asker)?),
        };
        Ok(groups.iter().any(|group| own.has(*group)))
    }

    /// Whether they come with a device as a rule wants it. A device that comes for itself is the one
    /// that is meant, and nobody's own; of one that nobody made known are the rules alone that say so.
    fn comes_with(&mut self, when: &Conditions) -> Result<bool, Error> {
        let groups = &when.with_device_groups;
        let is_unknown = matches!(self.asker, Asker::Unknown);
        if is_unknown || when.with_device == Some(WithDevice::Unknown) {
            let is_meant = is_unknown && when.with_device == Some(WithDevice::Unknown);
            return Ok(is_meant && groups.is_empty());
        }
        if when.with_device.is_none() && groups.is_empty() {
            return Ok(true);
        }
        let Asker::User(user) = self.asker else {
            return Ok(when.with_device != Some(WithDevice::Own) && self.is_in(groups)?);
        };
        let device = match &self.device {
            Some(device) => device,
            None => self.device.insert(device_with_groups(self.place, self.calling)?),
        };
        let Some((device, own)) = device else { return Ok(false) };
        let is_owned = device.fields.owner == Some(user);
        let is_meant = groups.is_empty() || groups.iter().any(|it| own.binary_search(it).is_ok());
        Ok(is_meant && (is_owned || when.with_device != Some(WithDevice::Own)))
    }
}

/// The device of the organization with a hardware address that a user may come with, and the groups
/// that it is in; one that is suspended is none.
fn device_with_groups(
    place: Place<'_>,
    calling: Option<MacAddress>,
) -> Result<Option<(Device, Vec<GroupId>)>, Error> {
    let Some(device) = device_at(place, calling)?.filter(|device| !device.fields.suspended) else {
        return Ok(None);
    };
    let groups = groups_of_device(place.snapshot, place.partition(), &device.fields.groups)?;
    Ok(Some((device, groups)))
}

/// The device of the organization with a hardware address.
pub(crate) fn device_at(
    place: Place<'_>,
    address: Option<MacAddress>,
) -> Result<Option<Device>, Error> {
    let Some(address) = address else { return Ok(None) };
    let (source, partition) = (place.snapshot, place.partition());
    match source.find_first(partition, indices::DEVICE_ADDRESS, address.octets())? {
        Some(id) => Ok(source.get::<Device>(partition, id)?),
        None => Ok(None),
    }
}

/// A rule with its profile.
struct Rule {
    name: String,
    when: Conditions,
    then: Option<Verdict>,
    /// What who was proven is told where it rejects them.
    message: Option<Arc<str>>,
}

/// An accept, with the number of the profile that it carries.
#[derive(Clone)]
struct Verdict {
    profile: Option<ReplyProfileId>,
    reply: Arc<NetworkReply>,
    /// Whether facts about the user belong into it.
    has_placeholders: bool,
}

/// The profiles of one organization, each of which many rules and clients share.
#[derive(Default)]
pub(crate) struct Profiles(HashMap<Option<ReplyProfileId>, Verdict>);

impl Profiles {
    fn verdict(
        &mut self,
        within: (&impl Reading, Partition),
        profile: Option<ReplyProfileId>,
    ) -> Result<Verdict, Error> {
        if let Some(known) = self.0.get(&profile) {
            return Ok(known.clone());
        }
        let read = Verdict::read(within, profile)?;
        self.0.insert(profile, read.clone());
        Ok(read)
    }
}

/// What was decided, and by which rule.
pub(crate) struct Decision<'p> {
    /// The rule that was met; none where no rule was.
    pub(crate) rule: Option<&'p str>,
    /// What the accept carries, or why there is none.
    pub(crate) verdict: Result<Accepted<'p>, &'static str>,
    /// What a rejection says to who was proven.
    pub(crate) message: Option<&'p Arc<str>>,
}

/// What an accept carries.
#[derive(Clone, Copy)]
pub(crate) struct Accepted<'p> {
    /// The number of the profile.
    pub(crate) profile: Option<ReplyProfileId>,
    /// What it says.
    pub(crate) reply: &'p Arc<NetworkReply>,
    /// Whether facts about the user belong into it.
    pub(crate) has_placeholders: bool,
    /// The groups of which one was to be the user's.
    pub(crate) groups: &'p [GroupId],
}

const REJECTED: &str = "the rule rejects whom it is about";
const IN_NO_GROUP: &str =
    "the user or device is in none of the groups that the RADIUS client allows";
pub(crate) const UNKNOWN: &str = "there is no such device";

impl NetworkPolicy {
    /// Makes the policy of a client with all that it names.
    pub(crate) fn read(
        within: (&impl Reading, Partition),
        settings: Settings,
        client: &RadiusClient,
        profiles: &mut Profiles,
    ) -> Result<Self, Error> {
        let fields = &client.fields;
        let mut verdict = |profile| profiles.verdict(within, profile);
        let mut rules = Vec::with_capacity(fields.rules.len());
        for rule in &fields.rules {
            let (then, message) = match &rule.then {
                RuleVerdict::Accept(profile) => (Some(verdict(*profile)?), None),
                RuleVerdict::Reject => (None, None),
                RuleVerdict::RejectSaying(message) => (None, Some(Arc::from(message.as_str()))),
            };
            rules.push(Rule { name: rule.name.clone(), when: rule.when.clone(), then, message });
        }
        let by_time = fields.rules.iter().any(|rule| !rule.when.times.is_empty());
        let (id, name) = (client.uuid, fields.name.clone());
        Ok(Self {
            client: Subject { kind: SubjectKind::RadiusClient, id, name },
            settings,
            second_factor: fields.second_factor,
            asks_for_code: fields.asks_for_code,
            locked_or_expired: fields.locked_or_expired,
            rules,
            zone: by_time.then(|| Zone::find(&fields.time_zone)).transpose()?,
            allowed_groups: fields.allowed_groups.clone(),
            reply: verdict(fields.reply_profile)?,
            mac_authentication: fields.mac_authentication,
            mac_password: None,
            follows_certificates: fields.orders.certificate_revoked != Consequence::Nothing,
            tells_what_is_granted: fields.orders.asks_what_was_granted(),
            follows_policy: fields.orders.policy_changed != Consequence::Nothing,
            unknown_device: match fields.unknown_device_profile {
                Some(profile) => Some(verdict(Some(profile))?),
                None => None,
            },
        })
    }

    /// A time as clocks show it where the gear stands, if a rule is of a time of the week.
    pub(crate) fn local_time(&self, at: Time) -> Option<String> {
        self.zone.as_ref().map(|zone| zone.spell(at))
    }

    /// Of which rules it is the time, a bit for each, the lowest is the first one's; `None` where no rule is
    /// of a time, or nobody wants to know.
    pub(crate) fn times_met(&self, at: Time) -> Option<u64> {
        let clock = self.zone.as_ref().filter(|_| self.follows_policy)?.week_minute(at);
        let bit = |rule: &Rule| u64::from(rule.when.are_of(clock));
        // A client has no more rules than there are bits.
        Some(self.rules.iter().rev().fold(0_u64, |bits, rule| (bits << 1) | bit(rule)))
    }

    /// Decides about a user who was proven, or a device.
    pub(crate) fn decide(
        &self,
        place: Place<'_>,
        asker: Asker<'_>,
        asked: (&Circumstances, Time),
    ) -> Result<Decision<'_>, Error> {
        let calling = asked.0.calling;
        let mut facts = Facts { place, asker, calling, own: None, device: None };
        if let Some(decision) = self.met(&mut facts, asked)? {
            return Ok(decision);
        }
        let verdict = if matches!(asker, Asker::Unknown) {
            self.unknown_device.as_ref().map(|verdict| verdict.accepted(&[])).ok_or(UNKNOWN)
        } else if facts.is_in(&self.allowed_groups)? {
            Ok(self.reply.accepted(&self.allowed_groups))
        } else {
            Err(IN_NO_GROUP)
        };
        Ok(Decision { rule: None, verdict, message: None })
    }

    /// What the first rule says that is met, if one is.
    fn met(
        &self,
        facts: &mut Facts<'_>,
        asked: (&Circumstances, Time),
    ) -> Result<Option<Decision<'_>>, Error> {
        let clock = LazyCell::new(|| self.zone.as_ref().map(|zone| zone.week_minute(asked.1)));
        for rule in &self.rules {
            let when = &rule.when;
            if when.admit(asked.0, || *clock)
                && facts.is_in(&when.groups)?
                && facts.comes_with(when)?
            {
                let groups = &rule.when.groups;
                let verdict = rule.then.as_ref().map(|then| then.accepted(groups)).ok_or(REJECTED);
                let (rule, message) = (Some(rule.name.as_str()), rule.message.as_ref());
                return Ok(Some(Decision { rule, verdict, message }));
            }
        }
        Ok(None)
    }
}

impl Verdict {
    fn read(
        (source, partition): (&impl Reading, Partition),
        profile: Option<ReplyProfileId>,
    ) -> Result<Self, Error> {
        let found = match profile {
            Some(id) => source.get::<ReplyProfile>(partition, id.record())?,
            None => None,
        };
        let fields = found.map(|profile| profile.fields);
        let has_placeholders = fields.as_ref().is_some_and(has_placeholders);
        let profile_fields = fields.map(Arc::new);
        let reply = Arc::new(NetworkReply { profile: profile_fields, ..NetworkReply::default() });
        Ok(Self { profile, reply, has_placeholders })
    }

    const fn accepted<'p>(&'p self, groups: &'p [GroupId]) -> Accepted<'p> {
        let Self { profile, reply, has_placeholders } = self;
        Accepted { profile: *profile, reply, has_placeholders: *has_placeholders, groups }
    }
}
