//! How entries look: which object classes and attributes show what is stored.
//!
//! One set of tables says what is written and what filters test, so that the two cannot differ.

use std::sync::LazyLock;

use directory::search::{Attribute, Kind, Kinds};
use ldap::schema::{self, AttributeType};

use super::tree::{self, Tree};

/// How entries look in one layout.
pub(crate) struct Look {
    /// Where entries stand.
    pub(crate) tree: &'static Tree,
    /// How users look.
    pub(crate) user: Shown,
    /// How groups look.
    pub(crate) group: Shown,
    /// How service accounts look.
    pub(crate) service: Shown,
    /// The object classes of a base.
    pub(crate) base_classes: &'static [&'static str],
    /// What a filter on an attribute type tests, its subtypes included, by the type's index.
    tests: Vec<Vec<(Kinds, Attribute)>>,
}

/// How entries of one kind look.
pub(crate) struct Shown {
    /// Their object classes, the structural one and its superclasses first.
    pub(crate) classes: &'static [&'static str],
    /// The attributes that show what is stored as it is.
    pub(crate) facts: Vec<(&'static AttributeType, Attribute)>,
}

/// What shows what, before the types are looked up.
type Table = &'static [(&'static str, Attribute)];

impl Look {
    /// How entries of a stored kind look.
    pub(crate) const fn shown(&self, kind: Kind) -> &Shown {
        match kind {
            Kind::User | Kind::Container => &self.user,
            Kind::Group => &self.group,
            Kind::ServiceAccount => &self.service,
        }
    }

    /// What a filter on an attribute type tests, its subtypes included.
    pub(crate) fn tests(&self, kind: &AttributeType) -> &[(Kinds, Attribute)] {
        self.tests.get(usize::from(kind.index())).map_or(&[], Vec::as_slice)
    }

    fn new(
        tree: &'static Tree,
        base_classes: &'static [&'static str],
        [user, group, service]: [(&'static [&'static str], Table); 3],
    ) -> Self {
        let tables = [
            (Kinds::USERS, user.1),
            (Kinds::GROUPS, group.1),
            (Kinds::SERVICE_ACCOUNTS, service.1),
            (Kinds::CONTAINERS, PLACES),
            (Kinds::ALL, OPERATIONAL),
        ];
        Self {
            tree,
            user: Shown::new(user),
            group: Shown::new(group),
            service: Shown::new(service),
            base_classes,
            tests: schema::attributes().iter().map(|kind| tests_of(kind, &tables)).collect(),
        }
    }
}

impl Shown {
    /// A type that the schema does not have is never selected.
    fn new((classes, table): (&'static [&'static str], Table)) -> Self {
        let known =
            |(name, attribute): &(&str, Attribute)| Some((schema::attribute(name)?, *attribute));
        Self { classes, facts: table.iter().filter_map(known).collect() }
    }
}

/// What a filter on one attribute type tests; the same attribute of several kinds at once.
fn tests_of(kind: &'static AttributeType, tables: &[(Kinds, Table)]) -> Vec<(Kinds, Attribute)> {
    let mut tests: Vec<(Kinds, Attribute)> = Vec::new();
    for (kinds, table) in tables {
        for (name, attribute) in *table {
            if !schema::attribute(name).is_some_and(|shown| shown.is_a(kind)) {
                continue;
            }
            match tests.iter_mut().find(|(_, tested)| tested == attribute) {
                Some((tested, _)) => *tested = tested.and(*kinds),
                None => tests.push((*kinds, *attribute)),
            }
        }
    }
    for (kinds, attribute) in &mut tests {
        let other = |kind: &Kind| !kinds.contains(*kind) && attribute.occurs_in(*kind);
        if !Kind::EVERY.iter().any(other) {
            *kinds = Kinds::ALL;
        }
    }
    tests
}

/// The object classes of a container.
pub(crate) const CONTAINER_CLASSES: &[&str] = &["organizationalUnit", "top"];

/// The structural class of a list.
pub(crate) fn structural<'c>(classes: &[&'c str]) -> &'c str {
    classes.first().copied().unwrap_or_default()
}

/// Groups of names, with POSIX attributes beside them.
pub(crate) static RFC2307BIS: LazyLock<Look> = LazyLock::new(|| {
    Look::new(
        &tree::APART,
        &["organization", "top", "dcObject"],
        [
            (USER_CLASSES, USER),
            (&["groupOfNames", "top", "posixGroup"], GROUP),
            (&["applicationProcess", "top"], SERVICE),
        ],
    )
});

const USER_CLASSES: &[&str] =
    &["inetOrgPerson", "organizationalPerson", "person", "top", "posixAccount", "ldapPublicKey"];

const USER: Table = &[
    ("uid", Attribute::Login),
    ("cn", Attribute::DisplayName),
    ("sn", Attribute::Surname),
    ("givenName", Attribute::GivenName),
    ("displayName", Attribute::DisplayName),
    ("mail", Attribute::Mail),
    ("telephoneNumber", Attribute::Phone),
    ("mobile", Attribute::Mobile),
    ("title", Attribute::Title),
    ("description", Attribute::Description),
    ("employeeNumber", Attribute::EmployeeNumber),
    ("uidNumber", Attribute::UidNumber),
    ("gidNumber", Attribute::GidNumber),
    ("homeDirectory", Attribute::HomeDirectory),
    ("loginShell", Attribute::LoginShell),
    ("gecos", Attribute::DisplayName),
    ("sshPublicKey", Attribute::SshKey),
];
const GROUP: Table = &[
    ("cn", Attribute::Name),
    ("description", Attribute::Description),
    ("gidNumber", Attribute::GidNumber),
];
const SERVICE: Table = &[("cn", Attribute::Name), ("description", Attribute::Description)];
/// What the base and containers show, and they alone.
const PLACES: Table =
    &[("ou", Attribute::Name), ("o", Attribute::OrganizationName), ("dc", Attribute::BaseLabel)];
/// What every entry shows on request.
const OPERATIONAL: Table = &[
    ("entryUUID", Attribute::Uuid),
    ("createTimestamp", Attribute::Created),
    ("modifyTimestamp", Attribute::Modified),
];
