//! What the HTTPS doors count.

use std::fmt;
use std::time::Duration;

use axum::http::StatusCode;
use directory::Durations;

use super::counts::{Kind, Table};
use super::pen::Pen;

/// The steps in which it is known how long answers take.
const ANSWERS: &[Duration] = &[
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// How requests were answered.
#[derive(Debug)]
pub(crate) struct ApiCounts {
    requests: Table<ApiDoor, Status>,
    admins: Durations,
    devices: Durations,
}

/// Which of the doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiDoor {
    /// The admin API.
    AdminApi,
    /// The one for devices.
    Devices,
}

/// What the status of an answer says; two that tell of too much are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Success,
    Redirection,
    ClientError,
    Throttled,
    ServerError,
    Busy,
}

impl Kind for ApiDoor {
    const WORDS: &'static [&'static str] = &["admin_api", "devices"];

    fn number(self) -> usize {
        self as usize
    }
}

impl Kind for Status {
    const WORDS: &'static [&'static str] = &["2xx", "3xx", "4xx", "429", "5xx", "503"];

    fn number(self) -> usize {
        self as usize
    }
}

impl From<StatusCode> for Status {
    fn from(status: StatusCode) -> Self {
        match status.as_u16() {
            429 => Self::Throttled,
            503 => Self::Busy,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
            _ => Self::Success,
        }
    }
}

impl Default for ApiCounts {
    fn default() -> Self {
        let (admins, devices) = (Durations::new(ANSWERS), Durations::new(ANSWERS));
        Self { requests: Table::default(), admins, devices }
    }
}

impl ApiCounts {
    /// Counts an answer, of which the head took so long.
    pub(crate) fn answered(&self, door: ApiDoor, status: StatusCode, took: Duration) {
        self.requests.one(door, status.into());
        match door {
            ApiDoor::AdminApi => self.admins.note(took),
            ApiDoor::Devices => self.devices.note(took),
        }
    }

    pub(super) fn tell(&self, pen: &mut Pen<'_, '_>) -> fmt::Result {
        let rows = self
            .requests
            .rows()
            .map(|(door, status, count)| ([("door", door), ("status", status)], count));
        let help = "Answers over HTTPS by status; 429 and 503 are not among 4xx and 5xx.";
        pen.counters(("http_requests", help), rows)?;
        let of = |door: ApiDoor, durations: &Durations| {
            let word = ApiDoor::WORDS.get(door.number()).copied().unwrap_or_default();
            ([("door", word)], durations.figures())
        };
        let rows = [of(ApiDoor::AdminApi, &self.admins), of(ApiDoor::Devices, &self.devices)];
        let help = "How long answers over HTTPS took, until their body begins.";
        pen.all_durations(("http_request_duration", help), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word() {
        assert_eq!(ApiDoor::WORDS.len(), ApiDoor::Devices.number() + 1);
        assert_eq!(Status::WORDS.len(), Status::Busy.number() + 1);
    }

    #[test]
    fn answers_are_counted_by_their_status() {
        let counts = ApiCounts::default();
        for status in [200, 201, 304, 404, 429, 500, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            counts.answered(ApiDoor::AdminApi, status, Duration::from_millis(3));
        }
        let admins: Vec<_> = counts.requests.rows().map(|(.., count)| count).take(6).collect();
        assert_eq!(admins, [2, 1, 1, 1, 1, 1]);
        let figures = counts.admins.figures();
        assert_eq!((figures.steps[2].1, figures.sum), (7, Duration::from_millis(21)));
        assert_eq!(counts.devices.figures().sum, Duration::ZERO);
    }
}
