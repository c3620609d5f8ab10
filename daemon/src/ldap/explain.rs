//! What an application would be answered, for who wants to know why. It is found out by what
//! answers applications, but nothing is sent, and nobody is told.

use ::admin_api::{
    LdapAttributeExplanation, LdapBindExplanation, LdapExplanation, LdapMeaning, LdapRequest,
    LdapScope, LdapSearchExplanation, LdapTestExplanation,
};
use directory::access::{Identity, View};
use directory::authentication::{BindExplanation, Who};
use directory::records::Layout;
use directory::search::{EntryId, Filter, SearchGrant};
use directory::{Error, Invalid, OrganizationId, ReadingTransaction, Time};
use ldap::dn::Dn;
use ldap::{
    CleartextBind, Description, Outcome, Page, Requested, Scope, SearchRequest, Security, Selection,
};

use super::Door;
use super::aim::Aim;
use super::answer::claim;
use super::replies::{asking, too_many_references};
use super::search::rehearsal::{Rehearsed, rehearse};
use super::search::{Terms, kinds_of};
use super::view::{self, Meant, Spoken, custom, translate};

/// So many tests of a filter are explained at most.
const TESTS: usize = 64;
/// What is said of a name that leads out of the organization, whosever it is.
const ELSEWHERE: &str = "the name lies below no base of this organization";

/// Whom a name means, and in which layout it is spoken.
type Claimed = (Who, Option<Spoken>);

impl Door {
    /// Says what LDAP would answer, to an admin who may look at the organization.
    ///
    /// # Errors
    /// When the directory fails, or the filter cannot be read.
    pub(crate) fn explain(
        &self,
        reading: &ReadingTransaction,
        organization: OrganizationId,
        request: &LdapRequest,
    ) -> Result<LdapExplanation, Error> {
        let refused = |reason: String| {
            let bind = LdapBindExplanation { reason: Some(reason), ..Default::default() };
            Ok(LdapExplanation { bind, search: None })
        };
        let (who, spoken) = match self.claimed(organization, request)? {
            Ok(claimed) => claimed,
            Err(reason) => return refused(reason),
        };
        let now = Time(self.clock.wall());
        let channel = view::channel(security(request));
        let grant = reading.authorize::<View>(organization)?;
        let bound = grant.explain_bind(&self.directory, who, channel, now)?;
        let withheld = !request.encrypted && self.settings.cleartext_bind == CleartextBind::Refused;
        let Some(identity) = bound.identity else {
            return Ok(LdapExplanation { bind: shown(&bound, withheld), search: None });
        };
        let standing_in = reading.standing_in(organization, identity)?;
        let memo = self.directory.memo();
        let mut bind = shown(&bound, withheld);
        let search = match standing_in.authorize_search(organization, &memo) {
            Ok(grant) => {
                let who = Asker { door: self, identity, spoken, actor: standing_in.actor() };
                bind.dn = who.name(&grant)?;
                bind.profile = Some(word(&grant.profile()));
                who.search(&grant, request)?
            }
            Err(Error::Refused(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(LdapExplanation { bind, search })
    }

    fn claimed(
        &self,
        organization: OrganizationId,
        request: &LdapRequest,
    ) -> Result<Result<Claimed, String>, Error> {
        if let Some(name) = &request.service_account {
            return Ok(Ok((Who::ServiceAccount(name.clone()), None)));
        }
        if let Some(login) = &request.user {
            return Ok(Ok((Who::User(login.clone()), None)));
        }
        let name = request.bind.as_deref().unwrap_or_default();
        let meant = match Meant::of_bind(name) {
            Ok(meant) => meant,
            Err(error) => return Ok(Err(Outcome::from(error).message.into_owned())),
        };
        match claim::of(&self.directory, None, meant)? {
            ((Some(found), who), spoken) if found == organization => Ok(Ok((who, spoken))),
            _ => Ok(Err(ELSEWHERE.to_owned())),
        }
    }
}

const fn security(request: &LdapRequest) -> Security {
    if request.encrypted { Security::Tls } else { Security::Clear }
}

fn shown(bound: &BindExplanation, withheld: bool) -> LdapBindExplanation {
    let withheld = withheld.then_some("the daemon takes no password over a connection in clear");
    let reason = withheld.or(bound.reason);
    LdapBindExplanation {
        accept: reason.is_none(),
        reason: reason.map(ToOwned::to_owned),
        needs_code: bound.needs_code,
        must_change_password: bound.must_change,
        dn: None,
        profile: None,
    }
}

/// The word of a value that the API knows by one.
fn word(value: &impl serde::Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// Who would ask.
struct Asker<'d> {
    door: &'d Door,
    identity: Identity,
    spoken: Option<Spoken>,
    actor: directory::access::Actor,
}

impl Asker<'_> {
    /// The name of the account's own entry.
    fn name(&self, grant: &SearchGrant<'_, '_>) -> Result<Option<String>, Error> {
        let asking = asking(self.actor, grant, self.spoken.as_ref());
        let naming = view::naming(grant.own_organization()?, asking, &Dn::ROOT);
        let id = match self.identity {
            Identity::User(user) => EntryId::User(user),
            Identity::ServiceAccount(account) => EntryId::ServiceAccount(account),
        };
        let mut name = None;
        grant.show(id, &mut |found| {
            name = Some(naming.entry(found.entry()));
            Ok(())
        })?;
        Ok(name)
    }

    fn search(
        &self,
        grant: &SearchGrant<'_, '_>,
        asked: &LdapRequest,
    ) -> Result<Option<LdapSearchExplanation>, Error> {
        let Some(base) = &asked.base else { return Ok(None) };
        let request = described(base, asked)?;
        let asking = asking(self.actor, grant, self.spoken.as_ref());
        let parsed = Dn::parse(base);
        let name = parsed.clone().unwrap_or(Dn::ROOT);
        let aim = Aim::at(name.clone(), grant, asking)?;
        let look = aim.naming.look();
        let layout = Layout::ALL.into_iter().find(|layout| look.is_of(*layout));
        let user = matches!(self.identity, Identity::User(_));
        let who = (user, aim.naming.ways().unpaged);
        let (limits, clock) = (&self.door.searches, self.door.clock);
        let record = grant.own_organization()?;
        let special =
            request.scope == Scope::Base && view::special_at(&name, Some(record)).is_some();
        let mut tests = Vec::new();
        let terms = Terms::new(limits, clock, &request, who);
        self.tests(&request.filter, (grant, &aim, &request), terms, &mut tests)?;
        // The search has all of its time.
        let terms = Terms::new(limits, clock, &request, who);
        let found = match parsed {
            Err(error) => Rehearsed::ended(error.into()),
            Ok(_) if special => Rehearsed::ended(Outcome::new(ldap::ResultCode::Success, SPECIAL)),
            Ok(_) => rehearse(grant, (&aim, &request), terms, clock)?,
        };
        let attributes = asked.attributes.iter().map(|name| told(name, &aim, grant));
        Ok(Some(LdapSearchExplanation {
            result: result_name(&found.outcome),
            message: found.outcome.message.into_owned(),
            matched: found.outcome.matched,
            base: aim.naming.base().to_owned(),
            layout: layout.as_ref().map(word).unwrap_or_default(),
            entries: found.entries,
            names: found.names,
            filter: request.filter.to_string(),
            scans: found.scans,
            tests,
            attributes: attributes.collect(),
        }))
    }

    /// Explains each test of a filter, as far as there is time for it.
    fn tests(
        &self,
        filter: &ldap::Filter,
        (grant, aim, request): (&SearchGrant<'_, '_>, &Aim, &SearchRequest),
        terms: Terms,
        tests: &mut Vec<LdapTestExplanation>,
    ) -> Result<(), Error> {
        match filter {
            ldap::Filter::And(parts) | ldap::Filter::Or(parts) => {
                for part in parts {
                    self.tests(part, (grant, aim, request), terms, tests)?;
                }
                return Ok(());
            }
            ldap::Filter::Not(part) => {
                return self.tests(part, (grant, aim, request), terms, tests);
            }
            ldap::Filter::Equality(_)
            | ldap::Filter::Approx(_)
            | ldap::Filter::Substrings(_)
            | ldap::Filter::GreaterOrEqual(_)
            | ldap::Filter::LessOrEqual(_)
            | ldap::Filter::Present(_)
            | ldap::Filter::Extensible(_)
            | ldap::Filter::Unknown => {}
        }
        if tests.len() >= TESTS || terms.are_over(self.door.clock) {
            return Ok(());
        }
        let look_through = self.door.searches.look_through;
        let Some(meant) = translate(filter, &aim.naming, grant, look_through)? else {
            tests.push(LdapTestExplanation {
                test: filter.to_string(),
                meaning: LdapMeaning::Tested,
                reason: Some(too_many_references().message.into_owned()),
                indexed: true,
                candidates: None,
            });
            return Ok(());
        };
        let meaning = if meant == Filter::Undefined {
            LdapMeaning::Undefined
        } else if meant == Filter::never() {
            LdapMeaning::Never
        } else {
            LdapMeaning::Tested
        };
        let reason = matches!(meaning, LdapMeaning::Undefined).then(|| why(filter, aim, grant));
        let planned = grant.search(kinds_of(aim, request), meant, None, look_through)?;
        tests.push(LdapTestExplanation {
            test: filter.to_string(),
            meaning,
            reason,
            indexed: !planned.scans(),
            candidates: planned.candidates(),
        });
        Ok(())
    }
}

/// What is said of the root DSE and of subschemas.
const SPECIAL: &str = "this is the root DSE or a subschema, which say what the server can do";

/// The request as a client would have sent it.
fn described(base: &str, asked: &LdapRequest) -> Result<SearchRequest, Error> {
    let filter = asked.filter.as_deref().unwrap_or("(objectClass=*)");
    let filter = filter.parse().map_err(|error: ldap::filter::SyntaxError| {
        Invalid::new("/filter", format!("is no filter: {error}"))
    })?;
    let names = || asked.attributes.iter().map(String::as_str);
    let base = ldap::Text::new(base.to_owned().into()).unwrap_or_default();
    Ok(SearchRequest {
        base,
        scope: match asked.scope {
            LdapScope::Base => Scope::Base,
            LdapScope::One => Scope::One,
            LdapScope::Sub => Scope::Subtree,
        },
        dereference: ldap::Dereference::Never,
        size_limit: 0,
        time_limit: std::time::Duration::ZERO,
        types_only: false,
        filter,
        selection: Selection::new(names()),
        requested: Requested::of(names()),
        page: asked.paged.then_some(Page { size: u32::MAX, cursor: None, seen: 0 }),
        sort: None,
        view: None,
        sync: None,
    })
}

/// A result by the name that RFC 4511 gives it.
fn result_name(outcome: &Outcome) -> String {
    let name = format!("{:?}", outcome.code);
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// Why a test is undefined.
fn why(filter: &ldap::Filter, aim: &Aim, grant: &SearchGrant<'_, '_>) -> String {
    let description = match filter {
        ldap::Filter::Equality(assertion)
        | ldap::Filter::Approx(assertion)
        | ldap::Filter::GreaterOrEqual(assertion)
        | ldap::Filter::LessOrEqual(assertion) => Some(&assertion.attribute),
        ldap::Filter::Substrings(substrings) => Some(&substrings.attribute),
        ldap::Filter::Present(attribute) => Some(attribute),
        ldap::Filter::Extensible(extensible) => {
            let rule = extensible.rule.as_ref();
            if rule.is_some_and(|rule| ldap::schema::matching_rule(rule.as_str()).is_none()) {
                return "there is no such matching rule".to_owned();
            }
            extensible.attribute.as_ref()
        }
        ldap::Filter::And(_)
        | ldap::Filter::Or(_)
        | ldap::Filter::Not(_)
        | ldap::Filter::Unknown => None,
    };
    if let ldap::Filter::Equality(assertion) | ldap::Filter::Approx(assertion) = filter
        && assertion.attribute.plain().is_some_and(|kind| kind.name == "objectClass")
        && !view::is_class_had(&assertion.value, &aim.naming, grant.schema())
    {
        return "no entry has this object class".to_owned();
    }
    let unknown = description.and_then(|description| unknown(description, aim, grant));
    unknown.unwrap_or("the value, or the way of comparing, does not fit the attribute").to_owned()
}

/// Why no entry can have an attribute, if none can.
fn unknown(
    description: &Description,
    aim: &Aim,
    grant: &SearchGrant<'_, '_>,
) -> Option<&'static str> {
    if custom::knows(description, grant.schema()) {
        return None;
    }
    match (description.kind(), description.plain()) {
        (None, _) => Some("no entry can have this attribute"),
        (_, None) => Some("no value has this option"),
        (Some(kind), _) if kind.name == "userPassword" => Some("passwords are never told"),
        (Some(kind), _) if !kind.is_in(aim.naming.look().vocabulary) => {
            Some("the layout has no such attribute")
        }
        (Some(kind), _) if kind.left => Some("the organization does not define this attribute"),
        (Some(_), Some(_)) => None,
    }
}

/// Whether an attribute that was asked for can be told.
fn told(name: &str, aim: &Aim, grant: &SearchGrant<'_, '_>) -> LdapAttributeExplanation {
    let word = matches!(name, "*" | "+" | "1.1") || name.starts_with('@');
    let description = Description::from(name);
    let known = word || view::is_range(&description, &aim.naming);
    let mut reason = if known { None } else { unknown(&description, aim, grant) };
    if let (None, Some(_), false) = (reason, description.plain(), word)
        && !view::is_had(&description, &aim.naming, grant.schema())
    {
        reason = Some("no entry shows this attribute");
    }
    LdapAttributeExplanation {
        name: name.to_owned(),
        told: reason.is_none(),
        reason: reason.map(ToOwned::to_owned),
    }
}
