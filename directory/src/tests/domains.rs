//! Domains that organizations go by.

use storage::Partition;

use super::world::{World, new_organization, refusal};
use crate::access::ManageOrganizations;
use crate::error::Error;
use crate::id::{OrganizationId, Place};
use crate::records::{Alias, Base, Domain, Layout, Settings};

impl World {
    pub(super) fn going_by(&self, slug: &str, domain: &str) -> Result<OrganizationId, Error> {
        let domain = Domain::parse(domain).unwrap();
        let base = Base::of(&domain).unwrap();
        let mut new = new_organization(slug, base.as_str(), Settings::default());
        new.fields.domain = Some(domain);
        self.change(move |change| {
            let mut grant = change.authorize_provider::<ManageOrganizations>()?;
            grant.organizations().create(new).map(|(id, _)| id)
        })
    }

    fn rename(&self, organization: OrganizationId, domain: Option<&str>) -> Result<(), Error> {
        let domain = domain.map(|text| Domain::parse(text).unwrap());
        let changed = self.change(move |change| {
            let mut grant = change.authorize::<ManageOrganizations>(organization)?;
            grant.own()?.update(None, |fields| {
                fields.domain = domain;
                Ok(())
            })
        });
        changed.map(drop)
    }
}

fn is_taken(done: Result<(), Error>, at: &str) -> bool {
    matches!(done, Err(Error::Taken { pointer }) if pointer == at)
}

#[test]
fn a_domain_means_one_organization() {
    let world = World::new();
    let acme = world.going_by("acme", "acme.example").unwrap();
    let taken = |done| is_taken(done, "/domain");
    assert!(taken(world.going_by("other", "ACME.example").map(drop)));
    let globex = world.organization("globex");
    assert!(taken(world.rename(globex, Some("acme.example"))));
    world.rename(globex, Some("globex.example")).unwrap();
    assert!(taken(world.rename(acme, Some("globex.example"))));
    world.rename(acme, None).unwrap();
    assert!(taken(world.rename(globex, Some("acme.example"))), "acme's base stands for it");
    world.rename(acme, Some("acme.example")).unwrap();
    let new = new_organization("third", "dc=globex,dc=example", Settings::default());
    let third = world.change(move |change| {
        let mut grant = change.authorize_provider::<ManageOrganizations>()?;
        grant.organizations().create(new).map(drop)
    });
    assert!(is_taken(third, "/base"));
    let found = |domain| world.directory.organization_of_domain("dc=nowhere", domain).unwrap();
    assert_eq!((found("Globex.Example"), found("acme.example")), (Some(globex), Some(acme)));
    assert_eq!((found("other.example"), found("globex"), found("")), (None, None, None));
    world.rename(globex, None).unwrap();
    assert_eq!(found("globex.example"), None);
    world.assert_sound();
}

#[test]
fn what_a_domain_or_its_base_leads_to_is_kept_until_an_organization_changes() {
    let world = World::new();
    let acme = world.going_by("acme", "acme.example").unwrap();
    world.rename(acme, Some("acme.test")).unwrap();
    let globex = world.organization("globex");
    let find = |base, domain| world.directory.organization_of_domain(base, domain).unwrap();
    let found =
        || (find("dc=acme,dc=example", "acme.example"), find("dc=acme,dc=test", "Acme.Test"));
    let (lookups, store) = (&world.directory.inner.lookups, &world.directory.inner.store);
    let kept = || {
        let (snapshot, provider) = (store.read().unwrap(), Partition::Provider);
        let base = lookups.bases.get(&snapshot, provider, "dc=acme,dc=example");
        (base, lookups.domains.get(&snapshot, provider, "acme.test"))
    };
    assert_eq!(kept(), (None, None));
    assert_eq!(found(), (Some(acme), Some(acme)));
    assert_eq!(kept(), (Some(acme), Some(acme)));
    // What is kept answers: were it read anew, nobody would see a wrong one.
    let snapshot = store.read().unwrap();
    lookups.bases.keep(&snapshot, "dc=acme,dc=example".into(), globex);
    lookups.domains.keep(&snapshot, "acme.test".into(), globex);
    assert_eq!(found(), (Some(globex), Some(globex)));
    world.rename(globex, Some("globex.example")).unwrap();
    assert_eq!(kept(), (None, None), "an organization was changed");
    assert_eq!(found(), (Some(acme), Some(acme)));
}

#[test]
fn a_domain_is_told_and_moves_no_base() {
    let world = World::new();
    let acme = world.going_by("acme", "acme.example").unwrap();
    world.rename(acme, Some("acme.test")).unwrap();
    let told = world.events(Place::Organization(acme), 1).remove(0).differences;
    let told: Vec<_> = told.iter().map(|it| (&*it.field, it.after.as_deref())).collect();
    assert_eq!(told, [("domain", Some("\"acme.test\""))]);
    assert_eq!(refusal(world.going_by("other", "acme.example")), "domain is taken");
    let base = Base::parse("dc=acme,dc=example").unwrap();
    let snapshot = world.directory.inner.store.read().unwrap();
    let home = crate::access::organization(&snapshot, acme).unwrap().unwrap();
    assert_eq!(home.fields.base, base);
}

#[test]
fn no_alias_base_stands_for_the_domain_of_another() {
    let world = World::new();
    let acme = world.organization("acme");
    let globex = world.organization("globex");
    world.rename(globex, Some("globex.example")).unwrap();
    let alias = |organization, base: &str| {
        let base = Base::parse(base).unwrap();
        world.change(move |change| {
            let mut grant = change.authorize::<ManageOrganizations>(organization)?;
            let aliases = vec![Alias { base, layout: Layout::Rfc2307 }];
            grant.own()?.set_aliases(None, aliases).map(drop)
        })
    };
    let taken = alias(acme, "dc=globex,dc=example");
    assert!(is_taken(taken, "/aliases/0/base"));
    alias(globex, "dc=globex,dc=example").unwrap();
    alias(acme, "dc=acme,dc=example").unwrap();
    world.assert_sound();
}
