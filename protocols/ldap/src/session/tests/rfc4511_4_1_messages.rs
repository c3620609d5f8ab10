use super::*;

/// A Notice of Disconnection was sent and the connection ends; nothing comes after it.
fn assert_disconnected(mut connection: Connection, commands: &[Command], code: ResultCode) {
    assert!(matches!(commands, [.., Command::Close]), "{commands:?}");
    assert_eq!(connection.read_result(), (0, u8::try_from(code.number()).unwrap(), "extended"));
    assert!(connection.send(9, search()).is_empty());
    assert!(!connection.session.wants_input());
    assert!(connection.session.deadline().is_none());
}

#[test]
fn what_is_no_ldap_message_is_disconnected_at_once() {
    for garbage in [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01", b"G", b"\x00"] {
        let mut connection = Connection::clear();
        let commands = connection.send_octets(garbage);
        assert_disconnected(connection, &commands, ResultCode::ProtocolError);
    }
}

#[test]
fn the_notice_of_disconnection_carries_its_name() {
    let mut connection = Connection::clear();
    connection.send_octets(b"x");
    let messages = connection.read();
    let LdapOp::ExtendedResponse(response) = &messages[0].op else { panic!("{messages:?}") };
    assert_eq!(response.name.as_deref(), Some("1.3.6.1.4.1.1466.20036"));
}

#[test]
fn indefinite_and_very_long_lengths_are_refused_at_the_header() {
    let headers =
        [&[0x30, 0x80][..], &[0x30, 0x85, 0, 0, 0, 0, 5], &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]];
    for header in headers {
        let mut connection = Connection::clear();
        let commands = connection.send_octets(header);
        assert_disconnected(connection, &commands, ResultCode::ProtocolError);
    }
}

#[test]
fn a_larger_message_is_taken_once_bound() {
    let header = [0x30, 0x83, 0x02, 0x00, 0x00];
    let mut connection = Connection::clear();
    let commands = connection.send_octets(&header);
    assert!(matches!(commands[..], [Command::Close]));
    let mut connection = Connection::clear();
    connection.bind();
    assert!(connection.send_octets(&header).is_empty());
    assert!(connection.session.wants_input());
}

#[test]
fn lengths_of_one_to_four_octets_are_accepted() {
    // A WhoAmI as Windows would send it, and with every other width of length.
    let name = crate::WHO_AM_I.as_bytes();
    let size = u8::try_from(name.len()).unwrap();
    for width in 1..=4_u8 {
        let long = |tag: u8, content: &[u8]| {
            let mut octets = vec![tag, 0x80 | width];
            octets.resize(usize::from(width) + 1, 0);
            octets.push(u8::try_from(content.len()).unwrap());
            [&octets, content].concat()
        };
        assert_eq!(long(0x80, name)[usize::from(width) + 1], size);
        let operation = long(0x77, &long(0x80, name));
        let octets = long(0x30, &[long(0x02, &[5]), operation].concat());
        let commands = Connection::clear().send_octets(&octets);
        assert!(
            matches!(commands[..], [Command::Ask(_, Question::WhoAmI)]),
            "{width}: {commands:?}"
        );
    }
}

#[test]
fn message_ids_are_from_1_to_2_31_minus_1() {
    let whoami = element(0x77, &[&element(0x80, &[crate::WHO_AM_I.as_bytes()])]);
    let ids = [
        (&[0x02, 0x01, 0x00][..], false),
        (&[0x02, 0x01, 0xff], false),
        (&[0x02, 0x00], false),
        (&[0x02, 0x04, 0x80, 0, 0, 0], false),
        (&[0x02, 0x05, 0x01, 0, 0, 0, 5], false),
        (&[0x02, 0x04, 0x7f, 0xff, 0xff, 0xff], true),
        (&[0x02, 0x01, 0x01], true),
    ];
    for (id, taken) in ids {
        let mut connection = Connection::clear();
        let commands = connection.send_octets(&element(0x30, &[id, &whoami]));
        if taken {
            assert!(matches!(commands[..], [Command::Ask(_, Question::WhoAmI)]), "{id:?}");
        } else {
            assert_disconnected(connection, &commands, ResultCode::ProtocolError);
        }
    }
}

#[test]
fn the_largest_message_id_is_answered_with_itself() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(i32::MAX, search()));
    connection.succeed(ticket);
    assert_eq!(connection.read_result(), (i32::MAX, 0, "search"));
}

#[test]
fn unknown_operations_and_responses_from_a_client_are_disconnected() {
    let result = [&[0x0a, 0x01, 0x00][..], &[0x04, 0x00], &[0x04, 0x00]].concat();
    for tag in [0x61, 0x64, 0x65, 0x78, 0x79, 0x7e, 0x30, 0x5f] {
        let mut connection = Connection::clear();
        let commands = connection.send_octets(&message(1, &element(tag, &[&result])));
        assert_disconnected(connection, &commands, ResultCode::ProtocolError);
    }
}

#[test]
fn a_malformed_body_is_answered_by_its_own_response_and_the_connection_lives() {
    let mut connection = Connection::clear();
    for (tag, kind) in [(0x63, "search"), (0x6e, "compare"), (0x77, "extended"), (0x60, "bind")] {
        // The inner length reaches beyond the outer one.
        connection.send_octets(&message(4, &element(tag, &[&[0x04, 0x20, 0x41]])));
        assert_eq!(connection.read_result(), (4, 2, kind));
    }
    assert!(matches!(connection.send(5, search())[..], [Command::Ask(..)]));
}

#[test]
fn an_operation_that_reaches_beyond_its_message_is_disconnected() {
    let mut connection = Connection::clear();
    let commands = connection.send_octets(&[0x30, 0x05, 0x02, 0x01, 0x01, 0x63, 0x10, 0, 0, 0, 0]);
    assert_disconnected(connection, &commands, ResultCode::ProtocolError);
}

#[test]
fn elements_behind_the_known_ones_are_ignored() {
    let whoami =
        element(0x77, &[&element(0x80, &[crate::WHO_AM_I.as_bytes()]), &[0x8f, 0x01, 0x41]]);
    let octets = element(
        0x30,
        &[&[0x02, 0x01, 0x01], &whoami, &element(0xa0, &[]), &[0xa5, 0x02, 0x04, 0x00]],
    );
    let commands = Connection::clear().send_octets(&octets);
    assert!(matches!(commands[..], [Command::Ask(_, Question::WhoAmI)]), "{commands:?}");
}

#[test]
fn one_octet_at_a_time_makes_the_same_request() {
    let mut connection = Connection::clear();
    let octets = encoded(3, search(), Vec::new());
    let (last, before) = octets.split_last().unwrap();
    for octet in before {
        assert!(connection.send_octets(&[*octet]).is_empty());
    }
    assert!(matches!(connection.send_octets(&[*last])[..], [Command::Ask(..)]));
}

#[test]
fn section_3_1_a_pipeline_is_asked_in_order_and_answered_in_any() {
    let mut connection = Connection::clear();
    let octets = [1, 2, 3].map(|id| encoded(id, search(), Vec::new())).concat();
    let commands = connection.send_octets(&octets);
    let tickets: Vec<Ticket> =
        commands.iter().map(|command| ticket(std::slice::from_ref(command))).collect();
    for position in [1, 2, 0] {
        connection.succeed(tickets[position]);
    }
    let ids: Vec<i32> = connection.read().iter().map(|message| message.msgid).collect();
    assert_eq!(ids, [2, 3, 1]);
}

#[test]
fn section_4_1_11_unknown_critical_controls_stop_every_operation() {
    let control =
        |criticality| LdapControl::Unknown { oid: "1.2.3.4".to_owned(), criticality, value: None };
    let whoami = extended_request(crate::WHO_AM_I);
    for (op, kind) in [
        (search(), "search"),
        (bind_request("uid=ada", "x"), "bind"),
        (whoami, "extended"),
        (LdapOp::DelRequest("uid=ada".to_owned()), "delete"),
    ] {
        let mut connection = Connection::clear();
        let commands = connection.send_with(2, op.clone(), vec![control(true)]);
        assert!(
            commands.iter().all(|command| matches!(command, Command::Anonymous)),
            "{commands:?}"
        );
        assert_eq!(connection.read_result(), (2, 12, kind));
        let commands = connection.send_with(3, op, vec![control(false)]);
        assert_eq!(commands.len(), usize::from(kind != "delete"), "{commands:?}");
    }
}

#[test]
fn section_4_1_11_criticality_on_unbind_is_ignored() {
    let control =
        LdapControl::Unknown { oid: "1.2.3.4".to_owned(), criticality: true, value: None };
    let mut connection = Connection::clear();
    let commands = connection.send_with(1, LdapOp::UnbindRequest, vec![control]);
    assert!(matches!(commands[..], [Command::Close]));
    assert!(connection.read().is_empty());
}

#[test]
fn section_4_1_11_an_abandon_with_an_unknown_critical_control_is_not_carried_out() {
    let control =
        |criticality| LdapControl::Unknown { oid: "1.2.3.4".to_owned(), criticality, value: None };
    let mut connection = Connection::clear();
    let running = ticket(&connection.send(1, search()));
    assert!(connection.send_with(2, LdapOp::AbandonRequest(1), vec![control(true)]).is_empty());
    assert!(connection.read().is_empty(), "an Abandon is never answered");
    let commands = connection.send_with(3, LdapOp::AbandonRequest(1), vec![control(false)]);
    assert!(matches!(commands[..], [Command::Abandoned(ticket)] if ticket == running));
    assert!(connection.read().is_empty());
}

#[test]
fn section_4_1_11_whatever_else_is_wrong_an_unknown_critical_control_stops_an_abandon() {
    let control = |oid: &str, criticality: u8| {
        element(0x30, &[&element(0x04, &[oid.as_bytes()]), &[0x01, 0x01, criticality]])
    };
    let critical = control("1.2.3.4", 0xff);
    let plain = control("1.2.3.5", 0x00);
    let many: Vec<u8> =
        (0..40).flat_map(|number| control(&format!("1.2.4.{number}"), 0x00)).collect();
    let deep = (0..50).fold(Vec::<u8>::new(), |inner, _| element(0x30, &[&inner]));
    let value = element(0x04, &[&b"\xff".repeat(70_000)]);
    for (what, wrong) in [
        ("twice", [plain.clone(), plain.clone()].concat()),
        ("without a name", element(0x30, &[])),
        ("none", element(0x04, &[])),
        ("too many", many),
        ("too deep", deep),
        ("not ASCII", element(0x30, &[&element(0x04, &[b"1.2.3.6"]), &value])),
    ] {
        let mut connection = Connection::clear();
        connection.bind();
        let running = ticket(&connection.send(2, search()));
        let mut abandon = |controls: &[&[u8]]| {
            let controls = element(0xa0, controls);
            let parts: [&[u8]; 3] = [&[0x02, 0x01, 0x03], &[0x50, 0x01, 0x02], &controls];
            connection.send_octets(&element(0x30, &parts))
        };
        assert!(abandon(&[&critical, &wrong]).is_empty(), "{what}");
        assert!(abandon(&[&wrong, &critical]).is_empty(), "{what}");
        let commands = abandon(&[&wrong, &plain]);
        assert!(
            matches!(commands[..], [Command::Abandoned(ticket)] if ticket == running),
            "{what}: {commands:?}"
        );
        assert!(connection.read().is_empty(), "{what}: an Abandon is never answered");
    }
}

#[test]
fn section_4_1_11_malformed_and_repeated_controls_are_protocol_errors() {
    let search = encoded(1, search(), Vec::new());
    let body = &search[5..];
    let control = |parts: &[&[u8]]| element(0x30, parts);
    let oid = element(0x04, &[b"1.2.3"]);
    let paged = element(0x04, &[crate::control::PAGED_RESULTS.as_bytes()]);
    let repeated = control(&[&oid]);
    for controls in [
        element(0xa0, &[&control(&[&element(0x04, &[b""])])]),
        element(0xa0, &[&control(&[&element(0x04, &[b"no-oid"])])]),
        element(0xa0, &[&control(&[])]),
        element(0xa0, &[&[0x04, 0x00]]),
        element(0xa0, &[&repeated, &repeated]),
        element(0xa0, &[&control(&[&paged])]),
        element(0xa0, &[&control(&[&paged, &element(0x04, &[b"\x30\x03\x02\x01\x01"])])]),
        element(0xa0, &[&control(&[&paged, &element(0x04, &[b"junk"])])]),
        element(0xa0, &[&control(&[&oid, &[0x01, 0x02, 0xff, 0xff]])]),
    ] {
        let mut connection = Connection::clear();
        let commands =
            connection.send_octets(&element(0x30, &[&[0x02, 0x01, 0x01], body, &controls]));
        assert!(commands.is_empty(), "{controls:02x?}: {commands:?}");
        assert_eq!(connection.read_result(), (1, 2, "search"), "{controls:02x?}");
    }
}

#[test]
fn rfc3296_manage_dsa_it_is_accepted_though_critical() {
    let control = LdapControl::ManageDsaIT { criticality: true };
    assert_eq!(Connection::clear().send_with(1, search(), vec![control]).len(), 1);
}

#[test]
fn the_domain_scope_is_taken_with_searches_and_not_known_elsewhere() {
    let control = || {
        let oid = crate::control::DOMAIN_SCOPE.to_owned();
        vec![LdapControl::Unknown { oid, criticality: true, value: None }]
    };
    let mut connection = Connection::clear();
    assert_eq!(connection.send_with(1, search(), control()).len(), 1);
    let dn = "uid=ada,dc=acme".to_owned();
    assert!(connection.send_with(2, LdapOp::DelRequest(dn), control()).is_empty());
    assert_eq!(connection.read_result(), (2, 12, "delete"));
}
