//! In which order a file is applied.

use serde_json::json;

use super::apply::{desk, without_head};
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

/// Applies a file, after which nothing differs; what was shown.
fn applied(tenantry: &Tenantry, options: &str, text: &str) -> String {
    let applied = tenantry.hear(&format!("apply -f - --yes {options}"), text);
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
