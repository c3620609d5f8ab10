//! Deleted users: gone for everybody, and restorable for a while.

mod list;
mod purge;
mod restore;
mod show;

use directory::records;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::moment::Moment;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_deleted_users))
        .routes(routes!(show::show_deleted_user, purge::purge_deleted_user))
        .routes(routes!(restore::restore_deleted_user))
}

/// A deleted user.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedUser {
    /// The id that the user had, and has again once restored.
    id: Uuid,
    /// When it was deleted.
    deleted: Moment,
    /// From when on it cannot be restored any more.
    gone: Moment,
    /// The name the user signed in with.
    login: String,
    /// The full name.
    display_name: String,
    /// The family name.
    surname: String,
    /// The given name.
    #[schema(required)]
    given_name: Option<String>,
    /// Mail addresses, the main one first.
    mail: Vec<String>,
    /// The POSIX user number.
    #[schema(required)]
    uid_number: Option<u32>,
    /// The groups that the user comes back into, by their ids: those that there are.
    groups: Vec<Uuid>,
}

impl DeletedUser {
    /// Shows a deleted user of an organization that keeps these for so many milliseconds.
    fn of(record: records::DeletedUser, groups: Vec<Uuid>, kept: u64) -> Self {
        let records::DeletedUser { user, at, .. } = record;
        let fields = user.fields;
        Self {
            id: user.uuid,
            deleted: Moment(at),
            gone: Moment(at.plus(kept)),
            login: fields.login,
            display_name: fields.display_name,
            surname: fields.surname,
            given_name: fields.given_name,
            mail: fields.mail,
            uid_number: fields.uid_number,
            groups,
        }
    }
}
