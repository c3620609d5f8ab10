//! SASL Binds: PLAIN (RFC 4616) and EXTERNAL (RFC 4422 appendix A).

use ldap3_proto::proto::SaslCredentials;

use super::*;

fn sasl(mechanism: &str, response: &[u8]) -> LdapOp {
    let credentials = SaslCredentials { mechanism: mechanism.into(), credentials: response.into() };
    let cred = LdapBindCred::SASL(credentials);
    LdapOp::BindRequest(LdapBindRequest { version: 3, dn: String::new(), cred })
}

/// A SASL Bind without an initial response.
fn unanswered(mechanism: &[u8]) -> Vec<u8> {
    let credentials = element(0xa3, &[&element(0x04, &[mechanism])]);
    message(1, &element(0x60, &[&[0x02, 0x01, 0x03], &element(0x04, &[]), &credentials]))
}

fn tls() -> Connection {
    Connection::new(SETTINGS, Security::Tls)
}

#[test]
fn plain_is_asked_for_as_it_was_sent_and_its_success_binds() {
    let mut connection = tls();
    let response = "dn:uid=ada,dc=acme\0uid=ada,dc=acme\0  wörd ".as_bytes();
    let mut commands = connection.send(1, sasl("PLAIN", response));
    let Some(Command::Ask(ticket, Question::Plain(request))) = commands.pop() else {
        panic!("{commands:?}")
    };
    assert_eq!(request.authorization.as_str(), "dn:uid=ada,dc=acme");
    assert_eq!(request.authentication.as_str(), "uid=ada,dc=acme");
    assert_eq!(request.password.octets(), "  wörd ".as_bytes());
    assert!(!format!("{request:?}").contains("wörd"));
    connection.succeed(ticket);
    assert_eq!(connection.read_result(), (1, 0, "bind"));
}

#[test]
fn plain_in_clear_is_refused_before_the_password_is_looked_at() {
    let mut connection = Connection::clear();
    for octets in [encoded(1, sasl("PLAIN", b"\0ada\0secret"), Vec::new()), unanswered(b"PLAIN")] {
        let commands = connection.send_octets(&octets);
        assert!(matches!(commands[..], [Command::Anonymous]), "{commands:?}");
        assert_eq!(connection.read_result(), (1, 13, "bind"));
    }
}

#[test]
fn a_client_that_waits_for_a_challenge_gets_an_empty_one() {
    let mut connection = tls();
    let commands = connection.send_octets(&unanswered(b"PLAIN"));
    assert!(matches!(commands[..], [Command::Anonymous]), "{commands:?}");
    match &connection.read()[..] {
        [LdapMsg { msgid: 1, op: LdapOp::BindResponse(response), .. }] => {
            assert_eq!(number(&response.res), 14);
            assert_eq!(response.saslcreds, Some(Vec::new()));
        }
        messages => panic!("{messages:?}"),
    }
    let commands = connection.send(2, sasl("PLAIN", b"\0ada\0secret"));
    assert!(matches!(commands[..], [Command::Ask(_, Question::Plain(_))]), "{commands:?}");
}

#[test]
fn a_response_that_does_not_follow_plain_proves_nothing() {
    let mut connection = tls();
    let responses: [&[u8]; 6] =
        [b"", b"ada", b"\0ada", b"\0ada\0", b"\0\0secret", b"\0ada\0secret\0more"];
    for response in responses {
        let commands = connection.send(1, sasl("PLAIN", response));
        assert!(matches!(commands[..], [Command::Anonymous]), "{response:?}: {commands:?}");
        assert_eq!(connection.read_result(), (1, 49, "bind"), "{response:?}");
    }
    let commands = connection.send(1, sasl("PLAIN", b"\0\xff\xfe\0secret"));
    assert!(matches!(commands[..], [Command::Anonymous]), "{commands:?}");
    assert_eq!(connection.read_result(), (1, 49, "bind"));
}

#[test]
fn external_is_asked_for_with_and_without_an_authorization_identity() {
    for (octets, expected) in [
        (unanswered(b"EXTERNAL"), ""),
        (encoded(1, sasl("EXTERNAL", b""), Vec::new()), ""),
        (encoded(1, sasl("EXTERNAL", b"dn:cn=app"), Vec::new()), "dn:cn=app"),
    ] {
        let mut connection = tls();
        let mut commands = connection.send_octets(&octets);
        let Some(Command::Ask(ticket, Question::External(request))) = commands.pop() else {
            panic!("{commands:?}")
        };
        assert_eq!(request.authorization.as_str(), expected);
        connection.answer(ticket, Answer::Result(Outcome::code(ResultCode::InvalidCredentials)));
        assert_eq!(connection.read_result(), (1, 49, "bind"));
    }
}

#[test]
fn other_mechanisms_are_not_supported_and_the_connection_lives() {
    let mut connection = tls();
    for mechanism in ["", "plain", "GSSAPI", "SCRAM-SHA-256", "DIGEST-MD5"] {
        let commands = connection.send(1, sasl(mechanism, b"x"));
        assert!(matches!(commands[..], [Command::Anonymous]), "{mechanism}: {commands:?}");
        assert_eq!(connection.read_result(), (1, 7, "bind"), "{mechanism}");
    }
    connection.bind();
}

#[test]
fn a_sasl_bind_makes_who_was_bound_anonymous_at_once() {
    let mut connection = tls();
    connection.bind();
    let commands = connection.send_octets(&unanswered(b"EXTERNAL"));
    assert!(matches!(commands[..], [Command::Ask(_, Question::External(_))]), "{commands:?}");
    // Nothing of the pipeline is looked at before it is answered.
    assert!(connection.send(2, search()).is_empty());
}
