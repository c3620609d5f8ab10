//! RFC 4422, appendix A: the SASL mechanism EXTERNAL, by a client certificate.

use std::sync::Arc;

use serde_json::json;

use crate::harness::authority::{Authority, Holder, Issued, List};
use crate::harness::client::Output;
use crate::harness::ldap::{Ldap, Transport};
use crate::harness::office::{Office, id_of};
use crate::harness::python::python;
use crate::harness::server::Site;

fn trust(office: &Office, authority: &Authority, holder: &str) -> String {
    let fields =
        json!({"name": format!("by {holder}"), "certificate": authority.pem(), "holder": holder});
    id_of(&office.make("certificate-authorities", &fields))
}

fn showing(office: &Office, issued: &Issued) -> Ldap {
    office.demo.ldap_over(Transport::Tls).showing(issued.certificate(), &issued.key)
}

fn whoami(office: &Office, issued: &Issued, authorization: &str) -> Output {
    showing(office, issued).by_sasl(["-Y", "EXTERNAL", "-X", authorization]).who_am_i()
}

fn service(office: &Office, name: &str) -> (String, String) {
    let made = office.make("service-accounts", &json!({"name": name}));
    (id_of(&made), made["dn"].as_str().unwrap().to_owned())
}

#[test]
fn a_registered_certificate_proves_its_account_and_no_other() {
    let office = Office::new();
    let (id, dn) = service(&office, "wiki");
    office.user("ada", "correct horse battery");
    let authority = Authority::new("nobody's");
    let wiki = authority.issue(&Holder { common_name: "anything", ..Holder::default() });
    let authorization = format!("dn:{dn}");
    assert_eq!(whoami(&office, &wiki, &authorization).code, 49);
    let certificates = format!("service-accounts/{id}/certificates");
    let list = json!({"fingerprints": [wiki.fingerprint()]});
    office.act("PUT", &certificates, Some(&list));
    assert_eq!(office.read(&certificates)["fingerprints"].as_array().unwrap().len(), 1);
    let who = whoami(&office, &wiki, &authorization);
    assert_eq!(who.stdout.trim(), authorization, "{who:?}");
    let found = showing(&office, &wiki).by_sasl(["-Y", "EXTERNAL", "-X", &authorization]);
    let found = found.search(&office.base, "sub", "(uid=ada)", &["uid"]);
    assert_eq!(found.only().value("uid"), "ada");
    for other in
        [format!("dn:{}", office.user_dn("ada")), format!("dn:cn=x,ou=services,{}", office.base)]
    {
        assert_eq!(whoami(&office, &wiki, &other).code, 49, "{other}");
    }
    // Without a name nobody knows which organization is meant.
    assert_eq!(whoami(&office, &wiki, "").code, 48);
    let again = json!({"fingerprints": [wiki.fingerprint(), wiki.fingerprint()]});
    let refused = office.top.send("PUT", &office.path(&certificates), Some(&again));
    assert_eq!(refused.status, 422, "{refused:?}");
    office.act("PUT", &certificates, Some(&json!({"fingerprints": []})));
    assert_eq!(whoami(&office, &wiki, &authorization).code, 49);
}

/// Makes an account that a certificate is registered for; tells its name.
fn registered(office: &Office, issued: &Issued) -> String {
    let (id, dn) = service(office, "wiki");
    let list = json!({"fingerprints": [issued.fingerprint()]});
    office.act("PUT", &format!("service-accounts/{id}/certificates"), Some(&list));
    dn
}

#[test]
fn a_certificate_proves_as_much_after_starttls() {
    let office = Office::new();
    let authority = Authority::new("nobody's");
    let wiki = authority.issue(&Holder { common_name: "anything", ..Holder::default() });
    let other = authority.issue(&Holder { common_name: "other", ..Holder::default() });
    let authorization = format!("dn:{}", registered(&office, &wiki));
    let who = |issued: &Issued| {
        let client = office.demo.ldap_over(Transport::StartTls);
        let client = client.showing(issued.certificate(), &issued.key);
        client.by_sasl(["-Y", "EXTERNAL", "-X", &authorization]).who_am_i()
    };
    assert_eq!(who(&wiki).stdout.trim(), authorization);
    assert_eq!(who(&other).code, 49);
}

#[test]
fn the_server_name_of_an_organization_says_whose_certificate_it_is() {
    let Some(mut office) = Office::alone() else { return };
    let authority = Authority::new("nobody's");
    let wiki = authority.issue(&Holder { common_name: "anything", ..Holder::default() });
    let dn = registered(&office, &wiki);
    Arc::get_mut(&mut office.demo).unwrap().daemon().stop();
    let Some(site) = Site::of_demo(office.demo.folder()) else { return };
    let server = site.set("ldap", "server_names = \"ldap.example\"").serve();
    let script = "
import ssl, sys, ldap3
tls = ldap3.Tls(validate=ssl.CERT_NONE, sni=sys.argv[2],
    local_certificate_file=sys.argv[3], local_private_key_file=sys.argv[4])
server = ldap3.Server(sys.argv[1], use_ssl=True, tls=tls)
connection = ldap3.Connection(server, authentication=ldap3.SASL, sasl_mechanism='EXTERNAL')
connection.bind()
print(connection.result['result'], connection.extend.standard.who_am_i())
";
    let uri = format!("ldaps://{}", server.ldaps);
    let files = [wiki.certificate.to_str().unwrap(), wiki.key.to_str().unwrap()];
    let tried = |label: &str| {
        let name = format!("{label}.ldap.example");
        let output = python(script, [&uri, &name, files[0], files[1]]);
        assert_eq!(output.code, 0, "{output:?}");
        output.stdout.trim().to_owned()
    };
    assert_eq!(tried(&office.slug), format!("0 dn:{dn}"));
    assert_eq!(tried("globex"), "49 None", "another organization knows nothing of it");
    assert_eq!(tried("nowhere"), "48 None", "nobody's name");
}

#[test]
fn a_certificate_of_the_organizations_own_authority_proves_its_user() {
    let office = Office::new();
    office.built_in("Acme");
    let user = format!("users/{}", office.user("ada", "correct horse battery"));
    office.user("bob", "correct horse battery");
    let handed = office.hand_out(&user, &json!({}));
    let issued = Issued { certificate: handed.certificate(), key: handed.key() };
    let ada = format!("dn:{}", office.user_dn("ada"));
    assert_eq!(whoami(&office, &issued, &ada).stdout.trim(), ada);
    assert_eq!(whoami(&office, &issued, &format!("dn:{}", office.user_dn("bob"))).code, 49);
    let device = id_of(&office.make("devices", &json!({"name": "ada"})));
    let handed_too = office.hand_out(&format!("devices/{device}"), &json!({}));
    let machine = Issued { certificate: handed_too.certificate(), key: handed_too.key() };
    assert_eq!(whoami(&office, &machine, &ada).code, 49);
    office.revoke(&handed, "superseded");
    assert_eq!(whoami(&office, &issued, &ada).code, 49);
    assert!(office.event("ldap_bind").to_string().contains("revoked"));
}

#[test]
fn an_authority_vouches_for_whom_its_certificates_name() {
    let office = Office::new();
    let fields = json!({"login": "ada", "display_name": "A", "surname": "L",
        "mail": ["ada@acme.example"]});
    office.make("users", &fields);
    let (_, wiki) = service(&office, "wiki");
    let (_, host) = service(&office, "wiki.acme.example");
    let user = office.user_dn("ada");
    let named = |common_name| Holder { common_name, ..Holder::default() };
    for (rule, holder, dn) in [
        ("user_by_mail", Holder { mail: Some("Ada@acme.example"), ..named("x") }, &user),
        ("user_by_common_name", named("ada"), &user),
        ("service_account_by_common_name", named("wiki"), &wiki),
        (
            "service_account_by_dns_name",
            Holder { dns: Some("wiki.acme.example"), ..named("x") },
            &host,
        ),
    ] {
        let (authority, other) = (Authority::new("acme"), Authority::new("acme"));
        let id = trust(&office, &authority, rule);
        let who = whoami(&office, &authority.issue(&holder), &format!("dn:{dn}"));
        assert_eq!(who.stdout.trim(), format!("dn:{dn}"), "{rule}: {who:?}");
        // Another authority of the same name is another authority.
        assert_eq!(whoami(&office, &other.issue(&holder), &format!("dn:{dn}")).code, 49, "{rule}");
        let expired = authority.issue(&Holder { expired: true, ..holder });
        assert_eq!(whoami(&office, &expired, &format!("dn:{dn}")).code, 49, "{rule}");
        let stranger = authority.issue(&Holder { mail: Some("x@y.example"), ..named("nobody") });
        assert_eq!(whoami(&office, &stranger, &format!("dn:{dn}")).code, 49, "{rule}");
        office.act("DELETE", &format!("certificate-authorities/{id}"), None);
        let ended = authority.issue(&named("ada"));
        assert_eq!(whoami(&office, &ended, &format!("dn:{dn}")).code, 49, "{rule}");
    }
    let event = office.event("ldap_bind").to_string();
    assert!(event.contains("vouches"), "{event}");
}

#[test]
fn a_certificate_that_its_authority_revoked_proves_nobody() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let authority = Authority::new("acme");
    let id = trust(&office, &authority, "user_by_common_name");
    let ada = authority.issue(&Holder { common_name: "ada", ..Holder::default() });
    let name = format!("dn:{}", office.user_dn("ada"));
    assert_eq!(whoami(&office, &ada, &name).stdout.trim(), name);
    let list = authority.list(&List { revoked: &[&ada], ..List::default() });
    let path = format!("certificate-authorities/{id}/revocations");
    office.act("PUT", &path, Some(&json!({"list": list})));
    assert_eq!(whoami(&office, &ada, &name).code, 49);
    assert!(office.event("ldap_bind").to_string().contains("revoked"));
}

#[test]
fn another_organizations_authority_proves_nothing_here() {
    let (here, there) = (Office::new(), Office::new());
    let authority = Authority::new("theirs");
    for office in [&here, &there] {
        office.user("ada", "correct horse battery");
    }
    trust(&there, &authority, "user_by_common_name");
    let ada = authority.issue(&Holder { common_name: "ada", ..Holder::default() });
    assert_eq!(whoami(&there, &ada, &format!("dn:{}", there.user_dn("ada"))).code, 0);
    assert_eq!(whoami(&here, &ada, &format!("dn:{}", here.user_dn("ada"))).code, 49);
}

#[test]
fn a_suspended_or_deleted_account_is_kept_out_although_its_certificate_is_good() {
    let office = Office::new();
    let authority = Authority::new("acme");
    trust(&office, &authority, "user_by_common_name");
    let id = office.user("ada", "correct horse battery");
    let ada = authority.issue(&Holder { common_name: "ada", ..Holder::default() });
    let authorization = format!("dn:{}", office.user_dn("ada"));
    // A certificate is more than a password with a code.
    office.set(&json!({"second_factor": {"demand": "required"}}));
    assert_eq!(whoami(&office, &ada, &authorization).code, 0);
    office.act("POST", &format!("users/{id}/suspend"), None);
    assert_eq!(whoami(&office, &ada, &authorization).code, 49);
    office.act("POST", &format!("users/{id}/activate"), None);
    assert_eq!(whoami(&office, &ada, &authorization).code, 0);
    office.act("DELETE", &format!("users/{id}"), None);
    assert_eq!(whoami(&office, &ada, &authorization).code, 49);
}

#[test]
fn it_is_offered_to_who_shows_a_certificate_and_none_is_demanded() {
    let office = Office::new();
    let authority = Authority::new("anybody's");
    let anybody = authority.issue(&Holder { common_name: "x", ..Holder::default() });
    let offered = |client: &Ldap| {
        let found = client.search("", "base", "(objectClass=*)", &["supportedSASLMechanisms"]);
        found.only().values("supportedSASLMechanisms").join(" ")
    };
    assert_eq!(offered(&showing(&office, &anybody)), "EXTERNAL PLAIN");
    let start_tls = office.demo.ldap_over(Transport::StartTls);
    assert_eq!(
        offered(&start_tls.clone().showing(anybody.certificate(), &anybody.key)),
        "EXTERNAL PLAIN"
    );
    assert_eq!(offered(&start_tls), "PLAIN");
    let bare = start_tls.by_sasl(["-O", "minssf=0", "-Y", "EXTERNAL"]).who_am_i();
    assert_ne!(bare.code, 0, "{bare:?}");
    let ada = office.demo.acme().user("ada");
    assert_eq!(showing(&office, &anybody).as_user(ada).who_am_i().code, 0, "a simple Bind");
    // The admin API asks for none.
    assert_eq!(office.demo.https(None).get("/v1/health").status, 200);
}

#[test]
fn python_ldap3_logs_in_by_its_certificate() {
    let office = Office::new();
    let authority = Authority::new("acme");
    trust(&office, &authority, "service_account_by_common_name");
    let (_, dn) = service(&office, "wiki");
    let wiki = authority.issue(&Holder { common_name: "wiki", ..Holder::default() });
    let script = "
import ssl, sys, ldap3
tls = ldap3.Tls(ca_certs_file=sys.argv[2], validate=ssl.CERT_REQUIRED,
    local_certificate_file=sys.argv[4], local_private_key_file=sys.argv[5])
server = ldap3.Server(sys.argv[1], use_ssl=True, tls=tls)
connection = ldap3.Connection(server, authentication=ldap3.SASL, sasl_mechanism='EXTERNAL',
    sasl_credentials='dn:' + sys.argv[3])
assert connection.bind(), connection.result
print(connection.extend.standard.who_am_i())
";
    let uri = format!("ldaps://{}", office.demo.ldaps);
    let files = [wiki.certificate.to_str().unwrap(), wiki.key.to_str().unwrap()];
    let output = python(script, [&uri, &office.demo.ca_file, &dn, files[0], files[1]]);
    assert_eq!(output.stdout.trim(), format!("dn:{dn}"), "{output:?}");
}

#[test]
fn python_ldap3_hears_that_the_account_is_locked_beside_its_certificate() {
    let office = Office::new();
    let authority = Authority::new("acme");
    trust(&office, &authority, "user_by_common_name");
    office.user("ada", "correct horse battery");
    let ada = authority.issue(&Holder { common_name: "ada", ..Holder::default() });
    let script = "
import ssl, sys, ldap3
uri, ca_file, dn, certificate, key, *asked = sys.argv[1:]
tls = ldap3.Tls(ca_certs_file=ca_file, validate=ssl.CERT_REQUIRED,
    local_certificate_file=certificate, local_private_key_file=key)
server = ldap3.Server(uri, use_ssl=True, tls=tls)
connection = ldap3.Connection(server, authentication=ldap3.SASL, sasl_mechanism='EXTERNAL',
    sasl_credentials='dn:' + dn)
connection.bind(read_server_info=False, controls=[(oid, False, None) for oid in asked])
told = connection.result.get('controls', {})
print(connection.result['result'], [(oid, control['value'].hex()) for oid, control in told.items()])
";
    let (uri, dn) = (format!("ldaps://{}", office.demo.ldaps), office.user_dn("ada"));
    let files = [ada.certificate.to_str().unwrap(), ada.key.to_str().unwrap()];
    let known: [&str; 5] = [uri.as_str(), &office.demo.ca_file, &dn, files[0], files[1]];
    let policy = "1.3.6.1.4.1.42.2.27.8.5.1";
    let tried = || {
        let [uri, ca_file, dn, certificate, key] = known;
        let said = python(script, [uri, ca_file, dn, certificate, key, policy]);
        assert_eq!(said.code, 0, "{said:?}");
        said.stdout.trim().to_owned()
    };
    // A certificate says nothing of a password.
    assert_eq!(tried(), format!("0 [('{policy}', '3000')]"));
    office.set(&json!({"lockout": {"threshold": 2}, "password_policy": {"tell_locked": true}}));
    for guess in ["guess one", "guess two"] {
        let client = office.demo.ldap().bound(&dn, guess);
        assert_eq!(client.who_am_i().code, 49);
    }
    assert_eq!(tried(), format!("49 [('{policy}', '3003810101')]"), "accountLocked");
    let said = python(script, known);
    assert_eq!(said.stdout.trim(), "49 []", "{said:?}");
}

#[test]
fn what_is_no_certificate_of_an_authority_is_refused_in_words() {
    let office = Office::new();
    let tried = |certificate: &str| {
        let fields = json!({"name": "x", "certificate": certificate, "holder": "user_by_mail"});
        office.top.send("POST", &office.path("certificate-authorities"), Some(&fields))
    };
    let pem = Authority::new("acme").pem();
    for text in [
        "",
        "x",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        &format!("{pem}{pem}"),
    ] {
        let refused = tried(text);
        assert_eq!(
            (refused.status, &refused.json()["pointer"]),
            (422, &json!("/certificate")),
            "{text}"
        );
    }
    let made = tried(&pem);
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(
        made.json()["certificate"].as_str().unwrap().replace("\r\n", "\n"),
        pem.replace("\r\n", "\n")
    );
}
