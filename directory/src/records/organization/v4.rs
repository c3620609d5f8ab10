//! The record as version 4 wrote it.

use serde::Deserialize;
use uuid::Uuid;

use super::{Base, CustomMark, LockoutPolicy, Marks, OrganizationState};
use crate::records::{
    EapMethods, Enrolment, PasswordPolicy, Presentation, SecondFactor, SessionLengths, Stamp,
};

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
        Self {
            chap: old.chap,
            ms_chap: old.ms_chap,
            users_see_people: old.users_see_people,
            remember_verified: old.remember_verified,
            password_minimum: old.password_minimum,
            lockout: old.lockout,
            require_tls: old.require_tls,
            second_factor: old.second_factor,
            password_policy: old.password_policy,
            eap_methods: old.eap_methods,
            deleted_users_kept: old.deleted_users_kept,
            invitation_life: old.invitation_life,
            enrolment: old.enrolment,
            admin_sessions: SessionLengths::default(),
        }
    }
}

impl From<Organization> for super::Organization {
    fn from(old: Organization) -> Self {
        let Organization { uuid, state, stamp, presentation, custom, marks, .. } = old;
        let (fields, settings) = (old.fields.into(), old.settings.into());
        Self { uuid, state, stamp, fields, settings, presentation, custom, marks }
    }
}

#[cfg(test)]
mod tests {
    use storage::Record;

    use super::*;
    use crate::records::Demand;
    use crate::time::Time;

    #[test]
    fn what_version_4_knew_stays_and_the_rest_has_its_default() {
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
                enrolment: Enrolment { since: Time(14), grace: 15 },
            },
            presentation: Presentation::default(),
            custom: CustomMark { definitions: 4, work: 1 },
            marks: Marks { password_policies: 16, former_passwords: Time(17) },
        };
        let body = storage::encode(&old).unwrap();
        let read = super::super::Organization::upgrade(4, &body).unwrap();
        let settings = super::super::Settings {
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
            enrolment: Enrolment { since: Time(14), grace: 15 },
            admin_sessions: SessionLengths::default(),
        };
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
            marks: Marks { password_policies: 16, former_passwords: Time(17) },
        };
        assert_eq!(read, expected);
    }
}
