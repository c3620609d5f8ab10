//! Mutated LDAP messages by the hundred thousand, on the real daemon.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use serde_json::json;

use crate::harness::PATIENCE;
use crate::harness::ber::{boolean, constructed, element, number, octets, sequence, split};
use crate::harness::office::Office;
use crate::harness::random::Random;
use crate::harness::raw::{
    Raw, START_TLS, WHO_AM_I, abandon, bind, equal, extended, message, present, search,
    search_operation,
};
use crate::harness::resident::resident;

/// Clients at once.
const CLIENTS: u64 = 4;
/// Connections of each, one after the other.
const ROUNDS: usize = 4_200;
/// Messages on a connection.
const MESSAGES: usize = 3;
/// KiB that memory may grow by.
const GROWTH: u64 = 20 * 1024;

/// Messages that clients send.
fn seeds(base: &str, dn: &str) -> Vec<Vec<u8>> {
    let substrings = constructed(
        0xa4,
        [octets("cn"), sequence([element(0x80, b"a"), element(0x81, b"d"), element(0x82, b"a")])],
    );
    let extensible = constructed(
        0xa9,
        [
            element(0x81, b"caseIgnoreMatch"),
            element(0x82, b"cn"),
            element(0x83, b"ada"),
            element(0x84, &[0xff]),
        ],
    );
    let nested = constructed(
        0xa0,
        [
            constructed(0xa1, [equal("uid", "ada"), substrings]),
            constructed(0xa2, [present("mail")]),
            extensible,
            constructed(0xa5, [octets("uidNumber"), octets("1000")]),
        ],
    );
    let value = sequence([number(2, 2), octets("")]);
    let paging = sequence([octets("1.2.840.113556.1.4.319"), boolean(true), octets(value)]);
    let pages = sequence([
        number(2, 3),
        search_operation(base, 2, present("objectClass")),
        constructed(0xa0, [paging]),
    ]);
    let compare = constructed(0x6e, [octets(dn), sequence([octets("uid"), octets("ada")])]);
    let attribute = sequence([octets("cn"), constructed(0x31, [octets("x")])]);
    let add = constructed(0x68, [octets(dn), sequence([attribute])]);
    let rename = constructed(0x6c, [octets(dn), octets("uid=x"), boolean(true)]);
    vec![
        bind(1, dn, ""),
        bind(1, "", ""),
        message(2, constructed(0x60, [number(2, 3), octets(""), element(0xa3, b"\x04\x05PLAIN")])),
        search(3, base, 2, nested),
        search(4, "", 0, present("objectClass")),
        search(5, "cn=subschema", 0, present("objectClass")),
        pages,
        message(6, compare),
        extended(7, WHO_AM_I),
        extended(8, START_TLS),
        abandon(9, 3),
        message(10, element(0x4a, dn.as_bytes())),
        message(11, add),
        message(12, rename),
    ]
}

/// Sends mutated messages, a few on each connection; counts what comes back.
fn crowd(address: &str, first: &[u8], seeds: &[Vec<u8>], random: &mut Random) -> usize {
    let mut answers = 0;
    for _ in 0..ROUNDS {
        let mut octets = first.to_vec();
        for _ in 0..MESSAGES {
            let mut message = random.one_of(seeds).clone();
            random.mutate(&mut message);
            if random.below(4) > 0 {
                fit(&mut message);
            }
            octets.extend(message);
        }
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The server hangs up at what is no message; then the rest goes nowhere.
        let sent = stream.write_all(&octets).and_then(|()| stream.shutdown(Shutdown::Write));
        let mut heard = Vec::new();
        let end = stream.read_to_end(&mut heard);
        let waiting = end.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        assert!(!waiting, "the server neither answers nor hangs up ({sent:?}): {octets:02x?}");
        let mut rest = &heard[..];
        while let Some((_, _, following)) = split(rest) {
            (answers, rest) = (answers + 1, following);
        }
    }
    answers
}

/// Makes the outermost length fit what follows, so that the damage is further inside.
fn fit(message: &mut Vec<u8>) {
    if let [0x30, length, content @ ..] = &message[..]
        && *length < 0x80
    {
        *message = element(0x30, content);
    }
}

#[test]
fn a_hundred_thousand_mutated_messages_do_no_harm() {
    let Some(office) = Office::alone() else { return };
    office.user("ada", "correct horse battery");
    let account = office.make("service-accounts", &json!({"name": "application"}));
    let (dn, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    let seeds = seeds(&office.base, &office.user_dn("ada"));
    let address = &office.demo.ldap;
    let serve = || {
        let mut raw = Raw::bound(address, dn, password);
        raw.send(&search(2, &office.base, 2, equal("uid", "ada")));
        assert_eq!(raw.receive_all_of(2).len(), 2);
    };
    let bound = bind(1, dn, password);
    let crowds = |seed: u64| {
        let answers: usize = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let first = if number % 2 == 0 { &bound[..] } else { &[] };
                    let (seeds, mut random) = (&seeds, Random::new(seed + number));
                    scope.spawn(move || crowd(address, first, seeds, &mut random))
                })
                .collect();
            clients.into_iter().map(|client| client.join().unwrap()).sum()
        });
        // Most of it was understood far enough to be answered.
        assert!(answers > 4 * ROUNDS, "{answers} answers");
        serve();
    };
    serve();
    crowds(0x1111);
    let before = resident(office.demo.pid);
    crowds(0x2222);
    let after = resident(office.demo.pid);
    assert!(after < before + GROWTH, "{before} KiB before, {after} KiB after");
}
