//! What ends at its time, as the settings say. Such times are long: so a daemon is started anew, and its
//! clock is ahead by them, as that of a machine which was switched off for so long.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::admin::Admin;
use crate::harness::curl::{Api, Response};
use crate::harness::https::Https;
use crate::harness::office::{Office, id_of};
use crate::harness::pause;
use crate::harness::python::python;
use crate::harness::radius::Gear;
use crate::harness::receiver::comes;
use crate::harness::server::{Server, Site};
use crate::harness::totp;

/// Verifies exports with nothing of ours.
const VERIFIER: &str = include_str!("../../docs/verify-events.py");
const PASSWORD: &str = "correct horse battery";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Serves what an organization's demonstration has left behind, with settings of one section and a
/// clock that is ahead.
pub(super) fn served(
    office: &mut Office,
    (section, settings): (&'static str, &[&str]),
    ahead: Duration,
) -> (Site, Server) {
    let site = Site::of_demo(office.demo.folder()).unwrap().ahead(ahead);
    let site = settings.iter().fold(site, |site, line| site.set(section, *line));
    let server = site.serve();
    office.asks(&server);
    (site, server)
}

/// The names of sessions on the network.
fn names(office: &Office, query: &str) -> Vec<String> {
    let list = office.read(&format!("sessions{query}"));
    let items = list["items"].as_array().unwrap().iter();
    items.map(|session| session["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn sessions_end_after_the_silence_that_is_set_and_are_then_kept_for_as_long_as_is_set() {
    let Some(mut office) = Office::alone() else { return };
    let gate = office.client("gate", &json!({}));
    for name in ["quiet", "regular"] {
        let begun = format!("Acct-Status-Type=Start,Acct-Session-Id={name},User-Name=ada");
        assert!(office.report(&gate, &begun).is("Accounting-Response"));
    }
    office.stop();

    // Gear that tells of one of them every four minutes.
    let (_site, mut server) = served(&mut office, ("radius", &[]), 4 * MINUTE);
    let going = format!(
        "Acct-Status-Type=Interim-Update,Acct-Session-Id=regular,User-Name=ada,\
         Packet-Src-IP-Address={}",
        office.address
    );
    let told = Gear::new(&server.radius_acct, &gate.secret).ask("acct", &going);
    assert!(told.is("Accounting-Response"), "{told:?}");
    server.daemon.stop();

    let intervals = ("radius", &["session_intervals = 2"][..]);
    let (_site, mut server) = served(&mut office, intervals, 16 * MINUTE);
    let open = |office: &Office| names(office, "?open=true");
    assert!(comes(|| open(&office) == ["quiet"]), "{:?}", open(&office));
    server.daemon.stop();

    let silence = ("radius", &["session_silence = \"10m\""][..]);
    let (_site, mut server) = served(&mut office, silence, 17 * MINUTE);
    assert!(comes(|| open(&office).is_empty()), "{:?}", open(&office));
    let ended = office.read("sessions");
    assert_eq!(names(&office, ""), ["quiet", "regular"]);
    assert_eq!(ended["items"][0]["ending"], "silent", "{ended}");
    server.daemon.stop();

    let retention = ("radius", &["session_retention = \"1d\""][..]);
    let (_site, mut server) = served(&mut office, retention, 2 * DAY);
    assert!(comes(|| names(&office, "").is_empty()), "{:?}", names(&office, ""));
    server.daemon.stop();
}

/// What an admin's session is answered when it is used.
fn status(server: &Server, admin: &Admin) -> u16 {
    let token = Some(admin.session.token());
    Https::at(&server.admin_api, &server.ca_file, token).get("/v1/me").status
}

#[test]
fn sessions_of_admins_last_no_longer_than_is_set_used_or_not() {
    let Some(mut office) = Office::alone() else { return };
    let (used, unused) = (office.admin("manager"), office.admin("manager"));
    office.stop();
    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 6 * MINUTE);
    assert_eq!(status(&server, &used), 200);
    server.daemon.stop();

    let idle = ("admin_api", &["session_idle = \"5m\""][..]);
    let (_site, mut server) = served(&mut office, idle, 6 * MINUTE);
    assert_eq!((status(&server, &used), status(&server, &unused)), (200, 401));
    server.daemon.stop();

    let lifetime = ("admin_api", &["session_lifetime = \"5m\""][..]);
    let (_site, mut server) = served(&mut office, lifetime, 6 * MINUTE);
    assert_eq!(status(&server, &used), 401);
    server.daemon.stop();
}

#[test]
fn sessions_of_an_organizations_own_admins_end_when_it_says() {
    let Some(mut office) = Office::alone() else { return };
    let (used, unused) = (office.admin("manager"), office.admin("manager"));
    let ours = office.provider_admin("manager", &json!("all"));
    // An hour, half of it unused.
    office.set(&json!({"admin_sessions": {"lifetime": 3_600_000, "idle": 1_800_000}}));
    office.stop();
    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 20 * MINUTE);
    assert_eq!(status(&server, &used), 200);
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 40 * MINUTE);
    assert_eq!((status(&server, &used), status(&server, &unused)), (200, 401));
    assert_eq!(status(&server, &ours), 200, "the provider's are not the organization's business");
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 62 * MINUTE);
    assert_eq!(status(&server, &used), 401, "however much it is used");
    assert_eq!(status(&server, &ours), 200);
    server.daemon.stop();
}

/// What the link of an invitation is answered: with a password, or where it is only looked at.
fn opened(server: &Server, token: &Value, password: Option<&str>) -> Response {
    let body = json!({"token": token, "password": password});
    server.api().post("/v1/invitations", &body)
}

#[test]
fn invitations_of_users_and_of_its_own_admins_are_good_for_as_long_as_the_organization_says() {
    let Some(mut office) = Office::alone() else { return };
    // Ten minutes.
    office.set(&json!({"invitation_life": 600_000}));
    let user = |login: &str| {
        let fields =
            json!({"login": login, "display_name": login, "surname": login, "staged": true});
        let user = id_of(&office.make("users", &fields));
        office.make(&format!("users/{user}/invitation"), &json!({}))["token"].clone()
    };
    let admin = |login: &str| {
        let fields = json!({"login": login, "display_name": "An Admin", "role": "manager"});
        office.make("admins", &fields)["invitation"]["token"].clone()
    };
    let in_time = [user("ada"), admin("ida")];
    let late = [user("bob"), admin("joe")];
    let fields = json!({"login": "hal", "display_name": "Hal", "role": "manager"});
    let made = office.top.send("POST", "/v1/admins", Some(&fields));
    assert_eq!(made.status, 201, "{made:?}");
    let of_provider = made.json()["invitation"]["token"].clone();
    office.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 5 * MINUTE);
    for token in &in_time {
        let taken = opened(&server, token, Some(PASSWORD));
        assert_eq!(taken.status, 204, "{taken:?}");
    }
    for token in &late {
        assert_eq!(opened(&server, token, None).status, 204, "it counts, and stays");
    }
    let bound = server.ldaps().bound(&office.user_dn("ada"), PASSWORD).who_am_i();
    assert_eq!(bound.code, 0, "{bound:?}");
    let credentials = json!({"organization": office.slug, "login": "ida", "password": PASSWORD});
    let asked = server.api().post("/v1/sign-in", &credentials);
    assert_eq!(asked.status, 202, "{asked:?}");
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 11 * MINUTE);
    for token in &late {
        for password in [None, Some(PASSWORD)] {
            let refused = opened(&server, token, password);
            let told = (refused.status, &refused.json()["type"]);
            assert_eq!(told, (404, &json!("/problems/not-found")), "{refused:?}");
        }
    }
    let bound = server.ldaps().bound(&office.user_dn("bob"), PASSWORD).who_am_i();
    assert_ne!(bound.code, 0, "nobody has set a password: {bound:?}");
    let counts = opened(&server, &of_provider, None);
    assert_eq!(counts.status, 204, "the provider's admins have a week: {counts:?}");
    server.daemon.stop();
}

#[test]
fn a_deleted_user_is_destroyed_after_the_time_that_the_organization_keeps_it() {
    let Some(mut office) = Office::alone() else { return };
    office.set(&json!({"deleted_users_kept": 600_000}));
    let ada = office.user("ada", PASSWORD);
    office.act("DELETE", &format!("users/{ada}"), None);
    let deleted = |office: &Office| office.read("deleted-users")["items"].clone();
    assert_eq!(deleted(&office)[0]["login"], "ada");
    office.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 11 * MINUTE);
    assert!(comes(|| deleted(&office) == json!([])), "{}", deleted(&office));
    assert_eq!(office.event("purged")["actor"]["kind"], "daemon");
    server.daemon.stop();
}

#[test]
fn a_link_to_enrol_a_second_factor_counts_for_as_long_as_is_set() {
    let Some(mut office) = Office::alone() else { return };
    let [ada, bob] = ["ada", "bob"].map(|login| office.user(login, PASSWORD));
    let link = |user: &str, life: &Value| {
        let made = office.make(&format!("users/{user}/second-factor/invitation"), life);
        json!({"token": made["token"], "password": PASSWORD})
    };
    let (short, long) = (link(&ada, &json!({"seconds": 3_600})), link(&bob, &json!({})));
    office.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 2 * HOUR);
    assert_eq!(server.api().post("/v1/invitations", &short).status, 404);
    assert_eq!(server.api().post("/v1/invitations", &long).status, 200);
    let expired = |event: &Value| event["action"] == "invitation_expired";
    assert!(comes(|| office.events().iter().any(expired)), "{:?}", office.events());
    assert_eq!(office.event("invitation_expired")["subject"]["name"], "ada");
    server.daemon.stop();
}

#[test]
fn a_device_is_stale_and_that_is_told_after_the_time_for_which_reports_count() {
    let Some(mut office) = Office::alone() else { return };
    office.built_in("Acme devices");
    let device = id_of(&office.make("devices", &json!({"name": "laptop-7"})));
    let handed = office.hand_out(&format!("devices/{device}"), &json!({}));
    let door = Api::at(&office.demo.devices, &office.demo.ca_file).certificate(&handed);
    let document = door.get(&office.path("device/settings")).json()["document"].clone();
    let report = json!({"document": document});
    let reported = door.send("PUT", &office.path("device/compliance"), Some(&report));
    assert_eq!(reported.status, 200, "{reported:?}");
    let state = |office: &Office| office.read(&format!("devices/{device}"))["compliance"].clone();
    let known = state(&office);
    assert_ne!(known, "stale");
    office.stop();

    let (_site, mut server) = served(&mut office, ("devices", &[]), 2 * HOUR);
    assert_eq!(state(&office), known, "reports count for a week unless set");
    server.daemon.stop();

    let life = ("devices", &["report_life = \"1h\""][..]);
    let (_site, mut server) = served(&mut office, life, 2 * HOUR);
    assert_eq!(state(&office), "stale");
    let is_told = || office.event("compliance_changed")["actor"]["kind"] == "daemon";
    assert!(comes(is_told), "{:?}", office.events());
    server.daemon.stop();
}

#[test]
fn a_code_that_is_asked_for_is_taken_for_as_long_as_is_set() {
    let Some(mut office) = Office::alone() else { return };
    let ada = office.user("ada", PASSWORD);
    let vpn = office.client("vpn", &json!({"second_factor": "required", "asks_for_code": true}));
    let uri = office.enrol(&ada);
    office.stop();

    let patience = ("authentication", &["code_patience = \"10s\""][..]);
    let (_site, mut server) = served(&mut office, patience, Duration::ZERO);
    let gear = Gear::new(&server.radius_auth, &vpn.secret);
    let ask = |password: &str, more: &str| {
        let attributes = format!(
            "User-Name=\"ada\",User-Password=\"{password}\",Message-Authenticator=0x00,\
             Packet-Src-IP-Address={}{more}",
            office.address
        );
        gear.ask("auth", &attributes)
    };
    let state = || {
        let asked = ask(PASSWORD, "");
        assert!(asked.is("Access-Challenge"), "{asked:?}");
        format!(",State={}", asked.values("State")[0])
    };
    // What is asked for is kept in memory: here time has to pass.
    let old = state();
    pause(Duration::from_millis(10_500));
    let late = ask(&totp::code_beside(&uri, 0), &old);
    assert!(late.is("Access-Reject"), "{late:?}");
    let soon = ask(&totp::code_beside(&uri, 0), &state());
    assert!(soon.is("Access-Accept"), "{soon:?}");
    server.daemon.stop();
}

/// All events of an organization, which must be a chain.
fn exported(office: &Office, organization: &str) -> String {
    let path = format!("/v1/organizations/{organization}/events/export");
    let answer = office.top.get(&path);
    assert_eq!(answer.status, 200, "{answer:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    std::fs::write(&file, &answer.body).unwrap();
    let verified = python(VERIFIER, [file.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{verified:?}");
    answer.body
}

#[test]
fn events_go_after_the_time_for_which_their_own_organization_keeps_them() {
    let Some(mut office) = Office::alone() else { return };
    let (own, other) = (office.id.clone(), office.demo.acme().id.clone());
    let month = json!({"retention": 30 * 86_400_000_u64});
    office.act("PUT", "event-retention", Some(&month));
    let happens = |office: &Office, what: &str| {
        for id in [&own, &other] {
            let path = format!("/v1/organizations/{id}/groups");
            let made = office.top.send("POST", &path, Some(&json!({"name": what})));
            assert_eq!(made.status, 201, "{made:?}");
        }
    };
    let has = |events: &str, what: &str| events.contains(&format!("\"name\":\"{what}\""));
    happens(&office, "an old one");
    let [old, others] = [&own, &other].map(|id| exported(&office, id));
    assert!(has(&old, "an old one") && has(&others, "an old one"), "{old}{others}");
    office.stop();

    // Whole days go, and parts of the log that are closed: what happens on another day closes one.
    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 32 * DAY);
    happens(&office, "a new one");
    server.daemon.stop();

    let (_site, mut server) = served(&mut office, ("admin_api", &[]), 32 * DAY + HOUR);
    let is_old = |event: &Value| event["subject"]["name"] == "an old one";
    let are_gone = || !office.events().iter().any(is_old);
    assert!(comes(are_gone), "{:?}", office.events());
    let kept = exported(&office, &own);
    assert!(has(&kept, "a new one"), "{kept}");
    assert!(old.lines().all(|line| !kept.contains(line)), "{kept}");
    let kept = exported(&office, &other);
    assert!(kept.starts_with(&others) && has(&kept, "a new one"), "{kept}");
    server.daemon.stop();
}
