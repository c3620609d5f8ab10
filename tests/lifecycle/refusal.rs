//! What the daemon refuses to start with.

use std::path::PathBuf;

use crate::harness::demo::Demo;
use crate::harness::server::Site;

/// A wrong configuration (`EX_CONFIG`).
const CONFIGURATION: i32 = 78;
/// Something that is needed is not available (`EX_UNAVAILABLE`).
const UNAVAILABLE: i32 = 69;

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_key() {
    let Some(site) = Site::new() else { return };
    let refused = site.set("ldap", "sise_limit = 5").try_serve().unwrap_err();
    assert_eq!(refused.code, Some(CONFIGURATION), "{refused:?}");
    let line = refused.log.lines().find(|line| line.contains("sise_limit")).unwrap();
    assert!(line.contains("tenantry.toml:"), "{line}");
    assert!(line.contains("size_limit"), "{line}");
}

#[test]
fn a_value_out_of_range_is_refused_with_its_line() {
    let Some(site) = Site::new() else { return };
    let refused = site.set("ldap", "size_limit = 0").try_serve().unwrap_err();
    assert_eq!(refused.code, Some(CONFIGURATION), "{refused:?}");
    assert!(refused.log.contains("tenantry.toml:"), "{refused:?}");
}

#[test]
fn a_second_daemon_on_the_same_store_is_refused_and_harms_nobody() {
    let Some(site) = Site::new() else { return };
    let mut server = site.serve();
    let refused = site.try_serve().unwrap_err();
    assert_eq!(refused.code, Some(UNAVAILABLE), "{refused:?}");
    assert!(refused.log.contains("in use by"), "{refused:?}");
    assert_eq!(server.ldaps().who_am_i().code, 0);
    server.daemon.stop();
    let mut again = site.serve();
    again.daemon.stop();
}

#[test]
fn a_check_of_a_store_that_is_in_use_is_refused() {
    let Some(demo) = Demo::own() else { return };
    let Some(site) = Site::of_demo(demo.folder()) else { return };
    let said = site.command(&["check"], "");
    assert_eq!(said.code, UNAVAILABLE, "{said:?}");
}

#[test]
fn a_store_without_its_master_key_is_refused() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let Some(site) = Site::of_demo(demo.folder()) else { return };
    std::fs::write(demo.folder().join("demo/master-key"), "00".repeat(32)).unwrap();
    let refused = site.try_serve().unwrap_err();
    assert!(refused.log.contains("master key"), "{refused:?}");
    assert_ne!(refused.code, Some(0));
}

#[test]
fn no_secret_stands_in_the_store_or_the_log_in_clear() {
    let Some(mut demo) = Demo::own() else { return };
    let ada = demo.acme().user("ada").clone();
    let gear = demo.acme().gear().clone();
    assert_eq!(demo.ldap().as_user(&ada).who_am_i().code, 0);
    assert_eq!(demo.ldap().bound(&ada.dn, "a wrong passphrase").who_am_i().code, 49);
    assert!(demo.gear(&gear).login("ada", &ada.password).is("Access-Accept"));
    let token = demo.admin_api.tokens.administrator_with_billing.clone();
    assert_eq!(demo.api(&token).get("/v1/organizations").status, 200);
    demo.daemon().stop();
    let log = demo.daemon().log();
    let secrets = [&ada.password, &gear.secret, &token, &demo.acme().service_account.password]
        .map(Clone::clone);
    let found = files_with(&secrets, demo.folder().join("demo/data"));
    assert!(found.is_empty(), "a secret stands in {found:?}");
    assert!(!secrets.iter().any(|secret| log.contains(secret.as_str())));
    assert!(!log.contains("a wrong passphrase"));
}

/// The files of a folder in which one of these secrets stands as it is.
pub(super) fn files_with(secrets: &[String], folder: PathBuf) -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![folder]);
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let octets = std::fs::read(&path).unwrap();
        let stands = |secret: &String| {
            octets.windows(secret.len()).any(|window| window == secret.as_bytes())
        };
        if secrets.iter().any(stands) {
            found.push(path);
        }
    }
    found
}
