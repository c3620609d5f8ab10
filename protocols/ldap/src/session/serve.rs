//! Requests, one after another.

use bytes::{Bytes, BytesMut};
use zeroize::Zeroize;

use super::request::{self, Bind, Refusal};
use super::running::{Paging, Running, Search, Work};
use super::{Session, State};
use crate::ber::{self, Refused};
use crate::control::{self, Beside, Controls, Paged, Unfit};
use crate::envelope::{Envelope, Operation};
use crate::response::{self, Extension};
use crate::{
    CleartextBind, Command, Outcome, Page, Question, ResultCode, Security, StartTls, Ticket,
};

const NO_WRITES: &str = "the directory is read over LDAP and changed through the admin API";

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
            Operation::Search
            | Operation::Compare
            | Operation::Extended
            | Operation::Modify
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
                Ok(Some(self.ask(id, message.len(), Work::Compare, question)))
            }
            Operation::Extended => self.extended(id, body).map(Some),
            Operation::Modify
            | Operation::Add
            | Operation::Delete
            | Operation::ModifyDn
            | Operation::Bind
            | Operation::Unbind
            | Operation::Abandon => Err(Outcome::new(ResultCode::UnwillingToPerform, NO_WRITES)),
        }
    }

    /// Checks a message's form and its controls.
    fn examined<'m>(
        &self,
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
        control::read(controls, beside).map_err(|unfit| match unfit {
            Unfit::Malformed => {
                Outcome::new(ResultCode::ProtocolError, "the controls are malformed or repeated")
            }
            Unfit::Critical => Outcome::new(
                ResultCode::UnavailableCriticalExtension,
                "a critical control is not known here",
            ),
        })
    }

    /// Gives a request of so many octets its ticket.
    fn ask(&mut self, id: u32, octets: usize, work: Work, question: Question) -> Command {
        let ticket = Ticket(self.tickets);
        self.tickets += 1;
        self.running.push_back(Running { ticket, id, octets, work });
        Command::Ask(ticket, question)
    }

    /// RFC 4511 section 4.2.1: what runs is abandoned, who was bound is anonymous, then the Bind is
    /// looked at.
    fn bind(&mut self, id: u32, message: &[u8]) {
        self.generation += 1;
        self.bound = false;
        let abandoned = self.running.drain(..).map(|running| Command::Abandoned(running.ticket));
        self.commands.extend(abandoned);
        let outcome = match self.bind_request(message) {
            Ok(Bind::Simple(_) | Bind::Unauthenticated) if self.refuses_passwords() => {
                let words = "a password is taken over TLS only";
                Outcome::new(ResultCode::ConfidentialityRequired, words)
            }
            Ok(Bind::Simple(request)) => {
                let command = self.ask(id, message.len(), Work::Bind, Question::Bind(request));
                return self.commands.push_back(command);
            }
            Ok(Bind::Anonymous) => Outcome::success(),
            Ok(Bind::Unauthenticated) => {
                let words = "a name without a password proves nothing";
                Outcome::new(ResultCode::UnwillingToPerform, words)
            }
            Ok(Bind::Nameless) => Outcome::code(ResultCode::InvalidCredentials),
            Ok(Bind::Version) => {
                Outcome::new(ResultCode::ProtocolError, "LDAP version 3 is spoken here")
            }
            Ok(Bind::Method) => {
                let words = "simple binds are taken only";
                Outcome::new(ResultCode::AuthMethodNotSupported, words)
            }
            Err(outcome) => outcome,
        };
        response::result(&mut self.output, id, response::BIND_RESPONSE, &outcome);
        self.commands.push_back(Command::Anonymous);
    }

    fn bind_request(&self, message: &[u8]) -> Result<Bind, Outcome> {
        let Ok(Envelope { body, controls, .. }) = Envelope::read(message) else {
            return Err(Refusal::Malformed.into());
        };
        self.examined(message, controls, Beside::Bind)?;
        Ok(request::bind(body)?)
    }

    fn refuses_passwords(&self) -> bool {
        self.security == Security::Clear && self.settings.cleartext_bind == CleartextBind::Refused
    }

    /// RFC 4511 section 4.11: no response, whether there is such a request or not.
    fn abandon(&mut self, message: &[u8]) -> Option<Command> {
        let id = Envelope::read(message).and_then(|envelope| ber::number(envelope.body)).ok()?;
        let position = self.running.iter().position(|running| running.id == id)?;
        self.running.remove(position).map(|running| Command::Abandoned(running.ticket))
    }

    fn search(
        &mut self,
        id: u32,
        message: &Bytes,
        body: &[u8],
        controls: Controls<'_>,
    ) -> Result<Option<Command>, Outcome> {
        let mut request = request::search(message, body, &self.settings.limits)?;
        if let Some(paged) = controls.paged {
            request.page = Some(self.page(message, body, paged)?);
        }
        let page = request.page.as_ref();
        let search = Search {
            types_only: request.types_only,
            selection: request.selection,
            size_limit: request.size_limit,
            given: 0,
            seen: page.map_or(0, |page| page.seen),
            page: page.map(|page| Paging { size: page.size, request: message.slice_ref(body) }),
            paused: false,
        };
        if page.is_some_and(|page| page.size == 0) {
            // The client gives the result up, or asks for an estimate of it, which is not known.
            response::page(&mut self.output, id, &Outcome::success(), &[]);
            return Ok(None);
        }
        Ok(Some(self.ask(
            id,
            message.len(),
            Work::Search(search),
            Question::Search(Box::new(request)),
        )))
    }

    /// The page that is asked for. One that holds as many entries as the size limit is a page like
    /// any other, and the last one: clients look for the control in the response.
    fn page(&self, message: &Bytes, body: &[u8], paged: Paged<'_>) -> Result<Page, Outcome> {
        let Paged { size, cookie } = paged;
        if cookie.is_empty() {
            return Ok(Page { size, cursor: None, seen: 0 });
        }
        let Some(position) = self.binding(body).open(cookie) else {
            let words = "the cookie is not of this search";
            return Err(Outcome::new(ResultCode::UnwillingToPerform, words));
        };
        // The cookie is part of the message, and the cursor of the cookie.
        let cursor = Some(message.slice_ref(position.cursor));
        Ok(Page { size, cursor, seen: position.seen })
    }

    fn extended(&mut self, id: u32, body: &[u8]) -> Result<Command, Outcome> {
        let (name, value) = request::extended(body)?;
        let known =
            [crate::WHO_AM_I, crate::START_TLS].into_iter().find(|known| known.as_bytes() == name);
        match (known, value) {
            (Some(_), Some(_)) => {
                Err(Outcome::new(ResultCode::ProtocolError, "the operation takes no value"))
            }
            (Some(crate::WHO_AM_I), None) => {
                Ok(self.ask(id, body.len(), Work::WhoAmI, Question::WhoAmI))
            }
            (Some(_), None) => self.start_tls(id),
            (None, _) => Err(Outcome::new(
                ResultCode::ProtocolError,
                "the extended operation is not known here",
            )),
        }
    }

    /// RFC 4511 section 4.14.
    fn start_tls(&mut self, id: u32) -> Result<Command, Outcome> {
        if self.security == Security::Tls {
            return Err(Outcome::new(ResultCode::OperationsError, "TLS is on"));
        }
        if self.settings.start_tls == StartTls::Withheld {
            return Err(Outcome::new(ResultCode::ProtocolError, "StartTLS is not offered here"));
        }
        if !self.running.is_empty() {
            return Err(Outcome::new(
                ResultCode::OperationsError,
                "other operations are under way",
            ));
        }
        let extension = Extension { name: Some(crate::START_TLS), value: None };
        response::extended(&mut self.output, id, &Outcome::success(), extension);
        self.state = State::Upgrading;
        self.discard_input();
        Ok(Command::StartTls)
    }
}
