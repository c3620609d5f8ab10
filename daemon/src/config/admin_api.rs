//! `[admin_api]`

use std::net::SocketAddr;

use directory::authentication::{RelyingParty, UnusableParty};
use directory::{AdminSessionLives, OrganizationGrace, milliseconds};
use ipnet::IpNet;

use super::section::section;
use super::value::{
    Count, DAY, HOUR, KIB, MIB, MINUTE, Optional, SECOND, SecureAddress, Size, Time, WebAddress,
};

section! {
    /// The HTTPS interface for admins.
    [admin_api] AdminApi {
        /// Addresses for HTTPS. Empty: closed.
        listen: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 8443))],
        /// Networks of reverse proxies, such as `127.0.0.1/32`: whoever stands last in their
        /// `X-Forwarded-For` and is none of them counts as who asks, in events, in networks of admins
        /// and keys, and in how often a source may ask. Others' headers are ignored. Empty: all are.
        trusted_proxies: Vec<IpNet> = Vec::new(),
        /// Where clients find it from outside, such as `http://admin.example`: it is written into
        /// the certificates that organizations' own authorities issue, before the path of the list
        /// of what they revoked. Nothing else but that path (/v1/revocation-lists/) has to be
        /// reachable there. Empty: certificates name no list.
        public_url: Optional<WebAddress> = Optional(None),
        /// Where invited people find it from outside, such as `https://welcome.example`: it is put
        /// before the path of the page where they choose their first password, or enrol a second
        /// factor. Nothing else but that path and what is below it (/v1/invitations) has to be
        /// reachable there. Empty: invitations have no link, only their token.
        invitation_url: Optional<SecureAddress> = Optional(None),
        /// How often one source may try an invitation in a minute. Behind a proxy that
        /// `trusted_proxies` does not name all are one source, here and below.
        invitations_per_minute: Count<1, 60_000> = Count(30),
        /// How often one source (an IPv4 address, or a /64 of IPv6) may ask for lists of revoked
        /// certificates in a minute.
        revocation_lists_per_minute: Count<1, 60_000> = Count(600),
        /// How often one session or API key may ask for anything in a minute; all of it may come at
        /// once. Who asks more often is told when to come back, and slows nobody else down.
        requests_per_minute: Count<60, 60_000_000> = Count(12_000),
        /// Lists that are filtered or sorted at once. Here and below others wait, and those of one
        /// organization take turns with those of others.
        lists_at_once: Count<1, 64> = Count(2),
        /// Searches and counts at once that read many events; parts of exports are among them.
        searches_at_once: Count<1, 64> = Count(2),
        /// Requests of LDAP at once of which somebody wants to know what would become of them.
        explanations_at_once: Count<1, 64> = Count(1),
        /// New passwords that are hashed at once for admins. Each takes the memory of
        /// `[authentication] argon2_memory`.
        passwords_at_once: Count<1, 64> = Count(2),
        /// How long one of those waits for its turn before it hears to come back (503).
        turn_timeout: Time<SECOND, MINUTE> = Time(10 * SECOND),
        /// Certificates that the own authorities of one organization issued and that are not forgotten
        /// yet, 30 days after their end.
        issued_certificates: Count<8, 1_000_000> = Count(50_000),
        /// How long an organization that was deleted can be restored; after that its data and its key
        /// are destroyed, at the latest an hour later.
        deleted_organizations_kept: Time<SECOND, { 366 * DAY }> = Time(30 * DAY),
        /// How long an admin's session lasts, however much it is used. An organization can say less
        /// for its own admins, here and below.
        session_lifetime: Time<{ 5 * MINUTE }, { 7 * DAY }> = Time(10 * HOUR),
        /// How long an admin's session lasts without being used.
        session_idle: Time<{ 5 * MINUTE }, { 7 * DAY }> = Time(HOUR),
        /// The domain that passkeys of admins are for, such as `admin.example`: that of the page on which
        /// they sign in, or one above it. Passkeys are lost when it changes. Empty: passkeys are off.
        passkey_domain: Optional<String> = Optional(None),
        /// Origins of the pages on which passkeys count, as browsers write them, such as
        /// `https://admin.example:8443`. Empty: `https://` and the domain.
        passkey_origins: Vec<String> = Vec::new(),
        /// Open connections, all together.
        connections: Count<1, 100_000> = Count(1_000),
        /// Open connections of one source (an IPv4 address, or a /64 of IPv6); more are closed as they
        /// come. Behind any proxy all are one source: there it is to be what `connections` is.
        connections_per_source: Count<1, 100_000> = Count(250),
        /// The largest request body.
        body_size: Size<KIB, { 256 * MIB }> = Size(MIB),
        /// How long the head of a request may take to arrive.
        header_timeout: Time<SECOND, MINUTE> = Time(10 * SECOND),
        /// How long the body of a request may take to arrive.
        body_timeout: Time<SECOND, HOUR> = Time(30 * SECOND),
    }
}

impl AdminApi {
    /// How long a deleted organization can be restored.
    pub(crate) fn organization_grace(&self) -> OrganizationGrace {
        OrganizationGrace(milliseconds(self.deleted_organizations_kept))
    }

    /// For whom passkeys are made; nobody where no domain is named.
    pub(crate) fn relying_party(&self) -> Option<Result<RelyingParty, UnusableParty>> {
        let domain = self.passkey_domain.as_deref()?;
        Some(RelyingParty::new(domain, &self.passkey_origins))
    }

    /// Why the proxies cannot be believed.
    pub(super) fn proxy_fault(&self) -> Option<&'static str> {
        let is_all = |network: &IpNet| network.prefix_len() == 0;
        self.trusted_proxies.iter().any(is_all).then_some(
            "`[admin_api] trusted_proxies` names every address: anybody could say to be another",
        )
    }

    /// The key that makes passkeys impossible, and why.
    pub(super) fn passkey_fault(&self) -> Option<(&'static str, String)> {
        match self.relying_party() {
            Some(Err(unusable @ UnusableParty::Domain(_))) => {
                Some(("passkey_domain", unusable.to_string()))
            }
            Some(Err(unusable)) => Some(("passkey_origins", unusable.to_string())),
            None if !self.passkey_origins.is_empty() => {
                let message = "`[admin_api] passkey_origins` needs `[admin_api] passkey_domain`";
                Some(("passkey_origins", message.to_owned()))
            }
            Some(Ok(_)) | None => None,
        }
    }

    /// How long sessions of admins last.
    pub(crate) fn session_lives(&self) -> AdminSessionLives {
        AdminSessionLives {
            longest: milliseconds(self.session_lifetime),
            idle: milliseconds(self.session_idle),
        }
    }
}
