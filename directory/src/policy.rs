//! What decides about those who ask through a RADIUS client.

use std::collections::HashMap;
use std::sync::Arc;

use storage::{Partition, Reading, Snapshot};

use crate::authentication::{NetworkReply, has_placeholders};
use crate::collections::groups_of_device;
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, RecordId, ReplyProfileId, UserId};
use crate::known::Lookups;
use crate::network::Circumstances;
use crate::records::{
    Conditions, Consequence, Demand, LockedOrExpired, RadiusClientFields, ReplyProfile,
    RuleVerdict, Settings,
};
use crate::search::EntryId;
use crate::search::kin::Memberships;
use crate::time::Time;

/// What decides about those who ask through a RADIUS client.
pub(crate) struct NetworkPolicy {
    /// How the organization's people authenticate.
    pub(crate) settings: Settings,
    /// What is demanded beside a password, where the client says so.
    pub(crate) second_factor: Option<Demand>,
    /// Whether who gave the password without a code is asked for the code.
    pub(crate) asks_for_code: bool,
    /// What becomes of those whose account is locked or whose password has ended.
    pub(crate) locked_or_expired: LockedOrExpired,
    /// The first one that is met decides.
    rules: Vec<Rule>,
    /// Whose members are accepted where no rule is met; empty for every active user.
    allowed_groups: Vec<GroupId>,
    /// What an accept carries where no rule is met.
    reply: Verdict,
    /// Whether devices are let in by their hardware addresses.
    pub(crate) mac_authentication: bool,
    /// Whether sessions end with the certificates that let somebody in.
    pub(crate) follows_certificates: bool,
    /// What an accept of an unknown device carries; none where they are not let in.
    unknown_device: Option<Verdict>,
}

/// Whom a policy decides about.
#[derive(Clone, Copy)]
pub(crate) enum Asker<'a> {
    /// A user.
    User(UserId),
    /// A device in these groups.
    Device(&'a [GroupId]),
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
        })
    }

    fn has(&self, group: GroupId) -> bool {
        match self {
            Self::User(own) => own.binary_search_by_key(&group, |own| own.id).is_ok(),
            Self::Device(own) => own.binary_search(&group).is_ok(),
        }
    }
}

/// A rule with its profile.
struct Rule {
    name: String,
    when: Conditions,
    then: Option<Verdict>,
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

impl NetworkPolicy {
    /// Makes the policy of a client with all that it names.
    pub(crate) fn read(
        within: (&impl Reading, Partition),
        settings: Settings,
        fields: &RadiusClientFields,
        profiles: &mut Profiles,
    ) -> Result<Self, Error> {
        let mut verdict = |profile| profiles.verdict(within, profile);
        let mut rules = Vec::with_capacity(fields.rules.len());
        for rule in &fields.rules {
            let then = match rule.then {
                RuleVerdict::Accept(profile) => Some(verdict(profile)?),
                RuleVerdict::Reject => None,
            };
            rules.push(Rule { name: rule.name.clone(), when: rule.when.clone(), then });
        }
        Ok(Self {
            settings,
            second_factor: fields.second_factor,
            asks_for_code: fields.asks_for_code,
            locked_or_expired: fields.locked_or_expired,
            rules,
            allowed_groups: fields.allowed_groups.clone(),
            reply: verdict(fields.reply_profile)?,
            mac_authentication: fields.mac_authentication,
            follows_certificates: fields.orders.certificate_revoked != Consequence::Nothing,
            unknown_device: match fields.unknown_device_profile {
                Some(profile) => Some(verdict(Some(profile))?),
                None => None,
            },
        })
    }

    /// What an accept of an unknown device carries.
    pub(crate) fn unknown_device(&self) -> Option<Accepted<'_>> {
        let verdict = self.unknown_device.as_ref().filter(|_| self.mac_authentication);
        verdict.map(|verdict| verdict.accepted(&[]))
    }

    /// Decides about a user who was proven, or a device.
    pub(crate) fn decide(
        &self,
        place: Place<'_>,
        asker: Asker<'_>,
        asked: (&Circumstances, Time),
    ) -> Result<Decision<'_>, Error> {
        // Found once, however many rules ask.
        let mut own: Option<Own> = None;
        let mut is_in = |groups: &[GroupId]| -> Result<bool, Error> {
            if groups.is_empty() {
                return Ok(true);
            }
            let own = match &own {
                Some(own) => own,
                None => own.insert(Own::of(place, asker)?),
            };
            Ok(groups.iter().any(|group| own.has(*group)))
        };
        for rule in &self.rules {
            if rule.when.admit(asked.0, asked.1) && is_in(&rule.when.groups)? {
                let groups = &rule.when.groups;
                let verdict = rule.then.as_ref().map(|then| then.accepted(groups)).ok_or(REJECTED);
                return Ok(Decision { rule: Some(&rule.name), verdict });
            }
        }
        let allowed = is_in(&self.allowed_groups)?;
        let accepted = self.reply.accepted(&self.allowed_groups);
        let verdict = if allowed { Ok(accepted) } else { Err(IN_NO_GROUP) };
        Ok(Decision { rule: None, verdict })
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
        let reply = Arc::new(NetworkReply { profile: fields, certificate: None });
        Ok(Self { profile, reply, has_placeholders })
    }

    const fn accepted<'p>(&'p self, groups: &'p [GroupId]) -> Accepted<'p> {
        let Self { profile, reply, has_placeholders } = self;
        Accepted { profile: *profile, reply, has_placeholders: *has_placeholders, groups }
    }
}
