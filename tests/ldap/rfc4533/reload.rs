//! Section 3.6: a cookie is out of date, and the client has said what it would like then.

use super::{EVERYTHING, PEOPLE, SYNC, hire, reader};
use crate::harness::ber::{self, boolean, constructed, element, number, octets, sequence};
use crate::harness::office::Office;
use crate::harness::python::python;
use crate::harness::raw::{self, Raw};

/// A cookie of no server.
const FORGED: &[u8] = b"rid=000,csn=20260102030405.678901Z#0000ff#000#abcdef";
/// e-syncRefreshRequired.
const REFRESH_REQUIRED: i64 = 4096;

/// How often a copy is polled, with the number of the next message.
struct Copy {
    connection: Raw,
    base: String,
    id: i64,
}

/// What a poll gave.
#[derive(Debug)]
struct Polled {
    code: i64,
    entries: usize,
    cookie: Option<Vec<u8>>,
}

impl Copy {
    fn new(office: &Office) -> Self {
        let (dn, password) = reader(office);
        let connection = Raw::bound(&office.demo.ldap, &dn, &password);
        Self { connection, base: office.base.clone(), id: 1 }
    }

    /// Polls; `hint` as it is written, if it is.
    fn poll(&mut self, cookie: &[u8], hint: Option<bool>) -> Polled {
        self.id += 1;
        let hint = hint.map(boolean).unwrap_or_default();
        let value = sequence([number(0x0a, 1), octets(cookie), hint]);
        let control = sequence([octets(SYNC), boolean(true), element(4, &value)]);
        let search = raw::search_operation(&self.base, 2, raw::present("uid"));
        let controls = constructed(0xa0, [control]);
        self.connection.send(&sequence([number(2, self.id), search, controls]));
        let (messages, controls) = self.connection.receive_all_of_with_controls(self.id);
        let entries = messages.iter().filter(|message| message.operation == 0x64).count();
        let cookie = controls.as_deref().and_then(cookie_of);
        Polled { code: messages.last().unwrap().code(), entries, cookie }
    }
}

/// The cookie of a Sync Done control, of all controls of a message.
pub(super) fn cookie_of(controls: &[u8]) -> Option<Vec<u8>> {
    let (_, control, _) = ber::split(controls)?;
    let (_, _, rest) = ber::split(control)?;
    let (tag, value, _) = ber::split(rest)?;
    assert_eq!(tag, 4, "a value without criticality before it");
    let (_, done, _) = ber::split(value)?;
    let (tag, cookie, _) = ber::split(done)?;
    (tag == 4).then(|| cookie.to_vec())
}

#[test]
fn a_cookie_that_is_not_ours_is_refused_to_who_wants_that_and_is_none_to_others() {
    let office = Office::new();
    hire(&office, "ada");
    let mut copy = Copy::new(&office);
    let refused = copy.poll(FORGED, Some(false));
    assert_eq!((refused.code, refused.entries), (REFRESH_REQUIRED, 0), "{refused:?}");
    assert_eq!(refused.cookie, None, "{refused:?}");
    for hint in [Some(true), None] {
        let anew = copy.poll(FORGED, hint);
        assert_eq!((anew.code, anew.entries), (0, 1), "{anew:?}");
    }
}

#[test]
fn a_new_copy_and_one_that_is_to_be_brought_up_to_date_are_told_whatever_the_hint() {
    let office = Office::new();
    hire(&office, "ada");
    let mut copy = Copy::new(&office);
    for hint in [Some(false), Some(true), None] {
        let first = copy.poll(b"", hint);
        assert_eq!((first.code, first.entries), (0, 1), "{first:?}");
        let cookie = first.cookie.unwrap();
        let again = copy.poll(&cookie, hint);
        assert_eq!((again.code, again.entries), (0, 0), "nothing changed: {again:?}");
        let bob = hire(&office, "bob");
        let news = copy.poll(&cookie, hint);
        assert_eq!((news.code, news.entries), (0, 1), "{news:?}");
        super::dismiss(&office, &bob);
    }
}

#[test]
fn what_changes_the_looks_of_all_entries_makes_cookies_be_out_of_date() {
    let office = Office::new();
    hire(&office, "ada");
    let mut copy = Copy::new(&office);
    let cookie = copy.poll(b"", Some(false)).cookie.unwrap();
    office.lay_out("rfc2307");
    let refused = copy.poll(&cookie, Some(false));
    assert_eq!((refused.code, refused.entries), (REFRESH_REQUIRED, 0), "{refused:?}");
    let anew = copy.poll(&cookie, Some(true));
    assert_eq!((anew.code, anew.entries), (0, 1), "{anew:?}");
    // Who was refused begins without a cookie, and goes on from there.
    let first = copy.poll(b"", Some(false));
    assert_eq!((first.code, first.entries), (0, 1), "{first:?}");
    let again = copy.poll(&first.cookie.unwrap(), Some(false));
    assert_eq!((again.code, again.entries), (0, 0), "{again:?}");
}

/// Polls with a cookie of no server, with the hint and without.
const PYTHON_LDAP: &str = r#"
import sys, ldap
from ldap.syncrepl import SyncRequestControl
uri, dn, password, base, filter, cookie = sys.argv[1:]
connection = ldap.initialize(uri)
connection.simple_bind_s(dn, password)
for hint in (True, False):
    control = SyncRequestControl(cookie=cookie, mode="refreshOnly", reloadHint=hint)
    asked = connection.search_ext(base, ldap.SCOPE_SUBTREE, filter, serverctrls=[control])
    kind, entries, _, controls = connection.result3(asked)
    print(hint, sum(1 for dn, _ in entries if dn), len(controls))
"#;

#[test]
fn python_ldap_is_given_everything_with_the_hint_and_without() {
    let office = Office::new();
    hire(&office, "ada");
    hire(&office, "bob");
    let (dn, password) = reader(&office);
    let (uri, cookie) = (format!("ldap://{}", office.demo.ldap), str::from_utf8(FORGED).unwrap());
    let told = |filter: &str| {
        let said = python(PYTHON_LDAP, [&uri, &dn, &password, &office.base, filter, cookie]);
        assert_eq!(said.code, 0, "{said:?}");
        said.stdout
    };
    assert_eq!(told(PEOPLE), "True 2 1\nFalse 2 1\n");
    assert!(told(EVERYTHING).starts_with("True "));
}

#[test]
fn a_cookie_does_not_tell_how_much_others_write() {
    let (office, other) = (Office::new(), Office::new());
    hire(&office, "ada");
    let mut copy = Copy::new(&office);
    let number = |cookie: &[u8]| {
        let text = str::from_utf8(cookie).unwrap();
        i64::from_str_radix(text.split('#').nth(1).unwrap(), 16).unwrap()
    };
    let mut cookies = vec![copy.poll(b"", None).cookie.unwrap()];
    for login in ["eve", "mallory", "trudy"] {
        hire(&other, login);
        let polled = copy.poll(cookies.last().unwrap(), None);
        assert_eq!((polled.code, polled.entries), (0, 0), "nothing changed here");
        cookies.push(polled.cookie.unwrap());
    }
    let steps: Vec<i64> =
        cookies.windows(2).map(|two| (number(&two[1]) - number(&two[0])).abs()).collect();
    assert!(steps.iter().any(|step| *step > 10_000), "{steps:?}: it counts commits");
}
