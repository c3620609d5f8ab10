use ldap3_proto::proto::{LdapIntermediateResponse, SyncRequestMode, SyncStateValue};

use super::*;
use crate::control::sync::{Reload, SyncDone, SyncInfo, SyncState};

const UUID: [u8; 16] = [7; 16];

fn control(mode: SyncRequestMode, cookie: Option<&[u8]>) -> LdapControl {
    let cookie = cookie.map(<[u8]>::to_vec);
    LdapControl::SyncRequest { criticality: true, mode, cookie, reload_hint: true }
}

/// Asks to keep a copy.
fn copied(connection: &mut Connection, mode: SyncRequestMode) -> (Ticket, Box<SearchRequest>) {
    searched(connection.send_with(2, search(), vec![control(mode, Some(b"cake"))]))
}

fn raw(value: Vec<u8>) -> LdapControl {
    let oid = crate::control::SYNC.to_owned();
    LdapControl::Unknown { oid, criticality: true, value: Some(value) }
}

/// What is said between entries. This decoder misreads cookies there; the vectors have them.
fn said(message: &LdapMsg) -> &LdapIntermediateResponse {
    let LdapOp::IntermediateResponse(said) = &message.op else { panic!("{message:?}") };
    said
}

#[test]
fn section_2_2_the_request_says_how_and_from_where() {
    let mut connection = Connection::clear();
    let (ticket, request) = copied(&mut connection, SyncRequestMode::RefreshOnly);
    let sync = request.sync.unwrap();
    assert_eq!((sync.persist, sync.cookie.as_deref()), (false, Some(&b"cake"[..])));
    let same = sync.search.clone();
    connection.succeed(ticket);
    let asked =
        connection.send_with(3, search(), vec![control(SyncRequestMode::RefreshAndPersist, None)]);
    let sync = searched(asked).1.sync.unwrap();
    assert_eq!((sync.persist, sync.cookie), (true, None));
    assert_eq!(sync.search, same, "it is the same search");
    let mut other = search_request();
    other.attrs = vec!["cn".to_owned()];
    let one = vec![control(SyncRequestMode::RefreshOnly, None)];
    let (_, request) = searched(connection.send_with(4, LdapOp::SearchRequest(other), one));
    assert_ne!(request.sync.unwrap().search, same);
}

#[test]
fn section_3_6_who_says_that_it_is_to_be_refused_is_told_from_who_says_nothing() {
    let mut connection = Connection::clear();
    let hinted = |hint: &[u8]| element(0x30, &[&[0x0a, 0x01, 1], &element(0x04, &[b"cake"]), hint]);
    for (id, hint, reload) in [
        (2, &[0x01, 0x01, 0x00][..], Reload::Refusal),
        (3, &[0x01, 0x01, 0xff], Reload::Everything),
        (4, &[0x01, 0x01, 0x01], Reload::Everything),
        (5, &[], Reload::Everything),
    ] {
        let asked = connection.send_with(id, search(), vec![raw(hinted(hint))]);
        let (ticket, request) = searched(asked);
        assert_eq!(request.sync.unwrap().reload, reload, "{hint:02x?}");
        connection.succeed(ticket);
    }
}

#[test]
fn section_2_2_other_modes_and_malformed_requests_are_a_protocol_error() {
    let mut connection = Connection::clear();
    let mode = |number| element(0x30, &[&[0x0a, 0x01, number]]);
    let more = element(0x30, &[&[0x0a, 0x01, 1], &[0x02, 0x01, 0]]);
    for value in [mode(0), mode(2), mode(4), element(0x30, &[]), more, vec![0x0a, 0x01, 0x01]] {
        assert!(connection.send_with(2, search(), vec![raw(value.clone())]).is_empty());
        assert_eq!(connection.read_result(), (2, 2, "search"), "{value:02x?}");
    }
}

#[test]
fn a_copy_has_no_pages_and_no_order() {
    let mut connection = Connection::clear();
    let paged = LdapControl::SimplePagedResults { size: 10, cookie: Vec::new() };
    let key = element(0x30, &[&element(0x30, &[&element(0x04, &[b"cn"])])]);
    let oid = crate::control::SORT.to_owned();
    let sorted = LdapControl::Unknown { oid, criticality: false, value: Some(key) };
    for other in [paged, sorted] {
        let both = vec![control(SyncRequestMode::RefreshOnly, None), other];
        assert!(connection.send_with(2, search(), both).is_empty());
        assert_eq!(connection.read_result(), (2, 2, "search"));
    }
}

#[test]
fn section_2_3_and_2_4_each_entry_has_its_state_and_the_end_a_cookie() {
    let mut connection = Connection::clear();
    let (ticket, _) = copied(&mut connection, SyncRequestMode::RefreshOnly);
    let mut writer = connection.session.entries(ticket).unwrap();
    let cn = crate::schema::attribute("cn").unwrap();
    for state in [SyncState::Add, SyncState::Modify] {
        writer.changed("cn=a,dc=acme", (state, UUID), |entry| entry.value(cn, b"a")).unwrap();
    }
    writer.synchronized(SyncDone { cookie: b"more".to_vec(), deletes: true });
    connection.succeed(ticket);
    let messages = connection.read();
    for (message, wanted) in messages.iter().zip([SyncStateValue::Add, SyncStateValue::Modify]) {
        assert!(matches!(message.op, LdapOp::SearchResultEntry(_)));
        let [LdapControl::SyncState { state, entry_uuid, cookie }] = &message.ctrl[..] else {
            panic!("{message:?}")
        };
        assert_eq!((state, entry_uuid.as_bytes(), cookie), (&wanted, &UUID, &None));
    }
    let [LdapControl::SyncDone { cookie, refresh_deletes }] = &messages[2].ctrl[..] else {
        panic!("{messages:?}")
    };
    assert_eq!((cookie.as_deref(), *refresh_deletes), (Some(&b"more"[..]), true));
}

#[test]
fn section_2_5_ids_are_told_between_entries() {
    let mut connection = Connection::clear();
    let (ticket, _) = copied(&mut connection, SyncRequestMode::RefreshAndPersist);
    let mut writer = connection.session.entries(ticket).unwrap();
    writer.inform(SyncInfo::Present(&[UUID, [8; 16]])).unwrap();
    writer.inform(SyncInfo::Gone(&[UUID])).unwrap();
    let messages = connection.read();
    let LdapIntermediateResponse::SyncInfoIdSet { refresh_deletes: false, syncuuids, .. } =
        said(&messages[0])
    else {
        panic!("{messages:?}")
    };
    assert_eq!(syncuuids.len(), 2);
    let LdapIntermediateResponse::SyncInfoIdSet { refresh_deletes: true, syncuuids, .. } =
        said(&messages[1])
    else {
        panic!("{messages:?}")
    };
    assert_eq!(syncuuids[0].as_bytes(), &UUID);
}

#[test]
fn section_3_4_a_search_waits_until_it_is_woken() {
    let mut connection = Connection::clear();
    let (ticket, _) = copied(&mut connection, SyncRequestMode::RefreshAndPersist);
    connection.session.wake(ticket);
    assert!(connection.commands().is_empty(), "it runs");
    connection.answer(ticket, Answer::Waiting);
    assert!(connection.commands().is_empty(), "it waits");
    // Other requests are served meanwhile, and nothing ends it for want of requests.
    let (other, _) = searched(connection.send(3, search()));
    connection.succeed(other);
    assert_eq!(connection.read_result(), (3, 0, "search"));
    assert_eq!(connection.session.deadline(), None);
    connection.session.wake(ticket);
    connection.session.wake(ticket);
    let asked = connection.commands();
    assert!(
        matches!(asked[..], [Command::Ask(again, Question::Continue)] if again == ticket),
        "once: {asked:?}"
    );
    connection.answer(ticket, Answer::Waiting);
    let abandon = message(4, &[0x50, 0x01, 0x02]);
    let asked = connection.send_octets(&abandon);
    assert!(matches!(asked[..], [Command::Abandoned(abandoned)] if abandoned == ticket));
    connection.session.wake(ticket);
    assert!(connection.commands().is_empty());
}

#[test]
fn section_3_5_2_aliases_are_not_followed_below_the_base_of_a_copy() {
    let mut connection = Connection::clear();
    for (aliases, fits) in [
        (LdapDerefAliases::Never, true),
        (LdapDerefAliases::FindingBaseObj, true),
        (LdapDerefAliases::InSearching, false),
        (LdapDerefAliases::Always, false),
    ] {
        let request = || LdapSearchRequest { aliases: aliases.clone(), ..search_request() };
        let plain = connection.send(2, LdapOp::SearchRequest(request()));
        connection.succeed(ticket(&plain));
        assert_eq!(connection.read_result(), (2, 0, "search"), "{aliases:?}");
        let copy = vec![control(SyncRequestMode::RefreshOnly, None)];
        let asked = connection.send_with(3, LdapOp::SearchRequest(request()), copy);
        assert_eq!(asked.len(), usize::from(fits), "{aliases:?}");
        match asked.first() {
            Some(_) => connection.succeed(ticket(&asked)),
            None => assert_eq!(connection.read_result(), (3, 2, "search"), "{aliases:?}"),
        }
        connection.read();
    }
}

#[test]
fn section_3_5_3_the_size_limit_ends_with_the_refresh() {
    let mut connection = Connection::clear();
    for (id, end) in [(2, SyncInfo::RefreshPresent(b"cake")), (3, SyncInfo::RefreshDelete(b"cake"))]
    {
        let request = LdapSearchRequest { sizelimit: 2, ..search_request() };
        let copy = vec![control(SyncRequestMode::RefreshAndPersist, None)];
        let (ticket, _) = searched(connection.send_with(id, LdapOp::SearchRequest(request), copy));
        let mut writer = connection.session.entries(ticket).unwrap();
        let mut tell = |state| writer.changed("cn=a,dc=acme", (state, UUID), |_| {});
        assert_eq!([tell(SyncState::Add), tell(SyncState::Add)], [Ok(()); 2]);
        assert_eq!(tell(SyncState::Add), Err(Stop::Size), "the refresh is limited");
        writer.inform(SyncInfo::Gone(&[UUID])).unwrap();
        assert_eq!(writer.room(), Err(Stop::Size), "and not over");
        writer.inform(end).unwrap();
        let mut tell = |state| writer.changed("cn=a,dc=acme", (state, UUID), |_| {});
        assert_eq!([tell(SyncState::Add), tell(SyncState::Modify)], [Ok(()); 2]);
    }
}

#[test]
fn a_search_that_waits_ends_when_the_server_stops() {
    let mut connection = Connection::clear();
    let (ticket, _) = copied(&mut connection, SyncRequestMode::RefreshAndPersist);
    connection.answer(ticket, Answer::Waiting);
    connection.session.shutdown();
    assert!(matches!(connection.commands()[..], [Command::Close]));
    let messages = connection.read();
    let (kind, ended) = result(&messages[0].op);
    assert_eq!((messages[0].msgid, kind, number(ended)), (2, "search", 52));
    assert_eq!(messages.len(), 2, "and the notice of disconnection");
}

#[test]
fn ids_wait_for_a_client_that_does_not_read() {
    let mut connection = Connection::clear();
    let (ticket, _) = copied(&mut connection, SyncRequestMode::RefreshAndPersist);
    let mut writer = connection.session.entries(ticket).unwrap();
    let ids = [UUID; 200];
    let stopped = (0..10).find_map(|_| writer.inform(SyncInfo::Gone(&ids)).err());
    assert_eq!(stopped, Some(Stop::Output));
}
