//! `tenantryd config`

use std::io::Write;
use std::path::Path;

use super::CommandError;
use crate::config::{self, Config};
use crate::start::rehearse;

/// Prints the sample.
pub(super) fn sample(out: &mut impl Write) -> Result<(), CommandError> {
    Ok(out.write_all(config::sample().as_bytes())?)
}

/// Checks a file, and what it names on this machine, and says that it is right.
pub(super) fn check(file: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    rehearse(&Config::load(file)?)?;
    Ok(writeln!(out, "{}: no faults", file.display())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_file_is_called_right() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        let plain = "[ldap]\nlisten_tls = []\n[admin_api]\nlisten = []\n";
        // The service may have a variable that its operator has not.
        for more in ["", "[data]\nmaster_key = \"env:KEY_OF_NOBODY\"\n"] {
            std::fs::write(&file, format!("{plain}{more}")).unwrap();
            let mut out = Vec::new();
            check(&file, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{}: no faults\n", file.display()));
        }
    }

    #[test]
    fn what_would_keep_the_daemon_from_starting_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        let in_place_of_a_folder = format!("[data]\ndirectory = {file:?}\n");
        let below_a_file = format!("[data]\ndirectory = {:?}\n", file.join("data"));
        for (more, told) in [
            (&*in_place_of_a_folder, "t.toml: not a directory"),
            (&*below_a_file, "t.toml/data: "),
            ("[data]\nmaster_key = \"env:PATH\"\n", "`PATH` is not 64 hexadecimal digits"),
            ("[tls]\ncertificate = \"/no.pem\"\nkey = \"/no.key\"\n", "/no.pem"),
            ("[privileges]\nuser = \"nobody-of-this-name\"\n", "nobody-of-this-name"),
            (
                "[authentication]\nargon2_memory = \"256MiB\"\nargon2_iterations = 64\n",
                "[authentication] argon2",
            ),
        ] {
            let plain = "[ldap]\nlisten_tls = []\n[admin_api]\nlisten = []\n";
            std::fs::write(&file, format!("{plain}{more}")).unwrap();
            let fault = check(&file, &mut Vec::new()).unwrap_err().to_string();
            assert!(fault.contains(told), "{fault}");
        }
    }
}
