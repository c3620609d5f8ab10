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
            text.chars()
                .filter_map(map)
                .map(|letter| letter.to_ascii_lowercase()),
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
        '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fffc}' => None,
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
