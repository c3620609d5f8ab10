//! Accounting (RFC 2866): a session's start, what it used meanwhile, and its end.

use anyhow::Result;

use super::packet::{self, Attributes};
use super::{Asked, Gear};

/// Accounting-Request.
const REQUEST: u8 = 4;
/// Accounting-Response.
const RESPONSE: u8 = 5;

/// What is reported of a session.
#[derive(Clone, Copy)]
pub(crate) enum Report {
    /// It began.
    Start = 1,
    /// It ended.
    Stop = 2,
    /// It goes on.
    Interim = 3,
}

impl Gear {
    /// Reports about a session, and waits for nothing.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(crate) fn ask_report(&mut self, user: &str, session: u64, report: Report) -> Result<Asked> {
        let mut attributes = Attributes::default();
        attributes.push(40, &(report as u32).to_be_bytes())?;
        attributes.push(44, format!("{session:016x}").as_bytes())?;
        attributes.push(1, user.as_bytes())?;
        attributes.push(32, b"bench")?;
        attributes.push(5, &[0, 0, 0, 1])?;
        attributes.push(8, &[10, 0, 0, 1])?;
        if !matches!(report, Report::Start) {
            for (kind, value) in [(46, 60_u32), (42, 1_000_000), (43, 2_000_000)] {
                attributes.push(kind, &value.to_be_bytes())?;
            }
        }
        self.identifier = self.identifier.wrapping_add(1);
        let (request, authenticator) =
            packet::signed(REQUEST, self.identifier, &attributes, &self.secret)?;
        self.send(&request)?;
        Ok(Asked { identifier: self.identifier, authenticator, wanted: RESPONSE })
    }

    /// The identifier of a session that nobody had before.
    pub(crate) fn session(&mut self) -> u64 {
        self.random.next()
    }
}
