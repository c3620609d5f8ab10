//! The root DSE and the subschema, which everybody may read, and the subschemas of alias bases.

use directory::access::Identity;
use directory::records::Organization;
use directory::search::SearchGrant;
use directory::{Error, Time};
use ldap::dn::Dn;
use ldap::{Answer, CompareRequest, Outcome, ResultCode, SearchRequest, Security, Session, Ticket};

use super::super::search::ordered;
use super::{Caller, asking};
use crate::ldap::definitions;
use crate::ldap::view::{self, SUBSCHEMA, Special};

/// What a name leads to beside entries. Who has not bound finds nothing below a base.
pub(super) fn at<'r>(
    name: &Dn,
    grant: Option<&'r SearchGrant<'_, '_>>,
) -> Result<Option<Special<'r>>, Error> {
    let own = grant.map(SearchGrant::own_organization).transpose()?;
    Ok(view::special_at(name, own))
}

impl Caller {
    /// Answers a search for the root DSE or a subschema.
    pub(super) fn special(
        &self,
        (ticket, special): (Ticket, Special<'_>),
        grant: Option<&SearchGrant<'_, '_>>,
        request: &SearchRequest,
        session: &mut Session,
    ) -> Result<Answer, Error> {
        if request.sync.is_some() {
            let words = "there is nothing to keep a copy of";
            return Ok(Answer::Result(Outcome::new(ResultCode::UnwillingToPerform, words)));
        }
        self.offered(special, grant, session.security(), |offer| {
            view::special(special, offer, request, |matches| {
                let Some(mut writer) = session.entries(ticket) else { return Ok(None) };
                let wanted = ordered::arrange(request, matches, &mut writer)?;
                Ok(wanted.then_some(writer))
            })
        })
    }

    /// Answers a comparison with the root DSE or a subschema.
    pub(super) fn compare_special(
        &self,
        (special, request): (Special<'_>, &CompareRequest),
        grant: Option<&SearchGrant<'_, '_>>,
        security: Security,
    ) -> Result<Answer, Error> {
        self.offered(special, grant, security, |offer| {
            view::compare_special(special, offer, request)
        })
    }

    /// Shows what the connection is offered.
    fn offered(
        &self,
        special: Special<'_>,
        grant: Option<&SearchGrant<'_, '_>>,
        security: Security,
        show: impl FnOnce(&view::Offer<'_>) -> Answer,
    ) -> Result<Answer, Error> {
        let addressed = if grant.is_none() { self.addressed_base()? } else { None };
        let (mut served, mut subschema) = (view::served_to_strangers(), SUBSCHEMA.to_owned());
        let began = self.door.definitions.began();
        let (mut created, mut modified) = (began, began);
        let contexts = match grant {
            Some(grant) => {
                let record = grant.own_organization()?;
                if special != Special::Root {
                    (created, modified) = self.defined(grant, record);
                }
                let asking = asking(self.actor, grant, self.spoken.as_ref());
                let naming = view::naming_of(special, record, asking);
                served = naming.served();
                naming.subschema().clone_into(&mut subschema);
                view::contexts(record, asking)
            }
            None => addressed.as_deref().into_iter().collect(),
        };
        let host = grant.map(|grant| self.host(grant)).transpose()?.flatten();
        let offer = view::Offer {
            contexts: &contexts,
            served,
            subschema: &subschema,
            schema: grant.map(SearchGrant::schema),
            created,
            modified,
            start_tls: self.door.settings.start_tls,
            mechanisms: self.introduction.mechanisms(security),
            host: host.as_deref(),
        };
        Ok(show(&offer))
    }

    /// When the definitions that count for the caller were made, and changed.
    fn defined(&self, grant: &SearchGrant<'_, '_>, record: &Organization) -> (Time, Time) {
        let (created, definitions) = (record.stamp.created, &self.door.definitions);
        let Some(organization) = self.organization() else { return (created, created) };
        let account = match self.actor.identity() {
            Some(Identity::ServiceAccount(account)) => Some(account),
            Some(Identity::User(_)) | None => None,
        };
        let mark = definitions::mark(&record.presentation, grant.profile(), grant.schema());
        let since = definitions.since((organization, account), mark, self.now());
        (created, since.max(created))
    }

    /// The server name of the caller's own organization, if the client called it.
    fn host(&self, grant: &SearchGrant<'_, '_>) -> Result<Option<String>, Error> {
        let own = grant.own_organization()?.fields.slug.as_str();
        let called = self.introduction.slug().filter(|slug| *slug == own);
        let name = called.zip(self.door.domain.as_deref());
        Ok(name.map(|(slug, domain)| format!("{slug}.{domain}")))
    }

    /// The base of the organization whose server name the client called.
    fn addressed_base(&self) -> Result<Option<String>, Error> {
        let Some(slug) = self.introduction.slug() else { return Ok(None) };
        Ok(self.door.directory.base_by_slug(slug)?.map(|base| base.to_string()))
    }
}
