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
        let wanted = "must be a time such as 2030-01-31T12:00:00Z, \
                      from 1970-01-01T00:00:00Z to 9999-12-30T22:00:00Z";
        milliseconds.map(|it| Self(Time(it))).ok_or_else(|| serde::de::Error::custom(wanted))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_that_cannot_be_meant_is_told_the_range() {
        let read = |text: &str| serde_json::from_value::<Moment>(json!(text));
        for text in ["1970-01-01T00:00:00Z", "9999-12-30T22:00:00Z", "2030-01-31T13:00:00+01:00"] {
            assert!(read(text).is_ok(), "{text}");
        }
        for text in ["1969-12-31T23:59:59Z", "9999-12-31T00:00:00Z", "tomorrow"] {
            let said = read(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains("to 9999-12-30T22:00:00Z"), "{text}: {said}");
        }
    }
}
