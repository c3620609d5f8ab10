//! Entries that were acknowledged are there once, in order, whatever happens to the machine.

use std::sync::Arc;

use super::{Journal, JournalError};
use crate::folder::{Folder, Memory};
use crate::tests::machine::{Fault, Machine};

/// What the database would have: the bodies, and the number of the last.
#[derive(Clone, Default, Debug)]
struct Database {
    bodies: Vec<u64>,
    settled: u64,
    /// What of it a power loss leaves.
    durable: (usize, u64),
}

impl Database {
    fn apply(&mut self, entries: &[super::JournalEntry]) {
        for entry in entries {
            assert!(entry.number > self.settled, "{entry:?} counts twice");
            self.bodies.push(u64::from_le_bytes(*entry.body.first_chunk().unwrap()));
            self.settled = entry.number;
        }
    }

    fn keep(&mut self, journal: &Journal) {
        self.durable = (self.bodies.len(), self.settled);
        journal.settle();
    }

    fn lose(&mut self) {
        self.bodies.truncate(self.durable.0);
        self.settled = self.durable.1;
    }
}

fn body(number: u64) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.resize(8 + usize::try_from(number % 90).unwrap(), b'x');
    body
}

fn opened(folder: &dyn Folder, database: &mut Database) -> std::io::Result<Journal> {
    let journal = Journal::open(folder, 3_000)?;
    database.apply(&journal.left(database.settled));
    database.keep(&journal);
    Ok(journal)
}

/// Appends until something fails; every few entries all are taken, and where a file waits for it they
/// are made durable a while later. Returns how many were acknowledged, and whether one more may be there.
fn work(machine: &Machine, database: &mut Database, count: u64) -> (u64, u64) {
    let Ok(journal) = opened(machine, database) else { return (0, 0) };
    let mut acknowledged = 0;
    while acknowledged < count {
        let next: Vec<_> = (acknowledged..count.min(acknowledged + 1 + acknowledged % 3)).collect();
        let asked = acknowledged + next.len() as u64;
        // Nothing at all takes no number.
        journal.append(&[]).unwrap();
        if journal.append(&next.into_iter().map(body).collect::<Vec<_>>()).is_err() {
            return (acknowledged, asked);
        }
        acknowledged = asked;
        if acknowledged % 5 < 2 {
            database.apply(&journal.take(acknowledged % 20 < 2));
        }
        if journal.is_held() && acknowledged % 2 == 0 {
            database.apply(&journal.take(false));
            database.keep(&journal);
        }
    }
    (acknowledged, acknowledged)
}

#[test]
fn after_a_power_loss_at_any_operation_each_acknowledged_entry_counts_once() {
    let (mut n, mut hit) = (0, true);
    while hit {
        n += 1;
        let machine = Machine::new();
        machine.plan(n, Fault::PowerLoss);
        let mut database = Database::default();
        let (acknowledged, asked) = work(&machine, &mut database, 120);
        hit = machine.was_hit();
        // What follows is lost as well, or kept, each time that the power comes back.
        database.lose();
        let before = database.bodies.len() as u64;
        let restarted = machine.restarted(n);
        drop(opened(&restarted, &mut database).unwrap());
        drop(opened(&restarted, &mut database).unwrap());
        let expected: Vec<_> = (0..database.bodies.len() as u64).collect();
        assert_eq!(database.bodies, expected, "operation {n}");
        let kept = database.bodies.len() as u64;
        assert!((acknowledged.max(before)..=asked.max(before)).contains(&kept), "operation {n}");
    }
    assert!(n > 150, "the workload has {n} operations only");
}

#[test]
fn after_an_error_at_any_operation_what_is_acknowledged_later_is_kept() {
    let (mut n, mut hit) = (0, true);
    while hit {
        n += 1;
        let machine = Machine::new();
        let mut database = Database::default();
        let journal = opened(&machine, &mut database).unwrap();
        machine.plan(n, Fault::OneError);
        let mut acknowledged = Vec::new();
        for number in 0..40 {
            if journal.append(&[body(number)]).is_ok() {
                acknowledged.push(number);
            }
            if number % 4 == 3 {
                database.apply(&journal.take(number % 8 == 7));
                if journal.is_held() {
                    database.keep(&journal);
                }
            }
        }
        hit = machine.was_hit();
        assert!(acknowledged.len() >= 36, "an error at {n} leaves {acknowledged:?}");
        database.lose();
        drop(opened(&machine.restarted(n), &mut database).unwrap());
        acknowledged.retain(|number| !database.bodies.contains(number));
        assert!(acknowledged.is_empty(), "an error at {n} lost {acknowledged:?}");
    }
    assert!(n > 60, "the workload has {n} operations only");
}

#[test]
fn a_full_journal_says_so_until_something_is_taken() {
    let folder = Memory::default();
    let mut database = Database::default();
    let journal = opened(&folder, &mut database).unwrap();
    let mut fitting = 0;
    while journal.append(&[vec![7; 100]]).is_ok() {
        fitting += 1;
    }
    assert_eq!(fitting, (3_000 - 20) / 108);
    assert!(matches!(journal.append(&[vec![7; 100]]), Err(JournalError::Full)));
    assert!(!journal.is_held());
    assert_eq!(journal.take(false).len(), fitting);
    assert!(journal.is_held());
    assert!(journal.append(&[vec![7; 100]]).is_ok(), "the other file takes over");
    assert_eq!(journal.take(true).len(), 1);
    let mut more = 1;
    while journal.append(&[vec![7; 100]]).is_ok() {
        more += 1;
    }
    assert_eq!(
        (more, journal.take(true).len()),
        (fitting, fitting - 1),
        "the former is not settled"
    );
    journal.settle();
    assert!(journal.append(&[vec![7; 100]]).is_err());
    assert!(journal.take(false).is_empty(), "everything was taken, and the other file takes over");
    assert!(journal.append(&[vec![7; 100]]).is_ok());
}

#[test]
fn what_was_taken_can_be_read_again_until_it_is_settled() {
    let journal = opened(&Memory::default(), &mut Database::default()).unwrap();
    let mut taken = Vec::new();
    for number in 0..60 {
        journal.append(&[body(number)]).unwrap();
        taken.append(&mut journal.take(false));
    }
    assert!(journal.is_held());
    journal.append(&[body(60)]).unwrap();
    let last = taken.last().unwrap().number;
    assert_eq!(journal.again(0, last).unwrap(), taken);
    let middle = taken[12].number;
    assert_eq!(journal.again(middle, last - 1).unwrap(), taken[13..59]);
}

#[test]
fn who_appends_at_once_shares_what_comes_of_it() {
    let journal = Arc::new(opened(&Memory::default(), &mut Database::default()).unwrap());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let journal = Arc::clone(&journal);
            std::thread::spawn(move || {
                for step in 0..5 {
                    journal.append(&[body(100 * thread + step)]).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let taken = journal.take(false);
    assert_eq!(taken.len(), 40);
    assert!(taken.windows(2).all(|pair| pair[0].number + 1 == pair[1].number));
    for thread in 0..8_u64 {
        let of = taken.iter().map(|entry| u64::from_le_bytes(*entry.body.first_chunk().unwrap()));
        let own: Vec<_> = of.filter(|number| number / 100 == thread).collect();
        assert_eq!(own, (0..5).map(|step| 100 * thread + step).collect::<Vec<_>>());
    }
}

#[test]
fn numbers_go_on_where_the_files_are_gone() {
    let mut database = Database { settled: 5_000, ..Database::default() };
    let journal = opened(&Memory::default(), &mut database).unwrap();
    journal.append(&[body(1)]).unwrap();
    database.apply(&journal.take(false));
    assert_eq!(database.bodies, [1]);
}
