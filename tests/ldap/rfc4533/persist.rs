//! Section 3.4: a client stays and hears of changes.

use serde_json::json;

use super::consumer::Consumer;
use super::{
    EVERYTHING, PASSWORD, PEOPLE, application, change_members, dismiss, entitle, hire, reader,
    rename,
};
use crate::harness::ber::{boolean, constructed, element, number, octets, sequence};
use crate::harness::demo::Demo;
use crate::harness::description::ServiceAccount;
use crate::harness::office::Office;
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;

const STAY: &str = "refreshAndPersist";
/// Polls, and comes back with the cookie to stay.
const COME_BACK: &str = "both";

/// A copy that is complete.
fn refreshed(office: &Office, who: &(String, String), filter: &str) -> Consumer {
    let mut copy = Consumer::new(STAY, office, who, filter);
    copy.said_until(|said| said.starts_with("refreshed"));
    copy
}

#[test]
fn who_stays_hears_of_what_comes_changes_and_goes() {
    let office = Office::new();
    let ada = hire(&office, "ada");
    let staff = office.group("staff", &[], &[]);
    let mut copy = refreshed(&office, &reader(&office), EVERYTHING);
    entitle(&office, &ada, "Countess");
    assert_eq!(copy.next().unwrap(), "changed uid=ada");
    let bob = hire(&office, "bob");
    assert_eq!(copy.next().unwrap(), "new uid=bob");
    change_members(&office, &staff, "add", &bob);
    assert_eq!(copy.next().unwrap(), "changed uid=bob");
    assert_eq!(copy.next().unwrap(), "changed cn=staff");
    rename(&office, &bob, "robert");
    assert_eq!(copy.next().unwrap(), "changed uid=robert");
    assert_eq!(copy.next().unwrap(), "changed cn=staff");
    dismiss(&office, &bob);
    assert_eq!(copy.next().unwrap(), "gone uid=robert");
    assert_eq!(copy.next().unwrap(), "changed cn=staff");
    assert_eq!(copy.cancel(), ["cancelled"], "nothing else was told");
}

#[test]
fn who_stays_hears_of_certificates_that_are_issued_and_revoked() {
    let office = Office::new();
    office.built_in("Acme Wi-Fi");
    let ada = format!("users/{}", hire(&office, "ada"));
    let reader = reader(&office);
    let mut people = refreshed(&office, &reader, PEOPLE);
    let mut having = refreshed(&office, &reader, "(userCertificate=*)");
    let issued = office.hand_out(&ada, &json!({}));
    assert_eq!(people.next().unwrap(), "changed uid=ada");
    assert_eq!(having.next().unwrap(), "new uid=ada");
    office.revoke(&issued, "superseded");
    assert_eq!(people.next().unwrap(), "changed uid=ada");
    assert_eq!(having.next().unwrap(), "gone uid=ada");
    assert_eq!(people.cancel(), ["cancelled"], "nothing else was told");
    assert_eq!(having.cancel(), ["cancelled"], "nothing else was told");
}

#[test]
fn who_does_not_match_or_is_not_seen_any_more_is_gone_for_who_stays() {
    let office = Office::new();
    let (ada, bob) = (hire(&office, "ada"), hire(&office, "bob"));
    let staff = office.group("staff", &[&ada], &[]);
    let crew = office.group("crew", &[&bob], &[]);
    let narrow = application(&office, "narrow", &json!({"groups": [staff]}));
    let mut copy = refreshed(&office, &narrow, PEOPLE);
    dismiss(&office, &bob);
    change_members(&office, &staff, "remove", &ada);
    assert_eq!(copy.next().unwrap(), "gone uid=ada", "and nothing of Bob");
    let cyd = hire(&office, "cyd");
    change_members(&office, &crew, "add", &cyd);
    change_members(&office, &staff, "add", &cyd);
    assert_eq!(copy.next().unwrap(), "new uid=cyd");
    // From here on the caller sees another group.
    let accounts = office.read("service-accounts");
    let accounts = accounts["items"].as_array().unwrap();
    let account = accounts.iter().find(|account| account["name"] == "narrow").unwrap();
    let path = format!("service-accounts/{}", account["id"].as_str().unwrap());
    let dan = hire(&office, "dan");
    change_members(&office, &crew, "remove", &cyd);
    change_members(&office, &crew, "add", &dan);
    office.act("PATCH", &path, Some(&json!({"visibility": {"groups": [crew]}})));
    let mut said = copy.said_until(|said| said == "gone uid=cyd");
    // Those groups of Cyd that the caller sees stayed as they were, but that is not known before.
    said.retain(|said| said != "changed uid=cyd");
    assert_eq!(said, ["new uid=dan", "gone uid=cyd"]);
    assert_eq!(copy.cancel(), ["cancelled"]);
}

#[test]
fn section_3_9_who_comes_back_to_stay_is_told_what_changed_alone() {
    let office = Office::new();
    let [ada, bob, cyd, dan] = ["ada", "bob", "cyd", "dan"].map(|login| hire(&office, login));
    let mut copy = Consumer::new(COME_BACK, &office, &reader(&office), PEOPLE);
    assert_eq!(copy.poll().last().unwrap(), "copy uid=ada uid=bob uid=cyd uid=dan");
    entitle(&office, &ada, "Countess");
    dismiss(&office, &bob);
    copy.stay();
    let said = copy.said_until(|said| said.starts_with("refreshed"));
    assert_eq!(said, ["gone uid=bob", "changed uid=ada", "refreshed 3"], "and nobody mentioned");
    // Those that were not told are known to be there.
    dismiss(&office, &cyd);
    assert_eq!(copy.next().unwrap(), "gone uid=cyd");
    entitle(&office, &dan, "Duke");
    assert_eq!(copy.next().unwrap(), "changed uid=dan");
    office.make("custom-attributes", &json!({"name": "officeShoeSize", "syntax": "integer"}));
    let anew = [copy.next().unwrap(), copy.next().unwrap()];
    assert_eq!(anew, ["changed uid=ada", "changed uid=dan"]);
    assert_eq!(copy.cancel(), ["cancelled"]);
}

#[test]
fn section_3_9_who_comes_back_and_may_not_see_any_more_what_it_had_is_told_what_is_left() {
    let office = Office::new();
    let (ada, bob) = (hire(&office, "ada"), hire(&office, "bob"));
    let staff = office.group("staff", &[&ada, &bob], &[]);
    let narrow = application(&office, "narrow", &json!({"groups": [staff]}));
    let mut copy = Consumer::new(COME_BACK, &office, &narrow, PEOPLE);
    copy.poll();
    change_members(&office, &staff, "remove", &bob);
    copy.stay();
    let said = copy.said_until(|said| said.starts_with("refreshed"));
    assert_eq!(said, ["present 1", "gone uid=bob", "refreshed 1"]);
    assert_eq!(copy.cancel(), ["cancelled"]);
}

#[test]
fn section_3_5_3_a_size_limit_is_one_of_the_refresh_alone() {
    let office = Office::new();
    hire(&office, "ada");
    let who = reader(&office);
    let limited = || Consumer::limited((STAY, "1"), &office, &who, PEOPLE);
    let mut copy = limited();
    assert_eq!(copy.next().unwrap(), "new uid=ada");
    copy.said_until(|said| said.starts_with("refreshed"));
    for login in ["bob", "cyd"] {
        hire(&office, login);
        assert_eq!(copy.next().unwrap(), format!("new uid={login}"));
    }
    assert_eq!(copy.cancel(), ["cancelled"]);
    let said = limited().said_until(|said| said.starts_with("ended") || said.starts_with("refr"));
    assert_eq!(said.last().unwrap(), "ended SIZELIMIT_EXCEEDED", "{said:?}");
}

#[test]
fn a_search_that_stays_ends_with_its_callers_rights() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let who = (office.user_dn("ada"), PASSWORD.to_owned());
    let mut copy = refreshed(&office, &who, PEOPLE);
    office.act("POST", &format!("users/{ada}/suspend"), None);
    assert_eq!(copy.next().unwrap(), "ended INSUFFICIENT_ACCESS");
}

#[test]
fn a_search_that_stays_ends_with_the_password_that_proved_its_caller() {
    let office = Office::new();
    let ada = office.user("ada", PASSWORD);
    let who = (office.user_dn("ada"), PASSWORD.to_owned());
    let mut copy = refreshed(&office, &who, PEOPLE);
    let fields = json!({"password": "staple of another horse"});
    office.act("PUT", &format!("users/{ada}/password"), Some(&fields));
    assert_eq!(copy.next().unwrap(), "ended INSUFFICIENT_ACCESS");
}

#[test]
fn who_stays_hears_of_all_changes_of_a_storm() {
    let office = Office::new();
    let users: Vec<String> = (0..30).map(|n| hire(&office, &format!("u{n:02}"))).collect();
    let mut copy = refreshed(&office, &reader(&office), PEOPLE);
    std::thread::scope(|scope| {
        for part in users.chunks(10) {
            let office = &office;
            scope.spawn(move || {
                for user in part {
                    entitle(office, user, "Busy");
                    dismiss(office, user);
                }
            });
        }
    });
    let mut gone = 0;
    while gone < users.len() {
        let said = copy.next().unwrap();
        gone += usize::from(said.starts_with("gone"));
        assert!(!said.starts_with("new"), "{said}");
    }
    assert_eq!(copy.cancel(), ["cancelled"]);
}

/// A search that stays, with the octets of the control's value.
fn staying(id: i64, base: &str) -> Vec<u8> {
    let value = sequence([number(0x0a, 3)]);
    let control = sequence([octets("1.3.6.1.4.1.4203.1.9.1.1"), boolean(true), element(4, &value)]);
    let search = raw::search_operation(base, 2, raw::present("uid"));
    sequence([number(2, id), search, constructed(0xa0, [control])])
}

#[test]
fn only_so_many_searches_of_a_connection_stay_and_who_goes_makes_room() {
    /// What the sample configuration says.
    const STAY: i64 = 8;
    let office = Office::new();
    let (dn, password) = reader(&office);
    let mut connection = Raw::bound(&office.demo.ldap, &dn, &password);
    for id in 2..2 + STAY {
        connection.send(&staying(id, &office.base));
        let refreshed = connection.receive().unwrap();
        assert_eq!((refreshed.id, refreshed.operation), (id, 0x79), "the refresh is done");
    }
    connection.send(&staying(90, &office.base));
    assert_eq!(connection.receive_all_of(90).last().unwrap().code(), 51, "busy");
    connection.send(&raw::abandon(91, 2));
    connection.send(&staying(92, &office.base));
    let refreshed = connection.receive().unwrap();
    assert_eq!((refreshed.id, refreshed.operation), (92, 0x79));
}

/// A connection on which a search stays that begins at Ada's name, and is up to date.
fn staying_at_ada(office: &Office, who: &(String, String)) -> Raw {
    let mut connection = Raw::bound(&office.demo.ldap, &who.0, &who.1);
    connection.send(&staying(2, &office.user_dn("ada")));
    let told = |connection: &mut Raw| connection.receive().unwrap().operation;
    assert_eq!([told(&mut connection), told(&mut connection)], [0x64, 0x79], "and refreshed");
    connection
}

#[test]
fn section_3_5_1_a_search_that_stays_ends_with_the_entry_that_it_begins_at() {
    let office = Office::new();
    let who = reader(&office);
    let ada = hire(&office, "ada");
    let mut deleted = staying_at_ada(&office, &who);
    dismiss(&office, &ada);
    let ended = deleted.receive().unwrap();
    assert_eq!((ended.operation, ended.code()), (0x65, 32), "{ended:?}");
    assert_eq!(ended.words().0, format!("ou=people,{}", office.base));

    let ada = hire(&office, "ada");
    let mut renamed = staying_at_ada(&office, &who);
    rename(&office, &ada, "countess");
    let ended = renamed.receive().unwrap();
    assert_eq!((ended.operation, ended.code()), (0x65, 32), "{ended:?}");

    let bob = hire(&office, "ada");
    let mut replaced = staying_at_ada(&office, &who);
    rename(&office, &bob, "bob");
    rename(&office, &ada, "ada");
    let ended = replaced.receive().unwrap();
    // Both changes may be looked at together, or one after the other.
    assert_eq!(ended.operation, 0x65, "{ended:?}");
    assert!([32, 4096].contains(&ended.code()), "{ended:?}");
}

#[test]
fn only_so_many_searches_of_an_organization_stay_over_all_its_connections() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let limit = "persistent_searches_per_organization = 2";
    let site = Site::of_demo(demo.folder()).unwrap().set("ldap", limit);
    let server = site.set("ldap", "cleartext_bind = true").serve();
    let stays = |account: &ServiceAccount, base: &str| {
        let mut connection = Raw::bound(&server.ldap, &account.dn, &account.password);
        connection.send(&staying(2, base));
        loop {
            let told = connection.receive().unwrap();
            match told.operation {
                0x79 => break Ok(connection),
                0x65 => break Err(told.code()),
                _ => {}
            }
        }
    };
    let acme = demo.acme();
    let kept = [(), ()].map(|()| stays(&acme.service_account, &acme.base).unwrap());
    assert_eq!(stays(&acme.service_account, &acme.base).err(), Some(51), "busy");
    let globex = demo.globex();
    assert!(stays(&globex.service_account, &globex.base).is_ok(), "another organization");
    drop(kept);
    let again = (0..10_000).any(|_| stays(&acme.service_account, &acme.base).is_ok());
    assert!(again, "who goes makes room");
}
