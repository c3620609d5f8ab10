//! What pages have people type is there: requests with their members, attributes of RADIUS by their
//! names, and commands with their options.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Source, none, root, source, walk};
use crate::harness::client::Client;
use crate::harness::demo::Demo;
use crate::harness::environment;

/// All pages.
fn pages() -> Vec<Source> {
    let mut files = Vec::new();
    walk(&root().join("docs"), &mut files);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.iter().map(|file| source(file)).collect()
}

/// A request as pages show it: `api POST /groups '{"name": "staff"}'`.
struct Request {
    method: String,
    /// Below an organization.
    path: String,
    body: Option<String>,
}

fn requests(text: &str) -> Vec<Request> {
    let begins = |place: usize| place == 0 || text[..place].ends_with(['\n', '`']);
    let starts = text.match_indices("api ").filter(|(place, _)| begins(*place));
    starts.filter_map(|(place, word)| request(&text[place + word.len()..])).collect()
}

fn request(text: &str) -> Option<Request> {
    let (method, rest) = text.split_once(' ')?;
    let is_method = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method);
    let end = rest.find(|sign: char| sign.is_whitespace() || sign == '`').unwrap_or(rest.len());
    let (path, rest) = rest.split_at(end);
    let path = path.trim_matches(['"', '\'']).split('?').next().unwrap_or_default();
    // A path that is not told from its beginning was told before.
    (is_method && path.starts_with('/')).then(|| Request {
        method: method.to_lowercase(),
        path: path.to_owned(),
        body: rest.trim_start_matches(' ').strip_prefix('\'').map(quoted),
    })
}

/// What a shell reads to the end of quotation marks, variables by their names: `["'$ADA'"]`.
fn quoted(text: &str) -> String {
    let (mut quoted, mut parts) = (String::new(), text.split('\''));
    while let Some(part) = parts.next() {
        quoted.push_str(part);
        match parts.next().and_then(|next| next.strip_prefix('$')) {
            Some(name) if !name.contains(char::is_whitespace) => quoted.push_str(name),
            Some(_) | None => break,
        }
    }
    quoted
}

/// The operation that a request asks for; of two that fit the one is meant that says more.
fn operation<'d>(document: &'d Value, request: &Request) -> Option<&'d Value> {
    let path = format!("/v1/organizations/{{organization}}{}", request.path);
    let fits = |template: &str| {
        let mut pairs = template.split('/').zip(path.split('/'));
        template.matches('/').count() == path.matches('/').count()
            && pairs.all(|(name, part)| name == part || name.starts_with('{'))
    };
    let operations = document["paths"].as_object()?.iter().filter(|(path, _)| fits(path));
    let meant = operations.min_by_key(|(path, _)| path.matches('{').count())?;
    meant.1.get(&request.method)
}

/// A schema, and all that it is put together from.
fn parts<'d>(document: &'d Value, schema: &'d Value) -> Vec<&'d Value> {
    let named = schema["$ref"].as_str().map(|name| name.trim_start_matches('#'));
    let named = named.and_then(|name| document.pointer(name));
    let choices = ["oneOf", "allOf", "anyOf"].into_iter();
    let choices = choices.filter_map(|name| schema[name].as_array()).flatten();
    let below = named.into_iter().chain(choices).flat_map(|part| parts(document, part));
    [schema].into_iter().chain(below).collect()
}

/// Gathers where a value has members that its schema does not have.
fn strange(document: &Value, (value, place): (&Value, &str), schema: &Value) -> Vec<String> {
    let parts = parts(document, schema);
    let mut others = parts.iter().filter_map(|part| part.get("additionalProperties"));
    let is_open = others.any(|others| *others != Value::Bool(false));
    let of_member = |(name, value): (&String, &Value)| {
        let place = format!("{place}/{name}");
        match parts.iter().find_map(|part| part["properties"].get(name)) {
            Some(schema) => strange(document, (value, &place), schema),
            None if is_open => Vec::new(),
            None => vec![place],
        }
    };
    match (value, parts.iter().find_map(|part| part.get("items"))) {
        (Value::Object(members), _) => members.iter().flat_map(of_member).collect(),
        (Value::Array(items), Some(schema)) => {
            items.iter().flat_map(|item| strange(document, (item, place), schema)).collect()
        }
        _ => Vec::new(),
    }
}

fn body(request: &Request) -> Result<Value, String> {
    let text = request.body.as_deref().unwrap_or("null");
    serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))
}

/// What is wrong with a request.
fn faults(document: &Value, request: &Request) -> Vec<String> {
    let Some(operation) = operation(document, request) else { return vec!["no such".into()] };
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    match body(request) {
        Err(error) => vec![error],
        Ok(Value::Null) => Vec::new(),
        Ok(_) if schema.is_null() => vec!["it takes no body".into()],
        Ok(body) => strange(document, (&body, ""), schema),
    }
}

#[test]
fn requests_on_pages_are_of_the_api_and_have_members_that_it_takes() {
    let document = fs::read_to_string(root().join("admin-api/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in pages() {
        for request in requests(&page.text) {
            seen += 1;
            let (method, path) = (&request.method, &request.path);
            let faults = faults(&document, &request).into_iter();
            wrong.extend(faults.map(|fault| format!("{}: {method} {path}: {fault}", page.path)));
        }
    }
    assert!(seen > 40, "{seen} requests are found");
    none(wrong, "the API takes no such requests");
    let request = |text: &str| requests(text).remove(0);
    let spoiled = request(r#"api POST /groups '{"name": "'$NAME'", "nonsense": []}'"#);
    assert_eq!(faults(&document, &spoiled), ["/nonsense"]);
    assert_eq!(faults(&document, &request("api GET /nothing")), ["no such"]);
}

#[test]
fn attributes_on_pages_are_those_that_a_reply_profile_can_name() {
    let known = Demo::shared().api_as_top().get("/v1/reply-attributes").json();
    let known: Vec<&Value> = known.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    let (mut seen, mut unknown) = (0, Vec::new());
    for page in pages() {
        for request in requests(&page.text).iter().filter(|it| it.path == "/reply-profiles") {
            let body = body(request).unwrap();
            for attribute in body["attributes"].as_array().into_iter().flatten() {
                seen += 1;
                if !known.contains(&&attribute["name"]) {
                    unknown.push(format!("{} in {}", attribute["name"], page.path));
                }
            }
        }
    }
    assert!(seen >= 10, "{seen} attributes are found");
    none(unknown, "no such attributes");
}

/// The commands of `tenantry` that a page shows, without the name of the program.
fn commands(text: &str) -> Vec<&str> {
    let begins = |place: usize| ["\n", "`", "\n$ "].iter().any(|it| text[..place].ends_with(*it));
    let starts = text.match_indices("tenantry ").filter(|(place, _)| begins(*place));
    let lines = starts.map(|(place, program)| &text[place + program.len()..]);
    lines.filter_map(|line| line.split(['\n', '`']).next()).collect()
}

/// The words that a command begins with: options of all commands may stand before them.
fn words(command: &str) -> Vec<&str> {
    let mut rest = command.split_whitespace().peekable();
    while let Some(option) = rest.next_if(|word| word.starts_with('-')) {
        if ["-O", "--org"].contains(&option) {
            rest.next();
        }
    }
    let is_word = |word: &&str| {
        word.starts_with(|sign: char| sign.is_ascii_lowercase())
            && word.chars().all(|sign| sign.is_ascii_lowercase() || sign == '-')
    };
    rest.take_while(is_word).take(2).collect()
}

/// What is wrong with a command, by the manual in a folder.
fn mistakes(manual: &Path, command: &str) -> Vec<String> {
    let page = |words: &[&str]| {
        let name = ["tenantry"].iter().chain(words).copied().collect::<Vec<_>>().join("-");
        // Hyphens are escaped there.
        fs::read_to_string(manual.join(name + ".1")).ok().map(|page| page.replace('\\', ""))
    };
    let words = words(command);
    let Some(of_all) = page(&[]) else { return vec!["there is no manual".into()] };
    let [noun, rest @ ..] = words.as_slice() else { return Vec::new() };
    let Some(mut about) = page(&[*noun]) else { return vec![format!("no command {noun}")] };
    if let [verb] = rest
        && about.contains(".SH SUBCOMMANDS")
    {
        let Some(of_verb) = page(&[*noun, *verb]) else {
            return vec![format!("no command {noun} {verb}")];
        };
        about = of_verb;
    }
    let options = command.split_whitespace().filter(|word| word.starts_with("--"));
    let options = options.filter_map(|word| word.split('=').next());
    let unknown = options.filter(|option| !about.contains(*option) && !of_all.contains(*option));
    unknown.map(|option| format!("{noun} has no {option}")).collect()
}

#[test]
fn commands_on_pages_are_those_of_the_manual_with_its_options() {
    let folder = tempfile::tempdir().unwrap();
    let program = environment::tenantryd().with_file_name("tenantry");
    let tenantry = Client::new(program.to_str().unwrap(), "none");
    let written = tenantry.arg("man").arg(folder.path()).run();
    assert_eq!(written.code, 0, "{written:?}");
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in pages() {
        for command in commands(&page.text) {
            seen += 1;
            let mistakes = mistakes(folder.path(), command).into_iter();
            wrong.extend(mistakes.map(|mistake| format!("{}: {mistake}", page.path)));
        }
    }
    assert!(seen > 100, "{seen} commands are found");
    none(wrong, "no such commands");
    let made_up = |command: &str| mistakes(folder.path(), command).len();
    assert_eq!(made_up("-O acme user list --sort login"), 0);
    assert_eq!(made_up("-O acme user forget ada"), 1);
    assert_eq!(made_up("nothing"), 1);
    assert_eq!(made_up("user list --nonsense"), 1);
}
