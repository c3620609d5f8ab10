//! Who takes events: a receiver of webhooks in Python, with nothing of ours, and rsyslog.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::authority::{Authority, Holder, Issued};
use super::office::{Office, id_of};
use super::program::Program;
use super::{PATIENCE, pause};

/// How a receiver tells a genuine request, as operators are told.
const VERIFIER: &str = include_str!("../../docs/verify-webhook.py");

/// Takes what is signed with one of the secrets in a file, and does as another file says: it takes
/// requests, or those alone that have a word in them and leaves the others without an answer, or answers
/// with a status, or fails so many times.
const RECEIVER: &str = r#"
import http.server, os, ssl, sys, time

folder = sys.argv[1]

def read(name):
    try:
        with open(os.path.join(folder, name)) as file:
            return file.read()
    except FileNotFoundError:
        return ""

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(os.path.join(folder, "came"), "ab") as file:
            file.write(b"%d\n" % (time.monotonic_ns() // 1000000))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mode = read("mode").strip()
        if mode.startswith("fail "):
            left = int(mode[5:])
            with open(os.path.join(folder, "mode"), "w") as file:
                file.write("fail %d" % (left - 1) if left > 1 else "take")
            return self.answer(503)
        if mode.startswith("only ") and mode[5:].encode() not in body:
            return time.sleep(300)
        if mode.isdigit():
            return self.answer(int(mode))
        signature = self.headers["Tenantry-Signature"]
        if not any(is_genuine(secret, signature, body) for secret in read("secrets").split()):
            return self.answer(401)
        if is_genuine("nobody's secret", signature, body) or self.path != "/in?of=acme":
            return self.answer(400)
        with open(os.path.join(folder, "taken"), "ab") as file:
            file.write(body)
        self.answer(204)

    def answer(self, status):
        print("answers", status, flush=True)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "https://localhost:%d/elsewhere" % port)
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
port = server.server_address[1]
print("listens at", port, "", flush=True)
server.serve_forever()
"#;

/// A receiver of webhooks.
pub(crate) struct Receiver {
    folder: TempDir,
    authority: Authority,
    port: String,
    program: Program,
}

impl Receiver {
    /// Starts one that believes nobody yet.
    pub(crate) fn start() -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new("receivers"));
        let own = issued(&authority, "receiver", true);
        let mut python = Command::new("/usr/bin/python3");
        python.args(["-c", &format!("{VERIFIER}\n{RECEIVER}")]).arg(folder.path());
        let program = Program::start(python.arg(&own.certificate).arg(&own.key));
        program.says("listens at");
        let said = program.said();
        let port = said.split_whitespace().nth(2).unwrap().to_owned();
        Self { folder, authority, port, program }
    }

    /// A destination that leads to it.
    pub(crate) fn destination(&self, name: &str) -> Value {
        let url = format!("https://localhost:{}/in?of=acme", self.port);
        let webhook = json!({"url": url, "authorities": self.authority.pem()});
        json!({"name": name, "kind": "webhook", "webhook": webhook})
    }

    /// Has it believe who has one of these secrets, and nobody else.
    pub(crate) fn believes(&self, secrets: &[&str]) {
        self.put("secrets", &secrets.join("\n"));
    }

    /// Has it do as a word says: `take`, `only this`, `fail 3`, or a status.
    pub(crate) fn does(&self, mode: &str) {
        self.put("mode", mode);
    }

    /// Whatever it took so far.
    pub(crate) fn taken(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap_or_default()
    }

    /// The file with what it took.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("taken")
    }

    /// How often it answered with a status.
    pub(crate) fn answered(&self, status: u16) -> usize {
        self.program.said().matches(&format!("answers {status}\n")).count()
    }

    /// When requests came, the first first, in milliseconds of a clock that nobody sets.
    pub(crate) fn came(&self) -> Vec<u64> {
        let came = std::fs::read_to_string(self.folder.path().join("came")).unwrap_or_default();
        came.lines().map(|line| line.parse().unwrap()).collect()
    }

    fn put(&self, name: &str, text: &str) {
        let (file, fresh) = (self.folder.path().join(name), self.folder.path().join("fresh"));
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(fresh, file).unwrap();
    }
}

/// A destination of events that takes none.
pub(crate) fn nobody(name: &str) -> Value {
    let receiver = json!({"url": "https://receiver.invalid/"});
    json!({"name": name, "kind": "webhook", "webhook": receiver, "paused": true})
}

/// The same of the provider's events; tells its id.
pub(crate) fn nobody_at_provider(office: &Office) -> String {
    let path = "/v1/event-destinations";
    let made = office.top.send("POST", path, Some(&nobody(&office.slug)));
    if made.status == 201 {
        return id_of(&made.json());
    }
    // There are as many as there may be.
    assert_eq!(made.status, 409, "{made:?}");
    id_of(&office.top.get(path).json()["items"][0])
}

/// rsyslog, which takes messages inside TLS from who shows a certificate for `sender.example`.
pub(crate) struct Rsyslog {
    folder: TempDir,
    authority: Authority,
    sender: Issued,
    _program: Program,
}

impl Rsyslog {
    /// Starts it.
    pub(crate) fn start() -> Self {
        super::client::needs("/usr/sbin/rsyslogd", "rsyslog rsyslog-gnutls");
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new("receivers"));
        let (own, sender) =
            (issued(&authority, "receiver", true), issued(&authority, "sender.example", false));
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(at("ca.pem"), authority.pem()).unwrap();
        let config = format!(
            "global(defaultNetstreamDriver=\"gtls\" defaultNetstreamDriverCAFile=\"{ca}\"\n\
             defaultNetstreamDriverCertFile=\"{certificate}\"\n\
             defaultNetstreamDriverKeyFile=\"{key}\" workDirectory=\"{work}\"\n\
             maxMessageSize=\"128k\")\n\
             module(load=\"imtcp\" streamDriver.name=\"gtls\" streamDriver.mode=\"1\"\n\
             streamDriver.authMode=\"x509/name\" permittedPeer=[\"sender.example\"])\n\
             input(type=\"imtcp\" port=\"0\" address=\"127.0.0.1\" listenPortFileName=\"{port}\")\n\
             template(name=\"parts\" type=\"string\" string=\"%pri%|%app-name%|%procid%|%msgid%|\
             %structured-data%|%msg%\\n\")\n\
             action(type=\"omfile\" file=\"{taken}\" template=\"parts\")\n",
            ca = at("ca.pem"),
            certificate = own.certificate.display(),
            key = own.key.display(),
            work = folder.path().display(),
            port = at("port"),
            taken = at("taken"),
        );
        std::fs::write(at("rsyslog.conf"), config).unwrap();
        let mut command = Command::new("/usr/sbin/rsyslogd");
        command.args(["-n", "-f", &at("rsyslog.conf"), "-i", &at("pid")]);
        let program = Program::start(&mut command);
        let is_up = || std::fs::read_to_string(at("port")).is_ok_and(|port| !port.is_empty());
        assert!(comes(is_up), "rsyslog does not start: {}", program.said());
        Self { folder, authority, sender, _program: program }
    }

    /// A destination that leads to it.
    pub(crate) fn destination(&self, name: &str) -> Value {
        let port = std::fs::read_to_string(self.folder.path().join("port")).unwrap();
        let port: u16 = port.trim().parse().unwrap();
        let authorities = self.authority.pem();
        let syslog = json!({"host": "localhost", "port": port, "authorities": authorities});
        json!({"name": name, "kind": "syslog", "syslog": syslog})
    }

    /// The certificate that it believes, with its key.
    pub(crate) fn sender(&self) -> Value {
        let text = |file: &Path| std::fs::read_to_string(file).unwrap();
        json!({"certificate": text(&self.sender.certificate), "private_key": text(&self.sender.key)})
    }

    /// What it took: priority, kind and text of each message.
    pub(crate) fn taken(&self) -> Vec<(u8, String, String)> {
        let taken = std::fs::read_to_string(self.folder.path().join("taken")).unwrap_or_default();
        let whole = taken.rfind('\n').map_or("", |end| &taken[..end]);
        let message = |line: &str| {
            let parts: Vec<&str> = line.splitn(6, '|').collect();
            assert_eq!((parts[1], parts[2], parts[4]), ("tenantry", "-", "-"), "{line}");
            (parts[0].parse().unwrap(), parts[3].to_owned(), parts[5].trim_start().to_owned())
        };
        whole.lines().map(message).collect()
    }
}

/// A certificate for a name, or for this machine.
fn issued(authority: &Authority, name: &str, server: bool) -> Issued {
    let dns = Some(if server { "localhost" } else { name });
    authority.issue(&Holder { common_name: name, dns, server, ..Holder::default() })
}

/// Waits until something is so; false when it is not in time.
pub(crate) fn comes(is_so: impl Fn() -> bool) -> bool {
    const STEP: std::time::Duration = std::time::Duration::from_millis(50);
    let steps = PATIENCE.as_millis() / STEP.as_millis();
    (0..steps).any(|_| {
        let so = is_so();
        if !so {
            pause(STEP);
        }
        so
    })
}
