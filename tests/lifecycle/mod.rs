//! The life of the process: starting, restarting, reloading, ending, dying.

mod ahead;
mod backup;
mod billing;
mod copies;
mod crash;
mod destruction;
mod event_bound;
mod event_delivery;
mod first_admin;
mod imports;
mod master_key;
mod metrics;
mod recovery;
mod refusal;
mod reload;
mod restart;
mod shutdown;
