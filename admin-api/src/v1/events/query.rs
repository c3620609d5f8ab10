//! Which events a query asks for.

use std::net::IpAddr;

use directory::Time;
use directory::events::{EventQuery, SubjectKind};
use ipnet::IpNet;

use super::Action;
use crate::moment::Moment;
use crate::problem::Problem;

/// The most octets of what is looked for.
const LONGEST: usize = 256;
/// The most kinds of events that are asked for at once.
const ACTIONS: usize = 32;

/// What a query says, as it came.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) action: Option<String>,
    /// Who did it, and to whom or to what.
    pub(super) who: (Option<String>, Option<String>, Option<SubjectKind>),
    pub(super) source: Option<String>,
    pub(super) success: Option<bool>,
    pub(super) request_id: Option<String>,
    pub(super) text: Option<String>,
    pub(super) from: Option<Moment>,
    pub(super) until: Option<Moment>,
}

impl Asked {
    /// What it asks for.
    pub(super) fn query(self) -> Result<EventQuery, Problem> {
        let Self { action, who, source, success, request_id: request, text, from, until } = self;
        let (actor, subject, subject_kind) = who;
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
        let (from, until) = (time(from), time(until));
        Ok(EventQuery {
            from,
            until,
            actions,
            actor,
            subject,
            subject_kind,
            source,
            success,
            request,
            text,
        })
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
        let unknown = format!("there is no “{word}”; `action` of an event shows what there is");
        action.map(|action| action.0).map_err(|_| Problem::invalid("/action", unknown))
    };
    words.into_iter().map(action).collect()
}

fn network(text: &str) -> Result<IpNet, Problem> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let network = address.or_else(|_| text.parse::<IpNet>());
    network.map_err(|_| Problem::invalid("/source", "must be an address or a network"))
}
