//! What the RADIUS door counts.

use std::fmt;

use directory::orders::OrderOutcome;
use radius::{Answer, AnswerError, DropReason};

use super::counts::{Count, Counts, Kind};
use super::pen::Pen;

/// The first octet of a Status-Server (RFC 5997).
const STATUS_SERVER: u8 = 12;

/// What requests, replies and orders came to.
#[derive(Debug, Default)]
pub(crate) struct RadiusCounts {
    /// Requests for access that were answered, or met silence.
    pub(crate) access: Counts<Access>,
    /// Reports of sessions.
    reports: Counts<Report>,
    /// Questions whether the server lives.
    status: Count,
    /// Packets that were dropped.
    dropped: Counts<Dropped>,
    /// Packets that were sent.
    replies: Counts<Reply>,
    /// Orders to gear.
    orders: Counts<Ordered>,
}

/// How a request for access ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Somebody is let in.
    Accept,
    /// Nobody is.
    Reject,
    /// The gear is to ask its user, or goes on with a conversation of EAP.
    Challenge,
    /// Nothing is said, since nobody could find out.
    Silence,
    /// It did not wait any more when the answer came.
    Late,
}

/// How a report of a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Report {
    /// It is kept, or says nothing that would be.
    Recorded,
    /// It could not be kept.
    Silence,
    /// It did not wait any more.
    Late,
}

/// Why a packet was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dropped {
    Stranger,
    Malformed,
    UnexpectedCode,
    NotAuthentic,
    Crowded,
    Unsigned,
    Ambiguous,
    Duplicate,
    TokenReused,
    Busy,
    ReplyTooLong,
}

/// What was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    Accept,
    Reject,
    Challenge,
    Accounting,
    Error,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ordered {
    Done,
    Refused,
    Silent,
    NotSent,
}

impl Kind for Access {
    const WORDS: &'static [&'static str] = &["accept", "reject", "challenge", "silence", "late"];

    fn number(self) -> usize {
        self as usize
    }
}

impl Kind for Report {
    const WORDS: &'static [&'static str] = &["recorded", "silence", "late"];

    fn number(self) -> usize {
        self as usize
    }
}

impl Kind for Dropped {
    const WORDS: &'static [&'static str] = &[
        "stranger",
        "malformed",
        "unexpected_code",
        "not_authentic",
        "crowded",
        "unsigned",
        "ambiguous",
        "duplicate",
        "token_reused",
        "busy",
        "reply_too_long",
    ];

    fn number(self) -> usize {
        self as usize
    }
}

impl Kind for Reply {
    const WORDS: &'static [&'static str] =
        &["access_accept", "access_reject", "access_challenge", "accounting_response", "error"];

    fn number(self) -> usize {
        self as usize
    }
}

impl Kind for Ordered {
    const WORDS: &'static [&'static str] = &["done", "refused", "silent", "not_sent"];

    fn number(self) -> usize {
        self as usize
    }
}

impl From<DropReason> for Dropped {
    fn from(reason: DropReason) -> Self {
        match reason {
            DropReason::Stranger => Self::Stranger,
            DropReason::Malformed(_) => Self::Malformed,
            DropReason::UnexpectedCode(_) => Self::UnexpectedCode,
            DropReason::NotAuthentic
            | DropReason::AccountingNotAuthentic
            | DropReason::AnswerNotAuthentic => Self::NotAuthentic,
            DropReason::Crowded => Self::Crowded,
            DropReason::MessageAuthenticatorMissing
            | DropReason::UnprotectedEap
            | DropReason::UnprotectedProxyState => Self::Unsigned,
            DropReason::Ambiguous => Self::Ambiguous,
            DropReason::Duplicate => Self::Duplicate,
            DropReason::TokenReused => Self::TokenReused,
            DropReason::Busy => Self::Busy,
            DropReason::ReplyTooLong => Self::ReplyTooLong,
        }
    }
}

impl RadiusCounts {
    /// Counts a packet that was taken from a client, where what it asks needs no answer of the
    /// directory's.
    pub(crate) fn taken(&self, packet: &[u8], is_somebodys: bool) {
        if is_somebodys && packet.first() == Some(&STATUS_SERVER) {
            self.status.one();
        }
    }

    /// Counts the answer to a request for access, and what became of it.
    pub(crate) fn answered(&self, answer: &Answer, sent: Result<(), AnswerError>) {
        self.access.one(match (sent, answer) {
            (Err(AnswerError::NotWaiting), _) => Access::Late,
            (Err(AnswerError::TooLong), _) | (Ok(()), Answer::Reject(_)) => Access::Reject,
            (Ok(()), Answer::Accept(_)) => Access::Accept,
            (Ok(()), Answer::Challenge(_)) => Access::Challenge,
            (Ok(()), Answer::Silence | Answer::Discard | Answer::Recorded) => Access::Silence,
        });
    }

    /// Counts the answer to a report.
    pub(crate) fn reported(&self, answer: &Answer, sent: Result<(), AnswerError>) {
        self.reports.one(match (sent, answer) {
            (Err(_), _) => Report::Late,
            (Ok(()), Answer::Recorded) => Report::Recorded,
            (Ok(()), _) => Report::Silence,
        });
    }

    /// Counts a packet that was dropped.
    pub(crate) fn dropped(&self, reason: DropReason) {
        self.dropped.one(reason.into());
    }

    /// Counts a packet that is sent.
    pub(crate) fn sent(&self, reply: &[u8]) {
        self.replies.one(match reply.first() {
            Some(2) => Reply::Accept,
            Some(3) => Reply::Reject,
            Some(5) => Reply::Accounting,
            Some(11) => Reply::Challenge,
            Some(_) | None => Reply::Error,
        });
    }

    /// Counts an order that came to an end.
    pub(crate) fn ordered(&self, outcome: &OrderOutcome) {
        self.orders.one(match outcome {
            OrderOutcome::Done => Ordered::Done,
            OrderOutcome::Refused(_) => Ordered::Refused,
            OrderOutcome::Silent => Ordered::Silent,
            OrderOutcome::NotSent(_) => Ordered::NotSent,
        });
    }

    pub(super) fn tell(&self, pen: &mut Pen<'_, '_>) -> fmt::Result {
        let row = |kind: &'static str| {
            move |(outcome, count): (&'static str, u64)| {
                ([("kind", kind), ("outcome", outcome)], count)
            }
        };
        let access = self.access.rows().map(row("access"));
        let reports = self.reports.rows().map(row("accounting"));
        let status = [("answered", self.status.value())].into_iter().map(row("status"));
        let help = "RADIUS requests by kind and outcome; dropped packets and repeats are others.";
        pen.counters(("radius_requests", help), access.chain(reports).chain(status))?;
        let dropped = self.dropped.rows().map(|(reason, count)| ([("reason", reason)], count));
        pen.counters(("radius_dropped", "RADIUS packets that were dropped."), dropped)?;
        let replies = self.replies.rows().map(|(code, count)| ([("code", code)], count));
        let help = "RADIUS packets that were sent, those among them that were sent again.";
        pen.counters(("radius_replies", help), replies)?;
        let orders = self.orders.rows().map(|(outcome, count)| ([("outcome", outcome)], count));
        let help = "Orders to network gear (RFC 5176) by what became of them.";
        pen.counters(("radius_orders", help), orders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word() {
        assert_eq!(Access::WORDS.len(), Access::Late.number() + 1);
        assert_eq!(Report::WORDS.len(), Report::Late.number() + 1);
        assert_eq!(Dropped::WORDS.len(), Dropped::ReplyTooLong.number() + 1);
        assert_eq!(Reply::WORDS.len(), Reply::Error.number() + 1);
        assert_eq!(Ordered::WORDS.len(), Ordered::NotSent.number() + 1);
    }

    #[test]
    fn what_is_said_is_counted_as_what_it_came_to() {
        let counts = RadiusCounts::default();
        counts.answered(&Answer::Reject(None), Ok(()));
        counts.answered(&Answer::Silence, Ok(()));
        counts.answered(&Answer::Silence, Err(AnswerError::NotWaiting));
        counts.answered(&Answer::Recorded, Err(AnswerError::TooLong));
        let access: Vec<_> = counts.access.rows().map(|(_, count)| count).collect();
        assert_eq!(access, [0, 2, 0, 1, 1]);
        counts.reported(&Answer::Recorded, Ok(()));
        counts.reported(&Answer::Silence, Ok(()));
        assert_eq!(counts.reports.rows().map(|(_, count)| count).collect::<Vec<_>>(), [1, 1, 0]);
        counts.taken(&[STATUS_SERVER], true);
        counts.taken(&[STATUS_SERVER], false);
        counts.taken(&[1], true);
        assert_eq!(counts.status.value(), 1);
    }
}
