//! RFC 2247: a domain as a name in the directory.

use serde_json::json;

use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};
use crate::harness::tenantry::Tenantry;

const PASSWORD: &str = "correct horse battery";
const ALL: &str = "(objectClass=*)";

/// A client that is bound as ada of an organization with this base.
fn ada(office: &Office, base: &str) -> Ldap {
    office.demo.ldap().bound(&format!("uid=ada,ou=people,{base}"), PASSWORD)
}

#[test]
fn section_2_a_domain_gives_the_base_under_which_everything_stands() {
    let office = Office::new();
    let fields = json!({
        "slug": format!("d-{}", office.slug),
        "name": "Müller",
        "domain": format!("{}.Müller.Example", office.slug),
    });
    let made = office.top.send("POST", "/v1/organizations", Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let base = format!("dc={},dc=xn--mller-kva,dc=example", office.slug);
    assert_eq!(made["base"], json!(base));
    assert_eq!(made["domain"], json!(format!("{}.xn--mller-kva.example", office.slug)));
    let ada_fields =
        json!({"login": "ada", "display_name": "Ada", "surname": "L", "password": PASSWORD});
    let users = format!("/v1/organizations/{}/users", id_of(&made));
    assert_eq!(office.top.send("POST", &users, Some(&ada_fields)).status, 201);

    let client = ada(&office, &base);
    let root = client.search("", "base", ALL, &["namingContexts"]);
    assert_eq!(root.only().values("namingContexts"), [base.as_str()]);
    let entry = client.search(&base, "base", ALL, &["objectClass", "dc"]);
    assert_eq!(entry.only().dn, base);
    assert_eq!(entry.only().values("dc"), [office.slug.as_str()]);
    let found = client.search(&base, "sub", "(uid=ada)", &["uid"]);
    assert_eq!(found.only().dn, format!("uid=ada,ou=people,{base}"));
}

#[test]
fn a_base_that_is_given_counts_and_the_domain_moves_none() {
    let office = Office::new();
    let tenantry =
        Tenantry::with_key(&office.demo, &office.demo.admin_api.tokens.administrator_with_billing);
    let (slug, base) = (format!("d-{}", office.slug), format!("o=d-{}", office.slug));
    let domain = format!("{slug}.example");
    let made = tenantry
        .shows(&format!("org create --slug {slug} --name X --base {base} --domain {domain}"));
    assert_eq!((&made["base"], &made["domain"]), (&json!(base), &json!(domain)));
    let user = "user create --login ada --display-name Ada --surname L --password";
    let typed = tenantry.clone().within(&slug).hear(user, &format!("{PASSWORD}\n"));
    assert_eq!(typed.code, 0, "{typed:?}");
    let by = |domain: &str| office.demo.ldap().bound(&format!("ada@{domain}"), PASSWORD).who_am_i();
    let known = by(&domain.to_uppercase());
    assert!(known.code == 0 && known.stdout.contains("=ada,"), "{known:?}");
    let changed = tenantry.shows(&format!("org update {slug} --domain other.{domain}"));
    assert_eq!(changed["domain"], json!(format!("other.{domain}")));
    assert_eq!(changed["base"], json!(base));
    assert_eq!((by(&domain).code, by(&format!("other.{domain}")).code), (49, 0));
    let cleared = tenantry.shows(&format!("org update {slug} --clear domain"));
    assert_eq!((&cleared["base"], &cleared["domain"]), (&json!(base), &json!(null)));
    assert_eq!(by(&format!("other.{domain}")).code, 49);
    let root = ada(&office, &base).search("", "base", ALL, &["namingContexts"]);
    assert_eq!(root.only().values("namingContexts"), [base.as_str()]);
}

#[test]
fn what_is_no_domain_and_what_another_goes_by_is_refused() {
    let office = Office::new();
    let create = |fields: &[(&str, String)]| {
        let mut all = json!({"slug": format!("d-{}", office.slug), "name": "X"});
        for (name, value) in fields {
            all[*name] = json!(value);
        }
        office.top.send("POST", "/v1/organizations", Some(&all))
    };
    let refused = |fields: &[(&str, String)], status: u16, pointer: &str| {
        let response = create(fields);
        assert_eq!(response.status, status, "{response:?}");
        assert_eq!(response.json()["pointer"], pointer, "{response:?}");
    };
    let many = ["a"; 20].join(".");
    for text in ["", "example", "a..b", "x.example.", "192.0.2.1", "a b.example", "*.x", &many] {
        refused(&[("domain", text.to_owned())], 422, "/domain");
    }
    refused(&[], 422, "/base");
    // The office's own base is what this domain gives.
    let (own, spelled) = (format!("{}.example", office.slug), office.slug.to_uppercase());
    refused(&[("domain", own.clone())], 409, "/domain");
    let place = format!("/v1/organizations/{}", office.id);
    let claimed = office.top.send("PATCH", &place, Some(&json!({"domain": own})));
    assert_eq!(claimed.status, 200, "{claimed:?}");
    let elsewhere = ("base", format!("o=d-{}", office.slug));
    refused(&[("domain", format!("{spelled}.example")), elsewhere], 409, "/domain");
}
