//! `/v1/organizations/{organization}/users`.

use serde_json::{Value, json};

use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};
use crate::harness::ssh_keys::SSH_KEYS;

const PASSWORD: &str = "correct horse battery";

/// Hashes of the password `correct horse`, one of each form, written by slapd, crypt(3) and Python.
const HASHES: [&str; 21] = [
    "{ARGON2}$argon2i$v=19$m=4096,t=3,p=1$2OLGdzh9n9dixQo4RcJxhw$vhpKk99Z84RTkEnzL5pfD/qwe3cVRbNMDXYcI3vaJqo",
    "{SSHA}leuikmb2qSjiojOI/TSZamTgHWApiU83",
    "{SSHA256}CFsq5JPfiBQ0W3uR5Dnao+9mknEq9a739V+FPkJ6yjABAgMEBQYHCA==",
    "{SSHA512}XreubGmmv09UkJpjseq/rOxAzNwEIh9oLsI0j0Npg2coxPYybOfiHFE4nTHpK1HdxI0XFG/7vwj0bS5udw9Gr+gaPAA9+9fX",
    "{CRYPT}$5$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
    "$5$rounds=1400$anotherlong$ClCy35lzhj7Yx5kP2LTbRxCvufSWPtOKzhAZN/qg1zB",
    "$6$saltstring$.r0X7ub5wGR2v4Xz7svCIozfnlorFh19V89t8KC9Umd81uGhFgsyTRNyzQDXDIm17fFcR9z3z7oBNdsyYBbtm/",
    "{crypt}$6$rounds=10000$saltstringsaltst$uWkfitxWIj/pKw1nBSBgiQR8Pwbr7IMycYT33N8JITrE33DUmC8bV6rVVtFeP/iZRI3xx58jHgvVgQRG8FBmF/",
    "$2a$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
    "{CRYPT}$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$pbkdf2$1000$..................../w$2lA2ZCRn/GNf/GY7T/L8r5aZVMU",
    "{PBKDF2}1000$..................../w$2lA2ZCRn/GNf/GY7T/L8r5aZVMU",
    "{PBKDF2-SHA1}1000$..................../w$2lA2ZCRn/GNf/GY7T/L8r5aZVMU",
    "$pbkdf2-sha256$1000$..................../w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
    "{PBKDF2-SHA256}1000$..................../w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
    "$pbkdf2-sha256$i=1000,l=32$++++++++++++++++++++/w$Fmdb1minWw0CnTpIIPJDmN8ycyYjPM0dqKkUiRur7Gk",
    "$pbkdf2-sha512$1000$..................../w$OSatFYsuFH2sYI0/OAI0tX8OOXrlCqQJKRERisOlO2g/ENH2137kftDwn3D36aizH5GzvzRXHZmwHpq4Hg.DEA",
    "{PBKDF2-SHA512}1000$..................../w$OSatFYsuFH2sYI0/OAI0tX8OOXrlCqQJKRERisOlO2g/ENH2137kftDwn3D36aizH5GzvzRXHZmwHpq4Hg.DEA",
    "$pbkdf2-sha512$i=1000$++++++++++++++++++++/w$OSatFYsuFH2sYI0/OAI0tX8OOXrlCqQJKRERisOlO2g/ENH2137kftDwn3D36aizH5GzvzRXHZmwHpq4Hg+DEA",
    "{PBKDF2_SHA256}AAAD6AABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj+GVx7+pnPQe0x0iNyJ+ZvgeljcV2GgQ00yAElTX/iZTbFrX7RQWrT6irgO/u20X531sWY/PhuSz9z52nZ/fpWmfd95YWiBSccQBc6+gq7y96qpjyGwe9qPX0npUTeSR406uBau1xK1if0WrDY3nBCDTzyfQF1ZNH0XMOopz9lQMrc+D2mp6DlEG/fExgBBOXh/Ta8AZRAm3dfnBXDXlgAC9YwjVB4yRwc2Fvq1V0R3alfGBdMKtZAa5q1hxvfIemgEqZsf+57T9I75sMObK98il2R/IKDaTVLxsVG8idq+nFJuS6QXHHDuDqP/QOwourAPpRMtDPVaFIuyihcY+y3J",
];

fn ldap(office: &Office, login: &str, password: &str) -> Ldap {
    let uri = format!("ldap://{}", office.demo.ldap);
    Ldap::at(uri, &office.demo.ca_file, false).bound(&office.user_dn(login), password)
}

/// The result code of a Bind.
pub(super) fn bind(office: &Office, login: &str, password: &str) -> i32 {
    ldap(office, login, password).who_am_i().code
}

#[test]
fn a_user_is_made_listed_changed_and_deleted_and_ldap_shows_each_step_at_once() {
    let office = Office::new();
    let fields = json!({
        "login": "ada", "display_name": "Ada Lovelace", "surname": "Lovelace", "given_name": "Ada",
        "mail": ["ada@acme.example"], "phone": "+44 1", "title": "Countess", "password": PASSWORD
    });
    let api = office.demo.api_as_top();
    let made = api.post(&office.path("users"), &fields);
    assert_eq!(made.status, 201, "{made:?}");
    assert!(!made.body.contains(PASSWORD));
    let id = id_of(&made.json());
    let place = office.path(&format!("users/{id}"));
    let entry = || {
        let found = ldap(&office, "ada", PASSWORD).search(
            &office.user_dn("ada"),
            "base",
            "(objectClass=*)",
            &["*", "entryUUID"],
        );
        found.only().clone()
    };
    let shown = entry();
    assert_eq!((shown.value("entryUUID"), shown.value("title")), (&*id, "Countess"));
    let patch =
        json!({"title": "Mathematician", "phone": null, "mail": ["a@b.example", "c@d.example"]});
    assert_eq!(api.send("PATCH", &place, Some(&patch)).status, 200);
    let shown = entry();
    assert_eq!(shown.value("title"), "Mathematician");
    assert_eq!(shown.values("telephoneNumber"), Vec::<&str>::new());
    assert_eq!(shown.values("mail"), ["a@b.example", "c@d.example"]);
    let renamed = api.send("PATCH", &place, Some(&json!({"login": "countess"})));
    assert_eq!(renamed.json()["dn"], json!(office.user_dn("countess")));
    assert_eq!(bind(&office, "ada", PASSWORD), 49);
    assert_eq!(bind(&office, "countess", PASSWORD), 0);
    assert_eq!(api.send("DELETE", &place, None).status, 204);
    assert_eq!(bind(&office, "countess", PASSWORD), 49);
    assert_eq!(api.get(&place).status, 404);
    assert_eq!(office.read("users")["items"], json!([]));
}

#[test]
fn a_change_that_has_not_seen_the_last_one_is_not_made() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    let place = office.path(&format!("users/{id}"));
    let api = office.demo.api_as_top();
    let tag = api.get(&place).header("etag").unwrap().to_owned();
    let change = |tag: &str, title: &str| {
        let seen = api.clone().header(&format!("If-Match: {tag}"));
        seen.send("PATCH", &place, Some(&json!({"title": title})))
    };
    let first = change(&tag, "First");
    assert_eq!(first.status, 200, "{first:?}");
    assert_ne!(first.header("etag"), Some(&*tag));
    let lost = change(&tag, "Second");
    assert_eq!((lost.status, &lost.json()["type"]), (412, &json!("/problems/stale")));
    let stale = api.clone().header(&format!("If-Match: {tag}"));
    assert_eq!(stale.send("DELETE", &place, None).status, 412);
    assert_eq!(stale.send("POST", &format!("{place}/suspend"), None).status, 412);
    for foreign in ["\"nonsense\"", "W/\"1\""] {
        assert_eq!(change(foreign, "Third").status, 412, "{foreign}");
    }
    let unquoted = change(tag.trim_matches('"'), "Third");
    assert_eq!((unquoted.status, &unquoted.json()["type"]), (400, &json!("/problems/malformed")));
    // curl leaves a header out that has no value.
    let third = change("", "Third");
    assert_eq!(third.status, 200);
    let list = format!("\"nonsense\", {}", third.header("etag").unwrap());
    assert_eq!(change(&list, "Fourth").status, 200);
    assert_eq!(change("*", "Fourth").status, 200);
    assert_eq!(api.get(&place).json()["title"], "Fourth");
}

#[test]
fn what_changes_nothing_keeps_its_tag_and_is_no_event() {
    let office = Office::new();
    let place = office.path(&format!("users/{}", office.user("ada", PASSWORD)));
    let before = office.top.get(&place);
    for (method, path, body) in [
        ("PATCH", place.clone(), Some(json!({}))),
        ("PATCH", place.clone(), Some(json!({"login": "ada", "surname": "ada"}))),
        ("POST", format!("{place}/activate"), None),
    ] {
        let same = office.top.send(method, &path, body.as_ref());
        assert_eq!((same.status, same.header("etag")), (200, before.header("etag")), "{same:?}");
        assert_eq!(same.json()["modified"], before.json()["modified"]);
        let request = same.header("x-request-id").unwrap();
        office.read("events/chain");
        let told = office.read(&format!("events?request_id={request}"));
        assert_eq!(told["items"], json!([]), "{method} {path}");
    }
    let seen = ["If-Match: \"99\""];
    let lost = office.top.send_with("PATCH", &place, &seen, Some(&json!({})));
    assert_eq!(lost.status, 412, "{lost:?}");
}

#[test]
fn two_changes_at_once_with_the_same_tag_never_both_succeed() {
    let office = Office::new();
    let place = office.path(&format!("users/{}", office.user("ada", PASSWORD)));
    let tag = office.top.get(&place).header("etag").unwrap().to_owned();
    let header = format!("If-Match: {tag}");
    let done: Vec<u16> = std::thread::scope(|scope| {
        let change = |number: usize| {
            let top = office.top.with_token(office.top.token());
            let (place, header) = (&place, &header);
            scope.spawn(move || {
                let body = json!({"title": format!("Number {number}")});
                top.send_with("PATCH", place, &[header], Some(&body)).status
            })
        };
        let racing: Vec<_> = (0..8).map(change).collect();
        racing.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(done.iter().filter(|status| **status == 200).count(), 1, "{done:?}");
    assert_eq!(done.iter().filter(|status| **status == 412).count(), 7, "{done:?}");
}

#[test]
fn a_suspended_user_is_let_in_nowhere_until_activated() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    assert_eq!(bind(&office, "ada", PASSWORD), 0);
    let state = |verb: &str| office.act("POST", &format!("users/{id}/{verb}"), None);
    assert_eq!(state("suspend")["state"], "suspended");
    assert_eq!(bind(&office, "ada", PASSWORD), 49);
    assert_eq!(state("activate")["state"], "active");
    assert_eq!(bind(&office, "ada", PASSWORD), 0);
}

#[test]
fn a_changed_password_ends_the_old_one_at_once_even_where_it_was_remembered() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    for _ in 0..3 {
        assert_eq!(bind(&office, "ada", PASSWORD), 0);
    }
    let new = json!({"password": "another long password"});
    office.act("PUT", &format!("users/{id}/password"), Some(&new));
    assert_eq!(bind(&office, "ada", PASSWORD), 49);
    assert_eq!(bind(&office, "ada", "another long password"), 0);
}

#[test]
fn guessing_locks_an_account_and_the_help_desk_unlocks_it() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    office.set(&json!({"lockout": {"threshold": 3}}));
    let desk = office.admin("help_desk");
    for guess in ["guess one", "guess two", "guess three"] {
        assert_eq!(bind(&office, "ada", guess), 49);
    }
    assert_eq!(bind(&office, "ada", PASSWORD), 49, "locked, even for the right password");
    let path = office.path(&format!("users/{id}/unlock"));
    assert_eq!(desk.session.send("POST", &path, None).status, 204);
    assert_eq!(bind(&office, "ada", PASSWORD), 0);
    let locked = |event: &Value| event["action"] == "locked" && event["subject"]["name"] == "ada";
    assert!(office.events().iter().any(locked));

    // There is no second factor to reset: that is no error, and no change.
    let place = office.path(&format!("users/{id}"));
    let tag = office.top.get(&place).header("etag").unwrap().to_owned();
    let reset = desk.session.send("DELETE", &format!("{place}/second-factor"), None);
    assert_eq!(reset.status, 204);
    assert_eq!(office.top.get(&place).header("etag"), Some(&*tag));
    assert!(office.events().iter().all(|event| event["action"] != "mfa_reset"));
}

#[test]
fn a_new_password_lifts_a_lock() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    office.set(&json!({"lockout": {"threshold": 2}}));
    for guess in ["guess one", "guess two"] {
        assert_eq!(bind(&office, "ada", guess), 49);
    }
    assert_eq!(bind(&office, "ada", PASSWORD), 49);
    let new = json!({"password": "another long password"});
    office.act("PUT", &format!("users/{id}/password"), Some(&new));
    assert_eq!(bind(&office, "ada", "another long password"), 0);
}

#[test]
fn logins_are_unique_in_an_organization_however_they_are_spelled() {
    let (office, other) = (Office::new(), Office::new());
    office.user("ada", PASSWORD);
    other.user("ada", PASSWORD);
    for login in ["ada", "ADA", "Ada"] {
        let fields = json!({"login": login, "display_name": "A", "surname": "L"});
        let taken = office.top.send("POST", &office.path("users"), Some(&fields));
        assert_eq!((taken.status, &taken.json()["pointer"]), (409, &json!("/login")), "{login}");
    }
}

#[test]
fn imported_hashes_verify_and_come_out_nowhere() {
    let office = Office::new();
    let made = |number: usize, hash: &str| {
        let fields = json!({"login": format!("user{number}"), "display_name": "A", "surname": "L",
            "password_hash": hash});
        office.make("users", &fields)
    };
    let users: Vec<Value> =
        HASHES.iter().enumerate().map(|(number, hash)| made(number, hash)).collect();
    let said = || {
        let mut said = serde_json::to_string(&users).unwrap();
        for user in &users {
            said.push_str(&office.read(&format!("users/{}", id_of(user))).to_string());
        }
        said.push_str(&office.read("users").to_string());
        said.push_str(&serde_json::to_string(&office.events()).unwrap());
        said.push_str(&office.top.get(&office.path("events/export")).body);
        said
    };
    let before = said();
    for (number, hash) in HASHES.iter().enumerate() {
        let login = format!("user{number}");
        assert_eq!(bind(&office, &login, "Correct horse"), 49, "{hash}");
        assert_eq!(bind(&office, &login, "correct horse"), 0, "{hash}");
        assert_eq!(bind(&office, &login, hash), 49, "{hash}");
    }
    let shown = ldap(&office, "user0", "correct horse").search(
        &office.user_dn("user0"),
        "base",
        "(objectClass=*)",
        &["*", "+"],
    );
    assert_eq!(shown.only().value("uid"), "user0");
    let all = format!("{before}{}{}", said(), shown.output.stdout);
    for hash in HASHES {
        // The salt and the digest; what is shorter says how they were made.
        let parts = hash.split(['{', '}', '$']).filter(|part| part.len() > 14);
        for part in parts {
            assert!(!all.contains(part), "{part} of {hash} comes out");
        }
    }
    // Nor does what takes the place of such a hash.
    assert!(!all.contains("$argon2id$"), "a hash comes out");
}

#[test]
fn hashes_that_are_none_or_come_with_a_password_are_refused() {
    let office = Office::new();
    let fields = json!({"login": "ada", "display_name": "A", "surname": "L",
        "password_hash": "{SSHA}not base 64"});
    let refused = office.top.send("POST", &office.path("users"), Some(&fields));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/password_hash")));
    let both = json!({"login": "ada", "display_name": "A", "surname": "L",
        "password_hash": HASHES[1], "password": PASSWORD});
    let refused = office.top.send("POST", &office.path("users"), Some(&both));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/password_hash")));
    assert_eq!(office.read("users")["items"], json!([]));
}

#[test]
fn a_user_shows_what_stands_between_them_and_their_entry() {
    let office = Office::new();
    let bare = json!({"login": "bob", "display_name": "B", "surname": "B"});
    let without = office.make("users", &bare)["sign_in"].clone();
    assert_eq!((&without["password_set"], &without["password_ends"]), (&Value::Null, &Value::Null));
    let year = 365_u64 * 24 * 60 * 60 * 1_000;
    let policy = json!({"longest_age": year, "change_after_reset": true});
    office.set(&json!({"password_policy": policy}));
    let id = office.user("ada", PASSWORD);
    let shown = office.read(&format!("users/{id}"))["sign_in"].clone();
    assert!(shown["password_set"].is_string() && shown["password_ends"].is_string(), "{shown}");
    assert_eq!(
        (&shown["must_change_password"], &shown["locked_until"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(shown["second_factor_enrolled"], false);
    assert_eq!(office.read("users")["items"][1]["sign_in"], shown);
    let path = office.path("users/01890000-0000-7000-8000-000000000000/require-password-change");
    assert_eq!(office.top.send("POST", &path, None).status, 404);
    let nothing = office.path(&format!(
        "users/{}/require-password-change",
        office.read("users")["items"][0]["id"].as_str().unwrap()
    ));
    assert_eq!(office.top.send("POST", &nothing, None).status, 409, "no password to change");
    let refused = office.top.send(
        "PATCH",
        &office.path("settings"),
        Some(&json!({"password_policy": {"history": 25}})),
    );
    assert_eq!(
        (refused.status, &refused.json()["pointer"]),
        (422, &json!("/password_policy/history"))
    );
}

#[test]
fn keys_for_ssh_are_whole_public_ones_and_a_private_one_is_not_repeated() {
    let office = Office::new();
    let api = office.demo.api_as_top();
    let [key, other] = SSH_KEYS;
    let made = |keys: Value| {
        let fields =
            json!({"login": "ada", "display_name": "Ada", "surname": "L", "ssh_keys": keys});
        api.post(&office.path("users"), &fields)
    };
    let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n";
    let type_alone = key.split_once(' ').unwrap().0;
    for (wrong, why) in [
        (private.to_owned(), "private key"),
        (private.lines().nth(1).unwrap().to_owned(), "private key"),
        (format!("{type_alone} AAAA"), "no whole key"),
        (key[..key.len() - 4].to_owned(), "no whole key"),
        (format!("no-pty {key}"), "leave them out"),
        ("ssh-dss AAAAB3NzaC1kc3M=".to_owned(), "ssh-keygen"),
        ("anything".to_owned(), "must be a public key"),
    ] {
        let refused = made(json!([other, wrong]));
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/ssh_keys/1")));
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(why), "{wrong}: {detail}");
        assert!(!refused.body.contains("b3BlbnNz"), "{refused:?}");
    }
    let ada = made(json!([format!("{key} ada@laptop-7")]));
    assert_eq!(ada.status, 201, "{ada:?}");
    let place = office.path(&format!("users/{}", id_of(&ada.json())));
    let refused = api.send("PATCH", &place, Some(&json!({"ssh_keys": [private]})));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/ssh_keys/0")));
    assert_eq!(api.send("PATCH", &place, Some(&json!({"ssh_keys": [key, other]}))).status, 200);
    let events = Value::from(office.events()).to_string();
    assert!(events.contains("ssh_keys") && !events.contains("b3BlbnNz"), "{events}");
    let found = office.find(&office.ldap(), "(uid=ada)", &["sshPublicKey"]);
    assert_eq!(found.only().values("sshPublicKey").len(), 2);
}
