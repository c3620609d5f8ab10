//! Replays the exchanges that the files beside tell octet by octet, in the order of the RFCs.
//!
//! A file has cases, each under its name in brackets, and each a connection of its own. Lines that
//! begin with `#` are for people. The other lines are a word, `=` and what comes with it; what is
//! indented goes on with the line above:
//!
//! | Word | What happens |
//! |---|---|
//! | `over` | `tls` from the beginning; in clear otherwise |
//! | `passwords` | `over tls` refuses them in clear |
//! | `starttls` | `withheld` |
//! | `client` | these octets come in |
//! | `server` | exactly these octets go out, and no other ones wait |
//! | `command` | the session commands this; the answers below are for the last question |
//! | `entry` | the directory writes an entry: its DN, then each attribute and value, by ` \| ` |
//! | `sorted`, `viewed` | what the directory says of the order (a code and an attribute), of the view (place, length and code) |
//! | `changed` | as `entry`, behind what became of it (`add` or `modify`); its id is 00 to 0f |
//! | `inform`, `synchronized` | what the directory says of a copy: `present`, `gone`, or `refreshed`, `named` (the refresh has named what is gone) or `cookie` with one; a cookie and `deletes` or not |
//! | `wake` | `up`: something changed of which a search that waits may tell |
//! | `answer` | the directory answers: a code, then the matched DN and a sentence, by ` \| `, or `page`, `more`, `waiting`, `identity` or `made` with a text, or `success` or so with a `notice` of the password policy |
//! | `handshake` | `done` |
//! | `stop` | `gently` |
//! | `pass` | so many seconds |

use std::time::Duration;

use ldap::control::sort::SortResult;
use ldap::control::sync::{SyncDone, SyncInfo, SyncState};
use ldap::control::view::ViewResult;
use ldap::{
    Answer, CleartextBind, Command, Limits, MadePassword, Outcome, Password, PasswordError,
    PasswordNotice, PasswordWarning, Question, ResultCode, Security, Session, Settings, StartTls,
    Ticket,
};

/// The id of each entry that is told of.
const ID: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

struct Exchange {
    session: Session,
    now: Duration,
    /// What was commanded and not looked at.
    commands: Vec<Command>,
    asked: Option<Ticket>,
}

impl Exchange {
    fn new(told: &[(String, String)]) -> Self {
        let says = |word: &str, what: &str| told.contains(&(word.to_owned(), what.to_owned()));
        let settings = Settings {
            limits: Limits::default(),
            start_tls: match says("starttls", "withheld") {
                true => StartTls::Withheld,
                false => StartTls::Offered,
            },
            cleartext_bind: match says("passwords", "over tls") {
                true => CleartextBind::Refused,
                false => CleartextBind::Allowed,
            },
        };
        let security = if says("over", "tls") { Security::Tls } else { Security::Clear };
        let now = Duration::from_secs(1000);
        let session = Session::new(settings, security, [7; 32], now);
        Self { session, now, commands: Vec::new(), asked: None }
    }

    fn step(&mut self, word: &str, what: &str) {
        match word {
            "over" | "passwords" | "starttls" => {}
            "client" => self.session.receive(&hex(what), self.now),
            "server" => {
                let output = self.session.output().split();
                assert_eq!(printed(&output), printed(&hex(what)));
            }
            "command" => {
                assert!(!self.commands.is_empty(), "not commanded: {what}");
                let command = self.commands.remove(0);
                assert_eq!(told(&command), what);
                if let Command::Ask(ticket, _) = command {
                    self.asked = Some(ticket);
                }
            }
            "entry" => self.write(None, what),
            "changed" => {
                let (state, what) = what.split_once(' ').unwrap();
                let add = state == "add";
                self.write(Some(if add { SyncState::Add } else { SyncState::Modify }), what);
            }
            "inform" | "synchronized" => self.copy(word, what),
            "wake" => self.session.wake(self.asked.unwrap()),
            "sorted" | "viewed" => self.tell(word, what),
            "answer" => self.answer(what),
            "handshake" => self.session.tls_established(self.now),
            "stop" => self.session.shutdown(),
            "pass" => {
                self.now += Duration::from_secs(what.parse().unwrap());
                self.session.expire(self.now);
            }
            word => panic!("what is {word}?"),
        }
        self.commands.extend(std::iter::from_fn(|| self.session.next()));
    }

    fn write(&mut self, state: Option<SyncState>, what: &str) {
        let mut parts = what.split(" | ");
        let dn = parts.next().unwrap();
        let pairs: Vec<_> = parts.map(|pair| pair.split_once('=').unwrap()).collect();
        let mut writer = self.session.entries(self.asked.unwrap()).expect("a search");
        let fill = |entry: &mut ldap::Attributes<'_>| {
            for same in pairs.chunk_by(|one, other| one.0 == other.0) {
                let kind = ldap::schema::attribute(same[0].0).expect("a known attribute");
                entry.values(kind, same.iter().map(|(_, value)| *value));
            }
        };
        let written = match state {
            Some(state) => writer.changed(dn, (state, ID), fill),
            None => writer.entry(dn, fill),
        };
        assert_eq!(written, Ok(()));
    }

    fn copy(&mut self, word: &str, what: &str) {
        let mut writer = self.session.entries(self.asked.unwrap()).expect("a search");
        let (what, cookie) = what.split_once(' ').unwrap_or((what, ""));
        let said = match (word, what) {
            ("inform", "present") => writer.inform(SyncInfo::Present(&[ID])),
            ("inform", "gone") => writer.inform(SyncInfo::Gone(&[ID])),
            ("inform", "refreshed") => writer.inform(SyncInfo::RefreshPresent(cookie.as_bytes())),
            ("inform", "named") => writer.inform(SyncInfo::RefreshDelete(cookie.as_bytes())),
            ("inform", "cookie") => writer.inform(SyncInfo::NewCookie(cookie.as_bytes())),
            (_, given) => {
                let deletes = cookie == "deletes";
                writer.synchronized(SyncDone { cookie: given.as_bytes().to_vec(), deletes });
                Ok(())
            }
        };
        assert_eq!(said, Ok(()));
    }

    fn tell(&mut self, word: &str, what: &str) {
        let mut writer = self.session.entries(self.asked.unwrap()).expect("a search");
        let parts: Vec<&str> = what.split(' ').collect();
        match (word, &parts[..]) {
            ("sorted", [name]) => writer.sorted(SortResult { code: code(name), attribute: None }),
            ("sorted", [name, attribute]) => {
                let attribute = Some((*attribute).to_owned());
                writer.sorted(SortResult { code: code(name), attribute });
            }
            ("viewed", [position, count, name]) => writer.viewed(ViewResult {
                position: position.parse().unwrap(),
                count: count.parse().unwrap(),
                code: code(name),
            }),
            _ => panic!("what is {word} {what}?"),
        }
    }

    fn answer(&mut self, what: &str) {
        if let Some((what, notice)) = what.split_once(" notice ") {
            let answer = Answer::Noticed(outcome(what), noticed(notice));
            return self.session.answer(self.asked.expect("a question"), answer, self.now);
        }
        let (word, rest) = what.split_once(' ').unwrap_or((what, ""));
        let answer = match word {
            "page" => Answer::Page(rest.as_bytes().to_vec()),
            "more" => Answer::More,
            "waiting" => Answer::Waiting,
            "identity" => Answer::Identity(rest.to_owned()),
            "made" => Answer::Password(MadePassword(Password::new(rest.as_bytes()))),
            _ => Answer::Result(outcome(what)),
        };
        self.session.answer(self.asked.expect("a question"), answer, self.now);
    }
}

fn outcome(what: &str) -> Outcome {
    let mut parts = what.split(" | ");
    let code = code(parts.next().unwrap());
    let matched = parts.next().unwrap_or_default().to_owned();
    Outcome::new(code, parts.next().unwrap_or_default().to_owned()).matching(matched)
}

fn code(name: &str) -> ResultCode {
    match name {
        "success" => ResultCode::Success,
        "compareTrue" => ResultCode::CompareTrue,
        "compareFalse" => ResultCode::CompareFalse,
        "noSuchAttribute" => ResultCode::NoSuchAttribute,
        "noSuchObject" => ResultCode::NoSuchObject,
        "invalidCredentials" => ResultCode::InvalidCredentials,
        "sizeLimitExceeded" => ResultCode::SizeLimitExceeded,
        "constraintViolation" => ResultCode::ConstraintViolation,
        "offsetRangeError" => ResultCode::OffsetRangeError,
        name => panic!("what is {name}?"),
    }
}

fn noticed(what: &str) -> PasswordNotice {
    match what.split_once(' ') {
        Some(("expires", seconds)) => {
            PasswordNotice::warning(PasswordWarning::TimeBeforeExpiration(seconds.parse().unwrap()))
        }
        Some(("grace", left)) => {
            PasswordNotice::warning(PasswordWarning::GraceLoginsRemaining(left.parse().unwrap()))
        }
        Some(("error", "accountLocked")) => PasswordNotice::error(PasswordError::AccountLocked),
        Some(("error", "passwordTooShort")) => {
            PasswordNotice::error(PasswordError::PasswordTooShort)
        }
        None if what == "nothing" => PasswordNotice::NOTHING,
        _ => panic!("what is {what}?"),
    }
}

/// A command in the words of the files.
#[expect(clippy::wildcard_enum_match_arm, reason = "what has no words yet is told as it is")]
fn told(command: &Command) -> String {
    match command {
        Command::Ask(_, Question::Bind(request)) => {
            let password = String::from_utf8_lossy(request.password.octets());
            format!("bind {} {password}", request.dn)
        }
        Command::Ask(_, Question::Plain(request)) => {
            let password = String::from_utf8_lossy(request.password.octets());
            let (authorization, authentication) = (&request.authorization, &request.authentication);
            format!("plain {authorization:?} {authentication:?} {password}")
        }
        Command::Ask(_, Question::External(request)) => {
            format!("external {:?}", request.authorization)
        }
        Command::Ask(_, Question::Search(request)) => {
            let base = request.base.as_str();
            let mut text = format!("search {base:?} {:?} {}", request.scope, request.filter);
            if let Some(page) = &request.page {
                let cursor = page.cursor.as_deref().map(String::from_utf8_lossy);
                text += &format!(" page of {} behind {cursor:?} {}", page.size, page.seen);
            }
            for key in request.sort.iter().flat_map(|sort| &sort.keys) {
                let sign = if key.reverse { "-" } else { "" };
                text += &format!(" by {sign}{} {:?}", key.attribute.as_str(), key.rule.as_deref());
            }
            if let Some(view) = &request.view {
                text += &format!(" view of {} {:?} {}", view.before, view.target, view.after);
            }
            if let Some(sync) = &request.sync {
                let how = if sync.persist { "persist" } else { "refresh" };
                text += &format!(
                    " copy {how} {:?}",
                    sync.cookie.as_deref().map(String::from_utf8_lossy)
                );
            }
            text
        }
        Command::Ask(_, Question::ChangePassword(change)) => {
            let shown = |password: &Option<Password>| match password {
                Some(password) => String::from_utf8_lossy(password.octets()).into_owned(),
                None => "-".to_owned(),
            };
            let user = change.user.as_deref().unwrap_or("-");
            format!("change {user} {} {}", shown(&change.old), shown(&change.new))
        }
        Command::Ask(_, Question::Compare(request)) => {
            let value = String::from_utf8_lossy(&request.value);
            format!("compare {} {} {value}", request.entry, request.attribute.as_str())
        }
        Command::Ask(_, question) => format!("{question:?}").to_lowercase(),
        command => format!("{command:?}").to_lowercase(),
    }
}

fn hex(text: &str) -> Vec<u8> {
    let octet = |octet| u8::from_str_radix(octet, 16).unwrap_or_else(|_| panic!("{octet}"));
    text.split_whitespace().map(octet).collect()
}

fn printed(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x} ")).collect()
}

/// The lines of a case: a word and what comes with it.
fn lines(case: &str) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for line in case.lines().skip(1).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with(' ') {
            let (_, what) = lines.last_mut().expect("a line above");
            what.push(' ');
            what.push_str(line.trim());
        } else {
            let (word, what) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
            lines.push((word.trim().to_owned(), what.trim().to_owned()));
        }
    }
    lines
}

fn replay(text: &str) {
    let cases: Vec<&str> = text.split("\n[").skip(1).collect();
    assert!(!cases.is_empty());
    for case in cases {
        let name = case.lines().next().unwrap().trim_end_matches(']');
        let told_lines = lines(case);
        let mut exchange = Exchange::new(&told_lines);
        for (number, (word, what)) in told_lines.iter().enumerate() {
            let stepped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                exchange.step(word, what);
            }));
            assert!(stepped.is_ok(), "case {name:?}, line {}: {word}", number + 1);
        }
        let left: Vec<String> = exchange.commands.iter().map(told).collect();
        assert!(left.is_empty(), "case {name:?}: {left:?}");
        assert!(exchange.session.output().is_empty(), "case {name:?}: more is answered");
    }
}

#[test]
fn draft_behera_password_policy_section_6() {
    replay(include_str!("../vectors/draft_behera_password_policy_section_6.txt"));
}

#[test]
fn draft_ldapext_vlv_09() {
    replay(include_str!("../vectors/draft_ldapext_vlv_09.txt"));
}

#[test]
fn rfc2696_paged_results() {
    replay(include_str!("../vectors/rfc2696_paged_results.txt"));
}

#[test]
fn rfc2891_server_side_sorting() {
    replay(include_str!("../vectors/rfc2891_server_side_sorting.txt"));
}

#[test]
fn rfc3062_password_modify() {
    replay(include_str!("../vectors/rfc3062_password_modify.txt"));
}

#[test]
fn rfc3909_cancel() {
    replay(include_str!("../vectors/rfc3909_cancel.txt"));
}

#[test]
fn rfc4511_section_4_10_compare() {
    replay(include_str!("../vectors/rfc4511_section_4_10_compare.txt"));
}

#[test]
fn rfc4511_section_4_11_abandon() {
    replay(include_str!("../vectors/rfc4511_section_4_11_abandon.txt"));
}

#[test]
fn rfc4511_section_4_12_extended() {
    replay(include_str!("../vectors/rfc4511_section_4_12_extended.txt"));
}

#[test]
fn rfc4511_section_4_14_starttls() {
    replay(include_str!("../vectors/rfc4511_section_4_14_starttls.txt"));
}

#[test]
fn rfc4511_section_4_1_messages() {
    replay(include_str!("../vectors/rfc4511_section_4_1_messages.txt"));
}

#[test]
fn rfc4511_section_4_2_bind() {
    replay(include_str!("../vectors/rfc4511_section_4_2_bind.txt"));
}

#[test]
fn rfc4511_section_4_3_unbind() {
    replay(include_str!("../vectors/rfc4511_section_4_3_unbind.txt"));
}

#[test]
fn rfc4511_section_4_4_1_notice_of_disconnection() {
    replay(include_str!("../vectors/rfc4511_section_4_4_1_notice_of_disconnection.txt"));
}

#[test]
fn rfc4511_section_4_5_search() {
    replay(include_str!("../vectors/rfc4511_section_4_5_search.txt"));
}

#[test]
fn rfc4511_section_4_6_to_4_9_changes() {
    replay(include_str!("../vectors/rfc4511_section_4_6_to_4_9_changes.txt"));
}

#[test]
fn rfc4533_content_synchronization() {
    replay(include_str!("../vectors/rfc4533_content_synchronization.txt"));
}

#[test]
fn rfc4513_section_5_2_sasl() {
    replay(include_str!("../vectors/rfc4513_section_5_2_sasl.txt"));
}
