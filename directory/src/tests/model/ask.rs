//! Questions that the model and the directory answer.

use super::told::Model;
use super::{GROUPS, LOGINS, Look};
use crate::collections::Member;
use crate::id::GroupId;
use crate::search::{Attribute, Case, Comparison, EntryId, Filter};

/// A question, in words that the model and filters both have.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Login(String),
    Name(String),
    Mail(String),
    Begins(String),
    Center(String),
    CenterCased(String),
    Level(i64),
    Bits(u64, bool),
    In(GroupId),
    Has(EntryId),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Ask {
    pub(super) fn holds(&self, model: &Model, seen: &[EntryId], entry: EntryId) -> bool {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let look = match entry {
            EntryId::User(id) => model.users.get(&id),
            EntryId::Group(_) | EntryId::ServiceAccount(_) => None,
        };
        let is = |test: &dyn Fn(&Look) -> bool| look.is_some_and(|(_, look)| test(look));
        match self {
            Self::Login(text) => look.is_some_and(|(login, _)| same(login, text)),
            Self::Name(text) => {
                matches!(entry, EntryId::Group(id) if same(&model.groups[&id].name, text))
            }
            Self::Mail(text) => is(&|look| look.mail.iter().any(|mail| same(mail, text))),
            Self::Begins(text) => {
                is(&|look| look.name.to_lowercase().starts_with(&text.to_lowercase()))
            }
            Self::Center(text) => is(&|look| look.centers.iter().any(|other| same(other, text))),
            Self::CenterCased(text) => is(&|look| look.centers.contains(text)),
            Self::Level(least) => is(&|look| look.level.is_some_and(|level| level >= *least)),
            Self::Bits(bits, all) => is(&|look| {
                let number = look.number.map(|number| u64::from(number) & bits);
                number.is_some_and(|found| if *all { found == *bits } else { found != 0 })
            }),
            Self::In(group) => seen.contains(&EntryId::Group(*group)) && model.is_in(entry, *group),
            Self::Has(member) => {
                matches!(entry, EntryId::Group(group) if seen.contains(member) && model.is_in(*member, group))
            }
            Self::All(asks) => asks.iter().all(|ask| ask.holds(model, seen, entry)),
            Self::Any(asks) => asks.iter().any(|ask| ask.holds(model, seen, entry)),
        }
    }

    pub(super) fn filter(&self, [center, level]: [Attribute; 2]) -> Filter {
        let parts = |asks: &[Self]| asks.iter().map(|ask| ask.filter([center, level])).collect();
        match self {
            Self::Login(text) => Filter::equal(Attribute::Login, text),
            Self::Name(text) => Filter::equal(Attribute::Name, text),
            Self::Mail(text) => Filter::equal(Attribute::Mail, text),
            Self::Begins(text) => Filter::pieces(Attribute::DisplayName, Some(text), &[], None),
            Self::Center(text) => Filter::equal(center, text),
            Self::CenterCased(text) => Filter::cased(center, Case::Kept, text, Comparison::Equal),
            Self::Level(least) => Filter::at_least(level, &least.to_string()),
            Self::Bits(bits, all) => Filter::bits(Attribute::UidNumber, *bits, *all),
            Self::In(group) => Filter::MemberOf(*group),
            Self::Has(EntryId::User(id)) => Filter::HasMember(Member::User(*id)),
            Self::Has(EntryId::Group(id)) => Filter::HasMember(Member::Group(*id)),
            Self::Has(EntryId::ServiceAccount(_)) => Filter::Undefined,
            Self::All(asks) => Filter::And(parts(asks)),
            Self::Any(asks) => Filter::Or(parts(asks)),
        }
    }
}

/// Everything that is asked after each change.
pub(super) fn asks(model: &Model) -> Vec<Ask> {
    let text = |text: &str| text.to_owned();
    let mut asks: Vec<Ask> = (0..LOGINS).map(|login| Ask::Login(format!("U{login}"))).collect();
    asks.extend((0..GROUPS).map(|group| Ask::Name(format!("g{group}"))));
    for word in ["a", "B", "ab", "Ba"] {
        asks.push(Ask::Mail(format!("{word}@X")));
        asks.extend([
            Ask::Begins(text(word)),
            Ask::Center(text(word)),
            Ask::CenterCased(text(word)),
        ]);
    }
    asks.extend([Ask::Level(0), Ask::Bits(6, true), Ask::Bits(6, false)]);
    for group in model.groups.keys() {
        asks.extend([Ask::In(*group), Ask::Has(EntryId::Group(*group))]);
        asks.push(Ask::All(vec![Ask::In(*group), Ask::Center(text("A"))]));
        asks.push(Ask::Any(vec![Ask::Has(EntryId::Group(*group)), Ask::Login(text("u1"))]));
    }
    asks.extend(model.users.keys().map(|user| Ask::Has(EntryId::User(*user))));
    asks
}
