//! `[ldap]`

use std::net::SocketAddr;

use super::section::section;
use super::value::{
    Count, DAY, HOUR, HalfOfCores, KIB, MIB, MINUTE, Optional, SECOND, Size, Time, everywhere,
};

section! {
    /// The LDAP door, for applications and for gear that speaks no RADIUS.
    [ldap] Ldap {
        /// Addresses for LDAP, which becomes encrypted by StartTLS. Empty: closed.
        listen: Vec<SocketAddr> = everywhere(389),
        /// Addresses for LDAPS, encrypted from the first octet. Empty: closed.
        listen_tls: Vec<SocketAddr> = everywhere(636),
        /// Further addresses for LDAP, on which a password is also accepted without TLS: loopback,
        /// or a network that nobody else is on. Empty: closed.
        listen_cleartext: Vec<SocketAddr> = Vec::new(),
        /// The domain below which each organization has a server name of its own: with
        /// "ldap.example", TLS clients of acme.ldap.example come to the organization with the slug
        /// acme. They may then log in by SASL with a login instead of a name, and see its base
        /// before they have. The certificate must be good for these names. Empty: none.
        server_names: Optional<String> = Optional(None),
        /// Whether a password is accepted over a connection without TLS at the addresses of
        /// `listen`. Leave it false where a network lies between you and the application. An
        /// organization that demands TLS refuses such a password everywhere.
        cleartext_bind: bool = false,
        /// Open connections, all together.
        connections: Count<1, 1_000_000> = Count(20_000),
        /// Open connections from one address.
        connections_per_source: Count<1, 1_000_000> = Count(2_000),
        /// Open connections on which somebody of one organization has bound. A Bind beyond is
        /// answered with busy.
        connections_per_organization: Count<1, 1_000_000> = Count(10_000),
        /// Threads that searches of one organization may keep busy, once they have taken longer
        /// than a millisecond; further ones wait for their turns. Other organizations find the
        /// rest of the processor cores free.
        long_searches_per_organization: HalfOfCores<256> = HalfOfCores(0),
        /// Requests of one connection that are being worked on at the same time; further ones
        /// wait in the connection.
        requests_in_flight: Count<1, 10_000> = Count(128),
        /// The largest request before a bind has succeeded.
        message_size_anonymous: Size<KIB, { 16 * MIB }> = Size(64 * KIB),
        /// The largest request after that.
        message_size: Size<KIB, { 256 * MIB }> = Size(4 * MIB),
        /// Answers that wait in memory for one slow client before its requests are held back.
        output_buffer: Size<{ 16 * KIB }, { 64 * MIB }> = Size(256 * KIB),
        /// Entries that one search may return; a service account gets more by paging.
        size_limit: Count<1, 10_000_000> = Count(2_000),
        /// How long one search may work; the time that its client takes to read is not counted.
        time_limit: Time<SECOND, HOUR> = Time(30 * SECOND),
        /// Entries that one search may look at when no index serves its filter.
        look_through: Count<1, 10_000_000> = Count(10_000),
        /// Entries in one page of a paged search.
        page_size: Count<1, 100_000> = Count(1_000),
        /// Entries that a user may collect over all pages of one search. It does not bind
        /// service accounts.
        paged_total: Count<1, 100_000_000> = Count(10_000),
        /// Entries that the searches of one connection that are to be sorted may hold together;
        /// one that is sorted by long values counts as several.
        sorted_entries: Count<1, 1_000_000> = Count(20_000),
        /// Searches of one connection that stay to hear of changes (RFC 4533).
        persistent_searches_per_connection: Count<0, 1_000> = Count(8),
        /// The same of all connections of one organization. One beyond is answered with busy.
        persistent_searches_per_organization: Count<0, 1_000_000> = Count(256),
        /// How long a connection may say nothing.
        idle_timeout: Time<SECOND, DAY> = Time(15 * MINUTE),
        /// How long a connection may say nothing while nobody has bound on it.
        anonymous_timeout: Time<SECOND, DAY> = Time(2 * MINUTE),
        /// How long a request may take to arrive once it has begun.
        partial_timeout: Time<SECOND, HOUR> = Time(10 * SECOND),
        /// How long a Bind that finds too many before it waits to hear so. A flood would otherwise
        /// come back at once, and take from others what its refusals cost.
        busy_delay: Time<0, MINUTE> = Time(SECOND / 4),
        /// How long a client may leave an answer unread.
        write_timeout: Time<SECOND, HOUR> = Time(30 * SECOND),
    }
}
