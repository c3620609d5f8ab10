//! RADIUS by MS-CHAPv2, reports of sessions and RADIUS inside TLS: whose gear asks is told by its secret
//! or certificate, and by nothing that it says.

use serde_json::{Value, json};

use super::world::{PASSWORD, Side, World};
use crate::harness::authority::{Authority, Holder, Issued};
use crate::harness::office::{Client, Office, id_of};
use crate::harness::radius::Gear;
use crate::harness::radsec::{RADSEC, RadSec};
use crate::harness::wire::{
    ACCEPT, ACCESS_REQUEST, Answer, Attribute, REJECT, Request, Wire, sign_report,
};

/// RFC 2759, section 9.2: what `User` answers with the password `clientPass`.
const CHALLENGE: [u8; 16] = *b"[]|}{?/><,`!2&&(";
const PEER_CHALLENGE: [u8; 16] = *b"!@#$%^&*()_+:3|~";
const RESPONSE: [u8; 24] = [
    0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e, 0xa0, 0x8f, 0xaa, 0x39, 0x81, 0xcd, 0x83, 0x54,
    0x42, 0x33, 0x11, 0x4a, 0x3d, 0x85, 0xd6, 0xdf,
];
/// Microsoft's number in front of an attribute of its own.
const MICROSOFT: [u8; 4] = [0, 0, 1, 55];

/// Both daemons, with gear inside TLS in both organizations and `User` with the same password in them.
struct Networks {
    world: World,
    ours: Issued,
    theirs: Issued,
    /// Their `User`.
    their_user: String,
    _authority: Authority,
}

impl Networks {
    fn new() -> Option<Self> {
        let authority = Authority::new("whoever");
        let [ours, theirs] = ["gateway", "gateway"]
            .map(|name| authority.issue(&Holder { common_name: name, ..Holder::default() }));
        let gateway = |issued: &Issued| {
            let certificates = json!({"fingerprints": [issued.fingerprint()]});
            json!({"name": "gateway", "sources": [], "certificates": certificates})
        };
        let world = World::own(|office| {
            office.set(&json!({"ms_chap": true}));
            office.user("User", "clientPass");
            office.client("gateway", &gateway(&ours));
        })?;
        world.other("PATCH", "settings", Some(&json!({"ms_chap": true})));
        let [their_user, _] = ["User", "Only"].map(|login| {
            let user = json!({"login": login, "display_name": login, "surname": login,
                              "password": "clientPass"});
            id_of(&world.other("POST", "users", Some(&user)))
        });
        let mut fields = gateway(&theirs);
        let profile = world.theirs.things.iter().find(|(name, _)| *name == "{reply_profile}");
        fields["reply_profile"] = json!(profile.unwrap().1);
        world.other("POST", "radius-clients", Some(&fields));
        Some(Self { world, ours, theirs, their_user, _authority: authority })
    }

    fn connect(&self, side: &Side, issued: &Issued) -> RadSec {
        RadSec::connect((&side.radsec, &side.server.ca_file), Some(issued), &[]).unwrap()
    }

    fn wire(&self, side: &Side) -> Wire {
        Wire::from(self.world.ours.address, &side.server.radius_auth)
    }

    /// Reports of gear at the address that both organizations' gear has.
    fn report(&self, side: &Side, secret: &str, attributes: &str) {
        let gear = Gear::new(&side.server.radius_acct, secret);
        let address = self.world.ours.address;
        let reply = gear.ask("acct", &format!("{attributes},Packet-Src-IP-Address={address}"));
        assert!(reply.is("Accounting-Response") && reply.attributes.is_empty(), "{reply:?}");
    }
}

fn vendors(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len() + 2).unwrap();
    [&MICROSOFT[..], &[kind, length], value].concat()
}

fn ms_chap(secret: &str, user: &str, response: [u8; 24]) -> Request {
    let answer = [&[0x2a, 0][..], &PEER_CHALLENGE, &[0; 8], &response].concat();
    let request = Request::new(ACCESS_REQUEST, secret).with(1, user.as_bytes());
    let request = request.with(26, &vendors(11, &CHALLENGE)).with(26, &vendors(25, &answer));
    request.authentic()
}

/// What an answer says, without keys, which are hidden in another way each time.
fn said(answer: Answer) -> (u8, Vec<Attribute>) {
    let is_key = |(kind, value): &Attribute| {
        *kind == 26 && value.starts_with(&MICROSOFT) && matches!(value[4], 16 | 17)
    };
    (answer.code, answer.attributes.into_iter().filter(|it| !is_key(it)).collect())
}

#[test]
fn ms_chap_v2_hears_the_same_whether_the_other_organization_is_there_or_not() {
    let Some(networks) = Networks::new() else { return };
    let world = &networks.world;
    let secret = &world.ours.client.secret;
    let mut wrong = RESPONSE;
    wrong[0] ^= 1;
    let mut requests = vec![ms_chap(secret, "User", RESPONSE)];
    for name in ["Only", "User@other.example", "other\\Only", "grace"] {
        let request = ms_chap(secret, name, RESPONSE);
        requests.push(request.with(32, b"other").with(25, b"other").with(33, b"other"));
    }
    requests.push(ms_chap(secret, "User", wrong).with(30, b"00-11-22-33-44-55:other"));
    let [with, without] = world.sides().map(|side| {
        let wire = networks.wire(side);
        requests.iter().map(|request| said(wire.ask(request))).collect::<Vec<_>>()
    });
    assert_eq!(with, without);
    let codes: Vec<u8> = with.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [ACCEPT, REJECT, REJECT, REJECT, REJECT, REJECT]);
    // What nobody there is called and what somebody elsewhere is called look alike.
    let wire = networks.wire(&world.with);
    let [nobody, elsewhere] =
        ["Lonely", "Only"].map(|name| said(wire.ask(&ms_chap(secret, name, RESPONSE))));
    assert_eq!(nobody, elsewhere);
    // Guesses there count there alone, and an account that is suspended there is one here.
    for _ in 0..3 {
        let guess = ms_chap(&world.theirs.client.secret, "User", wrong);
        assert_eq!(wire.ask(&guess).code, REJECT);
    }
    world.other("POST", &format!("users/{}/suspend", networks.their_user), None);
    let theirs = ms_chap(&world.theirs.client.secret, "User", RESPONSE);
    assert_eq!(wire.ask(&theirs).code, REJECT);
    let ours = wire.ask(&ms_chap(secret, "User", RESPONSE));
    assert_eq!((ours.code, ours.values(81).len()), (ACCEPT, 0), "the profile of another");
}

/// The sessions of the organization that asks, as far as both daemons may say the same of them.
fn sessions(networks: &Networks, side: &Side) -> Vec<Value> {
    let shown = networks.world.read(side, "sessions?limit=200");
    let items = shown["items"].as_array().unwrap().iter();
    let told = ["name", "gear", "login", "ending", "octets_in", "class", "calling_station"];
    items.map(|it| told.iter().map(|name| it[*name].clone()).collect()).collect()
}

const SESSION: &str = "Acct-Session-Id=5f3a,User-Name=ada,NAS-Identifier=ap-1,\
     Calling-Station-Id=66-77-88-99-AA-BB";

#[test]
fn reports_of_another_organizations_gear_begin_count_and_end_nothing_here() {
    let Some(networks) = Networks::new() else { return };
    let world = &networks.world;
    let (ours, theirs) = (&world.ours.client.secret, &world.theirs.client.secret);
    for side in world.sides() {
        networks.report(side, ours, &format!("Acct-Status-Type=Start,{SESSION}"));
        let seven = format!("Acct-Status-Type=Interim-Update,{SESSION},Acct-Input-Octets=7");
        networks.report(side, ours, &seven);
    }
    // The same session by its names, and gear of the same name that begins anew.
    for report in [
        format!("Acct-Status-Type=Start,{SESSION},Class=0x6f74686572"),
        format!("Acct-Status-Type=Interim-Update,{SESSION},Acct-Input-Octets=900"),
        "Acct-Status-Type=Start,Acct-Session-Id=another,User-Name=grace,NAS-Identifier=ap-1"
            .to_owned(),
        format!("Acct-Status-Type=Stop,{SESSION},Acct-Input-Octets=901"),
        "Acct-Status-Type=Accounting-On,NAS-Identifier=ap-1".to_owned(),
    ] {
        networks.report(&world.with, theirs, &report);
    }
    let [with, without] = world.sides().map(|side| sessions(&networks, side));
    assert_eq!(with, without);
    assert_eq!(with, [json!(["5f3a", "ap-1", "ada", null, 7, "", "66-77-88-99-AA-BB"])]);
    let there = world.other("GET", "sessions?limit=200", None);
    let there = there["items"].as_array().unwrap().clone();
    assert_eq!(there.len(), 2, "{there:?}");
    assert!(there.iter().all(|it| !it["ended"].is_null()), "{there:?}");
    let ids: Vec<String> = there.iter().map(id_of).collect();
    let here = world.read(&world.with, "sessions?limit=200");
    assert!(ids.iter().all(|id| !here.to_string().contains(id)), "{here}");
    for side in world.sides() {
        networks.report(
            side,
            ours,
            &format!("Acct-Status-Type=Stop,{SESSION},Acct-Input-Octets=8"),
        );
    }
    let [with, without] = world.sides().map(|side| sessions(&networks, side));
    assert_eq!(with, without);
    assert_eq!(with[0][3], "stopped", "{with:?}");
}

/// A report as it goes inside TLS.
fn report(identifier: u8) -> Vec<u8> {
    let bare = Request { identifier, ..Request::new(4, RADSEC) };
    let request =
        bare.with(40, &[0, 0, 0, 1]).with(44, b"inside").with(1, b"ada").with(32, b"ap-1");
    let mut octets = request.encode();
    sign_report(&mut octets, RADSEC.as_bytes());
    octets
}

#[test]
fn inside_tls_the_certificate_says_whose_gear_asks_and_nothing_in_the_packets_does() {
    let Some(networks) = Networks::new() else { return };
    let world = &networks.world;
    let other = format!("{PASSWORD} of somebody else");
    let mut requests = vec![Request::status(RADSEC), ms_chap(RADSEC, "User", RESPONSE)];
    for (user, password) in [
        ("ada", PASSWORD),
        ("ada", &*other),
        ("ada@other.example", &*other),
        ("other\\ada", &*other),
        ("grace", &*other),
    ] {
        let login = || Request::login(RADSEC, user, password);
        requests.push(login());
        requests.push(login().with(32, b"gateway").with(25, b"other").with(24, b"other"));
    }
    let [with, without] = world.sides().map(|side| {
        let mut connection = networks.connect(side, &networks.ours);
        requests.iter().map(|request| said(connection.ask(request))).collect::<Vec<_>>()
    });
    assert_eq!(with, without);
    let accepted = with.iter().filter(|(code, _)| *code == ACCEPT).count();
    // The status, MS-CHAPv2, and our own ada, told two ways.
    assert_eq!(accepted, 4, "{with:?}");
    // Theirs leads to their own people and profile, and nowhere where they are not.
    let mut connection = networks.connect(&world.with, &networks.theirs);
    let answer = connection.ask(&Request::login(RADSEC, "ada", &other));
    assert_eq!((answer.code, answer.values(81)), (ACCEPT, vec![&b"99"[..]]));
    assert_eq!(connection.ask(&Request::login(RADSEC, "ada", PASSWORD)).code, REJECT);
    connection.send(&report(7));
    assert_eq!(connection.receive().unwrap()[..2], [5, 7]);
    let there = world.other("GET", "sessions", None);
    assert_eq!(there["items"][0]["name"], "inside", "{there}");
    assert_eq!(sessions(&networks, &world.with), Vec::<Value>::new());
    let stranger = RadSec::connect(
        (&world.without.radsec, &world.without.server.ca_file),
        Some(&networks.theirs),
        &[],
    );
    assert!(stranger.is_err() || stranger.unwrap().is_refused());
}

/// Two organizations with gear of the same name and secret and a user of the same name and password, each
/// at an address of its own.
#[test]
fn the_same_names_and_secrets_in_two_organizations_are_two_of_each() {
    let offices = [Office::new(), Office::new()];
    let secret = "the same secret in both of them";
    let sides: Vec<(&Office, Client, String)> = offices
        .iter()
        .zip(["20", "90"])
        .map(|(office, vlan)| {
            office.set(&json!({"ms_chap": true}));
            let user = office.user("User", "clientPass");
            let profile = office.make("reply-profiles", &json!({"name": "staff", "vlan": vlan}));
            let fields = json!({"secret": secret, "reply_profile": profile["id"],
                                "orders": {"suspended": "disconnect"}});
            (office, office.client("wifi", &fields), user)
        })
        .collect();
    let vlan = |at: usize| {
        let office = sides[at].0;
        let wire = Wire::from(office.address, &office.demo.radius.auth);
        let answer = wire.ask(&ms_chap(secret, "User", RESPONSE));
        let vlan = answer.values(81).first().map(|vlan| String::from_utf8_lossy(vlan).into_owned());
        (answer.code == ACCEPT).then(|| vlan.unwrap_or_default())
    };
    assert_eq!((vlan(0).as_deref(), vlan(1).as_deref()), (Some("20"), Some("90")));
    let class = |at: usize| {
        let (office, client, _) = &sides[at];
        let reply = office.login(client, "User", "clientPass");
        reply.values("Class")[0].to_owned()
    };
    let (first, second) = (class(0), class(1));
    // What one organization's accept told leads to none of its people in the other's reports.
    for (at, class) in [(0, &second), (1, &first)] {
        let (office, client, _) = &sides[at];
        let report = format!(
            "Acct-Status-Type=Start,Acct-Session-Id=5f3a,User-Name=nobody,NAS-Identifier=ap-1,\
             Class={class}"
        );
        assert!(office.report(client, &report).is("Accounting-Response"));
        let shown = office.read("sessions");
        assert_eq!(shown["items"].as_array().unwrap().len(), 1, "{shown}");
        assert_eq!(shown["items"][0]["user"], Value::Null, "{shown}");
    }
    let (office, _, user) = &sides[0];
    office.act("POST", &format!("users/{user}/suspend"), None);
    assert_eq!((vlan(0), vlan(1).as_deref()), (None, Some("90")));
}
