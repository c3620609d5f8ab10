//! A person of an organization.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::{CustomValues, Stamp, indices, kinds};
use crate::search;
use crate::text::{prepare, telephone};

/// A user's record; credentials are records of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The stable external id.
    pub uuid: Uuid,
    /// Whether the user may sign in.
    pub state: UserState,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: UserFields,
}

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// May sign in.
    Active,
    /// May not, until activated again.
    Suspended,
}

/// What admins write of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFields {
    /// The name the user signs in with; unique in the organization.
    pub login: String,
    /// The full name.
    pub display_name: String,
    /// The family name.
    pub surname: String,
    /// The given name.
    pub given_name: Option<String>,
    /// Mail addresses, the main one first.
    pub mail: Vec<String>,
    /// The office telephone number.
    pub phone: Option<String>,
    /// The mobile telephone number.
    pub mobile: Option<String>,
    /// The job title.
    pub title: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The number that the employer gave.
    pub employee_number: Option<String>,
    /// The POSIX user number; the directory chooses one when it is absent at creation.
    pub uid_number: Option<u32>,
    /// The POSIX number of the primary group; the user number when absent at creation.
    pub gid_number: Option<u32>,
    /// The home directory; `/home/` and the login when absent at creation.
    pub home_directory: Option<String>,
    /// The login shell.
    pub login_shell: Option<String>,
    /// SSH public keys in OpenSSH's one-line form.
    pub ssh_keys: Vec<String>,
    /// Values of the organization's own attributes.
    pub custom: CustomValues,
}

impl User {
    /// The octets that the record takes in memory, about.
    pub(crate) fn size(&self) -> usize {
        let UserFields { login, display_name, surname, mail, ssh_keys, custom, .. } = &self.fields;
        let UserFields { given_name, phone, mobile, title, description, .. } = &self.fields;
        let UserFields { employee_number, home_directory, login_shell, .. } = &self.fields;
        let single = [login, display_name, surname].into_iter();
        let optional = [given_name, phone, mobile, title, description];
        let optional = optional.into_iter().chain([employee_number, home_directory, login_shell]);
        let many = mail.iter().chain(ssh_keys);
        let texts = single.chain(optional.flatten()).chain(many.clone()).map(String::len);
        size_of::<Self>()
            + texts.sum::<usize>()
            + size_of::<String>() * many.count()
            + custom.size()
    }
}

impl Record for User {
    const KIND: Kind = kinds::USER;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Custom values stand at the end, and none are one zero octet.
            1 => decode(&[body, &[0]].concat()),
            _ => Err(Corrupt::version(Self::KIND, version)),
        }
    }

    fn called(&self) -> Option<&str> {
        Some(&self.fields.login)
    }

    fn known_as(&self) -> Option<[u8; 16]> {
        Some(*self.uuid.as_bytes())
    }

    fn index(&self, entries: &mut Entries) {
        self.index_names(entries);
        if let Some(phone) = &self.fields.phone {
            entries.add(indices::USER_PHONE, telephone(phone).as_bytes());
        }
    }

    fn index_of(&self, version: u8, entries: &mut Entries) {
        if version != 1 {
            return self.index(entries);
        }
        self.index_names(entries);
        if let Some(phone) = &self.fields.phone {
            entries.add(indices::USER_SPELLED_PHONE, prepare(phone).as_bytes());
        }
    }
}

impl User {
    /// Names the index entries that every version has.
    fn index_names(&self, entries: &mut Entries) {
        let fields = &self.fields;
        entries.add(indices::USER_UUID, self.uuid.as_bytes());
        entries.add(indices::USER_MODIFIED, &self.stamp.modified.0.to_be_bytes());
        entries.add(indices::USER_LOGIN, prepare(&fields.login).as_bytes());
        entries.add(indices::USER_DISPLAY_NAME, prepare(&fields.display_name).as_bytes());
        entries.add(indices::USER_SURNAME, prepare(&fields.surname).as_bytes());
        for mail in &fields.mail {
            entries.add(indices::USER_MAIL, prepare(mail).as_bytes());
        }
        let optional = [
            (indices::USER_GIVEN_NAME, &fields.given_name),
            (indices::USER_EMPLOYEE_NUMBER, &fields.employee_number),
        ];
        for (index, value) in optional {
            if let Some(value) = value {
                entries.add(index, prepare(value).as_bytes());
            }
        }
        fields.custom.index(search::Kind::User, entries);
        if let Some(number) = fields.uid_number {
            entries.add(indices::USER_UID_NUMBER, &u64::from(number).to_be_bytes());
        }
    }
}
