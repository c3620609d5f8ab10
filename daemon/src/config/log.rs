//! `[log]`

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use tracing_subscriber::EnvFilter;

use super::section::section;
use super::value::{Value, quote};

section! {
    /// What the daemon tells on its standard error. It is read again on SIGHUP.
    [log] Log {
        /// The level (error, warn, info, debug), or a list such as "info,daemon::ldap=debug".
        filter: Filter = Filter("info".to_owned()),
        /// "text" for people, "json" for machines.
        format: Format = Format::Text,
    }
}

/// Which lines are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    /// Spells the filter as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match EnvFilter::builder().parse(text) {
            Ok(_) if !text.trim().is_empty() => Ok(Self(text.to_owned())),
            Ok(_) => Err("an empty filter would silence the log, use \"off\"".to_owned()),
            Err(error) => Err(format!("`{text}` is no log filter: {error}")),
        }
    }
}

impl Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Value for Filter {
    type Resolved = Self;

    fn resolve(self) -> Self {
        self
    }

    fn toml(&self) -> String {
        quote(&self.0)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl Value for Format {
    type Resolved = Self;

    fn resolve(self) -> Self {
        self
    }

    fn toml(&self) -> String {
        match self {
            Self::Text => quote("text"),
            Self::Json => quote("json"),
        }
    }
}
