//! RFC 3909: an operation is cancelled. RFC 4511 section 4.11: it is abandoned.

use serde_json::json;

use crate::harness::ber::{boolean, constructed, element, number, octets, sequence};
use crate::harness::demo::Demo;
use crate::harness::office::Office;
use crate::harness::python::python;
use crate::harness::raw::{self, Raw};
use crate::harness::slow::Slow;
use crate::harness::ssh_keys::long_ssh_keys;

/// People of an office, each some 100 kB.
const PEOPLE: usize = 40;

/// A search of all people with everything that they have.
fn search(id: i64, base: &str) -> Vec<u8> {
    let (scope, never) = (number(0x0a, 2), number(0x0a, 0));
    let (any, everything) = (number(2, 0), sequence([]));
    let parts = [octets(base), scope, never, any.clone(), any, boolean(false)];
    let operation = [parts.concat(), raw::present("uid"), everything];
    sequence([number(2, id), constructed(0x63, operation)])
}

/// An office with more than fits any buffer, and a connection that may read it.
fn office() -> (Office, Raw) {
    let office = Office::new();
    let keys = long_ssh_keys();
    for person in 0..PEOPLE {
        let name = format!("u{person}");
        let fields = json!({
            "login": name, "display_name": name, "surname": name, "ssh_keys": keys
        });
        office.make("users", &fields);
    }
    let made = office.make("service-accounts", &json!({"name": "app"}));
    let dn = format!("cn=app,ou=services,{}", office.base);
    let raw = Raw::bound(&office.demo.ldap, &dn, made["password"].as_str().unwrap());
    (office, raw)
}

#[test]
fn a_search_whose_client_does_not_read_is_cancelled_with_a_result_of_its_own() {
    let (office, mut raw) = office();
    raw.send(&search(2, &office.base));
    raw.send(&raw::cancel(3, 2));
    let searched = raw.receive_all_of(2);
    assert_eq!(searched.last().unwrap().code(), 118, "canceled");
    assert!(searched.len() < PEOPLE, "{} entries came all the same", searched.len());
    let cancelled = raw.receive().unwrap();
    assert_eq!((cancelled.id, cancelled.operation, cancelled.code()), (3, 0x78, 0));
}

#[test]
fn a_search_whose_client_does_not_read_is_abandoned_without_a_word() {
    let (office, mut raw) = office();
    raw.send(&search(2, &office.base));
    raw.send(&[raw::abandon(3, 2), raw::extended(4, raw::WHO_AM_I)].concat());
    let messages = raw.receive_all_of(4);
    assert!(messages.len() < PEOPLE, "{} entries came all the same", messages.len());
    assert!(messages.iter().all(|message| message.operation != 0x65), "it has a result");
}

/// Waits until the server has looked at what was sent before on another connection.
fn until_looked_at(slow: &Slow) {
    let mut other = slow.connect();
    other.send(&raw::extended(2, raw::WHO_AM_I));
    assert_eq!(other.receive().unwrap().code(), 0);
}

#[test]
fn a_search_that_works_and_gives_nothing_is_cancelled_while_it_works() {
    let slow = Slow::new();
    // One that is to come in an order collects all of it first.
    for search in [slow.search(2, 0), slow.sorted(2, 0)] {
        let mut raw = slow.connect();
        raw.send(&search);
        until_looked_at(&slow);
        raw.send(&raw::cancel(3, 2));
        let searched = raw.receive().unwrap();
        assert_eq!((searched.id, searched.operation, searched.code()), (2, 0x65, 118), "canceled");
        let cancelled = raw.receive().unwrap();
        assert_eq!((cancelled.id, cancelled.operation, cancelled.code()), (3, 0x78, 0));
    }
}

#[test]
fn a_search_that_works_and_gives_nothing_is_abandoned_while_it_works() {
    let slow = Slow::new();
    for search in [slow.search(2, 0), slow.sorted(2, 0)] {
        let mut raw = slow.connect();
        raw.send(&search);
        until_looked_at(&slow);
        raw.send(&raw::abandon(3, 2));
        // One that went on would be cancelled, and one that was over would have a result.
        raw.send(&raw::cancel(4, 2));
        let answer = raw.receive().unwrap();
        let told = (answer.id, answer.operation, answer.code());
        assert_eq!(told, (4, 0x78, 119), "no such operation");
    }
}

/// So many searches are stopped.
const STOPPED: u64 = 3;
/// So many tests of each value are enough to see in the processor's time what goes on.
const TESTS: usize = 100;

/// The processor time that a process has spent, in the kernel's ticks.
fn processor_time(process: i32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Behind the name of the program, which may have anything in it.
    let (_, behind) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = behind.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

/// The processor time that a process spends while something is done.
fn spent(process: i32, deed: impl FnOnce()) -> u64 {
    let before = processor_time(process);
    deed();
    processor_time(process) - before
}

/// Searches that work and are stopped by a message, which is answered so.
fn stop_many(slow: &Slow, stop: &[u8], said: &[(i64, i64)]) {
    let mut all: Vec<Raw> = (0..STOPPED).map(|_| slow.connect()).collect();
    all.iter_mut().for_each(|raw| raw.send(&slow.search_for(TESTS, 2, 0)));
    until_looked_at(slow);
    let end = [stop, &raw::extended(4, raw::WHO_AM_I)].concat();
    all.iter_mut().for_each(|raw| raw.send(&end));
    for raw in &mut all {
        let answers = raw.receive_all_of(4).into_iter();
        let answers: Vec<(i64, i64)> = answers.map(|answer| (answer.id, answer.code())).collect();
        assert_eq!(answers, [said, &[(4, 0)]].concat());
    }
}

#[test]
fn what_is_abandoned_or_cancelled_takes_no_more_of_the_processor() {
    let Some(office) = Office::alone() else { return };
    let slow = Slow::in_office(office);
    let process = slow.office.demo.pid;
    let to_the_end = || {
        let mut raw = slow.connect();
        raw.send(&slow.search_for(TESTS, 2, 0));
        assert_eq!(raw.receive_all_of(2).len(), 1);
    };
    let whole = spent(process, to_the_end);
    for (stop, said) in
        [(raw::abandon(3, 2), &[][..]), (raw::cancel(3, 2), &[(2, 118), (3, 0)][..])]
    {
        stop_many(&slow, &stop, said);
        // Work that went on unseen would take turns with this one.
        let stopped = spent(process, to_the_end);
        let most = whole * 2;
        assert!(stopped < most, "one behind {STOPPED} stopped ones: {stopped}; one alone: {whole}");
    }
}

#[test]
fn python_ldap_cancels_a_search_while_it_works_and_not_once_it_is_over() {
    let slow = Slow::new();
    let script = "
import sys, ldap
uri, dn, password, base, wanted = sys.argv[1:]
l = ldap.initialize(uri)
l.simple_bind_s(dn, password)
sent = l.search(base, ldap.SCOPE_SUBTREE, wanted, ['1.1'])
l.cancel_s(sent)
try:
    print(l.result(sent))
except ldap.CANCELLED:
    print('cancelled')
try:
    print(l.cancel_s(sent))
except ldap.NO_SUCH_OPERATION:
    print('over')
print(l.whoami_s())
";
    let (uri, base) = (format!("ldap://{}", slow.office.demo.ldap), &slow.office.base);
    let said = python(script, [&uri, &slow.dn, &slow.password, base, &Slow::filter()]);
    let expected = format!("cancelled\nover\ndn:{}\n", slow.dn);
    assert_eq!((said.code, said.stdout.as_str()), (0, expected.as_str()), "{said:?}");
}

#[test]
fn python_ldap_abandons_a_search_while_it_works() {
    let slow = Slow::new();
    let script = "
import sys, ldap
uri, dn, password, base, wanted = sys.argv[1:]
l = ldap.initialize(uri)
l.simple_bind_s(dn, password)
sent = l.search(base, ldap.SCOPE_SUBTREE, wanted, ['1.1'])
l.abandon(sent)
# One that went on would be cancelled.
try:
    print(l.cancel_s(sent))
except ldap.NO_SUCH_OPERATION:
    print('gone')
print(l.whoami_s())
";
    let (uri, base) = (format!("ldap://{}", slow.office.demo.ldap), &slow.office.base);
    let said = python(script, [&uri, &slow.dn, &slow.password, base, &Slow::filter()]);
    let expected = format!("gone\ndn:{}\n", slow.dn);
    assert_eq!((said.code, said.stdout.as_str()), (0, expected.as_str()), "{said:?}");
}

#[test]
fn what_is_not_there_cannot_be_cancelled() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    raw.send(&raw::cancel(2, 77));
    assert_eq!(raw.receive().unwrap().code(), 119);
    let malformed = [element(0x80, raw::CANCEL.as_bytes()), element(0x81, b"x")];
    raw.send(&sequence([number(2, 3), constructed(0x77, malformed)]));
    assert_eq!(raw.receive().unwrap().code(), 2);
    let absent = [element(0x80, raw::CANCEL.as_bytes())];
    raw.send(&sequence([number(2, 4), constructed(0x77, absent)]));
    assert_eq!(raw.receive().unwrap().code(), 2);
}
