//! RFC 4616: the SASL mechanism PLAIN.

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::ldap::{Ldap, Transport};
use crate::harness::office::Office;
use crate::harness::python::python;
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;

fn whoami(client: &Ldap, login: &str, password: &str) -> crate::harness::client::Output {
    client.clone().by_sasl(["-Y", "PLAIN", "-U", login, "-w", password]).who_am_i()
}

#[test]
fn openldaps_tools_log_in_by_the_name_of_an_entry_over_tls() {
    let demo = Demo::shared();
    let (ada, account) = (demo.acme().user("ada"), &demo.acme().service_account);
    for transport in [Transport::StartTls, Transport::Tls] {
        let client = demo.ldap_over(transport);
        for (dn, password) in [(&ada.dn, &ada.password), (&account.dn, &account.password)] {
            for login in [dn.clone(), format!("dn:{dn}")] {
                let who = whoami(&client, &login, password);
                assert_eq!(who.stdout.trim(), format!("dn:{dn}"), "{who:?}");
            }
        }
    }
}

#[test]
fn wrong_passwords_logins_without_an_organization_and_other_peoples_names_are_refused() {
    let Some(demo) = Demo::own() else { return };
    let (ada, bob) = (demo.acme().user("ada"), demo.acme().user("linus"));
    let client = demo.ldap_over(Transport::Tls);
    let there = demo.globex().user("ada");
    for (login, password) in [
        (ada.dn.as_str(), "wrong"),
        ("ada", &ada.password),
        ("u:ada", &ada.password),
        (&there.dn, &ada.password),
        ("uid=ada,ou=people,dc=nowhere,dc=example", &ada.password),
    ] {
        assert_eq!(whoami(&client, login, password).code, 49, "{login}");
    }
    let acting = |authorization: &str| {
        let options = ["-Y", "PLAIN", "-U", "ada", "-X", authorization, "-w", &ada.password];
        client.clone().by_sasl(options).who_am_i()
    };
    // The organization of a login may come from the name that it is to act as: its own.
    let own = acting(&format!("dn:{}", ada.dn));
    assert_eq!(own.stdout.trim(), format!("dn:{}", ada.dn), "{own:?}");
    for other in [&bob.dn, &there.dn] {
        assert_eq!(acting(&format!("dn:{other}")).code, 49, "{other}");
    }
    assert_eq!(acting("u:linus").code, 49);
}

#[test]
fn accounts_of_a_domain_log_in_as_by_a_simple_bind() {
    const PASSWORD: &str = "correct horse battery";
    let office = Office::new();
    office.user("ada", PASSWORD);
    let demo = &office.demo;
    let mut raw = Raw::connect(&demo.ldaps).secure(&demo.ca_file).unwrap();
    let account = format!("ada@{}.example", office.slug);
    let own = format!("dn:{}", office.user_dn("ada"));
    let mut tried = |authorization: &str, authentication: &str, password: &str| {
        let response = format!("{authorization}\0{authentication}\0{password}");
        raw.send(&raw::sasl_bind(1, "PLAIN", Some(response.as_bytes())));
        raw.receive().unwrap().code()
    };
    let identity = format!("u:{account}");
    for name in [&account, &identity, &format!("{}\\ada", office.slug)] {
        assert_eq!(tried("", name, PASSWORD), 0, "{name}");
        assert_eq!(tried("", name, "wrong"), 49, "{name}");
    }
    assert_eq!(tried(&identity, &account, PASSWORD), 0);
    assert_eq!(tried(&own, &account, PASSWORD), 0);
    for other in ["u:bob", &format!("dn:{}", office.user_dn("bob")), "u:ada@nowhere.example"] {
        assert_eq!(tried(other, &account, PASSWORD), 49, "{other}");
    }
    assert_eq!(tried("", "ada@nowhere.example", PASSWORD), 49);
}

#[test]
fn who_is_to_act_may_be_spelled_otherwise_than_who_proves_it() {
    const PASSWORD: &str = "correct horse battery";
    let office = Office::new();
    office.user("ada", PASSWORD);
    office.user("bob", PASSWORD);
    let (slug, domain) = (format!("r-{}", office.slug), format!("{}.other.example", office.slug));
    let place = format!("/v1/organizations/{}", office.id);
    let fields = json!({"slug": slug, "domain": domain});
    let changed = office.top.send("PATCH", &place, Some(&fields));
    assert_eq!(changed.status, 200, "{changed:?}");
    let mut raw = Raw::connect(&office.demo.ldaps).secure(&office.demo.ca_file).unwrap();
    let mut tried = |authorization: &str, authentication: &str| {
        let response = format!("{authorization}\0{authentication}\0{PASSWORD}");
        raw.send(&raw::sasl_bind(1, "PLAIN", Some(response.as_bytes())));
        raw.receive().unwrap().code()
    };
    let (ada, bob) = (office.user_dn("ada"), office.user_dn("bob"));
    let (own, in_domain) = (format!("dn:{ada}"), format!("cn=ada,cn=users,{}", office.base));
    for (authorization, authentication) in [
        (&own, format!("ada@{domain}")),
        (&own, format!("{domain}\\ada")),
        (&own, format!("{slug}\\Ada")),
        // The first label of the base, which is no slug.
        (&own, format!("{}\\ada", office.slug.to_uppercase())),
        (&own, in_domain.clone()),
        (&format!("dn:{in_domain}"), ada.clone()),
        (&format!("u:ada@{domain}"), ada.clone()),
        (&format!("u:{slug}\\ada"), format!("u:ada@{domain}")),
    ] {
        assert_eq!(tried(authorization, &authentication), 0, "{authorization} {authentication}");
    }
    for (authorization, authentication) in [
        (&own, format!("bob@{domain}")),
        (&own, format!("{slug}\\bob")),
        (&own, "NOWHERE\\ada".to_owned()),
        (&own, format!("cn=ada,ou=services,{}", office.base)),
        (&own, bob.clone()),
        (&format!("dn:{bob}"), format!("ada@{domain}")),
        (&"u:ada".to_owned(), ada),
    ] {
        assert_eq!(tried(authorization, &authentication), 49, "{authorization} {authentication}");
    }
}

#[test]
fn it_is_offered_and_spoken_over_tls_only() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let offered = |client: &Ldap| {
        let found = client.search("", "base", "(objectClass=*)", &["supportedSASLMechanisms"]);
        let entry = found.only();
        entry
            .values("supportedSASLMechanisms")
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(offered(&demo.ldap()), Vec::<String>::new());
    assert_eq!(offered(&demo.ldap_over(Transport::Tls)), ["PLAIN"]);
    assert_eq!(offered(&demo.ldap_over(Transport::StartTls)), ["PLAIN"]);
    // OpenLDAP's tools do not even try what is not offered.
    let mut clear = Raw::to(&demo);
    clear.send(&raw::sasl_bind(1, "PLAIN", Some(format!("\0{}\0x", ada.dn).as_bytes())));
    assert_eq!(clear.receive().unwrap().code(), 13);
    let mut raw = Raw::connect(&demo.ldaps).secure(&demo.ca_file).unwrap();
    raw.send(&raw::sasl_bind(1, "GSSAPI", Some(b"x")));
    assert_eq!(raw.receive().unwrap().code(), 7);
    raw.send(&raw::bind(2, &ada.dn, &ada.password));
    assert_eq!(raw.receive().unwrap().code(), 0);
}

#[test]
fn python_ldap3_logs_in() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let script = "
import ssl, sys, ldap3
tls = ldap3.Tls(ca_certs_file=sys.argv[2], validate=ssl.CERT_REQUIRED)
server = ldap3.Server(sys.argv[1], use_ssl=True, tls=tls)
connection = ldap3.Connection(server, authentication=ldap3.SASL, sasl_mechanism='PLAIN',
    sasl_credentials=(None, sys.argv[3], sys.argv[4]))
assert connection.bind(), connection.result
print(connection.extend.standard.who_am_i())
";
    let uri = format!("ldaps://{}", demo.ldaps);
    let output = python(script, [&uri, &demo.ca_file, &ada.dn, &ada.password]);
    assert_eq!(output.stdout.trim(), format!("dn:{}", ada.dn), "{output:?}");
}

#[test]
fn a_server_name_of_its_own_says_which_organization_a_login_belongs_to() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let Some(site) = Site::of_demo(demo.folder()) else { return };
    let server = site.set("ldap", "server_names = \"ldap.example\"").serve();
    let script = "
import ssl, sys, ldap3
tls = ldap3.Tls(validate=ssl.CERT_NONE, sni=sys.argv[2])
server = ldap3.Server(sys.argv[1], use_ssl=True, tls=tls, get_info=ldap3.DSA)
connection = ldap3.Connection(server, authentication=ldap3.SASL, sasl_mechanism='PLAIN',
    sasl_credentials=(None, sys.argv[3], sys.argv[4]))
connection.open(read_server_info=True)
bound = connection.bind()
print(bound, server.info.naming_contexts, connection.extend.standard.who_am_i())
";
    let uri = format!("ldaps://{}", server.ldaps);
    let (here, there) = (demo.acme().user("ada"), demo.globex().user("ada"));
    let tried = |name: &str, password: &str| {
        let output = python(script, [&uri, name, "ada", password]);
        assert_eq!(output.code, 0, "{output:?}");
        output.stdout.trim().to_owned()
    };
    let base = |base: &str| format!("['{base}']");
    let acme = base(&demo.acme().base);
    assert_eq!(tried("acme.ldap.example", &here.password), format!("True {acme} dn:{}", here.dn));
    assert_eq!(tried("acme.ldap.example", &there.password), format!("False {acme} None"));
    assert_eq!(
        tried("globex.ldap.example", &there.password),
        format!("True {} dn:{}", base(&demo.globex().base), there.dn)
    );
    for nowhere in
        ["nowhere.ldap.example", "ldap.example", "acme.other.example", "x.acme.ldap.example"]
    {
        assert_eq!(tried(nowhere, &here.password), "False [] None", "{nowhere}");
    }
}

#[test]
fn a_code_of_a_second_factor_stands_behind_the_password_as_in_a_simple_bind() {
    let office = Office::new();
    let user = office.user("ada", "correct horse battery");
    office.set(&json!({"second_factor": {"demand": "required"}}));
    let begun = office.act("POST", &format!("users/{user}/second-factor"), None);
    let uri = begun["otpauth_uri"].as_str().unwrap();
    let code = json!({"code": crate::harness::totp::code_beside(uri, 0)});
    office.act("POST", &format!("users/{user}/second-factor/confirm"), Some(&code));
    let client = office.demo.ldap_over(Transport::Tls);
    let dn = office.user_dn("ada");
    assert_eq!(whoami(&client, &dn, "correct horse battery").code, 49);
    let next = crate::harness::totp::code_beside(uri, 1);
    assert_eq!(whoami(&client, &dn, &format!("correct horse battery;{next}")).code, 0);
}
