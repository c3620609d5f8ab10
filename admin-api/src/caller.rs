//! Who calls, and whether they may: extractors that run before the body is looked at.

use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, OriginalUri, RawPathParams};
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use directory::access::{Actor, AtProvider, Context, InOrganization, Refusal, RequestId, View};
use directory::authentication::Arrival;
use directory::collections::{GeneratedPassword, NewPassword};
use directory::records::{Base, Carrier, Organization};
use directory::{
    Changing, Error, OrganizationId, Place, ReadingTransaction, References, Schema, Time,
};
use uuid::Uuid;

use crate::allowance::Left;
use crate::api::Api;
use crate::cookie;
use crate::forwarded;
use crate::layers::Noted;
use crate::list::Asking;
use crate::problem::Problem;
use crate::repeat::ToRemember;
use crate::secret_text::SecretText;

/// An admin whose token is alive.
pub(crate) struct Caller {
    pub(crate) api: Api,
    pub(crate) context: Context,
    /// What the request's first change is to remember.
    remembered: Option<ToRemember>,
    /// The path that was asked for.
    path: Arc<str>,
    /// The organization that it names; there may be none with that id.
    pub(crate) whose: Option<Uuid>,
}

/// An admin who may do `P` in the organization that the path names.
pub(crate) struct Within<P> {
    pub(crate) caller: Caller,
    pub(crate) organization: OrganizationId,
    permit: PhantomData<fn() -> P>,
}

/// An admin who may do `P` at the organization that the path names, or else at the provider.
pub(crate) struct Home<P> {
    pub(crate) caller: Caller,
    pub(crate) place: Place,
    permit: PhantomData<fn() -> P>,
}

/// The id of the thing in the path; what is no id names nothing.
pub(crate) struct Item(pub(crate) Uuid);

/// The ids of a thing in the path and of what hangs on it.
pub(crate) struct Pair(pub(crate) Uuid, pub(crate) Uuid);

/// Somebody who has not said who they are.
pub(crate) struct Nobody(pub(crate) Context);

/// Where a request comes from: the other end of the connection, or whom a trusted proxy names.
pub(crate) struct Peer(pub(crate) IpAddr);

/// How somebody comes who signs in.
pub(crate) struct Newcomer {
    arrival: Arrival,
    /// Whether the request comes from a page of this origin.
    own_page: Result<(), Problem>,
}

impl Newcomer {
    /// How they come, and whether the session is for a browser's cookie.
    pub(crate) fn arrival(self, cookie: bool) -> Result<Arrival, Problem> {
        if !cookie {
            return Ok(self.arrival);
        }
        self.own_page?;
        Ok(Arrival { carrier: Carrier::Cookie, ..self.arrival })
    }
}

impl FromRequestParts<Api> for Newcomer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Peer(peer) = Peer::from_request_parts(parts, api).await?;
        let named = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let arrival = Arrival {
            user_agent: named.map(ToOwned::to_owned),
            request: parts.extensions.get().copied(),
            ..Arrival::plain(peer, api.now())
        };
        Ok(Self { arrival, own_page: cookie::require_own_page(parts) })
    }
}

impl Caller {
    /// When the request came.
    pub(crate) fn now(&self) -> Time {
        self.context.now
    }

    /// Who asks for which list.
    pub(crate) fn asking(&self) -> Asking {
        let (api, admin) = (self.api.clone(), self.context.actor.admin());
        Asking { api, admin, path: Arc::clone(&self.path), whose: self.whose }
    }

    /// Hashes a new password, in the line of the organization that the path names.
    pub(crate) async fn hash(&self, text: SecretText) -> Result<NewPassword, Problem> {
        self.api.hash(text, self.whose).await
    }

    /// Makes a password and hashes it, in the same line.
    pub(crate) async fn generate_password(&self) -> Result<GeneratedPassword, Problem> {
        self.api.generate_password(self.whose).await
    }

    /// Starts reading as the caller.
    pub(crate) fn read(&self) -> Result<ReadingTransaction, Problem> {
        Ok(self.api.directory.read(self.context)?)
    }

    /// Changes the directory as the caller.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Changing<'_, '_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let due = self.remembered.as_ref().filter(|remembered| remembered.is_due());
        let wanted = due.map(|remembered| remembered.wanted);
        let done = self.api.change(self.context, move |change| {
            if let Some(wanted) = &wanted {
                change.remember(wanted)?;
            }
            work(change)
        });
        let done = done.await?;
        if let Some(remembered) = due {
            remembered.done();
        }
        Ok(done)
    }
}

/// What an organization's entries are shown in: where they stand and what they may have.
pub(crate) struct Surroundings<'r> {
    /// The naming context.
    pub(crate) base: Base,
    /// The organization itself.
    pub(crate) home: Organization,
    /// The organization's own attributes.
    pub(crate) schema: Schema,
    /// What those are called whom its entries refer to.
    pub(crate) references: References<'r>,
}

impl<'r> Surroundings<'r> {
    /// Those of an organization.
    pub(crate) fn of(
        reading: &'r ReadingTransaction,
        organization: OrganizationId,
    ) -> Result<Self, Problem> {
        let grant = reading.authorize::<View>(organization)?;
        let home = grant.own_organization()?;
        let (schema, references) = (grant.schema()?, grant.references());
        Ok(Self { base: home.fields.base.clone(), home, schema, references })
    }
}

impl FromRequestParts<Api> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let connected = ConnectInfo::<SocketAddr>::from_request_parts(parts, api).await;
        match connected {
            Ok(ConnectInfo(peer)) => {
                forwarded::client(peer.ip(), &parts.headers, &api.proxies).map(Self)
            }
            Err(missing) => Err(Problem::internal(&missing)),
        }
    }
}

impl FromRequestParts<Api> for Nobody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Peer(peer) = Peer::from_request_parts(parts, api).await?;
        let source = Some(peer);
        let request = parts.extensions.get::<RequestId>().copied();
        Ok(Self(Context { actor: Actor::nobody(), source, now: api.now(), request }))
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Nobody(nobody) = Nobody::from_request_parts(parts, api).await?;
        let (token, carrier) = presented(parts)?;
        let identified = api.directory.identify(token, carrier, nobody);
        let identified = identified.map_err(|error| gone(error, carrier))?;
        let context = identified.context;
        count(parts, api, &context)?;
        if identified.is_to_be_noted {
            api.note_use(context);
        }
        let remembered = parts.extensions.get::<ToRemember>().cloned();
        let whose = match path_id(parts, api, Named::Organization).await {
            PathId::Of(uuid) => Some(uuid),
            PathId::Absent | PathId::Malformed => None,
        };
        // Routes that are nested see the end of it alone.
        let whole = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
        let path = whole.path().into();
        Ok(Self { api: api.clone(), context, remembered, path, whose })
    }
}

/// Counts a request, once, for the token that it came with.
fn count(parts: &mut Parts, api: &Api, context: &Context) -> Result<(), Problem> {
    #[derive(Clone)]
    struct Counted;
    if parts.extensions.get::<Counted>().is_some() {
        return Ok(());
    }
    parts.extensions.insert(Counted);
    let taken = api.callers.take(context.actor, context.now);
    if let Some(noted) = parts.extensions.get::<Noted>() {
        let refused = |seconds| Left { all: api.limits.requests, now: 0, whole_in: seconds };
        noted.tell(taken.unwrap_or_else(refused));
    }
    taken.map(drop).map_err(Problem::too_often)
}

impl<P: InOrganization> FromRequestParts<Api> for Within<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let named = path_id(parts, api, Named::Organization).await;
        let organization = admit::<P>(&caller, named)?;
        Ok(Self { caller, organization, permit: PhantomData })
    }
}

impl<P: InOrganization + AtProvider> FromRequestParts<Api> for Home<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let place = match path_id(parts, api, Named::Organization).await {
            PathId::Absent => caller.api.directory.admit_at_provider::<P>(caller.context)?,
            named @ (PathId::Malformed | PathId::Of(_)) => {
                Place::Organization(admit::<P>(&caller, named)?)
            }
        };
        Ok(Self { caller, place, permit: PhantomData })
    }
}

impl FromRequestParts<Api> for Item {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match path_id(parts, api, Named::Item).await {
            PathId::Of(uuid) => Ok(Self(uuid)),
            PathId::Absent | PathId::Malformed => Err(Problem::not_found()),
        }
    }
}

impl FromRequestParts<Api> for Pair {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Ok(params) = RawPathParams::from_request_parts(parts, api).await else {
            return Err(Problem::not_found());
        };
        let named = params.iter().filter(|(name, _)| *name != "organization");
        let ids: Option<Vec<Uuid>> = named.map(|(_, value)| Uuid::try_parse(value).ok()).collect();
        match ids.as_deref() {
            Some([one, other]) => Ok(Self(*one, *other)),
            Some(_) | None => Err(Problem::not_found()),
        }
    }
}

fn admit<P: InOrganization>(caller: &Caller, named: PathId) -> Result<OrganizationId, Problem> {
    // What is no id takes the way of an id that nobody has.
    let uuid = match named {
        PathId::Of(uuid) => uuid,
        PathId::Absent | PathId::Malformed => Uuid::nil(),
    };
    Ok(caller.api.directory.admit::<P>(caller.context, uuid)?)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Organization,
    Item,
}

#[derive(Clone, Copy)]
enum PathId {
    Absent,
    Malformed,
    Of(Uuid),
}

async fn path_id(parts: &mut Parts, api: &Api, wanted: Named) -> PathId {
    let Ok(params) = RawPathParams::from_request_parts(parts, api).await else {
        return PathId::Malformed;
    };
    let mut found = PathId::Absent;
    for (name, value) in &params {
        let named = if name == "organization" { Named::Organization } else { Named::Item };
        if named == wanted {
            found = Uuid::try_parse(value).map_or(PathId::Malformed, PathId::Of);
        }
    }
    found
}

/// Why a token lets nobody in; a browser forgets a cookie that does not.
fn gone(error: Error, carrier: Carrier) -> Problem {
    let lets_nobody_in = matches!(error, Error::Refused(Refusal::Unauthenticated));
    let problem = Problem::from(error);
    match carrier {
        Carrier::Cookie if lets_nobody_in => problem.without_cookie(),
        Carrier::Cookie | Carrier::Header => problem,
    }
}

/// The token of a request, and where it was; a header counts more than a cookie.
fn presented(parts: &Parts) -> Result<(&str, Carrier), Problem> {
    if parts.headers.contains_key(AUTHORIZATION) {
        let token = bearer(parts).ok_or_else(Problem::unauthenticated)?;
        return Ok((token, Carrier::Header));
    }
    let session = cookie::session(parts).ok_or_else(Problem::unauthenticated)?;
    cookie::require_own_page(parts)?;
    Ok((session, Carrier::Cookie))
}

/// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1).
fn bearer(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
