//! What ends by itself: the time of users, of deleted users and of invitations, admins' included.

use std::ops::Bound;

use storage::{Change, Id, Index, Partition, Reading};

use super::Directory;
use crate::access::{Actor, Context, organization};
use crate::collections::{Site, end_user_invitation, purge, raise_version, settle_former};
use crate::error::Error;
use crate::events::{Action, Difference, EventActor, SubjectKind};
use crate::id::{OrganizationId, Place, RecordId, UserId};
use crate::records::{
    Admin, DeletedUser, FormerPassword, Invitation, Organization, Trigger, User, UserState, indices,
};
use crate::time::Time;
use crate::tools::Tools;

/// So much of an organization is ended in one change.
const STEP: usize = 200;

/// What is over in an organization.
#[derive(Default)]
struct Over {
    users: Vec<Id>,
    deleted: Vec<Id>,
    invitations: Vec<Id>,
    /// Former passwords of service accounts.
    former: Vec<Id>,
    /// Whether the organization's record speaks of former passwords, and there is none.
    is_marked_in_vain: bool,
}

impl Over {
    /// What is over, of each kind so much at most. Where nothing is, that is a look at the first
    /// entry of three indices.
    fn read(source: &impl Reading, id: OrganizationId, now: Time) -> Result<Self, Error> {
        let home = organization(source, id)?.ok_or(Error::Missing)?;
        let kept = home.settings.deleted_users_kept;
        let until = |index, time: Time| first_until(source, id.partition(), index, time);
        let (former, is_marked_in_vain) = match home.marks.former_passwords {
            Time(0) => (Vec::new(), false),
            _ => former_over(source, id.partition(), now)?,
        };
        let deleted = now.0.checked_sub(kept).map(Time);
        Ok(Self {
            users: until(indices::USER_EXPIRY, now)?,
            deleted: match deleted {
                Some(time) => until(indices::DELETED_USER_TIME, time)?,
                None => Vec::new(),
            },
            invitations: until(indices::INVITATION_EXPIRY, now)?,
            former,
            is_marked_in_vain,
        })
    }

    fn is_empty(&self) -> bool {
        self.count() == 0 && !self.is_marked_in_vain
    }

    fn count(&self) -> usize {
        let Self { users, deleted, invitations, former, is_marked_in_vain: _ } = self;
        users.len() + deleted.len() + invitations.len() + former.len()
    }
}

/// The former passwords that count no more, and whether there is none at all. There are as many as
/// accounts were rotated lately.
fn former_over(
    source: &impl Reading,
    partition: Partition,
    now: Time,
) -> Result<(Vec<Id>, bool), Error> {
    let (mut over, mut is_none) = (Vec::new(), true);
    for found in source.scan::<FormerPassword>(partition, None) {
        let (id, former) = found?;
        is_none = false;
        if !former.counts(now) {
            over.push(id);
        }
        if over.len() == STEP {
            break;
        }
    }
    Ok((over, is_none))
}

/// The records whose time in an index is over.
fn first_until(
    source: &impl Reading,
    partition: Partition,
    index: Index,
    time: Time,
) -> Result<Vec<Id>, Error> {
    let time = time.0.to_be_bytes();
    let found = source.range(partition, index, Bound::Unbounded, Bound::Included(&time));
    Ok(found.ids().take(STEP).collect::<Result<_, _>>()?)
}

impl Directory {
    /// Suspends users whose time is over, destroys what is left of users who were deleted long
    /// enough ago, and ends invitations that nobody used; says how much that was. Each organization
    /// has its turn in steps; one that fails does not keep the others from theirs.
    ///
    /// # Errors
    /// The first failure of the store.
    pub fn end_user_lives(&self, now: Time) -> Result<usize, Error> {
        let at_provider = self.end_invitations_at_provider(now);
        let in_organizations = self.in_each_organization(|id| self.end_lives_of(id, now));
        Ok(at_provider? + in_organizations?)
    }

    /// Does something in each organization, and says how much of it that was in all. One in which it
    /// fails does not keep the others from it.
    ///
    /// # Errors
    /// The first failure.
    pub(crate) fn in_each_organization(
        &self,
        work: impl Fn(OrganizationId) -> Result<usize, Error>,
    ) -> Result<usize, Error> {
        let (mut done, mut first) = (0, None);
        for id in self.every_organization()? {
            match work(id) {
                Ok(count) => done += count,
                // One that was destroyed meanwhile has nothing left to be done.
                Err(Error::Missing) if !self.is_there(id)? => {}
                Err(error) => first = first.or(Some(error)),
            }
        }
        first.map_or(Ok(done), Err)
    }

    /// Ends invitations of the provider's admins that nobody used.
    fn end_invitations_at_provider(&self, now: Time) -> Result<usize, Error> {
        let (partition, index) = (Partition::Provider, indices::INVITATION_EXPIRY);
        let mut ended = 0;
        while !first_until(&self.inner.store.read()?, partition, index, now)?.is_empty() {
            let tools = self.inner.tools.clone();
            let step = move |change: &mut Change<'_>| {
                let over = first_until(&*change, partition, index, now)?;
                let count = over.len();
                let (context, place) = (by_daemon(now), Place::Provider);
                let mut site = Site { source: change, place, context: &context, tools: &tools };
                end_invitations(&mut site, over)?;
                Ok(count)
            };
            ended += self.inner.store.write(step).map_err(Error::from)?;
        }
        Ok(ended)
    }

    /// The organizations that there are.
    pub(super) fn every_organization(&self) -> Result<Vec<OrganizationId>, Error> {
        let snapshot = self.inner.store.read()?;
        let all = snapshot.scan::<Organization>(Partition::Provider, None);
        let ids = all.map(|found| Ok(OrganizationId::from_record(found?.0)));
        ids.filter_map(Result::transpose).collect()
    }

    fn is_there(&self, id: OrganizationId) -> Result<bool, Error> {
        let found =
            self.inner.store.read()?.get::<Organization>(Partition::Provider, id.record())?;
        Ok(found.is_some())
    }

    fn end_lives_of(&self, id: OrganizationId, now: Time) -> Result<usize, Error> {
        let mut ended = 0;
        loop {
            if Over::read(&self.inner.store.read()?, id, now)?.is_empty() {
                return Ok(ended);
            }
            let tools = self.inner.tools.clone();
            let step = move |change: &mut Change<'_>| {
                let over = Over::read(&*change, id, now)?;
                let count = over.count();
                Step { id, now, tools: &tools }.end(change, over)?;
                Ok(count)
            };
            ended += self.inner.store.write(step).map_err(Error::from)?;
        }
    }
}

/// What happens by itself is nobody's doing.
fn by_daemon(now: Time) -> Context {
    Context { actor: Actor::nobody(), source: None, now, request: None }
}

/// Ends invitations that nobody used, of users and of admins.
fn end_invitations(site: &mut Site<'_, &mut Change<'_>>, over: Vec<Id>) -> Result<(), Error> {
    let partition = site.partition();
    for number in over {
        // It may have ended with a suspension just before.
        if !site.source.delete::<Invitation>(partition, number)? {
            continue;
        }
        let user = site.source.get::<User>(partition, number)?;
        let admin = site.source.get::<Admin>(partition, number)?;
        let user = user.map(|user| (SubjectKind::User, user.uuid, user.fields.login));
        let admin = admin.map(|admin| (SubjectKind::Admin, admin.uuid, admin.fields.login));
        if let Some((kind, uuid, login)) = user.or(admin) {
            let (action, subject) = (Action::InvitationExpired, (kind, uuid, login.as_str()));
            site.tell_by(EventActor::Daemon, action, subject, Vec::new())?;
        }
    }
    Ok(())
}

/// Ends former passwords, and the connections on which they have proven somebody.
fn end_former(
    site: &mut Site<'_, &mut Change<'_>>,
    id: OrganizationId,
    over: Vec<Id>,
) -> Result<(), Error> {
    let partition = site.partition();
    for number in over {
        site.source.delete::<FormerPassword>(partition, number)?;
        raise_version(site, number)?;
    }
    settle_former(site.source, id)
}

struct Step<'a> {
    id: OrganizationId,
    now: Time,
    tools: &'a Tools,
}

impl Step<'_> {
    fn end(&self, change: &mut Change<'_>, over: Over) -> Result<(), Error> {
        let (context, place) = (by_daemon(self.now), self.id.into());
        let mut site = Site { source: change, place, context: &context, tools: self.tools };
        let partition = site.partition();
        for number in over.users {
            suspend(&mut site, number)?;
        }
        for number in over.deleted {
            if let Some(deleted) = site.source.get::<DeletedUser>(partition, number)? {
                purge(&mut site, EventActor::Daemon, number, &deleted)?;
            }
        }
        if !over.former.is_empty() || over.is_marked_in_vain {
            end_former(&mut site, self.id, over.former)?;
        }
        end_invitations(&mut site, over.invitations)
    }
}

/// Suspends a user whose time is over: what the user is bound with ends, and an invitation, and so do
/// sessions on the network where gear is told.
fn suspend(site: &mut Site<'_, &mut Change<'_>>, number: Id) -> Result<(), Error> {
    let partition = site.partition();
    let Some(mut user) = site.source.get::<User>(partition, number)? else { return Ok(()) };
    let name = |state| match state {
        UserState::Active => "\"active\"",
        UserState::Suspended => "\"suspended\"",
        UserState::Staged => "\"staged\"",
    };
    let told = Difference {
        field: "state".into(),
        before: Some(name(user.state).into()),
        after: Some(name(UserState::Suspended).into()),
    };
    user.state = UserState::Suspended;
    user.stamp.touch(site.now());
    site.source.put(partition, number, &user)?;
    raise_version(site, number)?;
    if let Some(id) = UserId::from_record(number) {
        site.note_departure(Trigger::Suspended, (&[id], &[]), &[])?;
    }
    let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
    site.tell_by(EventActor::Daemon, Action::Changed, subject, vec![told])?;
    end_user_invitation(site, EventActor::Daemon, number, &user)
}
