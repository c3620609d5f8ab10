//! The octets of entries, beside those that somebody else's encoder writes for the same entry.

use std::time::Duration;

use bytes::BytesMut;
use ldap::{CleartextBind, Command, Limits, Security, Session, Settings, StartTls};
use ldap3_proto::proto::{
    LdapDerefAliases, LdapFilter, LdapMsg, LdapOp, LdapPartialAttribute, LdapSearchRequest,
    LdapSearchResultEntry, LdapSearchScope,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// How an attribute is given to the writer.
#[derive(Clone, Copy, Debug)]
enum Way {
    One,
    All,
    Pushed,
    InParts(usize),
    Custom,
}

/// An attribute: its name, its values, how it is written.
type Told = (&'static str, Vec<Vec<u8>>, Way);

/// Lengths around those at which a length takes more octets.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        8 => 0..40_usize,
        4 => prop::sample::select(vec![100, 110, 120, 125, 126, 127, 128, 129, 250, 255, 256, 257]),
        1 => 65_500..65_560_usize,
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    (length(), any::<u8>()).prop_map(|(length, octet)| vec![octet; length])
}

fn told() -> impl Strategy<Value = Told> {
    let known =
        prop::sample::select(vec!["cn", "mail", "jpegPhoto", "memberOf", "createTimestamp"]);
    prop_oneof![
        2 => (known.clone(), value()).prop_map(|(name, value)| (name, vec![value], Way::One)),
        2 => (known.clone(), vec(value(), 1..4)).prop_map(|(name, values)| (name, values, Way::All)),
        1 => (known.clone(), vec(value(), 1..9)).prop_map(|(name, values)| (name, values, Way::Pushed)),
        1 => (known, vec(value(), 1..3), 0..70_usize)
            .prop_map(|(name, values, at)| (name, values, Way::InParts(at))),
        1 => vec(value(), 1..3).prop_map(|values| ("costCenter", values, Way::Custom)),
    ]
}

fn encoded(id: i32, op: LdapOp) -> Vec<u8> {
    let mut octets = BytesMut::new();
    let message = LdapMsg { msgid: id, op, ctrl: Vec::new() };
    ldap3_lber::write::encode_into(&mut octets, message.into()).unwrap();
    octets.to_vec()
}

/// What is written for an entry that a client asks for with this message ID.
fn written(id: i32, dn: &str, types_only: bool, attributes: &[Told]) -> Vec<u8> {
    let settings = Settings {
        limits: Limits::default(),
        start_tls: StartTls::Offered,
        cleartext_bind: CleartextBind::Allowed,
    };
    let mut session = Session::new(settings, Security::Clear, [7; 32], Duration::ZERO);
    let request = LdapSearchRequest {
        base: "dc=acme".to_owned(),
        scope: LdapSearchScope::Subtree,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: types_only,
        filter: LdapFilter::Present("objectClass".to_owned()),
        attrs: vec!["*".to_owned(), "+".to_owned()],
    };
    session.receive(&encoded(id, LdapOp::SearchRequest(request)), Duration::ZERO);
    let Some(Command::Ask(ticket, _)) = session.next() else { panic!("nothing is asked") };
    let mut writer = session.entries(ticket).unwrap();
    let done = writer.entry(dn, |entry| {
        for (name, values, way) in attributes {
            let kind = ldap::schema::attribute(name);
            match (way, kind) {
                (Way::One, Some(kind)) => entry.value(kind, &values[0]),
                (Way::All, Some(kind)) => entry.values(kind, values),
                (Way::Pushed, Some(kind)) => {
                    entry.with(kind, |set| values.iter().for_each(|value| set.push(value)));
                }
                (Way::InParts(at), Some(kind)) => entry.with(kind, |set| {
                    for value in values {
                        let (one, other) = value.split_at((*at).min(value.len()));
                        set.push_parts(&[one, b"", other]);
                    }
                }),
                (Way::Custom, None) => {
                    entry.custom(name, |set| values.iter().for_each(|value| set.push(value)));
                }
                (way, kind) => panic!("{name} by {way:?}: {kind:?}"),
            }
        }
    });
    assert_eq!(done, Ok(()));
    session.output().to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_entry_has_the_octets_that_somebody_else_writes(
        id in prop_oneof![1..200_i32, 1..i32::MAX],
        name in length(),
        types_only in any::<bool>(),
        attributes in vec(told(), 0..6),
    ) {
        let dn = format!("cn={},dc=acme", "x".repeat(name));
        let shown = attributes.iter().map(|(name, values, _)| LdapPartialAttribute {
            atype: (*name).to_owned(),
            vals: if types_only { Vec::new() } else { values.clone() },
        });
        let entry = LdapSearchResultEntry { dn: dn.clone(), attributes: shown.collect() };
        let theirs = encoded(id, LdapOp::SearchResultEntry(entry));
        prop_assert!(written(id, &dn, types_only, &attributes) == theirs, "{attributes:?}");
    }
}
