//! Planned searches against a naive one: every entry judged, no index asked.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::search::{account, found, group};
use super::world::World;
use crate::access::{Context, ManageIdentities, Search};
use crate::collections::Member;
use crate::id::{GroupId, OrganizationId, UserId};
use crate::records::{UserFields, Visibility};
use crate::search::{Attribute, Comparison, EntryId, Filter, Kinds, Pieces, Truth, Value};
use crate::text::{prepare, prepare_exact};

/// A small directory: users with texts from a small alphabet, groups with members by number.
#[derive(Clone, Debug)]
struct Small {
    users: Vec<Person>,
    groups: Vec<(Vec<usize>, Vec<usize>)>,
    chosen: Option<Vec<usize>>,
}

/// Display name, given name, mail addresses, title.
type Person = (String, Option<String>, Vec<String>, Option<String>);

fn word() -> impl Strategy<Value = String> {
    "[abAB]{1,3}( [abÄ])?"
}

/// A list in which nothing is twice.
fn once(mut all: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    all.retain(|one| seen.insert(prepare(one)));
    all
}

fn small() -> impl Strategy<Value = Small> {
    let mail = word().prop_map(|word| format!("{}@x", word.replace(' ', "")));
    let mail = vec(mail, 0..3).prop_map(once);
    let user = (word(), proptest::option::of(word()), mail, proptest::option::of(word()));
    let group = (vec(0..8_usize, 0..4), vec(0..5_usize, 0..2));
    let chosen = proptest::option::of(vec(0..5_usize, 0..3));
    (vec(user, 1..8), vec(group, 0..5), chosen).prop_map(|(users, groups, chosen)| Small {
        users,
        groups,
        chosen,
    })
}

fn attribute() -> impl Strategy<Value = Attribute> {
    prop::sample::select(vec![
        Attribute::Login,
        Attribute::DisplayName,
        Attribute::GivenName,
        Attribute::Mail,
        Attribute::Title,
        Attribute::Name,
        Attribute::UidNumber,
        Attribute::GidNumber,
        Attribute::Modified,
        Attribute::HomeDirectory,
        Attribute::Description,
    ])
}

fn test() -> impl Strategy<Value = Filter> {
    let text =
        prop_oneof![word(), "u[0-7]", "g[0-4]", "100[01][0-9]", "1700000000", Just(String::new())];
    let piece = || proptest::option::of(" ?[abu]{0,2} ?");
    prop_oneof![
        attribute().prop_map(Filter::present),
        (attribute(), text.clone()).prop_map(|(attribute, text)| Filter::equal(attribute, &text)),
        (attribute(), text.clone())
            .prop_map(|(attribute, text)| Filter::at_least(attribute, &text)),
        (attribute(), text).prop_map(|(attribute, text)| Filter::at_most(attribute, &text)),
        (attribute(), piece(), piece(), piece()).prop_map(|(attribute, initial, any, last)| {
            let any: Vec<&str> = any.as_deref().into_iter().collect();
            Filter::pieces(attribute, initial.as_deref(), &any, last.as_deref())
        }),
    ]
}

/// A filter whose groups and users are numbers of a directory that is not made yet.
#[derive(Clone, Debug)]
enum Wish {
    Test(Filter),
    Kind(Kinds),
    In(usize),
    InSome,
    HasUser(usize),
    HasGroup(usize),
    HasSome,
    Unknown,
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

fn wish() -> impl Strategy<Value = Wish> {
    let kinds = vec![Kinds::USERS, Kinds::GROUPS, Kinds::USERS.and(Kinds::SERVICE_ACCOUNTS)];
    let leaf = prop_oneof![
        6 => test().prop_map(Wish::Test),
        1 => prop::sample::select(kinds).prop_map(Wish::Kind),
        1 => (0..5_usize).prop_map(Wish::In),
        1 => Just(Wish::InSome),
        1 => (0..8_usize).prop_map(Wish::HasUser),
        1 => (0..5_usize).prop_map(Wish::HasGroup),
        1 => Just(Wish::HasSome),
        1 => Just(Wish::Unknown),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|wish| Wish::Not(Box::new(wish))),
            vec(inner.clone(), 0..4).prop_map(Wish::And),
            vec(inner, 0..4).prop_map(Wish::Or),
        ]
    })
}

struct Made {
    users: Vec<UserId>,
    groups: Vec<GroupId>,
}

impl Made {
    fn filter(&self, wish: &Wish) -> Filter {
        let group = |number: &usize| self.groups.get(*number).copied();
        let has = |member: Option<Member>| member.map_or(Filter::Undefined, Filter::HasMember);
        match wish {
            Wish::Test(filter) => filter.clone(),
            Wish::Kind(kinds) => Filter::Kind(*kinds),
            Wish::In(number) => group(number).map_or(Filter::Undefined, Filter::MemberOf),
            Wish::InSome => Filter::MemberOfSome,
            Wish::HasUser(number) => has(self.users.get(*number).copied().map(Member::User)),
            Wish::HasGroup(number) => has(group(number).map(Member::Group)),
            Wish::HasSome => Filter::HasSomeMember,
            Wish::Unknown => Filter::Undefined,
            Wish::Not(inner) => Filter::Not(Box::new(self.filter(inner))),
            Wish::And(parts) => Filter::And(parts.iter().map(|part| self.filter(part)).collect()),
            Wish::Or(parts) => Filter::Or(parts.iter().map(|part| self.filter(part)).collect()),
        }
    }
}

fn make(world: &World, acme: OrganizationId, small: &Small) -> Made {
    let fields: Vec<UserFields> = small
        .users
        .iter()
        .enumerate()
        .map(|(number, user)| {
            let (name, given_name, mail, title) = user.clone();
            UserFields {
                login: format!("u{number}"),
                display_name: name,
                surname: "b".into(),
                given_name,
                mail,
                title,
                ..UserFields::default()
            }
        })
        .collect();
    let users = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        let mut users = grant.users();
        fields.into_iter().map(|fields| users.create(fields, None).map(|(id, _)| id)).collect()
    });
    let mut made = Made { users: users.unwrap(), groups: Vec::new() };
    for (number, (users, groups)) in small.groups.iter().enumerate() {
        let users = users.iter().filter_map(|at| made.users.get(*at).copied().map(Member::User));
        let groups =
            groups.iter().filter_map(|at| made.groups.get(*at).copied().map(Member::Group));
        let members = users.chain(groups).collect();
        let id = group(world, acme, &format!("g{number}"), members);
        made.groups.push(id);
    }
    made
}

/// The entries that are seen and of which the filter is true, found without any plan.
fn naive(
    world: &World,
    context: Context,
    acme: OrganizationId,
    made: &Made,
    filter: &Filter,
) -> Vec<EntryId> {
    let reading = world.directory.read(context).unwrap();
    let grant = reading.authorize::<Search>(acme).unwrap();
    let users = made.users.iter().map(|id| EntryId::User(*id));
    let mut entries: Vec<EntryId> =
        users.chain(made.groups.iter().map(|id| EntryId::Group(*id))).collect();
    for name in ["wiki", "mail"] {
        entries.extend(grant.find(crate::search::Kind::ServiceAccount, name).unwrap());
    }
    entries.retain(|entry| {
        let mut truth = Truth::False;
        let shown = grant.show(*entry, &mut |found| {
            truth = found.judge(filter)?;
            Ok(())
        });
        shown.unwrap() && truth == Truth::True
    });
    entries
}

/// What RFC 4518 section 2.6.1 makes of a value of letters and spaces.
fn as_a_value(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { "  ".to_owned() } else { format!(" {} ", words.join("  ")) }
}

/// What it makes of a piece that a value begins with, or ends with, or has inside.
fn as_a_piece(text: &str, first: bool, last: bool) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return " ".to_owned();
    }
    let before = if first || text.starts_with(' ') { " " } else { "" };
    let behind = if last || text.ends_with(' ') { " " } else { "" };
    format!("{before}{}{behind}", words.join("  "))
}

/// Whether a value has pieces by the letter of the section.
fn has_by_the_letter(value: &str, initial: Option<&str>, any: &[&str], last: Option<&str>) -> bool {
    let value = as_a_value(value);
    let initial = initial.map(|text| as_a_piece(text, true, false)).unwrap_or_default();
    let last = last.map(|text| as_a_piece(text, false, true)).unwrap_or_default();
    let Some(mut rest) = value.strip_prefix(&*initial) else { return false };
    for piece in any {
        let Some((_, behind)) = rest.split_once(&*as_a_piece(piece, false, false)) else {
            return false;
        };
        rest = behind;
    }
    rest.ends_with(&*last)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_planned_search_finds_exactly_what_judging_every_entry_finds(
        small in small(),
        wishes in vec(wish(), 8),
    ) {
        let world = World::new();
        let acme = world.organization("acme");
        let made = make(&world, acme, &small);
        let visibility = small.chosen.as_ref().map_or(Visibility::Everything, |chosen| {
            Visibility::Groups(chosen.iter().filter_map(|at| made.groups.get(*at).copied()).collect())
        });
        let wiki = world.by(account(&world, acme, "wiki", visibility));
        account(&world, acme, "mail", Visibility::Everything);
        for wish in wishes {
            let filter = made.filter(&wish);
            let expected = naive(&world, wiki, acme, &made, &filter);
            prop_assert_eq!(found(&world, wiki, acme, filter.clone()), expected, "{:?}", filter);
        }
    }

    #[test]
    fn prepared_text_stays_as_it_is_when_it_is_prepared_again(text in "\\PC{0,12}", any in any::<String>()) {
        for text in [text, any] {
            let once = prepare(&text);
            prop_assert_eq!(prepare(&once), once);
            let once = prepare_exact(&text);
            prop_assert_eq!(prepare_exact(&once), once);
        }
    }

    #[test]
    fn spaces_of_pieces_count_as_rfc4518_2_6_1_has_it(
        value in "[ab ]{0,6}",
        initial in proptest::option::of("[ab ]{1,3}"),
        any in vec("[ab ]{1,3}", 0..3),
        last in proptest::option::of("[ab ]{1,3}"),
    ) {
        let any: Vec<&str> = any.iter().map(String::as_str).collect();
        let (initial, last) = (initial.as_deref(), last.as_deref());
        let pieces = Pieces::folded(initial, &any, last).unwrap();
        let expected = has_by_the_letter(&value, initial, &any, last);
        prop_assert_eq!(pieces.are_in(&prepare(&value)), expected);
    }

    #[test]
    fn pieces_of_a_text_are_found_in_it(parts in vec("[a-z]{1,3}", 3..6)) {
        let text = parts.concat();
        let any: Vec<&str> = parts[1..parts.len() - 1].iter().map(String::as_str).collect();
        let filter = Filter::pieces(Attribute::Login, parts.first().map(String::as_str), &any, parts.last().map(String::as_str));
        let Filter::Test(_, Comparison::Pieces(pieces)) = filter else { panic!() };
        prop_assert!(pieces.are_in(&text));
        let equal = Filter::equal(Attribute::Login, &text);
        prop_assert_eq!(equal, Filter::Test(Attribute::Login, Comparison::Equal(Value::Text(text))));
    }
}
