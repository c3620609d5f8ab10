//! An organization as a file.

use std::io::Write;

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::ssh_keys::SSH_KEYS;
use crate::harness::tenantry::Tenantry;

pub(super) fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

fn file(office: &Office, secret: &str) -> String {
    format!(
        "settings: {{lockout: {{threshold: 7}}}}\n\
         custom_attributes: [{{name: badge, syntax: integer, indexed: true}}]\n\
         users:\n\
         - {{login: ada, display_name: Ada, surname: L, mail: [ada@x.example], custom: {{badge: 7}}, \
         password: {{file: {secret}}}}}\n\
         - {{login: bob, display_name: Bob, surname: B}}\n\
         groups:\n\
         - {{name: all, members: {{groups: [staff]}}}}\n\
         - {{name: staff, members: {{users: [ada, bob]}}}}\n\
         password_policies:\n\
         - {{name: careful, precedence: 5, groups: [staff], password_policy: {{history: 4}}}}\n\
         devices: [{{name: printer, addresses: ['00:10:a4:23:19:c0'], groups: [staff], owner: ada}}]\n\
         security_policies:\n\
         - {{name: base, precedence: 1, groups: [all], settings: {{screen_lock: {{delay: 300}}}}}}\n\
         reply_profiles: [{{name: guests, vlan: '30'}}]\n\
         service_accounts: [{{name: wiki, visibility: {{groups: [all]}}}}]\n\
         radius_clients:\n\
         - {{name: gate, sources: [{}/32], allowed_groups: [staff], reply_profile: guests}}\n",
        office.address
    )
}

#[test]
fn a_file_makes_an_organization_and_again_changes_nothing() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let tenantry = desk(&office);
    let secret = folder.path().join("password");
    std::fs::write(&secret, "correct horse battery\n").unwrap();
    let text = file(&office, secret.to_str().unwrap());
    let tried = tenantry.hear("apply -f - --dry-run", &text);
    assert_eq!(tried.code, 0, "{tried:?}");
    assert!(tried.stdout.contains("+ user ada\n") && tried.stdout.contains("password: (secret)"));
    assert!(!tried.stdout.contains("correct horse"), "{tried:?}");
    assert_eq!(tenantry.shows("user list"), json!([]), "it was tried only");

    let applied = tenantry.hear("apply -f - --yes", &text);
    assert_eq!(applied.code, 0, "{applied:?}");
    let again = tenantry.hear("apply -f - --yes", &text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    assert!(again.stderr.ends_with("Nothing differs.\n"), "{again:?}");
    assert_eq!(tenantry.shows("group members all")[0]["name"], "staff");
    assert_eq!(tenantry.shows("settings show")["lockout"]["threshold"], 7);
    let part = tenantry.hear("apply -f - --dry-run", "settings: {lockout: {window: 60000}}");
    let stays = "-> {\"duration\":900000,\"threshold\":7,\"window\":60000}\n";
    assert!(part.stdout.ends_with(stays), "what stays is shown: {part:?}");
    let effective = tenantry.shows("user password-policy ada");
    assert_eq!(effective["source"]["name"], "careful", "{effective}");
    let explained = tenantry.shows("radius explain gate --login ada --method pap");
    assert_eq!(explained["accept"], true, "{explained}");

    let less = "users: [{login: ada, display_name: Countess, surname: L}]\n\
                groups: [{name: all}, {name: staff, members: {users: [ada]}}]\n";
    let kept = tenantry.hear("apply -f - --yes", less);
    assert_eq!(kept.stdout, "~ user ada\n    display_name: \"Ada\" -> \"Countess\"\n");
    let pruned = tenantry.hear("apply -f - --yes --prune", less);
    assert_eq!(pruned.code, 0, "{pruned:?}");
    assert_eq!(pruned.stdout, "~ members of staff\n    - bob\n- user bob\n");
    assert_eq!(tenantry.shows("user list").as_array().unwrap().len(), 1);
    assert_eq!(tenantry.shows("device list").as_array().unwrap().len(), 1, "no list of devices");
}

#[test]
fn who_applies_a_file_that_leaves_them_out_is_told_before_anything_is_pruned() {
    let office = Office::new();
    let chief = office.admin("administrator_with_billing");
    let helper = office.admin("help_desk");
    office.group("staff", &[], &[]);
    let own = Tenantry::with_key(&office.demo, chief.session.token()).within(&office.slug);
    let logins = || {
        let listed = own.shows("admin list");
        let logins = listed.as_array().unwrap().iter().map(|it| it["login"].as_str().unwrap());
        logins.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let without = "groups: []\nadmins: [{login: other, display_name: Other, role: read_only}]\n";
    for options in ["--yes --prune", "--dry-run --prune"] {
        let refused = own.hear(&format!("apply -f - {options}"), without);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
        let said = format!("leave out {}, and nobody deletes themselves", chief.login);
        assert!(refused.stderr.contains(&said), "{refused:?}");
    }
    assert_eq!(logins(), [chief.login.clone(), helper.login.clone()]);
    assert_eq!(own.shows("group list").as_array().unwrap().len(), 1);

    let with = format!(
        "groups: []\n\
         admins: [{{login: {}, display_name: An Admin, role: administrator_with_billing}}]\n",
        chief.login
    );
    let pruned = own.hear("apply -f - --yes --prune", &with);
    let said = format!("- admin {}\n- group staff\n", helper.login);
    assert_eq!((pruned.code, pruned.stdout), (0, said), "{}", pruned.stderr);
    assert_eq!(logins(), [chief.login]);
    assert_eq!(own.shows("group list"), json!([]));
}

/// An export without what an organization is called, to be applied to another.
pub(super) fn without_head(exported: &str) -> String {
    let mut lines = exported.split_inclusive('\n').peekable();
    let mut copy = String::new();
    while let Some(line) = lines.next() {
        if line.trim_end() == "organization:" {
            while lines.next_if(|line| line.starts_with(' ')).is_some() {}
        } else {
            copy.push_str(line);
        }
    }
    copy
}

#[test]
fn what_was_exported_has_no_secret_and_applies_elsewhere() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let tenantry = desk(&office);
    let secret = folder.path().join("password");
    std::fs::write(&secret, "correct horse battery\n").unwrap();
    let text = file(&office, secret.to_str().unwrap());
    assert_eq!(tenantry.hear("apply -f - --yes", &text).code, 0);
    let exported = tenantry.does("export");
    assert!(!exported.contains("secret:") && !exported.contains("password:"), "{exported}");
    assert!(exported.contains("reply_profile: guests"), "{exported}");
    let unchanged = tenantry.hear("apply -f - --yes --prune", &exported);
    assert_eq!((unchanged.code, unchanged.stdout.as_str()), (0, ""), "{unchanged:?}");

    let other = Office::new();
    let (there, ours) = (office.address.to_string(), other.address.to_string());
    let mixed = desk(&other).hear("apply -f - --yes", &exported);
    assert!(mixed.code == 2 && mixed.stderr.contains("leave `organization` out"), "{mixed:?}");
    let copy = without_head(&exported).replace(&there, &ours);
    let moved = desk(&other).hear("apply -f - --yes", &copy);
    assert_eq!(moved.code, 0, "{moved:?}");
    assert_eq!(without_head(&desk(&other).does("export")), copy);
}

#[test]
fn a_file_that_has_a_secret_or_names_nobody_is_refused_before_anything_is_done() {
    let office = Office::new();
    let tenantry = desk(&office);
    let bare = "users: [{login: ada, display_name: A, surname: L, password: correct horse}]";
    let refused = tenantry.hear("apply -f - --yes", bare);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(!refused.stderr.contains("correct horse"), "{refused:?}");
    let unknown = tenantry.hear("apply -f - --yes", "user: []");
    assert!(unknown.code == 2 && unknown.stderr.contains("a file has organization"), "{unknown:?}");
    for members in ["[ada]", "{user: [ada]}", "{users: null}", "null"] {
        let text = format!("groups: [{{name: staff, members: {members}}}]");
        let misshapen = tenantry.hear("apply -f - --yes --prune", &text);
        assert_eq!(misshapen.code, 2, "{members}: {misshapen:?}");
    }
    assert_eq!(tenantry.shows("user list"), json!([]));
    assert_eq!(tenantry.shows("group list"), json!([]));
}

#[test]
fn what_is_written_wrongly_is_told_before_anything_is_shown_or_done() {
    let office = Office::new();
    let tenantry = desk(&office);
    let user = "login: ada, display_name: Ada, surname: L";
    for (line, told) in [
        (format!("users: [{{{user}, pasword: x}}]"), "user ada: pasword is no field: is password"),
        (
            "users: [{login: ada, display_name: Ada, surnam: L}]".into(),
            "user ada: surnam is no field: is surname meant?",
        ),
        (
            format!("groups: [{{name: g}}]\nusers: [{{{user}, title: 7}}]"),
            "user ada: title must be a text: put it in quotation marks",
        ),
        (
            format!("users: [{{{user}, uid_number: 007}}]"),
            "user ada: uid_number must be a whole number, without quotation marks",
        ),
        ("users: [{login: 7}]".into(), "user 7: login must be a text"),
        ("settings: {lockot: {}}".into(), "settings: lockot cannot be changed, or is no field"),
        ("settings: {lockout: {treshold: 7}}".into(), "lockout.treshold is no field: is threshold"),
    ] {
        let refused = tenantry.hear("apply -f - --yes", &line);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{line}: {refused:?}");
        assert!(refused.stderr.contains(told), "{line}: {refused:?}");
    }
    assert_eq!(tenantry.shows("group list"), json!([]));
}

#[test]
fn texts_that_look_like_something_else_stay_texts() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = "users: [{login: no, display_name: Yes, surname: No, employee_number: 007}]";
    let made = tenantry.hear("apply -f - --yes", text);
    assert_eq!(made.code, 0, "{made:?}");
    let user = tenantry.shows("user show no");
    assert_eq!((&user["display_name"], &user["surname"]), (&json!("Yes"), &json!("No")));
    assert_eq!(user["employee_number"], "007");
    let again = tenantry.hear("apply -f - --yes", text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    let exported = tenantry.hear("apply -f - --yes --prune", &tenantry.does("export"));
    assert_eq!((exported.code, exported.stdout.as_str()), (0, ""), "{exported:?}");
}

#[test]
fn pruning_keeps_what_the_file_names_whatever_the_case_and_members_that_it_says_nothing_of() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = "users: [{login: ada, display_name: Ada, surname: L}]\n\
                groups: [{name: inner}, {name: Ärzte, members: {users: [ada], groups: [inner]}}]\n";
    let made = tenantry.hear("apply -f - --yes", text);
    assert_eq!(made.code, 0, "{made:?}");
    let other = "groups: [{name: inner}, {name: ärzte, members: {groups: [INNER]}}]\n";
    let tried = tenantry.hear("apply -f - --dry-run --prune", other);
    let expected = "~ group ärzte\n    name: \"Ärzte\" -> \"ärzte\"\n";
    assert_eq!((tried.code, tried.stdout.as_str()), (0, expected), "{tried:?}");
}

#[test]
fn who_is_suspended_stays_so_where_an_export_is_applied() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = "users: [{login: ada, display_name: Ada, surname: L}, \
                {login: bob, display_name: Bob, surname: B, state: suspended}, \
                {login: eve, display_name: Eve, surname: E, state: staged}]\n\
                service_accounts: [{name: wiki}]\n";
    let made = tenantry.hear("apply -f - --yes", text);
    assert_eq!(made.code, 0, "{made:?}");
    assert!(
        made.stdout.contains("~ user bob\n    state: \"active\" -> \"suspended\"\n"),
        "{made:?}"
    );
    assert_eq!(tenantry.shows("user show bob")["state"], "suspended");
    tenantry.does("service-account update wiki --suspended");
    let quiet = tenantry.run("export");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""), "{quiet:?}");
    let again = tenantry.hear("apply -f - --yes --prune", &quiet.stdout);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");

    let other = desk(&Office::new());
    let copy = without_head(&quiet.stdout);
    let moved = other.hear("apply -f - --yes", &copy);
    assert_eq!(moved.code, 0, "{moved:?}");
    assert_eq!(other.shows("user show bob")["state"], "suspended");
    assert_eq!(other.shows("user show ada")["state"], "active");
    assert_eq!(other.shows("user show eve")["state"], "staged");
    assert_eq!(other.shows("service-account show wiki")["suspended"], true);
    assert_eq!(without_head(&other.does("export")), copy);
    let back = other.hear("apply -f - --yes", &copy.replace("suspended", "active"));
    assert_eq!(back.code, 2, "an account has no such field: {back:?}");
    let text = "users: [{login: bob, display_name: Bob, surname: B, state: active}]";
    assert_eq!(other.hear("apply -f - --yes", text).code, 0);
    assert_eq!(other.shows("user show bob")["state"], "active");
    let wrong = other.hear("apply -f - --yes", &text.replace("active", "asleep"));
    assert!(wrong.code == 2 && wrong.stderr.contains("active, suspended or staged"), "{wrong:?}");
}

#[test]
fn spellings_are_no_differences_and_names_of_nobody_are_told_before_anything_is_done() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = format!(
        "groups: [{{name: Staff}}]\n\
         devices: [{{name: printer, addresses: [00-10-A4-23-19-C0], groups: [staff]}}]\n\
         reply_profiles: [{{name: Guests, vlan: '30'}}]\n\
         radius_clients: [{{name: gate, sources: [{}], reply_profile: guests, \
         allowed_groups: [STAFF]}}]\n",
        office.address
    );
    let made = tenantry.hear("apply -f - --yes", &text);
    assert_eq!(made.code, 0, "{made:?}");
    let again = tenantry.hear("apply -f - --yes --prune", &text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    for nobody in [
        "users: [{login: ada, display_name: A, surname: L}]\n\
         groups: [{name: new, members: {users: [ada, bob]}}]",
        "groups: [{name: new}]\nservice_accounts: [{name: wiki, visibility: {groups: [gone]}}]",
    ] {
        let refused = tenantry.hear("apply -f - --yes", nobody);
        assert_eq!((refused.code, refused.stdout.as_str()), (5, ""), "{refused:?}");
        assert_eq!(tenantry.shows("group list").as_array().unwrap().len(), 1);
    }
    let none = "users: []\ngroups: []\ndevices: []\nreply_profiles: []\n\
                service_accounts: []\nradius_clients: []\ncustom_attributes: []\n";
    let pruned = tenantry.hear("apply -f - --yes --prune", none);
    let expected =
        "- RADIUS client gate\n- reply profile Guests\n- device printer\n- group Staff\n";
    assert_eq!((pruned.code, pruned.stdout.as_str()), (0, expected), "{pruned:?}");
    assert_eq!(tenantry.shows("radius list").as_array().unwrap().len(), 0);
}

#[test]
fn what_somebody_changed_since_it_was_seen_is_not_deleted() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let tenantry = desk(&office);
    let made = "users: [{login: ada, display_name: Ada, surname: L}, \
                {login: bob, display_name: Bob, surname: B}]\n";
    assert_eq!(tenantry.hear("apply -f - --yes", made).code, 0);
    // The plan is made by what was read before, and waits for whoever writes the password.
    let secret = folder.path().join("password");
    let pipe = std::process::Command::new("mkfifo").arg(&secret).status().unwrap();
    assert!(pipe.success());
    let file = format!(
        "users: [{{login: ada, display_name: Ada, surname: L}}, {{login: eve, display_name: Eve, \
         surname: E, password: {{file: {}}}}}]\n",
        secret.display()
    );
    let applied = {
        let tenantry = tenantry.clone();
        std::thread::spawn(move || tenantry.hear("apply -f - --yes --prune", &file))
    };
    let mut writer = std::fs::OpenOptions::new().write(true).open(&secret).unwrap();
    tenantry.does("user update bob --title Boss");
    writer.write_all(b"correct horse battery").unwrap();
    drop(writer);
    let refused = applied.join().unwrap();
    assert!(refused.code == 7 && refused.stderr.contains("somebody changed it"), "{refused:?}");
    assert!(refused.stdout.contains("- user bob\n"), "{refused:?}");
    assert_eq!(tenantry.shows("user show bob")["title"], "Boss");
}

#[test]
fn a_private_key_in_a_file_is_neither_shown_nor_sent_and_others_are_refused_by_their_place() {
    let office = Office::new();
    let tenantry = desk(&office);
    let file = |key: &str| {
        format!("users:\n- {{login: ada, display_name: Ada, surname: L, ssh_keys: ['{key}']}}\n")
    };
    for private in ["-----BEGIN OPENSSH PRIVATE KEY-----", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU="] {
        let refused = tenantry.hear("apply -f - --yes", &file(private));
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
        assert!(refused.stderr.contains("user ada: ssh_keys has a private key"), "{refused:?}");
        assert!(!refused.stderr.contains(private), "{refused:?}");
    }
    let refused = tenantry.hear("apply -f - --yes", &file("ssh-ed25519 AAAA"));
    assert!(refused.code == 7 && refused.stderr.contains("is no whole key"), "{refused:?}");
    let [key, _] = SSH_KEYS;
    assert_eq!(tenantry.hear("apply -f - --yes", &file(key)).code, 0);
    assert_eq!(tenantry.shows("user show ada")["ssh_keys"], json!([key]));
}
