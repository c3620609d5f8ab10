//! What kinds of applications expect to see.

use serde::{Deserialize, Serialize};

use super::Layout;

/// The kind of application that a service account is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Anything.
    #[default]
    Generic,
    /// Unix machines.
    Sssd,
    /// Nextcloud.
    Nextcloud,
    /// VMware vCenter.
    Vcenter,
    /// Synology's and other makers' storage.
    Synology,
    /// Whatever was made for Active Directory.
    AdLike,
    /// Whatever was set up for JumpCloud.
    Jumpcloud,
}

/// How a group names its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// By their names, as members.
    Names,
    /// By their names, as unique members.
    UniqueNames,
    /// Users by their logins, those of nested groups included.
    Logins,
}

/// What the applications of one profile see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sees {
    /// The profile.
    pub profile: Profile,
    /// The layout; that of the base which a request names, when it is none of its own.
    pub layout: Option<Layout>,
    /// How groups name their members; as the layout does, when it says nothing.
    pub members: &'static [Members],
    /// Whether the groups that an entry is in come with all its attributes, or by name only.
    pub groups_unasked: bool,
    /// Whether a search without pages may give as many entries as one with pages: for applications
    /// that cannot ask for pages.
    pub unpaged: bool,
    /// Whether the organization's devices are shown, in a layout that has a place for them: an
    /// application that is made for people and groups is not to come upon others.
    pub devices: bool,
}

/// What applications see: the whole table.
pub const PROFILES: [Sees; 7] = [
    Sees {
        profile: Profile::Generic,
        layout: None,
        members: &[],
        groups_unasked: false,
        unpaged: false,
        devices: true,
    },
    // Speaks either schema, as its own configuration says.
    Sees {
        profile: Profile::Sssd,
        layout: None,
        members: &[Members::Names, Members::Logins],
        groups_unasked: false,
        unpaged: false,
        devices: false,
    },
    // Finds out by itself which kind of members there is.
    Sees {
        profile: Profile::Nextcloud,
        layout: Some(Layout::Rfc2307bis),
        members: &[Members::Names],
        groups_unasked: true,
        unpaged: false,
        devices: false,
    },
    Sees {
        profile: Profile::Vcenter,
        layout: Some(Layout::UniqueMember),
        members: &[Members::UniqueNames],
        groups_unasked: false,
        unpaged: true,
        devices: false,
    },
    Sees {
        profile: Profile::Synology,
        layout: Some(Layout::Rfc2307),
        members: &[Members::Logins],
        groups_unasked: false,
        unpaged: true,
        devices: false,
    },
    Sees {
        profile: Profile::AdLike,
        layout: Some(Layout::ActiveDirectory),
        members: &[Members::Names],
        groups_unasked: true,
        unpaged: false,
        devices: false,
    },
    Sees {
        profile: Profile::Jumpcloud,
        layout: Some(Layout::Jumpcloud),
        members: &[Members::Names],
        groups_unasked: true,
        unpaged: false,
        devices: false,
    },
];

impl Profile {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Sssd => "sssd",
            Self::Nextcloud => "nextcloud",
            Self::Vcenter => "vcenter",
            Self::Synology => "synology",
            Self::AdLike => "ad-like",
            Self::Jumpcloud => "jumpcloud",
        }
    }

    /// What its applications see.
    pub const fn sees(self) -> &'static Sees {
        let [generic, sssd, nextcloud, vcenter, synology, ad_like, jumpcloud] = &PROFILES;
        match self {
            Self::Generic => generic,
            Self::Sssd => sssd,
            Self::Nextcloud => nextcloud,
            Self::Vcenter => vcenter,
            Self::Synology => synology,
            Self::AdLike => ad_like,
            Self::Jumpcloud => jumpcloud,
        }
    }

    /// Whether it shows users and service accounts named alike.
    pub(crate) fn names_alike(self) -> bool {
        self.sees().layout.is_some_and(Layout::names_alike)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_printed_and_each_profile_finds_its_row() {
        let mut printed = String::new();
        for sees in &PROFILES {
            assert_eq!(sees.profile.sees(), sees);
            let name = serde_json::to_value(sees.profile).unwrap();
            assert_eq!(name, sees.profile.name());
            printed.push_str(&format!(
                "{:?}: layout {:?}, members {:?}, groups unasked {}, unpaged {}, devices {}\n",
                sees.profile,
                sees.layout,
                sees.members,
                sees.groups_unasked,
                sees.unpaged,
                sees.devices
            ));
        }
        insta::assert_snapshot!(printed, @"
        Generic: layout None, members [], groups unasked false, unpaged false, devices true
        Sssd: layout None, members [Names, Logins], groups unasked false, unpaged false, devices false
        Nextcloud: layout Some(Rfc2307bis), members [Names], groups unasked true, unpaged false, devices false
        Vcenter: layout Some(UniqueMember), members [UniqueNames], groups unasked false, unpaged true, devices false
        Synology: layout Some(Rfc2307), members [Logins], groups unasked false, unpaged true, devices false
        AdLike: layout Some(ActiveDirectory), members [Names], groups unasked true, unpaged false, devices false
        Jumpcloud: layout Some(Jumpcloud), members [Names], groups unasked true, unpaged false, devices false
        ");
    }
}
