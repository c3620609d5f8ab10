//! The end of a deleted organization.

use std::time::Duration;

use crate::harness::demo::Demo;
use crate::harness::https::Https;
use crate::harness::pause;
use crate::harness::server::{Server, Site};

/// A deleted organization is kept for three seconds, and the house is kept at each start.
const SETTING: &str = "deleted_organizations_kept = \"3s\"";

#[test]
fn a_deleted_organization_can_be_restored_for_as_long_as_is_set_and_is_then_destroyed() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let token = demo.admin_api.tokens.administrator_with_billing.clone();
    let site = Site::of_demo(demo.folder()).unwrap().set("admin_api", SETTING);
    let top = |server: &Server| Https::at(&server.admin_api, &server.ca_file, Some(&token));
    let (acme, globex) = (demo.acme(), demo.globex());
    let place = format!("/v1/organizations/{}", acme.id);
    let restore =
        |server: &Server| top(server).send("POST", &format!("{place}/restore"), None).status;
    let delete = |server: &Server| {
        let name = top(server).get(&place).json()["name"].as_str().unwrap().replace(' ', "%20");
        let path = format!("{place}?confirmation={name}");
        assert_eq!(top(server).send("DELETE", &path, None).status, 204);
    };
    let mut server = site.serve();
    delete(&server);
    assert_eq!(restore(&server), 200, "at once");
    delete(&server);
    pause(Duration::from_millis(3_200));
    assert_eq!(restore(&server), 409, "too late");
    server.daemon.stop();
    let server = site.serve();
    // The house is kept while the doors open.
    let is_gone = (0..100).any(|_| {
        pause(Duration::from_millis(50));
        restore(&server) == 404
    });
    assert!(is_gone, "it is destroyed at the next start");
    let user = &globex.users[0];
    let bound = server.ldaps().bound(&user.dn, &user.password).who_am_i();
    assert_eq!(bound.code, 0, "others go on: {bound:?}");
    let fields = serde_json::json!({"slug": "acme", "name": "Another", "base": acme.base});
    let made = top(&server).send("POST", "/v1/organizations", Some(&fields));
    assert_eq!(made.status, 201, "its names are free: {made:?}");
}
