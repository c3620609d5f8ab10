//! Custom attributes: defined, given values, searched, indexed, deleted.

mod values;

use storage::Reading;
use uuid::Uuid;

use super::search::{account, found, group};
use super::world::{World, refusal, user};
use crate::access::{Context, ManageConfiguration, ManageIdentities, Search, View};
use crate::collections::{CUSTOM_ATTRIBUTES, Entity, Member};
use crate::error::Error;
use crate::id::{CustomAttributeId, OrganizationId, RecordId, UserId};
use crate::records::{
    CustomAttribute, CustomAttributeFields, Group, GroupFields, Stamp, Syntax, User, Values,
    Visibility, Work, custom_index,
};
use crate::schema::Schema;
use crate::search::{Attribute, Comparison, Ended, EntryId, Filter, Kind, Kinds, Visit};
use crate::time::Time;
use crate::{KnownNames, NameUse};

/// What names everybody has, in these tests.
pub(super) const fn known() -> KnownNames {
    KnownNames(|name| match name.to_ascii_lowercase().as_str() {
        "cn" => NameUse::Taken,
        "labeleduri" => left(Syntax::ExactText),
        "postaladdress" => NameUse::Left { syntax: Syntax::Text, single: false, by_lines: true },
        "preferredlanguage" => {
            NameUse::Left { syntax: Syntax::Text, single: true, by_lines: false }
        }
        _ => NameUse::Free,
    })
}

const fn left(syntax: Syntax) -> NameUse {
    NameUse::Left { syntax, single: false, by_lines: false }
}

fn fields(name: &str, syntax: Syntax) -> CustomAttributeFields {
    let name = name.to_owned();
    CustomAttributeFields { name, description: None, syntax, multiple: true, indexed: true }
}

fn define(
    world: &World,
    organization: OrganizationId,
    fields: CustomAttributeFields,
) -> Result<(CustomAttributeId, CustomAttribute), Error> {
    world.change(move |change| {
        change.authorize::<ManageConfiguration>(organization)?.custom_attributes().create(fields)
    })
}

fn give(
    world: &World,
    organization: OrganizationId,
    login: &str,
    name: &'static str,
    values: Values,
) -> Result<UserId, Error> {
    let mut fields = user(login);
    world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let number = grant.schema()?.named(name).ok_or(Error::Missing)?.number;
        fields.custom.set(number, values);
        grant.users().create(fields, None).map(|(id, _)| id)
    })
}

fn settle(world: &World) -> usize {
    (0..).take_while(|_| world.directory.advance_custom_work(world.now()).unwrap()).count()
}

fn schema(world: &World, organization: OrganizationId) -> Schema {
    let reading = world.directory.read(world.top()).unwrap();
    reading.authorize::<View>(organization).unwrap().schema().unwrap()
}

fn attribute(world: &World, organization: OrganizationId, name: &str) -> Attribute {
    schema(world, organization).named(name).unwrap().attribute()
}

fn reader(world: &World, organization: OrganizationId) -> Context {
    world.by(account(world, organization, "reader", Visibility::Everything))
}

fn users(found: Vec<EntryId>) -> Vec<u64> {
    found.into_iter().map(EntryId::record).collect()
}

fn texts(values: &[&str]) -> Values {
    Values::Text(values.iter().map(|&text| text.to_owned()).collect())
}

/// Defines an attribute of each syntax.
fn define_each(world: &World, organization: OrganizationId) {
    for (name, syntax) in [
        ("costCenter", Syntax::Text),
        ("badge", Syntax::ExactText),
        ("level", Syntax::Integer),
        ("remote", Syntax::Boolean),
        ("hired", Syntax::Time),
        ("token", Syntax::Octets),
        ("desk", Syntax::Telephone),
        ("land", Syntax::Country),
        ("chief", Syntax::Reference),
    ] {
        let multiple = syntax != Syntax::Boolean;
        let defined = CustomAttributeFields { multiple, ..fields(name, syntax) };
        define(world, organization, defined).unwrap();
    }
}

#[test]
fn what_is_given_is_found_by_the_rule_of_its_syntax_in_its_organization_alone() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    define_each(&world, acme);
    define_each(&world, beta);
    let one = give(&world, acme, "one", "costCenter", texts(&["R & D", "Lab"])).unwrap();
    let two = give(&world, acme, "two", "badge", Values::ExactText(vec!["Ab1".into()])).unwrap();
    let three = give(&world, acme, "three", "level", Values::Integer(vec![-7, 300])).unwrap();
    let four = give(&world, acme, "four", "remote", Values::Boolean(vec![true])).unwrap();
    let five = give(&world, acme, "five", "hired", Values::Time(vec![-1_500])).unwrap();
    let six = give(&world, acme, "six", "token", Values::Octets(vec![vec![0, 255]])).unwrap();
    let phone = Values::Telephone(vec!["+44 20-7946 0018".into()]);
    let seven = give(&world, acme, "seven", "desk", phone).unwrap();
    let eight = give(&world, acme, "eight", "land", Values::Country(vec!["gb".into()])).unwrap();
    let chief = EntryId::User(one);
    let nine = give(&world, acme, "nine", "chief", Values::Reference(vec![chief])).unwrap();
    give(&world, beta, "else", "costCenter", texts(&["Lab"])).unwrap();
    let custom = |name| attribute(&world, acme, name);
    let cases = [
        (Filter::equal(custom("costCenter"), "r  &  d"), vec![one]),
        (Filter::pieces(custom("costcenter"), Some("l"), &["a"], None), vec![one]),
        (Filter::equal(custom("badge"), "Ab1"), vec![two]),
        (Filter::equal(custom("badge"), "ab1"), vec![]),
        (Filter::at_most(custom("level"), "-7"), vec![three]),
        (Filter::at_least(custom("level"), "30"), vec![three]),
        (Filter::at_least(custom("level"), "301"), vec![]),
        (Filter::equal(custom("remote"), "TRUE"), vec![four]),
        (Filter::equal(custom("remote"), "FALSE"), vec![]),
        (Filter::at_most(custom("hired"), "-1500"), vec![five]),
        (Filter::at_least(custom("hired"), "-1499"), vec![]),
        (Filter::octets(custom("token"), &[0, 255], Comparison::Equal), vec![six]),
        (Filter::octets(custom("token"), &[0], Comparison::Equal), vec![]),
        (Filter::octets(custom("token"), &[0], Comparison::AtLeast), vec![six]),
        (Filter::octets(custom("token"), &[0, 255], Comparison::AtMost), vec![six]),
        (Filter::octets(custom("token"), &[0, 255], Comparison::Below), vec![]),
        (Filter::present(custom("token")), vec![six]),
        (Filter::equal(custom("desk"), "+442079460018"), vec![seven]),
        (Filter::pieces(custom("desk"), Some("+44 2"), &[], None), vec![seven]),
        (Filter::equal(custom("land"), "GB"), vec![eight]),
        (Filter::refers(custom("chief"), chief), vec![nine]),
        (Filter::refers(custom("chief"), EntryId::User(two)), vec![]),
        (Filter::refers(custom("desk"), chief), vec![]),
        (Filter::equal(custom("chief"), "one"), vec![]),
        (Filter::present(custom("chief")), vec![nine]),
        (Filter::equal(custom("level"), "seven"), vec![]),
        (Filter::Not(Box::new(Filter::equal(custom("level"), "seven"))), vec![]),
    ];
    let caller = reader(&world, acme);
    for (filter, expected) in cases {
        let expected: Vec<u64> = expected.into_iter().map(UserId::record).collect();
        let words = format!("{filter:?}");
        assert_eq!(users(found(&world, caller, acme, filter)), expected, "{words}");
    }
    world.assert_sound();
}

#[test]
fn rfc4517_4_2_9_and_10_addresses_are_found_by_their_lines_with_an_index_and_without() {
    for indexed in [true, false] {
        let world = World::new();
        let acme = world.organization("acme");
        let address = CustomAttributeFields { indexed, ..fields("address", Syntax::Text) };
        define(&world, acme, address).unwrap();
        let give = |login, text| give(&world, acme, login, "address", texts(&[text])).unwrap();
        let ada = give("ada", " 12  High St. $ Flat 3$Leeds");
        let bob = give("bob", "12 High St.$Flat 3, Leeds");
        let eve = give("eve", "R\\24 \\5C D$Leeds");
        settle(&world);
        let address = attribute(&world, acme, "address");
        let pieces =
            |initial, any: &[&str], last| Filter::pieces_of_lines(address, initial, any, last);
        let caller = reader(&world, acme);
        for (filter, expected) in [
            (Filter::lines(address, "12 HIGH st.$flat 3$leeds"), vec![ada]),
            (Filter::lines(address, "12 high st.$flat 3, leeds "), vec![bob]),
            (Filter::lines(address, "12 high st.$flat 3"), vec![]),
            (Filter::lines(address, "r\\24 \\5c d $ leeds"), vec![eve]),
            (Filter::lines(address, "r$ \\5c d$leeds"), vec![]),
            (pieces(Some("12 high"), &[], None), vec![ada, bob]),
            (pieces(Some("r$"), &["\\"], None), vec![eve]),
            (pieces(None, &["st. ", " flat"], Some("leeds")), vec![ada, bob]),
            (pieces(None, &["st. flat"], None), vec![]),
        ] {
            let expected: Vec<u64> = expected.into_iter().map(UserId::record).collect();
            let words = format!("{filter:?} {indexed}");
            assert_eq!(users(found(&world, caller, acme, filter)), expected, "{words}");
        }
        assert_eq!(Filter::lines(Attribute::HomeDirectory, "/home"), Filter::Undefined);
        world.assert_sound();
    }
}

#[test]
fn what_does_not_fit_its_definition_is_refused() {
    let world = World::new();
    let acme = world.organization("acme");
    let single = CustomAttributeFields { multiple: false, ..fields("single", Syntax::Text) };
    define(&world, acme, single).unwrap();
    define(&world, acme, fields("many", Syntax::Text)).unwrap();
    define(&world, acme, fields("big", Syntax::Octets)).unwrap();
    let refused = |name, values| refusal(give(&world, acme, "ada", name, values));
    assert_eq!(refused("single", texts(&["a", "b"])), "has one value at most");
    assert_eq!(refused("many", texts(&["a", "A"])), "has the same value twice");
    assert!(refused("many", texts(&["\u{1}"])).starts_with("must not contain"));
    assert!(refused("many", texts(&[""])).starts_with("must have at least"));
    assert!(refused("many", texts(&[&"x".repeat(1_025)])).starts_with("has 1025 octets"));
    define(&world, acme, fields("desk", Syntax::Telephone)).unwrap();
    define(&world, acme, fields("land", Syntax::Country)).unwrap();
    define(&world, acme, fields("chief", Syntax::Reference)).unwrap();
    let beta = world.organization("beta");
    world.user(beta, "first");
    let stranger = EntryId::User(world.user(beta, "stranger"));
    for (name, values, why) in [
        ("desk", Values::Telephone(vec!["- -".into()]), "must be a telephone"),
        ("desk", Values::Telephone(vec!["12é".into()]), "must be a telephone"),
        ("land", Values::Country(vec!["GBR".into()]), "must be the two letters"),
        ("land", Values::Country(vec!["G1".into()]), "must be the two letters"),
        ("chief", Values::Reference(vec![stranger]), "there is no such"),
        ("big", Values::Octets(vec![vec![0; (48 << 10) + 1]]), "has a value of more"),
    ] {
        assert!(refused(name, values.clone()).starts_with(why), "{values:?}");
    }
    let unindexed = CustomAttributeFields { indexed: false, ..fields("boss", Syntax::Reference) };
    assert!(refusal(define(&world, acme, unindexed)).contains("always indexed"));
    let octets = |count: u8| Values::Octets((0..count).map(|it| vec![it; 16 << 10]).collect());
    assert!(refused("big", octets(4)).starts_with("has 6"), "the total is bounded");
    give(&world, acme, "ada", "big", octets(3)).unwrap();
    // A value of another syntax is none of the attribute's.
    let other = give(&world, acme, "bob", "single", Values::Integer(vec![1])).unwrap();
    let snapshot = world.directory.inner.store.read().unwrap();
    let record: User = snapshot.get(acme.partition(), other.record()).unwrap().unwrap();
    assert!(record.fields.custom.is_empty());
}

#[test]
fn names_are_plain_unique_without_case_and_nobody_elses_and_there_are_not_too_many() {
    let world = World::new();
    let acme = world.organization("acme");
    define(&world, acme, fields("costCenter", Syntax::Text)).unwrap();
    let refused = |name: &str| refusal(define(&world, acme, fields(name, Syntax::Text)));
    assert_eq!(refused("COSTCENTER"), "name is taken");
    assert!(refused("Cn").contains("every organization"));
    for name in ["", "1st", "a b", "a;b", "a_b", "ä", &"x".repeat(65)] {
        assert!(refused(name).starts_with("must begin"), "{name}");
    }
    for number in 1..CUSTOM_ATTRIBUTES {
        define(&world, acme, fields(&format!("x{number}"), Syntax::Text)).unwrap();
    }
    assert!(refused("more").contains("64"));
}

#[test]
fn an_index_is_made_and_unmade_in_steps_and_serves_only_when_it_is_whole() {
    let world = World::new();
    let acme = world.organization("acme");
    let plain = CustomAttributeFields { indexed: false, ..fields("level", Syntax::Integer) };
    let (id, made) = define(&world, acme, plain).unwrap();
    for number in 0..600 {
        let values = Values::Integer(vec![number % 7]);
        give(&world, acme, &format!("u{number}"), "level", values).unwrap();
    }
    let caller = reader(&world, acme);
    let entries = || {
        let snapshot = world.directory.inner.store.read().unwrap();
        let index = custom_index(made.number, Kind::User).unwrap();
        snapshot.prefix(acme.partition(), index, &[]).count()
    };
    let found =
        || found(&world, caller, acme, Filter::equal(attribute(&world, acme, "level"), "3"));
    assert_eq!((entries(), found().len()), (0, 86));
    let set = |indexed| {
        let changed = world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.custom_attributes().update(id, None, |attribute| {
                attribute.fields.indexed = indexed;
                Ok(())
            })
        });
        changed.unwrap()
    };
    assert_eq!(set(true).work, Work::Users(0));
    // A user who comes meanwhile is in the index at once.
    give(&world, acme, "late", "level", Values::Integer(vec![3])).unwrap();
    assert!(world.directory.advance_custom_work(world.now()).unwrap());
    assert!((1..601).contains(&entries()), "one step is not all of it");
    let Attribute::Custom(meanwhile) = attribute(&world, acme, "level") else { panic!() };
    assert!(!meanwhile.indexed, "half an index does not serve");
    assert_eq!(found().len(), 87);
    settle(&world);
    let Attribute::Custom(settled) = attribute(&world, acme, "level") else { panic!() };
    assert!(settled.indexed);
    assert_eq!((entries(), found().len()), (601, 87));
    set(false);
    assert_eq!(found().len(), 87);
    settle(&world);
    assert_eq!((entries(), found().len()), (0, 87));
    assert_eq!(settle(&world), 0, "there is nothing left to do");
    world.assert_sound();
}

#[test]
fn a_deleted_attribute_shows_nowhere_at_once_and_its_values_go() {
    let world = World::new();
    let acme = world.organization("acme");
    let (id, made) = define(&world, acme, fields("costCenter", Syntax::Text)).unwrap();
    let ada = give(&world, acme, "ada", "costCenter", texts(&["Lab"])).unwrap();
    let staff = group(&world, acme, "staff", vec![Member::User(ada)]);
    let number = made.number;
    world
        .change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.groups().update(staff, None, |group| {
                group.fields.custom.set(number, texts(&["Lab"]));
                Ok(())
            })
        })
        .unwrap();
    let before = made.attribute();
    world
        .change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.custom_attributes().delete(id, None)
        })
        .unwrap();
    assert!(schema(&world, acme).is_empty());
    // Its name is free again, its number is not.
    let (_, again) = define(&world, acme, fields("costcenter", Syntax::Integer)).unwrap();
    assert_ne!(again.number, made.number);
    settle(&world);
    assert!(found(&world, reader(&world, acme), acme, Filter::present(before)).is_empty());
    let snapshot = world.directory.inner.store.read().unwrap();
    let ada: User = snapshot.get(acme.partition(), ada.record()).unwrap().unwrap();
    let staff: Group = snapshot.get(acme.partition(), staff.record()).unwrap().unwrap();
    assert!(ada.fields.custom.is_empty() && staff.fields.custom.is_empty());
    assert!(!snapshot.contains::<CustomAttribute>(acme.partition(), id.record()).unwrap());
    let (_, third) = define(&world, acme, fields("third", Syntax::Text)).unwrap();
    assert_eq!(third.number, made.number, "a number is used again when nothing is left");
    world.assert_sound();
}

#[test]
fn events_tell_custom_values_by_their_names() {
    let world = World::new();
    let acme = world.organization("acme");
    define(&world, acme, fields("costCenter", Syntax::Text)).unwrap();
    give(&world, acme, "ada", "costCenter", texts(&["Lab"])).unwrap();
    let event = world.events(acme.into(), 1).remove(0);
    let told = event.differences.iter().find(|it| it.field == "custom.costCenter").unwrap();
    assert_eq!(told.after.as_deref(), Some("[\"Lab\"]"));
    assert!(event.differences.iter().all(|it| it.field != "custom"));
}

#[test]
fn without_an_index_a_search_is_bounded_by_what_it_looks_through() {
    let world = World::new();
    let acme = world.organization("acme");
    let plain = CustomAttributeFields { indexed: false, ..fields("badge", Syntax::Text) };
    define(&world, acme, plain).unwrap();
    for number in 0..20 {
        give(&world, acme, &format!("u{number}"), "badge", texts(&["x"])).unwrap();
    }
    let caller = reader(&world, acme);
    let reading = world.directory.read(caller).unwrap();
    let grant = reading.authorize::<Search>(acme).unwrap();
    let filter = Filter::equal(grant.schema().named("badge").unwrap().attribute(), "y");
    let mut searching = grant.search(Kinds::ALL, filter, None, 10).unwrap();
    let ended = grant.advance(&mut searching, &mut |_| Ok(Visit::Taken)).unwrap();
    assert_eq!(ended, Ended::LookedThrough);
}

#[test]
fn a_name_of_a_standard_is_defined_as_the_standard_says() {
    let world = World::new();
    let acme = world.organization("acme");
    let pointer = |fields| match define(&world, acme, fields) {
        Err(Error::Invalid(invalid)) => invalid.pointer,
        other => panic!("{other:?}"),
    };
    assert_eq!(pointer(fields("cn", Syntax::Text)), "/name");
    assert_eq!(pointer(fields("labeledURI", Syntax::Text)), "/syntax");
    assert_eq!(pointer(fields("preferredLanguage", Syntax::Text)), "/multiple");
    define(&world, acme, fields("labeledURI", Syntax::ExactText)).unwrap();
    let single =
        CustomAttributeFields { multiple: false, ..fields("preferredLanguage", Syntax::Text) };
    let (id, _) = define(&world, acme, single).unwrap();
    let widened = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(acme)?;
        let allow = |attribute: &mut CustomAttribute| {
            attribute.fields.multiple = true;
            Ok(())
        };
        grant.custom_attributes().update(id, None, allow)
    });
    assert!(matches!(widened, Err(Error::Invalid(invalid)) if invalid.pointer == "/multiple"));
}

#[test]
fn a_record_of_version_1_is_read_as_one_without_custom_values() {
    let old = |record: Vec<u8>| record[..record.len() - 1].to_vec();
    let stamp = Stamp::new(Time(1_700_000_000_000));
    let fields = GroupFields { name: "staff".into(), ..GroupFields::default() };
    let staff = <Group as Entity>::new(Uuid::nil(), stamp, fields);
    let body = old(storage::encode(&staff).unwrap());
    assert_eq!(<Group as storage::Record>::upgrade(1, &body).unwrap(), staff);
    let ada = <User as Entity>::new(Uuid::nil(), stamp, user("ada"));
    let body = old(old(old(storage::encode(&ada).unwrap())));
    assert_eq!(<User as storage::Record>::upgrade(1, &body).unwrap(), ada);
    assert!(<User as storage::Record>::upgrade(9, &body).is_err());
}

#[test]
fn who_is_deleted_is_named_no_more_and_who_is_not_seen_is_not_told() {
    let world = World::new();
    let acme = world.organization("acme");
    define(&world, acme, fields("chief", Syntax::Reference)).unwrap();
    let ada = world.user(acme, "ada");
    let staff = group(&world, acme, "staff", vec![Member::User(ada)]);
    let both = Values::Reference(vec![EntryId::User(ada), EntryId::Group(staff)]);
    let bob = give(&world, acme, "bob", "chief", both).unwrap();
    let crew = group(&world, acme, "crew", vec![Member::User(bob)]);
    let chief = attribute(&world, acme, "chief");
    let narrow = world.by(account(&world, acme, "narrow", Visibility::Groups(vec![crew])));
    let wide = reader(&world, acme);
    let asked = |entry| Filter::refers(chief, entry);
    for (caller, expected) in [(wide, vec![EntryId::User(bob)]), (narrow, Vec::new())] {
        for filter in [asked(EntryId::User(ada)), Filter::present(chief)] {
            assert_eq!(found(&world, caller, acme, filter), expected);
        }
    }
    let bobs = || {
        let reading = world.directory.read(world.top()).unwrap();
        reading.authorize::<View>(acme).unwrap().users().read(bob).unwrap()
    };
    let before = bobs();
    world.pass(1);
    world
        .change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().delete(ada, None)?;
            // Whoever names themselves goes like anybody.
            let own = Values::Reference(vec![EntryId::Group(staff)]);
            grant.groups().update(staff, None, |staff| {
                staff.fields.custom.set(0, own);
                Ok(())
            })?;
            Ok(())
        })
        .unwrap();
    let after = bobs();
    assert!(after.stamp.modified > before.stamp.modified);
    assert_eq!(after.fields.custom.of(0), Some(&Values::Reference(vec![EntryId::Group(staff)])));
    world
        .change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.groups().delete(staff, None)
        })
        .unwrap();
    assert!(bobs().fields.custom.is_empty());
    assert!(found(&world, wide, acme, Filter::present(chief)).is_empty());
    world.assert_sound();
}
