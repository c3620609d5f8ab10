//! What entries are made of, and which index serves what.

use storage::Index;

use crate::records::{Syntax, custom_index, indices};
use crate::text::{prepare, prepare_exact, telephone};

/// What kind of entry something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A service account.
    ServiceAccount,
    /// A device.
    Device,
    /// Something that is not stored: the base or a container in it.
    Container,
}

impl Kind {
    /// Every kind.
    pub const EVERY: [Self; 5] =
        [Self::User, Self::Group, Self::ServiceAccount, Self::Device, Self::Container];
    /// The kinds that are stored, in the order in which a search gives them.
    pub const STORED: [Self; 4] = [Self::User, Self::Group, Self::ServiceAccount, Self::Device];

    /// Whether an organization's own authorities issue certificates to such entries.
    pub(crate) const fn has_certificates(self) -> bool {
        matches!(self, Self::User | Self::Device)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::User => 1,
            Self::Group => 2,
            Self::ServiceAccount => 4,
            Self::Container => 8,
            Self::Device => 16,
        }
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// No kind.
    pub const NONE: Self = Self(0);
    /// Users alone.
    pub const USERS: Self = Self(Kind::User.bit());
    /// Groups alone.
    pub const GROUPS: Self = Self(Kind::Group.bit());
    /// Service accounts alone.
    pub const SERVICE_ACCOUNTS: Self = Self(Kind::ServiceAccount.bit());
    /// Devices alone.
    pub const DEVICES: Self = Self(Kind::Device.bit());
    /// Containers alone.
    pub const CONTAINERS: Self = Self(Kind::Container.bit());
    /// Every kind.
    pub const ALL: Self = Self(31);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// One kind alone.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        Self(kind.bit())
    }

    /// Whether `kind` is in the set.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }
}

/// An attribute of entries, in the directory's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// The external id.
    Uuid,
    /// When made, in seconds.
    Created,
    /// When last changed, in seconds.
    Modified,
    /// A user's login.
    Login,
    /// A user's full name.
    DisplayName,
    /// A user's given name.
    GivenName,
    /// A user's family name.
    Surname,
    /// A user's mail addresses.
    Mail,
    /// A user's telephone number.
    Phone,
    /// A user's mobile telephone number.
    Mobile,
    /// A user's job title.
    Title,
    /// Free text.
    Description,
    /// The number that the employer gave.
    EmployeeNumber,
    /// A user's POSIX number.
    UidNumber,
    /// A user's primary group's or a group's POSIX number.
    GidNumber,
    /// A user's home directory.
    HomeDirectory,
    /// A user's login shell.
    LoginShell,
    /// A user's SSH keys.
    SshKey,
    /// The name of a group, a service account, a device or a container.
    Name,
    /// The full name of the organization, on its base.
    OrganizationName,
    /// The first label of the base, on the base.
    BaseLabel,
    /// The name of a container that has a common name.
    CommonName,
    /// What the base or a container is called, whichever it is.
    PlaceName,
    /// 1 for a user who may not sign in, else 0.
    Suspended,
    /// From when on a user is let in nowhere, in milliseconds.
    Expires,
    /// The entry's own number in its organization.
    Number,
    /// The serial number of a device.
    Serial,
    /// The hardware addresses of a device.
    HardwareAddress,
    /// What is known of a device in words: its description, its model, what runs on it.
    About,
    /// The user who has a device.
    Owner,
    /// An attribute of the organization's own.
    Custom(Custom),
}

/// An attribute of an organization's own, as filters need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Custom {
    /// Its number in records and indices.
    pub number: u16,
    /// The form of its values.
    pub syntax: Syntax,
    /// Whether its index is complete.
    pub indexed: bool,
}

/// How an attribute's values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Text, without case.
    Text,
    /// Text, with case.
    ExactText,
    /// A telephone number: text without case, spaces and hyphens.
    Telephone,
    /// A number.
    Number,
    /// An id.
    Id,
    /// A time in seconds, indexed in milliseconds.
    Time,
    /// A number that may be negative, or a time in milliseconds that may lie before 1970.
    Signed,
    /// Yes or no.
    Boolean,
    /// Octets.
    Octets,
    /// An entry.
    Reference,
}

impl Rule {
    /// Prepares a text for comparison; that of what is no text is not compared.
    pub(crate) fn prepare(self, text: &str) -> String {
        match self {
            Self::ExactText => prepare_exact(text),
            Self::Telephone => telephone(text),
            Self::Text
            | Self::Number
            | Self::Id
            | Self::Time
            | Self::Signed
            | Self::Boolean
            | Self::Octets
            | Self::Reference => prepare(text),
        }
    }
}

impl Attribute {
    pub(crate) const fn rule(self) -> Rule {
        match self {
            Self::Uuid => Rule::Id,
            Self::Created | Self::Modified => Rule::Time,
            Self::UidNumber | Self::GidNumber | Self::Suspended | Self::Expires | Self::Number => {
                Rule::Number
            }
            Self::Custom(custom) => match custom.syntax {
                Syntax::Text | Syntax::Country => Rule::Text,
                Syntax::ExactText => Rule::ExactText,
                Syntax::Integer | Syntax::Time => Rule::Signed,
                Syntax::Boolean => Rule::Boolean,
                Syntax::Octets => Rule::Octets,
                Syntax::Telephone => Rule::Telephone,
                Syntax::Reference => Rule::Reference,
            },
            Self::Phone | Self::Mobile => Rule::Telephone,
            Self::SshKey => Rule::Octets,
            Self::HomeDirectory | Self::LoginShell => Rule::ExactText,
            Self::Login
            | Self::DisplayName
            | Self::GivenName
            | Self::Surname
            | Self::Mail
            | Self::Title
            | Self::Description
            | Self::EmployeeNumber
            | Self::Name
            | Self::OrganizationName
            | Self::BaseLabel
            | Self::CommonName
            | Self::PlaceName
            | Self::Serial
            | Self::HardwareAddress
            | Self::About => Rule::Text,
            Self::Owner => Rule::Reference,
        }
    }

    /// The index that serves the attribute of a kind.
    pub(crate) fn index(self, kind: Kind) -> Option<Index> {
        if let Self::Custom(custom) = self {
            return custom_index(custom.number, kind).filter(|_| custom.indexed);
        }
        self.column(kind)?.index
    }

    /// How sure it is that an entry of the kind has the attribute.
    pub(crate) fn presence(self, kind: Kind) -> Presence {
        if matches!((self, kind), (Self::Custom(_), Kind::User | Kind::Group)) {
            return Presence::Sometimes;
        }
        self.column(kind).map_or(Presence::Never, |column| column.presence)
    }

    /// Whether an entry of the kind can have the attribute.
    pub fn occurs_in(self, kind: Kind) -> bool {
        match kind {
            Kind::Container => matches!(
                self,
                Self::Uuid
                    | Self::Created
                    | Self::Modified
                    | Self::Name
                    | Self::OrganizationName
                    | Self::BaseLabel
                    | Self::CommonName
                    | Self::PlaceName
            ),
            Kind::User | Kind::Group | Kind::ServiceAccount | Kind::Device => {
                self.presence(kind) != Presence::Never
            }
        }
    }

    /// Whether an entry can have several values of the attribute.
    pub const fn is_multivalued(self) -> bool {
        matches!(
            self,
            Self::Mail | Self::SshKey | Self::HardwareAddress | Self::About | Self::Custom(_)
        )
    }

    fn column(self, kind: Kind) -> Option<&'static Column> {
        columns(kind).iter().find(|column| column.attribute == self)
    }
}

/// How sure it is that an entry has an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Each entry of the kind has it.
    Always,
    /// Some entries of the kind have it.
    Sometimes,
    /// No entry of the kind has it.
    Never,
}

/// An attribute that a kind can have.
struct Column {
    attribute: Attribute,
    presence: Presence,
    index: Option<Index>,
}

const fn always(attribute: Attribute, index: Option<Index>) -> Column {
    Column { attribute, presence: Presence::Always, index }
}

const fn sometimes(attribute: Attribute, index: Option<Index>) -> Column {
    Column { attribute, presence: Presence::Sometimes, index }
}

/// Every attribute of a stored kind; the most wanted first.
const fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::User => USER,
        Kind::Group => GROUP,
        Kind::ServiceAccount => SERVICE_ACCOUNT,
        Kind::Device => DEVICE,
        Kind::Container => &[],
    }
}

const USER: &[Column] = &[
    always(Attribute::Login, Some(indices::USER_LOGIN)),
    sometimes(Attribute::Mail, Some(indices::USER_MAIL)),
    always(Attribute::Uuid, Some(indices::USER_UUID)),
    sometimes(Attribute::UidNumber, Some(indices::USER_UID_NUMBER)),
    always(Attribute::DisplayName, Some(indices::USER_DISPLAY_NAME)),
    always(Attribute::Surname, Some(indices::USER_SURNAME)),
    sometimes(Attribute::GivenName, Some(indices::USER_GIVEN_NAME)),
    always(Attribute::Modified, Some(indices::USER_MODIFIED)),
    always(Attribute::Created, None),
    sometimes(Attribute::Phone, Some(indices::USER_PHONE)),
    sometimes(Attribute::EmployeeNumber, Some(indices::USER_EMPLOYEE_NUMBER)),
    sometimes(Attribute::Mobile, None),
    sometimes(Attribute::Title, None),
    sometimes(Attribute::Description, None),
    sometimes(Attribute::GidNumber, None),
    sometimes(Attribute::HomeDirectory, None),
    sometimes(Attribute::LoginShell, None),
    sometimes(Attribute::SshKey, None),
    always(Attribute::Suspended, None),
    sometimes(Attribute::Expires, None),
    always(Attribute::Number, None),
];

const GROUP: &[Column] = &[
    always(Attribute::Name, Some(indices::GROUP_NAME)),
    sometimes(Attribute::GidNumber, Some(indices::GROUP_GID_NUMBER)),
    always(Attribute::Uuid, Some(indices::GROUP_UUID)),
    always(Attribute::Modified, Some(indices::GROUP_MODIFIED)),
    always(Attribute::Created, None),
    sometimes(Attribute::Description, None),
    always(Attribute::Number, None),
];

const SERVICE_ACCOUNT: &[Column] = &[
    always(Attribute::Name, Some(indices::SERVICE_ACCOUNT_NAME)),
    always(Attribute::Uuid, Some(indices::SERVICE_ACCOUNT_UUID)),
    always(Attribute::Created, None),
    always(Attribute::Modified, None),
    sometimes(Attribute::Description, None),
    always(Attribute::Number, None),
];

const DEVICE: &[Column] = &[
    always(Attribute::Name, Some(indices::DEVICE_NAME)),
    always(Attribute::Uuid, Some(indices::DEVICE_UUID)),
    sometimes(Attribute::Serial, Some(indices::DEVICE_SERIAL)),
    // In octets, and compared as text.
    sometimes(Attribute::HardwareAddress, Some(indices::DEVICE_ADDRESS)),
    // By the user's number alone.
    sometimes(Attribute::Owner, Some(indices::DEVICE_OWNER)),
    sometimes(Attribute::About, None),
    always(Attribute::Created, None),
    always(Attribute::Modified, None),
    always(Attribute::Number, None),
];
