//! What is demanded beside a password, as the API spells it.

use directory::records;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From whom the code of a second factor is demanded.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Demand {
    /// From nobody: the password is all.
    Off,
    /// From who has enrolled an authenticator.
    IfEnrolled,
    /// From everybody: who has enrolled none is not let in.
    Required,
}

impl From<records::Demand> for Demand {
    fn from(demand: records::Demand) -> Self {
        match demand {
            records::Demand::Off => Self::Off,
            records::Demand::IfEnrolled => Self::IfEnrolled,
            records::Demand::Required => Self::Required,
        }
    }
}

impl From<Demand> for records::Demand {
    fn from(demand: Demand) -> Self {
        match demand {
            Demand::Off => Self::Off,
            Demand::IfEnrolled => Self::IfEnrolled,
            Demand::Required => Self::Required,
        }
    }
}
