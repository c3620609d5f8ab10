//! Refusing what the server would refuse for how it is written, before anything is done.

use serde_json::{Map, Value};

use super::kinds::RADIUS_CLIENTS;
use super::parts::{CREATE, HEAD};
use super::plan::{Plan, Step};
use super::site::Site;
use crate::failure::Failure;

/// Where users' keys for SSH stand.
const SSH_KEYS: &str = "ssh_keys";
const PRIVATE: &str = "ssh_keys has a private key, which is for nobody else: write the public one, from \
                       the .pub file beside it";
/// What private keys, or parts of them, have in them and public ones do not.
const MARKS: [&str; 3] = ["PRIVATE KEY", "PuTTY-User-Key-File", "b3BlbnNzaC1rZXktdjE"];
/// The secrets of RADIUS clients, and the fewest and most octets that the server takes of each.
const LENGTHS: [(&str, usize, usize); 2] = [("secret", 16, 128), ("mac_password", 1, 128)];

impl Plan {
    /// Looks that every step sends fields that there are, with values of their kinds.
    ///
    /// # Errors
    /// `Usage` for the first that does not.
    pub(super) fn require_fit(&self, site: &Site<'_>) -> Result<(), Failure> {
        for step in &self.steps {
            let Some((operation, fields)) = step.sent() else { continue };
            if has_private_key(fields) {
                return Err(Failure::Usage(format!("{}: {PRIVATE}", step.about())));
            }
            if let Some(why) = step.wrong_length() {
                return Err(Failure::Usage(format!("{}: {why}", step.about())));
            }
            if let Some(why) = site.misfit(operation, fields)? {
                return Err(Failure::Usage(format!("{}: {why}", step.about())));
            }
        }
        Ok(())
    }
}

/// Whether a private key stands where public ones do: what is sent is shown before.
fn has_private_key(fields: &Map<String, Value>) -> bool {
    let Some(keys) = fields.get(SSH_KEYS) else { return false };
    let keys = match keys.as_array() {
        Some(list) => list.as_slice(),
        None => std::slice::from_ref(keys),
    };
    let is_private = |text: &str| MARKS.iter().any(|mark| text.contains(mark));
    keys.iter().any(|key| key.as_str().is_some_and(is_private))
}

impl Step {
    /// Which secret of what is made the server would refuse for its length, of which its document tells
    /// nothing.
    fn wrong_length(&self) -> Option<String> {
        let Self::Create { kind, fields, .. } = self else { return None };
        LENGTHS.iter().filter(|_| kind.member == RADIUS_CLIENTS).find_map(|(field, least, most)| {
            let secret = fields.get(*field)?.as_str()?;
            let fits = (*least..=*most).contains(&secret.len());
            (!fits).then(|| format!("{field} must have {least} to {most} octets"))
        })
    }

    /// The fields of a file that are sent as they are, and by which operation.
    fn sent(&self) -> Option<(&'static str, &Map<String, Value>)> {
        match self {
            Self::Found { fields, .. } => Some((CREATE, fields)),
            Self::Part { operation, changes, .. } => Some((*operation, changes)),
            Self::Create { operation, fields, .. } => Some((*operation, fields)),
            Self::Update { kind, changes, .. } => Some((kind.update, changes)),
            Self::Open { .. }
            | Self::State { .. }
            | Self::Members { .. }
            | Self::Put(_)
            | Self::Agree { .. }
            | Self::Delete { .. } => None,
        }
    }

    /// What it is about, as a message names it.
    pub(super) fn about(&self) -> String {
        match self {
            Self::Found { slug, .. } => format!("{} {slug}", HEAD.noun()),
            Self::Part { part, .. } => part.noun(),
            Self::Open { .. } => HEAD.noun(),
            Self::Create { kind, name, .. }
            | Self::Update { kind, name, .. }
            | Self::State { kind, name, .. }
            | Self::Delete { kind, name, .. } => format!("{} {name}", kind.noun),
            Self::Members { group, .. } => format!("group {group}"),
            Self::Put(put) => put.what(),
            Self::Agree { agreement, .. } => format!("agreement {}", agreement.shown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kinds::KINDS;
    use super::*;

    #[test]
    fn a_secret_of_a_radius_client_that_is_made_has_as_many_octets_as_the_server_takes() {
        let wrong = |member: &str, fields: Value| {
            let kind = KINDS.iter().find(|kind| kind.member == member).unwrap();
            let (name, fields) = ("one".to_owned(), fields.as_object().unwrap().clone());
            let (operation, secrets) = (kind.create, Vec::new());
            Step::Create { kind, operation, name, fields, secrets }.wrong_length()
        };
        let of = |octets: usize| wrong(RADIUS_CLIENTS, json!({"secret": "x".repeat(octets)}));
        let said = "secret must have 16 to 128 octets";
        assert_eq!([15, 129].map(of), [Some(said.to_owned()), Some(said.to_owned())]);
        assert_eq!([16, 128].map(of), [None, None]);
        assert_eq!(wrong(RADIUS_CLIENTS, json!({})), None, "one is made up");
        let other = wrong(RADIUS_CLIENTS, json!({"mac_password": ""}));
        assert_eq!(other.as_deref(), Some("mac_password must have 1 to 128 octets"));
        assert_eq!(wrong("users", json!({"secret": "x"})), None);
    }
}
