//! Pieces that a text is to have, prepared once.

use std::borrow::Cow;

use memchr::memmem::Finder;

use super::attribute::Rule;
use crate::text::{is_prohibited, outer_spaces};

/// Pieces that a value is to have, in their order and without overlap.
///
/// By RFC 4518 section 2.6.1 a value is compared with one space at either end and two between words.
/// A piece has one space at an end where it was written with any; the first piece always has one
/// before it, the last piece always has one behind it. Where pieces have no other spaces at their ends
/// this is the same as comparing text as it is stored: one space between words, none at the ends. Each line
/// of an address has ends of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    initial: String,
    any: Vec<String>,
    last: String,
    /// Whether the pieces are written with the spaces of that section, and values are to be as well.
    spaced: bool,
    /// What stored values that have the pieces begin with.
    prefix: String,
    /// What is put behind each stored value before it is compared.
    behind: String,
}

impl Pieces {
    /// Prepares pieces of text that is compared without case: what a value begins with, has inside and
    /// ends with. `None` when one has what no comparison takes.
    pub fn folded(initial: Option<&str>, any: &[&str], last: Option<&str>) -> Option<Self> {
        Self::of(Rule::Text, initial, any, last)
    }

    /// Prepares pieces of what is compared by a rule; `None` too when the rule is not one of text.
    pub(crate) fn of(
        rule: Rule,
        initial: Option<&str>,
        any: &[&str],
        last: Option<&str>,
    ) -> Option<Self> {
        let is_text = matches!(rule, Rule::Text | Rule::ExactText | Rule::Telephone);
        let mut all = initial.iter().chain(any).chain(last.iter());
        if !is_text || all.any(|piece| is_prohibited(piece)) {
            return None;
        }
        let initial = initial.map(|text| Piece::of(rule, text));
        let any: Vec<Piece> = any.iter().map(|text| Piece::of(rule, text)).collect();
        let last = last.map(|text| Piece::of(rule, text));
        let spaced = initial.as_ref().is_some_and(|piece| piece.behind)
            || any.iter().any(|piece| piece.before || piece.behind)
            || last.as_ref().is_some_and(|piece| piece.before);
        let prefix = initial.as_ref().map(|piece| piece.text.clone()).unwrap_or_default();
        let spelled = |piece: Piece, before: bool, behind: bool| {
            if spaced { piece.spaced(before, behind) } else { piece.text }
        };
        Some(Self {
            initial: initial.map(|piece| spelled(piece, true, false)).unwrap_or_default(),
            any: any.into_iter().map(|piece| spelled(piece, false, false)).collect(),
            last: last.map(|piece| spelled(piece, false, true)).unwrap_or_default(),
            spaced,
            prefix,
            behind: String::new(),
        })
    }

    /// The same of values with this text behind them.
    pub(crate) fn before(mut self, rule: Rule, behind: &str) -> Self {
        self.behind = rule.prepare(behind);
        // From there on a piece may lie in what stands behind.
        let end = self.behind.chars().next().and_then(|first| self.prefix.find(first));
        if let Some(end) = end {
            self.prefix.truncate(end);
        }
        self
    }

    /// Whether a prepared value has the pieces.
    pub fn are_in(&self, value: &str) -> bool {
        let mut value = Cow::Borrowed(value);
        if !self.behind.is_empty() {
            value.to_mut().push_str(&self.behind);
        }
        if self.spaced {
            let lines = doubled(&value).replace('\n', " \n ");
            value = Cow::Owned(format!(" {lines} "));
        }
        let Some(mut rest) = value.strip_prefix(self.initial.as_str()) else { return false };
        for piece in &self.any {
            let Some((_, behind)) = rest.split_once(piece.as_str()) else { return false };
            rest = behind;
        }
        rest.ends_with(self.last.as_str())
    }

    /// What stored values that have the pieces begin with.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether all that begins so has the pieces.
    pub(crate) fn are_a_prefix(&self) -> bool {
        self.is_plain() && self.any.is_empty() && self.last.is_empty()
    }

    /// Whether stored values are compared as they are stored.
    fn is_plain(&self) -> bool {
        !self.spaced && self.behind.is_empty()
    }
}

/// Looks for pieces in many stored values.
pub(crate) struct Sieve<'p> {
    pieces: &'p Pieces,
    any: Vec<Finder<'p>>,
}

impl<'p> Sieve<'p> {
    /// Looks for these pieces.
    pub(crate) fn of(pieces: &'p Pieces) -> Self {
        Self { pieces, any: pieces.any.iter().map(Finder::new).collect() }
    }

    /// Whether a stored value has them; one that cannot be read as text is kept for the judge.
    pub(crate) fn keeps(&self, value: &[u8]) -> bool {
        if !self.pieces.is_plain() {
            return std::str::from_utf8(value).ok().is_none_or(|text| self.pieces.are_in(text));
        }
        let Pieces { initial, last, .. } = self.pieces;
        let Some(mut rest) = value.strip_prefix(initial.as_bytes()) else { return false };
        for piece in &self.any {
            let end = piece.find(rest).map(|start| start.saturating_add(piece.needle().len()));
            let Some(behind) = end.and_then(|end| rest.get(end..)) else { return false };
            rest = behind;
        }
        rest.ends_with(last.as_bytes())
    }
}

/// One piece: its text, and whether it was written with a space before and behind it.
struct Piece {
    before: bool,
    text: String,
    behind: bool,
}

impl Piece {
    fn of(rule: Rule, written: &str) -> Self {
        let text = rule.prepare(written);
        let (before, behind) = if rule == Rule::Telephone {
            // Its spaces say nothing (RFC 4518 section 2.6.3).
            (false, false)
        } else if text.is_empty() {
            // It stands for one space.
            (true, true)
        } else {
            outer_spaces(written)
        };
        Self { before, text, behind }
    }

    /// As it is compared with values that have their spaces.
    fn spaced(&self, before: bool, behind: bool) -> String {
        if self.text.is_empty() {
            return " ".to_owned();
        }
        let space = |is_there: bool| if is_there { " " } else { "" };
        let text = doubled(&self.text);
        [space(before || self.before), text.as_str(), space(behind || self.behind)].concat()
    }
}

/// Text with two spaces between words.
fn doubled(text: &str) -> String {
    text.replace(' ', "  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, initial: Option<&str>, any: &[&str], last: Option<&str>) -> bool {
        let pieces = Pieces::folded(initial, any, last).unwrap();
        let found = pieces.are_in(value);
        let kept = value.starts_with(pieces.prefix()) && Sieve::of(&pieces).keeps(value.as_bytes());
        assert_eq!(kept, found, "{value:?} {pieces:?}");
        found
    }

    #[test]
    fn rfc4518_2_6_1_a_value_begins_and_ends_with_a_space() {
        for any in [" ada", "ada ", "Ada  ", "\tada", "ada\u{a0}", " ", "king ", " ada king "] {
            assert!(has("ada king", None, &[any], None), "{any:?}");
        }
        assert!(has("ada king", Some("ada king "), &[], None));
        assert!(has("ada king", None, &[], Some(" ada king")));
        assert!(has("ada king", Some(" ada "), &[], Some(" king ")));
        assert!(has("ada", Some(" "), &[], Some(" ")));
        for any in ["da k ", " da", "in ", "adaking", "ad a"] {
            assert!(!has("ada king", None, &[any], None), "{any:?}");
        }
        assert!(!has("ada king", Some("ad "), &[], None));
        assert!(!has("ada king", None, &[], Some(" ing")));
    }

    #[test]
    fn rfc4518_2_6_1_there_are_two_spaces_between_words() {
        assert!(has("ada king", None, &["ada ", " king"], None));
        assert!(has("ada king", None, &["ada ", " ", "king"], None));
        assert!(!has("ada king", None, &["ada ", " ", " king"], None));
        assert!(has("ada king", None, &[" ", " ", " ", " "], None));
        assert!(!has("ada king", None, &[" ", " ", " ", " ", " "], None));
        assert!(!has("ada", Some(" "), &[" ada"], None));
    }

    #[test]
    fn rfc4517_4_2_10_a_piece_lies_in_one_line_of_an_address() {
        let address = "12 high st.\nflat 3\nleeds";
        let has = |initial, any: &[&str], last| {
            Pieces::folded(initial, any, last).unwrap().are_in(address)
        };
        assert!(has(Some("12 High"), &["St.", "Flat"], Some("Leeds")));
        assert!(has(Some("12 "), &["st. ", " flat ", "3 "], Some(" leeds")));
        assert!(has(None, &[" leeds "], None));
        for any in ["st.flat", "st. flat", "st.\nflat", "st.$flat", " eeds", "3 leeds"] {
            assert!(!has(None, &[any], None), "{any:?}");
        }
        assert!(!has(Some("flat"), &[], None));
        assert!(!has(None, &[], Some("flat 3")));
    }

    #[test]
    fn what_stands_behind_a_value_is_part_of_it() {
        let has = |value: &str, initial, any: &[&str], last| {
            let pieces = Pieces::folded(initial, any, last).unwrap();
            let pieces = pieces.before(Rule::Text, "@ACME.example");
            let found = pieces.are_in(value);
            let kept =
                value.starts_with(pieces.prefix()) && Sieve::of(&pieces).keeps(value.as_bytes());
            assert_eq!(kept, found, "{value:?} {pieces:?}");
            found
        };
        assert!(has("ada", Some("ada@AC"), &[], None));
        assert!(has("ada", Some("a"), &["da@acme"], Some("e")));
        assert!(has("ada", None, &[], Some("a@acme.example ")));
        assert!(has("ada b", None, &["ada ", "b@"], None));
        assert!(!has("ada", Some("a@"), &[], None));
        assert!(!has("ada", None, &["ada "], None));
        assert!(!has("ada", None, &[" @acme"], None));
        assert!(!has("ada", None, &["acme "], None));
    }

    #[test]
    fn spaces_say_nothing_of_a_telephone_number() {
        let pieces = Pieces::of(Rule::Telephone, Some("+44 "), &[" 20"], None).unwrap();
        assert!(pieces.are_in("+4420794"));
        assert_eq!(Pieces::of(Rule::Number, Some("4"), &[], None), None);
    }
}
