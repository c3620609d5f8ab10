//! Names of entries (RFC 4514), as far as they tell one entry from another.

/// A name in a spelling in which equal ones are the same text.
pub(super) struct EntryName {
    /// The whole name.
    pub(super) key: String,
    /// The value that it begins with, as it was spelled.
    pub(super) first: String,
}

/// Reads a name; none where it is none.
pub(super) fn parse(text: &str) -> Option<EntryName> {
    let (mut key, mut first) = (String::new(), None);
    for part in parts(text, ',') {
        let (kind, value) = part.split_once('=')?;
        let value = plain(trimmed(value))?;
        if !key.is_empty() {
            key.push(',');
        }
        key.push_str(&kind.trim().to_lowercase());
        key.push('=');
        // What would part names stands for itself alone.
        key.push_str(&value.to_lowercase().replace('\\', "\\5c").replace(',', "\\2c"));
        first.get_or_insert(value);
    }
    first.map(|first| EntryName { key, first })
}

/// The parts of a name between signs that are not escaped.
fn parts(text: &str, sign: char) -> Vec<&str> {
    let (mut parts, mut from, mut escaped) = (Vec::new(), 0, false);
    for (place, letter) in text.char_indices() {
        if !escaped && letter == sign {
            parts.extend(text.get(from..place));
            from = place.saturating_add(sign.len_utf8());
        }
        escaped = letter == '\\' && !escaped;
    }
    parts.extend(text.get(from..));
    parts
}

/// A value without the spaces around it; one that is escaped belongs to it.
fn trimmed(value: &str) -> &str {
    let trimmed = value.trim();
    let escapes = trimmed.bytes().rev().take_while(|octet| *octet == b'\\').count();
    let start = value.len().saturating_sub(value.trim_start().len());
    let escaped = start.saturating_add(trimmed.len());
    match escapes % 2 == 1 && value.is_char_boundary(escaped.saturating_add(1)) {
        true => value.get(start..=escaped).unwrap_or(trimmed),
        false => trimmed,
    }
}

/// A value without its escapes (RFC 4514 section 3).
fn plain(value: &str) -> Option<String> {
    let (mut octets, mut letters) = (Vec::new(), value.bytes().peekable());
    while let Some(letter) = letters.next() {
        if letter != b'\\' {
            octets.push(letter);
            continue;
        }
        let next = letters.next()?;
        let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|it| u8::try_from(it).ok());
        match (digit(next), letters.peek().copied().and_then(digit)) {
            (Some(high), Some(low)) => {
                letters.next();
                octets.push(high << 4 | low);
            }
            _ => octets.push(next),
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        let key = |text: &str| parse(text).unwrap().key;
        assert_eq!(key("uid=Ada, OU=People,dc=x"), key("UID=ada,ou=people,DC=x"));
        assert_eq!(key("cn=Lovelace\\, Ada,dc=x"), key("cn=lovelace\\2C ada,dc=x"));
        assert_ne!(key("cn=a\\,b=c"), key("cn=a,b=c"));
        assert_eq!(parse("cn=L\\C3\\B6ve,dc=x").unwrap().first, "Löve");
        assert_eq!(parse("cn= staff\\  ,dc=x").unwrap().first, "staff ");
        assert_eq!(parse("cn=a\\\\ ,dc=x").unwrap().first, "a\\");
        assert_ne!(key("cn=staff\\ ,dc=x"), key("cn=staff,dc=x"));
        assert!(parse("nobody").is_none() && parse("").is_none() && parse("cn=\\").is_none());
    }
}
