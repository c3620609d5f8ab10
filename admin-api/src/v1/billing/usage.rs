//! What was counted in an organization.

use axum::Json;
use directory::access::View;
use serde::Serialize;
use utoipa::ToSchema;

use super::{MonthQuery, month};
use crate::body::Params;
use crate::caller::Within;
use crate::problem::Problem;

/// What was counted in a month.
#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    /// The month, in UTC.
    #[schema(example = "2026-11")]
    month: String,
    /// The most active users of a day.
    users: u32,
    /// The most devices of a day that were not kept out.
    devices: u32,
    /// The days on which something was counted: every hour, of which the most is kept.
    days: Vec<UsageDay>,
}

/// The most that was counted on a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageDay {
    /// The day, in UTC.
    day: u8,
    /// Active users.
    users: u32,
    /// Devices that are not kept out.
    devices: u32,
}

/// Shows what was counted in a month.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/billing/usage",
    tag = "Billing",
    params(MonthQuery),
    responses((status = 200, description = "What was counted.", body = Usage)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_usage(
    within: Within<View>,
    Params(query): Params<MonthQuery>,
) -> Result<Json<Usage>, Problem> {
    let month = month(query.month.as_deref(), within.caller.now())?;
    let reading = within.caller.read()?;
    let usage = reading.authorize::<View>(within.organization)?.usage(month)?;
    let most = |of: fn(&directory::records::DayCount) -> u32| usage.days.iter().map(of).max();
    let (users, devices) = (most(|day| day.users), most(|day| day.devices));
    let days = usage.days.iter().map(|count| UsageDay {
        day: count.day,
        users: count.users,
        devices: count.devices,
    });
    Ok(Json(Usage {
        month: month.to_string(),
        users: users.unwrap_or_default(),
        devices: devices.unwrap_or_default(),
        days: days.collect(),
    }))
}
