//! Section 4.4.1: Notice of Disconnection.

use nix::sys::signal::Signal;

use crate::harness::demo::Demo;
use crate::harness::python::python;
use crate::harness::raw::{self, Raw};

#[test]
fn whoever_is_connected_when_the_server_stops_is_told_that_it_is_unavailable() {
    let Some(mut demo) = Demo::own() else { return };
    let ada = demo.acme().user("ada").clone();
    let mut idle = Raw::to(&demo);
    idle.send(&raw::extended(1, raw::WHO_AM_I));
    assert_eq!(idle.receive().unwrap().code(), 0);
    let bound = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    demo.daemon().signal(Signal::SIGTERM);
    for mut connection in [idle, bound] {
        let words = connection.receive_to_end();
        let [notice] = &words[..] else { panic!("{words:?}") };
        assert!(notice.is_notice(), "{notice:?}");
        assert_eq!(notice.code(), 52);
    }
    assert!(demo.daemon().ends().success());
}

/// Searches by python-ldap, while other connections say what is no message, claim one of two gigabytes,
/// and send what servers send.
const BESIDE: &str = "
import ldap, socket, sys
address, dn, password, base = sys.argv[1:]
l = ldap.initialize('ldap://' + address)
l.simple_bind_s(dn, password)
host, port = address.rsplit(':', 1)
for octets in (b'GET / HTTP/1.1\\r\\n\\r\\n', b'\\x30\\x84\\x7f\\xff\\xff\\xff',
               b'\\x30\\x05\\x02\\x01\\x01\\x64\\x00'):
    sent = l.search(base, ldap.SCOPE_SUBTREE, '(uid=*)', ['uid'])
    said = b''
    with socket.create_connection((host, int(port)), 60) as other:
        other.sendall(octets)
        while True:
            try:
                more = other.recv(4096)
            except ConnectionResetError:
                break
            if not more:
                break
            said += more
    assert b'1.3.6.1.4.1.1466.20036' in said, said
    _, entries = l.result(sent)
    print(len(entries))
print(l.whoami_s())
";

#[test]
fn whoever_sends_what_is_no_message_ends_no_connection_but_their_own() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let said = python(BESIDE, [&demo.ldap, &account.dn, &account.password, &acme.base]);
    let found = format!("{}\n", acme.users.len()).repeat(3);
    let expected = format!("{found}dn:{}\n", account.dn);
    assert_eq!((said.code, said.stdout), (0, expected), "{}", said.stderr);
}
