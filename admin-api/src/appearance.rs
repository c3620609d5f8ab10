//! Layouts and profiles as the API writes them.

use directory::records::{Layout, PROFILES, Profile};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A layout by its name.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LayoutName(pub(crate) Layout);

/// A profile by its name.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ProfileName(pub(crate) Profile);

impl PartialSchema for LayoutName {
    fn schema() -> RefOr<Schema> {
        let description = "How entries look over LDAP. `rfc2307bis`: `ou=people`, `ou=groups` and \
            `ou=services`; groups are `groupOfNames` and `posixGroup` with `member`. `rfc2307`: the \
            same, and groups are `posixGroup` with `memberUid`, members of nested groups included. \
            `unique_member`: the same, and groups are `groupOfUniqueNames` with `uniqueMember`. \
            `active_directory`: `cn=users` and `ou=groups`; `user` and `group` with \
            `sAMAccountName`, `userPrincipalName`, `objectGUID`, `objectSid`, \
            `userAccountControl` and the like. `jumpcloud`: everybody in `ou=Users`, people and \
            service accounts by `uid`, groups by `cn`.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Layout::ALL.map(Layout::name)))
            .description(Some(description))
            .into()
    }
}

impl ToSchema for LayoutName {
    fn name() -> std::borrow::Cow<'static, str> {
        "Layout".into()
    }
}

impl PartialSchema for ProfileName {
    fn schema() -> RefOr<Schema> {
        let description = "The kind of application that a service account is for; `GET /v1/profiles` \
            says what each one sees. `generic` sees entries as the base lays them out.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(PROFILES.each_ref().map(|sees| sees.profile.name())))
            .description(Some(description))
            .into()
    }
}

impl ToSchema for ProfileName {
    fn name() -> std::borrow::Cow<'static, str> {
        "Profile".into()
    }
}
