//! Debian's Python with ldap3, the LDAP client library of another language.

use super::client::{Client, Output};

/// Runs a script with arguments. Where another Python comes first in the path, Debian's own still
/// has the packages.
pub(crate) fn python<const N: usize>(script: &str, arguments: [&str; N]) -> Output {
    let output =
        Client::new("/usr/bin/python3", "python3").args(["-c", script]).args(arguments).run();
    let missing = output.stderr.contains("No module named 'ldap3'");
    assert!(!missing, "ldap3 is missing: apt-get install python3-ldap3");
    output
}
