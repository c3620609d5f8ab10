//! The server from outside: packets in, packets out, sorted by the RFC that demands it.

#[cfg(test)]
mod client;
#[cfg(test)]
mod codec;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod draft_dip;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod rfc2548;
#[cfg(test)]
mod rfc2865;
#[cfg(test)]
mod rfc2866;
#[cfg(test)]
mod rfc2868;
#[cfg(test)]
mod rfc3579;
#[cfg(test)]
mod rfc5080;
#[cfg(test)]
mod rfc5176;
#[cfg(test)]
mod rfc5997;
#[cfg(test)]
mod rfc6614;
#[cfg(test)]
mod rfc9765;
#[cfg(test)]
mod site;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod vectors;
