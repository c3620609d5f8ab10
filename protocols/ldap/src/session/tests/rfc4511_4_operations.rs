use super::*;
use ldap3_proto::proto::{
    LdapAddRequest, LdapCompareRequest, LdapModifyDNRequest, LdapModifyRequest,
};

#[test]
fn section_4_3_unbind_closes_without_an_answer() {
    let mut connection = Connection::clear();
    let octets = [encoded(1, LdapOp::UnbindRequest, vec![]), encoded(2, search(), vec![])].concat();
    let commands = connection.send_octets(&octets);
    assert!(matches!(commands[..], [Command::Close]));
    assert!(connection.read().is_empty());
    assert!(connection.commands().is_empty());
}

#[test]
fn sections_4_6_to_4_9_writes_are_refused_by_their_own_response() {
    let dn = || "uid=ada,dc=acme".to_owned();
    let rename =
        LdapModifyDNRequest { dn: dn(), newrdn: dn(), deleteoldrdn: true, new_superior: None };
    let writes = [
        (LdapOp::ModifyRequest(LdapModifyRequest { dn: dn(), changes: Vec::new() }), "modify"),
        (LdapOp::AddRequest(LdapAddRequest { dn: dn(), attributes: Vec::new() }), "add"),
        (LdapOp::DelRequest(dn()), "delete"),
        (LdapOp::ModifyDNRequest(rename), "modify DN"),
    ];
    let mut connection = Connection::clear();
    for (op, kind) in writes {
        assert!(connection.send(1, op).is_empty());
        assert_eq!(connection.read_result(), (1, 53, kind));
    }
    assert_eq!(connection.session.turned_away(), 4);
    assert_eq!(connection.send(2, search()).len(), 1);
    assert_eq!(connection.session.turned_away(), 0);
}

#[test]
fn section_4_10_a_compare_is_asked_and_answered_true_or_false() {
    let op =
        LdapCompareRequest { dn: "uid=ada".to_owned(), atype: "cn".to_owned(), val: vec![0xff, 0] };
    for (code, number) in [(ResultCode::CompareTrue, 6), (ResultCode::CompareFalse, 5)] {
        let mut connection = Connection::clear();
        let commands = connection.send(1, LdapOp::CompareRequest(op.clone()));
        let [Command::Ask(ticket, Question::Compare(request))] = &commands[..] else { panic!() };
        assert_eq!((request.entry.as_str(), request.attribute.as_str()), ("uid=ada", "cn"));
        assert_eq!(&request.value[..], [0xff, 0]);
        connection.answer(*ticket, Answer::Result(Outcome::code(code)));
        assert_eq!(connection.read_result(), (1, number, "compare"));
    }
}

#[test]
fn section_4_11_an_abandoned_search_gets_no_answer() {
    let mut connection = Connection::clear();
    let running = ticket(&connection.send(1, search()));
    assert!(connection.send(2, LdapOp::AbandonRequest(77)).is_empty());
    let commands = connection.send(3, LdapOp::AbandonRequest(1));
    assert!(matches!(commands[..], [Command::Abandoned(ticket)] if ticket == running));
    assert!(connection.session.entries(running).is_none());
    connection.succeed(running);
    assert!(connection.read().is_empty());
    assert!(connection.send(4, LdapOp::AbandonRequest(1)).is_empty());
}

#[test]
fn section_4_12_unknown_extended_operations_are_protocol_errors_and_the_connection_lives() {
    let mut connection = Connection::clear();
    for name in ["1.3.6.1.1.21.1", "1.2.3", ""] {
        assert!(connection.send(1, extended_request(name)).is_empty());
        assert_eq!(connection.read_result(), (1, 2, "extended"));
    }
    assert_eq!(connection.send(2, search()).len(), 1);
}

#[test]
fn rfc4532_who_am_i_is_answered_with_the_identity_or_nothing() {
    for name in ["", "dn:uid=ada,dc=acme"] {
        let mut connection = Connection::clear();
        let ticket = ticket(&connection.send(1, extended_request(crate::WHO_AM_I)));
        connection.answer(ticket, Answer::Identity(name.to_owned()));
        let messages = connection.read();
        let LdapOp::ExtendedResponse(response) = &messages[0].op else { panic!() };
        assert_eq!(response.name, None);
        assert_eq!(response.value.as_deref(), Some(name.as_bytes()));
    }
}

#[test]
fn section_4_14_start_tls_with_octets_in_clear_behind_it_ends_the_connection() {
    for behind in [encoded(2, search(), vec![]), vec![0x30]] {
        let mut connection = Connection::clear();
        let start_tls = encoded(1, extended_request(crate::START_TLS), vec![]);
        let commands = connection.send_octets(&[start_tls, behind].concat());
        assert!(matches!(commands[..], [Command::Close]), "{commands:?}");
        assert_eq!(connection.read_result(), (0, 2, "extended"));
    }
}

#[test]
fn section_4_14_start_tls_is_answered_and_nothing_is_read_until_tls_is_on() {
    let mut connection = Connection::clear();
    let commands = connection.send(1, extended_request(crate::START_TLS));
    assert!(matches!(commands[..], [Command::StartTls]), "{commands:?}");
    let messages = connection.read();
    let LdapOp::ExtendedResponse(response) = &messages[0].op else { panic!() };
    assert_eq!((number(&response.res), messages.len()), (0, 1));
    assert_eq!(response.name.as_deref(), Some(crate::START_TLS));
    assert!(connection.send(3, search()).is_empty());
    assert!(!connection.session.wants_input());
    connection.session.tls_established(connection.now);
    assert!(connection.commands().is_empty());
    assert_eq!(connection.send(4, search()).len(), 1);
}

#[test]
fn section_4_14_start_tls_lets_passwords_in() {
    let settings = Settings { cleartext_bind: CleartextBind::Refused, ..SETTINGS };
    let mut connection = Connection::new(settings, Security::Clear);
    connection.send(1, extended_request(crate::START_TLS));
    connection.session.tls_established(connection.now);
    let commands = connection.send(2, bind_request("uid=ada", "x"));
    assert!(matches!(commands[..], [Command::Ask(_, Question::Bind(_))]));
}

#[test]
fn section_4_14_1_start_tls_is_refused_inside_tls_beside_others_and_where_not_offered() {
    let start_tls = extended_request(crate::START_TLS);
    let mut inside = Connection::new(SETTINGS, Security::Tls);
    inside.send(1, start_tls.clone());
    assert_eq!(inside.read_result(), (1, 1, "extended"));
    assert_eq!(inside.send(2, search()).len(), 1);

    let mut beside = Connection::clear();
    let octets = [encoded(1, search(), vec![]), encoded(2, start_tls.clone(), vec![])].concat();
    beside.send_octets(&octets);
    assert_eq!(beside.read_result(), (2, 1, "extended"));

    let settings = Settings { start_tls: StartTls::Withheld, ..SETTINGS };
    let mut withheld = Connection::new(settings, Security::Clear);
    withheld.send(1, start_tls);
    assert_eq!(withheld.read_result(), (1, 2, "extended"));
}
