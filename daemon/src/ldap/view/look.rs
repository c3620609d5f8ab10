//! How entries look: which object classes and attributes show what is stored.
//!
//! One set of tables says what is written and what filters test, so that the two cannot differ.

use std::sync::LazyLock;

use directory::records::Layout;
use directory::search::{Attribute, Kind, Kinds};
use ldap::schema::{self, AttributeType, Vocabulary};

use super::tables::{self, CERTIFIED, Classes, Extra, Extras, Table};
use super::tree::{self, Tree};

/// How entries look in one layout.
pub(crate) struct Look {
    /// Where entries stand.
    pub(crate) tree: &'static Tree,
    /// Which definitions of the schema count.
    pub(crate) vocabulary: Vocabulary,
    /// How users look.
    pub(crate) user: Shown,
    /// How groups look.
    pub(crate) group: Shown,
    /// How service accounts look.
    pub(crate) service: Shown,
    /// How devices look, where there are any.
    pub(crate) device: Shown,
    /// The object classes of a base.
    pub(crate) base_classes: &'static [&'static str],
    /// What the base and containers show in another form.
    pub(crate) place_extras: Vec<(&'static AttributeType, Extra)>,
    /// The object classes that some entry has, superclasses included.
    classes: Vec<&'static str>,
    /// What a filter on an attribute type tests, its subtypes included, by the type's index.
    tests: Vec<Vec<(Kinds, Attribute)>>,
}

/// How entries of one kind look.
pub(crate) struct Shown {
    /// Their object classes, the structural one and its superclasses first.
    pub(crate) classes: &'static [&'static str],
    /// The attributes that show what is stored as it is.
    pub(crate) facts: Vec<(&'static AttributeType, Attribute)>,
    /// The attributes that show it in another form.
    pub(crate) extras: Vec<(&'static AttributeType, Extra)>,
}

impl Look {
    /// How entries look in a layout, devices among them where it has a place for these.
    pub(crate) fn of(layout: Layout) -> &'static Self {
        match layout {
            Layout::Rfc2307bis => &RFC2307BIS,
            Layout::Rfc2307 => &RFC2307,
            Layout::UniqueMember => &UNIQUE_MEMBER,
            Layout::ActiveDirectory => &ACTIVE_DIRECTORY,
            Layout::Jumpcloud => &JUMPCLOUD,
        }
    }

    /// How entries look in a layout to who is shown devices, or is not.
    pub(crate) fn seen(layout: Layout, devices: bool) -> &'static Self {
        match layout {
            Layout::Rfc2307bis if !devices => &RFC2307BIS_WITHOUT_DEVICES,
            Layout::Rfc2307 if !devices => &RFC2307_WITHOUT_DEVICES,
            Layout::UniqueMember if !devices => &UNIQUE_MEMBER_WITHOUT_DEVICES,
            Layout::Rfc2307bis
            | Layout::Rfc2307
            | Layout::UniqueMember
            | Layout::ActiveDirectory
            | Layout::Jumpcloud => Self::of(layout),
        }
    }

    /// Whether it is that of a layout.
    pub(crate) fn is_of(&self, layout: Layout) -> bool {
        [true, false].iter().any(|devices| std::ptr::eq(self, Self::seen(layout, *devices)))
    }

    /// How entries of a stored kind look.
    pub(crate) const fn shown(&self, kind: Kind) -> &Shown {
        match kind {
            Kind::User | Kind::Container => &self.user,
            Kind::Group => &self.group,
            Kind::ServiceAccount => &self.service,
            Kind::Device => &self.device,
        }
    }

    /// Each stored kind, and how it looks.
    pub(crate) const fn kinds(&self) -> [(Kinds, &Shown); 4] {
        [
            (Kinds::USERS, &self.user),
            (Kinds::GROUPS, &self.group),
            (Kinds::SERVICE_ACCOUNTS, &self.service),
            (Kinds::DEVICES, &self.device),
        ]
    }

    /// What each kind shows in another form, places among them.
    pub(super) fn extras(
        &self,
    ) -> impl Iterator<Item = (Kinds, &[(&'static AttributeType, Extra)])> {
        let stored = self.kinds().into_iter().map(|(kinds, shown)| (kinds, &*shown.extras));
        stored.chain([(Kinds::CONTAINERS, &*self.place_extras)])
    }

    /// Whether entries look as those of domain controllers do.
    pub(crate) fn is_domain(&self) -> bool {
        self.vocabulary == Vocabulary::ActiveDirectory
    }

    /// What a filter on an attribute type tests, its subtypes included.
    pub(crate) fn tests(&self, kind: &AttributeType) -> &[(Kinds, Attribute)] {
        self.tests.get(usize::from(kind.index())).map_or(&[], Vec::as_slice)
    }

    /// Whether some entry shows this type, or a subtype of it, members of groups left out.
    pub(super) fn shows(&self, kind: &AttributeType) -> bool {
        let mut extras = self.extras().flat_map(|(_, extras)| extras);
        let served = kind.is_operational() && kind.is_in(self.vocabulary);
        (served && !NOBODYS.contains(&kind.name))
            || kind.name == "objectClass"
            || !self.tests(kind).is_empty()
            || extras.any(|(shown, _)| shown.is_a_in(kind, self.vocabulary))
    }

    /// The object classes that some entry has, superclasses included.
    pub(crate) fn classes(&self) -> &[&'static str] {
        &self.classes
    }

    /// Whether some entry has the object class of this name or number.
    pub(crate) fn has_class(&self, name: &str) -> bool {
        let class = schema::object_class(name.trim());
        class.is_some_and(|class| self.classes.contains(&class.name))
    }

    /// Users, groups, service accounts and devices apart, as most servers have them.
    fn plain(vocabulary: Vocabulary, classes: Classes) -> Self {
        Self::new(&tree::APART, vocabulary, classes, PLAIN)
    }

    /// The same without devices.
    fn without_devices(vocabulary: Vocabulary, classes: Classes) -> Self {
        let classes = Classes { device: &[], ..classes };
        Self::new(&tree::WITHOUT_DEVICES, vocabulary, classes, PLAIN)
    }

    fn new(
        tree: &'static Tree,
        vocabulary: Vocabulary,
        classes: Classes,
        [user, group, service]: [(Table, Extras); 3],
    ) -> Self {
        let domain = vocabulary == Vocabulary::ActiveDirectory;
        let devices =
            if classes.device.is_empty() { (NOTHING, NONE) } else { (tables::DEVICE, CERTIFIED) };
        let rows = [
            (Kinds::USERS, user.0),
            (Kinds::GROUPS, group.0),
            (Kinds::SERVICE_ACCOUNTS, service.0),
            (Kinds::DEVICES, devices.0),
            (Kinds::CONTAINERS, tables::PLACES),
            (Kinds::CONTAINERS, if domain { tables::AD_PLACES } else { tables::ORGANIZATION }),
            (Kinds::ALL, tables::OPERATIONAL),
        ];
        let places = tree.containers.iter().map(|container| container.classes());
        let lists = [classes.user, classes.group, classes.service, classes.device, classes.base];
        let had = lists.into_iter().chain(places).flatten();
        let had = had.filter_map(|name| schema::object_class(name));
        let had = had.flat_map(|class| class.superclasses().map(|class| class.name));
        Self {
            tree,
            vocabulary,
            user: Shown::new(classes.user, user),
            group: Shown::new(classes.group, group),
            service: Shown::new(classes.service, service),
            device: Shown::new(classes.device, devices),
            base_classes: classes.base,
            place_extras: known(if domain { tables::AD_PLACE_EXTRAS } else { NONE }),
            classes: had.collect(),
            tests: schema::attributes()
                .iter()
                .map(|kind| tests_of(kind, vocabulary, &rows))
                .collect(),
        }
    }
}

impl Shown {
    /// Whether a name is that of a type that they show themselves.
    pub(crate) fn has(&self, name: &str) -> bool {
        let Some(kind) = schema::attribute(name).filter(|kind| !kind.left) else { return false };
        let mut extras = self.extras.iter();
        self.facts.iter().any(|(shown, _)| *shown == kind)
            || extras.any(|(shown, extra)| *shown == kind && *extra != Extra::Ambiguous)
    }

    /// Every attribute type that they show.
    #[cfg(test)]
    pub(crate) fn types(&self) -> impl Iterator<Item = &'static AttributeType> {
        let facts = self.facts.iter().map(|(kind, _)| *kind);
        facts.chain(self.extras.iter().map(|(kind, _)| *kind))
    }

    /// A type that the schema does not have is never selected.
    fn new(classes: &'static [&'static str], (facts, extras): (Table, Extras)) -> Self {
        Self { classes, facts: known(facts), extras: known(extras) }
    }
}

fn known<T: Copy>(table: &[(&'static str, T)]) -> Vec<(&'static AttributeType, T)> {
    let known = |(name, shown): &(&str, T)| Some((schema::attribute(name)?, *shown));
    table.iter().filter_map(known).collect()
}

/// What a filter on one attribute type of a vocabulary tests; the same attribute of several kinds at
/// once.
fn tests_of(
    kind: &AttributeType,
    vocabulary: Vocabulary,
    tables: &[(Kinds, Table)],
) -> Vec<(Kinds, Attribute)> {
    let mut tests: Vec<(Kinds, Attribute)> = Vec::new();
    for (kinds, table) in tables {
        for (name, attribute) in *table {
            if !schema::attribute(name).is_some_and(|shown| shown.is_a_in(kind, vocabulary)) {
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

/// The structural class of a list.
pub(crate) fn structural<'c>(classes: &[&'c str]) -> &'c str {
    classes.first().copied().unwrap_or_default()
}

/// What is operational, and of no entry here: nothing is written over LDAP by whoever could be named, and
/// there is no other server.
const NOBODYS: [&str; 3] = ["altServer", "creatorsName", "modifiersName"];

const NOTHING: Table = &[];
const NONE: Extras = &[];
/// What users, groups and service accounts show as most servers have them.
const PLAIN: [(Table, Extras); 3] =
    [(tables::USER, CERTIFIED), (tables::GROUP, NONE), (tables::SERVICE, NONE)];

static RFC2307BIS: LazyLock<Look> =
    LazyLock::new(|| Look::plain(Vocabulary::Rfc2307bis, tables::RFC2307BIS));
static RFC2307: LazyLock<Look> =
    LazyLock::new(|| Look::plain(Vocabulary::Rfc2307, tables::RFC2307));
static UNIQUE_MEMBER: LazyLock<Look> =
    LazyLock::new(|| Look::plain(Vocabulary::Rfc2307bis, tables::UNIQUE_MEMBER));
static RFC2307BIS_WITHOUT_DEVICES: LazyLock<Look> =
    LazyLock::new(|| Look::without_devices(Vocabulary::Rfc2307bis, tables::RFC2307BIS));
static RFC2307_WITHOUT_DEVICES: LazyLock<Look> =
    LazyLock::new(|| Look::without_devices(Vocabulary::Rfc2307, tables::RFC2307));
static UNIQUE_MEMBER_WITHOUT_DEVICES: LazyLock<Look> =
    LazyLock::new(|| Look::without_devices(Vocabulary::Rfc2307bis, tables::UNIQUE_MEMBER));
static ACTIVE_DIRECTORY: LazyLock<Look> = LazyLock::new(|| {
    let shown = [
        (tables::AD_USER, tables::AD_USER_EXTRAS),
        (tables::AD_GROUP, tables::AD_GROUP_EXTRAS),
        (tables::AD_SERVICE, tables::AD_SERVICE_EXTRAS),
    ];
    Look::new(&tree::DOMAIN, Vocabulary::ActiveDirectory, tables::ACTIVE_DIRECTORY, shown)
});
static JUMPCLOUD: LazyLock<Look> = LazyLock::new(|| {
    let shown = [(tables::USER, CERTIFIED), (tables::GROUP, NONE), (tables::SERVICE_BY_UID, NONE)];
    Look::new(&tree::TOGETHER, Vocabulary::Jumpcloud, tables::JUMPCLOUD, shown)
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::view::ways::Ways;

    #[test]
    fn every_type_and_class_of_a_layout_is_in_its_vocabulary() {
        for layout in Layout::ALL {
            let look = Look::of(layout);
            let lists = look.kinds().map(|(_, shown)| shown.classes);
            for name in lists.iter().copied().flatten().chain(look.base_classes) {
                let is_it = |class: &&schema::ObjectClass| class.name == *name;
                let defined = schema::object_classes_in(look.vocabulary).find(is_it);
                assert!(defined.is_some(), "{layout:?} {name}");
            }
            for (_, shown) in look.kinds() {
                for kind in shown.types() {
                    assert!(kind.is_in(look.vocabulary), "{layout:?} {}", kind.name);
                }
            }
        }
        let user = &Look::of(Layout::ActiveDirectory).user;
        assert_eq!(user.facts.len(), tables::AD_USER.len());
        assert_eq!(user.extras.len(), tables::AD_USER_EXTRAS.len());
    }

    #[test]
    fn a_layout_has_the_classes_of_its_entries_and_what_they_build_on() {
        let has = |layout, name| Look::of(layout).has_class(name);
        for name in ["person", "PERSON", " 2.5.6.6 ", "top", "organizationalUnit", "dcObject"] {
            assert!(has(Layout::Rfc2307bis, name), "{name}");
        }
        for name in ["user", "nosuch", "9.9.9", "groupOfUniqueNames"] {
            assert!(!has(Layout::Rfc2307bis, name), "{name}");
        }
        assert!(has(Layout::ActiveDirectory, "user") && has(Layout::ActiveDirectory, "group"));
        assert!(has(Layout::UniqueMember, "groupOfUniqueNames"));
        assert!(!has(Layout::UniqueMember, "groupOfNames"));
    }

    #[test]
    fn an_own_attribute_from_before_is_hidden_by_what_entries_of_a_kind_show_under_its_name() {
        let look = |layout| Look::of(layout);
        let domain = look(Layout::ActiveDirectory);
        assert!(domain.user.has("accountExpires") && domain.user.has("ACCOUNTEXPIRES"));
        assert!(!domain.group.has("accountExpires"), "theirs is told");
        assert!(!look(Layout::Rfc2307bis).user.has("accountExpires"), "there all are");
        for name in ["anr", "macAddress", "carLicense", "nosuch"] {
            assert!(!domain.user.has(name), "{name}");
        }
        let plain = look(Layout::Rfc2307bis);
        assert!(plain.device.has("macAddress") && !plain.user.has("macAddress"));
    }

    #[test]
    fn devices_look_like_something_where_there_is_a_place_for_them() {
        for layout in Layout::ALL {
            let plain = !matches!(layout, Layout::ActiveDirectory | Layout::Jumpcloud);
            for (devices, there) in [(true, plain), (false, false)] {
                let look = Look::seen(layout, devices);
                assert!(look.is_of(layout), "{layout:?}");
                assert_eq!(look.has_class("device"), there, "{layout:?}");
                assert_eq!(look.has_class("ieee802Device"), there, "{layout:?}");
                assert_eq!(look.tree.kinds_of_all().contains(Kind::Device), there, "{layout:?}");
                assert_eq!(look.has_class("pkiUser"), there, "{layout:?}");
                for name in ["serialNumber", "macAddress", "owner"] {
                    let shows = look.shows(schema::attribute(name).unwrap());
                    assert_eq!(shows, there, "{layout:?} {name}");
                }
            }
        }
        assert!(!Look::of(Layout::Rfc2307).is_of(Layout::Rfc2307bis));
    }

    #[test]
    fn what_an_entry_shows_is_allowed_by_its_object_classes() {
        for layout in Layout::ALL {
            let look = Look::of(layout);
            let members = Ways::of(layout, directory::records::Profile::Generic).members.iter();
            let members: Vec<_> = members.map(|(kind, _)| *kind).collect();
            for (kinds, shown) in look.kinds() {
                let classes: Vec<_> = schema::object_classes_in(look.vocabulary)
                    .filter(|class| shown.classes.contains(&class.name))
                    .collect();
                let allowed: Vec<&str> = classes
                    .iter()
                    .flat_map(|class| class.must.iter().chain(class.may))
                    .copied()
                    .collect();
                let group = if kinds == Kinds::GROUPS { members.as_slice() } else { &[] };
                for kind in shown.types().chain(group.iter().copied()) {
                    let fits = kind.is_operational() || allowed.contains(&kind.name);
                    assert!(fits, "{layout:?}: {} of {:?}", kind.name, shown.classes);
                }
            }
        }
    }

    #[test]
    fn what_the_base_and_containers_of_a_domain_show_is_allowed_by_their_object_classes() {
        let look = Look::of(Layout::ActiveDirectory);
        let containers = look.tree.containers.iter().map(|container| container.classes());
        for classes in containers.chain([look.base_classes]) {
            let allowed: Vec<&str> = schema::object_classes_in(look.vocabulary)
                .filter(|class| classes.contains(&class.name))
                .flat_map(|class| class.must.iter().chain(class.may))
                .copied()
                .collect();
            for (kind, extra) in &look.place_extras {
                let elsewhere = *extra == Extra::DomainSid && classes != look.base_classes;
                assert!(elsewhere || allowed.contains(&kind.name), "{} of {classes:?}", kind.name);
            }
            assert!(allowed.contains(&"name"), "{classes:?}");
        }
        assert!(Look::of(Layout::Rfc2307).place_extras.is_empty());
    }
}
