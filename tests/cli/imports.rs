//! What staff imports, from files and from another directory's own tools.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::client::{Client, Output};
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

fn shown(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn a_table_is_tried_mended_and_imported() {
    let office = Office::new();
    let tenantry = desk(&office);
    let line = "import csv - --map User=login --map Office= -o json";
    let broken = tenantry.hear(line, "User,mail,Office\nada,ada@x,1\nbob,bob,2\n");
    assert_eq!(broken.code, 7, "{broken:?}");
    assert!(broken.stderr.contains("3  user  bob  mail  must be an address"), "{broken:?}");
    assert!(broken.stderr.contains("nothing was changed"), "{broken:?}");
    assert_eq!(shown(&broken)["name"], "standard input");

    let text = "User,mail,Office\nada,ada@x,1\nbob,bob@x,2\n";
    let tried = tenantry.hear(&format!("{line} --dry-run --name people"), text);
    assert_eq!((tried.code, shown(&tried)["state"].as_str()), (0, Some("checked")), "{tried:?}");
    let rows = tenantry.shows("import rows people --outcome create");
    assert_eq!(rows.as_array().unwrap().len(), 2);
    tenantry.does("import apply people");
    let done = tenantry.shows("import follow people");
    assert_eq!((&done["state"], &done["done"]["create"]), (&json!("done"), &json!(2)));
    assert_eq!(tenantry.shows("user show ada")["mail"], json!(["ada@x"]));

    let again = tenantry.hear(&format!("{line} --on-conflict update"), text);
    assert_eq!(shown(&again)["done"]["unchanged"], 2, "{again:?}");
    tenantry.does("import delete people --yes");
    assert_eq!(tenantry.run("import show people").code, 5);
}

/// What slapd keeps, and slapcat writes: folded lines, base64, operational attributes.
fn slapcat(folder: &Path, ldif: &str) -> String {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (configuration, file, data) =
        (folder.join("slapd.conf"), folder.join("in.ldif"), folder.join("db"));
    fs::create_dir(&data).unwrap();
    fs::write(&file, ldif).unwrap();
    let lines = format!(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\n\
         moduleload back_mdb\ndatabase mdb\nsuffix dc=old,dc=example\ndirectory {}\n",
        text(&data)
    );
    fs::write(&configuration, lines).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let done = Client::new(program, "slapd").args(arguments).run();
        assert_eq!(done.code, 0, "{done:?}");
        done.stdout
    };
    let configuration = text(&configuration);
    run("/usr/sbin/slapadd", &["-f", &configuration, "-l", &text(&file)]);
    run("/usr/sbin/slapcat", &["-f", &configuration])
}

#[test]
fn what_slapcat_writes_is_imported_and_everybody_signs_in_as_before() {
    let office = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let hashed = Client::new("/usr/sbin/slappasswd", "slapd")
        .args(["-h", "{SSHA}", "-s", "correct horse battery"])
        .run();
    let long = "a description that is folded because it is longer than a line may be in LDIF";
    let dumped = slapcat(
        folder.path(),
        &format!(
            "dn: dc=old,dc=example\nobjectClass: domain\ndc: old\n\n\
             dn: uid=ada,dc=old,dc=example\nobjectClass: inetOrgPerson\nuid: ada\n\
             cn: Ada Lövelace\nsn: Lövelace\ndescription: {long}\nuserPassword: {}\n\n\
             dn: cn=staff,dc=old,dc=example\nobjectClass: groupOfNames\ncn: staff\n\
             member: uid=ada,dc=old,dc=example\nmember: uid=gone,dc=old,dc=example\n",
            hashed.stdout.trim()
        ),
    );
    assert!(dumped.contains("userPassword:: ") && dumped.contains("\n "), "{dumped}");
    let tenantry = desk(&office);
    let refused = tenantry.hear("import ldif - -o json", &dumped);
    assert!(refused.stderr.contains("uid=gone,dc=old,dc=example"), "{refused:?}");
    let done = tenantry.hear("import ldif - --missing-members leave_out -o json", &dumped);
    assert_eq!((done.code, shown(&done)["done"]["create"].as_u64()), (0, Some(2)), "{done:?}");
    let ada = tenantry.shows("user show ada");
    assert_eq!((&ada["display_name"], &ada["description"]), (&json!("Ada Lövelace"), &json!(long)));
    assert_eq!(tenantry.shows("group members staff")[0]["name"], "ada");
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "ada", "correct horse battery").is("Access-Accept"));
}
