//! A peer that comes back with its session is judged by what is true by then, whatever its method
//! is: `eapol_test` is let in, something changes before it knows, and it resumes.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::harness::between::Twice;
use crate::harness::eapol::Peer;
use crate::harness::issued::{BuiltIn, Handed};
use crate::harness::office::{Client, Office, id_of};

const PASSWORD: &str = "correct horse battery";
const SECRET: &str = "the same at both of them";

/// Why a session counts no more.
const CHANGED: &str = "the account is not what it was when the resumed session began";
const SUSPENDED: &str = "the account is suspended";
const REVOKED: &str = "the certificate was revoked";
const ORPHANED: &str = "the authority that issued the certificate was deleted";
const STRANGE: &str = "no authority of the organization vouches for the certificate";
const WRONG: &str = "the password is wrong";
const BY_RULE: &str = "the rule rejects whom it is about";
const BY_GROUP: &str = "the user or device is in none of the groups that the RADIUS client allows";

/// Ada is of the staff, whom a rule lets into VLAN 20, and has a certificate.
struct Scene {
    office: Office,
    ada: String,
    staff: String,
    profile: String,
    gear: Client,
    authority: BuiltIn,
    handed: Handed,
}

/// What happens in the meantime; tells from where the gear asks afterwards.
type Change = fn(&Scene) -> Ipv4Addr;

/// The change, why it keeps out who has proven a password and who has shown a certificate, if it
/// does, and the VLAN of who is let in.
type Case = (&'static str, Change, [Option<&'static str>; 2], &'static str);

impl Scene {
    fn new() -> Self {
        let office = Office::new();
        office.set(&json!({"ms_chap": true}));
        let ada = office.user("ada", PASSWORD);
        let staff = office.group("staff", &[&ada], &[]);
        let profile = json!({"name": "staff", "vlan": "20"});
        let profile = id_of(&office.make("reply-profiles", &profile));
        let rules = json!([
            {"name": "staff", "groups": [staff], "verdict": "accept", "reply_profile": profile},
            {"name": "else", "verdict": "reject"}
        ]);
        let gear = office.client("wlan", &json!({"rules": rules, "secret": SECRET}));
        let authority = office.built_in("Acme Wi-Fi");
        let handed = office.hand_out(&format!("users/{ada}"), &json!({}));
        Self { office, ada, staff, profile, gear, authority, handed }
    }

    /// Changes something; the gear stays where it is.
    fn act(&self, method: &str, path: &str, body: Option<&Value>) -> Ipv4Addr {
        self.office.act(method, path, body);
        self.office.address
    }

    fn ada(&self, method: &str, what: &str, body: Option<&Value>) -> Ipv4Addr {
        self.act(method, &format!("users/{}{what}", self.ada), body)
    }

    fn gear(&self, fields: &Value) -> Ipv4Addr {
        self.act("PATCH", &format!("radius-clients/{}", self.gear.id), Some(fields))
    }

    /// Other gear with the same secret, to which the peer moves.
    fn moved(&self, fields: &Value) -> Ipv4Addr {
        let [first, second, third, fourth] = self.office.address.octets();
        // No office of this process has such an address.
        let there = Ipv4Addr::new(first, second, third ^ 0x80, fourth);
        let mut all = json!({"name": "other", "sources": [format!("{there}/32")],
            "secret": SECRET});
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.office.make("radius-clients", &all);
        there
    }

    fn peer(&self, method: &str) -> Peer {
        let peer = self.office.peer(&self.gear, method);
        let named = peer.quoted("anonymous_identity", "anonymous").quoted("identity", "ada");
        match method {
            "TLS" => named
                .quoted("client_cert", &self.handed.certificate().display().to_string())
                .quoted("private_key", &self.handed.key().display().to_string()),
            "PEAP" => named.quoted("password", PASSWORD).quoted("phase2", "auth=MSCHAPV2"),
            _ => named.quoted("password", PASSWORD).quoted("phase2", "auth=PAP"),
        }
    }

    /// What was told of these attempts, the oldest first.
    fn told(&self) -> Vec<Value> {
        let tried = |_| {
            let mut told = self.office.events();
            told.retain(|event| event["action"] == "radius_access");
            told.reverse();
            (told.len() >= 2).then_some(told)
        };
        (0..10_000).find_map(tried).expect("two attempts are told of")
    }
}

/// What happens to the account.
const OF_ACCOUNT: [Case; 4] = [
    (
        "suspended",
        |scene| scene.ada("POST", "/suspend", None),
        [Some(CHANGED), Some(SUSPENDED)],
        "20",
    ),
    (
        "another password",
        |scene| scene.ada("PUT", "/password", Some(&json!({"password": "another horse battery"}))),
        // A certificate says nothing of a password.
        [Some(CHANGED), None],
        "20",
    ),
    ("deleted", |scene| scene.ada("DELETE", "", None), [Some(CHANGED), Some(REVOKED)], "20"),
    (
        "out of the group",
        |scene| {
            let members = json!({"remove": {"users": [scene.ada]}});
            scene.act("PATCH", &format!("groups/{}/members", scene.staff), Some(&members))
        },
        [Some(BY_RULE), Some(BY_RULE)],
        "20",
    ),
];

/// What happens to the certificate.
const OF_CERTIFICATE: [Case; 2] = [
    (
        "revoked",
        |scene| {
            scene.office.revoke(&scene.handed, "key_compromise");
            scene.office.address
        },
        [None, Some(REVOKED)],
        "20",
    ),
    (
        "without its authority",
        |scene| {
            let path = format!("certificate-authorities/{}", scene.authority.id);
            scene.act("DELETE", &path, None)
        },
        [None, Some(ORPHANED)],
        "20",
    ),
];

/// What happens to the gear's policy.
const OF_GEAR: [Case; 6] = [
    (
        "another rule",
        |scene| scene.gear(&json!({"rules": [{"name": "else", "verdict": "reject"}]})),
        [Some(BY_RULE), Some(BY_RULE)],
        "20",
    ),
    (
        "another profile of the rule",
        |scene| {
            let other = json!({"name": "other", "vlan": "30"});
            let other = id_of(&scene.office.make("reply-profiles", &other));
            scene.gear(&json!({"rules": [
                {"name": "all", "verdict": "accept", "reply_profile": other}
            ]}))
        },
        [None, None],
        "30",
    ),
    (
        "another VLAN of the profile",
        |scene| {
            let path = format!("reply-profiles/{}", scene.profile);
            scene.act("PATCH", &path, Some(&json!({"vlan": "40"})))
        },
        [None, None],
        "40",
    ),
    (
        "a second factor",
        |scene| scene.gear(&json!({"second_factor": "required"})),
        // A certificate is one by itself.
        [Some(CHANGED), None],
        "20",
    ),
    (
        "other gear that lets nobody in",
        |scene| {
            let nobody = scene.office.group("nobody", &[], &[]);
            scene.moved(&json!({"allowed_groups": [nobody]}))
        },
        [Some(BY_GROUP), Some(BY_GROUP)],
        "20",
    ),
    (
        "other gear with a profile of its own",
        |scene| {
            let there = json!({"name": "there", "vlan": "50"});
            let there = id_of(&scene.office.make("reply-profiles", &there));
            scene.moved(&json!({"reply_profile": there}))
        },
        [None, None],
        "50",
    ),
];

fn all_cases(method: &str) {
    for (what, change, reasons, vlan) in OF_ACCOUNT.iter().chain(&OF_CERTIFICATE).chain(&OF_GEAR) {
        for version in ["1.2", "1.3"] {
            let scene = Scene::new();
            let peer = scene.peer(method).tls(version);
            let twice = scene.office.twice(&peer, &scene.gear, || change(&scene));
            let reason = reasons[usize::from(method == "TLS")];
            check(&format!("{method} {version}: {what}"), &scene, &twice, (reason, vlan));
        }
    }
}

fn check(case: &str, scene: &Scene, twice: &Twice, (reason, vlan): (Option<&str>, &str)) {
    let said = &twice.verdict.output.stdout;
    assert!(twice.verdict.resumed(), "{case}: {said}");
    let told = scene.told();
    // The second is what became of the session; who is asked inside again comes after it.
    let (first, second) = (&told[0], &told[1]);
    assert_eq!(first["success"], true, "{case}: {first}");
    let is_known = !matches!(reason, Some(REVOKED | ORPHANED));
    assert_eq!(second["actor"]["name"] == "ada", is_known, "{case}: {second}");
    assert_eq!(second["success"], reason.is_none(), "{case}: {second} {said}");
    assert_eq!(second["reason"].as_str(), reason, "{case}: {second}");
    assert_eq!(twice.verdict.is_success(), reason.is_none(), "{case}: {said}");
    let kept_out = twice.verdict.says("Access-Reject");
    assert_eq!(kept_out, reason.is_some(), "{case}: {said}");
    let vlans: Vec<_> = twice.accepts.iter().map(|accept| vlan_of(accept)).collect();
    let expected = if reason.is_some() { vec!["20"] } else { vec!["20", vlan] };
    assert_eq!(vlans, expected, "{case}");
}

/// The VLAN that an accept names (Tunnel-Private-Group-Id, RFC 2868, section 3.6).
fn vlan_of(packet: &[u8]) -> String {
    let mut rest = &packet[20..];
    while let [kind, length, ..] = rest {
        let (attribute, after) = rest.split_at(usize::from(*length));
        if *kind == 81 {
            let text = attribute[2..].iter().filter(|octet| **octet > 0x1f);
            return text.map(|octet| char::from(*octet)).collect();
        }
        rest = after;
    }
    String::new()
}

#[test]
fn a_session_of_ttls_is_judged_by_what_is_true_by_then() {
    all_cases("TTLS");
}

#[test]
fn a_session_of_peap_is_judged_by_what_is_true_by_then() {
    all_cases("PEAP");
}

#[test]
fn a_session_of_eap_tls_is_judged_by_what_is_true_by_then() {
    all_cases("TLS");
}

/// Another organization, in which Ada has another password and nobody vouches for her certificate;
/// its gear has the secret of the first one's.
fn elsewhere() -> Office {
    let there = Office::new();
    there.set(&json!({"ms_chap": true}));
    there.user("ada", "another horse battery");
    there.built_in("Acme Wi-Fi");
    there.client("wlan", &json!({"secret": SECRET}));
    there
}

#[test]
fn a_session_is_none_in_another_organization_whatever_the_method_is() {
    for method in ["TTLS", "PEAP", "TLS"] {
        for version in ["1.2", "1.3"] {
            let (here, there) = (Scene::new(), elsewhere());
            let peer = here.peer(method).tls(version);
            let twice = here.office.twice(&peer, &here.gear, || there.address);
            let said = &twice.verdict.output.stdout;
            let seen = (twice.verdict.is_success(), twice.verdict.resumed(), twice.accepts.len());
            assert_eq!(seen, (false, false, 1), "{method} {version}: {said}");
            assert!(twice.verdict.says("Access-Reject"), "{method} {version}: {said}");
            let why = if method == "TLS" { STRANGE } else { WRONG };
            let is_told = |_| there.event("radius_access")["reason"] == why;
            assert!((0..10_000).any(is_told), "{method} {version}: {:?}", there.events());
            // In its own it counts.
            let again = peer.with(["-r1"]).gets_in();
            assert!(again.resumed(), "{method} {version}: {}", again.output.stdout);
        }
    }
}

#[test]
fn who_counted_on_a_session_is_told_of_once() {
    let scene = Scene::new();
    let (closed, open) = (
        json!([{"name": "else", "verdict": "reject"}]),
        json!([{"name": "all", "verdict": "accept"}]),
    );
    for (round, version) in ["1.2", "1.3"].into_iter().enumerate() {
        let peer = scene.peer("TTLS").tls(version);
        let close = || scene.gear(&json!({"rules": closed}));
        let twice = scene.office.twice(&peer, &scene.gear, close);
        assert!(twice.verdict.resumed(), "{}", twice.verdict.output.stdout);
        scene.gear(&json!({"rules": open}));
        peer.gets_in();
        // The last success is told after everything before it.
        let told = |_| {
            let told = scene.told();
            let successes = told.iter().filter(|event| event["success"] == true).count();
            (successes == 2 * (round + 1)).then_some(told)
        };
        let told = (0..10_000).find_map(told).expect("both successes are told of");
        assert_eq!(told.len(), 3 * (round + 1), "{version}: {told:?}");
    }
}
