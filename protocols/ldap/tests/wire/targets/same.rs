//! Does a request mean the same to somebody else?

use ldap::{Dereference, Filter, Question, Scope, SearchRequest, Selection};
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapFilter, LdapOp, LdapSearchRequest,
    LdapSearchScope,
};

/// Asserts that what is asked is what the request says. Kinds of questions that somebody else has
/// no words for are passed over.
pub(super) fn assert_same(ours: &Question, theirs: &LdapOp) {
    let same = match (ours, theirs) {
        (Question::Search(ours), LdapOp::SearchRequest(theirs)) => same_search(ours, theirs),
        (Question::Compare(ours), LdapOp::CompareRequest(theirs)) => {
            *ours.entry == theirs.dn
                && ours.attribute.as_str() == theirs.atype
                && ours.value == theirs.val
        }
        (question, LdapOp::BindRequest(theirs)) => same_bind(question, theirs),
        (Question::WhoAmI, LdapOp::ExtendedRequest(theirs)) => {
            theirs.name == ldap::WHO_AM_I && theirs.value.is_none()
        }
        (Question::Search(_) | Question::Compare(_) | Question::WhoAmI, _) => false,
        _ => true,
    };
    assert!(same, "{ours:?} is not {theirs:?}");
}

fn same_bind(ours: &Question, theirs: &LdapBindRequest) -> bool {
    match (ours, &theirs.cred) {
        (Question::Bind(ours), LdapBindCred::Simple(password)) => {
            *ours.dn == theirs.dn && ours.password.octets() == password.as_bytes()
        }
        (Question::Plain(ours), LdapBindCred::SASL(sasl)) => {
            let parts = [
                ours.authorization.as_bytes(),
                ours.authentication.as_bytes(),
                ours.password.octets(),
            ];
            sasl.mechanism == ldap::sasl::PLAIN && sasl.credentials == parts.join(&0)
        }
        (Question::External(ours), LdapBindCred::SASL(sasl)) => {
            let authorization = ours.authorization.as_bytes();
            sasl.mechanism == ldap::sasl::EXTERNAL && sasl.credentials == authorization
        }
        _ => false,
    }
}

fn same_search(ours: &SearchRequest, theirs: &LdapSearchRequest) -> bool {
    let scope = match theirs.scope {
        LdapSearchScope::Base => Some(Scope::Base),
        LdapSearchScope::OneLevel => Some(Scope::One),
        LdapSearchScope::Subtree => Some(Scope::Subtree),
        LdapSearchScope::Children => None,
    };
    let dereference = match theirs.aliases {
        LdapDerefAliases::Never => Dereference::Never,
        LdapDerefAliases::InSearching => Dereference::Searching,
        LdapDerefAliases::FindingBaseObj => Dereference::Finding,
        LdapDerefAliases::Always => Dereference::Always,
    };
    *ours.base == theirs.base
        && Some(ours.scope) == scope
        && ours.dereference == dereference
        && i32::try_from(ours.size_limit) == Ok(theirs.sizelimit)
        && i32::try_from(ours.time_limit.as_secs()) == Ok(theirs.timelimit)
        && ours.types_only == theirs.typesonly
        && ours.selection == Selection::new(theirs.attrs.iter().map(String::as_str))
        && same_filter(&ours.filter, &theirs.filter)
}

fn same_filter(ours: &Filter, theirs: &LdapFilter) -> bool {
    let all = |ours: &[Filter], theirs: &[LdapFilter]| {
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same_filter(a, b))
    };
    let text = |ours: &Option<bytes::Bytes>, theirs: &Option<String>| {
        ours.as_deref() == theirs.as_ref().map(String::as_bytes)
    };
    match (ours, theirs) {
        (Filter::And(ours), LdapFilter::And(theirs))
        | (Filter::Or(ours), LdapFilter::Or(theirs)) => all(ours, theirs),
        (Filter::Not(ours), LdapFilter::Not(theirs)) => same_filter(ours, theirs),
        (Filter::Equality(ours), LdapFilter::Equality(name, value))
        | (Filter::GreaterOrEqual(ours), LdapFilter::GreaterOrEqual(name, value))
        | (Filter::LessOrEqual(ours), LdapFilter::LessOrEqual(name, value))
        | (Filter::Approx(ours), LdapFilter::Approx(name, value)) => {
            ours.attribute.as_str() == name && ours.value == value.as_bytes()
        }
        (Filter::Present(ours), LdapFilter::Present(name)) => ours.as_str() == name,
        (Filter::Substrings(ours), LdapFilter::Substring(name, theirs)) => {
            ours.attribute.as_str() == name
                && text(&ours.initial, &theirs.initial)
                && ours.any.iter().eq(theirs.any.iter().map(String::as_bytes))
                && text(&ours.last, &theirs.final_)
        }
        (Filter::Extensible(ours), LdapFilter::Extensible(theirs)) => {
            ours.attribute.as_ref().map(|name| name.as_str()) == theirs.type_.as_deref()
                && ours.rule.as_deref() == theirs.matching_rule.as_deref()
                && ours.value == theirs.match_value.as_bytes()
                && ours.dn_attributes == theirs.dn_attributes
        }
        (
            Filter::And(_)
            | Filter::Or(_)
            | Filter::Not(_)
            | Filter::Equality(_)
            | Filter::Substrings(_)
            | Filter::GreaterOrEqual(_)
            | Filter::LessOrEqual(_)
            | Filter::Present(_)
            | Filter::Approx(_)
            | Filter::Extensible(_)
            | Filter::Unknown,
            _,
        ) => false,
    }
}
