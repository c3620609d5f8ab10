//! Lives of users, from invitation to restoration, as LDAP and RADIUS see them.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::client::Client;
use crate::harness::ldap::Ldap;
use crate::harness::office::{Office, id_of};
use crate::harness::pause;
use crate::harness::tenantry::Tenantry;

const PASSWORD: &str = "correct horse battery";

fn bind(office: &Office, login: &str) -> i32 {
    let uri = format!("ldap://{}", office.demo.ldap);
    let ldap = Ldap::at(uri, &office.demo.ca_file, false);
    ldap.bound(&office.user_dn(login), PASSWORD).who_am_i().code
}

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

#[test]
fn a_deleted_user_is_gone_for_ldap_and_radius_and_restored_with_password_and_groups() {
    let office = Office::new();
    let tenantry = desk(&office);
    let ada = office.user("ada", PASSWORD);
    let staff = office.group("staff", &[&ada], &[]);
    let client = office.client("wifi", &json!({"allowed_groups": [staff]}));
    assert_eq!(bind(&office, "ada"), 0);
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Accept"));
    tenantry.does("user delete ada --yes");
    assert_eq!(bind(&office, "ada"), 49);
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Reject"));
    let table = tenantry.does("deleted-user list");
    assert!(table.starts_with("LOGIN  DISPLAY NAME  DELETED"), "{table}");
    // The name is anybody's meanwhile.
    tenantry.does("user create --login ada --display-name Other --surname L");
    let taken = tenantry.run("deleted-user restore ada");
    assert_ne!(taken.code, 0, "{taken:?}");
    assert!(taken.stderr.contains("login"), "{taken:?}");
    tenantry.does("user delete ada --yes");
    let again = tenantry.run("deleted-user restore ada");
    assert_eq!(again.code, 2, "two deleted users had the name: {again:?}");
    let restored = tenantry.shows(&format!("deleted-user restore {ada}"));
    assert_eq!((&restored["id"], &restored["state"]), (&json!(ada), &json!("active")));
    assert_eq!(bind(&office, "ada"), 0);
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Accept"));
    assert_eq!(tenantry.shows("user groups ada")[0]["name"], "staff");
    tenantry.does("deleted-user purge ada --yes");
    assert_eq!(office.read("deleted-users")["items"], json!([]));
}

#[test]
fn a_deleted_user_whose_number_another_has_is_restored_with_another_number() {
    let office = Office::new();
    let tenantry = desk(&office);
    let made = "user create --display-name X --surname X --uid-number 20018 --login";
    tenantry.does(&format!("{made} bob"));
    tenantry.does("user delete bob --yes");
    tenantry.does(&format!("{made} robert"));
    let taken = tenantry.run("deleted-user restore bob");
    assert_eq!(taken.code, 6, "{taken:?}");
    let said = "--uid-number: This uid number is taken; choose another.";
    assert!(taken.stderr.contains(said), "{taken:?}");
    let restored = tenantry.shows("deleted-user restore bob --uid-number 20019");
    assert_eq!((&restored["login"], &restored["uid_number"]), (&json!("bob"), &json!(20_019)));
}

#[test]
fn an_invited_user_chooses_a_password_that_ldap_and_radius_take() {
    let office = Office::new();
    let tenantry = desk(&office);
    let client = office.client("wifi", &json!({}));
    let made = tenantry.shows("user create --login ada --display-name Ada --surname L --staged");
    assert_eq!(made["state"], "staged");
    let invited = tenantry.shows("user invite ada --seconds 3600");
    let token = invited["token"].as_str().unwrap();
    assert_eq!(invited["link"], json!(null), "no address is configured");
    let nobody = office.demo.https(None);
    let page = nobody.get("/v1/invitations");
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page:?}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let accept = |password: &str| {
        let body = json!({"token": token, "password": password});
        nobody.send("POST", "/v1/invitations", Some(&body)).status
    };
    assert_eq!(accept("short"), 422);
    assert_eq!(bind(&office, "ada"), 49);
    assert_eq!(accept(PASSWORD), 204);
    assert_eq!(bind(&office, "ada"), 0);
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Accept"));
    assert_eq!(accept(PASSWORD), 404);
    let told = office.read("events?limit=20");
    let actions: Vec<_> =
        told["items"].as_array().unwrap().iter().map(|event| event["action"].clone()).collect();
    assert!(actions.contains(&json!("invited")), "{actions:?}");
    assert!(actions.contains(&json!("invitation_accepted")), "{actions:?}");
    let staged = json!({"login": "bob", "display_name": "B", "surname": "B", "staged": true});
    let bob = id_of(&office.make("users", &staged));
    office.top.send("POST", &office.path(&format!("users/{bob}/invitation")), Some(&json!({})));
    tenantry.does("user revoke-invitation bob --yes");
    assert_eq!(tenantry.shows("user invitation bob")["invited"], false);
}

#[test]
fn an_invitation_ends_with_a_suspension_and_does_not_come_back_with_the_activation() {
    let office = Office::new();
    let staged = json!({"login": "ada", "display_name": "A", "surname": "L", "staged": true});
    let place = format!("users/{}", id_of(&office.make("users", &staged)));
    let invitation = format!("{place}/invitation");
    let invite = || office.make(&invitation, &json!({}))["token"].clone();
    let accept = |token: &Value| {
        let body = json!({"token": token, "password": PASSWORD});
        office.demo.https(None).send("POST", "/v1/invitations", Some(&body)).status
    };
    let first = invite();
    office.act("POST", &format!("{place}/suspend"), None);
    assert_eq!(office.event("invitation_revoked")["subject"]["name"], "ada");
    assert_eq!(office.read(&invitation)["invited"], false);
    office.act("POST", &format!("{place}/activate"), None);
    assert_eq!(accept(&first), 404);
    assert_eq!(bind(&office, "ada"), 49);
    assert_eq!(accept(&invite()), 204);
    assert_eq!(bind(&office, "ada"), 0);
}

#[test]
fn the_link_of_an_invitation_begins_where_the_configuration_says() {
    let Some(mut office) = Office::alone() else { return };
    let staged = json!({"login": "ada", "display_name": "A", "surname": "L", "staged": true});
    let ada = id_of(&office.make("users", &staged));
    let (_site, server) =
        office.serve_with(&["invitation_url = \"https://welcome.example/people/\""]);
    let linked = |invited: &Value| {
        let token = invited["token"].as_str().unwrap().to_owned();
        let link = format!("https://welcome.example/people/v1/invitations#{token}");
        assert_eq!(invited["link"], json!(link));
        token
    };
    linked(&office.make(&format!("users/{ada}/invitation"), &json!({})));
    let url = format!("https://{}", server.admin_api);
    let tenantry = Tenantry::at(&url, &server.ca_file, office.top.token()).within(&office.slug);
    let token = linked(&tenantry.shows("user invite ada"));
    // What stands before the path there leads to the path here.
    let body = json!({"token": token, "password": PASSWORD});
    assert_eq!(server.api().post("/v1/invitations", &body).status, 204);
    let ldaps = server.ldaps().bound(&office.user_dn("ada"), PASSWORD);
    assert_eq!(ldaps.who_am_i().code, 0);
}

/// Waits until the page says something; for a minute and a half at most.
pub(super) fn says(browser: &Browser, wanted: &str) {
    for _ in 0..900 {
        if browser.text("#told").contains(wanted) {
            return;
        }
        pause(Duration::from_millis(100));
    }
    panic!("the page says “{}”, not “{wanted}”", browser.text("#told"));
}

#[test]
fn an_invited_person_opens_the_link_in_a_browser_and_chooses_a_password() {
    let office = Office::new();
    let tenantry = desk(&office);
    for login in ["ada", "bob"] {
        tenantry
            .does(&format!("user create --login {login} --display-name X --surname X --staged"));
    }
    let page =
        format!("{}/v1/invitations", office.demo.admin_api.url.replace("127.0.0.1", "localhost"));
    let link = |login: &str, seconds: u32| {
        let invited = tenantry.shows(&format!("user invite {login} --seconds {seconds}"));
        format!("{page}#{}", invited["token"].as_str().unwrap())
    };
    let (adas, bobs) = (link("ada", 3_600), link("bob", 60));
    let browser = Browser::new(&[Path::new(&office.demo.ca_file)]);
    // Another page in between: the same one with another fragment would not be loaded anew.
    let open = |link: &str| {
        browser.open("about:blank");
        browser.open(link);
    };
    open(&page);
    says(&browser, "Open the link of your invitation");
    assert_eq!(browser.text("#form"), "", "there is nothing to fill in");
    open(&adas);
    let kept = browser.run("return location.href + document.cookie;", &json!([]));
    assert_eq!(kept, json!(page), "the address bar does not keep the token");
    browser.write("#password", PASSWORD);
    browser.write("#again", "another horse battery");
    browser.click("#send");
    says(&browser, "The two passwords differ.");
    open(&adas);
    for field in ["#password", "#again"] {
        browser.write(field, "short");
    }
    browser.click("#send");
    says(&browser, "The password ");
    assert_eq!(bind(&office, "ada"), 49);
    open(&adas);
    for field in ["#password", "#again"] {
        browser.write(field, PASSWORD);
    }
    browser.click("#send");
    says(&browser, "Your password is set.");
    assert_eq!(browser.text("#form"), "", "the form is gone");
    assert_eq!(bind(&office, "ada"), 0);

    open(&adas);
    says(&browser, "it was used, or its time is over");
    assert_eq!(browser.text("#form"), "", "nobody fills it in for nothing");
    // The shortest invitation counts for a minute.
    let mut is_over = false;
    for _ in 0..15 {
        open(&bobs);
        pause(Duration::from_secs(1));
        is_over = browser.text("#told").contains("its time is over");
        if is_over {
            break;
        }
        assert_ne!(browser.text("#form"), "");
        // Who asks more often is slowed down.
        pause(Duration::from_secs(6));
    }
    assert!(is_over, "{}", browser.text("#told"));
    assert_eq!(bind(&office, "bob"), 49);
}

#[test]
fn certificates_that_a_deletion_revoked_stay_so_and_the_restoration_says_it() {
    let office = Office::new();
    let tenantry = desk(&office);
    let ada = office.user("ada", PASSWORD);
    office.make("certificate-authorities/built-in", &json!({"name": "people"}));
    let path = format!("users/{ada}/issued-certificates");
    office.make(&path, &json!({}));
    tenantry.does("user delete ada --yes");
    let restored = tenantry.run(&format!("deleted-user restore {ada}"));
    assert_eq!(restored.code, 0, "{restored:?}");
    assert!(restored.stderr.contains("were revoked, and stay so: 1;"), "{restored:?}");
    assert_eq!(office.read(&path)["items"][0]["state"], "revoked");
    let bob = office.user("bob", PASSWORD);
    tenantry.does("user delete bob --yes");
    assert_eq!(tenantry.run(&format!("deleted-user restore {bob}")).stderr, "");
}

#[test]
fn who_may_have_no_more_users_is_warned_or_refused_on_the_command_line() {
    let office = Office::new();
    let tenantry = desk(&office);
    let slug = &office.slug;
    tenantry.does(&format!("org set-user-cap {slug} --most 1 --kind hard"));
    let make = |login: &str| {
        tenantry.run(&format!("user create --login {login} --display-name X --surname X"))
    };
    assert_eq!(make("ada").code, 0);
    let full = make("bob");
    assert_ne!(full.code, 0, "{full:?}");
    assert!(full.stderr.contains("may have 1 user and has 1; delete it"), "{full:?}");
    let used = tenantry.shows(&format!("org set-user-cap {slug} --most 1 --kind soft"));
    assert_eq!((&used["users"], &used["passed"]), (&json!(1), &json!(false)));
    let warned = make("bob");
    assert_eq!(warned.code, 0, "{warned:?}");
    let warning = "warning: the organization has 2 users; its cap is 1\n";
    assert_eq!(warned.stderr, warning);
    assert_eq!(tenantry.run("user list -o json").stderr, warning);
    assert_eq!(tenantry.shows(&format!("org user-cap {slug}"))["passed"], true);
    tenantry.does(&format!("org set-user-cap {slug} --most 1 --kind hard"));
    let full = make("eve");
    assert!(full.stderr.contains("may have 1 user and has 2; delete some"), "{full:?}");
}

#[test]
fn who_may_have_no_more_devices_is_warned_or_refused_on_the_command_line() {
    let office = Office::new();
    let tenantry = desk(&office);
    let slug = &office.slug;
    tenantry.does(&format!("org set-device-cap {slug} --most 1 --kind hard"));
    let make = |name: &str| tenantry.run(&format!("device create --name {name}"));
    assert_eq!(make("laptop").code, 0);
    let full = make("phone");
    assert_eq!(full.code, 7, "{full:?}");
    assert!(full.stderr.contains("may have 1 device and has 1; delete it"), "{full:?}");
    // A file that says the same is refused likewise; users are not counted with devices.
    let applied = tenantry.hear("apply -f - --yes", "devices: [{name: phone}]");
    assert!(applied.code == 7 && applied.stderr.contains("may have 1 device and"), "{applied:?}");
    office.user("ada", PASSWORD);
    let used = tenantry.shows(&format!("org set-device-cap {slug} --most 1 --kind soft"));
    assert_eq!((&used["devices"], &used["passed"]), (&json!(1), &json!(false)));
    let warned = make("phone");
    assert_eq!(warned.code, 0, "{warned:?}");
    let warning = "warning: the organization has 2 devices; its cap is 1\n";
    assert_eq!(warned.stderr, warning);
    assert_eq!(tenantry.run("device list -o json").stderr, warning);
    assert_eq!(tenantry.shows(&format!("org device-cap {slug}"))["passed"], true);
    let passed = office.event("device_cap_passed");
    assert_eq!(passed["subject"]["name"], json!(slug), "{passed}");
    tenantry.does("device delete phone --yes");
    assert_eq!(tenantry.run("device list -o json").stderr, "");
}

#[test]
fn a_user_whose_time_is_over_is_let_in_no_more() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("wifi", &json!({}));
    let past = ["-u", "-d", "+4 seconds", "+%Y-%m-%dT%H:%M:%SZ"];
    let end = Client::new("date", "coreutils").args(past).run().stdout;
    desk(&office).does(&format!("user update ada --expires {}", end.trim()));
    assert_eq!(bind(&office, "ada"), 0);
    let refused = (0..10_000).any(|_| bind(&office, "ada") == 49);
    assert!(refused, "the user's time does not end");
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Reject"));
}
