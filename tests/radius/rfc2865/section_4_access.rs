//! Access-Request, -Accept and -Reject: who is let in, and with what.

use serde_json::json;

use crate::harness::office::{Client, Office, id_of};
use crate::harness::wire::{ACCEPT, ACCESS_REQUEST, CHALLENGE, REJECT, Request};

const PASSWORD: &str = "correct horse battery";

/// What a login from the organization's gear gets.
fn code(office: &Office, client: &Client, user: &str) -> u8 {
    office.wire().ask(&Request::login(&client.secret, user, PASSWORD)).code
}

#[test]
fn an_accept_carries_the_attributes_of_the_reply_profile_in_their_order() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let profile = office.make(
        "reply-profiles",
        &json!({
            "name": "staff", "vlan": "guests", "filters": ["one.in", "two.in"],
            "classes": ["group=a;b", "second"], "session_timeout": 3600, "idle_timeout": 600,
            "vendor_attributes": [
                {"vendor": 9, "number": 1, "value": {"text": "shell:priv-lvl=15"}},
                {"vendor": 9, "number": 1, "value": {"text": "ip:addr-pool=first"}},
                {"vendor": 14988, "number": 1, "value": {"integer": 65536}},
                {"vendor": 311, "number": 28, "value": {"address": "192.0.2.53"}}
            ]
        }),
    );
    let client = office.client("switch", &json!({"reply_profile": id_of(&profile)}));
    let answer = office.wire().ask(&Request::login(&client.secret, "ada", PASSWORD));
    assert_eq!(answer.code, ACCEPT);
    let kinds: Vec<u8> = answer.attributes.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [64, 65, 81, 11, 11, 25, 25, 27, 28, 26, 26, 26, 26]);
    assert_eq!(answer.values(11), [b"one.in", b"two.in"]);
    assert_eq!(answer.values(25), [b"group=a;b".as_slice(), b"second"]);
    assert_eq!(answer.values(27), [3600_u32.to_be_bytes()]);
    assert_eq!(answer.values(28), [600_u32.to_be_bytes()]);
    let vendor = |number: u32, kind: u8, value: &[u8]| {
        let length = u8::try_from(value.len() + 2).unwrap();
        [&number.to_be_bytes()[..], &[kind, length], value].concat()
    };
    assert_eq!(
        answer.values(26),
        [
            vendor(9, 1, b"shell:priv-lvl=15"),
            vendor(9, 1, b"ip:addr-pool=first"),
            vendor(14988, 1, &65536_u32.to_be_bytes()),
            vendor(311, 28, &[192, 0, 2, 53]),
        ]
    );
}

#[test]
fn a_reject_says_nothing_and_the_same_for_whatever_is_the_matter() {
    let office = Office::new();
    let profile = office.make("reply-profiles", &json!({"name": "staff", "vlan": "20"}));
    let client = office.client("switch", &json!({"reply_profile": id_of(&profile)}));
    office.user("ada", PASSWORD);
    let suspended = office.user("grace", PASSWORD);
    office.act("POST", &format!("users/{suspended}/suspend"), None);
    let wire = office.wire();
    let tries = [("ada", "wrong"), ("nobody", PASSWORD), ("grace", PASSWORD)];
    for (user, password) in tries {
        let answer = wire.ask(&Request::login(&client.secret, user, password));
        assert_eq!((answer.code, answer.attributes), (REJECT, Vec::new()), "{user}");
    }
}

#[test]
fn no_credential_is_never_an_accept() {
    let office = Office::new();
    let client = office.client("switch", &json!({}));
    office.user("ada", PASSWORD);
    // A user without a password is no user with an empty one.
    office.make("users", &json!({"login": "blank", "display_name": "B", "surname": "B"}));
    let wire = office.wire();
    let bare = |user: &str| {
        Request::new(ACCESS_REQUEST, &client.secret).with(1, user.as_bytes()).authentic()
    };
    let shapes = [
        ("nothing", bare("ada")),
        ("a State alone", bare("ada").with(24, b"state")),
        ("Call-Check", bare("ada").with(6, &10_u32.to_be_bytes())),
        ("Authorize-Only", bare("ada").with(6, &17_u32.to_be_bytes())),
        ("an empty password", bare("ada").password(b"")),
        ("an empty User-Password", bare("ada").with(2, b"")),
        ("an empty CHAP-Password", bare("ada").with(3, b"")),
        ("a CHAP-Password of one octet", bare("ada").with(3, b"1")),
        ("no name", Request::new(ACCESS_REQUEST, &client.secret).password(b"x").authentic()),
        ("an empty name", bare("").password(PASSWORD.as_bytes())),
        ("an empty password of a user who has none", bare("blank").password(b"")),
        ("a password of a user who has none", bare("blank").password(b"blank")),
        ("two passwords", bare("ada").password(b"wrong").password(PASSWORD.as_bytes())),
        ("PAP and CHAP", bare("ada").password(PASSWORD.as_bytes()).with(3, &[0; 17])),
    ];
    for (name, request) in shapes {
        assert_eq!(wire.ask(&request).code, REJECT, "{name}");
    }
    let name = bare("ada").with(79, &[2, 1, 0, 8, 1, b'a', b'd', b'a']);
    assert_eq!(wire.ask(&name).code, CHALLENGE, "a name of EAP is asked for a proof");
}

#[test]
fn a_user_name_is_data_and_nothing_in_it_chooses_an_organization() {
    let (office, other) = (Office::new(), Office::new());
    let client = office.client("switch", &json!({}));
    office.user("ada", PASSWORD);
    other.user("grace", PASSWORD);
    let (wire, slug) = (office.wire(), &other.slug);
    for name in [
        "*",
        "ad*",
        "ada)(uid=*",
        "ada\0",
        "ada\0x",
        &office.user_dn("ada"),
        &other.user_dn("grace"),
        &format!("grace@{slug}"),
        &format!("grace@{slug}.example"),
        &format!("{slug}\\grace"),
        &format!("{slug}/grace"),
        &format!("grace%{slug}"),
    ] {
        let answer = wire.ask(&Request::login(&client.secret, name, PASSWORD));
        assert_eq!(answer.code, REJECT, "{name}");
    }
    assert_eq!(code(&office, &client, "ada"), ACCEPT);
    let hinted = Request::login(&client.secret, "grace", PASSWORD).with(32, slug.as_bytes());
    assert_eq!(wire.ask(&hinted.with(4, &other.address.octets())).code, REJECT);
}

#[test]
fn only_members_of_the_allowed_groups_are_let_in_nested_ones_included() {
    let office = Office::new();
    let [ada, grace, linus] = ["ada", "grace", "linus"].map(|login| office.user(login, PASSWORD));
    let inner = office.group("inner", &[&ada], &[]);
    let outer = office.group("outer", &[&grace], &[&inner]);
    office.group("others", &[&linus], &[]);
    let client = office.client("switch", &json!({"allowed_groups": [outer]}));
    let let_in = || ["ada", "grace", "linus"].map(|user| code(&office, &client, user) == ACCEPT);
    assert_eq!(let_in(), [true, true, false]);
    let leave = json!({"remove": {"groups": [inner]}});
    office.act("PATCH", &format!("groups/{outer}/members"), Some(&leave));
    assert_eq!(let_in(), [false, true, false]);
    let open = json!({"allowed_groups": []});
    office.act("PATCH", &format!("radius-clients/{}", client.id), Some(&open));
    assert_eq!(let_in(), [true, true, true]);
}

#[test]
fn what_an_admin_changes_counts_from_the_next_request_on() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let profile = id_of(&office.make("reply-profiles", &json!({"name": "staff", "vlan": "20"})));
    let client = office.client("switch", &json!({"reply_profile": profile}));
    let wire = office.wire();
    let ask = || wire.ask(&Request::login(&client.secret, "ada", PASSWORD));
    assert_eq!(ask().values(81), [b"20"]);
    let other = json!({"vlan": "30", "filters": ["new"]});
    office.act("PATCH", &format!("reply-profiles/{profile}"), Some(&other));
    let answer = ask();
    assert_eq!((answer.values(81), answer.values(11)), (vec![b"30".as_slice()], vec![&b"new"[..]]));
    let user = format!("users/{ada}");
    office.act("POST", &format!("{user}/suspend"), None);
    assert_eq!(ask().code, REJECT);
    office.act("POST", &format!("{user}/activate"), None);
    assert_eq!(ask().code, ACCEPT);
    let changed = json!({"password": "another long password"});
    office.act("PUT", &format!("{user}/password"), Some(&changed));
    assert_eq!(ask().code, REJECT);
    let fresh = Request::login(&client.secret, "ada", "another long password");
    assert_eq!(wire.ask(&fresh).code, ACCEPT);
}

#[test]
fn a_changed_secret_and_a_deleted_client_end_at_once() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let keeps = office.client("router", &json!({}));
    let client = office.client("switch", &json!({}));
    let (wire, honest) = (office.wire(), office.wire());
    let old = || Request::login(&client.secret, "ada", PASSWORD);
    assert_eq!(wire.ask(&old()).code, ACCEPT);
    let place = format!("radius-clients/{}", client.id);
    let fresh = "another secret, long enough";
    office.act("PUT", &format!("{place}/secret"), Some(&json!({"secret": fresh})));
    assert!(wire.meets_silence(&old().encode(), &honest, &keeps.secret));
    assert_eq!(wire.ask(&Request::login(fresh, "ada", PASSWORD)).code, ACCEPT);
    office.act("DELETE", &place, None);
    let gone = Request::login(fresh, "ada", PASSWORD);
    assert!(wire.meets_silence(&gone.encode(), &honest, &keeps.secret));
}

#[test]
fn gear_of_a_suspended_or_deleted_organization_is_met_with_silence_until_it_is_active_again() {
    let (office, other) = (Office::new(), Office::new());
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let elsewhere = other.client("switch", &json!({}));
    let login = || Request::login(&client.secret, "ada", PASSWORD);
    let wire = office.wire();
    assert_eq!(wire.ask(&login()).code, ACCEPT);
    let place = format!("/v1/organizations/{}", office.id);
    let act = |method: &str, rest: &str| {
        let done = office.top.send(method, &format!("{place}{rest}"), None);
        assert!(matches!(done.status, 200 | 204), "{method} {rest}: {done:?}");
    };
    let is_silent = || wire.meets_silence(&login().encode(), &other.wire(), &elsewhere.secret);
    act("POST", "/suspend");
    assert!(is_silent());
    act("POST", "/activate");
    assert_eq!(wire.ask(&login()).code, ACCEPT);
    let name = office.top.get(&place).json()["name"].as_str().unwrap().replace(' ', "%20");
    act("DELETE", &format!("?confirmation={name}"));
    assert!(is_silent());
    act("POST", "/restore");
    assert!(is_silent(), "what is restored is suspended");
    act("POST", "/activate");
    assert_eq!(wire.ask(&login()).code, ACCEPT);
}

#[test]
fn requests_of_real_gear_pass_with_all_their_attributes() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("access point", &json!({}));
    let request = Request::login(&client.secret, "ada", PASSWORD)
        .with(4, &[192, 0, 2, 1])
        .with(5, &17_u32.to_be_bytes())
        .with(6, &2_u32.to_be_bytes())
        .with(24, b"a State of somebody else")
        .with(25, b"class")
        .with(26, &[0, 0, 0x39, 0xe7, 1, 6, 0, 0, 0, 1])
        .with(26, &[0, 0, 0, 9, 1, 200])
        .with(26, &[0, 0])
        .with(30, b"00-11-22-33-44-55:guests")
        .with(31, b"66-77-88-99-aa-bb")
        .with(32, b"ap.example")
        .with(61, &19_u32.to_be_bytes())
        .with(77, b"CONNECT 54Mbps 802.11g")
        .with(87, b"Gi1/0/7")
        .with(95, &[0x20; 16])
        .with(241, &[1, 2, 3])
        .with(245, &[26, 0, 0, 0, 0, 9, 1])
        .with(255, b"unknown");
    assert_eq!(office.wire().ask(&request).code, ACCEPT);
}
