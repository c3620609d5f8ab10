//! What events tell of a certificate that counts for nobody: what has to be registered, or whose
//! authority to be trusted, so that it does.

use serde_json::Value;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::certificate::alternative_names;
use crate::events::{Difference, hexadecimal};

/// The most letters of a name, which whoever made the certificate has chosen.
const LETTERS: usize = 256;
/// The most names of one kind.
const NAMES: usize = 8;

/// Tells of the first certificate of a chain: its fingerprint, and what it says of its holder and
/// its authority. Nothing is proven of that.
pub(crate) fn shown(chain: &[Vec<u8>]) -> Vec<Difference> {
    let Some(own) = chain.first() else { return Vec::new() };
    let mut told = vec![fact("fingerprint", &hexadecimal(&Sha256::digest(own)).into())];
    let Ok((_, certificate)) = X509Certificate::from_der(own) else { return told };
    told.push(fact("holder", &legible(&certificate.subject().to_string()).into()));
    told.push(fact("issuer", &legible(&certificate.issuer().to_string()).into()));
    for (field, is_mail) in [("dns_names", false), ("mail", true)] {
        let names = alternative_names(&certificate, is_mail);
        let names: Vec<String> = names.iter().take(NAMES).map(|name| legible(name)).collect();
        if !names.is_empty() {
            told.push(fact(field, &names.into()));
        }
    }
    told
}

fn fact(field: &str, value: &Value) -> Difference {
    Difference { field: field.to_owned(), before: None, after: Some(value.to_string()) }
}

/// How a text begins, without control characters.
fn legible(text: &str) -> String {
    let shown = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    text.chars().take(LETTERS).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_no_certificate_the_fingerprint_is_told_alone() {
        assert!(shown(&[]).is_empty());
        let told = shown(&[b"no certificate".to_vec()]);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].field, "fingerprint");
        assert_eq!(told[0].after.as_ref().unwrap().len(), 64 + 2);
    }

    #[test]
    fn names_are_legible_and_no_longer_than_there_is_room() {
        assert_eq!(legible("CN=a\u{1b}[2J"), "CN=a\u{fffd}[2J");
        assert_eq!(legible(&"ä".repeat(500)), "ä".repeat(256));
    }
}
