//! The record as version 2 wrote it; versions 3 and 4 wrote as much, with more in their settings, and
//! version 4 more behind it.

use serde::Deserialize;
use uuid::Uuid;

use super::v4::OrganizationFields;
use super::{CustomMark, LockoutPolicy, Marks, OrganizationState};
use crate::records::{EapMethods, PasswordPolicy, Presentation, SecondFactor, Stamp};

/// The record with the settings of one of these versions.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Organization<S> {
    pub(super) uuid: Uuid,
    pub(super) state: OrganizationState,
    pub(super) stamp: Stamp,
    pub(super) fields: OrganizationFields,
    pub(super) settings: S,
    pub(super) presentation: Presentation,
    pub(super) custom: CustomMark,
}

/// The settings as version 2 wrote them.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Settings {
    pub(super) chap: bool,
    pub(super) ms_chap: bool,
    pub(super) users_see_people: bool,
    pub(super) remember_verified: u64,
    pub(super) password_minimum: u16,
    pub(super) lockout: LockoutPolicy,
    pub(super) require_tls: bool,
    pub(super) second_factor: SecondFactor,
    pub(super) password_policy: PasswordPolicy,
    pub(super) eap_methods: EapMethods,
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
            ..Self::default()
        }
    }
}

impl<S: Into<super::Settings>> From<Organization<S>> for super::Organization {
    fn from(old: Organization<S>) -> Self {
        let Organization { uuid, state, stamp, fields, settings, presentation, custom } = old;
        let (fields, settings, marks) = (fields.into(), settings.into(), Marks::default());
        Self { uuid, state, stamp, fields, settings, presentation, custom, marks }
    }
}

/// Settings as they were written and what they are read as, for tests.
#[cfg(test)]
pub(super) fn written() -> (Settings, super::Settings) {
    use crate::records::Demand;

    let read = super::Settings {
        chap: true,
        ms_chap: true,
        users_see_people: true,
        remember_verified: 5,
        password_minimum: 11,
        lockout: LockoutPolicy { threshold: 1, window: 2, duration: 3 },
        require_tls: true,
        second_factor: SecondFactor { demand: Demand::Required, ..SecondFactor::default() },
        password_policy: PasswordPolicy { history: 9, ..PasswordPolicy::default() },
        ..super::Settings::default()
    };
    let settings = Settings {
        chap: true,
        ms_chap: true,
        users_see_people: true,
        remember_verified: 5,
        password_minimum: 11,
        lockout: read.lockout,
        require_tls: true,
        second_factor: read.second_factor,
        password_policy: read.password_policy,
        eap_methods: read.eap_methods,
    };
    (settings, read)
}

/// The record with some settings, for tests.
#[cfg(test)]
pub(super) fn acme<S>(settings: S) -> Organization<S> {
    Organization {
        uuid: Uuid::from_u128(7),
        state: OrganizationState::Active,
        stamp: Stamp { created: crate::time::Time(1), modified: crate::time::Time(2), revision: 3 },
        fields: OrganizationFields {
            slug: "acme".into(),
            name: "Acme".into(),
            base: crate::records::Base::parse("dc=acme").unwrap(),
        },
        settings,
        presentation: Presentation::default(),
        custom: CustomMark { definitions: 4, work: 1 },
    }
}

#[cfg(test)]
mod tests {
    use storage::Record;

    use super::*;

    #[test]
    fn what_version_2_knew_stays_and_the_rest_has_its_default() {
        let (settings, expected) = written();
        let body = storage::encode(&acme(settings)).unwrap();
        let read = super::super::Organization::upgrade(2, &body).unwrap();
        assert_eq!((read.settings, read.fields.slug.as_str()), (expected, "acme"));
        assert_eq!((read.custom.definitions, read.stamp.revision), (4, 3));
    }
}
