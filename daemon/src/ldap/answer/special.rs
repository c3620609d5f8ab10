//! The root DSE and the subschema, which everybody may read.

use directory::Error;
use directory::search::SearchGrant;
use ldap::dn::Dn;
use ldap::schema::Vocabulary;
use ldap::{Answer, CompareRequest, Outcome, ResultCode, SearchRequest, Security, Session, Ticket};

use super::super::search::ordered;
use super::{Caller, asking};
use crate::ldap::view;

impl Caller {
    /// Answers a search for the root DSE or the subschema.
    pub(super) fn special(
        &self,
        (ticket, base): (Ticket, &Dn),
        grant: Option<&SearchGrant<'_, '_>>,
        request: &SearchRequest,
        session: &mut Session,
    ) -> Result<Answer, Error> {
        if request.sync.is_some() {
            let words = "there is nothing to keep a copy of";
            return Ok(Answer::Result(Outcome::new(ResultCode::UnwillingToPerform, words)));
        }
        self.offered(grant, session.security(), |offer| {
            view::special(base, offer, request, |matches| {
                let Some(mut writer) = session.entries(ticket) else { return Ok(None) };
                let wanted = ordered::arrange(request, matches, &mut writer)?;
                Ok(wanted.then_some(writer))
            })
        })
    }

    /// Answers a comparison with the root DSE or the subschema.
    pub(super) fn compare_special(
        &self,
        (name, request): (&Dn, &CompareRequest),
        grant: Option<&SearchGrant<'_, '_>>,
        security: Security,
    ) -> Result<Answer, Error> {
        self.offered(grant, security, |offer| view::compare_special(name, offer, request))
    }

    /// Shows what the connection is offered.
    fn offered(
        &self,
        grant: Option<&SearchGrant<'_, '_>>,
        security: Security,
        show: impl FnOnce(&view::Offer<'_>) -> Answer,
    ) -> Result<Answer, Error> {
        let addressed = if grant.is_none() { self.addressed_base()? } else { None };
        let mut served = Vocabulary::Rfc2307bis.into();
        let contexts = match grant {
            Some(grant) => {
                let record = grant.own_organization()?;
                let asking = asking(self.actor, grant, self.spoken.as_ref());
                served = view::served(record, asking);
                view::contexts(record, asking)
            }
            None => addressed.as_deref().into_iter().collect(),
        };
        let offer = view::Offer {
            contexts: &contexts,
            served,
            schema: grant.map(SearchGrant::schema),
            start_tls: self.door.settings.start_tls,
            mechanisms: self.introduction.mechanisms(security),
        };
        Ok(show(&offer))
    }

    /// The base of the organization whose server name the client called.
    pub(super) fn addressed_base(&self) -> Result<Option<String>, Error> {
        let Some(slug) = self.introduction.slug() else { return Ok(None) };
        Ok(self.door.directory.base_by_slug(slug)?.map(|base| base.to_string()))
    }
}
