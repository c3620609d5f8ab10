//! Rows: what a file says of one user or group, whatever the file looks like.

use serde::{Deserialize, Serialize};

use crate::authentication::{NtHash, Password};
use crate::records::{GroupFields, UserFields, UserState};
use crate::time::Time;

/// What a file says of one user or group.
#[derive(Serialize, Deserialize)]
pub struct Row {
    /// The line where it begins.
    pub line: u64,
    /// By what other rows may name it, beside its name.
    pub alias: Option<String>,
    /// What it is about.
    pub entry: RowEntry,
    /// What was left out when it was read, in words.
    pub notes: Vec<String>,
}

/// What a row is about.
#[derive(Serialize, Deserialize)]
pub enum RowEntry {
    /// A user.
    User(Box<UserRow>),
    /// A group.
    Group(Box<GroupRow>),
    /// Nobody knows: it could not be read.
    Faulty(Fault),
}

/// A user as a row describes it. What is empty or absent in the fields is not said.
#[derive(Default, Serialize, Deserialize)]
pub struct UserRow {
    /// What the row says; the login is always said.
    pub fields: UserFields,
    /// Whether the user is kept out.
    pub suspended: Option<bool>,
    /// Whether the source lets the user in by what it derives from rules of its own: that lets nobody
    /// in here who is kept out.
    #[serde(skip)]
    pub enabled: bool,
    /// The password.
    #[serde(skip)]
    pub password: Option<RowPassword>,
    /// The NT hash of the password, which may be all that is known of it.
    #[serde(skip)]
    pub nt_hash: Option<NtHash>,
    /// The names of groups that the user comes into.
    pub groups: Vec<String>,
    /// The primary group, by what the source names it beside its name.
    #[serde(skip)]
    pub primary_group: Option<String>,
    /// Whom the organization's own attributes are to name.
    #[serde(skip)]
    pub references: Vec<RowReference>,
}

/// A password in a row.
pub enum RowPassword {
    /// In clear; it is hashed when its row is applied.
    Clear(Password),
    /// As another system hashed it.
    Hash(String),
}

/// A group as a row describes it. What is empty or absent in the fields is not said.
#[derive(Default, Serialize, Deserialize)]
pub struct GroupRow {
    /// What the row says; the name is always said.
    pub fields: GroupFields,
    /// Who comes into the group.
    pub members: Vec<RowMember>,
    /// By what users of the source name it as their primary group.
    #[serde(skip)]
    pub sid: Option<String>,
    /// Whom the organization's own attributes are to name.
    #[serde(skip)]
    pub references: Vec<RowReference>,
}

/// Users and groups that an attribute of the organization's own is to name, in place of those that it
/// names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReference {
    /// The attribute's number.
    pub number: u16,
    /// The attribute, as a row in error names it.
    pub field: String,
    /// Whom it is to name.
    pub targets: Vec<RowMember>,
}

/// A member as a row names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowMember {
    /// The user of a login.
    User(String),
    /// The group of a name.
    Group(String),
    /// What another row goes by, or else the user or the group of that name.
    Alias {
        /// What the row goes by.
        alias: String,
        /// The name.
        name: String,
    },
}

/// Why a row is in error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The name of what the row is about, as far as it could be read.
    pub name: String,
    /// The column or the attribute.
    pub column: Option<String>,
    /// Why, in words.
    pub reason: String,
}

impl RowEntry {
    /// Whom the organization's own attributes are to name.
    pub(crate) fn references(&self) -> &[RowReference] {
        match self {
            Self::User(user) => &user.references,
            Self::Group(group) => &group.references,
            Self::Faulty(_) => &[],
        }
    }

    /// The same, to be changed.
    pub(crate) fn references_mut(&mut self) -> Option<&mut Vec<RowReference>> {
        match self {
            Self::User(user) => Some(&mut user.references),
            Self::Group(group) => Some(&mut group.references),
            Self::Faulty(_) => None,
        }
    }
}

impl UserRow {
    /// Takes in whether the source keeps the user out, by what it derives from rules of its own.
    pub const fn derive(&mut self, is_kept_out: bool) {
        if is_kept_out {
            self.suspended = Some(true);
        } else {
            self.enabled = true;
        }
    }

    /// Whether the row says that the user's time is over.
    pub(crate) fn is_over(&self, now: Time) -> bool {
        self.fields.expires.is_some_and(|expires| expires <= now)
    }

    /// The state of the user by the row. Whose time is over is suspended, as everybody is here.
    pub(crate) fn state(&self, before: UserState, now: Time) -> UserState {
        match self.suspended {
            Some(true) => UserState::Suspended,
            Some(false) => UserState::Active,
            None if self.is_over(now) => UserState::Suspended,
            None => before,
        }
    }

    /// Whether the row says a password, in whatever form.
    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some() || self.nt_hash.is_some()
    }

    /// Whether what it says of the password has to be hashed, which takes time.
    pub(crate) fn is_to_be_hashed(&self) -> bool {
        match &self.password {
            Some(RowPassword::Clear(_)) => true,
            Some(RowPassword::Hash(_)) => false,
            None => self.nt_hash.is_some(),
        }
    }

    /// What a new user starts with.
    pub(crate) fn created(&self) -> UserFields {
        let mut fields = self.fields.clone();
        if fields.display_name.is_empty() {
            let names = [fields.given_name.as_deref(), Some(fields.surname.as_str())];
            let names = names.into_iter().flatten().filter(|name| !name.is_empty());
            fields.display_name = names.collect::<Vec<_>>().join(" ");
        }
        if fields.display_name.is_empty() {
            fields.display_name.clone_from(&fields.login);
        }
        if fields.surname.is_empty() {
            let last = fields.display_name.rsplit(' ').find(|word| !word.is_empty());
            fields.surname = last.unwrap_or(&fields.login).to_owned();
        }
        fields
    }

    /// What becomes of a user that is there.
    pub(crate) fn merged(&self, before: &UserFields) -> UserFields {
        let (mut after, given) = (before.clone(), &self.fields);
        for (to, from) in
            [(&mut after.display_name, &given.display_name), (&mut after.surname, &given.surname)]
        {
            if !from.is_empty() {
                to.clone_from(from);
            }
        }
        for (to, from) in [(&mut after.mail, &given.mail), (&mut after.ssh_keys, &given.ssh_keys)] {
            if !from.is_empty() {
                to.clone_from(from);
            }
        }
        for (to, from) in [
            (&mut after.given_name, &given.given_name),
            (&mut after.phone, &given.phone),
            (&mut after.mobile, &given.mobile),
            (&mut after.title, &given.title),
            (&mut after.description, &given.description),
            (&mut after.employee_number, &given.employee_number),
            (&mut after.home_directory, &given.home_directory),
            (&mut after.login_shell, &given.login_shell),
        ] {
            overwrite(to, from.as_ref());
        }
        overwrite(&mut after.uid_number, given.uid_number.as_ref());
        overwrite(&mut after.gid_number, given.gid_number.as_ref());
        overwrite(&mut after.expires, given.expires.as_ref());
        after.custom.take_over(&given.custom);
        after
    }
}

impl GroupRow {
    /// What becomes of a group that is there.
    pub(crate) fn merged(&self, before: &GroupFields) -> GroupFields {
        let mut after = before.clone();
        overwrite(&mut after.description, self.fields.description.as_ref());
        overwrite(&mut after.gid_number, self.fields.gid_number.as_ref());
        after.custom.take_over(&self.fields.custom);
        after
    }
}

fn overwrite<T: Clone>(to: &mut Option<T>, from: Option<&T>) {
    if let Some(value) = from {
        *to = Some(value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_a_login_alone_has_the_names_that_every_user_has() {
        let row = |login: &str, display: &str, given: Option<&str>, surname: &str| {
            let row = UserRow {
                fields: UserFields {
                    login: login.into(),
                    display_name: display.into(),
                    given_name: given.map(Into::into),
                    surname: surname.into(),
                    ..UserFields::default()
                },
                ..UserRow::default()
            };
            let made = row.created();
            (made.display_name, made.surname)
        };
        assert_eq!(row("ada", "", None, ""), ("ada".into(), "ada".into()));
        assert_eq!(row("ada", "Ada King", None, ""), ("Ada King".into(), "King".into()));
        assert_eq!(row("ada", "", Some("Ada"), "King"), ("Ada King".into(), "King".into()));
    }

    #[test]
    fn what_a_row_does_not_say_stays() {
        let before = UserFields {
            login: "ada".into(),
            display_name: "Ada".into(),
            title: Some("Countess".into()),
            mail: vec!["ada@x".into()],
            ..UserFields::default()
        };
        let said = UserFields { phone: Some("1".into()), ..UserFields::default() };
        let row = UserRow { fields: said, ..UserRow::default() };
        let after = row.merged(&before);
        assert_eq!(after, UserFields { phone: Some("1".into()), ..before });
    }
}
