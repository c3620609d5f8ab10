//! What a search finds: logic, sight, paging, bounds.

use super::world::{World, user};
use crate::access::{Actor, Context, Identity, ManageConfiguration, ManageIdentities, Search};
use crate::authentication::HashParameters;
use crate::collections::{GeneratedPassword, Member, MembershipChange};
use crate::id::{GroupId, OrganizationId, UserId};
use crate::records::{GroupFields, ServiceAccountFields, UserFields, Visibility};
use crate::search::{
    Attribute, Case, Comparison, Ended, EntryId, Filter, Kind, Kinds, Position, TURN, Truth, Visit,
};

/// A service account of `organization`.
pub(super) fn account(
    world: &World,
    organization: OrganizationId,
    name: &str,
    visibility: Visibility,
) -> Actor {
    let parameters = HashParameters::new(8, 1, 1).unwrap();
    let password = GeneratedPassword::generate(&parameters, world.directory.tools()).unwrap();
    let fields = ServiceAccountFields { name: name.into(), visibility, ..Default::default() };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.service_accounts().create(fields, &password).map(|(id, _)| id)
    });
    world.actor(organization, Identity::ServiceAccount(made.unwrap()))
}

pub(super) fn group(
    world: &World,
    organization: OrganizationId,
    name: &str,
    members: Vec<Member>,
) -> GroupId {
    let fields = GroupFields { name: name.into(), ..GroupFields::default() };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let (id, _) = grant.groups().create(fields)?;
        let members = MembershipChange { add: members, remove: Vec::new() };
        grant.groups().change_members(id, None, &members)?;
        Ok(id)
    });
    made.unwrap()
}

/// Everything that a search finds.
pub(super) fn found(
    world: &World,
    context: Context,
    organization: OrganizationId,
    filter: Filter,
) -> Vec<EntryId> {
    let reading = world.directory.read(context).unwrap();
    let grant = reading.authorize::<Search>(organization).unwrap();
    let mut searching = grant.search(Kinds::ALL, filter, None, usize::MAX).unwrap();
    let mut found = Vec::new();
    let mut ended = Ended::Turn;
    while ended == Ended::Turn {
        let advanced = grant.advance(&mut searching, &mut |entry| {
            found.push(entry.entry().id());
            Ok(Visit::Taken)
        });
        ended = advanced.unwrap();
    }
    assert_eq!(ended, Ended::Complete);
    found
}

/// One page, and where the next one starts.
fn page(
    world: &World,
    (context, organization): (Context, OrganizationId),
    from: Option<Position>,
    size: usize,
) -> (Vec<EntryId>, Option<Position>) {
    let reading = world.directory.read(context).unwrap();
    let grant = reading.authorize::<Search>(organization).unwrap();
    let filter = Filter::Kind(Kinds::USERS.and(Kinds::GROUPS));
    let mut searching = grant.search(Kinds::ALL, filter, from, 1_000).unwrap();
    let mut found = Vec::new();
    let ended = grant.advance(&mut searching, &mut |entry| {
        if found.len() == size {
            return Ok(Visit::Full);
        }
        found.push(entry.entry().id());
        Ok(Visit::Taken)
    });
    let next = (ended.unwrap() == Ended::Paused).then(|| searching.position().unwrap());
    (found, next)
}

#[test]
fn pages_lose_and_repeat_nothing_that_stays_while_others_come_and_go() {
    let world = World::new();
    let acme = world.organization("acme");
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    let users: Vec<UserId> = (0..100).map(|n| world.user(acme, &format!("user{n}"))).collect();
    let groups: Vec<GroupId> =
        (0..10).map(|n| group(&world, acme, &format!("group{n}"), Vec::new())).collect();
    let (mut seen, mut next, mut round) = (Vec::new(), None, 0);
    loop {
        let (found, position) = page(&world, (wiki, acme), next, 7);
        seen.extend(found);
        let Some(position) = position else { break };
        next = Some(position);
        let gone = users[(round * 13 + 4) % 50 * 2];
        round += 1;
        world.user(acme, &format!("late{round}"));
        let _gone_already = world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().delete(gone, None)
        });
    }
    let stay = users.iter().skip(1).step_by(2).map(|id| EntryId::User(*id));
    for entry in stay.chain(groups.into_iter().map(EntryId::Group)) {
        assert_eq!(seen.iter().filter(|other| **other == entry).count(), 1, "{entry:?}");
    }
}

#[test]
fn a_search_ends_when_it_looked_through_as_many_as_it_may() {
    let world = World::new();
    let acme = world.organization("acme");
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    for number in 0..20 {
        world.user(acme, &format!("user{number}"));
    }
    let reading = world.directory.read(wiki).unwrap();
    let grant = reading.authorize::<Search>(acme).unwrap();
    let unindexed = Filter::equal(Attribute::Title, "nobody's");
    let mut searching = grant.search(Kinds::USERS, unindexed, None, 10).unwrap();
    let ended = grant.advance(&mut searching, &mut |_| Ok(Visit::Taken)).unwrap();
    assert_eq!(ended, Ended::LookedThrough);
    let indexed = Filter::equal(Attribute::Login, "user19");
    let mut searching = grant.search(Kinds::ALL, indexed, None, 0).unwrap();
    let ended = grant.advance(&mut searching, &mut |_| Ok(Visit::Taken)).unwrap();
    assert_eq!(ended, Ended::Complete);
}

#[test]
fn a_filter_of_many_parts_looks_through_no_more_than_a_few_and_finds_the_same() {
    let world = World::new();
    let acme = world.organization("acme");
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    for number in 0..20 {
        world.user(acme, &format!("user{number}"));
    }
    let reading = world.directory.read(wiki).unwrap();
    let grant = reading.authorize::<Search>(acme).unwrap();
    let vain = |part| Filter::pieces(Attribute::Login, None, &[&format!("nobody{part}")], None);
    let mut parts: Vec<Filter> = (0..200).map(vain).collect();
    parts.push(Filter::pieces(Attribute::Login, None, &["ser19"], None));
    let mut searching = grant.search(Kinds::USERS, Filter::Or(parts), None, 30).unwrap();
    let (mut found, mut ended) = (0, Ended::Turn);
    while ended == Ended::Turn {
        let advanced = grant.advance(&mut searching, &mut |_| {
            found += 1;
            Ok(Visit::Taken)
        });
        ended = advanced.unwrap();
    }
    assert_eq!((ended, found), (Ended::Complete, 1));
}

#[test]
fn a_search_that_judges_much_gives_others_their_turn_and_goes_on() {
    let world = World::new();
    let acme = world.organization("acme");
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    for number in 0..50 {
        world.user(acme, &format!("user{number}"));
    }
    let reading = world.directory.read(wiki).unwrap();
    let grant = reading.authorize::<Search>(acme).unwrap();
    // Seventeen entries in each turn, or ten that are written.
    for (visit, expected) in [(Visit::Taken, 2), (Visit::Written, 5)] {
        let costly = Filter::And(vec![Filter::present(Attribute::Login); TURN / 20]);
        let mut searching = grant.search(Kinds::USERS, costly, None, usize::MAX).unwrap();
        let (mut found, mut turns) = (0, 0);
        while grant
            .advance(&mut searching, &mut |_| {
                found += 1;
                Ok(visit)
            })
            .unwrap()
            == Ended::Turn
        {
            turns += 1;
        }
        assert_eq!((found, turns), (50, expected), "{visit:?}");
    }
}

#[test]
fn a_memo_that_two_grants_share_mixes_up_neither_organizations_nor_snapshots() {
    let world = World::new();
    let names = ["acme", "globex"];
    let scenes = names.map(|name| {
        let organization = world.organization(name);
        let ada = world.user(organization, "ada");
        group(&world, organization, name, vec![Member::User(ada)]);
        let wiki = world.by(account(&world, organization, "wiki", Visibility::Everything));
        (organization, ada, world.directory.read(wiki).unwrap())
    });
    let memo = world.directory.memo();
    let grants = scenes.each_ref().map(|(organization, ada, reading)| {
        (reading.authorize_search(*organization, &memo).unwrap(), EntryId::User(*ada))
    });
    for _ in 0..2 {
        for ((grant, ada), name) in grants.iter().zip(names) {
            let mut seen = Vec::new();
            grant
                .show(*ada, &mut |found| {
                    found.groups(&mut |group| seen.push(group.fields.name.clone()))
                })
                .unwrap();
            assert_eq!(seen, [name]);
        }
    }
}

#[test]
fn what_a_caller_does_not_see_is_not_looked_through() {
    let world = World::new();
    let acme = world.organization("acme");
    let seen: Vec<_> = (0..3).map(|number| world.user(acme, &format!("seen{number}"))).collect();
    for number in 0..20 {
        world.user(acme, &format!("unseen{number}"));
    }
    let members = seen.iter().map(|user| Member::User(*user)).collect();
    let few = group(&world, acme, "few", members);
    let wiki = account(&world, acme, "wiki", Visibility::Groups(vec![few]));
    for (actor, all) in [(wiki, 5), (world.actor(acme, Identity::User(seen[1])), 1)] {
        let reading = world.directory.read(world.by(actor)).unwrap();
        let grant = reading.authorize::<Search>(acme).unwrap();
        let mut searching = grant.search(Kinds::ALL, Filter::always(), None, 5).unwrap();
        let mut count = 0;
        let ended = grant.advance(&mut searching, &mut |_| {
            count += 1;
            Ok(Visit::Taken)
        });
        assert_eq!((ended.unwrap(), count), (Ended::Complete, all));
    }
}

#[test]
fn users_see_themselves_and_the_people_where_the_organization_says_so() {
    let world = World::new();
    let acme = world.organization("acme");
    let (ada, bob) = (world.user(acme, "ada"), world.user(acme, "bob"));
    let staff = group(&world, acme, "staff", vec![Member::User(ada), Member::User(bob)]);
    account(&world, acme, "wiki", Visibility::Everything);
    let as_ada = world.by(world.actor(acme, Identity::User(ada)));
    assert_eq!(found(&world, as_ada, acme, Filter::always()), [EntryId::User(ada)]);
    assert_eq!(found(&world, as_ada, acme, Filter::MemberOf(staff)), [EntryId::User(ada)]);
    world.set(acme, |settings| settings.users_see_people = true);
    let all = [EntryId::User(ada), EntryId::User(bob), EntryId::Group(staff)];
    assert_eq!(found(&world, as_ada, acme, Filter::always()), all);
    assert_eq!(found(&world, as_ada, acme, Filter::MemberOf(staff)), all[..2]);
}

#[test]
fn a_service_account_with_chosen_groups_learns_nothing_of_others_even_by_filters() {
    let world = World::new();
    let acme = world.organization("acme");
    let (ada, bob) = (world.user(acme, "ada"), world.user(acme, "bob"));
    let nested = group(&world, acme, "nested", vec![Member::User(ada)]);
    let chosen = group(&world, acme, "chosen", vec![Member::Group(nested)]);
    let secret = group(&world, acme, "secret", vec![Member::User(ada), Member::User(bob)]);
    let actor = account(&world, acme, "wiki", Visibility::Groups(vec![chosen]));
    let wiki = world.by(actor);
    let Some(Identity::ServiceAccount(own)) = actor.identity() else { panic!() };
    let all = [
        EntryId::User(ada),
        EntryId::Group(nested),
        EntryId::Group(chosen),
        EntryId::ServiceAccount(own),
    ];
    assert_eq!(found(&world, wiki, acme, Filter::always()), all);
    assert_eq!(found(&world, wiki, acme, Filter::MemberOf(secret)), []);
    assert_eq!(found(&world, wiki, acme, Filter::HasMember(Member::User(bob))), []);
    assert_eq!(found(&world, wiki, acme, Filter::MemberOf(chosen)), [all[0], all[1]]);
    let reading = world.directory.read(wiki).unwrap();
    let grant = reading.authorize::<Search>(acme).unwrap();
    let mut names = Vec::new();
    let shown = grant.show(EntryId::User(ada), &mut |found| {
        found.groups(&mut |group| names.push(group.fields.name.clone()))?;
        Ok(())
    });
    assert!(shown.unwrap());
    assert_eq!(names, ["nested", "chosen"]);
    assert!(!grant.show(EntryId::Group(secret), &mut |_| Ok(())).unwrap());
}

#[test]
fn groups_are_found_by_logins_of_their_users_and_of_those_in_groups_within_them() {
    let world = World::new();
    let acme = world.organization("acme");
    let (ada, bob) = (world.user(acme, "ada"), world.user(acme, "bob"));
    let inner = group(&world, acme, "inner", vec![Member::User(ada)]);
    let outer = group(&world, acme, "outer", vec![Member::Group(inner)]);
    group(&world, acme, "others", vec![Member::User(bob)]);
    let (all, some) = (Visibility::Everything, Visibility::Groups(vec![outer]));
    let called = |case, login| {
        Filter::has_user(Filter::cased(Attribute::Login, case, login, Comparison::Equal))
    };
    let both = [EntryId::Group(inner), EntryId::Group(outer)];
    for (name, visibility) in [("wiki", all), ("narrow", some)] {
        let asking = world.by(account(&world, acme, name, visibility));
        let found = |filter| found(&world, asking, acme, filter);
        assert_eq!(found(called(Case::Folded, "ADA")), both, "{name}");
        assert_eq!(found(called(Case::Kept, "ada")), both, "{name}");
        assert_eq!(found(called(Case::Kept, "ADA")), [], "{name}");
    }
    let other = Filter::has_user(Filter::equal(Attribute::Login, "ada"));
    assert_eq!(other, Filter::Undefined);
}

#[test]
fn a_search_in_another_organization_is_refused_like_one_in_none() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    let reading = world.directory.read(wiki).unwrap();
    let never = crate::id::RecordId::from_record(4_711).unwrap();
    let of = |id| reading.authorize::<Search>(id).err().unwrap().to_string();
    assert_eq!(of(beta), of(never));
    let theirs = world.user(beta, "ada");
    let grant = reading.authorize::<Search>(acme).unwrap();
    assert!(!grant.show(EntryId::User(theirs), &mut |_| Ok(())).unwrap());
    assert_eq!(grant.find(Kind::User, "ada").unwrap(), None);
}

#[test]
fn logic_has_three_values_and_not_of_the_unknown_is_unknown() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    let reading = world.directory.read(wiki).unwrap();
    let grant = reading.authorize::<Search>(acme).unwrap();
    let judged = |filter: &Filter| {
        let mut truth = Truth::Undefined;
        let shown = grant.show(EntryId::User(ada), &mut |found| {
            truth = found.judge(filter)?;
            Ok(())
        });
        assert!(shown.unwrap());
        truth
    };
    let (yes, no, unknown) = (Filter::always(), Filter::never(), Filter::Undefined);
    let not = |filter: &Filter| Filter::Not(Box::new(filter.clone()));
    let and = |one: &Filter, other: &Filter| Filter::And(vec![one.clone(), other.clone()]);
    let or = |one: &Filter, other: &Filter| Filter::Or(vec![one.clone(), other.clone()]);
    for (filter, truth) in [
        (not(&unknown), Truth::Undefined),
        (and(&yes, &unknown), Truth::Undefined),
        (and(&unknown, &no), Truth::False),
        (or(&unknown, &yes), Truth::True),
        (or(&no, &unknown), Truth::Undefined),
        (not(&no), Truth::True),
        (Filter::equal(Attribute::UidNumber, "ten"), Truth::Undefined),
        (Filter::equal(Attribute::Title, "none"), Truth::False),
    ] {
        assert_eq!(judged(&filter), truth, "{filter:?}");
    }
}

#[test]
fn numbers_compare_as_numbers_times_by_the_second_and_pieces_do_not_overlap() {
    let world = World::new();
    let acme = world.organization("acme");
    let fields = UserFields {
        uid_number: Some(9_000),
        home_directory: Some("/home/Ada Two".into()),
        ..user("abab")
    };
    let made = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().create(fields, None)
    });
    let entry = [EntryId::User(made.unwrap().0)];
    world.pass(1_000);
    let wiki = world.by(account(&world, acme, "wiki", Visibility::Everything));
    let second = world.now().seconds() - 1;
    let login = |initial, any: &[&str], last| Filter::pieces(Attribute::Login, initial, any, last);
    let home = |any: &[&str]| Filter::pieces(Attribute::HomeDirectory, None, any, None);
    for (filter, matches) in [
        (Filter::at_most(Attribute::UidNumber, "10000"), true),
        (Filter::at_least(Attribute::UidNumber, "10000"), false),
        (Filter::equal(Attribute::UidNumber, "09000"), false),
        (Filter::equal(Attribute::Modified, &second.to_string()), true),
        (Filter::at_most(Attribute::Modified, &second.to_string()), true),
        (Filter::at_least(Attribute::Modified, &(second + 1).to_string()), false),
        (login(Some("AB"), &[], Some("ab")), true),
        (login(Some("aba"), &[], Some("bab")), false),
        (login(None, &["ab", "ab"], None), true),
        (login(None, &["ab", "ba"], None), false),
        (home(&["Ada "]), true),
        (home(&["ada"]), false),
        (home(&["Two "]), true),
        (home(&["two "]), false),
        (home(&["Ada ", " Two"]), true),
        (home(&["Ada ", " ", " Two"]), false),
        (login(Some("abab "), &[], None), true),
        (login(Some("aba "), &[], None), false),
        (login(None, &[" ab", "ab "], None), true),
        (login(None, &[" ba"], None), false),
    ] {
        let users = Filter::And(vec![Filter::Kind(Kinds::USERS), filter.clone()]);
        let expected: &[EntryId] = if matches { &entry } else { &[] };
        assert_eq!(found(&world, wiki, acme, users), expected, "{filter:?}");
    }
}
