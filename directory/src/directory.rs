//! The directory itself: opening it, reading it, changing it.

mod check;
mod ends;
mod fetched_lists;
mod identify;
mod invitations;
mod listed;
mod operator;
mod outlook;
mod people;
mod repeats;
mod resets;
mod silent_devices;
mod stand_in;
mod user_lives;

use std::path::Path;
use std::sync::Arc;

use storage::{Change, Entropy, MasterKey, OpenError, Partition, Reading, Snapshot, Store};

use crate::access::{
    AtProvider, Context, Grant, InOrganization, Refusal, Who, organization, standing,
};
use crate::accounting::{Reports, SessionBounds};
use crate::authentication::{BegunSignIns, Engine, RelyingParty, UnknownLogins, Who as Claim};
use crate::collections::{self, Oneself, Site};
use crate::delivery::{Deliveries, DeliveryBounds};
use crate::epochs::Epochs;
use crate::error::Error;
use crate::events::FailedSearches;
use crate::gear::GearTable;
use crate::id::{OrganizationId, Place, RecordId};
use crate::issuing::Lists;
use crate::known::{Capacity, Keep, Lookups};
use crate::lasting::LastingKey;
use crate::orders::{Departures, OrderNetworks};
use crate::preparation::failed_to_open;
use crate::records::{Domain, OrganizationState, indices};
use crate::search::{Memo, OwnCommits, SearchGrant};
use crate::text::prepare;
use crate::time::Time;
use crate::tools::{
    AdminSessionLives, Bounds, CertificateBound, FailuresTold, KnownNames, OrganizationGrace,
    ReplyDictionary, ReportLife, RetentionFloor, Tools,
};

pub use self::ends::{EndsFound, certificate_end};
use self::fetched_lists::Fetches;
pub use self::fetched_lists::ListToFetch;
pub use self::identify::Identified;
pub(crate) use self::identify::find_token;
pub use self::invitations::InvitationStep;
pub(crate) use self::invitations::enrolling;
pub use self::listed::{InScope, OrganizationPage};
pub use self::outlook::Outlook;
pub use self::people::{FoundPeople, FoundPerson, PeoplePlace};
pub use self::repeats::{Earlier, REPEAT_LIFE, Repeatable};
pub use self::resets::{ChosenPassword, ResetTurn};

/// Organizations whose records are kept decoded at most.
const KNOWN_ORGANIZATIONS: usize = 4_096;

/// How the directory uses memory and processors.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The store's.
    pub store: storage::Options,
    /// The authentication engine's.
    pub authentication: crate::authentication::Options,
    /// What is kept decoded for searches at most.
    pub kept: Keep,
    /// Names that are taken everywhere.
    pub known_names: KnownNames,
    /// What network gear can be told by name.
    pub reply_attributes: ReplyDictionary,
    /// How much of what gear reports is kept.
    pub sessions: SessionBounds,
    /// Where orders to gear may go.
    pub order_networks: OrderNetworks,
    /// How many certificates an organization may have issued.
    pub certificates: CertificateBound,
    /// How long sessions of admins last.
    pub admin_sessions: AdminSessionLives,
    /// How long a device's report says something.
    pub reports: ReportLife,
    /// How long a deleted organization can be restored.
    pub grace: OrganizationGrace,
    /// How long an organization keeps its events at least.
    pub event_retention: RetentionFloor,
    /// How many failed searches of an organization are told one by one in a minute.
    pub failed_searches: FailuresTold,
    /// For whom passkeys of admins are made; they are off where it is nobody.
    pub passkeys: Option<RelyingParty>,
    /// What destinations of events may be.
    pub delivery: DeliveryBounds,
}

/// Everything that is true, for every organization; clones share it.
#[derive(Clone)]
pub struct Directory {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) tools: Tools,
    pub(crate) engine: Engine,
    pub(crate) gear: Arc<GearTable>,
    pub(crate) followers: Arc<crate::follow::Followers>,
    pub(crate) failed_searches: FailedSearches,
    pub(crate) unknown_logins: UnknownLogins,
    pub(crate) begun_sign_ins: BegunSignIns,
    pub(crate) lookups: Arc<Lookups>,
    pub(crate) reports: Reports,
    pub(crate) departures: Arc<Departures>,
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) lists: Lists,
    pub(crate) fetches: Arc<Fetches>,
}

impl Directory {
    /// Opens the directory in a data directory; an empty one gets a fresh store.
    ///
    /// # Errors
    /// When the store is in use, of a newer format, sealed with another key, or cannot be read.
    pub fn open(
        path: &Path,
        master: MasterKey,
        entropy: Arc<dyn Entropy>,
        options: &OpenOptions,
    ) -> Result<Self, OpenError> {
        let mut of_store = options.store.clone();
        of_store.events.words = crate::events::words();
        let store = Store::open(path, master, Arc::clone(&entropy), of_store)?;
        Self::over(store, entropy, options)
    }

    /// Makes a directory over an open store.
    pub(crate) fn over(
        store: Store,
        entropy: Arc<dyn Entropy>,
        options: &OpenOptions,
    ) -> Result<Self, OpenError> {
        let (known, replies) = (options.known_names, options.reply_attributes);
        let (events, networks) = (store.events().clone(), options.order_networks.clone());
        let (certificates, sessions) = (options.certificates, options.admin_sessions);
        let (reports, party) = (options.reports, options.passkeys.clone());
        let (delivery, grace) = (options.delivery.clone(), options.grace);
        let events_kept = options.event_retention;
        let bounds = Bounds {
            networks,
            certificates,
            sessions,
            reports,
            grace,
            events: events_kept,
            party,
            delivery,
        };
        let epochs = Epochs::begin(&store, &*entropy).map_err(failed_to_open)?;
        let lasting = LastingKey::of(&store, &*entropy).map_err(failed_to_open)?;
        let tools = Tools::new(entropy, events, (known, replies), bounds, (epochs, lasting));
        OwnCommits::follow(tools.own_commits(), &store);
        let engine = Engine::start(&options.authentication, &tools)?;
        let (gear, followers) =
            (GearTable::following(&store), crate::follow::Followers::of(&store));
        let lookups = Arc::new(Lookups::new(&Capacity {
            organizations: KNOWN_ORGANIZATIONS,
            accounts: options.authentication.remembered,
            found: options.kept,
        }));
        let (reports, departures) = (Reports::new(options.sessions), Departures::of(&store));
        let (lists, failed_searches) =
            (Lists::default(), FailedSearches::within(options.failed_searches));
        let deliveries = Deliveries::of(&store);
        let inner = Inner {
            store,
            tools,
            engine,
            gear,
            followers,
            deliveries,
            departures,
            failed_searches,
            unknown_logins: UnknownLogins::default(),
            begun_sign_ins: BegunSignIns::default(),
            lookups,
            reports,
            lists,
            fetches: Arc::default(),
        };
        let directory = Self { inner: Arc::new(inner) };
        directory.prepare()?;
        Ok(directory)
    }

    /// Starts reading: a snapshot for one request.
    ///
    /// # Errors
    /// When the store fails.
    pub fn read(&self, context: Context) -> Result<ReadingTransaction, Error> {
        let snapshot = self.inner.store.read()?;
        Ok(ReadingTransaction { snapshot, context, tools: self.inner.tools.clone() })
    }

    /// What one caller's searches keep between requests: nothing yet.
    pub fn memo(&self) -> Memo {
        Memo::new(Arc::clone(&self.inner.lookups))
    }

    /// Runs `work` in a changing transaction and returns when what it did is durable. Nothing of
    /// it stays when it fails.
    ///
    /// # Errors
    /// What `work` fails with, or a store failure.
    pub fn change<T: Send + 'static>(
        &self,
        context: Context,
        work: impl FnOnce(&mut Changing<'_, '_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let tools = self.inner.tools.clone();
        let done = self
            .inner
            .store
            .write(move |change| work(&mut Changing { change, context: &context, tools: &tools }));
        let done = done.map_err(Error::from);
        if let Err(Error::Refused(refusal)) = &done {
            self.note_refusal(&context, refusal);
        }
        // What is acknowledged counts for every packet that comes afterwards.
        self.settle_gear();
        done
    }

    /// Finds the active organization whose base is the first of `names` that is one, with that
    /// base. Names are the canonical texts of an entry's name and of those above it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn locate<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Option<OrganizationId>, Error> {
        let snapshot = self.inner.store.read()?;
        let bases = &self.inner.lookups.bases;
        for name in names {
            if let Some(known) = bases.get(&snapshot, Partition::Provider, name) {
                return Ok(Some(known));
            }
            let found = active_organization(&snapshot, indices::ORGANIZATION_BASE, name)?;
            if let Some(organization) = found {
                bases.keep(&snapshot, name.to_owned(), organization);
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Whom a name claims to be where users and service accounts are named alike.
    ///
    /// # Errors
    /// When the store fails.
    pub fn claimed(&self, organization: OrganizationId, name: String) -> Result<Claim, Error> {
        let (snapshot, prepared) = (self.inner.store.read()?, prepare(&name));
        let (partition, index) = (organization.partition(), indices::SERVICE_ACCOUNT_NAME);
        let account = snapshot.find_first(partition, index, prepared.as_bytes())?;
        Ok(if account.is_some() { Claim::ServiceAccount(name) } else { Claim::User(name) })
    }

    /// Finds the active organization with a slug.
    ///
    /// # Errors
    /// When the store fails.
    pub fn organization_by_slug(&self, slug: &str) -> Result<Option<OrganizationId>, Error> {
        active_organization(&self.inner.store.read()?, indices::ORGANIZATION_SLUG, slug)
    }

    /// Finds the active organization that has the base for which a domain stands, or goes by the
    /// domain.
    ///
    /// # Errors
    /// When the store fails.
    pub fn organization_of_domain(
        &self,
        base: &str,
        domain: &str,
    ) -> Result<Option<OrganizationId>, Error> {
        let snapshot = self.inner.store.read()?;
        let (bases, domains) = (&self.inner.lookups.bases, &self.inner.lookups.domains);
        if let Some(known) = bases.get(&snapshot, Partition::Provider, base) {
            return Ok(Some(known));
        }
        let written = domain.to_ascii_lowercase();
        if let Some(known) = domains.get(&snapshot, Partition::Provider, written.as_str()) {
            return Ok(Some(known));
        }
        let found = active_organization(&snapshot, indices::ORGANIZATION_BASE, base)?;
        if let Some(organization) = found {
            bases.keep(&snapshot, base.to_owned(), organization);
            return Ok(found);
        }
        let Some(domain) = Domain::parse(&written) else { return Ok(None) };
        let index = indices::ORGANIZATION_DOMAIN;
        let found = active_organization(&snapshot, index, domain.as_str())?;
        if let Some(organization) = found {
            domains.keep(&snapshot, written, organization);
        }
        Ok(found)
    }

    /// Destroys what deleted organizations left behind once their grace period is over; returns
    /// how many.
    ///
    /// # Errors
    /// When the store fails.
    pub fn destroy_expired(&self, now: Time) -> Result<usize, Error> {
        let tools = self.inner.tools.clone();
        let destroy = move |change: &mut Change<'_>| {
            collections::destroy_expired(change, now, |deleted| tools.end_of_grace(deleted))
        };
        Ok(self.inner.store.write(destroy)?)
    }
}

fn active_organization(
    snapshot: &Snapshot,
    index: storage::Index,
    value: &str,
) -> Result<Option<OrganizationId>, Error> {
    let found = snapshot.find_first(Partition::Provider, index, value.as_bytes())?;
    let Some(id) = found.and_then(OrganizationId::from_record) else { return Ok(None) };
    let active =
        organization(snapshot, id)?.is_some_and(|record| record.state == OrganizationState::Active);
    Ok(active.then_some(id))
}

/// A snapshot of the directory for one request.
pub struct ReadingTransaction {
    snapshot: Snapshot,
    context: Context,
    tools: Tools,
}

impl ReadingTransaction {
    /// Asks whether the actor may do `P` in `organization`; the grant leads to its records.
    ///
    /// # Errors
    /// `Refused`, or a store failure.
    pub fn authorize<P: InOrganization>(
        &self,
        organization: OrganizationId,
    ) -> Result<Grant<'_, &Snapshot, P>, Error> {
        Grant::obtain(&self.snapshot, &self.context, &self.tools, organization.into())
    }

    /// Asks whether the actor may search `organization`; `memo` spares the question while nothing
    /// was changed.
    ///
    /// # Errors
    /// `Refused`, or a store failure.
    pub fn authorize_search<'t>(
        &'t self,
        organization: OrganizationId,
        memo: &'t Memo,
    ) -> Result<SearchGrant<'t, 't>, Error> {
        Grant::obtain_again(&self.snapshot, &self.context, &self.tools, organization, memo)
    }

    /// Asks whether the actor may do `P` with the provider's own data.
    ///
    /// # Errors
    /// `Refused`, or a store failure.
    pub fn authorize_provider<P: AtProvider>(&self) -> Result<Grant<'_, &Snapshot, P>, Error> {
        Grant::obtain(&self.snapshot, &self.context, &self.tools, Place::Provider)
    }

    /// Asks whether the actor may do `P` at a place that is the provider or an organization.
    ///
    /// # Errors
    /// `Refused`, or a store failure.
    pub fn authorize_at<P: AtProvider + InOrganization>(
        &self,
        place: Place,
    ) -> Result<Grant<'_, &Snapshot, P>, Error> {
        Grant::obtain(&self.snapshot, &self.context, &self.tools, place)
    }

    /// The admin's own account.
    ///
    /// # Errors
    /// `Refused` when the actor is no admin.
    pub fn oneself(&self) -> Result<Oneself<'_, &Snapshot>, Error> {
        let standing = own_standing(&self.snapshot, &self.context)?;
        let place = standing.rights.id.home;
        let site =
            Site { source: &self.snapshot, place, context: &self.context, tools: &self.tools };
        Ok(Oneself { site, standing })
    }

    /// Finds an organization by its external id. Whether the actor may know of it is what
    /// `authorize` says.
    ///
    /// # Errors
    /// `Refused` as hidden when there is none.
    pub fn organization_id(&self, uuid: uuid::Uuid) -> Result<OrganizationId, Error> {
        organization_id(&self.snapshot, &self.context, uuid)
    }
}

/// A changing transaction; it becomes durable when the closure that got it returns `Ok`.
pub struct Changing<'w, 'c> {
    change: &'w mut Change<'c>,
    context: &'w Context,
    tools: &'w Tools,
}

impl<'c> Changing<'_, 'c> {
    /// Asks whether the actor may do `P` in `organization`; the grant leads to its records.
    ///
    /// # Errors
    /// `Refused`, or a store failure.
    pub fn authorize<P: InOrganization>(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Grant<'_, &mut Change<'c>, P>, Error> {
        Grant::obtain(&mut *self.change, self.context, self.tools, organization.into())
    }

    /// Asks whether the actor may do `P` with the provider's own data.
    ///
    /// # Errors
    /// `Refused`, or a store failure.
    pub fn authorize_provider<P: AtProvider>(
        &mut self,
    ) -> Result<Grant<'_, &mut Change<'c>, P>, Error> {
        Grant::obtain(&mut *self.change, self.context, self.tools, Place::Provider)
    }

    /// Asks whether the actor may do `P` at a place that is the provider or an organization.
    ///
    /// # Errors
    /// `Refused`, or a store failure.
    pub fn authorize_at<P: AtProvider + InOrganization>(
        &mut self,
        place: Place,
    ) -> Result<Grant<'_, &mut Change<'c>, P>, Error> {
        Grant::obtain(&mut *self.change, self.context, self.tools, place)
    }

    /// The admin's own account.
    ///
    /// # Errors
    /// `Refused` when the actor is no admin.
    pub fn oneself(&mut self) -> Result<Oneself<'_, &mut Change<'c>>, Error> {
        let standing = own_standing(&*self.change, self.context)?;
        let place = standing.rights.id.home;
        let site =
            Site { source: &mut *self.change, place, context: self.context, tools: self.tools };
        Ok(Oneself { site, standing })
    }

    /// Finds an organization by its external id, as [`ReadingTransaction::organization_id`].
    ///
    /// # Errors
    /// `Refused` as hidden when there is none.
    pub fn organization_id(&self, uuid: uuid::Uuid) -> Result<OrganizationId, Error> {
        organization_id(&*self.change, self.context, uuid)
    }
}

fn own_standing(
    source: &impl Reading,
    context: &Context,
) -> Result<crate::access::Standing, Error> {
    let Who::Admin { admin, token } = context.actor.0 else {
        return Err(Refusal::Unauthenticated.into());
    };
    Ok(standing(source, context, admin, token)??)
}

fn organization_id(
    source: &impl Reading,
    context: &Context,
    uuid: uuid::Uuid,
) -> Result<OrganizationId, Error> {
    own_standing(source, context)?;
    let found =
        source.find_first(Partition::Provider, indices::ORGANIZATION_UUID, uuid.as_bytes())?;
    let found = found.and_then(OrganizationId::from_record);
    found.ok_or_else(|| Refusal::Hidden.into())
}
