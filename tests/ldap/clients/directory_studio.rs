//! What Apache Directory Studio reads a subschema with: the parsers of its library, none forgiving.

use serde_json::json;

use super::script;
use crate::harness::client::Client;
use crate::harness::office::Office;

/// The library, and what it needs for this.
const JARS: [&str; 6] = [
    "apache-directory-api-all",
    "commons-collections4",
    "commons-lang3",
    "commons-text",
    "slf4j-api",
    "slf4j-nop",
];
const KINDS: [&str; 4] = ["attributeTypes", "ldapSyntaxes", "matchingRules", "objectClasses"];

#[test]
fn every_definition_of_every_profile_is_read_strictly() {
    let office = Office::new();
    let own = json!({"name": "costCenter", "syntax": "text", "description": "It's \\ own"});
    office.make("custom-attributes", &own);
    let folder = tempfile::tempdir().unwrap();
    let jars = JARS.map(|jar| format!("/usr/share/java/{jar}.jar")).join(":");
    let compiled = Client::new("javac", "default-jdk-headless")
        .args(["-Xlint:all", "-Werror", "-cp", &jars, "-d"])
        .arg(folder.path())
        .arg(script("Subschema.java"))
        .run();
    assert_eq!(compiled.code, 0, "libapache-directory-api-java is needed: {compiled:?}");
    let read = |definitions: &str| {
        Client::new("java", "default-jdk-headless")
            .args(["-XX:TieredStopAtLevel=1", "-cp"])
            .arg(format!("{}:{jars}", folder.path().display()))
            .arg("Subschema")
            .input(definitions)
            .run()
    };
    for profile in ["generic", "sssd", "nextcloud", "vcenter", "synology", "ad-like", "jumpcloud"] {
        let (_, _, client) = office.profiled(profile);
        let shown = client.search("cn=subschema", "base", "(objectClass=*)", &KINDS);
        let (mut lines, mut counts) = (String::new(), Vec::new());
        for kind in KINDS {
            let values = shown.only().values(kind);
            assert!(values.len() > 10, "{profile}: {kind}");
            values.iter().for_each(|value| lines.push_str(&format!("{kind}: {value}\n")));
            counts.push(format!("{kind}={}", values.len()));
        }
        let said = read(&lines);
        assert_eq!(said.code, 0, "{profile}: {said:?}");
        assert_eq!(said.stdout.trim(), format!("{{{}}}", counts.join(", ")), "{profile}");
    }
    let wrong = read("attributeTypes: ( 2.5.4.41 NAMES 'name' )\n");
    assert_ne!(wrong.code, 0, "what is wrong is not noticed: {wrong:?}");
}
