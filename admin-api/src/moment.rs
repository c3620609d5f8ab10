//! Times as the API writes them (RFC 3339).

use directory::Time;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// A time in UTC, to the millisecond.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2030-01-31T12:00:00Z")]
pub(crate) struct Moment(pub(crate) Time);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milliseconds = i64::try_from(self.0.0).unwrap_or(i64::MAX);
        // What lies behind the end of the calendar is shown as its end.
        let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX);
        serializer.collect_str(&time)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = text.parse::<Timestamp>().ok();
        let milliseconds = time.and_then(|time| u64::try_from(time.as_millisecond()).ok());
        let wanted = "must be a time such as 2030-01-31T12:00:00Z";
        milliseconds.map(|it| Self(Time(it))).ok_or_else(|| serde::de::Error::custom(wanted))
    }
}
