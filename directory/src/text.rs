//! How text compares: normalized once when it is written, and once when it is asked for.

use unicode_normalization::UnicodeNormalization;

/// Prepares text for a comparison that ignores case and insignificant spaces
/// (RFC 4518: map, fold and normalize by NFKC, squeeze inner spaces, trim outer ones).
///
/// Case is folded as RFC 3454 table B.2 has it: `ß` is `ss`, and a final sigma is a sigma.
pub fn prepare(text: &str) -> String {
    if is_usual(text) {
        text.to_ascii_lowercase()
    } else if text.is_ascii() {
        squeeze(text.bytes().map(|octet| char::from(octet.to_ascii_lowercase())))
    } else {
        let folded: String = heeded(text).nfkc().flat_map(fold).collect();
        squeeze(folded.nfkc())
    }
}

/// Prepares text that strangers chose for an index: like [`prepare`], cut where an index takes no
/// more.
pub fn prepare_cut(text: &str) -> String {
    let mut prepared = prepare(text);
    prepared.truncate(prepared.floor_char_boundary(storage::MAX_VALUE));
    prepared
}

/// Prepares text for a comparison that heeds case but not insignificant spaces.
pub fn prepare_exact(text: &str) -> String {
    squeeze(heeded(text).nfkc())
}

/// Prepares an address, whose lines `$` parts, for a comparison by lines (RFC 4517 section 4.2.9): each like
/// [`prepare`], and a line break between them, which no prepared line has.
pub fn prepare_lines(address: &str) -> String {
    let lines: Vec<String> = address.split('$').map(|line| prepare(&unescaped(line))).collect();
    lines.join("\n")
}

/// The text of a line of an address, in which `\24` stands for `$` and `\5C` for a backslash (RFC 4517
/// section 3.3.28). Any other backslash stands for itself.
pub fn unescaped(line: &str) -> String {
    let mut parts = line.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (letter, rest) = match part.split_at_checked(2) {
            Some(("24", rest)) => ('$', rest),
            Some(("5C" | "5c", rest)) => ('\\', rest),
            _ => ('\\', part),
        };
        text.push(letter);
        text.push_str(rest);
    }
    text
}

/// Prepares a telephone number: like [`prepare`], but without spaces and hyphens
/// (RFC 4518 section 2.6.3).
pub fn telephone(text: &str) -> String {
    // What normalization leaves of the hyphens that the section names.
    let separates = |letter| matches!(letter, ' ' | '-' | '\u{58a}' | '\u{2010}' | '\u{2212}');
    prepare(text).replace(separates, "")
}

/// Whether text has a character that no comparison takes (RFC 4518 section 2.4): private ones,
/// those that are none, and the mark of what could not be read.
///
/// Code points that Unicode 3.2 had not given out, which the section prohibits too, pass on purpose: later
/// versions gave out many of them, and the next one may give out others.
pub fn is_prohibited(text: &str) -> bool {
    !text.is_ascii()
        && text.chars().any(|letter| {
            matches!(letter,
                '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffd}' | '\u{f0000}'..)
                || u32::from(letter) & 0xfffe == 0xfffe
        })
}

/// Whether text begins and ends with a space of any kind, once what has no meaning is left out.
pub(crate) fn outer_spaces(text: &str) -> (bool, bool) {
    let mut letters = heeded(text).nfkc().filter(|letter| !is_ignored(*letter));
    let first = letters.next();
    let last = letters.last().or(first);
    let is_space = |letter: Option<char>| letter.is_some_and(char::is_whitespace);
    (is_space(first), is_space(last))
}

/// Is it printable ASCII without a space that would not count? Most text is.
fn is_usual(text: &str) -> bool {
    let mut space = true;
    let printable = text.bytes().all(|octet| {
        let doubled = space && octet == b' ';
        space = octet == b' ';
        (b' '..0x7f).contains(&octet) && !doubled
    });
    printable && (!space || text.is_empty())
}

fn fold(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'ß' | 'ẞ' => ('s', Some('s')),
        'ς' => ('σ', None),
        letter => (letter, None),
    };
    first.to_lowercase().chain(second)
}

fn heeded(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| !is_ignored(*character))
}

fn squeeze(text: impl Iterator<Item = char>) -> String {
    let mut prepared = String::with_capacity(text.size_hint().0);
    let mut space = false;
    for character in text.filter(|character| !is_ignored(*character)) {
        if character.is_whitespace() {
            space = true;
        } else {
            if space && !prepared.is_empty() {
                prepared.push(' ');
            }
            space = false;
            prepared.push(character);
        }
    }
    prepared
}

/// Characters that RFC 4518 section 2.2 maps to nothing (control characters that are not spaces,
/// soft hyphen, zero-width and variation marks).
fn is_ignored(character: char) -> bool {
    matches!(character,
        '\u{00}'..='\u{08}' | '\u{0e}'..='\u{1f}' | '\u{7f}' | '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{1806}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}' | '\u{206a}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{6dd}' | '\u{70f}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spaces_do_not_count() {
        assert_eq!(prepare("  Ada   LOVELACE "), "ada lovelace");
        assert_eq!(prepare("Ä\u{a0}Ö"), "ä ö");
        assert_eq!(prepare("ﬁne"), "fine");
        assert_eq!(prepare("Straße"), prepare("STRASSE"));
        assert_eq!(prepare("ΟΔΟΣ"), prepare("οδος"));
    }

    #[test]
    fn zero_width_characters_do_not_make_two_names() {
        assert_eq!(prepare("a\u{200b}da"), prepare("ada"));
        assert_eq!(prepare("a\u{0}da"), prepare("ada"));
        for letter in ["\u{6dd}", "\u{70f}", "\u{180e}", "\u{1d17a}", "\u{e0041}"] {
            assert_eq!(prepare_exact(&format!("a{letter}da")), "ada", "{letter:?}");
        }
    }

    #[test]
    fn a_telephone_number_is_its_digits() {
        let spelled = [
            "+49 30 1234-56",
            "+4930123456",
            " +49-30-1234\u{2010}56",
            "+49\u{a0}30 1234\u{2011}56",
            "+49 30 1234\u{2212}5\u{ff0d}6",
            "＋49 30 1234\u{fe63}5\u{58a}6",
        ];
        for number in spelled {
            assert_eq!(telephone(number), "+4930123456", "{number}");
        }
        assert_eq!(telephone("(030) 1234 EXT 5"), "(030)1234ext5");
    }

    #[test]
    fn rfc4517_3_3_28_a_line_may_have_what_parts_lines() {
        for (line, text) in [
            ("", ""),
            ("Leeds", "Leeds"),
            ("\\2412 \\5c\\5C", "$12 \\\\"),
            ("\\5C24", "\\24"),
            ("\\5C5C", "\\5C"),
            ("C:\\x\\", "C:\\x\\"),
            ("\\2", "\\2"),
            ("\\ä4", "\\ä4"),
        ] {
            assert_eq!(unescaped(line), text, "{line}");
        }
    }

    #[test]
    fn rfc4517_4_2_9_an_address_is_its_lines() {
        let address = prepare_lines("12 High St.$Flat \\24 3$Leeds");
        assert_eq!(address, "12 high st.\nflat $ 3\nleeds");
        for same in [" 12  HIGH st. $ flat \\24 3 $leeds ", "12 high st.$flat \u{ff04} 3$leeds"] {
            assert_eq!(prepare_lines(same), address, "{same}");
        }
        for other in ["12 High St.$Flat $ 3$Leeds", "12 High St.$Flat \\24 3", "12 High St."] {
            assert_ne!(prepare_lines(other), address, "{other}");
        }
    }

    #[test]
    fn private_characters_and_what_is_none_are_prohibited() {
        for text in [
            "\u{e000}",
            "a\u{f8ff}",
            "\u{fdd0}",
            "\u{fffe}",
            "\u{1ffff}",
            "\u{fffd}x",
            "\u{100000}",
        ] {
            assert!(is_prohibited(text), "{text:?}");
        }
        for text in ["", "Ada", "Łódź", "\u{fffc}", "\u{fdcf}\u{fdf0}", "\u{1f98a}"] {
            assert!(!is_prohibited(text), "{text:?}");
        }
    }

    #[test]
    fn spaces_at_the_ends_are_found_whatever_they_are() {
        assert_eq!(prepare_exact(" Ada  L "), "Ada L");
        for (text, ends) in [
            ("ada", (false, false)),
            (" ada", (true, false)),
            ("ada\t", (false, true)),
            ("\u{ad}\u{a0}ada\u{3000}\u{200b}", (true, true)),
            (" ", (true, true)),
            ("", (false, false)),
        ] {
            assert_eq!(outer_spaces(text), ends, "{text:?}");
        }
    }
}
