//! LDAP, by RFC and section.

mod clients;
mod custom_attributes;
mod freshness;
mod limits;
mod recorder;
mod rfc2307bis;
mod rfc2696;
mod rfc2891;
mod rfc3062;
mod rfc3909;
mod rfc4422;
mod rfc4511;
mod rfc4512;
mod rfc4513;
mod rfc4514;
mod rfc4515;
mod rfc4517;
mod rfc4518;
mod rfc4526;
mod rfc4530;
mod rfc4532;
mod rfc4616;
mod rfc6238;
mod rfc9325;
mod settings;
mod unsupported_controls;
