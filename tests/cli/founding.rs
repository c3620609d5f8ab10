//! A whole organization out of a file: the organization itself, and what it has one of.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use crate::harness::admin::PASSWORD;
use crate::harness::authority::Authority;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

fn desk(office: &Office) -> Tenantry {
    Tenantry::with_key(&office.demo, &office.demo.admin_api.tokens.administrator_with_billing)
}

/// A folder with a password and the certificate of an authority.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
    std::fs::write(folder.path().join("ca.pem"), Authority::new("theirs").pem()).unwrap();
    folder
}

fn file(slug: &str, folder: &Path) -> String {
    let at = folder.display();
    format!(
        "organization: {{slug: {slug}, name: The {slug}, base: 'dc={slug},dc=example'}}\n\
         settings: {{lockout: {{threshold: 7}}, password_minimum: 12, password_policy: {{history: 4}}, \
         second_factor: {{demand: if_enrolled}}, eap_methods: []}}\n\
         user_cap: {{most: 50, kind: hard}}\n\
         device_cap: {{most: 70, kind: hard}}\n\
         presentation: {{layout: rfc2307, aliases: [{{base: 'o={slug},dc=old', layout: jumpcloud}}]}}\n\
         billing_contact: {{name: Payable, mail: payable@x.example}}\n\
         event_retention: {{retention: 31536000000}}\n\
         event_sampling: {{one_in: 10, values: true}}\n\
         certificate_authorities:\n\
         - {{name: Own, built_in: true, days: 100, certificate_days: 30}}\n\
         - {{name: Theirs, certificate: {{file: {at}/ca.pem}}, holder: user_by_common_name}}\n\
         users:\n\
         - {{login: ada, display_name: Ada, surname: L, home_directory: null, \
         password: {{file: {at}/password}}}}\n\
         groups: [{{name: staff, members: {{users: [ada]}}}}]\n\
         event_destinations:\n\
         - {{name: siem, kind: webhook, begins_with: oldest, paused: true, \
         webhook: {{url: 'https://receiver.invalid/'}}}}\n\
         admins:\n\
         - {{login: chief, display_name: The Chief, role: administrator, state: suspended, \
         password: {{file: {at}/password}}}}\n\
         agreements: [{{plan: plan of {slug}, since: 2020-01}}]\n"
    )
}

fn plan(tenantry: &Tenantry, slug: &str) {
    let name = format!("plan of {slug}");
    let words = ["plan", "create", "--name", &name, "--currency", "EUR", "--user", "400"];
    let made = tenantry.words(&words);
    assert_eq!(made.code, 0, "{made:?}");
}

#[test]
fn a_file_makes_a_whole_organization_and_again_changes_nothing() {
    let (office, folder) = (Office::new(), folder());
    let (tenantry, slug) = (desk(&office), format!("{}-twin", office.slug));
    let text = file(&slug, folder.path());
    let nobody = tenantry.hear("apply -f - --yes", &text);
    assert_eq!((nobody.code, nobody.stdout.as_str()), (5, ""), "there is no plan: {nobody:?}");
    plan(&tenantry, &slug);
    let tried = tenantry.hear("apply -f - --dry-run", &text);
    assert_eq!(tried.code, 0, "{tried:?}");
    assert!(tried.stdout.starts_with(&format!("+ organization {slug}\n")), "{tried:?}");
    assert!(!tried.stdout.contains(PASSWORD), "{tried:?}");
    let never = tenantry.run(&format!("org show {slug}"));
    assert_eq!(never.code, 5, "it was tried only, and nothing was made before: {never:?}");

    let applied = tenantry.hear("apply -f - --yes", &text);
    assert_eq!((applied.code, applied.stdout), (0, tried.stdout), "{}", applied.stderr);
    let again = tenantry.hear("apply -f - --yes --prune", &text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");

    let shown = tenantry.shows(&format!("org show {slug}"));
    assert_eq!(
        (&shown["name"], &shown["state"]),
        (&json!(format!("The {slug}")), &json!("active"))
    );
    let cap = tenantry.shows(&format!("org user-cap {slug}"));
    assert_eq!((&cap["most"], &cap["kind"]), (&json!(50), &json!("hard")));
    let cap = tenantry.shows(&format!("org device-cap {slug}"));
    assert_eq!((&cap["most"], &cap["kind"]), (&json!(70), &json!("hard")));
    let within = tenantry.within(&slug);
    let presentation = within.shows("presentation show");
    assert_eq!(presentation["layout"], "rfc2307");
    assert_eq!(presentation["aliases"][0]["layout"], "jumpcloud");
    assert_eq!(within.shows("settings show")["lockout"]["threshold"], 7);
    assert_eq!(within.shows("events retention")["retention"], json!(31_536_000_000_u64));
    assert_eq!(within.shows("billing contact")["mail"], "payable@x.example");
    assert_eq!(within.shows("events sampling")["one_in"], 10);
    assert_eq!(within.shows("admin show chief")["state"], "suspended");
    let own = within.shows("certificate-authority show Own");
    assert_eq!((&own["built_in"], &own["certificate_days"]), (&json!(true), &json!(30)));
    assert_eq!(within.shows("certificate-authority show Theirs")["built_in"], false);
    assert_eq!(within.shows("event-destination show siem")["paused"], true);
    let agreed = within.shows("billing agreements");
    let month = within.shows("billing usage")["month"].clone();
    assert_eq!(agreed[0]["plan"], format!("plan of {slug}"));
    assert_eq!(agreed[0]["since"], month, "what is over is over");
}

#[test]
fn what_was_exported_makes_the_same_elsewhere() {
    let (office, folder) = (Office::new(), folder());
    let (tenantry, slug) = (desk(&office), format!("{}-one", office.slug));
    let other = format!("{}-two", office.slug);
    plan(&tenantry, &slug);
    let made = tenantry.hear("apply -f - --yes", &file(&slug, folder.path()));
    assert_eq!(made.code, 0, "{made:?}");
    let exported = tenantry.does(&format!("export -O {slug}"));
    assert!(!exported.contains("password:") && !exported.contains("PRIVATE"), "{exported}");
    let unchanged = tenantry.hear("apply -f - --yes --prune", &exported);
    assert_eq!((unchanged.code, unchanged.stdout.as_str()), (0, ""), "{unchanged:?}");

    // The plan is the provider's, and the same one.
    let moved = exported.replace(&slug, &other);
    let moved = moved.replace(&format!("plan of {other}"), &format!("plan of {slug}"));
    let applied = tenantry.hear("apply -f - --yes", &moved);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(tenantry.does(&format!("export -O {other}")), moved);
    let copy = tenantry.clone().within(&other);
    assert_eq!(copy.shows("settings show")["eap_methods"], json!([]), "none is offered");
    let ada = copy.shows("user show ada");
    assert_eq!((&ada["home_directory"], &ada["login_shell"]), (&json!(null), &json!("/bin/bash")));

    // The admin that was made has no password until the one who is invited has chosen it.
    let within = tenantry.within(&other);
    within.does("admin activate chief");
    let set = within.hear("admin set-password chief", &format!("{PASSWORD}\n"));
    assert!(set.code == 7 && set.stderr.contains("sign in again first"), "{set:?}");
    let invited = within.shows("admin invite chief");
    let acceptance = json!({"token": invited["token"], "password": PASSWORD});
    let accepted = office.demo.https(None).send("POST", "/v1/invitations", Some(&acceptance));
    assert_eq!(accepted.status, 204, "{accepted:?}");
    let credentials = json!({"organization": other, "login": "chief", "password": PASSWORD});
    let asked = office.demo.https(None).send("POST", "/v1/sign-in", Some(&credentials));
    assert_eq!(asked.status, 202, "the first sign-in enrols: {asked:?}");
}

#[test]
fn what_there_is_one_of_is_changed_in_what_differs_and_lists_are_pruned() {
    let (office, folder) = (Office::new(), folder());
    let (tenantry, slug) = (desk(&office), format!("{}-twin", office.slug));
    plan(&tenantry, &slug);
    let made = tenantry.hear("apply -f - --yes", &file(&slug, folder.path()));
    assert_eq!(made.code, 0, "{made:?}");
    let text = format!(
        "organization: {{slug: {slug}, name: Another, state: suspended}}\n\
         user_cap: {{most: 60}}\n\
         device_cap: {{kind: soft}}\n\
         presentation: {{aliases: []}}\n\
         event_retention: {{retention: null}}\n\
         certificate_authorities: [{{name: own, built_in: true, certificate_days: 40}}]\n\
         event_destinations: []\n\
         admins: [{{login: chief, role: help_desk, state: active}}]\n\
         agreements: [{{plan: null, since: 2999-01}}]\n"
    );
    let changed = tenantry.hear("apply -f - --yes --prune", &text);
    assert_eq!(changed.code, 0, "{changed:?}");
    let said = [
        "    most: 50 -> 60\n",
        "    kind: \"hard\" -> \"soft\"\n",
        "    retention: 31536000000 -> null\n",
        "- event destination siem\n",
        "- certificate authority Theirs\n",
        "    role: \"administrator\" -> \"help_desk\"\n",
        "    certificate_days: 30 -> 40\n",
        "    state: \"active\" -> \"suspended\"\n",
    ];
    assert!(said.iter().all(|line| changed.stdout.contains(line)), "{changed:?}");
    let cap = tenantry.shows(&format!("org user-cap {slug}"));
    assert_eq!((&cap["most"], &cap["kind"]), (&json!(60), &json!("hard")), "the rest stays");
    let cap = tenantry.shows(&format!("org device-cap {slug}"));
    assert_eq!((&cap["most"], &cap["kind"]), (&json!(70), &json!("soft")), "the rest stays");
    let shown = tenantry.shows(&format!("org show {slug}"));
    let (name, state) = (&shown["name"], &shown["state"]);
    assert_eq!((name, state), (&json!("Another"), &json!("suspended")));
    let again = tenantry.hear("apply -f - --yes --prune", &text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    let opened =
        tenantry.hear("apply -f - --yes", &text.replace("state: suspended", "state: active"));
    let expected = "~ organization\n    state: \"suspended\" -> \"active\"\n";
    assert_eq!((opened.code, opened.stdout.as_str()), (0, expected), "{opened:?}");
    let within = tenantry.within(&slug);
    assert_eq!(within.shows("billing agreements").as_array().unwrap().len(), 2);
    assert_eq!(within.shows("presentation show")["aliases"], json!([]));
    assert_eq!(within.shows("admin show chief")["state"], "active");
}

#[test]
fn what_somebody_agreed_on_since_it_was_seen_stands() {
    let (office, folder) = (Office::new(), folder());
    let (tenantry, slug) = (desk(&office).within(&office.slug), &office.slug);
    plan(&tenantry, slug);
    let text = format!(
        "agreements: [{{plan: plan of {slug}, since: 2999-01}}, {{plan: null, since: 2999-06}}]\n"
    );
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (file, answer) = (path("agreements.yaml"), path("answer"));
    std::fs::write(&file, &text).unwrap();
    // The plan is shown by then, and waits for whoever writes the answer.
    assert!(std::process::Command::new("mkfifo").arg(&answer).status().unwrap().success());
    let applied = {
        let (tenantry, line) = (tenantry.clone(), format!("apply -f {file}"));
        let typed = format!("@{answer}");
        std::thread::spawn(move || tenantry.at_terminal(&line, &[("[y/N]: ", typed.as_str())]))
    };
    let mut writer = std::fs::OpenOptions::new().write(true).open(&answer).unwrap();
    let other = json!({"organization": office.id, "plan": null, "since": "2999-01"});
    let agreed = office.top.send("POST", "/v1/billing/agreements", Some(&other));
    assert_eq!(agreed.status, 200, "{agreed:?}");
    writer.write_all(b"y").unwrap();
    drop(writer);
    let refused = applied.join().unwrap();
    assert!(refused.code == 7 && refused.stdout.contains("somebody changed it"), "{refused:?}");
    let there = |tenantry: &Tenantry| tenantry.shows("billing agreements");
    assert_eq!(there(&tenantry).as_array().unwrap().len(), 1);
    assert_eq!(there(&tenantry)[0]["plan"], json!(null));
    let again = tenantry.hear("apply -f - --yes", &text);
    assert_eq!(again.code, 0, "one follows upon the other: {again:?}");
    assert_eq!(there(&tenantry)[0]["plan"], format!("plan of {slug}"));
    assert_eq!(there(&tenantry).as_array().unwrap().len(), 2);
}

#[test]
fn what_makes_no_organization_is_refused_before_anything_is_done() {
    let office = Office::new();
    let (tenantry, slug) = (desk(&office), format!("{}-twin", office.slug));
    let headless = tenantry.clone().within(&slug).hear("apply -f - --yes", "users: []");
    assert_eq!(headless.code, 5, "{headless:?}");
    for (wrong, said) in [
        (format!("organization: {{slug: {slug}, base: dc=x}}"), "has no name"),
        (format!("organization: {{slug: {slug}, name: X, base: dc=x, colour: red}}"), "no field"),
        (
            format!("organization: {{slug: {slug}, name: X, base: dc=x, state: asleep}}"),
            "active or suspended",
        ),
        (format!("organization: {{slug: {}}}\nuser_cap: {{least: 1}}", office.slug), "least"),
        (format!("organization: {{slug: {}}}\nagreements: [2026]", office.slug), "agreement"),
        ("organization: {}".into(), "which organization?"),
    ] {
        let refused = tenantry.hear("apply -f - --yes", &wrong);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{wrong}: {refused:?}");
        assert!(refused.stderr.contains(said), "{wrong}: {refused:?}");
    }
    assert_eq!(tenantry.run(&format!("org show {slug}")).code, 5);
    let own = tenantry.within(&office.slug);
    own.does("certificate-authority create-built-in --name Own");
    let flipped = "certificate_authorities: [{name: Own, holder: user_by_mail}]";
    let refused = own.hear("apply -f - --yes", flipped);
    assert!(refused.code == 2 && refused.stderr.contains("is true and stays so"), "{refused:?}");
}

#[test]
fn who_may_not_see_what_is_paid_exports_and_applies_all_else() {
    let office = Office::new();
    let key = &office.demo.admin_api.tokens.administrator;
    let tenantry = Tenantry::with_key(&office.demo, key).within(&office.slug);
    let exported = tenantry.run("export");
    assert_eq!(exported.code, 0, "{exported:?}");
    assert!(exported.stderr.contains("without agreements"), "{exported:?}");
    let again = tenantry.hear("apply -f - --yes", &exported.stdout);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    let agreed = tenantry.hear("apply -f - --yes", "agreements: []");
    assert_eq!(agreed.code, 4, "{agreed:?}");
}

#[test]
fn addresses_that_are_shown_in_part_are_not_exported_and_nothing_is_pruned_for_want_of_them() {
    let office = Office::new();
    let tokens = &office.demo.admin_api.tokens;
    let of = |key: &str| Tenantry::with_key(&office.demo, key).within(&office.slug);
    let (top, reader) = (of(&tokens.administrator_with_billing), of(&tokens.read_only));
    for (name, path) in [("siem", "in/T0K3N"), ("open", "")] {
        let webhook = json!({"url": format!("https://receiver.invalid/{path}")});
        let fields = json!({"name": name, "kind": "webhook", "paused": true, "webhook": webhook});
        office.make("event-destinations", &fields);
    }
    assert!(top.does("export").contains("https://receiver.invalid/in/T0K3N"));
    let exported = reader.run("export");
    assert_eq!(exported.code, 0, "{exported:?}");
    assert!(exported.stderr.contains("without event destinations"), "{exported:?}");
    assert!(!exported.stdout.contains("receiver.invalid"), "{exported:?}");
    let applied = top.hear("apply -f - --yes --prune", &exported.stdout);
    assert_eq!((applied.code, applied.stdout.as_str()), (0, ""), "{applied:?}");
    assert_eq!(top.shows("event-destination list").as_array().unwrap().len(), 2);
}
