//! Tenantry from outside: the real daemon, asked by other people's clients.
//!
//! The tree mirrors the outside world: LDAP by RFC section, the admin API by URL, the life of the
//! process by what happens to it. `tests/run` builds the daemon and runs everything.
//!
//! Environment: `TENANTRYD` names the daemon's binary (by default the one beside the tests);
//! `TENANTRY_SUBJECT` names the description of a demonstration that is running already, and the
//! tests are pointed at it instead. Tests that need a process of their own are then left out, and
//! each says so.

#[cfg(test)]
mod admin_api;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod ldap;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod radius;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod revisions;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod told;
