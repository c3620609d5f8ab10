//! Whose the last commits are, so that what came since one of them is told without a look at those of
//! other organizations.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::{Changed, Commit, Partition, Store};

use super::since::Subject;
use crate::id::{OrganizationId, RecordId};
use crate::records::kinds;

/// So many commits are noted at most: a megabyte of them.
const NOTED: usize = 1 << 18;
/// Stands for whose a commit is of which no organization's entries show anything.
const NOBODYS: u32 = 0;
/// Stands for several organizations, of which each takes the commit for its own.
const SEVERAL: u32 = u32::MAX;

/// Whose each commit since the start is.
#[derive(Default)]
pub(crate) struct OwnCommits(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    /// The number of the first commit that is noted.
    first: u64,
    whose: VecDeque<u32>,
}

/// The commits of an organization in a stretch of the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Those of which its entries may show something.
    pub(crate) commits: Vec<u64>,
    /// The last commit of the stretch, whosever it is.
    pub(crate) until: u64,
}

impl OwnCommits {
    /// Begins to note a store's commits.
    pub(crate) fn follow(commits: &Arc<Self>, store: &Store) {
        let commits = Arc::clone(commits);
        store.watch(Box::new(move |commit| commits.note(commit)));
    }

    /// The commits of an organization behind one and up to another, which is not before it, as far as
    /// any is noted; nothing where the first of them is not.
    pub(crate) fn between(
        &self,
        organization: OrganizationId,
        after: u64,
        last: u64,
    ) -> Option<Stretch> {
        let (noted, own) = (self.noted(), organization.number());
        let first = after.saturating_add(1);
        let skipped = usize::try_from(first.checked_sub(noted.first)?).ok()?;
        if skipped > noted.whose.len() {
            return None;
        }
        let until = last.min(noted.next().saturating_sub(1));
        let all = (first..=until).zip(noted.whose.iter().skip(skipped));
        let commits = all.filter(|(_, whose)| **whose == own || **whose == SEVERAL);
        Some(Stretch { commits: commits.map(|(number, _)| number).collect(), until })
    }

    fn note(&self, commit: &Commit) {
        let whose = whose(commit);
        let mut noted = self.noted();
        // Each comes once, in order; of what came before another start nothing is said.
        if commit.sequence != noted.next() {
            *noted = Noted { first: commit.sequence, whose: VecDeque::new() };
        }
        if noted.whose.len() >= NOTED {
            noted.whose.pop_front();
            noted.first = noted.first.saturating_add(1);
        }
        noted.whose.push_back(whose);
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// The number of the commit that comes next.
    fn next(&self) -> u64 {
        self.first.saturating_add(self.whose.len() as u64)
    }
}

/// Whose a commit is.
fn whose(commit: &Commit) -> u32 {
    let mut whose = NOBODYS;
    for change in &commit.changes {
        let Some(organization) = concerned(change) else { continue };
        if Subject::of(change, organization) == Subject::Nothing {
            continue;
        }
        let own = organization.number();
        if whose != NOBODYS && whose != own {
            return SEVERAL;
        }
        whose = own;
    }
    whose
}

/// The organization of which something may look different after a change.
pub(crate) fn concerned(change: &Changed) -> Option<OrganizationId> {
    match change.partition {
        Partition::Provider if change.kind == kinds::ORGANIZATION => {
            OrganizationId::from_record(change.id)
        }
        Partition::Provider => None,
        own @ Partition::Organization(_) => OrganizationId::from_record(own.number().into()),
    }
}

#[cfg(test)]
mod tests {
    use storage::{Kind, What};

    use super::super::since::COMMITS;
    use super::*;

    fn organization(number: u64) -> OrganizationId {
        OrganizationId::from_record(number).unwrap()
    }

    fn commit(sequence: u64, changed: &[(u64, Kind)]) -> Commit {
        let changes = changed.iter().map(|(number, kind)| {
            let partition = organization(*number).partition();
            Changed { partition, kind: *kind, id: 1, what: What::Put }
        });
        Commit { sequence, changes: changes.collect() }
    }

    #[test]
    fn what_other_organizations_change_puts_no_copy_out_of_date() {
        let commits = OwnCommits::default();
        commits.note(&commit(10, &[(7, kinds::USER)]));
        for sequence in 11..11 + 2 * COMMITS {
            commits.note(&commit(sequence, &[(8, kinds::USER)]));
        }
        let last = 11 + 2 * COMMITS;
        commits.note(&commit(last, &[(8, kinds::GROUP), (7, kinds::GROUP)]));
        let between = |number, after| commits.between(organization(number), after, last).unwrap();
        assert_eq!(between(7, 9), Stretch { commits: vec![10, last], until: last });
        assert_eq!(between(7, 10), Stretch { commits: vec![last], until: last });
        assert_eq!(between(8, last - 2).commits, [last - 1, last]);
        assert_eq!(between(9, 9).commits, [last], "it may be anybody's");
        assert_eq!(between(7, last), Stretch { commits: Vec::new(), until: last });
        assert_eq!(commits.between(organization(7), 8, last), None, "nothing is said of 9");
        let snapshot = commits.between(organization(7), 9, last - 1).unwrap();
        assert_eq!((snapshot.commits, snapshot.until), (vec![10], last - 1));
    }

    #[test]
    fn what_no_entry_shows_is_nobodys_and_what_was_missed_begins_anew() {
        let commits = OwnCommits::default();
        assert_eq!(commits.between(organization(7), 0, 0), None);
        commits.note(&commit(1, &[(7, kinds::CREDENTIAL)]));
        commits.note(&commit(2, &[(7, kinds::USER)]));
        let seen = commits.between(organization(7), 0, 3).unwrap();
        assert_eq!((seen.commits, seen.until), (vec![2], 2), "3 is not noted yet");
        commits.note(&commit(4, &[]));
        assert_eq!(commits.between(organization(7), 2, 4), None);
        assert_eq!(commits.between(organization(7), 3, 4).unwrap().commits, [0_u64; 0]);
    }

    #[test]
    fn no_more_is_noted_than_there_is_room_for() {
        let commits = OwnCommits::default();
        let last = NOTED as u64 + 5;
        for sequence in 1..=last {
            commits.note(&commit(sequence, &[(7, kinds::USER)]));
        }
        assert_eq!(commits.between(organization(7), 4, last), None);
        assert_eq!(commits.between(organization(7), 5, last).unwrap().commits.len(), NOTED);
    }
}
