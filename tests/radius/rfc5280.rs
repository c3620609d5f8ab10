//! RFC 5280: what a certificate is for, and lists of those that others' authorities revoked.

use serde_json::{Value, json};

use crate::harness::authority::{Authority, Holder, Issued, List};
use crate::harness::https::Https;
use crate::harness::office::{Office, id_of};

fn ada() -> Holder<'static> {
    Holder { common_name: "ada", ..Holder::default() }
}

fn trust(office: &Office, authority: &Authority) -> String {
    let fields = json!({"name": "acme", "certificate": authority.pem(),
        "holder": "user_by_common_name"});
    id_of(&office.make("certificate-authorities", &fields))
}

fn reason(office: &Office) -> Value {
    office.event("radius_access")["reason"].clone()
}

#[test]
fn section_5_1_2_6_whoever_is_on_the_list_stays_out_from_then_on() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    let id = trust(&office, &authority);
    let (one, two) = (authority.issue(&ada()), authority.issue(&ada()));
    let (first, second) = (office.certified(&gear, &one), office.certified(&gear, &two));
    first.gets_in();
    let path = format!("certificate-authorities/{id}/revocations");
    let list = authority.list(&List { revoked: &[&one], ..List::default() });
    let shown = office.act("PUT", &path, Some(&json!({"list": list})));
    assert_eq!(shown["revocations"]["count"], 1, "{shown}");
    for version in ["1.2", "1.3"] {
        first.clone().tls(version).stays_out();
        second.clone().tls(version).gets_in();
    }
    first.stays_out();
    assert_eq!(reason(&office), "the certificate was revoked");
    // The next list says all that counts.
    let next = authority.list(&List { revoked: &[&two], made: 1, ..List::default() });
    office.act("PUT", &path, Some(&json!({"list": next})));
    first.gets_in();
    second.stays_out();
    let older = office.top.send("PUT", &office.path(&path), Some(&json!({"list": list})));
    assert_eq!((older.status, &older.json()["pointer"]), (422, &json!("/list")), "{older:?}");
    office.act("DELETE", &path, None);
    second.gets_in();
    assert_eq!(office.top.send("DELETE", &office.path(&path), None).status, 404);
}

#[test]
fn section_5_1_2_5_an_ended_list_keeps_all_out_unless_the_authority_says_otherwise() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    let id = trust(&office, &authority);
    let (one, two) = (authority.issue(&ada()), authority.issue(&ada()));
    let list = authority.list(&List { revoked: &[&one], ended: true, ..List::default() });
    let path = format!("certificate-authorities/{id}");
    office.act("PUT", &format!("{path}/revocations"), Some(&json!({"list": list})));
    office.certified(&gear, &two).stays_out();
    assert_eq!(reason(&office), "the authority's list of revoked certificates has ended");
    office.act("PATCH", &path, Some(&json!({"expired_list": "tolerated"})));
    office.certified(&gear, &two).gets_in();
    office.certified(&gear, &one).stays_out();
}

#[test]
fn section_6_3_where_lists_are_required_nobody_gets_in_without_one_that_counts() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    let path = format!("certificate-authorities/{}", trust(&office, &authority));
    let (one, two) = (authority.issue(&ada()), authority.issue(&ada()));
    let peer = |issued: &Issued, version: &str| office.certified(&gear, issued).tls(version);
    let is_told = |why: &str| (0..10_000).any(|_| reason(&office) == why);
    assert_eq!(office.read(&path)["revocation"], "if_known");
    peer(&one, "1.3").gets_in();
    let strict = json!({"revocation": "required", "expired_list": "tolerated"});
    assert_eq!(office.act("PATCH", &path, Some(&strict))["revocation"], "required");
    let stay_out = |why: &str| {
        for version in ["1.2", "1.3"] {
            peer(&one, version).stays_out();
        }
        assert!(is_told(why), "{why}: {:?}", office.events());
    };
    let put = |list: &List<'_>| {
        let list = json!({"list": authority.list(list)});
        office.act("PUT", &format!("{path}/revocations"), Some(&list))
    };
    stay_out(
        "a list of revoked certificates is required, and there is none of the certificate's issuer",
    );
    put(&List { ended: true, ..List::default() });
    stay_out("the authority's list of revoked certificates has ended");
    put(&List { revoked: &[&two], made: 1, ..List::default() });
    for version in ["1.2", "1.3"] {
        peer(&one, version).gets_in();
        peer(&two, version).stays_out();
    }
    assert!(is_told("the certificate was revoked"), "{:?}", office.events());
    let own = office.path(&format!("certificate-authorities/{}", office.built_in("own").id));
    let refused = office.top.send("PATCH", &own, Some(&json!({"revocation": "required"})));
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/revocation")));
}

#[test]
fn section_6_3_3_a_list_is_the_authoritys_own_and_whole() {
    let office = Office::new();
    let (authority, other) = (Authority::new("acme"), Authority::new("acme"));
    let path =
        office.path(&format!("certificate-authorities/{}/revocations", trust(&office, &authority)));
    let good = authority.list(&List::default());
    let tried = |who: &Https, list: &str| who.send("PUT", &path, Some(&json!({"list": list})));
    let forged = other.list(&List::default());
    let elsewhere = Authority::new("elsewhere").list(&List::default());
    let part = authority.list(&List { part: true, ..List::default() });
    let cut = good.replacen("MI", "MA", 1);
    let large = format!("{good}{}", "x".repeat(700_000));
    for wrong in ["", "x", &forged, &elsewhere, &part, &cut, &large, &authority.pem()] {
        let refused = tried(&office.top, wrong);
        assert_eq!(refused.status, 422, "{wrong}: {refused:?}");
        assert_eq!(refused.json()["pointer"], "/list", "{refused:?}");
    }
    let lines = good.lines().filter(|line| !line.starts_with('-'));
    assert_eq!(tried(&office.top, &lines.collect::<String>()).status, 200);
    assert_eq!(tried(&office.top, &good).status, 200);
    let own = office.built_in("own").id;
    let own = office.path(&format!("certificate-authorities/{own}/revocations"));
    let refused = office.top.send("PUT", &own, Some(&json!({"list": good})));
    assert_eq!(refused.status, 422, "{refused:?}");
}

#[test]
fn section_4_2_1_12_a_certificate_must_say_that_it_is_for_clients() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let gear = office.client("wlan", &json!({}));
    let authority = Authority::new("acme");
    let id = trust(&office, &authority);
    let client = authority.issue(&ada());
    let server = authority.issue(&Holder { server: true, ..ada() });
    let unstated = authority.issue(&Holder { unstated: true, ..ada() });
    let other = "the certificate is not for clients: it says to be for something else";
    let none = "the certificate does not say that it is for clients";
    let path = format!("certificate-authorities/{id}");
    assert_eq!(office.read(&path)["unstated_purpose"], "refused");
    for version in ["1.2", "1.3"] {
        for (issued, why) in [(&server, other), (&unstated, none)] {
            office.certified(&gear, issued).tls(version).stays_out();
            let told = |_| reason(&office) == why;
            assert!((0..10_000).any(told), "{version} {why}: {:?}", office.events());
        }
        office.certified(&gear, &client).tls(version).gets_in();
    }
    let tolerant = json!({"unstated_purpose": "tolerated"});
    assert_eq!(office.act("PATCH", &path, Some(&tolerant))["unstated_purpose"], "tolerated");
    for version in ["1.2", "1.3"] {
        office.certified(&gear, &unstated).tls(version).gets_in();
        office.certified(&gear, &server).tls(version).stays_out();
    }
}
