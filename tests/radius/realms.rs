//! Logins with names of the organization before or behind them, as VPN gear and Windows say them.

use serde_json::{Value, json};

use crate::harness::office::{Client, Office};

const PASSWORD: &str = "correct horse battery";

fn office() -> (Office, Client) {
    let office = Office::new();
    office.set(&json!({"chap": true, "ms_chap": true}));
    office.user("ada", PASSWORD);
    let gear = office.client("gate", &json!({}));
    (office, gear)
}

/// Ways to write the login of somebody of the organization.
fn spellings(office: &Office) -> [String; 4] {
    let slug = &office.slug;
    let domain = format!("{slug}.example");
    [
        format!("ada@{domain}"),
        format!("Ada@{}", domain.to_uppercase()),
        format!("{}\\ada", slug.to_uppercase()),
        format!("{domain}\\ada"),
    ]
}

/// A name as radclient reads it.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\")
}

fn explained(office: &Office, gear: &Client, name: &str) -> Value {
    let asked = json!({"login": name, "method": "pap"});
    office.act("POST", &format!("radius-clients/{}/explain", gear.id), Some(&asked))
}

#[test]
fn a_password_lets_in_whoever_is_named_with_the_organizations_own_names() {
    let (office, gear) = office();
    for name in spellings(&office) {
        let right = office.login(&gear, &escaped(&name), PASSWORD);
        assert!(right.is("Access-Accept"), "{name}: {right:?}");
        let wrong = office.login(&gear, &escaped(&name), "wrong");
        assert!(wrong.is("Access-Reject"), "{name}: {wrong:?}");
        let by_chap = format!(
            "User-Name=\"{}\",CHAP-Password=\"{PASSWORD}\",Message-Authenticator=0x00,\
             Packet-Src-IP-Address={}",
            escaped(&name),
            office.address
        );
        let right = office.gear(&gear).ask("auth", &by_chap);
        assert!(right.is("Access-Accept"), "{name}: {right:?}");
        assert_eq!(explained(&office, &gear, &name)["accept"], true, "{name}");
    }
    let tried = office.events().into_iter().filter(|event| event["action"] == "radius_access");
    let names: Vec<Value> = tried.map(|event| event["actor"]["name"].clone()).collect();
    assert_eq!(names.len(), 12, "{names:?}");
    assert!(names.iter().all(|name| name == "ada" || name == "Ada"), "{names:?}");
}

#[test]
fn a_name_of_another_realm_is_nobodys_and_told_as_it_was_said() {
    let (office, gear) = office();
    let other = Office::on(office.demo.clone());
    for name in spellings(&other).into_iter().chain(["ada@beta.example".into()]) {
        let reply = office.login(&gear, &escaped(&name), PASSWORD);
        assert!(reply.is("Access-Reject"), "{name}: {reply:?}");
        let told = office.event("radius_access");
        assert_eq!(told["actor"]["name"], name);
        assert_eq!(told["reason"], "there is no such account");
        let explained = explained(&office, &gear, &name);
        assert_eq!(explained["reason"], "there is no such account", "{name}");
    }
}

#[test]
fn who_has_a_login_as_it_was_said_is_the_one_that_is_meant() {
    let (office, gear) = office();
    let whole = format!("ada@{}.example", office.slug);
    office.user(&whole, "another horse battery");
    assert!(office.login(&gear, &whole, PASSWORD).is("Access-Reject"));
    assert!(office.login(&gear, &whole, "another horse battery").is("Access-Accept"));
    assert!(office.login(&gear, "ada", PASSWORD).is("Access-Accept"));
}

#[test]
fn peers_inside_of_a_tunnel_are_found_alike() {
    let (office, gear) = office();
    for name in spellings(&office) {
        let peap = office.peer(&gear, "PEAP").quoted("anonymous_identity", "anonymous");
        let peap = peap.quoted("identity", &name).quoted("phase2", "auth=MSCHAPV2");
        peap.clone().quoted("password", "wrong horse battery").stays_out();
        let verdict = peap.quoted("password", PASSWORD).with(["-r1"]).gets_in();
        assert!(verdict.resumed(), "{name}: {}", verdict.output.stdout);
        for inner in ["auth=PAP", "auth=MSCHAPV2"] {
            office.ttls(&gear, inner, &name, PASSWORD).gets_in();
        }
    }
    office.ttls(&gear, "auth=PAP", "ada@beta.example", PASSWORD).stays_out();
}
