//! A server with its RADIUS clients and a clock.

use core::net::SocketAddr;
use std::time::Duration;

use radius::{
    Answer, Candidate, Command, DropReason, Limits, Port, Question, RADSEC, Refusal, Reply, Secret,
    Server, Slate, Ticket, Version,
};

use crate::client::{Request, SECRET};

/// A RADIUS client as the tests' directory would know it.
pub(crate) struct Known {
    pub(crate) client: u32,
    pub(crate) secret: Secret,
    pub(crate) require_message_authenticator: bool,
    pub(crate) limit_proxy_state: bool,
    pub(crate) precision: u8,
    pub(crate) is_guess: bool,
}

impl Known {
    pub(crate) fn strict(client: u32, secret: &[u8]) -> Self {
        let secret = Secret::new(secret).unwrap();
        Self {
            client,
            secret,
            require_message_authenticator: true,
            limit_proxy_state: false,
            precision: 24,
            is_guess: false,
        }
    }

    pub(crate) fn lenient(client: u32, secret: &[u8]) -> Self {
        Self { require_message_authenticator: false, ..Self::strict(client, secret) }
    }

    /// Lenient, but no proxy.
    pub(crate) fn legacy_nas(client: u32, secret: &[u8]) -> Self {
        Self { limit_proxy_state: true, ..Self::lenient(client, secret) }
    }
}

pub(crate) struct Site {
    pub(crate) server: Server<u32>,
    pub(crate) known: Vec<Known>,
    /// Whether there are others that are not looked at.
    pub(crate) is_cut: bool,
    pub(crate) source: SocketAddr,
    pub(crate) now: Duration,
}

impl Site {
    /// The authentication port, with one client that must send Message-Authenticator.
    pub(crate) fn strict() -> Self {
        Self::of(vec![Known::strict(1, SECRET)])
    }

    /// The authentication port, with one client that need not send Message-Authenticator.
    pub(crate) fn lenient() -> Self {
        Self::of(vec![Known::lenient(1, SECRET)])
    }

    pub(crate) fn of(known: Vec<Known>) -> Self {
        Self::on(Port::Authentication, Limits::default(), known)
    }

    pub(crate) fn limited(limits: Limits) -> Self {
        Self::on(Port::Authentication, limits, vec![Known::strict(1, SECRET)])
    }

    pub(crate) fn accounting() -> Self {
        Self::on(Port::Accounting, Limits::default(), vec![Known::strict(1, SECRET)])
    }

    /// A connection inside TLS, of the client with number 1.
    pub(crate) fn tls(version: Version, limits: Limits) -> Self {
        Self::on(Port::Tls(version), limits, vec![Known::lenient(1, RADSEC)])
    }

    fn on(port: Port, limits: Limits, known: Vec<Known>) -> Self {
        let server = Server::new(port, limits);
        let source = "192.0.2.7:40000".parse().unwrap();
        Self { server, known, is_cut: false, source, now: Duration::from_secs(1000) }
    }

    /// Delivers a datagram and takes what is to be done.
    pub(crate) fn deliver(&mut self, datagram: &[u8]) -> Vec<Command<u32>> {
        let candidates = self.known.iter().map(|known| Candidate {
            client: known.client,
            secret: &known.secret,
            require_message_authenticator: known.require_message_authenticator,
            limit_proxy_state: known.limit_proxy_state,
            precision: known.precision,
            is_guess: known.is_guess,
        });
        let slate = Slate { all: candidates, is_cut: self.is_cut };
        self.server.receive(self.source, datagram, slate, self.now);
        self.commands()
    }

    pub(crate) fn commands(&mut self) -> Vec<Command<u32>> {
        std::iter::from_fn(|| self.server.next()).collect()
    }

    /// The question that a request must lead to.
    pub(crate) fn asks(&mut self, request: &Request) -> (Ticket, Question<u32>) {
        match self.deliver(&request.encode()).pop() {
            Some(Command::Ask(ticket, question)) => (ticket, question),
            other => panic!("no question but {}", name(other.as_ref())),
        }
    }

    /// The silence that a datagram must meet, with the client it is held against.
    pub(crate) fn drops(&mut self, datagram: &[u8]) -> (Option<u32>, DropReason) {
        match self.deliver(datagram).as_slice() {
            [Command::Drop { client, reason, .. }] => (*client, *reason),
            other => panic!("no silence but {}", name(other.first())),
        }
    }

    /// The refusal and the checked Access-Reject that a request must lead to.
    pub(crate) fn refuses(&mut self, request: &Request) -> (Refusal, Vec<(u8, Vec<u8>)>) {
        match self.deliver(&request.encode()).as_slice() {
            [Command::Refused { refusal, client: 1, .. }, Command::Send { reply, to }] => {
                assert_eq!(*to, self.source);
                (*refusal, request.check(reply.as_ref(), 3))
            }
            other => panic!("no refusal but {}", name(other.first())),
        }
    }

    /// The datagram that a request is answered with at once.
    pub(crate) fn sends(&mut self, request: &Request) -> Vec<u8> {
        match self.deliver(&request.encode()).as_slice() {
            [Command::Send { reply, to }] => {
                assert_eq!(*to, self.source);
                reply.as_ref().to_vec()
            }
            other => panic!("no reply but {}", name(other.first())),
        }
    }

    /// Gives an answer that must lead to a datagram.
    pub(crate) fn answers(&mut self, ticket: Ticket, answer: &Answer) -> Vec<u8> {
        self.server.answer(ticket, answer, self.now).unwrap();
        match self.commands().as_slice() {
            [Command::Send { reply, .. }] => reply.as_ref().to_vec(),
            other => panic!("no reply but {}", name(other.first())),
        }
    }

    /// Asks, accepts, and returns the checked attributes of the Access-Accept.
    pub(crate) fn accepts(&mut self, request: &Request, reply: Reply) -> Vec<(u8, Vec<u8>)> {
        let (ticket, _) = self.asks(request);
        let reply = self.answers(ticket, &Answer::Accept(reply));
        request.check(&reply, 2)
    }
}

fn name(command: Option<&Command<u32>>) -> String {
    match command {
        None => "nothing".to_owned(),
        Some(Command::Send { reply, .. }) => format!("reply {:?}", reply.as_ref()),
        Some(Command::Ask(..)) => "a question".to_owned(),
        Some(Command::Account(..)) => "a report".to_owned(),
        Some(Command::Refused { refusal, .. }) => format!("refusal: {refusal}"),
        Some(Command::Drop { reason, .. }) => format!("silence: {reason}"),
    }
}
