use super::*;

#[test]
fn a_full_output_pauses_the_search_until_the_client_has_read() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(1, search()));
    let all = names(500);
    let (mut start, mut rounds) = (0, 0);
    let mut read = 0;
    loop {
        match connection.give(ticket, &all[start..]) {
            Ok(()) => break,
            Err((position, stop)) => {
                assert_eq!(stop, Stop::Output);
                assert!(connection.session.output().len() < 4096 + 200);
                start += position;
                rounds += 1;
                connection.answer(ticket, Answer::More);
                assert!(connection.commands().is_empty());
                read += connection.read().len();
                let commands = connection.commands();
                assert!(
                    matches!(commands[..], [Command::Ask(again, Question::Continue)] if again == ticket)
                );
                assert!(connection.commands().is_empty(), "asked once");
            }
        }
    }
    connection.succeed(ticket);
    assert_eq!(read + connection.read().len(), 501);
    assert!(rounds > 5);
}

#[test]
fn an_abandon_reaches_a_search_that_fills_the_output_again_and_again() {
    let mut connection = Connection::clear();
    let running = ticket(&connection.send(1, search()));
    let all = names(500);
    for _ in 0..3 {
        assert_eq!(connection.give(running, &all).unwrap_err().1, Stop::Output);
        connection.answer(running, Answer::More);
        assert!(connection.session.wants_input());
        connection.read();
        assert_eq!(ticket(&connection.commands()), running);
    }
    connection.give(running, &all).unwrap_err();
    connection.answer(running, Answer::More);
    let octets =
        [encoded(2, search(), vec![]), encoded(3, LdapOp::AbandonRequest(1), vec![])].concat();
    assert!(connection.send_octets(&octets).is_empty());
    connection.read();
    let commands = connection.commands();
    assert!(
        matches!(
            commands[..],
            [
                Command::Ask(_, Question::Continue),
                Command::Ask(_, Question::Search(_)),
                Command::Abandoned(ticket)
            ] if ticket == running
        ),
        "{commands:?}"
    );
}

#[test]
fn searches_paused_in_any_number_all_go_on() {
    let mut connection = Connection::clear();
    let octets: Vec<u8> = (1..=8).flat_map(|id| encoded(id, search(), Vec::new())).collect();
    let all = names(60);
    let mut given = std::collections::HashMap::new();
    let mut commands = connection.send_octets(&octets);
    let (mut ended, mut rounds) = (0, 0);
    while ended < 8 {
        for command in std::mem::take(&mut commands) {
            let ticket = ticket(&[command]);
            let start = given.entry(ticket).or_insert(0);
            match connection.give(ticket, &all[*start..]) {
                Ok(()) => {
                    connection.succeed(ticket);
                    ended += 1;
                }
                Err((position, _)) => {
                    *start += position;
                    connection.answer(ticket, Answer::More);
                }
            }
        }
        connection.read();
        commands = connection.commands();
        rounds += 1;
        assert!(rounds < 100, "somebody waits for ever");
    }
}

#[test]
fn requests_beyond_those_outstanding_wait_and_nothing_is_lost() {
    let mut connection = Connection::clear();
    let octets: Vec<u8> = (1..=20).flat_map(|id| encoded(id, search(), Vec::new())).collect();
    let mut waiting = connection.send_octets(&octets);
    assert_eq!(waiting.len(), 8);
    let mut answered = 0;
    while let Some(Command::Ask(ticket, _)) = waiting.pop() {
        connection.succeed(ticket);
        answered += 1;
        waiting.extend(connection.commands());
    }
    assert_eq!((answered, connection.read().len()), (20, 20));
    assert!(connection.session.wants_input());
}

#[test]
fn a_client_that_asks_and_does_not_read_is_read_ahead_only_a_little() {
    let mut connection = Connection::clear();
    let octets = encoded(1, extended_request("1.2.3"), Vec::new());
    let mut sent = 0;
    while connection.session.wants_input() {
        assert!(connection.send_octets(&octets).is_empty());
        sent += octets.len();
        assert!(sent < 64 << 10);
    }
    assert!(connection.session.output().len() < 4096 + 100);
}

#[test]
fn requests_under_way_hold_no_more_octets_than_a_message_may_have() {
    let mut connection = Connection::clear();
    let request = LdapSearchRequest { base: "x".repeat(40_000), ..search_request() };
    let octets = encoded(1, LdapOp::SearchRequest(request), Vec::new()).repeat(3);
    let mut commands = connection.send_octets(&octets);
    assert_eq!(commands.len(), 2);
    assert!(!connection.session.wants_input(), "the third one waits in the input");
    let last = commands.pop().unwrap();
    connection.succeed(ticket(&[last]));
    assert_eq!(connection.commands().len(), 1);
}

#[test]
fn a_request_that_does_not_arrive_in_time_ends_the_connection_however_slowly_it_drips() {
    let mut connection = Connection::clear();
    let octets = encoded(1, search(), Vec::new());
    let started = connection.now;
    for octet in &octets[..10] {
        connection.send_octets(&[*octet]);
        assert_eq!(connection.session.deadline(), Some(started + Duration::from_secs(20)));
        connection.now += Duration::from_secs(1);
        connection.session.expire(connection.now);
    }
    assert!(connection.commands().is_empty());
    connection.session.expire(started + Duration::from_secs(20));
    assert!(matches!(connection.commands()[..], [Command::Close]));
    assert_eq!(connection.read_result(), (0, 2, "extended"));
}

#[test]
fn an_idle_connection_ends_but_not_while_a_request_runs() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(1, search()));
    assert_eq!(connection.session.deadline(), None);
    connection.now += Duration::from_secs(5000);
    connection.session.expire(connection.now);
    connection.succeed(ticket);
    assert_eq!(connection.session.deadline(), Some(connection.now + Duration::from_secs(900)));
    connection.read();
    connection.session.expire(connection.now + Duration::from_secs(899));
    assert!(connection.commands().is_empty());
    connection.session.expire(connection.now + Duration::from_secs(900));
    assert!(matches!(connection.commands()[..], [Command::Close]));
    assert_eq!(connection.read_result(), (0, 52, "extended"));
}

#[test]
fn who_has_not_bound_may_say_nothing_for_a_shorter_time() {
    let mut settings = SETTINGS;
    settings.limits.idle_anonymous = Duration::from_secs(60);
    let mut connection = Connection::new(settings, Security::Clear);
    let started = connection.now;
    assert_eq!(connection.session.deadline(), Some(started + Duration::from_secs(60)));
    connection.bind();
    assert_eq!(connection.session.deadline(), Some(started + Duration::from_secs(900)));
    connection.send(3, bind_request("", ""));
    assert_eq!(connection.session.deadline(), Some(started + Duration::from_secs(60)));
}

#[test]
fn a_clock_that_steps_back_changes_nothing() {
    let mut connection = Connection::clear();
    let before = connection.session.deadline();
    connection.session.receive(&[], Duration::ZERO);
    connection.session.expire(Duration::ZERO);
    assert_eq!(connection.session.deadline(), before);
}

#[test]
fn shutting_down_answers_what_is_under_way_then_says_so_and_closes() {
    let mut connection = Connection::clear();
    let under_way = ticket(&connection.send(1, search()));
    connection.session.shutdown();
    assert!(connection.send(2, search()).is_empty());
    connection.session.answer(under_way, Answer::Result(Outcome::success()), connection.now);
    assert_eq!(connection.read_result(), (1, 0, "search"));
    assert!(matches!(connection.commands()[..], [Command::Close]));
    assert_eq!(connection.read_result(), (0, 52, "extended"));
    connection.session.shutdown();
    assert!(connection.commands().is_empty());
}
