//! References: whom the organization's own attributes of rows are to name. As any row may name any other,
//! they are written after all entries.

use std::collections::HashSet;

use storage::{Change, Reading};

use super::apply::Work;
use super::members::{Members, told};
use super::notes::note;
use super::plan::caught;
use super::row::{Fault, Row, RowEntry, RowMember, RowReference};
use super::survey::Survey;
use crate::collections::{Collection, Entity};
use crate::error::Error;
use crate::records::{CustomValues, Group, MissingMembers, User, Values};
use crate::search::EntryId;

impl<R: Reading> Members<'_, R> {
    /// Puts names in place of what a row's references call users and groups, and says what is wrong
    /// with them. A row in error stays as it is.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn settle_references(
        &self,
        row: &mut Row,
        survey: &Survey,
        missing: MissingMembers,
    ) -> Result<Option<Fault>, Error> {
        let mut settled = row.entry.references().to_vec();
        let mut notes = Vec::new();
        for reference in &mut settled {
            let (mut kept, mut nobody) = (Vec::new(), Vec::new());
            for target in std::mem::take(&mut reference.targets) {
                match self.known(&target, survey)? {
                    Some(target) => kept.push(target),
                    None => nobody.push(target.called()),
                }
            }
            reference.targets = kept;
            if nobody.is_empty() {
                continue;
            }
            let (reason, column) = (told("references", &nobody), reference.field.clone());
            if missing == MissingMembers::Error {
                let name = row.named().1.to_owned();
                return Ok(Some(Fault { name, column: Some(column), reason }));
            }
            notes.push(format!("{column}: {reason}"));
        }
        settled.retain(|reference| !reference.targets.is_empty());
        if let Some(references) = row.entry.references_mut() {
            *references = settled;
        }
        notes.iter().for_each(|text| note(&mut row.notes, text));
        Ok(None)
    }

    /// Which attributes of a row would name others than they do, and how many.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn referring(&self, row: &Row) -> Result<Vec<(String, usize)>, Error> {
        if row.entry.references().is_empty() {
            return Ok(Vec::new());
        }
        let custom = match &row.entry {
            RowEntry::User(user) => match self.user(&user.fields.login)? {
                Some(id) => self.read::<User>(id)?.map(|user| user.fields.custom),
                None => None,
            },
            RowEntry::Group(group) => match self.group(&group.fields.name)? {
                Some(id) => self.read::<Group>(id)?.map(|group| group.fields.custom),
                None => None,
            },
            RowEntry::Faulty(_) => None,
        };
        let mut referring = Vec::new();
        for reference in row.entry.references() {
            let mut wanted = Vec::new();
            for target in &reference.targets {
                wanted.extend(self.entry(target)?);
            }
            let is_whole = wanted.len() == reference.targets.len();
            let own = custom.as_ref().and_then(|custom| custom.of(reference.number));
            if !is_whole || !names(own, &wanted) {
                referring.push((reference.field.clone(), reference.targets.len()));
            }
        }
        Ok(referring)
    }

    fn read<E: Entity>(&self, id: E::Id) -> Result<Option<E>, Error> {
        Ok(self.source.get(self.partition, crate::id::RecordId::record(id))?)
    }

    /// The entry that a settled reference means.
    fn entry(&self, target: &RowMember) -> Result<Option<EntryId>, Error> {
        Ok(match target {
            RowMember::User(login) => self.user(login)?.map(EntryId::User),
            RowMember::Group(name) => self.group(name)?.map(EntryId::Group),
            // The check put names in place of them.
            RowMember::Alias { .. } => None,
        })
    }
}

/// Whether values name these entries and no others.
fn names(own: Option<&Values>, wanted: &[EntryId]) -> bool {
    let Some(Values::Reference(own)) = own else { return wanted.is_empty() };
    let wanted: HashSet<EntryId> = wanted.iter().copied().collect();
    own.len() == wanted.len() && own.iter().all(|entry| wanted.contains(entry))
}

/// Where an entry keeps the values of the organization's own attributes.
pub(super) type Custom<E> = fn(&mut E) -> &mut CustomValues;

/// Has the attributes of an entry name whom its row says; notes what is left out.
///
/// # Errors
/// When the store fails.
pub(super) fn refer<E: Entity>(
    (work, change): (&Work<'_>, &mut Change<'_>),
    own: E::Id,
    references: &[RowReference],
    notes: &mut Vec<String>,
    custom: Custom<E>,
) -> Result<(), Error> {
    let partition = work.job.organization.partition();
    for reference in references {
        let members = Members { source: &*change, partition };
        let (mut entries, mut seen) = (Vec::new(), HashSet::new());
        for target in &reference.targets {
            match members.entry(target)? {
                Some(entry) => entries.extend(seen.insert(entry).then_some(entry)),
                None => note(notes, &format!("there is no {} any more", target.called())),
            }
        }
        let mut record = match members.read::<E>(own)? {
            Some(record) if !entries.is_empty() => record,
            Some(_) | None => continue,
        };
        if names(custom(&mut record).of(reference.number), &entries) {
            continue;
        }
        let mut all = Collection::<_, E>::new(work.site(change));
        let done = all.edit(own, None, |record| {
            custom(record).set(reference.number, Values::Reference(entries));
            Ok(())
        });
        if let Err(fault) = caught("", done)? {
            note(notes, &format!("{} was left out: {}", reference.field, fault.reason));
        }
    }
    Ok(())
}
