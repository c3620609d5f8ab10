//! SASL Binds, and what TLS told of a client.

use directory::authentication::{Channel, Door, Outcome, Password, Presented};
use directory::{Error, OrganizationId};
use ldap::{Answer, ExternalRequest, PlainRequest, ResultCode, Security, Ticket};

use super::answer::{Asked, Caller};
use super::view::{self, Unnamed};
use crate::transport::Transport;

/// What TLS told of a client.
#[derive(Debug, Default)]
pub(super) struct Introduction {
    /// The slug of the organization whose server name the client called.
    slug: Option<Box<str>>,
    /// The certificates that the client sent, its own first; it has the key of that one.
    chain: Vec<Vec<u8>>,
}

impl Introduction {
    /// What a connection's TLS told; organizations have their server names below `domain`.
    pub(super) fn of(transport: &Transport, domain: Option<&str>) -> Self {
        let name = transport.server_name().zip(domain);
        let slug = name.and_then(|(name, domain)| {
            let label = name.strip_suffix(domain)?.strip_suffix('.')?;
            (!label.is_empty() && !label.contains('.')).then(|| label.into())
        });
        let certificates = transport.client_certificates();
        Self { slug, chain: certificates.iter().map(|one| one.to_vec()).collect() }
    }

    /// The slug of the organization whose server name the client called.
    pub(super) fn slug(&self) -> Option<&str> {
        self.slug.as_deref()
    }

    /// The SASL mechanisms that make sense on such a connection.
    pub(super) fn mechanisms(&self, security: Security) -> &'static [&'static str] {
        match (security, self.chain.is_empty()) {
            (Security::Clear, _) => &[],
            (Security::Tls, true) => &[ldap::sasl::PLAIN],
            (Security::Tls, false) => &[ldap::sasl::PLAIN, ldap::sasl::EXTERNAL],
        }
    }
}

impl Caller {
    /// A Bind with a name and a password in the words of SASL.
    pub(super) fn plain(
        &mut self,
        ticket: Ticket,
        request: &PlainRequest,
        security: Security,
    ) -> Result<Asked, Error> {
        let named = view::plain(request);
        let password = Password::new(request.password.octets());
        let (Ok(named), Ok(password)) = (named, password) else {
            return Ok(Asked::Answered(self.bound(&Outcome::Reject)));
        };
        let claim = self.whom_to_act(named)?;
        self.prove(ticket, claim, password, security)
    }

    /// A Bind by the certificate that TLS has proven.
    pub(super) fn external(&mut self, request: &ExternalRequest) -> Result<Answer, Error> {
        let refused = |words: &'static str| {
            Answer::Result(ldap::Outcome::new(ResultCode::InappropriateAuthentication, words))
        };
        let chain = self.introduction().chain.clone();
        if chain.is_empty() {
            return Ok(refused("the client showed no certificate"));
        }
        let (organization, claimed) = match view::authorization(request.authorization.as_str()) {
            Err(Unnamed) => return Ok(self.bound(&Outcome::Reject)),
            Ok(None) => (self.addressed()?, None),
            Ok(Some(named)) => {
                let (organization, who) = self.whom(named)?;
                (organization, Some(who))
            }
        };
        if organization.is_none() && claimed.is_none() {
            let words = "say who by an authorization identity such as dn:cn=app,ou=services,…, or \
                         connect to the server name of the organization";
            return Ok(refused(words));
        }
        let (source, now) = (self.source(), self.now());
        let door = Door::Ldap(Channel::Encrypted);
        let presented = Presented { organization, claimed, chain, door, source, now };
        let outcome = self.directory().authenticate_certificate(presented)?;
        Ok(self.bound(&outcome))
    }

    /// The organization whose server name the client called.
    pub(super) fn addressed(&self) -> Result<Option<OrganizationId>, Error> {
        match self.introduction().slug() {
            Some(slug) => self.directory().organization_by_slug(slug),
            None => Ok(None),
        }
    }
}
