//! Who asks, under which base, and how entries are to look then: written down from `docs/ldap.md`.

/// One way to look at an organization.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// The layout of the organization's own base.
    pub(super) layout: &'static str,
    /// The profile of the application.
    pub(super) profile: &'static str,
    /// In which layout entries are shown, and in which attributes members.
    pub(super) shown: &'static str,
    pub(super) members: &'static [&'static str],
    pub(super) caller: Caller,
    /// The alias base under which is asked: the type of its first RDN, and its layout.
    pub(super) alias: Option<(&'static str, &'static str)>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// An application that sees everything.
    Application,
    /// An application that sees the members of one group.
    Narrow,
    /// A user who sees people and groups.
    User,
    /// A user who sees themselves.
    Oneself,
}

impl Caller {
    /// Whether it is a user.
    pub(super) fn is_user(self) -> bool {
        matches!(self, Self::User | Self::Oneself)
    }
}

impl View {
    /// The same, for somebody else.
    pub(super) const fn of(self, caller: Caller) -> Self {
        Self { caller, ..self }
    }

    /// Whether the organization's devices are shown.
    pub(super) fn has_devices(self) -> bool {
        let apart = !matches!(self.shown, "active_directory" | "jumpcloud");
        apart && self.profile == "generic" && !self.caller.is_user()
    }

    const fn under(self, alias: (&'static str, &'static str)) -> Self {
        Self { alias: Some(alias), ..self }
    }

    /// In which layout the own base shows its entries where an alias base is asked under.
    pub(super) fn at_home(self) -> Self {
        let shown = if self.profile == "generic" { self.layout } else { self.shown };
        Self { shown, alias: None, ..self }
    }
}

const fn view(
    layout: &'static str,
    profile: &'static str,
    shown: &'static str,
    members: &'static [&'static str],
) -> View {
    View { layout, profile, shown, members, caller: Caller::Application, alias: None }
}

/// Each layout, and each profile in a layout that is not its own.
pub(super) const APPLICATIONS: [View; 11] = [
    view("rfc2307bis", "generic", "rfc2307bis", &["member"]),
    view("rfc2307", "generic", "rfc2307", &["memberUid"]),
    view("unique_member", "generic", "unique_member", &["uniqueMember"]),
    view("active_directory", "generic", "active_directory", &["member"]),
    view("jumpcloud", "generic", "jumpcloud", &["member"]),
    view("rfc2307", "sssd", "rfc2307", &["member", "memberUid"]),
    view("rfc2307", "nextcloud", "rfc2307bis", &["member"]),
    view("rfc2307bis", "vcenter", "unique_member", &["uniqueMember"]),
    view("rfc2307bis", "synology", "rfc2307", &["memberUid"]),
    view("rfc2307bis", "ad-like", "active_directory", &["member"]),
    view("rfc2307bis", "jumpcloud", "jumpcloud", &["member"]),
];

/// Each layout as users see it, and such as spoke of themselves in another layout's tree: they are
/// answered in it.
pub(super) const USERS: [View; 7] = [
    view("rfc2307bis", "generic", "rfc2307bis", &["member"]),
    view("rfc2307", "generic", "rfc2307", &["memberUid"]),
    view("unique_member", "generic", "unique_member", &["uniqueMember"]),
    view("active_directory", "generic", "active_directory", &["member"]),
    view("jumpcloud", "generic", "jumpcloud", &["member"]),
    view("rfc2307", "generic", "active_directory", &["member"]),
    view("active_directory", "generic", "rfc2307bis", &["member"]),
];

/// Alias bases in other layouts than the own base, of names that are a domain and that are none.
pub(super) const ALIASES: [View; 6] = [
    view("rfc2307bis", "generic", "jumpcloud", &["member"]).under(("o", "jumpcloud")),
    view("rfc2307", "generic", "active_directory", &["member"]).under(("dc", "active_directory")),
    view("active_directory", "generic", "rfc2307", &["memberUid"])
        .of(Caller::Narrow)
        .under(("o", "rfc2307")),
    view("jumpcloud", "nextcloud", "rfc2307bis", &["member"]).under(("dc", "rfc2307")),
    view("rfc2307bis", "generic", "unique_member", &["uniqueMember"])
        .of(Caller::User)
        .under(("o", "unique_member")),
    view("jumpcloud", "generic", "active_directory", &["member"])
        .of(Caller::User)
        .under(("o", "rfc2307")),
];
