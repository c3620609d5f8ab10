//! What becomes of an import that whoever asked for it waits for no longer.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::pause;
use crate::harness::tenantry::Tenantry;

#[test]
fn who_interrupts_an_import_whose_file_is_sent_is_told_that_it_goes_on() {
    let office = Office::new();
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&office.demo, key).within(&office.slug);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    // Passwords in clear take their time: so many are not hashed before somebody cancels.
    let rows = (0..600).map(|number| format!("user{number},correct horse {number}\n"));
    fs::write(&file, format!("login,password\n{}", rows.collect::<String>())).unwrap();
    let mut importing = tenantry.starts(&format!("import csv {}", file.display()));
    let import = || office.read("imports")["items"][0].clone();
    let is_begun = |_| {
        pause(Duration::from_millis(20));
        import()["applied"].as_u64().is_some_and(|applied| applied > 0)
    };
    assert!((0..3_000).any(is_begun), "nothing is applied: {}", import());
    assert_eq!(importing.interrupted(), Some(130));
    let id = import()["id"].as_str().unwrap().to_owned();
    let cancel = format!("import cancel {id}");
    importing.says(&format!(
        "The import goes on: `tenantry import follow {id}` tells of it, and `tenantry {cancel}` \
         stops it."
    ));
    assert_eq!(import()["state"], json!("applying"));
    tenantry.does(&cancel);
    let told = tenantry.run(&format!("import follow {id}"));
    assert!(told.code == 7 && told.stderr.contains("the import is cancelled"), "{told:?}");
}
