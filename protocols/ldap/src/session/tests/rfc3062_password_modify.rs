//! RFC 3062 and the Modify of `userPassword`: what the directory is asked, and what the client reads.

use super::*;
use crate::{
    MadePassword, Password, PasswordChange, PasswordError, PasswordNotice, PasswordWarning,
};

const MODIFY: u8 = 0x66;
const MODIFY_RESPONSE: u8 = 0x67;
const EXTENDED: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
const DN: &[u8] = b"uid=ada,ou=people,dc=acme";

fn octets(text: &[u8]) -> Vec<u8> {
    element(0x04, &[text])
}

/// A change of one attribute.
fn one(manner: u8, kind: &[u8], values: &[&[u8]]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| octets(value)).collect();
    let attribute = element(0x30, &[&octets(kind), &element(0x31, &[&values])]);
    element(0x30, &[&[0x0a, 1, manner], &attribute])
}

fn modify(changes: &[Vec<u8>]) -> Vec<u8> {
    element(MODIFY, &[&octets(DN), &element(0x30, &[&changes.concat()])])
}

fn password_modify(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let fields: Vec<u8> = fields.iter().flat_map(|(tag, field)| element(*tag, &[field])).collect();
    let name = element(0x80, &[crate::PASSWORD_MODIFY.as_bytes()]);
    element(EXTENDED, &[&name, &element(0x81, &[&element(0x30, &[&fields])])])
}

/// The message with the request control of password policies.
fn noticed(operation: &[u8]) -> Vec<u8> {
    let control = element(0x30, &[&octets(crate::control::PASSWORD_POLICY.as_bytes())]);
    element(0x30, &[&[0x02, 0x01, 2], operation, &element(0xa0, &[&control])])
}

/// The response with a control of that value.
fn response(tag: u8, code: u8, words: &str, value: &[u8]) -> Vec<u8> {
    let result = element(tag, &[&[0x0a, 1, code, 0x04, 0], &octets(words.as_bytes())]);
    let oid = octets(crate::control::PASSWORD_POLICY.as_bytes());
    let control = element(0x30, &[&oid, &octets(value)]);
    element(0x30, &[&[0x02, 0x01, 2], &result, &element(0xa0, &[&control])])
}

/// The change that is asked for.
fn asked(commands: Vec<Command>) -> (Ticket, PasswordChange) {
    match commands.into_iter().next() {
        Some(Command::Ask(ticket, Question::ChangePassword(change))) => (ticket, change),
        other => panic!("not a change: {other:?}"),
    }
}

fn told(change: &PasswordChange) -> [Option<&[u8]>; 3] {
    let user = change.user.as_ref().map(|user| user.as_bytes());
    [user, change.old.as_ref().map(Password::octets), change.new.as_ref().map(Password::octets)]
}

#[test]
fn every_field_of_a_password_modify_may_be_absent() {
    let mut connection = Connection::clear();
    let all: &[(u8, &[u8])] = &[(0x80, DN), (0x81, b"old"), (0x82, b"new")];
    let (_, change) = asked(connection.send_octets(&message(2, &password_modify(all))));
    assert_eq!(told(&change), [Some(DN), Some(b"old".as_slice()), Some(b"new".as_slice())]);
    let (_, change) = asked(connection.send_octets(&message(3, &password_modify(&[]))));
    assert_eq!(told(&change), [None; 3]);
    let without_value = element(EXTENDED, &[&element(0x80, &[crate::PASSWORD_MODIFY.as_bytes()])]);
    let (_, change) = asked(connection.send_octets(&message(4, &without_value)));
    assert_eq!(told(&change), [None; 3]);
}

#[test]
fn a_password_that_was_made_comes_back_in_the_value() {
    let mut connection = Connection::clear();
    let (ticket, _) = asked(connection.send_octets(&message(2, &password_modify(&[]))));
    connection.answer(ticket, Answer::Password(MadePassword(Password::new(b"made up"))));
    let value = element(0x30, &[&element(0x80, &[b"made up"])]);
    let result = [&[0x0a, 1, 0, 0x04, 0, 0x04, 0][..], &element(0x8b, &[&value])].concat();
    let expected = message(2, &element(EXTENDED_RESPONSE, &[&result]));
    assert_eq!(connection.session.output().split().to_vec(), expected);
}

#[test]
fn a_modify_replaces_the_password_or_deletes_the_old_and_adds_the_new() {
    let mut connection = Connection::clear();
    let kind = b"userpassword".as_slice();
    type Manner<'a> = (&'a [Vec<u8>], Option<&'a [u8]>);
    let manners: [Manner<'_>; 5] = [
        (&[one(2, kind, &[b"new"])], None),
        (&[one(2, b"2.5.4.35", &[b"new"])], None),
        (&[one(1, kind, &[b"old"]), one(0, kind, &[b"new"])], Some(b"old")),
        (&[one(0, kind, &[b"new"]), one(1, kind, &[b"old"])], Some(b"old")),
        (&[one(1, kind, &[]), one(0, kind, &[b"new"])], None),
    ];
    for (changes, old) in manners {
        let (ticket, change) = asked(connection.send_octets(&message(2, &modify(changes))));
        assert_eq!(told(&change), [Some(DN), old, Some(b"new".as_slice())]);
        connection.answer(ticket, Answer::Noticed(Outcome::success(), PasswordNotice::NOTHING));
        assert_eq!(connection.read_result(), (2, 0, "modify"));
    }
}

#[test]
fn whatever_else_a_modify_would_change_is_refused_with_a_sentence() {
    let mut connection = Connection::clear();
    let kind = b"userPassword".as_slice();
    let refused: [(&[Vec<u8>], u8); 12] = [
        (&[one(2, b"mail", &[b"new"])], 53),
        (&[one(2, kind, &[b"new"]), one(2, b"mail", &[b"new"])], 53),
        (&[one(2, b"userPassword;x", &[b"new"])], 53),
        (&[one(2, kind, &[])], 53),
        (&[one(2, kind, &[b"one", b"two"])], 53),
        (&[one(1, kind, &[b"old"])], 53),
        (&[one(0, kind, &[b"new"])], 53),
        (&[one(2, kind, &[b"new"]), one(2, kind, &[b"new"])], 53),
        (&[one(3, kind, &[b"1"])], 53),
        (&[one(4, kind, &[b"1"])], 2),
        (&[one(9, b"mail", &[b"1"])], 2),
        (&[one(2, kind, &[b""])], 19),
    ];
    for (changes, code) in refused {
        assert!(connection.send_octets(&message(2, &modify(changes))).is_empty());
        let messages = connection.read();
        let (_, result) = result(&messages[0].op);
        assert_eq!(number(result), code, "{changes:?}");
        assert!(!result.message.is_empty());
    }
    assert!(connection.send_octets(&message(2, &element(MODIFY, &[&octets(DN)]))).is_empty());
    assert_eq!(connection.read_result(), (2, 2, "modify"));
}

#[test]
fn no_password_is_taken_in_clear_where_binds_are_not() {
    let settings = Settings { cleartext_bind: CleartextBind::Refused, ..SETTINGS };
    let requests =
        [password_modify(&[(0x82, b"new")]), modify(&[one(2, b"userPassword", &[b"new"])])];
    let mut connection = Connection::new(settings, Security::Clear);
    for (request, kind) in requests.iter().zip(["extended", "modify"]) {
        assert!(connection.send_octets(&message(2, request)).is_empty());
        assert_eq!(connection.read_result(), (2, 13, kind));
    }
    let mut connection = Connection::new(settings, Security::Tls);
    for request in requests {
        asked(connection.send_octets(&message(2, &request)));
    }
}

#[test]
fn malformed_values_are_protocol_errors_and_empty_passwords_none() {
    let mut connection = Connection::clear();
    for (fields, code) in [
        (&[(0x82, b"new".as_slice()), (0x81, b"old")][..], 2),
        (&[(0x83, b"x")], 2),
        (&[(0x80, b"\xff")], 34),
        (&[(0x82, b"")], 19),
    ] {
        assert!(connection.send_octets(&message(2, &password_modify(fields))).is_empty());
        assert_eq!(connection.read_result(), (2, code, "extended"), "{fields:?}");
    }
}

#[test]
fn the_policy_speaks_to_clients_that_ask_and_to_no_others() {
    let mut connection = Connection::clear();
    let bind = element(0x60, &[&[0x02, 1, 3], &octets(DN), &element(0x80, &[b"secret"])]);
    let seconds = PasswordNotice::warning(PasswordWarning::TimeBeforeExpiration(60));
    let first = ticket(&connection.send_octets(&noticed(&bind)));
    connection.answer(first, Answer::Noticed(Outcome::success(), seconds));
    let expected = response(0x61, 0, "", &[0x30, 5, 0xa0, 3, 0x80, 1, 60]);
    assert_eq!(connection.session.output().split().to_vec(), expected);

    let history = PasswordNotice::error(PasswordError::PasswordInHistory);
    let refused = Outcome::new(ResultCode::ConstraintViolation, "no");
    let requests = [
        (password_modify(&[(0x82, b"new")]), EXTENDED_RESPONSE),
        (modify(&[one(2, b"userPassword", &[b"new"])]), MODIFY_RESPONSE),
    ];
    for (request, tag) in requests {
        let (ticket, _) = asked(connection.send_octets(&noticed(&request)));
        connection.answer(ticket, Answer::Noticed(refused.clone(), history));
        let expected = response(tag, 19, "no", &[0x30, 3, 0x81, 1, 8]);
        assert_eq!(connection.session.output().split().to_vec(), expected);

        let (ticket, _) = asked(connection.send_octets(&message(2, &request)));
        connection.answer(ticket, Answer::Noticed(refused.clone(), history));
        let without = element(tag, &[&[0x0a, 1, 19, 0x04, 0], &octets(b"no")]);
        assert_eq!(connection.session.output().split().to_vec(), message(2, &without));
    }
}

#[test]
fn rfc4511_4_2_1_a_bind_waits_for_the_change_before_it_and_nothing_hangs() {
    let bind = encoded(9, bind_request("uid=ada", "new"), vec![]);
    let changes =
        [password_modify(&[(0x82, b"new")]), modify(&[one(2, b"userPassword", &[b"new"])])];
    for (change, kind) in changes.iter().zip(["extended", "modify"]) {
        let both = [message(2, change), bind.clone()].concat();
        let mut connection = Connection::clear();
        let (changing, _) = asked(connection.send_octets(&both));
        assert!(connection.commands().is_empty());
        assert!(connection.session.deadline().is_none());
        connection.answer(changing, Answer::Noticed(Outcome::success(), PasswordNotice::NOTHING));
        let binding = ticket(&connection.commands());
        assert_eq!(connection.read_result(), (2, 0, kind));
        connection.succeed(binding);
        assert_eq!(connection.read_result(), (9, 0, "bind"));
    }
    // An Abandon before the Bind lets it through at once.
    let abandon = message(3, &[0x50, 0x01, 0x02]);
    let all = [message(2, &changes[0]), abandon, bind.clone()].concat();
    let commands = Connection::clear().send_octets(&all);
    let [
        Command::Ask(changing, _),
        Command::Abandoned(abandoned),
        Command::Ask(_, Question::Bind(_)),
    ] = commands[..]
    else {
        panic!("{commands:?}")
    };
    assert_eq!(abandoned, changing);
    // A client that goes on sending behind it is not read for ever.
    let mut connection = Connection::clear();
    asked(connection.send_octets(&[message(2, &changes[1]), bind].concat()));
    assert!(connection.session.wants_input());
    assert!(connection.send_octets(&[0x30; 64 << 10]).is_empty());
    assert!(!connection.session.wants_input());
}
