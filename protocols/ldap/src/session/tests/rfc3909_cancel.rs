use super::*;

fn cancel(id: u8, cancelled: u8) -> Vec<u8> {
    let value = element(0x30, &[&[0x02, 0x01, cancelled]]);
    let name = element(0x80, &[crate::CANCEL.as_bytes()]);
    message(id, &element(0x77, &[&name, &element(0x81, &[&value])]))
}

/// The message IDs and codes of what the client reads, entries left out.
fn results(connection: &mut Connection) -> Vec<(i32, u8)> {
    let ended = |message: &LdapMsg| !matches!(message.op, LdapOp::SearchResultEntry(_));
    let messages = connection.read().into_iter().filter(ended);
    messages.map(|message| (message.msgid, number(result(&message.op).1))).collect()
}

#[test]
fn section_2_2_a_paused_search_ends_with_a_result_of_its_own() {
    let mut connection = Connection::clear();
    let (ticket, _) = searched(connection.send(7, search()));
    assert!(connection.give(ticket, &names(1000)).is_err(), "it fills the output");
    connection.answer(ticket, Answer::More);
    connection.send_octets(&cancel(8, 7));
    // The request waits behind the output, then is looked at beside the search.
    let mut all = results(&mut connection);
    let asked = connection.commands();
    let [Command::Ask(_, Question::Continue), Command::Abandoned(abandoned)] = asked[..] else {
        panic!("not a turn of the search, then its end: {asked:?}");
    };
    assert_eq!(abandoned, ticket);
    all.extend(results(&mut connection));
    assert_eq!(all, [(7, 118), (8, 0)]);
    assert!(connection.session.entries(ticket).is_none(), "nobody waits for its entries");
}

#[test]
fn section_3_what_is_over_or_never_was_cannot_be_cancelled() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(1, search()));
    connection.succeed(ticket);
    connection.read();
    for cancelled in [1, 9] {
        assert!(connection.send_octets(&cancel(2, cancelled)).is_empty());
        assert_eq!(connection.read_result(), (2, 119, "extended"));
    }
}

#[test]
fn section_3_only_a_search_can_be_cancelled() {
    let mut connection = Connection::clear();
    let asked = connection.send(1, extended_request(crate::WHO_AM_I));
    assert!(matches!(asked[..], [Command::Ask(_, Question::WhoAmI)]));
    assert!(connection.send_octets(&cancel(2, 1)).is_empty());
    assert_eq!(connection.read_result(), (2, 121, "extended"));
}

#[test]
fn section_2_1_a_value_that_names_no_operation_is_a_protocol_error() {
    let mut connection = Connection::clear();
    let name = element(0x80, &[crate::CANCEL.as_bytes()]);
    let zero = element(0x30, &[&[0x02, 0x01, 0x01], &[0x05, 0x00]]);
    for value in [&b""[..], b"x", &[0x02, 0x01, 0x01], &[zero, vec![0]].concat()] {
        let request = element(0x77, &[&name, &element(0x81, &[value])]);
        connection.send_octets(&message(3, &request));
        assert_eq!(connection.read_result(), (3, 2, "extended"), "{value:02x?}");
    }
    connection.send_octets(&message(4, &element(0x77, &[&name])));
    assert_eq!(connection.read_result(), (4, 2, "extended"));
}
