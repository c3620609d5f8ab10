//! The whole policy as a table: every actor, every permission, every place.

use std::fmt::Write as _;

use crate::access::authorize;
use crate::access::{Actor, Context, Identity, Permission, Proven, Refusal, Right, Role};
use crate::authentication::HashParameters;
use crate::collections::GeneratedPassword;
use crate::id::{OrganizationId, Place, RecordId};
use crate::records::{AdminScope, ServiceAccountFields};

use super::world::World;

const PLACES: [&str; 6] = ["provider", "own", "other", "none", "deleted", "suspended"];

#[test]
fn the_policy_is_the_printed_table() {
    let printed = print(&World::new());
    let expected = include_str!("../../tests/policy.txt");
    assert!(printed == expected, "the policy differs from directory/tests/policy.txt:\n{printed}");
}

/// What the table is about.
struct Scene {
    world: World,
    own: OrganizationId,
    other: OrganizationId,
    none: OrganizationId,
    deleted: OrganizationId,
    suspended: OrganizationId,
}

impl Scene {
    fn of(world: World) -> Self {
        let (own, other) = (world.organization("own"), world.organization("other"));
        let (deleted, suspended) = (world.organization("deleted"), world.organization("suspended"));
        let none = OrganizationId::from_record(999_999).unwrap();
        Self { world, own, other, none, deleted, suspended }
    }

    fn place(&self, name: &str) -> Place {
        match name {
            "own" => self.own.into(),
            "other" => self.other.into(),
            "none" => self.none.into(),
            "deleted" => self.deleted.into(),
            "suspended" => self.suspended.into(),
            _ => Place::Provider,
        }
    }

    fn finish(&self) {
        let (deleted, suspended) = (self.deleted, self.suspended);
        let done = self.world.change(move |change| {
            change.authorize(deleted)?.own()?.delete(None, "DELETED")?;
            change.authorize(suspended)?.own()?.set_suspended(None, true)
        });
        done.unwrap();
    }

    fn cell(&self, context: &Context, right: Right, place: &str) -> &'static str {
        let snapshot = self.world.directory.inner.store.read().unwrap();
        let decided = authorize(&snapshot, context, right, self.place(place)).unwrap();
        if let Right::Held(permission) = right {
            self.explain(context, permission, place, decided.is_ok());
        }
        match decided {
            Ok(_seen) => "yes",
            Err(Refusal::Unauthenticated) => "401",
            Err(Refusal::Forbidden { .. } | Refusal::ProvidersAlone { .. }) => "403",
            Err(Refusal::Hidden) => "404",
            Err(Refusal::ChangePasswordFirst) => "first",
        }
    }

    /// That what explains a decision agrees with it.
    fn explain(&self, context: &Context, permission: Permission, place: &str, may: bool) {
        let reading = self.world.directory.read(*context).unwrap();
        match reading.outlook(self.place(place)) {
            Ok(outlook) => assert_eq!(outlook.obstacles(Some(permission)).is_empty(), may),
            Err(_) => assert!(!may),
        }
    }

    fn table(&self, title: &str, contexts: &[(&str, Context)], out: &mut String) {
        writeln!(out, "\n== {title}").unwrap();
        for (who, context) in contexts {
            write!(out, "\n{who:<28}").unwrap();
            PLACES.iter().for_each(|place| write!(out, "{place:>10}").unwrap());
            out.push('\n');
            for permission in Permission::ALL {
                self.row(permission.name(), context, Right::Held(permission), out);
            }
            self.row("search (over LDAP)", context, Right::Search, out);
            self.row("their own password (LDAP)", context, Right::OwnPassword, out);
        }
    }

    fn row(&self, name: &str, context: &Context, asked: Right, out: &mut String) {
        write!(out, "  {name:<26}").unwrap();
        for place in PLACES {
            let there =
                matches!(asked, Right::Held(asked) if Permission::AT_PROVIDER.contains(&asked));
            let cell =
                if place == "provider" && !there { "-" } else { self.cell(context, asked, place) };
            write!(out, "{cell:>10}").unwrap();
        }
        out.push('\n');
    }
}

const HEAD: &str = "\
Who may do what, and where: printed by the real check, compared by a test.

yes  may
403  sees the place, but the role does not hold the permission
404  the answer is the same as for an organization that never was
401  is not signed in, or not any more
first  their password was set by somebody else: they must change it first
-    cannot be asked there: the code for it does not compile

provider   the provider's own data: its admins, the list of organizations
own        the organization in the actor's scope, or the actor's own
other      an organization outside a listed scope
none       an organization that never was
deleted    a deleted organization in the scope, within its grace period
suspended  a suspended organization in the scope
";

fn print(world: &World) -> String {
    let scene = Scene::of(World::over(world.directory.clone()));
    let mut out = HEAD.to_owned();
    let world = &scene.world;
    let list =
        AdminScope::Organizations(vec![scene.own, scene.deleted, scene.suspended, scene.none]);
    let scopes = [
        ("Provider admins over all organizations", AdminScope::All),
        ("Provider admins over a list of organizations", list),
        ("Provider admins over no organization", AdminScope::None),
    ];
    let admins = |home: Place, scope: &AdminScope| -> Vec<(&'static str, Context)> {
        Role::ALL.map(|role| (role.name(), world.admin(home, role, scope.clone()))).to_vec()
    };
    let own = admins(scene.own.into(), &AdminScope::None);
    let deleted = admins(scene.deleted.into(), &AdminScope::None);
    let suspended = admins(scene.suspended.into(), &AdminScope::None);
    let others = others(&scene);
    let provider = scopes.map(|(title, scope)| (title, admins(Place::Provider, &scope)));
    scene.finish();
    for (title, contexts) in &provider {
        scene.table(title, contexts, &mut out);
    }
    scene.table("The organization's own admins", &own, &mut out);
    scene.table("A deleted organization's own admins", &deleted[..1], &mut out);
    scene.table("A suspended organization's own admins", &suspended[..1], &mut out);
    scene.table("Everybody else", &others, &mut out);
    out
}

fn others(scene: &Scene) -> Vec<(&'static str, Context)> {
    let (world, own) = (&scene.world, scene.own);
    let user = world.user(own, "ada");
    let parameters = HashParameters::new(8, 1, 1).unwrap();
    let password = GeneratedPassword::generate(&parameters, world.directory.tools()).unwrap();
    let fields = ServiceAccountFields { name: "nextcloud".into(), ..Default::default() };
    let made = world.change(move |change| {
        change.authorize(own)?.service_accounts().create(fields, &password).map(|(id, _)| id)
    });
    let account = made.unwrap();
    let suspended = world.user(scene.suspended, "bob");
    let proven = Proven::by(&world.credential(own, Identity::User(user)));
    vec![
        ("nobody", world.by(Actor::nobody())),
        ("a user", world.by(world.actor(own, Identity::User(user)))),
        (
            "a user told to change theirs",
            world.by(Actor::user_to_change_password(own, user, proven)),
        ),
        ("a service account", world.by(world.actor(own, Identity::ServiceAccount(account)))),
        (
            "a suspended one's user",
            world.by(world.actor(scene.suspended, Identity::User(suspended))),
        ),
    ]
}
