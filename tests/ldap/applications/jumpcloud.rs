//! Gear that was set up for JumpCloud: one container, and a service account among the people.

use serde_json::json;

use crate::harness::office::Office;

struct Moved {
    office: Office,
    base: String,
    password: String,
}

/// An organization that answers at the base that its applications know.
fn moved() -> Moved {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.group("staff", &[&ada], &[]);
    let base = format!("o=5f-{},dc=jumpcloud,dc=com", office.slug);
    office.alias(&base, "jumpcloud");
    let account = office.make("service-accounts", &json!({"name": "ldapservice"}));
    let password = account["password"].as_str().unwrap().to_owned();
    Moved { office, base, password }
}

#[test]
fn the_service_account_stands_among_the_people_and_names_are_those_of_the_base() {
    let Moved { office, base, password } = moved();
    let users = format!("ou=Users,{base}");
    let service = format!("uid=ldapservice,{users}");
    let client = office.demo.ldap().bound(&service, &password);
    assert_eq!(client.who_am_i().stdout.trim(), format!("dn:{service}"));
    let filter = "(&(objectClass=inetOrgPerson)(uid=ada))";
    let found = client.search(&users, "sub", filter, &["uid", "memberOf"]);
    assert_eq!(found.only().dn, format!("uid=ada,{users}"));
    assert_eq!(found.only().values("memberOf"), [format!("cn=staff,{users}")]);
    let group =
        client.search(&users, "one", "(&(objectClass=groupOfNames)(cn=staff))", &["member"]);
    assert_eq!(group.only().dn, format!("cn=staff,{users}"));
    assert_eq!(group.only().values("member"), [format!("uid=ada,{users}")]);
    let member_of = format!("(memberOf=cn=staff,{users})");
    assert_eq!(
        client.search(&base, "sub", &member_of, &["1.1"]).names(),
        [format!("uid=ada,{users}")]
    );
    let class = client.search(&base, "sub", "(objectClass=jumpcloudUser)", &["1.1"]);
    assert_eq!(class.names(), [format!("uid=ada,{users}")]);
    // RFC 4512 section 2.3: what the base is named by, it has.
    let named = format!("5f-{}", office.slug);
    let found = client.search(&base, "sub", &format!("(o={named})"), &["o"]);
    assert_eq!((found.only().dn.as_str(), found.only().values("o").len()), (base.as_str(), 2));
}

#[test]
fn the_profile_shows_the_own_base_so_and_to_its_application_alone() {
    let office = Office::new();
    let ada = office.user("ada", "a long word of hers");
    office.group("staff", &[&ada], &[]);
    let (_, _, client) = office.profiled("jumpcloud");
    let users = format!("ou=Users,{}", office.base);
    let user = office.find(&client, "(&(objectClass=jumpcloudUser)(uid=ada))", &["*"]);
    assert_eq!(user.only().dn, format!("uid=ada,{users}"));
    assert_eq!(user.only().values("memberOf"), [format!("cn=staff,{users}")], "unasked");
    let group = office.find(&client, "(&(objectClass=groupOfNames)(cn=staff))", &["member"]);
    assert_eq!(group.only().dn, format!("cn=staff,{users}"));
    assert_eq!(group.only().values("member"), [format!("uid=ada,{users}")]);
    let itself = office.find(&client, "(&(objectClass=account)(uid=jumpcloud))", &["1.1"]);
    assert_eq!(itself.only().dn, format!("uid=jumpcloud,{users}"));
    let other = office.ldap();
    assert_eq!(office.find(&other, "(uid=ada)", &["1.1"]).only().dn, office.user_dn("ada"));
    assert!(office.find(&other, "(objectClass=jumpcloudUser)", &["1.1"]).names().is_empty());
}

#[test]
fn a_group_is_found_by_the_names_of_every_base_of_its_organization_alone() {
    let Moved { office, base, password } = moved();
    let client = office.demo.ldap().bound(&format!("uid=ldapservice,ou=Users,{base}"), &password);
    let groups =
        [format!("cn=staff,ou=Users,{base}"), format!("cn=staff,ou=groups,{}", office.base)];
    let people = [format!("uid=ada,ou=Users,{base}"), office.user_dn("ada")];
    for (searched, at) in [(&base, 0), (&office.base, 1)] {
        for name in &groups {
            let found = client.search(searched, "sub", &format!("(memberOf={name})"), &["1.1"]);
            assert_eq!(found.names(), [people[at].as_str()], "{name} at {searched}");
        }
        for name in &people {
            let found = client.search(searched, "sub", &format!("(member={name})"), &["1.1"]);
            assert_eq!(found.names(), [groups[at].as_str()], "{name} at {searched}");
        }
    }
    let other = moved();
    let filter = format!("(memberOf=cn=staff,ou=Users,{})", other.base);
    assert_eq!(client.search(&base, "sub", &filter, &["1.1"]).names(), [""; 0]);
}

#[test]
fn people_bind_by_the_alias_and_by_the_own_base_and_read_themselves_there() {
    let Moved { office, base, .. } = moved();
    for dn in [format!("uid=ada,ou=Users,{base}"), office.user_dn("ada")] {
        let ada = office.demo.ldap().bound(&dn, "a long word of hers");
        assert_eq!(ada.who_am_i().stdout.trim(), format!("dn:{dn}"));
        let oneself = ada.search(&dn, "base", "(objectClass=*)", &["uid"]);
        assert_eq!(oneself.only().dn, dn);
        let wrong = office.demo.ldap().bound(&dn, "wrong").who_am_i();
        assert_eq!(wrong.code, 49, "{wrong:?}");
    }
    let root = office.demo.ldap().bound(&format!("uid=ada,ou=Users,{base}"), "a long word of hers");
    let root = root.search("", "base", "(objectClass=*)", &["namingContexts"]);
    assert_eq!(root.only().values("namingContexts"), [office.base.as_str(), base.as_str()]);
}

#[test]
fn the_same_entries_stand_under_both_bases_and_the_ids_are_the_same() {
    let Moved { office, base, password } = moved();
    let client = office.demo.ldap().bound(&format!("uid=ldapservice,ou=users,{base}"), &password);
    let id = |base: &str| {
        let found = client.search(base, "sub", "(uid=ada)", &["entryUUID"]);
        found.only().value("entryUUID").to_owned()
    };
    assert_eq!(id(&base), id(&office.base));
    let own = client.search(&office.base, "sub", "(uid=ada)", &["1.1"]);
    assert_eq!(own.only().dn, office.user_dn("ada"));
}

#[test]
fn no_user_and_service_account_share_a_name_where_they_would_share_a_dn() {
    let Moved { office, .. } = moved();
    let user = json!({"login": "LdapService", "display_name": "x", "surname": "x"});
    let taken = office.top.send("POST", &office.path("users"), Some(&user));
    assert_eq!(taken.status, 409, "{taken:?}");
    let account = json!({"name": "ada"});
    let taken = office.top.send("POST", &office.path("service-accounts"), Some(&account));
    assert_eq!(taken.status, 409, "{taken:?}");
    let apart = Office::new();
    apart.user("twin", "a long word of theirs");
    apart.make("service-accounts", &json!({"name": "twin"}));
    let refused =
        apart.top.send("PATCH", &apart.path("presentation"), Some(&json!({"layout": "jumpcloud"})));
    assert_eq!(refused.status, 422, "{refused:?}");
    let profile = json!({"name": "x", "profile": "jumpcloud"});
    let refused = apart.top.send("POST", &apart.path("service-accounts"), Some(&profile));
    assert_eq!(refused.status, 422, "{refused:?}");
}

#[test]
fn an_alias_base_is_nobody_elses_and_under_no_other() {
    let Moved { office, base, .. } = moved();
    let other = Office::new();
    let put = |office: &Office, base: &str| {
        let aliases = json!({"aliases": [{"base": base, "layout": "rfc2307bis"}]});
        office.top.send("PUT", &office.path("aliases"), Some(&aliases)).status
    };
    for taken in [base.clone(), format!("ou=x,{base}"), "dc=jumpcloud,dc=com".into(), office.base] {
        assert_eq!(put(&other, &taken), 409, "{taken}");
    }
    for own in [other.base.clone(), format!("ou=x,{}", other.base)] {
        assert_eq!(put(&other, &own), 422, "{own}");
    }
    assert_eq!(put(&other, "cn=a\\,b"), 422);
    let stranger = other.ldap();
    let found = stranger.search(&base, "sub", "(objectClass=*)", &[]);
    assert_eq!((found.code, found.entries.len()), (32, 0));
}
