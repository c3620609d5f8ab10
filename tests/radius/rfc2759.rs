//! MS-CHAPv2, asked by radclient with the octets of the RFC, and by FreeRADIUS for a peer in PEAP.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha1::{Digest, Sha1};

use crate::harness::issued::openssl;
use crate::harness::office::{Client, Office};
use crate::harness::proxy::{Proxy, octets};
use crate::harness::radius::Reply;
use crate::harness::tenantry::Tenantry;

/// Section 9.2, where the user is called `User` and the password is `clientPass`.
pub(super) const CHALLENGE: &str = "5b5d7c7d7b3f2f3e3c2c602132262628";
pub(super) const PEER_CHALLENGE: &str = "21402324255e262a28295f2b3a337c7e";
pub(super) const RESPONSE: &str = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df";

struct Example {
    office: Office,
    client: Client,
    user: String,
}

impl Example {
    fn new() -> Self {
        let office = Office::new();
        office.set(&json!({"ms_chap": true}));
        let client = office.client("gate", &json!({}));
        let user = office.user("User", "clientPass");
        Self { office, client, user }
    }

    fn ask(&self, name: &str, response: &str, more: &str) -> Reply {
        let attributes = format!(
            "User-Name=\"{name}\",MS-CHAP-Challenge=0x{CHALLENGE},\
             MS-CHAP2-Response=0x2a00{PEER_CHALLENGE}0000000000000000{response}{more},\
             Message-Authenticator=0x00,Packet-Src-IP-Address={}",
            self.office.address
        );
        self.office.gear(&self.client).ask("auth", &attributes)
    }
}

#[test]
fn section_9_2_the_example_is_accepted_with_the_answer_and_the_keys_of_the_rfcs() {
    let example = Example::new();
    for name in ["User", "DOMAIN\\\\User"] {
        let reply = example.ask(name, RESPONSE, "");
        assert!(reply.is("Access-Accept"), "{reply:?}");
    }
    // The name ends nowhere but at the first backslash.
    let reply = example.ask("DOMAIN\\\\User\\\\User", RESPONSE, "");
    assert!(is_error(&reply, 691), "{reply:?}");
    let reply = example.ask("User", RESPONSE, "");
    let answer = "S=407A5589115FD0D6209F510FE9C04566932CDA56";
    let hexadecimal: String = answer.bytes().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(reply.values("MS-CHAP2-Success"), [format!("0x2a{hexadecimal}")]);
    // RFC 3079, section 3.5.3.
    assert_eq!(reply.values("MS-MPPE-Send-Key"), ["0x8b7cdc149b993a1ba118cb153f56dccb"]);
    assert_eq!(reply.values("MS-MPPE-Recv-Key"), ["0xd5f0e9521e3ea9589645e86051c82226"]);
    assert_eq!(reply.values("MS-MPPE-Encryption-Policy"), ["Encryption-Allowed"]);
}

fn error(code: u16) -> String {
    let text = format!("E={code} R=0 C=00000000000000000000000000000000 V=3 M=Access denied");
    let hexadecimal: String = text.bytes().map(|octet| format!("{octet:02x}")).collect();
    format!("0x2a{hexadecimal}")
}

fn is_error(reply: &Reply, code: u16) -> bool {
    let text = format!("*E={code} R=0 C=00000000000000000000000000000000 V=3 M=Access denied");
    let told = reply.values("MS-CHAP-Error");
    reply.is("Access-Reject") && (told == [error(code)] || told == [text])
}

#[test]
fn section_6_wrong_unknown_and_ended_are_told_as_the_protocol_does() {
    let example = Example::new();
    let wrong = format!("83{}", &RESPONSE[2..]);
    let wrong = example.ask("User", &wrong, "");
    assert!(is_error(&wrong, 691), "{wrong:?}");
    let unknown = example.ask("Nobody", RESPONSE, "");
    assert!(is_error(&unknown, 691), "{unknown:?}");
    let office = &example.office;
    office.act("POST", &format!("users/{}/suspend", example.user), None);
    let suspended = example.ask("User", RESPONSE, "");
    assert!(is_error(&suspended, 691), "{suspended:?}");
    office.act("POST", &format!("users/{}/activate", example.user), None);
    office.set(&json!({"password_policy": {"longest_age": 1_000, "grace_logins": 0}}));
    let ended = (0..1_000).any(|_| is_error(&example.ask("User", RESPONSE, ""), 648));
    assert!(ended, "the password did not end");
}

#[test]
fn section_7_no_password_is_changed() {
    let example = Example::new();
    let reply = example.ask("User", RESPONSE, &format!(",MS-CHAP2-CPW=0x072a{}", "00".repeat(66)));
    assert!(is_error(&reply, 709), "{reply:?}");
}

/// What a peer answers whose user has typed this name, which has no backslash.
fn answer_of(name: &str) -> String {
    let name = name.as_bytes().to_vec();
    let challenge = Sha1::digest([octets(PEER_CHALLENGE), octets(CHALLENGE), name].concat());
    let encrypted = |part: &[u8]| {
        let bits = part.iter().fold(0_u64, |bits, octet| (bits << 8) | u64::from(*octet));
        let octet = |at: u32| ((bits >> (49 - 7 * at)) & 0x7f) << 1;
        let key: String = (0..8).map(|at| format!("{:02x}", octet(at))).collect();
        // Three times with one key is DES, which openssl has no more by that name.
        let done = openssl(["enc", "-des-ede3", "-nopad", "-a", "-K"])
            .arg(key.repeat(3))
            .input(&challenge[..8])
            .run();
        BASE64_STANDARD.decode(done.stdout.trim()).unwrap()
    };
    let hash = [octets(NT_HASH), vec![0; 5]].concat();
    let answer = hash.chunks(7).flat_map(encrypted);
    answer.map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn section_8_2_a_domain_behind_the_login_goes_into_the_answer_and_one_before_it_does_not() {
    let example = Example::new();
    assert_eq!(answer_of("User"), RESPONSE);
    let slug = &example.office.slug;
    let name = format!("User@{slug}.example");
    for written in [name.clone(), format!("{slug}\\\\{name}")] {
        let reply = example.ask(&written, &answer_of(&name), "");
        assert!(reply.is("Access-Accept"), "{written}: {reply:?}");
    }
    let reply = example.ask(&name, RESPONSE, "");
    assert!(is_error(&reply, 691), "{reply:?}");
    let another = "User@beta.example";
    let reply = example.ask(another, &answer_of(another), "");
    assert!(is_error(&reply, 691), "{reply:?}");
}

#[test]
fn section_8_3_the_hash_needs_the_consent_of_the_organization_and_ends_with_it() {
    let example = Example::new();
    let office = &example.office;
    assert!(example.ask("User", RESPONSE, "").is("Access-Accept"));
    office.set(&json!({"ms_chap": false}));
    office.set(&json!({"ms_chap": true}));
    assert!(is_error(&example.ask("User", RESPONSE, ""), 691), "the hash outlived the consent");
    // Whoever gives the password itself has the hash kept, a moment after the answer.
    let wrong = office.login(&example.client, "User", "clientPast");
    assert!(wrong.is("Access-Reject"), "{wrong:?}");
    assert!(is_error(&example.ask("User", RESPONSE, ""), 691));
    let right = office.login(&example.client, "User", "clientPass");
    assert!(right.is("Access-Accept"), "{right:?}");
    let kept = (0..1_000).any(|_| example.ask("User", RESPONSE, "").is("Access-Accept"));
    assert!(kept, "the hash is not kept");
    office.set(&json!({"ms_chap": false}));
    office.set(&json!({"ms_chap": true}));
    let again = json!({"password": "clientPass"});
    office.act("PUT", &format!("users/{}/password", example.user), Some(&again));
    assert!(example.ask("User", RESPONSE, "").is("Access-Accept"));
}

/// What Samba and FreeRADIUS keep of `clientPass` (section 9.2).
const NT_HASH: &str = "44EBBA8D5312B8D611474411F56989AE";
/// The same password, as OpenLDAP keeps it.
const SSHA: &str = "{SSHA}TU+tQiOLVD5qBKQeBVQP5xd2ZspzYWx0";

#[test]
fn an_nt_hash_that_is_imported_proves_its_user_by_mschap_pap_and_ldap() {
    let office = Office::new();
    let client = office.client("gate", &json!({}));
    let example = Example { office, client, user: String::new() };
    let office = &example.office;
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&office.demo, key).within(&office.slug);
    let line = "import csv - --map NT-Password=nt_hash";
    let nothing = "NO PASSWORDXXXXXXXXXXXXXXXXXXXXX";
    let table = format!("login,NT-Password\nUser,{NT_HASH}\nbob,{nothing}\n");
    let refused = tenantry.hear(line, &table);
    assert_eq!(refused.code, 7, "{refused:?}");
    assert!(refused.stderr.contains("switch it on and import anew"), "{refused:?}");
    assert_eq!(tenantry.shows("user list"), json!([]));

    office.set(&json!({"ms_chap": true}));
    let done = tenantry.hear(&format!("{line} --name people"), &table);
    assert_eq!(done.code, 0, "{done:?}");
    let rows = tenantry.shows("import rows people");
    let note = rows[1]["notes"][0].as_str().unwrap_or_default();
    assert!(note.contains("the hash is malformed"), "{rows}");
    assert!(example.ask("User", RESPONSE, "").is("Access-Accept"));
    let dn = office.user_dn("User");
    let who = |password: &str| office.demo.ldap().bound(&dn, password).who_am_i();
    assert_ne!(who("clientPast").code, 0);
    assert_ne!(who(NT_HASH).code, 0, "what is kept is no password");
    assert_eq!(who("clientPass").code, 0);
    assert!(office.login(&example.client, "User", "clientPass").is("Access-Accept"));
    assert!(example.ask("User", RESPONSE, "").is("Access-Accept"));
}

#[test]
fn an_entry_of_samba_brings_its_nt_hash_beside_the_other() {
    let office = Office::new();
    office.set(&json!({"ms_chap": true}));
    let client = office.client("gate", &json!({}));
    let example = Example { office, client, user: String::new() };
    let office = &example.office;
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    let tenantry = Tenantry::with_key(&office.demo, key).within(&office.slug);
    let entry = |login: &str, lines: &str| {
        format!("dn: uid={login},dc=x\nobjectClass: inetOrgPerson\nuid: {login}\n{lines}\n")
    };
    let ldif = [
        entry("User", &format!("userPassword: {SSHA}\nsambaNTPassword: {NT_HASH}\n")),
        entry("ada", &format!("userPassword: {{NT}}{NT_HASH}\n")),
    ];
    let done = tenantry.hear("import ldif -", &ldif.concat());
    assert_eq!(done.code, 0, "{done:?}");
    assert!(example.ask("User", RESPONSE, "").is("Access-Accept"));
    for login in ["User", "ada"] {
        assert!(office.login(&example.client, login, "clientPass").is("Access-Accept"), "{login}");
        assert!(office.login(&example.client, login, "clientPast").is("Access-Reject"), "{login}");
    }
}

#[test]
fn the_first_version_of_radclient_is_not_answered() {
    let example = Example::new();
    let attributes = format!(
        "User-Name=User,MS-CHAP-Password=clientPass,Message-Authenticator=0x00,\
         Packet-Src-IP-Address={}",
        example.office.address
    );
    let reply = example.office.gear(&example.client).ask("auth", &attributes);
    assert!(reply.is("Access-Reject"), "{reply:?}");
}

#[test]
fn freeradius_lets_peap_peers_in_by_our_answer() {
    let office = Office::new();
    office.set(&json!({"ms_chap": true}));
    let client = office.client("proxy", &json!({}));
    let password = "grün & \"quoted\" 🔑";
    office.user("ada", password);
    let proxy = Proxy::start(office.address, &office.demo.radius.auth, &client.secret);
    let right = proxy.peap("ada", password);
    assert!(right.stdout.contains("SUCCESS"), "{right:?}");
    let wrong = proxy.peap("ada", "wrong");
    assert!(!wrong.stdout.contains("SUCCESS"), "{wrong:?}");
    proxy.says("E=691 R=0");
}
