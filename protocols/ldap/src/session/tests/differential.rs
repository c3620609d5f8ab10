//! What ldap3_proto encodes means the same to us.

use super::*;
use crate::Filter;
use ldap3_proto::proto::{LdapMatchingRuleAssertion, LdapSubstringFilter};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "cn",
        "uid",
        "2.5.4.4",
        "memberOf",
        "userCertificate;binary",
        "nosuch",
    ])
    .prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop::string::string_regex("[ -~äß*()\\\\]{1,12}").unwrap()
}

fn filter() -> impl Strategy<Value = LdapFilter> {
    let pair = || (name(), text());
    let substring =
        (prop::option::of(text()), prop::collection::vec(text(), 1..3), prop::option::of(text()));
    let leaf = prop_oneof![
        pair().prop_map(|(name, value)| LdapFilter::Equality(name, value)),
        pair().prop_map(|(name, value)| LdapFilter::GreaterOrEqual(name, value)),
        pair().prop_map(|(name, value)| LdapFilter::LessOrEqual(name, value)),
        pair().prop_map(|(name, value)| LdapFilter::Approx(name, value)),
        name().prop_map(LdapFilter::Present),
        (name(), substring).prop_map(|(name, (initial, any, final_))| {
            LdapFilter::Substring(name, LdapSubstringFilter { initial, any, final_ })
        }),
        (pair(), any::<bool>()).prop_map(|((name, match_value), dn_attributes)| {
            let matching_rule = Some("caseIgnoreMatch".to_owned());
            let type_ = Some(name);
            LdapFilter::Extensible(LdapMatchingRuleAssertion {
                matching_rule,
                type_,
                match_value,
                dn_attributes,
            })
        }),
    ];
    leaf.prop_recursive(6, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(LdapFilter::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(LdapFilter::Or),
            inner.prop_map(|filter| LdapFilter::Not(Box::new(filter))),
        ]
    })
}

/// Theirs, as ours would be.
fn translated(filter: &LdapFilter) -> String {
    let escaped = |value: &str| {
        value.chars().fold(String::new(), |text, letter| match letter {
            '*' | '(' | ')' | '\\' => format!("{text}\\{:02x}", u32::from(letter)),
            letter => format!("{text}{letter}"),
        })
    };
    let set = |filters: &[LdapFilter]| filters.iter().map(translated).collect::<String>();
    match filter {
        LdapFilter::And(filters) => format!("(&{})", set(filters)),
        LdapFilter::Or(filters) => format!("(|{})", set(filters)),
        LdapFilter::Not(filter) => format!("(!{})", translated(filter)),
        LdapFilter::Equality(name, value) => format!("({name}={})", escaped(value)),
        LdapFilter::GreaterOrEqual(name, value) => format!("({name}>={})", escaped(value)),
        LdapFilter::LessOrEqual(name, value) => format!("({name}<={})", escaped(value)),
        LdapFilter::Approx(name, value) => format!("({name}~={})", escaped(value)),
        LdapFilter::Present(name) => format!("({name}=*)"),
        LdapFilter::Substring(name, parts) => {
            let end = |part: &Option<String>| escaped(part.as_deref().unwrap_or_default());
            let any: String = parts.any.iter().map(|part| escaped(part) + "*").collect();
            format!("({name}={}*{any}{})", end(&parts.initial), end(&parts.final_))
        }
        LdapFilter::Extensible(matching) => {
            let name = matching.type_.as_deref().unwrap_or_default();
            let dn = if matching.dn_attributes { ":dn" } else { "" };
            let rule = matching.matching_rule.as_deref().unwrap_or_default();
            format!("({name}{dn}:{rule}:={})", escaped(&matching.match_value))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_search_means_the_same_to_both(filter in filter(), size in 0..i32::MAX, types in any::<bool>()) {
        let text = translated(&filter);
        let request = LdapSearchRequest { filter, sizelimit: size, typesonly: types, ..search_request() };
        let (_, ours) = searched(Connection::clear().send(1, LdapOp::SearchRequest(request)));
        prop_assert_eq!(&ours.filter.to_string(), &text);
        prop_assert_eq!(text.parse::<Filter>().unwrap(), ours.filter);
        prop_assert_eq!(ours.size_limit, u32::try_from(size).unwrap());
        prop_assert_eq!(ours.types_only, types);
    }

    #[test]
    fn a_bind_means_the_same_to_both(dn in text(), password in text(), id in 1..i32::MAX) {
        let mut connection = Connection::clear();
        let commands = connection.send(id, bind_request(&dn, &password));
        let [Command::Ask(ticket, Question::Bind(request))] = &commands[..] else { panic!("{commands:?}") };
        prop_assert_eq!(request.dn.as_str(), dn);
        prop_assert_eq!(request.password.octets(), password.as_bytes());
        connection.succeed(*ticket);
        prop_assert_eq!(connection.read_result(), (id, 0, "bind"));
    }
}
