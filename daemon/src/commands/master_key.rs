//! `tenantryd master-key`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use directory::{Directory, Time};

use super::{CommandError, require_store};
use crate::clock::Clock;
use crate::config::{Config, MasterKeySource};
use crate::master_key::{KeyFiles, MasterKey, MasterKeyError};
use crate::start::{self, StartError};
use crate::{doors, logging, private_file, randomness};

/// Another master key.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where the new key is, written as `[data] master_key` is: file:/PATH (made where there is
    /// none), credential:NAME or env:NAME; it stays there. Without this, the file of the key gets
    /// another key
    #[arg(long, value_name = "SOURCE")]
    new_key: Option<MasterKeySource>,
}

/// Seals a store with another master key.
pub(super) fn rotate(rotate: &Rotate, out: &mut impl Write) -> Result<(), CommandError> {
    let config = Config::load(&rotate.config)?;
    logging::install(&config.log)?;
    require_store(&config)?;
    replace(&config, rotate.new_key.as_ref(), out)
}

fn replace(
    config: &Config,
    new: Option<&MasterKeySource>,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    match (new, &config.data.master_key) {
        (Some(new), _) => with_key_of(config, new, out),
        (None, MasterKeySource::File(file)) => in_place(config, file, out),
        (None, source @ (MasterKeySource::Credential(_) | MasterKeySource::Environment(_))) => {
            Err(CommandError::Refused(format!(
                "the master key is {source}, where this command cannot write: say by --new-key \
                 where the new one is, such as file:/PATH"
            )))
        }
    }
}

/// Makes a key, and has it take the place of the one in a file.
fn in_place(config: &Config, file: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    let (directory, in_force) = start::open_with_key_for_command(config)?;
    let files = KeyFiles::of(file);
    require_in_place(&files, &in_force, file)?;
    let next = MasterKey::new(randomness::octets().map_err(StartError::from)?);
    files.prepare(&in_force, &next).map_err(StartError::from)?;
    seal(&directory, &next)?;
    // While the store is still ours: nobody else opens it in between.
    files.finish(&next).map_err(StartError::from)?;
    drop(directory);
    let (file, former) = (file.display(), files.former().display());
    writeln!(out, "{file} has a new master key: keep a copy, apart from the backups")?;
    writeln!(
        out,
        "backups from before take the key from before, which is in {former}: move it to where \
         copies of keys are, and away from here"
    )?;
    Ok(())
}

/// Refuses where a rotation that could not be ended left the key in force elsewhere.
fn require_in_place(
    files: &KeyFiles,
    in_force: &MasterKey,
    file: &Path,
) -> Result<(), CommandError> {
    if files.present().map_err(StartError::from)?.as_ref() == Some(in_force) {
        return Ok(());
    }
    Err(CommandError::Refused(format!(
        "the store is sealed with a key that cannot be put into {}: what the log says of it has to \
         be mended first",
        file.display()
    )))
}

/// Seals the store with the key of a source; somebody else puts it where the daemon looks for it.
fn with_key_of(
    config: &Config,
    new: &MasterKeySource,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    match start::open_with_key_for_command(config) {
        Ok((directory, in_force)) => {
            let key = lasting(new)?;
            if key == in_force {
                let refused = format!("the key of {new} is the one in force");
                return Err(CommandError::Refused(refused));
            }
            seal(&directory, &key)?;
        }
        // It was sealed before, and the key has not been put into its place yet.
        Err(StartError::AnotherMasterKey { mut tried }) if is_there(new) => {
            if doors::open_with(config, &lasting(new)?)?.is_none() {
                tried.push(new.to_string());
                return Err(StartError::AnotherMasterKey { tried }.into());
            }
        }
        Err(error) => return Err(error.into()),
    }
    let put = match &config.data.master_key {
        MasterKeySource::Credential(name) => format!("have systemd load it as `{name}`"),
        MasterKeySource::File(file) => format!("put it into {}", file.display()),
        MasterKeySource::Environment(name) => format!("set `{name}` to it"),
    };
    writeln!(out, "the store is sealed with the master key of {new}, and with no other")?;
    writeln!(out, "before the daemon starts, {put}; keep a copy, apart from the backups")?;
    writeln!(out, "backups from before take the key from before: keep it as long as these")?;
    Ok(())
}

/// Seals the store with a key that is on the disk.
fn seal(opened: &Directory, key: &MasterKey) -> Result<(), CommandError> {
    let key = directory::MasterKey::from_bytes(*key.octets());
    Ok(opened.rotate_master_key(Time(Clock::start().wall()), key)?)
}

/// The key of a source, which survives power loss where it is a file; a missing file is made.
fn lasting(source: &MasterKeySource) -> Result<MasterKey, StartError> {
    let key = start::next_master_key(source)?;
    if let MasterKeySource::File(file) = source {
        private_file::sync(file)
            .map_err(|source| MasterKeyError::File { file: file.clone(), source })?;
    }
    Ok(key)
}

/// Whether a source is no file that would have to be made.
fn is_there(source: &MasterKeySource) -> bool {
    !matches!(source, MasterKeySource::File(file) if !file.exists())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::{CONFIGURATION, UNAVAILABLE, USAGE};
    use super::*;

    /// A folder with a store that was opened, whose master key is in a file beside it.
    struct Place {
        folder: TempDir,
        config: Config,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let config = with_source(folder.path(), &source(&folder.path().join("key")));
            drop(start::open_for_command(&config).unwrap());
            Self { folder, config }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.path(name)).unwrap()
        }

        fn opens(&self) -> bool {
            start::open_for_command(&self.config).is_ok()
        }

        /// Rotates in place, or with the key of a file; tells what was said.
        fn rotate(&self, new: Option<&str>) -> Result<String, (u8, String)> {
            let new = new.map(|name| source(&self.path(name)));
            said(&self.config, new.as_ref())
        }
    }

    fn source(file: &Path) -> MasterKeySource {
        MasterKeySource::File(file.to_owned())
    }

    fn with_source(folder: &Path, source: &MasterKeySource) -> Config {
        let (data, source) = (folder.join("data"), source.to_string());
        let text = format!(
            "[data]\ndirectory = {data:?}\nmaster_key = {source:?}\n\
             [ldap]\nlisten_tls = []\n[admin_api]\nlisten = []\n[privileges]\nstay_root = true\n"
        );
        Config::parse("t.toml", &text).unwrap()
    }

    fn said(config: &Config, new: Option<&MasterKeySource>) -> Result<String, (u8, String)> {
        let mut out = Vec::new();
        match replace(config, new, &mut out) {
            Ok(()) => Ok(String::from_utf8(out).unwrap()),
            Err(error) => Err((error.exit_code(), error.to_string())),
        }
    }

    #[test]
    fn a_key_in_a_file_gets_another_one_and_the_former_one_is_left_once() {
        let place = Place::new();
        let first = place.text("key");
        let told = place.rotate(None).unwrap();
        assert!(told.contains("key.former"), "{told}");
        assert!(place.text("key") != first && place.text("key.former") == first);
        assert!(!place.path("key.next").exists() && place.opens());
        let second = place.text("key");
        let (code, refused) = place.rotate(None).unwrap_err();
        assert!(code == CONFIGURATION && refused.contains("key.former"), "{refused}");
        assert!(place.text("key") == second && place.opens());
        fs::rename(place.path("key.former"), place.path("elsewhere")).unwrap();
        place.rotate(None).unwrap();
        assert!(place.text("key") != second && place.text("key.former") == second);
        assert!(place.opens());
    }

    #[test]
    fn whatever_a_crash_of_a_rotation_leaves_the_next_start_opens() {
        let place = Place::new();
        let first = place.text("key");
        let (opened, in_force) = start::open_with_key_for_command(&place.config).unwrap();
        let files = KeyFiles::of(&place.path("key"));
        let next = MasterKey::new([7; 32]);
        files.prepare(&in_force, &next).unwrap();
        drop(opened);
        let (opened, in_force) = start::open_with_key_for_command(&place.config).unwrap();
        assert!(in_force != next && place.text("key") == first, "nothing was sealed yet");
        seal(&opened, &next).unwrap();
        drop(opened);
        let (opened, in_force) = start::open_with_key_for_command(&place.config).unwrap();
        assert!(in_force == next && place.text("key").starts_with("0707"), "it was ended");
        assert!(!place.path("key.next").exists() && place.text("key.former") == first);
        let (code, in_use) = place.rotate(None).unwrap_err();
        assert_eq!(code, UNAVAILABLE, "{in_use}");
        assert!(!place.path("key.next").exists());
        drop(opened);
    }

    #[test]
    fn whoever_read_the_key_before_a_rotation_opens_the_store_after_it() {
        let place = Place::new();
        let stale = start::master_key(&place.config.data).unwrap();
        place.rotate(None).unwrap();
        let (opened, in_force) = doors::open_by_fitting_key(&place.config, &stale).unwrap();
        assert!(in_force != stale);
        drop(opened);
        // The rotation after that one is broken off before the store is sealed.
        fs::rename(place.path("key.former"), place.path("elsewhere")).unwrap();
        let second = place.text("key");
        let files = KeyFiles::of(&place.path("key"));
        files.prepare(&in_force, &MasterKey::new([7; 32])).unwrap();
        let (_opened, found) = doors::open_by_fitting_key(&place.config, &stale).unwrap();
        assert!(found == in_force && place.text("key") == second);
        assert!(place.text("key.next").starts_with("0707"));
    }

    #[test]
    fn a_key_that_alone_opens_other_data_outlasts_a_rotation() {
        let place = Place::new();
        let first = place.text("key");
        // A backup that was put back, which the key in its place opens.
        let backup = with_source(&place.path("backup"), &place.config.data.master_key);
        drop(start::open_for_command(&backup).unwrap());
        let (opened, in_force) = start::open_with_key_for_command(&place.config).unwrap();
        let next = MasterKey::new([7; 32]);
        KeyFiles::of(&place.path("key")).prepare(&in_force, &next).unwrap();
        seal(&opened, &next).unwrap();
        drop(opened);
        let (code, refused) = said(&backup, None).unwrap_err();
        assert!(code == CONFIGURATION && refused.contains("key.next"), "{refused}");
        assert!(place.text("key") == first && place.text("key.next").starts_with("0707"));
        assert!(start::open_for_command(&backup).is_ok(), "it was not sealed");
        assert!(place.opens() && place.text("key").starts_with("0707"));
        assert!(place.text("key.former") == first);
    }

    #[test]
    fn a_key_that_others_put_beside_takes_its_place_only_once_the_one_there_is_kept() {
        let place = Place::new();
        let first = place.text("key");
        place.rotate(Some("key.next")).unwrap();
        let second = place.text("key.next");
        assert!(place.text("key") == first && !place.path("key.former").exists());
        assert!(place.opens() && place.text("key") == second);
        assert_eq!(place.text("key.former"), first);
        place.rotate(Some("key.next")).unwrap();
        let third = place.text("key.next");
        assert!(place.opens(), "the store is open all the same");
        assert!(place.text("key") == second && place.text("key.former") == first);
        let (code, refused) = place.rotate(None).unwrap_err();
        assert!(code == USAGE && refused.contains("mended first"), "{refused}");
        assert_eq!(place.text("key.next"), third);
        fs::rename(place.path("key.former"), place.path("elsewhere")).unwrap();
        assert!(place.opens() && place.text("key") == third);
        assert_eq!(place.text("key.former"), second);
    }

    #[test]
    fn where_no_key_fits_all_that_were_tried_are_named_and_stay() {
        let place = Place::new();
        let other = "0".repeat(64);
        fs::write(place.path("key"), &other).unwrap();
        let refused = start::open_for_command(&place.config).err().unwrap().to_string();
        assert!(refused.contains("/key") && !refused.contains(".next"), "{refused}");
        let files = KeyFiles::of(&place.path("key"));
        files.prepare(&MasterKey::new([0; 32]), &MasterKey::new([9; 32])).unwrap();
        let refused = CommandError::from(start::open_for_command(&place.config).err().unwrap());
        assert_eq!(refused.exit_code(), CONFIGURATION);
        assert!(refused.to_string().contains("key.next"), "{refused}");
        assert!(place.text("key") == other && place.text("key.next").starts_with("0909"));
    }

    #[test]
    fn no_key_is_made_for_a_store_whose_own_is_gone() {
        let place = Place::new();
        fs::rename(place.path("key"), place.path("elsewhere")).unwrap();
        let refused = CommandError::from(start::open_for_command(&place.config).err().unwrap());
        assert_eq!(refused.exit_code(), CONFIGURATION);
        assert!(refused.to_string().contains("/key, but there is a store"), "{refused}");
        for new in [None, Some("new")] {
            assert_eq!(place.rotate(new).unwrap_err(), (CONFIGURATION, refused.to_string()));
        }
        assert!(!place.path("key").exists() && !place.path("new").exists());
        fs::rename(place.path("elsewhere"), place.path("key")).unwrap();
        assert!(place.opens());
    }

    #[test]
    fn a_key_that_is_gone_is_missing_though_a_rotation_left_one_that_opens_nothing() {
        let place = Place::new();
        let (opened, in_force) = start::open_with_key_for_command(&place.config).unwrap();
        let files = KeyFiles::of(&place.path("key"));
        files.prepare(&in_force, &MasterKey::new([7; 32])).unwrap();
        drop(opened);
        fs::rename(place.path("key"), place.path("elsewhere")).unwrap();
        let refused = CommandError::from(start::open_for_command(&place.config).err().unwrap());
        assert_eq!(refused.exit_code(), CONFIGURATION);
        assert!(refused.to_string().contains("/key, but there is a store"), "{refused}");
        assert_eq!(place.rotate(None).unwrap_err(), (CONFIGURATION, refused.to_string()));
        assert!(!place.path("key").exists() && place.text("key.next").starts_with("0707"));
        fs::rename(place.path("elsewhere"), place.path("key")).unwrap();
        assert!(place.opens());
    }

    #[test]
    fn a_store_opens_with_what_a_rotation_left_though_the_key_before_is_gone() {
        let place = Place::new();
        place.rotate(Some("new")).unwrap();
        fs::rename(place.path("new"), place.path("key.next")).unwrap();
        fs::remove_file(place.path("key")).unwrap();
        let text = place.text("key.next");
        drop(start::open_for_command(&place.config).unwrap());
        assert_eq!(place.text("key"), text, "it is in its place by now");
        assert!(!place.path("key.next").exists());
    }

    #[test]
    fn no_rotation_begins_while_the_key_in_force_waits_for_a_place_that_is_empty() {
        let place = Place::new();
        place.rotate(Some("key.next")).unwrap();
        let file = place.path("key");
        fs::remove_file(&file).unwrap();
        let in_force = start::master_key(&place.config.data).unwrap();
        let refused = require_in_place(&KeyFiles::of(&file), &in_force, &file).unwrap_err();
        assert_eq!(refused.exit_code(), USAGE);
        assert!(refused.to_string().contains("mended first"), "{refused}");
        drop(start::open_for_command(&place.config).unwrap());
        assert!(require_in_place(&KeyFiles::of(&file), &in_force, &file).is_ok());
    }

    #[test]
    fn a_key_that_is_elsewhere_is_made_there_once_and_put_into_its_place_by_others() {
        let place = Place::new();
        let first = place.text("key");
        let told = place.rotate(Some("new")).unwrap();
        assert!(told.contains("/new") && told.contains("put it into"), "{told}");
        let new = place.text("new");
        assert!(place.text("key") == first && new != first && !place.opens());
        assert!(!place.path("key.former").exists());
        assert_eq!(place.rotate(Some("new")).unwrap(), told, "it may be said again");
        let (code, _) = place.rotate(Some("none")).unwrap_err();
        assert!(code == CONFIGURATION && !place.path("none").exists());
        private_file::create(&place.path("wrong"), first.as_bytes()).unwrap();
        let (code, refused) = place.rotate(Some("wrong")).unwrap_err();
        assert!(code == CONFIGURATION && refused.contains("/wrong"), "{refused}");
        fs::rename(place.path("new"), place.path("key")).unwrap();
        assert!(place.opens());
        let (code, refused) = place.rotate(Some("key")).unwrap_err();
        assert!(code == USAGE && refused.contains("in force"), "{refused}");
    }

    #[test]
    fn where_the_command_cannot_write_it_has_to_be_told_where_the_new_key_is() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["credential:master-key", "env:KEY_OF_NOBODY"] {
            let config = with_source(folder.path(), &text.parse().unwrap());
            let (code, refused) = said(&config, None).unwrap_err();
            assert!(code == USAGE && refused.contains("--new-key"), "{refused}");
            assert!(refused.contains(text), "{refused}");
        }
        assert!(!folder.path().join("data").exists());
    }
}
