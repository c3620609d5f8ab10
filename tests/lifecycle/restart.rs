//! What was acknowledged is there after a restart.

use serde_json::json;

use crate::harness::demo::Demo;

#[test]
fn a_restart_keeps_what_was_changed_and_everybodys_passwords_and_keys() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().clone();
    let path = format!("/v1/organizations/{}/users", acme.id);
    let eve = json!({"login": "eve", "display_name": "Eve Moneypenny", "surname": "Moneypenny",
                     "password": "correct horse battery"});
    let made = demo.api_as_top().post(&path, &eve);
    assert_eq!(made.status, 201, "{made:?}");
    demo.daemon().stop();
    demo.start_again();
    let who = demo.ldap().bound(&acme.user_dn("eve"), "correct horse battery").who_am_i();
    assert_eq!(who.stdout.trim(), format!("dn:{}", acme.user_dn("eve")), "{who:?}");
    for user in &acme.users {
        assert_eq!(demo.ldap().as_user(user).who_am_i().code, 0, "{}", user.dn);
        assert!(demo.gear(acme.gear()).login(&user.login, &user.password).is("Access-Accept"));
    }
    let service = demo.ldap().as_service(&acme.service_account);
    let found = service.search(&acme.base, "sub", "(sn=moneypenny)", &["entryUUID"]);
    assert!(made.body.contains(found.only().value("entryUUID")), "{made:?}");
    assert_eq!(demo.api_as_top().get(&path).status, 200);
}

#[test]
fn a_list_goes_on_behind_a_restart_where_it_was() {
    let Some(mut demo) = Demo::own() else { return };
    let path = format!("/v1/organizations/{}/users", demo.acme().id);
    let page = |demo: &Demo, query: &str| {
        let page = demo.api_as_top().get(&format!("{path}?{query}"));
        assert_eq!(page.status, 200, "{page:?}");
        page.json()
    };
    let logins = |page: &serde_json::Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["login"].as_str().unwrap().to_owned()).collect()
    };
    let all = logins(&page(&demo, "sort=-login"));
    let first = page(&demo, "sort=-login&limit=1");
    let cursor = first["next"].as_str().unwrap().to_owned();
    demo.daemon().stop();
    demo.start_again();
    let rest = page(&demo, &format!("sort=-login&limit=200&cursor={cursor}"));
    assert_eq!([logins(&first), logins(&rest)].concat(), all);
    let other = demo.api_as_top().get(&format!("{path}?sort=login&limit=1&cursor={cursor}"));
    assert_eq!((other.status, other.json()["pointer"].as_str()), (422, Some("/cursor")));
}
