use super::*;
use ldap3_proto::proto::SaslCredentials;

/// A bind whose answer the session knows by itself; whoever was bound is anonymous.
fn refused(connection: &mut Connection, op: LdapOp) -> u8 {
    let commands = connection.send(2, op);
    assert!(matches!(commands[..], [Command::Anonymous]), "{commands:?}");
    let (id, code, kind) = connection.read_result();
    assert_eq!((id, kind), (2, "bind"));
    code
}

#[test]
fn a_name_and_a_password_are_asked_for_exactly_as_sent() {
    let mut connection = Connection::clear();
    let password = "  Pass\0wörd \u{200b}";
    let mut commands = connection.send(1, bind_request("UID=Ada , dc=acme", password));
    let Some(Command::Ask(ticket, Question::Bind(request))) = commands.pop() else { panic!() };
    assert_eq!(request.dn.as_str(), "UID=Ada , dc=acme");
    assert_eq!(request.password.octets(), password.as_bytes());
    assert!(!format!("{request:?}").contains("Pass"));
    connection.succeed(ticket);
    assert_eq!(connection.read_result(), (1, 0, "bind"));
}

#[test]
fn a_password_may_be_any_octets() {
    let bind = element(
        0x60,
        &[&[0x02, 0x01, 0x03], &element(0x04, &[b"cn=x"]), &element(0x80, &[b"\xff\xfe\x00"])],
    );
    let commands = Connection::clear().send_octets(&message(1, &bind));
    let [Command::Ask(_, Question::Bind(request))] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(request.password.octets(), b"\xff\xfe\x00");
}

#[test]
fn wrong_passwords_are_answered_as_the_directory_says() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(1, bind_request("uid=ada", "wrong")));
    connection.answer(ticket, Answer::Result(Outcome::code(ResultCode::InvalidCredentials)));
    assert_eq!(connection.read_result(), (1, 49, "bind"));
}

#[test]
fn a_version_other_than_3_is_a_protocol_error() {
    for version in [2, 4, 127] {
        let cred = LdapBindCred::Simple("x".to_owned());
        let op = LdapOp::BindRequest(LdapBindRequest { version, dn: "uid=ada".to_owned(), cred });
        assert_eq!(refused(&mut Connection::clear(), op), 2);
    }
}

#[test]
fn sasl_and_unknown_choices_are_not_supported_and_the_connection_lives() {
    let sasl = SaslCredentials { mechanism: "GSS-SPNEGO".to_owned(), credentials: vec![1, 2, 3] };
    let mut connection = Connection::clear();
    let cred = LdapBindCred::SASL(sasl);
    let op = LdapOp::BindRequest(LdapBindRequest { version: 3, dn: String::new(), cred });
    assert_eq!(refused(&mut connection, op), 7);
    let bind = element(0x60, &[&[0x02, 0x01, 0x03], &[0x04, 0x00], &[0x85, 0x01, 0x41]]);
    connection.send_octets(&message(3, &bind));
    assert_eq!(connection.read_result(), (3, 7, "bind"));
    connection.bind();
}

#[test]
fn rfc4513_5_1_1_an_anonymous_bind_succeeds_and_drops_the_identity() {
    let mut connection = Connection::clear();
    connection.bind();
    assert_eq!(refused(&mut connection, bind_request("", "")), 0);
}

#[test]
fn rfc4513_5_1_2_a_name_without_a_password_is_refused_and_drops_the_identity() {
    let mut connection = Connection::clear();
    connection.bind();
    assert_eq!(refused(&mut connection, bind_request("uid=ada,dc=acme", "")), 53);
}

#[test]
fn a_password_without_a_name_is_wrong() {
    assert_eq!(refused(&mut Connection::clear(), bind_request("", "secret")), 49);
}

#[test]
fn a_name_that_is_not_utf8_is_no_dn() {
    let bind =
        element(0x60, &[&[0x02, 0x01, 0x03], &element(0x04, &[b"\xff"]), &element(0x80, &[b"x"])]);
    let mut connection = Connection::clear();
    connection.send_octets(&message(1, &bind));
    assert_eq!(connection.read_result(), (1, 34, "bind"));
}

#[test]
fn rfc4513_6_3_2_a_password_in_clear_is_refused_before_anybody_looks_at_it() {
    let settings = Settings { cleartext_bind: CleartextBind::Refused, ..SETTINGS };
    let mut connection = Connection::new(settings, Security::Clear);
    assert_eq!(refused(&mut connection, bind_request("uid=ada", "secret")), 13);
    assert_eq!(connection.session.missed(), [crate::Missed::Protection("uid=ada".to_owned())]);
    let long = format!("uid={}", "x".repeat(2_000));
    assert_eq!(refused(&mut connection, bind_request(&long, "secret")), 13);
    assert_eq!(refused(&mut connection, bind_request("uid=ada", "")), 13);
    assert_eq!(connection.session.missed(), []);
    assert_eq!(refused(&mut connection, bind_request("", "")), 0);
    let mut connection = Connection::new(settings, Security::Tls);
    assert_eq!(connection.send(1, bind_request("uid=ada", "secret")).len(), 1);
}

#[test]
fn section_4_2_1_what_follows_a_bind_waits_for_its_answer() {
    let mut connection = Connection::clear();
    let octets =
        [encoded(1, bind_request("uid=ada", "x"), vec![]), encoded(2, search(), vec![])].concat();
    let binding = ticket(&connection.send_octets(&octets));
    assert!(connection.commands().is_empty());
    connection.succeed(binding);
    let searching = ticket(&connection.commands());
    connection.succeed(searching);
    let ids: Vec<i32> = connection.read().iter().map(|message| message.msgid).collect();
    assert_eq!(ids, [1, 2]);
}

#[test]
fn section_4_2_1_what_follows_a_bind_is_measured_by_its_success() {
    let request = LdapSearchRequest { base: "x".repeat(100_000), ..search_request() };
    let large = encoded(2, LdapOp::SearchRequest(request), vec![]);
    let octets = [encoded(1, bind_request("uid=ada", "x"), vec![]), large].concat();
    for (code, follows) in [(ResultCode::Success, true), (ResultCode::InvalidCredentials, false)] {
        let mut connection = Connection::clear();
        let binding = ticket(&connection.send_octets(&octets));
        connection.answer(binding, Answer::Result(Outcome::code(code)));
        let commands = connection.commands();
        assert_eq!(matches!(commands[..], [Command::Ask(..)]), follows, "{commands:?}");
    }
}

#[test]
fn section_4_2_1_what_runs_when_a_bind_comes_is_abandoned() {
    let mut connection = Connection::clear();
    let searching = ticket(&connection.send(1, search()));
    let commands = connection.send(2, bind_request("uid=ada", "x"));
    let [Command::Abandoned(abandoned), Command::Ask(binding, Question::Bind(_))] = commands[..]
    else {
        panic!("{commands:?}")
    };
    assert_eq!(abandoned, searching);
    assert!(connection.session.entries(searching).is_none());
    connection.succeed(searching);
    connection.succeed(binding);
    assert_eq!(connection.read_result(), (2, 0, "bind"));
}

#[test]
fn the_password_policy_control_of_sssd_is_taken_though_critical() {
    let control = LdapControl::PasswordPolicyRequest { criticality: true };
    let commands = Connection::clear().send_with(1, bind_request("uid=ada", "x"), vec![control]);
    assert!(matches!(commands[..], [Command::Ask(_, Question::Bind(_))]));
}

/// A control that nobody knows.
fn unknown(oid: &str, criticality: bool) -> LdapControl {
    LdapControl::Unknown { oid: oid.to_owned(), criticality, value: None }
}

#[test]
fn a_control_that_is_not_known_is_told_once_it_is_known_whose_it_is() {
    use crate::Missed;
    let mut connection = Connection::clear();
    for (code, told) in [
        (ResultCode::InvalidCredentials, &[][..]),
        (ResultCode::Success, &[Missed::Control("1.2.3".to_owned())]),
    ] {
        let beside = vec![unknown("1.2.3", false)];
        let asked = connection.send_with(1, bind_request("uid=ada", "x"), beside);
        assert_eq!(connection.session.missed(), [], "nobody knows whose it is");
        connection.answer(ticket(&asked), Answer::Result(Outcome::code(code)));
        assert_eq!(connection.session.missed(), told, "{code:?}");
        connection.read();
    }
    // What came beside one Bind is not told of the next.
    for anonymous in [unknown("1.2.4", false), unknown("1.2.4", true)] {
        connection.send_with(1, bind_request("", ""), vec![anonymous]);
        connection.bind();
        assert_eq!(connection.session.missed(), []);
    }
}

#[test]
fn who_is_refused_for_a_critical_control_is_told_of_by_name() {
    use crate::Missed;
    let mut connection = Connection::clear();
    let mut told = |dn: &str| {
        let beside = vec![unknown("1.2.3", false), unknown("1.2.4", true)];
        let asked = connection.send_with(2, bind_request(dn, "secret"), beside);
        assert!(matches!(asked[..], [Command::Anonymous]), "{asked:?}");
        assert_eq!(connection.read_result(), (2, 12, "bind"));
        connection.session.missed()
    };
    let numbers = vec!["1.2.3".to_owned(), "1.2.4".to_owned()];
    assert_eq!(told("uid=ada"), [Missed::Refused("uid=ada".to_owned(), numbers)]);
    assert_eq!(told(""), []);
    assert_eq!(told(&format!("uid={}", "x".repeat(2_000))), []);
}
