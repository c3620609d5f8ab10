//! The format of the database file.

use redb::{Database, ReadableTable, WriteTransaction};

use crate::change::Made;
use crate::seal::Vault;
use crate::table::{DATA, LOG, META, OUTBOX};
use crate::{Change, ChangeError, OpenError, Partition, ReadError, writer};

/// The format that this version writes.
pub(crate) const FORMAT: u32 = 1;

const FORMAT_NAME: &str = "format";
const CHECK_NAME: &str = "master-key-check";
const CHECK_TEXT: &[u8] = b"this opens with the right master key";

/// Creates the tables of a new file or checks those of an old one, and returns the sequence
/// number of the last change.
pub(crate) fn prepare(database: &Database, vault: &Vault) -> Result<u64, OpenError> {
    let transaction = database
        .begin_write()
        .map_err(redb::Error::from)
        .map_err(ReadError::from)?;
    let transaction = writer::durable(transaction)?;
    let found = found_format(&transaction)?;
    match found {
        None => create(&transaction, vault)?,
        Some(found) if found > FORMAT => {
            return Err(OpenError::Newer {
                found,
                known: FORMAT,
            });
        }
        Some(_) => {}
    }
    check_master_key(&transaction, vault)?;
    let sequence = last_sequence(&transaction)?;
    if found.is_none() {
        transaction
            .commit()
            .map_err(redb::Error::from)
            .map_err(ReadError::from)?;
    }
    Ok(sequence)
}

fn found_format(transaction: &WriteTransaction) -> Result<Option<u32>, ReadError> {
    let meta = transaction.open_table(META).map_err(redb::Error::from)?;
    let stored = meta.get(FORMAT_NAME).map_err(redb::Error::from)?;
    let found = stored.map(|stored| stored.value().try_into().map(u32::from_be_bytes));
    found
        .transpose()
        .map_err(|_| crate::Corrupt::new("the format version").into())
}

fn create(transaction: &WriteTransaction, vault: &Vault) -> Result<(), OpenError> {
    create_tables(transaction, vault).map_err(|error| match error {
        ChangeError::Read(error) => OpenError::Database(error),
        other => OpenError::Database(crate::Corrupt::new(other.to_string()).into()),
    })
}

fn create_tables(transaction: &WriteTransaction, vault: &Vault) -> Result<(), ChangeError> {
    let database = |error| ReadError::Database(error);
    let mut meta = transaction
        .open_table(META)
        .map_err(|e| database(e.into()))?;
    meta.insert(FORMAT_NAME, FORMAT.to_be_bytes().as_slice())
        .map_err(|e| database(e.into()))?;
    let check = vault.wrap(CHECK_NAME.as_bytes(), CHECK_TEXT)?;
    meta.insert(CHECK_NAME, check.as_slice())
        .map_err(|e| database(e.into()))?;
    transaction
        .open_table(LOG)
        .map_err(|e| database(e.into()))?;
    transaction
        .open_table(OUTBOX)
        .map_err(|e| database(e.into()))?;
    let mut data = transaction
        .open_table(DATA)
        .map_err(|e| database(e.into()))?;
    let mut change = Change::new(&data, vault, 0, 0);
    change.create_partition(Partition::Provider)?;
    let Made { pending, .. } = std::mem::take(&mut change.made);
    for (key, value) in pending {
        data.insert(key.as_slice(), value.unwrap_or_default().as_slice())
            .map_err(|e| database(e.into()))?;
    }
    Ok(())
}

fn check_master_key(transaction: &WriteTransaction, vault: &Vault) -> Result<(), OpenError> {
    let meta = transaction
        .open_table(META)
        .map_err(|error| ReadError::Database(error.into()))?;
    let check = meta
        .get(CHECK_NAME)
        .map_err(|error| ReadError::Database(error.into()))?;
    let check = check.ok_or(OpenError::WrongMasterKey)?;
    match vault.unwrap(CHECK_NAME.as_bytes(), check.value()) {
        Ok(text) if text.expose() == CHECK_TEXT => Ok(()),
        Ok(_) | Err(_) => Err(OpenError::WrongMasterKey),
    }
}

fn last_sequence(transaction: &WriteTransaction) -> Result<u64, ReadError> {
    let log = transaction.open_table(LOG).map_err(redb::Error::from)?;
    let last = log.last().map_err(redb::Error::from)?;
    Ok(last.map_or(0, |(sequence, _)| sequence.value()))
}
