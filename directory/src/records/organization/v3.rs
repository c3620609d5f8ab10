//! The record as version 3 wrote it.

use serde::Deserialize;
use uuid::Uuid;

use super::{CustomMark, LockoutPolicy, OrganizationFields, OrganizationState};
use crate::records::{EapMethods, PasswordPolicy, Presentation, SecondFactor, Stamp};

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Organization {
    uuid: Uuid,
    state: OrganizationState,
    stamp: Stamp,
    fields: OrganizationFields,
    settings: Settings,
    presentation: Presentation,
    custom: CustomMark,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Settings {
    chap: bool,
    ms_chap: bool,
    users_see_people: bool,
    remember_verified: u64,
    password_minimum: u16,
    lockout: LockoutPolicy,
    require_tls: bool,
    second_factor: SecondFactor,
    password_policy: PasswordPolicy,
    eap_methods: EapMethods,
    deleted_users_kept: u64,
    invitation_life: u64,
}

impl From<Organization> for super::Organization {
    fn from(old: Organization) -> Self {
        let Organization { uuid, state, stamp, fields, settings, presentation, custom } = old;
        let settings = super::Settings {
            chap: settings.chap,
            ms_chap: settings.ms_chap,
            users_see_people: settings.users_see_people,
            remember_verified: settings.remember_verified,
            password_minimum: settings.password_minimum,
            lockout: settings.lockout,
            require_tls: settings.require_tls,
            second_factor: settings.second_factor,
            password_policy: settings.password_policy,
            eap_methods: settings.eap_methods,
            deleted_users_kept: settings.deleted_users_kept,
            invitation_life: settings.invitation_life,
            ..super::Settings::default()
        };
        let marks = super::Marks::default();
        Self { uuid, state, stamp, fields, settings, presentation, custom, marks }
    }
}

#[cfg(test)]
mod tests {
    use storage::Record;

    use super::*;
    use crate::records::{Base, Demand};
    use crate::time::Time;

    #[test]
    fn what_version_3_knew_stays_and_the_rest_has_its_default() {
        let second_factor = SecondFactor { demand: Demand::Required, ..SecondFactor::default() };
        let old = Organization {
            uuid: Uuid::from_u128(7),
            state: OrganizationState::Active,
            stamp: Stamp { created: Time(1), modified: Time(2), revision: 3 },
            fields: OrganizationFields {
                slug: "acme".into(),
                name: "Acme".into(),
                base: Base::parse("dc=acme").unwrap(),
            },
            settings: Settings {
                chap: true,
                ms_chap: true,
                users_see_people: true,
                remember_verified: 5,
                password_minimum: 11,
                lockout: LockoutPolicy { threshold: 1, window: 2, duration: 3 },
                require_tls: true,
                second_factor,
                password_policy: PasswordPolicy { history: 9, ..PasswordPolicy::default() },
                eap_methods: EapMethods::default(),
                deleted_users_kept: 12,
                invitation_life: 13,
            },
            presentation: Presentation::default(),
            custom: CustomMark { definitions: 4, work: 1 },
        };
        let body = storage::encode(&old).unwrap();
        let read = super::super::Organization::upgrade(3, &body).unwrap();
        let expected = super::super::Settings {
            chap: true,
            ms_chap: true,
            users_see_people: true,
            remember_verified: 5,
            password_minimum: 11,
            lockout: LockoutPolicy { threshold: 1, window: 2, duration: 3 },
            require_tls: true,
            second_factor,
            password_policy: PasswordPolicy { history: 9, ..PasswordPolicy::default() },
            deleted_users_kept: 12,
            invitation_life: 13,
            ..super::super::Settings::default()
        };
        assert_eq!((read.settings, read.fields.slug.as_str()), (expected, "acme"));
        assert_eq!((read.custom.definitions, read.stamp.revision), (4, 3));
        assert_eq!(read.marks, super::super::Marks::default());
    }
}
