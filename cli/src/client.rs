//! Asking the admin API.

use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Method, Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, SendBody, Timeout};
use uuid::Builder;

use crate::events::pause;
use crate::failure::{Failure, Problem};
use crate::output::{tell, warn};
use crate::progress::Counted;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long sending a file may take.
const LONG_PATIENCE: Duration = Duration::from_secs(30 * 60);
/// How long nothing may come of a file that is fetched, however long it takes as a whole. The server may
/// look through millions of events before it finds one.
const SILENCE: Duration = Duration::from_secs(10 * 60);
/// How long is waited before something is asked again whose answer was cut off, or that nobody took: so
/// often it is.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];
/// The longest that is waited at once for a server that has no time; who would wait longer is told.
const LONGEST: Duration = Duration::from_secs(5);
/// The longest that is waited for it until it does one thing.
const IN_ALL: Duration = Duration::from_secs(30);

/// A server, and who asks.
pub(crate) struct Client {
    agent: Agent,
    server: String,
    token: Option<String>,
    /// Whether an answer warned already.
    warned: AtomicBool,
    /// How long nothing may come of a file.
    silence: Duration,
}

/// What is asked.
pub(crate) struct Question<'q> {
    pub(crate) method: &'q str,
    /// The path, from `/v1` on, with its query.
    pub(crate) path: &'q str,
    pub(crate) body: Option<&'q Value>,
    /// The state that was seen.
    pub(crate) if_match: Option<&'q str>,
    /// Whether it is known by a key when it is asked again, and then answered and not done again.
    pub(crate) is_repeatable: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Null where nothing was said, or what was is a file.
    pub(crate) body: Value,
    /// A file, to be printed as it is.
    pub(crate) file: Option<Vec<u8>>,
    /// The state that it shows.
    pub(crate) etag: Option<String>,
}

impl Client {
    /// Makes a client of a server. Nothing is asked yet.
    ///
    /// # Errors
    /// When the authority's file cannot be read, or the server is not named by https.
    pub(crate) fn new(
        server: &str,
        token: Option<String>,
        ca: Option<&Path>,
    ) -> Result<Self, Failure> {
        if !server.starts_with("https://") {
            let text = format!("a server is named by https://host:port, which “{server}” is not");
            return Err(Failure::Usage(text));
        }
        // Only the first of a process takes effect, and all are the same.
        let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let roots = match ca {
            Some(path) => RootCerts::Specific(Arc::new(authorities(path)?)),
            None => RootCerts::PlatformVerifier,
        };
        let agent = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")))
            .build();
        let server = server.trim_end_matches('/').to_owned();
        let warned = AtomicBool::new(false);
        Ok(Self { agent: agent.into(), server, token, warned, silence: SILENCE })
    }

    /// Where it is.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Asks with GET.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(crate) fn get(&self, path: &str) -> Result<Answer, Failure> {
        let (body, if_match, is_repeatable) = (None, None, false);
        self.ask(&Question { method: "get", path, body, if_match, is_repeatable })
    }

    /// Asks with GET as [`get`](Self::get), for whoever asks again by himself where nobody listens.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(crate) fn look(&self, path: &str) -> Result<Answer, Failure> {
        let (body, if_match, is_repeatable) = (None, None, false);
        self.answer(&Question { method: "get", path, body, if_match, is_repeatable }, false)
    }

    /// Asks with GET, and writes what comes, however much it is and however long it takes, as long as
    /// something comes.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), and when it cannot be written, ends early or stays away.
    pub(crate) fn download(&self, path: &str, out: &mut dyn Write) -> Result<(), Failure> {
        let mut waited = Duration::ZERO;
        let mut answer = loop {
            match self.begin(path) {
                Ok(answer) => break answer,
                Err(trouble) => match trouble.wait(true, &mut waited) {
                    Some(time) => pause(time),
                    None => return Err(self.failure(trouble).at(path)),
                },
            }
        };
        let copied = std::io::copy(&mut answer.body_mut().as_reader(), out);
        match copied.and_then(|_| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::Unheard),
            Err(error) if is_silence(error.get_ref().and_then(|it| it.downcast_ref())) => {
                Err(self.silent())
            }
            done => done.map_err(|error| self.unreachable(&error)),
        }
    }

    /// Asks for a file, of which nothing is read yet.
    fn begin(&self, path: &str) -> Result<Response<Body>, Trouble> {
        let mut request = self.agent.get(format!("{}{path}", self.server));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request
            .config()
            .timeout_global(None)
            .timeout_per_read(Some(self.silence))
            .build()
            .call()?;
        let (status, retry_after) = (answer.status().as_u16(), retry_after(&answer));
        if !(200..300).contains(&status) {
            let octets = read(answer.body_mut())?;
            return Err(Trouble::Told(refused(status, retry_after, &octets)));
        }
        Ok(answer)
    }

    /// Asks, and waits for the answer. What can be asked again is, a few times, when the connection
    /// breaks before the answer is there or nobody listens, as while a server is started anew, and
    /// everything when the server has no time for it, once it says that it has.
    ///
    /// # Errors
    /// When the server cannot be asked, or refuses.
    pub(crate) fn ask(&self, question: &Question<'_>) -> Result<Answer, Failure> {
        self.answer(question, true)
    }

    /// Asks; whether it is asked again where nobody listens.
    fn answer(&self, question: &Question<'_>, waits: bool) -> Result<Answer, Failure> {
        // One for all tries.
        let key = question.is_repeatable.then(unguessable).transpose()?;
        let can_be_asked_again = key.is_some() || question.method == "get";
        let mut pauses = PAUSES.iter().filter(|_| can_be_asked_again);
        let mut waited = Duration::ZERO;
        loop {
            let trouble = match self.ask_once(question, key.as_deref()) {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let is_cut = trouble.is_broken() || waits && trouble.is_nobody();
            let time = if is_cut || key.is_some() && trouble.is_under_way() {
                pauses.next().copied()
            } else {
                trouble.wait(can_be_asked_again, &mut waited)
            };
            match time {
                Some(time) => pause(time),
                None => return Err(self.failure(trouble).at(question.path)),
            }
        }
    }

    fn ask_once(&self, question: &Question<'_>, key: Option<&str>) -> Result<Answer, Trouble> {
        let method = Method::from_bytes(question.method.to_uppercase().as_bytes());
        let mut request = Request::builder()
            .method(method.map_err(ureq::http::Error::from)?)
            .uri(format!("{}{}", self.server, question.path))
            .header("accept", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(etag) = question.if_match {
            request = request.header("if-match", etag);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = match question.body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                self.agent.run(request.body(body.to_string())?)
            }
            None => self.agent.run(request.body(())?),
        };
        self.heard(answer?)
    }

    fn failure(&self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Told(failure) => failure,
            Trouble::Failed(error) if is_silence(Some(&error)) => self.silent(),
            Trouble::Failed(error) => self.unreachable(&error),
        }
    }

    /// What is said where nothing comes any more.
    fn silent(&self) -> Failure {
        let minutes = self.silence.as_secs() / 60;
        self.unreachable(&format!(
            "nothing came for {minutes} minutes, and not all is there: repeat"
        ))
    }

    fn unreachable(&self, why: &dyn ToString) -> Failure {
        Failure::Unreachable { server: self.server.clone(), why: why.to_string() }
    }

    /// Sends a file with PUT, as it is read, and tells at a terminal how much of it is on its way: of so
    /// many octets, where that is known.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(crate) fn send(
        &self,
        path: &str,
        kind: &str,
        file: &mut dyn Read,
        octets: Option<u64>,
    ) -> Result<Answer, Failure> {
        let mut request = self
            .agent
            .put(format!("{}{path}", self.server))
            .header("accept", "application/json")
            .header("content-type", kind)
            .config()
            .timeout_global(Some(LONG_PATIENCE))
            .build();
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut file = Counted::new(file, "Sent").of(octets);
        let answer = request.send(SendBody::from_reader(&mut file));
        drop(file);
        let answer = answer.map_err(Trouble::Failed).and_then(|answer| self.heard(answer));
        answer.map_err(|trouble| self.failure(trouble).at(path))
    }

    fn heard(&self, mut answer: Response<Body>) -> Result<Answer, Trouble> {
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let etag = header("etag").map(ToOwned::to_owned);
        let warning = header("x-tenantry-warning").map(ToOwned::to_owned);
        // Each page of a list warns of the same.
        if let Some(warning) = warning.filter(|_| !self.warned.swap(true, Ordering::Relaxed)) {
            warn(&warning);
        }
        let is_json = header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json") || kind.contains("+json"));
        let (status, retry_after) = (answer.status().as_u16(), retry_after(&answer));
        let octets = read(answer.body_mut())?;
        if !(200..300).contains(&status) {
            return Err(Trouble::Told(refused(status, retry_after, &octets)));
        }
        let (body, file) = if octets.trim_ascii().is_empty() {
            (Value::Null, None)
        } else if is_json {
            let body = serde_json::from_slice(&octets);
            (body.map_err(|error| Trouble::Told(self.unreachable(&error)))?, None)
        } else {
            (Value::Null, Some(octets))
        };
        Ok(Answer { body, file, etag })
    }
}

/// Why there is no answer that is of use.
enum Trouble {
    /// The server was not heard.
    Failed(ureq::Error),
    /// It was, or what it said is none of ours.
    Told(Failure),
}

impl Trouble {
    /// Whether the connection broke. Where nobody listens it never was.
    fn is_broken(&self) -> bool {
        let Self::Failed(ureq::Error::Io(error)) = self else { return false };
        let kinds = [
            ErrorKind::BrokenPipe,
            ErrorKind::ConnectionAborted,
            ErrorKind::ConnectionReset,
            ErrorKind::NotConnected,
            ErrorKind::UnexpectedEof,
        ];
        kinds.contains(&error.kind())
    }

    /// Whether nobody listens there, so that nothing was asked of anybody.
    fn is_nobody(&self) -> bool {
        let Self::Failed(ureq::Error::Io(error)) = self else { return false };
        error.kind() == ErrorKind::ConnectionRefused
    }

    /// Whether what was asked before under the same key is not answered yet.
    fn is_under_way(&self) -> bool {
        matches!(self, Self::Told(Failure::Refused(problem)) if problem.r#type.ends_with(UNDER_WAY))
    }

    /// How long is waited until it is asked again, where that helps; whoever sits at a terminal is told.
    fn wait(&self, can_be_asked_again: bool, waited: &mut Duration) -> Option<Duration> {
        let Self::Told(Failure::Refused(problem)) = self else { return None };
        let time = problem.wait(can_be_asked_again)?;
        let after = waited.saturating_add(time);
        if time > LONGEST || after > IN_ALL {
            return None;
        }
        *waited = after;
        tell(&format!("The server has no time; it is asked again in {} s.", time.as_secs()));
        Some(time)
    }
}

/// What kind of a problem that is.
const UNDER_WAY: &str = "/problems/repeated";

impl From<ureq::Error> for Trouble {
    fn from(error: ureq::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ureq::http::Error> for Trouble {
    fn from(error: ureq::http::Error) -> Self {
        Self::Failed(ureq::Error::Http(error))
    }
}

/// Whether nothing came for too long of what was to come.
fn is_silence(error: Option<&ureq::Error>) -> bool {
    matches!(error, Some(ureq::Error::Timeout(Timeout::PerRead)))
}

/// A text that nobody had before and nobody guesses.
///
/// # Errors
/// When the system gives no randomness.
pub(crate) fn unguessable() -> Result<String, Failure> {
    let mut octets = [0; 16];
    let filled = getrandom::fill(&mut octets);
    filled.map_err(|error| Failure::local("randomness", &error))?;
    Ok(Builder::from_random_bytes(octets).into_uuid().to_string())
}

/// When it may be asked again, where the answer says so, in seconds.
fn retry_after(answer: &Response<Body>) -> Option<u64> {
    answer.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()
}

/// Why a server said no.
fn refused(status: u16, retry_after: Option<u64>, octets: &[u8]) -> Failure {
    let problem = serde_json::from_slice(octets).unwrap_or_else(|_| Problem::default());
    let nothing = problem.title.is_empty();
    let title = if nothing { format!("HTTP {status}") } else { problem.title };
    Failure::Refused(Box::new(Problem { status, title, retry_after, ..problem }))
}

fn read(body: &mut Body) -> Result<Vec<u8>, ureq::Error> {
    body.with_config().limit(256 << 20).read_to_vec()
}

fn authorities(path: &Path) -> Result<Vec<Certificate<'static>>, Failure> {
    let failed = |why: &dyn ToString| Failure::local(path.display().to_string(), why);
    let pem = std::fs::read(path).map_err(|error| failed(&error))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let ureq::tls::PemItem::Certificate(certificate) =
            item.map_err(|error| failed(&error))?
        {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(failed(&"there is no certificate in PEM in it")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{SocketAddr, TcpListener};
    use std::thread::{self, JoinHandle};

    use super::*;

    /// What a server says that has no time for something.
    fn told(status: u16, kind: &str, retry_after: Option<u64>) -> Trouble {
        let body = format!(r#"{{"type": "/problems/{kind}", "title": "Busy"}}"#);
        Trouble::Told(refused(status, retry_after, body.as_bytes()))
    }

    #[test]
    fn a_server_without_time_is_asked_again_when_it_says_and_not_for_ever() {
        let mut waited = Duration::ZERO;
        let seconds = |count| Some(Duration::from_secs(count));
        assert_eq!(told(429, "too-often", Some(2)).wait(false, &mut waited), seconds(2));
        assert_eq!(told(503, "busy", None).wait(false, &mut waited), seconds(1));
        assert_eq!(told(429, "too-often", Some(0)).wait(true, &mut waited), seconds(1));
        assert_eq!(told(503, "busy", Some(6)).wait(true, &mut waited), None, "that is long");
        assert_eq!(waited, Duration::from_secs(4));
        let all = (0..50).filter(|_| told(503, "busy", Some(5)).wait(true, &mut waited).is_some());
        assert_eq!(all.count(), 5);
    }

    /// A server that says something to whoever asks it once, and then nothing until it is left.
    fn server(says: &'static str) -> (String, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let answering = thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            client.write_all(says.as_bytes()).unwrap();
            let _left = io::copy(&mut client, &mut io::sink());
        });
        (server, answering)
    }

    #[test]
    fn a_file_of_which_nothing_comes_any_more_is_not_waited_for_for_ever() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
        for (says, came) in [(head, "half"), ("", "")] {
            let (server, answering) = server(says);
            let agent = Agent::config_builder().http_status_as_error(false).build().into();
            let (warned, silence) = (AtomicBool::new(false), Duration::from_millis(200));
            let client = Client { agent, server, token: None, warned, silence };
            let mut out = Vec::new();
            let failure = client.download("/v1/events/export", &mut out).unwrap_err();
            assert!(failure.to_string().contains("not all is there"), "{failure}");
            assert_eq!(out, came.as_bytes());
            drop(client);
            answering.join().unwrap();
        }
    }

    /// A client of a server that is not there, and where it would be.
    fn client_of_nobody() -> (Client, SocketAddr) {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        let (server, warned) = (format!("http://{address}"), AtomicBool::new(false));
        (Client { agent, server, token: None, warned, silence: SILENCE }, address)
    }

    #[test]
    fn a_server_that_is_started_anew_is_asked_again_for_what_is_read_or_made() {
        for (method, is_repeatable) in [("get", false), ("post", true)] {
            let (client, address) = client_of_nobody();
            let starting = thread::spawn(move || {
                // Whoever asks finds nobody at first, and gives up long after this.
                pause(Duration::from_millis(500));
                let (mut client, _) = TcpListener::bind(address).unwrap().accept().unwrap();
                client.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
                let _left = io::copy(&mut client, &mut io::sink());
            });
            let (path, body, if_match) = ("/v1/me", None, None);
            let answer = client.ask(&Question { method, path, body, if_match, is_repeatable });
            assert!(answer.unwrap().body.is_null(), "{method}");
            drop(client);
            starting.join().unwrap();
        }
    }

    #[test]
    fn where_nobody_listens_nothing_was_asked_of_anybody() {
        let (client, _) = client_of_nobody();
        let told = client.look("/v1/me").unwrap_err().to_string();
        assert!(told.contains("see that it runs"), "{told}");
        let trouble = |kind: ErrorKind| Trouble::from(ureq::Error::Io(kind.into()));
        assert!(trouble(ErrorKind::ConnectionRefused).is_nobody());
        assert!(!trouble(ErrorKind::ConnectionRefused).is_broken());
        assert!(!trouble(ErrorKind::ConnectionReset).is_nobody());
    }

    #[test]
    fn who_waits_for_a_file_is_told_for_how_long() {
        let server = "https://localhost:1";
        let client = Client::new(server, None, None).unwrap();
        let told = client.failure(Trouble::Failed(ureq::Error::Timeout(Timeout::PerRead)));
        assert!(told.to_string().contains("nothing came for 10 minutes"), "{told}");
        let other = client.failure(Trouble::Failed(ureq::Error::Timeout(Timeout::Global)));
        assert!(!other.to_string().contains("nothing came"), "{other}");
    }

    #[test]
    fn what_may_have_been_done_is_not_asked_for_again() {
        let mut waited = Duration::ZERO;
        assert_eq!(told(503, "", None).wait(false, &mut waited), None, "another server says so");
        assert!(told(503, "", None).wait(true, &mut waited).is_some());
        assert_eq!(told(500, "internal", None).wait(true, &mut waited), None);
        assert_eq!(told(429, "too-early", Some(1)).wait(true, &mut waited), None, "it is a guess");
        assert_eq!(told(409, "taken", Some(1)).wait(true, &mut waited), None);
    }
}
