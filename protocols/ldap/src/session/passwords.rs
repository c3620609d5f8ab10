//! Requests that may hold a password beside Bind: Modify and extended operations.

use super::request::Refusal;
use super::running::Work;
use super::{Session, finish};
use crate::control::{Beside, Controls};
use crate::envelope::{Envelope, Operation};
use crate::password_change::{self, NoChange};
use crate::response;
use crate::{Command, Missed, Outcome, PasswordChange, PasswordNotice, Question, ResultCode};

impl Session {
    /// A request that may hold a password; the caller wipes the message afterwards.
    pub(super) fn operate_unkept(&mut self, message: &[u8]) -> Option<Command> {
        let envelope = Envelope::read(message).ok()?;
        let Envelope { id, operation, body, controls } = envelope;
        let examined = self.examined(message, controls, Beside::Change);
        let wants_notice = examined.as_ref().is_ok_and(|controls| controls.password_policy);
        let done = examined.and_then(|controls| {
            if operation == Operation::Extended {
                self.extended(id, body, &controls)
            } else {
                self.modify(id, body, &controls)
            }
        });
        match done {
            Ok(command) => Some(command),
            Err(outcome) => {
                self.turn_away();
                let response = operation.response()?;
                // Nothing was looked at of which the policy could say anything.
                let fill = finish::policy(wants_notice, PasswordNotice::NOTHING);
                response::with_controls(&mut self.output, id, response, &outcome, fill);
                None
            }
        }
    }

    /// RFC 4511 section 4.6, for nothing but the own password.
    fn modify(
        &mut self,
        id: u32,
        body: &[u8],
        controls: &Controls<'_>,
    ) -> Result<Command, Outcome> {
        let change = password_change::modify(body).inspect_err(|refused| {
            if matches!(refused, NoChange::Else | NoChange::Manner) {
                self.miss(Missed::Write("modify"));
            }
        })?;
        self.change_password(id, body.len(), Work::Modify, change, controls)
    }

    /// RFC 3062.
    pub(super) fn modify_password(
        &mut self,
        id: u32,
        value: Option<&[u8]>,
        controls: &Controls<'_>,
    ) -> Result<Command, Outcome> {
        let change = password_change::extended(value)?;
        let octets = value.map_or(0, <[u8]>::len);
        self.change_password(id, octets, Work::PasswordModify, change, controls)
    }

    fn change_password(
        &mut self,
        id: u32,
        octets: usize,
        work: Work,
        change: PasswordChange,
        controls: &Controls<'_>,
    ) -> Result<Command, Outcome> {
        if self.refuses_passwords() {
            let words = "a password is taken over TLS only";
            return Err(Outcome::new(ResultCode::ConfidentialityRequired, words));
        }
        let command = self.ask(id, octets, work, Question::ChangePassword(change));
        self.want_notice(controls.password_policy);
        Ok(command)
    }

    /// Notes whether the client of the last request wants to hear what the password policy says.
    pub(super) fn want_notice(&mut self, wanted: bool) {
        if let Some(running) = self.running.back_mut() {
            running.wants_notice = wanted;
        }
    }
}

impl From<NoChange> for Outcome {
    fn from(refused: NoChange) -> Self {
        let (code, words) = match refused {
            NoChange::Malformed => return Refusal::Malformed.into(),
            NoChange::Name => return Refusal::Name.into(),
            NoChange::Else => (
                ResultCode::UnwillingToPerform,
                "over LDAP users change their own password, and nothing else: see the admin API's \
                 /v1/docs, or the command tenantry",
            ),
            NoChange::Manner => (
                ResultCode::UnwillingToPerform,
                "replace userPassword by one value, or delete the old value and add the new one",
            ),
            NoChange::Empty => (ResultCode::ConstraintViolation, "a password must not be empty"),
        };
        Self::new(code, words)
    }
}
