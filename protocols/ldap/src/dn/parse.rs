//! DNs out of text.

use std::borrow::Cow;

use super::escape::{hex, plain, push_escaped};
use super::{Error, LENGTH, RDNS};
use crate::ber::Reader;
use crate::description::{is_oid, is_type};
use crate::{case_ignore, schema};

/// The normalized text of a DN.
pub(super) fn normalize(text: &str) -> Result<String, Error> {
    if text.len() > LENGTH {
        return Err(Error::TooLong);
    }
    if is_plain(text) {
        return Ok(text.to_ascii_lowercase());
    }
    let mut normalized = String::with_capacity(text.len());
    if text.trim_matches(' ').is_empty() {
        return Ok(normalized);
    }
    for (number, rdn) in pieces_unquoted(text, |octet| matches!(octet, b',' | b';')).enumerate() {
        if number >= RDNS {
            return Err(Error::TooLong);
        }
        if number > 0 {
            normalized.push(',');
        }
        push_rdn(&mut normalized, rdn)?;
    }
    Ok(normalized)
}

/// Is it made of the most usual types and of values without any peculiarity, as most names are? Then
/// its lower case is its normal form.
fn is_plain(text: &str) -> bool {
    let mut rdns = text.split(',');
    rdns.by_ref().take(RDNS).all(|rdn| {
        rdn.split_once('=').is_some_and(|(kind, value)| {
            matches!(kind, "uid" | "cn" | "ou" | "dc" | "o")
                && !value.is_empty()
                && value.bytes().all(is_common)
        })
    }) && rdns.next().is_none()
}

fn push_rdn(normalized: &mut String, rdn: &str) -> Result<(), Error> {
    let mut parts = pieces_unquoted(rdn, |octet| octet == b'+').peekable();
    let first = parts.next().ok_or(Error::Syntax)?;
    if parts.peek().is_none() {
        return push_part(normalized, first);
    }
    let mut sorted = Vec::new();
    for part in std::iter::once(first).chain(parts) {
        let mut text = String::with_capacity(part.len());
        push_part(&mut text, part)?;
        sorted.push(text);
    }
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Err(Error::Syntax);
    }
    normalized.push_str(&sorted.join("+"));
    Ok(())
}

/// One `type=value`.
fn push_part(normalized: &mut String, part: &str) -> Result<(), Error> {
    let (kind, value) = part.split_once('=').ok_or(Error::Syntax)?;
    push_kind(normalized, kind.trim_matches(' '))?;
    normalized.push('=');
    push_value(normalized, trim_value(value))
}

fn push_kind(normalized: &mut String, kind: &str) -> Result<(), Error> {
    // The type may be an OID with the prefix of RFC 2253 section 4.
    let kind = match kind.split_at_checked(4) {
        Some((prefix, oid)) if prefix.eq_ignore_ascii_case("oid.") && is_oid(oid) => oid,
        _ => kind,
    };
    let name = match schema::attribute(kind) {
        Some(known) => known.name,
        None if is_type(kind) => kind,
        None => return Err(Error::Syntax),
    };
    push_lower(normalized, name);
    Ok(())
}

fn push_lower(normalized: &mut String, text: &str) {
    let start = normalized.len();
    normalized.push_str(text);
    if let Some(added) = normalized.get_mut(start..) {
        added.make_ascii_lowercase();
    }
}

fn push_value(normalized: &mut String, value: &str) -> Result<(), Error> {
    if value.bytes().all(is_common) {
        push_lower(normalized, value);
        return Ok(());
    }
    let text = if let Some(digits) = value.strip_prefix('#') {
        encoded(digits).map(Cow::Owned)
    } else if let Some(quoted) = value.strip_prefix('"') {
        quoted.strip_suffix('"').filter(|inner| !has_bare(inner, "\"\0")).and_then(plain)
    } else {
        Some(value).filter(|value| !has_bare(value, "\"<>\0")).and_then(plain)
    };
    push_escaped(normalized, &case_ignore(&text.ok_or(Error::Syntax)?));
    Ok(())
}

/// Octets that mean themselves wherever they stand: all that most names have.
const fn is_common(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'@' | b'/' | b':')
}

/// Is there one of these characters without a backslash before it?
fn has_bare(value: &str, characters: &str) -> bool {
    let mut escaped = false;
    value.chars().any(|letter| {
        let bare = !escaped && characters.contains(letter);
        escaped = letter == '\\' && !escaped;
        bare
    })
}

/// The text in `#` and the hexadecimal digits of a BER element: a string of any kind. Other types
/// have no text and are refused: no entry is named by one.
fn encoded(digits: &str) -> Option<String> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let octets = pairs.iter().map(|pair| hex(*pair)).collect::<Option<Vec<_>>>()?;
    let mut reader = Reader::new(&octets);
    let (tag, content) = reader.any().ok()?;
    let text = matches!(tag, 0x04 | 0x0c | 0x13 | 0x16);
    let whole = rest.is_empty() && reader.is_empty() && text;
    whole.then(|| String::from_utf8(content.to_vec()).ok()).flatten()
}

/// Spaces around a value do not belong to it, unless escaped.
fn trim_value(value: &str) -> &str {
    let value = value.trim_start_matches(' ');
    let trimmed = value.trim_end_matches(' ');
    if trimmed.len() < value.len() && ends_escaped(trimmed) {
        value.get(..=trimmed.len()).unwrap_or(value)
    } else {
        trimmed
    }
}

/// Does the text end in a backslash that escapes what follows?
pub(super) fn ends_escaped(text: &str) -> bool {
    text.bytes().rev().take_while(|&octet| octet == b'\\').count() % 2 == 1
}

/// The pieces of normalized text between separators that are not escaped; none of empty text.
pub(super) fn pieces(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let current = rest?;
        let mut escaped = false;
        let end = current.bytes().position(|octet| {
            let found = octet == separator && !escaped;
            escaped = octet == b'\\' && !escaped;
            found
        });
        let (piece, behind) = match end {
            Some(end) => (current.get(..end)?, current.get(end + 1..)),
            None => (current, None),
        };
        rest = behind;
        Some(piece)
    })
}

/// The pieces of a client's text between separators that are neither escaped nor within quotes (RFC
/// 2253 section 4 had quotes, and clients still do). Separators are ASCII.
fn pieces_unquoted(text: &str, separates: impl Fn(u8) -> bool) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let (mut escaped, mut quoted) = (false, false);
        let end = current.bytes().position(|octet| {
            let bare = !escaped;
            escaped = octet == b'\\' && bare;
            quoted ^= octet == b'"' && bare;
            bare && !quoted && separates(octet)
        });
        let (piece, behind) = match end {
            Some(end) => (current.get(..end)?, current.get(end + 1..)),
            None => (current, None),
        };
        rest = behind;
        Some(piece)
    })
}
