//! The password policy control (draft-behera-ldap-password-policy-10), as its clients read it.

use serde_json::json;

use crate::harness::client::Output;
use crate::harness::office::Office;
use crate::harness::python::python;

const OLD: &str = "correct horse battery";
const NEW: &str = "staple of another horse";
const CONTROL: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

/// Asks who one is, and what the policy says.
fn who_am_i(office: &Office, password: &str) -> Output {
    let client = office.demo.ldap().bound(&office.user_dn("ada"), password);
    client.with(["-e", "ppolicy"]).who_am_i()
}

#[test]
fn the_control_and_the_operation_are_listed() {
    let office = Office::new();
    let root = office.demo.ldap().search("", "base", "(objectClass=*)", &["+", "*"]);
    assert!(root.only().values("supportedControl").contains(&CONTROL));
    assert!(root.only().values("supportedExtension").contains(&"1.3.6.1.4.1.4203.1.11.1"));
}

#[test]
fn a_password_warns_then_has_grace_logins_then_has_expired_at_every_door() {
    let office = Office::new();
    let id = office.user("ada", OLD);
    let client = office.client("switch", &json!({}));
    let network = |password| office.login(&client, "ada", password);
    let policy = json!({"longest_age": 3_000, "warning": 3_000, "grace_logins": 2});
    office.set(&json!({"password_policy": policy}));
    assert!(network(OLD).is("Access-Accept"));
    let again = json!({"password": OLD});
    office.act("PUT", &format!("users/{id}/password"), Some(&again));
    let warned = who_am_i(&office, OLD);
    assert_eq!(warned.code, 0);
    assert!(warned.stderr.contains("Password expires in"), "{warned:?}");
    let mut said = String::new();
    for _ in 0..10_000 {
        let output = who_am_i(&office, OLD);
        assert_eq!(output.code, 0, "{output:?}");
        said = output.stderr;
        if !said.contains("expires in") {
            break;
        }
    }
    assert!(said.contains("1") && said.contains("grace"), "{said}");
    assert!(network(OLD).is("Access-Accept"), "the last grace login");
    let sign_in = office.read(&format!("users/{id}"))["sign_in"].clone();
    assert_eq!(sign_in["grace_logins_left"], 0);
    assert!(network(OLD).is("Access-Reject"));
    let ended = who_am_i(&office, OLD);
    assert_eq!(ended.code, 49, "{ended:?}");
    assert!(ended.stderr.contains("Password expired"), "{ended:?}");
    let wrong = who_am_i(&office, "wrong");
    assert!(!wrong.stderr.contains("expired"), "{wrong:?}");
    office.act("PUT", &format!("users/{id}/password"), Some(&json!({"password": NEW})));
    assert_eq!(who_am_i(&office, NEW).code, 0);
}

#[test]
fn who_was_given_a_password_changes_it_before_anything_else() {
    let office = Office::new();
    let id = office.user("ada", OLD);
    let client = office.client("switch", &json!({}));
    let network = |password| office.login(&client, "ada", password);
    let reset = json!({"password": OLD, "must_change": true});
    office.act("PUT", &format!("users/{id}/password"), Some(&reset));
    assert_eq!(office.read(&format!("users/{id}"))["sign_in"]["must_change_password"], true);
    let told = who_am_i(&office, OLD);
    assert!(told.stderr.contains("must be changed"), "{told:?}");
    assert!(told.stderr.contains("Insufficient access (50)"), "{told:?}");
    let ada = office.demo.ldap().bound(&office.user_dn("ada"), OLD);
    let dn = office.user_dn("ada");
    assert_eq!(ada.search(&dn, "base", "(objectClass=*)", &[]).code, 50);
    assert_eq!(ada.compare(&dn, "uid:ada").code, 50);
    let script = "
import sys, ldap
from ldap.controls.ppolicy import PasswordPolicyControl
uri, dn, password = sys.argv[1:4]
l = ldap.initialize(uri)
l.simple_bind_s(dn, password)
asked = [PasswordPolicyControl()]
for number in [
    l.search_ext(dn, ldap.SCOPE_BASE, serverctrls=asked),
    l.compare_ext(dn, 'uid', b'ada', serverctrls=asked),
    l.extop(ldap.extop.ExtendedRequest('1.3.6.1.4.1.4203.1.11.3', None), serverctrls=asked),
    l.search_ext(dn, ldap.SCOPE_BASE),
]:
    try:
        l.result4(number, add_ctrls=1)
    except ldap.INSUFFICIENT_ACCESS as e:
        control = PasswordPolicyControl()
        told = e.args[0].get('ctrls') or []
        told and control.decodeControlValue(told[0][2])
        print(control.error if told else 'untold')
";
    let uri = format!("ldap://{}", office.demo.ldap);
    let said = python(script, [&uri, &dn, OLD]);
    assert_eq!((said.code, said.stdout.as_str()), (0, "2\n2\n2\nuntold\n"), "{said:?}");
    assert!(network(OLD).is("Access-Reject"));
    assert_ne!(ada.set_password(&dn, OLD).code, 0, "the same again");
    assert_eq!(ada.set_password(&dn, NEW).code, 0);
    let free = who_am_i(&office, NEW);
    assert_eq!((free.code, free.stderr.as_str()), (0, ""));
    assert!(network(NEW).is("Access-Accept"));
    office.act("POST", &format!("users/{id}/require-password-change"), None);
    assert!(who_am_i(&office, NEW).stderr.contains("must be changed"));
    let desk = office.event("password_change_required");
    assert_eq!(desk["subject"]["name"], "ada");
}

#[test]
fn a_lock_is_told_only_where_the_organization_lets_it_and_shown_to_the_help_desk() {
    let office = Office::new();
    let id = office.user("ada", OLD);
    office.set(&json!({"lockout": {"threshold": 2}}));
    for guess in ["guess one", "guess two"] {
        assert_eq!(who_am_i(&office, guess).code, 49);
    }
    let (right, wrong) = (who_am_i(&office, OLD), who_am_i(&office, "guess three"));
    assert_eq!((right.code, &right.stderr), (49, &wrong.stderr));
    assert!(!right.stderr.contains("locked"), "{right:?}");
    assert!(office.read(&format!("users/{id}"))["sign_in"]["locked_until"].is_string());
    office.set(&json!({"password_policy": {"tell_locked": true}}));
    for password in [OLD, "guess four"] {
        let told = who_am_i(&office, password);
        assert!(told.stderr.contains("Account locked"), "{told:?}");
    }
}

#[test]
fn python_ldap_reads_every_error_of_a_change() {
    let office = Office::new();
    office.user("ada", OLD);
    let policy = json!({"history": 1, "require_old": true});
    office.set(&json!({"password_policy": policy, "password_minimum": 10}));
    let script = "
import sys, ldap, ldap.modlist
from ldap.controls.ppolicy import PasswordPolicyControl, PasswordPolicyError
uri, dn, old, new = sys.argv[1:5]
l = ldap.initialize(uri)
def error(number):
    try:
        l.result4(number, add_ctrls=1)
    except ldap.LDAPError as e:
        found = [c for c in e.args[0]['ctrls'] if c[0] == PasswordPolicyControl.controlType]
        control = PasswordPolicyControl()
        control.decodeControlValue(found[0][2])
        return int(control.error)
    return 'none'
def exop(old, new):
    return error(l.passwd(dn, old, new, serverctrls=[PasswordPolicyControl()]))
def modify(changes):
    return error(l.modify_ext(dn, changes, serverctrls=[PasswordPolicyControl()]))
number = l.simple_bind(dn, old, serverctrls=[PasswordPolicyControl()])
controls = l.result4(number, resp_ctrl_classes={PasswordPolicyControl.controlType: PasswordPolicyControl})[3]
assert controls[0].timeBeforeExpiration is None and controls[0].error is None
print(exop(None, new), exop(old, 'brief'), exop(old, 'Password2026!'), exop(old, old))
replace = [(ldap.MOD_REPLACE, 'userPassword', new.encode())]
print(modify(replace), modify([(ldap.MOD_DELETE, 'userPassword', old.encode()), (ldap.MOD_ADD, 'userPassword', b'brief')]))
l.modify_s(dn, [(ldap.MOD_DELETE, 'userPassword', old.encode()), (ldap.MOD_ADD, 'userPassword', new.encode())])
l.simple_bind_s(dn, new)
";
    let uri = format!("ldap://{}", office.demo.ldap);
    let said = python(script, [&uri, &office.user_dn("ada"), OLD, NEW]);
    assert_eq!((said.code, said.stdout.as_str()), (0, "4 6 5 8\n4 6\n"), "{said:?}");
}

#[test]
fn python_ldap_reads_that_a_password_is_too_young_or_is_anothers() {
    let office = Office::new();
    for login in ["ada", "bob"] {
        office.user(login, OLD);
    }
    office.set(&json!({"password_policy": {"shortest_age": 86_400_000}}));
    let script = "
import sys, ldap
from ldap.controls.ppolicy import PasswordPolicyControl
uri, own, other, old, new = sys.argv[1:6]
l = ldap.initialize(uri)
l.simple_bind_s(own, old)
asked = [PasswordPolicyControl()]
for dn in [own, other]:
    delete, add = [(way, 'userPassword', text.encode()) for way, text in [(ldap.MOD_DELETE, old), (ldap.MOD_ADD, new)]]
    for number in [l.passwd(dn, old, new, serverctrls=asked), l.modify_ext(dn, [delete, add], serverctrls=asked)]:
        try:
            l.result4(number, add_ctrls=1)
            print('changed')
        except ldap.LDAPError as e:
            control = PasswordPolicyControl()
            control.decodeControlValue(e.args[0]['ctrls'][0][2])
            print(e.args[0]['result'], int(control.error))
";
    let uri = format!("ldap://{}", office.demo.ldap);
    let names = ["ada", "bob"].map(|login| office.user_dn(login));
    let said = python(script, [&uri, &names[0], &names[1], OLD, NEW]);
    assert_eq!((said.code, said.stdout.as_str()), (0, "19 7\n19 7\n53 3\n53 3\n"), "{said:?}");
    office.set(&json!({"password_policy": {"shortest_age": 0}}));
    assert_eq!(ldappasswd(&office, "ada", (OLD, NEW)).code, 0);
    assert_eq!(who_am_i(&office, NEW).code, 0);
}

#[test]
fn python_ldap_hears_the_policy_beside_every_answer_to_a_change() {
    let office = Office::new();
    office.user("ada", OLD);
    let script = "
import sys, ldap
from ldap.controls.ppolicy import PasswordPolicyControl
uri, dn, old = sys.argv[1:4]
l = ldap.initialize(uri)
l.simple_bind_s(dn, old)
asked = [PasswordPolicyControl()]
def told(number):
    try:
        code, found = 0, l.result4(number, add_ctrls=1)[3]
    except ldap.LDAPError as e:
        code, found = e.args[0]['result'], []
        for _, _, value in e.args[0].get('ctrls') or []:
            control = PasswordPolicyControl()
            control.decodeControlValue(value)
            found.append(control)
    print(code, [control.error for control in found])
replace = lambda new: [(ldap.MOD_REPLACE, 'userPassword', new)]
told(l.modify_ext('', replace(b'a long password'), serverctrls=asked))
told(l.modify_ext(dn, replace(b'x' * 600), serverctrls=asked))
told(l.modify_ext(dn, replace(b''), serverctrls=asked))
told(l.modify_ext(dn, replace(b'')))
told(l.modify_ext(dn, [(ldap.MOD_REPLACE, 'mail', b'x')], serverctrls=asked))
told(l.passwd(dn, old, None, serverctrls=asked))
";
    let uri = format!("ldap://{}", office.demo.ldap);
    let said = python(script, [&uri, &office.user_dn("ada"), OLD]);
    let expected = "53 [3]\n19 [None]\n19 [None]\n19 []\n53 [None]\n0 [None]\n";
    assert_eq!((said.code, said.stdout.as_str()), (0, expected), "{said:?}");
}

/// A policy of the group that ada is in by way of another one.
fn careful(office: &Office, ada: &str, fields: &serde_json::Value) -> String {
    let inner = office.group("operators", &[ada], &[]);
    let outer = office.group("careful", &[], &[&inner]);
    let mut all = json!({"name": "careful", "precedence": 10, "groups": [outer]});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    crate::harness::office::id_of(&office.make("password-policies", &all))
}

fn ldappasswd(office: &Office, login: &str, (old, new): (&str, &str)) -> Output {
    let client = office.demo.ldap().bound(&office.user_dn(login), old);
    client.tool("ldappasswd").args(["-a", old, "-s", new]).run()
}

/// All that a tool said.
fn said(output: &Output) -> String {
    format!("{}{}", output.stdout, output.stderr)
}

#[test]
fn a_password_with_a_name_of_its_owner_inside_is_refused_whoever_sets_it() {
    let office = Office::new();
    let fields = json!({"login": "countess", "display_name": "Ada Lovelace", "surname": "King",
        "password": OLD});
    let id = crate::harness::office::id_of(&office.make("users", &fields));
    let path = office.path(&format!("users/{id}/password"));
    let why = "must not contain the login or the name of its owner";
    for named in ["my COUNTESS and horse", "a Lovelace and a horse", "every King has a horse"] {
        let by_owner = ldappasswd(&office, "countess", (OLD, named));
        assert_ne!(by_owner.code, 0, "{named}: {by_owner:?}");
        assert!(said(&by_owner).contains(why), "{named}: {by_owner:?}");
        let by_admin = office.top.send("PUT", &path, Some(&json!({"password": named})));
        assert_eq!((by_admin.status, &by_admin.json()["pointer"]), (422, &json!("/password")));
        assert!(by_admin.body.contains(why), "{named}: {by_admin:?}");
    }
    assert_eq!(ldappasswd(&office, "countess", (OLD, NEW)).code, 0);
}

#[test]
fn a_verified_password_is_remembered_as_the_organization_says_and_right_either_way() {
    let office = Office::new();
    office.user("ada", OLD);
    let week = 7 * 24 * 60 * 60 * 1_000_u64;
    // Whom a remembered password lets in is not told again that a second factor is due.
    office.set(&json!({"second_factor": {"demand": "required", "enrolment_grace": week}}));
    let binds = |times: usize| {
        (0..times).for_each(|_| assert_eq!(who_am_i(&office, OLD).code, 0));
    };
    binds(3);
    assert_eq!(who_am_i(&office, "wrong").code, 49);
    office.set(&json!({"remember_verified": 0}));
    assert_eq!(office.read("settings")["remember_verified"], 0);
    binds(2);
    let told = |action: &str| {
        let of = |event: &serde_json::Value| event["action"] == action && event["success"] == true;
        office.events().iter().filter(|event| of(event)).count()
    };
    // What was tried is told a moment after it was answered.
    assert!((0..10_000).any(|_| told("ldap_bind") == 5), "{:?}", office.events());
    let each = (0..10_000).any(|_| told("mfa_due") == 1 + 2);
    assert!(each, "verified once, and then each time: {:?}", office.events());
}

#[test]
fn a_policy_of_a_group_judges_its_people_alone_and_ends_with_it() {
    let office = Office::new();
    let (ada, _) = (office.user("ada", OLD), office.user("bob", OLD));
    let policy = careful(&office, &ada, &json!({"password_minimum": 40}));
    let short = ldappasswd(&office, "ada", (OLD, NEW));
    assert_ne!(short.code, 0, "{short:?}");
    assert!(said(&short).contains("at least 40 characters"), "{short:?}");
    let done = ldappasswd(&office, "bob", (OLD, NEW));
    assert_eq!(done.code, 0, "{done:?}");
    let path = format!("users/{ada}/password");
    let by_admin = office.top.send("PUT", &office.path(&path), Some(&json!({"password": NEW})));
    assert_eq!(by_admin.status, 422, "{by_admin:?}");
    let effective = office.read(&format!("users/{ada}/password-policy"));
    assert_eq!(effective["source"]["name"], "careful");
    assert_eq!(effective["password_minimum"], 40);
    office.act("DELETE", &format!("password-policies/{policy}"), None);
    assert_eq!(office.read(&format!("users/{ada}/password-policy"))["source"], json!(null));
    assert_eq!(ldappasswd(&office, "ada", (OLD, NEW)).code, 0);
}

#[test]
fn of_two_policies_the_lower_number_has_the_history_and_the_end_that_count() {
    let office = Office::new();
    let (ada, bob) = (office.user("ada", OLD), office.user("bob", OLD));
    careful(&office, &ada, &json!({"password_policy": {"history": 3}}));
    let strict = json!({
        "name": "behind", "precedence": 20, "groups": [office.group("all", &[&ada, &bob], &[])],
        "password_policy": {"longest_age": 1_000, "grace_logins": 0},
    });
    office.make("password-policies", &strict);
    let client = office.client("switch", &json!({}));
    let network = |login, password| office.login(&client, login, password);
    let ended = |_| network("bob", OLD).is("Access-Reject");
    assert!((0..10_000).any(ended), "the password of bob does not end");
    let told = |_| office.event("radius_access")["reason"] == "the password has expired";
    assert!((0..10_000).any(told), "{:?}", office.events());
    assert!(network("ada", OLD).is("Access-Accept"), "another policy goes before that one");
    assert_eq!(ldappasswd(&office, "ada", (OLD, NEW)).code, 0);
    let again = ldappasswd(&office, "ada", (NEW, OLD));
    assert_ne!(again.code, 0, "{again:?}");
    assert!(said(&again).contains("was used before"), "{again:?}");
}

#[test]
fn a_policy_of_a_group_warns_in_the_control() {
    let office = Office::new();
    let ada = office.user("ada", OLD);
    assert!(!who_am_i(&office, OLD).stderr.contains("expires in"), "the settings know of no end");
    let week = 7 * 24 * 60 * 60 * 1_000_u64;
    let policy = json!({"password_policy": {"longest_age": week, "warning": week}});
    careful(&office, &ada, &policy);
    let warned = who_am_i(&office, OLD);
    assert_eq!(warned.code, 0, "{warned:?}");
    assert!(warned.stderr.contains("Password expires in"), "{warned:?}");
}
