//! What `tenantry` asks of who sits at a terminal.

use serde_json::json;

use crate::harness::admin;
use crate::harness::office::Office;
use crate::harness::qr_code::scanned_at_terminal;
use crate::harness::tenantry::Tenantry;
use crate::harness::totp;

const PASSWORD: &str = "correct horse battery";

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

#[test]
fn secrets_are_asked_for_twice_and_seen_by_nobody() {
    let office = Office::new();
    let tenantry = desk(&office);
    let line = "user create --login ada --display-name Ada --surname L --password";
    let typed = [("password: ", PASSWORD), ("password, again: ", PASSWORD)];
    let made = tenantry.at_terminal(line, &typed);
    assert_eq!(made.code, 0, "{made:?}");
    assert!(made.stdout.contains("password, again: "), "{made:?}");
    assert!(!made.stdout.contains(PASSWORD), "{made:?}");
    let client = office.client("wifi", &json!({}));
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Accept"));

    let typed = [("password: ", "another horse battery"), ("again: ", "another horse batter")];
    let differs = tenantry.at_terminal("user set-password ada", &typed);
    assert_eq!(differs.code, 2, "{differs:?}");
    assert!(differs.stdout.contains("two different ones"), "{differs:?}");
    assert!(!differs.stdout.contains("another horse"), "{differs:?}");
    assert!(office.login(&client, "ada", PASSWORD).is("Access-Accept"), "it stays");
}

#[test]
fn a_recovery_code_is_seen_by_nobody() {
    let office = Office::new();
    let admin = office.admin("help_desk");
    let made = admin.session.send("POST", "/v1/me/recovery-codes", None).json();
    let code = made["codes"][0].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tenantry = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let line = format!(
        "login {} --as {} --org {} --recovery-code",
        office.demo.admin_api.url, admin.login, office.slug
    );
    let typed = [("password: ", admin::PASSWORD), ("recovery code: ", code)];
    let signed_in = tenantry.at_terminal(&line, &typed);
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    assert!(signed_in.stdout.contains("Signed in as"), "{signed_in:?}");
    assert!(!signed_in.stdout.contains(code), "{signed_in:?}");
    assert!(!signed_in.stdout.contains(admin::PASSWORD), "{signed_in:?}");
}

#[test]
fn a_code_of_an_authenticator_is_seen_by_nobody() {
    let office = Office::new();
    let admin = office.admin("help_desk");
    let folder = tempfile::tempdir().unwrap();
    let tenantry = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let line =
        format!("login {} --as {} --org {}", office.demo.admin_api.url, admin.login, office.slug);
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    let typed = [("password: ", admin::PASSWORD), ("code: ", code.as_str())];
    let signed_in = tenantry.at_terminal(&line, &typed);
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    assert!(signed_in.stdout.contains("code: "), "{signed_in:?}");
    assert!(!signed_in.stdout.contains(&code), "{signed_in:?}");
}

/// What stands there as a QR code is what stands there as text.
fn assert_drawn(stood: &str) {
    let uri = stood.split_whitespace().find(|word| word.starts_with("otpauth://"));
    assert_eq!(Some(scanned_at_terminal(stood).as_str()), uri, "{stood}");
}

#[test]
fn what_an_authenticator_is_to_scan_is_drawn_at_the_terminal_and_nowhere_else() {
    let office = Office::new();
    let (_, login) = office.add_admin(&office.path("admins"), &json!({"role": "help_desk"}));
    let folder = tempfile::tempdir().unwrap();
    let newcomer = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let line = format!("login {} --as {login} --org {}", office.demo.admin_api.url, office.slug);
    let typed = [("password: ", admin::PASSWORD), ("code: ", "no code")];
    let enrols = newcomer.at_terminal(&line, &typed);
    assert_ne!(enrols.code, 0, "{enrols:?}");
    assert_drawn(&enrols.stdout);

    let tenantry = desk(&office);
    office.user("ada", PASSWORD);
    let begin = "user begin-second-factor ada";
    let begun = tenantry.at_terminal(begin, &[]);
    assert_eq!(begun.code, 0, "{begun:?}");
    assert_drawn(&begun.stdout);
    let as_json = tenantry.at_terminal(&format!("{begin} -o json"), &[]);
    for plain in [as_json.stdout, tenantry.does(begin)] {
        assert!(plain.contains("otpauth://") && !plain.contains('█'), "{plain}");
    }
}

#[test]
fn what_is_deleted_is_named_and_asked_for() {
    let office = Office::new();
    let tenantry = desk(&office);
    office.user("ada", PASSWORD);
    let answers = |answer| tenantry.at_terminal("user delete ada", &[("[y/N]: ", answer)]);
    for no in ["n", "", "maybe"] {
        let kept = answers(no);
        assert_eq!(kept.code, 2, "{no}: {kept:?}");
        let asked = format!("Really delete the user “ada” of {}", office.slug);
        assert!(kept.stdout.contains(&asked), "{no}: {kept:?}");
    }
    assert_eq!(tenantry.shows("user show ada")["login"], "ada");
    assert_eq!(answers("y").code, 0);
    assert_eq!(tenantry.run("user show ada").code, 5);

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "groups: [{name: staff}]").unwrap();
    let line = format!("apply -f {}", file.path().display());
    let tried = tenantry.at_terminal(&line, &[("[y/N]: ", "no")]);
    assert_eq!(tried.code, 2, "{tried:?}");
    assert!(tried.stdout.contains("+ group staff"), "{tried:?}");
    assert_eq!(tenantry.shows("group list"), json!([]));
    let done = tenantry.at_terminal(&line, &[("[y/N]: ", "yes")]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("1 of 1: + group staff"), "how far it is: {done:?}");
    assert_eq!(tenantry.shows("group list").as_array().unwrap().len(), 1);
}

#[test]
fn an_organization_goes_where_its_whole_name_is_typed() {
    let office = Office::new();
    let tenantry = desk(&office);
    let slug = format!("{}-old", office.slug);
    tenantry
        .does(&format!("org create --slug {slug} --name Old-{slug} --base dc={slug},dc=example"));
    let line = format!("org delete {slug}");
    let named = |name: &str| tenantry.at_terminal(&line, &[("Its full name: ", name)]);
    for (typed, code) in [("", 2), (slug.as_str(), 7)] {
        let kept = named(typed);
        assert_eq!(kept.code, code, "{typed}: {kept:?}");
        let asked = format!("Really delete the organization “{slug}” at ");
        assert!(kept.stdout.contains(&asked), "{typed}: {kept:?}");
    }
    for line in [line.clone(), format!("{line} --yes")] {
        assert_eq!(tenantry.run(&line).code, 2, "{line}: nobody is there to be asked");
    }
    assert_eq!(tenantry.shows(&format!("org show {slug}"))["state"], "active");
    assert_eq!(named(&format!("Old-{slug}")).code, 0);
    assert_eq!(tenantry.run(&format!("org show {slug}")).code, 5);
}

#[test]
fn how_far_a_file_is_stands_at_the_terminal_and_nowhere_else() {
    let office = Office::new();
    let tenantry = desk(&office);
    let folder = tempfile::tempdir().unwrap();
    let people = folder.path().join("people.csv");
    std::fs::write(&people, "login\nada\nbob\n").unwrap();
    let line = format!("import csv {}", people.display());
    let seen = tenantry.at_terminal(&line, &[]);
    assert_eq!(seen.code, 0, "{seen:?}");
    let full = format!("\rdone      [{}] 100 %", "#".repeat(30));
    let sent = format!("\rSent     1 KiB of 1 KiB [{}] 100 %\r\n", "#".repeat(30));
    for part in [sent.as_str(), full.as_str()] {
        assert!(seen.stdout.contains(part), "{part:?}: {seen:?}");
    }
    let unseen = tenantry.run(&format!("{line} --on-conflict update"));
    assert_eq!((unseen.code, unseen.stderr.as_str()), (0, ""), "{unseen:?}");

    let events = folder.path().join("events.jsonl");
    let line = format!("events export --to {}", events.display());
    let seen = tenantry.at_terminal(&line, &[]);
    assert_eq!(seen.code, 0, "{seen:?}");
    assert!(seen.stdout.contains("\rReceived ") && seen.stdout.contains(" KiB\r\n"), "{seen:?}");
    assert!(seen.stdout.contains("The events are in "), "{seen:?}");
    assert_eq!(tenantry.run(&line).stderr, "");
    let shown = tenantry.at_terminal("events export", &[]);
    assert!(shown.stdout.contains("\"sequence\""), "{shown:?}");
    assert!(!shown.stdout.contains("Received "), "nothing stands between them: {shown:?}");

    let line = format!("events verify {}", events.display());
    let seen = tenantry.at_terminal(&line, &[]);
    assert_eq!(seen.code, 0, "{seen:?}");
    let full = format!(" [{}] 100 %\r\n", "#".repeat(30));
    assert!(seen.stdout.contains("\rRead ") && seen.stdout.contains(&full), "{seen:?}");
    assert_eq!(tenantry.run(&line).stderr, "");
    let line = "export --user-certificates";
    let seen = tenantry.at_terminal(line, &[]);
    assert_eq!(seen.code, 0, "{seen:?}");
    let half = format!("\rUsers [{:30}]  50 %", "#".repeat(15));
    for part in [half.as_str(), "login: ada", "login: bob", format!("\rUsers{full}").as_str()] {
        assert!(seen.stdout.contains(part), "{part:?}: {seen:?}");
    }
    assert!(!tenantry.at_terminal("export", &[]).stdout.contains("Users"), "that is one request");
    assert_eq!(tenantry.run(line).stderr, "");
}
