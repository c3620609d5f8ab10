//! For whom passkeys are made: a domain, and the pages on which they count.

use sha2::{Digest, Sha256};
use thiserror::Error;

/// A domain, and the origins of pages that use passkeys for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    domain: String,
    origins: Vec<String>,
    hash: [u8; 32],
}

/// Why passkeys cannot be made for a domain.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnusableParty {
    /// It is no name.
    #[error("`{0}` must be a domain in small letters such as `admin.example`, and no address")]
    Domain(String),
    /// An origin is no origin.
    #[error(
        "`{0}` must be an origin as browsers write it, such as `https://admin.example` or \
         `https://admin.example:8443`; http is for localhost alone"
    )]
    Origin(String),
    /// An origin lies elsewhere.
    #[error("`{0}` is not within the domain `{1}`")]
    Outside(String, String),
}

impl RelyingParty {
    /// Passkeys for a domain, used on pages of these origins, or else of its own.
    ///
    /// # Errors
    /// When no browser would use them there.
    pub fn new(domain: &str, origins: &[String]) -> Result<Self, UnusableParty> {
        if !is_domain(domain) {
            return Err(UnusableParty::Domain(domain.to_owned()));
        }
        for origin in origins {
            let host = host(origin).ok_or_else(|| UnusableParty::Origin(origin.clone()))?;
            let above = host.strip_suffix(domain);
            if !above.is_some_and(|above| above.is_empty() || above.ends_with('.')) {
                return Err(UnusableParty::Outside(origin.clone(), domain.to_owned()));
            }
        }
        let own = || vec![format!("https://{domain}")];
        let origins = if origins.is_empty() { own() } else { origins.to_vec() };
        let hash = Sha256::digest(domain).into();
        Ok(Self { domain: domain.to_owned(), origins, hash })
    }

    /// The domain.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    pub(super) fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|ours| ours == origin)
    }

    /// SHA-256 of the domain.
    pub(super) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// A name in small letters that has one letter in its last part at least.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let fits = |octet: u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-');
        (1..=63).contains(&label.len()) && label.bytes().all(fits)
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let has_letter = last.bytes().any(|octet| octet.is_ascii_lowercase());
    text.len() <= 253 && text.split('.').all(is_label) && has_letter
}

/// The host of an origin as browsers write it.
fn host(origin: &str) -> Option<&str> {
    let (scheme, rest) = origin.split_once("://")?;
    let (host, port) = match rest.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let usual = match scheme {
        "https" => "443",
        "http" if host == "localhost" => "80",
        _ => return None,
    };
    let is_port = |port: &str| {
        let number = port.parse::<u16>().ok().filter(|number| *number > 0);
        number.is_some_and(|number| number.to_string() == port) && port != usual
    };
    (is_domain(host) && port.is_none_or(is_port)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(domain: &str, origins: &[&str]) -> Result<RelyingParty, UnusableParty> {
        let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
        RelyingParty::new(domain, &origins)
    }

    #[test]
    fn pages_of_the_domain_and_below_count_where_they_are_named() {
        let one = party("admin.example", &[]).unwrap();
        assert!(one.has_origin("https://admin.example"));
        let ports = party("example", &["https://a.example:8443", "https://example"]).unwrap();
        assert!(ports.has_origin("https://a.example:8443") && ports.has_origin("https://example"));
        let others = [
            "https://a.example",
            "http://example",
            "https://example:443",
            "https://example/",
            "null",
        ];
        for origin in others {
            assert!(!ports.has_origin(origin), "{origin}");
        }
        party("localhost", &["http://localhost:3000", "https://localhost:8443"]).unwrap();
    }

    #[test]
    fn what_no_browser_would_use_is_refused() {
        for domain in ["", "Admin.example", "192.0.2.1", "a..b", "a b", "https://a", "a:1", "[::1]"]
        {
            assert!(matches!(party(domain, &[]), Err(UnusableParty::Domain(_))), "{domain}");
        }
        let wrong = [
            "admin.example",
            "http://admin.example",
            "https://admin.example/",
            "https://admin.example:443",
            "https://admin.example:08443",
            "https://admin.example:0",
            "https://admin.example:x",
            "https://Admin.example",
            "https://u@admin.example",
            "ftp://admin.example",
        ];
        for origin in wrong {
            let refused = party("admin.example", &[origin]);
            assert!(matches!(refused, Err(UnusableParty::Origin(_))), "{origin}");
        }
        for origin in ["https://example", "https://xadmin.example", "https://admin.example.evil"] {
            let refused = party("admin.example", &[origin]);
            assert!(matches!(refused, Err(UnusableParty::Outside(..))), "{origin}");
        }
    }
}
