//! Which events a query asks for.

use std::net::IpAddr;

use directory::Time;
use directory::events::EventQuery;
use directory::records::EventFilter;
use ipnet::IpNet;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Action, ActorKind, SubjectKind};
use crate::moment::Moment;
use crate::problem::Problem;

/// The most octets of what is looked for.
const LONGEST: usize = 256;
/// The most kinds of events that are asked for at once.
const ACTIONS: usize = 32;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventParams {
    /// Only what was done or tried like this; several are parted by commas.
    #[param(example = "sign_in")]
    action: Option<String>,
    /// Only what this one did or tried: a login, a name or an id. Whoever has none is found by
    /// `actor_kind`.
    actor: Option<String>,
    /// Only what such an actor did or tried.
    #[param(inline, example = "daemon")]
    actor_kind: Option<ActorKind>,
    /// Only what was done to this one: a name or an id.
    subject: Option<String>,
    /// Only what was done to such things.
    #[param(inline, example = "user")]
    subject_kind: Option<SubjectKind>,
    /// Only what came from this address or network.
    #[param(example = "192.0.2.0/24")]
    source: Option<String>,
    /// Only what was done, or only what was not.
    success: Option<bool>,
    /// Only what came of this request: the `X-Request-Id` of its answer, or the one that its client
    /// gave it; or what the rows of the import of this id did.
    request_id: Option<String>,
    /// Only events in which this stands, without case.
    text: Option<String>,
    /// Only what happened then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// Only what happened earlier.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Moment>,
}

impl EventParams {
    /// What it asks for.
    pub(super) fn query(self) -> Result<EventQuery, Problem> {
        let Self { action, actor, actor_kind, subject, subject_kind, source, .. } = self;
        let (success, request, text) = (self.success, self.request_id, self.text);
        let (from, until) = (time(self.from), time(self.until));
        let (actor_kind, subject_kind) = (actor_kind.map(|it| it.0), subject_kind.map(|it| it.0));
        let texts = [
            ("/actor", &actor),
            ("/subject", &subject),
            ("/request_id", &request),
            ("/text", &text),
        ];
        for (pointer, text) in texts {
            if text.as_ref().is_some_and(|text| text.len() > LONGEST || text.is_empty()) {
                let detail = format!("must have 1 to {LONGEST} octets");
                return Err(Problem::invalid(pointer, detail));
            }
        }
        let actions = action.as_deref().map(actions).transpose()?.unwrap_or_default();
        let source = source.as_deref().map(network).transpose()?;
        let filter = EventFilter {
            actions,
            actor,
            actor_kind,
            subject,
            subject_kind,
            source,
            success,
            text,
        };
        Ok(EventQuery { filter, from, until, request })
    }
}

fn time(moment: Option<Moment>) -> Option<Time> {
    moment.map(|Moment(time)| time)
}

fn actions(text: &str) -> Result<Vec<directory::events::Action>, Problem> {
    let words: Vec<&str> = text.split(',').map(str::trim).collect();
    if words.len() > ACTIONS {
        return Err(Problem::invalid("/action", format!("names more than {ACTIONS}")));
    }
    let action = |word: &str| {
        let action = serde_json::from_value::<Action>(word.into());
        let unknown =
            format!("there is no “{word}”; `Action` in /v1/openapi.json lists what there is");
        action.map(|action| action.0).map_err(|_| Problem::invalid("/action", unknown))
    };
    words.into_iter().map(action).collect()
}

fn network(text: &str) -> Result<IpNet, Problem> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let network = address.or_else(|_| text.parse::<IpNet>());
    network.map_err(|_| Problem::invalid("/source", "must be an address or a network"))
}
