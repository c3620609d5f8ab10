//! How the source of the master key is written.

use std::fmt::{self, Display};
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};

use super::value::{FullPath, Value, quote};

/// Where the master key is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterKeySource {
    /// A systemd credential of this name, in the folder that `$CREDENTIALS_DIRECTORY` names.
    Credential(String),
    /// A file, created at the first start.
    File(PathBuf),
    /// An environment variable of this name.
    Environment(String),
}

impl FromStr for MasterKeySource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("credential", name)) if is_file_name(name) => Ok(Self::Credential(name.into())),
            Some(("file", path)) => FullPath::from_str(path).map(|path| Self::File(path.0)),
            Some(("env", name)) if is_variable_name(name) => Ok(Self::Environment(name.into())),
            Some(_) | None => Err(format!(
                "`{text}` names no source of a key, expected \"credential:NAME\", \
                 \"file:/PATH\" or \"env:NAME\""
            )),
        }
    }
}

impl Display for MasterKeySource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential(name) => write!(out, "credential:{name}"),
            Self::File(path) => write!(out, "file:{}", path.display()),
            Self::Environment(name) => write!(out, "env:{name}"),
        }
    }
}

impl Value for MasterKeySource {
    type Resolved = Self;

    fn resolve(self) -> Self {
        self
    }

    fn toml(&self) -> String {
        quote(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for MasterKeySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A credential is a file in a folder that is not ours to leave.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0'])
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_sources_are_read_as_they_are_printed() {
        for text in ["credential:master-key", "file:/etc/key", "env:MASTER_KEY"] {
            let source: MasterKeySource = text.parse().unwrap();
            assert_eq!(source.to_string(), text);
        }
    }

    #[test]
    fn a_credential_cannot_lead_out_of_its_folder() {
        for text in ["credential:../shadow", "credential:..", "credential:"] {
            assert!(text.parse::<MasterKeySource>().is_err(), "{text}");
        }
    }
}
