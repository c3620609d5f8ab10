//! Conversations from outside: what a peer may say, and what must never follow from it.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod targets;
