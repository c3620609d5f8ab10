//! `/v1/organizations/{organization}/devices`, what is demanded of them, and the devices' door, to
//! which they come with curl and a certificate that the API issued.

use serde_json::{Value, json};

use crate::harness::curl::{Api, Response};
use crate::harness::issued::Handed;
use crate::harness::office::{Office, id_of};
use crate::harness::tenantry::Tenantry;

/// A laptop of a group, with a certificate.
struct Fleet {
    office: Office,
    group: String,
    device: String,
    handed: Handed,
}

impl Fleet {
    fn new() -> Self {
        Self::of(Office::new())
    }

    fn of(office: Office) -> Self {
        office.built_in("Acme devices");
        let group = office.group("laptops", &[], &[]);
        let ada = office.user("ada", "correct horse battery");
        let fields = json!({
            "name": "laptop-7", "serial": "C02XK1", "model": "MacBook Air", "os": "macos",
            "os_version": "15.1", "owner": ada, "groups": [group]
        });
        let device = id_of(&office.make("devices", &fields));
        let handed = office.hand_out(&format!("devices/{device}"), &json!({}));
        Self { office, group, device, handed }
    }

    fn policy(&self, name: &str, precedence: u32, settings: &Value) -> String {
        let fields = json!({"name": name, "precedence": precedence, "groups": [self.group],
            "settings": settings, "comment": "to begin with"});
        id_of(&self.office.make("security-policies", &fields))
    }

    /// A client of the devices' door, still without a certificate.
    fn door(&self) -> Api {
        Api::at(&self.office.demo.devices, &self.office.demo.ca_file)
    }

    fn own(&self, rest: &str) -> String {
        self.office.path(&format!("device/{rest}"))
    }

    fn asks(&self) -> Response {
        self.door().certificate(&self.handed).get(&self.own("settings"))
    }

    fn reports(&self, report: &Value) -> Response {
        let device = self.door().certificate(&self.handed);
        device.send("PUT", &self.own("compliance"), Some(report))
    }
}

#[test]
fn an_inventory_is_found_by_serial_number_owner_group_and_system() {
    let fleet = Fleet::new();
    let office = &fleet.office;
    office.make("devices", &json!({"name": "printer", "addresses": ["00-10-A4-23-19-C0"]}));
    let names = |query: &str| -> Vec<String> {
        let list = office.read(&format!("devices?{query}"));
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(""), ["laptop-7", "printer"]);
    let owner = office.read("devices?serial=c02xk1")["items"][0]["owner"].clone();
    for query in [
        "serial=c02xk1".to_owned(),
        "os=macos".to_owned(),
        format!("group={}", fleet.group),
        format!("owner={}", owner.as_str().unwrap()),
    ] {
        assert_eq!(names(&query), ["laptop-7"], "{query}");
    }
    assert_eq!(names("os=linux"), [""; 0]);
    assert_eq!(names("compliance=unreported"), ["laptop-7", "printer"]);
    let twin = json!({"name": "twin", "serial": "c02XK1"});
    let taken = office.top.send("POST", &office.path("devices"), Some(&twin));
    assert_eq!((taken.status, &taken.json()["pointer"]), (409, &json!("/serial")), "{taken:?}");
    assert_eq!(taken.json()["detail"], "This serial is taken; choose another.");
    let path = format!("devices/{}", fleet.device);
    office.act("PATCH", &path, Some(&json!({"os_version": "15.2", "owner": null})));
    let shown = office.read(&path);
    assert_eq!((&shown["os_version"], &shown["owner"]), (&json!("15.2"), &json!(null)));
    assert_eq!(shown["serial"], "C02XK1", "what is left out stays");
}

#[test]
fn who_has_a_device_and_is_deleted_has_it_no_more() {
    let fleet = Fleet::new();
    let path = format!("devices/{}", fleet.device);
    let owner = fleet.office.read(&path)["owner"].as_str().unwrap().to_owned();
    fleet.office.act("DELETE", &format!("users/{owner}"), None);
    assert_eq!(fleet.office.read(&path)["owner"], json!(null));
    fleet.office.act("PATCH", &path, Some(&json!({"model": "MacBook Pro"})));
}

#[test]
fn a_device_fetches_what_is_demanded_of_it_and_by_its_tag_only_what_is_new() {
    let fleet = Fleet::new();
    fleet.policy("base", 5, &json!({"disk_encryption": {}, "screen_lock": {"delay": 900}}));
    let strict = fleet.policy("strict", 1, &json!({"screen_lock": {"delay": 300}}));
    let got = fleet.asks();
    assert_eq!(got.status, 200, "{got:?}");
    let document = got.json();
    let expected = json!({"disk_encryption": {"required": true},
        "screen_lock": {"required": true, "delay": 300}});
    assert_eq!((&document["settings"], &document["device"]), (&expected, &json!(fleet.device)));
    let tag = got.header("etag").unwrap();
    assert_eq!(tag, format!("\"{}\"", document["document"].as_str().unwrap()));

    let shown = fleet.office.read(&format!("devices/{}/security-settings", fleet.device));
    assert_eq!((&shown["settings"], &shown["document"]), (&expected, &document["document"]));
    let source = &shown["sources"]["screen_lock"];
    assert_eq!((&source["name"], &source["group"]), (&json!("strict"), &json!(fleet.group)));
    assert_eq!(shown["sources"]["disk_encryption"]["name"], "base");
    assert_eq!(shown["sources"]["os_updates"], json!(null));

    let known = fleet.door().certificate(&fleet.handed);
    let known = known.header(&format!("If-None-Match: {tag}"));
    assert_eq!(known.get(&fleet.own("settings")).status, 304);
    let less = json!({"settings": {"screen_lock": {"delay": 60}}, "comment": "audit"});
    let path = format!("security-policies/{strict}");
    assert_eq!(fleet.office.act("PATCH", &path, Some(&less))["version"], 2);
    let changed = known.get(&fleet.own("settings"));
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["settings"]["screen_lock"]["delay"], 60);

    let versions = fleet.office.read(&format!("{path}/versions"));
    let (new, old) = (&versions["items"][0], &versions["items"][1]);
    assert_eq!((&new["number"], &new["comment"]), (&json!(2), &json!("audit")));
    assert_eq!(old["settings"]["screen_lock"]["delay"], 300);
    let restore = format!("{path}/versions/{}/restore", id_of(old));
    assert_eq!(fleet.office.act("POST", &restore, Some(&json!({})))["version"], 3);
    assert_eq!(known.get(&fleet.own("settings")).status, 304, "as it was");
}

/// What is demanded of the system: a version of macOS that it has at least.
fn at_least(version: &str) -> Value {
    json!({"minimum_versions": [{"os": "macos", "version": version}]})
}

#[test]
fn updates_and_networks_are_demanded_by_precedence_and_judged_in_reports() {
    let fleet = Fleet::new();
    let networks = json!({"ssids": ["Acme", "Acme guests"]});
    fleet.policy("base", 5, &json!({"os_updates": at_least("14.6"), "allowed_networks": networks}));
    let mut later = at_least("15.2");
    later["deadline"] = json!("2100-01-31T12:00:00Z");
    let strict = fleet.policy("strict", 1, &json!({"os_updates": later}));
    let document = fleet.asks().json();
    let expected = json!({"os_updates": later, "allowed_networks": networks});
    assert_eq!(document["settings"], expected, "each as a whole, from the one that goes first");
    let path = format!("devices/{}", fleet.device);
    let shown = fleet.office.read(&format!("{path}/security-settings"));
    assert_eq!(shown["settings"], expected);
    assert_eq!(shown["sources"]["os_updates"]["name"], "strict");
    assert_eq!(shown["sources"]["allowed_networks"]["name"], "base");

    let reports = |document: &Value, version: &str, networks: &str| {
        let said = fleet.reports(&json!({"document": document["document"], "os": "macos",
            "os_version": version,
            "settings": {"os_updates": "compliant", "allowed_networks": networks}}));
        assert_eq!(said.status, 200, "{said:?}");
        said.json()["compliance"].as_str().unwrap().to_owned()
    };
    assert_eq!(reports(&document, "15.1", "not_compliant"), "not_compliant");
    assert_eq!(reports(&document, "15.1", "unknown"), "unknown");
    assert_eq!(reports(&document, "15.1", "compliant"), "compliant", "there is time until 2100");
    let at_once = json!({"settings": {"os_updates": at_least("15.2")}});
    fleet.office.act("PATCH", &format!("security-policies/{strict}"), Some(&at_once));
    let changed = fleet.asks().json();
    assert_ne!(changed["document"], document["document"]);
    assert_eq!(reports(&changed, "15.1", "compliant"), "not_compliant", "whatever it says");
    let last = fleet.office.read(&format!("{path}/compliance"))["last"].clone();
    assert_eq!(last["settings"]["os_updates"], "not_compliant");
    assert_eq!(last["settings"]["allowed_networks"], "compliant");
    assert_eq!(reports(&changed, "15.10", "compliant"), "compliant", "ten is more than two");
}

#[test]
fn the_same_policy_goes_first_for_devices_and_for_the_passwords_of_people() {
    let fleet = Fleet::new();
    let office = &fleet.office;
    let bob = office.user("bob", "correct horse battery");
    let people = office.group("people", &[&bob], &[]);
    let policies = [("behind", 20), ("Beta", 10), ("alpha", 10)].map(|(name, precedence)| {
        let of_people = json!({"name": name, "precedence": precedence, "groups": [people]});
        let of_people = id_of(&office.make("password-policies", &of_people));
        let of_devices = fleet.policy(name, precedence, &json!({"screen_lock": {"delay": 300}}));
        let paths =
            [format!("password-policies/{of_people}"), format!("security-policies/{of_devices}")];
        (name, paths)
    });
    for (name, paths) in policies.iter().rev() {
        let of_bob = office.read(&format!("users/{bob}/password-policy"));
        assert_eq!(of_bob["source"]["name"], *name);
        let of_laptop = office.read(&format!("devices/{}/security-settings", fleet.device));
        assert_eq!(of_laptop["sources"]["screen_lock"]["name"], *name);
        for path in paths {
            office.act("DELETE", path, None);
        }
    }
}

#[test]
fn versions_and_networks_that_there_cannot_be_are_refused_where_they_stand() {
    let fleet = Fleet::new();
    let refused = |settings: &Value| {
        let fields = json!({"name": "base", "settings": settings});
        let path = fleet.office.path("security-policies");
        let refused = fleet.office.top.send("POST", &path, Some(&fields));
        assert_eq!(refused.status, 422, "{refused:?}");
        refused.json()["pointer"].as_str().unwrap().to_owned()
    };
    let version = "/settings/os_updates/minimum_versions/0/version";
    assert_eq!(refused(&json!({"os_updates": at_least("new")})), version);
    let long = json!({"allowed_networks": {"ssids": ["Acme", "x".repeat(33)]}});
    assert_eq!(refused(&long), "/settings/allowed_networks/ssids/1");
    fleet.policy("none", 1, &json!({"allowed_networks": {"ssids": []}}));
    let settings = fleet.asks().json()["settings"].clone();
    assert_eq!(settings, json!({"allowed_networks": {"ssids": []}}), "no network at all");
}

#[test]
fn a_certificate_counts_where_its_device_is_and_as_long_as_it_does() {
    let (fleet, other) = (Fleet::new(), Fleet::new());
    let refused = |response: &Response| {
        assert_eq!(response.status, 403, "{response:?}");
        assert_eq!(response.json()["type"], "/problems/certificate");
        response.body.clone()
    };
    assert_eq!(fleet.door().get(&fleet.own("settings")).status, 0, "no certificate, no handshake");
    let theirs = other.door().certificate(&fleet.handed);
    let elsewhere = refused(&theirs.get(&other.own("settings")));
    let never = "/v1/organizations/01890000-0000-7000-8000-000000000000/device/settings";
    assert_eq!(refused(&theirs.get(never)), elsewhere, "as if it had never been");
    assert_eq!(refused(&theirs.get("/v1/organizations/x/device/settings")), elsewhere);
    let ada = fleet.office.read("users?name=ada")["items"][0].clone();
    let users = fleet.office.hand_out(&format!("users/{}", id_of(&ada)), &json!({}));
    refused(&fleet.door().certificate(&users).get(&fleet.own("settings")));
    assert_eq!(fleet.office.event("device_refused")["success"], false);

    assert_eq!(fleet.asks().status, 200);
    let path = format!("devices/{}", fleet.device);
    fleet.office.act("PATCH", &path, Some(&json!({"suspended": true})));
    refused(&fleet.asks());
    fleet.office.act("PATCH", &path, Some(&json!({"suspended": false})));
    let open = fleet.door().certificate(&other.handed).get(&fleet.own("settings"));
    refused(&open);
    fleet.office.revoke(&fleet.handed, "key_compromise");
    refused(&fleet.asks());
    assert_eq!(fleet.door().certificate(&fleet.handed).get("/v1/organizations").status, 404);
    let admin = fleet.office.demo.api_as_nobody().certificate(&other.handed);
    assert_eq!(admin.get(&other.own("settings")).status, 404, "admins have another door");
}

#[test]
fn what_a_device_reports_is_judged_counted_and_kept() {
    let Some(office) = Office::alone() else { return };
    let fleet = Fleet::of(office);
    fleet.policy("base", 1, &json!({"disk_encryption": {}, "screen_lock": {"delay": 300}}));
    let document = fleet.asks().json()["document"].clone();
    let report = |lock: &str| {
        json!({"document": document, "os": "macos", "os_version": "15.2",
            "settings": {"disk_encryption": "compliant", "screen_lock": lock}})
    };
    let said = fleet.reports(&report("not_compliant"));
    assert_eq!((said.status, &said.json()["compliance"]), (200, &json!("not_compliant")));
    assert_eq!(fleet.reports(&report("compliant")).json()["compliance"], "compliant");
    let path = format!("devices/{}", fleet.device);
    let shown = fleet.office.read(&format!("{path}/compliance"));
    assert_eq!((&shown["compliance"], &shown["current"]), (&json!("compliant"), &json!(true)));
    assert_eq!(shown["last"]["os_version"], "15.2");
    assert_eq!(shown["last"]["settings"]["os_updates"], "unknown", "nobody asked");
    assert_eq!(shown["earlier"][0]["settings"]["screen_lock"], "not_compliant");
    assert_eq!(fleet.office.read(&path)["compliance"], "compliant");
    let event = fleet.office.event("compliance_changed");
    assert_eq!(
        (&event["actor"]["kind"], &event["actor"]["name"]),
        (&json!("device"), &json!("laptop-7"))
    );
    let counts = fleet.office.read("device-compliance");
    let expected =
        json!({"compliant": 1, "not_compliant": 0, "unknown": 0, "stale": 0, "unreported": 0});
    assert_eq!(counts, expected);

    let misshapen = fleet.reports(&json!({"settings": {"screen_lock": "perhaps"}}));
    let problem = misshapen.json();
    assert_eq!((misshapen.status, &problem["pointer"]), (422, &json!("/settings/screen_lock")));
    let large = fleet.reports(&json!({"document": "x".repeat(20_000)}));
    assert_eq!(large.status, 413, "{large:?}");
    let mut answers = (0..30).map(|_| fleet.asks());
    let often = answers.find(|answer| answer.status != 200).unwrap();
    assert_eq!((often.status, &often.json()["type"]), (429, &json!("/problems/too-often")));
    assert!(often.header("retry-after").is_some(), "{often:?}");
}

#[test]
fn a_help_desk_reads_and_a_manager_writes() {
    let fleet = Fleet::new();
    let desk = fleet.office.admin("help_desk").session;
    let manager = fleet.office.admin("manager").session;
    let policies = fleet.office.path("security-policies");
    let fields = json!({"name": "base", "settings": {"screen_lock": {"delay": 0}}});
    let refused = desk.send("POST", &policies, Some(&fields));
    assert_eq!((refused.status, &refused.json()["permission"]), (403, &json!("manage_identities")));
    let invalid = manager.send("POST", &policies, Some(&fields));
    assert_eq!(invalid.json()["pointer"], "/settings/screen_lock/delay", "{invalid:?}");
    let fields = json!({"name": "base", "settings": {"screen_lock": {"delay": 60}}});
    assert_eq!(manager.send("POST", &policies, Some(&fields)).status, 201);
    for path in ["security-policies", "device-compliance", "devices"] {
        assert_eq!(desk.get(&fleet.office.path(path)).status, 200, "{path}");
    }
}

#[test]
fn the_command_line_knows_serial_numbers_and_versions_by_their_numbers() {
    let fleet = Fleet::new();
    let key = &fleet.office.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&fleet.office.demo, key).within(&fleet.office.slug);
    let line = "security-policy create --name base --precedence 1 --groups laptops \
                --settings-screen-lock-delay 300";
    tenantry.does(line);
    tenantry.does("security-policy update base --settings-screen-lock-delay 60 --comment audit");
    let taken = tenantry.run("device create --name laptop-8 --serial c02xk1");
    assert_eq!(taken.code, 6, "{taken:?}");
    assert!(taken.stderr.contains("--serial: This serial is taken; choose another."), "{taken:?}");
    let settings = tenantry.shows("device settings c02xk1");
    assert_eq!(settings["settings"]["screen_lock"]["delay"], 60);
    assert_eq!(settings["sources"]["screen_lock"]["version"], 2);
    let versions = tenantry.does("security-policy versions base");
    assert!(versions.contains("audit"), "{versions}");
    tenantry.does("security-policy restore base 1 --comment back");
    assert_eq!(tenantry.shows("security-policy show base")["version"], 3);
    assert_eq!(tenantry.shows("security-policy version base 3")["restored"], 1);
    let document = settings["document"].clone();
    assert_eq!(fleet.reports(&json!({"document": document})).status, 200);
    let table = tenantry.does("device list --os macos --owner ada --group laptops");
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("NAME      SERIAL  MODEL"), "{table}");
    let line = lines.next().unwrap();
    assert!(
        line.starts_with("laptop-7  C02XK1  MacBook Air") && line.contains("unknown"),
        "{table}"
    );
    assert_eq!(tenantry.shows("device list --compliance compliant"), json!([]));
    assert_eq!(tenantry.shows("device count-compliance")["unknown"], 1);
    assert_eq!(tenantry.shows("device compliance laptop-7")["current"], false);
}
