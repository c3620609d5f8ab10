//! Which certificate an assertion means (RFC 4523 section 2.5).

use crate::dn::Dn;

/// The number and the issuer of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateExactAssertion {
    /// The number; `None` for one that is negative or has more than sixteen octets.
    pub serial: Option<u128>,
    /// The name of who issued it.
    pub issuer: Dn,
}

impl CertificateExactAssertion {
    /// Reads an assertion as [RFC 4523, appendix A.1] has it: `{ serialNumber 123, issuer
    /// rdnSequence:"cn=Acme CA" }`; `None` for anything else.
    ///
    /// [RFC 4523, appendix A.1]: https://www.rfc-editor.org/rfc/rfc4523#appendix-A.1
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let inside = text.strip_prefix('{')?.strip_suffix('}')?;
        let (number, rest) = named(inside, "serialNumber")?.split_once(',')?;
        let name = named(rest, "issuer")?.strip_prefix("rdnSequence:")?;
        let issuer = Dn::parse(&unquoted(name.trim_end_matches(' '))?).ok()?;
        let number = number.trim_end_matches(' ');
        is_whole(number).then(|| Self { serial: number.parse().ok(), issuer })
    }
}

/// What stands behind a name and the spaces that part them.
fn named<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let behind = text.trim_start_matches(' ').strip_prefix(name)?;
    behind.starts_with(' ').then(|| behind.trim_start_matches(' '))
}

/// Whether a text is a whole number, without zeros in front of it (RFC 3641).
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    plain && (text == "0" || !digits.starts_with('0'))
}

/// The text in quotation marks; one of its own is written twice (RFC 3641).
fn unquoted(text: &str) -> Option<String> {
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let pieces: Vec<&str> = inside.split("\"\"").collect();
    pieces.iter().all(|piece| !piece.contains('"')).then(|| pieces.join("\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Option<u128>, String)> {
        let read = CertificateExactAssertion::read(text)?;
        Some((read.serial, read.issuer.to_string()))
    }

    #[test]
    fn rfc4523_appendix_a_1_a_certificate_is_meant_by_its_number_and_its_issuer() {
        let known = |number, issuer: &str| Some((Some(number), issuer.to_owned()));
        for (text, meant) in [
            ("{ serialNumber 123, issuer rdnSequence:\"CN=Acme CA\" }", known(123, "cn=acme ca")),
            ("{serialNumber  0,issuer  rdnSequence:\"\"}", known(0, "")),
            (
                "{ serialNumber 7 , issuer rdnSequence:\"cn=a, O=\"\"Acme, Inc.\"\"\" }",
                known(7, "cn=a,o=acme\\, inc."),
            ),
            (
                "{ serialNumber 340282366920938463463374607431768211455, issuer \
                 rdnSequence:\"2.5.4.10=a}b\" }",
                known(u128::MAX, "o=a}b"),
            ),
        ] {
            assert_eq!(read(text), meant, "{text}");
        }
    }

    #[test]
    fn a_number_that_no_certificate_has_here_is_one_all_the_same() {
        for number in ["-1", "340282366920938463463374607431768211456", &"9".repeat(1_000)] {
            let text = format!("{{ serialNumber {number}, issuer rdnSequence:\"cn=a\" }}");
            assert_eq!(read(&text), Some((None, "cn=a".to_owned())), "{number}");
        }
    }

    #[test]
    fn what_is_spelled_otherwise_means_no_certificate() {
        for text in [
            "",
            "{}",
            "123$cn=a",
            "serialNumber 1, issuer rdnSequence:\"cn=a\"",
            "{ serialNumber 1 issuer rdnSequence:\"cn=a\" }",
            "{ serialNumber1, issuer rdnSequence:\"cn=a\" }",
            "{ serialnumber 1, issuer rdnSequence:\"cn=a\" }",
            "{ serialNumber 01, issuer rdnSequence:\"cn=a\" }",
            "{ serialNumber -0, issuer rdnSequence:\"cn=a\" }",
            "{ serialNumber +1, issuer rdnSequence:\"cn=a\" }",
            "{ serialNumber , issuer rdnSequence:\"cn=a\" }",
            "{ serialNumber 1a, issuer rdnSequence:\"cn=a\" }",
            "{ serialNumber 1, issuer \"cn=a\" }",
            "{ serialNumber 1, issuer rdnSequence:cn=a }",
            "{ serialNumber 1, issuer rdnSequence:\"cn=a }",
            "{ serialNumber 1, issuer rdnSequence:\" }",
            "{ serialNumber 1, issuer rdnSequence:\"cn=\"a\" }",
            "{ serialNumber 1, issuer rdnSequence:\"nothing\" }",
            "{ serialNumber 1, issuer rdnSequence:\"cn=a\", more }",
            "{ issuer rdnSequence:\"cn=a\", serialNumber 1 }",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
