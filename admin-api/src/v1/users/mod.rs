//! Users: people of an organization.

mod activate;
mod certificates;
mod create;
mod delete;
mod find;
mod groups;
mod invitation;
mod issued_certificates;
mod list;
mod lock;
mod password_policy;
mod require_password_change;
mod second_factor;
mod set_password;
mod show;
mod sign_in;
mod suspend;
mod unlock;
mod update;

use directory::UserId;
use directory::access::{ManageIdentities, View};
use directory::collections::SignInState;
use directory::records::{self, UserState};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::caller::{Surroundings, Within};
use crate::custom::Custom;
use crate::dn;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use sign_in::SignIn;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_users, create::create_user))
        .routes(routes!(show::show_user, update::update_user, delete::delete_user))
        .routes(routes!(suspend::suspend_user))
        .routes(routes!(activate::activate_user))
        .routes(routes!(set_password::set_user_password))
        .routes(routes!(require_password_change::require_password_change))
        .routes(routes!(lock::lock_user))
        .routes(routes!(unlock::unlock_user))
        .routes(routes!(
            invitation::invite_user,
            invitation::show_invitation,
            invitation::revoke_invitation
        ))
        .merge(second_factor::routes())
        .merge(certificates::routes())
        .merge(issued_certificates::routes())
        .routes(routes!(password_policy::show_user_password_policy))
        .routes(routes!(groups::list_groups_of_user))
        .routes(routes!(find::find_users))
}

/// A user.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    /// The user's id, `entryUUID` in LDAP.
    id: Uuid,
    /// Whether the user may sign in.
    state: State,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The name of the entry in LDAP.
    dn: String,
    /// The name the user signs in with.
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
    /// The office telephone number.
    #[schema(required)]
    phone: Option<String>,
    /// The mobile telephone number.
    #[schema(required)]
    mobile: Option<String>,
    /// The job title.
    #[schema(required)]
    title: Option<String>,
    /// Free text.
    #[schema(required)]
    description: Option<String>,
    /// The number that the employer gave.
    #[schema(required)]
    employee_number: Option<String>,
    /// The POSIX user number.
    #[schema(required)]
    uid_number: Option<u32>,
    /// The POSIX number of the primary group.
    #[schema(required)]
    gid_number: Option<u32>,
    /// The home directory.
    #[schema(required)]
    home_directory: Option<String>,
    /// The login shell.
    #[schema(required)]
    login_shell: Option<String>,
    /// SSH public keys, each the line of its .pub file: type, base64, perhaps a comment; no options.
    ssh_keys: Vec<String>,
    /// From when on the user is let in nowhere; null for never.
    #[schema(required)]
    expires: Option<Moment>,
    /// Values of the organization's own attributes.
    custom: Custom,
    /// What stands between the user and their entry.
    sign_in: SignIn,
}

/// Whether a user may sign in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UserState)]
pub(crate) enum State {
    /// May sign in.
    Active,
    /// May not.
    Suspended,
    /// May not yet: an invitation or an admin activates it.
    Staged,
}

impl User {
    /// Shows a user of the organization with those surroundings.
    ///
    /// # Errors
    /// When the store fails.
    fn of(
        record: records::User,
        around: &Surroundings<'_>,
        state: SignInState,
    ) -> Result<Self, Problem> {
        let fields = record.fields;
        Ok(Self {
            id: record.uuid,
            state: record.state.into(),
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            dn: dn::of_user(&fields.login, &around.base),
            login: fields.login,
            display_name: fields.display_name,
            surname: fields.surname,
            given_name: fields.given_name,
            mail: fields.mail,
            phone: fields.phone,
            mobile: fields.mobile,
            title: fields.title,
            description: fields.description,
            employee_number: fields.employee_number,
            uid_number: fields.uid_number,
            gid_number: fields.gid_number,
            home_directory: fields.home_directory,
            login_shell: fields.login_shell,
            ssh_keys: fields.ssh_keys,
            expires: fields.expires.map(Moment),
            custom: Custom::of(&fields.custom, &around.schema, &around.references)?,
            sign_in: state.into(),
        })
    }

    /// The same with what is true of the sign-in.
    fn with(self, state: SignInState) -> Self {
        Self { sign_in: state.into(), ..self }
    }

    /// Shows a user with its revision, and with what is true of the sign-in now.
    pub(crate) fn revised<P>(
        within: &Within<P>,
        (id, record): (UserId, records::User),
    ) -> Result<Revised<Self>, Problem> {
        let reading = within.caller.read()?;
        let around = Surroundings::of(&reading, within.organization)?;
        let grant = reading.authorize::<View>(within.organization)?;
        let state = grant.sign_in_state(id, &around.home)?;
        Ok(Revised::new(record.stamp.revision, Self::of(record, &around, state)?))
    }
}

impl From<UserState> for State {
    fn from(state: UserState) -> Self {
        match state {
            UserState::Active => Self::Active,
            UserState::Suspended => Self::Suspended,
            UserState::Staged => Self::Staged,
        }
    }
}

/// Suspends or activates a user.
async fn set_state(
    within: &Within<ManageIdentities>,
    user: Uuid,
    IfMatch(revision): IfMatch,
    state: UserState,
) -> Result<Revised<User>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut users = grant.users();
        let id = users.id_of(user)?;
        let changed = users.update(id, revision, |user| {
            user.state = state;
            Ok(())
        });
        Ok((id, changed?))
    });
    User::revised(within, changed.await?)
}
