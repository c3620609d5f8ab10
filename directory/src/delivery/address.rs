//! The addresses of webhooks, and of whatever else is connected to.

use std::net::IpAddr;

use crate::records::DeliveryWay;

/// The address of a webhook, or of a list of revoked certificates: a host, a port, and the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAddress {
    /// The host, without the brackets of an IPv6 address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The host as the address has it, with its port where it says one.
    pub authority: String,
    /// The path with what is asked for.
    pub target: String,
}

/// What connections are counted by: a host with a port, however they are spelled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HostPort {
    host: String,
    port: u16,
}

impl HostPort {
    fn new(host: &str, port: u16) -> Self {
        let name = || host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let address = host.parse::<IpAddr>().map(|address| address.to_canonical().to_string());
        Self { host: address.unwrap_or_else(|_| name()), port }
    }
}

/// The most octets of an address.
const LONGEST: usize = 2_048;
const SCHEME: &str = "https://";
const HTTPS: u16 = 443;
const IN_CLEAR: &str = "http://";
const HTTP: u16 = 80;

impl WebAddress {
    /// Reads an address (RFC 3986): nothing but `https`, nobody's name or password in it, and no
    /// fragment.
    ///
    /// # Errors
    /// Says what is wanted.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix(SCHEME).filter(|_| text.len() <= LONGEST);
        Self::behind(rest.ok_or("must begin with https:// and have at most 2048 octets")?, HTTPS)
    }

    /// Reads an address likewise that begins with `http`: of what needs no secrecy, and proves itself.
    ///
    /// # Errors
    /// Says what is wanted.
    pub fn read_in_clear(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix(IN_CLEAR).filter(|_| text.len() <= LONGEST);
        Self::behind(rest.ok_or("must begin with http:// and have at most 2048 octets")?, HTTP)
    }

    /// What is connected to.
    pub(crate) fn host_port(&self) -> HostPort {
        HostPort::new(&self.host, self.port)
    }

    /// Reads what stands behind a scheme that has this port.
    fn behind(rest: &str, usual: u16) -> Result<Self, &'static str> {
        let visible = |octet: u8| octet.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&octet);
        if !rest.bytes().all(visible) {
            return Err("must be an address without spaces, fragments and letters beyond ASCII");
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err("must have no user name and no password in it");
        }
        let (host, port) =
            host_and_port(authority, usual).ok_or("must name a host, and a port at most")?;
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        Ok(Self { host: host.into(), port, authority: authority.into(), target })
    }
}

impl DeliveryWay {
    /// What is connected to, if anything.
    pub(super) fn receiver(&self) -> Option<HostPort> {
        match self {
            Self::Syslog { host, port, .. } => Some(HostPort::new(host, *port)),
            // What cannot be read was refused when it was written.
            Self::Webhook { url, .. } => WebAddress::read(url).ok().map(|it| it.host_port()),
            Self::Files => None,
        }
    }

    /// The way as whoever may view sees it.
    pub(crate) fn masked(&self) -> Self {
        match self {
            Self::Webhook { url, authorities } => {
                Self::Webhook { url: masked(url), authorities: authorities.clone() }
            }
            Self::Syslog { .. } | Self::Files => self.clone(),
        }
    }
}

/// An address without what stands behind the host, where many receivers have a token; as it is where
/// nothing stands there.
fn masked(url: &str) -> String {
    match WebAddress::read(url) {
        Ok(address) if address.target == "/" => url.to_owned(),
        Ok(address) => format!("{SCHEME}{}/…", address.authority),
        // What cannot be read was refused; nothing of it is shown.
        Err(_) => "…".to_owned(),
    }
}

fn host_and_port(authority: &str, usual: u16) -> Option<(&str, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let is_number = |port: &str| port.bytes().all(|octet| octet.is_ascii_digit());
    let port = match port {
        Some(port) if is_number(port) => port.parse().ok().filter(|port| *port != 0)?,
        Some(_) => return None,
        None => usual,
    };
    (is_host(host) || host.contains(':')).then_some((host, port))
}

/// Whether it is a name or an IPv4 address.
pub(crate) fn is_host(host: &str) -> bool {
    let letter = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(letter);
    host.len() <= 253 && host.strip_suffix('.').unwrap_or(host).split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        for (text, host, port, authority, target) in [
            ("https://siem.example", "siem.example", 443, "siem.example", "/"),
            (
                "https://siem.example:8443/in?of=a",
                "siem.example",
                8443,
                "siem.example:8443",
                "/in?of=a",
            ),
            ("https://siem.example?of=a", "siem.example", 443, "siem.example", "/?of=a"),
            ("https://192.0.2.1/", "192.0.2.1", 443, "192.0.2.1", "/"),
            ("https://[2001:db8::1]:444/x", "2001:db8::1", 444, "[2001:db8::1]:444", "/x"),
        ] {
            let read = WebAddress::read(text).unwrap();
            let parts = (&*read.host, read.port, &*read.authority, &*read.target);
            assert_eq!(parts, (host, port, authority, target), "{text}");
        }
    }

    #[test]
    fn an_address_in_clear_is_taken_apart_likewise() {
        let read = WebAddress::read_in_clear("http://pki.example/ca.crl").unwrap();
        let parts = (&*read.host, read.port, &*read.authority, &*read.target);
        assert_eq!(parts, ("pki.example", 80, "pki.example", "/ca.crl"));
        assert_eq!(WebAddress::read_in_clear("http://[2001:db8::1]:81").unwrap().port, 81);
        for wrong in ["https://pki.example/", "ldap://pki.example/", "http://a@b/", "http://", ""] {
            assert!(WebAddress::read_in_clear(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_the_same_however_it_is_spelled() {
        let webhook = |url: &str| DeliveryWay::Webhook { url: url.into(), authorities: None };
        let syslog = |host: &str, port| DeliveryWay::Syslog {
            host: host.into(),
            port,
            in_clear: false,
            server_name: None,
            authorities: None,
        };
        let siem = webhook("https://siem.example/in").receiver().unwrap();
        for same in [webhook("https://SIEM.Example.:443?of=b"), syslog("siem.example", 443)] {
            assert_eq!(same.receiver().as_ref(), Some(&siem), "{same:?}");
        }
        for other in [webhook("https://siem.example:8443"), syslog("a.siem.example", 443)] {
            assert_ne!(other.receiver().as_ref(), Some(&siem), "{other:?}");
        }
        for (one, other) in [("2001:DB8:0::1", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1")] {
            assert_eq!(syslog(one, 1).receiver(), syslog(other, 1).receiver(), "{one}");
        }
        assert_eq!(DeliveryWay::Files.receiver(), None);
    }

    #[test]
    fn what_may_be_a_token_is_masked_and_a_masked_address_is_none() {
        for (text, shown) in [
            ("https://siem.example", "https://siem.example"),
            ("https://siem.example/", "https://siem.example/"),
            ("https://siem.example:8443/T0/B0/XyZ", "https://siem.example:8443/…"),
            ("https://siem.example?token=XyZ", "https://siem.example/…"),
            ("https://[2001:db8::1]:444/x", "https://[2001:db8::1]:444/…"),
            ("nothing", "…"),
        ] {
            assert_eq!(masked(text), shown, "{text}");
        }
        // So that nobody writes back what was shown.
        assert!(WebAddress::read("https://siem.example/…").is_err());
    }

    #[test]
    fn what_is_no_address_of_a_webhook_is_refused() {
        for text in [
            "http://siem.example/",
            "https://",
            "https:///in",
            "https://me:secret@siem.example/",
            "https://siem.example:0/",
            "https://siem.example:/",
            "https://siem.example:+443/",
            "https://siem.example:65536/",
            "https://siem.example/a b",
            "https://siem.example/\r\nX: y",
            "https://siem.example/#part",
            "https://[::1/",
            "https://[::1]x/",
            "https://[192.0.2.1]/",
            "https://a..b/",
            "https://ümlaut.example/",
        ] {
            assert!(WebAddress::read(text).is_err(), "{text}");
        }
        assert!(WebAddress::read(&format!("https://siem.example/{}", "x".repeat(2_048))).is_err());
    }
}
