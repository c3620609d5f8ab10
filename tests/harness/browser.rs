//! Chromium without a screen, driven by WebDriver, with authenticators that are not of metal.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Client, needs};
use super::program::Program;

/// The browser, until it is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: String,
    session: String,
    _program: Program,
    _home: TempDir,
}

/// An authenticator that the browser has.
#[derive(Debug)]
pub(crate) struct Authenticator(String);

/// What scripts begin with: a request, told by its status, or by the name of the error.
const ASK: &str = "
    const [...given] = arguments;
    const done = given.pop();
    const ask = async (method, url, body, more) => {
        const headers = {};
        if (body !== null) headers['content-type'] = 'application/json';
        const text = body === null ? undefined : JSON.stringify(body);
        const answer = await fetch(url, {method, headers: {...headers, ...more?.headers}, body: text, ...more?.init});
        const read = await answer.text();
        return {status: answer.status, type: answer.type, json: read === '' ? null : JSON.parse(read)};
    };
    const own = {headers: {'x-tenantry-request': '1'}};
";

/// Has a passkey made for options that are given, and tells the browser's answer.
pub(crate) const MAKE: &str = "
    const options = PublicKeyCredential.parseCreationOptionsFromJSON(given[0]);
    return (await navigator.credentials.create({publicKey: options})).toJSON();
";
/// Uses a passkey for options that are given, and tells the browser's answer.
pub(crate) const ANSWER: &str = "
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(given[0]);
    return (await navigator.credentials.get({publicKey: options})).toJSON();
";
/// Signs in on the page with password and code.
pub(crate) const SIGN_IN: &str = "return await ask('POST', '/v1/sign-in', given[0], own);";
/// Signs out.
pub(crate) const OUT: &str = "return await ask('POST', '/v1/sign-out', null, own);";
/// Has a passkey made, and registers it by a name.
pub(crate) const REGISTER: &str = "
    const begun = await ask('POST', '/v1/me/passkeys/begin', null, own);
    if (begun.status !== 200) return begun;
    const options = PublicKeyCredential.parseCreationOptionsFromJSON(begun.json.options);
    const made = await navigator.credentials.create({publicKey: options});
    const registration = {name: given[0], credential: made.toJSON()};
    return await ask('POST', '/v1/me/passkeys', registration, own);
";
/// Uses a passkey, as whoever is named or anybody, and signs in.
pub(crate) const USE: &str = "
    const begun = await ask('POST', '/v1/sign-in/passkey/begin', given[0], own);
    if (begun.status !== 200) return begun;
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(begun.json.options);
    const used = await navigator.credentials.get({publicKey: options});
    const answer = {credential: used.toJSON(), cookie: true};
    return await ask('POST', '/v1/sign-in/passkey', answer, own);
";

/// The driver, on the port that it chose. It takes any port of IPv6, and then asks for the same one
/// of IPv4, which another test may have: it is started anew then.
fn started(home: &Path) -> (Program, String) {
    const UP: &str = "started successfully on port ";
    const TAKEN: &str = "port not available";
    for _ in 0..20 {
        let mut command = Command::new("chromedriver");
        let program = Program::start(command.arg("--port=0").env("HOME", home));
        if program.says_one_of(&[UP, TAKEN]) == TAKEN {
            continue;
        }
        let said = program.said();
        let port = said.split(UP).nth(1).unwrap();
        return (program, port.chars().take_while(char::is_ascii_digit).collect());
    }
    panic!("a port that the driver chooses was taken, twenty times");
}

impl Browser {
    /// A browser that knows these authorities.
    pub(crate) fn new(authorities: &[&Path]) -> Self {
        needs("chromium", "chromium");
        let home = tempfile::tempdir().unwrap();
        trust(home.path(), authorities);
        needs("chromedriver", "chromium-driver");
        let (program, port) = started(home.path());
        let driver = format!("http://127.0.0.1:{port}");
        let data = format!("--user-data-dir={}", home.path().join("data").display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            data.as_str(),
        ];
        let options = json!({"binary": "/usr/bin/chromium", "args": arguments});
        let wanted = json!({"browserName": "chrome", "goog:chromeOptions": options});
        let asked = json!({"capabilities": {"alwaysMatch": wanted}});
        let begun = drive("POST", &format!("{driver}/session"), Some(&asked));
        let session = begun["sessionId"].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned();
        Self { driver, session, _program: program, _home: home }
    }

    /// Goes to a page.
    pub(crate) fn open(&self, url: &str) {
        self.tell("POST", "url", Some(&json!({"url": url})));
    }

    /// Runs a script on the page; it has `ask` and tells what it `return`s, or `error: NAME`.
    pub(crate) fn run(&self, script: &str, arguments: &Value) -> Value {
        let script = format!(
            "{ASK} (async () => {{ {script} }})().then(done, (error) => done('error: ' + error.name));"
        );
        self.tell("POST", "execute/async", Some(&json!({"script": script, "args": arguments})))
    }

    /// Types a text into what a selector finds.
    pub(crate) fn write(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.tell("POST", &format!("element/{element}/value"), Some(&json!({"text": text})));
    }

    /// Clicks on what a selector finds.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.tell("POST", &format!("element/{element}/click"), Some(&json!({})));
    }

    /// What is to be read of what a selector finds; nothing where it is hidden.
    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.tell("GET", &format!("element/{}/text", self.element(selector)), None);
        text.as_str().unwrap().to_owned()
    }

    /// A picture, as PNG, of what a selector finds.
    pub(crate) fn picture(&self, selector: &str) -> Vec<u8> {
        let path = format!("element/{}/screenshot", self.element(selector));
        let encoded = self.tell("GET", &path, None);
        BASE64_STANDARD.decode(encoded.as_str().unwrap()).unwrap()
    }

    fn element(&self, selector: &str) -> String {
        let wanted = json!({"using": "css selector", "value": selector});
        let found = self.tell("POST", "element", Some(&wanted));
        // WebDriver section 12.1 names the member so.
        found["element-6066-11e4-a52e-4f735466cecf"].as_str().unwrap().to_owned()
    }

    /// The cookies that the page is sent.
    pub(crate) fn cookies(&self) -> Vec<Value> {
        self.tell("GET", "cookie", None).as_array().unwrap().clone()
    }

    /// An authenticator in the machine, whose owner is always there.
    pub(crate) fn authenticator(&self) -> Authenticator {
        let made = self.tell(
            "POST",
            "webauthn/authenticator",
            Some(&json!({
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": true,
                "hasUserVerification": true,
                "isUserConsenting": true,
                "isUserVerified": true
            })),
        );
        Authenticator(made.as_str().unwrap().to_owned())
    }

    /// Whether an authenticator's owner shows who it is.
    pub(crate) fn verifies(&self, authenticator: &Authenticator, verifies: bool) {
        let path = format!("webauthn/authenticator/{}/uv", authenticator.0);
        self.tell("POST", &path, Some(&json!({"isUserVerified": verifies})));
    }

    /// What an authenticator holds, keys included.
    pub(crate) fn credentials(&self, authenticator: &Authenticator) -> Vec<Value> {
        let path = format!("webauthn/authenticator/{}/credentials", authenticator.0);
        self.tell("GET", &path, None).as_array().unwrap().clone()
    }

    /// Puts a credential into an authenticator.
    pub(crate) fn put_credential(&self, authenticator: &Authenticator, credential: &Value) {
        let path = format!("webauthn/authenticator/{}/credential", authenticator.0);
        self.tell("POST", &path, Some(credential));
    }

    /// Takes an authenticator away.
    pub(crate) fn remove(&self, authenticator: Authenticator) {
        let Authenticator(id) = authenticator;
        self.tell("DELETE", &format!("webauthn/authenticator/{id}"), None);
    }

    fn tell(&self, method: &str, what: &str, body: Option<&Value>) -> Value {
        drive(method, &format!("{}/session/{}/{what}", self.driver, self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with the session; without it the browser would stay.
        let session = format!("{}/session/{}", self.driver, self.session);
        Client::new("curl", "curl").args(["-s", "-X", "DELETE", &session]).run();
    }
}

/// Lets browsers of a home trust authorities.
fn trust(home: &Path, authorities: &[&Path]) {
    let folder = home.join(".pki/nssdb");
    std::fs::create_dir_all(&folder).unwrap();
    let database = format!("sql:{}", folder.display());
    let certutil = |arguments: &[&str]| {
        let done = Client::new("certutil", "libnss3-tools").args(arguments).run();
        assert_eq!(done.code, 0, "{done:?}");
    };
    certutil(&["-N", "--empty-password", "-d", &database]);
    for (number, authority) in authorities.iter().enumerate() {
        let name = format!("authority {number}");
        let file = authority.to_str().unwrap();
        certutil(&["-A", "-d", &database, "-n", &name, "-t", "C,,", "-i", file]);
    }
}

fn drive(method: &str, url: &str, body: Option<&Value>) -> Value {
    let mut client = Client::new("curl", "curl").args(["-s", "-X", method, url]);
    if let Some(body) = body {
        let head = "Content-Type: application/json";
        client = client.args(["-H", head, "--data-binary", "@-"]).input(body.to_string());
    }
    let answered = client.run();
    let answer: Value = serde_json::from_str(&answered.stdout).unwrap_or_else(|error| {
        panic!("{method} {url}: {error}: {answered:?}");
    });
    let value = answer["value"].clone();
    assert!(value.get("error").is_none(), "{method} {url}: {value}");
    value
}
