//! What the directory promises, tried through its public ways over a store in memory.

mod accounting;
mod authentication;
mod authority;
mod certificates;
mod code;
mod collections;
mod crash;
mod custom;
mod gear;
mod gear_certificates;
mod later;
mod memory;
mod model;
mod ms_chap;
mod network_rules;
mod oracle;
mod orders;
mod passwords;
mod policy;
mod rules;
mod search;
mod second_factor;
mod sign_in;
mod since;
mod telephone;
mod world;
