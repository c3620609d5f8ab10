//! What hangs on something by a route of its own: certificates with their keys, fingerprints, and
//! lists of what was revoked.

use serde_json::{Map, Value, json};

use super::der;
use super::fingerprints;
use super::kinds::{AUTHORITIES, BUILT_IN, Kind};
use super::parts::HEAD;
use super::plan::{Plan, Step, array, object, same};
use super::secrets;
use super::site::Site;
use crate::failure::Failure;

/// What hangs on something.
pub(super) struct Way {
    /// The member of the file, or of one of a list.
    pub(super) field: &'static str,
    /// Its path behind the owner's.
    path: &'static str,
    /// By what its own route tells it; nothing where the owner has a member of that name.
    shows: Option<&'static str>,
}

/// What an organization's network shows.
pub(super) const SERVER: Way =
    Way { field: "server_certificate", path: "server-certificate", shows: Some("fingerprint") };
/// Certificates that prove somebody.
pub(super) const CERTIFICATES: Way =
    Way { field: "certificates", path: "certificates", shows: Some("fingerprints") };
const REVOCATIONS: Way = Way { field: "revocations", path: "revocations", shows: None };
const CLIENT_CERTIFICATE: Way =
    Way { field: "client_certificate", path: "client-certificate", shows: None };

/// What hangs on things of a list.
pub(super) struct Hanging {
    /// The list, as a member of the file.
    list: &'static str,
    way: Way,
    /// What is told and sent of what a file says, where that is not there.
    wanted: fn(&str, &Value, &Value) -> Result<Option<New>, Failure>,
    tie: Tie,
    /// Of whom the server would refuse it.
    unfit: Option<Unfit>,
    exported: Exported,
}

/// When an export asks for what hangs on things of a list.
#[derive(Clone, Copy)]
enum Exported {
    Never,
    /// Where users are to be asked about one by one.
    OfUsers,
    Always,
}

/// What else a file says that what hangs on something depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// Nothing.
    Free,
    /// The certificate of the one that it hangs on: it goes with the former one.
    Certificate,
    /// What others have: each part of it is of one alone.
    Others,
}

/// Those on whom something cannot hang.
struct Unfit {
    /// The member that says so.
    field: &'static str,
    says: fn(&Value) -> bool,
    why: &'static str,
}

/// What is to be there: as it is told, and as it is sent; it is taken away where nothing is sent.
struct New {
    after: Value,
    body: Option<Value>,
}

const fn hanging(
    list: &'static str,
    way: Way,
    wanted: fn(&str, &Value, &Value) -> Result<Option<New>, Failure>,
) -> Hanging {
    Hanging { list, way, wanted, tie: Tie::Free, unfit: None, exported: Exported::Never }
}

/// All that hangs on things of lists.
const HANGING: &[Hanging] = &[
    Hanging {
        tie: Tie::Certificate,
        unfit: Some(Unfit {
            field: BUILT_IN,
            says: |value| *value == json!(true),
            why: "the organization's own authority knows what it revoked",
        }),
        ..hanging(AUTHORITIES, REVOCATIONS, revocations)
    },
    Hanging {
        tie: Tie::Others,
        exported: Exported::OfUsers,
        ..hanging("users", CERTIFICATES, certificates)
    },
    Hanging {
        tie: Tie::Others,
        exported: Exported::Always,
        ..hanging("service_accounts", CERTIFICATES, certificates)
    },
    Hanging {
        unfit: Some(Unfit {
            field: "kind",
            says: |value| *value == json!("files"),
            why: "files are shown no certificate",
        }),
        ..hanging(DESTINATIONS, CLIENT_CERTIFICATE, client_certificate)
    },
];

/// The list of what events go to.
const DESTINATIONS: &str = "event_destinations";
/// The key of a certificate.
pub(super) const PRIVATE_KEY: &str = "private_key";
/// The certificate.
pub(super) const CERTIFICATE: &str = "certificate";
/// The names that one is issued for.
pub(super) const DNS_NAMES: &str = "dns_names";

/// Something that is put there, or taken away.
pub(super) struct Put {
    pub(super) way: &'static Way,
    /// Whose it is; the organization's where there is nobody.
    pub(super) owner: Option<(&'static Kind, String)>,
    pub(super) method: &'static str,
    /// The path behind the owner's.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    /// What was seen there.
    pub(super) seen: Value,
    /// What differs: how it is called, what it was and what it will be.
    pub(super) told: (&'static str, Value, Value),
}

impl Put {
    /// What it is about.
    pub(super) fn what(&self) -> String {
        match &self.owner {
            Some((kind, name)) => format!("{} {name}", kind.noun),
            None => self.way.field.replace('_', " "),
        }
    }

    /// Whether a key goes along, which is not told.
    pub(super) fn has_key(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.get(PRIVATE_KEY).is_some())
    }
}

/// What hangs on one of a list, taken out of its other fields.
pub(super) fn taken(
    kind: &Kind,
    fields: &mut Map<String, Value>,
) -> Option<(&'static Hanging, Value)> {
    let hanging = HANGING.iter().find(|hanging| hanging.list == kind.member)?;
    Some((hanging, fields.remove(hanging.way.field)?))
}

impl Hanging {
    /// Why the server would refuse it, by what the file says of the one that it hangs on, and by
    /// what is there.
    fn unfit(&self, said: &Value, there: Option<&Value>) -> Option<&'static str> {
        let Unfit { field, says, why } = self.unfit.as_ref()?;
        let value = said.get(*field).or_else(|| there?.get(*field))?;
        says(value).then_some(*why)
    }
}

impl Plan {
    /// Has what hangs on one of a list be what the file says, as it says that one.
    ///
    /// # Errors
    /// When the file says what cannot be, or what is there cannot be read.
    pub(super) fn hang(
        &mut self,
        site: &Site<'_>,
        (kind, name): (&'static Kind, String),
        (hanging, said): (&'static Hanging, &Value),
        one: &Value,
    ) -> Result<(), Failure> {
        let Hanging { way, wanted, tie, .. } = hanging;
        let (what, raw) = (hung_on(way, kind, &name), site.raw(kind, &name));
        if let Some(why) = hanging.unfit(one, raw).filter(|_| !said.is_null()) {
            return Err(Failure::Usage(format!("{what}: {why}")));
        }
        if *tie == Tie::Others {
            self.claim(&what, said)?;
        }
        let there = match way.shows {
            Some(_) if raw.is_none() => json!([]),
            Some(_) => site.hung(way, Some((kind, name.as_str())))?.0,
            None => raw.and_then(|owner| owner.get(way.field)).cloned().unwrap_or_default(),
        };
        // Another certificate makes an authority forget what the former one revoked.
        let replaces = *tie == Tie::Certificate && self.replaces_certificate(kind, &name);
        let seen = if replaces && !said.is_null() { Value::Null } else { there.clone() };
        let Some(New { after, body }) = wanted(&what, said, &seen)? else { return Ok(()) };
        // A new list would come after nothing then, however old it is.
        if replaces && body.is_some() && made(&there) > made(&after) {
            return Err(goes(&what, "a later list"));
        }
        let method = if body.is_some() { "put" } else { "delete" };
        let (owner, path) = (Some((kind, name)), way.path.to_owned());
        let put = Put { way, owner, method, path, body, seen, told: (way.field, there, after) };
        match tie {
            Tie::Others => self.certificates.push(put),
            // Behind the other certificate there would be none to take away.
            Tie::Certificate if replaces && put.body.is_none() => {
                self.steps.insert(self.steps.len().saturating_sub(1), Step::Put(put));
            }
            Tie::Certificate | Tie::Free => self.steps.push(Step::Put(put)),
        }
        Ok(())
    }

    /// Refuses another certificate of an authority with which a list of revoked ones would go that the
    /// file says nothing of.
    ///
    /// # Errors
    /// When there is such a list.
    pub(super) fn keep_list(
        &self,
        site: &Site<'_>,
        kind: &Kind,
        name: &str,
    ) -> Result<(), Failure> {
        if !self.replaces_certificate(kind, name) {
            return Ok(());
        }
        let there = site.raw(kind, name).and_then(|owner| owner.get(REVOCATIONS.field));
        match there.is_some_and(|list| !list.is_null()) {
            true => Err(goes(&hung_on(&REVOCATIONS, kind, name), "a list")),
            false => Ok(()),
        }
    }

    /// Refuses fingerprints that are none, and those that the file says of somebody else as well.
    fn claim(&mut self, what: &str, said: &Value) -> Result<(), Failure> {
        for one in fingerprints::said(what, said)? {
            if let Some(other) = self.claimed.insert(one.clone(), what.to_owned()) {
                let text = format!("{what}: {one} is among {other} as well, and proves one alone");
                return Err(Failure::Usage(text));
            }
        }
        Ok(())
    }

    /// Whether the last step gives something another certificate.
    fn replaces_certificate(&self, of: &Kind, called: &str) -> bool {
        let Some(Step::Update { kind, name, changes, .. }) = self.steps.last() else {
            return false;
        };
        kind.member == of.member && name == called && changes.contains_key(CERTIFICATE)
    }

    /// Has the organization's network show what the file says.
    ///
    /// # Errors
    /// When the file says what cannot be, or what is there cannot be read.
    pub(super) fn server_certificate(
        &mut self,
        site: &Site<'_>,
        said: &Value,
    ) -> Result<(), Failure> {
        let there = if site.is_there() { site.server_certificate()? } else { Value::Null };
        let seen = there.get("fingerprint").cloned().unwrap_or_default();
        let mut put = Put {
            way: &SERVER,
            owner: None,
            method: if said.is_null() { "delete" } else { "put" },
            path: SERVER.path.to_owned(),
            body: None,
            seen: seen.clone(),
            told: (CERTIFICATE, seen.clone(), Value::Null),
        };
        let what = put.what();
        if !said.is_null() && object(&what, said)?.contains_key(DNS_NAMES) {
            let before = there.get(DNS_NAMES).cloned().unwrap_or_default();
            let Some(after) = issued(&what, said, &before)? else { return Ok(()) };
            (put.method, put.path) = ("post", format!("{}/issue", SERVER.path));
            put.body = Some(said.clone());
            put.told = (DNS_NAMES, before, after);
        } else {
            let shown = there.get(CERTIFICATE).and_then(Value::as_str).unwrap_or_default();
            let is_there = |chain: &[Vec<u8>]| der::certificates(shown).as_deref() == Some(chain);
            let Some(new) = pair(&what, said, &seen, &is_there)? else { return Ok(()) };
            (put.body, put.told.2) = (new.body, new.after);
        }
        self.steps.push(Step::Put(put));
        Ok(())
    }
}

impl Site<'_> {
    /// What is told of what hangs on something, and the state that it shows.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn hung(
        &self,
        way: &Way,
        owner: Option<(&Kind, &str)>,
    ) -> Result<(Value, Option<String>), Failure> {
        self.told(way, &self.home(owner)?)
    }

    fn told(&self, way: &Way, home: &str) -> Result<(Value, Option<String>), Failure> {
        let own = format!("{home}/{}", way.path);
        let path: &str = if way.shows.is_some() { &own } else { home };
        match self.place.client.get(path) {
            Ok(seen) => {
                let told = seen.body.get(way.shows.unwrap_or(way.field));
                Ok((told.cloned().unwrap_or_default(), seen.etag))
            }
            Err(Failure::Refused(problem)) if problem.status == 404 => Ok((Value::Null, None)),
            Err(failure) => Err(failure),
        }
    }

    /// The path of whom something hangs on.
    ///
    /// # Errors
    /// When that is not there.
    pub(super) fn home(&self, owner: Option<(&Kind, &str)>) -> Result<String, Failure> {
        match owner {
            Some((kind, name)) => self.item(kind, name),
            None => self.at(HEAD.shows),
        }
    }

    /// What the organization's network shows; nothing where that is the daemon's certificate.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn server_certificate(&self) -> Result<Value, Failure> {
        match self.place.client.get(&self.at("show_server_certificate")?) {
            Ok(seen) => Ok(seen.body),
            Err(Failure::Refused(problem)) if problem.status == 404 => Ok(Value::Null),
            Err(failure) => Err(failure),
        }
    }

    /// What an export says of what hangs on one of a list, of users where it is to.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn exported_of(
        &self,
        kind: &Kind,
        one: &Value,
        of_users: bool,
    ) -> Result<Option<(&'static str, Value)>, Failure> {
        let is_asked_for = |hanging: &&Hanging| match hanging.exported {
            Exported::Never => false,
            Exported::OfUsers => of_users,
            Exported::Always => true,
        };
        let mut exported = HANGING.iter().filter(is_asked_for);
        let found = exported.find(|hanging| hanging.list == kind.member);
        let Some(Hanging { way, .. }) = found else { return Ok(None) };
        let id = one.get("id").and_then(Value::as_str).unwrap_or_default();
        let (told, _) = self.told(way, &self.list(&format!("{}/{id}", kind.path))?)?;
        let is_some = told.as_array().is_some_and(|list| !list.is_empty());
        Ok(is_some.then_some((way.field, told)))
    }
}

/// How something is called that hangs on one of a list.
fn hung_on(way: &Way, kind: &Kind, name: &str) -> String {
    format!("{} of {} {name}", way.field, kind.noun)
}

/// When a list was made.
fn made(list: &Value) -> Option<&str> {
    list.get("made").and_then(Value::as_str)
}

/// That a list would be lost.
fn goes(what: &str, list: &str) -> Failure {
    Failure::Usage(format!(
        "{what}: {list} is there, and goes with the former certificate: name that one or a later \
         one, or say `{}: null`",
        REVOCATIONS.field
    ))
}

/// Certificates that are known by their fingerprints.
fn certificates(what: &str, said: &Value, seen: &Value) -> Result<Option<New>, Failure> {
    fingerprints::said(what, said)?;
    let body = json!({"fingerprints": said});
    Ok((!same(said, seen)).then(|| New { after: said.clone(), body: Some(body) }))
}

/// What another's authority revoked. A list that was made later than the file's stays.
fn revocations(what: &str, said: &Value, seen: &Value) -> Result<Option<New>, Failure> {
    if said.is_null() {
        return Ok(New::none(seen));
    }
    let text = secrets::text(what, said)?;
    let list = der::List::of_text(&text).ok_or_else(|| {
        Failure::Usage(format!("{what} is no list of revoked certificates in PEM or Base64"))
    })?;
    let (count, there) = (json!(list.count), seen.get("count"));
    let counts = made(seen).is_some_and(|made| {
        made > list.made.as_str() || made == list.made && there == Some(&count)
    });
    let after = json!({"made": list.made, "count": count});
    Ok((!counts).then(|| New { after, body: Some(json!({"list": text})) }))
}

/// A certificate that is shown, by its fingerprint.
fn client_certificate(what: &str, said: &Value, seen: &Value) -> Result<Option<New>, Failure> {
    let is_there =
        |chain: &[Vec<u8>]| chain.first().is_some_and(|own| *seen == der::fingerprint(own));
    pair(what, said, seen, &is_there)
}

impl New {
    /// That nothing is to be there, where something is.
    fn none(seen: &Value) -> Option<Self> {
        (!seen.is_null()).then_some(Self { after: Value::Null, body: None })
    }
}

/// A certificate with its key, which is read where the certificate is another than is there.
fn pair(
    what: &str,
    said: &Value,
    seen: &Value,
    is_there: &dyn Fn(&[Vec<u8>]) -> bool,
) -> Result<Option<New>, Failure> {
    if said.is_null() {
        return Ok(New::none(seen));
    }
    let fields = object(what, said)?;
    known(what, fields, &[CERTIFICATE, PRIVATE_KEY])?;
    let missing = || Failure::Usage(format!("{what} has no {CERTIFICATE}"));
    let place = fields.get(CERTIFICATE).ok_or_else(missing)?;
    let text = secrets::text(&format!("{CERTIFICATE} of {what}"), place)?;
    let chain = der::certificates(&text)
        .ok_or_else(|| Failure::Usage(format!("{CERTIFICATE} of {what} is none in PEM")))?;
    if is_there(&chain) {
        return Ok(None);
    }
    let key = fields.get(PRIVATE_KEY).ok_or_else(|| {
        Failure::Usage(format!(
            "{what} is another one than is there: say where its key is, with \
             `{PRIVATE_KEY}: {{file: PATH}}`, or leave it out of the file"
        ))
    })?;
    let key = secrets::read(&format!("{PRIVATE_KEY} of {what}"), key)?;
    let after = chain.first().map(|own| der::fingerprint(own)).into();
    Ok(Some(New { after, body: Some(json!({CERTIFICATE: text, PRIVATE_KEY: key})) }))
}

/// The names for which the organization's own authority is to issue a certificate, where the one that
/// is there has others.
fn issued(what: &str, said: &Value, before: &Value) -> Result<Option<Value>, Failure> {
    let fields = object(what, said)?;
    known(what, fields, &[DNS_NAMES, "days"])?;
    let names = fields.get(DNS_NAMES).cloned().unwrap_or_default();
    if array(&format!("{DNS_NAMES} of {what}"), &names)?.is_empty() {
        return Err(Failure::Usage(format!("{DNS_NAMES} of {what} are one at least")));
    }
    Ok((!same(&names, before)).then_some(names))
}

/// Refuses fields that there are not.
fn known(what: &str, fields: &Map<String, Value>, names: &[&str]) -> Result<(), Failure> {
    match fields.keys().find(|field| !names.contains(&field.as_str())) {
        Some(other) => {
            let text = format!("{other} of {what} is no field: it has {}", names.join(" and "));
            Err(Failure::Usage(text))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A list without any certificate, made at a time.
    fn list(made: &str) -> String {
        let fields = [[0x30, 0, 0x30, 0, 0x17, 13].as_slice(), made.as_bytes()].concat();
        let wrapped = |inner: Vec<u8>| {
            let head = [0x30, u8::try_from(inner.len()).unwrap()];
            [head.as_slice(), inner.as_slice()].concat()
        };
        STANDARD.encode(wrapped(wrapped(fields)))
    }

    fn usage<T>(result: Result<T, Failure>) -> String {
        match result {
            Err(Failure::Usage(text)) => text,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it is taken"),
        }
    }

    #[test]
    fn a_list_counts_until_a_later_one_does() {
        let seen = json!({"made": "2024-01-03T00:00:00Z", "next": null, "count": 0});
        let wanted = |said: Value, seen: &Value| revocations("x", &said, seen);
        let is_wanted =
            |made: &str, seen: &Value| wanted(json!(list(made)), seen).unwrap().is_some();
        assert!(is_wanted("240103000000Z", &Value::Null), "there is none");
        assert!(!is_wanted("240103000000Z", &seen), "it is the same");
        assert!(!is_wanted("240102000000Z", &seen), "it is older");
        assert!(is_wanted("240104000000Z", &seen));
        let fuller = json!({"made": "2024-01-03T00:00:00Z", "next": null, "count": 2});
        assert!(is_wanted("240103000000Z", &fuller), "it has others");
        let gone = wanted(Value::Null, &seen).unwrap().unwrap();
        assert_eq!((gone.after, gone.body), (Value::Null, None));
        assert!(wanted(Value::Null, &Value::Null).unwrap().is_none());
        assert!(usage(wanted(json!("none"), &seen)).contains("no list"));
    }

    #[test]
    fn fingerprints_are_the_same_however_they_are_spelled() {
        let (plain, spelled) = ("ab".repeat(32), ["AB"; 32].join(":"));
        let seen = json!([plain]);
        assert!(certificates("x", &json!([spelled]), &seen).unwrap().is_none());
        let more = certificates("x", &json!([spelled, "cd".repeat(32)]), &seen).unwrap().unwrap();
        assert_eq!(more.body.unwrap()["fingerprints"][0], spelled);
        assert!(certificates("x", &json!([]), &json!([])).unwrap().is_none());
        assert!(certificates("x", &json!([]), &seen).unwrap().is_some());
        assert!(usage(certificates("x", &json!([7]), &seen)).contains("no fingerprint"));
    }

    #[test]
    fn what_the_server_would_refuse_is_known_before() {
        let of = |list: &str| HANGING.iter().find(|hanging| hanging.list == list).unwrap();
        let (own, files) = (json!({"built_in": true}), json!({"kind": "files"}));
        let (authorities, destinations) = (of(AUTHORITIES), of(DESTINATIONS));
        assert!(authorities.unfit(&own, None).is_some());
        assert!(destinations.unfit(&json!({}), Some(&files)).is_some());
        assert!(authorities.unfit(&json!({}), Some(&json!({"built_in": false}))).is_none());
        assert!(destinations.unfit(&json!({"kind": "webhook"}), Some(&files)).is_none());
        assert!(of("users").unfit(&own, Some(&files)).is_none());
    }

    #[test]
    fn a_key_is_asked_for_where_the_certificate_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "the key\n").unwrap();
        let pem = |octets: &[u8]| {
            let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
            format!("{begin}\n{}\n{end}\n", STANDARD.encode(octets))
        };
        let seen = json!(der::fingerprint(b"one"));
        let wanted = |said: Value| client_certificate("x", &said, &seen);
        assert!(wanted(json!({"certificate": pem(b"one")})).unwrap().is_none());
        let other = pem(b"other");
        let keyless = usage(wanted(json!({"certificate": other})));
        assert!(keyless.contains("private_key: {file: PATH}"), "{keyless}");
        let bare = usage(wanted(json!({"certificate": other, "private_key": "the key"})));
        assert!(!bare.contains("the key") && bare.contains("no secret itself"), "{bare}");
        let named = json!({"certificate": other, "private_key": {"file": path}});
        let new = wanted(named).unwrap().unwrap();
        assert_eq!(new.after, json!(der::fingerprint(b"other")));
        assert_eq!(new.body.unwrap()["private_key"], "the key");
        assert!(usage(wanted(json!({"certificate": "none"}))).contains("none in PEM"));
        assert!(usage(wanted(json!({"certificate": other, "key": 1}))).contains("no field"));
        assert!(usage(wanted(json!({"private_key": {"file": path}}))).contains("no certificate"));
    }

    #[test]
    fn names_are_issued_for_where_they_are_others() {
        let wanted = |said: Value| issued("x", &said, &json!(["radius.acme.example"]));
        assert_eq!(wanted(json!({"dns_names": ["RADIUS.acme.example"]})).unwrap(), None);
        let other = json!(["radius.other.example"]);
        assert_eq!(wanted(json!({"dns_names": other, "days": 90})).unwrap(), Some(other));
        assert!(usage(wanted(json!({"dns_names": []}))).contains("one at least"));
        assert!(usage(wanted(json!({"dns_names": ["a"], "private_key": 1}))).contains("no field"));
    }
}
