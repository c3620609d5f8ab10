//! What certificates and lists of revoked ones say of themselves: as much as is needed to see whether
//! they are those that are there. Whether they are sound the server finds out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The certificates of a text in PEM, in DER.
pub(super) fn certificates(text: &str) -> Option<Vec<Vec<u8>>> {
    blocks(text, "CERTIFICATE").filter(|all| !all.is_empty())
}

/// SHA-256, in hexadecimal digits.
pub(super) fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Who issued a certificate and whom it is for, as its DER has their names (RFC 5280 section 4.1).
pub(super) fn names(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Elements(inner(inner(certificate)?)?).filter(|(tag, _)| *tag != VERSION);
    // Behind the number and the algorithm, and then behind the validity.
    let (_, issuer) = fields.nth(2)?;
    let (_, subject) = fields.nth(1)?;
    Some((issuer, subject))
}

/// What a list of revoked certificates says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List {
    /// When it was made, as the API writes times.
    pub(super) made: String,
    /// How many certificates it has.
    pub(super) count: usize,
}

impl List {
    /// Reads a list, PEM or the Base64 of its DER (RFC 5280 section 5.1).
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let der = match blocks(text, "X509 CRL")?.into_iter().next() {
            Some(der) => der,
            None => decoded(text)?,
        };
        let mut fields = Elements(inner(inner(&der)?)?).filter(|(tag, _)| *tag != INTEGER);
        // Behind the algorithm and the issuer; only the revoked ones are a sequence then.
        let made = time(fields.nth(2)?)?;
        let revoked = fields.find(|(tag, _)| *tag == SEQUENCE);
        let count = revoked.map_or(0, |(_, revoked)| Elements(revoked).count());
        Some(Self { made, count })
    }
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// What stands around a certificate's version.
const VERSION: u8 = 0xa0;

/// Elements of DER, one behind the other: the tag of each, and what is in it.
struct Elements<'d>(&'d [u8]);

impl<'d> Iterator for Elements<'d> {
    type Item = (u8, &'d [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..0x80 => (usize::from(first), rest),
            _ => {
                let count = usize::from(first & 0x7f);
                let digits = rest.get(..count).filter(|digits| digits.len() <= 4)?;
                let more = |length: usize, digit: &u8| (length << 8) | usize::from(*digit);
                (digits.iter().fold(0, more), rest.get(count..)?)
            }
        };
        self.0 = rest.get(length..)?;
        Some((tag, rest.get(..length)?))
    }
}

/// What is in the first element.
fn inner(der: &[u8]) -> Option<&[u8]> {
    Elements(der).next().map(|(_, inner)| inner)
}

/// A time as the API writes it: `2024-01-02T00:00:00Z`.
fn time((tag, text): (u8, &[u8])) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let century = match tag {
        GENERALIZED_TIME => "",
        UTC_TIME if text < "50" => "20",
        UTC_TIME => "19",
        _ => return None,
    };
    let digits = format!("{century}{text}");
    if digits.len() != 14 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (date, clock) = digits.split_at_checked(8)?;
    let (year, day) = date.split_at_checked(4)?;
    let (month, day) = day.split_at_checked(2)?;
    let (hour, rest) = clock.split_at_checked(2)?;
    let (minute, second) = rest.split_at_checked(2)?;
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

/// What stands in the blocks of a kind in PEM; nothing where one is broken.
fn blocks(text: &str, kind: &str) -> Option<Vec<Vec<u8>>> {
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let block = |rest: &str| decoded(rest.split_once(end.as_str())?.0);
    text.split(begin.as_str()).skip(1).map(block).collect()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    STANDARD.decode(letters).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let inner = parts.concat();
        let length = u8::try_from(inner.len()).unwrap();
        let mut element = vec![tag];
        // The long form, where the short one has no room.
        if length >= 0x80 {
            element.push(0x81);
        }
        element.push(length);
        element.extend(inner);
        element
    }

    fn list(made: &[u8], revoked: usize) -> Vec<u8> {
        let one = element(SEQUENCE, &[&element(INTEGER, &[&[7]])]);
        let revoked = element(SEQUENCE, &vec![one.as_slice(); revoked]);
        let next = element(UTC_TIME, &[b"900101000000Z"]);
        let extensions = element(VERSION, &[&element(SEQUENCE, &[])]);
        let fields = [
            element(INTEGER, &[&[1]]),
            element(SEQUENCE, &[]),
            element(SEQUENCE, &[]),
            made.to_vec(),
            next,
            revoked,
            extensions,
        ];
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        element(SEQUENCE, &[&element(SEQUENCE, &fields)])
    }

    #[test]
    fn a_list_says_when_it_was_made_and_of_how_many() {
        let said = |made: &str, count| Some(List { made: made.into(), count });
        let read = |der: &[u8]| List::of_text(&STANDARD.encode(der));
        let winter = element(UTC_TIME, &[b"240102030405Z"]);
        assert_eq!(read(&list(&winter, 3)), said("2024-01-02T03:04:05Z", 3));
        assert_eq!(read(&list(&winter, 30)), said("2024-01-02T03:04:05Z", 30), "it is long");
        assert_eq!(read(&list(&winter, 0)), said("2024-01-02T03:04:05Z", 0));
        let late = element(GENERALIZED_TIME, &[b"20510102030405Z"]);
        assert_eq!(read(&list(&late, 1)), said("2051-01-02T03:04:05Z", 1));
        let early = element(UTC_TIME, &[b"990102030405Z"]);
        let letters = STANDARD.encode(list(&early, 1));
        let (head, tail) = letters.split_at(20);
        let (begin, end) = ("-----BEGIN X509 CRL-----", "-----END X509 CRL-----");
        let pem = format!("it\n{begin}\r\n{head}\r\n{tail}\n{end}");
        assert_eq!(List::of_text(&pem), said("1999-01-02T03:04:05Z", 1));
    }

    #[test]
    fn what_is_no_list_is_none() {
        let winter = element(UTC_TIME, &[b"240102030405Z"]);
        let whole = list(&winter, 3);
        for length in 0..whole.len() {
            let part = STANDARD.encode(&whole[..length]);
            assert_eq!(List::of_text(&part), None, "{length} octets");
        }
        for made in [b"240102030405+", b"24010203040xZ"] {
            let made = element(UTC_TIME, &[made]);
            assert_eq!(List::of_text(&STANDARD.encode(list(&made, 1))), None);
        }
        let broken = format!("-----BEGIN X509 CRL-----\n{}", STANDARD.encode(&whole));
        assert_eq!(List::of_text(&broken), None);
        assert_eq!(List::of_text("a list"), None);
        assert_eq!(Elements(&[0x30, 0x85, 1, 1, 1, 1, 1, 0]).next(), None, "too long a length");
    }

    #[test]
    fn a_certificate_names_who_issued_it_and_whom_it_is_for() {
        let (issuer, subject) = (element(0x31, &[b"Acme"]), element(0x31, &[b"radius"]));
        let fields = |version: &[u8]| {
            let fields = [
                element(INTEGER, &[&[5]]),
                element(SEQUENCE, &[]),
                element(SEQUENCE, &[&issuer]),
                element(SEQUENCE, &[]),
                element(SEQUENCE, &[&subject]),
            ];
            let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
            let fields = [version].into_iter().chain(fields).collect::<Vec<_>>();
            element(SEQUENCE, &[&element(SEQUENCE, &fields)])
        };
        let version = element(VERSION, &[&element(INTEGER, &[&[2]])]);
        for der in [fields(&version), fields(&[])] {
            assert_eq!(names(&der), Some((issuer.as_slice(), subject.as_slice())));
            let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
            let pem = format!("{begin}\n{}\n{end}\n", STANDARD.encode(&der));
            assert_eq!(certificates(&pem.repeat(2)), Some(vec![der.clone(), der]));
        }
        assert_eq!(certificates("none"), None);
    }
}
