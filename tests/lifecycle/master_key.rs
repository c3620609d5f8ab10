//! Another master key, by a command while the daemon does not run.

use std::fs;
use std::path::PathBuf;

use super::crash::is_sound;
use crate::harness::client::{Client, Output};
use crate::harness::demo::Demo;
use crate::harness::environment;
use crate::harness::radius::Gear;
use crate::harness::server::Site;

/// Wrong usage (`EX_USAGE`).
const USAGE: i32 = 64;
/// Something that is needed is not available (`EX_UNAVAILABLE`).
const UNAVAILABLE: i32 = 69;
/// A wrong configuration (`EX_CONFIG`).
const CONFIGURATION: i32 = 78;
const ROTATE: [&str; 2] = ["master-key", "rotate"];

/// A demonstration, and what serves its data once it has ended.
struct Place {
    demo: Demo,
    site: Site,
}

impl Place {
    fn new() -> Option<Self> {
        let demo = Demo::own()?;
        let site = Site::of_demo(demo.folder())?;
        Some(Self { demo, site })
    }

    /// The file of the master key, or one beside it.
    fn file(&self, ending: &str) -> PathBuf {
        self.demo.folder().join(format!("demo/master-key{ending}"))
    }

    fn text(&self, ending: &str) -> String {
        fs::read_to_string(self.file(ending)).unwrap()
    }

    /// Starts the daemon, has somebody let in over LDAP and RADIUS, and ends it; tells its log.
    fn serves(&self) -> String {
        let mut server = self.site.serve();
        let acme = self.demo.acme();
        let ada = acme.user("ada");
        let bound = server.ldaps().as_user(ada).who_am_i();
        assert_eq!(bound.code, 0, "{bound:?}");
        let gear = Gear::new(&server.radius_auth, &acme.gear().secret);
        let reply = gear.login("ada", &ada.password);
        assert!(reply.is("Access-Accept"), "{reply:?}");
        server.daemon.stop();
        server.daemon.log()
    }
}

#[test]
fn after_a_rotation_everybody_is_let_in_as_before_and_the_old_key_opens_nothing() {
    let Some(mut place) = Place::new() else { return };
    let first = place.text("");
    let in_use = place.site.command(&ROTATE, "");
    assert_eq!(in_use.code, UNAVAILABLE, "the daemon runs: {in_use:?}");
    assert!(place.text("") == first && !place.file(".next").exists());
    place.demo.daemon().stop();
    let rotated = place.site.command(&ROTATE, "");
    assert_eq!(rotated.code, 0, "{rotated:?}");
    assert!(rotated.stdout.contains("master-key.former"), "{rotated:?}");
    let second = place.text("");
    assert!(second != first && place.text(".former") == first && !place.file(".next").exists());
    for key in [&first, &second] {
        assert!(!format!("{rotated:?}").contains(key.trim()), "a key was shown: {rotated:?}");
    }
    place.serves();
    fs::write(place.file(""), &first).unwrap();
    let refused = place.site.try_serve().unwrap_err();
    assert_eq!(refused.code, Some(CONFIGURATION), "{refused:?}");
    assert!(refused.log.contains("another master key"), "{refused:?}");
    fs::write(place.file(""), &second).unwrap();
    let mut server = place.site.serve();
    let top = server.api().key(&place.demo.admin_api.tokens.administrator_with_billing);
    let told = top.get("/v1/events?actor=operator").json();
    assert_eq!(told["items"][0]["action"], "secret_rotated", "{told}");
    server.daemon.stop();
    is_sound(&place.demo);
}

#[test]
fn a_rotation_that_a_loss_of_power_broke_off_is_ended_by_the_next_start() {
    let Some(mut place) = Place::new() else { return };
    place.demo.daemon().stop();
    let first = place.text("");
    // Both keys are written down, and the store is sealed with the one in its place.
    for ending in [".former", ".next"] {
        fs::copy(place.file(""), place.file(ending)).unwrap();
    }
    fs::write(place.file(".next"), "5a".repeat(32)).unwrap();
    place.serves();
    assert!(place.text("") == first && place.file(".next").exists());
    let refused = place.site.command(&ROTATE, "");
    assert_eq!(refused.code, CONFIGURATION, "a copy may take what was left: {refused:?}");
    assert!(refused.stderr.contains("master-key.next"), "{refused:?}");
    fs::rename(place.file(".next"), place.file(".elsewhere")).unwrap();
    let rotated = place.site.command(&ROTATE, "");
    assert_eq!(rotated.code, 0, "{rotated:?}");
    let second = place.text("");
    // The store is sealed with the key that has not taken the place of the other.
    fs::rename(place.file(""), place.file(".next")).unwrap();
    fs::copy(place.file(".former"), place.file("")).unwrap();
    let log = place.serves();
    assert!(log.contains("a rotation that was broken off"), "{log}");
    assert!(place.text("") == second && !place.file(".next").exists());
    assert_eq!(place.text(".former"), first);
    assert!(!place.serves().contains("broken off"), "it was ended once");
    // Somebody copies a key into its place and leaves it where it was.
    fs::copy(place.file(""), place.file(".next")).unwrap();
    let log = place.serves();
    assert!(!log.contains("broken off") && place.text(".next") == second, "{log}");
}

#[test]
fn nobody_makes_a_key_for_a_store_whose_own_is_gone() {
    let Some(mut place) = Place::new() else { return };
    place.demo.daemon().stop();
    fs::rename(place.file(""), place.file(".elsewhere")).unwrap();
    let told = format!("there is no master key in {}", place.file("").display());
    let refused = place.site.try_serve().unwrap_err();
    assert_eq!(refused.code, Some(CONFIGURATION), "{refused:?}");
    assert!(refused.log.contains(&told), "{refused:?}");
    for words in [&["check"][..], &ROTATE, &["admin", "recover", "--login", "top"]] {
        let refused = place.site.command(words, "another horse battery staple\n");
        assert_eq!(refused.code, CONFIGURATION, "{words:?}: {refused:?}");
        assert!(refused.stderr.contains(&told), "{words:?}: {refused:?}");
    }
    assert!(!place.file("").exists() && !place.file(".next").exists());
    fs::rename(place.file(".elsewhere"), place.file("")).unwrap();
    place.serves();
}

#[test]
fn a_key_of_systemd_is_replaced_by_another_one_that_the_operator_puts_into_its_place() {
    let Some(mut place) = Place::new() else { return };
    place.demo.daemon().stop();
    let (folder, config) = (place.site.path("credentials"), place.site.path("credentials.toml"));
    let (data, new) = (place.demo.folder().join("demo/data"), "5a".repeat(32));
    fs::create_dir(&folder).unwrap();
    fs::copy(place.file(""), folder.join("master-key")).unwrap();
    fs::write(folder.join("new"), &new).unwrap();
    let text = format!(
        "[data]\ndirectory = {data:?}\nmaster_key = \"credential:master-key\"\n\
         [ldap]\nlisten_tls = []\n[admin_api]\nlisten = []\n[privileges]\nstay_root = true\n"
    );
    fs::write(&config, text).unwrap();
    let run = |words: &[&str]| -> Output {
        let client = Client::new(environment::tenantryd().to_str().unwrap(), "none");
        let client = client.args(words).arg("--config").arg(&config);
        client.env("CREDENTIALS_DIRECTORY", &folder).run()
    };
    let untold = run(&ROTATE);
    assert!(untold.code == USAGE && untold.stderr.contains("--new-key"), "{untold:?}");
    let rotate = ["master-key", "rotate", "--new-key", "credential:new"];
    for _once_and_again in 0..2 {
        let rotated = run(&rotate);
        assert_eq!(rotated.code, 0, "{rotated:?}");
        assert!(rotated.stdout.contains("have systemd load it as `master-key`"), "{rotated:?}");
    }
    assert_eq!(run(&["check"]).code, CONFIGURATION, "the old key is still in its place");
    fs::rename(folder.join("new"), folder.join("master-key")).unwrap();
    assert_eq!(run(&["check"]).code, 0);
    fs::write(place.file(""), &new).unwrap();
    place.serves();
}
