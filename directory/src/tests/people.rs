//! Looking for somebody in all organizations of a scope.

use super::world::{World, user};
use crate::access::{Context, ManageIdentities, Role};
use crate::directory::{FoundPerson, PeoplePlace};
use crate::error::Error;
use crate::id::{OrganizationId, Place};
use crate::records::{AdminScope, Narrowing, TokenPurpose, UserFields};

/// Who is found, page by page: the organization's slug and the login.
fn found(world: &World, by: Context, text: &str, limit: usize) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..100 {
        let reading = world.directory.read(by).unwrap();
        let page = reading.find_people(text, after, limit).unwrap();
        assert!(page.people.len() <= limit);
        let named = |it: &FoundPerson| format!("{}/{}", it.slug, it.user.fields.login);
        found.extend(page.people.iter().map(named));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
    panic!("it goes on for ever: {found:?}");
}

fn make(world: &World, organization: OrganizationId, login: &str, display_name: &str) {
    let fields = UserFields { display_name: display_name.into(), ..user(login) };
    let made = world.change(move |change| {
        change.authorize::<ManageIdentities>(organization)?.users().create(fields, None).map(drop)
    });
    made.unwrap();
}

/// Three organizations with people of the same names.
fn three(world: &World) -> [OrganizationId; 3] {
    let all = ["acme", "beta", "corp"].map(|slug| world.organization(slug));
    for organization in all {
        make(world, organization, "ada", "Ada Lovelace");
        make(world, organization, "bob", "Adam the Builder");
        make(world, organization, "eve", "Eve");
    }
    all
}

#[test]
fn pages_of_any_size_hold_everybody_once_in_the_order_of_organizations() {
    let world = World::new();
    three(&world);
    let all =
        ["acme/ada", "acme/bob", "beta/ada", "beta/bob", "corp/ada", "corp/bob"].map(str::to_owned);
    for limit in 1..8 {
        assert_eq!(found(&world, world.top(), "ADA", limit), all, "{limit}");
    }
    assert_eq!(found(&world, world.top(), " adam  the", 9).len(), 3, "the beginning of the name");
    assert!(found(&world, world.top(), "lovelace", 9).is_empty(), "no other part of it");
    assert_eq!(found(&world, world.top(), "eve", 2).len(), 3, "by two indices, and once");
}

#[test]
fn an_admin_finds_people_of_the_own_scope_alone_and_a_key_of_what_it_is_narrowed_to() {
    let world = World::new();
    let [acme, beta, corp] = three(&world);
    let of = |home: Place, scope| world.admin(home, Role::ReadOnly, scope);
    let some = of(Place::Provider, AdminScope::Organizations(vec![corp, acme]));
    assert_eq!(found(&world, some, "ada", 3), ["acme/ada", "acme/bob", "corp/ada", "corp/bob"]);
    let none = of(Place::Provider, AdminScope::None);
    assert!(found(&world, none, "ada", 9).is_empty());
    let own = of(beta.into(), AdminScope::None);
    assert_eq!(found(&world, own, "ada", 1), ["beta/ada", "beta/bob"]);
    let fields = super::world::fields("ops", Role::Manager, AdminScope::All);
    let fields = crate::records::AdminFields { api_access: true, ..fields };
    let narrowing = Narrowing { organizations: Some(vec![beta]), ..Narrowing::default() };
    let key = world.token(Place::Provider, fields, narrowing, TokenPurpose::ApiKey);
    assert_eq!(found(&world, key, "ada", 9), ["beta/ada", "beta/bob"]);
    world.change(move |change| change.authorize(acme)?.own()?.set_suspended(None, true)).unwrap();
    assert_eq!(found(&world, some, "eve", 9), ["acme/eve", "corp/eve"], "a suspended one is seen");
    world.change(move |change| change.authorize(acme)?.own()?.delete(None, "ACME")).unwrap();
    assert_eq!(found(&world, some, "eve", 9), ["corp/eve"], "and a deleted one is not");
}

#[test]
fn where_the_page_of_another_admin_ends_leads_nobody_out_of_the_own_scope() {
    let world = World::new();
    let [acme, beta, corp] = three(&world);
    let behind = |by: Context, after: Option<PeoplePlace>| {
        let page = world.directory.read(by).unwrap().find_people("ada", after, 9).unwrap();
        assert_eq!(page.next, None);
        let named = |it: FoundPerson| format!("{}/{}", it.slug, it.user.fields.login);
        page.people.into_iter().map(named).collect::<Vec<_>>()
    };
    let top = world.directory.read(world.top()).unwrap();
    let in_acme = top.find_people("ada", None, 1).unwrap().next;
    assert_eq!(in_acme.map(|place| place.organization), Some(acme));
    let scope = AdminScope::Organizations(vec![beta]);
    let some = world.admin(Place::Provider, Role::ReadOnly, scope);
    let own = world.admin(beta.into(), Role::ReadOnly, AdminScope::None);
    let after_all = Some(PeoplePlace { organization: corp, user: None });
    for by in [some, own] {
        assert_eq!(behind(by, in_acme), ["beta/ada", "beta/bob"]);
        assert!(behind(by, after_all).is_empty());
    }
    assert_eq!(behind(world.top(), in_acme).len(), 5);
}

#[test]
fn what_says_too_little_is_refused() {
    let world = World::new();
    let acme = world.organization("acme");
    let reading = world.directory.read(world.top()).unwrap();
    assert!(matches!(reading.find_people("  ", None, 9), Err(Error::Invalid(_))));
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        for number in 0..=1_000 {
            let fields = UserFields { display_name: "Ada".into(), ..user(&format!("u{number}")) };
            grant.users().create(fields, None)?;
        }
        Ok(())
    });
    made.unwrap();
    let reading = world.directory.read(world.top()).unwrap();
    assert!(matches!(reading.find_people("ad", None, 9), Err(Error::Invalid(_))));
    assert_eq!(found(&world, world.top(), "u7", 9), ["acme/u7"]);
}
