//! The admin API as its own document (OpenAPI) describes it: what the commands are made from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

/// The document of the API that this command line was built with.
const DOCUMENT: &str = include_str!("../../admin-api/openapi.json");

/// The parameter that says kinds of events, and the schema that lists them.
const ACTION: &str = "action";
const ACTIONS: &str = "Action";

/// The deepest that members of members become options.
const DEPTH: usize = 2;

/// All operations.
pub(crate) struct Document {
    operations: BTreeMap<String, Operation>,
    /// What they take and give.
    pub(crate) schemas: Schemas,
}

/// An operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    /// The path, with parameters in braces.
    pub(crate) path: String,
    pub(crate) about: String,
    pub(crate) query: Vec<Field>,
    /// What the body has; nothing where there is no body.
    pub(crate) body: Option<Vec<Field>>,
    /// The same as a schema of the document.
    pub(crate) shape: Option<Value>,
    /// What it answers where it is done, as a schema of the document; nothing where that is no JSON.
    pub(crate) answer: Option<Value>,
    /// Whether it can be bound to the state that was seen, which its path shows.
    pub(crate) is_conditional: bool,
    /// Whether it heeds a key by which it is known when it is asked again.
    pub(crate) is_repeatable: bool,
    /// Whether it answers with a page of a list.
    pub(crate) is_list: bool,
    /// Whether it answers with a file.
    pub(crate) is_file: bool,
}

/// A parameter, or a member of a body.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Where it stands in the body.
    pub(crate) path: Vec<String>,
    pub(crate) about: String,
    pub(crate) kind: Kind,
    pub(crate) is_required: bool,
    pub(crate) is_nullable: bool,
}

/// What a value is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Text that nobody should see.
    Secret,
    /// One of these.
    Choice(Vec<String>),
    Number,
    Truth,
    /// Several texts or choices.
    Texts,
    /// Anything else, as JSON.
    Json,
}

#[derive(Deserialize)]
struct Written {
    paths: BTreeMap<String, BTreeMap<String, Described>>,
    components: Components,
}

#[derive(Deserialize)]
struct Components {
    schemas: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    operation_id: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    request_body: Option<Value>,
    responses: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
    r#in: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    required: bool,
    schema: Value,
}

impl Described {
    /// What it answers where it is done.
    fn answer(&self) -> Option<Value> {
        let mut done = self.responses.iter().filter(|(status, _)| status.starts_with('2'));
        let schema = "/content/application~1json/schema";
        done.find_map(|(_, response)| response.pointer(schema).cloned())
    }

    /// Whether what it gives where it is done is something, and never JSON.
    fn gives_files(&self) -> bool {
        let done = self.responses.iter().filter(|(status, _)| status.starts_with('2'));
        let contents = done.filter_map(|(_, response)| response.get("content")?.as_object());
        let mut kinds = contents.flat_map(Map::keys).peekable();
        kinds.peek().is_some() && kinds.all(|kind| kind != "application/json")
    }
}

impl Document {
    /// Reads the document.
    ///
    /// # Errors
    /// When it is none; a test sees that it is.
    pub(crate) fn read() -> serde_json::Result<Self> {
        let written: Written = serde_json::from_str(DOCUMENT)?;
        let schemas = Schemas(written.components.schemas);
        let mut operations = BTreeMap::new();
        for (path, methods) in written.paths {
            let is_shown = methods.contains_key("get");
            for (method, described) in methods {
                let id = described.operation_id.clone();
                let mut operation = schemas.operation(method, path.clone(), &described);
                operation.is_conditional &= is_shown;
                operations.insert(id, operation);
            }
        }
        Ok(Self { operations, schemas })
    }

    pub(crate) fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(id)
    }

    /// The operation that reads a path whose places are filled.
    pub(crate) fn reading(&self, path: &str) -> Option<&Operation> {
        let fits = |template: &str| {
            let (mut one, mut other) = (template.split('/'), path.split('/'));
            loop {
                match (one.next(), other.next()) {
                    (None, None) => return true,
                    (Some(place), Some(part)) if place == part || place.starts_with('{') => {}
                    (Some(_) | None, Some(_) | None) => return false,
                }
            }
        };
        self.operations
            .values()
            .find(|operation| operation.method == "get" && fits(&operation.path))
    }

    #[cfg(test)]
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }
}

impl Operation {
    /// Whether it is about an organization, which its path or else its body names.
    pub(crate) fn is_in_organization(&self) -> bool {
        let mut members = self.body.iter().flatten();
        self.places().any(|place| place == "organization")
            || members.any(|member| member.is_required && member.path == ["organization"])
    }

    /// Whether a list can be asked for the one of a name.
    pub(crate) fn finds_names(&self) -> bool {
        self.query.iter().any(|field| field.option() == "name")
    }

    /// Whether a list can be asked for the one of a serial number.
    pub(crate) fn finds_serials(&self) -> bool {
        self.query.iter().any(|field| field.option() == "serial")
    }

    /// Whether it is asked in which format it is to answer.
    pub(crate) fn takes_format(&self) -> bool {
        self.query.iter().any(|field| field.option() == "format")
    }

    /// Whether what it does cannot be taken back.
    pub(crate) fn is_final(&self) -> bool {
        let confirmed = self.query.iter().any(Field::is_confirmation);
        (self.method == "delete" || self.path.ends_with("/revoke")) && !confirmed
    }

    /// The names of what stands in braces in the path.
    pub(crate) fn places(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
    }
}

impl Field {
    /// Whether it can be left without a value.
    pub(crate) fn can_be_cleared(&self) -> bool {
        self.is_nullable || self.kind == Kind::Texts
    }

    /// Whether it holds several organizations, which commas part.
    pub(crate) fn holds_organizations(&self) -> bool {
        self.path.last().is_some_and(|name| name == "organizations")
    }

    /// Whether it is typed again what is deleted, which is asked for where it is not said.
    pub(crate) fn is_confirmation(&self) -> bool {
        self.path == ["confirmation"]
    }

    /// The name of its option.
    pub(crate) fn option(&self) -> String {
        self.path.join("-").replace('_', "-")
    }
}

/// What is taken and given, by names.
pub(crate) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    fn operation(&self, method: String, path: String, described: &Described) -> Operation {
        let of = |place: &'static str| {
            described.parameters.iter().filter(move |parameter| parameter.r#in == place)
        };
        let query = of("query").map(|parameter| self.parameter(parameter)).collect();
        let is_conditional = of("header").any(|parameter| parameter.name == "If-Match");
        let is_repeatable = of("header").any(|parameter| parameter.name == "Idempotency-Key");
        let is_list = of("query").any(|parameter| parameter.name == "cursor")
            && described.responses.contains_key("200");
        let body = described.request_body.as_ref();
        let shape = body.and_then(|body| body.pointer("/content/application~1json/schema"));
        let shape = shape.cloned();
        let body = shape.as_ref().map(|schema| {
            let mut fields = Vec::new();
            self.members(schema, &[], &mut fields);
            fields
        });
        let (is_file, answer) = (described.gives_files(), described.answer());
        let about = match described.description.split_once("\n\n") {
            Some((text, _)) if described.summary.is_empty() => text.to_owned(),
            Some(_) | None => {
                format!("{}\n\n{}", described.summary, described.description).trim().to_owned()
            }
        };
        Operation {
            method,
            path,
            about,
            query,
            body,
            shape,
            answer,
            is_conditional,
            is_repeatable,
            is_list,
            is_file,
        }
    }

    fn parameter(&self, parameter: &Parameter) -> Field {
        let (kind, mut about) = (self.kind(&parameter.schema), parameter.description.clone());
        // Several of these words stand in one text, so that its schema lists none.
        if parameter.name == ACTION && kind == Kind::Text {
            about = format!("{about} There are: {}.", self.words_of(ACTIONS).join(", "));
        }
        Field {
            path: vec![parameter.name.clone()],
            about,
            kind,
            is_required: parameter.required,
            is_nullable: false,
        }
    }

    /// The words that a schema lists, in the order of the alphabet.
    fn words_of(&self, name: &str) -> Vec<&str> {
        let words = self.0.get(name).and_then(|schema| schema.get("enum")?.as_array());
        let mut words: Vec<&str> = words.into_iter().flatten().filter_map(Value::as_str).collect();
        words.sort_unstable();
        words
    }

    /// The members of an object, those of its members among them as far as that is of use.
    fn members(&self, schema: &Value, above: &[String], fields: &mut Vec<Field>) {
        let schema = self.resolved(schema);
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| {
            required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)))
        };
        for (name, member) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let path: Vec<_> = above.iter().cloned().chain([name.clone()]).collect();
            let inner = self.resolved(member);
            if inner.get("properties").is_some() && path.len() < DEPTH + 1 {
                self.members(inner, &path, fields);
                continue;
            }
            let is_required = is_required(name) && above.is_empty();
            let (about, kind) = (description(member, inner), self.kind(member));
            let is_nullable = is_nullable(member);
            fields.push(Field { path, about, kind, is_required, is_nullable });
        }
    }

    fn kind(&self, schema: &Value) -> Kind {
        let schema = self.resolved(schema);
        let is = |name: &str| match schema.get("type") {
            Some(Value::String(kind)) => kind == name,
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
                false
            }
        };
        if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
            return Kind::Choice(
                choices.iter().filter_map(Value::as_str).map(Into::into).collect(),
            );
        }
        if is("string") {
            let secret = schema.get("format").and_then(Value::as_str) == Some("password");
            return if secret { Kind::Secret } else { Kind::Text };
        }
        if is("integer") || is("number") {
            return Kind::Number;
        }
        if is("boolean") {
            return Kind::Truth;
        }
        let items = schema.get("items").filter(|_| is("array")).map(|items| self.kind(items));
        match items {
            Some(Kind::Text | Kind::Choice(_)) => Kind::Texts,
            Some(Kind::Secret | Kind::Number | Kind::Truth | Kind::Texts | Kind::Json) | None => {
                Kind::Json
            }
        }
    }

    /// The members that each item of a list has.
    pub(crate) fn members_of_items(&self, list: &Value) -> BTreeSet<String> {
        let item = self.resolved(list).pointer("/properties/items/items");
        let item = item.map(|item| self.resolved(item));
        // An item may be one thing and more.
        let all = item.and_then(|item| item.get("allOf")?.as_array()).into_iter().flatten();
        let parts = item.into_iter().chain(all.map(|part| self.resolved(part)));
        let members = parts.filter_map(|part| part.get("properties")?.as_object());
        members.flat_map(Map::keys).cloned().collect()
    }

    /// What a schema refers to; of a choice between something and null, the something.
    pub(crate) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let name = name.rsplit('/').next().unwrap_or_default();
            return self.0.get(name).map_or(schema, |found| self.resolved(found));
        }
        let choices = schema.get("oneOf").and_then(Value::as_array);
        let mut others = choices.into_iter().flatten().filter(|choice| !is_null(choice));
        match (others.next(), others.next()) {
            (Some(only), None) => self.resolved(only),
            (Some(_) | None, _) => schema,
        }
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn is_nullable(schema: &Value) -> bool {
    let kinds = schema.get("type").and_then(Value::as_array);
    let choices = schema.get("oneOf").and_then(Value::as_array);
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
        || choices.is_some_and(|choices| choices.iter().any(is_null))
}

/// What a member is for, in its own words or else in those of what it is made of.
pub(crate) fn description(member: &Value, resolved: &Value) -> String {
    let of = |schema: &Value| {
        schema.get("description").and_then(Value::as_str).map(|text| text.replace('\n', " "))
    };
    let choices = member.get("oneOf").and_then(Value::as_array);
    let within = choices.and_then(|choices| choices.iter().find_map(of));
    of(member).or(within).or_else(|| of(resolved)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_becomes_fields_with_their_kinds() {
        let document = Document::read().unwrap();
        let operation = document.operation("create_user").unwrap();
        assert_eq!((operation.method.as_str(), operation.is_list), ("post", false));
        assert_eq!(operation.places().collect::<Vec<_>>(), ["organization"]);
        let fields = operation.body.as_ref().unwrap();
        let kind = |name: &str| {
            let field = fields.iter().find(|field| field.option() == name).unwrap();
            (field.kind.clone(), field.is_required)
        };
        assert_eq!(kind("login"), (Kind::Text, true));
        assert_eq!(kind("password"), (Kind::Secret, false));
        assert_eq!(kind("mail"), (Kind::Texts, false));
        assert_eq!(kind("uid-number"), (Kind::Number, false));
        assert_eq!(kind("custom"), (Kind::Json, false));
    }

    #[test]
    fn kinds_of_events_are_listed_where_several_are_asked_for() {
        let document = Document::read().unwrap();
        for operation in ["list_events", "list_organization_events", "list_all_events"] {
            let query = &document.operation(operation).unwrap().query;
            let about = &query.iter().find(|field| field.path == [ACTION]).unwrap().about;
            assert!(about.contains(" There are: certificate_ends, changed, "), "{about}");
            assert!(about.ends_with(", unlocked, user_cap_passed."), "{about}");
        }
    }

    #[test]
    fn members_of_members_are_options_of_their_own() {
        let document = Document::read().unwrap();
        let options = |id: &str| {
            let fields = document.operation(id).unwrap().body.clone().unwrap();
            fields.iter().map(Field::option).collect::<Vec<_>>()
        };
        assert!(options("update_settings").contains(&"lockout-threshold".into()));
        let members = ["add-groups", "add-users", "remove-groups", "remove-users"];
        assert_eq!(options("change_members"), members);
    }

    #[test]
    fn the_items_of_a_list_have_members() {
        let document = Document::read().unwrap();
        let members = |operation: &str| {
            let answer = document.operation(operation).unwrap().answer.clone().unwrap();
            document.schemas.members_of_items(&answer)
        };
        let own = members("list_organization_events");
        assert!(["action", "at", "sequence", "via"].iter().all(|&name| own.contains(name)));
        assert!(!own.contains("organization"));
        let among = members("list_all_events");
        assert!(own.is_subset(&among) && among.contains("organization"), "{among:?}");
    }

    #[test]
    fn a_path_names_places() {
        let document = Document::read().unwrap();
        let operation = document.operation("unlock_user").unwrap();
        assert_eq!(operation.places().collect::<Vec<_>>(), ["organization", "user"]);
        assert!(document.operation("delete_user").unwrap().is_conditional);
        assert!(!document.operation("remove_revocations").unwrap().is_conditional);
    }

    #[test]
    fn an_organization_is_named_by_the_path_or_has_to_be_by_the_body() {
        let document = Document::read().unwrap();
        let is = |id: &str| document.operation(id).unwrap().is_in_organization();
        assert!(is("unlock_user") && is("list_organization_admins") && is("agree_on_plan"));
        assert!(!is("sign_in") && !is("list_admins") && !is("create_organization"));
    }

    #[test]
    fn what_is_made_can_be_asked_for_again_and_what_tells_a_secret_cannot() {
        let document = Document::read().unwrap();
        let is = |id: &str| document.operation(id).unwrap().is_repeatable;
        for (id, operation) in &document.operations {
            let makes = operation.method == "post" && id.starts_with("create_");
            assert!(!makes || operation.is_repeatable, "{id}");
        }
        assert!(is("agree_on_plan") && is("rotate_service_account"));
        assert!(!is("reveal_radius_secret") && !is("sign_in") && !is("delete_user"));
    }
}
