//! Asking the admin API.

use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Method, Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, SendBody};

use crate::failure::{Failure, Problem};
use crate::output::warn;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long sending a file may take.
const LONG_PATIENCE: Duration = Duration::from_secs(30 * 60);

/// A server, and who asks.
pub(crate) struct Client {
    agent: Agent,
    server: String,
    token: Option<String>,
    /// Whether an answer warned already.
    warned: AtomicBool,
}

/// What is asked.
pub(crate) struct Question<'q> {
    pub(crate) method: &'q str,
    /// The path, from `/v1` on, with its query.
    pub(crate) path: &'q str,
    pub(crate) body: Option<&'q Value>,
    /// The state that was seen.
    pub(crate) if_match: Option<&'q str>,
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
        Ok(Self { agent: agent.into(), server, token, warned: AtomicBool::new(false) })
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
        self.ask(&Question { method: "get", path, body: None, if_match: None })
    }

    /// Asks with GET, and writes what comes, however much it is and however long it takes.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), and when it cannot be written or ends early.
    pub(crate) fn download(&self, path: &str, out: &mut dyn Write) -> Result<(), Failure> {
        let failed = |why: &dyn ToString| Failure::Unreachable {
            server: self.server.clone(),
            why: why.to_string(),
        };
        let mut request = self.agent.get(format!("{}{path}", self.server));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.config().timeout_global(None).build().call();
        let mut answer = answer.map_err(|error| failed(&error))?;
        let status = answer.status().as_u16();
        if !(200..300).contains(&status) {
            let octets = read(answer.body_mut()).map_err(|error| failed(&error))?;
            return Err(refused(status, &octets));
        }
        let copied = std::io::copy(&mut answer.body_mut().as_reader(), out);
        match copied.and_then(|_| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::Unheard),
            done => done.map_err(|error| failed(&error)),
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When the server cannot be asked, or refuses.
    pub(crate) fn ask(&self, question: &Question<'_>) -> Result<Answer, Failure> {
        let failed = |why: &dyn ToString| Failure::Unreachable {
            server: self.server.clone(),
            why: why.to_string(),
        };
        let method = Method::from_bytes(question.method.to_uppercase().as_bytes());
        let mut request = Request::builder()
            .method(method.map_err(|error| failed(&error))?)
            .uri(format!("{}{}", self.server, question.path))
            .header("accept", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(etag) = question.if_match {
            request = request.header("if-match", etag);
        }
        let answer = match question.body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                let request = request.body(body.to_string()).map_err(|error| failed(&error))?;
                self.agent.run(request)
            }
            None => self.agent.run(request.body(()).map_err(|error| failed(&error))?),
        };
        self.heard(answer)
    }

    /// Sends a file with PUT, as it is read.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(crate) fn send(
        &self,
        path: &str,
        kind: &str,
        file: &mut dyn Read,
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
        let mut file = file;
        self.heard(request.send(SendBody::from_reader(&mut file)))
    }

    fn heard(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<Answer, Failure> {
        let failed = |why: &dyn ToString| Failure::Unreachable {
            server: self.server.clone(),
            why: why.to_string(),
        };
        let mut answer = answer.map_err(|error| failed(&error))?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let etag = header("etag").map(ToOwned::to_owned);
        let warning = header("x-tenantry-warning").map(ToOwned::to_owned);
        // Each page of a list warns of the same.
        if let Some(warning) = warning.filter(|_| !self.warned.swap(true, Ordering::Relaxed)) {
            warn(&warning);
        }
        let is_json = header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json") || kind.contains("+json"));
        let status = answer.status().as_u16();
        let octets = read(answer.body_mut()).map_err(|error| failed(&error))?;
        if !(200..300).contains(&status) {
            return Err(refused(status, &octets));
        }
        let (body, file) = if octets.trim_ascii().is_empty() {
            (Value::Null, None)
        } else if is_json {
            (serde_json::from_slice(&octets).map_err(|error| failed(&error))?, None)
        } else {
            (Value::Null, Some(octets))
        };
        Ok(Answer { body, file, etag })
    }
}

/// Why a server said no.
fn refused(status: u16, octets: &[u8]) -> Failure {
    let problem = serde_json::from_slice(octets).unwrap_or_else(|_| Problem::default());
    let nothing = problem.title.is_empty();
    let title = if nothing { format!("HTTP {status}") } else { problem.title };
    Failure::Refused(Box::new(Problem { status, title, ..problem }))
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
    if found.is_empty() { Err(failed(&"there is no certificate in it")) } else { Ok(found) }
}
