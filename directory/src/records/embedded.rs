//! Records inside other records, each with the version that it was written at.
//!
//! The version of a record says nothing about what it holds: an embedded record that takes another
//! form is read by its own version, as one that is stored by itself.

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use storage::{Corrupt, Record};

/// Writes one record; for serde's `with`.
pub(super) fn serialize<R: Record, S: Serializer>(
    record: &R,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    written(record).map_err(S::Error::custom)?.serialize(serializer)
}

/// Reads one record; for serde's `with`.
pub(super) fn deserialize<'de, R: Record, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<R, D::Error> {
    let (version, body) = <(u8, Vec<u8>)>::deserialize(deserializer)?;
    read(version, &body).map_err(D::Error::custom)
}

/// The same for several records.
pub(super) mod all {
    use super::{Deserialize, Deserializer, Record, Serialize, Serializer, read, written};
    use serde::de::Error as _;
    use serde::ser::Error as _;

    /// Writes them; for serde's `with`.
    pub(crate) fn serialize<R: Record, S: Serializer>(
        records: &[R],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let written: Result<Vec<_>, _> = records.iter().map(written).collect();
        written.map_err(S::Error::custom)?.serialize(serializer)
    }

    /// Reads them; for serde's `with`.
    pub(crate) fn deserialize<'de, R: Record, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<R>, D::Error> {
        let written = <Vec<(u8, Vec<u8>)>>::deserialize(deserializer)?;
        let records = written.iter().map(|(version, body)| read(*version, body));
        records.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

fn written<R: Record>(record: &R) -> Result<(u8, Vec<u8>), Corrupt> {
    Ok((R::VERSION, storage::encode(record)?))
}

fn read<R: Record>(version: u8, body: &[u8]) -> Result<R, Corrupt> {
    if version == R::VERSION { storage::decode(body) } else { R::upgrade(version, body) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::records::{Agreements, BillingContact, ClosedAccount, OwnCertificates};

    #[derive(serde::Serialize)]
    struct Written {
        organization: Uuid,
        slug: &'static str,
        name: &'static str,
        agreements: (u8, Vec<u8>),
        months: Vec<(u8, Vec<u8>)>,
        destroyed: u64,
        contact: (u8, Vec<u8>),
    }

    #[test]
    fn what_stands_inside_is_read_by_its_own_version() {
        // A month of version 1: days with users and devices alone.
        let month = crate::billing::Month::of(crate::time::Time(0)).0;
        let former = storage::encode(&(month, [(1_u8, 5_u32, 6_u32), (2, 7, 8)].to_vec())).unwrap();
        let body = storage::encode(&Written {
            organization: Uuid::from_u128(7),
            slug: "acme",
            name: "Acme",
            // Agreements of version 1: a list alone, with nothing in it.
            agreements: (1, vec![0]),
            months: vec![(1, former)],
            destroyed: 300,
            // A contact of version 1: neither name nor mail address, never changed.
            contact: (1, vec![0, 0, 0]),
        });
        let account: ClosedAccount = storage::decode(&body.unwrap()).unwrap();
        let days: Vec<_> = account.months[0]
            .days
            .iter()
            .map(|day| (day.day, day.users, day.devices, day.closed))
            .collect();
        assert_eq!(days, [(1, 5, 6, false), (2, 7, 8, false)]);
        assert_eq!(account.agreements, Agreements::default());
        assert_eq!((account.destroyed.0, &account.contact), (300, &BillingContact::default()));
        let again = storage::encode(&account).unwrap();
        assert_eq!(storage::decode::<ClosedAccount>(&again).unwrap(), account);
    }

    #[test]
    fn a_version_that_nobody_knows_is_corrupt() {
        #[derive(serde::Deserialize, Debug)]
        struct Holder(
            #[serde(with = "super")]
            #[expect(dead_code, reason = "it is never read")]
            OwnCertificates,
        );
        let body = storage::encode(&(9_u8, vec![0_u8])).unwrap();
        assert!(storage::decode::<Holder>(&body).is_err());
    }
}
