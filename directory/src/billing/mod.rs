//! Billing: what organizations have is counted each day, and a bill is made of the counts alone.
//!
//! A bill is a function of records that do not change any more: the counts of a month that is over,
//! and the prices that hold in it, which are copied from a plan when they are agreed. So it comes
//! out the same whenever it is made again.

mod count;
mod currency;
mod days;
mod invoice;
mod month;

pub(crate) use count::usage;
pub(crate) use currency::is_currency;
pub use currency::minor_digits;
pub(crate) use days::billed_days;
pub use days::{BilledDay, Days};
pub use invoice::{Invoice, InvoiceLine, LineKind, TooMuch};
pub use month::Month;
