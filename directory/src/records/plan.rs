//! Plans, what was agreed with organizations, and what was counted there.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::{BillingContact, Stamp, embedded, indices, kinds};
use crate::billing::Month;
use crate::text::prepare;
use crate::time::Time;

/// A plan's record; the provider's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: PlanFields,
}

/// What admins write of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFields {
    /// The name; unique.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// What it costs.
    pub prices: Prices,
}

/// Prices of a month, in the smallest unit of a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// The currency (ISO 4217).
    pub currency: String,
    /// The month as such.
    pub base: u64,
    /// A user.
    pub user: u64,
    /// A device.
    pub device: u64,
    /// So many users cost nothing more.
    pub included_users: u32,
    /// So many devices cost nothing more.
    pub included_devices: u32,
}

impl Record for Plan {
    const KIND: Kind = kinds::PLAN;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::PLAN_UUID, self.uuid.as_bytes());
        entries.add(indices::PLAN_NAME, prepare(&self.fields.name).as_bytes());
    }
}

/// What was agreed with an organization, from month to month; it has one such record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreements {
    /// In the order of months.
    pub list: Vec<Agreement>,
    /// So often it was changed.
    pub(crate) changes: u64,
}

/// What holds from a month on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The first month.
    pub from: Month,
    /// The plan's name and prices as they were then; nothing is billed without.
    pub plan: Option<PlanFields>,
}

impl Agreements {
    /// By what a change says which of these it saw: never 0, which nothing has.
    pub fn revision(&self) -> u64 {
        self.changes.saturating_add(1)
    }

    /// What holds in a month.
    pub fn of(&self, month: Month) -> Option<&PlanFields> {
        let holds = self.list.iter().rev().find(|agreement| agreement.from <= month);
        holds.and_then(|agreement| agreement.plan.as_ref())
    }
}

impl Record for Agreements {
    const KIND: Kind = kinds::AGREEMENTS;
    const VERSION: u8 = 2;
    const LOGGED: bool = false;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // How often they changed stands at the end, and was not counted.
            1 => decode(&[body, &[0]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, _: &mut Entries) {}
}

/// What was counted in a month, day by day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageMonth {
    /// The month, in UTC.
    pub month: Month,
    /// Its days on which something was counted, in order.
    pub days: Vec<DayCount>,
}

/// The most that was counted on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// The day, from 1 on.
    pub day: u8,
    /// Active users.
    pub users: u32,
    /// Devices that are not kept out.
    pub devices: u32,
    /// Whether the organization was deleted all day, as far as anybody looked.
    pub closed: bool,
}

/// What was counted in a month, as it was kept before days told whether the organization was deleted.
#[derive(Deserialize)]
struct OpenMonth {
    month: Month,
    days: Vec<(u8, u32, u32)>,
}

/// What is left of what a destroyed organization owes; the provider's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedAccount {
    /// The organization's id.
    pub organization: Uuid,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What was agreed with it.
    #[serde(with = "embedded")]
    pub agreements: Agreements,
    /// What was counted in it, in the order of months.
    #[serde(with = "embedded::all")]
    pub months: Vec<UsageMonth>,
    /// When it was destroyed; zero where that was not kept.
    pub destroyed: Time,
    /// Who gets its last invoices; nobody where that was not kept.
    #[serde(with = "embedded")]
    pub contact: BillingContact,
}

impl Record for ClosedAccount {
    const KIND: Kind = kinds::CLOSED_ACCOUNT;
    const VERSION: u8 = 2;
    const LOGGED: bool = false;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Time and contact stand at the end, the contact as a record of version 1 and three octets:
            // no name, no mail address, never changed.
            1 => decode(&[body, &[0], &[1, 3, 0, 0, 0]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, _: &mut Entries) {}
}

impl From<OpenMonth> for UsageMonth {
    fn from(former: OpenMonth) -> Self {
        let days = former.days.into_iter();
        let days =
            days.map(|(day, users, devices)| DayCount { day, users, devices, closed: false });
        Self { month: former.month, days: days.collect() }
    }
}

impl UsageMonth {
    /// Takes a count in: of one day the most of each counts.
    pub fn count(&mut self, count: DayCount) {
        let place = self.days.partition_point(|known| known.day < count.day);
        match self.days.get_mut(place).filter(|known| known.day == count.day) {
            Some(known) => {
                known.users = known.users.max(count.users);
                known.devices = known.devices.max(count.devices);
                known.closed &= count.closed;
            }
            None => self.days.insert(place, count),
        }
    }
}

impl Record for UsageMonth {
    const KIND: Kind = kinds::USAGE_MONTH;
    const VERSION: u8 = 2;
    const LOGGED: bool = false;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Nothing was counted while an organization was deleted.
            1 => decode::<OpenMonth>(body).map(Self::from),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::USAGE_MONTH, &self.month.key());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreements_of_version_1_have_a_revision() {
        // In November 2026 nothing is billed any more.
        let agreement = Agreement { from: Month::read("2026-11").unwrap(), plan: None };
        let former = storage::encode(&(1_u8, &agreement)).unwrap();
        let read = Agreements::upgrade(1, &former).unwrap();
        assert_eq!((read.revision(), &read.list[..]), (1, &[agreement][..]));
        assert_eq!(storage::encode(&read).unwrap(), [&former[..], &[0]].concat());
        assert!(Agreements::upgrade(3, &former).is_err());
    }

    #[test]
    fn accounts_of_version_1_say_neither_who_gets_invoices_nor_when_they_were_closed() {
        // Acme, with which nothing was agreed and of which nothing was counted.
        let (uuid, slug, name) = (Uuid::from_u128(7), "acme", "Acme");
        let former = storage::encode(&(uuid, slug, name, (1_u8, [0_u8].as_slice()), 0_u8)).unwrap();
        let read = ClosedAccount::upgrade(1, &former).unwrap();
        assert_eq!((read.organization, read.slug.as_str(), read.name.as_str()), (uuid, slug, name));
        assert_eq!((&read.agreements, &read.months[..]), (&Agreements::default(), &[][..]));
        assert_eq!((read.destroyed, &read.contact), (Time(0), &BillingContact::default()));
        let again = storage::encode(&read).unwrap();
        assert_eq!(decode::<ClosedAccount>(&again).unwrap(), read);
        assert!(ClosedAccount::upgrade(3, &former).is_err());
    }

    #[test]
    fn months_of_version_1_were_counted_while_the_organization_was_open() {
        // November 2026, of which the 3rd had 300 users and 2 devices, and the 4th one user.
        let former = [0x82, 0xbe, 0x01, 2, 3, 0xac, 0x02, 2, 4, 1, 0];
        let read = UsageMonth::upgrade(1, &former).unwrap();
        let day = |day, users, devices| DayCount { day, users, devices, closed: false };
        let days = vec![day(3, 300, 2), day(4, 1, 0)];
        assert_eq!(read, UsageMonth { month: Month::read("2026-11").unwrap(), days });
        assert!(UsageMonth::upgrade(3, &former).is_err());
    }
}
