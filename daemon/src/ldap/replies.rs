//! What answers are made of that need nothing of a connection.

use directory::access::{Actor, Identity};
use directory::search::{Memo, SearchGrant, Truth};
use directory::{Error, ReadingTransaction};
use ldap::{Outcome, ResultCode};

use super::view::{Asking, Naming, Spoken, TargetError};

/// The grant to search one's own organization; `None` for who has not said who they are, or may not
/// any more.
pub(super) fn granted<'r>(
    actor: Actor,
    reading: &'r ReadingTransaction,
    memo: &'r Memo,
) -> Result<Option<SearchGrant<'r, 'r>>, Error> {
    let Some(organization) = actor.organization() else { return Ok(None) };
    match reading.authorize_search(organization, memo) {
        Ok(grant) => Ok(Some(grant)),
        Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Who is answered.
pub(super) fn asking<'s>(
    actor: Actor,
    grant: &SearchGrant<'_, '_>,
    spoken: Option<&'s Spoken>,
) -> Asking<'s> {
    let user = matches!(actor.identity(), Some(Identity::User(_)));
    Asking { profile: grant.profile(), spoken, user }
}

/// Answers whoever has not said who they are; the same for every name.
pub(super) fn bind_first() -> Outcome {
    Outcome::new(ResultCode::InsufficientAccessRights, "bind first")
}

/// Answers a name that leads to nothing, naming the nearest that there is.
pub(super) fn absent(naming: &Naming, error: TargetError) -> Outcome {
    let outcome = |words| Outcome::new(ResultCode::NoSuchObject, words);
    match error {
        TargetError::Elsewhere => outcome(format!("your organization's base is {}", naming.base())),
        TargetError::Base => {
            let containers = naming.look().tree.containers.iter();
            let names: Vec<String> =
                containers.map(|it| format!("{}={}", it.naming, it.name)).collect();
            outcome(format!("what is below the base stands in {}", names.join(", ")))
                .matching(naming.base())
        }
        TargetError::Container(container) => {
            outcome("there is no such entry, or it is not for you".to_owned())
                .matching(naming.container(container))
        }
    }
}

/// The truth of a Compare as its result.
pub(super) fn compared(truth: Truth) -> Outcome {
    Outcome::code(match truth {
        Truth::True => ResultCode::CompareTrue,
        Truth::False | Truth::Undefined => ResultCode::CompareFalse,
    })
}
