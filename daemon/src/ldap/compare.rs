//! What a Compare asserts, and whether it is so.

use directory::Error;
use directory::search::{EntryId, Filter, SearchGrant, Truth};
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
            outcome = Some(self.outcome(is_there, found.judge(&self.is_so)?));
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
