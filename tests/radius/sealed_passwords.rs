//! What is kept for CHAP and MS-CHAPv2 where an organization lets it: its users come by it, and the files
//! of the store show nothing of it.

use serde_json::json;

use crate::harness::client::Client as Program;
use crate::harness::office::{Client, Office};

/// The password of RFC 2759, section 9.2, and its NT hash.
const FIRST: (&str, &str) = ("clientPass", "44ebba8d5312b8d611474411f56989ae");
/// The one that comes after it, and the MD4 of it in UTF-16, as openssl has it.
const SECOND: (&str, &str) = ("correct horse battery", "3d211b74dd729be1e552b4727594f3eb");

/// Comes by challenges, for which what is kept has to be read.
fn comes(office: &Office, gear: &Client, password: &str) {
    let attributes = format!(
        "User-Name=User,CHAP-Password=\"{password}\",Message-Authenticator=0x00,\
         Packet-Src-IP-Address={}",
        office.address
    );
    let reply = office.gear(gear).ask("auth", &attributes);
    assert!(reply.is("Access-Accept"), "{password}: {reply:?}");
    let peer = office.peer(gear, "PEAP").quoted("identity", "User").quoted("password", password);
    peer.quoted("phase2", "auth=MSCHAPV2").gets_in();
}

/// The files below a folder in which these octets stand, as grep finds them.
fn files_with(folder: &str, octets: &[u8]) -> String {
    let pattern: String = octets.iter().map(|octet| format!("\\x{octet:02x}")).collect();
    let grep = Program::new("grep", "grep").args(["-rlaP", "-e"]).arg(pattern).arg(folder);
    let found = grep.env("LC_ALL", "C").run();
    // 1 where there is none.
    assert!(matches!(found.code, 0 | 1) && found.stderr.is_empty(), "{found:?}");
    found.stdout
}

#[test]
fn neither_passwords_nor_their_nt_hashes_stand_in_the_files_of_the_store() {
    let Some(mut office) = Office::alone() else { return };
    office.set(&json!({"chap": true, "ms_chap": true}));
    let gear = office.client("gate", &json!({}));
    let user = office.user("User", FIRST.0);
    comes(&office, &gear, FIRST.0);
    // What was a password before is kept too.
    let path = format!("users/{user}/password");
    office.act("PUT", &path, Some(&json!({"password": SECOND.0})));
    comes(&office, &gear, SECOND.0);
    let tried = "wrong horse battery";
    assert!(office.login(&gear, "User", tried).is("Access-Reject"));
    office.group("said in the clear", &[&user], &[]);
    office.stop();
    let folder = &office.demo.data_dir;
    assert_ne!(files_with(folder, b"said in the clear"), "", "what is no secret is found");
    assert_eq!(files_with(folder, tried.as_bytes()), "");
    for (password, hash) in [FIRST, SECOND] {
        let wide: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let octet = |at: usize| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap();
        let octets: Vec<u8> = (0..16).map(octet).collect();
        let upper = hash.to_uppercase();
        for secret in [password.as_bytes(), &wide, &octets, hash.as_bytes(), upper.as_bytes()] {
            let found = files_with(folder, secret);
            assert_eq!(found, "", "{password}: {}", secret.escape_ascii());
        }
    }
}
