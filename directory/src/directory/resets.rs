//! A password that an admin chose for a user, on its way to be hashed: it is judged, then compared with
//! those that it must differ from, one hash at a time.

use super::Directory;
use crate::access::{Context, RecoverAccounts};
use crate::authentication::{HashingFailed, Password, StoredHash, Unacceptable};
use crate::collections::{Guess, JudgedReset, NewPassword, Reset};
use crate::error::{Error, Invalid};
use crate::events::{Action, Event, Outcome};
use crate::id::OrganizationId;

/// Why a password is not set that was compared with others.
const UNSET: &str = "the new password was compared with those of before, and was not set";

/// A password that was judged by all that needs no hashing.
pub struct ChosenPassword {
    password: Password,
    judged: JudgedReset,
    /// Hashes with which it was compared, and which it does not have.
    compared: Vec<String>,
}

impl ChosenPassword {
    /// What is told of it when it is not set after all.
    pub fn given_up(self) -> Guess {
        self.judged.guess
    }
}

/// What came of a turn at hashing.
pub enum ResetTurn {
    /// It takes another turn.
    More(ChosenPassword),
    /// It may be set; what is told of it when it is not.
    Hashed(NewPassword, Guess),
    /// It is one of those that it must differ from.
    Refused(Invalid),
}

impl Directory {
    /// Judges a password that an admin chose for a user, before anything is hashed.
    ///
    /// # Errors
    /// `Refused`, also where the admin spares the user a change that the policy demands and does not
    /// manage the policy; `Missing` or `Stale`; `Invalid` when the policy refuses the password.
    pub fn judge_reset(
        &self,
        context: Context,
        organization: OrganizationId,
        reset: &Reset,
        password: Password,
    ) -> Result<ChosenPassword, Error> {
        let reading = self.read(context)?;
        let grant = reading.authorize::<RecoverAccounts>(organization);
        let judged = grant.and_then(|grant| grant.judge_reset(reset, &password));
        let judged = self.note_if_refused(&context, judged)?;
        Ok(ChosenPassword { password, judged, compared: Vec::new() })
    }

    /// Compares a password with one of those that it must differ from; with all of them behind it,
    /// hashes it. Either takes about as long as a sign-in.
    ///
    /// # Errors
    /// When the machine has no memory for it.
    pub fn compare_or_hash(
        &self,
        context: &Context,
        mut chosen: ChosenPassword,
    ) -> Result<ResetTurn, HashingFailed> {
        let Some(hash) = chosen.judged.former.pop() else {
            return self.hash_chosen(context, chosen);
        };
        let guess = &mut chosen.judged.guess;
        let Ok(stored) = StoredHash::parse(&hash) else {
            // There is nothing to compare with.
            chosen.compared.push(hash);
            return Ok(ResetTurn::More(chosen));
        };
        let compared = stored.verify(&chosen.password);
        let is_used = compared.inspect_err(|_| self.note_unset(context, guess))?;
        if is_used {
            self.note_guess(context, guess, format!("the new password {}", Unacceptable::Used));
            let message = Unacceptable::Used.to_string();
            return Ok(ResetTurn::Refused(Invalid::new("/password", message)));
        }
        guess.is_made = true;
        chosen.compared.push(hash);
        Ok(ResetTurn::More(chosen))
    }

    fn hash_chosen(
        &self,
        context: &Context,
        chosen: ChosenPassword,
    ) -> Result<ResetTurn, HashingFailed> {
        let ChosenPassword { password, judged: JudgedReset { guess, former: _ }, compared } =
            chosen;
        let hashed = NewPassword::hashed(password, self.hash_parameters(), &self.inner.tools);
        let hashed = hashed.inspect_err(|_| self.note_unset(context, &guess))?;
        Ok(ResetTurn::Hashed(hashed.differing_from(compared), guess))
    }

    /// Tells of a password that was compared with those of a user and takes the place of none: whoever
    /// sent it has learned that it is not the one in use.
    pub fn note_unset(&self, context: &Context, guess: &Guess) {
        if guess.is_made {
            self.note_guess(context, guess, UNSET.to_owned());
        }
    }

    /// Tells what an admin has learned of a password that somebody has or had.
    fn note_guess(&self, context: &Context, guess: &Guess, why: String) {
        let Guess { organization, actor, subject, is_made: _ } = guess;
        let event = Event {
            at: context.now,
            actor: actor.clone(),
            source: context.source,
            action: Action::PasswordSet,
            subject: Some(subject.clone()),
            outcome: Outcome::Failure(why),
            differences: Vec::new(),
            access: None,
            request: self.request_of(context),
            search: None,
        };
        self.note_event((*organization).into(), &event);
    }
}
