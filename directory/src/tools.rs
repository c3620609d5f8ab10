//! What transactions need beside the store: randomness and the event log.

use std::sync::Arc;

use serde::Serialize;
use storage::{Entropy, EventLog, ReadError, Reading};
use uuid::Uuid;

use crate::access::organization;
use crate::authentication::{NewAuthenticators, Passkeys, RelyingParty};
use crate::delivery::DeliveryBounds;
use crate::epochs::Epochs;
use crate::id::Place;
use crate::imports::Stalled;
use crate::lasting::LastingKey;
use crate::orders::OrderNetworks;
use crate::recorder::Recorder;
use crate::records::{SessionLengths, Syntax, Token, TokenPurpose, TokenUse};
use crate::search::OwnCommits;
use crate::time::Time;

/// Randomness with what is made of it, and the event log.
#[derive(Clone)]
pub struct Tools {
    entropy: Arc<dyn Entropy>,
    events: EventLog,
    known: KnownNames,
    reply_attributes: Arc<[ReplyAttribute]>,
    bounds: Arc<Bounds>,
    recorder: Arc<Recorder>,
    epochs: Arc<Epochs>,
    lasting: Arc<LastingKey>,
    passkeys: Arc<Passkeys>,
    authenticators: Arc<NewAuthenticators>,
    own_commits: Arc<OwnCommits>,
    stalled: Arc<Stalled>,
}

/// Says of a name what it means in every organization.
#[derive(Clone, Copy, Debug)]
pub struct KnownNames(pub fn(&str) -> NameUse);

impl Default for KnownNames {
    fn default() -> Self {
        Self(|_| NameUse::Free)
    }
}

impl KnownNames {
    fn use_of(self, name: &str) -> NameUse {
        (self.0)(name)
    }

    /// Whether values that go by a name are compared line by line.
    pub(crate) fn is_by_lines(self, name: &str) -> bool {
        match self.use_of(name) {
            NameUse::Left { by_lines, .. } => by_lines,
            NameUse::Free | NameUse::Taken => false,
        }
    }
}

/// What a name means in every organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameUse {
    /// Nothing.
    Free,
    /// Something of a standard that has values only where an organization defines it.
    Left {
        /// The form of its values.
        syntax: Syntax,
        /// Whether an entry has one value at most.
        single: bool,
        /// Whether values are addresses, which are compared line by line (RFC 4517 section 4.2.9).
        by_lines: bool,
    },
    /// Something that every organization has: no custom attribute may go by it.
    Taken,
}

/// How long the sessions of admins last, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct AdminSessionLives {
    /// However much they are used.
    pub longest: u64,
    /// Without being used.
    pub idle: u64,
}

impl Default for AdminSessionLives {
    /// A working day, and an hour.
    fn default() -> Self {
        const HOUR: u64 = 60 * 60 * 1_000;
        Self { longest: 10 * HOUR, idle: HOUR }
    }
}

impl AdminSessionLives {
    /// No longer than somebody said.
    pub(crate) fn shortened(self, lengths: SessionLengths) -> Self {
        Self {
            longest: lengths.lifetime.map_or(self.longest, |length| length.min(self.longest)),
            idle: lengths.idle.map_or(self.idle, |length| length.min(self.idle)),
        }
    }

    /// When a session ends that was begun and used at these times.
    pub(crate) fn end(self, token: &Token, used: Option<&TokenUse>) -> Time {
        if token.purpose != TokenPurpose::Session {
            return token.expires;
        }
        let used = used.map_or(token.created, |used| used.at);
        token.expires.min(token.created.plus(self.longest)).min(used.plus(self.idle))
    }

    /// Whether a use is to be noted, so that the last one is known well enough.
    pub(crate) fn notes(self, used: Option<&TokenUse>, now: Time) -> bool {
        used.is_none_or(|used| now >= used.at.plus((self.idle / 8).min(LATE)))
    }
}

/// A use is noted so late at most after another, in milliseconds.
const LATE: u64 = 5 * 60 * 1_000;

/// What network gear can be told by name, beside who is let in.
#[derive(Clone, Copy, Debug)]
pub struct ReplyDictionary(pub fn() -> Vec<ReplyAttribute>);

impl Default for ReplyDictionary {
    fn default() -> Self {
        Self(Vec::new)
    }
}

/// How many certificates that an organization's own authorities issued are kept at most, those
/// included that count no more but are not forgotten yet.
#[derive(Clone, Copy, Debug)]
pub struct CertificateBound(pub u32);

impl Default for CertificateBound {
    fn default() -> Self {
        Self(50_000)
    }
}

/// How long a device's report says something, in milliseconds; after that the device counts as one of
/// which nothing is known.
#[derive(Clone, Copy, Debug)]
pub struct ReportLife(pub u64);

impl Default for ReportLife {
    /// A week.
    fn default() -> Self {
        Self(7 * 24 * 60 * 60 * 1_000)
    }
}

/// How long an organization keeps its events at least, in milliseconds, whatever it says itself.
#[derive(Clone, Copy, Debug)]
pub struct RetentionFloor(pub u64);

impl Default for RetentionFloor {
    /// A day.
    fn default() -> Self {
        Self(24 * 60 * 60 * 1_000)
    }
}

/// How many failed searches of an organization are told one by one in a minute.
#[derive(Clone, Copy, Debug)]
pub struct FailuresTold(pub u32);

impl Default for FailuresTold {
    /// A hundred a second.
    fn default() -> Self {
        Self(6_000)
    }
}

/// How long a deleted organization can be restored, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct OrganizationGrace(pub u64);

impl Default for OrganizationGrace {
    /// 30 days.
    fn default() -> Self {
        Self(30 * 24 * 60 * 60 * 1_000)
    }
}

/// What the operator allows.
pub(crate) struct Bounds {
    /// Where orders to gear may go.
    pub(crate) networks: OrderNetworks,
    pub(crate) certificates: CertificateBound,
    /// How long sessions of admins last.
    pub(crate) sessions: AdminSessionLives,
    /// How long a device's report says something.
    pub(crate) reports: ReportLife,
    /// How long a deleted organization can be restored.
    pub(crate) grace: OrganizationGrace,
    /// How long an organization keeps its events at least.
    pub(crate) events: RetentionFloor,
    /// For whom passkeys are made; they are off where it is nobody.
    pub(crate) party: Option<RelyingParty>,
    /// What destinations of events may be.
    pub(crate) delivery: DeliveryBounds,
}

/// Something that network gear can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyAttribute {
    /// Its name.
    pub name: &'static str,
    /// The vendor's enterprise number; none for what all gear knows.
    pub vendor: Option<u32>,
    /// Its number, in the vendor's space where there is a vendor.
    pub number: u8,
    /// What its value is.
    pub kind: ReplyKind,
}

/// What the value of something is that network gear can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    /// UTF-8 text.
    Text,
    /// Any octets.
    Octets,
    /// A number of 32 bits.
    Integer,
    /// An IPv4 address.
    Address,
    /// An IPv6 address.
    Ipv6Address,
    /// An IPv6 prefix.
    Ipv6Prefix,
    /// Text with a tag that joins it with others.
    TaggedText,
    /// A number of 24 bits with such a tag.
    TaggedInteger,
}

impl Tools {
    pub(crate) fn new(
        entropy: Arc<dyn Entropy>,
        events: EventLog,
        (known, replies): (KnownNames, ReplyDictionary),
        bounds: Bounds,
        (epochs, lasting): (Epochs, LastingKey),
    ) -> Self {
        let (recorder, epochs, lasting) = (Arc::default(), Arc::new(epochs), Arc::new(lasting));
        let reply_attributes = (replies.0)().into();
        let passkeys = Arc::new(Passkeys::new(bounds.party.clone()));
        let bounds = Arc::new(bounds);
        Self {
            entropy,
            events,
            known,
            reply_attributes,
            bounds,
            recorder,
            epochs,
            lasting,
            passkeys,
            authenticators: Arc::default(),
            own_commits: Arc::default(),
            stalled: Arc::default(),
        }
    }

    /// What network gear can be told by name.
    pub fn reply_attributes(&self) -> &[ReplyAttribute] {
        &self.reply_attributes
    }

    /// Where orders to gear may go.
    pub(crate) fn order_networks(&self) -> &OrderNetworks {
        &self.bounds.networks
    }

    /// What destinations of events may be.
    pub(crate) fn delivery_bounds(&self) -> &DeliveryBounds {
        &self.bounds.delivery
    }

    /// How long an organization keeps its events at least, in milliseconds.
    pub(crate) fn events_kept_at_least(&self) -> u64 {
        self.bounds.events.0
    }

    /// How many certificates of an organization are kept at most.
    pub(crate) fn certificates(&self) -> u32 {
        self.bounds.certificates.0
    }

    /// How long sessions of admins last at most.
    pub(crate) fn longest_sessions(&self) -> AdminSessionLives {
        self.bounds.sessions
    }

    /// How long sessions of a place's admins last.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn session_lives(
        &self,
        source: &impl Reading,
        home: Place,
    ) -> Result<AdminSessionLives, ReadError> {
        let longest = self.longest_sessions();
        let Place::Organization(home) = home else { return Ok(longest) };
        // Nobody is let in by a token of an organization that is gone.
        let home = organization(source, home)?;
        Ok(home.map_or(longest, |home| longest.shortened(home.settings.admin_sessions)))
    }

    /// How long a device's report says something, in milliseconds.
    pub(crate) fn report_life(&self) -> u64 {
        self.bounds.reports.0
    }

    /// Until when an organization that was deleted then can be restored.
    pub(crate) fn end_of_grace(&self, deleted: Time) -> Time {
        deleted.plus(self.bounds.grace.0)
    }

    /// What is known of passkeys beside those that are registered.
    pub(crate) fn passkeys(&self) -> &Passkeys {
        &self.passkeys
    }

    /// Authenticators that are to take the place of admins' own.
    pub(crate) fn authenticators(&self) -> &NewAuthenticators {
        &self.authenticators
    }

    /// What applications asked for and did not get.
    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Which imports wait for the store.
    pub(crate) fn stalled(&self) -> &Stalled {
        &self.stalled
    }

    /// Whose the last commits are.
    pub(crate) fn own_commits(&self) -> &Arc<OwnCommits> {
        &self.own_commits
    }

    /// Names that mean something in every organization.
    pub(crate) fn known_names(&self) -> KnownNames {
        self.known
    }

    /// What a name means in every organization.
    pub(crate) fn use_of(&self, name: &str) -> NameUse {
        self.known.use_of(name)
    }

    /// Random octets.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        self.entropy.fill(&mut octets);
        octets
    }

    /// The directory's starts, for what is to hold from one to the next.
    pub(crate) fn epochs(&self) -> &Epochs {
        &self.epochs
    }

    /// A tag that nobody else makes: the same for the same parts, after a restart as well.
    pub fn lasting_tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.lasting.tag(parts)
    }

    /// The event log.
    pub(crate) fn events(&self) -> &EventLog {
        &self.events
    }

    /// A UUID of version 7 (RFC 9562 section 5.7): ordered by time, else random.
    pub(crate) fn uuid(&self, now: Time) -> Uuid {
        uuid::Builder::from_unix_timestamp_millis(now.0, &self.random()).into_uuid()
    }

    /// A UUID of version 7 that is the same for the same time and parts.
    pub(crate) fn uuid_of(&self, at: Time, parts: &[&[u8]]) -> Uuid {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part);
        }
        let mut octets = [0; 10];
        hasher.finalize_xof().fill(&mut octets);
        uuid::Builder::from_unix_timestamp_millis(at.0, &octets).into_uuid()
    }

    /// A random password of `length` letters and digits, about 5.9 bits each.
    pub fn password(&self, length: usize) -> String {
        const ALPHABET: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut password = String::with_capacity(length);
        while password.len() < length {
            let fresh = self.random::<64>();
            // Octets past the last whole multiple of 62 would favour some letters.
            let letters = fresh
                .iter()
                .filter(|octet| **octet < 248)
                .filter_map(|octet| ALPHABET.get(usize::from(octet % 62)))
                .map(|octet| char::from(*octet));
            password.extend(letters.take(length.saturating_sub(password.len())));
        }
        password
    }
}

impl crate::Directory {
    /// Randomness, for passwords and secrets made before a transaction starts.
    pub fn tools(&self) -> &Tools {
        &self.inner.tools
    }
}
