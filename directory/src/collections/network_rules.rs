//! What rules of RADIUS clients may say.

use storage::{Partition, Reading};

use super::of_groups::check_there;
use crate::error::{Error, Invalid};
use crate::id::RecordId;
use crate::limits::{self, ATTRIBUTE, NAMED_GROUPS, NETWORK_RULES, VALUES};
use crate::network::{GearName, Ssid};
use crate::records::{
    Conditions, NetworkRule, RadiusClientFields, ReplyProfile, RuleVerdict, WeekPeriod, WithDevice,
};
use crate::text::prepare;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Checks the rules of a client.
pub(super) fn check(rules: &[NetworkRule]) -> Result<(), Invalid> {
    limits::count("/rules", rules.len(), NETWORK_RULES)?;
    let mut names = Vec::with_capacity(rules.len());
    for (position, rule) in rules.iter().enumerate() {
        let pointer = format!("/rules/{position}");
        limits::name(&format!("{pointer}/name"), &rule.name)?;
        let name = prepare(&rule.name);
        if names.contains(&name) {
            let pointer = format!("{pointer}/name");
            return Err(Invalid::new(pointer, "another rule of the client has this name"));
        }
        names.push(name);
        check_conditions(&pointer, &rule.when)?;
        if let RuleVerdict::RejectSaying(message) = &rule.then {
            let pointer = format!("{pointer}/reply_message");
            limits::line_of(&pointer, message, ATTRIBUTE)?;
            limits::line(&pointer, message)?;
        }
    }
    Ok(())
}

fn check_conditions(pointer: &str, when: &Conditions) -> Result<(), Invalid> {
    let count =
        |name: &str, length, most| limits::count(&format!("{pointer}/{name}"), length, most);
    count("groups", when.groups.len(), NAMED_GROUPS)?;
    count("methods", when.methods.len(), VALUES)?;
    count("port_types", when.port_types.len(), VALUES)?;
    count("ssids", when.ssids.len(), VALUES)?;
    count("times", when.times.len(), VALUES)?;
    count("nas_identifiers", when.gear.len(), VALUES)?;
    count("nas_networks", when.gear_networks.len(), VALUES)?;
    count("service_types", when.service_types.len(), VALUES)?;
    count("with_device_groups", when.with_device_groups.len(), NAMED_GROUPS)?;
    let names_groups = !when.groups.is_empty() || !when.with_device_groups.is_empty();
    if when.with_device == Some(WithDevice::Unknown) && names_groups {
        let pointer = format!("{pointer}/with_device");
        return Err(Invalid::new(pointer, "a device that nobody made known is in no group"));
    }
    for (position, name) in when.gear.iter().enumerate() {
        let pointer = format!("{pointer}/nas_identifiers/{position}");
        limits::line_of(&pointer, name, GearName::LONGEST)?;
        limits::line(&pointer, name)?;
    }
    for (position, ssid) in when.ssids.iter().enumerate() {
        let pointer = format!("{pointer}/ssids/{position}");
        limits::line_of(&pointer, ssid, Ssid::LONGEST)?;
        limits::line(&pointer, ssid)?;
    }
    for (position, WeekPeriod { days, from, to }) in when.times.iter().enumerate() {
        if !(1..128).contains(days) || from >= to || *to > DAY {
            let pointer = format!("{pointer}/times/{position}");
            let wanted = "must name a day, and start before it ends on the same day";
            return Err(Invalid::new(pointer, wanted));
        }
    }
    Ok(())
}

/// Whether a client decides otherwise about users than before. What rules are called and say decides
/// nothing, and where the gear stands only if a rule is of a time.
pub(super) fn decide_otherwise(before: &RadiusClientFields, after: &RadiusClientFields) -> bool {
    let deciding = |it: &NetworkRule| (it.when.clone(), it.then.lets_in(), it.then.profile());
    let by_time = |it: &NetworkRule| !it.when.times.is_empty();
    !before.rules.iter().map(deciding).eq(after.rules.iter().map(deciding))
        || before.allowed_groups != after.allowed_groups
        || before.reply_profile != after.reply_profile
        || before.time_zone != after.time_zone && after.rules.iter().any(by_time)
}

/// Checks that what rules name is there.
pub(super) fn check_references(
    rules: &[NetworkRule],
    source: &impl Reading,
    partition: Partition,
) -> Result<(), Error> {
    for (position, rule) in rules.iter().enumerate() {
        let named =
            [("groups", &rule.when.groups), ("with_device_groups", &rule.when.with_device_groups)];
        for (name, groups) in named {
            check_there(&format!("/rules/{position}/{name}"), groups, source, partition)?;
        }
        if let Some(profile) = rule.then.profile()
            && !source.contains::<ReplyProfile>(partition, profile.record())?
        {
            let pointer = format!("/rules/{position}/reply_profile");
            return Err(Invalid::new(pointer, "there is no such reply profile").into());
        }
    }
    Ok(())
}
