//! A user's change of their own password: Password Modify (RFC 3062), and a Modify (RFC 4511
//! section 4.6) of `userPassword` alone, as applications send it.

use std::fmt;

use bytes::BytesMut;

use crate::ber::{self, ENUMERATED, Malformed, OCTET_STRING, Reader, SEQUENCE, SET};
use crate::{Password, Text};

/// A change of a password.
pub struct PasswordChange {
    /// Whose: the client's own when absent. Not parsed yet.
    pub user: Option<Text>,
    /// The password in use, if the client gave it.
    pub old: Option<Password>,
    /// The new password; absent when one is to be made and told by
    /// [`Answer::Password`](crate::Answer::Password).
    pub new: Option<Password>,
}

impl fmt::Debug for PasswordChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PasswordChange").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A password that was made for the client, to be told once.
pub struct MadePassword(pub Password);

impl fmt::Debug for MadePassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MadePassword").finish_non_exhaustive()
    }
}

/// Why a request is no change of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoChange {
    /// It is malformed.
    Malformed,
    /// A name is not UTF-8.
    Name,
    /// It would change something else.
    Else,
    /// It changes a password, but not in a way that is offered.
    Manner,
    /// A password is empty.
    Empty,
}

impl From<Malformed> for NoChange {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

const USER: u8 = 0x80;
const OLD: u8 = 0x81;
const NEW: u8 = 0x82;
const GENERATED: u8 = 0x80;

/// The last manner of changing that there is (RFC 4525), though it is none for a password.
const INCREMENT: u32 = 3;

/// Reads the value of a Password Modify request (RFC 3062 section 2).
pub(crate) fn extended(value: Option<&[u8]>) -> Result<PasswordChange, NoChange> {
    let mut change = PasswordChange { user: None, old: None, new: None };
    let Some(value) = value else { return Ok(change) };
    let mut outer = Reader::new(value);
    let mut reader = Reader::new(outer.expect(SEQUENCE)?);
    let user = reader.optional(USER)?.filter(|user| !user.is_empty());
    change.user = user.map(name).transpose()?;
    change.old = reader.optional(OLD)?.map(password).transpose()?;
    change.new = reader.optional(NEW)?.map(password).transpose()?;
    if reader.is_empty() && outer.is_empty() { Ok(change) } else { Err(NoChange::Malformed) }
}

/// Writes the value of a Password Modify response with a password that was made.
pub(crate) fn response(made: &MadePassword) -> BytesMut {
    let mut value = BytesMut::new();
    let opened = ber::open(&mut value, SEQUENCE);
    ber::put(&mut value, GENERATED, made.0.octets());
    ber::close(&mut value, opened);
    value
}

/// Reads a Modify: the old password deleted and the new one added, in any order, or the new one put
/// in the place of all.
pub(crate) fn modify(body: &[u8]) -> Result<PasswordChange, NoChange> {
    let mut reader = Reader::new(body);
    let user = reader.octets()?;
    let mut changes = Reader::new(reader.expect(SEQUENCE)?);
    let (mut added, mut deleted, mut replaced) = (None, None, None);
    while !changes.is_empty() {
        let (manner, value) = one(changes.expect(SEQUENCE)?)?;
        let place = match manner {
            0 => &mut added,
            1 => &mut deleted,
            2 => &mut replaced,
            _ => return Err(NoChange::Manner),
        };
        if place.replace(value).is_some() {
            return Err(NoChange::Manner);
        }
    }
    let (old, new) = match (added, deleted, replaced) {
        (Some(Some(new)), Some(old), None) => (old, new),
        (None, None, Some(Some(new))) => (None, new),
        _ => return Err(NoChange::Manner),
    };
    Ok(PasswordChange { user: Some(name(user)?), old, new: Some(new) })
}

/// One change of `userPassword`: its manner, and its only value if it has any.
fn one(change: &[u8]) -> Result<(u32, Option<Password>), NoChange> {
    let mut reader = Reader::new(change);
    let manner = reader.number(ENUMERATED)?;
    if manner > INCREMENT {
        return Err(NoChange::Malformed);
    }
    let mut attribute = Reader::new(reader.expect(SEQUENCE)?);
    let kind = attribute.octets()?;
    if !kind.eq_ignore_ascii_case(b"userPassword") && kind != b"2.5.4.35" {
        return Err(NoChange::Else);
    }
    let mut values = Reader::new(attribute.expect(SET)?);
    let value = values.optional(OCTET_STRING)?.map(password).transpose()?;
    if values.is_empty() { Ok((manner, value)) } else { Err(NoChange::Manner) }
}

fn name(octets: &[u8]) -> Result<Text, NoChange> {
    Text::new(bytes::Bytes::copy_from_slice(octets)).ok_or(NoChange::Name)
}

fn password(octets: &[u8]) -> Result<Password, NoChange> {
    if octets.is_empty() { Err(NoChange::Empty) } else { Ok(Password::new(octets)) }
}
