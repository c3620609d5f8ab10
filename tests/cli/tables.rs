//! What people read: tables of lists, and of a thing with what belongs to it.

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

/// The words of each line.
fn words(table: &str) -> Vec<Vec<&str>> {
    table.lines().map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn what_a_thing_has_several_of_is_a_table_below_it() {
    let office = Office::new();
    let tenantry = desk(&office);
    let policy = tenantry.does("server policy");
    assert!(policy.starts_with("roles  administrator_with_billing, administrator,"), "{policy}");
    let (_, matrix) = policy.split_once("\n\npermissions:\n").unwrap();
    let matrix = words(matrix);
    let head = "PERMISSION ADMINISTRATOR WITH BILLING ADMINISTRATOR MANAGER HELP DESK READ ONLY";
    assert_eq!(matrix[0].join(" "), head, "{policy}");
    assert!(matrix.contains(&vec!["manage_billing", "yes"]), "{policy}");
    assert!(matrix.contains(&vec!["recover_accounts", "yes", "yes", "yes", "yes"]), "{policy}");
    let programs = tenantry.shows("server policy");
    assert_eq!(programs["permissions"][0]["roles"][0], "administrator_with_billing");

    tenantry.does("service-account create --name wiki --visibility everything");
    let base = &office.base;
    let line = format!("ldap explain --service-account wiki --base {base} --filter (uid=ada)");
    let told = tenantry.does(&line);
    assert!(words(&told).contains(&vec!["bind", "accept", "yes"]), "{told}");
    let (_, tests) = told.split_once("\n\nsearch tests:\n").unwrap();
    let tests = words(tests);
    assert!(tests[0].starts_with(&["TEST", "MEANING"]), "{told}");
    assert!(tests[1].starts_with(&["(uid=ada)", "tested"]), "{told}");
    let programs = tenantry.shows(&line);
    assert_eq!(programs["search"]["tests"][0]["test"], "(uid=ada)");
}

#[test]
fn what_an_import_changes_stands_in_a_line_for_each_field() {
    let office = Office::new();
    let tenantry = desk(&office);
    tenantry.does("user create --login ada --display-name Ada --surname L --title Dr.");
    let text = "login,title,given_name\nada,Prof.,Augusta\n";
    let line = "import csv - --name people --on-conflict update --dry-run";
    let tried = tenantry.hear(line, text);
    assert_eq!(tried.code, 0, "{tried:?}");
    let table = tenantry.does("import rows people");
    let line = |part: &str| table.lines().position(|line| line.contains(part));
    let title = line("title: \"Dr.\" → \"Prof.\"").unwrap_or_else(|| panic!("{table}"));
    let name = line("given_name: \"Augusta\"").unwrap_or_else(|| panic!("{table}"));
    assert_ne!(title, name, "{table}");
}

#[test]
fn tables_of_what_belongs_to_something_show_what_matters() {
    let office = Office::new();
    let tenantry = desk(&office);
    let ada = office.user("ada", "correct horse battery");
    office.group("staff", &[&ada], &[]);
    let table = tenantry.does("user groups ada");
    assert_eq!(words(&table)[0], ["NAME", "DESCRIPTION", "GID", "NUMBER"], "{table}");
    assert_eq!(tenantry.does("group members staff"), "NAME  KIND\nada   user\n");
}

#[test]
fn people_are_told_that_a_list_is_empty_and_programs_read_an_empty_one() {
    let office = Office::new();
    let tenantry = desk(&office);
    let said = |line: &str| {
        let ran = tenantry.run(line);
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        (ran.stdout, ran.stderr)
    };
    for line in ["group list", "device list --name none", "admin list"] {
        assert_eq!(said(line), (String::new(), "Nothing.\n".to_owned()), "{line}");
    }
    assert_eq!(said("group list -o json"), ("[]\n".to_owned(), String::new()));
    assert_eq!(said("group list -o yaml").1, "");
    let headings = |line: &str| {
        let (printed, told) = said(&format!("{line} -o csv"));
        assert_eq!((printed.lines().count(), told.as_str()), (1, ""), "{line}: {printed}");
        printed
    };
    let above = headings("group list");
    assert_eq!(headings("group list --fields name,description"), "description,name\n");
    assert_eq!(headings("events --actor nobody-here --fields at,actor"), "actor,at\n");
    assert!(headings("events --actor nobody-here").starts_with("action,actor,at,"));
    tenantry.does("group create --name staff");
    assert_eq!(tenantry.does("group list -o csv").lines().next(), Some(above.trim_end()));
}

#[test]
fn what_a_thing_refers_to_is_named_where_people_read_it() {
    let office = Office::new();
    let tenantry = desk(&office);
    let ada = office.user("ada", "correct horse battery");
    let staff = office.group("staff", &[&ada], &[]);
    let made = tenantry.does("device create --name lap --owner ada --groups staff");
    for table in [made, tenantry.does("device show lap")] {
        let rows = words(&table);
        assert!(rows.contains(&vec!["owner", "ada"]), "{table}");
        assert!(rows.contains(&vec!["groups", "staff"]), "{table}");
    }
    let shown = tenantry.shows("device show lap");
    assert_eq!((&shown["owner"], &shown["groups"]), (&json!(ada), &json!([staff])));

    // No more are asked for than a table is worth.
    let all: Vec<String> =
        (0..25).map(|number| office.group(&format!("g-{number}"), &[], &[])).collect();
    office.client("gate", &json!({"allowed_groups": all}));
    let table = tenantry.does("radius show gate");
    assert_eq!(all.iter().filter(|id| table.contains(id.as_str())).count(), 5, "{table}");
    assert_eq!(table.matches("g-").count(), 20, "{table}");
}

#[test]
fn admins_are_listed_with_what_they_are_in_charge_of() {
    let (one, other) = (Office::new(), Office::new());
    let scope = json!({"organizations": [one.id, other.id]});
    let (_, login) = one.add_admin("/v1/admins", &json!({"role": "help_desk", "scope": scope}));
    let key = &one.demo.admin_api.tokens.administrator_with_billing;
    let provider = Tenantry::with_key(&one.demo, key);
    let table = provider.does("admin list");
    let rows = words(&table);
    assert_eq!(rows[0][..5], ["LOGIN", "DISPLAY", "NAME", "ROLE", "SCOPE"], "{table}");
    let row = |login: &str| rows.iter().find(|row| row.first() == Some(&login)).unwrap().join(" ");
    let both = [format!("{}, {}", one.slug, other.slug), format!("{}, {}", other.slug, one.slug)];
    assert!(both.iter().any(|slugs| row(&login).contains(slugs)), "{table}");
    assert!(row("administrator-with-billing").contains(" all active"), "{table}");
    one.add_admin(&one.path("admins"), &json!({"role": "help_desk"}));
    let own = provider.within(&one.slug).does("admin list");
    assert!(!words(&own)[0].contains(&"SCOPE") && own.lines().count() == 2, "{own}");
}

#[test]
fn an_invoice_has_its_lines_and_amounts_as_people_write_them() {
    let office = Office::new();
    let tenantry = desk(&office);
    office.user("ada", "correct horse battery");
    let slug = &office.slug;
    let prices = "--currency EUR --base 1000 --user 350";
    let plan = tenantry.does(&format!("plan create --name plan-{slug} {prices}"));
    assert!(words(&plan).contains(&vec!["user", "3.50", "EUR"]), "{plan}");
    let listed = tenantry.does(&format!("plan list --name plan-{slug}"));
    let row = format!("plan-{slug} 10.00 EUR 3.50 EUR 0.00 EUR");
    assert_eq!(words(&listed)[1].join(" "), row, "{listed}");
    let month = tenantry.shows("billing usage")["month"].as_str().unwrap().to_owned();
    tenantry
        .does(&format!("billing agree --organization {slug} --plan plan-{slug} --since {month}"));
    let invoice = tenantry.does(&format!("billing invoice --month {month}"));
    assert!(words(&invoice).contains(&vec!["total", "13.50", "EUR"]), "{invoice}");
    let lines = "\n\nlines:\n\
                 KIND   QUANTITY  UNIT PRICE  AMOUNT\n\
                 base   1         10.00 EUR   10.00 EUR\n\
                 users  1         3.50 EUR    3.50 EUR\n";
    assert!(invoice.ends_with(lines), "{invoice}");
    let programs = tenantry.shows(&format!("billing invoice --month {month}"));
    assert_eq!((&programs["total"], &programs["lines"][0]["amount"]), (&json!(1350), &json!(1000)));
}

#[test]
fn a_thing_without_anything_is_told_as_an_empty_list_is() {
    let office = Office::new();
    let tenantry = desk(&office);
    let client = json!({"require_message_authenticator": true});
    office.client("gate", &client);
    let shown = tenantry.shows("radius weaknesses gate");
    assert_eq!(shown, json!({"weaknesses": []}));
    for line in ["radius weaknesses gate", "group list"] {
        let told = tenantry.run(line);
        assert_eq!((told.code, told.stdout.as_str(), told.stderr.as_str()), (0, "", "Nothing.\n"));
    }
}

#[test]
fn ones_own_keys_are_listed_with_what_they_are_narrowed_to() {
    let office = Office::new();
    let table = desk(&office).does("api-key list");
    let head = "ID NAME ROLE ORGANIZATIONS SOURCES LAST USED EXPIRES";
    assert_eq!(words(&table)[0].join(" "), head, "{table}");
}
