//! What entries show in each layout: written down for the model alone, from `docs/ldap.md` and the RFCs.

use serde_json::Value;

use super::judge::Entry;
use super::name::{self, Name};
use super::views::View;

/// What entries show, by the names of types.
pub(super) type Shown = Vec<(String, Vec<Vec<u8>>)>;

/// Kinds of entries, as places of their rows in [`standing`].
pub(super) const USER: usize = 0;
pub(super) const GROUP: usize = 1;
pub(super) const SERVICE: usize = 2;
pub(super) const DEVICE: usize = 3;

/// What is not told by the admin API, and taken from the first answer: of places what is made from the
/// organization's record, of accounts and the base of a domain what domain controllers number.
pub(super) static OF_PLACES: [&str; 3] = ["entryUUID", "createTimestamp", "modifyTimestamp"];
pub(super) static OF_DOMAINS_PLACES: [&str; 3] = ["objectGUID", "whenCreated", "whenChanged"];
pub(super) static OF_ACCOUNTS: [&str; 1] = ["objectSid"];

/// The end of a user's time, as domain controllers count it: on the first day of 2099, or never.
const ENDS: &str = "157153824000000000";
const NEVER: &str = "9223372036854775807";

fn is_domain(view: View) -> bool {
    view.shown == "active_directory"
}

/// The type of an entry's RDN, and the RDN of its container.
fn standing(view: View, kind: usize) -> (&'static str, (&'static str, &'static str)) {
    let rows = match view.shown {
        "active_directory" => vec![
            ("cn", ("cn", "users")),
            ("cn", ("ou", "groups")),
            ("cn", ("cn", "managed service accounts")),
        ],
        "jumpcloud" => {
            vec![("uid", ("ou", "Users")), ("cn", ("ou", "Users")), ("uid", ("ou", "Users"))]
        }
        _ => vec![
            ("uid", ("ou", "people")),
            ("cn", ("ou", "groups")),
            ("cn", ("ou", "services")),
            ("cn", ("ou", "devices")),
        ],
    };
    rows[kind]
}

fn below(base: &Name, kind: &str, value: &str) -> Name {
    let mut name = vec![(kind.to_owned(), name::fold(value))];
    name.extend(base.iter().cloned());
    name
}

/// The name of an entry.
pub(super) fn name(view: View, base: &Name, kind: usize, called: &str) -> Name {
    let (of, (container, value)) = standing(view, kind);
    below(&below(base, container, value), of, called)
}

fn put(shown: &mut Shown, name: &str, values: &[&str]) {
    let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    shown.push((name.to_owned(), values));
}

/// Puts what the admin API tells, if it tells it.
fn tell(shown: &mut Shown, name: &str, told: &Value) {
    match told {
        Value::Null => {}
        Value::String(text) => put(shown, name, &[text]),
        Value::Array(all) => {
            let all: Vec<&str> = all.iter().map(|one| one.as_str().unwrap()).collect();
            put(shown, name, &all);
        }
        Value::Number(number) => put(shown, name, &[&number.to_string()]),
        Value::Bool(_) | Value::Object(_) => panic!("{name} is {told}"),
    }
}

/// The base, of an organization that is called so, and the containers.
pub(super) fn of(view: View, base: &Name, title: &str) -> Vec<Entry> {
    let mut shown = Shown::new();
    let named = base[0].0 == "dc";
    if is_domain(view) {
        put(&mut shown, "objectClass", &["domainDNS", "domain", "top"]);
    } else {
        let classes = ["organization", "top", "dcObject"];
        put(&mut shown, "objectClass", &classes[..if named { 3 } else { 2 }]);
        // What an entry is named by, it has (RFC 4512 section 2.3).
        let names = [title, base[0].1.as_str()];
        put(&mut shown, "o", &names[..if base[0].0 == "o" { 2 } else { 1 }]);
    }
    if named {
        put(&mut shown, "dc", &[&base[0].1]);
    }
    let mut places = vec![(base.clone(), shown)];
    let kinds = [USER, GROUP, SERVICE, DEVICE];
    for kind in &kinds[..if view.has_devices() { 4 } else { 3 }] {
        let kind = *kind;
        let (_, (of, value)) = standing(view, kind);
        let name = below(base, of, value);
        if places.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let mut shown = Shown::new();
        let class = if of == "cn" { "container" } else { "organizationalUnit" };
        put(&mut shown, "objectClass", &[class, "top"]);
        put(&mut shown, of, &[value]);
        places.push((name, shown));
    }
    let finished = places.into_iter().map(|(name, mut shown)| {
        if is_domain(view) {
            let definition = match name[0].0.as_str() {
                _ if name == *base => "domain-dns",
                "cn" => "container",
                _ => "organizational-unit",
            };
            category(&mut shown, base, definition);
            put(&mut shown, "name", &[&name[0].1]);
            put(&mut shown, "distinguishedName", &[&name::spell(&name)]);
        }
        operational(&mut shown, &name);
        Entry { name, shown, nested: Shown::new() }
    });
    finished.collect()
}

fn operational(shown: &mut Shown, name: &Name) {
    let structural = shown[0].1[0].clone();
    shown.push(("structuralObjectClass".to_owned(), vec![structural]));
    put(shown, "entryDN", &[&name::spell(name)]);
}

/// Puts which of all entries that the caller sees have others below them.
pub(super) fn put_subordinates(entries: &mut [Entry]) {
    let above: Vec<Name> = entries.iter().map(|entry| entry.name[1..].to_vec()).collect();
    for entry in entries {
        let some = above.contains(&entry.name);
        put(&mut entry.shown, "hasSubordinates", &[if some { "TRUE" } else { "FALSE" }]);
    }
}

/// What a user shows, groups and own attributes left out.
pub(super) fn user(view: View, base: &Name, told: &Value, suspended: bool) -> Shown {
    let mut shown = Shown::new();
    let posix = ["posixAccount", "ldapPublicKey", "jumpcloudUser"];
    let person = ["inetOrgPerson", "organizationalPerson", "person", "top"];
    match view.shown {
        "active_directory" => {
            let classes = ["user", "organizationalPerson", "person", "top", "ldapPublicKey"];
            put(&mut shown, "objectClass", &classes);
        }
        "jumpcloud" => put(&mut shown, "objectClass", &[&person[..], &posix[..]].concat()),
        _ => put(&mut shown, "objectClass", &[&person[..], &posix[..2]].concat()),
    }
    let (cn, home) = if is_domain(view) {
        ("login", "unixHomeDirectory")
    } else {
        ("display_name", "homeDirectory")
    };
    for (name, field) in [
        ("uid", "login"),
        ("cn", cn),
        ("sn", "surname"),
        ("givenName", "given_name"),
        ("displayName", "display_name"),
        ("mail", "mail"),
        ("telephoneNumber", "phone"),
        ("mobile", "mobile"),
        ("title", "title"),
        ("description", "description"),
        ("employeeNumber", "employee_number"),
        ("uidNumber", "uid_number"),
        ("gidNumber", "gid_number"),
        (home, "home_directory"),
        ("loginShell", "login_shell"),
        ("gecos", "display_name"),
        ("sshPublicKey", "ssh_keys"),
    ] {
        tell(&mut shown, name, &told[field]);
    }
    if is_domain(view) {
        tell(&mut shown, "sAMAccountName", &told["login"]);
        tell(&mut shown, "name", &told["login"]);
        let login = told["login"].as_str().unwrap();
        if login.contains('@') {
            put(&mut shown, "userPrincipalName", &[login]);
        } else if base.iter().all(|(kind, _)| kind == "dc") {
            let domain: Vec<&str> = base.iter().map(|(_, value)| value.as_str()).collect();
            let principal = format!("{login}@{}", domain.join("."));
            put(&mut shown, "userPrincipalName", &[&principal]);
        }
        put(&mut shown, "userAccountControl", &[if suspended { "514" } else { "512" }]);
        put(&mut shown, "sAMAccountType", &["805306368"]);
        let ends = if told["expires"].is_null() { NEVER } else { ENDS };
        put(&mut shown, "accountExpires", &[ends]);
        category(&mut shown, base, "person");
    }
    stamped(&mut shown, view, told);
    shown
}

/// What a group shows, members, groups and own attributes left out.
pub(super) fn group(view: View, base: &Name, told: &Value) -> Shown {
    let mut shown = Shown::new();
    let classes: &[&str] = match view.shown {
        "active_directory" => &["group", "top"],
        "rfc2307" => &["posixGroup", "top"],
        "unique_member" => &["groupOfUniqueNames", "top", "posixGroup"],
        _ => &["groupOfNames", "top", "posixGroup"],
    };
    put(&mut shown, "objectClass", classes);
    tell(&mut shown, "cn", &told["name"]);
    tell(&mut shown, "description", &told["description"]);
    tell(&mut shown, "gidNumber", &told["gid_number"]);
    if is_domain(view) {
        tell(&mut shown, "sAMAccountName", &told["name"]);
        tell(&mut shown, "name", &told["name"]);
        put(&mut shown, "groupType", &["-2147483646"]);
        put(&mut shown, "sAMAccountType", &["268435456"]);
        category(&mut shown, base, "group");
    }
    stamped(&mut shown, view, told);
    shown
}

/// What a service account shows.
pub(super) fn service(view: View, base: &Name, told: &Value) -> Shown {
    let mut shown = Shown::new();
    let class = if view.shown == "jumpcloud" { "account" } else { "applicationProcess" };
    put(&mut shown, "objectClass", &[class, "top"]);
    tell(&mut shown, if view.shown == "jumpcloud" { "uid" } else { "cn" }, &told["name"]);
    tell(&mut shown, "description", &told["description"]);
    if is_domain(view) {
        tell(&mut shown, "sAMAccountName", &told["name"]);
        tell(&mut shown, "name", &told["name"]);
        category(&mut shown, base, "application-process");
    }
    stamped(&mut shown, view, told);
    shown
}

/// What a device shows, its owner left out.
pub(super) fn device(view: View, told: &Value) -> Shown {
    let mut shown = Shown::new();
    let addressed = told["addresses"] != Value::Array(Vec::new());
    let classes = ["device", "top", "pkiUser", "ieee802Device"];
    put(&mut shown, "objectClass", &classes[..if addressed { 4 } else { 3 }]);
    tell(&mut shown, "cn", &told["name"]);
    tell(&mut shown, "macAddress", &told["addresses"]);
    // No string of such letters is printable (RFC 4517 section 3.3.29).
    if !told["serial"].as_str().is_some_and(|serial| serial.contains('_')) {
        tell(&mut shown, "serialNumber", &told["serial"]);
    }
    let text = |field: &str| told[field].as_str().unwrap_or_default().to_owned();
    let system = if told["os"] == "macos" { "macOS" } else { "" };
    let runs = format!("{system} {}", text("os_version")).trim().to_owned();
    let mut about: Vec<String> = Vec::new();
    for words in [text("description"), text("model"), runs] {
        let again = about.iter().any(|other| name::fold(other) == name::fold(&words));
        if !words.is_empty() && !again {
            about.push(words);
        }
    }
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    put(&mut shown, "description", &about);
    stamped(&mut shown, view, told);
    shown
}

fn category(shown: &mut Shown, base: &Name, class: &str) {
    let name = format!("cn={class},cn=schema,cn=configuration,{}", name::spell(base));
    put(shown, "objectCategory", &[&name]);
}

/// Ids and times.
fn stamped(shown: &mut Shown, view: View, told: &Value) {
    let id = told["id"].as_str().unwrap();
    put(shown, "entryUUID", &[id]);
    let time = |field: &str| {
        let text = &told[field].as_str().unwrap()[..19];
        format!("{}Z", text.replace(['-', ':', 'T'], ""))
    };
    let (created, modified) = (time("created"), time("modified"));
    put(shown, "createTimestamp", &[&created]);
    put(shown, "modifyTimestamp", &[&modified]);
    if is_domain(view) {
        put(shown, "whenCreated", &[&created]);
        put(shown, "whenChanged", &[&modified]);
        shown.push(("objectGUID".to_owned(), vec![guid(id)]));
    }
}

/// A UUID as domain controllers write it: its first three numbers turned around.
fn guid(id: &str) -> Vec<u8> {
    let parts = id.split('-').enumerate().map(|(place, part)| {
        let octets = (0..part.len()).step_by(2);
        let mut octets: Vec<u8> =
            octets.map(|at| u8::from_str_radix(&part[at..at + 2], 16).unwrap()).collect();
        if place < 3 {
            octets.reverse();
        }
        octets
    });
    parts.flatten().collect()
}

/// Finishes the look of a stored entry.
pub(super) fn finish(
    view: View,
    name: Name,
    (mut shown, nested): (Shown, Shown),
    has_own: bool,
) -> Entry {
    if has_own {
        shown[0].1.push(b"customObject".to_vec());
    }
    if is_domain(view) {
        put(&mut shown, "distinguishedName", &[&name::spell(&name)]);
    }
    operational(&mut shown, &name);
    shown.retain(|(_, values)| !values.is_empty());
    Entry { name, shown, nested }
}
