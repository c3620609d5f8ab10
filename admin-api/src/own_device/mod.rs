//! The devices' door: a device asks for itself, proven by the certificate of its connection.
//!
//! It has a router and a document of its own, and a listener that demands certificates: on the
//! admins' one browsers would ask everybody for one.

mod report;
mod settings;

use std::sync::{Arc, LazyLock};

use aws_lc_rs::digest::{Context, SHA256};
use axum::Router;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use directory::access::RequestId;
use directory::authentication::{IdentifiedDevice, ShownByDevice};
use directory::delivery::Sent;
use directory::orders::OrderOutcome;
use directory::{Directory, Error};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::security::SecurityScheme;
use utoipa::openapi::{InfoBuilder, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::{Addresses, Api, Clock, Courier, Doors, Limits, Trials};
use crate::caller::Peer;
use crate::layers::{observe, one_host, panicked, unknown_route};
use crate::ldap::LdapExplainer;
use crate::openapi::{complete, give_examples, operations_mut, with_problem};
use crate::problem::{PATH, Problem, explain_problem};

/// The certificates that a client showed in its handshake, its own first, in DER: with each request
/// of its connection, as an extension.
#[derive(Clone, Debug)]
pub struct ClientChain(pub Arc<[Vec<u8>]>);

/// A device that asks for itself in the organization that the path names.
pub(crate) struct OwnDevice {
    pub(crate) api: Api,
    pub(crate) device: IdentifiedDevice,
}

impl FromRequestParts<Api> for OwnDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Peer(source) = Peer::from_request_parts(parts, api).await?;
        let named = RawPathParams::from_request_parts(parts, api).await.ok();
        let named = named.as_ref().and_then(|params| params.iter().next());
        // What is no id takes the way of an id that nobody has.
        let organization = named.and_then(|(_, id)| Uuid::try_parse(id).ok()).unwrap_or_default();
        let chain = parts.extensions.get::<ClientChain>().cloned();
        let Some(ClientChain(chain)) = chain else { return Err(Problem::no_device()) };
        let now = api.now();
        let request = parts.extensions.get::<RequestId>().copied();
        // Before signatures are looked at, which cost more than anything else here.
        api.device_sources.admit(source, now).map_err(Problem::too_often)?;
        let shown = shown_by(organization, &chain);
        api.devices.take(shown, now).map_err(Problem::too_often)?;
        let found = api.blocking(move |directory| {
            let shown = ShownByDevice { organization, chain: &chain, source, now, request };
            directory.identify_device(&shown).map_err(|error| {
                let is_refused = matches!(error, Error::Refused(_));
                if is_refused { Problem::no_device() } else { error.into() }
            })
        });
        Ok(Self { api: api.clone(), device: found.await? })
    }
}

/// What tells one device of an organization from another before it is known which one it is.
fn shown_by(organization: Uuid, chain: &[Vec<u8>]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(organization.as_bytes());
    context.update(chain.first().map(Vec::as_slice).unwrap_or_default());
    context.finish().as_ref().try_into().unwrap_or_default()
}

/// What somebody is told who was let in a moment ago, and is not any more.
fn refused(error: Error) -> Problem {
    let is_refused = matches!(error, Error::Refused(_) | Error::Missing);
    if is_refused { Problem::no_device() } else { error.into() }
}

fn routes() -> OpenApiRouter<Api> {
    let own = OpenApiRouter::new()
        .routes(routes!(settings::show_own_settings))
        .routes(routes!(report::report_compliance));
    OpenApiRouter::new().nest("/v1/organizations/{organization}/device", own)
}

/// Makes the devices' door over a directory.
///
/// It asks for `ConnectInfo<SocketAddr>` and [`ClientChain`] with each request, from a listener that
/// has seen that the client holds the key.
pub fn device_router(directory: Directory, clock: Clock, limits: Limits) -> Router {
    let nothing_is_sent: Courier = Arc::new(|_| {
        let reason = "devices order nothing".to_owned();
        Box::pin(async { OrderOutcome::NotSent(reason) })
    });
    let nothing_is_explained: LdapExplainer = Arc::new(|_, _, _| Err(Error::Missing));
    let nothing_is_tried: Trials =
        Arc::new(|_| Box::pin(async { Sent::failed("devices try nothing") }));
    let trials = nothing_is_tried;
    let doors = Doors { orders: nothing_is_sent, ldap: nothing_is_explained, trials };
    let api = Api::new(directory, clock, doors, limits, Addresses::default());
    let (routes, _) = routes().split_for_parts();
    routes
        .route(PATH, get(explain_problem))
        .fallback(unknown_route)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(one_host))
        .layer(from_fn_with_state(api.clone(), observe))
        .with_state(api)
}

const DESCRIPTION: &str = "\
Where a device asks for what its organization demands of it, and reports how it follows. It shows a \
certificate in the TLS handshake that its organization's own authority issued to it, or that one of \
its other authorities vouches for; the certificate is looked at with each request, so that one that \
is revoked ends at once. A device sees its own document and nothing else. \
Every failure is `application/problem+json` (RFC 9457).";

/// The kinds of failures here.
const FAILURES: [&str; 9] = [
    "busy",
    "certificate",
    "internal",
    "invalid",
    "malformed",
    "not-json",
    "too-large",
    "too-often",
    "too-slow",
];

fn device_openapi() -> OpenApi {
    let (_, mut document) = routes().split_for_parts();
    document.info = InfoBuilder::new()
        .title("Tenantry devices' door")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .build();
    let scheme =
        SecurityScheme::MutualTls { description: None, deprecated: None, extensions: None };
    with_problem(&mut document, &FAILURES).add_security_scheme("certificate", scheme);
    for (path, item) in &mut document.paths.paths {
        operations_mut(item).for_each(|(_, operation)| complete(path, operation));
    }
    give_examples(&mut document);
    document
}

/// The OpenAPI document of the devices' door: indented, with a line's end at its end.
pub fn device_openapi_json() -> String {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        // Serializing into memory fails only for maps whose keys are no strings.
        let mut text = device_openapi().to_pretty_json().unwrap_or_default();
        text.push('\n');
        text
    });
    TEXT.clone()
}
