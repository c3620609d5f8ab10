//! The admin API, by URL, with curl and with connections of the tests' own.

mod again;
mod cookies;
mod lists;
mod repeats;
mod schemathesis;
mod transport;
mod v1;
