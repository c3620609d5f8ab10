//! Values of the controls by which clients ask for pages and keep copies, cookies among them.

use ldap::control::sync::{Reload, SyncRequest};
use ldap::control::{PAGED_RESULTS, SYNC};
use ldap::{Answer, Command, Page, Question, SearchRequest, Security, Session, Ticket};

use super::session::{cookie_of, element, page_request, request_with};
use super::{BEGIN, SETTINGS, responses};

/// The longest cursor with which a request is not too long.
const CURSOR: usize = 1_024;
/// The longest value, likewise.
const VALUE: usize = 3_500;

/// The first octet says what the rest is: by 0 the value of a request for a copy, by 1 that of one for a
/// page, by 2 which octet of a cookie is changed, by what, and where the page before ended. Tells
/// whether the search is asked about.
///
/// # Panics
/// When more is asked than the value says, or a cookie counts that nobody gave.
pub(crate) fn run(octets: &[u8]) -> bool {
    let Some((kind, value)) = octets.split_first() else { return false };
    let value = &value[..value.len().min(VALUE)];
    match kind % 3 {
        0 => copy(value),
        1 => page(value),
        _ => turn(value),
    }
}

fn copy(value: &[u8]) -> bool {
    let Some(SyncRequest { persist, cookie, reload, .. }) = copy_asked(value) else { return false };
    let cookie = cookie.unwrap_or_default();
    assert!(cookie.len() < value.len());
    // Said by us, it is the same.
    let mode = [0x0a, 1, if persist { 3 } else { 1 }];
    let said = if cookie.is_empty() { Vec::new() } else { element(0x04, &[&cookie]) };
    let hint: &[u8] = if reload == Reload::Refusal { &[1, 1, 0] } else { &[] };
    let again = copy_asked(&element(0x30, &[&mode, &said, hint])).unwrap();
    assert_eq!((again.persist, again.reload), (persist, reload));
    assert_eq!(again.cookie.unwrap_or_default(), cookie);
    true
}

fn copy_asked(value: &[u8]) -> Option<SyncRequest> {
    let (_, request) = asked(&mut session(), &request_with(SYNC, value))?;
    assert!(request.page.is_none());
    Some(*request.sync.expect("what was asked for"))
}

fn page(value: &[u8]) -> bool {
    let Some(Page { size, cursor, seen }) = page_asked(value) else { return false };
    assert!((cursor.is_none(), seen) == (true, 0), "a cookie nobody gave");
    assert!((1..1 << 31).contains(&size), "a page of {size}");
    let number = size.to_be_bytes();
    let again = page_asked(&element(0x30, &[&[2, 4], &number, &[4, 0]])).unwrap();
    assert_eq!(again.size, size);
    true
}

fn page_asked(value: &[u8]) -> Option<Page> {
    let (_, request) = asked(&mut session(), &request_with(PAGED_RESULTS, value))?;
    assert!(request.sync.is_none());
    Some(request.page.expect("what was asked for"))
}

fn turn(value: &[u8]) -> bool {
    let [place, change, cursor @ ..] = value else { return false };
    let cursor = &cursor[..cursor.len().min(CURSOR)];
    let mut session = session();
    let (ticket, _) = asked(&mut session, &page_request(b"")).unwrap();
    session.answer(ticket, Answer::Page(cursor.to_vec()), BEGIN);
    assert!(session.next().is_none());
    let mut written = session.output().split().to_vec();
    let mut cookie = responses(&mut written).into_iter().find_map(cookie_of).unwrap();
    let place = usize::from(*place) % cookie.len();
    cookie[place] ^= change;
    let page = asked(&mut session, &page_request(&cookie)).map(|(_, request)| request.page);
    let Some(page) = page else {
        assert!(*change != 0, "a cookie of this search is refused");
        return false;
    };
    assert!(*change == 0, "a cookie that was changed counts");
    assert_eq!(page.unwrap().cursor.as_deref(), Some(cursor));
    true
}

fn session() -> Session {
    Session::new(SETTINGS, Security::Tls, [7; 32], BEGIN)
}

/// What is asked about a message that asks for one search at most.
fn asked(session: &mut Session, message: &[u8]) -> Option<(Ticket, SearchRequest)> {
    session.receive(message, BEGIN);
    let mut found = None;
    while let Some(command) = session.next() {
        match command {
            Command::Ask(ticket, Question::Search(request)) => {
                assert!(found.replace((ticket, *request)).is_none(), "asked twice");
            }
            Command::Ask(_, question) => panic!("{question:?} was not asked"),
            Command::Anonymous | Command::Abandoned(_) | Command::Close | Command::StartTls => {}
        }
    }
    found
}
