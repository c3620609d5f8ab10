//! LDAP, by RFC and section.

mod clients;
mod limits;
mod rfc2307bis;
mod rfc2696;
mod rfc3062;
mod rfc4511;
mod rfc4512;
mod rfc4513;
mod rfc4526;
mod rfc4530;
mod rfc4532;
