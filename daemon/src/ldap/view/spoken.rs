//! Under which base, and in whose words, a caller is answered.

use directory::records::{Layout, Organization, Profile};
use ldap::dn::Dn;

use super::look::Look;
use super::place::{Named, Naming, Target, target_in};
use super::root_dse::Special;
use super::tree::{APART, DOMAIN, TOGETHER, Tree};
use super::ways::Ways;

/// How a caller spoke of themselves: under this base, and in this tree.
#[derive(Clone)]
pub(crate) struct Spoken {
    base: Dn,
    tree: &'static Tree,
}

impl Spoken {
    /// As an account of the domain that a base stands for: answered as domain controllers do.
    pub(crate) const fn as_account(base: Dn) -> Self {
        Self { base, tree: &DOMAIN }
    }
}

/// Who is answered.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'s> {
    /// The kind of application.
    pub(crate) profile: Profile,
    /// How the caller spoke of themselves.
    pub(crate) spoken: Option<&'s Spoken>,
    /// Whether it is a user: an application hands on their names as it was shown them, and expects
    /// the same names under the same base.
    pub(crate) user: bool,
}

/// Whom a name two levels below a base claims to be, in whichever layout's tree: applications hand
/// on the names that their profile shows them.
pub(crate) fn claim(base: &Dn, dn: &Dn) -> Option<(Named, Spoken)> {
    [&APART, &DOMAIN, &TOGETHER].into_iter().find_map(|tree| match target_in(tree, base, dn) {
        Ok(Target::Entry(named)) => Some((named, Spoken { base: base.clone(), tree })),
        Ok(Target::Base | Target::Container(_)) | Err(_) => None,
    })
}

/// How entries are named for a caller, under the base that `name` lies under: the organization's own
/// when it lies under none.
pub(crate) fn naming(record: &Organization, asking: Asking<'_>, name: &Dn) -> Naming {
    let named = if name.is_root() { asking.spoken.map(|spoken| &spoken.base) } else { Some(name) };
    let (base, layout) = base_over(record, named);
    let sees = asking.profile.sees();
    let spoken = asking.spoken.filter(|spoken| asking.user && spoken.base.as_str() == base);
    let layout = sees.layout.unwrap_or_else(|| spoken_layout(layout, spoken));
    let look = Look::seen(layout, sees.devices && !asking.user);
    let ways = if asking.user { Ways::of_users(layout) } else { Ways::of(layout, asking.profile) };
    let naming = Naming::under(base, look, ways, record.uuid);
    if record.presentation.aliases.is_empty() {
        return naming;
    }
    let tree = |layout| Look::of(sees.layout.unwrap_or(layout)).tree;
    let others = bases(record).filter(|(other, _)| *other != base);
    let own = base == record.fields.base.as_str();
    let naming = if own { naming } else { naming.of_alias() };
    naming.beside(others.map(|(base, layout)| (base.to_owned(), tree(layout))).collect())
}

/// Every base of an organization, the one that the caller spoke of first.
pub(crate) fn contexts<'r>(record: &'r Organization, asking: Asking<'_>) -> Vec<&'r str> {
    let (first, _) = base_over(record, asking.spoken.map(|spoken| &spoken.base));
    let others = bases(record).map(|(base, _)| base).filter(|base| *base != first);
    std::iter::once(first).chain(others).collect()
}

/// Every base of an organization with its layout, its own one first.
fn bases(record: &Organization) -> impl Iterator<Item = (&str, Layout)> {
    let own = (record.fields.base.as_str(), record.presentation.layout);
    let aliases = record.presentation.aliases.iter();
    std::iter::once(own).chain(aliases.map(|alias| (alias.base.as_str(), alias.layout)))
}

/// How the entries are named that a subschema is of; of the root DSE, those below the base that the
/// caller spoke of.
pub(crate) fn naming_of(special: Special<'_>, record: &Organization, asking: Asking<'_>) -> Naming {
    let base = match special {
        Special::Root => return naming(record, asking, &Dn::ROOT),
        Special::Subschema => record.fields.base.as_str(),
        Special::SubschemaOf(alias) => alias,
    };
    naming(record, asking, &Dn::parse(base).unwrap_or(Dn::ROOT))
}

/// The base that a name lies under, with its layout.
fn base_over<'r>(record: &'r Organization, name: Option<&Dn>) -> (&'r str, Layout) {
    let own = (record.fields.base.as_str(), record.presentation.layout);
    let Some(name) = name else { return own };
    let lies_under = |base: &str| {
        name.as_str().ends_with(base) && Dn::parse(base).is_ok_and(|base| name.ends_with(&base))
    };
    let mut aliases = record.presentation.aliases.iter();
    if aliases.len() == 0 || lies_under(own.0) {
        return own;
    }
    let alias = aliases.find(|alias| lies_under(alias.base.as_str()));
    alias.map_or(own, |alias| (alias.base.as_str(), alias.layout))
}

/// The layout of a base, unless the caller spoke in another tree than its own.
fn spoken_layout(layout: Layout, spoken: Option<&Spoken>) -> Layout {
    let Some(spoken) = spoken else { return layout };
    if std::ptr::eq(Look::of(layout).tree, spoken.tree) {
        layout
    } else if std::ptr::eq(&APART, spoken.tree) {
        Layout::Rfc2307bis
    } else if std::ptr::eq(&DOMAIN, spoken.tree) {
        Layout::ActiveDirectory
    } else {
        Layout::Jumpcloud
    }
}

#[cfg(test)]
mod tests {
    use directory::Time;
    use directory::records::{
        Alias, Base, CustomMark, Marks, OrganizationFields, OrganizationState, Presentation,
        Settings, Stamp,
    };
    use directory::search::Kind;
    use ldap::schema::{self, Vocabulary};
    use uuid::Uuid;

    use super::*;
    use crate::ldap::view::special_at;

    fn base(text: &str) -> Base {
        Base::parse(text).unwrap()
    }

    fn organization() -> Organization {
        let alias = Alias { base: base("o=5f0c,dc=jumpcloud,dc=com"), layout: Layout::Jumpcloud };
        let fields = OrganizationFields {
            slug: "acme".into(),
            name: "Acme".into(),
            base: base("dc=acme,dc=example"),
            domain: None,
        };
        Organization {
            uuid: Uuid::from_u128(7),
            state: OrganizationState::Active,
            stamp: Stamp { created: Time(0), modified: Time(0), revision: 1 },
            fields,
            settings: Settings::default(),
            presentation: Presentation { layout: Layout::Rfc2307, aliases: vec![alias] },
            custom: CustomMark::default(),
            marks: Marks::default(),
        }
    }

    fn dn(text: &str) -> Dn {
        Dn::parse(text).unwrap()
    }

    fn shown(profile: Profile, spoken: Option<&Spoken>, name: &str) -> String {
        let asking = Asking { profile, spoken, user: spoken.is_some() };
        let naming = naming(&organization(), asking, &dn(name));
        naming.named(Kind::User, "ada")
    }

    #[test]
    fn names_are_spelled_under_the_base_that_a_request_names() {
        let generic = |name| shown(Profile::Generic, None, name);
        assert_eq!(generic("dc=acme,dc=example"), "uid=ada,ou=people,dc=acme,dc=example");
        assert_eq!(generic("ou=x,dc=elsewhere"), "uid=ada,ou=people,dc=acme,dc=example");
        let alias = generic("ou=Users,o=5f0c,dc=jumpcloud,dc=com");
        assert_eq!(alias, "uid=ada,ou=Users,o=5f0c,dc=jumpcloud,dc=com");
        let profiled = shown(Profile::AdLike, None, "dc=acme,dc=example");
        assert_eq!(profiled, "cn=ada,cn=users,dc=acme,dc=example");
    }

    #[test]
    fn devices_are_shown_to_applications_that_are_made_for_nothing_in_particular() {
        let organization = organization();
        let device = dn("cn=till,ou=devices,dc=acme,dc=example");
        let serial = schema::attribute("serialNumber").unwrap();
        for (profile, user, there) in [
            (Profile::Generic, false, true),
            (Profile::Generic, true, false),
            (Profile::Sssd, false, false),
            (Profile::Nextcloud, false, false),
            (Profile::Vcenter, false, false),
            (Profile::Synology, false, false),
        ] {
            let asking = Asking { profile, spoken: None, user };
            let target = naming(&organization, asking, &device).target(&device);
            let is_one =
                matches!(target, Ok(Target::Entry(named)) if named.kinds == [Kind::Device]);
            assert_eq!(is_one, there, "{profile:?} {user}");
            let shows = naming(&organization, asking, &device).shows(serial);
            assert_eq!(shows, there, "{profile:?} {user}");
        }
    }

    /// The name of a subschema and its definitions, as an application finds them.
    fn subschema(of: &Organization, profile: Profile, name: &str) -> (String, Vocabulary) {
        let asking = Asking { profile, spoken: None, user: false };
        let special = special_at(&dn(name), Some(of)).unwrap();
        let naming = naming_of(special, of, asking);
        (naming.subschema().to_owned(), naming.served().vocabulary)
    }

    #[test]
    fn rfc4512_4_2_entries_below_an_alias_base_have_a_subschema_of_its_layout() {
        let organization = organization();
        let (own, alias) = ("cn=subschema", "cn=subschema,o=5f0c,dc=jumpcloud,dc=com");
        let spelled = "CN=Subschema , O=5F0C,DC=jumpcloud,DC=com";
        for (profile, name, found) in [
            (Profile::Generic, "", (own, Vocabulary::Rfc2307)),
            (Profile::Generic, "CN=Subschema", (own, Vocabulary::Rfc2307)),
            (Profile::Generic, alias, (alias, Vocabulary::Jumpcloud)),
            (Profile::Generic, spelled, (alias, Vocabulary::Jumpcloud)),
            (Profile::AdLike, own, (own, Vocabulary::ActiveDirectory)),
            (Profile::AdLike, alias, (alias, Vocabulary::ActiveDirectory)),
        ] {
            let (named, vocabulary) = subschema(&organization, profile, name);
            assert_eq!((named.as_str(), vocabulary), found, "{profile:?} {name}");
        }
        for (name, found) in [
            ("dc=acme,dc=example", own),
            ("ou=people,dc=acme,dc=example", own),
            ("ou=Users,o=5f0c,dc=jumpcloud,dc=com", alias),
        ] {
            let asking = Asking { profile: Profile::Generic, spoken: None, user: false };
            assert_eq!(naming(&organization, asking, &dn(name)).subschema(), found, "{name}");
        }
        for name in [
            "cn=subschema,dc=acme,dc=example",
            "cn=subschema,o=other,dc=jumpcloud,dc=com",
            "cn=x,o=5f0c,dc=jumpcloud,dc=com",
            "cn=x,cn=subschema,o=5f0c,dc=jumpcloud,dc=com",
            "cn=subschema+ou=x,o=5f0c,dc=jumpcloud,dc=com",
            "cn=subschemas",
        ] {
            assert_eq!(special_at(&dn(name), Some(&organization)), None, "{name}");
        }
        assert_eq!(special_at(&dn(alias), None), None);
        assert_eq!(special_at(&dn(own), None), Some(Special::Subschema));
    }

    #[test]
    fn rfc4512_5_1_the_root_dse_points_to_the_subschema_of_the_base_that_was_spoken_of() {
        let organization = organization();
        let alias = dn("o=5f0c,dc=jumpcloud,dc=com");
        let ada = dn("uid=ada,ou=Users,o=5f0c,dc=jumpcloud,dc=com");
        let (_, spoken) = claim(&alias, &ada).unwrap();
        for user in [true, false] {
            let asking = Asking { profile: Profile::Generic, spoken: Some(&spoken), user };
            let of = |special| naming_of(special, &organization, asking);
            let root = of(Special::Root);
            assert_eq!(root.subschema(), "cn=subschema,o=5f0c,dc=jumpcloud,dc=com");
            assert_eq!(root.served().vocabulary, Vocabulary::Jumpcloud);
            assert_eq!(of(Special::Subschema).served().vocabulary, Vocabulary::Rfc2307);
        }
    }

    #[test]
    fn who_spoke_in_a_tree_is_answered_in_it() {
        let own = dn("dc=acme,dc=example");
        let (named, spoken) = claim(&own, &dn("cn=ada,cn=users,dc=acme,dc=example")).unwrap();
        assert_eq!((named.kinds, named.name.as_str()), (vec![Kind::User], "ada"));
        let asked = shown(Profile::Generic, Some(&spoken), "dc=acme,dc=example");
        assert_eq!(asked, "cn=ada,cn=users,dc=acme,dc=example");
        assert_eq!(shown(Profile::Generic, Some(&spoken), ""), asked);
        let application = Asking { profile: Profile::Generic, spoken: Some(&spoken), user: false };
        let laid_out = naming(&organization(), application, &own).named(Kind::User, "ada");
        assert_eq!(laid_out, "uid=ada,ou=people,dc=acme,dc=example");
        let together = dn("uid=ada,ou=users,o=5f0c,dc=jumpcloud,dc=com");
        let (named, spoken) = claim(&dn("o=5f0c,dc=jumpcloud,dc=com"), &together).unwrap();
        assert_eq!(named.kinds, [Kind::ServiceAccount, Kind::User]);
        let organization = organization();
        let asking = Asking { profile: Profile::Generic, spoken: Some(&spoken), user: true };
        let elsewhere = naming(&organization, asking, &own).named(Kind::User, "ada");
        assert_eq!(elsewhere, "uid=ada,ou=people,dc=acme,dc=example");
        let contexts = contexts(&organization, asking);
        assert_eq!(contexts, ["o=5f0c,dc=jumpcloud,dc=com", "dc=acme,dc=example"]);
        assert!(claim(&own, &dn("ou=people,dc=acme,dc=example")).is_none());
        assert!(claim(&own, &dn("uid=ada,cn=users,dc=acme,dc=example")).is_none());
    }
}
