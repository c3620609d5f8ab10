//! `/v1/sign-in`, `/v1/sign-in/enrolment`, `/v1/sign-out`.

use serde_json::{Value, json};

use crate::harness::admin::PASSWORD;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;
use crate::harness::totp;

#[test]
fn the_first_sign_in_enrols_an_authenticator_and_nothing_else_works_before() {
    let office = Office::new();
    let (_, login) = office.add_admin("/v1/admins", &json!({"role": "manager", "scope": "all"}));
    let nobody = office.demo.api_as_nobody();
    let credentials = json!({"login": login, "password": PASSWORD});
    let asked = nobody.post("/v1/sign-in", &credentials);
    assert_eq!(asked.status, 202, "{asked:?}");
    let asked = asked.json();
    let (token, uri) =
        (asked["enrolment_token"].as_str().unwrap(), asked["otpauth_uri"].as_str().unwrap());
    assert!(uri.starts_with("otpauth://totp/"), "{uri}");
    assert_eq!(office.demo.api(token).get("/v1/me").status, 401);
    let enrol = |token: &str, code: &str| {
        nobody.post("/v1/sign-in/enrolment", &json!({"enrolment_token": token, "code": code}))
    };
    let code = totp::code(uri);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert!(matches!(enrol(token, wrong).status, 401 | 422), "a wrong code");
    assert!(matches!(enrol("x", &code).status, 401 | 422), "no such enrolment");
    let session = enrol(token, &totp::code(uri));
    assert_eq!(session.status, 200, "{session:?}");
    let session = office.demo.api(session.json()["token"].as_str().unwrap());
    let me = session.get("/v1/me").json();
    assert_eq!((&me["login"], &me["role"]), (&json!(login), &json!("manager")));
    assert_ne!(enrol(token, &totp::code(uri)).status, 200, "an enrolment is good for once");
    let again = nobody.post("/v1/sign-in", &credentials);
    assert_eq!((again.status, &again.json()["type"]), (401, &json!("/problems/code-needed")));
}

#[test]
fn whatever_is_wrong_with_a_sign_in_the_answer_is_the_same() {
    let office = Office::new();
    let admin = office.provider_admin("manager", &json!("all"));
    let suspended = office.provider_admin("manager", &json!("all"));
    let path = format!("{}/suspend", suspended.place);
    assert_eq!(office.top.send("POST", &path, None).status, 200);
    let nobody = office.demo.api_as_nobody();
    let code = |uri: &str| totp::code(uri);
    let (uri, their_uri) = (&admin.otpauth_uri, &suspended.otpauth_uri);
    // Whether or not it enrolled this one is used up afterwards.
    let spent = json!({"login": admin.login, "password": PASSWORD, "code": code(uri)});
    nobody.post("/v1/sign-in", &spent);
    let tries = [
        json!({"login": admin.login, "password": "wrong password", "code": code(uri)}),
        json!({"login": admin.login, "password": PASSWORD, "code": "abcdef"}),
        json!({"login": admin.login, "password": PASSWORD, "code": ""}),
        json!({"login": "nobody", "password": PASSWORD, "code": code(uri)}),
        json!({"login": suspended.login, "password": PASSWORD, "code": code(their_uri)}),
        json!({"login": admin.login, "password": PASSWORD, "organization": office.slug}),
        json!({"login": admin.login, "password": PASSWORD, "organization": "never-was"}),
        spent,
    ];
    let answers: Vec<(u16, String)> = tries
        .iter()
        .map(|credentials| {
            let response = nobody.post("/v1/sign-in", credentials);
            (response.status, response.body)
        })
        .collect();
    for (answer, credentials) in answers.iter().zip(&tries) {
        assert_eq!(answer, &answers[0], "{credentials}");
    }
    assert_eq!(answers[0].0, 401);
}

#[test]
fn sign_ins_are_told_as_the_admins_and_those_of_nobody_without_what_may_be_a_password() {
    let office = Office::new();
    let admin = office.admin("manager");
    let nobody = office.demo.api_as_nobody();
    let tries = |login: &str| {
        let body = json!({"organization": office.slug, "login": login, "password": "wrong"});
        assert_eq!(nobody.post("/v1/sign-in", &body).status, 401, "{login}");
    };
    let told = |is_it: &dyn Fn(&str) -> bool| {
        let newest = |_| {
            let of = |event: &Value| {
                event["action"] == "sign_in" && event["reason"].as_str().is_some_and(is_it)
            };
            office.events().into_iter().find(of)
        };
        (0..10_000).find_map(newest).expect("no such sign_in came")
    };
    tries(&admin.login);
    let failed = told(&|reason| reason == "the password is wrong");
    assert_eq!(failed["actor"]["name"], json!(admin.login));
    let slip = format!("{}x", admin.login);
    tries(&slip);
    let expected = format!("there is no admin “{slip}”");
    let unknown = told(&|reason| reason == expected);
    assert_eq!(unknown["actor"]["kind"], "nobody");
    assert_eq!(unknown["source"], "127.0.0.1");
    tries("sommer2031x");
    told(&|reason| reason.contains("(hidden"));
    assert!(!Value::from(office.events()).to_string().contains("sommer2031x"));
}

#[test]
fn guessing_is_slowed_down_with_429_and_the_time_to_wait() {
    let office = Office::new();
    let (_, login) = office.add_admin("/v1/admins", &json!({"role": "read_only"}));
    let nobody = office.demo.https(None);
    let guess = |number: usize| -> (u16, Option<u64>) {
        let credentials = json!({"login": login, "password": format!("guess number {number}")});
        let response = nobody.send("POST", "/v1/sign-in", Some(&credentials));
        let wait = response.header("retry-after").map(|seconds| seconds.parse().unwrap());
        (response.status, wait)
    };
    let slowed = (0..20).map(guess).find(|(status, _)| *status != 401).unwrap();
    assert_eq!(slowed.0, 429);
    assert!(slowed.1.is_some_and(|seconds| (1..=60).contains(&seconds)), "{slowed:?}");
}

#[test]
fn a_right_password_alone_is_told_and_slowed_down_and_keeps_nobody_out_who_has_the_code() {
    let office = Office::new();
    let admin = office.admin("manager");
    let shown = office.event("secret_revealed");
    assert_eq!(shown["actor"]["name"], json!(admin.login), "what the authenticator has scanned");
    let nobody = office.demo.https(None);
    let mut credentials =
        json!({"organization": office.slug, "login": admin.login, "password": PASSWORD});
    let begins = || nobody.curl().post("/v1/sign-in", &credentials);
    for _ in 0..3 {
        let asked = begins();
        let kind = json!("/problems/code-needed");
        assert_eq!((asked.status, &asked.json()["type"]), (401, &kind), "{asked:?}");
    }
    let told = office.event("sign_in_begun");
    assert_eq!(told["actor"]["name"], json!(admin.login));
    assert_eq!(
        (&told["subject"]["kind"], &told["subject"]["id"]),
        (&json!("admin"), &told["actor"]["id"])
    );
    assert_eq!((&told["success"], &told["source"]), (&json!(true), &json!("127.0.0.1")));
    assert!(!Value::from(office.events()).to_string().contains(PASSWORD));
    let slowed = (0..20).map(|_| begins()).find(|answer| answer.status != 401).unwrap();
    assert_eq!(slowed.status, 429, "{slowed:?}");
    let wait = slowed.header("retry-after").map(|seconds| seconds.parse::<u64>().unwrap());
    assert!(wait.is_some_and(|seconds| (1..=60).contains(&seconds)), "{slowed:?}");
    // Another one of the same organization is let in from there meanwhile.
    let other = office.admin("manager");
    credentials["login"] = json!(other.login);
    for _ in 0..3 {
        assert_eq!(nobody.send("POST", "/v1/sign-in", Some(&credentials)).status, 401);
    }
    credentials["code"] = json!(totp::code_beside(&other.otpauth_uri, 1));
    let session = nobody.send("POST", "/v1/sign-in", Some(&credentials));
    assert_eq!(session.status, 200, "{session:?}");
}

#[test]
fn a_reset_second_factor_ends_sessions_and_is_enrolled_anew() {
    let office = Office::new();
    let admin = office.admin("help_desk");
    assert_eq!(admin.session.get("/v1/me").status, 200);
    let reset = format!("{}/reset-mfa", admin.place);
    assert_eq!(office.chief().send("POST", &reset, None).status, 204);
    assert_eq!(admin.session.get("/v1/me").status, 401);
    let credentials: Value =
        json!({"organization": office.slug, "login": admin.login, "password": PASSWORD});
    assert_eq!(office.demo.api_as_nobody().post("/v1/sign-in", &credentials).status, 202);
}

#[test]
fn a_password_that_another_admin_gave_is_good_for_choosing_another_and_for_nothing_else() {
    let office = Office::new();
    let admin = office.admin("manager");
    let given = "given by the chief, for once";
    let path = format!("{}/password", admin.place);
    let set = office.chief().send("PUT", &path, Some(&json!({"password": given})));
    assert_eq!(set.status, 204, "{set:?}");
    let nobody = office.demo.api_as_nobody();
    let tries = |more: Value| {
        let mut credentials =
            json!({"organization": office.slug, "login": admin.login, "password": given});
        credentials.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        nobody.post("/v1/sign-in", &credentials)
    };
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    let needed = tries(json!({"code": code}));
    let kind = json!("/problems/password-needed");
    assert_eq!((needed.status, &needed.json()["type"]), (401, &kind));
    let own = "chosen by nobody but me";
    let without = tries(json!({"new_password": own}));
    assert_eq!(without.json()["type"], "/problems/code-needed", "{without:?}");
    for bad in ["short", given] {
        let refused = tries(json!({"new_password": bad, "code": code}));
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/new_password")));
    }
    let session = tries(json!({"new_password": own, "code": code}));
    assert_eq!(session.status, 200, "{session:?}");
    let session = office.demo.api(session.json()["token"].as_str().unwrap());
    assert_eq!(session.get("/v1/me").status, 200);
    assert_eq!(tries(json!({"new_password": own})).status, 401, "it counts no more");
}

#[test]
fn an_invited_admin_chooses_the_first_password_at_the_command_line() {
    let office = Office::new();
    let top = &office.demo.admin_api.tokens.administrator_with_billing;
    let desk = Tenantry::with_key(&office.demo, top).within(&office.slug);
    let made = desk.shows("admin create --login ida --display-name Ida --role help_desk");
    let lost = made["invitation"]["token"].as_str().unwrap();
    assert_eq!(made["invitation"]["link"], json!(null), "no address is configured");
    assert_eq!(made["invited_until"], made["invitation"]["expires"]);
    let invited = desk.shows("admin invite ida --seconds 3600");
    let token = invited["token"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let own = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let (url, slug) = (&office.demo.admin_api.url, &office.slug);
    let line = format!("login {url} --as ida --org {slug} --invitation");
    assert_eq!(own.hear(&line, &format!("{lost}\n{PASSWORD}\n")).code, 5, "another counts");
    let short = own.hear(&line, &format!("{token}\nshort\n"));
    assert!(short.code == 7 && short.stderr.contains("12 characters"), "{short:?}");
    // What it is to scan is told, and a code of it is missing.
    let link = format!("https://welcome.example/v1/invitations#{token}");
    let asked = own.hear(&line, &format!("{link}\n{PASSWORD}\n"));
    assert!(asked.code == 2 && asked.stdout.contains("otpauth://totp/"), "{asked:?}");
    assert_eq!(own.hear(&line, &format!("{token}\n{PASSWORD}\n")).code, 5, "it counts once");
    assert_eq!(desk.shows("admin show ida")["invited_until"], json!(null));
    let again = desk.run("admin invite ida");
    assert!(again.code == 7 && again.stderr.contains("has a password already"), "{again:?}");
    let told = office.event("invitation_accepted");
    assert_eq!(told["actor"]["name"], "ida");
    // What another admin gives is asked to be changed where it is typed.
    let session = Tenantry::with_key(&office.demo, office.chief().token()).within(slug);
    let set = session.hear("admin set-password ida", "given by the chief, for once\n");
    assert_eq!(set.code, 0, "{set:?}");
    let line = format!("login {url} --as ida --org {slug}");
    let missing = own.hear(&line, "given by the chief, for once\n");
    assert!(missing.code == 2 && missing.stderr.contains("new password"), "{missing:?}");
    let asked = own.hear(&line, "given by the chief, for once\nchosen by nobody but me\n");
    assert!(asked.stdout.contains("otpauth://totp/"), "{asked:?}");
}
