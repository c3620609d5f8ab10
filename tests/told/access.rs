//! What lets applications and network gear in, and what they trust.

use serde_json::{Value, json};

use super::{Told, id};
use crate::harness::authority::{Authority, Holder, List};
use crate::harness::nas::Nas;
use crate::harness::receiver::comes;

/// Leaves an authority of the organization's own behind.
pub(super) fn authorities(told: &mut Told<'_>) {
    let issuer = Authority::new("authority.example");
    let fields =
        json!({"name": "authority", "certificate": issuer.pem(), "holder": "user_by_mail"});
    let made = told.does("POST", "certificate-authorities", &fields);
    let place = format!("certificate-authorities/{}", id(&made));
    let listed = json!({"id": made["id"], "built_in": false});
    told.shows("certificate-authorities", &json!({"items": [listed]}));
    told.does("PATCH", &place, &json!({"holder": "user_by_common_name"}));
    let revocations = format!("{place}/revocations");
    told.does("PUT", &revocations, &json!({"list": issuer.list(&List::default())}));
    told.does("DELETE", &revocations, &Value::Null);
    told.does("DELETE", &place, &Value::Null);
    let own = json!({"name": "Acme issuing"});
    let own = told.does("POST", "certificate-authorities/built-in", &own);
    // Its name stands in what it signs.
    let named = json!("Acme issuing");
    told.shows(&format!("certificate-authorities/{}/certificate", id(&own)), &named);
    let nobody = told.office.demo.https(None);
    told.shows_to(&nobody, own["revocation_list"].as_str().unwrap(), &named);

    let dns = Some("radius.acme.example");
    let server = Holder { common_name: "radius", dns, server: true, ..Holder::default() };
    let issued = issuer.issue(&server);
    let text = |file| std::fs::read_to_string(file).unwrap();
    let pair = json!({"certificate": text(&issued.certificate), "private_key": text(&issued.key)});
    told.does("PUT", "server-certificate", &pair);
    let names = json!({"dns_names": ["radius.acme.example"]});
    told.does("POST", "server-certificate/issue", &names);
    told.shows("server-certificate", &names);
    let wifi = "wifi-profile?format=wpa_supplicant&ssid=Acme&method=ttls";
    told.shows(wifi, &json!("ssid=\"Acme\""));
    told.does("DELETE", "server-certificate", &Value::Null);
}

pub(super) fn applications(told: &mut Told<'_>) {
    let made = told.does("POST", "service-accounts", &json!({"name": "wiki"}));
    let place = format!("service-accounts/{}", id(&made));
    told.shows("service-accounts", &json!({"items": [{"id": made["id"], "name": "wiki"}]}));
    told.does("PATCH", &place, &json!({"description": "What everybody knows"}));
    let certificates = json!({"fingerprints": ["cd".repeat(32)]});
    told.does("PUT", &format!("{place}/certificates"), &certificates);
    told.does("POST", &format!("{place}/rotate"), &json!({"keep_previous_seconds": 3_600}));
    told.does("DELETE", &format!("{place}/previous-password"), &Value::Null);
    // So there is something to forget.
    told.office.demo.ldap().bound(made["dn"].as_str().unwrap_or_default(), "wrong").who_am_i();
    let recorder = format!("{place}/recorder");
    let is_recorded = || told.office.read(&recorder)["items"][0].is_object();
    assert!(comes(is_recorded), "nothing is recorded");
    told.shows(&recorder, &json!({"items": [{"missed": "bind"}]}));
    told.does("DELETE", &recorder, &Value::Null);
    told.does("DELETE", &place, &Value::Null);
}

pub(super) fn gear(told: &mut Told<'_>) {
    let fields = json!({"name": "gate", "sources": ["192.0.2.0/24"]});
    let place = format!("radius-clients/{}", id(&told.does("POST", "radius-clients", &fields)));
    told.does("PATCH", &place, &json!({"name": "door"}));
    told.shows("radius-clients", &json!({"items": [{"name": "door"}]}));
    let nobody = json!({"accept": false, "reason": "there is no such account"});
    let asked = json!({"login": "nobody", "method": "pap"});
    let office = told.office;
    told.answers(&office.top, ("POST", &format!("{place}/explain")), &asked, &nobody);
    let secret = format!("{place}/secret");
    told.does("PUT", &secret, &json!({"secret": "sixteen octets.."}));
    told.shows(&format!("{place}/weaknesses"), &json!({"weaknesses": ["short_secret"]}));
    told.does("POST", &format!("{secret}/rotate"), &json!({"keep_previous_seconds": 3_600}));
    told.does("POST", &format!("{secret}/reveal"), &Value::Null);
    told.does("DELETE", &place, &Value::Null);

    let made = told.does("POST", "reply-profiles", &json!({"name": "staff", "vlan": "20"}));
    let place = format!("reply-profiles/{}", id(&made));
    told.shows("reply-profiles", &json!({"items": [{"id": made["id"], "vlan": "20"}]}));
    told.does("PATCH", &place, &json!({"vlan": "30"}));
    told.does("DELETE", &place, &Value::Null);
}

/// Of gear that obeys.
pub(super) fn sessions(told: &mut Told<'_>) {
    let office = told.office;
    let gear = office.client("wifi", &json!({}));
    let nas = Nas::start(office.address, &gear.secret);
    let orders = json!({"orders": {"port": nas.port}});
    office.act("PATCH", &format!("radius-clients/{}", gear.id), Some(&orders));
    let begun = "Acct-Status-Type=Start,Acct-Session-Id=one,User-Name=ada,NAS-Identifier=ap-1";
    assert!(office.report(&gear, begun).is("Accounting-Response"));
    let session = id(&office.read("sessions?open=true")["items"][0]);
    told.shows("sessions?open=true", &json!({"items": [{"id": session, "name": "one"}]}));
    let place = format!("sessions/{session}");
    told.shows(&place, &json!({"login": "ada", "gear": "ap-1"}));
    let profile = office.make("reply-profiles", &json!({"name": "guests", "vlan": "30"}));
    let change = json!({"reply_profile": profile["id"], "wait_seconds": 30});
    let obeyed = json!({"outcome": "done"});
    told.answers(&office.top, ("POST", &format!("{place}/change")), &change, &obeyed);
    let end = json!({"wait_seconds": 30});
    told.answers(&office.top, ("POST", &format!("{place}/disconnect")), &end, &obeyed);
}
