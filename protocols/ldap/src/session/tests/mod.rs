//! A session seen from its client and from its directory. Requests are encoded and responses decoded
//! by somebody else's code, so that a misunderstanding of ours shows.

use std::time::Duration;

use bytes::BytesMut;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapExtendedRequest, LdapFilter, LdapMsg,
    LdapOp, LdapResult, LdapSearchRequest, LdapSearchScope,
};

use crate::{
    Answer, CleartextBind, Command, Limits, Outcome, Question, ResultCode, SearchRequest, Security,
    Session, Settings, StartTls, Stop, Ticket,
};

mod differential;
mod mutated;
mod pace;
mod rfc2696_paged_results;
mod rfc2891_sort;
mod rfc3062_password_modify;
mod rfc3909_cancel;
mod rfc4511_4_1_messages;
mod rfc4511_4_2_bind;
mod rfc4511_4_5_search;
mod rfc4511_4_operations;
mod rfc4513_5_2_sasl;
mod rfc4533_sync;

const SETTINGS: Settings = Settings {
    limits: Limits {
        message_anonymous: 64 << 10,
        message_bound: 4 << 20,
        depth: 40,
        elements: 4096,
        outstanding: 8,
        output: 4096,
        partial: Duration::from_secs(20),
        idle: Duration::from_secs(900),
        idle_anonymous: Duration::from_secs(900),
        attributes: 100,
    },
    start_tls: StartTls::Offered,
    cleartext_bind: CleartextBind::Allowed,
};

/// A connection with its client on one side and its directory on the other.
struct Connection {
    session: Session,
    now: Duration,
}

impl Connection {
    fn clear() -> Self {
        Self::new(SETTINGS, Security::Clear)
    }

    fn new(settings: Settings, security: Security) -> Self {
        let now = Duration::from_secs(1000);
        Self { session: Session::new(settings, security, [7; 32], now), now }
    }

    fn send_octets(&mut self, octets: &[u8]) -> Vec<Command> {
        self.session.receive(octets, self.now);
        self.commands()
    }

    fn send(&mut self, id: i32, op: LdapOp) -> Vec<Command> {
        self.send_octets(&encoded(id, op, Vec::new()))
    }

    fn send_with(&mut self, id: i32, op: LdapOp, controls: Vec<LdapControl>) -> Vec<Command> {
        self.send_octets(&encoded(id, op, controls))
    }

    fn commands(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.session.next()).collect()
    }

    fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.session.answer(ticket, answer, self.now);
    }

    fn succeed(&mut self, ticket: Ticket) {
        self.answer(ticket, Answer::Result(Outcome::success()));
    }

    /// What the client reads.
    fn read(&mut self) -> Vec<LdapMsg> {
        let output = std::mem::take(self.session.output());
        decoded(&output)
    }

    /// The one response that the client reads: its message ID, code and operation.
    fn read_result(&mut self) -> (i32, u8, &'static str) {
        match self.read().as_slice() {
            [message] => {
                let (kind, result) = result(&message.op);
                (message.msgid, number(result), kind)
            }
            messages => panic!("not one response: {messages:?}"),
        }
    }

    /// Binds, whoever that is.
    fn bind(&mut self) {
        let ticket = ticket(&self.send(1, bind_request("uid=ada,dc=acme", "secret")));
        self.succeed(ticket);
        self.read();
    }

    /// The directory gives entries of these names until it is stopped.
    fn give(&mut self, ticket: Ticket, names: &[String]) -> Result<(), (usize, Stop)> {
        let mut writer = self.session.entries(ticket).expect("a running search");
        let cn = crate::schema::attribute("cn").unwrap();
        for (position, name) in names.iter().enumerate() {
            let dn = format!("cn={name},dc=acme");
            writer
                .entry(&dn, |attributes| attributes.values(cn, [name]))
                .map_err(|stop| (position, stop))?;
        }
        Ok(())
    }
}

fn encoded(id: i32, op: LdapOp, ctrl: Vec<LdapControl>) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    let message = LdapMsg { msgid: id, op, ctrl };
    ldap3_lber::write::encode_into(&mut buffer, message.into()).unwrap();
    buffer.to_vec()
}

fn decoded(mut octets: &[u8]) -> Vec<LdapMsg> {
    let mut messages = Vec::new();
    while !octets.is_empty() {
        let (rest, tag) = ldap3_lber::parse::Parser::new(64).parse(octets).expect("whole messages");
        messages.push(LdapMsg::try_from(tag).expect("a message"));
        octets = rest;
    }
    messages
}

#[expect(clippy::wildcard_enum_match_arm, reason = "another crate's enum; the rest has no result")]
fn result(op: &LdapOp) -> (&'static str, &LdapResult) {
    match op {
        LdapOp::BindResponse(response) => ("bind", &response.res),
        LdapOp::SearchResultDone(result) => ("search", result),
        LdapOp::ModifyResponse(result) => ("modify", result),
        LdapOp::AddResponse(result) => ("add", result),
        LdapOp::DelResponse(result) => ("delete", result),
        LdapOp::ModifyDNResponse(result) => ("modify DN", result),
        LdapOp::CompareResult(result) => ("compare", result),
        LdapOp::ExtendedResponse(response) => ("extended", &response.res),
        other => panic!("no result: {other:?}"),
    }
}

fn number(result: &LdapResult) -> u8 {
    u8::try_from(result.code.clone() as i64).unwrap()
}

fn bind_request(dn: &str, password: &str) -> LdapOp {
    let cred = LdapBindCred::Simple(password.to_owned());
    LdapOp::BindRequest(LdapBindRequest { version: 3, dn: dn.to_owned(), cred })
}

fn extended_request(name: &str) -> LdapOp {
    LdapOp::ExtendedRequest(LdapExtendedRequest { name: name.to_owned(), value: None })
}

fn search_request() -> LdapSearchRequest {
    LdapSearchRequest {
        base: "dc=acme".to_owned(),
        scope: LdapSearchScope::Subtree,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: LdapFilter::Present("objectClass".to_owned()),
        attrs: Vec::new(),
    }
}

fn search() -> LdapOp {
    LdapOp::SearchRequest(search_request())
}

/// The ticket of the one question asked.
fn ticket(commands: &[Command]) -> Ticket {
    match commands {
        [Command::Ask(ticket, _)] => *ticket,
        commands => panic!("not one question: {commands:?}"),
    }
}

/// The search that is asked for.
fn searched(commands: Vec<Command>) -> (Ticket, Box<SearchRequest>) {
    match commands.into_iter().next() {
        Some(Command::Ask(ticket, Question::Search(request))) => (ticket, request),
        other => panic!("not a search: {other:?}"),
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("entry-{number:04}")).collect()
}

/// An element: tag, short length, content.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut octets = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length @ 0..=127) => octets.push(length),
        _ => {
            octets.push(0x84);
            octets.extend_from_slice(&u32::try_from(content.len()).unwrap().to_be_bytes());
        }
    }
    octets.extend_from_slice(&content);
    octets
}

/// A message with this operation.
fn message(id: u8, operation: &[u8]) -> Vec<u8> {
    element(0x30, &[&[0x02, 0x01, id], operation])
}
