//! Who was proven a while ago, and is let in again without a proof while all of it still holds.

use storage::Snapshot;

use super::attempt::{Attempt, Begun, THROTTLED};
use super::later::Judged;
use super::second_factor::Need;
use crate::access::Identity;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, UserId};

/// A user who was proven, with what was true then; only an accept makes it.
///
/// It proves as much as what a protocol binds to it: whoever keeps it must know that the same peer
/// has come back.
#[derive(Clone, Copy, Debug)]
pub struct Earlier {
    /// Where the user is one: the same number is somebody else's elsewhere.
    organization: OrganizationId,
    user: UserId,
    /// The credential's version: a new password, a lock or a suspension ends it.
    version: u64,
    /// What had to be brought beside the password.
    need: Need,
}

const CHANGED: &str = "the account is not what it was when the resumed session began";

impl Attempt {
    /// What lets the account in again.
    pub(super) fn earlier(&self) -> Option<Earlier> {
        let (organization, need) = (self.organization?, self.need);
        match self.version()? {
            (Identity::User(user), version) => Some(Earlier { organization, user, version, need }),
            (Identity::ServiceAccount(_), _) => None,
        }
    }
}

impl Directory {
    /// Looks at everything again but the proof.
    pub(super) fn prove_again(
        &self,
        snapshot: &Snapshot,
        mut attempt: Attempt,
        earlier: Earlier,
    ) -> Result<Begun, Error> {
        if self.is_throttled(&mut attempt) {
            return Ok(Begun::Done(self.reject(&attempt, THROTTLED)));
        }
        let then = Some((Identity::User(earlier.user), earlier.version));
        let is_there = attempt.organization == Some(earlier.organization);
        if !is_there || attempt.version() != then || attempt.need != earlier.need {
            return Ok(Begun::Done(self.reject(&attempt, CHANGED)));
        }
        self.judged(snapshot, attempt, Judged::of(Ok(None)))
    }
}
