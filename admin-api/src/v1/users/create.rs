//! Making a user.

use directory::access::ManageIdentities;
use directory::collections::NewPassword;
use directory::records::{Capped, CustomValues, UserFields, UserState};
use serde::Deserialize;
use utoipa::ToSchema;

use super::User;
use crate::body::Body;
use crate::caller::Within;
use crate::custom::Custom;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::revision::Created;
use crate::secret_text::SecretText;
use crate::warning::Warned;

/// What a user starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "login": "ada", "display_name": "Ada Lovelace", "given_name": "Ada", "surname": "Lovelace",
    "mail": ["ada@acme.example"], "password": "correct horse battery"
}))]
pub(crate) struct NewUser {
    /// The name the user signs in with; unique in the organization.
    login: String,
    /// The full name.
    display_name: String,
    /// The family name.
    surname: String,
    /// The given name.
    given_name: Option<String>,
    /// Mail addresses, the main one first.
    #[serde(default)]
    mail: Vec<String>,
    /// The office telephone number.
    phone: Option<String>,
    /// The mobile telephone number.
    mobile: Option<String>,
    /// The job title.
    title: Option<String>,
    /// Free text.
    description: Option<String>,
    /// The number that the employer gave.
    employee_number: Option<String>,
    /// The POSIX user number: 1000 or more, and none that means nobody (65534, 65535, 4294967295); chosen
    /// when absent.
    uid_number: Option<u32>,
    /// The POSIX number of the primary group, likewise; the user number when absent.
    gid_number: Option<u32>,
    /// The home directory, from `/` on, without colons and `..`; `/home/` and the login when absent.
    home_directory: Option<String>,
    /// The login shell, likewise; `/bin/bash` when absent.
    login_shell: Option<String>,
    /// SSH public keys, each the line of its .pub file: type, base64, perhaps a comment; no options.
    #[serde(default)]
    ssh_keys: Vec<String>,
    /// From when on the user is let in nowhere; it is suspended then. Never when absent.
    expires: Option<Moment>,
    /// Whether the user may not sign in before an invitation or an admin activates it.
    #[serde(default)]
    staged: bool,
    /// Values of the organization's own attributes.
    #[serde(default)]
    custom: Custom,
    /// The password in clear.
    password: Option<SecretText>,
    /// The password's hash, from another system; not together with `password`.
    password_hash: Option<SecretText>,
}

/// Makes a user, with a password when one is given.
///
/// Beyond a hard cap of the organization that is the problem `/problems/user-cap`; beyond a soft one
/// the answer warns in the header `X-Tenantry-Warning`.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/users",
    tag = "Users",
    request_body = NewUser,
    responses((status = 201, description = "Made.", body = User)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn create_user(
    within: Within<ManageIdentities>,
    Body(mut new): Body<NewUser>,
) -> Result<Warned<Created<User>>, Problem> {
    let password = match (new.password.take(), new.password_hash.take()) {
        (None, None) => None,
        (Some(clear), None) => Some(within.caller.hash(clear).await?),
        (None, Some(hash)) => Some(NewPassword::imported(hash.expose().to_owned())?),
        (Some(_), Some(_)) => {
            let detail = "must not come together with a password";
            return Err(Problem::invalid("/password_hash", detail));
        }
    };
    let organization = within.organization;
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let custom = std::mem::take(&mut new.custom)
            .into_values(&grant.schema()?, &|called| grant.entry_called(called))?;
        let state = if new.staged { UserState::Staged } else { UserState::Active };
        let fields = UserFields { custom, ..new.into() };
        let made = grant.users().create_as(state, fields, password)?;
        Ok((made, grant.cap(Capped::Users)?))
    });
    let (made, cap) = made.await?;
    Ok(Warned::of(Created(User::revised(&within, made)?), cap))
}

impl From<NewUser> for UserFields {
    fn from(new: NewUser) -> Self {
        Self {
            login: new.login,
            display_name: new.display_name,
            surname: new.surname,
            given_name: new.given_name,
            mail: new.mail,
            phone: new.phone,
            mobile: new.mobile,
            title: new.title,
            description: new.description,
            employee_number: new.employee_number,
            uid_number: new.uid_number,
            gid_number: new.gid_number,
            home_directory: new.home_directory,
            login_shell: new.login_shell,
            ssh_keys: new.ssh_keys,
            expires: new.expires.map(|Moment(expires)| expires),
            custom: CustomValues::default(),
        }
    }
}
