//! With which code `tenantry` ends, as its help says.

use serde_json::{Value, json};

use crate::harness::admin::PASSWORD;
use crate::harness::authority::Authority;
use crate::harness::office::Office;
use crate::harness::receiver::nobody;
use crate::harness::tenantry::Tenantry;

/// What the help says of each code, and at last of 130, with which imports end that are interrupted
/// (`imports.rs`).
const MEANINGS: [&str; 12] = [
    "done",
    "failed",
    "wrong usage",
    "not signed in",
    "not allowed",
    "no such thing",
    "changed or taken by others",
    "not acceptable",
    "the server cannot be reached or fails",
    "too many requests",
    "something differs (apply --exit-code)",
    "interrupted",
];

#[test]
fn each_code_that_the_help_names_is_what_a_command_ends_with() {
    let office = Office::new();
    let tokens = &office.demo.admin_api.tokens;
    let of = |key: &str| Tenantry::with_key(&office.demo, key).within(&office.slug);
    let (top, reader) = (of(&tokens.administrator_with_billing), of(&tokens.read_only));
    let user = "user create --display-name Ada --surname L --login ada";
    let lines = [
        (&top, user.to_owned()),
        (&top, "user create --from /nowhere/at/all".into()),
        (&top, "user create --login bob".into()),
        (&of("tnkey_0_1_x"), "user list".into()),
        (&reader, "user suspend ada".into()),
        (&top, "user show nobody".into()),
        (&top, user.to_owned()),
        (&top, format!("{} --mail nonsense", user.replace("ada", "bob"))),
        (&top, "user list --server https://127.0.0.1:1".into()),
    ];
    for (code, (who, line)) in (0..).zip(lines) {
        let ended = who.run(&line);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
    }
    office.make("event-destinations", &nobody("siem"));
    let lost = top.run("event-destination test siem");
    assert!(lost.code == 7 && lost.stderr.contains("it was not delivered: "), "{lost:?}");
    let tried =
        (0..10).map(|_| top.run("event-destination test siem").code).find(|code| *code != 7);
    assert_eq!(tried, Some(9), "a destination is tried six times in a minute");
    let differs = |file: &str, options: &str| {
        let ended = top.hear(&format!("apply -f - --dry-run{options}"), file);
        (ended.code, ended.stderr)
    };
    assert_eq!(differs("groups: [{name: staff}]", " --exit-code"), (10, String::new()));
    assert_eq!(differs("groups: [{name: staff}]", ""), (0, String::new()));
    assert_eq!(differs("groups: []", " --exit-code"), (0, "Nothing differs.\n".to_owned()));
    assert_eq!(top.hear("apply -f - --exit-code", "groups: []").code, 2, "only with --dry-run");
    // What is in the way was there before, and nobody else did something meanwhile.
    top.does("group create --name staff");
    let id = top.shows("group show staff")["id"].clone();
    office.client("gate", &json!({"allowed_groups": [id]}));
    let in_use = top.run("group delete staff --yes");
    assert_eq!(in_use.code, 7, "{in_use:?}");

    let help = top.does("--help");
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let told: Vec<_> = (0..=10)
        .chain([130])
        .zip(MEANINGS)
        .map(|(code, meaning)| format!("{code} {meaning}"))
        .collect();
    let expected = format!("Exit codes: {}.", told.join(", "));
    assert!(help.contains(&expected), "{expected}: {help}");
}

#[test]
fn what_is_refused_is_called_as_it_was_typed() {
    let office = Office::new();
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let top = Tenantry::with_key(&office.demo, top).within(&office.slug);
    top.does("group create --name staff");
    let nothing = "01890a5d-ac96-774b-bcce-b302099a8057";
    let refused = top.run(&format!("group change-members staff --add-groups {nothing}"));
    assert!(refused.stderr.starts_with("tenantry: --add-groups: "), "{refused:?}");
    let user = ["user", "create", "--login", "ada", "--display-name", "A", "--surname", "L"];
    let custom = top.words(&[&user[..], &["--custom", r#"{"badge": 7}"#]].concat());
    assert!(custom.stderr.contains("--custom, badge: "), "{custom:?}");
    let from = top.hear("user create --from -", "login: ada\ndisplay_name: A\nsurname: 7\n");
    assert!(from.code != 0 && from.stderr.starts_with("tenantry: surname: "), "{from:?}");
    assert!(!from.stderr.contains(" column "), "{from:?}");
    for (line, option) in [
        ("user list --sort nonsense", "--sort"),
        ("user list --filter (", "--filter"),
        ("events --source nonsense", "--source"),
        ("events --sort at", "--sort"),
        ("events export --source nonsense", "--source"),
        ("events counts --action nonsense", "--action"),
    ] {
        let refused = top.run(line);
        assert!(refused.stderr.starts_with(&format!("tenantry: {option}: ")), "{refused:?}");
    }
    import_is_called_as_it_was_typed(&top);
    let nested = "groups: [{name: one, members: {groups: [two]}}, \
                  {name: two, members: {groups: [one]}}]";
    let looped = top.hear("apply -f - --yes", nested);
    assert!(looped.code != 0 && looped.stderr.contains("tenantry: group two: "), "{looped:?}");
}

#[test]
fn what_names_a_route_of_the_server_names_the_command_for_it() {
    let office = Office::new();
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let top = Tenantry::with_key(&office.demo, top);
    let unknown = top.run("events --action nonsense");
    assert!(unknown.stderr.contains("`tenantry events --help` lists"), "{unknown:?}");
    assert!(top.does("events --help").contains("sign_in_begun"), "it does");
    let within = top.clone().within(&office.slug);
    let attributes = r#"[{"name": "Nope", "value": "1"}]"#;
    let words = ["reply-profile", "create", "--name", "x", "--attributes", attributes];
    let unknown = within.words(&words);
    assert!(unknown.stderr.contains("`tenantry reply-profile attributes` lists"), "{unknown:?}");
    let own = top.shows("account show")["id"].as_str().unwrap().to_owned();
    for (line, said) in [
        ("admin set-password", "own password with `tenantry account set-password`"),
        ("admin reset-mfa", "own authenticator with `tenantry account begin-authenticator`"),
    ] {
        let refused = top.hear(&format!("{line} {own}"), &format!("{PASSWORD}\n"));
        assert_eq!(refused.code, 7, "{line}: {refused:?}");
        assert!(refused.stderr.contains(said), "{line}: {refused:?}");
    }
}

fn import_is_called_as_it_was_typed(top: &Tenantry) {
    let long = "x".repeat(300);
    for (options, said) in [
        ("--map Office=nonsense", "--map Office=nonsense: "),
        ("--map Office=login --map Office=nonsense", "--map Office=nonsense: "),
        ("--delimiter x", "--delimiter: "),
        (&*format!("--name {long}"), "--name: "),
    ] {
        let refused = top.hear(&format!("import csv - {options}"), "login,Office\n");
        assert_eq!(refused.code, 7, "{refused:?}");
        assert!(refused.stderr.starts_with(&format!("tenantry: {said}")), "{refused:?}");
    }
    let mapping = ["import", "csv", "/dev/null", "--mapping", r#"{"Office": "nonsense"}"#];
    let refused = top.words(&mapping);
    assert!(refused.stderr.starts_with("tenantry: --mapping, Office: "), "{refused:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("how.yaml");
    std::fs::write(&file, "name: old\nformat: csv\nmapping: {Office: nonsense}\n").unwrap();
    let how = file.to_str().unwrap();
    let refused = top.words(&["import", "csv", "/dev/null", "--from", how]);
    assert!(refused.stderr.starts_with("tenantry: mapping.Office: "), "{refused:?}");
    let other = top.words(&["import", "ldif", "/dev/null", "--from", how]);
    assert_eq!((other.code, other.stdout.as_str()), (2, ""), "{other:?}");
    std::fs::write(&file, "name: old\ndry_run: true\nholds: groups\n").unwrap();
    let made = top.hear(&format!("import csv - --from {how} -o json"), "name\nold-staff\n");
    assert_eq!(made.code, 0, "{made:?}");
    let import: Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!((&import["name"], &import["planned"]["create"]), (&json!("old"), &json!(1)));
}

#[test]
fn who_names_nothing_or_reaches_nobody_is_told_what_to_do_next() {
    let office = Office::new();
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let top = Tenantry::with_key(&office.demo, top).within(&office.slug);
    let nothing = "01890a5d-ac96-774b-bcce-b302099a8057";
    top.does("security-policy create --name base");
    for (line, code, next) in [
        ("group show nope", 5, "there is no group “nope”; `tenantry group list` shows"),
        ("security-policy show nope", 5, "no security policy “nope”; `tenantry security-policy"),
        ("radius show nope", 5, "no radius client “nope”; `tenantry radius list` shows"),
        ("security-policy version base 9", 5, "; `tenantry security-policy versions NAME` shows"),
        ("user create --from /nowhere", 1, "; see that path and name are right"),
        ("org show nope", 5, "no organization “nope”; `tenantry org list` shows"),
        (format!("user show {nothing}").as_str(), 5, "; the `list` of its kind shows"),
        ("user list --server https://127.0.0.1:1", 8, "; see that it runs, and that name"),
    ] {
        let told = top.run(line);
        assert_eq!(told.code, code, "{line}: {told:?}");
        assert!(told.stderr.contains(next), "{line}: {told:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let contexts = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let told = contexts.run("context use nope");
    assert!(told.stderr.contains("`tenantry context list` shows"), "{told:?}");
    let others = folder.path().join("others.pem");
    std::fs::write(&others, Authority::new("Others").pem()).unwrap();
    let told = top.run(&format!("user list --ca {}", others.display()));
    assert_eq!(told.code, 8, "{told:?}");
    assert!(told.stderr.contains("; name the authority of its certificate with --ca"), "{told:?}");
}

#[test]
fn who_names_a_deleted_organization_is_told_how_it_comes_back() {
    let office = Office::new();
    let (slug, tokens) = (format!("{}-old", office.slug), &office.demo.admin_api.tokens);
    let top = Tenantry::with_key(&office.demo, &tokens.administrator_with_billing);
    top.does(&format!("org create --slug {slug} --name Old-{slug} --base dc={slug},dc=example"));
    top.does(&format!("org delete {slug} --confirmation Old-{slug} --yes"));
    let said = format!("organization {slug} is deleted; `tenantry org restore {slug}` brings it");
    for line in [
        format!("org show {slug}"),
        format!("user list -O {slug}"),
        format!("export -O {slug}"),
        format!("events -O {slug}"),
    ] {
        let told = top.run(&line);
        assert_eq!((told.code, told.stdout.as_str()), (5, ""), "{line}: {told:?}");
        assert!(told.stderr.contains(&said), "{line}: {told:?}");
    }
    let text = format!("organization: {{slug: {slug}, name: New, base: 'dc={slug},dc=example'}}\n");
    let told = top.hear("apply -f - --yes", &text);
    assert_eq!((told.code, told.stdout.as_str()), (5, ""), "{told:?}");
    assert!(told.stderr.contains(&said), "{told:?}");
    let other = Tenantry::with_key(&office.demo, &tokens.read_only);
    let hidden = other.run(&format!("org show {slug}"));
    assert!(hidden.code == 5 && hidden.stderr.contains("there is no organization"), "{hidden:?}");
    top.does(&format!("org restore {slug}"));
    assert_eq!(top.shows(&format!("org show {slug}"))["state"], "suspended");
}

#[test]
fn what_would_be_ignored_is_refused() {
    let office = Office::new();
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let top = Tenantry::with_key(&office.demo, top).within(&office.slug);
    top.does("user create --login ada --display-name Ada --surname L");
    for line in [
        "apply -f /dev/null -o json",
        "export -o csv",
        "billing invoices -o table",
        "billing invoice --format csv -o json",
        "events export -o csv",
        "events export-among -o csv",
        "events --sort sequence --follow",
        "user update ada --title Boss --clear title",
    ] {
        let refused = top.run(line);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{line}: {refused:?}");
    }
    assert!(top.does("export -o yaml").contains("login: ada"));
}

#[test]
fn a_file_that_says_something_twice_or_goes_round_is_wrong_usage() {
    let office = Office::new();
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let top = Tenantry::with_key(&office.demo, top).within(&office.slug);
    for (text, said) in [
        ("groups: []\ngroups: []\n", "the field groups is said a second time"),
        ("groups: &all [*all]\n", "an alias stands within what it stands for"),
        ("groups: [\n", ""),
        ("[groups]\n", "it has no members such as users"),
        ("groups\n", "it has no members such as users"),
    ] {
        let refused = top.hear("apply -f - --yes", text);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{text}: {refused:?}");
        assert!(refused.stderr.starts_with(&format!("tenantry: -: {said}")), "{refused:?}");
    }
    let merged = top.hear("apply -f - --yes", "<<: {groups: [{name: staff}]}\n");
    assert_eq!((merged.code, merged.stdout.as_str()), (2, ""), "{merged:?}");
    assert!(merged.stderr.starts_with("tenantry: <<: a file has "), "{merged:?}");
}

#[test]
fn a_variable_is_no_option_that_was_typed_and_says_nothing_without_a_value() {
    let office = Office::new();
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let top = Tenantry::with_key(&office.demo, top).within(&office.slug);
    let missing = top.run("user show");
    assert_eq!(missing.code, 2, "{missing:?}");
    let said = &missing.stderr;
    assert!(said.contains("<USER>") && !said.contains("--token"), "{said}");
    let unknown = top.clone().setting("TENANTRY_CA", "").run("user list");
    assert_eq!(unknown.code, 8, "the system knows no such authority: {unknown:?}");
    let provider = top.setting("TENANTRY_ORG", "").run("admin list");
    assert_eq!(provider.code, 0, "{provider:?}");
}

#[test]
fn an_import_with_rows_in_error_is_not_acceptable() {
    let office = Office::new();
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let top = Tenantry::with_key(&office.demo, top).within(&office.slug);
    let checked = top.hear("import csv - --name people", "login,mail\nada,nonsense\n");
    assert!(checked.code == 7 && checked.stderr.contains("1 row is in error"), "{checked:?}");
    let refused = top.run("import apply people");
    assert_eq!(refused.code, 7, "{refused:?}");
    assert!(refused.stderr.contains("(--leave-out-errors)"), "{refused:?}");
}

#[test]
fn a_file_without_events_is_not_verified() {
    let office = Office::new();
    let reader = Tenantry::with_key(&office.demo, &office.demo.admin_api.tokens.read_only);
    let nothing = reader.hear("events verify -", "");
    assert_eq!(nothing.code, 1, "{nothing:?}");
    assert!(nothing.stderr.contains("there is no event in it"), "{nothing:?}");
}

#[test]
fn what_is_typed_says_more_than_the_environment_about_where() {
    let office = Office::new();
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&office.demo, key).within(&office.slug);
    assert_eq!(tenantry.shows("admin list"), json!([]), "an organization's own");
    assert_ne!(tenantry.shows("admin list --provider"), json!([]));
    let login = "login https://127.0.0.1:1 --as olga@example.com";
    for line in ["admin list", "context use lab", login] {
        let both = tenantry.run(&format!("{line} --provider --org {}", office.slug));
        assert_eq!(both.code, 2, "{line}: {both:?}");
        assert!(both.stderr.contains("two places"), "{line}: {both:?}");
    }
}
