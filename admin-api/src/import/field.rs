//! What the columns of a table and the attributes of an entry say of a user or a group.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::Schema;
use directory::authentication::{NtHash, Password};
use directory::collections::NewPassword;
use directory::imports::{GroupRow, RowMember, RowPassword, RowReference, UserRow, note};
use directory::records::{CustomAttribute, CustomValues, Syntax, Values};
use directory::text::prepare;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{account, name};

/// What can be said of a user.
pub(super) const OF_USERS: &[&str] = &[
    "login",
    "display_name",
    "surname",
    "given_name",
    "mail",
    "phone",
    "mobile",
    "title",
    "description",
    "employee_number",
    "expires",
    "uid_number",
    "gid_number",
    "home_directory",
    "login_shell",
    "ssh_keys",
    "password",
    "password_hash",
    "user_password",
    "nt_hash",
    "groups",
    "suspended",
    "user_account_control",
    "ns_account_lock",
    "samba_acct_flags",
    "pwd_account_locked_time",
    "shadow_expire",
];

/// What can be said of a group.
pub(super) const OF_GROUPS: &[&str] =
    &["name", "description", "gid_number", "members", "nested_groups"];

/// What attributes of the organization's own begin with.
const CUSTOM: &str = "custom.";
/// The bit of Active Directory's `userAccountControl` that keeps a user out.
const ACCOUNT_DISABLED: u64 = 2;

/// How octets stand in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Octets {
    /// As text in base64.
    InBase64,
    /// As they are: whoever read the file decoded them.
    Plain,
}

/// Where values come from, and where they go.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) schema: &'a Schema,
    pub(super) octets: Octets,
}

/// Whether a field takes several values.
pub(super) fn is_list(field: &str) -> bool {
    matches!(field, "mail" | "ssh_keys" | "groups" | "members" | "nested_groups")
        || field.starts_with(CUSTOM)
}

/// What a field says that others say as well, in another way: one of them at a time can.
pub(super) fn about(field: &str) -> Option<&'static str> {
    match field {
        "password" | "password_hash" | "user_password" => Some("password"),
        "suspended"
        | "user_account_control"
        | "ns_account_lock"
        | "samba_acct_flags"
        | "pwd_account_locked_time" => Some("suspended"),
        "expires" | "shadow_expire" => Some("expires"),
        _ => None,
    }
}

/// Whether a field is an attribute of the organization's own that names users and groups.
pub(super) fn is_reference(field: &str, schema: &Schema) -> bool {
    let found = field.strip_prefix(CUSTOM).and_then(|name| schema.named(name));
    found.is_some_and(|attribute| attribute.fields.syntax == Syntax::Reference)
}

/// Says why a field is none.
pub(super) fn check(field: &str, known: &[&str], schema: &Schema) -> Result<(), String> {
    match field.strip_prefix(CUSTOM) {
        Some(name) => match schema.named(name) {
            Some(_) => Ok(()),
            None => Err("the organization defines no such attribute".into()),
        },
        None if known.contains(&field) => Ok(()),
        None => Err(format!("there is no such field; there are {}", known.join(", "))),
    }
}

/// Sets what a field says of a user, and notes what has to be left out.
///
/// # Errors
/// Says what is wrong with the values.
pub(super) fn set_user(
    user: &mut UserRow,
    field: &str,
    values: &[&[u8]],
    (source, notes): (Source<'_>, &mut Vec<String>),
) -> Result<(), String> {
    let fields = &mut user.fields;
    match field {
        "login" => fields.login = one(values)?,
        "display_name" => fields.display_name = one(values)?,
        "surname" => fields.surname = one(values)?,
        "given_name" => fields.given_name = Some(one(values)?),
        "mail" => add_once(&mut fields.mail, texts(values)?),
        "phone" => fields.phone = Some(one(values)?),
        "mobile" => fields.mobile = Some(one(values)?),
        "title" => fields.title = Some(one(values)?),
        "description" => fields.description = Some(one(values)?),
        "employee_number" => fields.employee_number = Some(one(values)?),
        "expires" => fields.expires = account::end(&one(values)?)?,
        "shadow_expire" => {
            let ends = [fields.expires, account::shadow_end(&one(values)?)?];
            fields.expires = ends.into_iter().flatten().min();
        }
        "uid_number" => fields.uid_number = Some(number(values)?),
        "gid_number" => fields.gid_number = Some(number(values)?),
        "home_directory" => fields.home_directory = Some(one(values)?),
        "login_shell" => fields.login_shell = Some(one(values)?),
        "ssh_keys" => fields.ssh_keys.extend(texts(values)?),
        "password" => user.password = Some(clear(values.first().copied().unwrap_or_default())?),
        "password_hash" => take_hashes(user, values, notes),
        "user_password" => take_stored(user, values, notes)?,
        "nt_hash" => user.nt_hash = nt_hash(values, notes),
        "groups" => user.groups.extend(texts(values)?),
        "suspended" => user.suspended = Some(truth(&one(values)?)?),
        "user_account_control" => {
            let bits: u64 = one(values)?.parse().map_err(|_| "must be a number")?;
            user.derive(bits & ACCOUNT_DISABLED != 0);
        }
        "ns_account_lock" => user.derive(truth(&one(values)?)?),
        "samba_acct_flags" => user.derive(account::is_disabled(&one(values)?)),
        "pwd_account_locked_time" => account::take_lock(user, &one(values)?, notes),
        custom => {
            let own = (&mut fields.custom, &mut user.references);
            return set_custom(own, custom, values, source);
        }
    }
    Ok(())
}

/// Sets what a field says of a group.
///
/// # Errors
/// Says what is wrong with the values.
pub(super) fn set_group(
    group: &mut GroupRow,
    field: &str,
    values: &[&[u8]],
    source: Source<'_>,
) -> Result<(), String> {
    let fields = &mut group.fields;
    match field {
        "name" => fields.name = one(values)?,
        "description" => fields.description = Some(one(values)?),
        "gid_number" => fields.gid_number = Some(number(values)?),
        "members" => group.members.extend(texts(values)?.into_iter().map(RowMember::User)),
        "nested_groups" => group.members.extend(texts(values)?.into_iter().map(RowMember::Group)),
        custom => {
            let own = (&mut fields.custom, &mut group.references);
            return set_custom(own, custom, values, source);
        }
    }
    Ok(())
}

fn one(values: &[&[u8]]) -> Result<String, String> {
    text(values.first().copied().unwrap_or_default()).map(|text| text.trim().to_owned())
}

/// Adds those that are not there yet, compared without case: more than one column or attribute of a
/// source may have the same.
fn add_once(there: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !there.iter().any(|other| prepare(other) == prepare(&one)) {
            there.push(one);
        }
    }
}

fn texts(values: &[&[u8]]) -> Result<Vec<String>, String> {
    values.iter().map(|value| text(value).map(|text| text.trim().to_owned())).collect()
}

fn text(value: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(value).map_err(|_| "is no text in UTF-8".to_owned())
}

fn number(values: &[&[u8]]) -> Result<u32, String> {
    one(values)?.parse().map_err(|_| "must be a number of 32 bits".to_owned())
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "suspended" | "disabled" | "inactive" => Ok(true),
        "false" | "no" | "0" | "active" | "enabled" | "" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

fn clear(octets: &[u8]) -> Result<RowPassword, String> {
    Password::new(octets).map(RowPassword::Clear).map_err(|error| error.to_string())
}

/// Takes the first hash of a form that is verified here, and the first NT hash beside it.
fn take_hashes(user: &mut UserRow, values: &[&[u8]], notes: &mut Vec<String>) {
    let (mut hash, mut nt_hash, mut why) = (None, None, None);
    for value in values {
        let text = String::from_utf8_lossy(value).trim().to_owned();
        match NtHash::of_scheme(&text) {
            Some(Ok(found)) => nt_hash = nt_hash.or(Some(found)),
            Some(Err(error)) => why = Some(error.to_string()),
            None if hash.is_some() => {}
            None => match NewPassword::imported(text.clone()) {
                Ok(_) => hash = Some(RowPassword::Hash(text)),
                Err(error) => why = Some(error.message),
            },
        }
    }
    if let (None, None, Some(why)) = (&hash, &nt_hash, why) {
        note(notes, &format!("a hash of the password is left out: {why}"));
    }
    user.password = hash;
    user.nt_hash = user.nt_hash.take().or(nt_hash);
}

/// An NT hash that stands by itself, as Samba and FreeRADIUS keep it.
fn nt_hash(values: &[&[u8]], notes: &mut Vec<String>) -> Option<NtHash> {
    let text = String::from_utf8_lossy(values.first().copied().unwrap_or_default());
    let read = NtHash::parse(&text);
    if let Err(error) = &read {
        note(notes, &format!("the NT hash is left out: {error}"));
    }
    read.ok()
}

/// What LDAP directories keep as `userPassword`: hashes behind their scheme, or a clear text.
fn take_stored(
    user: &mut UserRow,
    values: &[&[u8]],
    notes: &mut Vec<String>,
) -> Result<(), String> {
    for value in values {
        let upper = value.to_ascii_uppercase();
        let rest = [&b"{CLEARTEXT}"[..], b"{CLEAR}"].iter().find_map(|scheme| {
            upper.starts_with(scheme).then(|| value.get(scheme.len()..)).flatten()
        });
        let is_hash = value.starts_with(b"{") || value.starts_with(b"$");
        if let Some(text) = rest.or_else(|| (!is_hash).then_some(*value)) {
            user.password = Some(clear(text)?);
            return Ok(());
        }
    }
    take_hashes(user, values, notes);
    Ok(())
}

fn set_custom(
    (custom, references): (&mut CustomValues, &mut Vec<RowReference>),
    field: &str,
    values: &[&[u8]],
    source: Source<'_>,
) -> Result<(), String> {
    let found = field.strip_prefix(CUSTOM).and_then(|name| source.schema.named(name));
    let attribute = found.ok_or("the organization defines no such attribute")?;
    if attribute.fields.syntax == Syntax::Reference {
        return set_reference(references, attribute, values);
    }
    // Several columns may say the same.
    let mut all = custom.of(attribute.number).cloned();
    let more = read(attribute, values, source.octets)?;
    match &mut all {
        Some(all) => all.append(more),
        None => all = Some(more),
    }
    if let Some(all) = all {
        custom.set(attribute.number, all);
    }
    Ok(())
}

/// Users and groups by the names of their entries, or by logins and names.
fn set_reference(
    references: &mut Vec<RowReference>,
    attribute: &CustomAttribute,
    values: &[&[u8]],
) -> Result<(), String> {
    let targets = texts(values)?.into_iter().map(|text| match name::parse(&text) {
        Some(name) => RowMember::Alias { alias: name.key, name: name.first },
        None => RowMember::Alias { alias: text.clone(), name: text },
    });
    let number = attribute.number;
    let known = references.iter().position(|known| known.number == number);
    let known = known.and_then(|place| references.get_mut(place));
    let count = match known {
        Some(known) => {
            known.targets.extend(targets);
            known.targets.len()
        }
        None => {
            let field = format!("{CUSTOM}{}", attribute.fields.name);
            let targets: Vec<_> = targets.collect();
            let count = targets.len();
            references.push(RowReference { number, field, targets });
            count
        }
    };
    if count > 1 && !attribute.fields.multiple {
        return Err("takes one value".into());
    }
    Ok(())
}

fn read(attribute: &CustomAttribute, values: &[&[u8]], octets: Octets) -> Result<Values, String> {
    let syntax = attribute.fields.syntax;
    if syntax == Syntax::Octets {
        let decoded = values.iter().map(|value| match octets {
            Octets::InBase64 => STANDARD.decode(value).ok(),
            Octets::Plain => Some(value.to_vec()),
        });
        let decoded: Option<Vec<_>> = decoded.collect();
        return decoded.map(Values::Octets).ok_or_else(|| "must be octets in base64".into());
    }
    let texts = texts(values)?;
    let each = texts.iter();
    let read = match syntax {
        Syntax::Text => Some(Values::Text(texts.clone())),
        Syntax::ExactText => Some(Values::ExactText(texts.clone())),
        Syntax::Telephone => Some(Values::Telephone(texts.clone())),
        Syntax::Country => Some(Values::Country(texts.clone())),
        Syntax::Integer => {
            each.map(|text| text.parse().ok()).collect::<Option<_>>().map(Values::Integer)
        }
        Syntax::Boolean => {
            each.map(|text| truth(text).ok()).collect::<Option<_>>().map(Values::Boolean)
        }
        Syntax::Time => each.map(|text| time(text)).collect::<Option<_>>().map(Values::Time),
        Syntax::Octets | Syntax::Reference => None,
    };
    read.ok_or_else(|| {
        match syntax {
            Syntax::Integer => "must be a whole number of 64 bits",
            Syntax::Boolean => "must be true or false",
            Syntax::Time => "must be a time such as 2030-01-31T12:00:00Z or 20300131120000Z",
            Syntax::Text
            | Syntax::ExactText
            | Syntax::Telephone
            | Syntax::Country
            | Syntax::Octets
            | Syntax::Reference => "must be text",
        }
        .to_owned()
    })
}

/// A time as RFC 3339 or RFC 4517 (section 3.3.13) write it.
pub(super) fn time(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let digits = text.strip_suffix('Z')?.split(['.', ',']).next()?;
    let time = DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(field: &str, values: &[&[u8]]) -> (UserRow, Vec<String>, Result<(), String>) {
        let (mut row, mut notes) = (UserRow::default(), Vec::new());
        let source = Source { schema: &Schema::default(), octets: Octets::InBase64 };
        let done = set_user(&mut row, field, values, (source, &mut notes));
        (row, notes, done)
    }

    #[test]
    fn what_ldap_keeps_as_a_password_is_a_hash_or_clear_or_nothing_that_is_known() {
        let kind = |value: &[u8]| {
            let (row, notes, done) = user("user_password", &[value]);
            done.unwrap();
            let kind = row.password.map(|password| match password {
                RowPassword::Clear(clear) => String::from_utf8(clear.expose().to_vec()).unwrap(),
                RowPassword::Hash(_) => "hash".to_owned(),
            });
            (kind, notes.len())
        };
        assert_eq!(
            kind(b"{SSHA}lxCRFDfYw1NBVqzcJPUMAUTaMjKTQHgUMQiTGw=="),
            (Some("hash".into()), 0)
        );
        assert_eq!(kind(b"correct horse"), (Some("correct horse".into()), 0));
        assert_eq!(kind(b"{cleartext}horse"), (Some("horse".into()), 0));
        assert_eq!(kind(b"{SMD5}bm9uZQ=="), (None, 1));
        assert_eq!(kind(b"{SHA}bm9uZQ=="), (None, 1));
    }

    #[test]
    fn nt_hashes_come_by_themselves_and_beside_others() {
        let nt: &[u8] = b"44EBBA8D5312B8D611474411F56989AE";
        let ssha: &[u8] = b"{SSHA}lxCRFDfYw1NBVqzcJPUMAUTaMjKTQHgUMQiTGw==";
        let braced: &[u8] = b"{NT}44ebba8d5312b8d611474411f56989ae";
        let found = |field: &str, values: &[&[u8]]| {
            let (row, notes, done) = user(field, values);
            done.unwrap();
            (row.password.is_some(), row.nt_hash.is_some(), notes.len())
        };
        assert_eq!(found("nt_hash", &[nt]), (false, true, 0));
        assert_eq!(found("nt_hash", &[braced]), (false, true, 0));
        assert_eq!(found("password_hash", &[braced]), (false, true, 0));
        assert_eq!(found("user_password", &[b"{SMD5}bm9uZQ==", braced]), (false, true, 0));
        assert_eq!(found("user_password", &[braced, ssha]), (true, true, 0));
        assert_eq!(found("user_password", &[b"{NT}44eb"]), (false, false, 1));
        // Samba's of who has no password, and that of an empty one.
        assert_eq!(found("nt_hash", &[b"NO PASSWORDXXXXXXXXXXXXXXXXXXXXX"]), (false, false, 1));
        assert_eq!(found("nt_hash", &[b"31D6CFE0D16AE931B73C59D7E0C089C0"]), (false, false, 1));
    }

    #[test]
    fn what_keeps_a_user_out_is_read_as_people_and_directories_write_it() {
        let out = |field: &str, value: &str| user(field, &[value.as_bytes()]).0.suspended;
        assert_eq!(out("suspended", "Yes"), Some(true));
        assert_eq!(out("suspended", "active"), Some(false));
        let derived = [
            ("user_account_control", "514", "512"),
            ("ns_account_lock", "TRUE", "false"),
            ("samba_acct_flags", "[UD         ]", "[U          ]"),
        ];
        for (field, is_out, is_in) in derived {
            assert_eq!(out(field, is_out), Some(true), "{field}");
            let (row, ..) = user(field, &[is_in.as_bytes()]);
            assert_eq!((row.suspended, row.enabled), (None, true), "{field}");
        }
        assert!(user("suspended", &[b"perhaps"]).2.is_err());
        assert!(user("uid_number", &[b"-1"]).2.is_err());
        assert!(user("display_name", &[b"\xff"]).2.is_err());
    }

    #[test]
    fn a_mail_address_comes_once() {
        let (row, _, done) = user("mail", &[b"a@x", b"b@x", b"A@x"]);
        done.unwrap();
        assert_eq!(row.fields.mail, ["a@x", "b@x"]);
    }

    #[test]
    fn times_come_in_both_spellings() {
        assert_eq!(time("1970-01-01T00:00:01Z"), Some(1_000));
        assert_eq!(time("19700101000001Z"), Some(1_000));
        assert_eq!(time("19700101000001.5Z"), Some(1_000));
        assert_eq!(time("yesterday"), None);
    }
}
