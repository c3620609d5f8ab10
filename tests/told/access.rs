//! What lets applications and network gear in, and what they trust.

use serde_json::{Value, json};

use super::{Told, id};
use crate::harness::authority::{Authority, Holder, List};

/// Leaves an authority of the organization's own behind.
pub(super) fn authorities(told: &mut Told<'_>) {
    let issuer = Authority::new("authority.example");
    let fields =
        json!({"name": "authority", "certificate": issuer.pem(), "holder": "user_by_mail"});
    let made = told.does("POST", "certificate-authorities", &fields);
    let place = format!("certificate-authorities/{}", id(&made));
    told.does("PATCH", &place, &json!({"holder": "user_by_common_name"}));
    let revocations = format!("{place}/revocations");
    told.does("PUT", &revocations, &json!({"list": issuer.list(&List::default())}));
    told.does("DELETE", &revocations, &Value::Null);
    told.does("DELETE", &place, &Value::Null);
    told.does("POST", "certificate-authorities/built-in", &json!({"name": "own"}));

    let server = Holder { common_name: "radius", server: true, ..Holder::default() };
    let issued = issuer.issue(&server);
    let text = |file| std::fs::read_to_string(file).unwrap();
    let pair = json!({"certificate": text(&issued.certificate), "private_key": text(&issued.key)});
    told.does("PUT", "server-certificate", &pair);
    let names = json!({"dns_names": ["radius.acme.example"]});
    told.does("POST", "server-certificate/issue", &names);
    told.does("DELETE", "server-certificate", &Value::Null);
}

pub(super) fn applications(told: &mut Told<'_>) {
    let made = told.does("POST", "service-accounts", &json!({"name": "wiki"}));
    let place = format!("service-accounts/{}", id(&made));
    told.does("PATCH", &place, &json!({"description": "What everybody knows"}));
    let certificates = json!({"fingerprints": ["cd".repeat(32)]});
    told.does("PUT", &format!("{place}/certificates"), &certificates);
    told.does("POST", &format!("{place}/rotate"), &json!({"keep_previous_seconds": 3_600}));
    told.does("DELETE", &format!("{place}/previous-password"), &Value::Null);
    // So there is something to forget.
    told.office.demo.ldap().bound(made["dn"].as_str().unwrap_or_default(), "wrong").who_am_i();
    told.does("DELETE", &format!("{place}/recorder"), &Value::Null);
    told.does("DELETE", &place, &Value::Null);
}

pub(super) fn gear(told: &mut Told<'_>) {
    let fields = json!({"name": "gate", "sources": ["192.0.2.0/24"]});
    let place = format!("radius-clients/{}", id(&told.does("POST", "radius-clients", &fields)));
    told.does("PATCH", &place, &json!({"name": "door"}));
    let secret = format!("{place}/secret");
    told.does("PUT", &secret, &json!({"secret": "a secret of many letters"}));
    told.does("POST", &format!("{secret}/rotate"), &json!({"keep_previous_seconds": 3_600}));
    told.does("POST", &format!("{secret}/reveal"), &Value::Null);
    told.does("DELETE", &place, &Value::Null);

    let made = told.does("POST", "reply-profiles", &json!({"name": "staff", "vlan": "20"}));
    let place = format!("reply-profiles/{}", id(&made));
    told.does("PATCH", &place, &json!({"vlan": "30"}));
    told.does("DELETE", &place, &Value::Null);
}
