//! In which order a file is applied.

use serde_json::json;

use super::apply::{desk, without_head};
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

/// Applies a file, after which nothing differs; what was shown.
fn applied(tenantry: &Tenantry, options: &str, text: &str) -> String {
    let applied = tenantry.hear(format!("apply -f - --yes {options}").trim_end(), text);
    assert_eq!(applied.code, 0, "{text}: {applied:?}");
    let again = tenantry.hear("apply -f - --yes --prune", text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{text}: {again:?}");
    assert!(again.stderr.ends_with("Nothing differs.\n"), "{again:?}");
    applied.stdout
}

#[test]
fn things_may_name_what_stands_later_in_the_file_and_each_other() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = "custom_attributes:\n\
         - {name: badge, syntax: integer}\n\
         - {name: manager, syntax: reference}\n\
         - {name: teams, syntax: reference, multiple: true}\n\
         users:\n\
         - {login: ada, display_name: Ada, surname: L, \
         custom: {badge: 7, Manager: BOB, teams: [bob, {group: crew}]}}\n\
         - {login: bob, display_name: Bob, surname: B, custom: {manager: ada}}\n\
         groups:\n\
         - {name: all, custom: {manager: {group: crew}}}\n\
         - {name: crew, custom: {manager: bob}}\n";
    let told = applied(&tenantry, "", text);
    assert!(told.contains("+ group crew\n    custom: {\"manager\":\"bob\"}\n"), "{told}");
    let ada = tenantry.shows("user show ada")["custom"].clone();
    assert_eq!((&ada["badge"], &ada["manager"]), (&json!(7), &json!("bob")));
    assert_eq!(ada["teams"].as_array().unwrap().len(), 2, "{ada}");
    assert_eq!(tenantry.shows("group show all")["custom"]["manager"], json!({"group": "crew"}));

    let exported = without_head(&tenantry.does("export"));
    let other = desk(&Office::new());
    applied(&other, "", &exported);
    assert_eq!(without_head(&other.does("export")), exported);

    let joined = text.replace("Manager: BOB", "manager: eve")
        + "- {name: late}\n\
           devices: []\n";
    let joined = joined.replace(
        "groups:\n",
        "- {login: eve, display_name: Eve, surname: E, custom: {teams: late}}\ngroups:\n",
    );
    applied(&tenantry, "", &joined);
    let ada = tenantry.shows("user show ada")["custom"].clone();
    assert_eq!((&ada["badge"], &ada["manager"]), (&json!(7), &json!("eve")));
    let nobody = joined.replace("manager: eve", "manager: nobody").replace("Ada", "Countess");
    let refused = tenantry.hear("apply -f - --yes", &nobody);
    assert!(
        refused.code == 7 && refused.stderr.contains("user ada: custom.manager"),
        "{refused:?}"
    );
}

/// Whether one line stands before another.
fn is_before(told: &str, line: &str, other: &str) -> bool {
    let place = |line: &str| told.find(&format!("{line}\n"));
    place(line).is_some_and(|at| place(other).is_some_and(|other| at < other))
}

#[test]
fn what_moves_from_one_to_another_is_given_up_before_it_is_taken() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = "users:\n\
         - {login: ada, display_name: Ada, surname: L, uid_number: 20001}\n\
         - {login: bob, display_name: Bob, surname: B, uid_number: 20002}\n\
         groups:\n\
         - {name: all, gid_number: 30001}\n\
         - {name: crew, gid_number: 30002}\n\
         devices:\n\
         - {name: one, serial: S1, addresses: ['00:10:a4:23:19:c0', '00:10:a4:23:19:c1']}\n\
         - {name: two, serial: S2, addresses: []}\n";
    applied(&tenantry, "", text);
    let moved = text
        .replace("20002", "20003")
        .replace("20001", "20002")
        .replace("30002", "30003")
        .replace("30001", "30002")
        .replace("S1, addresses: ['00:10:a4:23:19:c0', ", "S2, addresses: [")
        .replace("S2, addresses: []", "S1, addresses: [0010a4-2319C0]");
    let told = applied(&tenantry, "", &moved);
    assert!(is_before(&told, "~ user bob", "~ user ada"), "{told}");
    assert!(told.contains("    serial: \"S1\" -> null\n"), "{told}");
    let two = tenantry.shows("device show two");
    assert_eq!((&two["serial"], &two["addresses"]), (&json!("S1"), &json!(["00:10:a4:23:19:c0"])));

    let circle = moved.replace("20002", "?").replace("20003", "20002").replace('?', "20003");
    for options in ["--yes", "--dry-run"] {
        let refused = tenantry.hear(&format!("apply -f - {options}"), &circle);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
        let said = "--uid-number NUMBER`), and apply the file again";
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
    tenantry.does("user update bob --uid-number 29999");
    applied(&tenantry, "", &circle);
}

#[test]
fn what_takes_the_place_of_another_is_made_once_that_is_deleted() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let tenantry = desk(&office);
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "correct horse battery\n").unwrap();
    let text = format!(
        "custom_attributes: [{{name: manager, syntax: reference}}]\n\
         users:\n\
         - {{login: bob, display_name: Bob, surname: B, uid_number: 20002}}\n\
         - {{login: ada, display_name: Ada, surname: L, custom: {{manager: bob}}}}\n\
         groups: [{{name: staff, members: {{users: [ada, bob]}}}}]\n\
         devices:\n\
         - {{name: laptop-8, serial: S8, owner: bob, addresses: ['00:10:a4:23:19:c0']}}\n\
         - {{name: printer, owner: bob}}\n\
         - {{name: phone, owner: bob}}\n\
         radius_clients: [{{name: gate, sources: [{}], secret: {{file: {}}}}}]\n",
        office.address,
        secret.display()
    );
    let capped = format!("{text}user_cap: {{most: 2, kind: hard}}\n");
    applied(&tenantry, "", &capped);
    let other = capped
        .replace("login: bob, display_name: Bob", "login: eve, display_name: Eve")
        .replace("manager: bob", "manager: eve")
        .replace("[ada, bob]", "[ada, eve]")
        .replace("laptop-8, serial: S8, owner: bob", "laptop-9, serial: S8, owner: eve")
        .replace("printer, owner: bob", "printer, owner: eve")
        .replace("- {name: phone, owner: bob}\n", "")
        .replace("name: gate", "name: door");
    let told = applied(&tenantry, "--prune", &other);
    for (gone, made) in [
        ("- user bob", "+ user eve"),
        ("- device laptop-8", "+ device laptop-9"),
        ("~ device printer", "- device phone"),
    ] {
        assert!(is_before(&told, gone, made), "{gone}: {told}");
    }
    assert_eq!(tenantry.shows("user show ada")["custom"]["manager"], "eve");
    assert_eq!(tenantry.shows("user list").as_array().unwrap().len(), 2);
    assert_eq!(tenantry.shows("radius list").as_array().unwrap().len(), 1);

    let held = "groups: [{name: staff}, {name: old, gid_number: 30001}]\n\
                service_accounts: [{name: wiki, visibility: {groups: [old]}}]\n";
    applied(&tenantry, "", held);
    let other = held.replace("old", "new");
    let refused = tenantry.hear("apply -f - --yes --prune", &other);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    let said = "gid_number 30001 is group old's, which something still names";
    assert!(refused.stderr.contains(said), "{refused:?}");
    tenantry.does("group update old --gid-number 30009");
    applied(&tenantry, "--prune", &other);
}

#[test]
fn a_radius_client_is_there_until_another_can_be_in_its_place() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let tenantry = desk(&office);
    let of = |name: &str, secret: &str| {
        let path = folder.path().join(secret.replace(' ', "-"));
        std::fs::write(&path, secret).unwrap();
        format!(
            "radius_clients: [{{name: {name}, sources: [{}], secret: {{file: {}}}}}]\n",
            office.address,
            path.display()
        )
    };
    let names = || {
        let listed = tenantry.shows("radius list");
        let names = listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap());
        names.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    applied(&tenantry, "", &of("gate", "correct horse battery"));
    let short = tenantry.hear("apply -f - --yes --prune", &of("door", "short"));
    assert_eq!((short.code, short.stdout.as_str()), (2, ""), "{short:?}");
    let said = "RADIUS client door: secret must have 16 to 128 octets";
    assert!(short.stderr.contains(said), "{short:?}");
    let nowhere =
        of("door", "another horse battery").replace("door,", "door, time_zone: No/Where,");
    let refused = tenantry.hear("apply -f - --yes --prune", &nowhere);
    assert!(refused.code != 0 && refused.stderr.contains("time_zone"), "{refused:?}");
    assert_eq!(names(), ["gate"]);
    applied(&tenantry, "--prune", &of("door", "correct horse battery"));
    assert_eq!(names(), ["door"], "one secret behind one source: the other made way");
    let told = applied(&tenantry, "--prune", &of("back", "another horse battery"));
    assert!(is_before(&told, "    secret: (secret)", "- RADIUS client door"), "{told}");
    assert_eq!(names(), ["back"]);
}

#[test]
fn radius_clients_without_sources_move_their_certificates() {
    let office = Office::new();
    let tenantry = desk(&office);
    let of = |(source, one, two): (&str, &str, &str)| {
        let client = |name: &str, source: &str, called: &str| {
            let called = format!("{called}.{}.example", office.slug);
            format!(
                "- {{name: {name}, sources: [{source}], certificates: {{names: [{called}]}}}}\n"
            )
        };
        format!("radius_clients:\n{}{}", client("two", "", two), client("one", source, one))
    };
    applied(&tenantry, "", &of(("", "first", "second")));
    let told = applied(&tenantry, "", &of(("", "third", "first")));
    assert!(is_before(&told, "~ RADIUS client one", "~ RADIUS client two"), "{told}");
    let refused = tenantry.hear("apply -f - --yes", &of(("", "first", "third")));
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(refused.stderr.contains("and so on in a circle"), "{refused:?}");
    let source = office.address.to_string();
    applied(&tenantry, "", &of((source.as_str(), "first", "third")));
}

#[test]
fn who_is_at_a_hard_cap_makes_room_with_those_who_go() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = "device_cap: {most: 1, kind: hard}\ndevices: [{name: old}]\n";
    applied(&tenantry, "", text);
    let other = text.replace("old", "new");
    let full = tenantry.hear("apply -f - --yes", &other);
    assert_eq!(full.code, 7, "{full:?}");
    assert_eq!(applied(&tenantry, "--prune", &other), "- device old\n+ device new\n");
    let more = other.replace("most: 1", "most: 2").replace("new", "third");
    let told = applied(&tenantry, "--prune", &more);
    assert!(is_before(&told, "+ device third", "- device new"), "there is room: {told}");
}

#[test]
fn whom_no_key_lets_in_is_told_before_and_all_else_is_done() {
    let office = Office::new();
    let (by_key, chief) = (desk(&office), office.admin("administrator_with_billing"));
    let in_session = Tenantry::with_key(&office.demo, chief.session.token()).within(&office.slug);
    let text = "groups: [{name: staff, members: {users: [ada]}}]\n\
                users: [{login: ada, display_name: Ada, surname: L}]\n\
                admins:\n\
                - {login: boss, display_name: Boss, role: administrator_with_billing, \
                state: suspended}\n\
                - {login: help, display_name: Help, role: help_desk}\n";
    let tried = by_key.hear("apply -f - --dry-run", text);
    assert_eq!(tried.code, 0, "{tried:?}");
    let said = "admin boss: an API key lets in nobody who manages admins";
    assert!(tried.stderr.contains(&format!("warning: {said}")), "{tried:?}");
    assert_eq!(tried.stderr.matches("an API key").count(), 1, "{tried:?}");
    let done = by_key.hear("apply -f - --yes", text);
    assert!(done.code == 7 && done.stderr.contains(&format!("tenantry: {said}")), "{done:?}");
    assert_eq!(done.stdout, tried.stdout);
    assert_eq!(by_key.shows("group members staff")[0]["name"], "ada");
    assert_eq!(by_key.shows("admin show help")["role"], "help_desk");
    assert_eq!(by_key.run("admin show boss").code, 5);
    let again = by_key.hear("apply -f - --yes", text);
    assert!(again.code == 7 && again.stdout.starts_with("+ admin boss\n"), "{again:?}");

    let quiet = in_session.hear("apply -f - --dry-run", text);
    assert!(quiet.code == 0 && !quiet.stderr.contains("warning"), "{quiet:?}");
    assert_eq!(in_session.hear("apply -f - --yes", text).code, 0);
    assert_eq!(by_key.shows("admin show boss")["state"], "suspended");
    let same = by_key.hear("apply -f - --yes", text);
    assert_eq!(
        (same.code, same.stdout.as_str(), same.stderr.as_str()),
        (0, "", "Nothing differs.\n")
    );
    let raised = text.replace("role: help_desk", "role: administrator_with_billing");
    let raised = by_key.hear("apply -f - --yes", &raised);
    assert!(raised.code == 7 && raised.stderr.contains("admin help: an API key"), "{raised:?}");
    let open = by_key.hear("apply -f - --yes", &text.replace("suspended", "active"));
    assert!(open.code == 7 && open.stderr.contains(said), "{open:?}");
    assert_eq!(by_key.shows("admin show boss")["state"], "suspended");
}

#[test]
fn by_key_nobody_loses_the_top_role_while_a_successor_is_left_out() {
    let office = Office::new();
    let (by_key, boss) = (desk(&office), office.admin("administrator_with_billing"));
    let helper = office.admin("help_desk");
    let heir = "{login: heir, display_name: Heir, role: administrator_with_billing}";
    let is_kept = || {
        let there = by_key.shows(&format!("admin show {}", boss.login));
        there["role"] == "administrator_with_billing" && there["state"] == "active"
    };
    let said = format!("admin {}: an API key lets in nobody who manages admins", boss.login);
    let lowered = format!(
        "admins: [{heir}, {{login: {}, display_name: An Admin, role: help_desk}}]",
        boss.login
    );
    let suspended = lowered.replace("role: help_desk", "state: suspended");
    let suspended = suspended.replace("An Admin", "An Admin, role: administrator_with_billing");
    for text in [lowered, suspended] {
        let done = by_key.hear("apply -f - --yes", &text);
        assert!(done.code == 7 && done.stderr.contains(&said), "{done:?}");
        assert!(is_kept(), "{text}");
    }
    let pruned = by_key.hear("apply -f - --yes --prune", &format!("admins: [{heir}]"));
    assert!(pruned.code == 7 && pruned.stderr.contains(&said), "{pruned:?}");
    assert!(pruned.stdout.contains(&format!("- admin {}\n", boss.login)), "{pruned:?}");
    assert!(is_kept(), "{pruned:?}");
    assert_eq!(by_key.run(&format!("admin show {}", helper.login)).code, 5);
}

#[test]
fn what_one_alone_has_is_refused_to_two_before_anything_is_done() {
    let office = Office::new();
    let tenantry = desk(&office);
    tenantry.does("device create --name alpha --serial S-1 --addresses 00:10:a4:23:19:c0");
    let user =
        |login: &str| format!("{{login: {login}, display_name: A, surname: B, uid_number: 20007}}");
    for (text, said) in [
        (
            "devices: [{name: beta, serial: S-77}, {name: gamma, serial: s-77}]".to_owned(),
            "device gamma: serial s-77 is device beta's",
        ),
        (
            "devices: [{name: beta, serial: S-1}]".to_owned(),
            "device beta: serial s-1 is device alpha's",
        ),
        (
            "devices: [{name: alpha}, {name: beta, addresses: [0010A42319C0]}]".to_owned(),
            "device beta: address 0010a42319c0 is device alpha's",
        ),
        (
            format!("users: [{}, {}]", user("ada"), user("bob")),
            "user bob: uid_number 20007 is user ada's",
        ),
    ] {
        for how in ["--dry-run", "--yes"] {
            let refused = tenantry.hear(&format!("apply -f - {how}"), &text);
            assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{text}: {refused:?}");
            assert!(refused.stderr.contains(said), "{text}: {refused:?}");
        }
    }
    let gone = "devices: [{name: beta, serial: S-1}]";
    applied(&tenantry, "--prune", gone);
    assert_eq!(tenantry.shows("device list").as_array().unwrap().len(), 1);
}
