//! `[log]`

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

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
        EnvFilter::builder()
            .parse(text)
            .map_err(|error| format!("`{text}` is no log filter: {error}"))?;
        // Whatever is no level names a part of the daemon, and the rest of it would be silent.
        let mut parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        if parts.any(|part| part.parse::<LevelFilter>().is_ok()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` names no level for the rest: begin with one, such as \"info\""))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_would_silence_what_it_does_not_mention_is_refused() {
        for right in ["info", "off", "WARN", "info,daemon::ldap=debug", "daemon::ldap=debug, warn"]
        {
            assert_eq!(right.parse::<Filter>().unwrap().as_str(), right);
        }
        for wrong in ["", " ", "loud", "daemon::ldap=debug", "info=loud"] {
            assert!(wrong.parse::<Filter>().is_err(), "{wrong}");
        }
    }
}
