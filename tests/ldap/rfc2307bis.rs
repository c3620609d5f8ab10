//! RFC 2307bis: groups by the names of their members, nested ones included.

use crate::harness::demo::Demo;

#[test]
fn member_of_names_every_group_that_one_is_in_by_way_of_nested_groups_as_well() {
    let demo = Demo::shared();
    for organization in &demo.organizations {
        let client = demo.ldap().as_service(&organization.service_account);
        for user in &organization.users {
            let found = client.search(&user.dn, "base", "(objectClass=*)", &["memberOf"]);
            let mut expected: Vec<String> =
                user.groups.iter().map(|group| organization.group_dn(group)).collect();
            expected.sort();
            assert_eq!(found.only().values("memberOf"), expected, "{}", user.dn);
        }
    }
}

#[test]
fn a_filter_on_member_of_finds_exactly_those_whose_entries_say_so() {
    let demo = Demo::shared();
    for organization in &demo.organizations {
        let client = demo.ldap().as_service(&organization.service_account);
        let all = organization.users.iter().flat_map(|user| &user.groups);
        for group in all {
            let filter =
                format!("(&(objectClass=person)(memberOf={}))", organization.group_dn(group));
            let is_in = |user: &&crate::harness::description::User| user.groups.contains(group);
            let mut expected: Vec<&str> =
                organization.users.iter().filter(is_in).map(|user| user.dn.as_str()).collect();
            expected.sort_unstable();
            let found = client.search(&organization.base, "sub", &filter, &["1.1"]);
            assert_eq!(found.names(), expected, "{filter}");
        }
    }
}

#[test]
fn names_of_groups_are_matched_as_names() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let filter = "(&(objectClass=person)(memberOf=CN=Engineers, OU=Groups,dc=ACME,dc=example))";
    let expected = [acme.user_dn("ada"), acme.user_dn("grace")];
    assert_eq!(client.search(&acme.base, "sub", filter, &["1.1"]).names(), expected);
}

#[test]
fn being_in_no_group_can_be_asked_for() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let people = acme.container("people");
    assert_eq!(client.search(&people, "one", "(memberOf=*)", &["1.1"]).names().len(), 3);
    assert!(client.search(&people, "one", "(!(memberOf=*))", &["1.1"]).names().is_empty());
    let nobody = format!("(memberOf={})", acme.group_dn("nobody"));
    assert!(client.search(&people, "one", &nobody, &["1.1"]).names().is_empty());
    let elsewhere = format!("(memberOf={})", demo.globex().group_dn("staff"));
    assert!(client.search(&people, "one", &elsewhere, &["1.1"]).names().is_empty());
}

#[test]
fn a_filter_on_member_finds_the_groups_of_somebody_as_jenkins_and_gitlab_ask() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let (engineers, staff) = (acme.group_dn("engineers"), acme.group_dn("staff"));
    let groups_of = |member: &str| {
        let filter = format!("(&(objectClass=groupOfNames)(member={member}))");
        let found = client.search(&acme.base, "sub", &filter, &["1.1"]);
        found.names().iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()
    };
    assert!(groups_of(&acme.user("ada").dn).contains(&engineers));
    assert_eq!(groups_of(&acme.user("linus").dn), [staff.as_str()]);
    assert!(groups_of(&engineers).contains(&staff));
    assert!(groups_of(&acme.user_dn("nobody")).is_empty());
    assert!(groups_of(&demo.globex().user("ada").dn).is_empty());
}

#[test]
fn a_groups_entry_and_the_filter_on_member_agree() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let client = demo.ldap().as_service(&acme.service_account);
    let groups = client.search(&acme.container("groups"), "one", "(cn=*)", &["cn", "member"]);
    assert_eq!(groups.names().len(), 2);
    for group in &groups.entries {
        for member in group.values("member") {
            let filter = format!("(&(cn={})(member={member}))", group.value("cn"));
            let found = client.search(&acme.base, "sub", &filter, &["1.1"]);
            assert_eq!(found.names(), [group.dn.as_str()], "{filter}");
        }
    }
}
