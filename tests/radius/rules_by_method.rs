//! Rules about the method that somebody comes by, as `eapol_test` and radclient meet them.

use serde_json::{Value, json};

use super::eap_matrix::{METHODS, VERSIONS};
use super::rfc2759::{CHALLENGE, PEER_CHALLENGE, RESPONSE};
use crate::harness::authority::{Authority, Holder, Issued};
use crate::harness::eapol::Peer;
use crate::harness::office::{Client, Office};
use crate::harness::radius::Reply;

/// The user of RFC 2759, section 9.2, and the password.
const USER: &str = "User";
const PASSWORD: &str = "clientPass";

/// A user who can come by every method, and gear whose rules change.
struct Scene {
    office: Office,
    gear: Client,
    /// A profile of replies that names a VLAN.
    profile: Value,
    issued: Issued,
    _people: Authority,
}

impl Scene {
    fn new() -> Self {
        let office = Office::new();
        office.set(&json!({"chap": true, "ms_chap": true}));
        office.user(USER, PASSWORD);
        let people = Authority::new("people");
        let fields = json!({"name": "people", "certificate": people.pem(),
            "holder": "user_by_common_name"});
        office.make("certificate-authorities", &fields);
        let issued = people.issue(&Holder { common_name: USER, ..Holder::default() });
        let profile = office.make("reply-profiles", &json!({"name": "staff", "vlan": "30"}));
        let gear = office.client("wlan", &json!({}));
        Self { office, gear, profile: profile["id"].clone(), issued, _people: people }
    }

    /// Lets one method be met by a rule, and all others by another one; what they are called.
    fn rule(&self, method: &str, accept: bool) -> [String; 2] {
        let names = ["by", "but"].map(|word| format!("{word} {method}, {accept}"));
        let [by, but] = &names;
        let verdict = |accept: bool| if accept { "accept" } else { "reject" };
        let mut rules = json!([
            {"name": by, "methods": [method], "verdict": verdict(accept)},
            {"name": but, "verdict": verdict(!accept)}
        ]);
        rules[usize::from(!accept)]["reply_profile"] = self.profile.clone();
        let path = format!("radius-clients/{}", self.gear.id);
        self.office.act("PATCH", &path, Some(&json!({"rules": rules})));
        names
    }

    /// A peer that has the right proof.
    fn peer(&self, method: &str, inner: &str) -> Peer {
        if method == "TLS" {
            return self.office.certified(&self.gear, &self.issued);
        }
        let peer = self.office.peer(&self.gear, method).quoted("anonymous_identity", "anonymous");
        peer.quoted("identity", USER).quoted("password", PASSWORD).quoted("phase2", inner)
    }

    /// The right proof without a tunnel.
    fn login(&self, method: &str) -> Reply {
        let proof = match method {
            "pap" => format!("User-Password={PASSWORD}"),
            "chap" => format!("CHAP-Password={PASSWORD}"),
            _ => format!(
                "MS-CHAP-Challenge=0x{CHALLENGE},\
                 MS-CHAP2-Response=0x2a00{PEER_CHALLENGE}0000000000000000{RESPONSE}"
            ),
        };
        let attributes = format!(
            "User-Name={USER},{proof},Message-Authenticator=0x00,Packet-Src-IP-Address={}",
            self.office.address
        );
        self.office.gear(&self.gear).ask("auth", &attributes)
    }

    /// Whether an event names the rule that decided.
    fn is_told(&self, method: &str, rule: &str, success: bool) {
        let is_it = |event: &Value| {
            (&event["method"], &event["rule"], &event["success"])
                == (&json!(method), &json!(rule), &json!(success))
        };
        let told = |_| self.office.events().iter().any(is_it);
        assert!((0..10_000).any(told), "{method} {rule}: {:?}", self.office.events());
    }

    /// Every peer comes; the one method meets its rule, and the others meet the other one.
    fn all_come(&self, ruled: &str, accept: bool) {
        let [by, but] = self.rule(ruled, accept);
        for ((method, inner), version) in METHODS.into_iter().zip(VERSIONS.iter().cycle()) {
            let name = name_of(method);
            let gets_in = (name == ruled) == accept;
            let peer = self.peer(method, inner).tls(version);
            let verdict = if gets_in { peer.gets_in() } else { peer.stays_out() };
            // Tunnel-Private-Group-Id.
            let has_vlan = verdict.says("Attribute 81");
            let said = &verdict.output.stdout;
            assert_eq!(has_vlan, gets_in, "{method} {inner} {version}, {ruled}: {said}");
            self.is_told(name, if name == ruled { &by } else { &but }, gets_in);
        }
    }
}

/// What rules call a method of `eapol_test`.
fn name_of(method: &str) -> &'static str {
    match method {
        "TLS" => "eap_tls",
        "TTLS" => "eap_ttls",
        _ => "peap",
    }
}

#[test]
fn a_rule_about_a_method_of_eap_lets_in_by_it_whatever_is_said_inside_and_by_no_other() {
    let scene = Scene::new();
    for ruled in ["eap_tls", "eap_ttls", "peap"] {
        scene.all_come(ruled, true);
    }
}

#[test]
fn a_rule_about_a_method_of_eap_keeps_out_by_it_whatever_is_said_inside_and_by_no_other() {
    let scene = Scene::new();
    for ruled in ["eap_tls", "eap_ttls", "peap"] {
        scene.all_come(ruled, false);
    }
}

#[test]
fn the_same_proof_inside_a_tunnel_and_without_one_are_two_methods() {
    let scene = Scene::new();
    for (plain, method, inner) in [
        ("pap", "TTLS", "auth=PAP"),
        ("chap", "TTLS", "auth=CHAP"),
        ("ms_chap_v2", "TTLS", "auth=MSCHAPV2"),
        ("ms_chap_v2", "PEAP", "auth=MSCHAPV2"),
    ] {
        let tunnel = name_of(method);
        for ruled in [plain, tunnel] {
            let [by, but] = scene.rule(ruled, true);
            let reply = scene.login(plain);
            let peer = scene.peer(method, inner);
            if ruled == plain {
                assert!(reply.is("Access-Accept"), "{plain}: {reply:?}");
                peer.stays_out();
            } else {
                assert!(reply.is("Access-Reject"), "{plain}, {tunnel}: {reply:?}");
                peer.gets_in();
            }
            for method in [plain, tunnel] {
                let is_ruled = method == ruled;
                scene.is_told(method, if is_ruled { &by } else { &but }, is_ruled);
            }
        }
    }
}
