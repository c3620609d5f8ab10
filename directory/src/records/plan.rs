//! Plans, what was agreed with organizations, and what was counted there.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::billing::Month;
use crate::text::prepare;

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
    /// What holds in a month.
    pub fn of(&self, month: Month) -> Option<&PlanFields> {
        let holds = self.list.iter().rev().find(|agreement| agreement.from <= month);
        holds.and_then(|agreement| agreement.plan.as_ref())
    }
}

impl Record for Agreements {
    const KIND: Kind = kinds::AGREEMENTS;
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

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
}

impl UsageMonth {
    /// Takes a count in: of one day the most of each counts.
    pub fn count(&mut self, count: DayCount) {
        let place = self.days.partition_point(|known| known.day < count.day);
        match self.days.get_mut(place).filter(|known| known.day == count.day) {
            Some(known) => {
                known.users = known.users.max(count.users);
                known.devices = known.devices.max(count.devices);
            }
            None => self.days.insert(place, count),
        }
    }
}

impl Record for UsageMonth {
    const KIND: Kind = kinds::USAGE_MONTH;
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::USAGE_MONTH, &self.month.key());
    }
}
