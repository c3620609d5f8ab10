//! An entry that a search found, with what the store knows about it.

use std::sync::{Arc, OnceLock};

use storage::{Id, Reading, Snapshot};

use super::attribute::{Attribute, Kind};
use super::entry::{Entry, EntryId, Fact};
use super::filter::Filter;
use super::judge::{Facts, Truth};
use super::kin::{self, KnownGroup, MemberNames, Memberships};
use super::memo::Memo;
use super::plan::GroupUsers;
use super::sight::Sight;
use crate::collections::{
    Member, Standing, ancestors_of_group, certificate_standing, certificates_of, descendants,
    groups_of_user,
};
use crate::error::Error;
use crate::id::{DeviceId, GroupId, OrganizationId, RecordId, ServiceAccountId, UserId};
use crate::known::Lookups;
use crate::records::{Device, Group, IssuedCertificate, indices, relations};
use crate::time::Time;

/// An entry that a search found, with what the store knows about it.
pub struct Found<'a> {
    pub(super) source: &'a Snapshot,
    pub(super) organization: OrganizationId,
    pub(super) sight: &'a Sight,
    pub(super) entry: &'a Entry,
    pub(super) memo: Option<&'a Memo>,
    /// The users of a group that the search's filter names.
    pub(super) users: Option<&'a GroupUsers>,
    /// Whether the organization has issued certificates, once it was asked for.
    pub(super) certified: &'a OnceLock<bool>,
    /// When the search looks at it.
    pub(super) now: Time,
}

impl Found<'_> {
    /// The entry.
    pub fn entry(&self) -> &Entry {
        self.entry
    }

    /// Judges the entry by a filter.
    ///
    /// # Errors
    /// When the store fails.
    pub fn judge(&self, filter: &Filter) -> Result<Truth, Error> {
        filter.judge(self)
    }

    /// Shows the groups that the entry is in, by way of nested groups as well, and that the caller
    /// sees, to `visit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn groups(&self, visit: &mut dyn FnMut(&Group)) -> Result<(), Error> {
        for group in self.memberships()?.iter().filter(|group| self.tells(group.id)) {
            visit(&group.record);
        }
        Ok(())
    }

    /// Every group that the entry is in, seen or not.
    fn memberships(&self) -> Result<Memberships, Error> {
        let (source, organization, entry) = (self.source, self.organization, self.entry.id());
        if entry.kind() == Kind::Device {
            // The groups of a device decide what is demanded of it; they do not have it as a member.
            return Ok(Memberships::default());
        }
        Ok(match self.lookups() {
            Some(lookups) => lookups.memberships(source, organization, entry)?,
            None => kin::memberships(source, organization, entry, |group| {
                KnownGroup::read(source, organization, group)
            })?,
        })
    }

    /// Whether the caller is told that the entry is in a group.
    fn tells(&self, group: GroupId) -> bool {
        self.sight.tells(self.entry.id(), group)
    }

    fn lookups(&self) -> Option<&Lookups> {
        self.memo.map(Memo::lookups)
    }

    /// Shows the logins of the users that the caller sees of an entry that is a group,
    /// those of nested groups included, to `visit`, each once.
    ///
    /// # Errors
    /// When the store fails.
    pub fn users(&self, visit: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(()) };
        let nested = descendants(self.source, self.organization.partition(), group)?;
        let names = nested.into_iter().map(|group| self.member_names(group));
        let names: Vec<_> = names.collect::<Result<_, _>>()?;
        let mut users: Vec<_> = names.iter().flat_map(|names| names.users()).collect();
        users.sort_unstable_by_key(|(user, _)| user.record());
        users.dedup_by_key(|(user, _)| *user);
        for (_, login) in users.into_iter().filter(|(user, _)| self.sight.sees(*user)) {
            visit(login);
        }
        Ok(())
    }

    /// Shows the kinds and names of the direct members that the caller sees of an entry that is a
    /// group to `visit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn members(&self, visit: &mut dyn FnMut(Kind, &str)) -> Result<(), Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(()) };
        for (member, name) in self.member_names(group)?.iter() {
            if self.sight.sees(member) {
                visit(member.kind(), name);
            }
        }
        Ok(())
    }

    /// Whether the entry is a group with this member, not by way of another group, and the caller sees
    /// it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_direct_member(&self, member: Member) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        let (relation, member) = match member {
            Member::User(user) => (relations::GROUP_USER, EntryId::User(user)),
            Member::Group(nested) => (relations::GROUP_GROUP, EntryId::Group(nested)),
        };
        if !self.sight.sees(member) {
            return Ok(false);
        }
        let partition = self.organization.partition();
        for id in self.source.linking(partition, relation, member.record()) {
            if id? == group.record() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the caller sees an entry that this one names.
    pub fn sees(&self, entry: EntryId) -> bool {
        self.sight.sees(entry)
    }

    /// Shows the kinds and names of those that the caller sees of entries that this one names to
    /// `visit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn named(
        &self,
        entries: &[EntryId],
        visit: &mut dyn FnMut(Kind, &str),
    ) -> Result<(), Error> {
        let (source, organization) = (self.source, self.organization);
        for entry in entries.iter().copied().filter(|entry| self.sees(*entry)) {
            if let Some(entry) = read_entry(source, organization, entry, self.memo)? {
                visit(entry.id().kind(), entry.name());
            }
        }
        Ok(())
    }

    /// Shows the certificates in DER that the organization's own authorities issued to the entry, and
    /// that count, to `visit`, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn certificates(&self, visit: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        for issued in self.issued()? {
            if self.counts(&issued)? {
                visit(&issued.certificate);
            }
        }
        Ok(())
    }

    /// What was issued to the entry, whether it counts or not.
    fn issued(&self) -> Result<Vec<IssuedCertificate>, Error> {
        let entry = self.entry.id();
        if !entry.kind().has_certificates() || !self.is_certified()? {
            return Ok(Vec::new());
        }
        let all = certificates_of(self.source, self.organization.partition(), entry.record())?;
        Ok(all.into_iter().map(|(_, issued)| issued).collect())
    }

    fn counts(&self, issued: &IssuedCertificate) -> Result<bool, Error> {
        let partition = self.organization.partition();
        let standing = certificate_standing(self.source, partition, issued, self.now)?;
        Ok(standing == Standing::Counts)
    }

    /// Whether the organization's own authorities issued anything: most have none, and then nobody's
    /// certificates are looked for.
    fn is_certified(&self) -> Result<bool, Error> {
        if let Some(known) = self.certified.get() {
            return Ok(*known);
        }
        let partition = self.organization.partition();
        let mut owners = self.source.prefix(partition, indices::ISSUED_OWNER, b"").ids();
        let any = owners.next().transpose()?.is_some();
        Ok(*self.certified.get_or_init(|| any))
    }

    fn member_names(&self, group: GroupId) -> Result<Arc<MemberNames>, Error> {
        let (source, organization) = (self.source, self.organization);
        Ok(match self.lookups() {
            Some(lookups) => lookups.members(source, organization, group)?,
            None => Arc::new(MemberNames::read(source, organization, group, None)?),
        })
    }
}

/// The entry of a kind with a record's number.
pub(crate) fn entry_id(kind: Kind, number: Id) -> Option<EntryId> {
    match kind {
        Kind::User => UserId::from_record(number).map(EntryId::User),
        Kind::Group => GroupId::from_record(number).map(EntryId::Group),
        Kind::ServiceAccount => ServiceAccountId::from_record(number).map(EntryId::ServiceAccount),
        Kind::Device => DeviceId::from_record(number).map(EntryId::Device),
        Kind::Container => None,
    }
}

/// Reads an entry, or knows it.
pub(super) fn read_entry(
    source: &Snapshot,
    organization: OrganizationId,
    id: EntryId,
    memo: Option<&Memo>,
) -> Result<Option<Entry>, Error> {
    let (partition, number) = (organization.partition(), id.record());
    Ok(match id {
        EntryId::User(user) => match memo {
            Some(memo) => memo.lookups().user(source, organization, user)?,
            None => source.get(partition, number)?.map(Arc::new),
        }
        .map(|record| Entry::User(user, record)),
        EntryId::Group(group) => {
            source.get(partition, number)?.map(|record| Entry::Group(group, record))
        }
        EntryId::ServiceAccount(account) => {
            source.get(partition, number)?.map(|record| Entry::ServiceAccount(account, record))
        }
        EntryId::Device(device) => match source.get::<Device>(partition, number)? {
            Some(record) => {
                Some(Entry::Device(device, as_it_is(source, organization, record, memo)?))
            }
            None => None,
        },
    })
}

/// A device without an owner who is not there any more.
pub(super) fn as_it_is(
    source: &Snapshot,
    organization: OrganizationId,
    mut device: Device,
    memo: Option<&Memo>,
) -> Result<Device, Error> {
    if let Some(owner) = device.fields.owner
        && read_entry(source, organization, EntryId::User(owner), memo)?.is_none()
    {
        device.fields.owner = None;
    }
    Ok(device)
}

impl Facts for Found<'_> {
    fn kind(&self) -> Kind {
        self.entry.id().kind()
    }

    fn visit(&self, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
        self.entry.visit(attribute, &mut |fact| {
            // A filter must not tell of an entry what the caller cannot see.
            let is_hidden = matches!(fact, Fact::Entry(entry) if !self.sees(entry));
            if !is_hidden {
                visit(fact);
            }
        });
    }

    fn member_of(&self) -> Result<Vec<GroupId>, Error> {
        // A filter must not tell of a group what the caller cannot see.
        let groups = self.memberships()?;
        Ok(groups.iter().map(|group| group.id).filter(|group| self.tells(*group)).collect())
    }

    fn is_in(&self, group: GroupId) -> Result<bool, Error> {
        if let (EntryId::User(user), Some(users)) = (self.entry.id(), self.users)
            && let Some(is_in) = users.tell(user.record(), group)
        {
            return Ok(is_in && self.tells(group));
        }
        let groups = self.memberships()?;
        let is_in = groups.binary_search_by_key(&group, |group| group.id).is_ok();
        Ok(is_in && self.tells(group))
    }

    fn has_member(&self, member: Member) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        let partition = self.organization.partition();
        let (member, groups) = match member {
            Member::User(user) => {
                (EntryId::User(user), groups_of_user(self.source, partition, user)?)
            }
            Member::Group(nested) => {
                (EntryId::Group(nested), ancestors_of_group(self.source, partition, nested)?)
            }
        };
        Ok(self.sight.sees(member) && groups.contains(&group))
    }

    fn has_some_member(&self) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        let partition = self.organization.partition();
        // What nobody shows the caller, no filter tells.
        for (relation, kind) in
            [(relations::GROUP_USER, Kind::User), (relations::GROUP_GROUP, Kind::Group)]
        {
            for member in self.source.linked(partition, relation, group.record()) {
                if entry_id(kind, member?).is_some_and(|member| self.sight.sees(member)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn has_some_user(&self) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        let partition = self.organization.partition();
        for nested in descendants(self.source, partition, group)? {
            for user in self.source.linked(partition, relations::GROUP_USER, nested.record()) {
                if entry_id(Kind::User, user?).is_some_and(|user| self.sight.sees(user)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn has_user_called(&self, fits: &mut dyn FnMut(&str) -> bool) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        for nested in descendants(self.source, self.organization.partition(), group)? {
            let names = self.member_names(nested)?;
            // Of whom the caller does not see, no filter tells.
            if names.users().any(|(user, login)| self.sight.sees(user) && fits(login)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_certificate(
        &self,
        fits: &mut dyn FnMut(&IssuedCertificate) -> bool,
    ) -> Result<bool, Error> {
        for issued in self.issued()? {
            if fits(&issued) && self.counts(&issued)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
