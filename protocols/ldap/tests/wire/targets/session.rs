//! A session between a client, a directory and a clock that do what a script of octets says.
//!
//! The first octet says how the connection is made: 1 over TLS, 2 without StartTLS, 4 without
//! passwords in clear, or a sum of these. Then, one after another; other octets mean nothing:
//!
//! | Step | What happens |
//! |---|---|
//! | `<` and two octets of length | the client sends what follows |
//! | `p` | the client asks for the next page of one search |
//! | `>` and an octet | the client reads 16 times as many octets, all of them by 0 |
//! | `#`, which, how many | the directory writes entries of an open request |
//! | `+`, which, how | the directory answers an open request |
//! | `t` and an octet | 10 times as many seconds pass |
//! | `T` | the TLS handshake is done |
//! | `!` | the server stops |

use std::collections::VecDeque;
use std::time::Duration;

use ldap::{
    Answer, CleartextBind, Command, MadePassword, Outcome, Password, PasswordError, PasswordNotice,
    Question, ResultCode, Security, Session, Settings, StartTls, Ticket,
};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapMsg, LdapOp};

use super::{BEGIN, SETTINGS, responses};

const NOTICE: PasswordNotice = PasswordNotice::error(PasswordError::PasswordExpired);

/// Plays a script.
///
/// # Panics
/// When the session does what it must not.
pub(crate) fn run(script: &[u8]) {
    let (&first, mut rest) = script.split_first().unwrap_or((&0, &[]));
    let mut play = Play::new(first);
    while let Some((&step, following)) = rest.split_first() {
        rest = play.step(step, following);
        play.obey();
    }
    play.read(usize::MAX);
    assert!(play.heard.is_empty(), "a part of a response");
}

/// A request that was asked about and not answered.
struct Open {
    ticket: Ticket,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bind,
    Search { paged: bool, paused: bool },
    Other,
}

struct Play {
    session: Session,
    now: Duration,
    open: Vec<Open>,
    last: Option<Ticket>,
    upgrading: bool,
    closed: bool,
    /// What the client has of a response that is not whole.
    heard: Vec<u8>,
    /// Where pages end, as the directory said, for cookies that the client has not read.
    cursors: VecDeque<Vec<u8>>,
    /// The last cookie that the client read, and where its page ends.
    cookie: Option<(Vec<u8>, Vec<u8>)>,
    /// Where pages ended for which the client sent a cookie.
    turned: Vec<Vec<u8>>,
}

impl Play {
    fn new(first: u8) -> Self {
        let security = if first & 1 == 0 { Security::Clear } else { Security::Tls };
        let settings = Settings {
            start_tls: if first & 2 == 0 { StartTls::Offered } else { StartTls::Withheld },
            cleartext_bind: match first & 4 {
                0 => CleartextBind::Allowed,
                _ => CleartextBind::Refused,
            },
            ..SETTINGS
        };
        Self {
            session: Session::new(settings, security, [7; 32], BEGIN),
            now: BEGIN,
            open: Vec::new(),
            last: None,
            upgrading: false,
            closed: false,
            heard: Vec::new(),
            cursors: VecDeque::new(),
            cookie: None,
            turned: Vec::new(),
        }
    }

    /// Does one step, and says what is left of the script.
    fn step<'s>(&mut self, step: u8, script: &'s [u8]) -> &'s [u8] {
        match (step, script) {
            (b'<', [high, low, rest @ ..]) => {
                let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
                let (octets, rest) = rest.split_at(length);
                self.send(octets);
                return rest;
            }
            (b'>', [amount, rest @ ..]) => {
                self.read(if *amount == 0 { usize::MAX } else { 16 * usize::from(*amount) });
                return rest;
            }
            (b'#', [which, count, rest @ ..]) => {
                self.write(usize::from(*which), usize::from(*count));
                return rest;
            }
            (b'+', [which, how, rest @ ..]) => {
                self.answer(usize::from(*which), *how);
                return rest;
            }
            (b't', [amount, rest @ ..]) => {
                self.pass(10 * u64::from(*amount));
                return rest;
            }
            (b'T', _) if self.upgrading => {
                self.upgrading = false;
                self.session.tls_established(self.now);
                assert_eq!(self.session.security(), Security::Tls);
            }
            (b'p', _) => self.turn(),
            (b'!', _) => self.session.shutdown(),
            (_, _) => {}
        }
        script
    }

    fn send(&mut self, octets: &[u8]) {
        if self.session.wants_input() {
            assert!(!self.closed && !self.upgrading);
            self.session.receive(octets, self.now);
        }
    }

    /// Asks for the next page of one search, or for its first one.
    fn turn(&mut self) {
        let (cookie, cursor) = self.cookie.clone().unwrap_or_default();
        self.turned.push(cursor);
        self.send(&page_request(&cookie));
    }

    fn read(&mut self, amount: usize) {
        let output = self.session.output();
        let amount = amount.min(output.len());
        self.heard.extend_from_slice(&output.split_to(amount));
        for response in responses(&mut self.heard) {
            let Some(cookie) = cookie_of(response) else { continue };
            let cursor = self.cursors.pop_front().expect("a page that ended with a cursor");
            self.cookie = Some((cookie, cursor));
        }
    }

    fn write(&mut self, which: usize, count: usize) {
        let Some(place) = which.checked_rem(self.open.len()) else { return };
        let Open { ticket, kind } = self.open[place];
        let Some(mut writer) = self.session.entries(ticket) else {
            assert!(self.closed || !matches!(kind, Kind::Search { .. }));
            return;
        };
        assert!(!self.closed && matches!(kind, Kind::Search { .. }));
        let kinds = ["cn", "mail", "memberOf", "entryUUID"].map(ldap::schema::attribute);
        for number in 0..count {
            let value = format!("{number}").repeat(number);
            let written = writer.entry(&format!("cn={number},dc=acme"), |entry| {
                for kind in kinds.into_iter().flatten() {
                    entry.values(kind, [&value, "x"]);
                }
            });
            if written.is_err() {
                return;
            }
        }
    }

    fn answer(&mut self, which: usize, how: u8) {
        let Some(place) = which.checked_rem(self.open.len()) else { return };
        let Open { ticket, kind } = self.open[place];
        let cursor = vec![how; usize::from(how % 5)];
        let answer = match how % 9 {
            0 => Answer::Result(Outcome::success()),
            1 => Answer::Result(Outcome::code(ResultCode::InvalidCredentials)),
            2 => Answer::Result(Outcome::new(ResultCode::NoSuchObject, "none").matching("dc=a")),
            3 => Answer::Result(Outcome::code(ResultCode::SizeLimitExceeded)),
            4 => Answer::Page(cursor.clone()),
            5 => Answer::More,
            6 => Answer::Identity("dn:cn=ada,dc=acme".to_owned()),
            7 => Answer::Noticed(Outcome::success(), NOTICE),
            _ => Answer::Password(MadePassword(Password::new(b"made for you"))),
        };
        let before = self.session.output().len();
        let paged = matches!(kind, Kind::Search { paged: true, .. });
        if paged && matches!(answer, Answer::Page(_)) && !self.closed {
            self.cursors.push_back(cursor);
        }
        let pauses = matches!((kind, &answer), (Kind::Search { .. }, Answer::More));
        self.session.answer(ticket, answer, self.now);
        let after = self.session.output().len();
        if self.closed {
            assert_eq!(after, before, "an answer behind the end");
        } else if pauses {
            assert_eq!(after, before, "a search that goes on was ended");
            self.open[place].kind = Kind::Search { paged, paused: true };
        } else {
            assert!(after > before, "an answer without a response");
            self.open.remove(place);
        }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        let due = self.session.deadline().is_some_and(|deadline| deadline <= self.now);
        self.session.expire(self.now);
        self.obey();
        assert!(!due || self.closed, "a deadline that ends nothing");
    }

    /// Does what the session commands until there is nothing more.
    fn obey(&mut self) {
        let before = self.session.output().len();
        while let Some(command) = self.session.next() {
            assert!(!self.closed, "{command:?} behind the end");
            match command {
                Command::Ask(ticket, question) => self.asked(ticket, &question),
                Command::Abandoned(ticket) => {
                    let count = self.open.len();
                    self.open.retain(|open| open.ticket != ticket);
                    assert_eq!(self.open.len() + 1, count, "what does not run was abandoned");
                }
                Command::StartTls => {
                    assert!(self.open.is_empty() && !self.upgrading);
                    assert_eq!(self.session.security(), Security::Clear);
                    self.upgrading = true;
                }
                Command::Close => {
                    self.closed = true;
                    assert_eq!(self.session.deadline(), None);
                    assert!(!self.session.wants_input());
                    continue;
                }
                Command::Anonymous => {}
            }
            assert!(self.open.len() <= SETTINGS.limits.outstanding);
        }
        let after = self.session.output().len();
        assert!(after < 2 * SETTINGS.limits.output || after == before, "{after} octets wait");
        assert!(self.session.missed().len() <= 32);
    }

    fn asked(&mut self, ticket: Ticket, question: &Question) {
        assert!(!self.upgrading, "asked before TLS");
        if matches!(question, Question::Continue) {
            let open = self.open.iter_mut().find(|open| open.ticket == ticket);
            let Some(Kind::Search { paused, .. }) = open.map(|open| &mut open.kind) else {
                panic!("what is no search goes on");
            };
            assert!(std::mem::take(paused), "a search goes on that did not wait");
            return;
        }
        assert!(self.open.iter().all(|open| open.kind != Kind::Bind), "asked during a Bind");
        assert!(self.last.is_none_or(|last| last < ticket), "a ticket was given twice");
        self.last = Some(ticket);
        if let Question::Search(request) = question
            && let Some(page) = &request.page
        {
            assert!(page.size > 0);
            if let Some(cursor) = page.cursor.as_deref() {
                assert!(self.turned.iter().any(|good| good == cursor), "a cookie nobody gave");
            }
        }
        let kind = match question {
            Question::Search(request) => {
                Kind::Search { paged: request.page.is_some(), paused: false }
            }
            Question::Bind(_) | Question::Plain(_) | Question::External(_) => {
                assert!(self.open.is_empty(), "a Bind beside other requests");
                Kind::Bind
            }
            Question::Compare(_)
            | Question::WhoAmI
            | Question::ChangePassword(_)
            | Question::Continue => Kind::Other,
        };
        self.open.push(Open { ticket, kind });
    }
}

/// The cookie beside the end of a page that is not the last one.
pub(super) fn cookie_of(response: LdapMsg) -> Option<Vec<u8>> {
    matches!(response.op, LdapOp::SearchResultDone(_)).then_some(())?;
    response.ctrl.into_iter().find_map(|control| {
        let LdapControl::SimplePagedResults { cookie, .. } = control else { return None };
        Some(cookie).filter(|cookie| !cookie.is_empty())
    })
}

/// `(objectClass=*)` below `dc=acme`, in pages of two entries.
pub(super) fn page_request(cookie: &[u8]) -> Vec<u8> {
    let size = [0x02, 0x01, 0x02];
    let value = element(0x30, &[&size, &element(0x04, &[cookie])]);
    request_with(ldap::control::PAGED_RESULTS, &value)
}

/// `(objectClass=*)` below `dc=acme`, with a control.
pub(super) fn request_with(control: &str, value: &[u8]) -> Vec<u8> {
    let search =
        b"\x63\x27\x04\x07dc=acme\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\
        \x87\x0bobjectClass\x30\x00";
    let oid = element(0x04, &[control.as_bytes()]);
    let control = element(0x30, &[&oid, &element(0x04, &[value])]);
    element(0x30, &[b"\x02\x01\x09", search, &element(0xa0, &[&control])])
}

pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, length[0], length[1]], &content[..]].concat()
}
