//! The certificates of a device that an authority of the organization's own issues.

mod issue;
mod list;
mod renew;
mod revoke;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_device_certificates, issue::issue_device_certificate))
        .routes(routes!(renew::renew_device_certificate))
        .routes(routes!(revoke::revoke_device_certificate))
}
