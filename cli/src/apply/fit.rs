//! Refusing what the server would refuse for how it is written, before anything is done.

use serde_json::{Map, Value};

use super::parts::{CREATE, HEAD};
use super::plan::{Plan, Step};
use super::site::Site;
use crate::failure::Failure;

impl Plan {
    /// Looks that every step sends fields that there are, with values of their kinds.
    ///
    /// # Errors
    /// `Usage` for the first that does not.
    pub(super) fn require_fit(&self, site: &Site<'_>) -> Result<(), Failure> {
        for step in &self.steps {
            let Some((operation, fields)) = step.sent() else { continue };
            if let Some(why) = site.misfit(operation, fields)? {
                return Err(Failure::Usage(format!("{}: {why}", step.about())));
            }
        }
        Ok(())
    }
}

impl Step {
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
