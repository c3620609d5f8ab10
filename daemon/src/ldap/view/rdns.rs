//! What stands in an entry's name above its own RDN, compared as its attributes are.

use directory::collections::Member;
use directory::search::{Attribute, Fact, Facts, Filter, Kind, Kinds, Truth};
use directory::{Error, GroupId};
use ldap::schema::{AttributeType, MatchingRule, RuleUse};

use super::place::Naming;
use super::rules::text_by_rule;

/// A test of the RDNs above an entry's own, which is an attribute anyway, by a type and its subtypes: by
/// this rule, or by the type's own where there is none.
pub(super) fn above(
    kind: &AttributeType,
    rule: Option<&MatchingRule>,
    value: &str,
    naming: &Naming,
) -> Result<Filter, Error> {
    let Some(rule) = rule.or_else(|| kind.equality()) else { return Ok(Filter::never()) };
    let test = match text_by_rule(Attribute::Name, rule, value) {
        Some(test) => test,
        None if rule.rule_use == RuleUse::Equality => Filter::equal(Attribute::Name, value),
        None => return Ok(Filter::never()),
    };
    let fits = |value: &str| Ok::<_, Error>(test.judge(&Value(value))? == Truth::True);
    for value in naming.base_values(kind) {
        if fits(&value)? {
            return Ok(Filter::always());
        }
    }
    let mut tests = Vec::new();
    for container in naming.look().tree.containers {
        if naming.is_named_by(container.naming, kind) && fits(container.name)? {
            tests.push(Filter::And(vec![
                Filter::Kind(Kinds::CONTAINERS),
                Filter::equal(container.attribute(), container.name),
            ]));
            tests.push(Filter::Kind(container.kinds));
        }
    }
    Ok(Filter::Or(tests))
}

/// A value of an RDN, as an entry of which nothing else is known.
struct Value<'v>(&'v str);

impl Facts for Value<'_> {
    fn kind(&self) -> Kind {
        Kind::Container
    }

    fn visit(&self, _: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
        visit(Fact::Text(self.0));
    }

    fn member_of(&self) -> Result<Vec<GroupId>, Error> {
        Ok(Vec::new())
    }

    fn has_member(&self, _: Member) -> Result<bool, Error> {
        Ok(false)
    }

    fn has_some_member(&self) -> Result<bool, Error> {
        Ok(false)
    }

    fn has_some_user(&self) -> Result<bool, Error> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use directory::records::{Layout, Profile};
    use ldap::schema;

    use super::*;
    use crate::ldap::view::look::Look;
    use crate::ldap::view::ways::Ways;

    fn in_layout(layout: Layout, kind: &str, rule: Option<&str>, value: &str) -> Filter {
        let (look, ways) = (Look::of(layout), Ways::of(layout, Profile::Generic));
        let naming = Naming::under("dc=acme,dc=example", look, ways, uuid::Uuid::nil());
        let rule = rule.map(|rule| schema::matching_rule(rule).unwrap());
        above(schema::attribute(kind).unwrap(), rule, value, &naming).unwrap()
    }

    #[test]
    fn rfc4511_4_5_1_7_7_a_rule_that_is_named_is_that_of_names_too() {
        let people = Filter::Or(vec![
            Filter::And(vec![
                Filter::Kind(Kinds::CONTAINERS),
                Filter::equal(Attribute::Name, "people"),
            ]),
            Filter::Kind(Kinds::USERS),
        ]);
        let named = |rule, value| in_layout(Layout::Rfc2307bis, "ou", rule, value);
        for (rule, value) in [
            (None, "PEOPLE"),
            (Some("caseIgnoreMatch"), "People"),
            (Some("caseExactMatch"), "people"),
            (Some("caseIgnoreSubstringsMatch"), "PE*"),
            (Some("caseExactSubstringsMatch"), "p*op*e"),
        ] {
            assert_eq!(named(rule, value), people, "{rule:?} {value}");
        }
        for (rule, value) in [
            (None, "dc"),
            (Some("caseExactMatch"), "PEOPLE"),
            (Some("caseExactSubstringsMatch"), "PE*"),
            (Some("caseIgnoreOrderingMatch"), "a"),
            (Some("integerOrderingMatch"), "9"),
        ] {
            assert_eq!(named(rule, value), Filter::never(), "{rule:?} {value}");
        }
    }

    #[test]
    fn rfc4511_4_5_1_7_7_what_is_named_by_a_subtype_is_named_by_the_type() {
        let people = in_layout(Layout::Rfc2307bis, "ou", None, "people");
        assert_ne!(people, Filter::never());
        let named = |layout, kind, value| in_layout(layout, kind, None, value);
        assert_eq!(named(Layout::Rfc2307bis, "name", "people"), people);
        assert_eq!(named(Layout::Rfc2307bis, "cn", "people"), Filter::never());
        // Domain controllers have `name` apart.
        assert_eq!(named(Layout::ActiveDirectory, "name", "users"), Filter::never());
        assert_ne!(named(Layout::ActiveDirectory, "cn", "users"), Filter::never());
        let look = Look::of(Layout::Rfc2307bis);
        let ways = Ways::of(Layout::Rfc2307bis, Profile::Generic);
        let naming = Naming::under("o=acme,c=de", look, ways, uuid::Uuid::nil());
        let by = |kind| above(schema::attribute(kind).unwrap(), None, "acme", &naming).unwrap();
        let expected = [Filter::always(), Filter::always(), Filter::never()];
        assert_eq!(["o", "name", "c"].map(by), expected);
    }

    #[test]
    fn what_the_base_is_named_by_everything_is_named_by() {
        let named = |rule, value| in_layout(Layout::Rfc2307bis, "dc", rule, value);
        for (rule, value) in [
            (None, "Example"),
            (Some("caseExactIA5Match"), "acme"),
            (Some("caseIgnoreSubstringsMatch"), "*AMPLE"),
            (Some("caseIgnoreOrderingMatch"), "b"),
        ] {
            assert_eq!(named(rule, value), Filter::always(), "{rule:?} {value}");
        }
        assert_eq!(named(Some("caseExactMatch"), "Acme"), Filter::never());
        let users = in_layout(Layout::Jumpcloud, "ou", Some("caseExactMatch"), "users");
        assert_eq!(users, Filter::never(), "it is spelled Users");
    }
}
