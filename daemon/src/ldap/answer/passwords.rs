//! Changes of the own password, and what had to be hashed or comes late for another reason.

use directory::Error;
use directory::access::Actor;
use directory::authentication::{self, ChangeOutcome, PasswordChange};
use ldap::{Answer, Outcome, PasswordNotice, ResultCode, Security, Ticket};

use super::claim::{self, Claim};
use super::{Asked, Caller, bind_first, view};
use crate::metrics::Operation;

/// What comes later than the questions.
pub(in crate::ldap) enum Late {
    /// A bind.
    Bound(authentication::Outcome),
    /// A change of a password.
    Changed(ChangeOutcome),
    /// Nothing was hashed: something changed of which a search may have to tell.
    Disturbed,
}

impl Caller {
    /// What is said to something that had to be hashed, and what it was; `None` when nothing was.
    pub(in crate::ldap) fn late(&mut self, late: Late) -> Option<(Operation, Answer)> {
        Some(match late {
            Late::Disturbed => return None,
            Late::Bound(outcome) => (Operation::Bind, self.bound(&outcome)),
            Late::Changed(outcome) => {
                if let ChangeOutcome::Unhashed(failure) = &outcome {
                    tracing::error!(%failure, "a password was not changed");
                }
                if let ChangeOutcome::Changed { actor, .. } = &outcome
                    && actor.identity() == self.actor.identity()
                    && actor.organization() == self.actor.organization()
                {
                    self.actor = *actor;
                }
                (Operation::PasswordChange, view::changed(outcome))
            }
        })
    }

    pub(super) fn change_password(
        &mut self,
        ticket: Ticket,
        change: &ldap::PasswordChange,
        security: Security,
    ) -> Result<Asked, Error> {
        let whose = match change.user.as_ref().map(|user| self.meant(user)).transpose()? {
            None => None,
            Some(Some(whose)) => Some(whose),
            Some(None) => {
                return Ok(Asked::Answered(view::changed(ChangeOutcome::NotYours)));
            }
        };
        let octets = |password: &ldap::Password| authentication::Password::new(password.octets());
        let passwords = (
            change.old.as_ref().map(octets).transpose(),
            change.new.as_ref().map(octets).transpose(),
        );
        let (old, new) = match passwords {
            (Ok(old), Ok(new)) => (old, new),
            (Err(error), _) | (_, Err(error)) => {
                let outcome = Outcome::new(ResultCode::ConstraintViolation, error.to_string());
                let answer = Answer::Noticed(outcome, PasswordNotice::NOTHING);
                return Ok(Asked::Answered(answer));
            }
        };
        let (actor, source, now) = (self.actor, self.source, self.now());
        let outcomes = self.awaited.get_mut().another();
        let channel = view::channel(security);
        let change = PasswordChange { actor, whose, old, new, channel, source, now };
        self.door.directory.change_password(change, move |outcome| {
            // A connection that ended meanwhile hears nothing.
            let _gone = outcomes.send((ticket, Late::Changed(outcome)));
        })?;
        Ok(Asked::Later)
    }

    /// Whose password a client means, by a name as SASL has it; what names no organization is of the
    /// own one. `None` for what can be nobody's.
    fn meant(&self, user: &str) -> Result<Option<Claim>, Error> {
        let Ok(meant) = view::Meant::of_identity(user) else { return Ok(None) };
        let (claim, _) = claim::of(self.directory(), self.actor.organization(), meant)?;
        Ok(Some(claim))
    }
}

/// Answers whoever may ask nothing, or nothing yet; the same for every name.
pub(super) fn refused(actor: Actor) -> Answer {
    if actor.must_change_password() {
        return view::change_first();
    }
    Answer::Result(bind_first())
}
