//! The server from outside: octets in, octets out.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod entries;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod vectors;
