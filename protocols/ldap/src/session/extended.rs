//! Extended operations (RFC 4511 section 4.12).

use super::request;
use super::running::{Running, Work};
use super::{Session, State};
use crate::control::Controls;
use crate::description::is_oid;
use crate::response::{self, Extension};
use crate::{Command, Missed, Outcome, Question, ResultCode, Security, StartTls, Ticket};

impl Session {
    pub(super) fn extended(
        &mut self,
        id: u32,
        body: &[u8],
        controls: &Controls<'_>,
    ) -> Result<Command, Outcome> {
        let (name, value) = request::extended(body)?;
        let known = [crate::WHO_AM_I, crate::START_TLS, crate::PASSWORD_MODIFY, crate::CANCEL];
        let known = known.into_iter().find(|known| known.as_bytes() == name);
        match (known, value) {
            (Some(crate::PASSWORD_MODIFY), value) => self.modify_password(id, value, controls),
            (Some(crate::CANCEL), Some(value)) => self.cancel(id, value),
            (Some(crate::CANCEL), None) => {
                Err(Outcome::new(ResultCode::ProtocolError, "the operation takes a value"))
            }
            (Some(_), Some(_)) => {
                Err(Outcome::new(ResultCode::ProtocolError, "the operation takes no value"))
            }
            (Some(crate::WHO_AM_I), None) => {
                let command = self.ask(id, body.len(), Work::WhoAmI, Question::WhoAmI);
                self.want_notice(controls.password_policy);
                Ok(command)
            }
            (Some(_), None) => self.start_tls(id),
            (None, _) => {
                let number = std::str::from_utf8(name).ok().filter(|name| is_oid(name));
                self.miss(Missed::Operation(number.unwrap_or("?").to_owned()));
                let words = "the extended operation is not known here";
                Err(Outcome::new(ResultCode::ProtocolError, words))
            }
        }
    }

    /// RFC 3909: the operation ends with a response of its own, which an Abandon does not give it.
    fn cancel(&mut self, id: u32, value: &[u8]) -> Result<Command, Outcome> {
        let cancelled = request::cancel(value)?;
        let Some(position) = self.running.iter().position(|running| running.id == cancelled) else {
            let words = "there is no such operation, or it is over";
            return Err(Outcome::new(ResultCode::NoSuchOperation, words));
        };
        let search = |running: &Running| matches!(running.work, Work::Search(_));
        if !self.running.get(position).is_some_and(search) {
            let words = "the operation cannot be cancelled";
            return Err(Outcome::new(ResultCode::CannotCancel, words));
        }
        let running = self.running.remove(position);
        let ended = Outcome::code(ResultCode::Canceled);
        response::result(&mut self.output, cancelled, response::SEARCH_DONE, &ended);
        response::extended(&mut self.output, id, &Outcome::success(), Extension::default());
        let ticket = running.map_or(Ticket(u64::MAX), |running| running.ticket);
        Ok(Command::Abandoned(ticket))
    }

    /// RFC 4511 section 4.14. Whoever puts octets in clear behind it is no client that waits for the
    /// answer, or there is somebody between: they go, and the connection with them (RFC 4513
    /// section 3.1.1).
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
        if !self.input.is_empty() {
            self.disconnect(ResultCode::ProtocolError, "octets in clear came behind StartTLS");
            return Ok(self.commands.pop_front().unwrap_or(Command::Close));
        }
        let extension = Extension { name: Some(crate::START_TLS), value: None };
        response::extended(&mut self.output, id, &Outcome::success(), extension);
        self.state = State::Upgrading;
        Ok(Command::StartTls)
    }
}
