//! What entries are made of, and which index serves what.

use storage::Index;

use crate::records::indices;

/// What kind of entry something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A service account.
    ServiceAccount,
    /// Something that is not stored: the base or a container in it.
    Container,
}

impl Kind {
    /// The kinds that are stored, in the order in which a search gives them.
    pub const STORED: [Self; 3] = [Self::User, Self::Group, Self::ServiceAccount];

    const fn bit(self) -> u8 {
        match self {
            Self::User => 1,
            Self::Group => 2,
            Self::ServiceAccount => 4,
            Self::Container => 8,
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
    /// Containers alone.
    pub const CONTAINERS: Self = Self(Kind::Container.bit());
    /// Every kind.
    pub const ALL: Self = Self(15);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
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
    /// The name of a group, a service account or a container.
    Name,
    /// The full name of the organization, on its base.
    OrganizationName,
    /// The first label of the base, on the base.
    BaseLabel,
}

/// How an attribute's values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Text, without case.
    Text,
    /// Text, with case.
    ExactText,
    /// A number.
    Number,
    /// An id.
    Id,
    /// A time in seconds, indexed in milliseconds.
    Time,
}

impl Attribute {
    pub(crate) const fn rule(self) -> Rule {
        match self {
            Self::Uuid => Rule::Id,
            Self::Created | Self::Modified => Rule::Time,
            Self::UidNumber | Self::GidNumber => Rule::Number,
            Self::HomeDirectory | Self::LoginShell | Self::SshKey => Rule::ExactText,
            Self::Login
            | Self::DisplayName
            | Self::GivenName
            | Self::Surname
            | Self::Mail
            | Self::Phone
            | Self::Mobile
            | Self::Title
            | Self::Description
            | Self::EmployeeNumber
            | Self::Name
            | Self::OrganizationName
            | Self::BaseLabel => Rule::Text,
        }
    }

    /// The index that serves the attribute of a kind.
    pub(crate) const fn index(self, kind: Kind) -> Option<Index> {
        match kind {
            Kind::User => self.user_index(),
            Kind::Group => match self {
                Self::Uuid => Some(indices::GROUP_UUID),
                Self::Modified => Some(indices::GROUP_MODIFIED),
                Self::Name => Some(indices::GROUP_NAME),
                Self::GidNumber => Some(indices::GROUP_GID_NUMBER),
                _ => None,
            },
            Kind::ServiceAccount => match self {
                Self::Uuid => Some(indices::SERVICE_ACCOUNT_UUID),
                Self::Name => Some(indices::SERVICE_ACCOUNT_NAME),
                _ => None,
            },
            Kind::Container => None,
        }
    }

    const fn user_index(self) -> Option<Index> {
        match self {
            Self::Uuid => Some(indices::USER_UUID),
            Self::Modified => Some(indices::USER_MODIFIED),
            Self::Login => Some(indices::USER_LOGIN),
            Self::DisplayName => Some(indices::USER_DISPLAY_NAME),
            Self::GivenName => Some(indices::USER_GIVEN_NAME),
            Self::Surname => Some(indices::USER_SURNAME),
            Self::Mail => Some(indices::USER_MAIL),
            Self::Phone => Some(indices::USER_PHONE),
            Self::EmployeeNumber => Some(indices::USER_EMPLOYEE_NUMBER),
            Self::UidNumber => Some(indices::USER_UID_NUMBER),
            _ => None,
        }
    }

    /// Whether every entry of the kind has the attribute.
    pub(crate) const fn always_present(self, kind: Kind) -> bool {
        match self {
            Self::Uuid | Self::Created | Self::Modified => true,
            Self::Login
            | Self::DisplayName
            | Self::Surname
            | Self::UidNumber
            | Self::HomeDirectory => matches!(kind, Kind::User),
            Self::GidNumber => matches!(kind, Kind::User | Kind::Group),
            Self::Name => !matches!(kind, Kind::User),
            _ => false,
        }
    }
}
