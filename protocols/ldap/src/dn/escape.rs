//! Escapes in DN values (RFC 4514 section 2.4).

use std::borrow::Cow;

/// Escapes a value, so that `type=` and it can stand in a DN.
#[must_use]
pub fn escape_value(value: &str) -> Cow<'_, str> {
    if !needs_escape(value) {
        return Cow::Borrowed(value);
    }
    let mut escaped = String::with_capacity(value.len() + 8);
    push_escaped(&mut escaped, value);
    Cow::Owned(escaped)
}

fn needs_escape(value: &str) -> bool {
    value.starts_with([' ', '#']) || value.ends_with(' ') || value.bytes().any(is_special)
}

const fn is_special(octet: u8) -> bool {
    matches!(octet, b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'=' | b'\\')
        || octet < b' '
        || octet == 0x7f
}

/// Appends a value with the fewest escapes: a backslash before what means something, hexadecimal
/// for control characters.
pub(super) fn push_escaped(escaped: &mut String, value: &str) {
    let last = value.len().saturating_sub(1);
    for (position, letter) in value.char_indices() {
        if letter < ' ' || letter == '\u{7f}' {
            escaped.push('\\');
            let octet = u32::from(letter);
            escaped.extend(
                [octet >> 4, octet & 15].map(|digit| char::from_digit(digit, 16).unwrap_or('0')),
            );
            continue;
        }
        let at_end = letter == ' ' && (position == 0 || position == last);
        if at_end || (letter == '#' && position == 0) || u8::try_from(letter).is_ok_and(is_special)
        {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
}

/// Undoes [`push_escaped`].
pub(super) fn unescape(value: &str) -> Cow<'_, str> {
    plain(value).unwrap_or_default()
}

/// Resolves a backslash before a character or before two hexadecimal digits; `None` for anything
/// else behind a backslash, and for octets that are not UTF-8.
pub(super) fn plain(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains('\\') {
        return Some(Cow::Borrowed(value));
    }
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        if octet != b'\\' {
            octets.push(octet);
            continue;
        }
        if let Some((digits, behind)) = rest.split_first_chunk::<2>()
            && let Some(octet) = hex(*digits)
        {
            octets.push(octet);
            rest = behind;
            continue;
        }
        let (&letter, behind) = rest.split_first()?;
        if !(is_special(letter) && letter >= b' ' || matches!(letter, b' ' | b'#')) {
            return None;
        }
        octets.push(letter);
        rest = behind;
    }
    String::from_utf8(octets).ok().map(Cow::Owned)
}

/// The octet that two hexadecimal digits stand for.
pub(crate) fn hex(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}
