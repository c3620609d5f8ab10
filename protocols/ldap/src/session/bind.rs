//! Binds (RFC 4511 section 4.2).

use super::Session;
use super::request::{self, Bind, Refusal};
use super::running::Work;
use crate::control::{Beside, Controls};
use crate::envelope::Envelope;
use crate::response;
use crate::{CleartextBind, Command, Missed, Outcome, Question, ResultCode, Security};

/// The most octets of a name that is told of although nobody looked whether it is right.
const NAME: usize = 1 << 10;

impl Session {
    /// RFC 4511 section 4.2.1: what runs is abandoned, who was bound is anonymous, then the Bind is
    /// looked at. A change of a password does not run any more by then, unless it was abandoned before.
    pub(super) fn bind(&mut self, id: u32, message: &[u8]) {
        self.generation += 1;
        self.bound = false;
        self.beside_bind.clear();
        let abandoned = self.running.drain(..).map(|running| Command::Abandoned(running.ticket));
        self.commands.extend(abandoned);
        let mut controls = Controls::default();
        let outcome = match self.bind_request(message, &mut controls) {
            Ok(bind @ (Bind::Simple(_) | Bind::Unauthenticated)) if self.refuses_passwords() => {
                self.overheard(&bind)
            }
            Ok(Bind::Simple(request)) => {
                let command = self.ask(id, message.len(), Work::Bind, Question::Bind(request));
                self.want_notice(controls.password_policy);
                return self.commands.push_back(command);
            }
            Ok(Bind::Plain(_) | Bind::Unanswered) if self.security == Security::Clear => {
                let words = "PLAIN is spoken over TLS only";
                Outcome::new(ResultCode::ConfidentialityRequired, words)
            }
            Ok(Bind::Plain(request)) => {
                let command = self.ask(id, message.len(), Work::Bind, Question::Plain(request));
                self.want_notice(controls.password_policy);
                return self.commands.push_back(command);
            }
            Ok(Bind::External(request)) => {
                let command = self.ask(id, message.len(), Work::Bind, Question::External(request));
                self.want_notice(controls.password_policy);
                return self.commands.push_back(command);
            }
            Ok(Bind::Unanswered) => {
                response::challenge(&mut self.output, id);
                return self.commands.push_back(Command::Anonymous);
            }
            Ok(Bind::Mechanism) => {
                let words = "the SASL mechanism is not known here";
                Outcome::new(ResultCode::AuthMethodNotSupported, words)
            }
            Ok(Bind::Anonymous) => Outcome::success(),
            Ok(Bind::Unauthenticated) => {
                let words = "a name without a password proves nothing";
                Outcome::new(ResultCode::UnwillingToPerform, words)
            }
            Ok(Bind::Nameless) => {
                Outcome::new(ResultCode::InvalidCredentials, "a password needs a name beside it")
            }
            Ok(Bind::Version) => {
                Outcome::new(ResultCode::ProtocolError, "LDAP version 3 is spoken here")
            }
            Ok(Bind::Method) => {
                let words = "simple binds and SASL are taken only";
                Outcome::new(ResultCode::AuthMethodNotSupported, words)
            }
            Err(outcome) => outcome,
        };
        if outcome.code != ResultCode::Success {
            self.turn_away();
        }
        response::result(&mut self.output, id, response::BIND_RESPONSE, &outcome);
        self.commands.push_back(Command::Anonymous);
    }

    fn bind_request<'m>(
        &mut self,
        message: &'m [u8],
        examined: &mut Controls<'m>,
    ) -> Result<Bind, Outcome> {
        let Ok(Envelope { body, controls, .. }) = Envelope::read(message) else {
            return Err(Refusal::Malformed.into());
        };
        *examined = self
            .examined(message, controls, Beside::Bind)
            .inspect_err(|_| self.refused_unseen(body))?;
        Ok(request::bind(body)?)
    }

    /// A Bind is over: the controls beside it that are not known are of whoever it has proven.
    pub(super) fn bind_is_over(&mut self, outcome: &Outcome) {
        self.bound = outcome.code == ResultCode::Success;
        let beside = std::mem::take(&mut self.beside_bind);
        if self.bound {
            beside.into_iter().for_each(|number| self.miss(Missed::Control(number)));
        }
    }

    /// Nobody looks who somebody is who is refused for the controls beside the Bind: these are told of the
    /// name.
    fn refused_unseen(&mut self, body: &[u8]) {
        let beside = std::mem::take(&mut self.beside_bind);
        if !beside.is_empty()
            && let Ok(Bind::Simple(request)) = request::bind(body)
            && request.dn.as_str().len() <= NAME
        {
            self.miss(Missed::Refused(request.dn.as_str().to_owned(), beside));
        }
    }

    /// Refuses what everybody on the way could read, whoever it names.
    fn overheard(&mut self, bind: &Bind) -> Outcome {
        if let Bind::Simple(request) = bind
            && request.dn.as_str().len() <= NAME
        {
            self.miss(Missed::Protection(request.dn.as_str().to_owned()));
        }
        let words = "a password is taken over TLS only";
        Outcome::new(ResultCode::ConfidentialityRequired, words)
    }

    pub(super) fn refuses_passwords(&self) -> bool {
        self.security == Security::Clear && self.settings.cleartext_bind == CleartextBind::Refused
    }
}
