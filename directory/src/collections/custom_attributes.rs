//! Custom attributes: what an organization keeps of its entries beside what everybody does.

use std::ops::Deref;

use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::reply_attributes;
use crate::access::{Grant, ManageConfiguration, View, organization};
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind, differences};
use crate::id::{CustomAttributeId, OrganizationId, RecordId};
use crate::limits;
use crate::records::{
    CustomAttribute, CustomAttributeFields, CustomMark, Organization, ReplyProfile, Stamp, Syntax,
    Work, indices,
};
use crate::tools::NameUse;

/// The custom attributes of the grant's organization.
pub type CustomAttributes<'g, S> = Collection<'g, S, CustomAttribute>;

/// The most custom attributes of an organization, deleted ones included until their values are
/// gone.
pub const CUSTOM_ATTRIBUTES: usize = 64;
/// The most octets of a name.
const NAME: usize = 64;

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's custom attributes, to be read.
    pub fn custom_attributes(&self) -> CustomAttributes<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageConfiguration> {
    /// The organization's custom attributes, to be changed.
    pub fn custom_attributes(&mut self) -> CustomAttributes<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl<S> CustomAttributes<'_, S>
where
    S: Deref,
    S::Target: Reading + Sized,
{
    /// Every definition, deleted ones included, in the order in which they were made.
    fn all(&self) -> Result<Vec<(Id, CustomAttribute)>, Error> {
        let found = self.site.source.scan::<CustomAttribute>(self.site.partition(), None);
        Ok(found.collect::<Result<_, _>>()?)
    }
}

impl CustomAttributes<'_, &mut Change<'_>> {
    /// Defines an attribute.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable.
    pub fn create(
        &mut self,
        fields: CustomAttributeFields,
    ) -> Result<(CustomAttributeId, CustomAttribute), Error> {
        check_use(self.site.tools.use_of(&fields.name), &fields)?;
        let all = self.all()?;
        if all.len() >= CUSTOM_ATTRIBUTES {
            return Err(Error::Forbidden("there are 64 custom attributes; delete one first"));
        }
        let (id, mut made) = self.add(fields)?;
        let used = |number| all.iter().any(|(_, other)| other.number == number);
        made.number = (0..indices::CUSTOM_NUMBERS).find(|number| !used(*number)).unwrap_or(0);
        self.site.source.put(self.site.partition(), id.record(), &made)?;
        self.mark()?;
        Ok((id, made))
    }

    /// Changes an attribute; with `revision`, only when nobody changed it in between. Its name and
    /// the form of its values stay; several values can be allowed, not forbidden.
    ///
    /// # Errors
    /// `Missing`, `Stale` or `Invalid`.
    pub fn update(
        &mut self,
        id: CustomAttributeId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut CustomAttribute) -> Result<(), Error>,
    ) -> Result<CustomAttribute, Error> {
        let before = self.read(id)?.fields;
        let single = match self.site.tools.use_of(&before.name) {
            NameUse::Left { single, .. } => single,
            NameUse::Free | NameUse::Taken => false,
        };
        let changed = self.edit(id, revision, |attribute| {
            edit(attribute)?;
            let fields = &mut attribute.fields;
            fields.name.clone_from(&before.name);
            fields.syntax = before.syntax;
            if single && fields.multiple && !before.multiple {
                return Err(one_at_most().into());
            }
            if before.multiple && !fields.multiple {
                let message = "can be allowed, not taken back: entries may have several values";
                return Err(Invalid::new("/multiple", message).into());
            }
            if fields.indexed != before.indexed {
                attribute.work = Work::Users(0);
            }
            Ok(())
        })?;
        self.mark()?;
        Ok(changed)
    }

    /// Deletes an attribute. It shows nowhere from then on; its values go little by little.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `InUse` while a reply profile tells of it.
    pub fn delete(&mut self, id: CustomAttributeId, revision: Option<u64>) -> Result<(), Error> {
        let record = self.read_at(id, revision)?;
        for found in self.site.source.scan::<ReplyProfile>(self.site.partition(), None) {
            if reply_attributes::tells_of(&found?.1.fields, &record.fields.name) {
                return Err(Error::InUse("a reply profile tells of this attribute"));
            }
        }
        let fields = CustomAttributeFields { name: String::new(), ..record.fields.clone() };
        let gone = CustomAttribute { work: Work::Users(0), fields, ..record.clone() };
        self.site.source.put(self.site.partition(), id.record(), &gone)?;
        self.mark()?;
        let told = differences(Some(&record.fields), None);
        let subject = (SubjectKind::CustomAttribute, record.uuid, record.fields.name.as_str());
        self.site.tell(Action::Deleted, subject, told)
    }

    fn mark(&mut self) -> Result<(), Error> {
        let id = self.site.place.organization().ok_or(Error::Missing)?;
        mark(self.site.source, id)
    }
}

/// Counts an organization's definitions for its record.
pub(crate) fn mark(change: &mut Change<'_>, id: OrganizationId) -> Result<(), Error> {
    let mut mark = CustomMark::default();
    for found in change.scan::<CustomAttribute>(id.partition(), None) {
        let (_, attribute) = found?;
        mark.definitions = mark.definitions.saturating_add(1);
        mark.work = mark.work.saturating_add(u16::from(attribute.work != Work::Done));
    }
    let record: Organization = organization(change, id)?.ok_or(Error::Missing)?;
    if record.custom != mark {
        let record = Organization { custom: mark, ..record };
        change.put(Partition::Provider, id.record(), &record)?;
    }
    Ok(())
}

impl Entity for CustomAttribute {
    type Id = CustomAttributeId;
    type Fields = CustomAttributeFields;

    const SUBJECT: SubjectKind = SubjectKind::CustomAttribute;
    const UUIDS: Index = indices::CUSTOM_ATTRIBUTE_UUID;
    const NAMES: Index = indices::CUSTOM_ATTRIBUTE_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: CustomAttributeFields) -> Self {
        Self { uuid, stamp, number: 0, work: Work::Done, fields }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn fields(&self) -> &CustomAttributeFields {
        &self.fields
    }

    fn is_hidden(&self) -> bool {
        self.is_deleted()
    }

    fn name(fields: &CustomAttributeFields) -> &str {
        &fields.name
    }

    fn check(fields: &CustomAttributeFields) -> Result<(), Invalid> {
        check_name(&fields.name)?;
        if fields.syntax == Syntax::Reference && !fields.indexed {
            // So that who is deleted is found wherever they are named.
            return Err(Invalid::new("/indexed", "references are always indexed"));
        }
        if fields.multiple && fields.syntax == Syntax::Boolean {
            return Err(Invalid::new("/multiple", "a boolean has one value at most"));
        }
        limits::optional_line("/description", fields.description.as_ref())
    }

    fn let_go(&self, _: &mut Change<'_>, _: Partition, _: CustomAttributeId) -> Result<(), Error> {
        Ok(())
    }
}

/// Whether a name may be defined so.
fn check_use(name_use: NameUse, fields: &CustomAttributeFields) -> Result<(), Invalid> {
    let (syntax, single) = match name_use {
        NameUse::Free => return Ok(()),
        NameUse::Taken => {
            let message = "is the name of something that every organization has";
            return Err(Invalid::new("/name", message));
        }
        NameUse::Left { syntax, single, .. } => (syntax, single),
    };
    if fields.syntax != syntax {
        let message = format!("is {} in the standard that defines this name", syntax.word());
        return Err(Invalid::new("/syntax", message));
    }
    if single && fields.multiple {
        return Err(one_at_most());
    }
    Ok(())
}

fn one_at_most() -> Invalid {
    Invalid::new("/multiple", "has one value at most in the standard that defines this name")
}

fn check_name(name: &str) -> Result<(), Invalid> {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain = name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    if begins && plain && name.len() <= NAME {
        return Ok(());
    }
    let message = "must begin with a letter and go on with at most 63 letters, digits and hyphens";
    Err(Invalid::new("/name", message))
}
