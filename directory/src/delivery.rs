//! Events on their way to where their organization wants them: what there is to send, what became of
//! it, and when it is tried again.
//!
//! Each destination is by itself: what is to be sent next is found by its own place in the log, so
//! that none waits for another, and what is not taken waits in the log instead of in memory.

mod address;
mod bounds;
mod conclude;
mod figures;
mod key;
mod lanes;
mod letters;
mod listed;
mod log;
mod next;
mod parcel;
mod pause;
mod places;
mod put_back;
mod served;
mod status;
mod trial;

use storage::Secret;

pub use self::address::WebAddress;
pub(crate) use self::address::{HostPort, is_host};
pub use self::bounds::{DeliveryBounds, DeliveryNetworks};
pub(crate) use self::conclude::let_go;
pub use self::figures::{DeliveryFigures, LETTERS_COUNTED};
pub use self::key::DestinationKey;
pub(crate) use self::key::keys;
pub(crate) use self::lanes::Deliveries;
pub use self::lanes::DeliveryTurn;
pub use self::letters::DeadLetters;
pub(crate) use self::letters::bury;
pub use self::listed::DeadLettersOf;
pub use self::log::LogOf;
pub use self::next::Next;
pub use self::status::{DeliveryStatus, LAG_COUNTED};
pub use self::trial::TrialOf;
use crate::records::EventDestination;
use crate::time::Time;

/// Something to be sent to a destination, all of it or nothing.
pub struct Delivery {
    /// Where to, and how.
    pub route: Route,
    /// What goes there.
    pub events: Vec<DeliveredEvent>,
    key: DestinationKey,
    destination: Box<EventDestination>,
    what: What,
}

/// An event as it is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredEvent {
    /// Its number; none of one that is made to try a destination.
    pub sequence: Option<u64>,
    /// When it happened.
    pub at: Time,
    /// What was done or tried, in the word of exports.
    pub action: String,
    /// Whether it was done.
    pub success: bool,
    /// The line of an export in JSON, without its end.
    pub json: String,
}

/// Where something goes, and how.
pub enum Route {
    /// As syslog messages (RFC 5424) over a stream.
    Syslog {
        /// The receiver's name or address.
        host: String,
        /// Its port.
        port: u16,
        /// How it is known; none where messages go in clear.
        trust: Option<Trust>,
    },
    /// As lines of JSON in one request over HTTPS.
    Webhook {
        /// The address.
        address: WebAddress,
        /// How the receiver is known.
        trust: Trust,
        /// What the request says beside them.
        headers: Vec<(&'static str, String)>,
        /// The lines.
        body: String,
    },
    /// As lines of JSON in a file of the day.
    Files {
        /// The folder in the operator's.
        folder: String,
        /// The log that the lines are of.
        log: LogOf,
    },
}

/// By what a receiver is known, and what it is shown.
pub struct Trust {
    /// The name in its certificate.
    pub server_name: String,
    /// In PEM, who may vouch for it; whoever this machine believes when absent.
    pub authorities: Option<String>,
    /// The certificate chain that it is shown and its key, in DER.
    pub client: Option<(Vec<Vec<u8>>, Secret)>,
}

/// What became of something that was to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The receiver has it.
    Done,
    /// It is not known to have it.
    Failed {
        /// Why, in words.
        reason: String,
        /// After so many milliseconds the receiver wants to be asked again, if it said so.
        wait: Option<u64>,
    },
}

impl Sent {
    /// That something was not sent, for a reason in words.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into(), wait: None }
    }
}

/// What a delivery is made of.
enum What {
    /// What comes next in the log.
    Stream { first: u64, last: u64, mark: crate::records::DeliveryMark, events: u32 },
    /// What was given up before, under its number.
    Letter(storage::Id),
    /// Nothing but an attempt.
    Trial,
}
