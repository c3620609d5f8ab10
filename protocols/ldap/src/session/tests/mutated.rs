//! Octets that nobody should send.

use super::*;
use proptest::prelude::*;

/// Requests of every kind.
fn requests() -> Vec<Vec<u8>> {
    let filter =
        "(&(uid=ada)(objectClass=*)(!(cn=a*b*c))(|(x>=1)(y<=2)(z~=3))(cn:dn:caseIgnoreMatch:=q))";
    let request = LdapSearchRequest {
        filter: ldap3_proto::parse_ldap_filter_str(filter).unwrap(),
        attrs: vec!["*".to_owned(), "+".to_owned(), "cn;x-y".to_owned()],
        ..search_request()
    };
    let paged = LdapControl::SimplePagedResults { size: 3, cookie: vec![1; 60] };
    let compare = ldap3_proto::proto::LdapCompareRequest {
        dn: "uid=ada".to_owned(),
        atype: "cn".to_owned(),
        val: b"x".to_vec(),
    };
    vec![
        encoded(1, bind_request("uid=ada,dc=acme", "secret"), Vec::new()),
        encoded(2, LdapOp::SearchRequest(request), vec![paged]),
        encoded(3, LdapOp::CompareRequest(compare), Vec::new()),
        encoded(4, extended_request(crate::WHO_AM_I), Vec::new()),
        encoded(5, LdapOp::AbandonRequest(2), Vec::new()),
        encoded(6, LdapOp::DelRequest("uid=ada".to_owned()), Vec::new()),
        encoded(7, extended_request(crate::START_TLS), Vec::new()),
    ]
}

/// Serves whatever comes, and counts: the session asks, answers and ends, and does not grow.
fn survives(chunks: &[&[u8]]) {
    let mut connection = Connection::clear();
    for chunk in chunks {
        connection.session.receive(chunk, connection.now);
        while let Some(command) = connection.session.next() {
            match command {
                Command::Ask(ticket, Question::Search(request)) => {
                    assert!(!request.filter.to_string().is_empty());
                    let _ = connection.give(ticket, &names(3));
                    connection.succeed(ticket);
                }
                Command::Ask(ticket, _) => connection.succeed(ticket),
                Command::Close => {
                    assert!(connection.commands().is_empty());
                    return;
                }
                Command::StartTls => connection.session.tls_established(connection.now),
                Command::Anonymous | Command::Abandoned(_) => {}
            }
        }
        connection.read();
        assert!(connection.session.output().len() < 100_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_requests_are_survived(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut octets = requests().concat();
        for (place, octet, kind) in edits {
            let place = place.index(octets.len());
            match kind {
                0 => octets[place] = octet,
                1 => octets.insert(place, octet),
                _ => { octets.remove(place); }
            }
        }
        let (first, second) = octets.split_at(cut.index(octets.len()));
        survives(&[first, second]);
    }

    #[test]
    fn each_mutated_request_is_survived_alone(
        which in 0..7_usize,
        place in any::<prop::sample::Index>(),
        octet in any::<u8>(),
    ) {
        let mut octets = requests().swap_remove(which);
        let place = place.index(octets.len());
        octets[place] = octet;
        survives(&[&octets]);
    }

    #[test]
    fn any_octets_are_survived(octets in prop::collection::vec(any::<u8>(), 0..64)) {
        survives(&[&octets]);
        survives(&[&element(0x30, &[&[2, 1, 1], &element(0x63, &[&octets])])]);
    }
}
