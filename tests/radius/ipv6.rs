//! Gear at an address of IPv6: what it asks, reports and is told.

use std::net::Ipv6Addr;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::https::Https;
use crate::harness::issued::BuiltIn;
use crate::harness::nas::Nas;
use crate::harness::office::{Client, Office};
use crate::harness::radius::Gear;
use crate::harness::receiver::comes;
use crate::harness::server::{Server, Site};

const PASSWORD: &str = "correct horse battery";

/// A daemon that hears RADIUS by IPv6 alone, and gear at `::1` that takes orders there.
struct Place {
    server: Server,
    api: Https,
    office: Office,
    client: Client,
    nas: Nas,
    authority: BuiltIn,
    _site: Site,
}

impl Place {
    /// Listens at an address; none where the daemon is not the test's own.
    fn listening_at(address: &'static str) -> Option<Self> {
        let mut office = Office::alone()?;
        office.user("ada", PASSWORD);
        let authority = office.built_in("Acme Wi-Fi");
        let names = json!({"dns_names": ["radius.acme.example"]});
        office.act("POST", "server-certificate/issue", Some(&names));
        let client = office.client("wlan", &json!({"sources": ["::1/128"]}));
        let nas = Nas::start(Ipv6Addr::LOCALHOST, &client.secret);
        let orders = json!({"orders": {"port": nas.port}});
        office.act("PATCH", &format!("radius-clients/{}", client.id), Some(&orders));
        let demo = Arc::get_mut(&mut office.demo).unwrap();
        demo.daemon().stop();
        let site = Site::of_demo(demo.folder())?.radius_at(address);
        // Else none goes to this machine.
        let site = site.set("radius", "order_networks_excepted = []");
        let server = site.serve();
        let api = Https::at(&server.admin_api, &server.ca_file, Some(office.top.token()));
        Some(Self { server, api, office, client, nas, authority, _site: site })
    }

    fn gear(&self, secret: &str) -> Gear {
        Gear::new(&here(&self.server.radius_auth), secret)
    }

    fn read(&self, rest: &str) -> Value {
        let read = self.api.get(&self.office.path(rest));
        assert_eq!(read.status, 200, "{rest}: {read:?}");
        read.json()
    }

    /// How attempts ended and where they came from, the newest first.
    fn attempts(&self) -> Vec<(Value, Value)> {
        self.read("events/chain");
        let events = self.read("events?limit=200");
        let attempts = events["items"].as_array().unwrap().iter();
        let attempts = attempts.filter(|event| event["action"] == "radius_access");
        attempts.map(|event| (event["success"].clone(), event["source"].clone())).collect()
    }

    fn passwords_are_judged(&self) {
        let gear = self.gear(&self.client.secret);
        let reply = gear.login("ada", PASSWORD);
        assert!(reply.is("Access-Accept"), "{reply:?}");
        let from = format!("from {}", here(&self.server.radius_auth));
        assert!(reply.output.stdout.contains(&from), "{from}: {reply:?}");
        assert!(gear.login("ada", "wrong horse battery").is("Access-Reject"));
        let stranger = self.gear("a secret that nobody has").with(["-t", "0.3"]);
        assert!(stranger.login("ada", PASSWORD).kind.is_none());
    }

    fn a_conversation_lets_in(&self) {
        let peer = self.office.ttls(&self.client, "auth=PAP", "ada", PASSWORD);
        let peer = peer.trusts(&self.authority.file).at_own_address("::1");
        peer.at(&here(&self.server.radius_auth), &self.client.secret).gets_in();
        let from_here = |success: bool| (json!(success), json!("::1"));
        let expected = [from_here(true), from_here(false), from_here(true)];
        assert!(comes(|| self.attempts() == expected), "{:?}", self.attempts());
    }

    fn a_session_is_kept_and_ended(&self) {
        let report = "Acct-Status-Type=Start,Acct-Session-Id=5f3a,User-Name=ada,\
             NAS-Identifier=ap-1,NAS-IPv6-Address=::1,Framed-IPv6-Address=2001:db8::5";
        let gear = Gear::new(&here(&self.server.radius_acct), &self.client.secret);
        let reply = gear.ask("acct", report);
        assert!(reply.is("Accounting-Response"), "{reply:?}");
        let session = self.read("sessions?open=true&login=ada")["items"][0].clone();
        assert_eq!(
            (&session["ipv6"], &session["radius_client"]),
            (&json!("2001:db8::5"), &json!(self.client.id))
        );
        let path = format!("sessions/{}/disconnect", session["id"].as_str().unwrap());
        let wait = json!({"wait_seconds": 60});
        let told = self.api.send("POST", &self.office.path(&path), Some(&wait)).json();
        let at = format!("[::1]:{}", self.nas.port);
        assert_eq!((&told["outcome"], &told["sent_to"]), (&json!("done"), &json!(at)), "{told}");
        self.nas.says("Sent Disconnect-ACK");
        let said = self.nas.said();
        assert!(said.contains("NAS-IPv6-Address = ::1"), "{said}");
    }
}

/// A port that is listened on, as gear on this machine finds it.
fn here(listener: &str) -> String {
    format!("[::1]:{}", listener.rsplit_once(':').unwrap().1)
}

#[test]
fn every_address_of_ipv6_and_a_single_one_serve_gear_that_has_one() {
    for address in ["::", "::1"] {
        let Some(place) = Place::listening_at(address) else { return };
        assert!(place.server.radius_auth.starts_with(&format!("[{address}]:")));
        place.passwords_are_judged();
        place.a_conversation_lets_in();
        place.a_session_is_kept_and_ended();
    }
}
