//! `/v1/organizations/{organization}/imports`.

use std::time::Duration;

use serde_json::{Value, json};

use super::api_keys::{key, owner};
use crate::harness::curl::{Api, Response};
use crate::harness::office::{Office, id_of};
use crate::harness::pause;
use crate::harness::receiver::comes;
use crate::harness::ssh_keys::SSH_KEYS;

/// An import whose file was sent with curl.
struct Sent<'a> {
    office: &'a Office,
    path: String,
}

fn api(office: &Office) -> Api {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Api::at(&office.demo.admin_api.url, &office.demo.ca_file).key(key)
}

fn send<'a>(office: &'a Office, asked: &Value, kind: &str, file: &str) -> Sent<'a> {
    let path = format!("imports/{}", id_of(&office.make("imports", asked)));
    let sent = api(office).upload(&office.path(&format!("{path}/content")), kind, file);
    assert_eq!(sent.status, 200, "{sent:?}");
    Sent { office, path }
}

impl Sent<'_> {
    /// The import once it goes on no further.
    fn ended(&self) -> Value {
        for _ in 0..600 {
            let import = self.office.read(&self.path);
            if !["checking", "applying"].contains(&import["state"].as_str().unwrap()) {
                return import;
            }
            pause(Duration::from_millis(50));
        }
        panic!("the import does not end: {}", self.office.read(&self.path));
    }

    fn rows(&self, outcome: &str) -> Vec<Value> {
        let rows = self.office.read(&format!("{}/rows?outcome={outcome}", self.path));
        rows["items"].as_array().unwrap().clone()
    }
}

/// “correct horse battery”, as OpenLDAP keeps it.
const HASH: &str = "{SSHA}ZiagWDkTqRb5dGI8jNjih9ltdZxzYWx0";

#[test]
fn a_table_with_a_mapping_is_tried_first_and_then_applied_and_its_people_sign_in() {
    let office = Office::new();
    office.make("custom-attributes", &json!({"name": "badge", "syntax": "integer"}));
    office.user("bob", "an old horse battery");
    office.group("staff", &[], &[]);
    let asked = json!({
        "name": "people.csv", "format": "csv", "delimiter": ";", "on_conflict": "update",
        "dry_run": true,
        "mapping": {"Name": "display_name", "Badge no.": "custom.badge", "Office": null},
    });
    let file = "Login;Name;mail;password;groups;Badge no.;Office\r\n\
                ada;\"Lovelace; Ada\";ada@x.example;correct horse battery;staff;12;London\r\n\
                bob;Bob Builder;;another horse battery;staff;;\r\n";
    let sent = send(&office, &asked, "text/csv", file);
    let checked = sent.ended();
    assert_eq!((&checked["state"], &checked["planned"]["create"]), (&json!("checked"), &json!(1)));
    let bob = &sent.rows("update")[0];
    assert_eq!((&bob["line"], &bob["name"]), (&json!(3), &json!("bob")));
    let fields: Vec<_> = bob["changes"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
    assert_eq!(fields, ["display_name", "groups"]);
    let made = sent.rows("create")[0]["changes"].clone();
    let change = |field: &str, after: &str| json!({"field": field, "before": null, "after": after});
    let begins = [
        change("custom.badge", "[12]"),
        change("display_name", "\"Lovelace; Ada\""),
        change("login", "\"ada\""),
        change("mail", "[\"ada@x.example\"]"),
        change("state", "\"active\""),
        change("surname", "\"Ada\""),
        change("password", "\"clear\""),
        change("groups", "+1"),
    ];
    assert_eq!(made, json!(begins), "and never the password itself");
    assert_eq!(office.read("users")["items"].as_array().unwrap().len(), 1, "it was a dry run");

    let applied = office.act("POST", &format!("{}/apply", sent.path), Some(&json!({})));
    assert_eq!(applied["state"], "applying");
    let done = sent.ended();
    assert_eq!((&done["state"], &done["done"]["update"]), (&json!("done"), &json!(1)), "{done}");
    let ada = &office.read("users?name=ada")["items"][0];
    assert_eq!(ada["display_name"], "Lovelace; Ada");
    assert_eq!(ada["custom"]["badge"], 12);
    let groups = office.read(&format!("users/{}/groups", id_of(ada)));
    assert_eq!(groups["items"][0]["name"], "staff");
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "ada", "correct horse battery").is("Access-Accept"));
    assert!(office.login(&client, "bob", "an old horse battery").is("Access-Accept"));
    let made = office.events().into_iter().find(|event| event["subject"]["name"] == "ada");
    assert_eq!(made.unwrap()["actor"]["kind"], "admin");
    let found = office.read(&format!("events?request_id={}", id_of(&done)));
    let of = |action: &str, name: &str| {
        let is = |event: &&Value| event["action"] == action && event["subject"]["name"] == name;
        let event = found["items"].as_array().unwrap().iter().find(is);
        assert!(event.is_some_and(|it| it["via"]["kind"].is_string()), "{action}: {found}");
    };
    of("created", "ada");
    of("changed", "bob");
    of("members_changed", "staff");
    of("changed", "people.csv");
}

#[test]
fn entries_of_a_directory_come_with_hashes_and_members() {
    let office = Office::new();
    let file = format!(
        "version: 1\n\ndn: dc=old,dc=example\nobjectClass: domain\ndc: old\n\n\
         dn: cn=all,ou=groups,dc=old,dc=example\nobjectClass: groupOfNames\ncn: all\n\
         member: cn=staff,ou=groups,dc=old,dc=example\n\n\
         dn: cn=staff,ou=groups,dc=old,dc=example\nobjectClass: groupOfNames\ncn: staff\n\
         member: uid=ada,ou=people,dc=old,\n dc=example\n\n\
         dn: uid=ada,ou=people,dc=old,dc=example\nchangetype: add\nobjectClass: inetOrgPerson\n\
         uid: ada\ncn:: QWRhIEzDtnZlbGFjZQ==\nsn: L\nuserPassword: {HASH}\n\n\
         #\n#\ndn: uid=bob,ou=people,dc=old,dc=example\nobjectClass: inetOrgPerson\nuid: bob\n\
         cn: Bob\nsn: B\nuserPassword: {{SMD5}}lkjoiy8y\n"
    );
    let sent = send(&office, &json!({"name": "old", "format": "ldif"}), "text/ldif", &file);
    let done = sent.ended();
    assert_eq!((&done["state"], &done["done"]["create"]), (&json!("done"), &json!(4)), "{done}");
    assert_eq!(done["ignored"], 1);
    let ada = &office.read("users?name=ada")["items"][0];
    assert_eq!(ada["display_name"], "Ada Lövelace");
    let groups = office.read(&format!("users/{}/groups", id_of(ada)));
    assert_eq!(groups["items"].as_array().unwrap().len(), 2, "by way of the nested one as well");
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "ada", "correct horse battery").is("Access-Accept"));
    let bob = sent.rows("create").into_iter().find(|row| row["name"] == "bob").unwrap();
    assert!(bob["notes"][0].as_str().unwrap().contains("not supported"), "{bob}");
}

#[test]
fn rows_in_error_are_told_with_line_and_column_and_nothing_is_done() {
    let office = Office::new();
    let file = "login,mail,uid_number\nada,ada@x.example,5000\nbob,bob,5001\neve,,5000\nada,,\n\
                tom,,x\nzoe,,,\n";
    let asked = json!({"name": "people", "format": "csv"});
    let sent = send(&office, &asked, "text/csv", file);
    let checked = sent.ended();
    assert_eq!((&checked["state"], &checked["planned"]["error"]), (&json!("checked"), &json!(5)));
    let told: Vec<_> = sent.rows("error").iter().map(|row| row["column"].clone()).collect();
    let columns =
        [json!("mail"), json!("uid_number"), json!("login"), json!("uid_number"), json!(null)];
    assert_eq!(told, columns);
    let lines: Vec<_> = sent.rows("error").iter().map(|row| row["line"].clone()).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7]);
    let path = office.path(&format!("{}/apply", sent.path));
    let refused = office.top.send("POST", &path, Some(&json!({})));
    assert_eq!((refused.status, &refused.json()["type"]), (409, &json!("/problems/rule")));
    let body = json!({"leave_out_errors": true});
    assert_eq!(office.top.send("POST", &path, Some(&body)).status, 200);
    assert_eq!(sent.ended()["done"]["create"], 1);
    assert!(office.read("users")["items"].as_array().unwrap().len() == 1);
}

#[test]
fn what_is_there_already_is_skipped_with_all_that_its_row_says() {
    let office = Office::new();
    let ada = office.user("ada", "correct horse battery");
    office.group("staff", &[], &[]);
    let asked = json!({"name": "people", "format": "csv", "on_conflict": "skip"});
    let file = "login,display_name,groups,password\nada,Another,staff,another horse battery\n\
                bob,Bob,staff,another horse battery\n";
    let sent = send(&office, &asked, "text/csv", file);
    let done = sent.ended();
    assert_eq!((&done["done"]["create"], &done["done"]["skip"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(sent.rows("skip")[0]["name"], "ada");
    assert_eq!(office.read(&format!("users/{ada}"))["display_name"], "ada");
    assert_eq!(office.read(&format!("users/{ada}/groups"))["items"], json!([]));
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "ada", "correct horse battery").is("Access-Accept"));
    assert!(office.login(&client, "bob", "another horse battery").is("Access-Accept"));

    let asked = json!({"name": "groups", "format": "csv", "holds": "groups"});
    let sent = send(&office, &asked, "text/csv", "name,members\nmakers,ada;bob\n");
    let done = sent.ended();
    assert_eq!((&done["holds"], &done["done"]["create"]), (&json!("groups"), &json!(1)), "{done}");
    let makers = id_of(&office.read("groups?name=makers")["items"][0]);
    let members = office.read(&format!("groups/{makers}/members"));
    assert_eq!(members["items"].as_array().unwrap().len(), 2, "{members}");
}

#[test]
fn a_table_in_which_a_quotation_mark_is_not_closed_is_refused_as_a_whole_and_sent_anew() {
    let office = Office::new();
    let asked = json!({"name": "people", "format": "csv", "leave_out_errors": true});
    let path = format!("imports/{}", id_of(&office.make("imports", &asked)));
    let content = office.path(&format!("{path}/content"));
    let file = "login,display_name\nun1,U\nun2,\"open\nun3,U3\nun4,U4\n";
    let refused = api(&office).upload(&content, "text/csv", file);
    assert_eq!((refused.status, &refused.json()["type"]), (422, &json!("/problems/invalid")));
    let why = "a quotation mark is not closed (it began in line 3)";
    assert!(refused.json()["detail"].as_str().unwrap().contains(why), "{refused:?}");
    assert_eq!(office.read(&path)["state"], "receiving");
    assert_eq!(api(&office).upload(&content, "text/csv", "\n").status, 422, "it is empty");

    let mended = file.replace("open", "open\"");
    assert_eq!(api(&office).upload(&content, "text/csv", &mended).status, 200);
    let done = Sent { office: &office, path }.ended();
    assert_eq!((&done["state"], &done["rows"]), (&json!("done"), &json!(4)), "{done}");
    assert_eq!(office.read("users")["items"].as_array().unwrap().len(), 4);
}

#[test]
fn a_table_with_a_heading_that_nobody_knows_is_refused_and_says_which() {
    let office = Office::new();
    let asked = json!({"name": "people", "format": "csv", "leave_out_errors": true});
    let path = format!("imports/{}", id_of(&office.make("imports", &asked)));
    let content = office.path(&format!("{path}/content"));
    let refused = api(&office).upload(&content, "text/csv", "login,Office\nada,1\n");
    assert_eq!((refused.status, &refused.json()["type"]), (422, &json!("/problems/invalid")));
    assert_eq!(refused.json()["pointer"], "/mapping/Office");
    let missing = api(&office).upload(&content, "text/csv", "mail\nada@x\n");
    assert_eq!((missing.status, &missing.json()["pointer"]), (422, &json!("/mapping")));
    let import = office.read(&path);
    assert_eq!((&import["state"], &import["rows"]), (&json!("receiving"), &json!(0)), "{import}");
    assert_eq!(api(&office).upload(&content, "text/csv", "login\nada\n").status, 200);
    assert_eq!(Sent { office: &office, path }.ended()["done"]["create"], 1);
}

#[test]
fn files_that_are_none_and_uploads_that_come_too_late_are_refused() {
    let office = Office::new();
    let import = id_of(&office.make("imports", &json!({"name": "people", "format": "csv"})));
    let content = office.path(&format!("imports/{import}/content"));
    let json = office.top.send("PUT", &content, Some(&json!({})));
    assert_eq!(json.status, 415, "{json:?}");
    let kind = |response: &Response| response.json()["type"].as_str().unwrap().to_owned();
    assert_eq!(api(&office).upload(&content, "text/csv", "login\nada\n").status, 200);
    let late = api(&office).upload(&content, "text/csv", "login\nbob\n");
    assert_eq!((late.status, kind(&late)), (409, "/problems/rule".into()));
    let asked = json!({"name": "x", "format": "csv", "mapping": {"a": "shoe_size"}});
    let unknown = office.top.send("POST", &office.path("imports"), Some(&asked));
    assert_eq!((unknown.status, &unknown.json()["pointer"]), (422, &json!("/mapping/a")));
    let never = office.top.send("DELETE", &office.path(&format!("imports/{import}")), None);
    assert!(matches!(never.status, 204 | 409), "{never:?}");
}

#[test]
fn a_manager_who_stands_later_in_the_file_is_named_over_ldap() {
    let office = Office::new();
    for name in ["manager", "secretary"] {
        office.make("custom-attributes", &json!({"name": name, "syntax": "reference"}));
    }
    office.user("old", "correct horse battery");
    let file = "dn: uid=ada,ou=people,dc=old\nobjectClass: inetOrgPerson\nuid: ada\ncn: Ada\nsn: King\n\
                manager: uid=eve, ou=People, dc=old\nsecretary: uid=old,ou=people,dc=old\n\n\
                dn: uid=bob,ou=people,dc=old\nobjectClass: inetOrgPerson\nuid: bob\ncn: Bob\nsn: B\n\
                manager: uid=nobody,dc=old\n\n\
                dn: uid=eve,ou=people,dc=old\nobjectClass: inetOrgPerson\nuid: eve\ncn: Eve\nsn: E\n";
    let asked = json!({"name": "people.ldif", "format": "ldif", "leave_out_errors": true});
    let sent = send(&office, &asked, "text/ldif", file);
    let done = sent.ended();
    assert_eq!((&done["state"], &done["done"]["create"]), (&json!("done"), &json!(2)), "{done}");
    let wrong = &sent.rows("error")[0];
    assert_eq!((&wrong["name"], &wrong["column"]), (&json!("bob"), &json!("custom.manager")));
    assert!(wrong["reason"].as_str().unwrap().contains("uid=nobody,dc=old"), "{wrong}");
    let ada = office.read("users?name=ada")["items"][0]["custom"].clone();
    assert_eq!(ada, json!({"manager": "eve", "secretary": "old"}));
    let demo = &office.demo;
    let account = office.make("service-accounts", &json!({"name": "reader"}));
    let filter = format!("(manager={})", office.user_dn("eve"));
    let text = |field: &str| account[field].as_str().unwrap();
    let client = demo.ldap().bound(text("dn"), text("password"));
    let found = client.search(&office.base, "sub", &filter, &["uid"]);
    assert_eq!(found.only().value("uid"), "ada");
}

#[test]
fn a_row_with_what_is_no_public_key_for_ssh_is_in_error_and_says_why() {
    let office = Office::new();
    let [key, _] = SSH_KEYS;
    let table = format!(
        "login,ssh_keys\nada,{key} ada@laptop\nbob,ssh-ed25519 AAAA\n\
         eve,\"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n\"\n"
    );
    let person = |login: &str, key: &str| {
        format!(
            "dn: uid={login},dc=old\nobjectClass: inetOrgPerson\nuid: {login}\ncn: X\nsn: X\n\
             sshPublicKey: {key}\n\n"
        )
    };
    let entries = [
        person("ida", key),
        person("tom", "ssh-rsa AAAA"),
        person("zoe", "-----BEGIN RSA PRIVATE KEY-----"),
    ];
    for (format, kind, file) in
        [("csv", "text/csv", table), ("ldif", "text/ldif", entries.concat())]
    {
        let asked = json!({"name": "people", "format": format, "leave_out_errors": true});
        let sent = send(&office, &asked, kind, &file);
        let done = sent.ended();
        assert_eq!(
            (&done["state"], &done["done"]["create"]),
            (&json!("done"), &json!(1)),
            "{done}"
        );
        let wrong = sent.rows("error");
        assert!(wrong.iter().all(|row| row["column"] == "ssh_keys"), "{wrong:?}");
        let reason = |row: usize| wrong[row]["reason"].as_str().unwrap();
        assert!(reason(0).starts_with("is no whole key"), "{wrong:?}");
        assert!(reason(1).starts_with("is a private key"), "{wrong:?}");
        let told = Value::from(wrong.clone()).to_string();
        assert!(!told.contains("BEGIN") && !told.contains("b3BlbnNz"), "{told}");
    }
}

#[test]
fn whose_time_was_over_or_who_was_kept_out_comes_suspended() {
    let office = Office::new();
    let asked = json!({
        "name": "people.csv", "format": "csv",
        "mapping": {"accountExpires": "expires", "flags": "samba_acct_flags"},
    });
    let file = "login,accountExpires,flags\nada,132000000000000000,\nbob,0,[UD         ]\n\
                eve,9223372036854775807,[U          ]\nzoe,150000000000000000,\nmia,20300131,\n";
    let sent = send(&office, &asked, "text/csv", file);
    let checked = sent.ended();
    assert_eq!(checked["planned"]["error"], 1, "{checked}");
    assert_eq!(sent.rows("error")[0]["column"], "accountExpires");
    let mended = file.replace("mia,20300131,\n", "");
    let done = send(&office, &asked, "text/csv", &mended);
    let state = done.ended();
    assert_eq!((&state["state"], &state["done"]["create"]), (&json!("done"), &json!(4)), "{state}");
    let notes = done.rows("create")[0]["notes"].clone();
    assert!(notes[0].as_str().unwrap().starts_with("their time was over at 2019-04-17"), "{notes}");
    let told = |login: &str| {
        let user = office.read(&format!("users?name={login}"))["items"][0].clone();
        (user["state"].clone(), user["expires"].clone())
    };
    assert_eq!(told("ada"), (json!("suspended"), json!("2019-04-17T18:40:00Z")));
    assert_eq!(told("bob"), (json!("suspended"), json!(null)));
    assert_eq!(told("eve"), (json!("active"), json!(null)));
    let zoe = told("zoe");
    assert_eq!((&zoe.0, zoe.1.is_string()), (&json!("active"), true), "{zoe:?}");
}

#[test]
fn an_import_whose_key_is_revoked_in_the_middle_goes_on_for_somebody_else() {
    let office = Office::new();
    let admin = owner(&office, "manager");
    let (id, user) = key(&admin, &json!({}));
    // Passwords in clear take their time: so many are not hashed before the key is revoked.
    let rows = (0..200).map(|number| format!("user{number},correct horse {number}\n"));
    let file = format!("login,password\n{}", rows.collect::<String>());
    let asked = json!({"name": "people.csv", "format": "csv"});
    let made = user.send("POST", &office.path("imports"), Some(&asked));
    let path = format!("imports/{}", id_of(&made.json()));
    let by_key = Api::at(&office.demo.admin_api.url, &office.demo.ca_file).key(user.token());
    let sent = by_key.upload(&office.path(&format!("{path}/content")), "text/csv", &file);
    assert_eq!(sent.status, 200, "{sent:?}");
    let sent = Sent { office: &office, path };
    assert!(comes(|| office.read(&sent.path)["applied"].as_u64().unwrap() > 0));
    let revoked = admin.session.send("DELETE", &format!("/v1/me/api-keys/{id}"), None);
    assert_eq!(revoked.status, 204, "{revoked:?}");
    let failed = sent.ended();
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(failed["reason"].as_str().unwrap().contains("does not count any more"), "{failed}");
    let applied = failed["applied"].as_u64().unwrap();
    assert!(applied > 0 && applied < 200, "{failed}");

    let on = office.act("POST", &format!("{}/apply", sent.path), Some(&json!({})));
    assert_eq!((&on["state"], &on["reason"]), (&json!("applying"), &json!(null)), "{on}");
    assert_ne!(on["asked_by"], failed["asked_by"]);
    assert!(comes(|| office.read(&sent.path)["applied"].as_u64().unwrap() > applied));
    let done = sent.ended();
    assert_eq!((&done["state"], &done["done"]["create"]), (&json!("done"), &json!(200)), "{done}");
    assert_eq!(done["done"]["error"], 0, "{done}");
    let client = office.client("gate", &json!({}));
    for login in ["0", "199"] {
        let password = format!("correct horse {login}");
        let reply = office.login(&client, &format!("user{login}"), &password);
        assert!(reply.is("Access-Accept"), "{login}");
    }
    let over =
        office.top.send("POST", &office.path(&format!("{}/apply", sent.path)), Some(&json!({})));
    assert_eq!((over.status, &over.json()["type"]), (409, &json!("/problems/rule")));
}
