//! From an LDAP filter to a filter in the directory's words.

use std::cell::OnceCell;
use std::sync::Arc;

use directory::search::{Attribute, EntryId, EntrySet, Filter, Kind, Kinds, SearchGrant};
use directory::{CertificateAuthorityId, Schema};
use ldap::{Description, Dn};

use super::assertion::{Relation, equality, ordering, pieces, plain, presence, text};
use super::certificates::issuers_called;
use super::chains::Chains;
use super::place::Naming;
use super::rules::extended;

/// Finds the entry of a kind and a name, if the caller sees it.
pub(crate) type Find<'f> = &'f dyn Fn(Kind, &str) -> Result<Option<EntryId>, directory::Error>;

/// Finds an entry and whoever names it by an attribute of references, by way of others as well.
pub(crate) type Chain<'f> =
    &'f dyn Fn(Attribute, EntryId) -> Result<Arc<EntrySet>, directory::Error>;

/// Tells whether the caller sees some entry of these kinds.
pub(crate) type Seen<'f> = &'f dyn Fn(Kinds) -> Result<bool, directory::Error>;

/// Finds the organization's own authorities that are called so.
pub(crate) type Issuers<'f> =
    &'f dyn Fn(&Dn) -> Result<Vec<CertificateAuthorityId>, directory::Error>;

/// What filters are translated over: entries by their names, chains of references, whether there are
/// any entries, and who issues certificates.
#[derive(Clone, Copy)]
pub(crate) struct Entries<'f> {
    /// Finds an entry by its name.
    pub(crate) find: Find<'f>,
    /// Follows references.
    pub(crate) chain: Chain<'f>,
    /// Tells whether entries are seen.
    pub(crate) seen: Seen<'f>,
    /// Finds who issues certificates.
    pub(crate) issuers: Issuers<'f>,
}

/// Translates a filter for whoever holds a grant; what is not known becomes undefined. `None` when
/// all its chains together look through more than they may.
pub(crate) fn translate(
    filter: &ldap::Filter,
    naming: &Naming,
    grant: &SearchGrant<'_, '_>,
    look_through: usize,
) -> Result<Option<Filter>, directory::Error> {
    let chains = Chains::within(look_through);
    let find = &|kind, name: &str| grant.find(kind, name);
    let chain: Chain<'_> = &|attribute, entry| {
        chains.follow(attribute, entry, |left| grant.chain(attribute, entry, left))
    };
    let seen = &|kinds| grant.sees_some(kinds);
    let known = OnceCell::new();
    let issuers = &|name: &Dn| issuers_called(name, grant, &known);
    let entries = Entries { find, chain, seen, issuers };
    let filter = translated(filter, naming, grant.schema(), entries)?;
    Ok((!chains.are_over()).then_some(filter))
}

fn translated(
    filter: &ldap::Filter,
    naming: &Naming,
    schema: &Schema,
    entries: Entries<'_>,
) -> Result<Filter, directory::Error> {
    if schema.is_empty() {
        return standard(filter, naming, schema, entries);
    }
    if let Some(test) = super::custom::test(filter, naming, schema, entries)? {
        return Ok(test);
    }
    let test = standard(filter, naming, schema, entries)?;
    let mut tests = super::custom::tests_below(filter, naming, schema, entries)?;
    if tests.is_empty() {
        return Ok(test);
    }
    tests.push(test);
    Ok(Filter::Or(tests))
}

/// The test of what entries show of their own, and of what a filter is made of.
fn standard(
    filter: &ldap::Filter,
    naming: &Naming,
    schema: &Schema,
    entries: Entries<'_>,
) -> Result<Filter, directory::Error> {
    let each = |parts: &[ldap::Filter]| {
        parts
            .iter()
            .map(|part| translated(part, naming, schema, entries))
            .collect::<Result<Vec<_>, _>>()
    };
    match filter {
        ldap::Filter::And(parts) => Ok(Filter::And(each(parts)?)),
        ldap::Filter::Or(parts) => Ok(Filter::Or(each(parts)?)),
        ldap::Filter::Not(inner) => {
            Ok(Filter::Not(Box::new(translated(inner, naming, schema, entries)?)))
        }
        ldap::Filter::Equality(assertion) | ldap::Filter::Approx(assertion) => {
            equality(assertion, naming, entries)
        }
        ldap::Filter::Substrings(substrings) => Ok(pieces(substrings, naming)),
        ldap::Filter::GreaterOrEqual(assertion) => Ok(plain(&assertion.attribute, naming)
            .map_or_else(
                |filter| filter,
                |kind| ordering(kind, &assertion.value, naming, Relation::AtLeast),
            )),
        ldap::Filter::LessOrEqual(assertion) => Ok(plain(&assertion.attribute, naming)
            .map_or_else(
                |filter| filter,
                |kind| ordering(kind, &assertion.value, naming, Relation::AtMost),
            )),
        ldap::Filter::Present(attribute) => Ok(presence(attribute, naming)),
        ldap::Filter::Extensible(extensible) => extended(extensible, naming, entries),
        ldap::Filter::Unknown => Ok(Filter::Undefined),
    }
}

/// Whether some entry can have an attribute of this description, as the caller is shown entries.
pub(crate) fn is_had(description: &Description, naming: &Naming, schema: &Schema) -> bool {
    description.kind().is_some_and(|kind| naming.shows(kind))
        || super::custom::knows(description, schema)
        || super::custom::knows_below(description, naming, schema)
}

/// Whether some entry has the object class that an asserted value names.
pub(crate) fn is_class_had(value: &[u8], naming: &Naming, schema: &Schema) -> bool {
    text(value).is_some_and(|name| naming.look().has_class(name))
        || (!schema.is_empty() && super::custom::is_class(value, schema))
}

#[cfg(test)]
mod tests {
    use directory::RecordId;
    use directory::records::{Layout, Profile};

    use super::*;
    use crate::ldap::view::assertion::TEXT;
    use crate::ldap::view::look::Look;
    use crate::ldap::view::ways::Ways;

    fn naming(layout: Layout) -> Naming {
        let (look, ways) = (Look::of(layout), Ways::of(layout, Profile::Generic));
        Naming::under("dc=acme,dc=example", look, ways, uuid::Uuid::nil())
    }

    fn in_layout(layout: Layout, text: &str) -> Filter {
        named_so(&naming(layout), text)
    }

    fn named_so(naming: &Naming, text: &str) -> Filter {
        let filter: ldap::Filter = text.parse().unwrap();
        let find: Find<'_> = &|_, _| Ok(None);
        let chain: Chain<'_> = &|_, _| Ok(Arc::default());
        let seen: Seen<'_> = &|kinds| Ok(kinds.contains(Kind::User));
        let issuers: Issuers<'_> = &|name| {
            let own = Dn::parse("cn=own,o=acme").as_ref() == Ok(name);
            Ok(CertificateAuthorityId::from_record(7).filter(|_| own).into_iter().collect())
        };
        let entries = Entries { find, chain, seen, issuers };
        translated(&filter, naming, &Schema::default(), entries).unwrap()
    }

    fn of_text(text: &str) -> Filter {
        in_layout(Layout::Rfc2307bis, text)
    }

    #[test]
    fn rfc4511_4_5_1_7_what_is_not_known_is_undefined() {
        assert_eq!(of_text("(nosuch=x)"), Filter::Undefined);
        assert_eq!(of_text("(objectClass=nosuch)"), Filter::Undefined);
        assert_eq!(of_text("(userPassword=*)"), Filter::Undefined);
        assert_eq!(of_text("(entryUUID=x)"), Filter::Undefined);
        let not = Filter::Not(Box::new(Filter::Undefined));
        assert_eq!(of_text("(!(nosuch=x))"), not);
    }

    #[test]
    fn the_base_and_where_somebody_is_seen_have_subordinates() {
        let named = |attribute, name| {
            Filter::And(vec![Filter::Kind(Kinds::CONTAINERS), Filter::equal(attribute, name)])
        };
        let present = Filter::present(Attribute::OrganizationName);
        let base = Filter::And(vec![Filter::Kind(Kinds::CONTAINERS), present]);
        for (layout, attribute, name) in [
            (Layout::Rfc2307bis, Attribute::Name, "people"),
            (Layout::ActiveDirectory, Attribute::CommonName, "users"),
            (Layout::Jumpcloud, Attribute::Name, "Users"),
        ] {
            let some = Filter::Or(vec![base.clone(), named(attribute, name)]);
            assert_eq!(in_layout(layout, "(hasSubordinates=TRUE)"), some);
            assert_eq!(in_layout(layout, "(hasSubordinates:booleanMatch:=true)"), some);
            let none = Filter::Not(Box::new(some));
            assert_eq!(in_layout(layout, "(hasSubordinates=FALSE)"), none);
        }
        assert_eq!(of_text("(hasSubordinates=no)"), Filter::Undefined);
    }

    #[test]
    fn rfc4511_4_5_1_7_what_is_no_value_is_undefined_of_entries_without_the_attribute_too() {
        for filter in ["(ou=\\ee\\80\\80)", "(ou=*\\ee\\80\\80)", "(ou>=\\ee\\80\\80)"] {
            assert_eq!(of_text(filter), Filter::Undefined, "{filter}");
        }
        let domain = |text| in_layout(Layout::ActiveDirectory, text);
        for filter in ["(userPrincipalName=\\ee\\80\\80)", "(userPrincipalName=\\ee\\80\\80*)"] {
            assert_eq!(domain(filter), Filter::Undefined, "{filter}");
        }
    }

    #[test]
    fn rfc4517_3_3_6_an_empty_text_is_no_value_where_texts_have_a_character_at_least() {
        for filter in ["(cn=)", "(cn~=)", "(sn>=)", "(cn:caseExactMatch:=)", "(:caseIgnoreMatch:=)"]
        {
            assert_eq!(of_text(filter), Filter::Undefined, "{filter}");
        }
        for filter in ["(mail=)", "(loginShell=)", "(member=)"] {
            assert_ne!(of_text(filter), Filter::Undefined, "{filter}");
        }
    }

    #[test]
    fn rfc4517_4_2_9_addresses_are_in_no_order_and_no_rule_of_one_text_fits_them() {
        for filter in [
            "(postalAddress>=a)",
            "(postalAddress:caseIgnoreMatch:=a)",
            "(homePostalAddress:caseExactSubstringsMatch:=a\\2a)",
            "(cn:caseIgnoreListMatch:=a)",
            "(cn:caseIgnoreListSubstringsMatch:=a\\2a)",
        ] {
            assert_eq!(of_text(filter), Filter::Undefined, "{filter}");
        }
        for filter in
            ["(postalAddress=a$b)", "(postalAddress:2.5.13.11:=a$b)", "(postalAddress=a*)"]
        {
            assert_eq!(of_text(filter), Filter::never(), "{filter}");
        }
    }

    #[test]
    fn rfc4512_4_2_entries_are_found_by_the_subschema_that_they_point_to() {
        let own = naming(Layout::Rfc2307bis);
        let alias = naming(Layout::Rfc2307bis).of_alias();
        for (filter, at_own, at_alias) in [
            ("(subschemaSubentry=CN=Subschema)", Filter::always(), Filter::never()),
            (
                "(subschemaSubentry=cn=subschema, DC=acme,DC=example)",
                Filter::never(),
                Filter::always(),
            ),
            ("(subschemaSubentry=dc=acme,dc=example)", Filter::never(), Filter::never()),
            ("(subschemaSubentry=*)", Filter::always(), Filter::always()),
            ("(subschemaSubentry=x)", Filter::Undefined, Filter::Undefined),
        ] {
            assert_eq!(named_so(&own, filter), at_own, "{filter}");
            assert_eq!(named_so(&alias, filter), at_alias, "{filter}");
        }
    }

    #[test]
    fn rfc4512_2_4_an_object_class_stands_for_its_subclasses() {
        assert_eq!(of_text("(objectClass=person)"), Filter::Kind(Kinds::USERS));
        assert_eq!(of_text("(objectClass=2.5.6.6)"), Filter::Kind(Kinds::USERS));
        assert_eq!(of_text("(objectClass=TOP)"), Filter::Kind(Kinds::ALL));
    }

    #[test]
    fn a_text_that_is_longer_than_any_value_is_none() {
        for (filter, letter) in [("(cn=", "x"), ("(cn=*", "\u{fdfa}"), ("(:caseIgnoreMatch:=", "x")]
        {
            let long = format!("{filter}{})", letter.repeat(TEXT / letter.len() + 1));
            assert_eq!(of_text(&long), Filter::Undefined, "{filter}");
            let fits = format!("{filter}{})", letter.repeat(TEXT / letter.len()));
            assert_ne!(of_text(&fits), Filter::Undefined, "{filter}");
        }
    }

    #[test]
    fn a_base_that_is_no_domain_has_no_class_of_domains() {
        let base = Filter::present(Attribute::BaseLabel);
        assert_eq!(
            of_text("(objectClass=dcObject)"),
            Filter::Or(vec![Filter::Kind(Kinds::NONE), base])
        );
    }

    #[test]
    fn rfc4512_2_5_1_what_names_members_is_found_by_what_names_anything() {
        let owned = Filter::present(Attribute::Owner);
        let there = Filter::Or(vec![owned.clone(), Filter::HasSomeMember]);
        assert_eq!(of_text("(distinguishedName=*)"), there);
        assert_eq!(of_text("(owner=*)"), owned);
        assert_eq!(of_text("(owner=cn=x)"), Filter::never());
        for filter in ["(distinguishedName=x)", "(owner=x)", "(!(owner=x))"] {
            let undefined = [Filter::Undefined, Filter::Not(Box::new(Filter::Undefined))];
            assert!(undefined.contains(&of_text(filter)), "{filter}");
        }
    }

    #[test]
    fn rfc4523_3_1_certificates_are_asked_for_by_being_there_and_by_number_and_issuer() {
        let both = Kinds::USERS.and(Kinds::DEVICES);
        let by = CertificateAuthorityId::from_record(7).unwrap();
        for (layout, kinds) in [
            (Layout::Rfc2307bis, both),
            (Layout::Rfc2307, both),
            (Layout::UniqueMember, both),
            (Layout::ActiveDirectory, Kinds::USERS),
            (Layout::Jumpcloud, Kinds::USERS),
        ] {
            let there = Filter::And(vec![Filter::Kind(kinds), Filter::HasCertificate]);
            for name in ["userCertificate", "USERCERTIFICATE;binary", "2.5.4.36;Binary"] {
                assert_eq!(in_layout(layout, &format!("({name}=*)")), there, "{layout:?} {name}");
                for test in ["=\\30\\82", ">=x", "=x*", ":2.5.13.34:=x", ":caseIgnoreMatch:=x"] {
                    let filter = format!("({name}{test})");
                    assert_eq!(in_layout(layout, &filter), Filter::Undefined, "{filter}");
                }
                for test in ["=", "~=", ":certificateExactMatch:=", ":2.5.13.34:=", ":="] {
                    let of = |number: &str, issuer: &str| {
                        let asserted =
                            format!("{{ serialNumber {number}, issuer rdnSequence:\"{issuer}\" }}");
                        in_layout(layout, &format!("({name}{test}{asserted})"))
                    };
                    let found = vec![Filter::Kind(kinds), Filter::issued(5, vec![by])];
                    assert_eq!(of("5", "CN=Own, O=Acme"), Filter::And(found), "{test}");
                    for (number, issuer) in [("5", "cn=own"), ("-5", "cn=own,o=acme")] {
                        assert_eq!(of(number, issuer), Filter::never(), "{test}");
                    }
                    assert_eq!(of("five", "cn=own,o=acme"), Filter::Undefined, "{test}");
                }
            }
            assert!(!there.may_match(Kind::Group) && there.may_match(Kind::User), "{layout:?}");
        }
        assert_eq!(of_text("(userCertificate;lang-en=*)"), Filter::Undefined);
    }

    #[test]
    fn rfc4523_3_1_whole_certificates_are_asked_for_by_their_octets() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        let octets = params.self_signed(&key).unwrap().der().to_vec();
        let asserted = |octets: &[u8]| -> String {
            octets.iter().map(|octet| format!("\\{octet:02x}")).collect()
        };
        let kinds = Filter::Kind(Kinds::USERS.and(Kinds::DEVICES));
        let found = Filter::And(vec![kinds, Filter::this_certificate(&octets)]);
        for name in ["userCertificate", "USERCERTIFICATE;binary", "2.5.4.36;Binary"] {
            for test in ["=", "~=", ":certificateExactMatch:=", ":2.5.13.34:=", ":="] {
                let of = |octets: &[u8]| of_text(&format!("({name}{test}{})", asserted(octets)));
                assert_eq!(of(&octets), found, "{name}{test}");
                assert_eq!(of(&octets[1..]), Filter::Undefined, "{name}{test}");
            }
        }
    }

    #[test]
    fn what_people_are_asked_for_by_no_device_is_looked_for_by() {
        for filter in [
            "(uid=ada)",
            "(mail=ada@acme.example)",
            "(|(uid=ada)(mail=ada@acme.example))",
            "(&(objectClass=person)(cn=ada))",
            "(&(objectClass=posixGroup)(gidNumber=7))",
            "(&(objectClass=*)(uid=ada))",
            "(memberOf=cn=staff,ou=groups,dc=acme,dc=example)",
            "(member=*)",
        ] {
            assert!(!of_text(filter).may_match(Kind::Device), "{filter}");
        }
        for filter in [
            "(objectClass=device)",
            "(objectClass=ieee802Device)",
            "(macAddress=00:10:a4:23:19:c0)",
            "(serialNumber=c02)",
            "(owner=*)",
            "(cn=till)",
            "(objectClass=*)",
        ] {
            assert!(of_text(filter).may_match(Kind::Device), "{filter}");
        }
    }

    #[test]
    fn rfc4512_3_4_places_have_structural_classes_too() {
        let base = Filter::present(Attribute::OrganizationName);
        let wanted = Filter::Or(vec![Filter::Kind(Kinds::NONE), base]);
        assert_eq!(of_text("(structuralObjectClass=organization)"), wanted);
        let Filter::Or(units) = of_text("(structuralObjectClass=organizationalUnit)") else {
            panic!("no container has the class")
        };
        assert_eq!(units.len(), 2);
        let users = Filter::Kind(Kinds::USERS);
        assert_eq!(of_text("(structuralObjectClass=inetOrgPerson)"), users);
    }

    #[test]
    fn a_domain_shows_no_organization_and_what_it_cannot_have_is_undefined_of_everything() {
        let domain = |text| in_layout(Layout::ActiveDirectory, text);
        assert_eq!(domain("(o=*)"), Filter::never());
        assert_eq!(domain("(objectGUID=x)"), Filter::never());
        for filter in ["(whenCreated=x)", "(whenChanged>=x)", "(objectCategory=nobody)"] {
            assert_eq!(domain(filter), Filter::Undefined, "{filter}");
        }
    }

    #[test]
    fn logins_of_members_are_there_where_users_are() {
        assert_eq!(in_layout(Layout::Rfc2307, "(memberUid=*)"), Filter::HasSomeUser);
        assert_eq!(of_text("(member=*)"), Filter::HasSomeMember);
    }
}
