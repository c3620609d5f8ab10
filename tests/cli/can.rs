//! `tenantry can-i`.

use serde_json::{Value, json};

use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

#[test]
fn who_may_what_is_told_by_commands_permissions_and_all_together() {
    let office = Office::new();
    let tokens = &office.demo.admin_api.tokens;
    let reader = Tenantry::with_key(&office.demo, &tokens.read_only).within(&office.slug);
    assert_eq!(reader.does("can-i user list"), "yes\n");
    assert_eq!(reader.does("can-i view"), "yes\n");
    let no = reader.run("can-i user create");
    let said = "no: needs manage_identities, which read_only does not hold\n";
    assert_eq!((no.code, no.stdout.as_str(), no.stderr.as_str()), (4, said, ""));
    let anywhere = Tenantry::with_key(&office.demo, &tokens.read_only);
    assert_eq!(anywhere.run("can-i manage_admins").code, 4);
    assert_eq!(anywhere.run("can-i user create").code, 2, "nobody says in which organization");
    assert_eq!(reader.does("can-i server health"), "yes\n");
    let table = reader.does("can-i");
    assert!(table.starts_with("PERMISSION"), "{table}");
    assert_eq!(table.lines().count(), 9, "{table}");
    let shown = reader.run("can-i user unlock -o json");
    let answer: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((shown.code, &answer["answers"][0]["allowed"]), (4, &json!(false)));
    assert_eq!(reader.run("can-i user fly").code, 2);
    assert_eq!(reader.run("can-i fly").code, 7);
    let which = reader.run("can-i user");
    assert!(which.code == 2 && which.stderr.contains("which command of `user`?"), "{which:?}");
    assert!(which.stderr.contains("show, create"), "{which:?}");
    assert_eq!(reader.run("can-i view --org nowhere-at-all").code, 5);

    let top = Tenantry::with_key(&office.demo, &tokens.administrator_with_billing);
    let top_within = top.clone().within(&office.slug);
    for line in ["import csv", "import ldif", "import ldap"] {
        let no = reader.run(&format!("can-i {line}"));
        let said = "no: needs manage_identities, which read_only does not hold\n";
        assert_eq!((no.code, no.stdout.as_str()), (4, said), "{line}: {no:?}");
        assert_eq!(top_within.does(&format!("can-i {line}")), "yes\n", "{line}");
    }
    for line in ["import follow", "events", "events export", "radius explain", "ldap explain"] {
        assert_eq!(reader.does(&format!("can-i {line}")), "yes\n", "{line}");
    }
    for (line, said) in [
        ("apply", "`apply` is made of many operations"),
        ("export", "`export` is made of many operations"),
        ("login", "`login` is how one signs in"),
        ("context use", "`context` is about a file of yours"),
        ("events verify", "`events verify` asks no server"),
    ] {
        let told = reader.run(&format!("can-i {line}"));
        assert!(told.code == 2 && told.stderr.contains(said), "{line}: {told:?}");
    }
    let manager = office.provider_admin("manager", &json!({"organizations": [office.id]}));
    let line = format!("--org {} --admin {}", office.slug, manager.login);
    assert_eq!(top.does(&format!("can-i group create {line}")), "yes\n");
    assert_eq!(top.run(&format!("can-i radius create {line}")).code, 4);
    assert_eq!(top.does(&format!("can-i group create {line} --from 192.0.2.7")), "yes\n");
    let nowhere = top.run(&format!("can-i group create {line} --from 999"));
    assert!(
        nowhere.code == 2 && nowhere.stderr.contains("'999' for '--from <ADDRESS>'"),
        "{nowhere:?}"
    );
    assert_eq!(top.run("can-i view --provider --from 192.0.2.7").code, 2, "of whom?");
    let line = format!("can-i billing agree --org {}", office.slug);
    assert_eq!(top.does(&line), "yes\n");
    assert_eq!(reader.run("can-i billing agree").code, 4);
    let but = top.does("can-i admin create --provider");
    assert!(but.starts_with("yes, but for who manages admins it needs a session"), "{but}");
    let own = office.admin("help_desk");
    let line = format!("--org {} --org-admin {}", office.slug, own.login);
    assert_eq!(top.does(&format!("can-i user unlock {line}")), "yes\n");
    assert_eq!(top.run(&format!("can-i org suspend {line}")).code, 4);
}

#[test]
fn the_part_of_setting_passwords_that_a_policy_refuses_is_told_where_one_does() {
    let office = Office::new();
    let key = &office.demo.admin_api.tokens.help_desk;
    let desk = Tenantry::with_key(&office.demo, key).within(&office.slug);
    assert_eq!(desk.does("can-i user set-password"), "yes\n", "no policy demands a change");
    office.set(&json!({"password_policy": {"change_after_reset": true}}));
    let but = desk.does("can-i user set-password");
    assert!(but.starts_with("yes, but where the policy has users change"), "{but}");
}

#[test]
fn a_lock_of_days_is_told_and_refused_as_what_suspending_takes() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let tokens = &office.demo.admin_api.tokens;
    let desk = Tenantry::with_key(&office.demo, &tokens.help_desk).within(&office.slug);
    let above = Tenantry::with_key(&office.demo, &tokens.manager).within(&office.slug);
    let but = desk.does("can-i user lock");
    let said = "yes, but to lock for longer than a day it needs manage_identities";
    assert!(but.starts_with(said), "{but}");
    desk.does("user lock ada --seconds 24h");
    let refused = desk.run("user lock ada --seconds 25h");
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.stderr.contains("needs manage_identities on organization"), "{refused:?}");
    assert_eq!(above.does("can-i user lock"), "yes\n");
    above.does("user lock ada --seconds 25h");
}
