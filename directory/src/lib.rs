//! What is true, and who may: organizations and everything in them, behind one authorization.
//!
//! The directory is the only crate that names the store. Reading starts with
//! [`Directory::read`], changing with [`Directory::change`]; both give a transaction whose
//! `authorize` leaves a [`access::Grant`], and only a grant leads to a collection of records.
//! [`authentication`] answers for LDAP, RADIUS and the admin API who somebody is.

pub mod access;
pub mod accounting;
mod admission;
pub mod authentication;
pub mod billing;
pub mod collections;
pub mod delivery;
mod directory;
mod epochs;
mod error;
pub mod events;
mod figures;
mod follow;
mod gear;
mod id;
pub mod imports;
pub mod issuing;
mod known;
mod lasting;
mod limits;
mod network;
pub mod orders;
mod policy;
mod preparation;
mod realm;
mod recorder;
pub mod records;
mod references;
mod schema;
pub mod search;
mod ssh_key;
pub mod text;
mod time;
mod tools;
mod zone;

pub use directory::{
    Changing, ChosenPassword, Directory, Earlier, EndsFound, FoundPeople, FoundPerson, Identified,
    InScope, InvitationStep, ListToFetch, OpenOptions, OrganizationPage, Outlook, PeoplePlace,
    REPEAT_LIFE, ReadingTransaction, Repeatable, ResetTurn, certificate_end,
};
pub use error::{Error, Invalid, StoreFailure};
pub use figures::Figures;
pub use follow::{Bell, Following};
pub use gear::{CertifiedGear, Gear, GearClient, GearSecret, Unreadable, Weakness};
pub use id::{
    AdminId, AdminNumber, CertificateAuthorityId, CustomAttributeId, DeadLetterId, DeviceId,
    EventDestinationId, GroupId, ImportId, IssuedCertificateId, OrganizationId, PasswordPolicyId,
    Place, PlanId, RadiusClientId, RecordId, ReplyProfileId, SecurityPolicyId, ServiceAccountId,
    SessionId, TokenId, TokenNumber, UserId,
};
pub use known::Keep;
pub use network::{
    Circumstances, GearName, MacAddress, NetworkMethod, OuterName, ShortName, Ssid, Station,
    StationName,
};
pub use recorder::{Line, Missed, RECORDED_ACCOUNTS, RECORDED_LINES, RECORDED_TEXT};
pub use references::{Called, References};
pub use schema::Schema;
pub use storage::{
    DATABASE as STORE_FILE, DurationFigures, Durations, Entropy, EventFigures, EventOptions,
    MasterKey, OpenError, Options as StoreOptions, Report, Secret, Stopwatch, StoreFigures,
};
pub use time::{Time, milliseconds};
pub use tools::{
    AdminSessionLives, CertificateBound, FailuresTold, KnownNames, NameUse, OrganizationGrace,
    ReplyAttribute, ReplyDictionary, ReplyKind, ReportLife, RetentionFloor, Tools,
};

#[cfg(test)]
mod tests;
