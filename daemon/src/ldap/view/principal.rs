//! Pieces of `login@domain`, of which the login alone is stored.

use directory::search::{Attribute, Filter};
use directory::text::prepare;

/// What a name is to have, in this order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pieces<'p> {
    initial: Option<&'p str>,
    any: &'p [&'p str],
    last: Option<&'p str>,
}

/// What stands between a login and its domain.
const AT: char = '@';

impl<'p> Pieces<'p> {
    /// Takes the pieces of a filter.
    pub(super) const fn of(
        initial: Option<&'p str>,
        any: &'p [&'p str],
        last: Option<&'p str>,
    ) -> Self {
        Self { initial, any, last }
    }

    /// The logins whose names have the pieces: with the domain behind them, or as they are where
    /// they are such names by themselves.
    pub(super) fn filter(self, domain: Option<&str>) -> Filter {
        let whole = || Filter::pieces(Attribute::Login, None, &["@"], None);
        let own = Filter::And(vec![self.login(), whole()]);
        let Some(domain) = domain else { return own };
        let plain = Filter::Not(Box::new(whole()));
        Filter::Or(vec![own, Filter::And(vec![self.before(domain), plain])])
    }

    fn login(self) -> Filter {
        if self.initial.is_none() && self.any.is_empty() && self.last.is_none() {
            return Filter::always();
        }
        Filter::pieces(Attribute::Login, self.initial, self.any, self.last)
    }

    /// The logins without a domain of their own that have the pieces with this one behind them.
    fn before(self, domain: &str) -> Filter {
        let all = self.initial.iter().chain(self.any).chain(&self.last);
        match all.map(|piece| piece.matches(AT).count()).sum() {
            0_usize => self.apart(domain),
            1 => self.across(domain),
            _ => Filter::never(),
        }
    }

    /// No piece reaches into the domain from before: as many as can lie in the domain.
    fn apart(self, domain: &str) -> Filter {
        for count in 0..=self.any.len() {
            let (before, behind) = self.any.split_at(count);
            if has(domain, None, behind, self.last) {
                return Self::of(self.initial, before, None).login();
            }
        }
        Filter::never()
    }

    /// One piece has the end of the login and the beginning of the domain.
    fn across(self, domain: &str) -> Filter {
        if let Some((end, start)) = self.initial.and_then(|piece| piece.split_once(AT)) {
            let fits = has(domain, Some(start), self.any, self.last);
            return if fits { Filter::equal(Attribute::Login, end) } else { Filter::never() };
        }
        if let Some((end, start)) = self.last.and_then(|piece| piece.split_once(AT)) {
            let fits = prepare(start) == domain;
            return if fits { self.ending(self.any, end) } else { Filter::never() };
        }
        let place = self.any.iter().position(|piece| piece.contains(AT));
        let (before, from) = self.any.split_at(place.unwrap_or_default());
        match from.split_first().and_then(|(piece, rest)| Some((piece.split_once(AT)?, rest))) {
            Some(((end, start), rest)) if has(domain, Some(start), rest, self.last) => {
                self.ending(before, end)
            }
            Some(_) | None => Filter::never(),
        }
    }

    fn ending(self, any: &[&str], end: &str) -> Filter {
        Pieces::of(self.initial, any, (!end.is_empty()).then_some(end)).login()
    }
}

/// Whether a domain has the pieces.
fn has(domain: &str, initial: Option<&str>, any: &[&str], last: Option<&str>) -> bool {
    let initial = prepare(initial.unwrap_or_default());
    let Some(mut rest) = domain.strip_prefix(initial.as_str()) else { return false };
    for piece in any {
        let Some((_, behind)) = rest.split_once(prepare(piece).as_str()) else { return false };
        rest = behind;
    }
    rest.ends_with(prepare(last.unwrap_or_default()).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(initial: Option<&str>, any: &[&str], last: Option<&str>) -> Filter {
        Pieces::of(initial, any, last).before("acme.example")
    }

    fn login(initial: Option<&str>, any: &[&str], last: Option<&str>) -> Filter {
        Filter::pieces(Attribute::Login, initial, any, last)
    }

    #[test]
    fn what_can_lie_in_the_domain_is_not_asked_of_the_login() {
        assert_eq!(before(Some("ad"), &[], None), login(Some("ad"), &[], None));
        assert_eq!(before(None, &[], Some(".EXAMPLE")), Filter::always());
        assert_eq!(before(Some("ad"), &["x"], Some("e")), login(Some("ad"), &[], None));
        assert_eq!(before(None, &["zz", "me"], None), login(None, &["zz"], None));
        assert_eq!(before(None, &["me", "zz"], None), login(None, &["me", "zz"], None));
        assert_eq!(before(None, &[], Some("zz")), Filter::never());
    }

    #[test]
    fn a_piece_across_ends_the_login_and_begins_the_domain() {
        assert_eq!(before(Some("ada@AC"), &[], None), Filter::equal(Attribute::Login, "ada"));
        assert_eq!(before(Some("ada@x"), &[], None), Filter::never());
        assert_eq!(before(Some("a"), &["da@acme"], Some("e")), login(Some("a"), &[], Some("da")));
        assert_eq!(before(Some("a"), &["d", "@ac", "ex"], None), login(Some("a"), &["d"], None));
        assert_eq!(before(None, &[], Some("a@acme.example")), login(None, &[], Some("a")));
        assert_eq!(before(None, &[], Some("a@acme")), Filter::never());
        assert_eq!(before(Some("a@"), &["@"], None), Filter::never());
    }
}
