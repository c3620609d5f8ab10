//! What kinds of applications see beside a layout: how groups name members, and the like.

use std::sync::LazyLock;

use directory::records::{Layout, Members, PROFILES, Profile, Sees};
use ldap::Selection;
use ldap::schema::{self, AttributeType, Vocabulary};

use super::look::Look;

/// What one kind of application sees, and may do.
pub(crate) struct Ways {
    /// How groups name their members.
    pub(crate) members: Vec<(&'static AttributeType, Members)>,
    /// Whether an entry's groups come with all its attributes.
    pub(crate) groups_unasked: bool,
    /// Whether a search without pages may give as many entries as one with pages.
    pub(crate) unpaged: bool,
    /// The types that no entry shows, nor a subtype of.
    pub(crate) hidden: Selection,
    /// Which definitions of the schema count.
    vocabulary: Vocabulary,
}

impl Ways {
    /// What applications of a profile see in a layout.
    pub(crate) fn of(layout: Layout, profile: Profile) -> &'static Self {
        let row = layout as usize * PROFILES.len();
        ALL.get(row.saturating_add(profile as usize)).unwrap_or(&*PLAIN)
    }

    /// What users see in a layout, who are shown no devices.
    pub(crate) fn of_users(layout: Layout) -> &'static Self {
        OF_USERS.get(layout as usize).unwrap_or(&*PLAIN)
    }

    fn new(layout: Layout, sees: &Sees) -> Self {
        let members = if sees.members.is_empty() { members_of(layout) } else { sees.members };
        let typed = |members: &Members| Some((schema::attribute(member_type(*members))?, *members));
        let members: Vec<_> = members.iter().filter_map(typed).collect();
        let look = Look::seen(layout, sees.devices);
        let vocabulary = look.vocabulary;
        let is_member =
            |kind: &AttributeType| members.iter().any(|(shown, _)| shown.is_a_in(kind, vocabulary));
        let hidden = |kind: &&AttributeType| !look.shows(kind) && !is_member(kind);
        let hidden = Selection::of(schema::attributes().iter().filter(hidden));
        Self {
            members,
            groups_unasked: sees.groups_unasked || layout == Layout::ActiveDirectory,
            unpaged: sees.unpaged,
            hidden,
            vocabulary,
        }
    }

    /// How groups name members in an attribute of this type, if they do.
    pub(crate) fn members_by(&self, kind: &AttributeType) -> Option<Members> {
        self.members.iter().find(|(shown, _)| *shown == kind).map(|(_, members)| *members)
    }

    /// The types in which groups name members that are subtypes of this one.
    pub(crate) fn members_within(
        &self,
        kind: &AttributeType,
    ) -> impl Iterator<Item = &'static AttributeType> {
        self.members
            .iter()
            .map(|(shown, _)| *shown)
            .filter(move |shown| *shown != kind && shown.is_a_in(kind, self.vocabulary))
    }
}

static PLAIN: LazyLock<Ways> =
    LazyLock::new(|| Ways::new(Layout::default(), Profile::default().sees()));
static ALL: LazyLock<Vec<Ways>> = LazyLock::new(|| {
    let profiles = PROFILES.each_ref().map(|sees| sees.profile);
    let all = Layout::ALL.into_iter().flat_map(|layout| profiles.map(|profile| (layout, profile)));
    all.map(|(layout, profile)| Ways::new(layout, profile.sees())).collect()
});
static OF_USERS: LazyLock<Vec<Ways>> = LazyLock::new(|| {
    let sees = Sees { devices: false, ..*Profile::default().sees() };
    Layout::ALL.into_iter().map(|layout| Ways::new(layout, &sees)).collect()
});

/// The attribute in which groups name members.
const fn member_type(members: Members) -> &'static str {
    match members {
        Members::Names => "member",
        Members::UniqueNames => "uniqueMember",
        Members::Logins => "memberUid",
    }
}

/// How groups name members in a layout.
const fn members_of(layout: Layout) -> &'static [Members] {
    match layout {
        Layout::Rfc2307bis | Layout::ActiveDirectory | Layout::Jumpcloud => &[Members::Names],
        Layout::Rfc2307 => &[Members::Logins],
        Layout::UniqueMember => &[Members::UniqueNames],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layout_and_profile_has_its_own() {
        for layout in Layout::ALL {
            for sees in &PROFILES {
                let (found, made) = (Ways::of(layout, sees.profile), Ways::new(layout, sees));
                assert_eq!(found.members, made.members, "{layout:?} {sees:?}");
                assert_eq!(found.groups_unasked, made.groups_unasked, "{layout:?} {sees:?}");
                assert_eq!(found.unpaged, sees.unpaged);
                assert!(!found.members.is_empty());
            }
            let (user, generic) = (Ways::of_users(layout), Ways::of(layout, Profile::Generic));
            assert_eq!(user.members, generic.members, "{layout:?}");
            assert_eq!(user.groups_unasked, generic.groups_unasked, "{layout:?}");
        }
        let names = |layout| {
            let members = Ways::of(layout, Profile::Generic).members.iter();
            members.map(|(kind, _)| kind.name).collect::<Vec<_>>()
        };
        assert_eq!(names(Layout::Rfc2307), ["memberUid"]);
        assert_eq!(names(Layout::UniqueMember), ["uniqueMember"]);
        let hides = |layout, profile, name| {
            Ways::of(layout, profile).hidden.wants(schema::attribute(name).unwrap())
        };
        let unknown = ["sAMAccountName", "anr", "memberUid", "jpegPhoto", "userPassword"];
        for name in unknown.into_iter().chain(["altServer", "creatorsName", "modifiersName"]) {
            assert!(hides(Layout::Rfc2307bis, Profile::Generic, name), "{name}");
        }
        for name in ["uid", "member", "memberOf", "entryUUID", "objectClass", "name"] {
            assert!(!hides(Layout::Rfc2307bis, Profile::Generic, name), "{name}");
        }
        assert!(!hides(Layout::Rfc2307bis, Profile::Sssd, "memberUid"));
        for name in ["macAddress", "serialNumber", "owner"] {
            assert!(!hides(Layout::Rfc2307bis, Profile::Generic, name), "{name}");
            assert!(hides(Layout::Rfc2307bis, Profile::Sssd, name), "{name}");
            assert!(hides(Layout::Jumpcloud, Profile::Generic, name), "{name}");
            let kind = schema::attribute(name).unwrap();
            assert!(Ways::of_users(Layout::Rfc2307bis).hidden.wants(kind), "{name}");
        }
        assert!(hides(Layout::Rfc2307, Profile::Generic, "member"));
        for name in ["sAMAccountName", "anr", "supportedCapabilities"] {
            assert!(!hides(Layout::ActiveDirectory, Profile::AdLike, name), "{name}");
        }
    }
}
