//! The containers below an organization's base, and where in them entries stand.

use directory::search::{Attribute, Kind, Kinds};

use super::tables::{CONTAINER_CLASSES, UNIT_CLASSES};

/// A container below an organization's base.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Container {
    /// Its number in its tree, from which its id is made.
    pub(crate) number: u8,
    /// The type of its RDN.
    pub(crate) naming: &'static str,
    /// The value of its RDN, as it is shown.
    pub(crate) name: &'static str,
    /// What stands in it.
    pub(crate) kinds: Kinds,
}

impl Container {
    /// Its object classes, the structural one first.
    pub(crate) fn classes(&self) -> &'static [&'static str] {
        if self.naming == "cn" { CONTAINER_CLASSES } else { UNIT_CLASSES }
    }

    /// The attribute that shows its name in filters.
    pub(crate) fn attribute(&self) -> Attribute {
        if self.naming == "cn" { Attribute::CommonName } else { Attribute::Name }
    }
}

/// Where entries of one kind stand.
#[derive(Debug)]
pub(crate) struct Slot {
    /// What stands there.
    pub(crate) kind: Kind,
    /// The container that they stand in.
    pub(crate) container: &'static Container,
    /// The type of their RDN.
    pub(crate) naming: &'static str,
}

/// The containers of a layout, and where in them entries stand.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Every container, in the order in which a search gives them.
    pub(crate) containers: &'static [&'static Container],
    /// Where devices stand, if there are any.
    devices: Option<Slot>,
    /// Where others do; of two that share a container and a type, the first one's name counts.
    slots: [Slot; 3],
}

impl Tree {
    /// Where entries of a kind stand; containers stand in none.
    pub(crate) fn slot(&self, kind: Kind) -> &Slot {
        let [services, users, groups] = &self.slots;
        match kind {
            Kind::User | Kind::Container => users,
            Kind::Group => groups,
            Kind::ServiceAccount => services,
            Kind::Device => self.devices.as_ref().unwrap_or(services),
        }
    }

    /// What stands in its containers.
    pub(crate) fn kinds_of_all(&self) -> Kinds {
        let all = self.containers.iter();
        all.fold(Kinds::NONE, |kinds, container| kinds.and(container.kinds))
    }

    /// The container with an RDN.
    pub(crate) fn container(&self, naming: &str, name: &str) -> Option<&'static Container> {
        let is_it = |container: &&&Container| {
            container.naming == naming && container.name.eq_ignore_ascii_case(name)
        };
        self.containers.iter().find(is_it).copied()
    }

    /// The kinds of entries that have an RDN of a type in a container, the first one's name first.
    pub(crate) fn kinds(
        &self,
        container: &'static Container,
        naming: &str,
    ) -> impl Iterator<Item = Kind> {
        let slots = self.slots.iter().chain(&self.devices);
        slots
            .filter(move |slot| slot.container == container && slot.naming == naming)
            .map(|slot| slot.kind)
    }
}

const fn container(
    number: u8,
    naming: &'static str,
    name: &'static str,
    kinds: Kinds,
) -> Container {
    Container { number, naming, name, kinds }
}

const fn slot(kind: Kind, container: &'static Container, naming: &'static str) -> Slot {
    Slot { kind, container, naming }
}

static PEOPLE: Container = container(1, "ou", "people", Kinds::USERS);
static GROUPS: Container = container(2, "ou", "groups", Kinds::GROUPS);
static SERVICES: Container = container(3, "ou", "services", Kinds::SERVICE_ACCOUNTS);
static DEVICES: Container = container(4, "ou", "devices", Kinds::DEVICES);

const SLOTS_APART: [Slot; 3] = [
    slot(Kind::ServiceAccount, &SERVICES, "cn"),
    slot(Kind::User, &PEOPLE, "uid"),
    slot(Kind::Group, &GROUPS, "cn"),
];

/// `ou=people`, `ou=groups`, `ou=services` and `ou=devices`.
pub(super) static APART: Tree = Tree {
    containers: &[&PEOPLE, &GROUPS, &SERVICES, &DEVICES],
    devices: Some(slot(Kind::Device, &DEVICES, "cn")),
    slots: SLOTS_APART,
};

/// The same without devices.
pub(super) static WITHOUT_DEVICES: Tree =
    Tree { containers: &[&PEOPLE, &GROUPS, &SERVICES], devices: None, slots: SLOTS_APART };

static USERS: Container = container(1, "cn", "users", Kinds::USERS);
static MANAGED: Container = container(3, "cn", "managed service accounts", Kinds::SERVICE_ACCOUNTS);

/// `cn=users`, `ou=groups` and `cn=managed service accounts`, everybody by `cn`.
pub(super) static DOMAIN: Tree = Tree {
    containers: &[&USERS, &GROUPS, &MANAGED],
    devices: None,
    slots: [
        slot(Kind::ServiceAccount, &MANAGED, "cn"),
        slot(Kind::User, &USERS, "cn"),
        slot(Kind::Group, &GROUPS, "cn"),
    ],
};

static EVERYBODY: Container =
    container(1, "ou", "Users", Kinds::USERS.and(Kinds::GROUPS).and(Kinds::SERVICE_ACCOUNTS));

/// `ou=Users` alone; users and service accounts are named alike, which the directory keeps apart.
pub(super) static TOGETHER: Tree = Tree {
    containers: &[&EVERYBODY],
    devices: None,
    slots: [
        slot(Kind::ServiceAccount, &EVERYBODY, "uid"),
        slot(Kind::User, &EVERYBODY, "uid"),
        slot(Kind::Group, &EVERYBODY, "cn"),
    ],
};
