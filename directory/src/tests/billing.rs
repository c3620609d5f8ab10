//! Billing: who may offer plans, what is counted, and bills that stay as they are.

use super::world::{DAY, World, refusal};
use crate::access::{Context, ManageBilling, ManageIdentities, Role, View};
use crate::billing::{Invoice, Month};
use crate::error::Error;
use crate::id::{OrganizationId, Place};
use crate::records::{AdminScope, Agreements, DeviceFields, PlanFields, Prices, UserState};
use uuid::Uuid;

fn plan(user: u64) -> PlanFields {
    let prices = Prices {
        currency: "EUR".into(),
        base: 1_000,
        user,
        device: 50,
        included_users: 1,
        included_devices: 0,
    };
    PlanFields { name: format!("at {user}"), description: None, prices }
}

impl World {
    fn plan(&self, user: u64) -> Uuid {
        let made = self.change(move |change| {
            let mut grant = change.authorize_provider::<ManageBilling>()?;
            Ok(grant.plans()?.create(plan(user))?.1.uuid)
        });
        made.unwrap()
    }

    fn agree(
        &self,
        by: Context,
        organization: OrganizationId,
        from: &str,
        plan: Option<Uuid>,
    ) -> Result<Agreements, Error> {
        let from = Month::read(from).unwrap();
        self.directory.change(by, move |change| {
            let offer = change.authorize_provider::<ManageBilling>()?.plans()?.offer(plan)?;
            change.authorize::<ManageBilling>(organization)?.billing().agree(from, offer)
        })
    }

    fn invoice(&self, organization: OrganizationId, month: &str) -> Option<(PlanFields, Invoice)> {
        let reading = self.directory.read(self.top()).unwrap();
        let grant = reading.authorize::<ManageBilling>(organization).unwrap();
        grant.billing().invoice(Month::read(month).unwrap()).unwrap()
    }
}

#[test]
fn what_is_counted_each_day_makes_a_bill_that_stays_as_it_is() {
    // The world begins on 2023-11-14.
    let world = World::new();
    let acme = world.organization("acme");
    let cheap = world.plan(300);
    world.agree(world.top(), acme, "2023-11", Some(cheap)).unwrap();
    let users: Vec<_> = ["ada", "bob", "eve"].map(|login| world.user(acme, login)).into();
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.devices().create(DeviceFields { name: "printer".into(), ..DeviceFields::default() })
    });
    made.unwrap();
    assert_eq!(world.directory.count_usage(world.now()).unwrap(), 1);
    assert_eq!(world.directory.count_usage(world.now()).unwrap(), 0, "nothing became more");
    let suspended = users[0];
    world
        .change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.users().update(suspended, None, |user| {
                user.state = UserState::Suspended;
                Ok(())
            })
        })
        .unwrap();
    world.pass(3 * DAY);
    world.directory.count_usage(world.now()).unwrap();
    let (_, november) = world.invoice(acme, "2023-11").unwrap();
    assert_eq!((november.users, november.devices, november.complete), (3, 1, false));
    assert_eq!(november.missed_days, [15, 16]);
    assert_eq!(november.total, 1_000 + 2 * 300 + 50);
    let usage = {
        let reading = world.directory.read(world.top()).unwrap();
        reading.authorize::<View>(acme).unwrap().usage(Month::read("2023-11").unwrap()).unwrap()
    };
    let days: Vec<_> = usage.days.iter().map(|day| (day.day, day.users)).collect();
    assert_eq!(days, [(14, 3), (17, 2)]);

    world.pass(20 * DAY);
    let ended = world.invoice(acme, "2023-11").unwrap();
    assert!(ended.1.complete && ended.1.total == november.total);
    // Whatever happens to the plan, to the organization and to what holds later.
    world
        .change(move |change| {
            let mut grant = change.authorize_provider::<ManageBilling>()?;
            let mut plans = grant.plans()?;
            let id = plans.id_of(cheap)?;
            plans.update(id, None, |plan| {
                plan.fields.prices.user = 900;
                Ok(())
            })
        })
        .unwrap();
    let dear = world.plan(5_000);
    world.agree(world.top(), acme, "2023-12", Some(dear)).unwrap();
    world.user(acme, "mia");
    world.directory.count_usage(world.now()).unwrap();
    assert_eq!(world.invoice(acme, "2023-11"), Some(ended));
    let (agreed, december) = world.invoice(acme, "2023-12").unwrap();
    assert_eq!((agreed.name.as_str(), december.users), ("at 5000", 3));
    assert_eq!(world.invoice(acme, "2023-10"), None, "nothing was agreed then");
    let over = world.agree(world.top(), acme, "2023-11", Some(dear));
    assert!(refusal(over).contains("is over"));
    world.agree(world.top(), acme, "2024-01", None).unwrap();
    world.pass(40 * DAY);
    assert_eq!(world.invoice(acme, "2024-01"), None);
    world.assert_sound();
}

#[test]
fn a_customer_sees_their_own_bill_and_offers_themselves_nothing() {
    let world = World::new();
    let (acme, globex) = (world.organization("acme"), world.organization("globex"));
    let cheap = world.plan(300);
    world.agree(world.top(), acme, "2023-11", Some(cheap)).unwrap();
    let top = Role::AdministratorWithBilling;
    let own = world.admin(Place::Organization(acme), top, AdminScope::All);
    let reading = world.directory.read(own).unwrap();
    let bill = reading.authorize::<ManageBilling>(acme).unwrap().billing();
    assert!(bill.invoice(Month::read("2023-11").unwrap()).unwrap().is_some());
    assert!(reading.authorize::<ManageBilling>(globex).is_err());
    assert!(reading.authorize::<ManageBilling>(acme).unwrap().plans().is_err());
    assert!(world.agree(own, acme, "2023-12", None).is_err());
    for role in [Role::Administrator, Role::Manager, Role::HelpDesk, Role::ReadOnly] {
        let lower = world.admin(Place::Organization(acme), role, AdminScope::All);
        let reading = world.directory.read(lower).unwrap();
        assert!(reading.authorize::<ManageBilling>(acme).is_err(), "{role:?}");
        assert!(reading.authorize::<View>(acme).unwrap().usage(Month::of(world.now()).0).is_ok());
    }
    let elsewhere = world.admin(Place::Provider, top, AdminScope::Organizations(vec![globex]));
    assert!(world.agree(elsewhere, acme, "2023-12", None).is_err(), "it is out of scope");
}
