//! What a fuzzer calls with octets of its own, and the tests with those of the corpus.

pub(crate) mod conversations;
