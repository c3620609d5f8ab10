//! A password that an admin chose for a user, on its way to be hashed: it is judged, then compared with
//! those that it must differ from, one hash at a time.

use super::Directory;
use crate::access::{Context, RecoverAccounts};
use crate::authentication::{HashingFailed, Password, StoredHash, Unacceptable};
use crate::collections::{JudgedReset, NewPassword, Reset};
use crate::error::{Error, Invalid};
use crate::events::{Action, Event, Outcome};
use crate::id::OrganizationId;

/// A password that was judged by all that needs no hashing.
pub struct ChosenPassword {
    password: Password,
    judged: JudgedReset,
    /// Hashes with which it was compared, and which it does not have.
    compared: Vec<String>,
}

/// What came of a turn at hashing.
pub enum ResetTurn {
    /// It takes another turn.
    More(ChosenPassword),
    /// It may be set.
    Hashed(NewPassword),
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
            let (parameters, tools) = (self.hash_parameters(), &self.inner.tools);
            let hashed = NewPassword::hashed(chosen.password, parameters, tools)?;
            return Ok(ResetTurn::Hashed(hashed.differing_from(chosen.compared)));
        };
        let is_used = match StoredHash::parse(&hash) {
            Ok(stored) => stored.verify(&chosen.password)?,
            Err(_) => false,
        };
        if is_used {
            self.note_used(context, chosen.judged);
            let message = Unacceptable::Used.to_string();
            return Ok(ResetTurn::Refused(Invalid::new("/password", message)));
        }
        chosen.compared.push(hash);
        Ok(ResetTurn::More(chosen))
    }

    /// Tells of a refusal by which an admin has learned a password that somebody has or had.
    fn note_used(&self, context: &Context, judged: JudgedReset) {
        let JudgedReset { organization, actor, subject, former: _ } = judged;
        let event = Event {
            at: context.now,
            actor,
            source: context.source,
            action: Action::PasswordSet,
            subject: Some(subject),
            outcome: Outcome::Failure(format!("the new password {}", Unacceptable::Used)),
            differences: Vec::new(),
            access: None,
            request: self.request_of(context),
            search: None,
        };
        self.note_event(organization.into(), &event);
    }
}
