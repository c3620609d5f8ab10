//! A domain of the DNS, as an organization goes by one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A domain such as `acme.example`, in lower case, with A-labels (`xn--...`) for what is not ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain(String);

impl Domain {
    /// Reads a domain as people write it, by [UTS 46](https://www.unicode.org/reports/tr46/); `None`
    /// unless it has two labels at least, each a name of a host, and is no address.
    pub fn parse(text: &str) -> Option<Self> {
        let domain = idna::domain_to_ascii_strict(text).ok()?;
        let (_, last) = domain.rsplit_once('.')?;
        let is_number = last.bytes().all(|octet| octet.is_ascii_digit());
        (!is_number).then_some(Self(domain))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_written_in_one_way() {
        for (text, expected) in [
            ("acme.example", "acme.example"),
            ("ACME.Example", "acme.example"),
            ("Müller.example", "xn--mller-kva.example"),
            ("mu\u{308}ller.example", "xn--mller-kva.example"),
            ("xn--mller-kva.example", "xn--mller-kva.example"),
            ("straße.example", "xn--strae-oqa.example"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("3com.example", "3com.example"),
        ] {
            assert_eq!(Domain::parse(text).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        let long = format!("{}.example", "a".repeat(64));
        let longer = vec!["abcdefg"; 40].join(".");
        for text in [
            "",
            "acme",
            ".",
            "acme.",
            "acme.example.",
            ".acme.example",
            "acme..example",
            "ac me.example",
            "acme_.example",
            "-acme.example",
            "acme-.example",
            "*.example",
            "192.0.2.1",
            "https://acme.example",
            "acme.example/x",
            "xn--a.example",
            "a\u{200b}.exa\u{202e}mple",
            &long,
            &longer,
        ] {
            assert_eq!(Domain::parse(text), None, "{text:?}");
        }
    }
}
