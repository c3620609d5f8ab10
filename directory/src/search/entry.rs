//! Entries as a search finds them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::attribute::{Attribute, Kind};
use crate::id::{DeviceId, GroupId, RecordId, ServiceAccountId, UserId};
use crate::records::{CustomValues, Device, Group, ServiceAccount, Stamp, User, UserState, Values};

/// Names an entry of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EntryId {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
    /// A service account.
    ServiceAccount(ServiceAccountId),
    /// A device.
    Device(DeviceId),
}

impl EntryId {
    /// Its kind.
    pub const fn kind(self) -> Kind {
        match self {
            Self::User(_) => Kind::User,
            Self::Group(_) => Kind::Group,
            Self::ServiceAccount(_) => Kind::ServiceAccount,
            Self::Device(_) => Kind::Device,
        }
    }

    /// Where it stands among others when nothing else orders them.
    pub fn order(self) -> (u8, u64) {
        let kind = match self {
            Self::User(_) => 1,
            Self::Group(_) => 2,
            Self::ServiceAccount(_) => 3,
            Self::Device(_) => 4,
        };
        (kind, self.record())
    }

    /// As it stands in an index of references.
    pub(crate) fn key(self) -> [u8; 9] {
        let (kind, number) = self.order();
        let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
        [kind, a, b, c, d, e, f, g, h]
    }

    pub(crate) fn record(self) -> storage::Id {
        match self {
            Self::User(id) => id.record(),
            Self::Group(id) => id.record(),
            Self::ServiceAccount(id) => id.record(),
            Self::Device(id) => id.record(),
        }
    }
}

/// An entry of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A user.
    User(UserId, Arc<User>),
    /// A group.
    Group(GroupId, Group),
    /// A service account.
    ServiceAccount(ServiceAccountId, ServiceAccount),
    /// A device.
    Device(DeviceId, Device),
}

/// One value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<'a> {
    /// Text, as it was written.
    Text(&'a str),
    /// A number, or a time in seconds.
    Number(u64),
    /// An id.
    Id(Uuid),
    /// A number that may be negative, or a time in milliseconds that may lie before 1970.
    Signed(i64),
    /// Yes or no.
    Boolean(bool),
    /// Octets.
    Octets(&'a [u8]),
    /// An entry.
    Entry(EntryId),
}

impl Entry {
    /// Its id.
    pub fn id(&self) -> EntryId {
        match self {
            Self::User(id, _) => EntryId::User(*id),
            Self::Group(id, _) => EntryId::Group(*id),
            Self::ServiceAccount(id, _) => EntryId::ServiceAccount(*id),
            Self::Device(id, _) => EntryId::Device(*id),
        }
    }

    /// What it is called: by its login or its name.
    pub fn name(&self) -> &str {
        match self {
            Self::User(_, user) => &user.fields.login,
            Self::Group(_, group) => &group.fields.name,
            Self::ServiceAccount(_, account) => &account.fields.name,
            Self::Device(_, device) => &device.fields.name,
        }
    }

    /// Its own number in its organization.
    pub fn number(&self) -> u64 {
        self.id().record()
    }

    /// The stable external id.
    pub fn uuid(&self) -> Uuid {
        match self {
            Self::User(_, user) => user.uuid,
            Self::Group(_, group) => group.uuid,
            Self::ServiceAccount(_, account) => account.uuid,
            Self::Device(_, device) => device.uuid,
        }
    }

    /// When made and changed.
    pub fn stamp(&self) -> Stamp {
        match self {
            Self::User(_, user) => user.stamp,
            Self::Group(_, group) => group.stamp,
            Self::ServiceAccount(_, account) => account.stamp,
            Self::Device(_, device) => device.stamp,
        }
    }

    /// Shows every value of an attribute to `visit`, in order.
    pub fn visit(&self, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
        if let Some(fact) = self.common_fact(attribute) {
            return visit(fact);
        }
        if let Attribute::Custom(custom) = attribute {
            self.custom().and_then(|values| values.of(custom.number)).iter().for_each(|values| {
                visit_values(values, visit);
            });
            return;
        }
        match self {
            Self::User(_, user) => visit_user(user, attribute, visit),
            Self::Group(_, group) => visit_group(group, attribute, visit),
            Self::ServiceAccount(_, account) => visit_account(account, attribute, visit),
            Self::Device(_, device) => visit_device(device, attribute, visit),
        }
    }

    /// The values of the organization's own attributes.
    pub fn custom(&self) -> Option<&CustomValues> {
        match self {
            Self::User(_, user) => Some(&user.fields.custom),
            Self::Group(_, group) => Some(&group.fields.custom),
            Self::ServiceAccount(..) | Self::Device(..) => None,
        }
    }

    /// The value of an attribute that entries of every kind have.
    fn common_fact(&self, attribute: Attribute) -> Option<Fact<'_>> {
        if attribute == Attribute::Uuid {
            Some(Fact::Id(self.uuid()))
        } else if attribute == Attribute::Created {
            Some(Fact::Number(self.stamp().created.seconds()))
        } else if attribute == Attribute::Modified {
            Some(Fact::Number(self.stamp().modified.seconds()))
        } else if attribute == Attribute::Number {
            Some(Fact::Number(self.id().record()))
        } else {
            None
        }
    }
}

/// Shows the values of a custom attribute to `visit`.
pub fn visit_values(values: &Values, visit: &mut dyn FnMut(Fact<'_>)) {
    match values {
        Values::Text(texts)
        | Values::ExactText(texts)
        | Values::Telephone(texts)
        | Values::Country(texts) => {
            texts.iter().for_each(|text| visit(Fact::Text(text)));
        }
        Values::Integer(numbers) | Values::Time(numbers) => {
            numbers.iter().for_each(|number| visit(Fact::Signed(*number)));
        }
        Values::Boolean(truths) => truths.iter().for_each(|truth| visit(Fact::Boolean(*truth))),
        Values::Octets(values) => values.iter().for_each(|value| visit(Fact::Octets(value))),
        Values::Reference(entries) => entries.iter().for_each(|entry| visit(Fact::Entry(*entry))),
    }
}

fn visit_user(user: &User, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
    let fields = &user.fields;
    let one = |value: Option<&String>, visit: &mut dyn FnMut(Fact<'_>)| {
        value.iter().for_each(|text| visit(Fact::Text(text)));
    };
    match attribute {
        Attribute::Login => visit(Fact::Text(&fields.login)),
        Attribute::DisplayName => visit(Fact::Text(&fields.display_name)),
        Attribute::Surname => visit(Fact::Text(&fields.surname)),
        Attribute::GivenName => one(fields.given_name.as_ref(), visit),
        Attribute::Mail => fields.mail.iter().for_each(|mail| visit(Fact::Text(mail))),
        Attribute::Phone => one(fields.phone.as_ref(), visit),
        Attribute::Mobile => one(fields.mobile.as_ref(), visit),
        Attribute::Title => one(fields.title.as_ref(), visit),
        Attribute::Description => one(fields.description.as_ref(), visit),
        Attribute::EmployeeNumber => one(fields.employee_number.as_ref(), visit),
        Attribute::HomeDirectory => one(fields.home_directory.as_ref(), visit),
        Attribute::LoginShell => one(fields.login_shell.as_ref(), visit),
        Attribute::SshKey => fields.ssh_keys.iter().for_each(|key| visit(Fact::Text(key))),
        Attribute::UidNumber => number(fields.uid_number, visit),
        Attribute::GidNumber => number(fields.gid_number, visit),
        Attribute::Suspended => {
            visit(Fact::Number(u64::from(user.state != UserState::Active)));
        }
        Attribute::Expires => {
            fields.expires.iter().for_each(|time| visit(Fact::Number(time.0)));
        }
        Attribute::Uuid
        | Attribute::Created
        | Attribute::Modified
        | Attribute::Name
        | Attribute::OrganizationName
        | Attribute::BaseLabel
        | Attribute::CommonName
        | Attribute::PlaceName
        | Attribute::Number
        | Attribute::Serial
        | Attribute::HardwareAddress
        | Attribute::About
        | Attribute::Owner
        | Attribute::Custom(_) => {}
    }
}

fn visit_group(group: &Group, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
    if attribute == Attribute::Name {
        visit(Fact::Text(&group.fields.name));
    } else if attribute == Attribute::GidNumber {
        number(group.fields.gid_number, visit);
    } else if attribute == Attribute::Description {
        group.fields.description.iter().for_each(|text| visit(Fact::Text(text)));
    }
}

fn visit_account(account: &ServiceAccount, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
    if attribute == Attribute::Name {
        visit(Fact::Text(&account.fields.name));
    } else if attribute == Attribute::Description {
        account.fields.description.iter().for_each(|text| visit(Fact::Text(text)));
    }
}

fn visit_device(device: &Device, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
    let fields = &device.fields;
    if attribute == Attribute::Name {
        visit(Fact::Text(&fields.name));
    } else if attribute == Attribute::Serial {
        fields.printable_serial().into_iter().for_each(|serial| visit(Fact::Text(serial)));
    } else if attribute == Attribute::HardwareAddress {
        fields.addresses.iter().for_each(|address| visit(Fact::Text(&address.to_string())));
    } else if attribute == Attribute::About {
        fields.about().iter().for_each(|text| visit(Fact::Text(text)));
    } else if attribute == Attribute::Owner {
        fields.owner.iter().for_each(|owner| visit(Fact::Entry(EntryId::User(*owner))));
    }
}

fn number(value: Option<u32>, visit: &mut dyn FnMut(Fact<'_>)) {
    value.iter().for_each(|number| visit(Fact::Number(u64::from(*number))));
}
