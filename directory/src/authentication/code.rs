//! A second round for the code of a second factor: the password was right, and the code alone is
//! missing.
//!
//! Who was asked learns that the password is right: gear cannot ask otherwise. So whatever is wrong
//! before that is a plain rejection and counts as ever, being asked resets no count, and a wrong
//! code counts like a wrong password.

use storage::Snapshot;

use super::attempt::{Attempt, Begun, Door, Outcome, THROTTLED};
use super::challenges::{Asked, State};
use super::conclusion::Decided;
use super::later::Judged;
use super::password::Password;
use super::second_factor::{Need, WRONG_CODE};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Outcome as EventOutcome};
use crate::network::NetworkMethod;

/// Why a code is none, for the event.
pub(super) const NOT_ASKED: &str = "nobody was asked for this code, or too long ago";

impl Attempt {
    /// Whether people who come like this are asked for a code, whoever they are.
    pub(super) fn asks_for_codes(&self) -> bool {
        matches!(self.door, Door::Radius(_, by) if by.method == NetworkMethod::Pap)
            && self.policy.as_ref().is_some_and(|policy| policy.asks_for_code)
    }

    fn asked(&self) -> Option<(u32, Asked)> {
        let (Door::Radius(client, _), Some((organization, user))) = (self.door, self.key()) else {
            return None;
        };
        let (_, version) = self.version()?;
        Some((organization, Asked { client, user, version }))
    }
}

impl Directory {
    /// Asks for the code, unless something else keeps them out anyhow: being asked tells that the
    /// password is right.
    pub(super) fn ask_for_code(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
    ) -> Result<Outcome, Error> {
        let engine = &self.inner.engine;
        if self.is_outrun(attempt) {
            return Ok(self.reject(attempt, THROTTLED));
        }
        if let Some(reason) = attempt.obstacle() {
            return Ok(self.fail(attempt, reason));
        }
        if let Some((rule, reason)) = self.kept_off_network(snapshot, attempt)? {
            engine.throttle.failed(attempt.whence(), attempt.throttled, attempt.now.0);
            let outcome = EventOutcome::Failure(reason.to_owned());
            self.note_as(attempt, attempt.action, Decided::against(rule.as_deref()), outcome);
            return Ok(Outcome::Reject);
        }
        let Some((organization, asked)) = attempt.asked() else { return Ok(Outcome::Reject) };
        let state = self.inner.tools.random();
        engine.challenges.put(organization, state, asked, attempt.now.0);
        self.note_as(attempt, Action::CodeAsked, Decided::default(), EventOutcome::Success);
        Ok(Outcome::Challenge { state })
    }

    /// Looks at a code that was asked for. Where nobody was asked, what came is a password: gear
    /// may send a State that is not of this conversation.
    pub(super) fn prove_code(
        &self,
        snapshot: &Snapshot,
        mut attempt: Attempt,
        state: &State,
        code: Password,
    ) -> Result<Begun, Error> {
        if !attempt.asks_for_codes() {
            return self.begin_password(snapshot, attempt, code);
        }
        if self.is_throttled(&mut attempt) {
            return Ok(Begun::Done(self.reject(&attempt, THROTTLED)));
        }
        let was_asked = attempt.asked().is_some_and(|(organization, asked)| {
            self.inner.engine.challenges.take(organization, state, asked, attempt.now.0)
        });
        if !was_asked || attempt.need != Need::Code {
            attempt.is_unasked = true;
            return self.begin_password(snapshot, attempt, code);
        }
        let typed = std::str::from_utf8(code.expose()).unwrap_or_default();
        let verdict = self.step_of(&attempt, typed.trim())?.map(Some).ok_or(WRONG_CODE);
        self.judged(snapshot, attempt, Judged::of(verdict))
    }
}
