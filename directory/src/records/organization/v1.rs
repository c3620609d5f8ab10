//! The record as version 1 wrote it.

use serde::Deserialize;
use uuid::Uuid;

use super::v4::OrganizationFields;
use super::{CustomMark, LockoutPolicy, Marks, OrganizationState};
use crate::records::{Presentation, Stamp};

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Organization {
    uuid: Uuid,
    state: OrganizationState,
    stamp: Stamp,
    fields: OrganizationFields,
    settings: Settings,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Settings {
    chap: bool,
    users_see_people: bool,
    remember_verified: u64,
    password_minimum: u16,
    lockout: LockoutPolicy,
}

impl From<Organization> for super::Organization {
    fn from(old: Organization) -> Self {
        let Organization { uuid, state, stamp, fields, settings } = old;
        let settings = super::Settings {
            chap: settings.chap,
            users_see_people: settings.users_see_people,
            remember_verified: settings.remember_verified,
            password_minimum: settings.password_minimum,
            lockout: settings.lockout,
            ..super::Settings::default()
        };
        let (presentation, custom) = (Presentation::default(), CustomMark::default());
        let fields = fields.into();
        let marks = Marks::default();
        Self { uuid, state, stamp, fields, settings, presentation, custom, marks }
    }
}

#[cfg(test)]
mod tests {
    use storage::Record;

    use super::*;
    use crate::records::Base;
    use crate::time::Time;

    #[test]
    fn what_version_1_knew_stays_and_the_rest_has_its_default() {
        let old = Organization {
            uuid: Uuid::from_u128(7),
            state: OrganizationState::Suspended,
            stamp: Stamp { created: Time(1), modified: Time(2), revision: 3 },
            fields: OrganizationFields {
                slug: "acme".into(),
                name: "Acme".into(),
                base: Base::parse("dc=acme").unwrap(),
            },
            settings: Settings {
                chap: true,
                users_see_people: true,
                remember_verified: 5,
                password_minimum: 11,
                lockout: LockoutPolicy { threshold: 1, window: 2, duration: 3 },
            },
        };
        let body = storage::encode(&old).unwrap();
        let read = super::super::Organization::upgrade(1, &body).unwrap();
        let expected = super::super::Settings {
            chap: true,
            users_see_people: true,
            remember_verified: 5,
            password_minimum: 11,
            lockout: LockoutPolicy { threshold: 1, window: 2, duration: 3 },
            ..super::super::Settings::default()
        };
        assert_eq!((read.settings, read.fields.slug.as_str()), (expected, "acme"));
        assert_eq!(read.presentation, Presentation::default());
        assert_eq!((read.state, read.stamp.revision), (OrganizationState::Suspended, 3));
        assert!(super::super::Organization::upgrade(0, &body).is_err());
    }
}
