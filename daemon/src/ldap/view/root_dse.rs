//! The entries beside those of the directory: the root DSE and subschemas (RFC 4512 sections 4, 5.1).

use directory::records::Organization;
use directory::{Schema, Time};
use ldap::dn::Dn;
use ldap::filter::Assertion;
use ldap::schema::{self, Served, Vocabulary};
use ldap::{
    Answer, CompareRequest, EntryWriter, Filter, Outcome, ResultCode, SearchRequest, StartTls,
};

use super::as_shown::{self, Shown};
use super::custom;
use super::entry::generalized;
use crate::ldap::replies::{compared, no_such_attribute, no_such_type};

/// The name of the subschema subentry; those of alias bases have it below their base.
pub(crate) const SUBSCHEMA: &str = "cn=subschema";

/// What a name leads to beside an organization's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special<'r> {
    /// The root DSE.
    Root,
    /// The subschema of entries below the organization's own base, and of who has not bound.
    Subschema,
    /// The subschema of entries below this alias base.
    SubschemaOf(&'r str),
}

/// Whether a name is the root's or a subschema's; alias bases are those of the caller's own
/// organization.
pub(crate) fn special_at<'r>(name: &Dn, own: Option<&'r Organization>) -> Option<Special<'r>> {
    if name.is_root() {
        return Some(Special::Root);
    }
    let behind = name.as_str().strip_prefix(SUBSCHEMA)?;
    let Some(base) = behind.strip_prefix(',') else {
        return behind.is_empty().then_some(Special::Subschema);
    };
    let mut aliases = own?.presentation.aliases.iter().map(|alias| alias.base.as_str());
    let is_it = |alias: &&str| Dn::parse(alias).is_ok_and(|alias| alias.as_str() == base);
    aliases.find(is_it).map(Special::SubschemaOf)
}

/// What a connection is offered, as far as it is not the same for all.
pub(crate) struct Offer<'o> {
    /// The bases of the caller's own organization, the one that the caller spoke of first, or the
    /// base of the one whose server name was called.
    pub(crate) contexts: &'o [&'o str],
    /// The definitions that count for the caller there.
    pub(crate) served: Served,
    /// The name of the subschema that has them.
    pub(crate) subschema: &'o str,
    /// The attributes of the caller's own organization.
    pub(crate) schema: Option<&'o Schema>,
    /// When the definitions were made.
    pub(crate) created: Time,
    /// When they changed.
    pub(crate) modified: Time,
    /// Whether StartTLS can be had.
    pub(crate) start_tls: StartTls,
    /// The SASL mechanisms that make sense now.
    pub(crate) mechanisms: &'o [&'o str],
    /// The server name of the caller's organization, if the client called it.
    pub(crate) host: Option<&'o str>,
}

/// Answers a search for the root DSE or a subschema; `writer` hears whether that matches, and gives
/// the place to write it to if it is wanted, or what is answered in its place.
pub(crate) fn special<'w>(
    special: Special<'_>,
    offer: &Offer<'_>,
    request: &SearchRequest,
    writer: impl FnOnce(bool) -> Result<Option<EntryWriter<'w>>, Answer>,
) -> Answer {
    let done = Answer::Result(Outcome::success());
    let (dn, entry) = shown(special, offer);
    let matches = as_shown::matches(&request.filter, &entry) == Some(true);
    let mut writer = match writer(matches) {
        Ok(Some(writer)) => writer,
        Ok(None) => return done,
        Err(answer) => return answer,
    };
    let written = writer.entry(dn, |attributes| {
        for (kind, values) in &entry.attributes {
            if attributes.wants_in(kind, entry.vocabulary) {
                attributes.values(kind, values);
            }
        }
    });
    match written {
        Ok(()) => done,
        Err(_) => Answer::Result(Outcome::code(ResultCode::Busy)),
    }
}

/// Compares with the root DSE or a subschema.
pub(crate) fn compare_special(
    special: Special<'_>,
    offer: &Offer<'_>,
    request: &CompareRequest,
) -> Answer {
    let (_, entry) = shown(special, offer);
    let attribute = request.attribute.clone();
    let is_there = as_shown::matches(&Filter::Present(attribute.clone()), &entry);
    let kind = attribute.plain().filter(|kind| kind.is_in(offer.served.vocabulary));
    let assertion = Assertion { attribute, value: request.value.clone() };
    let is_so = as_shown::matches(&Filter::Equality(assertion), &entry);
    Answer::Result(match (kind, is_there) {
        (None, _) => no_such_type(),
        (Some(_), Some(true)) => compared(kind, is_so),
        (Some(_), _) => no_such_attribute(),
    })
}

fn shown<'o>(special: Special<'_>, offer: &Offer<'o>) -> (&'o str, Shown) {
    match special {
        Special::Root => ("", root_dse(offer)),
        Special::Subschema | Special::SubschemaOf(_) => (offer.subschema, subschema(offer)),
    }
}

/// The attributes of the root DSE.
fn root_dse(offer: &Offer<'_>) -> Shown {
    let mut entry = Shown { vocabulary: offer.served.vocabulary, attributes: Vec::new() };
    put(&mut entry, "objectClass", ROOT_CLASSES);
    put(&mut entry, "supportedLDAPVersion", &["3"]);
    put(&mut entry, "supportedControl", ldap::control::SUPPORTED);
    let mut extensions = vec![ldap::WHO_AM_I, ldap::PASSWORD_MODIFY, ldap::CANCEL];
    if offer.start_tls == StartTls::Offered {
        extensions.push(ldap::START_TLS);
    }
    put(&mut entry, "supportedExtension", &extensions);
    put(&mut entry, "supportedFeatures", ldap::SUPPORTED_FEATURES);
    put(&mut entry, "subschemaSubentry", &[offer.subschema]);
    put(&mut entry, "namingContexts", offer.contexts);
    put(&mut entry, "defaultNamingContext", offer.contexts.get(..1).unwrap_or_default());
    if offer.served.vocabulary == Vocabulary::ActiveDirectory {
        let own = offer.contexts.get(..1).unwrap_or_default();
        put(&mut entry, "rootDomainNamingContext", own);
        put(&mut entry, "supportedCapabilities", &[ACTIVE_DIRECTORY]);
        put(&mut entry, "dnsHostName", offer.host.as_slice());
    }
    put(&mut entry, "supportedSASLMechanisms", offer.mechanisms);
    put(&mut entry, "vendorName", &["Tenantry"]);
    put(&mut entry, "vendorVersion", &[env!("CARGO_PKG_VERSION")]);
    entry
}

/// The attributes of a subschema subentry.
fn subschema(offer: &Offer<'_>) -> Shown {
    let (served, own) = (offer.served, offer.schema);
    let mut entry = Shown { vocabulary: served.vocabulary, attributes: Vec::new() };
    put(&mut entry, "objectClass", SUBSCHEMA_CLASSES);
    put(&mut entry, "structuralObjectClass", &["subentry"]);
    put(&mut entry, "cn", &["subschema"]);
    put(&mut entry, "subtreeSpecification", &[EVERYTHING]);
    put(&mut entry, "entryDN", &[offer.subschema]);
    put(&mut entry, "subschemaSubentry", &[offer.subschema]);
    put(&mut entry, "hasSubordinates", &["FALSE"]);
    put(&mut entry, "createTimestamp", &[&generalized(offer.created)]);
    put(&mut entry, "modifyTimestamp", &[&generalized(offer.modified)]);
    let types =
        schema::attribute_types(served).chain(own.into_iter().flat_map(custom::attribute_types));
    let classes = schema::printed_object_classes(served).chain(own.and_then(custom::object_class));
    put_all(&mut entry, "attributeTypes", types);
    put_all(&mut entry, "objectClasses", classes);
    put_all(&mut entry, "ldapSyntaxes", schema::ldap_syntaxes());
    put_all(&mut entry, "matchingRules", schema::printed_matching_rules());
    entry
}

/// A subtree from the entry above a subentry on, nothing left out (RFC 3672 section 2.1).
const EVERYTHING: &str = "{ }";
/// What domain controllers list, by which clients know how names and attributes are meant.
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
const ROOT_CLASSES: &[&str] = &["top"];
const SUBSCHEMA_CLASSES: &[&str] = &["top", "subentry", "subschema"];

fn put(entry: &mut Shown, name: &str, values: &[&str]) {
    put_all(entry, name, values.iter().map(|value| (*value).to_owned()));
}

/// Adds an attribute; one without a value is none.
fn put_all(entry: &mut Shown, name: &str, values: impl IntoIterator<Item = String>) {
    let values: Vec<String> = values.into_iter().collect();
    if let Some(kind) = schema::attribute(name).filter(|_| !values.is_empty()) {
        entry.attributes.push((kind, values));
    }
}
