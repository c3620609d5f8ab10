//! Gear that has many requests under way on one socket: their answers leave together, and each is its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::harness::daemon::Daemon;
use crate::harness::office::Office;
use crate::harness::server::Site;
use crate::harness::wire::{ACCEPT, ACCESS_REQUEST, PROXY_STATE, REJECT, Request, Wire};

const PASSWORD: &str = "correct horse battery";
/// Requests that come at once.
const MANY: usize = 60;

/// Logins, and requests that prove nobody; their answers are of several lengths, one of them longer than
/// most links carry.
fn requests(secret: &str) -> Vec<(Request, u8)> {
    let request = |number: usize| {
        let (request, code) = match number % 3 {
            0 => (Request::new(ACCESS_REQUEST, secret).with(1, b"ada").authentic(), REJECT),
            _ => (Request::login(secret, "ada", PASSWORD), ACCEPT),
        };
        // Of its own, however many requests other tests make meanwhile.
        let request = Request { identifier: u8::try_from(number).unwrap(), ..request };
        let states = [0, 0, 1, 2, 9][number % 5];
        ((0..states).fold(request, |request, _| request.with(PROXY_STATE, &[7; 200])), code)
    };
    (0..MANY).map(request).collect()
}

/// The daemon finds all of them when it wakes; each has an answer, its own.
fn are_answered(daemon: &mut Daemon, wire: &Wire, secret: &str) {
    // Hashed once, the password is remembered.
    assert_eq!(wire.ask(&Request::login(secret, "ada", PASSWORD)).code, ACCEPT);
    let requests = requests(secret);
    daemon.signal(Signal::SIGSTOP);
    requests.iter().for_each(|(request, _)| wire.send(&request.encode()));
    daemon.signal(Signal::SIGCONT);
    let mut waiting: Vec<_> = requests.iter().collect();
    while !waiting.is_empty() {
        let reply = wire.receive();
        let asked = waiting.iter().position(|(request, _)| request.identifier == reply[1]);
        let (request, code) = waiting.swap_remove(asked.expect("a second reply"));
        let answer = request.check(reply);
        assert_eq!(answer.code, *code);
        let states = request.attributes.iter().filter(|(kind, _)| *kind == PROXY_STATE);
        assert_eq!(answer.values(PROXY_STATE).len(), states.count());
    }
    // Nothing is said twice: it would be taken for this one's.
    assert_eq!(wire.ask(&Request::login(secret, "ada", PASSWORD)).code, ACCEPT);
}

#[test]
fn each_of_many_requests_of_one_socket_has_its_own_answer() {
    let Some(mut office) = Office::alone() else { return };
    office.user("ada", PASSWORD);
    let client = office.client("controller", &json!({}));
    let wire = office.wire();
    let demo = Arc::get_mut(&mut office.demo).unwrap();
    are_answered(demo.daemon(), &wire, &client.secret);
}

#[test]
fn so_it_is_where_the_daemon_listens_at_every_address_and_by_ipv6() {
    let Some(mut office) = Office::alone() else { return };
    office.user("ada", PASSWORD);
    let sources = json!({"sources": ["127.0.0.0/8", "::1/128"]});
    let client = office.client("controller", &sources);
    let demo = Arc::get_mut(&mut office.demo).unwrap();
    demo.daemon().stop();
    let (four, six): (IpAddr, IpAddr) =
        (Ipv4Addr::new(127, 9, 9, 9).into(), Ipv6Addr::LOCALHOST.into());
    for (listening, asked) in [("0.0.0.0", four), ("::", six)] {
        let Some(site) = Site::of_demo(demo.folder()) else { return };
        let mut server = site.radius_at(listening).serve();
        let port = server.radius_auth.rsplit_once(':').unwrap().1.parse().unwrap();
        let wire = Wire::between(asked, (asked, port).into());
        are_answered(&mut server.daemon, &wire, &client.secret);
        server.daemon.stop();
    }
}
