//! What staff does all day.

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

#[test]
fn people_and_groups_by_their_names() {
    let office = Office::new();
    let tenantry = desk(&office);
    tenantry.does("user create --login ada --display-name Ada --surname L --mail ada@x --mail a@x");
    tenantry.does("group create --name staff");
    tenantry.does("group create --name all");
    tenantry.does("group change-members staff --add-users ADA");
    tenantry.does("group change-members all --add-groups staff");
    let table = tenantry.does("user list");
    let head = "LOGIN  DISPLAY NAME  MAIL        STATE   LOCKED UNTIL  SECOND FACTOR\nada    Ada";
    assert!(table.starts_with(head), "{table}");
    assert_eq!(tenantry.shows("group members all")[0]["name"], "staff");
    assert_eq!(tenantry.shows("user groups ada")[0]["name"], "staff");
    let updated = tenantry.shows("user update ada --title Countess --clear given-name");
    assert_eq!((&updated["title"], &updated["given_name"]), (&json!("Countess"), &json!(null)));
    assert_eq!(tenantry.shows("user suspend ada")["state"], "suspended");
    let kept = tenantry.shows("events set-retention --retention 31536000000");
    assert_eq!(kept["retention"], json!(31_536_000_000_u64));
    let table = tenantry.does("events set-retention --retention 52w1d");
    assert_eq!(table, "retention  365d\n");
    let kept = tenantry.shows("events set-retention --clear retention");
    assert_eq!(kept["retention"], json!(null));

    let asked = tenantry.run("user delete ada");
    assert_eq!(asked.code, 2, "nobody is there to say yes: {asked:?}");
    assert!(asked.stderr.contains(&format!("user “ada” of {} at", office.slug)), "{asked:?}");
    tenantry.does("service-account create --name wiki");
    let asked = tenantry.run("service-account end-previous-password wiki");
    assert!(asked.stderr.contains("previous password of the service account “wiki”"), "{asked:?}");
    tenantry.does("user delete ada --yes");
    let gone = tenantry.run("user show ada");
    let said =
        "tenantry: there is no user “ada”; `tenantry user list` shows those that there are\n";
    assert_eq!((gone.code, gone.stderr.as_str()), (5, said));
}

#[test]
fn passwords_come_from_standard_input_and_work() {
    let office = Office::new();
    let tenantry = desk(&office);
    let line = "user create --login ada --display-name Ada --surname L --password";
    let made = tenantry.hear(line, "correct horse battery\n");
    assert_eq!(made.code, 0, "{made:?}");
    assert!(!made.stdout.contains("correct horse"), "{made:?}");
    let client = office.client("wifi", &json!({}));
    assert!(office.login(&client, "ada", "correct horse battery").is("Access-Accept"));
    let set = tenantry.hear("user set-password ada", "another horse battery\n");
    assert_eq!(set.code, 0, "{set:?}");
    assert!(office.login(&client, "ada", "another horse battery").is("Access-Accept"));
}

#[test]
fn gear_is_made_explained_and_told_apart() {
    let office = Office::new();
    let tenantry = desk(&office);
    office.user("ada", "correct horse battery");
    office.group("staff", &[], &[]);
    let source = format!("{}/32", office.address);
    tenantry.does("reply-profile create --name guests --vlan 30");
    let made = tenantry.shows(&format!(
        "radius create --name gate --sources {source} --allowed-groups staff --reply-profile guests"
    ));
    assert!(made["secret"].as_str().is_some_and(|secret| secret.len() >= 16), "{made}");
    let explained = tenantry.shows("radius explain gate --login ada --method pap");
    assert_eq!(explained["accept"], false);
    assert!(explained["reason"].is_string(), "{explained}");
    tenantry.does("group change-members staff --add-users ada");
    let explained = tenantry.shows("radius explain gate --login ada --method pap");
    assert_eq!((&explained["accept"], &explained["reason"]), (&json!(true), &json!(null)));
    let unknown = tenantry.run("radius explain gate --event 1 --nas-port-type 19");
    assert!(unknown.code == 7 && unknown.stderr.contains("--event"), "{unknown:?}");
    let moved = tenantry.shows("radius update gate --time-zone Asia/Kolkata");
    assert_eq!(moved["time_zone"], "Asia/Kolkata");
    let nowhere = tenantry.run("radius update gate --time-zone nowhere");
    assert!(nowhere.code == 7 && nowhere.stderr.contains("--time-zone"), "{nowhere:?}");
}

#[test]
fn what_ldap_would_answer_is_explained() {
    let office = Office::new();
    let tenantry = desk(&office);
    office.user("ada", "correct horse battery");
    let base = &office.base;
    let explained =
        tenantry.shows(&format!("ldap explain --user ada --base {base} --filter (uid=ada)"));
    assert_eq!(explained["search"]["entries"], 1, "{explained}");
    assert_eq!(explained["bind"]["accept"], true);
}

#[test]
fn a_body_comes_from_a_file_and_options_go_over_it() {
    let office = Office::new();
    let tenantry = desk(&office);
    let yaml = "login: ada\ndisplay_name: Ada\nsurname: L\nmail: [ada@x, a@x]\ntitle: Countess\n";
    let made = tenantry.hear("user create --from - --title Programmer -o json", yaml);
    let made: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!((&made["mail"], &made["title"]), (&json!(["ada@x", "a@x"]), &json!("Programmer")));
    let settings = tenantry.shows("settings update --lockout-threshold 7 --chap=true");
    assert_eq!((&settings["lockout"]["threshold"], &settings["chap"]), (&json!(7), &json!(true)));
}

#[test]
fn programs_get_what_they_read_and_codes_that_say_what_went_wrong() {
    let office = Office::new();
    let tenantry = desk(&office);
    office.user("ada", "correct horse battery");
    let csv = tenantry.does("user list -o csv");
    let header = csv.lines().next().unwrap();
    assert!(header.split(',').any(|name| name == "uid_number"), "{csv}");
    assert_eq!(csv.lines().count(), 2);
    office.make("groups", &json!({"name": "=cmd", "description": "+1"}));
    let groups = tenantry.does("group list -o csv");
    assert!(groups.contains(",'=cmd") && groups.contains("'+1,"), "{groups}");
    assert!(tenantry.does("user list -o yaml").contains("login: ada"));

    let key = &office.demo.admin_api.tokens.read_only;
    let reader = Tenantry::with_key(&office.demo, key).within(&office.slug);
    let refused = reader.run("user suspend ada");
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.stderr.contains("manage_identities"), "{refused:?}");
    let nobody = Tenantry::with_key(&office.demo, "tnkey_0_1_x").within(&office.slug);
    assert_eq!(nobody.run("user list").code, 3);
    let taken = tenantry.run("user create --login ada --display-name Ada --surname L");
    assert_eq!(taken.code, 6, "{taken:?}");
    let one = tenantry.run("user list --context other");
    assert_eq!(one.code, 5, "a context that is typed counts more than the environment: {one:?}");
    let bad = tenantry.run("user create --login bob --display-name B --surname L --mail nonsense");
    assert!(bad.code == 7 && bad.stderr.contains("--mail"), "{bad:?}");
    assert_eq!(tenantry.run("user create --login bob").code, 2);
    assert_eq!(tenantry.run("user list --server https://127.0.0.1:1").code, 8);
    assert_eq!(tenantry.run("user list --server http://127.0.0.1:1").code, 2);
}

#[test]
fn who_follows_events_sees_what_comes() {
    let office = Office::new();
    let tenantry = desk(&office);
    office.user("ada", "correct horse battery");
    let slug = &office.slug;
    let following = tenantry.starts(&format!("events --org {slug} --follow"));
    following.says("ada");
    tenantry.does("user create --login grace --display-name Grace --surname H");
    following.says("grace");
    let listed = tenantry.shows(&format!("events --org {slug} --max 1"));
    assert_eq!(listed[0]["subject"]["name"], "grace");
}

#[test]
fn who_follows_some_events_sees_all_of_them_and_nothing_else() {
    let office = Office::new();
    let tenantry = desk(&office);
    let slug = &office.slug;
    tenantry.does("group create --name before");
    let begin = tenantry.shows("events --max 1")[0]["sequence"].as_u64().unwrap();
    let narrow = format!("events --org {slug} --subject-kind group --follow");
    let of_groups = tenantry.starts(&narrow);
    of_groups.says("before");
    let whose = format!("events among --organizations {slug} --subject-kind group -o json");
    let of_several = tenantry.starts(&format!("{whose} --fields subject.name --follow"));
    of_several.says("before");
    // More than are asked for at once, with others between them.
    for number in 0..210 {
        office.make("groups", &json!({"name": format!("g{number}.")}));
        if number % 70 == 0 {
            office.user(&format!("u{number}"), "correct horse battery");
        }
    }
    let later = tenantry.starts(&format!("{narrow} --after {begin}"));
    for following in [&of_groups, &of_several, &later] {
        following.says("g209.");
        let said = following.said();
        for number in 0..210 {
            let name = format!("g{number}.");
            assert_eq!(said.matches(&name).count(), 1, "{name}: {said}");
        }
        assert!(!said.contains("u70"), "{said}");
    }
    assert!(!later.said().contains("before"), "{}", later.said());
    assert!(!of_several.said().contains("sequence"), "nobody asked for it");
}

#[test]
fn names_count_wherever_the_api_has_ids() {
    let office = Office::new();
    let tenantry = desk(&office);
    tenantry.does("group create --name staff");
    let id = tenantry.shows("group show staff")["id"].as_str().unwrap().to_owned();
    let has = |line: &str, member: &str| {
        let shown = tenantry.shows(line);
        assert!(shown[member].to_string().contains(&id), "{line}: {shown}");
    };
    tenantry.does("service-account create --name wiki --visibility staff");
    has("service-account show wiki", "visibility");
    tenantry.does("service-account create --name all --visibility everything");
    office.client("gate", &json!({}));
    let rules = r#"[{"name": "own", "groups": ["staff"], "verdict": "reject"}]"#;
    let ruled = tenantry.words(&["radius", "update", "gate", "--rules", rules]);
    assert_eq!(ruled.code, 0, "{ruled:?}");
    has("radius show gate", "rules");
    let file = "allowed_groups: [staff]\n";
    let read = tenantry.hear("radius update gate --from -", file);
    assert_eq!(read.code, 0, "{read:?}");
    has("radius show gate", "allowed_groups");
    let missing = tenantry.run("service-account update wiki --visibility nobody");
    assert_eq!(missing.code, 5, "{missing:?}");
}

#[test]
fn what_gear_is_told_of_sessions_is_said_by_options() {
    let office = Office::new();
    let tenantry = desk(&office);
    office.client("gate", &json!({}));
    tenantry.does("radius update gate --orders-way radsec --orders-suspended disconnect");
    let orders = tenantry.shows("radius show gate")["orders"].clone();
    let said = (&orders["way"], &orders["suspended"], &orders["left_group"]);
    assert_eq!(said, (&json!("radsec"), &json!("disconnect"), &json!("nothing")), "{orders}");
    // What is left out is not told any more.
    tenantry.does("radius update gate --orders-left-group change_of_authorization");
    let orders = tenantry.shows("radius show gate")["orders"].clone();
    let said = (&orders["way"], &orders["suspended"]);
    assert_eq!(said, (&json!("datagram"), &json!("nothing")), "{orders}");
    let wrong = tenantry.run("radius update gate --orders-way pigeon");
    assert_ne!(wrong.code, 0, "{wrong:?}");
}

#[test]
fn a_long_list_comes_whole_or_as_far_as_is_asked() {
    let office = Office::new();
    let tenantry = desk(&office);
    for number in 0..230 {
        office.make("groups", &json!({"name": format!("g{number}")}));
    }
    assert_eq!(tenantry.shows("group list").as_array().unwrap().len(), 230);
    assert_eq!(tenantry.shows("group list --max 210").as_array().unwrap().len(), 210);
    assert_eq!(tenantry.shows("group list --name G7").as_array().unwrap().len(), 1);
}

#[test]
fn a_file_for_the_wireless_network_comes_as_it_is() {
    let office = Office::new();
    let tenantry = desk(&office);
    tenantry.does("certificate-authority create-built-in --name Acme");
    tenantry.does("server-certificate issue --dns-names radius.acme.example");
    assert_eq!(tenantry.run("wifi profile --format wpa_supplicant --ssid Acme").code, 2);
    let file = tenantry.does("wifi profile --format wpa_supplicant --ssid Acme --method ttls");
    assert!(file.lines().any(|line| line.trim() == "ssid=\"Acme\""), "{file}");
}

#[test]
fn an_organization_goes_only_by_its_whole_name() {
    let office = Office::new();
    let tenantry = desk(&office);
    let slug = &office.slug;
    assert_eq!(tenantry.run(&format!("org delete {slug}")).code, 2);
    let wrong = tenantry.run(&format!("org delete {slug} --confirmation Other"));
    assert_eq!(wrong.code, 7, "{wrong:?}");
    assert_eq!(tenantry.shows(&format!("org show {slug}"))["state"], "active");
}

#[test]
fn what_a_list_cannot_find_by_name_is_found_in_it_or_not_at_all() {
    let office = Office::new();
    let key = &office.demo.admin_api.tokens.administrator;
    let staff = Tenantry::with_key(&office.demo, key).within(&office.slug);
    // Looking at the list is a use of the key.
    let ids = || {
        let listed = staff.shows("api-key list");
        let ids = listed.as_array().unwrap().iter().map(|key| key["id"].to_string());
        ids.collect::<Vec<_>>()
    };
    let before = ids();
    assert_eq!(staff.run("api-key delete no-such-key --yes").code, 5);
    assert_eq!(ids(), before, "nothing goes in place of what is not there");

    let tenantry = desk(&office);
    office.user("ada", "correct horse battery");
    tenantry.does("certificate-authority create-built-in --name Acme");
    let issued: Vec<_> = (0..2).map(|_| tenantry.shows("user issue-certificate ada")).collect();
    let second =
        issued[1]["certificate"]["serial"].as_str().or_else(|| issued[1]["serial"].as_str());
    let second = second.unwrap_or_else(|| panic!("{issued:?}"));
    assert_eq!(tenantry.run("user revoke-certificate ada 00 --yes").code, 5);
    assert_eq!(tenantry.run(&format!("user revoke-certificate ada {second}")).code, 2);
    tenantry.does(&format!("user revoke-certificate ada {second} --yes"));
    let listed = tenantry.shows("user issued-certificates ada");
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|it| &it["state"]).collect();
    let revoked = states.iter().filter(|state| **state == "revoked").count();
    assert_eq!((states.len(), revoked), (2, 1), "{listed}");
}

#[test]
fn lists_are_emptied_and_texts_read_from_files() {
    let office = Office::new();
    let tenantry = desk(&office);
    tenantry.does("user create --login ada --display-name Ada --surname L --mail ada@x");
    assert_eq!(tenantry.shows("user update ada --clear mail")["mail"], json!([]));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "From a file").unwrap();
    let line = format!("user update ada --description @{}", file.path().display());
    assert_eq!(tenantry.shows(&line)["description"], "From a file");
    assert_eq!(tenantry.shows("user update ada --description @@home")["description"], "@home");
}

#[test]
fn lists_are_filtered_sorted_and_cut_by_options() {
    let office = Office::new();
    let tenantry = desk(&office);
    for (login, surname) in [("ada", "Lovelace"), ("bob", "Builder"), ("eve", "Adams")] {
        tenantry.does(&format!("user create --login {login} --display-name X --surname {surname}"));
    }
    let list = |filter: &str, more: &[&str]| {
        let words = [&["user", "list", "--filter", filter], more].concat();
        tenantry.words(&words)
    };
    let sorted =
        list("login ne \"bob\"", &["--sort", "-login", "--fields", "surname,login", "-o", "json"]);
    assert_eq!(sorted.code, 0, "{sorted:?}");
    let sorted: serde_json::Value = serde_json::from_str(&sorted.stdout).unwrap();
    let wanted = [("eve", "Adams"), ("ada", "Lovelace")];
    let wanted = wanted.map(|(login, surname)| json!({"login": login, "surname": surname}));
    assert_eq!(sorted, json!(wanted));
    let refused = list("nonsense pr", &[]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("there is no member `nonsense`"), "{refused:?}");
}
