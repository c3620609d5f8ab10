//! Section 4.5.1.5: the time limit of the client.

use std::sync::Arc;

use serde_json::json;

use crate::harness::ber::number;
use crate::harness::client::Client;
use crate::harness::demo::Demo;
use crate::harness::office::Office;
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;
use crate::harness::slow::Slow;
use crate::harness::ssh_keys::long_ssh_keys;

/// People of an office, each some 100 kB: more than the buffers of a connection hold.
const PEOPLE: usize = 80;

#[test]
fn a_time_limit_that_suffices_changes_nothing() {
    let demo = Demo::shared();
    let acme = demo.acme();
    for limit in ["1", "60", "2147483647"] {
        let client = demo.ldap().as_service(&acme.service_account).with(["-l", limit]);
        let found = client.search(&acme.base, "sub", "(objectClass=person)", &["1.1"]);
        assert_eq!(found.names().len(), acme.users.len(), "{limit}");
    }
}

#[test]
fn limits_below_zero_are_protocol_errors() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    let good = raw::search(2, &ada.dn, 0, raw::present("uid"));
    let zero = number(2, 0);
    let limits = [&zero[..], &zero].concat();
    let place = good.windows(6).position(|window| window == limits).unwrap();
    // The size limit and the time limit.
    for place in [place, place + 3] {
        let mut broken = good.clone();
        broken[place + 2] = 0xff;
        raw.send(&broken);
        assert_eq!(raw.receive().unwrap().code(), 2);
    }
}

#[test]
fn a_search_that_works_longer_than_its_limit_ends_with_the_limit() {
    let slow = Slow::new();
    let mut raw = slow.connect();
    raw.send(&slow.search(2, 1));
    let answers = raw.receive_all_of(2);
    assert_eq!((answers.len(), answers[0].code()), (1, 3), "timeLimitExceeded");
    assert!(answers[0].words().1.contains("time limit"), "{:?}", answers[0].words());
    raw.send(&raw::extended(3, raw::WHO_AM_I));
    assert_eq!(raw.receive().unwrap().code(), 0);
}

#[test]
fn the_time_for_which_a_client_does_not_read_is_none_of_its_searchs() {
    let Some(demo) = Demo::own() else { return };
    let office = Office::on(Arc::new(demo));
    let keys = long_ssh_keys();
    for person in 0..PEOPLE {
        let name = format!("u{person}");
        let fields = json!({
            "login": name, "display_name": name, "surname": name, "ssh_keys": keys
        });
        office.make("users", &fields);
    }
    let made = office.make("service-accounts", &json!({"name": "app"}));
    let (dn, password) = (made["dn"].as_str().unwrap(), made["password"].as_str().unwrap());
    let Office { demo, base, .. } = office;
    let mut demo = Arc::into_inner(demo).unwrap();
    demo.daemon().stop();
    let site = Site::of_demo(demo.folder()).unwrap().set("ldap", "time_limit = \"1s\"");
    let server = site.set("ldap", "cleartext_bind = true").serve();
    let mut raw = Raw::bound(&server.ldap, dn, password);
    let everybody = raw::search_for("sshPublicKey", &base, 2, raw::present("uid"));
    raw.send(&raw::message(2, everybody));
    let waited = Client::new("sleep", "coreutils").args(["3"]).run();
    assert_eq!(waited.code, 0, "{waited:?}");
    let answers = raw.receive_all_of(2);
    let last = answers.last().unwrap();
    assert_eq!((last.code(), answers.len()), (0, PEOPLE + 1), "{:?}", last.words());
}
