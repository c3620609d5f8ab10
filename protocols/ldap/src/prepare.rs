//! Text prepared for comparison (RFC 4518).

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Prepares text for caseIgnoreMatch: characters without meaning go, spaces of any kind become one
/// and vanish at the ends, compatibility forms become plain (NFKC), case is folded.
///
/// Case is folded by Unicode's lower case with `ß` as `ss` and final sigma as sigma, which is what
/// RFC 3454 table B.2 comes to for living scripts. What is prepared already is lent, not copied.
#[must_use]
pub fn case_ignore(text: &str) -> Cow<'_, str> {
    if is_prepared(text) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return Cow::Owned(squeeze(
            text.chars().filter_map(map).map(|letter| letter.to_ascii_lowercase()),
            text.len(),
        ));
    }
    let folded: String = text.chars().filter_map(map).nfkc().flat_map(fold).collect();
    // Folding may leave a form that normalizes further.
    Cow::Owned(squeeze(folded.nfkc().filter_map(map), folded.len()))
}

/// ASCII in lower case with single spaces inside: most text is.
fn is_prepared(text: &str) -> bool {
    let mut before = b' ';
    for octet in text.bytes() {
        let plain = matches!(octet, b'!'..=b'@' | b'['..=b'~') || (octet == b' ' && before != b' ');
        if !plain {
            return false;
        }
        before = octet;
    }
    before != b' ' || text.is_empty()
}

/// RFC 4518 section 2.2: what is left of a character before normalization.
fn map(letter: char) -> Option<char> {
    match letter {
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' => Some(' '),
        '\u{ad}' | '\u{34f}' | '\u{1806}' | '\u{180b}'..='\u{180d}' | '\u{200b}' => None,
        '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}' => None,
        '\u{206a}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}' => None,
        '\u{6dd}' | '\u{70f}' | '\u{180e}' | '\u{1d173}'..='\u{1d17a}' => None,
        '\u{e0001}' | '\u{e0020}'..='\u{e007f}' => None,
        letter if letter.is_control() => None,
        letter if letter.is_whitespace() => Some(' '),
        letter => Some(letter),
    }
}

fn fold(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'ß' | 'ẞ' => ('s', Some('s')),
        'ς' => ('σ', None),
        letter => (letter, None),
    };
    first.to_lowercase().chain(second)
}

fn squeeze(letters: impl Iterator<Item = char>, capacity: usize) -> String {
    let mut squeezed = String::with_capacity(capacity);
    for letter in letters {
        if letter != ' ' || !(squeezed.is_empty() || squeezed.ends_with(' ')) {
            squeezed.push(letter);
        }
    }
    if squeezed.ends_with(' ') {
        squeezed.pop();
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4518_what_is_prepared_already_is_lent() {
        for text in ["", "ada", "ada lovelace", "x-1.2_3@~"] {
            assert!(matches!(case_ignore(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn rfc4518_2_6_spaces_are_squeezed() {
        for text in
            ["Ada Lovelace", "  ada   lovelace ", "ADA\tLOVELACE\r\n", "ada\u{a0}\u{3000}lovelace"]
        {
            assert_eq!(case_ignore(text), "ada lovelace", "{text:?}");
        }
        assert_eq!(case_ignore("   "), "");
    }

    #[test]
    fn rfc4518_2_2_letters_without_meaning_vanish() {
        assert_eq!(case_ignore("a\u{ad}d\u{200b}a\u{0}\u{feff}"), "ada");
        for letter in ["\u{6dd}", "\u{70f}", "\u{180e}", "\u{fff9}", "\u{1d173}", "\u{e0041}"] {
            assert_eq!(case_ignore(&format!("a{letter}da")), "ada", "{letter:?}");
        }
    }

    #[test]
    fn rfc4518_2_2_and_2_3_case_and_compatibility_forms_are_folded() {
        assert_eq!(case_ignore("STRASSE"), case_ignore("Straße"));
        assert_eq!(case_ignore("ÉCOLE"), case_ignore("e\u{301}cole"));
        assert_eq!(case_ignore("ﬁn Ⅳ"), "fin iv");
        assert_eq!(case_ignore("ΟΔΟΣ"), case_ignore("οδος"));
    }

    #[test]
    fn preparing_twice_changes_nothing() {
        for text in ["İstanbul", "ß ẞ", "  a \u{301}", "ΟΔΟΣ", "㎏ ﬀ", "\u{1e9b}\u{323}"]
        {
            let once = case_ignore(text).into_owned();
            assert_eq!(case_ignore(&once), once, "{text:?}");
        }
    }
}
