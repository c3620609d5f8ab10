//! Extended operations (RFC 4511 section 4.12).

use super::request;
use super::running::Work;
use super::{Session, State};
use crate::description::is_oid;
use crate::response::{self, Extension};
use crate::{Command, Missed, Outcome, Question, ResultCode, Security, StartTls};

impl Session {
    pub(super) fn extended(&mut self, id: u32, body: &[u8]) -> Result<Command, Outcome> {
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
            (None, _) => {
                let number = std::str::from_utf8(name).ok().filter(|name| is_oid(name));
                self.miss(Missed::Operation(number.unwrap_or("?").to_owned()));
                let words = "the extended operation is not known here";
                Err(Outcome::new(ResultCode::ProtocolError, words))
            }
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
