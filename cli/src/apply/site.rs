//! What is there, in names.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::agreements::{self, Agreement};
use super::gone::Gone;
use super::kinds::{KINDS, Kind, key};
use super::lists::Lists;
use super::members::Members;
use super::parts::{HEAD, PARTS, Part};
use crate::call::items;
use crate::document::{Document, Operation, Schemas};
use crate::failure::Failure;
use crate::place::{ORGANIZATIONS, Place, deleted, one_of};
use crate::words::REFERENCES;

/// The member with the values of an organization's own attributes.
pub(super) const CUSTOM: &str = "custom";

/// What stands for one in paths.
const PLACE: &str = "{organization}";

/// An organization as it is.
pub(super) struct Site<'d> {
    document: &'d Document,
    pub(super) place: &'d Place<'d>,
    /// What it is called.
    pub(super) slug: String,
    /// Its id, once it is there.
    pub(super) id: Option<String>,
    /// What it has one of, by the members of a file.
    pub(super) parts: BTreeMap<&'static str, Value>,
    /// What its lists have.
    pub(super) lists: Lists,
    /// What was agreed on when something was agreed on here last.
    pub(super) agreed: Option<Vec<Agreement>>,
    /// Who was deleted here.
    pub(super) gone: Gone,
}

impl<'d> Site<'d> {
    /// Reads an organization, which may be none yet where a file says how it is called.
    ///
    /// # Errors
    /// When it cannot be read, or the file is about another.
    pub(super) fn read(
        document: &'d Document,
        place: &'d Place<'d>,
        head: Option<&Value>,
    ) -> Result<Self, Failure> {
        let said = head.and_then(|head| head.get("slug")?.as_str());
        let (slug, id) = match (said, &place.organization) {
            (None, Some(named)) if head.is_some() => match place.organization() {
                Err(Failure::Missing { .. }) => (named.clone(), None),
                found => (named.clone(), Some(found?)),
            },
            (None, _) => (String::new(), Some(place.organization()?)),
            (Some(said), named) => {
                let id = with_slug(place, said)?;
                if named.as_ref().is_some_and(|named| named != said || place.is_remembered()) {
                    require_same(place, (said, id.as_deref()))?;
                }
                (said.to_owned(), id)
            }
        };
        let (parts, lists, gone) = (BTreeMap::new(), Lists::default(), Gone::default());
        let mut site = Self { document, place, slug, id, parts, lists, agreed: None, gone };
        if site.is_there() {
            site.look()?;
        }
        Ok(site)
    }

    /// Reads what there is.
    fn look(&mut self) -> Result<(), Failure> {
        for part in [&HEAD].into_iter().chain(PARTS) {
            match self.shown(part) {
                // Who may not see it can say all else.
                Err(Failure::Refused(problem)) if problem.status == 403 => {}
                shown => drop(self.parts.insert(part.member, shown?)),
            }
        }
        let head = self.parts.get(HEAD.member);
        if let Some(slug) = head.and_then(|head| head.get("slug")?.as_str()) {
            self.slug = slug.to_owned();
        }
        for kind in KINDS {
            let list = items(self.place, &self.list(kind.path)?, &[], None)?;
            self.lists.add(kind, list);
        }
        Ok(())
    }

    /// What there is one of, as it is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn shown(&self, part: &Part) -> Result<Value, Failure> {
        Ok(self.place.client.get(&self.at(part.shows)?)?.body)
    }

    /// Whether there is such an organization.
    pub(super) fn is_there(&self) -> bool {
        self.id.is_some()
    }

    /// The path of an operation on the organization.
    ///
    /// # Errors
    /// When it is still to be made.
    pub(super) fn at(&self, operation: &str) -> Result<String, Failure> {
        Ok(self.operation(operation)?.path.replace(PLACE, self.id()?))
    }

    /// The path of a list.
    ///
    /// # Errors
    /// When the organization is still to be made.
    pub(super) fn list(&self, path: &str) -> Result<String, Failure> {
        Ok(format!("{ORGANIZATIONS}/{}/{path}", self.id()?))
    }

    /// The organization's id.
    ///
    /// # Errors
    /// When it is still to be made.
    pub(super) fn id(&self) -> Result<&str, Failure> {
        let name = || Failure::Missing { what: HEAD.noun(), name: self.slug.clone() };
        self.id.as_deref().ok_or_else(name)
    }

    /// What was agreed on, and the state that it shows.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn agreements(&self) -> Result<(Vec<Agreement>, Option<String>), Failure> {
        let seen = self.place.client.get(&self.at("list_agreements")?)?;
        Ok((agreements::told(&seen.body)?, seen.etag))
    }

    /// The month that it is there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn month(&self) -> Result<String, Failure> {
        let usage = self.place.client.get(&self.at("show_usage")?)?.body;
        Ok(usage.get("month").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// The id of a plan.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(super) fn plan(&self, name: &str) -> Result<String, Failure> {
        self.place.id("/v1/billing/plans", name)
    }

    /// The attributes that reply profiles may name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn reply_attributes(&self) -> Result<Vec<Value>, Failure> {
        let path = &self.operation("list_reply_attributes")?.path;
        let known = self.place.client.get(path)?.body;
        Ok(known.as_array().cloned().unwrap_or_default())
    }

    /// An operation.
    ///
    /// # Errors
    /// When the API has none of that id.
    pub(super) fn operation(&self, id: &str) -> Result<&'d Operation, Failure> {
        let missing = || Failure::Usage("the server's API has no such operation".into());
        self.document.operation(id).ok_or_else(missing)
    }

    /// What the API's document says of what operations take and give.
    pub(super) fn schemas(&self) -> &'d Schemas {
        &self.document.schemas
    }

    /// What an operation would not take of fields, in words.
    ///
    /// # Errors
    /// When the API has no such operation.
    pub(super) fn misfit(
        &self,
        operation: &str,
        fields: &Map<String, Value>,
    ) -> Result<Option<String>, Failure> {
        Ok(self.document.schemas.misfit(self.operation(operation)?, fields))
    }

    /// Something as it is, with names in place of ids.
    pub(super) fn found(&self, kind: &Kind, name: &str) -> Option<Value> {
        self.raw(kind, name).map(|raw| self.named(raw))
    }

    /// What a list has, with names in place of ids.
    pub(super) fn all(&self, kind: &Kind) -> Vec<Value> {
        self.lists.of(kind.path).iter().map(|raw| self.named(raw)).collect()
    }

    /// The names of what a list has.
    pub(super) fn names(&self, kind: &Kind) -> Vec<String> {
        let list = self.lists.of(kind.path).iter();
        list.filter_map(|one| Some(one.get(kind.name)?.as_str()?.to_owned())).collect()
    }

    /// Something as it is.
    pub(super) fn raw(&self, kind: &Kind, name: &str) -> Option<&Value> {
        self.lists.called(kind.path, name)
    }

    /// Who is in a group, by the keys of their names; nobody is in one that is not there yet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn members(&self, group: &str) -> Result<Members, Failure> {
        let mut members = Members::default();
        let Some(id) = self.id_of("groups", group) else { return Ok(members) };
        let path = self.list(&format!("groups/{id}/members"))?;
        for member in items(self.place, &path, &[], None)? {
            let text = |name: &str| member.get(name).and_then(Value::as_str).unwrap_or_default();
            let list = match text("kind") {
                "group" => &mut members.groups,
                _ => &mut members.users,
            };
            list.insert(key(text("name")));
        }
        Ok(members)
    }

    /// The id behind a name of a list.
    pub(super) fn id_of(&self, path: &str, name: &str) -> Option<String> {
        let kind = KINDS.iter().find(|kind| kind.path == path)?;
        Some(self.raw(kind, name)?.get("id")?.as_str()?.to_owned())
    }

    /// The name behind an id of a list.
    fn name(&self, path: &str, id: &str) -> Option<String> {
        let kind = KINDS.iter().find(|kind| kind.path == path)?;
        let found = self.lists.with_id(kind.path, id)?;
        Some(found.get(kind.name)?.as_str()?.to_owned())
    }

    /// A value with names in place of ids.
    pub(super) fn named(&self, value: &Value) -> Value {
        let name = |path: &str, id: &str| {
            Ok::<_, Failure>(self.name(path, id).unwrap_or_else(|| id.to_owned()))
        };
        translated(value, &name).unwrap_or_else(|_| value.clone())
    }

    /// A value with ids in place of names.
    ///
    /// # Errors
    /// `Missing` when nothing is called so.
    pub(super) fn with_ids(&self, value: &Value) -> Result<Value, Failure> {
        translated(value, &|path, name| self.id_of(path, name).ok_or_else(|| missing(path, name)))
    }
}

/// The id of the organization with a slug, if there is one.
///
/// # Errors
/// `Deleted` when it is, or what the list gives.
fn with_slug(place: &Place<'_>, slug: &str) -> Result<Option<String>, Failure> {
    let found = items(place, ORGANIZATIONS, &[("name".to_owned(), slug.to_owned())], None)?;
    let text = |one: &Value, member: &str| one.get(member)?.as_str().map(ToOwned::to_owned);
    let own = found.iter().find(|one| text(one, "slug").as_deref() == Some(slug));
    match own.and_then(deleted) {
        Some(slug) => Err(Failure::Deleted(slug)),
        None => Ok(own.and_then(|own| text(own, "id"))),
    }
}

/// Refuses a file that is about another organization than the one that is named.
fn require_same(place: &Place<'_>, (said, id): (&str, Option<&str>)) -> Result<(), Failure> {
    match place.organization() {
        Ok(other) if Some(other.as_str()) == id => Ok(()),
        Ok(_) | Err(Failure::Missing { .. }) => Err(Failure::Usage(format!(
            "the file is about {said}, and not about {}: name {said} with --org, or leave `{}` out of \
             the file",
            place.called().unwrap_or_default(),
            HEAD.member
        ))),
        Err(failure) => Err(failure),
    }
}

/// What there is not, of a list.
pub(super) fn missing(path: &str, name: &str) -> Failure {
    Failure::Missing { what: one_of(path), name: name.to_owned() }
}

/// A value in which what refers to something of a list is put otherwise.
pub(super) fn translated(
    value: &Value,
    put: &dyn Fn(&str, &str) -> Result<String, Failure>,
) -> Result<Value, Failure> {
    let referring = |name: &str| {
        let found = REFERENCES.iter().find(|(referring, _)| *referring == name);
        found.map(|(_, path)| *path).filter(|path| KINDS.iter().any(|kind| kind.path == *path))
    };
    Ok(match value {
        Value::Object(members) => {
            let mut object = Map::new();
            for (name, member) in members {
                let member = match (referring(name), member) {
                    // What an organization calls its own attributes refers to nothing.
                    (None, member) if name == CUSTOM => member.clone(),
                    (Some(path), Value::String(text)) => Value::String(put(path, text)?),
                    (Some(path), Value::Array(list)) if list.iter().all(Value::is_string) => {
                        let texts = list.iter().filter_map(Value::as_str);
                        let put = texts.map(|text| put(path, text).map(Value::String));
                        Value::Array(put.collect::<Result<_, _>>()?)
                    }
                    (Some(_) | None, member) => translated(member, put)?,
                };
                object.insert(name.clone(), member);
            }
            Value::Object(object)
        }
        Value::Array(list) => {
            let list = list.iter().map(|value| translated(value, put));
            Value::Array(list.collect::<Result<_, _>>()?)
        }
        value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            value.clone()
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_stand_for_ids_but_in_custom_attributes() {
        let value = json!({
            "groups": ["a"],
            "custom": {"groups": ["a"], "users": "b"},
            "visibility": {"groups": ["a"]},
        });
        let put = |_: &str, text: &str| Ok::<_, Failure>(text.to_uppercase());
        let expected = json!({
            "groups": ["A"],
            "custom": {"groups": ["a"], "users": "b"},
            "visibility": {"groups": ["A"]},
        });
        assert_eq!(translated(&value, &put).unwrap(), expected);
    }
}
