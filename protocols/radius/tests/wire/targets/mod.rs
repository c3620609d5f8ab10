//! What a fuzzer calls with octets of its own, and the tests with those of the corpus.

pub(crate) mod answers;
pub(crate) mod packets;
pub(crate) mod streams;
