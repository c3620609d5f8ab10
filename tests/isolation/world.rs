//! One store twice: in the one daemon a second organization is added, in the other it is not.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::admin::Admin;
use crate::harness::demo::Demo;
use crate::harness::https::Https;
use crate::harness::office::{Client, Office, id_of};
use crate::harness::server::{Server, Site, free_tcp};

/// The password of every user; only the organization tells one from the other.
pub(super) const PASSWORD: &str = "correct horse battery";
/// The base of the organization that may not be seen.
pub(super) const OTHER: &str = "dc=other,dc=example";
/// The hardware address and the serial number of that organization's device.
pub(super) const ADDRESS: &str = "00:10:a4:23:19:c0";
pub(super) const SERIAL: &str = "C02-OTHER";

/// The organization that asks, with sessions that are open in both daemons.
#[derive(Debug)]
pub(super) struct Ours {
    pub(super) id: String,
    pub(super) base: String,
    pub(super) address: Ipv4Addr,
    pub(super) client: Client,
    pub(super) application: String,
    pub(super) application_password: String,
    pub(super) admin: Admin,
    pub(super) scoped: Admin,
}

/// The organization that only one of the daemons has.
#[derive(Debug)]
pub(super) struct Theirs {
    pub(super) id: String,
    pub(super) things: Vec<(&'static str, String)>,
    pub(super) client: Client,
    pub(super) application: String,
    pub(super) application_password: String,
}

/// A running daemon with its folder.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) server: Server,
    /// Where RADIUS is spoken inside TLS.
    pub(super) radsec: String,
    _site: Site,
    _folder: TempDir,
}

/// Both daemons.
#[derive(Debug)]
pub(super) struct World {
    pub(super) ours: Ours,
    pub(super) theirs: Theirs,
    pub(super) with: Side,
    pub(super) without: Side,
    /// The key of who may do everything.
    top: String,
}

impl World {
    /// The world that tests share, which change nothing in it; none where the tests are pointed
    /// at a daemon that is not theirs.
    pub(super) fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(world) = shared.upgrade() {
            return Some(world);
        }
        let world = Arc::new(Self::own(|_| {})?);
        *shared = Arc::downgrade(&world);
        Some(world)
    }

    /// A world of a test's own, with more in the organization that asks.
    pub(super) fn own(more: impl FnOnce(&Office)) -> Option<Self> {
        let demo = Arc::new(Demo::own()?);
        let top = demo.admin_api.tokens.administrator_with_billing.clone();
        let office = Office::on(Arc::clone(&demo));
        let ours = ours(&office);
        more(&office);
        drop(office);
        let mut demo = Arc::into_inner(demo).unwrap();
        demo.daemon().stop();
        let (with, without) = (Side::of(demo.folder()), Side::of(demo.folder()));
        let theirs = theirs(&with.https(Some(&top)), ours.address);
        Some(Self { ours, theirs, with, without, top })
    }

    /// Does something in the other organization that must succeed; tells what came back.
    pub(super) fn other(&self, method: &str, rest: &str, body: Option<&Value>) -> Value {
        let path = format!("/v1/organizations/{}/{rest}", self.theirs.id);
        let done = self.with.https(Some(&self.top)).send(method, &path, body);
        assert!(matches!(done.status, 200 | 201), "{method} {rest}: {done:?}");
        done.json()
    }

    /// Reads something in the organization that asks, in one of the daemons.
    pub(super) fn read(&self, side: &Side, rest: &str) -> Value {
        let path = format!("/v1/organizations/{}/{rest}", self.ours.id);
        let read = side.https(None).with_token(self.ours.admin.session.token()).get(&path);
        assert_eq!(read.status, 200, "{rest}: {read:?}");
        read.json()
    }

    /// Both daemons: the one with the other organization first.
    pub(super) fn sides(&self) -> [&Side; 2] {
        [&self.with, &self.without]
    }
}

impl Side {
    fn of(folder: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder, copy.path());
        let radsec = free_tcp();
        let site = Site::of_demo(copy.path()).unwrap().set("ldap", "cleartext_bind = true");
        let site = site.set("radius", format!("radsec = [{radsec:?}]"));
        Self { server: site.serve(), radsec, _site: site, _folder: copy }
    }

    /// Somebody at this daemon's admin API.
    pub(super) fn https(&self, token: Option<&str>) -> Https {
        Https::at(&self.server.admin_api, &self.server.ca_file, token)
    }
}

fn ours(office: &Office) -> Ours {
    office.user("ada", PASSWORD);
    let grace = office.user("grace", PASSWORD);
    office.group("staff", &[&grace], &[]);
    let application = office.make("service-accounts", &json!({"name": "nextcloud"}));
    let text = |field: &str| application[field].as_str().unwrap().to_owned();
    let scope = json!({"organizations": [office.id]});
    Ours {
        id: office.id.clone(),
        base: office.base.clone(),
        address: office.address,
        client: office.client("switch", &json!({})),
        application: text("dn"),
        application_password: text("password"),
        admin: office.admin("administrator_with_billing"),
        scoped: office.provider_admin("administrator_with_billing", &scope),
    }
}

fn theirs(top: &Https, address: Ipv4Addr) -> Theirs {
    let fields = json!({"slug": "other", "name": "Other", "base": OTHER});
    let made = top.send("POST", "/v1/organizations", Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    let id = id_of(&made.json());
    let make = |collection: &str, fields: Value| {
        let path = format!("/v1/organizations/{id}/{collection}");
        let made = top.send("POST", &path, Some(&fields));
        assert_eq!(made.status, 201, "{made:?}");
        made.json()
    };
    let user = |login: &str| {
        let password = format!("{PASSWORD} of somebody else");
        json!({"login": login, "display_name": login, "surname": login, "password": password})
    };
    let (ada, grace) = (make("users", user("ada")), make("users", user("grace")));
    let group = make("groups", json!({"name": "staff"}));
    let members = json!({"add": {"users": [ada["id"], grace["id"]]}});
    let path = format!("/v1/organizations/{id}/groups/{}/members", id_of(&group));
    assert_eq!(top.send("PATCH", &path, Some(&members)).status, 200);
    let account = make("service-accounts", json!({"name": "nextcloud"}));
    make(
        "devices",
        json!({"name": "till", "addresses": [ADDRESS], "serial": SERIAL, "owner": ada["id"]}),
    );
    let profile = make("reply-profiles", json!({"name": "network", "vlan": "99"}));
    let client = make(
        "radius-clients",
        json!({
            "name": "switch", "sources": [format!("{address}/32")], "reply_profile": profile["id"]
        }),
    );
    let admin = make(
        "admins",
        json!({
            "login": "chief", "display_name": "Chief", "role": "manager", "password": PASSWORD
        }),
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Theirs {
        things: vec![
            ("{user}", id_of(&ada)),
            ("{group}", id_of(&group)),
            ("{service_account}", id_of(&account)),
            ("{radius_client}", id_of(&client)),
            ("{reply_profile}", id_of(&profile)),
            ("{admin}", id_of(&admin)),
        ],
        client: Client { id: id_of(&client), secret: text(&client["secret"]) },
        application: text(&account["dn"]),
        application_password: text(&account["password"]),
        id,
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
