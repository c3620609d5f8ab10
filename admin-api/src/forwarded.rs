//! Whom a reverse proxy asks for.
//!
//! Each proxy puts the address that it was asked from at the end of `X-Forwarded-For`, and whoever
//! asked the first one may have put anything before it. So the header is read from its end, and
//! believed as long as proxies of the configuration speak. `Forwarded` (RFC 7239) and other headers
//! are not looked at.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, StatusCode};
use ipnet::IpNet;

use crate::problem::Problem;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// So many proxies may stand in a row.
const HOPS: usize = 16;

/// Finds who asks, by the other end of the connection and by what trusted proxies say.
///
/// Where a proxy names nobody it asks for itself.
///
/// # Errors
/// 400 where a proxy says something that is no address, and where too many proxies stand in a row:
/// to take the proxy for the client would let strangers in from the proxy's network.
pub(crate) fn client(
    peer: IpAddr,
    headers: &HeaderMap,
    proxies: &[IpNet],
) -> Result<IpAddr, Problem> {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_proxy(&client) {
        return Ok(client);
    }
    // Several headers of the name are one list (RFC 9110 section 5.3).
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let hops = lines.flat_map(|line| line.as_bytes().rsplit(|octet| *octet == b','));
    for (number, hop) in hops.enumerate() {
        if number == HOPS {
            return Err(unreadable());
        }
        client = address(hop).ok_or_else(unreadable)?;
        if !is_proxy(&client) {
            break;
        }
    }
    Ok(client)
}

/// Reads an address, of IPv6 also in brackets, and with a port, which some proxies add.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let plain = text.parse::<IpAddr>().ok();
    let read = plain.or_else(|| bracketed().map(IpAddr::V6)).or_else(with_port);
    read.map(|address| address.to_canonical())
}

fn unreadable() -> Problem {
    let detail = "A proxy does not say in `X-Forwarded-For` from which address it was asked.";
    Problem::new(StatusCode::BAD_REQUEST, "/problems/malformed", "Malformed", detail)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Who asks behind proxies in 10.0.0.0/28 and 2001:db8::/64; nobody where that is refused.
    fn found(peer: &str, lines: &[&str]) -> Option<IpAddr> {
        let proxies: Vec<IpNet> =
            ["10.0.0.0/28", "2001:db8::/64"].map(|it| it.parse().unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        headers.insert("x-real-ip", HeaderValue::from_static("198.51.100.1"));
        headers.insert("forwarded", HeaderValue::from_static("for=198.51.100.1"));
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::try_from(*line).unwrap());
        }
        client(ip(peer), &headers, &proxies).ok()
    }

    #[test]
    fn the_last_who_is_no_proxy_asks_whatever_stands_before() {
        let client = Some(ip("203.0.113.7"));
        assert_eq!(found("10.0.0.1", &["203.0.113.7"]), client);
        assert_eq!(found("::ffff:10.0.0.1", &["203.0.113.7"]), client);
        assert_eq!(found("10.0.0.1", &["192.0.2.1, 203.0.113.7"]), client);
        assert_eq!(found("10.0.0.1", &["10.0.0.2, 203.0.113.7"]), client, "a made up proxy");
        assert_eq!(found("10.0.0.1", &["192.0.2.1, 203.0.113.7, 10.0.0.2,10.0.0.3"]), client);
        assert_eq!(found("10.0.0.1", &["192.0.2.1", "203.0.113.7"]), client, "two headers are one");
        assert_eq!(found("10.0.0.1", &["203.0.113.7", "10.0.0.2"]), client);
        for before in ["unknown", "_hidden", "", "::::", "1.2.3.4.5", "\"x", "for=192.0.2.1"] {
            let line = format!("{before},\t203.0.113.7 ");
            assert_eq!(found("10.0.0.1", &[&line]), client, "{line:?}");
        }
        let long = format!("{}203.0.113.7", "192.0.2.1, ".repeat(500));
        assert_eq!(found("10.0.0.1", &[&long]), client, "no more is read than counts");
    }

    #[test]
    fn addresses_come_in_every_spelling() {
        let client = Some(ip("203.0.113.7"));
        assert_eq!(found("10.0.0.1", &["203.0.113.7:443"]), client);
        assert_eq!(found("10.0.0.1", &["::ffff:203.0.113.7"]), client);
        for spelled in ["2001:db8:1::7", "[2001:db8:1::7]", "[2001:db8:1::7]:443"] {
            assert_eq!(found("2001:db8::1", &[spelled]), Some(ip("2001:db8:1::7")), "{spelled}");
        }
    }

    #[test]
    fn who_is_no_proxy_is_believed_nothing() {
        for peer in ["203.0.113.7", "10.0.0.16", "2001:db8:0:1::1", "::1"] {
            assert_eq!(found(peer, &["192.0.2.1"]), Some(ip(peer)), "{peer}");
            assert_eq!(found(peer, &["nonsense"]), Some(ip(peer)), "{peer}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("192.0.2.1"));
        let nobody_is = client(ip("10.0.0.1"), &headers, &[]).ok();
        assert_eq!(nobody_is, Some(ip("10.0.0.1")), "without a configuration");
    }

    #[test]
    fn a_proxy_that_names_nobody_asks_for_itself_and_one_that_cannot_be_read_is_refused() {
        assert_eq!(found("10.0.0.1", &[]), Some(ip("10.0.0.1")));
        assert_eq!(found("10.0.0.1", &["10.0.0.2"]), Some(ip("10.0.0.2")), "another proxy asks");
        let wrong = [
            "",
            " ",
            "unknown",
            "203.0.113",
            "203.0.113.7,",
            "203.0.113.7;",
            "203.0.113.7, _x",
            "203.0.113.7 10.0.0.2",
            "203.0.113.7:99999",
            "[203.0.113.7]",
            "[::1",
            "fe80::1%eth0",
            "x, 10.0.0.2",
        ];
        for wrong in wrong {
            assert_eq!(found("10.0.0.1", &[wrong]), None, "{wrong:?}");
        }
        let row = |proxies: usize| format!("203.0.113.7{}", ", 10.0.0.2".repeat(proxies));
        assert_eq!(found("10.0.0.1", &[&row(HOPS - 1)]), Some(ip("203.0.113.7")));
        assert_eq!(found("10.0.0.1", &[&row(HOPS)]), None, "too many");
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_bytes(b"192.0.2.1\xff").unwrap());
        assert!(client(ip("10.0.0.1"), &headers, &[ip("10.0.0.1").into()]).is_err());
    }
}
