//! curl at the admin API.

use std::path::PathBuf;

use serde_json::Value;

use super::client::Client;
use super::demo::Demo;
use super::issued::Handed;

/// Somebody with curl.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    url: String,
    ca_file: String,
    token: Option<String>,
    headers: Vec<String>,
    /// Files with a certificate and its key.
    pair: Option<[String; 2]>,
}

/// What the admin API answered.
#[derive(Debug)]
pub(crate) struct Response {
    /// The HTTP status; 0 when no answer came.
    pub(crate) status: u16,
    /// The head as it came.
    pub(crate) head: String,
    /// The body as it came.
    pub(crate) body: String,
}

impl Demo {
    /// Somebody with this API key.
    pub(crate) fn api(&self, token: &str) -> Api {
        Api { token: Some(token.to_owned()), ..self.api_as_nobody() }
    }

    /// Somebody without any.
    pub(crate) fn api_as_nobody(&self) -> Api {
        Api::at(&self.admin_api.url, &self.ca_file)
    }

    /// The one who may do everything.
    pub(crate) fn api_as_top(&self) -> Api {
        self.api(&self.admin_api.tokens.administrator_with_billing)
    }
}

impl Api {
    /// Somebody without any key, at an address.
    pub(crate) fn at(url: &str, ca_file: &str) -> Self {
        let (url, ca_file) = (url.to_owned(), ca_file.to_owned());
        Self { url, ca_file, token: None, headers: Vec::new(), pair: None }
    }

    /// The same with an API key.
    pub(crate) fn key(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same with a certificate.
    pub(crate) fn certificate(mut self, handed: &Handed) -> Self {
        let name = |file: PathBuf| file.to_str().unwrap().to_owned();
        self.pair = Some([name(handed.certificate()), name(handed.key())]);
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }

    /// Reads a resource.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.send("GET", path, None)
    }

    /// Posts JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Response {
        self.send("POST", path, Some(body))
    }

    /// Sends any request.
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        let mut client = Client::new("curl", "curl")
            .args(["-s", "-i", "--http1.1", "--cacert", &self.ca_file, "-X", method])
            .args(["-H", "Expect:"]);
        if let Some(token) = &self.token {
            client = client.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        for header in &self.headers {
            client = client.args(["-H", header]);
        }
        if let Some([certificate, key]) = &self.pair {
            client = client.args(["--cert", certificate, "--key", key]);
        }
        if let Some(body) = body {
            client = client
                .args(["-H", "Content-Type: application/json", "--data-binary", "@-"])
                .input(body.to_string());
        }
        Response::parse(&client.arg(format!("{}{path}", self.url)).run().stdout)
    }
}

impl Api {
    /// Sends a file of this kind with PUT.
    pub(crate) fn upload(&self, path: &str, kind: &str, file: &str) -> Response {
        let mut client = Client::new("curl", "curl")
            .args(["-s", "-i", "--http1.1", "--cacert", &self.ca_file, "-X", "PUT"])
            .args(["-H", "Expect:", "-H", &format!("Content-Type: {kind}")])
            .args(["--data-binary", "@-"])
            .input(file);
        if let Some(token) = &self.token {
            client = client.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        Response::parse(&client.arg(format!("{}{path}", self.url)).run().stdout)
    }
}

impl Response {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self { status: status.unwrap_or(0), head: head.to_owned(), body: body.to_owned() }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}
