//! What went wrong, in words that say what to do, and with which code the process ends.

use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;

use crate::words::{Noun, nouns};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server said no.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The server cannot be reached, or what it says is none of ours.
    #[error("{server} cannot be asked: {why}{next}", next = reached(.server, .why))]
    Unreachable { server: String, why: String },
    /// Another server than ours, which is read, does not take who asks.
    #[error("{server} does not let {who} in: {why}; see that --bind-dn and the password are right")]
    NotLetIn { server: String, who: String, why: String },
    /// Another server than ours, which is read, does not give what is asked for; with which result of
    /// LDAP it says so, if it does.
    #[error("{server} does not give what is asked for: {why}{next}", next = given(.result))]
    NotGiven { server: String, why: String, result: Option<u32> },
    /// There is no context to work with.
    #[error(
        "you are not signed in: run `tenantry login`, or set TENANTRY_SERVER and TENANTRY_TOKEN"
    )]
    NoContext,
    /// Something that is named is not there.
    #[error("there is no {what} “{name}”{next}", next = listed(.what))]
    Missing { what: String, name: String },
    /// An organization that is named is deleted, which answers as one that never was.
    #[error("organization {0} is deleted; `tenantry org restore {0}` brings it back")]
    Deleted(String),
    /// What was asked makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The answer to what was asked.
    #[error("no")]
    No,
    /// The answer to whether something is as a file says.
    #[error("something differs")]
    Differs,
    /// Something was done by half or not at all, and it was told why.
    #[error("{0}")]
    Incomplete(String),
    /// Whoever reads the output has gone.
    #[error("nobody reads this any more")]
    Unheard,
    /// A file or the terminal failed.
    #[error("{what}: {why}{next}", next = mended(.why))]
    Local { what: String, why: String },
}

/// A problem of the API (RFC 9457).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) r#type: String,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) detail: String,
    pub(crate) pointer: Option<String>,
    pub(crate) permission: Option<String>,
    /// In so many seconds it may be asked again.
    #[serde(skip)]
    pub(crate) retry_after: Option<u64>,
    /// The path that was asked for.
    #[serde(skip)]
    pub(crate) asked: String,
    /// What it is about, as whoever asked called it; else it is called as the API does.
    #[serde(skip)]
    pub(crate) place: Option<String>,
}

impl Problem {
    /// The member of what was sent that it is about, as a file has it; nothing where it is about all.
    fn member(&self) -> Option<String> {
        let member = spelled(&parts(self.pointer.as_deref()?));
        Some(member).filter(|member| !member.is_empty())
    }

    /// What can be done about it.
    fn advice(&self) -> &'static str {
        match self.status {
            401 if !self.r#type.ends_with("/rejected") => {
                "; sign in with `tenantry login`, or give another API key"
            }
            403 => "; `tenantry server policy` says who may",
            404 => "; the `list` of its kind shows what there is, and --org says where",
            412 => "; look at it again and repeat",
            429 => "; wait a moment and repeat",
            _ => "",
        }
    }

    /// How long the server wants whoever asked to wait, where nothing was done, or where it can be asked
    /// for again all the same. Who guesses waits for nothing.
    pub(crate) fn wait(&self, can_be_asked_again: bool) -> Option<Duration> {
        let is_one_of = |kinds: &[&str]| kinds.iter().any(|kind| self.r#type.ends_with(kind));
        let is_ours = is_one_of(&["/problems/too-often", "/problems/busy"]);
        let may_wait = [429, 503].contains(&self.status)
            && (is_ours || can_be_asked_again)
            && !is_one_of(&["/problems/too-early"]);
        may_wait.then(|| Duration::from_secs(self.retry_after.unwrap_or(1).max(1)))
    }

    /// Whether it is refused for what it is, whoever else did what.
    fn is_unacceptable(&self) -> bool {
        let kinds = ["/rule", "/user-cap", "/device-cap", "/in-use"];
        kinds.iter().any(|kind| self.r#type.ends_with(kind))
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = if self.detail.is_empty() { &self.title } else { &self.detail };
        // That is for programs.
        let said = match said.starts_with("Sign in first") {
            true => "the session or the API key counts no more, or not from here",
            false => without_position(said),
        };
        let (said, advice) = (in_commands(said), self.advice());
        let said = if advice.is_empty() { said.as_str() } else { said.trim_end_matches('.') };
        match self.place.clone().or_else(|| self.member()) {
            Some(place) => write!(f, "{place}: {said}")?,
            None => write!(f, "{said}")?,
        }
        if let Some(permission) = &self.permission
            && !said.contains(permission)
        {
            write!(f, "; you need the permission {permission}")?;
        }
        f.write_str(advice)
    }
}

impl Failure {
    /// Something on this machine failed.
    pub(crate) fn local(what: impl Into<String>, why: &(impl ToString + ?Sized)) -> Self {
        Self::Local { what: what.into(), why: why.to_string() }
    }

    /// The same, of who asked for a path.
    pub(crate) fn at(mut self, path: &str) -> Self {
        if let Self::Refused(problem) = &mut self {
            path.clone_into(&mut problem.asked);
        }
        self
    }

    /// The same, said of what a file has or what is called so.
    pub(crate) fn about(mut self, what: &str) -> Self {
        if let Self::Refused(problem) = &mut self {
            let place = problem.place.take().or_else(|| problem.member());
            problem.place = Some(match place {
                Some(place) => format!("{what}: {place}"),
                None => what.to_owned(),
            });
        }
        self
    }

    /// The same, with what it is about called as somebody called it, where that is known.
    pub(crate) fn called(mut self, call: impl FnOnce(&[String]) -> Option<String>) -> Self {
        if let Self::Refused(problem) = &mut self
            && let Some(pointer) = &problem.pointer
            && let Some(place) = call(&parts(pointer))
        {
            problem.place = Some(place);
        }
        self
    }

    /// The same, with what the server says of it put into the words of whoever asked.
    pub(crate) fn worded(mut self, word: impl FnOnce(&str) -> String) -> Self {
        if let Self::Refused(problem) = &mut self {
            problem.detail = word(&problem.detail);
        }
        self
    }

    /// Whether the same may be answered in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(problem) => matches!(problem.status, 408 | 429 | 500..),
            Self::NotLetIn { .. }
            | Self::NotGiven { .. }
            | Self::NoContext
            | Self::Missing { .. }
            | Self::Deleted(_)
            | Self::Usage(_)
            | Self::No
            | Self::Differs
            | Self::Incomplete(_)
            | Self::Unheard
            | Self::Local { .. } => false,
        }
    }

    /// The code that the process ends with; `--help` names them.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused(problem) => match problem.status {
                401 => 3,
                403 => 4,
                404 => 5,
                409 if problem.is_unacceptable() => 7,
                409 | 412 | 428 => 6,
                429 => 9,
                // What was sent did not come in time: the line is slow, or stands still.
                408 | 500.. => 8,
                _ => 7,
            },
            Self::Unreachable { .. } => 8,
            Self::NotGiven { result, .. } => match result {
                Some(INVALID_DN) => 2,
                Some(NO_ACCESS) => 4,
                Some(NO_SUCH_ENTRY) => 5,
                Some(_) | None => 8,
            },
            Self::NoContext | Self::NotLetIn { .. } => 3,
            Self::No => 4,
            Self::Differs => 10,
            Self::Missing { .. } | Self::Deleted(_) => 5,
            Self::Usage(_) => 2,
            Self::Incomplete(_) => 7,
            Self::Local { .. } | Self::Unheard => 1,
        })
    }
}

/// What shows the things of a kind, for who named one that is not there.
fn listed(what: &str) -> String {
    let what = what.to_lowercase().replace(' ', "-");
    if what == "version" {
        return "; `tenantry security-policy versions NAME` shows those that there are".into();
    }
    let word = match what.as_str() {
        "organization" => "org",
        "radius-client" => "radius",
        word => word,
    };
    let lists = |noun: &Noun| noun.verbs.iter().any(|verb| verb.name == "list");
    if word != "context" && !nouns().any(|noun| noun.name == word && lists(noun)) {
        return String::new();
    }
    format!("; `tenantry {word} list` shows those that there are")
}

/// What can be done about a server that cannot be asked, by what the libraries below say of it.
fn reached(server: &str, why: &str) -> &'static str {
    let why = why.to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| why.contains(part));
    if says(&["not valid for name", "notvalidforname"]) {
        return "; name it as its certificate does";
    }
    if says(&["causedasendentity", "ca used as end entity"]) {
        return "; it shows an authority's certificate: make one that is a server's, as with `openssl req \
                -x509 -addext basicConstraints=critical,CA:FALSE`";
    }
    if says(&["unknownissuer", "unknown issuer"]) {
        return match server.starts_with("https://") {
            true => "; name the authority of its certificate with --ca FILE",
            false => "; name the authority of its certificate with --ldap-ca FILE",
        };
    }
    if says(&["confidentialityrequired", "strongerauthrequired"]) {
        return "; it wants TLS: name it by ldaps://, or say --start-tls";
    }
    let nobody = ["refused", "connection failed", "not found", "timeout", "timed out", "lookup"];
    if says(&nobody) { "; see that it runs, and that name and port are right" } else { "" }
}

/// Results of LDAP (RFC 4511, appendix A).
const OPERATIONS_ERROR: u32 = 1;
const SIZE_LIMIT: u32 = 4;
const STRONGER_AUTH: u32 = 8;
const ADMIN_LIMIT: u32 = 11;
const CONFIDENTIALITY: u32 = 13;
const NO_SUCH_ENTRY: u32 = 32;
const INVALID_DN: u32 = 34;
const NO_ACCESS: u32 = 50;

/// What can be done about a directory that does not give what is asked for.
fn given(result: &Option<u32>) -> &'static str {
    match result {
        // Active Directory says the first to nobody.
        Some(OPERATIONS_ERROR | NO_ACCESS) => "; name with --bind-dn somebody who may read it",
        Some(SIZE_LIMIT | ADMIN_LIMIT) => {
            "; name with --bind-dn somebody whom it gives more, or narrow --base and --filter"
        }
        Some(STRONGER_AUTH | CONFIDENTIALITY) => {
            "; it wants TLS: name it by ldaps://, or say --start-tls"
        }
        Some(NO_SUCH_ENTRY) => "; see that --base is right, and that --bind-dn may read it",
        Some(INVALID_DN) => "; see that --base is right",
        Some(_) | None => "",
    }
}

/// What can be done about a file that failed, by what the system says of it.
fn mended(why: &str) -> &'static str {
    let next = [
        ("No such file or directory", "; see that path and name are right"),
        ("Permission denied", "; see that you may read or write it"),
        ("Is a directory", "; name a file in it"),
        ("No space left on device", "; make room and repeat"),
        ("valid UTF-8", "; write it in UTF-8"),
    ];
    let found = next.iter().find(|(said, _)| why.contains(said));
    found.map_or("", |(_, next)| next)
}

/// The parts of a JSON pointer (RFC 6901).
fn parts(pointer: &str) -> Vec<String> {
    let parts = pointer.split('/').skip(1);
    parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// Parts of a pointer as people write them: `members.groups[0]`.
pub(crate) fn spelled(parts: &[String]) -> String {
    let mut spelled = String::new();
    for part in parts {
        match part.parse::<usize>() {
            Ok(place) => spelled.push_str(&format!("[{place}]")),
            Err(_) if spelled.is_empty() => spelled.push_str(part),
            Err(_) => spelled.push_str(&format!(".{part}")),
        }
    }
    spelled
}

/// What the server says for who sends it requests, and the same for who types commands.
const COMMANDS: [(&str, &str); 4] = [
    ("GET /v1/reply-attributes", "`tenantry reply-profile attributes`"),
    ("`Action` in /v1/openapi.json", "`tenantry events --help`"),
    ("at /v1/me/password", "with `tenantry account set-password`"),
    ("at /v1/me/authenticator", "with `tenantry account begin-authenticator`"),
];

/// A text with commands in place of routes.
fn in_commands(said: &str) -> String {
    COMMANDS.iter().fold(said.to_owned(), |said, (route, command)| said.replace(route, command))
}

/// A text without a position in JSON at its end: nobody wrote that JSON but this program.
fn without_position(said: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
    let Some((text, place)) = said.rsplit_once(" at line ") else { return said };
    let numbers = place.trim_end_matches('.').split_once(" column ");
    let is_position = numbers.is_some_and(|(line, column)| is_number(line) && is_number(column));
    if is_position { text } else { said }
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;
    use crate::document::Document;

    #[test]
    fn a_refusal_says_what_is_missing_and_what_to_do() {
        let refused = |status, pointer: Option<&str>, permission: Option<&str>| {
            Failure::Refused(Box::new(Problem {
                status,
                detail: "no".into(),
                pointer: pointer.map(Into::into),
                permission: permission.map(Into::into),
                ..Problem::default()
            }))
            .to_string()
        };
        assert_eq!(refused(422, Some("/lockout/threshold"), None), "lockout.threshold: no");
        assert_eq!(refused(422, Some("/members/groups/0"), None), "members.groups[0]: no");
        assert_eq!(refused(422, Some(""), None), "no", "it is about all");
        assert!(refused(403, None, Some("manage_admins")).contains("permission manage_admins"));
        assert!(refused(401, None, None).contains("tenantry login"));
    }

    #[test]
    fn who_names_what_is_not_there_is_told_what_lists_it() {
        let missing = |what: &str| {
            Failure::Missing { what: what.to_owned(), name: "x".to_owned() }.to_string()
        };
        let listed = "there is no user “x”; `tenantry user list` shows those that there are";
        assert_eq!(missing("user"), listed);
        for (what, word) in [
            ("organization", "org"),
            ("RADIUS client", "radius"),
            ("service account", "service-account"),
            ("certificate authority", "certificate-authority"),
            ("context", "context"),
        ] {
            assert!(missing(what).contains(&format!("`tenantry {word} list`")), "{what}");
        }
        let versions = "`tenantry security-policy versions NAME` shows those that there are";
        assert_eq!(missing("version"), format!("there is no version “x”; {versions}"));
        assert_eq!(missing("dead letter"), "there is no dead letter “x”", "no word lists those");
        let id = Failure::Refused(Box::new(problem(404, "not-found", "There is no such thing.")));
        assert!(id.to_string().starts_with("There is no such thing; the `list`"), "{id}");
    }

    #[test]
    fn who_names_a_deleted_organization_is_told_how_it_comes_back() {
        let deleted = Failure::Deleted("acme".to_owned());
        let said = "organization acme is deleted; `tenantry org restore acme` brings it back";
        assert_eq!((deleted.to_string().as_str(), deleted.code()), (said, ExitCode::from(5)));
    }

    #[test]
    fn who_cannot_reach_a_server_is_told_what_to_look_at() {
        let told = |server: &str, why: &str| {
            Failure::Unreachable { server: server.to_owned(), why: why.to_owned() }.to_string()
        };
        let unknown = "invalid peer certificate: UnknownIssuer";
        assert!(told("https://ids.example", unknown).ends_with("with --ca FILE"));
        assert!(told("ldaps://old.example", unknown).ends_with("with --ldap-ca FILE"));
        let other = "certificate not valid for name \"127.0.0.1\"";
        assert!(told("https://127.0.0.1", other).ends_with("as its certificate does"));
        let authority = "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))";
        assert!(
            told("https://ids.example", authority).contains("basicConstraints=critical,CA:FALSE")
        );
        let refused = "io: Connection refused (os error 111)";
        assert!(told("https://ids.example", refused).contains("; see that it runs"));
        let clear = told("ldap://old.example", "rc=13 (confidentialityRequired)");
        assert!(clear.ends_with("name it by ldaps://, or say --start-tls"), "{clear}");
        let said = told("ldap://old.example", "rc=51 (busy)");
        assert_eq!(said, "ldap://old.example cannot be asked: rc=51 (busy)");
    }

    #[test]
    fn who_is_not_let_in_elsewhere_is_told_what_to_look_at() {
        let (server, who) = ("ldap://old.example".to_owned(), "cn=admin".to_owned());
        let refused = Failure::NotLetIn { server, who, why: "rc=49".to_owned() };
        assert_eq!(refused.code(), ExitCode::from(3));
        let said = "ldap://old.example does not let cn=admin in: rc=49; see that --bind-dn and \
                    the password are right";
        assert_eq!(refused.to_string(), said);
    }

    #[test]
    fn what_is_not_given_elsewhere_is_no_fault_of_our_server() {
        let refused = |result, why: &str| {
            let (server, why) = ("ldap://old.example".to_owned(), why.to_owned());
            Failure::NotGiven { server, why, result }
        };
        let missing = refused(Some(NO_SUCH_ENTRY), "rc=32 (noSuchObject)");
        let said = "ldap://old.example does not give what is asked for: rc=32 (noSuchObject); see \
                    that --base is right, and that --bind-dn may read it";
        assert_eq!(missing.to_string(), said);
        for (result, code) in [
            (Some(NO_SUCH_ENTRY), 5),
            (Some(NO_ACCESS), 4),
            (Some(INVALID_DN), 2),
            (Some(SIZE_LIMIT), 8),
            (Some(80), 8),
            (None, 8),
        ] {
            assert_eq!(refused(result, "no").code(), ExitCode::from(code), "{result:?}");
        }
        let parted = refused(None, "cn=all has more of member than the server gives");
        assert!(parted.to_string().ends_with("than the server gives"), "{parted}");
    }

    #[test]
    fn who_names_a_file_that_fails_is_told_what_to_do() {
        let told = |why: &str| Failure::local("in.yaml", why).to_string();
        let missing = "No such file or directory (os error 2)";
        assert_eq!(told(missing), format!("in.yaml: {missing}; see that path and name are right"));
        assert!(told("stream did not contain valid UTF-8").ends_with("; write it in UTF-8"));
        assert_eq!(told("there is no event in it"), "in.yaml: there is no event in it");
    }

    fn problem(status: u16, kind: &str, detail: &str) -> Problem {
        let (r#type, detail) = (format!("/problems/{kind}"), detail.to_owned());
        Problem { status, r#type, detail, ..Problem::default() }
    }

    #[test]
    fn what_is_refused_is_called_as_whoever_asked_called_it() {
        let refused = || {
            let detail = "unknown field `x` at line 1 column 43";
            let pointer = Some("/custom/badge".to_owned());
            Failure::Refused(Box::new(Problem { pointer, ..problem(422, "invalid", detail) }))
        };
        assert_eq!(refused().to_string(), "custom.badge: unknown field `x`");
        let about = refused().about("user ada").to_string();
        assert_eq!(about, "user ada: custom.badge: unknown field `x`");
        let called = refused().called(|parts| parts.first().map(|name| format!("--{name}")));
        assert_eq!(called.to_string(), "--custom: unknown field `x`");
        let known = "a quotation mark is not closed (it began in line 3)";
        assert_eq!(without_position(known), known);
    }

    #[test]
    fn what_names_a_route_names_the_command_for_it() {
        let said = "is the name of no attribute; GET /v1/reply-attributes lists them";
        let pointer = Some("/attributes/0/name".to_owned());
        let refused = Problem { pointer, ..problem(422, "invalid", said) };
        let told = "attributes[0].name: is the name of no attribute; `tenantry reply-profile \
                    attributes` lists them";
        assert_eq!(Failure::Refused(Box::new(refused)).to_string(), told);
        let grammar = crate::grammar::command(&Document::read().unwrap());
        for (_, command) in COMMANDS {
            let words = command.split('`').nth(1).unwrap().split(' ').chain(["--help"]);
            let said = grammar.clone().try_get_matches_from(words).unwrap_err();
            assert_eq!(said.kind(), ErrorKind::DisplayHelp, "{command}: {said}");
        }
    }

    #[test]
    fn what_did_not_arrive_in_time_may_arrive_the_next_time() {
        let slow = Failure::Refused(Box::new(problem(408, "too-slow", "It took too long.")));
        assert!(slow.may_pass());
        assert_eq!(slow.code(), ExitCode::from(8));
        let wrong = Failure::Refused(Box::new(problem(422, "invalid", "It is wrong.")));
        assert!(!wrong.may_pass());
        assert_eq!(wrong.code(), ExitCode::from(7));
    }

    #[test]
    fn what_a_rule_forbids_was_taken_by_nobody() {
        let code = |kind: &str| Failure::Refused(Box::new(problem(409, kind, "no"))).code();
        assert_eq!(code("rule"), ExitCode::from(7));
        assert_eq!(code("user-cap"), ExitCode::from(7));
        assert_eq!(code("device-cap"), ExitCode::from(7));
        assert_eq!(code("in-use"), ExitCode::from(7));
        assert_eq!(code("taken"), ExitCode::from(6));
    }

    #[test]
    fn who_is_not_signed_in_is_told_what_to_do_once() {
        let said = Failure::Refused(Box::new(problem(401, "unauthenticated", "Sign in first.")));
        let wanted = "the session or the API key counts no more, or not from here; sign in with \
                      `tenantry login`, or give another API key";
        assert_eq!(said.to_string(), wanted);
        let over = Failure::Refused(Box::new(problem(401, "unauthenticated", "It is over.")));
        assert!(over.to_string().starts_with("It is over; sign in with"), "{over}");
    }
}
