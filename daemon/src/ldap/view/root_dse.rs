//! The entries that everybody may read: the root DSE and the subschema (RFC 4512 sections 4, 5.1).

use directory::Schema;
use ldap::dn::Dn;
use ldap::schema::{self, AttributeType, Vocabulary};
use ldap::{Answer, Attributes, EntryWriter, Filter, Outcome, ResultCode, SearchRequest, StartTls};

use super::custom;

/// The name of the subschema subentry.
pub(crate) const SUBSCHEMA: &str = "cn=subschema";

/// Whether a name is the root's or the subschema's.
pub(crate) fn is_special(name: &Dn) -> bool {
    name.is_root() || name.as_str() == SUBSCHEMA
}

/// What a connection is offered, as far as it is not the same for all.
pub(crate) struct Offer<'o> {
    /// The bases of the caller's own organization, the one that the caller spoke of first, or the
    /// base of the one whose server name was called.
    pub(crate) contexts: &'o [&'o str],
    /// The definitions that count for the caller.
    pub(crate) vocabulary: Vocabulary,
    /// The attributes of the caller's own organization.
    pub(crate) schema: Option<&'o Schema>,
    /// Whether StartTLS can be had.
    pub(crate) start_tls: StartTls,
    /// The SASL mechanisms that make sense now.
    pub(crate) mechanisms: &'o [&'o str],
}

/// Answers a search for the root DSE or the subschema; `writer` gives the place to write to.
pub(crate) fn special<'w>(
    name: &Dn,
    offer: &Offer<'_>,
    request: &SearchRequest,
    writer: impl FnOnce() -> Option<EntryWriter<'w>>,
) -> Answer {
    let done = Answer::Result(Outcome::success());
    if !special_matches(&request.filter, name.is_root()) {
        return done;
    }
    let Some(mut writer) = writer() else { return done };
    let written = if name.is_root() {
        writer.entry("", |attributes| write_root_dse(attributes, offer))
    } else {
        writer.entry(SUBSCHEMA, |attributes| write_subschema(attributes, offer))
    };
    match written {
        Ok(()) => done,
        Err(_) => Answer::Result(Outcome::code(ResultCode::Busy)),
    }
}

/// Writes the root DSE.
fn write_root_dse(attributes: &mut Attributes<'_>, offer: &Offer<'_>) {
    put(attributes, "objectClass", ROOT_CLASSES);
    put(attributes, "supportedLDAPVersion", &["3"]);
    put(attributes, "supportedControl", ldap::control::SUPPORTED);
    let mut extensions = vec![ldap::WHO_AM_I, ldap::PASSWORD_MODIFY, ldap::CANCEL];
    if offer.start_tls == StartTls::Offered {
        extensions.push(ldap::START_TLS);
    }
    put(attributes, "supportedExtension", &extensions);
    put(attributes, "supportedFeatures", ldap::SUPPORTED_FEATURES);
    put(attributes, "subschemaSubentry", &[SUBSCHEMA]);
    put(attributes, "namingContexts", offer.contexts);
    put_all(attributes, "defaultNamingContext", offer.contexts.first());
    put(attributes, "supportedSASLMechanisms", offer.mechanisms);
    put(attributes, "vendorName", &["Tenantry"]);
    put(attributes, "vendorVersion", &[env!("CARGO_PKG_VERSION")]);
}

/// Writes the subschema subentry.
fn write_subschema(attributes: &mut Attributes<'_>, offer: &Offer<'_>) {
    let (vocabulary, own) = (offer.vocabulary, offer.schema);
    put(attributes, "objectClass", SUBSCHEMA_CLASSES);
    put(attributes, "structuralObjectClass", &["subentry"]);
    put(attributes, "cn", &["subschema"]);
    put(attributes, "entryDN", &[SUBSCHEMA]);
    put(attributes, "subschemaSubentry", &[SUBSCHEMA]);
    put(attributes, "hasSubordinates", &["FALSE"]);
    let types = schema::attribute_types(vocabulary)
        .chain(own.into_iter().flat_map(custom::attribute_types));
    let classes =
        schema::printed_object_classes(vocabulary).chain(own.and_then(custom::object_class));
    put_all(attributes, "attributeTypes", types);
    put_all(attributes, "objectClasses", classes);
    put_all(attributes, "ldapSyntaxes", schema::ldap_syntaxes());
    put_all(attributes, "matchingRules", schema::printed_matching_rules());
}

/// Whether a filter is true of the root DSE, or else of the subschema. Both are asked for by name;
/// only their object classes can be filtered on.
fn special_matches(filter: &Filter, root: bool) -> bool {
    let is_class = |value: &[u8]| {
        let name = std::str::from_utf8(value).unwrap_or_default();
        let class = schema::object_class(name).map(|class| class.name);
        let classes: &[&str] = if root { ROOT_CLASSES } else { SUBSCHEMA_CLASSES };
        class.is_some_and(|class| classes.contains(&class))
    };
    let on_class = |attribute: &ldap::Description| {
        attribute.plain().is_some_and(|kind| kind.name == "objectClass")
    };
    match filter {
        Filter::And(parts) => parts.iter().all(|part| special_matches(part, root)),
        Filter::Or(parts) => parts.iter().any(|part| special_matches(part, root)),
        Filter::Not(inner) => !special_matches(inner, root),
        Filter::Present(attribute) => on_class(attribute),
        Filter::Equality(assertion) | Filter::Approx(assertion) => {
            on_class(&assertion.attribute) && is_class(&assertion.value)
        }
        Filter::Substrings(_)
        | Filter::GreaterOrEqual(_)
        | Filter::LessOrEqual(_)
        | Filter::Extensible(_) => false,
    }
}

const ROOT_CLASSES: &[&str] = &["top"];
const SUBSCHEMA_CLASSES: &[&str] = &["top", "subentry", "subschema"];

fn put<V: AsRef<[u8]>>(attributes: &mut Attributes<'_>, name: &str, values: &[V]) {
    put_all(attributes, name, values);
}

fn put_all<V: AsRef<[u8]>>(
    attributes: &mut Attributes<'_>,
    name: &str,
    values: impl IntoIterator<Item = V>,
) {
    let kind: Option<&'static AttributeType> = schema::attribute(name);
    if let Some(kind) = kind {
        attributes.values(kind, values);
    }
}
