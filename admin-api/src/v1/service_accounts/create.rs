//! Making a service account.

use directory::access::ManageConfiguration;
use directory::records::{Profile, ServiceAccountFields};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ServiceAccount, Visibility};
use crate::appearance::ProfileName;
use crate::body::Body;
use crate::caller::Within;
use crate::network::Network;
use crate::problem::Problem;
use crate::revision::{Created, Revised};
use crate::second_factor::Demand;

/// What a service account starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "nextcloud", "visibility": "everything"}))]
pub(crate) struct NewServiceAccount {
    /// The account's name; unique among the organization's service accounts.
    name: String,
    /// Free text.
    description: Option<String>,
    /// Which entries it sees; everything when absent.
    visibility: Option<Visibility>,
    /// The kind of application that it is for; `generic` when absent.
    profile: Option<ProfileName>,
    /// What is demanded, beside the password, of users that bind on a connection on which this
    /// account has bound before, or from its `sources`; the organization's demand when absent.
    second_factor: Option<Demand>,
    /// The networks from which the application binds users on connections of their own, without
    /// binding itself first; none when absent.
    #[serde(default)]
    sources: Vec<Network>,
}

/// A service account with its password, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServiceAccountWithPassword {
    #[serde(flatten)]
    account: ServiceAccount,
    /// The generated password.
    password: String,
}

/// Makes a service account with a generated password, shown this once.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/service-accounts",
    tag = "Service accounts",
    request_body = NewServiceAccount,
    responses((status = 201, description = "Made.", body = ServiceAccountWithPassword)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn create_service_account(
    within: Within<ManageConfiguration>,
    Body(new): Body<NewServiceAccount>,
) -> Result<Created<ServiceAccountWithPassword>, Problem> {
    let organization = within.organization;
    let visibility = new.visibility.unwrap_or(Visibility::Everything);
    let fields = ServiceAccountFields {
        name: new.name,
        description: new.description,
        visibility: visibility.resolve(&within.caller.read()?, organization)?,
        suspended: false,
        profile: new.profile.map_or_else(Profile::default, |profile| profile.0),
        second_factor: new.second_factor.map(Into::into),
        sources: new.sources.into_iter().map(|source| source.0).collect(),
    };
    let generated = within.caller.generate_password().await?;
    let password = generated.expose().to_owned();
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.service_accounts().create(fields, &generated)
    });
    let (_, record) = made.await?;
    let revision = record.stamp.revision;
    let account = ServiceAccount::of(record, &within.caller.read()?, organization)?;
    Ok(Created(Revised::new(revision, ServiceAccountWithPassword { account, password })))
}
