//! Version 1 of the API: a folder a resource, a file an endpoint.

mod admins;
mod api_key;
mod billing;
mod certificate_authorities;
mod custom_attributes;
mod deleted_users;
pub(crate) mod devices;
mod docs;
mod event_destinations;
mod events;
mod groups;
mod health;
pub(crate) mod imports;
mod invitations;
mod issued_certificates;
mod ldap;
mod me;
mod organizations;
mod password_policies;
mod policy;
mod profiles;
mod radius_clients;
mod reply_profiles;
mod revocation_lists;
pub(crate) mod security_policies;
mod server_certificate;
mod service_accounts;
mod sessions;
pub(crate) mod sign_in;
mod users;
mod wifi_profile;

use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;

/// All routes.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    let all = OpenApiRouter::new()
        .merge(sign_in::routes())
        .merge(me::routes())
        .merge(organizations::routes())
        .merge(users::routes())
        .merge(deleted_users::routes())
        .merge(invitations::routes())
        .merge(groups::routes())
        .merge(imports::routes())
        .merge(billing::routes())
        .merge(service_accounts::routes())
        .merge(ldap::routes())
        .merge(radius_clients::routes())
        .merge(reply_profiles::routes())
        .merge(sessions::routes())
        .merge(custom_attributes::routes())
        .merge(certificate_authorities::routes())
        .merge(devices::routes())
        .merge(security_policies::routes())
        .merge(password_policies::routes())
        .merge(issued_certificates::routes())
        .merge(revocation_lists::routes())
        .merge(wifi_profile::routes())
        .merge(server_certificate::routes())
        .merge(admins::routes())
        .nest("/organizations/{organization}", admins::routes())
        .merge(event_destinations::routes())
        .nest("/organizations/{organization}", event_destinations::routes())
        .merge(events::routes())
        .merge(events::other_routes())
        .nest("/organizations/{organization}", events::routes())
        .merge(policy::routes())
        .merge(profiles::routes())
        .merge(docs::routes())
        .merge(health::routes());
    OpenApiRouter::new().nest("/v1", all)
}
