//! Changing a user.

use directory::access::ManageIdentities;
use directory::records::UserFields;
use serde::Deserialize;
use utoipa::ToSchema;

use super::User;
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::custom::CustomPatch;
use crate::moment::Moment;
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What changes of a user; what is left out stays, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Countess", "phone": null}))]
pub(crate) struct UserPatch {
    /// The name the user signs in with.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    login: Option<String>,
    /// The full name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    display_name: Option<String>,
    /// The family name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    surname: Option<String>,
    /// The given name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    given_name: Option<Option<String>>,
    /// Mail addresses, the main one first.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<String>)]
    mail: Option<Vec<String>>,
    /// The office telephone number.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// The mobile telephone number.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    mobile: Option<Option<String>>,
    /// The job title.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    /// Free text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The number that the employer gave.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    employee_number: Option<Option<String>>,
    /// The POSIX user number: 1000 or more, and none that means nobody (65534, 65535, 4294967295).
    /// `gid_number` stays as it is.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u32)]
    uid_number: Option<u32>,
    /// The POSIX number of the primary group, likewise.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u32)]
    gid_number: Option<u32>,
    /// The home directory, from `/` on, without colons and `..`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    home_directory: Option<Option<String>>,
    /// The login shell, likewise.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    login_shell: Option<Option<String>>,
    /// SSH public keys, each the line of its .pub file: type, base64, perhaps a comment; no options.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<String>)]
    ssh_keys: Option<Vec<String>>,
    /// From when on the user is let in nowhere; it is suspended then. Null for never.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Moment>)]
    expires: Option<Option<Moment>>,
    /// Values of the organization's own attributes.
    #[serde(default)]
    custom: CustomPatch,
}

/// Changes a user.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/users/{user}",
    tag = "Users",
    params(IfMatch),
    request_body = UserPatch,
    responses((status = 200, description = "As changed.", body = User)),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn update_user(
    within: Within<ManageIdentities>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
    Body(mut patch): Body<UserPatch>,
) -> Result<Revised<User>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let id = grant.users().id_of(user)?;
        let custom = std::mem::take(&mut patch.custom);
        let custom = custom.read(&grant.schema()?, &|called| grant.entry_called(called))?;
        let changed = grant.users().update(id, revision, |user| {
            patch.apply(&mut user.fields);
            custom.apply(&mut user.fields.custom);
            Ok(())
        });
        Ok((id, changed?))
    });
    User::revised(&within, changed.await?)
}

impl UserPatch {
    fn apply(self, fields: &mut UserFields) {
        set(&mut fields.login, self.login);
        set(&mut fields.display_name, self.display_name);
        set(&mut fields.surname, self.surname);
        set(&mut fields.given_name, self.given_name);
        set(&mut fields.mail, self.mail);
        set(&mut fields.phone, self.phone);
        set(&mut fields.mobile, self.mobile);
        set(&mut fields.title, self.title);
        set(&mut fields.description, self.description);
        set(&mut fields.employee_number, self.employee_number);
        set(&mut fields.uid_number, self.uid_number.map(Some));
        set(&mut fields.gid_number, self.gid_number.map(Some));
        set(&mut fields.home_directory, self.home_directory);
        set(&mut fields.login_shell, self.login_shell);
        set(&mut fields.ssh_keys, self.ssh_keys);
        let expires = self.expires.map(|expires| expires.map(|Moment(expires)| expires));
        set(&mut fields.expires, expires);
    }
}
