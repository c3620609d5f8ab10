//! Requests, one after another.

use bytes::{Bytes, BytesMut};
use zeroize::Zeroize;

use super::Session;
use super::request::{self, Refusal};
use super::running::{Running, Work};
use crate::ber::{self, Refused};
use crate::control::{self, Beside, Controls, Unfit};
use crate::envelope::{Envelope, Operation};
use crate::response;
use crate::{Command, Missed, Outcome, Question, ResultCode, Ticket};

/// So many octets of a request may be no ASCII: a few of them are many once text is normalized.
const FOREIGN: usize = 64 << 10;

const NO_WRITES: &str = "the directory is read over LDAP and changed through the admin API: see its \
                         /v1/docs, or the command tenantry";

impl Session {
    /// Takes the message of this length out of the input and does what it asks, or asks what it
    /// takes to do that.
    pub(super) fn serve(&mut self, length: usize) -> Option<Command> {
        let mut message = self.input.split_to(length);
        self.partial_since = None;
        self.active = self.clock;
        let Ok(Envelope { id, operation, .. }) = Envelope::read(&message) else {
            message.as_mut().zeroize();
            self.disconnect(ResultCode::ProtocolError, "the message is not a request");
            return None;
        };
        match operation {
            Operation::Bind => {
                self.bind(id, &message);
                message.as_mut().zeroize();
                None
            }
            Operation::Unbind => {
                self.close();
                None
            }
            Operation::Abandon => self.abandon(&message),
            Operation::Extended | Operation::Modify => {
                let command = self.operate_unkept(&message);
                message.as_mut().zeroize();
                command
            }
            Operation::Search
            | Operation::Compare
            | Operation::Add
            | Operation::Delete
            | Operation::ModifyDn => self.operate(message),
        }
    }

    /// A request that may run beside others: what cannot be done is answered at once.
    fn operate(&mut self, message: BytesMut) -> Option<Command> {
        let message = message.freeze();
        let envelope = Envelope::read(&message).ok()?;
        match self.perform(&message, envelope) {
            Ok(command) => command,
            Err(outcome) => {
                self.turn_away();
                let response = envelope.operation.response()?;
                response::result(&mut self.output, envelope.id, response, &outcome);
                None
            }
        }
    }

    fn perform(
        &mut self,
        message: &Bytes,
        envelope: Envelope<'_>,
    ) -> Result<Option<Command>, Outcome> {
        let Envelope { id, operation, body, controls } = envelope;
        let beside = if operation == Operation::Search { Beside::Search } else { Beside::Other };
        let controls = self.examined(message, controls, beside)?;
        match operation {
            Operation::Search => self.search(id, message, body, controls),
            Operation::Compare => {
                let question = Question::Compare(request::compare(message, body)?);
                let command = self.ask(id, message.len(), Work::Compare, question);
                self.want_notice(controls.password_policy);
                Ok(Some(command))
            }
            Operation::Add => Err(self.refuse_write("add", request::add(body))),
            Operation::Delete => Err(self.refuse_write("delete", request::delete(body))),
            Operation::ModifyDn => Err(self.refuse_write("modify DN", request::modify_dn(body))),
            Operation::Extended
            | Operation::Modify
            | Operation::Bind
            | Operation::Unbind
            | Operation::Abandon => Err(self.refuse_write("another operation", Ok(()))),
        }
    }

    /// Checks a message's form and its controls.
    pub(super) fn examined<'m>(
        &mut self,
        message: &[u8],
        controls: Option<&'m [u8]>,
        beside: Beside,
    ) -> Result<Controls<'m>, Outcome> {
        let limits = &self.settings.limits;
        ber::check(message, limits.depth, limits.elements).map_err(|refused| match refused {
            Refused::Malformed => Outcome::from(Refusal::Malformed),
            Refused::TooComplex => {
                Outcome::new(ResultCode::AdminLimitExceeded, "the request is too complex")
            }
        })?;
        if message.len() > FOREIGN {
            let foreign = message.iter().filter(|octet| !octet.is_ascii()).count();
            if foreign > FOREIGN {
                let words = "the request has too much that is not ASCII";
                return Err(Outcome::new(ResultCode::AdminLimitExceeded, words));
            }
        }
        let read = control::read(controls, beside);
        if matches!(&read, Ok(Controls { unknown: true, .. }) | Err(Unfit::Critical(_))) {
            let unknown = control::unknown(controls.unwrap_or_default(), beside);
            match beside {
                // Whose they are is known when it is over.
                Beside::Bind => self.beside_bind = unknown.collect(),
                Beside::Search | Beside::Change | Beside::Other => {
                    unknown.for_each(|number| self.miss(Missed::Control(number)));
                }
            }
        }
        read.map_err(unfit)
    }

    /// A change that only the admin API makes, if it is one.
    fn refuse_write(&mut self, name: &'static str, read: Result<(), Refusal>) -> Outcome {
        if let Err(refusal) = read {
            return refusal.into();
        }
        self.miss(Missed::Write(name));
        Outcome::new(ResultCode::UnwillingToPerform, NO_WRITES)
    }

    /// Gives a request of so many octets its ticket.
    pub(super) fn ask(
        &mut self,
        id: u32,
        octets: usize,
        work: Work,
        question: Question,
    ) -> Command {
        let ticket = Ticket(self.tickets);
        self.tickets += 1;
        self.running.push_back(Running { ticket, id, octets, work, wants_notice: false });
        Command::Ask(ticket, question)
    }

    /// RFC 4511 section 4.11: no response, whether there is such a request or not; nor where a critical
    /// control that is not known forbids to do it (section 4.1.11), which nothing else that is wrong with
    /// the message allows.
    fn abandon(&mut self, message: &[u8]) -> Option<Command> {
        let Envelope { body, controls, .. } = Envelope::read(message).ok()?;
        // What is not known of them is kept record of all the same.
        let _unanswered = self.examined(message, controls, Beside::Other);
        if controls.is_some_and(|octets| control::has_critical_unknown(octets, Beside::Other)) {
            return None;
        }
        let id = ber::number(body).ok()?;
        let position = self.running.iter().position(|running| running.id == id)?;
        self.running.remove(position).map(|running| Command::Abandoned(running.ticket))
    }
}

/// Says which control a request is refused for.
fn unfit(unfit: Unfit<'_>) -> Outcome {
    let malformed = |words| Outcome::new(ResultCode::ProtocolError, words);
    // The numbers were checked: they are digits and dots.
    let number = String::from_utf8_lossy;
    match unfit {
        Unfit::Malformed => malformed("the controls are malformed".to_owned()),
        Unfit::TooMany => malformed("there are too many controls".to_owned()),
        Unfit::Value(oid) => {
            malformed(format!("the value of the control {} is malformed", number(oid)))
        }
        Unfit::Repeated(oid) => malformed(format!("the control {} is there twice", number(oid))),
        Unfit::Critical(oid) => Outcome::new(
            ResultCode::UnavailableCriticalExtension,
            format!("the critical control {} is not known with this operation", number(oid)),
        ),
    }
}
