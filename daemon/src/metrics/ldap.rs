//! What the LDAP door counts.

use std::fmt;

use ldap::{Answer, Question, ResultCode};

use super::counts::{Count, Kind, Table};
use super::pen::Pen;

/// What operations came to.
#[derive(Debug, Default)]
pub(crate) struct LdapCounts {
    operations: Table<Operation, Ending>,
    /// Requests that were answered without a question.
    turned_away: Count,
    /// Searches that no index served, and entries that were judged for them.
    unindexed: Count,
    judged: Count,
}

/// What a client wants to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A bind with a name and a proof.
    Bind,
    /// A search, to its end.
    Search,
    /// A compare.
    Compare,
    /// Who am I?
    WhoAmI,
    /// A change of a password.
    PasswordChange,
}

/// How it ended, by what results have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Success,
    InvalidCredentials,
    Denied,
    NotFound,
    Limit,
    Busy,
    Error,
    Other,
}

impl Kind for Operation {
    const WORDS: &'static [&'static str] =
        &["bind", "search", "compare", "who_am_i", "password_change"];

    fn number(self) -> usize {
        self as usize
    }
}

impl Kind for Ending {
    const WORDS: &'static [&'static str] = &[
        "success",
        "invalid_credentials",
        "denied",
        "not_found",
        "limit",
        "busy",
        "error",
        "other",
    ];

    fn number(self) -> usize {
        self as usize
    }
}

impl From<&Question> for Operation {
    fn from(question: &Question) -> Self {
        match question {
            Question::Bind(_) | Question::Plain(_) | Question::External(_) => Self::Bind,
            Question::Search(_) | Question::Continue => Self::Search,
            Question::Compare(_) => Self::Compare,
            Question::WhoAmI => Self::WhoAmI,
            Question::ChangePassword(_) => Self::PasswordChange,
        }
    }
}

impl Ending {
    /// How an answer ends an operation, if it does.
    fn of(answer: &Answer) -> Option<Self> {
        match answer {
            Answer::Result(outcome) | Answer::Noticed(outcome, _) => Some(outcome.code.into()),
            Answer::Page(_) | Answer::Identity(_) | Answer::Password(_) => Some(Self::Success),
            Answer::More | Answer::Waiting => None,
        }
    }
}

/// By the numbers of RFC 4511, appendix A.
impl From<ResultCode> for Ending {
    fn from(code: ResultCode) -> Self {
        match code.number() {
            // Both truths of a compare, a referral and a SASL exchange that goes on are what was
            // asked for.
            0 | 5 | 6 | 10 | 14 => Self::Success,
            49 => Self::InvalidCredentials,
            7 | 8 | 13 | 48 | 50 | 53 => Self::Denied,
            32 => Self::NotFound,
            3 | 4 | 11 => Self::Limit,
            51 | 52 => Self::Busy,
            1 | 80 => Self::Error,
            _ => Self::Other,
        }
    }
}

impl LdapCounts {
    /// Counts an operation, if an answer ends it.
    pub(crate) fn answered(&self, operation: Operation, answer: &Answer) {
        if let Some(ending) = Ending::of(answer) {
            self.operations.one(operation, ending);
        }
    }

    /// Counts requests that were answered without a question.
    pub(crate) fn turned_away(&self, requests: u32) {
        if requests > 0 {
            self.turned_away.add(requests.into());
        }
    }

    /// Counts a search that has ended and that no index served.
    pub(crate) fn looked_through(&self, entries: usize) {
        self.unindexed.one();
        self.judged.add(u64::try_from(entries).unwrap_or(u64::MAX));
    }

    pub(super) fn tell(&self, pen: &mut Pen<'_, '_>) -> fmt::Result {
        let rows = self.operations.rows().map(|(operation, result, count)| {
            ([("operation", operation), ("result", result)], count)
        });
        pen.counters(("ldap_operations", "LDAP operations by kind and result."), rows)?;
        let help = "LDAP requests that were refused before anything was looked up.";
        pen.counter(("ldap_turned_away", help), self.turned_away.value())?;
        let help = "LDAP searches that no index served.";
        pen.counter(("ldap_unindexed_searches", help), self.unindexed.value())?;
        let help = "Entries that were judged for LDAP searches that no index served.";
        pen.counter(("ldap_unindexed_entries", help), self.judged.value())
    }
}

#[cfg(test)]
mod tests {
    use ldap::Outcome;

    use super::*;

    fn counted(counts: &LdapCounts) -> Vec<(&'static str, &'static str, u64)> {
        counts.operations.rows().filter(|(.., count)| *count > 0).collect()
    }

    #[test]
    fn every_kind_has_its_word() {
        assert_eq!(Operation::WORDS.len(), Operation::PasswordChange.number() + 1);
        assert_eq!(Ending::WORDS.len(), Ending::Other.number() + 1);
    }

    #[test]
    fn operations_are_counted_as_they_end() {
        let counts = LdapCounts::default();
        let result = |code| Answer::Result(Outcome::code(code));
        counts.answered(Operation::Search, &Answer::More);
        counts.answered(Operation::Search, &Answer::Waiting);
        assert!(counted(&counts).is_empty());
        counts.answered(Operation::Search, &Answer::Page(Vec::new()));
        counts.answered(Operation::Search, &result(ResultCode::SizeLimitExceeded));
        counts.answered(Operation::Compare, &result(ResultCode::CompareFalse));
        counts.answered(Operation::Bind, &result(ResultCode::InvalidCredentials));
        counts.answered(Operation::Bind, &result(ResultCode::InvalidCredentials));
        let expected = [
            ("bind", "invalid_credentials", 2),
            ("search", "success", 1),
            ("search", "limit", 1),
            ("compare", "success", 1),
        ];
        assert_eq!(counted(&counts), expected);
    }
}
