//! Tunnel attributes: the VLAN that a reply profile names.

use serde_json::json;

use crate::harness::office::{Office, id_of};
use crate::harness::wire::Request;

#[test]
fn a_vlan_is_three_attributes_of_one_tag_with_its_number_as_text() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    for vlan in ["1", "4094", "guests"] {
        let profile = office.make("reply-profiles", &json!({"name": vlan, "vlan": vlan}));
        let client = office.client(vlan, &json!({"reply_profile": id_of(&profile)}));
        let login = Request::login(&client.secret, "ada", "correct horse battery");
        let answer = office.wire().ask(&login);
        // Tunnel-Type VLAN and Tunnel-Medium-Type IEEE-802, each behind the tag.
        assert_eq!(answer.values(64), [[0, 0, 0, 13]]);
        assert_eq!(answer.values(65), [[0, 0, 0, 6]]);
        assert_eq!(answer.values(81), [vlan.as_bytes()]);
    }
}

#[test]
fn radclient_reads_the_vlan_as_it_was_written() {
    let office = Office::new();
    office.user("ada", "correct horse battery");
    let profile = office.make("reply-profiles", &json!({"name": "lab", "vlan": "120"}));
    let client = office.client("switch", &json!({"reply_profile": id_of(&profile)}));
    let attributes = format!(
        "User-Name=ada,User-Password=\"correct horse battery\",Message-Authenticator=0x00,\
         Packet-Src-IP-Address={}",
        office.address
    );
    let reply = office.gear(&client).ask("auth", &attributes);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    assert_eq!(reply.values("Tunnel-Type:0"), ["VLAN"]);
    assert_eq!(reply.values("Tunnel-Medium-Type:0"), ["IEEE-802"]);
    assert_eq!(reply.values("Tunnel-Private-Group-Id:0"), ["120"]);
}
