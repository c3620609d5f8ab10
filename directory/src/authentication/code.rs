//! A second round for the code of a second factor: the password was right, and the code alone is
//! missing.
//!
//! Who was asked learns that the password is right: gear cannot ask otherwise. So whatever is wrong
//! before that is a plain rejection and counts as ever, being asked resets no count, and a wrong
//! code counts like a wrong password.

use storage::Snapshot;

use super::attempt::{Attempt, Begun, Door, Outcome, THROTTLED};
use super::challenges::{Asked, State};
use super::password::Password;
use super::second_factor::{Finding, Need, WRONG_CODE};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Outcome as EventOutcome};
use crate::network::NetworkMethod;

const NOT_ASKED: &str = "nobody was asked for this code, or too long ago";

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
    /// Asks for the code, unless something else keeps them out anyhow.
    pub(super) fn ask_for_code(&self, attempt: &Attempt) -> Outcome {
        let engine = &self.inner.engine;
        // Guesses that were made at the same time must not outrun the count.
        if engine.throttle.check(attempt.source, attempt.throttled, attempt.now.0).is_err() {
            return self.reject(attempt, THROTTLED);
        }
        if let Some(reason) = attempt.obstacle() {
            return self.fail(attempt, reason);
        }
        let Some((organization, asked)) = attempt.asked() else { return Outcome::Reject };
        let state = self.inner.tools.random();
        engine.challenges.put(organization, state, asked, attempt.now.0);
        self.note_as(attempt, Action::CodeAsked, None, EventOutcome::Success);
        Outcome::Challenge { state }
    }

    /// Looks at a code that was asked for; where nobody is asked, what came is a password.
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
            return Ok(Begun::Done(self.fail(&attempt, NOT_ASKED)));
        }
        let typed = std::str::from_utf8(code.expose()).unwrap_or_default();
        let verdict = self.step_of(&attempt, typed.trim())?.map(Some).ok_or(WRONG_CODE);
        let finding = Finding { verdict, typed: None, password: None };
        Ok(Begun::Done(self.conclude(snapshot, &attempt, &finding)?))
    }
}
