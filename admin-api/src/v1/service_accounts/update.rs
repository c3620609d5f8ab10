//! Changing a service account.

use directory::access::ManageConfiguration;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ServiceAccount, Visibility};
use crate::appearance::ProfileName;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::network::Network;
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::second_factor::Demand;

/// What changes of a service account; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"suspended": true}))]
pub(crate) struct ServiceAccountPatch {
    /// The account's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Which entries it sees.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Visibility)]
    visibility: Option<Visibility>,
    /// Whether it may not bind.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    suspended: Option<bool>,
    /// The kind of application that it is for.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = ProfileName)]
    profile: Option<ProfileName>,
    /// What is demanded, beside the password, of users that bind on a connection on which this
    /// account has bound before, or from its `sources`; null for the organization's demand.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Demand>)]
    second_factor: Option<Option<Demand>>,
    /// The networks from which the application binds users on connections of their own.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<Network>)]
    sources: Option<Vec<Network>>,
}

/// Changes a service account.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/service-accounts/{service_account}",
    tag = "Service accounts",
    params(IfMatch),
    request_body = ServiceAccountPatch,
    responses((status = 200, description = "As changed.", body = ServiceAccount)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn update_service_account(
    within: Within<ManageConfiguration>,
    Item(service_account): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<ServiceAccountPatch>,
) -> Result<Revised<ServiceAccount>, Problem> {
    let organization = within.organization;
    let visibility = match patch.visibility {
        Some(visibility) => Some(visibility.resolve(&within.caller.read()?, organization)?),
        None => None,
    };
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut accounts = grant.service_accounts();
        let id = accounts.id_of(service_account)?;
        accounts.update(id, revision, |account| {
            set(&mut account.fields.name, patch.name);
            set(&mut account.fields.description, patch.description);
            set(&mut account.fields.visibility, visibility);
            set(&mut account.fields.suspended, patch.suspended);
            set(&mut account.fields.profile, patch.profile.map(|profile| profile.0));
            let second_factor = patch.second_factor.map(|demand| demand.map(Into::into));
            set(&mut account.fields.second_factor, second_factor);
            let sources = patch.sources.map(|list| list.into_iter().map(|it| it.0).collect());
            set(&mut account.fields.sources, sources);
            Ok(())
        })
    });
    ServiceAccount::revised(changed.await?, &within.caller.read()?, organization)
}
