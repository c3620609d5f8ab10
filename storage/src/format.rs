//! The format of the database file: its version, and the facts that it keeps about itself.

use redb::{Database, ReadTransaction, ReadableTable, WriteTransaction};

use crate::change::Made;
use crate::seal::Vault;
use crate::table::{DATA, LOG, META, OUTBOX};
use crate::view::View;
use crate::writer::{self, Position};
use crate::{Change, ChangeError, Corrupt, OpenError, Partition, ReadError, Reading, key};

/// The format that this version writes.
pub(crate) const FORMAT: u32 = 2;

/// Turns a file of one format into one of the next, inside the transaction that also writes the
/// new version.
pub(crate) type Step = fn(&WriteTransaction) -> Result<(), ReadError>;

/// The steps from format 1 upwards; the first makes format 2 out of 1.
const STEPS: &[Step; FORMAT as usize - 1] = &[
    // Nothing of the database: the event log beside it has chains, and is renewed as it is opened.
    |_| Ok(()),
];

/// Creates the tables of a new file, brings an old one to [`FORMAT`], refuses a newer one and one
/// of another master key. What is refused is left as it was.
pub(crate) fn prepare(database: &Database, vault: &Vault) -> Result<(), OpenError> {
    let transaction = database.begin_write().map_err(ReadError::of)?;
    let transaction = writer::durable(transaction)?;
    let changed = match found_format(&transaction)? {
        None => {
            create(&transaction, vault).map_err(unreadable)?;
            true
        }
        Some(found) => {
            let changed = migrate(&transaction, found, STEPS)?;
            check_opening_key(&transaction, vault)?;
            changed
        }
    };
    if changed {
        transaction.commit().map_err(ReadError::of)?;
    }
    Ok(())
}

/// Runs the steps that lie between the format found and the newest, and says whether there were
/// any.
pub(crate) fn migrate(
    transaction: &WriteTransaction,
    found: u32,
    steps: &[Step],
) -> Result<bool, OpenError> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX).saturating_add(1);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let done = found.checked_sub(1).ok_or_else(|| ReadError::from(Corrupt::new("format 0")))?;
    let mut format = found;
    for step in steps.iter().skip(usize::try_from(done).unwrap_or(usize::MAX)) {
        step(transaction)?;
        format += 1;
        write_fact(transaction, FORMAT_NAME, &format.to_be_bytes())?;
    }
    Ok(format > found)
}

/// Says whether the master key that a store is opened with is its own.
fn check_opening_key(transaction: &WriteTransaction, vault: &Vault) -> Result<(), OpenError> {
    let data = transaction.open_table(DATA).map_err(ReadError::of)?;
    let name = key::master_key_check();
    let sealed = data.get(name.as_slice()).map_err(ReadError::of)?;
    let opened = sealed.ok_or(ReadError::Sealed);
    match opened.and_then(|sealed| vault.opens_with_prepared(&name, sealed.value())) {
        Ok(_) => Ok(()),
        Err(ReadError::Sealed) => Err(OpenError::WrongMasterKey),
        Err(error) => Err(error.into()),
    }
}

/// Says whether the sealed check text opens with the prepared master key alone.
///
/// # Errors
/// When it opens with neither key.
pub(crate) fn check_master_key(reading: &impl Reading) -> Result<bool, ReadError> {
    let View { vault, .. } = reading.view();
    let name = key::master_key_check();
    let sealed = reading.view().value(&name)?.ok_or(ReadError::Sealed)?;
    vault.opens_with_prepared(&name, sealed.bytes())
}

/// How far the changes of a file have come.
pub(crate) fn position(transaction: &ReadTransaction) -> Result<Position, ReadError> {
    let log = transaction.open_table(LOG).map_err(ReadError::of)?;
    let last = log.last().map_err(ReadError::of)?.map(|(sequence, _)| sequence.value());
    let meta = transaction.open_table(META).map_err(ReadError::of)?;
    let next = meta.get(NEXT_OUTBOX).map_err(ReadError::of)?;
    let next = next.and_then(|next| next.value().try_into().ok().map(u64::from_be_bytes));
    Ok(Position { sequence: last.unwrap_or(0), next_outbox: next.unwrap_or(1), handed: 0 })
}

/// Keeps the outbox number that the next event gets.
pub(crate) fn note_outbox(transaction: &WriteTransaction, next: u64) -> Result<(), ReadError> {
    write_fact(transaction, NEXT_OUTBOX, &next.to_be_bytes())
}

/// Seals the check text with the master key in force.
pub(crate) fn sealed_check(vault: &Vault) -> Result<Vec<u8>, ReadError> {
    vault.wrap(&key::master_key_check(), CHECK_TEXT)
}

const FORMAT_NAME: &str = "format";
const NEXT_OUTBOX: &str = "next outbox number";
const CHECK_TEXT: &[u8] = b"this opens with the right master key";

fn found_format(transaction: &WriteTransaction) -> Result<Option<u32>, ReadError> {
    let meta = transaction.open_table(META).map_err(ReadError::of)?;
    let stored = meta.get(FORMAT_NAME).map_err(ReadError::of)?;
    let found = stored.map(|stored| stored.value().try_into().map(u32::from_be_bytes));
    found.transpose().map_err(|_| Corrupt::new("the format version").into())
}

fn create(transaction: &WriteTransaction, vault: &Vault) -> Result<(), ChangeError> {
    write_fact(transaction, FORMAT_NAME, &FORMAT.to_be_bytes())?;
    transaction.open_table(LOG).map_err(ReadError::of)?;
    transaction.open_table(OUTBOX).map_err(ReadError::of)?;
    let mut data = transaction.open_table(DATA).map_err(ReadError::of)?;
    let mut change = Change::new(&data, vault, 0, 0);
    change.create_partition(Partition::Provider)?;
    let Made { mut pending, .. } = std::mem::take(&mut change.made);
    pending.insert(key::master_key_check(), Some(sealed_check(vault)?));
    Ok(writer::apply(&mut data, &pending)?)
}

fn write_fact(transaction: &WriteTransaction, name: &str, value: &[u8]) -> Result<(), ReadError> {
    let mut meta = transaction.open_table(META).map_err(ReadError::of)?;
    meta.insert(name, value).map_err(ReadError::of)?;
    Ok(())
}

fn unreadable(error: ChangeError) -> OpenError {
    match error {
        ChangeError::Read(error) => OpenError::Database(error),
        other @ (ChangeError::Unstorable(_)
        | ChangeError::ValueTooLong { .. }
        | ChangeError::NoPartition(_)
        | ChangeError::PartitionTaken(_)
        | ChangeError::NumbersExhausted(_)) => {
            OpenError::Database(Corrupt::new(other.to_string()).into())
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use redb::backends::InMemoryBackend;
    use redb::{ReadableDatabase, TableDefinition};

    use super::*;
    use crate::MasterKey;
    use crate::disk::Disk;
    use crate::tests::entropy;

    fn database() -> Database {
        let database = Disk::new(InMemoryBackend::new()).open(1 << 20).unwrap();
        let vault = Vault::new(MasterKey::from_bytes([1; 32]), entropy());
        prepare(&database, &vault).unwrap();
        database
    }

    /// Says that a file has another format.
    pub(crate) fn set_format(database: &Database, format: u32) {
        let transaction = database.begin_write().unwrap();
        write_fact(&transaction, FORMAT_NAME, &format.to_be_bytes()).unwrap();
        transaction.commit().unwrap();
    }

    /// The format of a file.
    pub(crate) fn format_of(database: &Database) -> u32 {
        found_format(&database.begin_write().unwrap()).unwrap().unwrap()
    }

    #[test]
    fn a_file_of_a_newer_format_is_refused_and_left_alone() {
        let database = database();
        set_format(&database, 7);
        let vault = Vault::new(MasterKey::from_bytes([1; 32]), entropy());
        let refused = prepare(&database, &vault).unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 7, known: FORMAT }));
        assert!(refused.to_string().contains("a newer version"));
    }

    #[test]
    fn an_older_file_is_brought_up_step_by_step() {
        const TRAIL: TableDefinition<'_, u32, ()> = TableDefinition::new("trail");
        fn leave(transaction: &WriteTransaction, step: u32) -> Result<(), ReadError> {
            let mut trail = transaction.open_table(TRAIL).map_err(ReadError::of)?;
            trail.insert(step, ()).map_err(ReadError::of)?;
            Ok(())
        }
        let steps: [Step; 2] = [
            |transaction| leave(transaction, 2),
            |transaction| {
                assert_eq!(found_format(transaction)?, Some(2));
                leave(transaction, 3)
            },
        ];
        let database = database();
        let transaction = database.begin_write().unwrap();
        assert!(migrate(&transaction, 1, &steps).unwrap());
        assert!(!migrate(&transaction, 3, &steps).unwrap());
        assert!(migrate(&transaction, 4, &steps).is_err());
        assert_eq!(found_format(&transaction).unwrap(), Some(3));
        transaction.commit().unwrap();
        let trail = database.begin_read().unwrap().open_table(TRAIL).unwrap();
        let trail: Vec<_> = trail.iter().unwrap().map(|entry| entry.unwrap().0.value()).collect();
        assert_eq!(trail, [2, 3]);
    }
}
