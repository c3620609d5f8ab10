//! One's own account: no permission needed.

mod authenticator;
mod can_i;
mod create_key;
mod delete_key;
mod keys;
mod passkeys;
mod password;
mod recovery_codes;
mod sessions;
mod show;

use directory::access::View;
use directory::authentication::Reproof;
use directory::{Place, ReadingTransaction};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(show::show_me))
        .routes(routes!(can_i::can_i))
        .routes(routes!(sessions::list_own_sessions, sessions::end_own_sessions))
        .routes(routes!(password::change_own_password))
        .routes(routes!(authenticator::begin_own_authenticator))
        .routes(routes!(authenticator::confirm_own_authenticator))
        .routes(routes!(recovery_codes::make_recovery_codes))
        .merge(passkeys::routes())
        .routes(routes!(keys::list_own_keys, create_key::create_own_key))
        .routes(routes!(delete_key::delete_own_key))
}

/// What else ended with a credential that another one took the place of.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"ended_sessions": 2}))]
pub(crate) struct EndedSessions {
    /// So many other open sessions of one's own; the one that asks goes on.
    ended_sessions: usize,
}

/// The organization whose own admin belongs there; none for the provider's.
fn own_organization(reading: &ReadingTransaction, home: Place) -> Result<Option<Uuid>, Problem> {
    Ok(match home {
        Place::Provider => None,
        Place::Organization(home) => {
            Some(reading.authorize::<View>(home)?.own_organization()?.uuid)
        }
    })
}

/// What was proven once more; else what is wrong with what was given.
pub(super) fn proven<T>(
    proof: Reproof<T>,
    pointer: &'static str,
    wrong: &'static str,
) -> Result<T, Problem> {
    match proof {
        Reproof::Proven(proven) => Ok(proven),
        Reproof::Wrong => Err(Problem::invalid(pointer, wrong)),
        Reproof::TooEarly(milliseconds) => Err(Problem::too_early(milliseconds.div_ceil(1_000))),
        Reproof::Busy => Err(Problem::busy()),
        Reproof::Unhashed(failure) => Err(failure.into()),
    }
}
