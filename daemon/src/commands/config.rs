//! `tenantryd config`

use std::io::Write;
use std::path::Path;

use super::CommandError;
use crate::config::{self, Config};

/// Prints the sample.
pub(super) fn sample(out: &mut impl Write) -> Result<(), CommandError> {
    Ok(out.write_all(config::sample().as_bytes())?)
}

/// Checks a file and says that it is right.
pub(super) fn check(file: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    Config::load(file)?;
    Ok(writeln!(out, "{}: no faults", file.display())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_file_is_called_right() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        std::fs::write(&file, "[ldap]\nlisten_tls = []\n[admin_api]\nlisten = []\n").unwrap();
        let mut out = Vec::new();
        check(&file, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("{}: no faults\n", file.display()));
    }
}
