//! Questions that the model and the directory answer.

use super::told::Model;
use super::{GROUPS, LOGINS, Look};
use crate::collections::Member;
use crate::id::GroupId;
use crate::search::{Attribute, Case, Comparison, EntryId, EntrySet, Filter, Kinds};

/// Finds an entry and whoever names it, by way of others as well.
pub(super) type Chain<'c> = &'c dyn Fn(Attribute, EntryId) -> EntrySet;

/// A question, in words that the model and filters both have.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    User(OfUser),
    Name(String),
    In(GroupId),
    InSome,
    Has(EntryId),
    HasSome,
    Under(EntryId),
    /// By way of others as well.
    FarUnder(EntryId),
    UnderSome,
    /// What is not known to be so or not.
    Unknown,
    /// A number that is none.
    NoNumber,
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// What is asked of a user alone.
#[derive(Clone, Debug)]
pub(super) enum OfUser {
    Login(String),
    LoginFrom(String),
    LoginTo(String),
    Mail(String),
    HasMail,
    Pieces(&'static str, &'static [&'static str], &'static str),
    Center(String),
    CenterCased(String),
    HasCenter,
    LevelFrom(i64),
    LevelTo(i64),
    /// Up to a number that is larger than any.
    HasLevel,
    Bits(u64, bool),
}

impl Ask {
    /// Whether it is so of an entry; `None` when that is not known.
    pub(super) fn holds(&self, model: &Model, seen: &[EntryId], entry: EntryId) -> Option<bool> {
        let truth = |ask: &Self| ask.holds(model, seen, entry);
        match self {
            Self::Unknown | Self::NoNumber => None,
            Self::Not(ask) => truth(ask).map(|so| !so),
            Self::All(asks) => decided(asks.iter().map(truth), false),
            Self::Any(asks) => decided(asks.iter().map(truth), true),
            Self::In(group) => Some(sees_in(model, seen, entry, *group)),
            Self::InSome => {
                Some(model.groups.keys().any(|group| sees_in(model, seen, entry, *group)))
            }
            Self::Has(member) => Some(matches!(entry, EntryId::Group(group)
                if seen.contains(member) && model.is_in(*member, group))),
            Self::HasSome => Some(matches!(entry, EntryId::Group(group)
                if seen.iter().any(|member| model.is_directly_in(*member, group)))),
            Self::Under(chief) => {
                Some(chief_of(model, seen, entry).is_some_and(|other| other == *chief))
            }
            Self::FarUnder(chief) => Some(is_far_under(model, seen, entry, *chief)),
            Self::UnderSome => Some(chief_of(model, seen, entry).is_some()),
            Self::Name(text) => Some(matches!(entry, EntryId::Group(id)
                if model.groups[&id].name.eq_ignore_ascii_case(text))),
            Self::User(ask) => Some(match entry {
                EntryId::User(id) => {
                    model.users.get(&id).is_some_and(|(login, look)| ask.holds(login, look))
                }
                EntryId::Group(_) | EntryId::ServiceAccount(_) | EntryId::Device(_) => false,
            }),
        }
    }

    pub(super) fn filter(&self, attributes: [Attribute; 3], chain: Chain<'_>) -> Filter {
        let parts = |asks: &[Self]| asks.iter().map(|ask| ask.filter(attributes, chain)).collect();
        match self {
            Self::User(ask) => ask.filter(attributes),
            Self::Name(text) => Filter::equal(Attribute::Name, text),
            Self::In(group) => Filter::MemberOf(*group),
            Self::InSome => Filter::MemberOfSome,
            Self::Has(EntryId::User(id)) => Filter::HasMember(Member::User(*id)),
            Self::Has(EntryId::Group(id)) => Filter::HasMember(Member::Group(*id)),
            Self::Has(EntryId::ServiceAccount(_) | EntryId::Device(_)) => {
                panic!("no group has such a member")
            }
            Self::HasSome => Filter::HasSomeMember,
            Self::Under(chief) => Filter::refers(attributes[2], *chief),
            Self::FarUnder(chief) => {
                Filter::refers_to_one_of(attributes[2], chain(attributes[2], *chief).into())
            }
            Self::UnderSome => Filter::present(attributes[2]),
            Self::Unknown => Filter::Undefined,
            Self::NoNumber => Filter::equal(attributes[1], "many"),
            // The model knows no service accounts.
            Self::Not(ask) => Filter::And(vec![
                Filter::Kind(Kinds::USERS.and(Kinds::GROUPS)),
                Filter::Not(Box::new(ask.filter(attributes, chain))),
            ]),
            Self::All(asks) => Filter::And(parts(asks)),
            Self::Any(asks) => Filter::Or(parts(asks)),
        }
    }
}

impl OfUser {
    fn holds(&self, login: &str, look: &Look) -> bool {
        let same = |one: &String, other: &String| one.eq_ignore_ascii_case(other);
        match self {
            Self::Login(text) => login.eq_ignore_ascii_case(text),
            Self::LoginFrom(text) => login >= text.as_str(),
            Self::LoginTo(text) => login <= text.as_str(),
            Self::Mail(text) => look.mail.iter().any(|mail| same(mail, text)),
            Self::HasMail => !look.mail.is_empty(),
            Self::Pieces(initial, any, last) => pieced(&look.name, initial, any, last),
            Self::Center(text) => look.centers.iter().any(|other| same(other, text)),
            Self::CenterCased(text) => look.centers.contains(text),
            Self::HasCenter => !look.centers.is_empty(),
            Self::LevelFrom(least) => look.level.is_some_and(|level| level >= *least),
            Self::LevelTo(most) => look.level.is_some_and(|level| level <= *most),
            Self::HasLevel => look.level.is_some(),
            Self::Bits(bits, all) => {
                let number = look.number.map(|number| u64::from(number) & bits);
                number.is_some_and(|found| if *all { found == *bits } else { found != 0 })
            }
        }
    }

    fn filter(&self, [center, level, _]: [Attribute; 3]) -> Filter {
        match self {
            Self::Login(text) => Filter::equal(Attribute::Login, text),
            Self::LoginFrom(text) => Filter::at_least(Attribute::Login, text),
            Self::LoginTo(text) => Filter::at_most(Attribute::Login, text),
            Self::Mail(text) => Filter::equal(Attribute::Mail, text),
            Self::HasMail => Filter::present(Attribute::Mail),
            Self::Pieces(initial, any, last) => {
                let part = |text: &'static str| Some(text).filter(|text| !text.is_empty());
                Filter::pieces(Attribute::DisplayName, part(initial), any, part(last))
            }
            Self::Center(text) => Filter::equal(center, text),
            Self::CenterCased(text) => Filter::cased(center, Case::Kept, text, Comparison::Equal),
            Self::HasCenter => Filter::present(center),
            Self::LevelFrom(least) => Filter::at_least(level, &least.to_string()),
            Self::LevelTo(most) => Filter::at_most(level, &most.to_string()),
            Self::HasLevel => Filter::at_most(level, "99999999999999999999"),
            Self::Bits(bits, all) => Filter::bits(Attribute::UidNumber, *bits, *all),
        }
    }
}

/// Whom an entry is under, as far as that is seen.
fn chief_of(model: &Model, seen: &[EntryId], entry: EntryId) -> Option<EntryId> {
    let EntryId::User(user) = entry else { return None };
    model.chiefs.get(&user).copied().filter(|chief| seen.contains(chief))
}

/// Whether an entry is under another one by way of those that are seen; in a circle one comes back.
fn is_far_under(model: &Model, seen: &[EntryId], entry: EntryId, chief: EntryId) -> bool {
    let above = |entry: &EntryId| chief_of(model, seen, *entry);
    // A way that is longer than there are entries goes in a circle.
    std::iter::successors(above(&entry), above).take(seen.len()).any(|other| other == chief)
}

fn sees_in(model: &Model, seen: &[EntryId], entry: EntryId, group: GroupId) -> bool {
    seen.contains(&EntryId::Group(group)) && model.is_in(entry, group)
}

/// What parts decide: one of them if it is `so`, else all of them together.
fn decided(parts: impl Iterator<Item = Option<bool>>, so: bool) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.collect();
    if parts.contains(&Some(so)) {
        return Some(so);
    }
    (!parts.contains(&None)).then_some(!so)
}

/// Whether a text has pieces, in their order and without overlap.
fn pieced(text: &str, initial: &str, any: &[&str], last: &str) -> bool {
    let text = text.to_lowercase();
    let Some(mut rest) = text.strip_prefix(initial) else { return false };
    for piece in any {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// Everything that is asked after each change.
pub(super) fn asks(model: &Model) -> Vec<Ask> {
    let text = |text: &str| text.to_owned();
    let mut asks: Vec<Ask> =
        (0..LOGINS).map(|login| Ask::User(OfUser::Login(format!("U{login}")))).collect();
    asks.extend((0..GROUPS).map(|group| Ask::Name(format!("g{group}"))));
    for word in ["a", "B", "ab", "Ba"] {
        asks.push(Ask::User(OfUser::Mail(format!("{word}@X"))));
        asks.extend([
            Ask::User(OfUser::Center(text(word))),
            Ask::User(OfUser::CenterCased(text(word))),
        ]);
    }
    asks.extend([
        Ask::User(OfUser::Pieces("a", &[], "")),
        Ask::User(OfUser::Pieces("ba", &[], "")),
        Ask::User(OfUser::Pieces("", &[], "b")),
        Ask::User(OfUser::Pieces("", &["b"], "")),
        Ask::User(OfUser::Pieces("", &["a", "a"], "")),
        Ask::User(OfUser::Pieces("a", &["b"], "")),
        Ask::User(OfUser::Pieces("a", &[], "a")),
        Ask::User(OfUser::Pieces("", &["b"], "a")),
    ]);
    asks.extend([Ask::User(OfUser::LoginFrom(text("u2"))), Ask::User(OfUser::LoginTo(text("u2")))]);
    asks.extend([
        Ask::User(OfUser::LevelFrom(0)),
        Ask::User(OfUser::LevelTo(0)),
        Ask::User(OfUser::LevelTo(-2)),
        Ask::User(OfUser::HasLevel),
    ]);
    asks.extend([
        Ask::User(OfUser::HasMail),
        Ask::User(OfUser::HasCenter),
        Ask::InSome,
        Ask::HasSome,
        Ask::UnderSome,
    ]);
    asks.extend([
        Ask::User(OfUser::Bits(6, true)),
        Ask::User(OfUser::Bits(6, false)),
        Ask::Unknown,
        Ask::NoNumber,
    ]);
    for group in model.groups.keys() {
        asks.extend([Ask::In(*group), Ask::Has(EntryId::Group(*group))]);
        asks.extend([Ask::Under, Ask::FarUnder].map(|ask| ask(EntryId::Group(*group))));
        asks.push(Ask::All(vec![Ask::In(*group), Ask::User(OfUser::Center(text("A")))]));
        asks.push(Ask::Any(vec![
            Ask::Has(EntryId::Group(*group)),
            Ask::User(OfUser::Login(text("u1"))),
        ]));
    }
    asks.extend(model.users.keys().map(|user| Ask::Has(EntryId::User(*user))));
    asks.extend(model.users.keys().map(|user| Ask::Under(EntryId::User(*user))));
    asks.extend(model.users.keys().map(|user| Ask::FarUnder(EntryId::User(*user))));
    let not = |ask: &Ask| Ask::Not(Box::new(ask.clone()));
    // Each once with what is not known, and once with what is so of one alone.
    let joined = |ask: &Ask| {
        let one = Ask::User(OfUser::Login(text("u1")));
        [
            Ask::Any(vec![ask.clone(), Ask::Unknown]),
            Ask::Not(Box::new(Ask::All(vec![ask.clone(), Ask::Unknown]))),
            Ask::All(vec![not(ask), Ask::Any(vec![one, ask.clone(), Ask::User(OfUser::HasMail)])]),
        ]
    };
    let more: Vec<Ask> =
        asks.iter().flat_map(|ask| std::iter::once(not(ask)).chain(joined(ask))).collect();
    asks.extend(more);
    asks
}
