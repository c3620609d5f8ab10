//! The limits on what may be written, named, with the checks that keep them.

use std::net::IpAddr;

use icu_properties::props::DefaultIgnorableCodePoint;
use icu_properties::{CodePointSetData, CodePointSetDataBorrowed};
use ipnet::IpNet;

use crate::error::Invalid;

/// The most octets of a login, a name or a slug.
pub(crate) const NAME: usize = 128;
/// The most octets of a line of text.
pub(crate) const LINE: usize = 256;
/// The most octets of a custom attribute's text.
pub(crate) const TEXT: usize = 1024;
/// The most octets of an SSH key.
pub(crate) const SSH_KEY: usize = 4096;
/// The most values of an attribute that may have several.
pub(crate) const VALUES: usize = 32;
/// The most groups that a service account or a RADIUS client names.
pub(crate) const NAMED_GROUPS: usize = 256;
/// The most rules of a RADIUS client.
pub(crate) const NETWORK_RULES: usize = 64;
/// The most octets of a RADIUS attribute's text.
pub(crate) const ATTRIBUTE: usize = 247;
/// The most octets that a reply profile takes of a packet of 4096: what is left holds the keys, the
/// certificate and the Class attributes of an accept, and what names a session in an order to gear.
pub(crate) const REPLY: usize = 3_000;

/// POSIX numbers below belong to a machine's own users and groups, root above all.
pub(crate) const LEAST_POSIX_NUMBER: u32 = 1_000;

/// Checks a POSIX number that somebody chose.
pub(crate) fn posix_number(pointer: &'static str, number: Option<u32>) -> Result<(), Invalid> {
    match number {
        Some(number) if number < LEAST_POSIX_NUMBER => {
            Err(Invalid::new(pointer, "must be 1000 or more: lower ones belong to machines"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Checks a name that must be there: a line of at most [`NAME`] octets without outer spaces.
pub(crate) fn name(pointer: &str, value: &str) -> Result<(), Invalid> {
    line_of(pointer, value, NAME)?;
    if value.trim() != value || value.is_empty() {
        return Err(Invalid::new(pointer, "must not be empty, nor start or end with a space"));
    }
    if crate::text::prepare(value).is_empty() {
        return Err(Invalid::new(pointer, "must have at least one visible character"));
    }
    Ok(())
}

/// What is shown as nothing where it is not supported: joiners of zero width, marks of direction and
/// variation, fillers and the like.
const INVISIBLE: CodePointSetDataBorrowed<'static> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// Checks a login that nobody had before: whoever reads it sees all of it. The IdentifierClass of RFC
/// 8264, of which logins are to be (RFC 8265 section 3.3), has none of these characters but the two
/// joiners between letters of some scripts, and no login has them here.
pub(crate) fn visible(pointer: &str, value: &str) -> Result<(), Invalid> {
    if !value.is_ascii() && value.chars().any(|letter| INVISIBLE.contains(letter)) {
        return Err(Invalid::new(pointer, "must not contain invisible characters"));
    }
    Ok(())
}

/// Checks a line of text.
pub(crate) fn line(pointer: &str, value: &str) -> Result<(), Invalid> {
    line_of(pointer, value, LINE)?;
    if value.is_empty() {
        return Err(Invalid::new(pointer, "must not be empty; leave it out instead"));
    }
    Ok(())
}

/// Checks a line of text that may be absent.
pub(crate) fn optional_line(pointer: &str, value: Option<&String>) -> Result<(), Invalid> {
    value.map_or(Ok(()), |value| line(pointer, value))
}

/// Checks that a list is not too long.
pub(crate) fn count(pointer: &str, length: usize, most: usize) -> Result<(), Invalid> {
    if length > most {
        return Err(Invalid::new(pointer, format!("has {length} values; {most} at most")));
    }
    Ok(())
}

/// Checks text of at most `most` octets and without control characters.
pub(crate) fn line_of(pointer: &str, value: &str, most: usize) -> Result<(), Invalid> {
    if value.len() > most {
        let length = value.len();
        return Err(Invalid::new(pointer, format!("has {length} octets; {most} at most")));
    }
    // Few letters are many once they are normalized, and an index takes only so much.
    if !value.is_ascii() && crate::text::prepare(value).len() > storage::MAX_VALUE {
        return Err(Invalid::new(pointer, "is too long to be searched for"));
    }
    if crate::text::is_prohibited(value) {
        return Err(Invalid::new(pointer, "must not contain private or undefined characters"));
    }
    if value.chars().any(char::is_control) {
        return Err(Invalid::new(pointer, "must not contain control characters"));
    }
    Ok(())
}

/// Checks networks that addresses are compared with: those of IPv4 are to be written as such, since
/// an IPv4 address in IPv6's clothes (RFC 4291 section 2.5.5.2) is compared as IPv4.
pub(crate) fn networks(pointer: &str, networks: &[IpNet]) -> Result<(), Invalid> {
    count(pointer, networks.len(), VALUES)?;
    for (position, network) in networks.iter().enumerate() {
        let mapped = matches!(network.addr().to_canonical(), IpAddr::V4(_));
        if mapped && matches!(network, IpNet::V6(_)) {
            let pointer = format!("{pointer}/{position}");
            return Err(Invalid::new(pointer, "must be written as an IPv4 network"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_no_invisible_characters() {
        for login in ["ada", "Müller", "ада", "אדה", "阿达", "a.da@acme.example", "e\u{301}va"]
        {
            assert!(visible("/login", login).is_ok(), "{login}");
        }
        let invisible = [
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{e0041}',
            '\u{e0100}',
        ];
        for letter in invisible {
            let refused = visible("/login", &format!("a{letter}da")).unwrap_err();
            assert_eq!(refused.pointer, "/login", "{letter:?}");
        }
    }
}
