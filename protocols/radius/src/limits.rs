//! What a server may hold and for how long.

use std::time::Duration;

/// The bounds of one [`Server`](crate::Server); whatever a peer sends, memory stays within them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Attributes in one packet; a packet with more is dropped.
    pub attributes: usize,
    /// Requests that wait for an answer; while so many wait, new ones are dropped.
    pub pending: usize,
    /// Those of them that may be of one owner of clients, where owners are told apart.
    pub pending_of_owner: usize,
    /// How long a request waits for its answer before it is forgotten.
    pub patience: Duration,
    /// Replies kept for retransmissions; the oldest of the owner of clients that has most, or less by
    /// no more than a sixteenth, gives way.
    pub cached_replies: usize,
    /// Octets of all kept replies together; likewise the oldest of the owner that has most of them gives
    /// way.
    pub cached_octets: usize,
    /// How long a reply is kept for retransmissions; [RFC 5080, section 2.2.2] recommends five to
    /// thirty seconds.
    ///
    /// [RFC 5080, section 2.2.2]: https://www.rfc-editor.org/rfc/rfc5080#section-2.2.2
    pub reply_lifetime: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attributes: 200,
            pending: 4096,
            pending_of_owner: 4096,
            patience: Duration::from_secs(120),
            cached_replies: 32_768,
            cached_octets: 8 * 1024 * 1024,
            reply_lifetime: Duration::from_secs(10),
        }
    }
}
