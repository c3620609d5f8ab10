//! Who may do what, and if not, why.

use super::world::{World, fields};
use crate::access::{
    Context, ManageAdmins, ManageAuthentication, Obstacle, Permission, Role, View,
};
use crate::directory::Outlook;
use crate::error::Error;
use crate::id::{OrganizationId, Place};
use crate::records::{
    AdminFields, AdminScope, AdminState, GroupPasswordPolicyFields, Narrowing, Settings,
    TokenPurpose,
};

/// The codes of what stands in one's own way.
fn own(world: &World, by: Context, permission: Permission, place: Place) -> Vec<&'static str> {
    let outlook = world.directory.read(by).unwrap().outlook(place).unwrap();
    codes(&outlook.obstacles(Some(permission)))
}

fn codes(obstacles: &[Obstacle]) -> Vec<&'static str> {
    obstacles.iter().map(|obstacle| obstacle.code()).collect()
}

/// What an admin may do at a place, as the highest one asks.
fn of(world: &World, admin: Context, at: Place) -> Outlook {
    coming(world, admin, at, None)
}

/// The same of an admin who comes from an address.
fn coming(world: &World, admin: Context, at: Place, from: Option<&str>) -> Outlook {
    let admin = admin.actor.admin().unwrap();
    let reading = world.directory.read(world.top()).unwrap();
    let grant = reading.authorize_at::<View>(admin.home).unwrap();
    grant.outlook_of(admin.number, at, from.map(|from| from.parse().unwrap())).unwrap()
}

#[test]
fn networks_are_judged_where_an_address_is_named() {
    let world = World::new();
    let sources = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let fields = fields("ops", Role::Manager, AdminScope::All);
    let fields = AdminFields { sources, ..fields };
    let (whole, session) = (Narrowing::default(), TokenPurpose::Session);
    let admin = world.token(Place::Provider, fields, whole, session);
    let told = |from: Option<&str>| {
        let outlook = coming(&world, admin, Place::Provider, from);
        assert_eq!(outlook.from(), from.map(|from| from.parse().unwrap()));
        let all = codes(&outlook.obstacles(Some(Permission::View)));
        all.into_iter().filter(|code| *code != "mfa_missing").collect::<Vec<_>>()
    };
    assert!(told(None).is_empty(), "nobody said from where");
    for inside in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
        assert!(told(Some(inside)).is_empty(), "{inside}");
    }
    for outside in ["198.51.100.1", "2001:db9::1"] {
        assert_eq!(told(Some(outside)), ["network"], "{outside}");
    }
    let anybody = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let anywhere = coming(&world, anybody, Place::Provider, Some("203.0.113.9"));
    assert_eq!(codes(&anywhere.obstacles(Some(Permission::View))), ["mfa_missing"]);
    let own = world.directory.read(admin).unwrap().outlook(Place::Provider).unwrap();
    assert_eq!(own.from(), admin.source);
}

fn narrowed(world: &World, narrowing: Narrowing) -> Context {
    let fields = AdminFields {
        api_access: true,
        ..fields("ops", Role::AdministratorWithBilling, AdminScope::All)
    };
    world.token(Place::Provider, fields, narrowing, TokenPurpose::ApiKey)
}

#[test]
fn what_is_in_ones_own_way_is_named() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let helper =
        world.admin(Place::Provider, Role::HelpDesk, AdminScope::Organizations(vec![acme]));
    let own = |by, permission, place: Place| own(&world, by, permission, place);
    assert!(own(helper, Permission::RecoverAccounts, acme.into()).is_empty());
    assert_eq!(own(helper, Permission::ManageIdentities, acme.into()), ["permission"]);
    assert_eq!(own(helper, Permission::View, beta.into()), ["scope"]);
    let theirs = world.admin(acme.into(), Role::AdministratorWithBilling, AdminScope::None);
    assert_eq!(own(theirs, Permission::ManageOrganizations, acme.into()), ["never_theirs"]);
    assert_eq!(own(theirs, Permission::View, Place::Provider), ["provider_only"]);
    let low = narrowed(&world, Narrowing { role: Some(Role::ReadOnly), ..Narrowing::default() });
    assert_eq!(own(low, Permission::ManageAdmins, Place::Provider), ["key_role"]);
    let list = Some(vec![acme]);
    let few = narrowed(&world, Narrowing { organizations: list, ..Narrowing::default() });
    assert_eq!(own(few, Permission::View, Place::Provider), ["key_organizations"]);
    assert_eq!(own(few, Permission::View, beta.into()), ["key_organizations"]);
    world.change(move |change| change.authorize(acme)?.own()?.delete(None, "ACME")).unwrap();
    let restores = own(world.top(), Permission::ManageOrganizations, acme.into());
    assert_eq!(restores, Vec::<&str>::new());
    assert_eq!(own(world.top(), Permission::View, acme.into()), ["deleted"]);
}

#[test]
fn of_others_is_told_that_they_are_suspended_or_have_not_enrolled() {
    let world = World::new();
    let acme = world.organization("acme");
    let admin = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let number = admin.actor.admin().unwrap().number;
    let view = Some(Permission::View);
    assert_eq!(codes(&of(&world, admin, acme.into()).obstacles(view)), ["mfa_missing"]);
    world
        .change(move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().update(number, None, |admin| {
                admin.state = AdminState::Suspended;
                Ok(())
            })
        })
        .unwrap();
    let told = of(&world, admin, acme.into()).obstacles(Some(Permission::ManageBilling));
    assert_eq!(codes(&told), ["suspended", "mfa_missing", "permission"]);
    assert_eq!(told[2].to_string(), "needs manage_billing, which manager does not hold");
    let theirs = world.admin(acme.into(), Role::Manager, AdminScope::None);
    world.change(move |change| change.authorize(acme)?.own()?.set_suspended(None, true)).unwrap();
    assert_eq!(
        codes(&of(&world, theirs, acme.into()).obstacles(None)),
        ["home_closed", "mfa_missing"]
    );
}

#[test]
fn what_needs_all_organizations_is_in_the_way_of_who_has_some() {
    let world = World::new();
    let acme = world.organization("acme");
    let role = Role::AdministratorWithBilling;
    let some = world.admin(Place::Provider, role, AdminScope::Organizations(vec![acme]));
    let everywhere = |by: Context| {
        let outlook = world.directory.read(by).unwrap().outlook(Place::Provider).unwrap();
        codes(&outlook.obstacles_everywhere(Some(Permission::ManageOrganizations)))
    };
    assert_eq!(everywhere(some), ["scope_of_all"]);
    assert!(everywhere(world.top()).is_empty());
}

#[test]
fn what_is_done_at_the_provider_with_an_organization_needs_both() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let role = Role::AdministratorWithBilling;
    let told = |by: Context| {
        let outlook = world.directory.read(by).unwrap().outlook(acme.into()).unwrap();
        codes(&outlook.obstacles_from_provider(Permission::ManageBilling))
    };
    let scoped = |id| world.admin(Place::Provider, role, AdminScope::Organizations(vec![id]));
    assert!(told(scoped(acme)).is_empty());
    assert_eq!(told(scoped(beta)), ["scope"]);
    assert_eq!(told(world.admin(acme.into(), role, AdminScope::None)), ["provider_only"]);
    world.change(move |change| change.authorize(acme)?.own()?.delete(None, "ACME")).unwrap();
    assert_eq!(told(world.top()), ["deleted"]);
}

#[test]
fn a_key_is_made_with_api_access_and_a_session_of_a_moment_ago() {
    let world = World::new();
    let told = |by: Context, makes_key: bool| {
        let outlook = world.directory.read(by).unwrap().outlook(Place::Provider).unwrap();
        codes(&outlook.obstacles_to_own(makes_key))
    };
    let helper = world.admin(Place::Provider, Role::HelpDesk, AdminScope::All);
    assert_eq!(told(helper, true), ["api_access_off"]);
    assert!(told(helper, false).is_empty());
    let key = narrowed(&world, Narrowing::default());
    assert_eq!(told(key, true), ["fresh_session"]);
    let late = Context { now: helper.now.plus(15 * 60_000), ..helper };
    assert_eq!(told(late, false), ["fresh_session"]);
    let outlook = of(&world, helper, Place::Provider);
    assert_eq!(codes(&outlook.obstacles_to_own(true)), ["mfa_missing", "api_access_off"]);
}

#[test]
fn another_admin_is_let_in_in_a_session_of_a_moment_ago_or_by_a_key_but_for_who_manages_admins() {
    let world = World::new();
    let told = |by: Context, way: fn(&Outlook) -> Vec<Obstacle>| {
        let outlook = world.directory.read(by).unwrap().outlook(Place::Provider).unwrap();
        let obstacles = way(&outlook);
        (obstacles.iter().all(|it| it.is_partial()), codes(&obstacles))
    };
    let role = Role::AdministratorWithBilling;
    let session = world.admin(Place::Provider, role, AdminScope::All);
    let late = Context { now: session.now.plus(15 * 60_000), ..session };
    let key = narrowed(&world, Narrowing::default());
    let let_in: fn(&Outlook) -> Vec<Obstacle> = Outlook::obstacles_to_let_in;
    let ways = [let_in, Outlook::obstacles_to_raise, Outlook::obstacles_to_let_back];
    for (way, alone) in ways.into_iter().zip([false, true, true]) {
        assert_eq!(told(session, way), (true, vec![]));
        assert_eq!(told(late, way), (alone, vec!["fresh_session"]));
        assert_eq!(told(key, way), (true, vec!["fresh_session"]), "a part is refused");
    }
}

#[test]
fn who_sets_passwords_and_manages_no_policy_is_told_that_a_part_takes_that_where_it_does() {
    let world = World::new();
    let acme = world.organization("acme");
    let admin = |role| world.admin(Place::Provider, role, AdminScope::All);
    let (desk, above) = (admin(Role::HelpDesk), admin(Role::Administrator));
    let key = narrowed(&world, Narrowing { role: Some(Role::HelpDesk), ..Narrowing::default() });
    let told = |by: Context| {
        let outlook = world.directory.read(by).unwrap().outlook(acme.into()).unwrap();
        let obstacles = outlook.obstacles_to_spare();
        assert!(obstacles.iter().all(|it| it.is_partial()), "{obstacles:?}");
        codes(&obstacles)
    };
    let all = || [desk, key, above].map(told);
    let (nothing, demanded) =
        ([vec![], vec![], vec![]], [vec!["permission"], vec!["key_role"], vec![]]);
    assert_eq!(all(), nothing, "no policy demands it");
    let mut demands = Settings::default().demands();
    for (change_after_reset, expected) in [(false, &nothing), (true, &demanded)] {
        demands.password_policy.change_after_reset = change_after_reset;
        let name = format!("policy {change_after_reset}");
        let (description, precedence, groups) = (None, 1, Vec::new());
        let fields = GroupPasswordPolicyFields { name, description, precedence, groups, demands };
        let made = world.change(move |change| {
            let mut grant = change.authorize::<ManageAuthentication>(acme)?;
            grant.password_policies().create(fields).map(drop)
        });
        made.unwrap();
        assert_eq!(&all(), expected, "of groups");
    }
    let beta = world.organization("beta");
    world.set(beta, |settings| settings.password_policy.change_after_reset = true);
    let outlook = world.directory.read(desk).unwrap().outlook(beta.into()).unwrap();
    assert_eq!(codes(&outlook.obstacles_to_spare()), ["permission"], "of everybody");
    let of_another = of(&world, desk, beta.into()).obstacles_to_spare();
    assert_eq!(codes(&of_another), ["mfa_missing", "permission"]);
}

#[test]
fn who_recovers_accounts_and_suspends_nobody_is_told_that_a_lock_of_days_takes_that() {
    let world = World::new();
    let acme = world.organization("acme");
    let told = |by: Context| {
        let outlook = world.directory.read(by).unwrap().outlook(acme.into()).unwrap();
        let obstacles = outlook.obstacles_to_lock();
        assert!(obstacles.iter().all(|it| it.is_partial()), "{obstacles:?}");
        codes(&obstacles)
    };
    let admin = |role| world.admin(Place::Provider, role, AdminScope::All);
    assert_eq!(told(admin(Role::HelpDesk)), ["permission"]);
    assert!(told(admin(Role::Manager)).is_empty());
    let key = |role| narrowed(&world, Narrowing { role: Some(role), ..Narrowing::default() });
    assert_eq!(told(key(Role::HelpDesk)), ["key_role"]);
    assert!(told(key(Role::Manager)).is_empty());
}

#[test]
fn an_api_key_is_told_what_it_ends_not() {
    let world = World::new();
    let told = |by: Context, way: fn(&Outlook) -> Vec<Obstacle>| {
        let outlook = world.directory.read(by).unwrap().outlook(Place::Provider).unwrap();
        let obstacles = way(&outlook);
        (obstacles.iter().all(|it| it.is_partial()), codes(&obstacles))
    };
    let sign_out: fn(&Outlook) -> Vec<Obstacle> = Outlook::obstacles_to_sign_out;
    let ways = [sign_out, Outlook::obstacles_to_end_sessions, Outlook::obstacles_to_end_keys];
    let nothing = || (true, vec![]);
    let (key, narrowed_key) = ((false, vec!["api_key"]), (false, vec!["narrowed_key"]));
    let session = world.admin(Place::Provider, Role::ReadOnly, AdminScope::All);
    assert_eq!(ways.map(|way| told(session, way)), [nothing(), nothing(), nothing()]);
    let whole = narrowed(&world, Narrowing::default());
    assert_eq!(ways.map(|way| told(whole, way)), [key.clone(), nothing(), nothing()]);
    let low = narrowed(&world, Narrowing { role: Some(Role::ReadOnly), ..Narrowing::default() });
    let but_itself = (true, vec!["narrowed_key"]);
    assert_eq!(ways.map(|way| told(low, way)), [key, narrowed_key, but_itself]);
}

#[test]
fn who_is_shown_some_of_the_providers_events_is_told_that_a_part_of_an_export_takes_all() {
    let world = World::new();
    let acme = world.organization("acme");
    let told = |scope, place: Place| {
        let by = world.admin(Place::Provider, Role::ReadOnly, scope);
        let outlook = world.directory.read(by).unwrap().outlook(place).unwrap();
        let obstacles = outlook.obstacles_to_export();
        assert!(obstacles.iter().all(|it| it.is_partial()), "{obstacles:?}");
        codes(&obstacles)
    };
    let some = || AdminScope::Organizations(vec![acme]);
    assert_eq!(told(some(), Place::Provider), ["scope_of_all"]);
    assert!(told(AdminScope::All, Place::Provider).is_empty());
    assert!(told(some(), acme.into()).is_empty(), "those are whole");
}

#[test]
fn an_organization_out_of_sight_is_found_by_nobody() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let uuid = |id: OrganizationId| {
        let reading = world.directory.read(world.top()).unwrap();
        reading.authorize::<View>(id).unwrap().own_organization().unwrap().uuid
    };
    let (acme_id, beta_id) = (uuid(acme), uuid(beta));
    let scope = AdminScope::Organizations(vec![acme]);
    let helper = world.admin(Place::Provider, Role::HelpDesk, scope);
    assert_eq!(world.directory.admit_to_see(helper, acme_id).unwrap(), acme);
    for hidden in [beta_id, uuid::Uuid::nil()] {
        let found = world.directory.admit_to_see(helper, hidden);
        assert!(matches!(found, Err(Error::Refused(crate::access::Refusal::Hidden))));
    }
    world.change(move |change| change.authorize(acme)?.own()?.delete(None, "ACME")).unwrap();
    assert!(world.directory.admit_to_see(helper, acme_id).is_err());
    assert_eq!(world.directory.admit_to_see(world.top(), acme_id).unwrap(), acme);
}
