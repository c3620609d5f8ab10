//! What stands before the admin API, passes everything on, and loses some of the answers, or some of
//! the files that are sent.

use std::process::Command;

use tempfile::TempDir;

use super::authority::{Authority, Holder};
use super::demo::Demo;
use super::program::Program;
use super::receiver::comes;

/// Loses as many answers to what is no GET as a file says; each is printed with its key before. As often
/// as other files say it breaks off before it passes a PUT on, loses answers to PUTs alone, and says to a PUT
/// what the admin API does of a file that stood still on its way, and passes a GET on as nobody's.
const LINE: &str = r#"
import http.client, http.server, os, ssl, sys

folder, certificate, key, home, authority = sys.argv[1:6]
trusting = ssl.create_default_context(cafile=authority)
trusting.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)

def has_left(name):
    name = os.path.join(folder, name)
    with open(name) as file:
        left = int(file.read())
    with open(name, "w") as file:
        file.write(str(max(left - 1, 0)))
    return left > 0

class Handler(http.server.BaseHTTPRequestHandler):
    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body, size = b"", int(self.rfile.readline(), 16)
        while size:
            body += self.rfile.read(size)
            self.rfile.readline()
            size = int(self.rfile.readline(), 16)
        self.rfile.readline()
        return body

    def passes(self):
        body = self.body()
        own = ("host", "connection", "content-length", "transfer-encoding")
        if self.command == "GET" and has_left("nobodys"):
            own += ("authorization",)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in own}
        if self.command == "PUT" and has_left("breaks"):
            print("asked PUT - 0", flush=True)
            self.close_connection = True
            return
        if self.command == "PUT" and has_left("stalls"):
            print("asked PUT - 408", flush=True)
            kind = "/problems/too-slow"
            said = b'{"type": "%s", "title": "Too slow", "status": 408}' % kind.encode()
            self.send_response(408)
            self.send_header("Content-Type", "application/problem+json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            return
        there = http.client.HTTPSConnection(home, context=trusting)
        there.request(self.command, self.path, body, headers)
        answer = there.getresponse()
        content = answer.read()
        if self.command != "GET":
            key = self.headers.get("Idempotency-Key", "-")
            print("asked", self.command, key, answer.status, flush=True)
            if has_left("losses") or self.command == "PUT" and has_left("unheard"):
                self.close_connection = True
                return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() in ("content-type", "etag"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = passes

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("listens at", server.server_address[1], "", flush=True)
server.serve_forever()
"#;

/// The line, until it is dropped.
pub(crate) struct BreakingLine {
    folder: TempDir,
    program: Program,
    /// Where it is asked.
    pub(crate) url: String,
    /// Who vouches for it.
    pub(crate) ca_file: String,
}

/// What was asked over it that is no GET.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) key: String,
    pub(crate) status: u16,
}

impl BreakingLine {
    /// One to a demonstration that loses nothing yet.
    pub(crate) fn to(demo: &Demo) -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new("lines"));
        let holder = Holder {
            common_name: "line",
            dns: Some("localhost"),
            server: true,
            ..Holder::default()
        };
        let own = authority.issue(&holder);
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, authority.pem()).unwrap();
        for name in ["losses", "breaks", "unheard", "stalls", "nobodys"] {
            std::fs::write(folder.path().join(name), "0").unwrap();
        }
        let mut python = Command::new("/usr/bin/python3");
        python.args(["-c", LINE]).arg(folder.path()).arg(&own.certificate).arg(&own.key);
        python.arg(demo.admin_api.url.trim_start_matches("https://")).arg(&demo.ca_file);
        let program = Program::start(&mut python);
        program.says("listens at");
        let said = program.said();
        let port = said.split_whitespace().nth(2).unwrap();
        let (url, ca_file) = (format!("https://localhost:{port}"), ca.display().to_string());
        Self { folder, program, url, ca_file }
    }

    /// Has it lose so many answers from now on.
    pub(crate) fn loses(&self, answers: u32) {
        std::fs::write(self.folder.path().join("losses"), answers.to_string()).unwrap();
    }

    /// Has it break off so many files from now on that are sent with PUT; each is asked with status 0.
    pub(crate) fn breaks(&self, files: u32) {
        std::fs::write(self.folder.path().join("breaks"), files.to_string()).unwrap();
    }

    /// Has it say of so many files from now on that they did not come in time; each is asked with status 408.
    pub(crate) fn stalls(&self, files: u32) {
        std::fs::write(self.folder.path().join("stalls"), files.to_string()).unwrap();
    }

    /// Has it lose so many answers from now on to what is sent with PUT.
    pub(crate) fn loses_of_files(&self, answers: u32) {
        std::fs::write(self.folder.path().join("unheard"), answers.to_string()).unwrap();
    }

    /// Has it pass so many GETs on from now on as if nobody had signed in.
    pub(crate) fn forgets_who_asks(&self, questions: u32) {
        std::fs::write(self.folder.path().join("nobodys"), questions.to_string()).unwrap();
    }

    /// Waits until so much was asked over it, and tells what.
    pub(crate) fn asked(&self, times: usize) -> Vec<Asked> {
        assert!(comes(|| self.asked_so_far().len() >= times), "{:?}", self.asked_so_far());
        self.asked_so_far()
    }

    fn asked_so_far(&self) -> Vec<Asked> {
        let said = self.program.said();
        let asked = said.lines().filter_map(|line| line.strip_prefix("asked "));
        let parts = asked.map(|line| line.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>());
        let one = |parts: Vec<String>| Asked {
            method: parts[0].clone(),
            key: parts[1].clone(),
            status: parts[2].parse().unwrap(),
        };
        parts.map(one).collect()
    }
}
