//! What answers are made of that need nothing of a connection.

use directory::access::{Actor, Identity};
use directory::search::{Memo, SearchGrant};
use directory::{Error, ReadingTransaction};
use ldap::schema::AttributeType;
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

/// Answers a name that leads to nothing, naming the nearest that there is and that the caller sees
/// (RFC 4511 section 4.1.9).
pub(super) fn absent(
    grant: &SearchGrant<'_, '_>,
    naming: &Naming,
    error: &TargetError,
) -> Result<Outcome, Error> {
    let outcome = |words| Outcome::new(ResultCode::NoSuchObject, words);
    let not_there = || outcome("there is no such entry, or it is not for you".to_owned());
    Ok(match error {
        TargetError::Elsewhere => outcome(format!("your organization's base is {}", naming.base())),
        TargetError::Base => {
            let containers = naming.look().tree.containers.iter();
            let names: Vec<String> =
                containers.map(|it| format!("{}={}", it.naming, it.name)).collect();
            outcome(format!("what is below the base stands in {}", names.join(", ")))
                .matching(naming.base())
        }
        TargetError::Container(container) => not_there().matching(naming.container(container)),
        TargetError::Below(named) => {
            let mut nearest = naming.container(named.container);
            if let Some(id) = named.find(&|kind, name| grant.find(kind, name))? {
                grant.show(id, &mut |found| {
                    nearest = naming.entry(found.entry());
                    Ok(())
                })?;
            }
            not_there().matching(nearest)
        }
    })
}

/// Answers a filter whose chains of references lead through more than a search may look through.
pub(super) fn too_many_references() -> Outcome {
    let words = "the filter follows references through too many entries";
    Outcome::new(ResultCode::AdminLimitExceeded, words)
}

/// The truth of a Compare as its result; what cannot be told is neither true nor false
/// (RFC 4511 section 4.10).
pub(super) fn compared(kind: Option<&AttributeType>, is_so: Option<bool>) -> Outcome {
    match is_so {
        Some(true) => Outcome::code(ResultCode::CompareTrue),
        Some(false) => Outcome::code(ResultCode::CompareFalse),
        None if kind.is_some_and(|kind| kind.equality().is_none()) => Outcome::new(
            ResultCode::InappropriateMatching,
            "values of this attribute cannot be compared",
        ),
        None => Outcome::new(
            ResultCode::InvalidAttributeSyntax,
            "the value is none that this attribute could have",
        ),
    }
}

/// Answers a Compare of an attribute that nothing has.
pub(super) fn no_such_type() -> Outcome {
    Outcome::new(ResultCode::UndefinedAttributeType, "no entry can have this attribute")
}

/// Answers a Compare of an attribute that the entry does not have.
pub(super) fn no_such_attribute() -> Outcome {
    Outcome::new(ResultCode::NoSuchAttribute, "the entry has no such attribute")
}
