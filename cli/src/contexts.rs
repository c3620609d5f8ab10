//! Contexts: servers with a session each, kept in a file that is its owner's alone.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// A digest of the slug that the id was kept for: who edits the slug, even by putting one word for
    /// another in the whole file, means the organization that is called so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization_id_for: Option<String>,
    /// The session; absent after signing out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
}

impl Context {
    /// Makes it about an organization, with its id where somebody told it.
    pub(crate) fn keep(&mut self, slug: String, id: Option<String>) {
        self.organization_id_for = id.as_ref().map(|_| digest(&slug));
        self.organization_id = id;
        self.organization = Some(slug);
    }

    /// Makes it about the provider.
    pub(crate) fn forget_organization(&mut self) {
        self.organization = None;
        self.organization_id = None;
        self.organization_id_for = None;
    }

    /// Makes it about the organization that another one is about, where that is at the same server.
    pub(crate) fn go_on(&mut self, before: &Self) {
        if before.server == self.server {
            self.organization.clone_from(&before.organization);
            self.organization_id.clone_from(&before.organization_id);
            self.organization_id_for.clone_from(&before.organization_id_for);
        }
    }

    /// The id of its organization, where it was kept for the slug that stands there.
    pub(crate) fn id(&self) -> Option<&str> {
        let slug = self.organization.as_deref()?;
        let is_kept_for_it = self.organization_id_for.as_deref()? == digest(slug);
        self.organization_id.as_deref().filter(|_| is_kept_for_it)
    }
}

fn digest(slug: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(slug.as_bytes()))
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

    /// Writes what the organization of an id is called by now, in a context that is about it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(crate) fn rename(path: &Path, name: &str, (id, slug): (&str, &str)) -> Result<(), Failure> {
        let mut contexts = Self::read(path)?;
        let own = contexts.contexts.get_mut(name).filter(|context| context.id() == Some(id));
        match own.filter(|context| context.organization.as_deref() != Some(slug)) {
            Some(context) => context.keep(slug.to_owned(), Some(id.to_owned())),
            None => return Ok(()),
        }
        contexts.write(path)
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
        assert_eq!(context.id(), None);
    }

    #[test]
    fn an_id_counts_for_the_slug_alone_that_it_was_kept_for() {
        let (mut context, id) = (Context::default(), "01890a5d-ac96-774b-bcce-b302099a8057");
        context.keep("acme".into(), Some(id.into()));
        assert_eq!(context.id(), Some(id));
        context.organization = Some("globex".into());
        assert_eq!(context.id(), None, "the slug was edited");
        context.keep("globex".into(), None);
        assert_eq!((context.id(), context.organization_id.as_deref()), (None, None));
    }

    #[test]
    fn what_an_organization_is_called_by_now_is_written_where_it_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.toml");
        let mut lab = Context::default();
        lab.keep("acme".into(), Some("1".into()));
        Contexts { current: None, contexts: BTreeMap::from([("lab".into(), lab)]) }
            .write(&path)
            .unwrap();
        for (name, id, slug, expected) in [
            ("lab", "2", "globex", "acme"),
            ("other", "1", "globex", "acme"),
            ("lab", "1", "globex", "globex"),
        ] {
            Contexts::rename(&path, name, (id, slug)).unwrap();
            let read = Contexts::read(&path).unwrap();
            let (_, context) = read.chosen(Some("lab")).unwrap();
            let shown = (context.organization.as_deref(), context.id());
            assert_eq!(shown, (Some(expected), Some("1")), "{name} {id}");
        }
    }

    #[test]
    fn what_was_written_is_read_again_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/contexts.toml");
        assert!(Contexts::read(&path).unwrap() == Contexts::default());
        let mut context = Context {
            server: "https://localhost:8443".into(),
            token: Some("secret".into()),
            ..Context::default()
        };
        context.keep("acme".into(), Some("01890a5d-ac96-774b-bcce-b302099a8057".into()));
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
