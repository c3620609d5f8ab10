//! Bills that stay as they are, whatever becomes of an organization.

use directory::OrganizationGrace;
use directory::billing::Month;
use serde_json::{Value, json};

use super::world::World;

const DAY: u64 = 24 * 60 * 60 * 1_000;
/// So many organizations there are at once.
const CUSTOMERS: usize = 8;
/// So many days are lived through.
const DAYS: usize = 240;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// Whether what happens once in so many times happens.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// An organization, as a path, with its users and when it was deleted.
struct Customer {
    path: String,
    users: Vec<String>,
    deleted: Option<u64>,
}

/// A provider whose daemon is off at times.
struct Provider {
    world: World,
    key: String,
    plan: Value,
    dice: Dice,
    customers: Vec<Customer>,
    /// So many there have been.
    welcomed: usize,
    /// Those that have begun.
    months: Vec<Month>,
}

impl Provider {
    async fn new(seed: u64) -> Self {
        let world = World::new();
        let root = world.root().await;
        let key = json!({"name": "billing", "expires": "2028-12-31T00:00:00Z"});
        let key = world.must(&root, "POST", "/v1/me/api-keys", key).await;
        let key = key["token"].as_str().unwrap().to_owned();
        let plan = json!({
            "name": "standard", "currency": "EUR", "base": 1_000, "user": 350, "included_users": 1
        });
        let plan = world.must(&key, "POST", "/v1/billing/plans", plan).await["id"].clone();
        let months = vec![Month::of(world.now()).0];
        let (dice, customers) = (Dice(seed), Vec::new());
        Self { world, key, plan, dice, customers, welcomed: 0, months }
    }

    async fn must(&self, method: &str, path: &str, body: Value) -> Value {
        self.world.must(&self.key, method, path, body).await
    }

    /// Makes an organization of which something is agreed, so that something is kept of it.
    async fn welcome(&mut self) {
        self.welcomed += 1;
        let slug = format!("customer-{}", self.welcomed);
        let path = self.world.organization(&self.key, &slug).await;
        if self.dice.once_in(2) {
            let contact = json!({"name": "=Payable", "mail": format!("{slug}@x.example")});
            self.must("PUT", &format!("{path}/billing/contact"), contact).await;
        }
        self.agree(&path).await;
        self.customers.push(Customer { path, users: Vec::new(), deleted: None });
    }

    /// Agrees on the plan or on none, from this month on.
    async fn agree(&mut self, path: &str) {
        let plan = if self.dice.once_in(3) { Value::Null } else { self.plan.clone() };
        let (organization, since) = (path.rsplit('/').next(), self.months.last().unwrap());
        let agreement =
            json!({"organization": organization, "plan": plan, "since": since.to_string()});
        self.must("POST", "/v1/billing/agreements", agreement).await;
    }

    /// Something happens to an organization, or nothing.
    async fn act(&mut self, place: usize) {
        let what = self.dice.below(40);
        let Customer { path, users, deleted } = &mut self.customers[place];
        let path = path.clone();
        match (deleted.is_some(), what) {
            (true, 0) => {
                *deleted = None;
                self.must("POST", &format!("{path}/restore"), json!(null)).await;
            }
            (false, 0..8) => {
                let login = format!("user{}", self.dice.below(u64::MAX));
                let user = self.world.user(&self.key, &path, &login).await;
                self.customers[place].users.push(user);
            }
            (false, 8..12) if !users.is_empty() => {
                let user = users.remove(0);
                self.must("DELETE", &user, json!(null)).await;
            }
            (false, 12) => {
                *deleted = Some(self.world.now().0);
                let shown = self.must("GET", &path, json!(null)).await;
                let name = shown["name"].as_str().unwrap();
                let confirmed = format!("{path}?confirmation={name}");
                self.must("DELETE", &confirmed, json!(null)).await;
            }
            (false, 13) => self.agree(&path).await,
            _ => {}
        }
    }

    /// All that is drafted of the months that are over, line by line. They are in order, since those
    /// who are gone come last.
    async fn drafted(&self) -> Vec<(String, Vec<String>)> {
        let mut drafted = Vec::new();
        let (_, over) = self.months.split_last().unwrap();
        for month in over {
            for what in ["", "&format=csv", "&content=usage", "&content=usage&format=csv"] {
                let path = format!("/v1/billing/invoices?month={month}{what}");
                let answer = self.world.get(&self.key, &path).await;
                assert_eq!(answer.status, 200, "{path}: {}", answer.text);
                let mut lines: Vec<_> = answer.text.lines().map(ToOwned::to_owned).collect();
                lines.sort_unstable();
                drafted.push((path, lines));
            }
        }
        drafted
    }

    /// Destroys what was deleted long enough ago; tells how many organizations that were.
    async fn destroy(&mut self) -> usize {
        let now = self.world.now();
        let is_over = |customer: &Customer| {
            customer.deleted.is_some_and(|at| now.0 > at + OrganizationGrace::default().0)
        };
        if !self.customers.iter().any(is_over) {
            return 0;
        }
        let before = self.drafted().await;
        let gone = self.world.directory.destroy_expired(now).unwrap();
        let there = self.customers.len();
        self.customers.retain(|customer| !is_over(customer));
        assert_eq!(self.customers.len() + gone, there);
        for ((path, before), (_, after)) in before.iter().zip(&self.drafted().await) {
            assert_eq!(after, before, "{path}");
        }
        gone
    }

    fn count(&self) {
        self.world.directory.count_usage(self.world.now()).unwrap();
    }

    /// A day on which the daemon runs; tells how many organizations were destroyed.
    async fn day(&mut self) -> usize {
        // Counting comes first, and may have failed.
        if self.dice.once_in(2) {
            self.count();
        }
        let gone = self.destroy().await;
        while self.customers.len() < CUSTOMERS {
            self.welcome().await;
        }
        for place in 0..self.customers.len() {
            self.act(place).await;
        }
        if self.dice.once_in(2) {
            self.count();
        }
        gone
    }
}

#[tokio::test]
async fn bills_of_months_that_are_over_are_the_same_once_an_organization_is_destroyed() {
    for seed in 1..=4 {
        let mut provider = Provider::new(seed).await;
        let (mut off, mut gone) = (0, 0);
        for _ in 0..DAYS {
            provider.world.pass(DAY);
            let this = Month::of(provider.world.now()).0;
            if provider.months.last() != Some(&this) {
                provider.months.push(this);
            }
            if off > 0 {
                off -= 1;
                continue;
            }
            gone += provider.day().await;
            if provider.dice.once_in(12) {
                off = provider.dice.below(50);
            }
        }
        assert!(gone > 3, "seed {seed}: hardly anybody was destroyed");
    }
}

#[tokio::test]
async fn an_organizations_own_bill_is_what_the_provider_has_of_it_for_accounting_systems_too() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    for login in ["ada", "bob"] {
        world.user(&root, &acme, login).await;
    }
    let own = json!({
        "login": "it", "display_name": "IT", "role": "administrator_with_billing",
        "password": super::world::GIVEN
    });
    world.must(&root, "POST", &format!("{acme}/admins"), own).await;
    let own = world.enrol(Some("acme"), "it").await;
    let month = Month::of(world.now()).0.to_string();
    let bill = format!("{acme}/billing/invoice");
    for (path, pointer) in [(bill.clone(), ""), (format!("{bill}?month={month}"), "/month")] {
        let none = world.get(&own, &path).await;
        let none = none.is_problem(422, "invalid");
        assert_eq!(none["pointer"], pointer, "what nobody sent is not what is wrong");
        assert!(none["detail"].as_str().unwrap().contains(&month), "{none}");
    }
    let plan = json!({"name": "standard", "currency": "EUR", "base": 1_000, "user": 350});
    let plan = world.must(&root, "POST", "/v1/billing/plans", plan).await["id"].clone();
    let organization = acme.rsplit('/').next();
    let agreement = json!({"organization": organization, "plan": plan, "since": month});
    world.must(&root, "POST", "/v1/billing/agreements", agreement).await;
    let contact = json!({"name": "=Payable", "mail": null});
    world.must(&own, "PUT", &format!("{acme}/billing/contact"), contact).await;
    let draft = world.must(&own, "GET", &bill, Value::Null).await;
    assert_eq!(draft["total"], 1_700);
    assert_eq!(draft["contact"], json!({"name": "=Payable", "mail": null}));
    for (format, said) in
        [("csv", ",users,2,350,700,,'=Payable,,1700,"), ("json_lines", "\"total\":1700")]
    {
        let asked = format!("?month={month}&format={format}");
        let all = world.get(&root, &format!("/v1/billing/invoices{asked}")).await;
        let alone = world.get(&own, &format!("{bill}{asked}")).await;
        assert!(alone.text.contains(said), "{format}: {}", alone.text);
        assert_eq!(alone.text, all.text, "{format}");
        assert_eq!(alone.header("content-type"), all.header("content-type"), "{format}");
    }
    world.get(&own, &format!("{bill}?format=table")).await.is_problem(400, "query");
}
