//! What a certificate has to be like that the daemon shows.

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::certificate_authorities::validity_of;
use super::issuing::is_host;
use crate::error::Invalid;
use crate::time::Time;

/// Whether a chain's first certificate may be shown by a server: of those that this refuses, some
/// peers of EAP or other refuse each (RFC 5280 section 4.2.1.12, RFC 5216 section 5.3).
pub(super) fn for_a_server(chain: &[CertificateDer<'_>], now: Time) -> Result<(), Invalid> {
    let own = own(chain)?;
    let usage = own.extended_key_usage().map_err(|_| refused("cannot be read"))?;
    let serves = usage.is_some_and(|usage| usage.value.server_auth);
    if !serves {
        return Err(refused("is not for servers: it lacks the key usage serverAuth"));
    }
    if own.is_ca() {
        return Err(refused("is an authority's; the server's own must come first"));
    }
    if !dns_names_of(&own).iter().any(|name| is_host(name)) {
        let message = "has no DNS name of a host (subjectAltName), by which devices know it";
        return Err(refused(message));
    }
    let (from, until) = validity_of(&own);
    if now < from {
        return Err(refused("does not count yet"));
    }
    if until <= now {
        return Err(refused("has ended"));
    }
    Ok(())
}

/// Whether a chain's first certificate may be shown by a client.
pub(super) fn for_a_client(chain: &[CertificateDer<'_>]) -> Result<(), Invalid> {
    let own = own(chain)?;
    let usage = own.extended_key_usage().map_err(|_| refused("cannot be read"))?;
    if usage.is_none_or(|usage| usage.value.client_auth || usage.value.any) {
        return Ok(());
    }
    Err(refused("is not for clients: it lacks the key usage clientAuth"))
}

/// The DNS names that a certificate has.
pub(super) fn dns_names_of(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names);
    let names = names.filter_map(|name| {
        if let GeneralName::DNSName(name) = name { Some((*name).to_owned()) } else { None }
    });
    names.collect()
}

fn own<'c>(chain: &'c [CertificateDer<'_>]) -> Result<X509Certificate<'c>, Invalid> {
    let own = chain.first().and_then(|own| X509Certificate::from_der(own).ok());
    let (_, own) = own.ok_or_else(|| refused("cannot be read"))?;
    Ok(own)
}

fn refused(message: &str) -> Invalid {
    Invalid::new("/certificate", message)
}
