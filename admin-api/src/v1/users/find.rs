//! Looking for somebody in all organizations.

use directory::{FoundPeople, FoundPerson, OrganizationId, PeoplePlace, RecordId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use crate::body::Params;
use crate::caller::Caller;
use crate::list::{Chosen, List, Listed, no_cursor, page_size, read_cursor, write_cursor};
use crate::problem::Problem;

/// Who is looked for, and which page of those who are found.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindQuery {
    /// The login or a mail address, whole, or how the display name begins; without case.
    #[param(max_length = 256, example = "ada@acme.example")]
    text: String,
    /// The most items to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page starts: `next` of the page before, with the same `text`.
    cursor: Option<String>,
    /// Only these members of each item, parted by commas.
    fields: Option<String>,
}

/// Somebody, and of which organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundUser {
    /// The organization's id.
    organization: Uuid,
    /// The organization's slug.
    organization_slug: String,
    /// The user's id.
    id: Uuid,
    /// The name the user signs in with.
    login: String,
    /// The full name.
    display_name: String,
    /// Mail addresses, the main one first.
    mail: Vec<String>,
    /// Whether the user may sign in.
    state: State,
}

/// Looks for somebody, by login, mail address or the beginning of the display name, in all
/// organizations in the caller's scope, in the order in which these were made.
///
/// Deleted organizations are not looked at. A page looks at 1000 organizations: it may hold few
/// items, or none, and still have a `next`. What more than 1000 people of one organization are
/// called says too little.
#[utoipa::path(
    get,
    path = "/all-users",
    tag = "Users",
    params(FindQuery),
    responses((status = 200, description = "A page of people.", body = List<FoundUser>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn find_users(
    caller: Caller,
    Params(query): Params<FindQuery>,
) -> Result<Listed<FoundUser>, Problem> {
    let limit = page_size(query.limit)?;
    let chosen = Chosen::<FoundUser>::read(query.fields.as_deref())?;
    let after = query.cursor.as_deref().map(read_place).transpose()?;
    if query.text.chars().count() > LONGEST {
        let detail = format!("must have {LONGEST} characters at most");
        return Err(Problem::invalid("/text", detail));
    }
    let (context, text) = (caller.context, query.text);
    let turn = caller.api.looking.take(caller.whose).await?;
    let found = caller.api.blocking(move |directory| {
        let _turn = turn;
        Ok::<_, Problem>(directory.read(context)?.find_people(&text, after, limit)?)
    });
    let FoundPeople { people, next } = found.await?;
    chosen.page(people.into_iter().map(FoundUser::from), next.map(write_place))
}

/// The most characters of what is looked for.
const LONGEST: usize = 256;

/// Reads where a page starts: an organization's number and a user's, 0 for none.
fn read_place(cursor: &str) -> Result<PeoplePlace, Problem> {
    let octets = read_cursor::<16>(cursor)?;
    let place = u128::from_be_bytes(octets);
    let number = |octets: u128| u64::try_from(octets & u128::from(u64::MAX)).ok();
    let organization = number(place >> 64).and_then(OrganizationId::from_record);
    let user = number(place).filter(|user| *user != 0).and_then(UserId::from_record);
    let organization = organization.ok_or_else(no_cursor)?;
    Ok(PeoplePlace { organization, user })
}

fn write_place(place: PeoplePlace) -> String {
    let user = place.user.map_or(0, UserId::record);
    let place = (u128::from(place.organization.record()) << 64) | u128::from(user);
    write_cursor(&place.to_be_bytes())
}

impl From<FoundPerson> for FoundUser {
    fn from(found: FoundPerson) -> Self {
        let FoundPerson { organization, slug, user } = found;
        Self {
            organization,
            organization_slug: slug,
            id: user.uuid,
            login: user.fields.login,
            display_name: user.fields.display_name,
            mail: user.fields.mail,
            state: user.state.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let organization = OrganizationId::from_record(300).unwrap();
        for user in [None, UserId::from_record(u64::MAX), UserId::from_record(1)] {
            let place = PeoplePlace { organization, user };
            assert_eq!(read_place(&write_place(place)).unwrap(), place);
        }
        assert!(read_place(&write_cursor(&[0; 16])).is_err(), "no organization has that number");
        assert!(read_place("AAAA").is_err());
    }
}
