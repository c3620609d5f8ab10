//! The record as version 4 wrote it: what version 3 had, with one more setting behind those that it
//! knew, and one more member behind the record.

use serde::Deserialize;

use super::{Base, Marks, v2, v3};
use crate::records::Enrolment;

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Organization {
    before: v2::Organization<Settings>,
    marks: Marks,
}

/// What all versions before wrote as well.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct OrganizationFields {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) base: Base,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Settings {
    before: v3::Settings,
    enrolment: Enrolment,
}

impl From<OrganizationFields> for super::OrganizationFields {
    fn from(old: OrganizationFields) -> Self {
        let OrganizationFields { slug, name, base } = old;
        Self { slug, name, base, domain: None }
    }
}

impl From<Settings> for super::Settings {
    fn from(old: Settings) -> Self {
        let Settings { before, enrolment } = old;
        Self { enrolment, ..before.into() }
    }
}

impl From<Organization> for super::Organization {
    fn from(old: Organization) -> Self {
        let Organization { before, marks } = old;
        Self { marks, ..before.into() }
    }
}

#[cfg(test)]
mod tests {
    use storage::Record;
    use uuid::Uuid;

    use super::super::{CustomMark, OrganizationState};
    use super::*;
    use crate::records::{Presentation, Stamp};
    use crate::time::Time;

    const ENROLMENT: Enrolment = Enrolment { since: Time(14), grace: 15 };
    const MARKS: Marks = Marks { password_policies: 16, former_passwords: Time(17) };

    /// The record as it was written, and the settings that are read of it.
    fn written() -> (Organization, super::super::Settings) {
        let (before, read) = v3::written();
        let settings = Settings { before, enrolment: ENROLMENT };
        let old = Organization { before: v2::acme(settings), marks: MARKS };
        (old, super::super::Settings { enrolment: ENROLMENT, ..read })
    }

    #[test]
    fn what_version_4_knew_stays_and_the_rest_has_its_default() {
        let (old, settings) = written();
        let body = storage::encode(&old).unwrap();
        let read = super::super::Organization::upgrade(4, &body).unwrap();
        let expected = super::super::Organization {
            uuid: Uuid::from_u128(7),
            state: OrganizationState::Active,
            stamp: Stamp { created: Time(1), modified: Time(2), revision: 3 },
            fields: super::super::OrganizationFields {
                slug: "acme".into(),
                name: "Acme".into(),
                base: Base::parse("dc=acme").unwrap(),
                domain: None,
            },
            settings,
            presentation: Presentation::default(),
            custom: CustomMark { definitions: 4, work: 1 },
            marks: MARKS,
        };
        assert_eq!(read, expected);
    }

    /// Version 4 wrote its members in a row, as version 3 did.
    #[test]
    fn the_record_is_in_the_file_as_it_was_written_in_a_row() {
        let stamp = Stamp { created: Time(1), modified: Time(2), revision: 3 };
        let fields = ("acme", "Acme", Base::parse("dc=acme").unwrap());
        let (before, _) = v3::written();
        let (presentation, custom) =
            (Presentation::default(), CustomMark { definitions: 4, work: 1 });
        let row = (
            (Uuid::from_u128(7), OrganizationState::Active, stamp, fields),
            (before, ENROLMENT, presentation, custom, MARKS),
        );
        assert_eq!(storage::encode(&written().0).unwrap(), storage::encode(&row).unwrap());
    }
}
