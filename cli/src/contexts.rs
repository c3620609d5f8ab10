//! Contexts: servers with a session each, kept in a file that is its owner's alone.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// All contexts, and which is in use.
#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contexts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    #[serde(default)]
    pub(crate) contexts: BTreeMap<String, Context>,
}

/// A server, and who one is there.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Context {
    /// Where it is.
    pub(crate) server: String,
    /// Who vouches for its certificate, where not the system does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<PathBuf>,
    /// The organization that commands are about unless they name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<String>,
    /// Its id, by which it is found whatever it is called by now; absent where nobody told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization_id: Option<String>,
    /// The session; absent after signing out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
}

impl Contexts {
    /// Reads the file; one that is not there has none.
    ///
    /// # Errors
    /// When it cannot be read, or is no such file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |why: &dyn ToString| Failure::local(path.display().to_string(), why);
        match std::fs::read_to_string(path) {
            // Only what is wrong, and not the line: a token may stand there.
            Ok(text) => toml::from_str(&text).map_err(|error| {
                let next = "mend it, or delete it and sign in with `tenantry login`";
                failed(&format!("{}; {next}", error.message()))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Writes the file anew, so that nobody but its owner reads it at any moment.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let failed = |why: &dyn ToString| Failure::local(path.display().to_string(), why);
        let text = toml::to_string(self).map_err(|error| failed(&error))?;
        let unfinished = path.with_extension("unfinished");
        let written = (|| {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut options = OpenOptions::new();
            // One that is left from before may be others' to read.
            match std::fs::remove_file(&unfinished) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&unfinished)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&unfinished, path)
        })();
        written.map_err(|error: std::io::Error| failed(&error))
    }

    /// The context that is named, or else the one in use.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn chosen(&self, name: Option<&str>) -> Result<(&str, &Context), Failure> {
        let name = name.or(self.current.as_deref()).ok_or(Failure::NoContext)?;
        let found = self.contexts.get_key_value(name);
        let missing = || Failure::Missing { what: "context".into(), name: name.into() };
        found.map(|(name, context)| (name.as_str(), context)).ok_or_else(missing)
    }
}

/// Where the file is unless somebody says otherwise.
///
/// # Errors
/// When nobody knows where the user's files are.
pub(crate) fn usual_path() -> Result<PathBuf, Failure> {
    let home = std::env::home_dir()
        .ok_or_else(|| Failure::Usage("there is no home folder: give --contexts".into()))?;
    Ok(home.join(".config/tenantry/contexts.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_before_is_read_and_knows_no_id() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.toml");
        let text = "current = \"lab\"\n\n[contexts.lab]\nserver = \"https://localhost:8443\"\n\
                    organization = \"acme\"\ntoken = \"secret\"\n";
        std::fs::write(&path, text).unwrap();
        let read = Contexts::read(&path).unwrap();
        let (_, context) = read.chosen(None).unwrap();
        assert_eq!(context.organization.as_deref(), Some("acme"));
        assert_eq!(context.organization_id, None);
    }

    #[test]
    fn what_was_written_is_read_again_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/contexts.toml");
        assert!(Contexts::read(&path).unwrap() == Contexts::default());
        let context = Context {
            server: "https://localhost:8443".into(),
            token: Some("secret".into()),
            organization_id: Some("01890a5d-ac96-774b-bcce-b302099a8057".into()),
            ..Context::default()
        };
        let contexts = Contexts {
            current: Some("lab".into()),
            contexts: BTreeMap::from([("lab".into(), context.clone())]),
        };
        contexts.write(&path).unwrap();
        let read = Contexts::read(&path).unwrap();
        assert!(read == contexts && read.chosen(None).unwrap() == ("lab", &context));
        assert!(matches!(read.chosen(Some("other")), Err(Failure::Missing { .. })));
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&path).unwrap());
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
