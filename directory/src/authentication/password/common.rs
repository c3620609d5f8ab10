//! Passwords that everybody tries first: those of a list, and those that follow from a rule: rows of
//! neighbours, walks over a keyboard, dates.
//!
//! Texts are lower-case, as `prepare` leaves them.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use zeroize::Zeroizing;

/// Words and passwords that are tried first, one a line.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

/// So many digits and signs around a common password make it no other.
const ORNAMENTS: usize = 5;

/// So many of them are looked at on each side.
const CUTS: usize = 12;

/// No line of the list has more characters.
const LONGEST: usize = 32;

/// The fewest characters of a row or a walk that something stands around.
const SHORTEST: usize = 4;

/// So many keys beside one another, at least, are a part of a walk.
const PART: usize = 3;

/// The keys by which people walk, row by row; each is beside the one of its place in the row above, and
/// the next one there.
const KEYBOARDS: [[&str; 4]; 3] = [
    ["1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"],
    ["1234567890", "qwertzuiopü+", "asdfghjklöä#", "yxcvbnm,.-"],
    ["1234567890", "azertyuiop^$", "qsdfghjklmù*", "wxcvbn,;:!"],
];

/// What the keys of the digits write together with the shift key, from the 1 on.
const SHIFTED: &str = "!@#$%^&*()";

/// Whether it is tried first, with or without digits and signs at both ends.
pub(super) fn is_common(text: &str) -> bool {
    let is_whole = is_row(text) || is_walk(text) || is_written_date(text);
    is_whole || cores(text).any(is_stem)
}

/// The text with signs that stand for letters put back; `one` is what a `1` stands for.
pub(super) fn unmasked(text: &str, one: char) -> Zeroizing<String> {
    let letter = |sign: char| match sign {
        '4' | '@' => 'a',
        '8' => 'b',
        '3' | '€' => 'e',
        '9' => 'g',
        '1' | '!' | '|' => one,
        '0' => 'o',
        '5' | '$' => 's',
        '7' | '+' => 't',
        other => other,
    };
    Zeroizing::new(text.chars().map(letter).collect())
}

/// What a `1` may stand for.
pub(super) const ONES: [char; 2] = ['i', 'l'];

/// What is left of a text when few digits and signs are taken away at its ends, in every way.
fn cores(text: &str) -> impl Iterator<Item = &str> {
    let is_ornament = |letter: &char| !letter.is_alphabetic();
    let front = text.chars().take_while(is_ornament).take(CUTS).map(char::len_utf8);
    let back = text.chars().rev().take_while(is_ornament).take(CUTS).map(char::len_utf8);
    let (fronts, backs) = (steps(front), steps(back));
    fronts.into_iter().flat_map(move |front| {
        let ends: Vec<usize> = backs.iter().map(|back| text.len().saturating_sub(*back)).collect();
        ends.into_iter().filter_map(move |end| core(text, front..end))
    })
}

/// Nothing, and each sum from the first one on.
fn steps(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let sums = lengths.scan(0_usize, |sum, length| {
        *sum = sum.saturating_add(length);
        Some(*sum)
    });
    std::iter::once(0).chain(sums).collect()
}

/// The part of a text, if what stands around it makes it no other password.
fn core(text: &str, part: Range<usize>) -> Option<&str> {
    let (front, back) = (text.get(..part.start)?, text.get(part.end..)?);
    let core = text.get(part)?;
    let is_word = core.chars().any(char::is_alphabetic);
    // Digits around digits are another number.
    let is_apart = is_word || !front.chars().chain(back.chars()).any(|it| it.is_ascii_digit());
    let weight = weight(front).saturating_add(weight(back));
    (weight <= ORNAMENTS && is_apart).then_some(core)
}

/// As how many digits and signs ornaments count: those that follow from a rule as one.
fn weight(ornament: &str) -> usize {
    let digits: Zeroizing<String> =
        Zeroizing::new(ornament.chars().filter(char::is_ascii_digit).collect());
    let signs = ornament.chars().count().saturating_sub(digits.len());
    let is_ruled = digits.len() >= SHORTEST && (is_row(&digits) || is_date(&digits));
    signs.saturating_add(if is_ruled { 1 } else { digits.len() })
}

fn is_stem(core: &str) -> bool {
    let length = core.chars().take(LONGEST.saturating_add(1)).count();
    if !(PART..=LONGEST).contains(&length) {
        return false;
    }
    let is_listed = |text: &str| COMMON.contains(text);
    is_listed(core)
        || ONES.iter().any(|one| is_listed(&unmasked(core, *one)))
        || (length >= SHORTEST && (is_row(core) || is_walk(core)))
}

/// Whether each character is as far behind the one before it: the same, the next or the one before.
fn is_row(text: &str) -> bool {
    let far = |(one, next): (char, char)| i64::from(u32::from(next)) - i64::from(u32::from(one));
    let is_of = |step: i64| text.chars().zip(text.chars().skip(1)).all(|pair| far(pair) == step);
    [0, 1, -1].into_iter().any(is_of)
}

/// Whether it is made of parts in which each key is beside the one before it.
fn is_walk(text: &str) -> bool {
    KEYBOARDS.iter().any(|keyboard| is_walk_on(keyboard, text))
}

fn is_walk_on(keyboard: &[&str; 4], text: &str) -> bool {
    let (mut part, mut before) = (0_usize, None);
    for letter in text.chars() {
        let Some(key) = key(keyboard, letter) else { return false };
        if before.is_some_and(|before| are_neighbours(before, key)) {
            part = part.saturating_add(1);
        } else if part > 0 && part < PART {
            return false;
        } else {
            part = 1;
        }
        before = Some(key);
    }
    part >= PART
}

/// Where a key is: its row, and its place there.
fn key(keyboard: &[&str; 4], letter: char) -> Option<(usize, usize)> {
    let place = |row: &str, letter: char| row.chars().position(|it| it == letter);
    let shifted = place(SHIFTED, letter).map(|place| (0, place));
    let found = |(number, row): (usize, &&str)| place(row, letter).map(|place| (number, place));
    keyboard.iter().enumerate().find_map(found).or(shifted)
}

fn are_neighbours(one: (usize, usize), other: (usize, usize)) -> bool {
    let (upper, lower) = if one.0 <= other.0 { (one, other) } else { (other, one) };
    match lower.0.saturating_sub(upper.0) {
        0 => upper.1.abs_diff(lower.1) <= 1,
        1 => lower.1 == upper.1 || lower.1.saturating_add(1) == upper.1,
        _ => false,
    }
}

/// Whether it is a date as people write it, with or without signs between its parts.
fn is_written_date(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | '-' | '/' | ' ');
    let digits: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(char::is_ascii_digit).collect());
    text.chars().all(is_part) && is_date(&digits)
}

/// Whether digits are a year, a day of one in any order, or two years.
fn is_date(digits: &str) -> bool {
    let number = |part: Range<usize>| {
        let part = digits.get(part).and_then(|part| part.parse::<u32>().ok());
        part.unwrap_or_default()
    };
    let is_year = |part: Range<usize>| (1900..2100).contains(&number(part));
    let is_day = |start: usize| {
        let middle = start.saturating_add(2);
        let (one, other) = (number(start..middle), number(middle..middle.saturating_add(2)));
        let fits = |day: u32, month: u32| (1..=31).contains(&day) && (1..=12).contains(&month);
        fits(one, other) || fits(other, one)
    };
    match digits.len() {
        4 => is_year(0..4),
        6 => is_day(0) || is_day(2),
        8 => is_day(0) && is_year(4..8) || is_year(0..4) && (is_day(4) || is_year(4..8)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::prepare;

    #[test]
    fn letters_are_put_back_and_ornaments_taken_away_at_both_ends() {
        for text in [
            "p@55w0rd2024",
            "1password1",
            "!!monkey!!",
            "2024summer",
            "5unsh1ne99",
            "$unsh!ne",
            "1l0v3y0u!",
            "we1c0me123456",
            "willk0mmen#1",
            "dr4g0n31121999",
            "4dm1n1str4t0r",
        ] {
            assert!(is_common(text), "{text}");
        }
        for text in ["dragon 5519284", "99monkeys!boat", "the1password", "48151623"] {
            assert!(!is_common(text), "{text}");
        }
    }

    #[test]
    fn walks_over_keyboards_are_common_in_each_layout_and_other_ways_are_not() {
        for text in [
            "qwertyuiop",
            "qwertzuiopü",
            "azertyuiop",
            "1qaz2wsx3edc",
            "!qaz@wsx",
            "zaq12wsx",
            "poiuytrewq",
            "asdfjkl;",
            "1q2w3e4r5t",
            "yxcvbnm,",
            "123qwe123",
            "qwert2024!",
        ] {
            assert!(is_common(text), "{text}");
        }
        for text in ["qpwoeiruty", "qwxkcdju", "934dew7!", "ghqpzmty"] {
            assert!(!is_common(text), "{text}");
        }
    }

    #[test]
    fn dates_are_common_however_they_are_written() {
        for text in ["24.12.1999", "1999-12-24", "12/24/1999", "241299", "19992024", "31121999"] {
            assert!(is_common(text), "{text}");
        }
        for text in ["99.99.1999", "1999-12-241", "55192845", "24.12.3999"] {
            assert!(!is_common(text), "{text}");
        }
    }

    #[test]
    fn whatever_comes_is_judged_at_once() {
        for letter in ["1", "a", "!", "ß", "\u{301}"] {
            is_common(&letter.repeat(512));
        }
        assert!(!is_common(&"19".repeat(200)));
    }

    #[test]
    fn the_list_is_as_it_is_compared_and_in_order() {
        let lines: Vec<&str> = include_str!("common.txt").lines().collect();
        assert!(lines.is_sorted_by(|one, next| one < next));
        for line in lines {
            assert!((PART..=LONGEST).contains(&line.chars().count()), "{line}");
            assert_eq!(prepare(line), line);
        }
    }
}
