//! Contexts: servers with a session each, kept in a file that is its owner's alone.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// All contexts, and which is in use.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(flatten, deserialize_with = "Organization::read")]
    pub(crate) organization: Option<Organization>,
    /// The session; absent after signing out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
}

impl Context {
    /// What its organization is called.
    pub(crate) fn slug(&self) -> Option<&str> {
        self.organization.as_ref().map(|organization| organization.slug.as_str())
    }

    /// The id of its organization, where it was kept for the slug that stands there.
    pub(crate) fn id(&self) -> Option<&str> {
        self.organization.as_ref()?.id()
    }

    /// Makes it about the organization that another one is about, where that is at the same server.
    pub(crate) fn go_on(&mut self, before: &Self) {
        if before.server == self.server {
            self.organization.clone_from(&before.organization);
        }
    }
}

/// An organization that a context is about. In the file its members stand among those of the context.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Organization {
    #[serde(rename = "organization")]
    slug: String,
    /// By which it is found whatever it is called by now; absent where nobody told it.
    #[serde(rename = "organization_id", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// A digest of the slug that the id was kept for: who edits the slug, even by putting one word for
    /// another in the whole file, means the organization that is called so.
    #[serde(rename = "organization_id_for", skip_serializing_if = "Option::is_none")]
    id_for: Option<String>,
}

impl Organization {
    /// One that is called so, with its id where somebody told it.
    pub(crate) fn new(slug: String, id: Option<String>) -> Self {
        let id_for = id.as_ref().map(|_| digest(&slug));
        Self { slug, id, id_for }
    }

    fn id(&self) -> Option<&str> {
        let is_kept_for_it = self.id_for.as_deref()? == digest(&self.slug);
        self.id.as_deref().filter(|_| is_kept_for_it)
    }

    /// Reads one, if there is one. An option that is flattened would take one that is written wrongly
    /// for none, and commands would be about the provider.
    fn read<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Self>, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            organization: Option<String>,
            organization_id: Option<String>,
            organization_id_for: Option<String>,
        }
        let written = Written::deserialize(from)?;
        let (id, id_for) = (written.organization_id, written.organization_id_for);
        Ok(written.organization.map(|slug| Self { slug, id, id_for }))
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

    /// Changes the file while no other process does. Nobody should be asked meanwhile: others wait.
    /// Where nothing is changed, or the change fails, the file stays as it is.
    ///
    /// # Errors
    /// When the file cannot be read or written, or the change fails.
    pub(crate) fn change<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let locked = lock(path);
        let _alone = locked.map_err(|error| Failure::local(path.display().to_string(), &error))?;
        let before = Self::read(path)?;
        let mut contexts = before.clone();
        let changed = change(&mut contexts)?;
        if contexts != before {
            contexts.write(path)?;
        }
        Ok(changed)
    }

    /// Writes the file anew, so that nobody but its owner reads it at any moment.
    fn write(&self, path: &Path) -> Result<(), Failure> {
        let failed = |why: &dyn ToString| Failure::local(path.display().to_string(), why);
        let text = toml::to_string(self).map_err(|error| failed(&error))?;
        let unfinished = path.with_extension("unfinished");
        let written = (|| {
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
        Self::change(path, |contexts| {
            let own = contexts.contexts.get_mut(name).filter(|context| context.id() == Some(id));
            if let Some(context) = own {
                let renamed = Organization::new(slug.to_owned(), Some(id.to_owned()));
                context.organization = Some(renamed);
            }
            Ok(())
        })
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

/// Waits until no other process changes a file, and has those that come wait until what is given back is
/// dropped. What is locked is a file beside it, which is never replaced and so stays there.
fn lock(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path.with_extension("lock"))?;
    // Where the file system knows no locks, or nobody gives any, it is written without.
    let _unlocked = file.lock();
    Ok(file)
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
        assert_eq!((context.slug(), context.id()), (Some("acme"), None));
    }

    /// The digest was made elsewhere: SHA-256 of the slug in Base64 for URLs, without padding.
    #[test]
    fn a_file_that_knows_an_id_is_read_and_written_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.toml");
        let text = "current = \"lab\"\n\n[contexts.bare]\nserver = \"https://localhost:8444\"\n\n\
                    [contexts.lab]\nserver = \"https://localhost:8443\"\nca = \"/etc/ca.pem\"\n\
                    organization = \"acme\"\norganization_id = \"01890a5d-ac96-774b-bcce-b302099a8057\"\n\
                    organization_id_for = \"giszrYfBSKCiClunzV68qmjTahjnqtFlVUkD9SyoJ1c\"\n\
                    token = \"secret\"\nexpires = \"2027-01-01T00:00:00Z\"\n";
        std::fs::write(&path, text).unwrap();
        let read = Contexts::read(&path).unwrap();
        let (_, lab) = read.chosen(None).unwrap();
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!((lab.slug(), lab.id()), (Some("acme"), Some(id)));
        assert_eq!(
            (lab.token.as_deref(), lab.ca.as_deref()),
            (Some("secret"), Some(Path::new("/etc/ca.pem")))
        );
        let (_, bare) = read.chosen(Some("bare")).unwrap();
        assert_eq!((bare.slug(), bare.id()), (None, None));
        read.write(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn an_organization_that_is_written_wrongly_is_refused_and_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.toml");
        for line in ["organization = 5", "organization = \"acme\"\norganization_id = 5"] {
            let text = format!("[contexts.lab]\nserver = \"https://localhost:8443\"\n{line}\n");
            std::fs::write(&path, text).unwrap();
            let refused = Contexts::read(&path).err().map(|failure| failure.to_string());
            assert!(refused.is_some_and(|said| said.contains("mend it")), "{line}");
        }
    }

    #[test]
    fn an_id_counts_for_the_slug_alone_that_it_was_kept_for() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let mut organization = Organization::new("acme".into(), Some(id.into()));
        assert_eq!(organization.id(), Some(id));
        organization.slug = "globex".into();
        assert_eq!(organization.id(), None, "the slug was edited");
        let unasked = Organization::new("globex".into(), None);
        assert_eq!((unasked.id(), unasked.id_for.as_deref()), (None, None));
    }

    #[test]
    fn what_an_organization_is_called_by_now_is_written_where_it_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.toml");
        let organization = Some(Organization::new("acme".into(), Some("1".into())));
        let lab = Context { organization, ..Context::default() };
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
            let shown = (context.slug(), context.id());
            assert_eq!(shown, (Some(expected), Some("1")), "{name} {id}");
        }
    }

    #[test]
    fn those_who_change_contexts_at_once_take_nothing_from_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/contexts.toml");
        let add = |name: String| {
            let changed = Contexts::change(&path, |contexts| {
                contexts.contexts.insert(name, Context::default());
                Ok(())
            });
            changed.unwrap();
        };
        std::thread::scope(|scope| {
            for one in 0..4 {
                scope.spawn(move || (0..16).for_each(|number| add(format!("{one}-{number}"))));
            }
        });
        assert_eq!(Contexts::read(&path).unwrap().contexts.len(), 64);
    }

    #[test]
    fn a_change_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.toml");
        let refused = Contexts::change(&path, |contexts| {
            contexts.current = Some("lab".into());
            contexts.chosen(None).map(drop)
        });
        assert!(matches!(refused, Err(Failure::Missing { .. })));
        assert!(!path.exists());
    }

    #[test]
    fn what_was_written_is_read_again_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/contexts.toml");
        assert!(Contexts::read(&path).unwrap() == Contexts::default());
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let context = Context {
            server: "https://localhost:8443".into(),
            organization: Some(Organization::new("acme".into(), Some(id.into()))),
            token: Some("secret".into()),
            ..Context::default()
        };
        let contexts = Contexts {
            current: Some("lab".into()),
            contexts: BTreeMap::from([("lab".into(), context.clone())]),
        };
        Contexts::change(&path, |kept| {
            *kept = contexts.clone();
            Ok(())
        })
        .unwrap();
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
