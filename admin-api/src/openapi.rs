//! The OpenAPI document: made from the handlers, completed with what all of them share.

mod answers;
mod examples;
mod problems;

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, OnceLock};

use directory::access::Permission;
use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, Content, InfoBuilder, KnownFormat, ObjectBuilder, OpenApi, OpenApiBuilder, Ref,
    RefOr, Required, ResponseBuilder, SchemaFormat, Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::cookie;
use crate::problem::Problem;
use crate::repeat;
use crate::v1;

pub(crate) use examples::give as give_examples;

/// A route with what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The operation's id.
    pub operation: String,
    /// The method in capitals.
    pub method: &'static str,
    /// The path, with `{name}` for what varies.
    pub path: String,
    /// The permission that it needs; `None` for one's own account and for what is public.
    pub permission: Option<&'static str>,
    /// Whether it answers without a token.
    pub public: bool,
    /// Whether it needs the scope of all organizations.
    pub everywhere: bool,
    /// Whether its body names the organization that it is about.
    pub names_organization: bool,
}

impl Route {
    /// Whether it is about an organization.
    pub(crate) fn in_organization(&self) -> bool {
        self.names_organization || self.path.contains("{organization}")
    }
}

/// The document's extension that names an operation's permission.
const PERMISSION: &str = "x-permission";
/// The operations that need the scope of all organizations: an organization that is made is in no
/// other yet, a plan is for any, and the provider's events tell of each.
const EVERYWHERE: [&str; 13] = [
    "create_event_destination",
    "create_organization",
    "create_plan",
    "delete_event_destination",
    "delete_plan",
    "discard_event_dead_letters",
    "redeliver_event_dead_letters",
    "remove_event_client_certificate",
    "rotate_event_destination_secret",
    "set_event_client_certificate",
    "test_event_destination",
    "update_event_destination",
    "update_plan",
];
/// The names of the security schemes.
const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";
/// The media type of what is taken and answered, but for files and failures.
const JSON: &str = "application/json";
/// The answer that stands for all failures that an operation does not name.
const OTHERWISE: &str = "Problem";
/// The kinds of failures that no operation of the admin API names: any may fail so.
const UNNAMED: [&str; 2] = ["too-slow", "internal"];

/// Makes the OpenAPI document from the handlers.
pub fn openapi() -> OpenApi {
    let (_, mut document) = v1::routes().split_for_parts();
    let frame = OpenApiBuilder::new().info(
        InfoBuilder::new()
            .title("Tenantry admin API")
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(DESCRIPTION))
            .build(),
    );
    document.info = frame.build().info;
    let components = with_problem(&mut document, &UNNAMED);
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie::NAME)));
    components.add_security_scheme(COOKIE, scheme);
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_mut(item) {
            complete(path, operation);
            let heeds = method == "POST" && repeat::heeds_keys(path);
            if heeds && operation.security.as_ref().is_some_and(|it| it.len() > 1) {
                let parameters = operation.parameters.get_or_insert_default();
                parameters.push(RefOr::T(repeat::parameter()));
            }
        }
    }
    give_examples(&mut document);
    answers::describe(&mut document);
    let_items_be_cut(&mut document);
    document
}

/// Where `fields` may be asked for, the things of a list have those members alone.
fn let_items_be_cut(document: &mut OpenApi) {
    let mut cut = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations_mut(item) {
            let parameters = operation.parameters.iter().flatten();
            let is_cut = parameters.into_iter().any(|parameter| match parameter {
                RefOr::T(parameter) => parameter.name == "fields",
                RefOr::Ref(_) => false,
            });
            if is_cut {
                cut.extend(list_of(operation));
            }
        }
    }
    let Some(components) = document.components.as_mut() else { return };
    let known = serde_json::to_value(&components.schemas).unwrap_or_default();
    for (_, schema) in components.schemas.iter_mut().filter(|(name, _)| cut.contains(*name)) {
        let Ok(mut written) = serde_json::to_value(&*schema) else { continue };
        if let Some(items) = written.pointer_mut("/properties/items/items") {
            let_be_cut(items, &known, NESTED);
        }
        if let Ok(read) = serde_json::from_value(written) {
            *schema = read;
        }
    }
}

/// So deep things of lists are made of others at most.
const NESTED: usize = 8;

/// Has a schema ask for no member of what has members, nor of what is within: `actor.name` leaves a
/// part of a part. What stands in lists comes as a whole.
fn let_be_cut(schema: &mut Value, known: &Value, depth: usize) {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let named = reference.and_then(|reference| known.get(reference.rsplit('/').next()?));
    if let Some(named) = named.filter(|named| has_members(named)) {
        let mut whole = named.clone();
        if let Some(of_kind) = whole.as_object_mut() {
            // The list has an example of its own.
            of_kind.remove("example");
            // What is said of the member says more than what is said of its kind.
            if let Some(own) = schema.get("description") {
                of_kind.insert("description".to_owned(), own.clone());
            }
        }
        *schema = whole;
    }
    let Some(parts) = schema.as_object_mut().filter(|_| depth > 0) else { return };
    if parts.contains_key("properties") {
        parts.remove("required");
    }
    let members = parts.get_mut("properties").and_then(Value::as_object_mut);
    members.into_iter().flatten().for_each(|(_, it)| let_be_cut(it, known, depth - 1));
    for joined in ["allOf", "oneOf", "anyOf"] {
        let all = parts.get_mut(joined).and_then(Value::as_array_mut);
        all.into_iter().flatten().for_each(|it| let_be_cut(it, known, depth - 1));
    }
}

/// Whether a thing is made of members that have names.
fn has_members(schema: &Value) -> bool {
    let parts = ["properties", "allOf"];
    parts.iter().any(|part| schema.get(part).is_some())
}

/// The schema of the list that an operation answers with.
fn list_of(operation: &Operation) -> Option<String> {
    let RefOr::T(response) = operation.responses.responses.get("200")? else { return None };
    schema_of(response.content.get(JSON))
}

/// The schema that a content refers to.
fn schema_of(content: Option<&RefOr<Content>>) -> Option<String> {
    let RefOr::T(content) = content? else { return None };
    let RefOr::Ref(schema) = content.schema.as_ref()? else { return None };
    schema.ref_location.rsplit('/').next().map(ToOwned::to_owned)
}

/// The schemas that have to name an organization.
fn naming(document: &OpenApi) -> BTreeSet<String> {
    let schemas = document.components.iter().flat_map(|components| &components.schemas);
    let naming = schemas.filter(|(_, schema)| {
        let written = serde_json::to_value(schema).unwrap_or_default();
        let required = written.get("required").and_then(Value::as_array);
        required.is_some_and(|all| all.iter().any(|member| member == "organization"))
    });
    naming.map(|(name, _)| name.clone()).collect()
}

/// The schema of what an operation takes.
fn body_of(operation: &Operation) -> Option<String> {
    let RefOr::T(body) = operation.request_body.as_ref()? else { return None };
    schema_of(body.content.get(JSON))
}

/// What a document says of failures; `kinds` are those that operations do not name.
pub(crate) fn with_problem<'d>(document: &'d mut OpenApi, kinds: &[&str]) -> &'d mut Components {
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".into(), Problem::schema());
    let mut nested = Vec::new();
    Problem::schemas(&mut nested);
    components.schemas.extend(nested);
    let problem = ResponseBuilder::new()
        .description("Why the request was not done.")
        .content("application/problem+json", problems::content(|_, kind| kinds.contains(&kind)))
        .build();
    components.responses.insert(OTHERWISE.into(), RefOr::T(problem));
    components
}

/// The OpenAPI document as it is served and committed: indented, with a line's end at its end.
pub fn openapi_json() -> String {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        // Serializing into memory fails only for maps whose keys are no strings.
        let mut text = openapi().to_pretty_json().unwrap_or_default();
        text.push('\n');
        text
    });
    TEXT.clone()
}

/// Every route with the permission that it needs, from the OpenAPI document.
pub fn routes() -> Vec<Route> {
    let (mut routes, document) = (Vec::new(), openapi());
    let naming = naming(&document);
    for (path, mut item) in document.paths.paths {
        for (method, operation) in operations_mut(&mut item) {
            let permission = permission(operation);
            let public = operation.security.as_ref().is_some_and(|security| {
                security.iter().all(|requirement| *requirement == SecurityRequirement::default())
            });
            let names_organization = body_of(operation).is_some_and(|it| naming.contains(&it));
            let operation = operation.operation_id.clone().unwrap_or_default();
            let everywhere = EVERYWHERE.contains(&operation.as_str());
            let path = path.clone();
            routes.push(Route {
                operation,
                method,
                path,
                permission,
                public,
                everywhere,
                names_organization,
            });
        }
    }
    routes
}

/// The route of an operation.
pub(crate) fn route_of(operation: &str) -> Option<&'static Route> {
    static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(routes);
    ROUTES.iter().find(|route| route.operation == operation)
}

/// The ids of operations with their methods, by the paths of their routes.
type Operations = HashMap<String, Vec<(&'static str, String)>>;

static OPERATIONS: OnceLock<Operations> = OnceLock::new();

/// Learns the ids of operations from the document that comes with the router, so that no request waits
/// for that.
pub(crate) fn learn_operations(document: OpenApi) {
    OPERATIONS.get_or_init(|| operations_of(document));
}

/// The id of the operation that a method and the path of a route ask for; none before the router was
/// made.
pub(crate) fn operation_at(method: &str, path: &str) -> Option<&'static str> {
    // What answers GET answers HEAD as well.
    let method = if method == "HEAD" { "GET" } else { method };
    let found = OPERATIONS.get()?.get(path)?.iter().find(|(own, _)| *own == method);
    found.map(|(_, id)| id.as_str())
}

fn operations_of(document: OpenApi) -> Operations {
    let mut all = Operations::new();
    for (path, mut item) in document.paths.paths {
        let operations = operations_mut(&mut item).map(|(method, operation)| {
            name_by_place(&path, operation);
            (method, operation.operation_id.take().unwrap_or_default())
        });
        let operations = operations.collect();
        all.insert(path, operations);
    }
    all
}

const DESCRIPTION: &str = "\
Changes what Tenantry's directory holds. Sign in with `POST /v1/sign-in` or make an API key, and \
send the token as `Authorization: Bearer`; browsers keep their session in a cookie \
(the member `cookie`), ask from a page of the same origin and send the header `X-Tenantry-Request` with \
what changes something. Each operation names the permission that it needs; an \
organization outside of your scope answers like one that does not exist. \
Resources carry an `ETag`; send it as `If-Match` to change only what you have seen. \
Whatever is made by `POST` may be asked for again with the same `Idempotency-Key`, but for what is \
shown once of one's own second factor. \
Lists come in pages: send `next` as `cursor` until it is null. \
Every failure is `application/problem+json` (RFC 9457); its `type` is a path of this server that \
explains it to anybody.";

pub(crate) fn operations_mut(
    item: &mut PathItem,
) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("PUT", item.put.as_mut()),
        ("POST", item.post.as_mut()),
        ("DELETE", item.delete.as_mut()),
        ("PATCH", item.patch.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

fn permission(operation: &Operation) -> Option<&'static str> {
    let named = operation.extensions.as_ref()?.get(PERMISSION)?.as_str()?;
    Permission::ALL.into_iter().map(Permission::name).find(|name| *name == named)
}

pub(crate) fn complete(path: &str, operation: &mut Operation) {
    name_by_place(path, operation);
    let said = operation.parameters.take().unwrap_or_default();
    let is_said = |name: &str| {
        said.iter().any(|parameter| match parameter {
            RefOr::T(it) => it.name == name && matches!(it.parameter_in, ParameterIn::Path),
            RefOr::Ref(_) => false,
        })
    };
    // What an operation says of a part of its path counts: not each of them is an id.
    let unsaid = placeholders(path).filter(|name| !is_said(name));
    let mut parameters: Vec<RefOr<Parameter>> =
        unsaid.map(|name| RefOr::T(path_parameter(name))).collect();
    parameters.extend(said);
    operation.parameters = (!parameters.is_empty()).then_some(parameters);
    if let Some(permission) = permission(operation) {
        let needs = format!("Needs the permission `{permission}`.");
        operation.description = Some(match operation.description.take() {
            Some(text) => format!("{text}\n\n{needs}"),
            None => needs,
        });
    }
    if operation.security.is_none() {
        let scopes: [&str; 0] = [];
        let either = [BEARER, COOKIE].map(|scheme| SecurityRequirement::new(scheme, scopes));
        operation.security = Some(either.into());
    }
    let otherwise = RefOr::Ref(Ref::from_response_name(OTHERWISE));
    operation.responses.responses.insert("default".into(), otherwise);
}

/// Admins and events are of the provider or of an organization, from the same handlers.
fn name_by_place(path: &str, operation: &mut Operation) {
    let own = path.starts_with("/v1/organizations/{organization}/");
    if own && let Some(id) = operation.operation_id.take() {
        let shared = ["admin", "event"].iter().any(|noun| id.contains(noun));
        operation.operation_id = Some(match id.split_once('_').filter(|_| shared) {
            Some((verb, rest)) => format!("{verb}_organization_{rest}"),
            None => id,
        });
    }
}

fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Parameter {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(id))
        .build()
}
