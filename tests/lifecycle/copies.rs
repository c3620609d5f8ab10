//! Copies that clients keep (RFC 4533) go on where they were after the daemon was killed.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::description::Organization;

/// Brings a copy of the people up to date; tells who was told of, and the next cookie.
fn poll(demo: &Demo, acme: &Organization, cookie: &str) -> (Vec<String>, String) {
    let copied = format!("!sync=ro/{cookie}");
    let client = demo.ldap().as_service(&acme.service_account);
    let tool = client.tool("ldapsearch");
    let asked = ["-b", &acme.base, "-E", &copied, "(objectClass=inetOrgPerson)", "uid"];
    let found = tool.args(asked).run();
    let told = found.stdout.lines().filter_map(|line| line.strip_prefix("uid: "));
    let told = told.map(ToOwned::to_owned).collect();
    let mut cookies = found.stdout.lines().filter_map(|line| line.split_once("ookie: "));
    let cookie = cookies.next_back().unwrap_or_else(|| panic!("no cookie: {found:?}")).1.to_owned();
    (told, cookie)
}

fn hire(demo: &Demo, acme: &Organization, login: &str) {
    let fields = json!({"login": login, "display_name": login, "surname": login});
    let made = demo.api_as_top().post(&format!("/v1/organizations/{}/users", acme.id), &fields);
    assert_eq!(made.status, 201, "{made:?}");
}

#[test]
fn rfc4533_a_copy_is_told_what_came_before_and_after_kill_9_and_nothing_else() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().clone();
    let (first, mut cookie) = poll(&demo, &acme, "");
    assert_eq!(first.len(), acme.users.len(), "{first:?}");
    for round in 1..=3 {
        hire(&demo, &acme, &format!("before{round}"));
        demo.daemon().kill_at_once();
        demo.start_again();
        hire(&demo, &acme, &format!("after{round}"));
        let told;
        (told, cookie) = poll(&demo, &acme, &cookie);
        assert_eq!(told, [format!("before{round}"), format!("after{round}")]);
        let (none, _) = poll(&demo, &acme, &cookie);
        assert!(none.is_empty(), "{none:?}");
    }
    demo.daemon().stop();
    demo.start_again();
    hire(&demo, &acme, "last");
    assert_eq!(poll(&demo, &acme, &cookie).0, ["last"]);
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[test]
fn a_copy_that_is_ahead_of_a_store_that_was_put_back_is_told_everything() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().clone();
    let (_, known) = poll(&demo, &acme, "");
    demo.daemon().stop();
    let (data, kept) = (demo.folder().join("demo"), demo.folder().join("kept"));
    copy(&data, &kept);
    demo.start_again();
    hire(&demo, &acme, "lost");
    let (told, ahead) = poll(&demo, &acme, &known);
    assert_eq!(told, ["lost"]);
    demo.daemon().stop();
    std::fs::remove_dir_all(&data).unwrap();
    copy(&kept, &data);
    demo.start_again();
    for number in 1..=5 {
        hire(&demo, &acme, &format!("new{number}"));
    }
    let (told, _) = poll(&demo, &acme, &ahead);
    assert_eq!(told.len(), acme.users.len() + 5, "{told:?}");
    assert_eq!(poll(&demo, &acme, &known).0.len(), 5, "what both have is known");
}
