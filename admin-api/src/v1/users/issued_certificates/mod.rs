//! The certificates of a user that an authority of the organization's own issues.

mod issue;
mod list;
mod renew;
mod revoke;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_user_certificates, issue::issue_user_certificate))
        .routes(routes!(renew::renew_user_certificate))
        .routes(routes!(revoke::revoke_user_certificate))
}
