//! RFC 4513: authentication and protection.

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::ldap::Ldap;
use crate::harness::office::Office;
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;

#[test]
fn section_5_1_2_a_name_without_a_password_proves_nothing() {
    let demo = Demo::shared();
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    for dn in [&ada.dn, &acme.user_dn("nobody"), &acme.service_account.dn] {
        let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
        raw.send(&raw::bind(2, dn, ""));
        assert_eq!(raw.receive().unwrap().code(), 53, "{dn}");
        raw.send(&raw::search(3, &acme.base, 0, raw::present("objectClass")));
        assert_eq!(raw.receive().unwrap().code(), 50, "{dn}");
    }
}

#[test]
fn section_5_1_1_anonymous_binds_succeed_and_show_nothing() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    raw.send(&raw::bind(1, "", ""));
    assert_eq!(raw.receive().unwrap().code(), 0);
    raw.send(&raw::search(2, &demo.acme().base, 2, raw::present("objectClass")));
    assert_eq!(raw.receive().unwrap().code(), 50);
}

#[test]
fn section_5_1_3_a_password_in_clear_is_refused_before_it_is_looked_at() {
    let Some(mut demo) = Demo::own() else { return };
    let ada = demo.acme().user("ada").clone();
    demo.daemon().stop();
    let Some(site) = Site::of_demo(demo.folder()) else { return };
    let server = site.serve();
    let right = server.ldap().as_user(&ada).who_am_i();
    let wrong = server.ldap().bound(&ada.dn, "wrong").who_am_i();
    let stranger = server.ldap().bound(&demo.acme().user_dn("nobody"), "wrong").who_am_i();
    assert_eq!([right.code, wrong.code, stranger.code], [13, 13, 13], "{right:?}");
    for client in [server.ldaps(), server.start_tls()] {
        let who = client.as_user(&ada).who_am_i();
        assert_eq!(who.stdout.trim(), format!("dn:{}", ada.dn), "{who:?}");
    }
    let mut raw = Raw::connect(&server.ldap);
    raw.send(&raw::search(1, &demo.acme().base, 2, raw::present("objectClass")));
    assert_eq!(raw.receive().unwrap().code(), 50);
}

#[test]
fn section_5_1_3_one_listener_may_take_passwords_in_clear_where_the_others_do_not() {
    let Some(mut demo) = Demo::own() else { return };
    let ada = demo.acme().user("ada").clone();
    demo.daemon().stop();
    let Some(site) = Site::of_demo(demo.folder()) else { return };
    let server = site.serve();
    let cleartext = Ldap::at(format!("ldap://{}", server.cleartext), &server.ca_file, false);
    assert_eq!(server.ldap().as_user(&ada).who_am_i().code, 13);
    assert_eq!(cleartext.as_user(&ada).who_am_i().code, 0);
    assert_eq!(cleartext.bound(&ada.dn, "wrong").who_am_i().code, 49);
}

#[test]
fn section_5_1_3_an_organization_may_be_stricter_than_the_listener() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let at = |start_tls| {
        let uri = format!("ldap://{}", office.demo.ldap);
        Ldap::at(uri, &office.demo.ca_file, start_tls)
    };
    let (clear, tls) = (at(false), at(true));
    let bind = |client: &Ldap, login: &str, password: &str| {
        client.clone().bound(&office.user_dn(login), password).who_am_i()
    };
    assert_eq!(bind(&clear, "ada", "correct horse battery").code, 0);
    office.set(&json!({"require_tls": true}));
    assert_eq!(office.read("settings")["require_tls"], true);
    for (login, password) in
        [("ada", "correct horse battery"), ("ada", "wrong"), ("nobody", "wrong")]
    {
        let refused = bind(&clear, login, password);
        assert_eq!(refused.code, 13, "{refused:?}");
        assert!(refused.stderr.contains("TLS"), "{refused:?}");
    }
    let event = office.event("ldap_bind");
    assert!(event.to_string().contains("not encrypted"), "{event}");
    assert_eq!(bind(&tls, "ada", "correct horse battery").code, 0);
    assert_eq!(bind(&tls, "ada", "wrong").code, 49);
    // Nobody else is stricter for it, and a stranger's name stays a stranger's.
    let demo = &office.demo;
    assert_eq!(demo.ldap().as_user(demo.acme().user("ada")).who_am_i().code, 0);
    let strange = clear.bound("uid=ada,ou=people,dc=nowhere,dc=example", "wrong");
    assert_eq!(strange.who_am_i().code, 49);
}
