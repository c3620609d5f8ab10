//! `tenantry login`, `logout` and `context`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::admin::{Admin, PASSWORD};
use crate::harness::breaking::BreakingLine;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;
use crate::harness::totp;

/// An id that nobody has.
const NOBODYS: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[test]
fn who_signs_in_works_in_the_context_until_signing_out() {
    let office = Office::new();
    let admin = office.admin("administrator");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contexts.toml");
    let tenantry = Tenantry::with_contexts(&office.demo, &file);
    let login = format!(
        "login {} --as {} --org {} --name lab",
        office.demo.admin_api.url, admin.login, office.slug
    );
    let wrong = tenantry.hear(&login, "not the password\n");
    assert_eq!(wrong.code, 3, "{wrong:?}");
    assert_eq!(tenantry.run("user list").code, 3, "nobody is signed in");
    // The code of the enrolment is used up.
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    let signed_in = tenantry.hear(&login, &format!("{PASSWORD}\n{code}\n"));
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(PASSWORD));

    tenantry.does("user create --login ada --display-name Ada --surname Lovelace");
    assert_eq!(
        tenantry.shows("user show ada")["login"],
        "ada",
        "the organization is the context's"
    );
    let contexts = tenantry.shows("context list");
    assert!(contexts[0]["signed_in_at_most_until"].is_string(), "{contexts}");
    assert_eq!((&contexts[0]["name"], &contexts[0]["in_use"]), (&json!("lab"), &json!(true)));

    let nowhere = tenantry.run("context use lab --org nope");
    assert_eq!(nowhere.code, 5, "{nowhere:?}");
    let nowhere = tenantry.run(&format!("context use lab --org {NOBODYS}"));
    assert_eq!(nowhere.code, 5, "{nowhere:?}");
    tenantry.does(&format!("context use lab --org {}", office.slug));
    assert_eq!(tenantry.shows("context list")[0]["organization"], json!(office.slug));

    tenantry.does("logout");
    assert_eq!(tenantry.run("user list").code, 3);
    let unasked = tenantry.run("context use lab --org later");
    assert!(unasked.code == 0 && unasked.stderr.contains("nobody looked"), "{unasked:?}");
    assert_eq!(tenantry.run("context use other").code, 5);
    tenantry.does("context remove lab");
    assert_eq!(tenantry.shows("context list"), json!([]));
}

#[test]
fn who_signs_in_again_goes_on_with_the_same_organization() {
    let office = Office::new();
    let admin = office.provider_admin("administrator", &json!("all"));
    let folder = tempfile::tempdir().unwrap();
    let tenantry = in_lab(&office, &admin, &folder.path().join("contexts.toml"));
    tenantry.does(&format!("context use lab --org {}", office.slug));
    let before = tenantry.shows("context list");
    assert_eq!(
        (&before[0]["organization"], &before[0]["organization_id"]),
        (&json!(office.slug), &json!(office.id))
    );
    let made = admin.session.send("POST", "/v1/me/recovery-codes", None).json();
    let code = made["codes"][0].as_str().unwrap();
    tenantry.does("logout");
    let url = &office.demo.admin_api.url;
    let line = format!("login {url} --as {} --name lab --recovery-code", admin.login);
    let typed = [("password: ", PASSWORD), ("recovery code: ", code)];
    let again = tenantry.at_terminal(&line, &typed);
    assert_eq!(again.code, 0, "{again:?}");
    let words = format!("with organization {}", office.slug);
    assert!(again.stdout.contains(&words), "{again:?}");
    let after = tenantry.shows("context list");
    for member in ["organization", "organization_id"] {
        assert_eq!(after[0][member], before[0][member]);
    }
    assert_eq!(tenantry.shows("user list"), json!([]));
    tenantry.does("context use lab --provider");
    assert_eq!(tenantry.shows("context list")[0]["organization"], Value::Null);
}

/// The provider's admin, signed in with a context `lab` in a file.
fn in_lab(office: &Office, admin: &Admin, file: &Path) -> Tenantry {
    let tenantry = Tenantry::with_contexts(&office.demo, file);
    let login = format!("login {} --as {} --name lab", office.demo.admin_api.url, admin.login);
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    let signed_in = tenantry.hear(&login, &format!("{PASSWORD}\n{code}\n"));
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    tenantry
}

#[test]
fn a_context_keeps_its_organization_whatever_that_is_called() {
    let office = Office::new();
    let admin = office.provider_admin("administrator_with_billing", &json!("all"));
    let folder = tempfile::tempdir().unwrap();
    let tenantry = in_lab(&office, &admin, &folder.path().join("contexts.toml"));
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let top = Tenantry::with_key(&office.demo, top);
    let (old, new) = (format!("{}-old", office.slug), format!("{}-new", office.slug));
    let make = |base: &str| {
        let line = format!("org create --slug {old} --name {base} --base dc={base},dc=example");
        top.does(&line);
    };
    make(&new);
    tenantry.does(&format!("context use lab --org {old}"));
    tenantry.does("group create --name staff");
    top.does(&format!("org update {old} --slug {new}"));
    make(&old);
    assert_eq!(tenantry.shows("group list")[0]["name"], "staff", "not of who has the slug by now");
    let shown = |organization: &str| {
        let context = tenantry.shows("context list")[0].clone();
        let id = top.shows(&format!("org show {new}"))["id"].clone();
        assert_eq!(
            (&context["organization"], &context["organization_id"]),
            (&json!(organization), &id)
        );
    };
    shown(&old);
    let asked = tenantry.run("group delete staff");
    assert!(asked.code == 2 && asked.stderr.contains(&format!(" of {new} at ")), "{asked:?}");
    shown(&new);
    for (slug, code) in [(&new, 0), (&old, 2)] {
        let file = format!("organization: {{slug: {slug}}}\n");
        let applied = tenantry.hear("apply -f - --dry-run", &file);
        assert_eq!((applied.code, applied.stdout.as_str()), (code, ""), "{slug}: {applied:?}");
    }
    assert_eq!(
        tenantry.shows(&format!("group list --org {old}")),
        json!([]),
        "what is typed counts"
    );

    top.does(&format!("org delete {new} --confirmation {new}"));
    let gone = tenantry.run("group list");
    assert_eq!(gone.code, 5, "{gone:?}");
    assert!(gone.stderr.contains(&format!("organization {new} is deleted")), "{gone:?}");
    let plan = tenantry.run(&format!("plan show {NOBODYS}"));
    assert_eq!(plan.code, 5, "{plan:?}");
    assert!(!plan.stderr.contains(&new), "it is no organization's: {plan:?}");
}

#[test]
fn who_works_in_an_organization_that_is_none_any_more_is_told_its_name() {
    let office = Office::new();
    let admin = office.provider_admin("administrator_with_billing", &json!("all"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contexts.toml");
    let tenantry = in_lab(&office, &admin, &file);
    tenantry.does(&format!("context use lab --org {}", office.slug));
    let missing = tenantry.run(&format!("user show {NOBODYS}"));
    assert_eq!(missing.code, 5, "{missing:?}");
    assert!(!missing.stderr.contains("organization"), "it is there: {missing:?}");
    // One that is destroyed has an id that nobody has.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(&office.id, NOBODYS)).unwrap();
    let told = format!("there is no organization “{}”; `tenantry org list`", office.slug);
    for (line, file) in [("user list", ""), ("apply -f - --yes", "organization: {}\n")] {
        let gone = tenantry.hear(line, file);
        assert_eq!(gone.code, 5, "{line}: {gone:?}");
        assert!(gone.stderr.contains(&told), "{line}: {gone:?}");
    }
}

#[test]
fn who_edits_the_organization_of_a_context_means_the_one_that_is_called_so() {
    let (office, other) = (Office::new(), Office::new());
    let admin = office.provider_admin("administrator_with_billing", &json!("all"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contexts.toml");
    let tenantry = in_lab(&office, &admin, &file);
    tenantry.does(&format!("context use lab --org {}", office.slug));
    tenantry.does("group create --name staff");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&office.id), "{text}");
    std::fs::write(&file, text.replace(&office.slug, &other.slug)).unwrap();
    assert_eq!(tenantry.shows("group list"), json!([]), "of the other");
    let shown = tenantry.shows("context list")[0].clone();
    assert_eq!(
        (&shown["organization"], &shown["organization_id"]),
        (&json!(other.slug), &Value::Null)
    );
}

#[test]
fn who_signs_in_is_warned_where_the_id_of_the_organization_is_not_told() {
    let office = Office::new();
    let admin = office.admin("administrator");
    let line = BreakingLine::to(&office.demo);
    let folder = tempfile::tempdir().unwrap();
    let tenantry = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let tenantry = tenantry.setting("TENANTRY_CA", &line.ca_file);
    let (url, slug) = (&line.url, &office.slug);
    let login = format!("login {url} --as {} --org {slug}", admin.login);
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    line.forgets_who_asks(1);
    let signed_in = tenantry.hear(&login, &format!("{PASSWORD}\n{code}\n"));
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    let warning = format!("warning: nobody told the id of organization {slug}: ");
    assert!(signed_in.stderr.contains(&warning), "{signed_in:?}");
    let shown = tenantry.shows("context list")[0].clone();
    assert_eq!((&shown["organization"], &shown["organization_id"]), (&json!(slug), &Value::Null));
    assert_eq!(tenantry.shows("group list"), json!([]), "it is found by its slug");
}

#[test]
fn the_first_sign_in_enrols_an_authenticator() {
    let office = Office::new();
    let (_, login) = office.add_admin(&office.path("admins"), &json!({"role": "help_desk"}));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contexts.toml");
    let tenantry = Tenantry::with_contexts(&office.demo, &file);
    let (url, slug) = (&office.demo.admin_api.url, &office.slug);
    let line = format!("login {url} --as {login} --org {slug}");
    // Without a code there is no session, but what an app scans.
    let asked = tenantry.hear(&line, &format!("{PASSWORD}\n"));
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.stdout.contains("otpauth://totp/"), "{asked:?}");
    assert_eq!(asked.stdout.lines().count(), 1, "nothing is drawn for a program: {asked:?}");
    assert!(!file.exists());
}

#[test]
fn who_has_lost_the_phone_signs_in_with_a_recovery_code() {
    let office = Office::new();
    let admin = office.admin("help_desk");
    let made = admin.session.send("POST", "/v1/me/recovery-codes", None).json();
    let code = made["codes"][0].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tenantry = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let login = format!(
        "login {} --as {} --org {} --recovery-code",
        office.demo.admin_api.url, admin.login, office.slug
    );
    let signed_in = tenantry.hear(&login, &format!("{PASSWORD}\n{code}\n"));
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    let sessions = tenantry.shows("account sessions");
    let own = sessions.as_array().unwrap().iter().find(|session| session["this"] == true).unwrap();
    assert_eq!(own["proof"], "recovery_code");
    assert!(tenantry.does("account recovery-codes").contains('-'));
    tenantry.does("account end-sessions --yes");
    assert_eq!(tenantry.run("account show").code, 3);
}

#[test]
fn contexts_of_several_servers_are_kept_apart() {
    let Some(there) = Office::alone() else { return };
    let here = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contexts.toml");
    let tenantry = Tenantry::with_contexts(&here.demo, &file);
    for (office, name) in [(&here, "here"), (&there, "there")] {
        office.make("groups", &json!({"name": format!("group-{name}")}));
        let admin = office.admin("administrator");
        let (url, ca_file) = (&office.demo.admin_api.url, &office.demo.ca_file);
        let login = format!(
            "login {url} --as {} --org {} --name {name} --ca {ca_file}",
            admin.login, office.slug
        );
        let code = totp::code_beside(&admin.otpauth_uri, 1);
        let signed_in = tenantry.hear(&login, &format!("{PASSWORD}\n{code}\n"));
        assert_eq!(signed_in.code, 0, "{name}: {signed_in:?}");
    }
    // Each server has an authority of its own, which its context knows.
    let tenantry = tenantry.setting("TENANTRY_CA", "");
    let seen = |context: &str| {
        tenantry.shows(&format!("group list --context {context}"))[0]["name"].clone()
    };
    assert_eq!((seen("here"), seen("there")), (json!("group-here"), json!("group-there")));
    let listed = tenantry.shows("context list");
    let told = |place: usize| {
        let context = &listed[place];
        (context["name"].clone(), context["server"].clone(), context["in_use"].clone())
    };
    let url = |office: &Office| json!(office.demo.admin_api.url);
    assert_eq!(told(0), (json!("here"), url(&here), json!(false)));
    assert_eq!(told(1), (json!("there"), url(&there), json!(true)), "the last one is in use");

    tenantry.does("context use here");
    assert_eq!(tenantry.shows("group list")[0]["name"], "group-here");
    tenantry.does("logout --context there");
    assert_eq!(tenantry.run("group list --context there").code, 3, "that session is over");
    assert_eq!(tenantry.shows("group list")[0]["name"], "group-here", "the other one goes on");
    tenantry.does("context remove there");
    assert_eq!(tenantry.run("group list --context there").code, 5);
    assert_eq!(tenantry.shows("context list").as_array().unwrap().len(), 1);
}

#[test]
fn an_api_key_may_stand_in_a_file_where_no_process_list_shows_it() {
    let office = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let key = &office.demo.admin_api.tokens.read_only;
    std::fs::write(&file, format!("{key}\n")).unwrap();
    let (url, slug, file) = (&office.demo.admin_api.url, &office.slug, file.display());
    let tenantry = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let line = format!("group list --server {url} --org {slug} --token-file");
    for (words, input, code) in [
        (format!("{line} {file}"), String::new(), 0),
        (format!("{line} -"), format!("{key}\n"), 0),
        (format!("{line} {file} --token x"), String::new(), 2),
        (format!("{line} /nowhere"), String::new(), 1),
    ] {
        let ended = tenantry.hear(&words, &input);
        assert_eq!(ended.code, code, "{words}: {ended:?}");
    }
    let typed = tenantry.setting("TENANTRY_TOKEN", "x").run(&format!("{line} {file}"));
    assert_eq!(typed.code, 0, "what is typed counts more than the environment: {typed:?}");
}
