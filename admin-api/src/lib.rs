//! The admin API: HTTP for those who change what the directory holds.
//!
//! Every route names the permission that it needs as a type and works through a grant for it;
//! what a permission means and who holds it is decided in `directory` alone. The OpenAPI document
//! is made from the handlers.

mod allowance;
mod api;
mod appearance;
mod body;
mod caller;
mod complaint;
mod cookie;
mod custom;
mod dn;
mod eap_methods;
mod fingerprint;
mod flow;
mod forwarded;
mod import;
mod layers;
mod ldap;
mod list;
mod moment;
mod network;
mod open_session;
mod openapi;
mod outlook;
mod own_device;
mod page;
mod passkey;
mod patch;
mod pkcs12;
mod problem;
mod qr_code;
mod query;
mod reference;
mod repeat;
mod revision;
mod role;
mod router;
mod second_factor;
mod secret_text;
mod spreadsheet;
mod strangers;
#[cfg(test)]
mod tests;
mod turns;
mod uploads;
mod v1;
mod warning;
mod wifi;
mod words;

pub use api::{Addresses, Clock, Courier, Doors, Limits, Trials};
pub use ldap::{
    LdapAttributeExplanation, LdapBindExplanation, LdapExplainer, LdapExplanation, LdapMeaning,
    LdapRequest, LdapScope, LdapSearchExplanation, LdapTestExplanation,
};
pub use openapi::{Route, openapi, openapi_json, routes};
pub use own_device::{ClientChain, device_openapi_json, device_router};
pub use router::router;
