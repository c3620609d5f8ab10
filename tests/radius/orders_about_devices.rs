//! What happens to devices that came for themselves ends their sessions: FreeRADIUS takes orders in the
//! place of network gear (RFC 5176).

use serde_json::{Value, json};

use crate::harness::nas::Nas;
use crate::harness::office::{Client, Office, id_of};

/// A switch that lets devices of a group in by their addresses, and takes orders.
struct Site {
    office: Office,
    client: Client,
    nas: Nas,
    group: String,
}

impl Site {
    fn new() -> Self {
        let office = Office::new();
        let group = office.group("printers", &[], &[]);
        let fields = json!({"mac_authentication": true, "allowed_groups": [group]});
        let client = office.client("switch", &fields);
        let nas = Nas::start(office.address, &client.secret);
        let orders = json!({"port": nas.port, "suspended": "disconnect",
                            "left_group": "disconnect", "certificate_revoked": "disconnect"});
        let path = format!("radius-clients/{}", client.id);
        office.act("PATCH", &path, Some(&json!({"orders": orders})));
        Self { office, client, nas, group }
    }

    /// Makes a device that is let in by its address, and whose session begins; tells its id.
    fn enter(&self, name: &str, address: &str) -> String {
        let fields = json!({"name": name, "addresses": [address], "groups": [self.group]});
        let device = id_of(&self.office.make("devices", &fields));
        let asked = format!(
            "User-Name=\"{address}\",User-Password=\"{address}\",Message-Authenticator=0x00,\
             Calling-Station-Id=\"{address}\",Packet-Src-IP-Address={}",
            self.office.address
        );
        let reply = self.office.gear(&self.client).ask("auth", &asked);
        assert!(reply.is("Access-Accept"), "{reply:?}");
        let classes: String =
            reply.values("Class").iter().map(|class| format!(",Class={class}")).collect();
        assert!(!classes.is_empty(), "{reply:?}");
        self.begin(name, address, &classes);
        device
    }

    fn begin(&self, name: &str, login: &str, more: &str) {
        let report = format!(
            "Acct-Status-Type=Start,Acct-Session-Id=of-{name},User-Name=\"{login}\",\
             NAS-Identifier=sw-1{more}"
        );
        let reply = self.office.report(&self.client, &report);
        assert!(reply.is("Accounting-Response"), "{reply:?}");
    }

    /// Waits until the session of a device was ended, because of something.
    fn ended(&self, name: &str, because: &str) {
        self.nas.says(&format!("Acct-Session-Id = \"of-{name}\""));
        let is_meant = |event: &Value| {
            let mut told = event["differences"].as_array().unwrap().iter();
            event["action"] == "session_disconnect"
                && event["success"] == true
                && told.any(|it| it["field"] == "because" && it["after"] == because)
        };
        let found = (0..10_000).any(|_| self.office.events().iter().any(is_meant));
        assert!(found, "{name}: {because}");
    }
}

#[test]
fn section_1_what_happens_to_a_device_ends_its_session() {
    let site = Site::new();
    let office = &site.office;
    let printer = site.enter("printer", "00-10-A4-23-19-C0");
    let phone = site.enter("phone", "00-10-A4-23-19-C1");
    let door = site.enter("door", "00-10-A4-23-19-C2");
    let camera = site.enter("camera", "00-10-A4-23-19-C3");
    let found = office.read(&format!("sessions?filter=device%20eq%20%22{printer}%22"));
    let items = found["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["name"]), (1, &json!("of-printer")), "{found}");
    assert_eq!((&items[0]["device"], &items[0]["user"]), (&json!(printer), &Value::Null));
    let is_begun = |event: &Value| {
        event["action"] == "network_session_started" && event["actor"]["name"] == "camera"
    };
    let begun = (0..10_000).find_map(|_| office.events().into_iter().find(is_begun)).unwrap();
    let actor = &begun["actor"];
    assert_eq!((&actor["kind"], &actor["id"]), (&json!("device"), &json!(camera)));
    office.act("PATCH", &format!("devices/{printer}"), Some(&json!({"suspended": true})));
    site.ended("printer", "the device was suspended");
    office.act("PATCH", &format!("devices/{phone}"), Some(&json!({"groups": []})));
    site.ended("phone", "the device left a group");
    office.act("DELETE", &format!("devices/{door}"), None);
    site.ended("door", "the device was deleted");
    assert_eq!(site.nas.said().matches("Received Disconnect-Request").count(), 3);
}

#[test]
fn a_revoked_certificate_of_a_device_ends_the_session_that_it_began() {
    let site = Site::new();
    let office = &site.office;
    office.built_in("Acme Wi-Fi");
    let fields = json!({"name": "laptop-7", "groups": [site.group]});
    let device = id_of(&office.make("devices", &fields));
    let handed = office.hand_out(&format!("devices/{device}"), &json!({}));
    let peer = office.peer(&site.client, "TLS").quoted("identity", "host/laptop-7.acme.example");
    let peer = peer.quoted("client_cert", &handed.certificate().display().to_string());
    let verdict = peer.quoted("private_key", &handed.key().display().to_string()).gets_in();
    let classes = super::rfc5176::classes(&verdict.output.stdout);
    site.begin("laptop-7", "host/laptop-7.acme.example", &classes);
    let found = office.read("sessions?open=true");
    assert_eq!(found["items"][0]["device"], json!(device), "{found}");
    office.revoke(&handed, "key_compromise");
    site.ended("laptop-7", "the certificate was revoked");
}
