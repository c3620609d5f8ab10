//! From what was typed to a question, and from the answer to what is printed.

use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::client::Question;
use crate::document::{Field, Kind, Operation};
use crate::failure::{Failure, spelled};
use crate::grammar::{CLEAR, FROM, MOST, YES, asks_for, one_way};
use crate::headings::print;
use crate::money::with_money;
use crate::output::{Format, are_there, source, tell, write};
use crate::place::{ORGANIZATIONS, Place, escaped};
use crate::prompt;
use crate::qr_code;
use crate::texts::{from_file, from_place};
use crate::words::REFERENCES;

/// The most items that the server gives at once.
pub(crate) const PAGE: usize = 200;

/// The option that has something come as a file.
const FORMAT: &str = "format";
/// What counts are asked that are to be told by organization.
const BY_ORGANIZATION: (&str, &str) = ("by", "organization");
/// The member of a count that says which one it is of.
const KEY: &str = "key";

/// Does what an operation does, and prints what comes of it.
///
/// # Errors
/// When it cannot be done.
pub(crate) fn call(
    place: &Place<'_>,
    operation: &Operation,
    matches: &ArgMatches,
    (format, columns): (Format, &[&str]),
) -> Result<(), Failure> {
    if operation.is_file {
        let chosen = if operation.takes_format() { ", which --format chooses" } else { "" };
        one_way(matches, &format!("it is a file, printed as the server makes it{chosen}"))?;
    } else if operation.takes_format() && typed::<String>(matches, FORMAT).next().is_some() {
        one_way(matches, "--format asks for a file, printed as the server makes it")?;
    }
    let path = path(place, operation, matches)?;
    let query = query(place, operation, matches)?;
    if operation.is_list {
        let most = matches.get_one::<usize>(MOST).copied();
        let items = items(place, &path, &query, most);
        let items = items.map_err(|failure| called(failure, operation, matches))?;
        let items = Value::Array(items);
        let shown =
            shown(place, operation, (format, columns), items, (path.as_str(), query.as_slice()));
        return print(place, operation, (format, columns), &shown, &query);
    }
    let body = operation.body.as_ref().map(|fields| body(place, operation, fields, matches));
    let body = body.transpose()?;
    if operation.is_final() && !matches.get_flag(YES) {
        prompt::confirm(&question(place, operation, matches))?;
    }
    // What is deleted is what was there when it was asked for.
    let seen = match operation.is_conditional && operation.method == "delete" {
        true => place.client.get(&path)?.etag,
        false => None,
    };
    let (method, if_match) = (&*operation.method, seen.as_deref());
    let asked = format!("{path}{}", joined(&query));
    let (body, is_repeatable) = (body.as_ref(), operation.is_repeatable);
    let question = Question { method, path: &asked, body, if_match, is_repeatable };
    let answer = place.client.ask(&question);
    let answer = answer.map_err(|failure| called(failure, operation, matches))?;
    if let Some(file) = answer.file {
        return write(&file);
    }
    if answer.body.is_null() {
        tell("Done.");
        return Ok(());
    }
    // A list that is not cut into pages.
    let said = answer.body.get("items").filter(|items| items.is_array()).unwrap_or(&answer.body);
    let shown =
        shown(place, operation, (format, columns), said.clone(), (path.as_str(), query.as_slice()));
    if format == Format::Table {
        qr_code::show(&answer.body)?;
    }
    print(place, operation, (format, columns), &shown, &query)?;
    done(&answer.body)
}

/// An answer, or the items of a list, as it is printed: for people with durations and amounts as they
/// write them, names of what is referred to, and slugs of organizations where it is not of one alone.
fn shown(
    place: &Place<'_>,
    operation: &Operation,
    (format, columns): (Format, &[&str]),
    said: Value,
    (path, query): (&str, &[(String, String)]),
) -> Value {
    let Some(schema) = operation.answer.as_ref().filter(|_| format == Format::Table) else {
        return said;
    };
    let items = place.schemas().part(schema, &|form| form.get("properties")?.get("items"));
    let schema = items.filter(|_| said.is_array()).unwrap_or(schema);
    let said = with_money(place.schemas().with_durations(schema, said));
    let said = cut(said, columns);
    if operation.is_in_organization() {
        return place.with_names(path, said);
    }
    let by_organization =
        query.iter().any(|(name, value)| (name.as_str(), value.as_str()) == BY_ORGANIZATION);
    place.with_slugs(said, by_organization.then_some(KEY))
}

/// The items of a list with what a table of some columns shows of them: nothing else need be looked for.
fn cut(mut said: Value, columns: &[&str]) -> Value {
    if let Some(items) = said.as_array_mut().filter(|items| are_there(items, columns)) {
        for members in items.iter_mut().filter_map(Value::as_object_mut) {
            members.retain(|name, _| columns.iter().any(|column| source(column) == name));
        }
    }
    said
}

/// Whether what was asked for was done, where the answer tells how that ended.
fn done(answer: &Value) -> Result<(), Failure> {
    let text = |member: &str| answer.get(member).and_then(Value::as_str);
    let why = match (text("outcome"), answer.get("delivered")) {
        (Some(outcome), _) if outcome != "done" => format!("it is {}", outcome.replace('_', " ")),
        (_, Some(Value::Bool(false))) => "it was not delivered".to_owned(),
        (Some(_) | None, _) => return Ok(()),
    };
    let reason = text("reason").map(|reason| format!("{why}: {reason}"));
    Err(Failure::Incomplete(reason.unwrap_or(why)))
}

/// A failure with what it is about called by the option that says it.
pub(crate) fn called(failure: Failure, operation: &Operation, matches: &ArgMatches) -> Failure {
    let body = operation.body.as_deref().unwrap_or_default();
    let called = failure.called(|parts| {
        let in_body = option_of(body, parts, matches);
        in_body.or_else(|| option_of(&operation.query, parts, matches))
    });
    called.worded(|text| in_options(text, body, matches))
}

/// A text of the server's with members of the body called by the options that say them. Names of
/// one word may be words of the text as well, and stay.
fn in_options(text: &str, fields: &[Field], matches: &ArgMatches) -> String {
    let is_other = |sign: char| !sign.is_alphanumeric() && sign != '_';
    let mut said = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_other) {
        let word = piece.trim_end_matches(is_other);
        let named = |field: &&Field| word.contains('_') && field.path == [word];
        match fields.iter().find(named).filter(|field| !is_of_file(field, matches)) {
            Some(field) => {
                said.push_str(&format!("--{}", field.option()));
                said.push_str(piece.strip_prefix(word).unwrap_or_default());
            }
            None => said.push_str(piece),
        }
    }
    said
}

/// The option that says a member of the body or of the query, and which part of its value is meant; nothing where the
/// member is a file's.
pub(crate) fn option_of(
    fields: &[Field],
    parts: &[String],
    matches: &ArgMatches,
) -> Option<String> {
    let said = fields.iter().filter(|field| parts.starts_with(&field.path));
    let field = said.max_by_key(|field| field.path.len())?;
    if is_of_file(field, matches) {
        return None;
    }
    let option = field.option();
    Some(match parts.get(field.path.len()..).unwrap_or_default() {
        [] => format!("--{option}"),
        [place] if field.kind == Kind::Texts => match place.parse::<usize>() {
            Ok(place) if typed::<String>(matches, &option).count() > 1 => {
                format!("--{option}, value {}", place + 1)
            }
            Ok(_) | Err(_) => format!("--{option}"),
        },
        inner => format!("--{option}, {}", spelled(inner)),
    })
}

/// Whether a file says what a field has, if anything does.
fn is_of_file(field: &Field, matches: &ArgMatches) -> bool {
    matches!(matches.try_contains_id(FROM), Ok(true)) && !is_typed(field, matches)
}

/// Whether something was typed for a field.
fn is_typed(field: &Field, matches: &ArgMatches) -> bool {
    let option = field.option();
    match field.kind == Kind::Secret {
        true => asked_for(field, matches),
        false => matches!(matches.try_contains_id(&option), Ok(true)),
    }
}

/// What is asked before something that cannot be taken back.
fn question(place: &Place<'_>, operation: &Operation, matches: &ArgMatches) -> String {
    let last = operation.places().last().unwrap_or_default();
    let name = matches.try_get_one::<String>(last).ok().flatten();
    let deed = if operation.method == "delete" { "delete" } else { "revoke" };
    let part = operation.path.trim_end_matches("/revoke").rsplit('/').next().unwrap_or_default();
    let whole = name.map(|name| format!("{} “{name}”", last.replace('_', " ")));
    let what = match whole {
        Some(whole) if part.starts_with('{') => whole,
        // What is deleted belongs to what is named.
        Some(whole) => format!("{} of the {whole}", part.replace('-', " ")),
        None => part.replace('-', " "),
    };
    let is_in_one = operation.path.contains("{organization}");
    let organization = if is_in_one { place.called() } else { None };
    let whose = organization.map(|organization| format!(" of {organization}")).unwrap_or_default();
    format!("Really {deed} the {what}{whose} at {}?", place.client.server())
}

/// The items of a list, page by page, so many at most.
pub(crate) fn items(
    place: &Place<'_>,
    path: &str,
    query: &[(String, String)],
    most: Option<usize>,
) -> Result<Vec<Value>, Failure> {
    let most = most.unwrap_or(usize::MAX);
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let left = most - items.len();
        let (found, next) = page(place, path, query, (left, cursor.as_deref()))?;
        items.extend(found);
        items.truncate(most);
        cursor = next;
        if cursor.is_none() || items.len() >= most {
            return Ok(items);
        }
    }
}

/// A page of a list with so many items at most, from where the page before says, and where the next
/// one begins.
pub(crate) fn page(
    place: &Place<'_>,
    path: &str,
    query: &[(String, String)],
    (most, cursor): (usize, Option<&str>),
) -> Result<(Vec<Value>, Option<String>), Failure> {
    let mut asked = query.to_vec();
    asked.push(("limit".into(), PAGE.min(most).max(1).to_string()));
    asked.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor.to_owned())));
    let mut answer = place.client.get(&format!("{path}{}", joined(&asked)))?.body;
    let items = match answer.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        Some(_) | None => Vec::new(),
    };
    let next = answer.get("next").and_then(Value::as_str).map(ToOwned::to_owned);
    Ok((items, next))
}

/// The path, with the ids of what was named.
pub(crate) fn path(
    place: &Place<'_>,
    operation: &Operation,
    matches: &ArgMatches,
) -> Result<String, Failure> {
    let mut path = operation.path.clone();
    for wanted in operation.places() {
        let id = if asks_for(operation, wanted) {
            let name = matches.get_one::<String>(wanted).map(String::as_str).unwrap_or_default();
            // What stands before it in the path has its id already.
            let list = path.split_once(&format!("/{{{wanted}}}")).map(|(list, _)| list.to_owned());
            place.id(&list.unwrap_or_default(), name)?
        } else {
            place.organization()?
        };
        path = path.replace(&format!("{{{wanted}}}"), &escaped(&id));
    }
    Ok(path)
}

/// The query that was typed.
pub(crate) fn query(
    place: &Place<'_>,
    operation: &Operation,
    matches: &ArgMatches,
) -> Result<Vec<(String, String)>, Failure> {
    let mut query = Vec::new();
    for field in &operation.query {
        let value = match given(place, operation, field, matches)? {
            None if field.is_confirmation() => Some(confirmation(place, matches)?),
            said => said,
        };
        let Some(value) = value else { continue };
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        query.extend(field.path.first().map(|name| (name.clone(), text)));
    }
    Ok(query)
}

/// What an organization is called, typed again before it goes.
fn confirmation(place: &Place<'_>, matches: &ArgMatches) -> Result<Value, Failure> {
    if matches.get_flag(YES) {
        return Err(Failure::Usage("--confirmation is missing".into()));
    }
    let named = matches.try_get_one::<String>("organization").ok().flatten();
    let named = named.map(String::as_str).unwrap_or_default();
    let server = place.client.server();
    let question = format!("Really delete the organization “{named}” at {server}?");
    prompt::typed_again(&question, "Its full name", "--confirmation").map(Value::String)
}

/// A query as it stands behind a path.
pub(crate) fn joined(query: &[(String, String)]) -> String {
    let pairs: Vec<_> =
        query.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// The body: what a file has, and over it what was typed.
pub(crate) fn body(
    place: &Place<'_>,
    operation: &Operation,
    fields: &[Field],
    matches: &ArgMatches,
) -> Result<Value, Failure> {
    let file = matches.get_one::<String>(FROM);
    let mut body = match file {
        Some(file) => from_file(file)?,
        None => json!({}),
    };
    let cleared: Vec<&String> = typed(matches, CLEAR).collect();
    for field in fields {
        if cleared.contains(&&field.option()) {
            if is_typed(field, matches) {
                let option = field.option();
                let text = format!("--{option} and --clear {option}: say one of them");
                return Err(Failure::Usage(text));
            }
            let nothing = if field.is_nullable { Value::Null } else { json!([]) };
            put(&mut body, &field.path, nothing);
        } else if let Some(value) = given(place, operation, field, matches)? {
            put(&mut body, &field.path, value);
        } else if file.is_none() && is_wanted_code(field, fields, matches) {
            let code = prompt::secret("code")?;
            // Whoever signed in with a passkey has none to say.
            if field.is_required || !code.is_empty() {
                put(&mut body, &field.path, Value::String(code));
            }
        } else if field.kind == Kind::Secret
            && (asked_for(field, matches) || field.is_required && file.is_none())
        {
            let what = field.option().replace('-', " ");
            // What is there already is not set by a slip of the finger.
            let is_there = what.starts_with("current ") || what == "recovery code";
            let secret = match is_there {
                true => prompt::secret(&what)?,
                false => prompt::new_secret(&what)?,
            };
            put(&mut body, &field.path, Value::String(secret));
        } else if field.is_required && file.is_none() {
            return Err(Failure::Usage(format!("--{} is missing", field.option())));
        }
    }
    if operation.method == "patch" && body.as_object().is_some_and(Map::is_empty) {
        return Err(Failure::Usage("nothing was said that could change".into()));
    }
    place.schemas().with_ids(operation, body, &|list, name| found(place, list, name))
}

/// Whether a field is the code of an authenticator, which is asked for where nothing is given in its
/// place.
fn is_wanted_code(field: &Field, fields: &[Field], matches: &ArgMatches) -> bool {
    let is_instead = |other: &Field| other.kind == Kind::Secret && asked_for(other, matches);
    field.kind == Kind::Text && field.path == ["code"] && !fields.iter().any(is_instead)
}

/// What was typed for a field, with ids in place of names where it is a text.
fn given(
    place: &Place<'_>,
    operation: &Operation,
    field: &Field,
    matches: &ArgMatches,
) -> Result<Option<Value>, Failure> {
    let option = &field.option();
    let text = || typed::<String>(matches, option).next().cloned();
    Ok(match &field.kind {
        Kind::Secret => None,
        Kind::Number => typed::<i64>(matches, option).next().map(|number| json!(number)),
        Kind::Truth => typed::<bool>(matches, option).next().map(|truth| json!(truth)),
        Kind::Json => {
            let read = |text: String| {
                let listed = place.schemas().listed(operation, &field.path, &text);
                listed.map_or_else(|| read_json(option, &text), Ok)
            };
            text().map(read).transpose()?
        }
        Kind::Choice(_) => text().map(Value::String),
        Kind::Text => match text() {
            Some(text) => Some(Value::String(referred(place, field, from_place(text)?)?)),
            None => None,
        },
        Kind::Texts => {
            let texts = typed::<String>(matches, option).flat_map(|text| several(field, text));
            let ids = texts.map(|text| referred(place, field, text));
            let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
            (!ids.is_empty()).then(|| json!(ids))
        }
    })
}

/// What one text says for a field of several: organizations are parted by commas as well.
fn several(field: &Field, text: &str) -> Vec<String> {
    match field.holds_organizations() {
        true => text.split(',').map(|name| name.trim().to_owned()).collect(),
        false => vec![text.to_owned()],
    }
}

/// The id behind a name, for fields that hold ids.
fn referred(place: &Place<'_>, field: &Field, text: String) -> Result<String, Failure> {
    let name = field.path.last().map(String::as_str).unwrap_or_default();
    match REFERENCES.iter().find(|(referring, _)| *referring == name) {
        Some((_, "")) => {
            let ids = text.split(',').map(|name| place.id(ORGANIZATIONS, name.trim()));
            Ok(ids.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        Some((_, list)) => found(place, list, &text),
        None => Ok(text),
    }
}

/// The id behind a name of a list: of the organization's, or of what is at a path.
fn found(place: &Place<'_>, list: &str, name: &str) -> Result<String, Failure> {
    match list {
        "" => place.id(ORGANIZATIONS, name),
        list if list.starts_with('/') => place.id(list, name),
        list => {
            let organization = place.organization()?;
            place.id(&format!("/v1/organizations/{organization}/{list}"), name)
        }
    }
}

fn typed<'m, T: Clone + Send + Sync + 'static>(
    matches: &'m ArgMatches,
    name: &str,
) -> impl Iterator<Item = &'m T> + use<'m, T> {
    matches.try_get_many::<T>(name).ok().flatten().into_iter().flatten()
}

fn asked_for(field: &Field, matches: &ArgMatches) -> bool {
    matches.try_get_one::<bool>(&field.option()).ok().flatten().copied().unwrap_or_default()
}

fn put(body: &mut Value, path: &[String], value: Value) {
    let Some((name, inner)) = path.split_first() else { return };
    if !body.is_object() {
        *body = json!({});
    }
    if let Some(members) = body.as_object_mut() {
        let member = members.entry(name.clone()).or_insert(Value::Null);
        match inner {
            [] => *member = value,
            inner => put(member, inner, value),
        }
    }
}

fn read_json(option: &str, text: &str) -> Result<Value, Failure> {
    // A bare word is a text: `--visibility everything`.
    let word = text.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) if word => Ok(Value::String(text.to_owned())),
        Err(error) => Err(Failure::Usage(format!("--{option} is no JSON: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_members_find_their_place() {
        let mut body = json!({"a": {"x": 1}});
        put(&mut body, &["a".into(), "b".into()], json!(2));
        put(&mut body, &["c".into(), "d".into()], json!([3]));
        assert_eq!(body, json!({"a": {"x": 1, "b": 2}, "c": {"d": [3]}}));
    }

    #[test]
    fn a_bare_word_is_a_text_and_all_else_json() {
        assert_eq!(read_json("x", "everything").unwrap(), json!("everything"));
        assert_eq!(read_json("x", r#"{"groups": []}"#).unwrap(), json!({"groups": []}));
        assert_eq!(read_json("x", "12").unwrap(), json!(12));
        assert!(read_json("x", "{groups").is_err());
    }

    #[test]
    fn organizations_are_parted_by_commas_and_nothing_else() {
        let document = crate::document::Document::read().unwrap();
        let parted = |operation: &str, option: &str, text: &str| {
            let body = document.operation(operation).unwrap().body.clone().unwrap();
            several(body.iter().find(|field| field.option() == option).unwrap(), text)
        };
        let key = |text: &str| parted("create_own_key", "organizations", text);
        assert_eq!(key("acme, globex"), ["acme", "globex"]);
        assert_eq!(key("acme"), ["acme"]);
        assert_eq!(parted("create_user", "mail", "a,b@x"), ["a,b@x"]);
    }

    #[test]
    fn what_was_not_done_is_a_failure_and_says_why() {
        assert!(done(&json!({"outcome": "done", "reason": null})).is_ok());
        assert!(done(&json!({"login": "ada"})).is_ok() && done(&json!([1])).is_ok());
        let told = |answer| done(&answer).unwrap_err().to_string();
        assert_eq!(told(json!({"outcome": "under_way", "reason": null})), "it is under way");
        let refused = json!({"outcome": "refused", "reason": "the gear refused"});
        assert_eq!(told(refused), "it is refused: the gear refused");
        assert!(done(&json!({"delivered": true, "reason": null})).is_ok());
        let lost = json!({"delivered": false, "reason": "the receiver answered 500"});
        assert_eq!(told(lost), "it was not delivered: the receiver answered 500");
    }

    #[test]
    fn a_code_is_asked_for_unless_something_is_given_in_its_place() {
        let document = crate::document::Document::read().unwrap();
        let wants = |operation: &str, line: &[&str]| {
            let fields = document.operation(operation).unwrap().body.clone().unwrap();
            let command = crate::grammar::with_body(clap::Command::new("x"), &fields);
            let matches = command.try_get_matches_from(line).unwrap();
            fields.iter().any(|field| is_wanted_code(field, &fields, &matches))
        };
        assert!(wants("confirm_own_authenticator", &["x"]));
        assert!(wants("begin_own_authenticator", &["x"]));
        assert!(!wants("begin_own_authenticator", &["x", "--recovery-code"]));
        assert!(!wants("create_user", &["x"]));
    }

    #[test]
    fn members_in_a_text_are_called_as_their_options() {
        let field = |name: &str| Field {
            path: vec![name.to_owned()],
            about: String::new(),
            kind: Kind::Truth,
            is_required: false,
            is_nullable: false,
        };
        let fields = [field("leave_out_errors"), field("rows")];
        let command = crate::grammar::with_body(clap::Command::new("apply"), &fields);
        let said = |line: &[&str]| {
            let matches = command.clone().try_get_matches_from(line).unwrap();
            in_options("rows are wrong (leave_out_errors), or errors_out.", &fields, &matches)
        };
        let by_option = "rows are wrong (--leave-out-errors), or errors_out.";
        assert_eq!(said(&["apply"]), by_option);
        assert_eq!(said(&["apply", "--from", "file", "--leave-out-errors=false"]), by_option);
        let of_file = "rows are wrong (leave_out_errors), or errors_out.";
        assert_eq!(said(&["apply", "--from", "file"]), of_file);
    }

    #[test]
    fn a_table_has_what_its_columns_show_and_all_where_they_are_not_there() {
        let user = json!({"login": "ada", "state": "active", "sign_in": {"locked_until": null}});
        let columns = ["login", "locked_until=sign_in.locked_until"];
        let kept = json!([{"login": "ada", "sign_in": {"locked_until": null}}]);
        assert_eq!(cut(json!([user]), &columns), kept);
        assert_eq!(cut(user.clone(), &columns), user, "it is no list");
        let narrow = json!([{"login": "ada", "state": "active"}]);
        assert_eq!(cut(narrow.clone(), &columns), narrow);
        assert_eq!(cut(narrow.clone(), &[]), narrow);
    }

    #[test]
    fn a_query_is_put_together() {
        let query = [("name".to_owned(), "a b".to_owned()), ("limit".to_owned(), "5".to_owned())];
        assert_eq!(joined(&query), "?name=a%20b&limit=5");
        assert_eq!(joined(&[]), "");
    }
}
