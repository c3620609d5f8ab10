//! Billing: who may offer plans, what is counted, and bills that stay as they are.

use super::world::{DAY, World, refusal};
use crate::access::{Context, ManageBilling, ManageIdentities, ManageOrganizations, Role, View};
use crate::billing::{Invoice, Month};
use crate::collections::Plans;
use crate::error::Error;
use crate::events::Outcome;
use crate::id::{OrganizationId, Place, PlanId, RecordId};
use crate::records::{
    AdminScope, Agreements, BillingContactFields, ClosedAccount, DeviceFields, PlanFields, Prices,
    User, UserState,
};
use crate::tools::OrganizationGrace;
use storage::{Change, Record};
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

/// A user's record that cannot be read.
#[derive(serde::Serialize, serde::Deserialize)]
struct Spoilt;

impl Record for Spoilt {
    const KIND: storage::Kind = User::KIND;
    const VERSION: u8 = User::VERSION;

    fn index(&self, _: &mut storage::Entries) {}
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
            change.authorize::<ManageBilling>(organization)?.billing().agree(None, from, offer)
        })
    }

    fn invoice(&self, organization: OrganizationId, month: &str) -> Option<(PlanFields, Invoice)> {
        let reading = self.directory.read(self.top()).unwrap();
        let grant = reading.authorize::<ManageBilling>(organization).unwrap();
        grant.billing().invoice(Month::read(month).unwrap()).unwrap()
    }

    fn closed_accounts(&self, by: Context) -> Vec<ClosedAccount> {
        let reading = self.directory.read(by).unwrap();
        let grant = reading.authorize_provider::<ManageBilling>().unwrap();
        grant.closed_accounts(None, 9).unwrap().0
    }
}

#[test]
fn a_billing_contact_is_told_and_is_the_organizations_own_as_well() {
    let world = World::new();
    let (acme, globex) = (world.organization("acme"), world.organization("globex"));
    let own = world.admin(acme.into(), Role::AdministratorWithBilling, AdminScope::All);
    let lower = world.admin(acme.into(), Role::Administrator, AdminScope::All);
    let set = |by: Context, organization, revision, name: Option<&str>, mail: Option<&str>| {
        let (name, mail) = (name.map(ToOwned::to_owned), mail.map(ToOwned::to_owned));
        world.directory.change(by, move |change| {
            let mut grant = change.authorize::<ManageBilling>(organization)?;
            grant.billing_contacts()?.set(revision, BillingContactFields { name, mail })
        })
    };
    let (name, mail) = (Some("Accounts Payable"), Some("invoices@acme.example"));
    assert_eq!(set(own, acme, Some(0), name, mail).unwrap().revision, 1);
    assert!(matches!(set(own, acme, Some(0), name, None), Err(Error::Stale)));
    assert!(refusal(set(own, globex, None, name, mail)).contains("no such"));
    assert!(refusal(set(lower, acme, None, name, mail)).starts_with("needs manage_billing"));
    assert!(refusal(set(own, acme, None, name, Some("nobody"))).starts_with("must be an address"));
    assert!(refusal(set(own, acme, None, Some(" x"), mail)).starts_with("must not be empty"));
    let mut events = world.events(Place::Organization(acme), 9).into_iter();
    let told = events.find(|event| event.outcome == Outcome::Success).unwrap();
    let told: Vec<_> = told.differences.iter().map(|it| &*it.field).collect();
    assert_eq!(told, ["billing_contact_mail", "billing_contact_name"]);
    let shown = |by: Context, organization| {
        let reading = world.directory.read(by).unwrap();
        let grant = reading.authorize::<ManageBilling>(organization).unwrap();
        grant.billing_contact().unwrap()
    };
    assert_eq!(shown(world.top(), acme).fields.mail.as_deref(), mail);
    assert_eq!(shown(world.top(), globex).revision, 0);
    world.assert_sound();
}

#[test]
fn one_organization_is_counted_without_the_others() {
    let world = World::new();
    let (acme, globex) = (world.organization("acme"), world.organization("globex"));
    for organization in [acme, globex] {
        world.user(organization, "ada");
    }
    world.directory.count_usage_of(acme, world.now()).unwrap();
    let month = Month::of(world.now()).0;
    let counted = |organization| {
        let reading = world.directory.read(world.top()).unwrap();
        let usage = reading.authorize::<View>(organization).unwrap().usage(month).unwrap();
        usage.days.iter().map(|day| day.users).collect::<Vec<_>>()
    };
    assert_eq!((counted(acme), counted(globex)), (vec![1], vec![]));
    world.user(acme, "eve");
    world.directory.count_usage_of(acme, world.now()).unwrap();
    assert_eq!(counted(acme), [2], "the most of the day is kept");
    let nobody = OrganizationId::from_record(4_000_000).unwrap();
    world.directory.count_usage_of(nobody, world.now()).unwrap();
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

/// A change to the plans, of one of which it has the id.
type ChangePlans = fn(&mut Plans<'_, &mut Change<'_>>, PlanId) -> Result<(), Error>;

#[test]
fn plans_are_changed_by_whose_scope_is_all_organizations_and_agreed_by_others_too() {
    let world = World::new();
    let acme = world.organization("acme");
    let cheap = world.plan(300);
    let list = AdminScope::Organizations(vec![acme]);
    for scope in [list.clone(), AdminScope::None] {
        let by = world.admin(Place::Provider, Role::AdministratorWithBilling, scope);
        let changes: [ChangePlans; 3] = [
            |plans, _| plans.create(plan(100)).map(drop),
            |plans, id| plans.update(id, None, |_| Ok(())).map(drop),
            |plans, id| plans.delete(id, None),
        ];
        for change_it in changes {
            let done = world.directory.change(by, move |change| {
                let mut grant = change.authorize_provider::<ManageBilling>()?;
                let mut plans = grant.plans()?;
                let id = plans.id_of(cheap)?;
                change_it(&mut plans, id)
            });
            assert_eq!(refusal(done), "changing plans needs the scope of all organizations");
        }
        let reading = world.directory.read(by).unwrap();
        let plans = reading.authorize_provider::<ManageBilling>().unwrap().plans().unwrap();
        assert!(plans.id_of(cheap).is_ok(), "they are read by all who bill");
    }
    let by = world.admin(Place::Provider, Role::AdministratorWithBilling, list);
    world.agree(by, acme, "2023-11", Some(cheap)).unwrap();
}

#[test]
fn a_deleted_organization_pays_for_what_it_had_and_a_restored_one_not_for_the_gap() {
    let world = World::new();
    let acme = world.organization("acme");
    let plan = world.plan(300);
    world.agree(world.top(), acme, "2023-11", Some(plan)).unwrap();
    let users = ["ada", "bob", "eve"].map(|login| world.user(acme, login));
    world.directory.count_usage(world.now()).unwrap();
    let gone = move |change: &mut crate::directory::Changing<'_, '_>| {
        change.authorize::<ManageOrganizations>(acme)?.own()?.delete(None, "ACME")
    };
    world.change(gone).unwrap();
    world.directory.count_usage(world.now()).unwrap();
    let november = world.invoice(acme, "2023-11").unwrap().1;
    assert_eq!((november.users, november.total), (3, 1_600), "what it had that day");
    let more = world.agree(world.top(), acme, "2023-12", None);
    assert!(refusal(more).contains("restore it first"));
    let lower = world.admin(Place::Provider, Role::Administrator, AdminScope::All);
    assert!(world.directory.read(lower).unwrap().authorize::<ManageBilling>(acme).is_err());

    // It is the 1st of December, and then the 12th, within the grace.
    world.pass(17 * DAY);
    world.directory.count_usage(world.now()).unwrap();
    assert_eq!(world.directory.count_usage(world.now()).unwrap(), 0, "nothing became more");
    assert_eq!(world.invoice(acme, "2023-11").unwrap().1.total, november.total);
    assert_eq!(world.invoice(acme, "2023-12"), None, "it was not there in December");
    world.pass(11 * DAY);
    let back = world
        .change(move |change| change.authorize::<ManageOrganizations>(acme)?.own()?.restore(None));
    back.unwrap();
    let fewer = world.change(move |change| {
        change.authorize::<ManageIdentities>(acme)?.users().delete(users[0], None)
    });
    fewer.unwrap();
    world.directory.count_usage(world.now()).unwrap();
    let december = world.invoice(acme, "2023-12").unwrap().1;
    assert_eq!((december.users, december.total), (2, 1_300), "not the three of before");
}

#[test]
fn what_a_destroyed_organization_owes_is_kept_for_whoever_bills_all() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let plan = world.plan(300);
    world.agree(world.top(), acme, "2023-11", Some(plan)).unwrap();
    world.user(acme, "ada");
    world.user(acme, "bob");
    let contact =
        BillingContactFields { name: None, mail: Some("invoices@acme.example".to_owned()) };
    let fields = contact.clone();
    let set = world.change(move |change| {
        change.authorize::<ManageBilling>(acme)?.billing_contacts()?.set(None, fields)
    });
    set.unwrap();
    world.directory.count_usage(world.now()).unwrap();
    for (id, name) in [(acme, "ACME"), (beta, "BETA")] {
        let gone = world.change(move |change| {
            change.authorize::<ManageOrganizations>(id)?.own()?.delete(None, name)
        });
        gone.unwrap();
    }
    let before = world.invoice(acme, "2023-11").unwrap();
    world.pass(OrganizationGrace::default().0 + 1);
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 2);
    let kept = world.closed_accounts(world.top());
    assert_eq!((kept.len(), kept[0].slug.as_str()), (1, "acme"), "nothing was agreed with beta");
    assert_eq!(kept[0].contact.fields, contact, "somebody gets the last invoice");
    let month = |text: &str| kept[0].invoice(Month::read(text).unwrap(), world.now());
    let november = month("2023-11").unwrap().unwrap();
    assert_eq!((november.0, november.1.total), (before.0, before.1.total));
    assert_eq!(month("2023-12").unwrap(), None);
    assert!(month("2024-12").is_err(), "it has not begun");
    let some = AdminScope::Organizations(Vec::new());
    let elsewhere = world.admin(Place::Provider, Role::AdministratorWithBilling, some);
    assert!(world.closed_accounts(elsewhere).is_empty());
    world.assert_sound();
}

#[test]
fn a_month_in_which_nobody_looked_costs_the_same_before_and_after_the_destruction() {
    let world = World::new();
    let customers = ["acme", "beta"].map(|slug| world.organization(slug));
    let plan = world.plan(300);
    for id in customers {
        world.agree(world.top(), id, "2023-11", Some(plan)).unwrap();
        world.user(id, "ada");
        world.user(id, "bob");
    }
    let count = || world.directory.count_usage(world.now()).unwrap();
    let delete = |id: OrganizationId, name: &'static str| {
        let gone = world.change(move |change| {
            change.authorize::<ManageOrganizations>(id)?.own()?.delete(None, name)
        });
        gone.unwrap();
    };
    count();
    // It is the 3rd of January, then the 31st, and then the 2nd of March.
    world.pass(50 * DAY);
    count();
    delete(customers[0], "ACME");
    world.pass(28 * DAY);
    count();
    delete(customers[1], "BETA");
    world.pass(31 * DAY);
    let months = ["2023-11", "2023-12", "2024-01", "2024-02"];
    let before = customers.map(|id| months.map(|month| world.invoice(id, month)));
    assert_eq!(world.directory.destroy_expired(world.now()).unwrap(), 2);

    let kept = world.closed_accounts(world.top());
    let drafted = |account: &ClosedAccount, month: &str| {
        account.invoice(Month::read(month).unwrap(), world.now()).unwrap()
    };
    let after = kept.iter().map(|account| months.map(|month| drafted(account, month)));
    assert_eq!(after.collect::<Vec<_>>(), before);
    let missed = |month: usize| {
        let days = |bill: &(PlanFields, Invoice)| bill.1.missed_days.len();
        before.each_ref().map(|bills| bills[month].as_ref().map(days))
    };
    assert_eq!(missed(1), [Some(31), Some(31)], "as it was before, in December");
    assert_eq!(missed(3), [None, Some(29)], "one was seen deleted before February");
    let gone: Vec<_> = kept.iter().map(|account| drafted(account, "2024-03")).collect();
    assert_eq!(gone, [None, None]);
}

#[test]
fn an_event_tells_at_which_prices_was_agreed_again() {
    let world = World::new();
    let acme = world.organization("acme");
    let plan = world.plan(300);
    world.agree(world.top(), acme, "2023-11", Some(plan)).unwrap();
    let dearer = world.change(move |change| {
        let mut grant = change.authorize_provider::<ManageBilling>()?;
        let mut plans = grant.plans()?;
        let id = plans.id_of(plan)?;
        plans.update(id, None, |plan| {
            plan.fields.prices.user = 900;
            Ok(())
        })
    });
    dearer.unwrap();
    world.agree(world.top(), acme, "2023-11", Some(plan)).unwrap();
    let told = world.events(Place::Organization(acme), 1).remove(0).differences.remove(0);
    let (before, after) = (told.before.unwrap(), told.after.unwrap());
    assert!(before.contains("\"user\":300") && after.contains("\"user\":900"), "{after}");
}

#[test]
fn of_two_who_agree_at_once_having_seen_the_same_one_does() {
    let world = World::new();
    let acme = world.organization("acme");
    let plan = world.plan(300);
    let agree = |revision: Option<u64>, plan: Option<Uuid>| {
        let from = Month::read("2023-12").unwrap();
        world.change(move |change| {
            let offer = change.authorize_provider::<ManageBilling>()?.plans()?.offer(plan)?;
            change.authorize::<ManageBilling>(acme)?.billing().agree(revision, from, offer)
        })
    };
    let seen = Agreements::default().revision();
    let first = agree(Some(seen), Some(plan)).unwrap();
    assert!(matches!(agree(Some(seen), None), Err(Error::Stale)));
    let same = agree(Some(first.revision()), Some(plan)).unwrap();
    assert_eq!(same, first, "what is so already is no change");
    let last = agree(Some(first.revision()), None).unwrap();
    assert!(last.revision() > first.revision());
    assert_eq!(last.list.len(), 1);
    world.assert_sound();
}

#[test]
fn an_organization_that_cannot_be_counted_keeps_nobody_from_counting_the_others() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let plan = world.plan(300);
    world.agree(world.top(), beta, "2023-11", Some(plan)).unwrap();
    let broken = world.user(acme, "ada");
    world.user(beta, "bob");
    let spoilt = world.directory.inner.store.write(move |change| {
        let (partition, number) = (acme.partition(), broken.record());
        change.delete::<User>(partition, number)?;
        change.put(partition, number, &Spoilt)?;
        Ok::<_, Error>(())
    });
    spoilt.unwrap();
    assert!(world.directory.count_usage(world.now()).is_err());
    assert_eq!(world.invoice(beta, "2023-11").unwrap().1.users, 1);
}
