//! Rows as they were kept before chunks had versions.

use serde::Deserialize;

use super::row::{Fault, GroupRow, Row, RowEntry, UserRow};
use crate::records::{CustomValues, UserFields};

/// A row.
#[derive(Deserialize)]
pub(super) struct FormerRow {
    line: u64,
    alias: Option<String>,
    entry: FormerEntry,
    notes: Vec<String>,
}

/// What it is about.
#[derive(Deserialize)]
enum FormerEntry {
    User(Box<FormerUser>),
    Group(Box<GroupRow>),
    Faulty(Fault),
}

/// A user, of whom nobody could say when their time ends.
#[derive(Deserialize)]
struct FormerUser {
    login: String,
    display_name: String,
    surname: String,
    given_name: Option<String>,
    mail: Vec<String>,
    phone: Option<String>,
    mobile: Option<String>,
    title: Option<String>,
    description: Option<String>,
    employee_number: Option<String>,
    uid_number: Option<u32>,
    gid_number: Option<u32>,
    home_directory: Option<String>,
    login_shell: Option<String>,
    ssh_keys: Vec<String>,
    custom: CustomValues,
    suspended: Option<bool>,
    groups: Vec<String>,
}

impl From<FormerRow> for Row {
    fn from(former: FormerRow) -> Self {
        let FormerRow { line, alias, entry, notes } = former;
        let entry = match entry {
            FormerEntry::User(user) => RowEntry::User(Box::new((*user).into())),
            FormerEntry::Group(group) => RowEntry::Group(group),
            FormerEntry::Faulty(fault) => RowEntry::Faulty(fault),
        };
        Self { line, alias, entry, notes }
    }
}

impl From<FormerUser> for UserRow {
    fn from(former: FormerUser) -> Self {
        let fields = UserFields {
            login: former.login,
            display_name: former.display_name,
            surname: former.surname,
            given_name: former.given_name,
            mail: former.mail,
            phone: former.phone,
            mobile: former.mobile,
            title: former.title,
            description: former.description,
            employee_number: former.employee_number,
            uid_number: former.uid_number,
            gid_number: former.gid_number,
            home_directory: former.home_directory,
            login_shell: former.login_shell,
            ssh_keys: former.ssh_keys,
            custom: former.custom,
            ..UserFields::default()
        };
        let FormerUser { suspended, groups, .. } = former;
        Self { fields, suspended, groups, ..Self::default() }
    }
}
