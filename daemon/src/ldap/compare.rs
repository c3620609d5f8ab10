//! What a Compare asserts, and whether it is so.

use directory::Error;
use directory::records::Members;
use directory::search::{EntryId, Filter, Found, SearchGrant, Truth};
use ldap::schema::AttributeType;
use ldap::{CompareRequest, Outcome};

use super::replies::{compared, no_such_attribute, no_such_type};
use super::view::{Naming, Place, custom, translate};

/// What a Compare asserts (RFC 4511 section 4.10).
pub(super) struct Assertion {
    is_so: Filter,
    is_there: Filter,
    kind: Option<&'static AttributeType>,
    known: bool,
    /// It may be of members that groups show themselves, without those of groups in them.
    direct: bool,
}

impl Assertion {
    /// Translates a Compare.
    pub(super) fn of(
        request: &CompareRequest,
        naming: &Naming,
        grant: &SearchGrant<'_, '_>,
    ) -> Result<Self, Error> {
        let attribute = request.attribute.clone();
        let assertion =
            ldap::filter::Assertion { attribute: attribute.clone(), value: request.value.clone() };
        // Neither test follows references.
        let test = |filter: ldap::Filter| -> Result<Filter, Error> {
            Ok(translate(&filter, naming, grant, 0)?.unwrap_or(Filter::Undefined))
        };
        let schema = grant.schema();
        let kind = attribute.plain().filter(|kind| kind.is_in(naming.look().vocabulary));
        Ok(Self {
            kind,
            direct: kind.and_then(|kind| naming.ways().members_by(kind)) != Some(Members::Logins),
            known: kind.is_some() || custom::knows(&attribute, schema),
            is_so: test(ldap::Filter::Equality(assertion))?,
            is_there: test(ldap::Filter::Present(attribute))?,
        })
    }

    /// Judges the base or a container.
    pub(super) fn judge_place(&self, place: &Place) -> Result<Outcome, Error> {
        Ok(self.outcome(place.matches(&self.is_there)?, self.is_so.judge(place)?))
    }

    /// Judges a stored entry; `None` when the caller does not see it.
    pub(super) fn judge_entry(
        &self,
        grant: &SearchGrant<'_, '_>,
        id: EntryId,
    ) -> Result<Option<Outcome>, Error> {
        let mut outcome = None;
        grant.show(id, &mut |found| {
            let is_there = found.judge(&self.is_there)? == Truth::True;
            let is_so = if self.direct {
                found.judge(&of_direct_members(&self.is_so, found)?)?
            } else {
                found.judge(&self.is_so)?
            };
            outcome = Some(self.outcome(is_there, is_so));
            Ok(())
        })?;
        Ok(outcome)
    }

    fn outcome(&self, is_there: bool, is_so: Truth) -> Outcome {
        match is_so {
            _ if !self.known => no_such_type(),
            _ if !is_there => no_such_attribute(),
            Truth::True => compared(self.kind, Some(true)),
            Truth::False => compared(self.kind, Some(false)),
            Truth::Undefined => compared(self.kind, None),
        }
    }
}

/// The test with what it says of members decided by those that the entry shows: a filter finds groups by
/// way of nested groups too, a Compare is of the values of the entry (RFC 4511 section 4.10).
fn of_direct_members(test: &Filter, found: &Found<'_>) -> Result<Filter, Error> {
    if let Filter::HasMember(member) = test {
        let is_so = found.has_direct_member(*member)?;
        return Ok(if is_so { Filter::always() } else { Filter::never() });
    }
    if let Filter::Or(tests) = test {
        let tests = tests.iter().map(|test| of_direct_members(test, found));
        return Ok(Filter::Or(tests.collect::<Result<_, _>>()?));
    }
    Ok(test.clone())
}
