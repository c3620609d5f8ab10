//! Which authority vouches for a certificate: path validation (RFC 5280 section 6).

use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::time::Time;

/// The most certificates between one and its authority. Strangers choose them, and where several
/// have one name, paths are tried through all of them in every order.
const BETWEEN: usize = 3;

/// A certificate in DER, and those that came with it.
pub(crate) type Shown<'a> = (&'a [u8], &'a [Vec<u8>]);

/// The position of the authority that vouches for a client's certificate at a time, the nearest one
/// where several do.
pub(crate) fn voucher<'a>(
    (own, between): Shown<'_>,
    authorities: impl Iterator<Item = &'a [u8]>,
    now: Time,
) -> Option<usize> {
    let own = CertificateDer::from(own);
    let certificate = EndEntityCert::try_from(&own).ok()?;
    let between = intermediates(between)?;
    let authorities: Vec<_> = authorities.map(CertificateDer::from).collect();
    let (mut anchors, mut positions) = (Vec::new(), Vec::new());
    for (position, authority) in authorities.iter().enumerate() {
        if let Ok(anchor) = anchor_from_trusted_cert(authority) {
            anchors.push(anchor);
            positions.push(position);
        }
    }
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now.seconds()));
    let (algorithms, usage) = (webpki::ALL_VERIFICATION_ALGS, KeyUsage::client_auth());
    let path = certificate
        .verify_for_usage(algorithms, &anchors, &between, time, usage, None, None)
        .ok()?;
    let is_it = |anchor: &TrustAnchor<'_>| std::ptr::eq(anchor, path.anchor());
    positions.get(anchors.iter().position(is_it)?).copied()
}

/// What may stand between; nothing where it is too much. Authorities are no part of it, although
/// many send them.
fn intermediates(between: &[Vec<u8>]) -> Option<Vec<CertificateDer<'_>>> {
    let is_root = |octets: &&Vec<u8>| {
        let read = X509Certificate::from_der(octets);
        read.is_ok_and(|(_, it)| it.subject().as_raw() == it.issuer().as_raw())
    };
    let between = between.iter().filter(|octets| !is_root(octets));
    let between: Vec<_> = between.map(|octets| CertificateDer::from(octets.as_slice())).collect();
    (between.len() <= BETWEEN).then_some(between)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    /// In 2030.
    const NOW: Time = Time(1_900_000_000_000);

    struct Authority {
        certificate: Vec<u8>,
        issuer: Issuer<'static, KeyPair>,
    }

    fn params(name: &str, is_ca: IsCa) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.is_ca = is_ca;
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn root(name: &str) -> Authority {
        let params = params(name, IsCa::Ca(BasicConstraints::Unconstrained));
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    fn below(above: &Authority, name: &str) -> Authority {
        let params = params(name, IsCa::Ca(BasicConstraints::Unconstrained));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &above.issuer).unwrap().der().to_vec();
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    fn leaf(above: &Authority) -> Vec<u8> {
        let params = params("ada", IsCa::NoCa);
        params.signed_by(&KeyPair::generate().unwrap(), &above.issuer).unwrap().der().to_vec()
    }

    fn found(own: &[u8], between: &[&Authority], trusted: &[&Authority]) -> Option<usize> {
        let between: Vec<_> = between.iter().map(|one| one.certificate.clone()).collect();
        voucher((own, &between), trusted.iter().map(|one| one.certificate.as_slice()), NOW)
    }

    #[test]
    fn the_nearest_of_all_authorities_is_found_through_what_stands_between() {
        let [root, other] = ["root", "other"].map(root);
        let one = below(&root, "one");
        let two = below(&one, "two");
        let three = below(&two, "three");
        let own = leaf(&three);
        assert_eq!(found(&own, &[&one, &three, &two], &[&other, &root]), Some(1));
        assert_eq!(found(&own, &[&three, &two, &one, &root], &[&other, &root]), Some(1));
        assert_eq!(found(&own, &[&one, &two, &three], &[&root, &other, &two]), Some(2));
        assert_eq!(found(&own, &[&two, &three], &[&root]), None, "a link is missing");
        assert_eq!(found(&own, &[&one, &two, &three], &[&other]), None);
        assert_eq!(found(b"none", &[], &[&root]), None);
    }

    #[test]
    fn a_certificate_that_is_no_authoritys_hides_none_that_follow() {
        let root = root("root");
        let nonsense: &[u8] = b"no certificate";
        let trusted = [nonsense, &root.certificate];
        assert_eq!(voucher((&leaf(&root), &[]), trusted.into_iter(), NOW), Some(1));
    }

    #[test]
    fn strangers_cannot_have_many_paths_tried() {
        let root = root("root");
        let right = below(&root, "between");
        let own = leaf(&right);
        let wrong = [(); 6].map(|()| below(&root, "between"));
        assert_eq!(found(&own, &[&wrong[0], &wrong[1], &right], &[&root]), Some(0));
        assert_eq!(found(&own, &[&wrong[0], &wrong[1], &wrong[2], &right], &[&root]), None);
    }
}
