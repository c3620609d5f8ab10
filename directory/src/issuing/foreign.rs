//! The list of certificates that another's authority revoked (RFC 5280 section 5), as an admin hands
//! it in.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject;
use serde_bytes::ByteBuf;
use x509_parser::oid_registry::{
    OID_PKCS1_SHA1WITHRSA, OID_SHA1_WITH_RSA, OID_X509_EXT_DELTA_CRL_INDICATOR,
};
use x509_parser::prelude::{
    ASN1Time, CertificateRevocationList, FromDer, ParsedExtension, X509Certificate,
};

use crate::error::Invalid;
use crate::records::RevocationNote;
use crate::time::Time;

/// A list that was found to be of an authority.
pub struct ForeignList {
    /// The authority's certificate.
    pub(crate) authority: Vec<u8>,
    pub(crate) serials: Vec<ByteBuf>,
    pub(crate) note: RevocationNote,
}

/// The most octets of a list.
const LIST: usize = 512 << 10;
const UNREADABLE: &str = "must be a list of revoked certificates in PEM or Base64";
/// The most certificates on a list.
const REVOKED: usize = 10_000;
/// The most octets of a certificate's number (RFC 5280 section 4.1.2.2).
const SERIAL: usize = 20;

impl ForeignList {
    /// Reads a list, PEM or the Base64 of DER, and checks that the authority with this certificate
    /// signed it.
    ///
    /// # Errors
    /// `Invalid` when it cannot be read, is another's, or says less than all that was revoked.
    pub fn of_text(text: &str, authority: &[u8]) -> Result<Self, Invalid> {
        let refused = |message: &str| Invalid::new("/list", message);
        let unreadable = || refused(UNREADABLE);
        if text.len() > LIST / 3 * 4 + 1_024 {
            return Err(refused("is too large"));
        }
        let der = match CertificateRevocationListDer::from_pem_slice(text.as_bytes()) {
            Ok(list) => list.to_vec(),
            Err(_) => {
                let letters: String = text.chars().filter(|it| !it.is_whitespace()).collect();
                BASE64_STANDARD.decode(letters).map_err(|_| unreadable())?
            }
        };
        Self::of_der(&der, authority)
    }

    /// Reads a list likewise as it is fetched, which is DER as a rule, and else a text.
    ///
    /// # Errors
    /// As [`Self::of_text`].
    pub fn of_octets(octets: &[u8], authority: &[u8]) -> Result<Self, Invalid> {
        let refused = |message: &str| Invalid::new("/list", message);
        // A sequence begins like this, and neither PEM nor the Base64 of one does.
        if octets.first() != Some(&0x30) {
            let text = std::str::from_utf8(octets).map_err(|_| refused(UNREADABLE))?;
            return Self::of_text(text, authority);
        }
        if octets.len() > LIST {
            return Err(refused("is too large"));
        }
        Self::of_der(octets, authority)
    }

    fn of_der(der: &[u8], authority: &[u8]) -> Result<Self, Invalid> {
        let refused = |message: &str| Invalid::new("/list", message);
        let list = CertificateRevocationList::from_der(der);
        let list = list.ok().filter(|(rest, _)| rest.is_empty());
        let (_, list) = list.ok_or_else(|| refused(UNREADABLE))?;
        check_signature(&list, authority).map_err(refused)?;
        check_scope(&list).map_err(refused)?;
        let mut serials = Vec::new();
        for revoked in list.iter_revoked_certificates() {
            let serial = revoked.raw_serial();
            let zeros = serial.iter().take_while(|octet| **octet == 0).count();
            let serial = serial.get(zeros..).unwrap_or_default();
            if serial.len() > SERIAL || serials.len() == REVOKED {
                return Err(refused("has more than 10000 certificates, or numbers that are none"));
            }
            serials.push(ByteBuf::from(serial));
        }
        let time = |time: ASN1Time| {
            Time(u64::try_from(time.timestamp()).unwrap_or(0).saturating_mul(1_000))
        };
        let note = RevocationNote {
            made: time(list.last_update()),
            next: list.next_update().map(time),
            count: u32::try_from(serials.len()).unwrap_or(u32::MAX),
        };
        Ok(Self { authority: authority.to_vec(), serials, note })
    }
}

fn check_signature(
    list: &CertificateRevocationList<'_>,
    authority: &[u8],
) -> Result<(), &'static str> {
    let unreadable = "is of an authority whose certificate cannot be read";
    let (_, authority) = X509Certificate::from_der(authority).map_err(|_| unreadable)?;
    if list.issuer().as_raw() != authority.subject().as_raw() {
        return Err("is another authority's");
    }
    if let Ok(Some(usage)) = authority.key_usage()
        && !usage.value.crl_sign()
    {
        return Err("is signed by an authority that may not sign lists");
    }
    let algorithm = &list.signature_algorithm.algorithm;
    if *algorithm == OID_PKCS1_SHA1WITHRSA || *algorithm == OID_SHA1_WITH_RSA {
        return Err("is signed by way of SHA-1, which anybody could have forged");
    }
    let signed = list.verify_signature(authority.public_key());
    signed.map_err(|_| "is not signed by the authority, or in a way that is not known")
}

/// Refuses what is a part of a list: those left out would count as good.
fn check_scope(list: &CertificateRevocationList<'_>) -> Result<(), &'static str> {
    for extension in list.extensions() {
        let whole =
            if let ParsedExtension::IssuingDistributionPoint(it) = extension.parsed_extension() {
                if it.distribution_point.is_some() {
                    return Err(
                        "names a distribution point: it is one of several lists, of which each \
                            tells of some certificates; the whole one is needed",
                    );
                }
                let parts = it.only_contains_ca_certs
                    || it.only_contains_user_certs
                    || it.only_contains_attribute_certs
                    || it.indirect_crl;
                !parts && it.only_some_reasons.is_none()
            } else {
                // Of what is new since another list, whatever its mark says of itself.
                let is_delta = extension.oid == OID_X509_EXT_DELTA_CRL_INDICATOR;
                !is_delta && !extension.critical
            };
        if !whole {
            return Err("is a part of a list; the whole one is needed");
        }
    }
    Ok(())
}
