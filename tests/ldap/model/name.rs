//! Names of entries (RFC 4514), as far as the model needs them.

/// A name: types and values, folded, the entry's own first.
pub(super) type Name = Vec<(String, String)>;

/// Text without regard to case, as RFC 3454 table B.2 folds it, and to how many spaces there are.
pub(super) fn fold(text: &str) -> String {
    spaced(text).to_lowercase().replace('ß', "ss")
}

/// Text without regard to how many spaces there are, and to how letters are composed, as far as they
/// are asked for.
pub(super) fn spaced(text: &str) -> String {
    let text = text.replace("a\u{308}", "ä").replace("A\u{308}", "Ä");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a name; none for what is no name.
pub(super) fn parse(text: &str) -> Option<Name> {
    let mut name = Name::new();
    if text.trim().is_empty() {
        return Some(name);
    }
    let (mut kind, mut value): (Option<String>, String) = (None, String::new());
    let mut letters = text.chars();
    loop {
        match letters.next() {
            Some('\\') => {
                let escaped = letters.next()?;
                value.push(match escaped.to_digit(16) {
                    Some(high) => char::from_u32(high * 16 + letters.next()?.to_digit(16)?)?,
                    None => escaped,
                });
            }
            Some('=') if kind.is_none() => kind = Some(std::mem::take(&mut value)),
            Some(letter) if letter != ',' => value.push(letter),
            end => {
                name.push((fold(&kind.take()?), fold(&std::mem::take(&mut value))));
                if end.is_none() {
                    return Some(name);
                }
            }
        }
    }
}

/// Spells a name.
pub(super) fn spell(name: &Name) -> String {
    let rdns = name.iter().map(|(kind, value)| format!("{kind}={}", value.replace(',', "\\,")));
    rdns.collect::<Vec<_>>().join(",")
}

/// Whether a name is another one or below it.
pub(super) fn is_at_or_below(name: &Name, base: &Name) -> bool {
    name.ends_with(base)
}

#[test]
fn letters_are_the_same_however_they_are_written() {
    for text in ["Gräfin Weiß", "gra\u{308}fin  weiss", "GRÄFIN WEIẞ", "GRA\u{308}FIN WEISS"] {
        assert_eq!(fold(text), "gräfin weiss");
    }
    assert_eq!(spaced("Gra\u{308}fin  Weiß"), "Gräfin Weiß");
}

#[test]
fn names_are_compared_without_regard_to_how_they_are_spelled() {
    let name = parse("CN=A\\, B , ou=R\\2cD,DC=x").unwrap();
    let pair = |kind: &str, value: &str| (kind.to_owned(), value.to_owned());
    assert_eq!(name, [pair("cn", "a, b"), pair("ou", "r,d"), pair("dc", "x")]);
    assert_eq!(parse(&spell(&name)), Some(name.clone()));
    assert_eq!((parse("nobody"), parse("")), (None, Some(Vec::new())));
    assert!(is_at_or_below(&name, &parse("dc=X").unwrap()));
}
