//! What the directory promises, tried through its public ways over a store in memory.

mod authentication;
mod collections;
mod policy;
mod sign_in;
mod world;
