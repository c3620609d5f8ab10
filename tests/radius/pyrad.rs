//! pyrad, the RADIUS library of another language: as network gear that asks, reports and takes orders.

use std::net::Ipv4Addr;
use std::process::Command;

use serde_json::json;

use crate::harness::client::{Client as Tool, Output};
use crate::harness::nas::free_port;
use crate::harness::office::{Office, id_of};
use crate::harness::program::Program;

const PASSWORD: &str = "correct horse battery";

/// What pyrad knows of attributes.
const DICTIONARY: &str = "
import tempfile
from pyrad import dictionary
with tempfile.NamedTemporaryFile('w', suffix='.dictionary') as file:
    file.write('''
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 string
ATTRIBUTE CHAP-Password 3 octets
ATTRIBUTE Filter-Id 11 string
ATTRIBUTE Class 25 octets
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE NAS-Identifier 32 string
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Event-Timestamp 55 integer
ATTRIBUTE CHAP-Challenge 60 octets
ATTRIBUTE Tunnel-Type 64 octets
ATTRIBUTE Tunnel-Medium-Type 65 octets
ATTRIBUTE Message-Authenticator 80 octets
ATTRIBUTE Tunnel-Private-Group-Id 81 octets
''')
    file.flush()
    known = dictionary.Dictionary(file.name)
";

/// Asks for Ada by PAP, right and wrong, and by CHAP, and reports a session as the accept wants it.
const GEAR: &str = "
import hashlib, hmac, sys
from pyrad import client, packet
server, auth, acct, own, secret = sys.argv[1:]
gear = client.Client(server, int(auth), int(acct), secret=secret.encode(), dict=known)
gear.bind((own, 0))

def ask(**more):
    request = gear.CreateAuthPacket(code=packet.AccessRequest, User_Name='ada')
    request.authenticator = request.CreateAuthenticator()
    if 'password' in more:
        request['User-Password'] = request.PwCrypt(more['password'])
    else:
        challenge, identifier = bytes(range(16)), b'\\x07'
        digest = hashlib.md5(identifier + more['chap'].encode() + challenge).digest()
        request['CHAP-Password'] = identifier + digest
        request['CHAP-Challenge'] = challenge
    request['Message-Authenticator'] = bytes(16)
    mac = hmac.new(gear.secret, request.RequestPacket(), 'md5').digest()
    request['Message-Authenticator'] = mac
    return gear.SendPacket(request)

accept = ask(password='correct horse battery')
print('pap', accept.code, accept['Tunnel-Private-Group-Id'][0].decode())
print('wrong', ask(password='wrong horse battery').code)
print('chap', ask(chap='correct horse battery').code)
report = gear.CreateAcctPacket(User_Name='ada', Acct_Session_Id='5f3a', NAS_Identifier='ap-1')
report['Acct-Status-Type'] = 1
report['Calling-Station-Id'] = '66-77-88-99-AA-BB'
report['Class'] = accept['Class'][0]
print('report', gear.SendPacket(report).code)
";

/// Takes orders and obeys all of them that are signed.
const NAS: &str = "
import sys
from pyrad import packet, server
own, port, secret = sys.argv[1:]

class Everybody(dict):
    def __contains__(self, address):
        return True

    def __getitem__(self, address):
        return server.RemoteHost(address, secret.encode(), 'tenantry')

class Nas(server.Server):
    def obey(self, order, code):
        if not order.VerifyCoARequest():
            print('an order that nobody signed')
            return
        name = 'Tunnel-Private-Group-Id'
        vlan = [it.decode() for it in order[name]] if name in order else []
        print('order', order.code, order['Acct-Session-Id'][0], vlan)
        answer = self.CreateReplyPacket(order)
        answer.code = code
        self.SendReplyPacket(order.fd, answer)

    def HandleCoaPacket(self, order):
        self.obey(order, packet.CoAACK)

    def HandleDisconnectPacket(self, order):
        self.obey(order, packet.DisconnectACK)

nas = Nas([own], coaport=int(port), dict=known,
          auth_enabled=False, acct_enabled=False, coa_enabled=True)
nas.hosts = Everybody()
# Version 2.1 asks for them although neither is enabled.
nas._realauthfds = nas._realacctfds = []
print('listening')
nas.Run()
";

fn gear<const N: usize>(arguments: [&str; N]) -> Output {
    let script = format!("{DICTIONARY}{GEAR}");
    let output = Tool::new("/usr/bin/python3", "python3").args(["-c", &script]).args(arguments);
    let output = output.run();
    let missing = output.stderr.contains("No module named 'pyrad'");
    assert!(!missing, "pyrad is missing: apt-get install python3-pyrad");
    output
}

fn nas(at: Ipv4Addr, port: u16, secret: &str) -> Program {
    let script = format!("{DICTIONARY}{NAS}");
    let (at, port) = (at.to_string(), port.to_string());
    let mut command = Command::new("/usr/bin/python3");
    let nas = Program::start(command.args(["-u", "-c", &script, &at, &port, secret]));
    nas.says("listening");
    nas
}

#[test]
fn pyrad_asks_reports_and_is_told_what_sessions_go_on_with() {
    let office = Office::new();
    office.set(&json!({"chap": true}));
    let user = office.user("ada", PASSWORD);
    let staff = office.group("staff", &[], &[]);
    let [own, others] = ["20", "90"]
        .map(|vlan| id_of(&office.make("reply-profiles", &json!({"name": vlan, "vlan": vlan}))));
    let port = free_port(office.address);
    let change = "change_of_authorization";
    let client = office.client(
        "wifi",
        &json!({"reply_profile": others,
                "rules": [{"name": "staff", "groups": [staff], "verdict": "accept",
                           "reply_profile": own}],
                "orders": {"port": port, "joined_group": change, "suspended": "disconnect"}}),
    );
    let nas = nas(office.address, port, &client.secret);
    let (auth, acct) = (&office.demo.radius.auth, &office.demo.radius.acct);
    let (server, auth) = auth.rsplit_once(':').unwrap();
    let (_, acct) = acct.rsplit_once(':').unwrap();
    let said = gear([server, auth, acct, &office.address.to_string(), &client.secret]);
    let lines: Vec<_> = said.stdout.lines().collect();
    assert_eq!(lines, ["pap 2 90", "wrong 3", "chap 2", "report 5"], "{said:?}");
    let members = json!({"add": {"users": [user]}});
    office.act("PATCH", &format!("groups/{staff}/members"), Some(&members));
    nas.says("order 43 5f3a ['20']");
    office.act("POST", &format!("users/{user}/suspend"), None);
    nas.says("order 40 5f3a []");
    for action in ["session_change", "session_disconnect"] {
        assert_eq!(office.event(action)["success"], true, "{action}");
    }
}
