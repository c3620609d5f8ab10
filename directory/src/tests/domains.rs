//! Domains that organizations go by.

use super::world::{World, new_organization, refusal};
use crate::access::ManageOrganizations;
use crate::error::Error;
use crate::id::{OrganizationId, Place};
use crate::records::{Base, Domain, Settings};

impl World {
    fn going_by(&self, slug: &str, domain: &str) -> Result<OrganizationId, Error> {
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

#[test]
fn no_two_organizations_go_by_one_domain() {
    let world = World::new();
    let acme = world.going_by("acme", "acme.example").unwrap();
    let taken = |done: Result<(), Error>| matches!(done, Err(Error::Taken { pointer: "/domain" }));
    assert!(taken(world.going_by("other", "ACME.example").map(drop)));
    let globex = world.organization("globex");
    assert!(taken(world.rename(globex, Some("acme.example"))));
    world.rename(globex, Some("globex.example")).unwrap();
    world.rename(acme, Some("acme.example")).unwrap();
    world.rename(acme, None).unwrap();
    world.rename(globex, Some("acme.example")).unwrap();
    assert!(taken(world.rename(acme, Some("acme.example"))));
    world.assert_sound();
}

#[test]
fn a_domain_is_told_and_moves_no_base() {
    let world = World::new();
    let acme = world.going_by("acme", "acme.example").unwrap();
    world.rename(acme, Some("acme.test")).unwrap();
    let told = world.events(Place::Organization(acme), 1).remove(0).differences;
    let told: Vec<_> = told.iter().map(|it| (&*it.field, it.after.as_deref())).collect();
    assert_eq!(told, [("domain", Some("\"acme.test\""))]);
    let again = world.going_by("other", "acme.example");
    assert_eq!(refusal(again), refusal(Err::<(), _>(Error::Taken { pointer: "/base" })));
}
