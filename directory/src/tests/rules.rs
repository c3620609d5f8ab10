//! The rules around the policy table (ROLES.md), by their numbers.

mod others;

use ipnet::IpNet;
use storage::Change;
use uuid::Uuid;

use super::world::{DAY, World, fields, refusal};
use crate::access::{
    Actor, Context, ManageAdmins, ManageIdentities, ManageOrganizations, Refusal, RequestId, Role,
    View,
};
use crate::collections::{Admins, Browse, Collection, NewKey, Site, Sought};
use crate::directory::InScope;
use crate::error::Error;
use crate::events::{Action, Difference, Outcome, SubjectKind};
use crate::id::{AdminId, AdminNumber, OrganizationId, Place};
use crate::records::{AdminFields, AdminScope, AdminState, Carrier, Narrowing, TokenPurpose};

fn id(context: &Context) -> AdminId {
    context.actor.admin().unwrap()
}

fn top_over(world: &World, scope: AdminScope) -> Context {
    world.admin(Place::Provider, Role::AdministratorWithBilling, scope)
}

fn edit(
    world: &World,
    by: Context,
    of: &Context,
    edit: impl FnOnce(&mut crate::records::Admin) + Send + 'static,
) -> Result<(), Error> {
    let number = id(of).number;
    world.directory.change(by, move |change| {
        let mut grant = change.authorize_provider::<ManageAdmins>()?;
        grant.admins().update(number, None, |admin| {
            edit(admin);
            Ok(())
        })?;
        Ok(())
    })
}

fn delete(world: &World, by: Context, of: &Context) -> Result<(), Error> {
    let number = id(of).number;
    world.directory.change(by, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().delete(number, None)
    })
}

/// Whether a context may look at an organization at this moment.
fn sees(world: &World, context: &Context, organization: OrganizationId) -> Result<(), Error> {
    let reading = world.directory.read(*context)?;
    reading.authorize::<View>(organization).map(drop)
}

fn key(world: &World, by: Context, new: NewKey) -> Result<Context, Error> {
    let issued = world.directory.change(by, move |change| change.oneself()?.create_api_key(new))?;
    let nobody = world.by(Actor::nobody());
    Ok(world.directory.identify(&issued.text, Carrier::Header, nobody)?.context)
}

fn new_key(world: &World) -> NewKey {
    NewKey {
        name: "backup".into(),
        expires: world.now().plus(30 * DAY),
        role: None,
        organizations: None,
        sources: None,
    }
}

#[test]
fn each_of_the_ten_rules_has_a_test_that_is_called_after_it() {
    let texts = [include_str!("rules.rs"), include_str!("rules/others.rs")].concat();
    for rule in 1..=10 {
        assert!(texts.contains(&format!("\nfn rule_{rule}_")), "rule {rule}");
    }
}

#[test]
fn rule_1_a_refusal_says_which_permission_was_missing_where() {
    let world = World::new();
    let acme = world.organization("acme");
    let helper = world.admin(Place::Provider, Role::HelpDesk, AdminScope::All);
    let done = world
        .directory
        .change(helper, move |change| change.authorize::<ManageIdentities>(acme).map(drop));
    assert_eq!(refusal(done), "needs manage_identities on organization acme; you hold help_desk");
    let told = world.events(Place::Provider, 1).remove(0);
    assert_eq!(told.action, Action::Refused);
    let why = "needs manage_identities on an organization; you hold help_desk";
    assert_eq!(told.outcome, Outcome::Failure(why.into()), "its readers may not know of acme");
    assert!(told.differences.is_empty(), "no request asked for it");
    let request = RequestId::new([7; 8]).asking_for(Some("list_users"));
    let asking = Context { request: Some(request), ..helper };
    let nowhere = world.directory.admit::<View>(asking, Uuid::nil());
    assert_eq!(refusal(nowhere), "there is no such thing");
    let told = world.events(Place::Provider, 1).remove(0).differences;
    let after = Some("\"list_users\"".to_owned());
    assert_eq!(told, [Difference { field: "operation".into(), before: None, after }]);
    let own = world.admin(acme.into(), Role::AdministratorWithBilling, AdminScope::None);
    let done = world
        .directory
        .change(own, move |change| change.authorize::<ManageOrganizations>(acme).map(drop));
    let alone = "which the provider's own admins alone hold";
    assert_eq!(refusal(done), format!("needs manage_organizations on organization acme, {alone}"));
    let told = world.events(acme.into(), 1).remove(0);
    let why = format!("needs manage_organizations on an organization, {alone}");
    assert_eq!(told.outcome, Outcome::Failure(why));
}

#[test]
fn rule_2_api_access_is_off_until_it_is_turned_on_and_ends_when_it_is_turned_off() {
    let world = World::new();
    let acme = world.organization("acme");
    let admin = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    assert!(refusal(key(&world, admin, new_key(&world))).starts_with("API access is off"));
    edit(&world, world.top(), &admin, |admin| admin.fields.api_access = true).unwrap();
    let key = key(&world, admin, new_key(&world)).unwrap();
    sees(&world, &key, acme).unwrap();
    edit(&world, world.top(), &admin, |admin| admin.fields.api_access = false).unwrap();
    assert!(matches!(sees(&world, &key, acme), Err(Error::Refused(Refusal::Unauthenticated))));
}

#[test]
fn rule_2_a_narrowed_key_stays_narrow() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let fields = AdminFields {
        api_access: true,
        ..fields("ops", Role::AdministratorWithBilling, AdminScope::All)
    };
    let admin = world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::Session);
    let narrow = NewKey {
        role: Some(Role::ReadOnly),
        organizations: Some(vec![acme]),
        sources: Some(vec!["192.0.2.0/24".parse::<IpNet>().unwrap()]),
        ..new_key(&world)
    };
    let key = key(&world, admin, narrow).unwrap();
    sees(&world, &key, acme).unwrap();
    assert!(matches!(sees(&world, &key, beta), Err(Error::Refused(Refusal::Hidden))));
    let elsewhere = Context { source: Some("198.51.100.1".parse().unwrap()), ..key };
    assert!(matches!(
        sees(&world, &elsewhere, acme),
        Err(Error::Refused(Refusal::Unauthenticated))
    ));
    let write = world
        .directory
        .change(key, move |change| change.authorize::<ManageIdentities>(acme).map(drop));
    assert!(refusal(write).ends_with("you hold read_only"));
    let at_provider = world.directory.read(key).unwrap().authorize_provider::<View>().map(drop);
    assert!(matches!(at_provider, Err(Error::Refused(Refusal::Hidden))));
    let more = refusal(self::key(&world, key, new_key(&world)));
    assert!(more.starts_with("sign in again first"), "{more}");
    let later = Context { now: world.now().plus(30 * DAY), ..key };
    assert!(sees(&world, &later, acme).is_err());
}

#[test]
fn rule_2_a_narrowed_key_ends_no_key_but_itself() {
    let world = World::new();
    let acme = world.organization("acme");
    let fields = AdminFields { api_access: true, ..fields("ops", Role::Manager, AdminScope::All) };
    let admin = world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::Session);
    let whole = key(&world, admin, new_key(&world)).unwrap();
    let narrow = NewKey { role: Some(Role::ReadOnly), ..new_key(&world) };
    let narrow = key(&world, admin, narrow).unwrap();
    let keys = world.directory.read(whole).unwrap().oneself().unwrap().api_keys().unwrap();
    let [of_whole, of_narrow] = [false, true].map(|is_narrow| {
        let found = keys.iter().find(|key| key.token.narrowing.role.is_some() == is_narrow);
        found.unwrap().token.uuid
    });
    let end = |by: Context, key: Uuid| {
        world.directory.change(by, move |change| change.oneself()?.delete_api_key(key))
    };
    assert_eq!(refusal(end(narrow, of_whole)), "a narrowed key ends no key but itself");
    sees(&world, &whole, acme).unwrap();
    end(narrow, of_narrow).unwrap();
    assert!(sees(&world, &narrow, acme).is_err());
    end(whole, of_whole).unwrap();
    assert!(sees(&world, &whole, acme).is_err());
}

#[test]
fn rule_2_a_key_for_no_organization_or_from_no_network_is_none() {
    let world = World::new();
    let fields = AdminFields { api_access: true, ..fields("ops", Role::Manager, AdminScope::All) };
    let admin = world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::Session);
    let nowhere = NewKey { organizations: Some(Vec::new()), ..new_key(&world) };
    assert!(refusal(key(&world, admin, nowhere)).starts_with("must name an organization"));
    let from_nowhere = NewKey { sources: Some(Vec::new()), ..new_key(&world) };
    assert!(refusal(key(&world, admin, from_nowhere)).starts_with("must name a network"));
}

#[test]
fn rule_2_who_manages_admins_sees_and_ends_their_keys_as_far_as_the_own_scope_reaches() {
    let world = World::new();
    let acme = world.organization("acme");
    let fields = AdminFields { api_access: true, ..fields("ops", Role::Manager, AdminScope::All) };
    let admin = world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::Session);
    let [one, other] = [(); 2].map(|()| key(&world, admin, new_key(&world)).unwrap());
    let number = id(&admin).number;
    let list = |by: Context| {
        let reading = world.directory.read(by)?;
        let keys = reading.authorize_provider::<ManageAdmins>()?.api_keys_of(number)?;
        Ok::<_, Error>(keys.into_iter().map(|key| key.token.uuid).collect::<Vec<_>>())
    };
    let end = |by: Context, key: Option<Uuid>| {
        world.directory.change(by, move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().end_api_keys(number, key)
        })
    };
    let limited = top_over(&world, AdminScope::Organizations(vec![acme]));
    assert_eq!(refusal(list(limited)), "the scope is wider than your own");
    let keys = list(world.top()).unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!(refusal(end(limited, Some(keys[0]))), "the scope is wider than your own");
    assert_eq!(end(world.top(), Some(keys[0])).unwrap(), 1);
    let told = world.events(Place::Provider, 1).remove(0);
    let subject = told.subject.unwrap();
    assert_eq!((told.action, subject.kind), (Action::Deleted, SubjectKind::ApiKey));
    assert_eq!(subject.id, keys[0]);
    assert!(told.differences.iter().any(|it| it.field == "name" && it.before.is_some()));
    assert!(sees(&world, &one, acme).is_err() && sees(&world, &other, acme).is_ok());
    assert!(matches!(end(world.top(), Some(keys[0])), Err(Error::Missing)));
    assert_eq!(end(world.top(), None).unwrap(), 1);
    assert!(sees(&world, &other, acme).is_err() && sees(&world, &admin, acme).is_ok());
}

#[test]
fn rule_2_a_key_is_never_wider_than_its_admin() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let scope = AdminScope::Organizations(vec![acme]);
    let fields = AdminFields { api_access: true, ..fields("ops", Role::Manager, scope) };
    let admin = world.token(Place::Provider, fields, Narrowing::default(), TokenPurpose::Session);
    let above = NewKey { role: Some(Role::Administrator), ..new_key(&world) };
    assert_eq!(refusal(key(&world, admin, above)), "must not be above your own");
    let beyond = NewKey { organizations: Some(vec![beta]), ..new_key(&world) };
    assert_eq!(refusal(key(&world, admin, beyond)), "there is no such organization");
    let endless = NewKey { expires: world.now().plus(3 * 365 * DAY), ..new_key(&world) };
    assert_eq!(refusal(key(&world, admin, endless)), "must lie within the next two years");
}

#[test]
fn rule_4_the_last_administrator_with_billing_over_everything_stays() {
    let world = World::new();
    let (top, other) = (world.top(), top_over(&world, AdminScope::All));
    edit(&world, top, &other, |admin| admin.state = AdminState::Suspended).unwrap();
    let helper = top_over(&world, AdminScope::All);
    edit(&world, helper, &top, |admin| admin.fields.scope = AdminScope::None).unwrap();
    for step in [
        edit(&world, helper, &helper, |admin| admin.fields.role = Role::Administrator),
        edit(&world, helper, &helper, |admin| admin.state = AdminState::Suspended),
        delete(&world, helper, &helper),
    ] {
        assert!(refusal(step).starts_with("nobody"));
    }
    assert_eq!(refusal(delete(&world, top, &helper)), "the scope is wider than your own");
}

#[test]
fn rule_4_nobody_leaves_the_provider_without_a_top_by_any_edit() {
    let world = World::new();
    let (one, two) = (world.top(), top_over(&world, AdminScope::All));
    edit(&world, one, &two, |admin| admin.fields.role = Role::Manager).unwrap();
    // The one who is left cannot be taken down by a change that was allowed a moment ago.
    assert!(matches!(
        edit(&world, two, &one, |admin| admin.state = AdminState::Suspended),
        Err(Error::Refused(Refusal::Forbidden { .. }))
    ));
    assert!(delete(&world, one, &one).is_err());
    sees(&world, &one, world.organization("acme")).unwrap();
}

/// Something that is done to an admin of the provider.
type Deed = fn(&mut Admins<'_, &mut Change<'_>>, AdminNumber) -> Result<(), Error>;

/// What takes an admin from the top.
const TAKEN_DOWN: [Deed; 4] = [
    |admins, number| admins.delete(number, None),
    |admins, number| altered(admins, number, |admin| admin.state = AdminState::Suspended),
    |admins, number| altered(admins, number, |admin| admin.fields.role = Role::Administrator),
    |admins, number| altered(admins, number, |admin| admin.fields.scope = AdminScope::None),
];

fn altered(
    admins: &mut Admins<'_, &mut Change<'_>>,
    number: AdminNumber,
    edit: fn(&mut crate::records::Admin),
) -> Result<(), Error> {
    let done = admins.update(number, None, |admin| {
        edit(admin);
        Ok(())
    });
    done.map(drop)
}

#[test]
fn rule_4_the_last_one_at_the_top_stays_past_all_other_checks() {
    let world = World::new();
    let only = id(&world.top()).number;
    // No admin comes so far: this is done by nobody, behind the check of a grant.
    let done = |deed: Deed, number: AdminNumber| {
        let (tools, context) = (world.directory.inner.tools.clone(), world.by(Actor::nobody()));
        let done = world.directory.inner.store.write(move |change| {
            let place = Place::Provider;
            let site = Site { source: change, place, context: &context, tools: &tools };
            deed(&mut Collection::new(site), number)
        });
        done.map_err(Error::from)
    };
    let stays = "the last active administrator with billing over all organizations stays";
    for deed in TAKEN_DOWN {
        assert_eq!(refusal(done(deed, only)), stays);
    }
    for deed in TAKEN_DOWN {
        let other = id(&top_over(&world, AdminScope::All)).number;
        done(deed, other).unwrap();
    }
    assert_eq!(refusal(done(TAKEN_DOWN[0], only)), stays);
}

#[test]
fn rule_4_nobody_hands_out_or_takes_over_a_wider_scope_than_their_own() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let limited = top_over(&world, AdminScope::Organizations(vec![acme]));
    let colleague = world.admin(Place::Provider, Role::HelpDesk, AdminScope::None);
    edit(&world, limited, &colleague, move |admin| {
        admin.fields.scope = AdminScope::Organizations(vec![acme]);
    })
    .unwrap();
    for scope in [AdminScope::All, AdminScope::Organizations(vec![acme, beta])] {
        let done = edit(&world, limited, &colleague, |admin| admin.fields.scope = scope);
        assert_eq!(refusal(done), "the scope is wider than your own");
    }
    let number = id(&world.top()).number;
    let password = world.password("taken over, perhaps");
    let taken = world.directory.change(limited, move |change| {
        change.authorize_provider::<ManageAdmins>()?.admins().set_password(number, password)
    });
    assert_eq!(refusal(taken), "the scope is wider than your own");
}

#[test]
fn rule_9_a_removed_scope_and_a_changed_role_count_on_the_very_next_request() {
    let world = World::new();
    let acme = world.organization("acme");
    let admin = world.admin(Place::Provider, Role::Manager, AdminScope::All);
    let write = || {
        world
            .directory
            .change(admin, move |change| change.authorize::<ManageIdentities>(acme).map(drop))
    };
    write().unwrap();
    edit(&world, world.top(), &admin, |admin| admin.fields.role = Role::ReadOnly).unwrap();
    assert!(refusal(write()).ends_with("you hold read_only"));
    edit(&world, world.top(), &admin, |admin| admin.fields.scope = AdminScope::None).unwrap();
    assert!(matches!(sees(&world, &admin, acme), Err(Error::Refused(Refusal::Hidden))));
    delete(&world, world.top(), &admin).unwrap();
    assert!(matches!(sees(&world, &admin, acme), Err(Error::Refused(Refusal::Unauthenticated))));
}

#[test]
fn an_organizations_own_admin_is_told_that_the_provider_alone_manages_organizations() {
    let world = World::new();
    let acme = world.organization("acme");
    let admin = world.admin(acme.into(), Role::AdministratorWithBilling, AdminScope::None);
    let done = world
        .directory
        .change(admin, move |change| change.authorize::<ManageOrganizations>(acme).map(drop));
    let expected = "needs manage_organizations on organization acme, which the provider's own \
                    admins alone hold";
    assert_eq!(refusal(done), expected);
}

#[test]
fn an_organization_out_of_scope_answers_like_one_that_never_was() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let admin = world.admin(acme.into(), Role::AdministratorWithBilling, AdminScope::All);
    let reading = world.directory.read(admin).unwrap();
    let shown: Vec<OrganizationId> =
        reading.organizations(None, 10).unwrap().records.into_iter().map(|(id, _)| id).collect();
    assert_eq!(shown, [acme]);
    let never = crate::id::RecordId::from_record(4_711).unwrap();
    let of = |organization| refusal(reading.authorize::<View>(organization).map(drop));
    assert_eq!(of(beta), of(never));
    let theirs = world
        .directory
        .change(admin, move |change| change.authorize_provider::<ManageAdmins>().map(drop));
    assert_eq!(refusal(theirs), of(never));
}

#[test]
fn what_an_index_finds_of_organizations_is_for_admins_alone_and_within_their_scope() {
    let world = World::new();
    let acme = world.organization("acme");
    world.organization("beta");
    let admin = world.admin(acme.into(), Role::ReadOnly, AdminScope::All);
    let found = |context: Context, slug: &str| {
        let reading = world.directory.read(context)?;
        let all = InScope(&reading);
        let sought = Sought { member: "slug", value: slug, is_whole: true };
        let mut shown = Vec::new();
        for id in all.candidates(sought, 10)?.unwrap_or_default() {
            shown.extend(all.candidate(id)?.map(|record| record.fields.slug));
        }
        Ok::<Vec<String>, Error>(shown)
    };
    assert_eq!(found(admin, "acme").unwrap(), ["acme"]);
    assert!(found(admin, "beta").unwrap().is_empty());
    assert_eq!(found(world.top(), "beta").unwrap(), ["beta"]);
    for slug in ["acme", "never"] {
        let refused = found(world.by(Actor::nobody()), slug);
        assert!(matches!(refused, Err(Error::Refused(Refusal::Unauthenticated))), "{slug}");
    }
}

#[test]
fn the_first_admin_is_of_the_highest_role_over_everything_and_there_is_but_one() {
    let world = World::new();
    let again = world.directory.create_first_admin(
        world.now(),
        fields("second", Role::ReadOnly, AdminScope::None),
        world.password("a long enough secret"),
    );
    assert!(refusal(again).starts_with("there is an admin already"));
}

#[test]
fn an_organization_is_made_only_by_who_has_all_of_them_in_scope() {
    let world = World::new();
    let acme = world.organization("acme");
    let limited = top_over(&world, AdminScope::Organizations(vec![acme]));
    let new = super::world::new_organization("beta", "dc=beta", Default::default());
    let done = world.directory.change(limited, move |change| {
        change.authorize_provider::<ManageOrganizations>()?.organizations().create(new)
    });
    assert_eq!(refusal(done), "creating an organization needs the scope of all organizations");
}
