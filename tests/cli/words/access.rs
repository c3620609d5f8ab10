//! Applications over LDAP and gear over RADIUS.

use serde_json::json;

use super::{Row, Walk, row};
use crate::harness::nas::Nas;
use crate::harness::office::{Office, id_of};
use crate::harness::receiver::comes;

/// Where an application `asked` for what it did not get.
pub(super) const ROWS: &[Row] = &[
    row("user create", "--login ada --display-name Ada --surname L --password")
        .hears("{password}\n")
        .shows(&[("/login", "ada")]),
    row("service-account create", "--name wiki").shows(&[("/name", "wiki")]),
    row("service-account list", "--name wiki").shows(&[("#", "1"), ("/0/name", "wiki")]),
    row("service-account update", "wiki --description Pages").shows(&[("/description", "Pages")]),
    row("service-account rotate", "wiki").shows(&[("/password", "*")]),
    row("service-account show", "wiki").shows(&[("/previous_password_until", "*")]),
    row("service-account end-previous-password", "wiki")
        .then("service-account show wiki")
        .shows(&[("/previous_password_until", "-"), ("/description", "Pages")]),
    row("service-account set-certificates", "wiki --fingerprints {fingerprint}")
        .then("service-account certificates wiki")
        .shows(&[("/fingerprints/0", "{fingerprint}")]),
    row("service-account certificates", "wiki").shows(&[("/fingerprints/0", "{fingerprint}")]),
    row("service-account recorder", "asked").shows(&[("#", "1"), ("/0/missed", "*")]),
    row("service-account clear-recorder", "asked")
        .then("service-account recorder asked")
        .shows(&[("#", "0")]),
    row("ldap explain", "--user ada --base {base} --filter (uid=ada)")
        .shows(&[("/search/entries", "1")]),
    row("reply-profile create", "--name guests --vlan 30").shows(&[("/vlan", "30")]),
    row("reply-profile list", "").shows(&[("#", "1"), ("/0/name", "guests")]),
    row("reply-profile update", "guests --vlan 31").shows(&[("/vlan", "31")]),
    row("reply-profile show", "guests").keeps(&[("guests", "/id")]).shows(&[("/vlan", "31")]),
    row("reply-profile attributes", "").shows(&[("/0", "*")]),
    row("reply-profile presets", "").shows(&[("/0", "*")]),
    row("radius create", "--name gate --sources {source}").shows(&[("/secret", "*")]),
    row("radius list", "").shows(&[("#", "1"), ("/0/name", "gate")]),
    row("radius update", "gate --reply-profile guests").shows(&[("/reply_profile", "{guests}")]),
    row("radius show", "gate").shows(&[("/reply_profile", "{guests}")]),
    row("radius explain", "gate --login ada --method pap").shows(&[("/accept", "*")]),
    row("radius set-secret", "gate")
        .hears("{password}\n")
        .then("radius reveal-secret gate")
        .shows(&[("/secret", "{password}")]),
    row("radius reveal-secret", "gate").shows(&[("/secret", "{password}")]),
    row("radius rotate-secret", "gate")
        .keeps(&[("rotated", "/secret")])
        .then("radius reveal-secret gate")
        .shows(&[("/secret", "{rotated}")]),
    row("radius weaknesses", "gate").shows(&[("/weaknesses", "*")]),
    row("radius delete", "gate").gone("radius show gate"),
    row("reply-profile delete", "guests").gone("reply-profile show guests"),
    row("service-account delete", "wiki").gone("service-account show wiki"),
    row("custom-attribute create", "--name badge --syntax integer")
        .shows(&[("/syntax", "integer")]),
    row("custom-attribute list", "").shows(&[("#", "1"), ("/0/name", "badge")]),
    row("custom-attribute update", "badge --description Number")
        .shows(&[("/description", "Number")]),
    row("custom-attribute show", "badge").shows(&[("/description", "Number")]),
    row("custom-attribute delete", "badge").gone("custom-attribute show badge"),
];

/// Of gear that obeys, and reported a session.
pub(super) const SESSIONS: &[Row] = &[
    row("reply-profile create", "--name guests --vlan 30").shows(&[("/vlan", "30")]),
    row("session list", "--open=true").shows(&[("#", "1"), ("/0/name", "one")]),
    row("session show", "one").shows(&[("/login", "ada"), ("/ended", "-")]),
    row("session change", "one --reply-profile guests --wait-seconds 30")
        .shows(&[("/outcome", "done")]),
    row("session disconnect", "one --wait-seconds 30").shows(&[("/outcome", "done")]),
];

#[test]
fn words_about_applications_and_gear_do_what_they_say() {
    let office = Office::new();
    let asked = office.make("service-accounts", &json!({"name": "asked"}));
    office.demo.ldap().bound(asked["dn"].as_str().unwrap(), "wrong").who_am_i();
    let recorder = format!("service-accounts/{}/recorder", id_of(&asked));
    assert!(comes(|| office.read(&recorder)["items"][0].is_object()));
    Walk::of(&office).goes(ROWS);
}

#[test]
fn words_about_sessions_do_what_they_say() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let client = office.client("wifi", &json!({"orders": {"port": 3799}}));
    let nas = Nas::start(office.address, &client.secret);
    let orders = json!({"orders": {"port": nas.port}});
    office.act("PATCH", &format!("radius-clients/{}", client.id), Some(&orders));
    let begun = "Acct-Status-Type=Start,Acct-Session-Id=one,User-Name=ada,NAS-Identifier=ap-1";
    assert!(office.report(&client, begun).is("Accounting-Response"));
    Walk::of(&office).goes(SESSIONS);
}
