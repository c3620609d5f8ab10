//! Where a command works: the server, the organization, and the ids behind names.

use std::cell::RefCell;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::Value;
use uuid::Uuid;

use crate::call::{items, joined};
use crate::client::Client;
use crate::contexts::{self, Context, Contexts};
use crate::document::{Document, Schemas};
use crate::failure::Failure;
use crate::grammar::{CA, CONTEXT, CONTEXTS, ORG, PROVIDER, SERVER, TOKEN, TOKEN_FILE};
use crate::prompt;
use crate::slugs::Slugs;

/// A server, as somebody, perhaps with an organization.
pub(crate) struct Place<'d> {
    document: &'d Document,
    pub(crate) client: Client,
    /// The organization that options, the environment or the context name.
    pub(crate) organization: Option<String>,
    /// The same, where the context names it and knows its id.
    remembered: Option<Remembered>,
    /// What organizations are called, as far as that was asked.
    pub(crate) slugs: Slugs,
    /// The slug of an organization that was named and is deleted.
    deleted: RefCell<Option<String>>,
}

/// The organization of a context that knows its id.
struct Remembered {
    id: String,
    /// What the context is called, and in which file it stands.
    context: String,
    file: PathBuf,
}

impl<'d> Place<'d> {
    /// The place that options, the environment and the contexts name.
    ///
    /// # Errors
    /// When they name none or two, or the contexts cannot be read.
    pub(crate) fn of(document: &'d Document, matches: &ArgMatches) -> Result<Self, Failure> {
        let typed = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
        // What is typed counts more than the environment.
        let by_context =
            typed(CONTEXT) && ![SERVER, TOKEN, TOKEN_FILE].iter().any(|&name| typed(name));
        let text = |name| matches.get_one::<String>(name).cloned();
        let ca = matches.get_one::<PathBuf>(CA).cloned();
        refuse_two(matches)?;
        let is_named = !matches.get_flag(PROVIDER) && (typed(ORG) || !by_context);
        let named = text(ORG).filter(|_| is_named);
        let token = if by_context { None } else { key(matches)? };
        match (text(SERVER).filter(|_| !by_context), token) {
            (Some(server), token @ Some(_)) => {
                let client = Client::new(&server, token, ca.as_deref())?;
                return Ok(Self::new(document, client, named));
            }
            (None, None) => {}
            (Some(_) | None, Some(_) | None) => {
                let text = "a server and an API key go together: give both --server and --token-file \
                            (or --token), or a context";
                return Err(Failure::Usage(text.into()));
            }
        }
        let file = contexts_path(matches)?;
        let contexts = Contexts::read(&file)?;
        let (name, context) = contexts.chosen(text(CONTEXT).as_deref())?;
        let token = context.token.clone().ok_or(Failure::NoContext)?;
        let ca = ca.or_else(|| context.ca.clone());
        let client = Client::new(&context.server, Some(token), ca.as_deref())?;
        let usual = context.slug().filter(|_| !matches.get_flag(PROVIDER)).map(ToOwned::to_owned);
        let is_usual = named.is_none() && usual.is_some();
        let id = context.id().filter(|_| is_usual).map(ToOwned::to_owned);
        let remembered = id.map(|id| Remembered { id, context: name.to_owned(), file });
        Ok(Self { remembered, ..Self::new(document, client, named.or(usual)) })
    }

    fn new(document: &'d Document, client: Client, organization: Option<String>) -> Self {
        let (slugs, deleted) = (Slugs::default(), RefCell::default());
        Self { document, client, organization, remembered: None, slugs, deleted }
    }

    /// An organization that a context is to be about.
    ///
    /// # Errors
    /// When nobody is signed in there, or the authority's file cannot be read.
    pub(crate) fn in_context(
        document: &'d Document,
        matches: &ArgMatches,
        context: &Context,
        organization: &str,
    ) -> Result<Self, Failure> {
        let token = context.token.clone().ok_or(Failure::NoContext)?;
        let ca = matches.get_one::<PathBuf>(CA).or(context.ca.as_ref());
        let client = Client::new(&context.server, Some(token), ca.map(PathBuf::as_path))?;
        Ok(Self::new(document, client, Some(organization.to_owned())))
    }

    /// What the API takes and gives.
    pub(crate) fn schemas(&self) -> &Schemas {
        &self.document.schemas
    }

    /// The id of the organization that a command is about.
    ///
    /// # Errors
    /// When none is named anywhere, or there is none of that name.
    pub(crate) fn organization(&self) -> Result<String, Failure> {
        let none = || {
            let text = "which organization? Name it with --org, or for good with \
                        `tenantry context use NAME --org SLUG`";
            Failure::Usage(text.into())
        };
        if let Some(remembered) = &self.remembered {
            return Ok(remembered.id.clone());
        }
        self.id(ORGANIZATIONS, self.organization.as_ref().ok_or_else(none)?)
    }

    /// Whether the organization is the context's, which may be called otherwise by now.
    pub(crate) fn is_remembered(&self) -> bool {
        self.remembered.is_some()
    }

    /// What the organization that a command is about is called: the context's as it is called now, which
    /// the context keeps, or else by its id. Its slug may be another one's by now.
    pub(crate) fn called(&self) -> Option<String> {
        let Some(Remembered { id, context, file }) = &self.remembered else {
            return self.organization.clone();
        };
        let found = self.client.get(&format!("{ORGANIZATIONS}/{}", escaped(id)));
        let slug = found.ok().and_then(|found| Some(found.body.get("slug")?.as_str()?.to_owned()));
        let Some(slug) = slug else { return Some(id.clone()) };
        // Where it cannot be written the id goes on to count.
        let _unkept = Contexts::rename(file, context, (id.as_str(), slug.as_str()));
        Some(slug)
    }

    /// What a failure says, or, where there is no such thing, that the organization is deleted, which who
    /// could restore it sees in the list and nowhere else, or that the context's is none any more.
    pub(crate) fn explained(&self, failure: Failure) -> Failure {
        let Failure::Refused(problem) = &failure else { return failure };
        if problem.status != 404 {
            return failure;
        }
        let named = self.deleted.borrow().clone().map(Failure::Deleted);
        named.or_else(|| self.gone(&problem.asked)).unwrap_or(failure)
    }

    /// That the context's organization is deleted, or none that one may see, where a path is below it.
    fn gone(&self, path: &str) -> Option<Failure> {
        let id = &self.remembered.as_ref()?.id;
        if !path.starts_with(&format!("{ORGANIZATIONS}/{id}")) {
            return None;
        }
        let filter = ("filter".to_owned(), format!("id eq \"{id}\""));
        match items(self, ORGANIZATIONS, &[filter], Some(1)).ok()?.first() {
            Some(organization) => deleted(organization).map(Failure::Deleted),
            None => {
                let (what, name) = (one_of(ORGANIZATIONS), self.organization.clone()?);
                Some(Failure::Missing { what, name })
            }
        }
    }

    /// The id behind a name in a list; an id stays what it is. Names may look like ids, so what looks like
    /// one is looked for as a name as well.
    ///
    /// # Errors
    /// When there is none of that name, or more than one, or one is called as another one's id.
    pub(crate) fn id(&self, list: &str, name: &str) -> Result<String, Failure> {
        if name.len() != UUID || Uuid::parse_str(name).is_err() {
            return self.named(list, name);
        }
        // What lists find no names of, such as sessions, is never called so.
        let reading = self.document.reading(list);
        let has_names = reading.is_some_and(|read| read.finds_names() || !read.is_list);
        if !has_names {
            return Ok(name.to_owned());
        }
        match self.named(list, name) {
            Ok(id) if id.eq_ignore_ascii_case(name) => Ok(id),
            Ok(id) => match self.has_id(list, name)? {
                true => Err(Failure::Usage(ambiguous(&one_of(list), name, &id))),
                false => Ok(id),
            },
            Err(Failure::Missing { .. }) => Ok(name.to_owned()),
            // Who may not look at the list names things by their ids.
            Err(Failure::Refused(problem)) if [403, 404].contains(&problem.status) => {
                Ok(name.to_owned())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Whether a list has something of an id.
    fn has_id(&self, list: &str, id: &str) -> Result<bool, Failure> {
        let filter = ("filter".to_owned(), format!("id eq \"{}\"", id.to_lowercase()));
        let found = self.client.get(&format!("{list}{}", joined(&[filter])))?.body;
        let items = found.get("items").and_then(Value::as_array);
        Ok(items.is_some_and(|items| !items.is_empty()))
    }

    /// The id behind a name in a list, whatever the name looks like.
    fn named(&self, list: &str, name: &str) -> Result<String, Failure> {
        let operation = self.document.reading(list);
        let items = match operation {
            Some(operation) if operation.finds_names() => {
                let asked =
                    |member: &str| items(self, list, &[(member.into(), name.into())], Some(2));
                let called = asked("name")?;
                // No two have the same serial number.
                let is_both = called.iter().any(|item| is(item.get("serial"), name));
                match operation.finds_serials() && !is_both {
                    true => called_or_numbered(&one_of(list), name, called, asked("serial")?)?,
                    false => called,
                }
            }
            Some(operation) if operation.is_list => items(self, list, &[], None)?,
            Some(_) | None => {
                let mut answer = self.client.get(list)?.body;
                let items = answer.get_mut("items").map(Value::take);
                items.and_then(|items| items.as_array().cloned()).unwrap_or_default()
            }
        };
        let called = |item: &&Value| NAMES.iter().any(|member| is(item.get(*member), name));
        if list == ORGANIZATIONS
            && let Some(slug) = items.iter().filter(called).find_map(deleted)
        {
            self.deleted.replace(Some(slug));
        }
        let mut ids = items.iter().filter(called).filter_map(|item| item.get("id")?.as_str());
        let what = || one_of(list);
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(id.to_owned()),
            (Some(_), Some(_)) => {
                let text =
                    format!("more than one {} is called “{name}”: name it by its id", what());
                Err(Failure::Usage(text))
            }
            (None, _) => Err(Failure::Missing { what: what(), name: name.to_owned() }),
        }
    }
}

/// What is called so, or else what has it as its serial number.
///
/// # Errors
/// When these are two things.
fn called_or_numbered(
    what: &str,
    name: &str,
    called: Vec<Value>,
    numbered: Vec<Value>,
) -> Result<Vec<Value>, Failure> {
    let id = |found: &[Value], member: &str| {
        let found = found.iter().find(|item| is(item.get(member), name))?;
        Some(found.get("id")?.as_str()?.to_owned())
    };
    match (id(&called, "name"), id(&numbered, "serial")) {
        (Some(one), Some(other)) if one != other => Err(Failure::Usage(format!(
            "“{name}” is the name of one {what} and the serial number of another: name the first by its \
             id {one}, or the other by its id {other}"
        ))),
        (Some(_), _) => Ok(called),
        (None, _) => Ok(numbered),
    }
}

/// What is said where something is called as another one's id.
fn ambiguous(what: &str, name: &str, id: &str) -> String {
    format!(
        "“{name}” is the id of one {what} and the name of another: name the first by its name, and the \
         other by its id {id}"
    )
}

/// Refuses a line that names the provider and an organization.
///
/// # Errors
/// When it does.
pub(crate) fn refuse_two(matches: &ArgMatches) -> Result<(), Failure> {
    let is_typed = matches.value_source(ORG) == Some(ValueSource::CommandLine);
    if is_typed && matches.get_flag(PROVIDER) {
        let text = "--provider and --org are two places: name one of them";
        return Err(Failure::Usage(text.into()));
    }
    Ok(())
}

/// The API key that was given, typed or by the environment, or in a file.
///
/// # Errors
/// When it is given twice in the same way, or the file cannot be read.
fn key(matches: &ArgMatches) -> Result<Option<String>, Failure> {
    let typed = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
    let text = |name| matches.get_one::<String>(name).cloned();
    let file = match (text(TOKEN), text(TOKEN_FILE)) {
        (token, None) => return Ok(token),
        (None, Some(file)) => file,
        (Some(token), Some(file)) => match (typed(TOKEN), typed(TOKEN_FILE)) {
            (true, false) => return Ok(Some(token)),
            (false, true) => file,
            (true, true) | (false, false) => {
                let text = "--token and --token-file are two API keys: give one of them";
                return Err(Failure::Usage(text.into()));
            }
        },
    };
    if file == "-" {
        return prompt::secret("API key").map(Some);
    }
    let key = std::fs::read_to_string(&file).map_err(|error| Failure::local(&file, &error))?;
    Ok(Some(key.trim().to_owned()))
}

/// What one thing of a list is called.
pub(crate) fn one_of(list: &str) -> String {
    let list = list.rsplit('/').next().unwrap_or_default().replace('-', " ");
    match list.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => list.trim_end_matches('s').to_owned(),
    }
}

/// The slug of an organization that is deleted.
pub(crate) fn deleted(organization: &Value) -> Option<String> {
    let text = |member: &str| organization.get(member)?.as_str();
    (text("state") == Some("deleted")).then(|| text("slug").unwrap_or_default().to_owned())
}

/// Where organizations are.
pub(crate) const ORGANIZATIONS: &str = "/v1/organizations";

/// The length of a UUID as the API writes it.
const UUID: usize = 36;

/// By which members things are called.
const NAMES: [&str; 6] = ["name", "login", "slug", "serial", "fingerprint", "number"];

fn is(member: Option<&Value>, name: &str) -> bool {
    match member {
        Some(Value::String(member)) => member.to_lowercase() == name.to_lowercase(),
        Some(Value::Number(number)) => number.to_string() == name,
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

/// Where the contexts are.
///
/// # Errors
/// When nobody knows.
pub(crate) fn contexts_path(matches: &ArgMatches) -> Result<PathBuf, Failure> {
    matches.get_one::<PathBuf>(CONTEXTS).cloned().map_or_else(contexts::usual_path, Ok)
}

/// Text as it stands in a query or a path (RFC 3986, section 2.3).
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            escaped.push_str(&format!("%{octet:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_of_a_list_is_called_as_people_call_it() {
        let called = |list| one_of(&format!("/v1/organizations/{list}"));
        assert_eq!(called("radius-clients"), "radius client");
        assert_eq!(called("security-policies"), "security policy");
        assert_eq!(called("certificate-authorities"), "certificate authority");
    }

    #[test]
    fn who_names_two_things_at_once_is_told_how_each_is_named() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let said = ambiguous("user", "01a221be-ea15-74ec-9b82-cd523e90ee2d", id);
        assert!(said.contains("is the id of one user and the name of another"), "{said}");
        assert!(said.ends_with(&format!("the other by its id {id}")), "{said}");
    }

    #[test]
    fn who_says_the_name_of_one_thing_and_the_serial_number_of_another_is_told_both_ids() {
        let of = |id: &str| vec![serde_json::json!({"id": id, "name": "x1", "serial": "x1"})];
        let found = |called, numbered| called_or_numbered("device", "X1", called, numbered);
        assert_eq!(found(of("1"), Vec::new()).unwrap(), of("1"));
        assert_eq!(found(Vec::new(), of("2")).unwrap(), of("2"));
        assert_eq!(found(of("1"), of("1")).unwrap(), of("1"), "it has both");
        let near = serde_json::json!({"id": "3", "name": "x12", "serial": "x12"});
        let beside = |id: &str| [vec![near.clone()], of(id)].concat();
        assert_eq!(found(vec![near.clone()], of("2")).unwrap(), of("2"), "it is called otherwise");
        assert_eq!(found(beside("1"), beside("1")).unwrap(), beside("1"));
        found(beside("1"), beside("2")).unwrap_err();
        let said = "“X1” is the name of one device and the serial number of another: name the first by \
                    its id 1, or the other by its id 2";
        let failure = found(of("1"), of("2")).unwrap_err();
        assert_eq!(failure.to_string(), said);
        assert!(matches!(failure, Failure::Usage(_)));
    }

    #[test]
    fn an_organization_is_deleted_where_its_state_says_so() {
        let of = |state: &str| deleted(&serde_json::json!({"slug": "acme", "state": state}));
        assert_eq!((of("deleted").as_deref(), of("suspended")), (Some("acme"), None));
    }

    #[test]
    fn what_a_query_could_misread_is_escaped() {
        assert_eq!(escaped("a b&c=ü~1"), "a%20b%26c%3D%C3%BC~1");
    }
}
