//! Reply profiles: what accepts carry.

use std::ops::RangeInclusive;

use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::{reply_attributes, reply_size};
use crate::access::{Grant, ManageConfiguration, View};
use crate::error::{Error, Invalid};
use crate::events::SubjectKind;
use crate::id::{RadiusClientId, RecordId, ReplyProfileId};
use crate::limits::{self, ATTRIBUTE, VALUES};
use crate::records::{ReplyProfile, ReplyProfileFields, Stamp, VendorValue, digest_of, indices};
use crate::tools::ReplyAttribute;

/// The reply profiles of the grant's organization.
pub type ReplyProfiles<'g, S> = Collection<'g, S, ReplyProfile>;

/// The most octets of a VLAN's name: one fewer than an attribute, for the tag.
const VLAN: usize = ATTRIBUTE - 1;

/// The numbers that a VLAN can have (IEEE 802.1Q): 0 is none, and 4095 is reserved.
const VLAN_NUMBERS: RangeInclusive<u16> = 1..=4094;

/// Microsoft's enterprise number.
const MICROSOFT: u32 = 311;
/// Of Microsoft's attributes MS-CHAP-Error, the two keys of a session, and MS-CHAP2-Success (RFC 2548):
/// what they say depends on what somebody has proven.
const WRITTEN: [u8; 4] = [2, 16, 17, 26];

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's reply profiles, to be read.
    pub fn reply_profiles(&self) -> ReplyProfiles<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageConfiguration> {
    /// The organization's reply profiles, to be changed.
    pub fn reply_profiles(&mut self) -> ReplyProfiles<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl ReplyProfiles<'_, &mut Change<'_>> {
    /// Makes a reply profile.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable.
    pub fn create(
        &mut self,
        mut fields: ReplyProfileFields,
    ) -> Result<(ReplyProfileId, ReplyProfile), Error> {
        settle(&mut fields, self.site.tools.reply_attributes())?;
        self.add(fields)
    }

    /// Changes a reply profile; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: ReplyProfileId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut ReplyProfile) -> Result<(), Error>,
    ) -> Result<ReplyProfile, Error> {
        let tools = self.site.tools;
        let before = self.read(id)?;
        let profile = self.edit(id, revision, |profile| {
            edit(profile)?;
            Ok(settle(&mut profile.fields, tools.reply_attributes())?)
        })?;
        if digest_of(Some(&before.fields)) != digest_of(Some(&profile.fields)) {
            let clients = self.replying_with(id)?;
            self.site.note_policy_change(&clients)?;
        }
        Ok(profile)
    }

    /// The RADIUS clients that let somebody in with a profile.
    fn replying_with(&self, id: ReplyProfileId) -> Result<Vec<RadiusClientId>, Error> {
        let (partition, value) = (self.site.partition(), id.record().to_be_bytes());
        let found = self.site.source.find(partition, indices::RADIUS_CLIENT_PROFILE, &value);
        let clients = found.map(|id| id.map(RadiusClientId::from_record));
        Ok(clients.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }

    /// Deletes a reply profile.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `InUse` while a RADIUS client replies with it.
    pub fn delete(&mut self, id: ReplyProfileId, revision: Option<u64>) -> Result<(), Error> {
        self.remove(id, revision)
    }
}

impl Entity for ReplyProfile {
    type Id = ReplyProfileId;
    type Fields = ReplyProfileFields;

    const SUBJECT: SubjectKind = SubjectKind::ReplyProfile;
    const UUIDS: Index = indices::REPLY_PROFILE_UUID;
    const NAMES: Index = indices::REPLY_PROFILE_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: ReplyProfileFields) -> Self {
        Self { uuid, stamp, fields }
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

    fn fields(&self) -> &ReplyProfileFields {
        &self.fields
    }

    fn name(fields: &ReplyProfileFields) -> &str {
        &fields.name
    }

    fn check(fields: &ReplyProfileFields) -> Result<(), Invalid> {
        limits::name("/name", &fields.name)?;
        if let Some(vlan) = &fields.vlan {
            limits::line("/vlan", vlan)?;
            limits::line_of("/vlan", vlan, VLAN)?;
        }
        for (pointer, values) in [("/filters", &fields.filters), ("/classes", &fields.classes)] {
            limits::count(pointer, values.len(), VALUES)?;
            for (position, value) in values.iter().enumerate() {
                let pointer = format!("{pointer}/{position}");
                limits::line(&pointer, value)?;
                limits::line_of(&pointer, value, ATTRIBUTE)?;
            }
        }
        limits::count("/vendor_attributes", fields.vendor_attributes.len(), VALUES)?;
        for (position, attribute) in fields.vendor_attributes.iter().enumerate() {
            check_vendor_attribute(position, attribute)?;
        }
        limits::count("/attributes", fields.attributes.len(), VALUES)?;
        for (position, attribute) in fields.attributes.iter().enumerate() {
            reply_attributes::check(position, attribute)?;
        }
        reply_size::check(fields)
    }

    fn check_new(
        fields: &ReplyProfileFields,
        before: Option<&ReplyProfileFields>,
    ) -> Result<(), Invalid> {
        let had = before.and_then(|before| before.vlan.as_ref());
        let vlan = fields.vlan.as_ref().filter(|vlan| Some(*vlan) != had);
        vlan.map_or(Ok(()), |vlan| check_vlan(vlan))
    }

    fn check_references<R: Reading>(
        fields: &ReplyProfileFields,
        _id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        reply_attributes::check_customs(fields, source, partition)
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: ReplyProfileId,
    ) -> Result<(), Error> {
        let value = id.record().to_be_bytes();
        match change.find_first(partition, indices::RADIUS_CLIENT_PROFILE, &value)? {
            Some(_) => Err(Error::InUse("a RADIUS client replies with this profile")),
            None => Ok(()),
        }
    }
}

/// Checks a VLAN by its number; one by its name the gear knows alone.
fn check_vlan(vlan: &str) -> Result<(), Invalid> {
    let is_number = !vlan.is_empty() && vlan.bytes().all(|sign| sign.is_ascii_digit());
    if is_number && !vlan.parse::<u16>().is_ok_and(|number| VLAN_NUMBERS.contains(&number)) {
        return Err(Invalid::new("/vlan", "must be a number of 1 to 4094, or a name"));
    }
    Ok(())
}

/// Finds what the names of attributes mean.
fn settle(fields: &mut ReplyProfileFields, known: &[ReplyAttribute]) -> Result<(), Invalid> {
    for (position, attribute) in fields.attributes.iter_mut().enumerate() {
        reply_attributes::settle(position, attribute, known)?;
    }
    Ok(())
}

fn check_vendor_attribute(
    position: usize,
    attribute: &crate::records::VendorAttribute,
) -> Result<(), Invalid> {
    // Enterprise numbers have 24 bits in RADIUS (RFC 2865 section 5.26).
    if attribute.vendor == 0 || attribute.vendor > 0x00ff_ffff {
        let pointer = format!("/vendor_attributes/{position}/vendor");
        return Err(Invalid::new(pointer, "must be an enterprise number of 1 to 16777215"));
    }
    if attribute.number == 0 {
        let pointer = format!("/vendor_attributes/{position}/number");
        return Err(Invalid::new(pointer, "must be 1 to 255"));
    }
    if attribute.vendor == MICROSOFT && WRITTEN.contains(&attribute.number) {
        let pointer = format!("/vendor_attributes/{position}/number");
        return Err(Invalid::new(pointer, "cannot be set in a reply: the server writes it itself"));
    }
    match &attribute.value {
        VendorValue::Text(text) => {
            let pointer = format!("/vendor_attributes/{position}/value");
            limits::line(&pointer, text)?;
            limits::line_of(&pointer, text, ATTRIBUTE)
        }
        VendorValue::Integer(_) | VendorValue::Address(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_vlan_is_one_that_there_can_be_and_that_of_before_stays() {
        let of = |vlan: &str| ReplyProfileFields {
            vlan: Some(vlan.to_owned()),
            ..ReplyProfileFields::default()
        };
        for wrong in ["0", "00", "4095", "99999", "65537"] {
            let (new, before) = (of(wrong), of("20"));
            let refused = ReplyProfile::check_new(&new, None).unwrap_err();
            assert_eq!(refused.pointer, "/vlan", "{wrong}");
            assert!(ReplyProfile::check_new(&new, Some(&before)).is_err(), "{wrong}");
            assert!(ReplyProfile::check_new(&new, Some(&new)).is_ok(), "{wrong}");
        }
        for right in ["1", "20", "4094", "guests", "vlan-4095", "{custom.wifiVlan}"] {
            assert!(ReplyProfile::check_new(&of(right), None).is_ok(), "{right}");
        }
        assert!(ReplyProfile::check_new(&ReplyProfileFields::default(), None).is_ok());
    }
}
