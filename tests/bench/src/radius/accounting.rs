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

impl Report {
    /// What is reported after it: after a session's end, the start of another.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Start => Self::Interim,
            Self::Interim => Self::Stop,
            Self::Stop => Self::Start,
        }
    }

    fn attributes(self, user: &str, session: u64) -> Result<Attributes> {
        let mut attributes = Attributes::default();
        attributes.push(40, &(self as u32).to_be_bytes())?;
        attributes.push(44, format!("{session:016x}").as_bytes())?;
        attributes.push(1, user.as_bytes())?;
        attributes.push(32, b"bench")?;
        attributes.push(5, &[0, 0, 0, 1])?;
        attributes.push(8, &[10, 0, 0, 1])?;
        if !matches!(self, Self::Start) {
            for (kind, value) in [(46, 60_u32), (42, 1_000_000), (43, 2_000_000)] {
                attributes.push(kind, &value.to_be_bytes())?;
            }
        }
        Ok(attributes)
    }
}

impl Gear {
    /// Reports about a session; the size of the answer.
    ///
    /// # Errors
    /// When there is no answer, or any other than a rightly signed one.
    pub(crate) fn report(&mut self, user: &str, session: u64, report: Report) -> Result<usize> {
        let asked = self.ask_report(user, session, report)?;
        self.wait(&asked)
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(crate) fn ask_report(&mut self, user: &str, session: u64, report: Report) -> Result<Asked> {
        let attributes = report.attributes(user, session)?;
        let identifier = self.free_identifier();
        let (request, authenticator) =
            packet::signed(REQUEST, identifier, &attributes, &self.secret)?;
        self.send(&request)?;
        Ok(Asked { identifier, authenticator, wanted: RESPONSE })
    }

    /// A report as [`Self::report`] makes it, for [`Self::send`].
    ///
    /// # Errors
    /// When the name is too long.
    pub(crate) fn report_packet(
        &mut self,
        user: &str,
        session: u64,
        report: Report,
    ) -> Result<Vec<u8>> {
        let attributes = report.attributes(user, session)?;
        self.identifier = self.identifier.wrapping_add(1);
        Ok(packet::signed(REQUEST, self.identifier, &attributes, &self.secret)?.0)
    }

    /// The identifier of a session that nobody had before.
    pub(crate) fn session(&mut self) -> u64 {
        self.random.next()
    }
}
