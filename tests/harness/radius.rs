//! FreeRADIUS's radclient.

use super::client::{Client, Output};
use super::description::{Description, RadiusClient};

/// Network gear that asks with radclient.
#[derive(Debug, Clone)]
pub(crate) struct Gear {
    address: String,
    secret: String,
    options: Vec<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The kind, such as `Access-Accept`; none when nothing came.
    pub(crate) kind: Option<String>,
    /// The attributes with their values as radclient prints them, in order.
    pub(crate) attributes: Vec<(String, String)>,
    /// Everything that radclient said.
    pub(crate) output: Output,
}

impl Description {
    /// Gear that asks for authentication with this client's secret.
    pub(crate) fn gear(&self, client: &RadiusClient) -> Gear {
        Gear::new(&self.radius.auth, &client.secret)
    }
}

impl Gear {
    /// Gear with any secret, at any address.
    pub(crate) fn new(address: &str, secret: &str) -> Self {
        let (address, secret) = (address.to_owned(), secret.to_owned());
        Self { address, secret, options: ["-r", "1", "-t", "5"].map(str::to_owned).to_vec() }
    }

    /// Adds options of radclient; later ones win.
    pub(crate) fn with<const N: usize>(mut self, options: [&str; N]) -> Self {
        self.options.extend(options.map(ToOwned::to_owned));
        self
    }

    /// Sends a request; `kind` is `auth`, `acct` or `status`. A Message-Authenticator is part of
    /// it when `attributes` say so.
    pub(crate) fn ask(&self, kind: &str, attributes: &str) -> Reply {
        let output = Client::new("radclient", "freeradius-utils")
            .arg("-x")
            .args(&self.options)
            .args([&self.address, kind, &self.secret])
            .input(attributes)
            .run();
        Reply::parse(output)
    }

    /// Sends an Access-Request with a password and a Message-Authenticator.
    pub(crate) fn login(&self, user: &str, password: &str) -> Reply {
        let attributes =
            format!("User-Name=\"{user}\",User-Password=\"{password}\",Message-Authenticator=0x00");
        self.ask("auth", &attributes)
    }
}

impl Reply {
    fn parse(output: Output) -> Self {
        let received = |line: &&str| line.starts_with("Received ");
        let mut lines = output.stdout.lines().skip_while(|line| !received(line));
        let kind = lines.next().and_then(|line| line.split(' ').nth(1)).map(ToOwned::to_owned);
        let attributes = lines
            .take_while(|line| line.starts_with('\t'))
            .filter_map(|line| line.trim().split_once(" = "))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
            .collect();
        Self { kind, attributes, output }
    }

    /// Whether it is this kind.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// The values of an attribute, in order.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let same = |(attribute, _): &&(String, String)| attribute == name;
        self.attributes.iter().filter(same).map(|(_, value)| value.as_str()).collect()
    }
}
