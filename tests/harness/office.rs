//! An organization of a test's own, on a demonstration that such tests share: whatever one test
//! changes in its organization, no other sees.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

use serde_json::{Value, json};

use super::demo::Demo;
use super::https::Https;
use super::radius::{Gear, Reply};
use super::totp;
use super::wire::Wire;

/// The organization.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) demo: Arc<Demo>,
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) base: String,
    /// The one who may do everything.
    pub(crate) top: Https,
    /// An address of the loopback network that gear of this organization alone has.
    pub(crate) address: Ipv4Addr,
}

/// Network gear of an [`Office`].
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Office {
    /// An empty organization.
    pub(crate) fn new() -> Self {
        Self::on(playground())
    }

    /// An empty organization of a demonstration of its own, for who would disturb the others; none,
    /// and said so, where the tests are pointed at a daemon that is not theirs.
    pub(crate) fn alone() -> Option<Self> {
        Some(Self::on(Arc::new(Demo::own()?)))
    }

    /// Kills the daemon of one's own demonstration, and starts it again.
    pub(crate) fn kill_and_start_again(&mut self) {
        let demo = Arc::get_mut(&mut self.demo).unwrap();
        demo.daemon().kill_at_once();
        demo.start_again();
        self.top = self.demo.https(Some(&self.demo.admin_api.tokens.administrator_with_billing));
    }

    /// An empty organization of a demonstration.
    pub(crate) fn on(demo: Arc<Demo>) -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let slug = format!("office-{process}-{serial}");
        let base = format!("dc={slug},dc=example");
        let top = demo.https(Some(&demo.admin_api.tokens.administrator_with_billing));
        let fields = json!({"slug": slug, "name": format!("Office {serial}"), "base": base});
        let made = top.send("POST", "/v1/organizations", Some(&fields));
        assert_eq!(made.status, 201, "{made:?}");
        let [_, _, third, fourth] = serial.to_be_bytes();
        let second = u8::try_from(process % 200 + 20).unwrap();
        let address = Ipv4Addr::new(127, second, third, fourth);
        Self { id: id_of(&made.json()), slug, base, top, address, demo }
    }

    /// The URL of something in it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/organizations/{}/{rest}", self.id)
    }

    /// Makes something; tells what was made.
    pub(crate) fn make(&self, collection: &str, fields: &Value) -> Value {
        let made = self.top.send("POST", &self.path(collection), Some(fields));
        assert_eq!(made.status, 201, "{made:?}");
        made.json()
    }

    /// Does something that must succeed; tells what came back.
    pub(crate) fn act(&self, method: &str, rest: &str, body: Option<&Value>) -> Value {
        let done = self.top.send(method, &self.path(rest), body);
        assert!(matches!(done.status, 200 | 204), "{method} {rest}: {done:?}");
        if done.status == 204 { Value::Null } else { done.json() }
    }

    /// Reads something that must be there.
    pub(crate) fn read(&self, rest: &str) -> Value {
        self.act("GET", rest, None)
    }

    /// Makes a user; tells the id.
    pub(crate) fn user(&self, login: &str, password: &str) -> String {
        let fields =
            json!({"login": login, "display_name": login, "surname": login, "password": password});
        id_of(&self.make("users", &fields))
    }

    /// Makes a group with users and nested groups by their ids; tells the id.
    pub(crate) fn group(&self, name: &str, users: &[&str], groups: &[&str]) -> String {
        let id = id_of(&self.make("groups", &json!({"name": name})));
        let members = json!({"add": {"users": users, "groups": groups}});
        self.act("PATCH", &format!("groups/{id}/members"), Some(&members));
        id
    }

    /// Makes a RADIUS client at the organization's own address, with other fields as well.
    pub(crate) fn client(&self, name: &str, fields: &Value) -> Client {
        let mut all = json!({"name": name, "sources": [format!("{}/32", self.address)]});
        let fields = fields.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(fields);
        let made = self.make("radius-clients", &all);
        Client { id: id_of(&made), secret: made["secret"].as_str().unwrap().to_owned() }
    }

    /// A client of this organization with radclient, at the organization's own address.
    pub(crate) fn gear(&self, client: &Client) -> Gear {
        Gear::new(&self.demo.radius.auth, &client.secret)
    }

    /// Tries a password at gear of this organization.
    pub(crate) fn login(&self, client: &Client, user: &str, password: &str) -> Reply {
        let attributes = format!(
            "User-Name=\"{user}\",User-Password=\"{password}\",Message-Authenticator=0x00,\
             Packet-Src-IP-Address={}",
            self.address
        );
        self.gear(client).ask("auth", &attributes)
    }

    /// Reports of a session from gear of this organization; `attributes` say what.
    pub(crate) fn report(&self, client: &Client, attributes: &str) -> Reply {
        let attributes = format!("{attributes},Packet-Src-IP-Address={}", self.address);
        Gear::new(&self.demo.radius.acct, &client.secret).ask("acct", &attributes)
    }

    /// A socket at the organization's own address.
    pub(crate) fn wire(&self) -> Wire {
        Wire::from(self.address, &self.demo.radius.auth)
    }

    /// Enrols an authenticator and tells what it scanned. The code of the step before this one is
    /// used up, so that the ones of this step and the next are left.
    pub(crate) fn enrol(&self, user: &str) -> String {
        let path = format!("users/{user}/second-factor");
        let begun = self.act("POST", &path, None);
        let uri = begun["otpauth_uri"].as_str().unwrap().to_owned();
        assert!(uri.contains(begun["secret"].as_str().unwrap()), "{begun}");
        assert_eq!(self.read(&path)["enrolled"], false);
        let confirm = self.path(&format!("{path}/confirm"));
        let confirmed = |_| {
            let code = totp::code_beside(&uri, -1);
            self.top.send("POST", &confirm, Some(&json!({"code": code}))).status == 204
        };
        // A step may end on the way.
        assert!((0..3).any(confirmed), "the code is not taken");
        assert_eq!(self.read(&path)["enrolled"], true);
        uri
    }

    /// Changes settings.
    pub(crate) fn set(&self, settings: &Value) {
        self.act("PATCH", "settings", Some(settings));
    }

    /// The DN of a user, whether there is one or not.
    pub(crate) fn user_dn(&self, login: &str) -> String {
        format!("uid={login},ou=people,{}", self.base)
    }

    /// The newest events, the newest first. What waits for the disk is written before: asking for
    /// the head of the chain sees to that.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.read("events/chain");
        self.read("events?limit=200")["items"].as_array().unwrap().clone()
    }

    /// Waits for an event of this action, and tells the newest. What was tried is told a moment
    /// after it was answered.
    pub(crate) fn event(&self, action: &str) -> Value {
        let newest = |_| self.events().into_iter().find(|event| event["action"] == action);
        (0..10_000).find_map(newest).unwrap_or_else(|| panic!("no {action} came"))
    }
}

/// The id of what the admin API shows.
pub(crate) fn id_of(shown: &Value) -> String {
    shown["id"].as_str().unwrap_or_else(|| panic!("no id in {shown}")).to_owned()
}

/// The demonstration of those tests that make an organization of their own.
fn playground() -> Arc<Demo> {
    static SHARED: Mutex<Weak<Demo>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(demo) = shared.upgrade() {
        return demo;
    }
    let demo = Arc::new(Demo::subject_or_new());
    *shared = Arc::downgrade(&demo);
    demo
}
