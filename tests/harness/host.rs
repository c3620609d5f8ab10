//! A Linux machine that takes its users from an organization.

use super::client::{Client, Output};
use super::office::Office;
use super::room::Room;

/// The machine: a room whose names and logins come from a module of somebody else.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) room: Room,
}

/// Where the machine has the authority of the daemon's certificate.
pub(crate) const CA_FILE: &str = "/etc/tenantry-ca.pem";

impl Host {
    /// A machine with a name service and a PAM module of this name; these folders are its own.
    pub(crate) fn new<const N: usize>(office: &Office, module: &str, folders: [&str; N]) -> Self {
        let room = Room::new(folders);
        room.copy(&office.demo.ca_file, CA_FILE);
        let databases = ["passwd", "group", "shadow"];
        let switch: String =
            databases.iter().map(|name| format!("{name}: files {module}\n")).collect();
        room.write("/etc/nsswitch.conf", &switch);
        let stack: String = ["auth", "account", "password"]
            .iter()
            .map(|kind| format!("{kind} required pam_{module}.so\n"))
            .collect();
        let stack = format!("{stack}session required pam_permit.so\n");
        room.write("/etc/pam.d/su", &stack);
        room.write("/etc/pam.d/tenantry", &stack);
        Self { room }
    }

    /// What the machine's databases say of something; code 2 when there is nothing.
    pub(crate) fn getent<const N: usize>(&self, words: [&str; N]) -> Output {
        self.room.program("getent", "libc-bin").args(words).run()
    }

    /// The names of the groups that somebody has when logged in, sorted; those without are left
    /// out.
    pub(crate) fn groups_of(&self, login: &str) -> Vec<String> {
        let said = self.room.program("id", "coreutils").args(["-Gn", login]).run();
        let words = said.stdout.split_whitespace();
        let named = words.filter(|word| word.chars().any(char::is_alphabetic));
        let mut names: Vec<String> = named.map(ToOwned::to_owned).collect();
        names.sort();
        names
    }

    /// Who is in a group, sorted.
    pub(crate) fn members_of(&self, group: &str) -> Vec<String> {
        let said = self.getent(["group", group]).stdout;
        let members = said.trim_end().rsplit(':').next().unwrap_or_default();
        let members = members.split(',').filter(|name| !name.is_empty());
        let mut names: Vec<String> = members.map(ToOwned::to_owned).collect();
        names.sort();
        names
    }

    /// Tries a password by PAM, as a service on the machine does.
    pub(crate) fn log_in(&self, login: &str, password: &str) -> Output {
        self.pam(login).args(["authenticate", "acct_mgmt"]).input(format!("{password}\n")).run()
    }

    /// Becomes somebody with their password, and runs a command of the shell.
    pub(crate) fn su(&self, login: &str, password: &str, command: &str) -> Output {
        let su = self.room.program("su", "util-linux").args([login, "-c", command]);
        su.input(format!("{password}\n")).run()
    }

    /// Changes one's own password by PAM, as `passwd` does.
    pub(crate) fn change_password(&self, login: &str, old: &str, new: &str) -> Output {
        // As root one would not be asked for the old one.
        let oneself = ["--reuid", login, "--clear-groups", "pamtester", "tenantry", login];
        self.room
            .program("setpriv", "util-linux")
            .args(oneself)
            .arg("chauthtok")
            .input(format!("{old}\n{new}\n{new}\n"))
            .run()
    }

    fn pam(&self, login: &str) -> Client {
        self.room.program("pamtester", "pamtester").args(["tenantry", login])
    }
}
