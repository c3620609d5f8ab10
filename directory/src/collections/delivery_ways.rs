//! How events may get to a destination.

use std::net::IpAddr;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};

use crate::delivery::{DeliveryBounds, WebAddress, is_host};
use crate::error::Invalid;
use crate::records::DeliveryWay;

/// The most octets of authorities in PEM.
const PEM: usize = 64 << 10;

/// Whether the operator lets events go this way.
///
/// # Errors
/// `Invalid` where it does not.
pub(super) fn allowed(way: &DeliveryWay, bounds: &DeliveryBounds) -> Result<(), Invalid> {
    let closed = "lies in a network where the operator lets no events go";
    let host_at = |pointer: &str, host: &str| match host.parse::<IpAddr>() {
        Ok(address) if !bounds.networks.admit(address) => Err(Invalid::new(pointer, closed)),
        Ok(_) | Err(_) => Ok(()),
    };
    match way {
        DeliveryWay::Syslog { in_clear: true, .. } if !bounds.in_clear => {
            Err(Invalid::new("/syslog/transport", "the operator lets no events go in clear"))
        }
        DeliveryWay::Syslog { host, .. } => host_at("/syslog/host", host),
        DeliveryWay::Webhook { url, .. } => match WebAddress::read(url) {
            Ok(address) => host_at("/webhook/url", &address.host),
            Err(message) => Err(Invalid::new("/webhook/url", message)),
        },
        DeliveryWay::Files if !bounds.files => {
            Err(Invalid::new("/kind", "the operator names no folder for files"))
        }
        DeliveryWay::Files => Ok(()),
    }
}

/// What a way can be.
///
/// # Errors
/// `Invalid` for what is not acceptable.
pub(super) fn check_way(way: &DeliveryWay) -> Result<(), Invalid> {
    match way {
        DeliveryWay::Syslog { host, port, server_name, authorities, .. } => {
            check_host("/syslog/host", host)?;
            if *port == 0 {
                return Err(Invalid::new("/syslog/port", "must be 1 to 65535"));
            }
            if let Some(name) = server_name {
                check_host("/syslog/server_name", name)?;
            }
            check_authorities("/syslog/authorities", authorities.as_deref())
        }
        DeliveryWay::Webhook { url, authorities } => {
            let read = WebAddress::read(url);
            let address = read.map_err(|message| Invalid::new("/webhook/url", message))?;
            if !is_server(&address.host) {
                let message = "must have a host's name or an IP address behind https://";
                return Err(Invalid::new("/webhook/url", message));
            }
            check_authorities("/webhook/authorities", authorities.as_deref())
        }
        DeliveryWay::Files => Ok(()),
    }
}

fn check_host(pointer: &str, host: &str) -> Result<(), Invalid> {
    if is_server(host) {
        return Ok(());
    }
    Err(Invalid::new(pointer, "must be a host's name or an address"))
}

/// Whether it is a name that a certificate may have, or an IP address: a number alone, which some read as
/// an address of IPv4, is none.
fn is_server(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    host.parse::<IpAddr>().is_ok() || is_host(host) && ServerName::try_from(name).is_ok()
}

fn check_authorities(pointer: &str, pem: Option<&str>) -> Result<(), Invalid> {
    let Some(pem) = pem else { return Ok(()) };
    let refused = || Invalid::new(pointer, "must be certificates in PEM, 64 KiB at most");
    if pem.len() > PEM {
        return Err(refused());
    }
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|_| refused())?;
        webpki::anchor_from_trusted_cert(&certificate).map_err(|_| refused())?;
        found += 1;
    }
    if found == 0 { Err(refused()) } else { Ok(()) }
}
