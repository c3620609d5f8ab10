//! The one decision: does this actor hold this permission at this place, now?

use std::fmt;
use std::sync::{Arc, OnceLock};

use storage::{ReadError, Reading};
use thiserror::Error;

use super::actor::{Context, Proven, Who};
use super::permit::Right;
use super::role::{Permission, Role};
use super::standing::{Rights, home_answers, standing};
use crate::collections::{Standing as CertificateStanding, certificate_standing};
use crate::id::{DeviceId, OrganizationId, Place, RecordId};
use crate::records::{
    Admin, AdminState, Credential, Device, FormerPassword, IssuedCertificate, Narrowing,
    Organization, OrganizationState, SearchTelling, ServiceAccount, THE_ONLY_ONE, User,
};
use crate::schema::Schema;
use crate::search::Sight;
use crate::time::Time;

/// Until something is changed.
const FOR_EVER: Time = Time(u64::MAX);

/// Why an actor was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The actor is nobody, or what proved its identity has ended.
    #[error("sign in first")]
    Unauthenticated,
    /// The place is outside what the actor can see; it answers as if there were no such place.
    #[error("there is no such thing")]
    Hidden,
    /// The actor's password was set by somebody else.
    #[error("change the password first")]
    ChangePasswordFirst,
    /// The actor sees the place but lacks the permission there.
    #[error("needs {} on {place}; you hold {}", missing.name(), role.name())]
    Forbidden {
        /// What is missing.
        missing: Permission,
        /// What the actor is.
        role: Role,
        /// Where.
        place: PlaceName,
    },
    /// The actor is an organization's own admin, whose role never holds this permission there.
    #[error("needs {} on {place}, which the provider's own admins alone hold", missing.name())]
    ProvidersAlone {
        /// What is missing.
        missing: Permission,
        /// Where.
        place: PlaceName,
    },
}

impl Refusal {
    /// What an event says of it. An organization is not named: the provider's log is read by admins
    /// who may not know of it.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Forbidden { missing, role, place } => {
                let place = place.unnamed();
                format!("needs {} on {place}; you hold {}", missing.name(), role.name())
            }
            Self::ProvidersAlone { missing, place } => {
                let (missing, place) = (missing.name(), place.unnamed());
                format!("needs {missing} on {place}, which the provider's own admins alone hold")
            }
            Self::Unauthenticated | Self::Hidden | Self::ChangePasswordFirst => self.to_string(),
        }
    }
}

/// A place as a refusal names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceName {
    /// The provider.
    Provider,
    /// The organization of that slug.
    Organization(String),
}

impl PlaceName {
    /// An organization's, or else the provider's.
    pub(super) fn of(there: Option<Organization>) -> Self {
        there.map_or(Self::Provider, |record| Self::Organization(record.fields.slug))
    }

    /// What it is, and not which one.
    fn unnamed(&self) -> &'static str {
        match self {
            Self::Provider => "the provider",
            Self::Organization(_) => "an organization",
        }
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider => formatter.write_str("the provider"),
            Self::Organization(slug) => write!(formatter, "organization {slug}"),
        }
    }
}

/// What was read to decide about a directory identity, for who would read it again. It depends on
/// the identity, its organization's partition and the organization's record alone, until it ends.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) organization: Option<Organization>,
    pub(crate) account: Option<ServiceAccount>,
    /// From when on it does not hold, although nothing was changed: the user's end, or that of the
    /// former password that has proven the identity.
    pub(crate) until: Option<Time>,
    pub(crate) schema: Schema,
    /// Which searches are told as events.
    pub(crate) searches: SearchTelling,
    /// Which entries it sees, worked out when first asked for.
    pub(crate) sight: OnceLock<Arc<Sight>>,
    /// Whether the organization's own authorities issued any certificate, likewise.
    pub(crate) certified: OnceLock<bool>,
}

/// Decides whether the actor has `right` at `place`.
///
/// # Errors
/// A [`Refusal`] that says no more than the actor may know.
pub(crate) fn authorize(
    source: &impl Reading,
    context: &Context,
    right: Right,
    place: Place,
) -> Result<Result<Seen, Refusal>, ReadError> {
    match (context.actor.0, right) {
        (Who::Admin { admin, token }, Right::Held(permission)) => {
            let standing = match standing(source, context, admin, token)? {
                Ok(standing) => standing,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let there = match place {
                Place::Provider => None,
                Place::Organization(id) => organization(source, id)?,
            };
            let obstacle = standing.rights.obstacle(permission, place, there.as_ref());
            Ok(match obstacle {
                None => Ok(Seen::default()),
                Some(obstacle) => Err(obstacle.refusal(standing.rights.role, there)),
            })
        }
        (Who::User { organization, user, proven }, Right::Search | Right::OwnPassword)
        | (Who::UserToChangePassword { organization, user, proven }, Right::OwnPassword) => {
            let there = source.get::<User>(organization.partition(), user.record())?;
            let until = there.as_ref().and_then(|record| record.fields.expires);
            let active = there.is_some_and(|record| record.may_sign_in(context.now));
            let credential = credential(source, organization, user.record())?;
            let holds = active && proven.holds(&credential);
            let home = directory_identity(source, organization, place, holds)?;
            if home.is_ok() && proven.must_change(&credential) && right == Right::Search {
                return Ok(Err(Refusal::ChangePasswordFirst));
            }
            seen(source, organization, home, (None, until))
        }
        (Who::UserToChangePassword { organization, .. }, Right::Search)
            if place == Place::Organization(organization) =>
        {
            Ok(Err(Refusal::ChangePasswordFirst))
        }
        (Who::ServiceAccount { organization, account, proven }, Right::Search) => {
            let number = account.record();
            let account = source.get::<ServiceAccount>(organization.partition(), number)?;
            let active = account.as_ref().is_some_and(|record| !record.fields.suspended);
            let whose = (organization, number);
            let until = proven_until(source, whose, proven, context.now)?;
            let home = directory_identity(source, organization, place, active && until.is_some())?;
            seen(source, organization, home, (account, until))
        }
        (Who::Device { organization, device, certificate }, Right::OwnDevice) => {
            let holds = device_counts(source, context, (organization, device), certificate)?;
            let home = directory_identity(source, organization, place, holds)?;
            Ok(home.map(|_| Seen::default()))
        }
        (Who::Nobody | Who::Operator, _) => Ok(Err(Refusal::Unauthenticated)),
        (
            Who::User { .. }
            | Who::UserToChangePassword { .. }
            | Who::ServiceAccount { .. }
            | Who::Device { .. }
            | Who::Admin { .. },
            _,
        ) => Ok(Err(Refusal::Hidden)),
    }
}

/// As whom work is done that goes on after whoever asked for it has gone.
#[derive(Clone, Copy)]
pub(crate) struct Errand<'a> {
    /// Who asked, from where, and what time it is.
    pub(crate) context: &'a Context,
    /// Whether it goes on when the token has ended, as a session does that asked for it. What an API
    /// key asked for ends with the key.
    pub(crate) outlives_token: bool,
}

/// Decides whether an admin may do something in an organization, for work that goes on after
/// whoever asked for it has gone: by what the admin is at this moment, and the token that asked if
/// that counts.
pub(crate) fn authorize_errand(
    source: &impl Reading,
    errand: Errand<'_>,
    permission: Permission,
    organization: OrganizationId,
) -> Result<Result<(), Refusal>, ReadError> {
    let Errand { context, outlives_token } = errand;
    let Who::Admin { admin, .. } = context.actor.0 else {
        return Ok(Err(Refusal::Unauthenticated));
    };
    if !outlives_token {
        let right = Right::Held(permission);
        return Ok(authorize(source, context, right, organization.into())?.map(drop));
    }
    let found = source.get::<Admin>(admin.home.partition(), admin.number.record())?;
    let may = |record: &Admin| {
        record.state == AdminState::Active && record.fields.works_from(context.source)
    };
    let Some(record) = found.filter(may) else { return Ok(Err(Refusal::Unauthenticated)) };
    if !home_answers(source, admin.home)? {
        return Ok(Err(Refusal::Unauthenticated));
    }
    let there = self::organization(source, organization)?;
    let rights = Rights::new(admin, record, Narrowing::default());
    let obstacle = rights.obstacle(permission, organization.into(), there.as_ref());
    Ok(obstacle.map_or(Ok(()), |obstacle| Err(obstacle.refusal(rights.role, there))))
}

fn seen(
    source: &impl Reading,
    id: OrganizationId,
    home: Result<Organization, Refusal>,
    (account, until): (Option<ServiceAccount>, Option<Time>),
) -> Result<Result<Seen, Refusal>, ReadError> {
    Ok(match home {
        Ok(record) => {
            let schema = Schema::of(source, id, &record)?;
            let searches = source.get::<SearchTelling>(id.partition(), THE_ONLY_ONE)?;
            Ok(Seen {
                organization: Some(record),
                account,
                until,
                schema,
                searches: searches.unwrap_or_default(),
                sight: OnceLock::new(),
                certified: OnceLock::new(),
            })
        }
        Err(refusal) => Err(refusal),
    })
}

/// Whether a device is let in still, and so is the certificate that proved it.
fn device_counts(
    source: &impl Reading,
    context: &Context,
    (home, device): (OrganizationId, DeviceId),
    certificate: Option<storage::Id>,
) -> Result<bool, ReadError> {
    let partition = home.partition();
    if let Some(number) = certificate {
        let issued = source.get::<IssuedCertificate>(partition, number)?;
        let Some(issued) = issued.filter(|issued| issued.owner.record() == device.record()) else {
            return Ok(false);
        };
        let standing = certificate_standing(source, partition, &issued, context.now)?;
        if standing != CertificateStanding::Counts {
            return Ok(false);
        }
    }
    let found = source.get::<Device>(partition, device.record())?;
    Ok(found.is_some_and(|record| !record.fields.suspended))
}

fn credential(
    source: &impl Reading,
    home: OrganizationId,
    account: storage::Id,
) -> Result<Credential, ReadError> {
    let found = source.get(home.partition(), account)?;
    Ok(found.unwrap_or_else(Credential::absent))
}

/// Whether what has proven a service account still does: its password, or the one that it had before
/// while that counts.
pub(crate) fn proves(
    source: &impl Reading,
    whose: (OrganizationId, storage::Id),
    proven: Proven,
    now: Time,
) -> Result<bool, ReadError> {
    Ok(proven_until(source, whose, proven, now)?.is_some())
}

/// Until when what has proven a service account does, if it does.
fn proven_until(
    source: &impl Reading,
    (home, account): (OrganizationId, storage::Id),
    proven: Proven,
    now: Time,
) -> Result<Option<Time>, ReadError> {
    if proven.holds(&credential(source, home, account)?) {
        return Ok(Some(FOR_EVER));
    }
    let former = source.get::<FormerPassword>(home.partition(), account)?;
    let former = former.filter(|former| former.counts(now));
    let former = former.filter(|former| proven == Proven::Password(former.set));
    Ok(former.map(|former| former.until))
}

fn directory_identity(
    source: &impl Reading,
    home: OrganizationId,
    place: Place,
    holds: bool,
) -> Result<Result<Organization, Refusal>, ReadError> {
    if place != Place::Organization(home) {
        return Ok(Err(Refusal::Hidden));
    }
    let answering = organization(source, home)?
        .filter(|record| holds && record.state == OrganizationState::Active);
    Ok(answering.ok_or(Refusal::Unauthenticated))
}

/// Reads an organization's record.
pub(crate) fn organization(
    source: &impl Reading,
    id: OrganizationId,
) -> Result<Option<Organization>, ReadError> {
    source.get(storage::Partition::Provider, id.record())
}
