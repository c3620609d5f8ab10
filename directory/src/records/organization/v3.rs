//! The settings as version 3 wrote them: what version 2 had, and two more behind it. The rest of the
//! record was as in version 2.

use serde::Deserialize;

use super::v2;

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Settings {
    pub(super) before: v2::Settings,
    pub(super) deleted_users_kept: u64,
    pub(super) invitation_life: u64,
}

impl From<Settings> for super::Settings {
    fn from(old: Settings) -> Self {
        let Settings { before, deleted_users_kept, invitation_life } = old;
        Self { deleted_users_kept, invitation_life, ..before.into() }
    }
}

/// Settings as they were written and what they are read as, for tests.
#[cfg(test)]
pub(super) fn written() -> (Settings, super::Settings) {
    let (before, read) = v2::written();
    let read = super::Settings { deleted_users_kept: 12, invitation_life: 13, ..read };
    (Settings { before, deleted_users_kept: 12, invitation_life: 13 }, read)
}

#[cfg(test)]
mod tests {
    use storage::Record;

    use super::super::LockoutPolicy;
    use super::*;
    use crate::records::EapMethods;

    #[test]
    fn what_version_3_knew_stays_and_the_rest_has_its_default() {
        let (settings, expected) = written();
        let body = storage::encode(&v2::acme(settings)).unwrap();
        let read = super::super::Organization::upgrade(3, &body).unwrap();
        assert_eq!((read.settings, read.fields.slug.as_str()), (expected, "acme"));
        assert_eq!((read.custom.definitions, read.stamp.revision), (4, 3));
        assert_eq!(read.marks, super::super::Marks::default());
    }

    /// Version 3 wrote its settings in a row; that those of version 2 stand in a structure of their
    /// own says nothing in the file.
    #[test]
    fn the_settings_are_in_the_file_as_they_were_written_in_a_row() {
        let lockout = LockoutPolicy { threshold: 1, window: 2, duration: 3 };
        let (settings, read) = written();
        let row = (
            (true, true, true, 5_u64, 11_u16, lockout, true),
            (read.second_factor, read.password_policy, EapMethods::default(), 12_u64, 13_u64),
        );
        assert_eq!(storage::encode(&settings).unwrap(), storage::encode(&row).unwrap());
    }
}
