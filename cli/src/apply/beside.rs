//! What hangs on something by a route of its own: certificates with their keys, fingerprints, and
//! lists of what was revoked.

use serde_json::{Map, Value, json};

use super::der;
use super::fields::object;
use super::fingerprints;
use super::kinds::{AUTHORITIES, BUILT_IN, Kind};
use super::papers::{
    CERTIFICATE, DNS_NAMES, New, PRIVATE_KEY, certificates, client_certificate, issued, made, pair,
    revocations,
};
use super::parts::HEAD;
use super::plan::{Plan, Step};
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

/// That a list would be lost.
fn goes(what: &str, list: &str) -> Failure {
    Failure::Usage(format!(
        "{what}: {list} is there, and goes with the former certificate: name that one or a later \
         one, or say `{}: null`",
        REVOCATIONS.field
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
