//! What is told of several organizations at once.

use std::fs;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::calendar::in_days;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

/// Two organizations, and somebody who sees both.
fn two() -> ([Office; 2], Tenantry) {
    let one = Office::new();
    let other = Office::on(Arc::clone(&one.demo));
    for office in [&one, &other] {
        office.user("ada", "correct horse battery");
        office.group("staff", &[], &[]);
    }
    let key = &one.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&one.demo, key);
    ([one, other], tenantry)
}

/// Whose event a line of an export is.
fn whose(line: &str) -> String {
    let event: Value = serde_json::from_str(line).unwrap();
    event["organization"].as_str().unwrap().to_owned()
}

#[test]
fn each_chain_of_an_export_of_several_organizations_is_verified() {
    let ([one, other], tenantry) = two();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let both = file("both.jsonl");
    let line = format!("events export-among --organizations {},{}", one.slug, other.slug);
    tenantry.does(&format!("{line} --to {both}"));
    let text = fs::read_to_string(&both).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (first, second) = (whose(lines[0]), whose(lines[lines.len() - 1]));
    assert_ne!(first, second);
    let middle = lines.iter().position(|line| whose(line) == second).unwrap();
    assert!(middle > 1, "{text}");

    let told = tenantry.run(&format!("events verify {both}"));
    assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{told:?}");
    for (id, count) in [(&first, middle), (&second, lines.len() - middle)] {
        let said = format!(
            "{count} events are as they were written, and none between them is missing.\n\
             They are of the organization {id}.\n"
        );
        assert!(told.stdout.contains(&said), "{said}: {told:?}");
    }

    let verified = |name: &str, lines: &[&str]| {
        let file = file(name);
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        tenantry.run(&format!("events verify {file}"))
    };
    let whole = format!("They are of the organization {first}.");
    let broken = format!("The chain of the organization {second} is broken in line ");
    let last = lines[lines.len() - 1];
    let changed = last.replace("\"success\":true", "\"success\":false");
    assert_ne!(changed, last);
    let mut tampered = lines.clone();
    *tampered.last_mut().unwrap() = &changed;
    let mut shortened = lines.clone();
    shortened.remove(lines.len() - 2);
    for (name, lines, line) in
        [("changed", &tampered, lines.len()), ("shortened", &shortened, lines.len() - 1)]
    {
        let told = verified(name, lines);
        assert_eq!(told.code, 1, "{name}: {told:?}");
        assert!(told.stdout.contains(&whole), "{name}: {told:?}");
        assert!(told.stdout.contains(&format!("{broken}{line}: ")), "{name}: {told:?}");
        assert!(told.stderr.contains("1 of 2 chains are not whole"), "{name}: {told:?}");
    }

    let mixed = [&lines[..1], &lines[middle..], &lines[1..middle]].concat();
    let refused = verified("mixed", &mixed);
    let twice = format!("events of the organization {first} again");
    assert!(refused.code == 1 && refused.stderr.contains(&twice), "{refused:?}");
    let head = "0".repeat(64);
    let refused = tenantry.run(&format!("events verify {both} --head {head}"));
    assert!(refused.code == 1 && refused.stderr.contains("of 2 organizations"), "{refused:?}");
}

#[test]
fn people_read_what_organizations_are_called_and_programs_their_ids() {
    let ([one, other], tenantry) = two();
    let both = format!("--organizations {},{}", one.slug, other.slug);
    let listed = format!("events among {both} --subject staff");
    let counted = format!("events counts-among {both} --by organization");
    for line in [&listed, &counted] {
        let table = tenantry.does(line);
        for office in [&one, &other] {
            assert!(table.contains(&office.slug), "{line}: {table}");
            assert!(!table.contains(&office.id), "{line}: {table}");
            for format in ["json", "yaml", "csv"] {
                let told = tenantry.does(&format!("{line} -o {format}"));
                assert!(told.contains(&office.id), "{line}: {told}");
            }
        }
    }
    let exported = tenantry.does(&format!("events export-among {both} --format csv"));
    assert!(exported.contains(&one.id) && exported.contains(&other.id), "{exported}");
    let following = tenantry.starts(&format!("{listed} --follow"));
    following.says(&one.slug);
    following.says(&other.slug);
    assert!(!following.said().contains(&one.id), "{}", following.said());

    let manager = one.provider_admin("manager", &json!({"organizations": [one.id, other.id]}));
    let line = format!("admin show {}", manager.login);
    let table = tenantry.does(&line);
    assert!(table.contains(&one.slug) && table.contains(&other.slug), "{table}");
    let scope = tenantry.shows(&line)["scope"]["organizations"].clone();
    assert!(scope.as_array().unwrap().contains(&json!(one.id)), "{scope}");
}

#[test]
fn a_key_is_narrowed_to_organizations_that_commas_part_or_that_are_repeated() {
    let ([one, other], _) = two();
    let admin = one.provider_admin("manager", &json!("all"));
    let access = json!({"api_access": true});
    assert_eq!(one.top.send("PATCH", &admin.place, Some(&access)).status, 200);
    let own = Tenantry::with_key(&one.demo, admin.session.token());
    let expires = in_days(90);
    let ways = [
        format!("{},{}", one.slug, other.slug),
        format!("{} --organizations {}", one.slug, other.id),
    ];
    for (number, way) in ways.iter().enumerate() {
        let line =
            format!("api-key create --name k{number} --expires {expires} --organizations {way}");
        let made = own.shows(&line);
        let key = Tenantry::with_key(&one.demo, made["token"].as_str().unwrap());
        let seen = key.shows("org list");
        let mut slugs: Vec<&str> =
            seen.as_array().unwrap().iter().map(|org| org["slug"].as_str().unwrap()).collect();
        let mut expected = [one.slug.as_str(), other.slug.as_str()];
        slugs.sort_unstable();
        expected.sort_unstable();
        assert_eq!(slugs, expected, "{way}");
    }
    let line =
        format!("api-key create --name k --expires {expires} --organizations {},no", one.slug);
    let told = own.run(&line);
    assert!(told.code == 5 && told.stderr.contains("no organization “no”"), "{told:?}");
}
