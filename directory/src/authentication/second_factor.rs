//! A TOTP code behind the password, as a Bind or a RADIUS request carries it.
//!
//! Whatever is wrong with it looks like a wrong password and counts as one; only the event says
//! more. The time tells no more either: who gave a wrong code waits for a hash, even when the
//! password is remembered.

use storage::{Reading, Snapshot};

use super::account::Account;
use super::attempt::Attempt;
use super::later::Hindered;
use super::password::{HashingFailed, Password, StoredHash};
use super::totp::{self, CODE_LENGTH, STEP_SECONDS, Seed};
use crate::access::{Actor, Identity, Who as Origin, proves};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RecordId};
use crate::records::{Credential, Demand, ServiceAccount, Spellings, kinds};
use crate::time::Time;

/// Why a proof is no proof, for the event.
pub(super) type Reason = &'static str;

/// What is said of a proof that does not fit.
pub(super) const WRONG_PASSWORD: Reason = "the password is wrong";
pub(super) const NO_CODE: Reason =
    "the password is right, but the code of the second factor is missing";
pub(super) const WRONG_CODE: Reason =
    "the password is right, but the code is wrong or was used before";
const NOT_ENROLLED: Reason =
    "the password is right, but a second factor is demanded and none is enrolled";
const NOT_ENROLLED_IN_TIME: Reason =
    "the password is right, but no second factor was enrolled before the grace for it was over";
/// Why an answer to a challenge is no proof where a code is demanded.
pub(super) const NO_ROOM: Reason = "a second factor is demanded, for which a challenge has no room";

/// What an account must bring beside its password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    #[default]
    Nothing,
    /// A code of this moment.
    Code,
    /// A second factor, of which it has none.
    Enrolment,
}

/// What was typed, where a code is needed and one stands at the end of it.
pub(super) struct Split {
    pub(super) password: Password,
    code: String,
}

/// What came of looking at a proof.
pub(super) struct Finding<'p> {
    /// The step whose code has to be used up for it, if any; or why it proves nothing.
    pub(super) verdict: Result<Option<u64>, Reason>,
    /// What was typed; nothing for a challenge.
    pub(super) typed: Option<&'p Password>,
    /// The password in it; for a challenge, the former one by which it was answered.
    pub(super) password: Option<&'p Password>,
}

impl<'p> Finding<'p> {
    /// What was guessed wrong, and the period in which the same guess is the same one: a password
    /// whatever code went with it, for ever; a code in its own step, since the next step makes it
    /// a new guess.
    pub(super) fn guess(&self, reason: Reason, now: Time) -> Option<(&'p Password, u64)> {
        match reason {
            WRONG_PASSWORD => self.password.map(|password| (password, 0)),
            WRONG_CODE => self.typed.map(|typed| (typed, now.seconds() / STEP_SECONDS)),
            _ => self.typed.map(|typed| (typed, 0)),
        }
    }
}

impl Attempt {
    /// What the account must bring, by what the organization says, or the application or the
    /// network gear through which its owner comes; and until when a second factor is to be enrolled
    /// of which it has none. What applications and gear demand themselves knows of no grace.
    pub(super) fn needed(
        &self,
        directory: &Directory,
        snapshot: &Snapshot,
    ) -> Result<(Need, Option<Time>), Error> {
        let factor = self.settings.second_factor;
        let account = self.account.as_deref();
        let Some(Account { identity: Identity::User(_), credential, let_in, .. }) = account else {
            return Ok((Need::Nothing, None));
        };
        let own = match (&self.policy, factor.service_accounts_decide) {
            (Some(policy), _) => policy.second_factor,
            (None, true) => self.demand_of_applications(directory, snapshot)?,
            (None, false) => None,
        };
        let demand = own.unwrap_or(factor.demand);
        let ends = || match own {
            None => self.settings.enrolment.ends(*let_in),
            Some(_) => None,
        };
        Ok(match (demand, credential.totp_enrolled) {
            (Demand::Off, _) | (Demand::IfEnrolled, false) => (Need::Nothing, None),
            (Demand::IfEnrolled | Demand::Required, true) => (Need::Code, None),
            (Demand::Required, false) => match ends() {
                Some(end) if self.now < end => (Need::Nothing, Some(end)),
                ended => (Need::Enrolment, ended),
            },
        })
    }

    /// Why an account is kept out that has enrolled nothing.
    pub(super) fn not_enrolled(&self) -> Reason {
        if self.enrol_by.is_some() { NOT_ENROLLED_IN_TIME } else { NOT_ENROLLED }
    }

    /// What the applications demand themselves through which somebody may come: the one that bound
    /// before on the connection, and those that bind users from where this one comes. The most
    /// demanding one counts, so that none weakens another's rule; `None` where that is what the
    /// organization demands of everybody.
    fn demand_of_applications(
        &self,
        directory: &Directory,
        snapshot: &Snapshot,
    ) -> Result<Option<Demand>, Error> {
        let Some(place) = self.organization else { return Ok(None) };
        let (usual, source) = (self.settings.second_factor.demand, self.source.to_canonical());
        let mut demands = Vec::new();
        if let Some(application) = self.application {
            demands.push(self.demand_of(snapshot, place, application)?);
        }
        // They are known: no bind reads them again, and few enough instructions tell nobody who is there.
        for fields in directory.inner.lookups.binders(snapshot, place)?.iter() {
            if fields.sources.iter().any(|network| network.contains(&source)) {
                // Who may not bind makes nothing easier for anybody.
                let least = if fields.suspended { usual } else { Demand::Off };
                demands.push(fields.second_factor.map(|own| own.max(least)));
            }
        }
        let strictest = demands.iter().map(|own| own.unwrap_or(usual)).max();
        Ok(strictest.filter(|strictest| demands.contains(&Some(*strictest))))
    }

    fn demand_of(
        &self,
        snapshot: &Snapshot,
        place: OrganizationId,
        application: Actor,
    ) -> Result<Option<Demand>, Error> {
        let Origin::ServiceAccount { organization, account, proven } = application.0 else {
            return Ok(None);
        };
        if organization != place {
            return Ok(None);
        }
        let (partition, id) = (place.partition(), account.record());
        let holds = proves(snapshot, (place, id), proven, self.now)?;
        let record = snapshot.get::<ServiceAccount>(partition, id)?;
        let active = record.filter(|record| holds && !record.fields.suspended);
        Ok(active.and_then(|record| record.fields.second_factor))
    }

    /// Takes what was typed apart; nothing where no code is needed, or none is there.
    pub(super) fn split(&self, typed: &Password) -> Option<Split> {
        match self.need {
            Need::Code => split(typed, self.settings.second_factor.spellings),
            Need::Nothing | Need::Enrolment => None,
        }
    }

    /// Whether what was typed may be a password that ends in digits, without a code: where codes
    /// are asked for. It is compared twice then, whoever it is, so that time tells nothing.
    fn is_ambiguous(&self, typed: &Password) -> bool {
        self.asks_for_codes() && split(typed, self.settings.second_factor.spellings).is_some()
    }
}

/// The last six digits are the code. A separator before them that is allowed belongs to neither.
fn split(typed: &Password, spellings: Spellings) -> Option<Split> {
    let octets = typed.expose();
    let (rest, code) = octets.split_at_checked(octets.len().checked_sub(CODE_LENGTH)?)?;
    if !code.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let password = match rest.split_last() {
        Some((b',', password)) if spellings.comma => password,
        Some((b';', password)) if spellings.semicolon => password,
        Some(_) if spellings.bare => rest,
        Some(_) | None => return None,
    };
    let password = Password::new(password).ok()?;
    Some(Split { password, code: String::from_utf8(code.to_vec()).ok()? })
}

impl Directory {
    /// Looks at what was typed, and takes as long as one hash unless all of it is right.
    pub(super) fn examine(
        &self,
        attempt: &Attempt,
        stored: &StoredHash,
        typed: &Password,
        split: Option<&Split>,
    ) -> Result<Result<Option<u64>, Reason>, Hindered> {
        let is_right = |password| self.is_right(attempt, stored, password);
        let is_ambiguous = attempt.is_ambiguous(typed);
        let Some(split) = split else {
            if is_ambiguous {
                let _evened_out = is_right(typed)?;
            }
            return Ok(match (is_right(typed)?, attempt.need) {
                (false, _) => Err(WRONG_PASSWORD),
                (true, Need::Nothing) => Ok(None),
                (true, Need::Code) => Err(NO_CODE),
                (true, Need::Enrolment) => Err(attempt.not_enrolled()),
            });
        };
        let step = self.step_of(attempt, &split.code)?;
        let remembered = step.is_some() && self.is_remembered(attempt, &split.password);
        Ok(match (remembered || is_right(&split.password)?, step) {
            (true, Some(step)) => Ok(Some(step)),
            (is_right_apart, _) => match (is_ambiguous && is_right(typed)?, is_right_apart) {
                (true, _) => Err(NO_CODE),
                (false, true) => Err(WRONG_CODE),
                (false, false) => Err(WRONG_PASSWORD),
            },
        })
    }

    fn is_right(
        &self,
        attempt: &Attempt,
        stored: &StoredHash,
        password: &Password,
    ) -> Result<bool, HashingFailed> {
        let account = attempt.account.as_ref();
        let has_hash = account.is_some_and(|account| account.credential.hash.is_some());
        Ok(self.compare(stored, password)? && has_hash)
    }

    /// The step that a code belongs to, unless it was used.
    pub(super) fn step_of(&self, attempt: &Attempt, code: &str) -> Result<Option<u64>, Error> {
        let (Some(place), Some(account)) = (attempt.organization, &attempt.account) else {
            return Ok(None);
        };
        let snapshot = self.inner.store.read()?;
        let sealed = snapshot.secret(place.partition(), kinds::TOTP_SEED, account.record())?;
        let seed = sealed.and_then(|sealed| sealed.expose().try_into().ok().map(Seed::new));
        let used = account.credential.totp_step;
        Ok(seed.and_then(|seed| totp::verify(&seed, code, attempt.now.seconds(), used)))
    }

    /// Uses a code up, durably and before anybody is let in by it; false when it was used in
    /// between, or the credential is another.
    pub(super) fn use_code(
        &self,
        attempt: &Attempt,
        account: &Account,
        step: u64,
    ) -> Result<Result<(), Reason>, Error> {
        let Some(place) = attempt.organization else { return Ok(Err(WRONG_CODE)) };
        let (id, version) = (account.record(), account.credential.version);
        let used = self.inner.store.write(move |change| {
            let partition = place.partition();
            let found = change.get::<Credential>(partition, id)?;
            let is_fresh = |credential: &Credential| {
                credential.version == version && credential.totp_step.is_none_or(|used| step > used)
            };
            let Some(mut credential) = found.filter(is_fresh) else {
                return Ok::<_, Error>(false);
            };
            credential.totp_step = Some(step);
            change.put(partition, id, &credential)?;
            Ok(true)
        })?;
        Ok(if used { Ok(()) } else { Err(WRONG_CODE) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, spellings: Spellings) -> Option<(String, String)> {
        let found = split(&Password::new(text.as_bytes()).unwrap(), spellings)?;
        Some((String::from_utf8(found.password.expose().to_vec()).unwrap(), found.code))
    }

    #[test]
    fn a_code_is_found_behind_each_allowed_spelling() {
        let all = Spellings::default();
        let only = |comma, semicolon, bare| Spellings { comma, semicolon, bare };
        for (text, spellings, expected) in [
            ("secret,123456", all, Some("secret")),
            ("secret;123456", all, Some("secret")),
            ("secret123456", all, Some("secret")),
            ("se,cret,,123456", all, Some("se,cret,")),
            ("secret,123456", only(false, true, true), Some("secret,")),
            ("secret,123456", only(false, true, false), None),
            ("secret;123456", only(true, false, false), None),
            ("secret123456", only(true, true, false), None),
            ("secret,12345", all, None),
            ("secret,12345x", all, None),
            ("secret", all, None),
            ("123456", all, None),
            (",123456", all, None),
            ("12345", all, None),
        ] {
            let found = parts(text, spellings);
            assert_eq!(found.as_ref().map(|(password, _)| password.as_str()), expected, "{text}");
            assert!(found.is_none_or(|(_, code)| code == "123456"), "{text}");
        }
    }
}
