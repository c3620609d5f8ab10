//! Entries of an LDAP directory: which of them are users and groups, and what they say.
//!
//! The shapes of OpenLDAP, 389 Directory Server and Active Directory are known: `inetOrgPerson`,
//! `posixAccount`, `groupOfNames`, `posixGroup` and what else stands for the same.

use std::collections::BTreeMap;

use directory::Schema;
use directory::imports::{GroupRow, Row, RowEntry, RowMember, UserRow, cut, note};

use super::feed::Feed;
use super::ldif::{Ended, Record, Records};
use super::{Manner, Stop, faulty, field, name, sid, table};

/// Classes of users, in lower case.
const USERS: &[&str] =
    &["inetorgperson", "posixaccount", "organizationalperson", "person", "account", "user"];
/// Classes of groups.
const GROUPS: &[&str] =
    &["groupofnames", "groupofuniquenames", "groupofmembers", "posixgroup", "group"];
/// Classes of what looks like a user and is none.
const OTHERS: &[&str] = &["computer", "contact", "ipservice", "device", "foreignsecurityprincipal"];

/// What attributes of users say, unless a mapping has it otherwise. Of those that say the same the
/// first that an entry has counts.
const OF_USERS: &[(&str, &str)] = &[
    ("uid", "login"),
    ("samaccountname", "login"),
    ("displayname", "display_name"),
    ("cn", "display_name"),
    ("sn", "surname"),
    ("givenname", "given_name"),
    ("mail", "mail"),
    ("telephonenumber", "phone"),
    ("mobile", "mobile"),
    ("title", "title"),
    ("description", "description"),
    ("employeenumber", "employee_number"),
    ("employeeid", "employee_number"),
    ("uidnumber", "uid_number"),
    ("gidnumber", "gid_number"),
    ("unixhomedirectory", "home_directory"),
    ("homedirectory", "home_directory"),
    ("loginshell", "login_shell"),
    ("sshpublickey", "ssh_keys"),
    ("sambantpassword", "nt_hash"),
    ("ntpassword", "nt_hash"),
    ("userpassword", "user_password"),
    ("nsaccountlock", "ns_account_lock"),
    ("useraccountcontrol", "user_account_control"),
    ("sambaacctflags", "samba_acct_flags"),
    ("pwdaccountlockedtime", "pwd_account_locked_time"),
    ("accountexpires", "expires"),
    ("shadowexpire", "shadow_expire"),
    ("manager", "custom.manager"),
    ("secretary", "custom.secretary"),
    ("seealso", "custom.seeAlso"),
];
/// What attributes of groups say.
const OF_GROUPS: &[(&str, &str)] = &[
    ("cn", "name"),
    ("description", "description"),
    ("gidnumber", "gid_number"),
    ("owner", "custom.owner"),
    ("seealso", "custom.seeAlso"),
];

/// What says the primary group of a user of Active Directory.
const PRIMARY_GROUP: &str = "primarygroupid";

/// What an entry is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Group,
}

/// Reads entries; says how many were about neither users nor groups.
///
/// # Errors
/// When the file does not come as a whole or cannot be read as a whole, or its rows are not taken.
pub(super) fn read<E>(
    feed: Feed,
    manner: &Manner,
    schema: &Schema,
    take: &mut dyn FnMut(Row) -> Result<(), E>,
) -> Result<u64, Stop<E>> {
    let (mut records, mut ignored) = (Records::new(feed), 0_u64);
    let mapping = table::lower(&manner.mapping);
    loop {
        let row = match records.next() {
            Ok(record) => row(&record, &mapping, schema),
            Err(Ended::Here) => return Ok(ignored),
            Err(Ended::CutOff) => return Err(Stop::CutOff),
            Err(Ended::TooLong) => {
                let why = format!("line {} is too long for an entry", records.line());
                return Err(Stop::Unreadable(why));
            }
        };
        match row {
            Some(row) => take(row).map_err(Stop::Refused)?,
            None => ignored += 1,
        }
    }
}

/// The row of an entry; none where it is about neither a user nor a group.
fn row(
    record: &Record,
    mapping: &BTreeMap<String, Option<String>>,
    schema: &Schema,
) -> Option<Row> {
    let entry = Entry { record, mapping, schema };
    let dn = match record.attributes.first() {
        Some((name, value)) if name == "dn" => String::from_utf8_lossy(value).into_owned(),
        // What ldapsearch writes at the end of its output.
        Some((name, _)) if matches!(name.as_str(), "search" | "result" | "ref") => return None,
        Some(_) | None => {
            let reason = "does not begin with a dn";
            return Some(faulty(record.line, "", Some("dn"), reason));
        }
    };
    let fault = |column: &str, reason: String| Some(faulty(record.line, &dn, Some(column), reason));
    if let Some((column, reason)) = &record.broken {
        return Some(faulty(record.line, &dn, column.as_deref(), reason.as_str()));
    }
    if entry.first("changetype").is_some_and(|kind| !kind.eq_ignore_ascii_case("add")) {
        let reason = "is no add: an import takes entries, not changes of them";
        return fault("changetype", reason.to_owned());
    }
    let kind = entry.kind()?;
    if let Some(attribute) = entry.cut_short() {
        let reason = "has a part of its values only: read the rest as well";
        return fault(attribute, reason.to_owned());
    }
    let Some(name) = name::parse(&dn) else { return fault("dn", "is no name".to_owned()) };
    let mut notes = Vec::new();
    let read = match kind {
        Kind::User => entry.user(&mut notes).map(|user| RowEntry::User(Box::new(user))),
        Kind::Group => entry.group(&mut notes).map(|group| RowEntry::Group(Box::new(group))),
    };
    match read {
        Ok(entry) => Some(Row { line: record.line, alias: Some(name.key), entry, notes }),
        Err((column, reason)) => fault(&column, reason),
    }
}

struct Entry<'a> {
    record: &'a Record,
    mapping: &'a BTreeMap<String, Option<String>>,
    schema: &'a Schema,
}

impl Entry<'_> {
    /// Octets are as they were written: what stood in base64 was decoded with its line.
    const fn source(&self) -> field::Source<'_> {
        field::Source { schema: self.schema, octets: field::Octets::Plain }
    }

    /// The values of an attribute, whatever options it has.
    fn values(&self, name: &str) -> Vec<&[u8]> {
        let of = |attribute: &str| attribute.split(';').next() == Some(name);
        let found = self.record.attributes.iter().filter(|(attribute, _)| of(attribute));
        found.map(|(_, value)| value.as_slice()).filter(|value| !value.is_empty()).collect()
    }

    /// An attribute of which Active Directory gave some values only, and not the last ones.
    fn cut_short(&self) -> Option<&str> {
        let mut names = self.record.attributes.iter().map(|(name, _)| name.as_str());
        names.find(|name| name.contains(";range=") && !name.ends_with('*'))
    }

    fn first(&self, name: &str) -> Option<String> {
        let value = self.values(name).first().copied()?;
        Some(String::from_utf8_lossy(value).trim().to_owned())
    }

    /// By what Active Directory names an entry.
    fn sid(&self) -> Option<String> {
        sid::parse(self.values("objectsid").first().copied()?)
    }

    /// The primary group of a user of Active Directory, whose members do not name the user. What is
    /// mapped says what it is mapped to.
    fn primary_group(&self) -> Option<String> {
        if self.mapping.contains_key(PRIMARY_GROUP) {
            return None;
        }
        let number = self.first(PRIMARY_GROUP)?.parse().ok()?;
        sid::beside(&self.sid()?, number)
    }

    fn kind(&self) -> Option<Kind> {
        let classes = self.values("objectclass");
        let classes: Vec<String> =
            classes.iter().map(|class| String::from_utf8_lossy(class).to_lowercase()).collect();
        let is = |known: &[&str]| classes.iter().any(|class| known.contains(&class.as_str()));
        if is(OTHERS) {
            None
        } else if is(GROUPS) {
            Some(Kind::Group)
        } else {
            is(USERS).then_some(Kind::User)
        }
    }

    /// What attributes say: those that are mapped to a field that there is, and then the usual ones
    /// that are not.
    fn said(&self, usual: &[(&str, &str)], known: &[&str]) -> Vec<(String, String)> {
        let is_field = |field: &String| field::check(field, known, self.schema).is_ok();
        let mut said = Vec::<(String, String)>::new();
        for (attribute, field) in self.mapping {
            if let Some(field) = field.as_ref().filter(|field| is_field(field)) {
                said.push((attribute.clone(), field.clone()));
            }
        }
        let has_values = |(attribute, _): &&(String, String)| !self.values(attribute).is_empty();
        let about = said.iter().filter(has_values).filter_map(|(_, field)| field::about(field));
        let about: Vec<&str> = about.collect();
        for (attribute, field) in usual {
            let mapped = self.mapping.get(*attribute);
            let left_out = mapped.is_some_and(|to| to.as_ref().is_none_or(is_field));
            let is_said = said.iter().any(|(_, known)| known == field)
                || field::about(field).is_some_and(|it| about.contains(&it));
            let is_known = known.contains(field) || field::is_reference(field, self.schema);
            if !left_out && !is_said && is_known && !self.values(attribute).is_empty() {
                said.push(((*attribute).to_owned(), (*field).to_owned()));
            }
        }
        said.retain(|(attribute, _)| !self.values(attribute).is_empty());
        said
    }

    fn user(&self, notes: &mut Vec<String>) -> Result<UserRow, (String, String)> {
        let mut user = UserRow { primary_group: self.primary_group(), ..UserRow::default() };
        for (attribute, field) in self.said(OF_USERS, field::OF_USERS) {
            let values = self.values(&attribute);
            // Active Directory keeps the place of a Windows share there.
            if field == "home_directory" && values.iter().any(|value| value.starts_with(b"\\\\")) {
                continue;
            }
            let done = field::set_user(&mut user, &field, &values, (self.source(), notes));
            done.map_err(|reason| (attribute.clone(), reason))?;
            if values.len() > 1 && !field::is_list(&field) && !is_name(&attribute) {
                note(notes, &format!("{attribute} has several values, and the first one counts"));
            }
        }
        if user.fields.login.is_empty() {
            return Err(("uid".into(), "is missing: map the attribute of logins to login".into()));
        }
        Ok(user)
    }

    fn group(&self, notes: &mut Vec<String>) -> Result<GroupRow, (String, String)> {
        let mut group = GroupRow { sid: self.sid(), ..GroupRow::default() };
        for (attribute, field) in self.said(OF_GROUPS, field::OF_GROUPS) {
            let values = self.values(&attribute);
            let done = field::set_group(&mut group, &field, &values, self.source());
            done.map_err(|reason| (attribute, reason))?;
        }
        if group.fields.name.is_empty() {
            return Err(("cn".into(), "is missing: map the attribute of names to name".into()));
        }
        for value in ["member", "uniquemember"].iter().flat_map(|name| self.values(name)) {
            let text = String::from_utf8_lossy(value);
            match name::parse(&text) {
                Some(name) => {
                    group.members.push(RowMember::Alias { alias: name.key, name: name.first });
                }
                None => note(notes, &format!("a member was left out: “{}” is no name", cut(&text))),
            }
        }
        for value in self.values("memberuid") {
            let login = String::from_utf8_lossy(value).trim().to_owned();
            group.members.push(RowMember::User(login));
        }
        Ok(group)
    }
}

/// Attributes of which entries often have several values, all of which mean the same.
fn is_name(attribute: &str) -> bool {
    matches!(attribute, "cn" | "sn" | "givenname" | "userpassword")
}

#[cfg(test)]
mod tests {
    use super::super::feed::{Piece, feed};
    use super::super::{Format, Holds};
    use super::*;

    fn rows(text: &str, mapping: &[(&str, Option<&str>)]) -> (Vec<Row>, u64) {
        let (sender, make) = feed();
        let octets = axum::body::Bytes::copy_from_slice(text.as_bytes());
        sender.try_send(Piece::Octets(octets)).ok().unwrap();
        sender.try_send(Piece::End).ok().unwrap();
        let mapping = mapping.iter().map(|(from, to)| ((*from).into(), to.map(Into::into)));
        let (format, holds, delimiter) = (Format::Ldif, Holds::Users, ',');
        let manner = Manner { format, holds, delimiter, mapping: mapping.collect() };
        let mut rows = Vec::new();
        let ignored = read::<()>(make(), &manner, &Schema::default(), &mut |row| {
            rows.push(row);
            Ok(())
        });
        (rows, ignored.ok().unwrap())
    }

    fn user(row: &Row) -> &UserRow {
        match &row.entry {
            RowEntry::User(user) => user,
            RowEntry::Group(_) | RowEntry::Faulty(_) => panic!("no user"),
        }
    }

    #[test]
    fn people_of_openldap_and_of_active_directory_are_the_same_to_us() {
        let text = "dn: dc=x\nobjectClass: domain\n\n\
                    dn: uid=ada,ou=people,dc=x\nobjectClass: inetOrgPerson\nuid: ada\ncn: Ada\n\
                    cn: Countess\nsn: King\nmail: a@x\nmail: b@x\nuserPassword: {SMD5}AAAA\n\n\
                    dn: CN=Bob B,CN=Users,DC=x\nobjectClass: top\nobjectClass: user\n\
                    sAMAccountName: bob\ncn: Bob B\nuserAccountControl: 514\n\
                    homeDirectory: \\\\server\\bob\nunixHomeDirectory: /home/b\n\n\
                    dn: CN=PC,DC=x\nobjectClass: user\nobjectClass: computer\ncn: PC\n\n\
                    dn: CN=Eve,DC=x\nobjectClass: person\nobjectClass: organizationalPerson\n\
                    objectClass: contact\ncn: Eve\n";
        let (rows, ignored) = rows(text, &[]);
        assert_eq!((rows.len(), ignored), (2, 3));
        let (ada, bob) = (user(&rows[0]), user(&rows[1]));
        assert_eq!((ada.fields.display_name.as_str(), ada.fields.mail.len()), ("Ada", 2));
        assert!(ada.password.is_none() && rows[0].notes[0].contains("not supported"));
        assert_eq!((bob.fields.login.as_str(), bob.suspended), ("bob", Some(true)));
        assert_eq!(bob.fields.home_directory.as_deref(), Some("/home/b"));
        assert_eq!(rows[1].alias.as_deref(), Some("cn=bob b,cn=users,dc=x"));
    }

    #[test]
    fn members_are_names_of_entries_or_logins_and_a_mapping_counts_more() {
        let text = "dn: cn=staff,dc=x\nobjectClass: groupOfNames\ncn: staff\n\
                    member: uid=ada,dc=x\nmember: nobody\nmemberUid: bob\n\n\
                    dn: cn=eve,dc=x\nobjectClass: person\ncn: eve\nsn: Evening\n\n\
                    dn: uid=x,dc=x\nchangetype: delete\n";
        let (rows, _) = rows(text, &[("cn", Some("login")), ("sn", None)]);
        let RowEntry::Group(group) = &rows[0].entry else { panic!("no group") };
        let alias = RowMember::Alias { alias: "uid=ada,dc=x".into(), name: "ada".into() };
        assert_eq!(group.members, [alias, RowMember::User("bob".into())]);
        assert_eq!(rows[0].notes.len(), 1);
        let eve = user(&rows[1]);
        assert_eq!((eve.fields.login.as_str(), eve.fields.surname.as_str()), ("eve", ""));
        let RowEntry::Faulty(fault) = &rows[2].entry else { panic!("no fault") };
        assert_eq!(fault.column.as_deref(), Some("changetype"));
    }

    #[test]
    fn who_was_kept_out_or_whose_time_ends_there_is_told_of() {
        let entry = |name: &str, attributes: &str| {
            format!("dn: uid={name},dc=x\nobjectClass: account\nuid: {name}\n{attributes}\n")
        };
        let text = [
            entry("ad", "accountExpires: 135405648000000000\nuserAccountControl: 512\n"),
            entry("both", "accountExpires: 135405648000000000\nshadowExpire: 1\n"),
            entry("never", "accountExpires: 9223372036854775807\nshadowExpire: -1\n"),
            entry("samba", "sambaAcctFlags: [UD         ]\nuserAccountControl: 512\n"),
            entry("locked", "pwdAccountLockedTime: 000001010000Z\n"),
            entry("tried", "pwdAccountLockedTime: 20260131120000Z\n"),
            entry("own", "nsAccountLock: true\nemployeeType: active\n"),
        ]
        .concat();
        let (plain, _) = rows(&text, &[]);
        let told = plain.iter().map(|row| {
            let user = user(row);
            let ends = user.fields.expires.map(|time| time.0);
            (user.fields.login.as_str(), ends, user.suspended, user.enabled)
        });
        let expected = [
            ("ad", Some(1_896_091_200_000), None, true),
            ("both", Some(86_400_000), None, false),
            ("never", None, None, false),
            ("samba", None, Some(true), true),
            ("locked", None, Some(true), false),
            ("tried", None, None, false),
            ("own", None, Some(true), false),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert!(plain[5].notes[0].contains("20260131120000Z"), "{:?}", plain[5].notes);
        let (mapped, _) = rows(&text, &[("employeetype", Some("suspended"))]);
        let suspended: Vec<_> = mapped.iter().map(|row| user(row).suspended).collect();
        assert_eq!(suspended[6], Some(false), "a mapping counts more");
        assert_eq!(suspended[3..5], [Some(true); 2], "where it says nothing the others count");
    }

    #[test]
    fn a_primary_group_is_named_as_its_own_entry_names_itself() {
        let text = "dn: CN=Domain Users,DC=x\nobjectClass: group\ncn: Domain Users\n\
                    objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAAQIAAA==\n\n\
                    dn: CN=Ada,DC=x\nobjectClass: user\nsAMAccountName: ada\n\
                    objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAUAQAAA==\nprimaryGroupID: 513\n";
        let (plain, _) = rows(text, &[]);
        let RowEntry::Group(group) = &plain[0].entry else { panic!("no group") };
        assert_eq!(group.sid.as_deref(), Some("S-1-5-21-1-2-3-513"));
        assert_eq!(user(&plain[1]).primary_group, group.sid);
        let (left_out, _) = rows(text, &[("primaryGroupID", None)]);
        assert_eq!(user(&left_out[1]).primary_group, None);
    }
}
