//! A person of an organization.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::{CustomValues, Stamp, indices, kinds};
use crate::search;
use crate::text::{prepare, telephone};
use crate::time::Time;

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
    /// When the user was let in who was not from the beginning, or let in again.
    pub activated: Option<Time>,
}

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// May sign in.
    Active,
    /// May not, until activated again.
    Suspended,
    /// Was made and not let in yet: an invitation or an admin activates it.
    Staged,
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
    /// From when on the user is let in nowhere.
    pub expires: Option<Time>,
}

impl User {
    /// Whether the user may sign in at `now`.
    pub fn may_sign_in(&self, now: Time) -> bool {
        self.state == UserState::Active && !self.is_over(now)
    }

    /// Since when the user may sign in, if they may.
    pub(crate) fn let_in(&self) -> Time {
        self.activated.unwrap_or(self.stamp.created)
    }

    /// Whether the user's time is over.
    pub fn is_over(&self, now: Time) -> bool {
        self.fields.expires.is_some_and(|expires| expires <= now)
    }

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
    const VERSION: u8 = 4;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Custom values stand at the end, behind them when the user's time ends, and when the
            // user was let in; none of each is one zero octet.
            1 => decode(&[body, &[0, 0, 0]].concat()),
            2 => decode(&[body, &[0, 0]].concat()),
            3 => decode(&[body, &[0]].concat()),
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
        if let Some(expires) = fields.expires.filter(|_| self.state != UserState::Suspended) {
            entries.add(indices::USER_EXPIRY, &expires.0.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(expires: Option<Time>) -> User {
        let stamp = Stamp::new(Time(5));
        let fields = UserFields { login: "ada".into(), expires, ..UserFields::default() };
        let (uuid, state) = (Uuid::from_u128(7), UserState::Active);
        User { uuid, state, stamp, fields, activated: None }
    }

    #[test]
    fn a_user_of_version_3_was_let_in_when_made() {
        let made = user(Some(Time(10)));
        let body = storage::encode(&made).unwrap();
        assert_eq!(User::upgrade(3, &body[..body.len() - 1]), Ok(made.clone()));
        assert_eq!(made.let_in(), Time(5));
        assert_eq!(User { activated: Some(Time(8)), ..made }.let_in(), Time(8));
    }

    #[test]
    fn the_time_of_a_user_of_an_earlier_version_does_not_end() {
        let without_end = user(None);
        let body = storage::encode(&without_end).unwrap();
        let (version_2, version_1) = (&body[..body.len() - 2], &body[..body.len() - 3]);
        assert_eq!(User::upgrade(2, version_2), Ok(without_end.clone()));
        assert_eq!(User::upgrade(1, version_1), Ok(without_end));
        assert!(User::upgrade(0, &body).is_err());
    }

    #[test]
    fn a_user_whose_time_is_over_may_not_sign_in() {
        let user = user(Some(Time(10)));
        assert!(user.may_sign_in(Time(9)) && !user.may_sign_in(Time(10)));
        let suspended = User { state: UserState::Suspended, ..user.clone() };
        let staged = User { state: UserState::Staged, ..user };
        assert!(!suspended.may_sign_in(Time(9)) && !staged.may_sign_in(Time(9)));
    }
}
