//! Who somebody is: one engine for LDAP, RADIUS and the admin API.
//!
//! A rejection tells the peer nothing, neither by its text nor by its time; its reason goes into
//! the event. Hashing runs on a bounded pool; a password that was verified a moment ago is
//! recognized without it.

mod account;
mod admin_locks;
mod attempt;
mod begun_sign_ins;
mod certificate;
mod challenges;
mod change;
mod code;
mod conclusion;
mod device;
mod earlier;
mod engine;
mod enrolment;
mod expiry;
mod explain;
mod former;
mod invited;
mod kept;
mod later;
mod listed;
mod lockout;
mod machine;
mod memory;
mod ms_chap;
mod network;
mod new_authenticators;
mod next_password;
mod overheard;
mod own_account;
mod passkey;
mod password;
mod placeholders;
mod pool;
mod reconsider;
mod second_factor;
mod shards;
mod shown;
mod sign_in;
mod throttle;
mod totp;
mod unknown_logins;
mod vouching;

pub(crate) use account::KnownAccounts;
pub use attempt::{Begun, Channel, Door, Fits, Outcome, Proof, Request, Who};
pub(crate) use begun_sign_ins::BegunSignIns;
pub use certificate::Presented;
pub(crate) use certificate::{NAMES, alternative_names, is_valid_at};
pub use challenges::ChallengeLimits;
pub use change::{ChangeOutcome, PasswordChange};
pub use device::{IdentifiedDevice, ShownByDevice};
pub use earlier::Earlier;
pub(crate) use engine::Engine;
pub use engine::Options;
pub use expiry::Notice;
pub use explain::{BindExplanation, Described, Explanation};
pub(crate) use kept::Kept;
pub use later::Pending;
pub(crate) use listed::objection_to_gear;
pub use memory::VerifiedFigures;
pub use ms_chap::{Counterproof, MsChapV2, NtHash};
pub use network::NetworkReply;
pub(crate) use new_authenticators::{FirstCode, NewAuthenticators};
pub use own_account::{KnownPassword, Reproof};
pub use passkey::{
    ALGORITHMS, Assertion, ClaimedAdmin, NewCredential, PASSKEY_PATIENCE, PasskeyQuestion,
    RelyingParty, UnusableParty,
};
pub(crate) use passkey::{Objection, Passkeys, user_handle};
pub use password::{
    HashParameters, HashingFailed, InvalidPassword, Password, StoredHash, Unacceptable,
    UnusableHash, UnusableParameters, contains_name, hash,
};
pub(crate) use password::{Names, hash_nt, judge};
pub(crate) use placeholders::{has_placeholders, told_of};
pub use pool::{HashingFigures, PoolLimits};
pub(crate) use reconsider::{Reconsidered, reconsider};
pub(crate) use shown::shown;
pub(crate) use sign_in::prove;
pub use sign_in::{Arrival, Enrolment, Second, SignInOutcome, SignInRequest};
pub use throttle::ThrottlePolicy;
pub use totp::code_of_uri;
pub(crate) use totp::{Seed, verify as verify_code};
pub(crate) use unknown_logins::UnknownLogins;
pub(crate) use vouching::voucher;
