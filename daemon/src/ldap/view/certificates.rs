//! Certificates of users and devices (RFC 4523 section 4.1).

use std::cell::OnceCell;
use std::sync::LazyLock;

use directory::search::{Filter, Found, NameValue, SearchGrant};
use directory::{CertificateAuthorityId, Error};
use ldap::dn::{Dn, escape_value};
use ldap::schema::{self, AttributeType};
use ldap::{Attributes, CertificateExactAssertion, SearchRequest};

use super::assertion::text;
use super::computed;
use super::filter::Issuers;
use super::place::Naming;

/// The type, looked up once.
static KIND: LazyLock<Option<&'static AttributeType>> =
    LazyLock::new(|| schema::attribute("userCertificate"));
/// What it is called where values travel as they are (RFC 4522 section 3), as certificates must (RFC 4523
/// section 2.1).
const BINARY: &str = "userCertificate;binary";

/// Whether a search names certificates with the option.
pub(super) fn are_asked_for_in_binary(request: &SearchRequest) -> bool {
    let Some(kind) = KIND.filter(|kind| request.selection.wants(kind)) else { return false };
    let mut names = request.requested.names();
    names.any(|name| name.plain() == Some(kind) && name.options().next().is_some())
}

/// Writes those of an entry that count, if they are wanted and there are any.
pub(super) fn write_certificates(
    attributes: &mut Attributes<'_>,
    kind: &AttributeType,
    found: &Found<'_>,
    binary: bool,
) -> Result<(), Error> {
    if !attributes.wants(kind) {
        return Ok(());
    }
    let name = if binary { BINARY } else { kind.name };
    let mut written = Ok(());
    attributes.custom(name, |values| {
        written = found.certificates(&mut |certificate| values.push(certificate));
    });
    written
}

/// Whoever has the certificate of a number and an issuer (RFC 4523 section 3.1), or of these octets:
/// applications such as sssd assert a certificate as a whole.
pub(super) fn equality(
    kind: &AttributeType,
    value: &[u8],
    naming: &Naming,
    issuers: Issuers<'_>,
) -> Result<Filter, Error> {
    let Some(asserted) = text(value).and_then(CertificateExactAssertion::read) else {
        return Ok(computed::where_shown(kind, naming, Filter::this_certificate(value)));
    };
    let by = issuers(&asserted.issuer)?;
    let Some(serial) = asserted.serial.filter(|_| !by.is_empty()) else {
        return Ok(Filter::never());
    };
    Ok(computed::where_shown(kind, naming, Filter::issued(serial, by)))
}

/// The organization's own authorities with their names, once they were read.
type Named = OnceCell<Vec<(CertificateAuthorityId, Dn)>>;

/// The organization's own authorities of a name.
pub(super) fn issuers_called(
    name: &Dn,
    grant: &SearchGrant<'_, '_>,
    known: &Named,
) -> Result<Vec<CertificateAuthorityId>, Error> {
    let all = match known.get() {
        Some(all) => all,
        None => {
            let issuers = grant.issuers()?.into_iter();
            let named = issuers.filter_map(|(id, name)| Some((id, spelled(&name)?)));
            known.get_or_init(|| named.collect())
        }
    };
    Ok(all.iter().filter(|(_, other)| other == name).map(|(id, _)| *id).collect())
}

/// A certificate's name as LDAP spells it, its last part first (RFC 4514 section 2.1); `None` where that
/// is the name of nothing.
fn spelled(name: &[Vec<NameValue>]) -> Option<Dn> {
    let value = |value: &NameValue| format!("{}={}", value.kind, escape_value(&value.text));
    let rdn = |values: &Vec<NameValue>| values.iter().map(value).collect::<Vec<_>>().join("+");
    Dn::parse(&name.iter().rev().map(rdn).collect::<Vec<_>>().join(",")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4514_2_1_a_name_is_spelled_from_its_end() {
        let value = |kind: &str, text: &str| NameValue { kind: kind.into(), text: text.into() };
        let name = [
            vec![value("2.5.4.10", "Acme, Inc.")],
            vec![value("2.5.4.3", " Wi-Fi"), value("2.5.4.5", "7")],
            vec![value("1.2.840.113549.1.9.1", "it@acme.example")],
        ];
        let text = "1.2.840.113549.1.9.1=it@acme.example,serialNumber=7+CN=Wi-Fi,O=Acme\\, Inc.";
        assert_eq!(spelled(&name), Dn::parse(text).ok());
        assert_eq!(spelled(&[vec![value("2.5.4.3", "a")]]), Dn::parse("cn=a").ok());
        assert_eq!(spelled(&[vec![value("no type", "a")]]), None);
    }
}
