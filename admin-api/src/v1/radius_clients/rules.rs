//! The rules of a RADIUS client, as the API spells them.

use directory::access::View;
use directory::{NetworkMethod, OrganizationId, ReadingTransaction, records};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::network::Network;
use crate::problem::Problem;
use crate::reference::dangling;
use crate::v1::groups;

/// A rule about those who ask through a RADIUS client. The first one whose conditions are all met
/// decides; where none is, `allowed_groups` and `reply_profile` of the client do. A condition that
/// names nothing is met by all.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RadiusRule, example = json!({
    "name": "staff in the office", "groups": [], "methods": ["eap_tls", "eap_ttls"],
    "port_types": [19], "ssids": ["staff"],
    "times": [{"days": ["monday", "friday"], "from": "07:00", "to": "20:00"}],
    "verdict": "accept", "reply_profile": null, "reply_message": null
}))]
pub(crate) struct Rule {
    /// What events call it; unique in its client.
    name: String,
    /// Groups whose members are meant, nested ones included.
    #[serde(default)]
    groups: Vec<Uuid>,
    /// By which of these methods they come: `pap`, `chap`, `ms_chap_v2`, `eap_tls`, `eap_ttls`,
    /// `peap`, `mac`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    methods: Vec<NetworkMethod>,
    /// The values of NAS-Port-Type that are meant: 5 for VPNs and consoles, 15 for Ethernet, 19 for
    /// Wi-Fi.
    #[serde(default)]
    port_types: Vec<u32>,
    /// The wireless networks that are meant, by the names behind the address in Called-Station-Id, or
    /// else in Aruba-Essid-Name, Ruckus-SSID or a Cisco-AVPair (`ssid=`, `cisco-wlan-ssid=`).
    #[serde(default)]
    ssids: Vec<String>,
    /// When, as clocks show it in the `time_zone` of the client.
    #[serde(default)]
    times: Vec<Period>,
    /// The gear that is meant, by NAS-Identifier, of at most 64 octets.
    #[serde(default)]
    nas_identifiers: Vec<String>,
    /// The gear that is meant, by networks in which NAS-IP-Address or NAS-IPv6-Address lies.
    #[serde(default)]
    nas_networks: Vec<Network>,
    /// The values of Service-Type that are meant: 2 for access to the network, 6 for the gear's own
    /// console.
    #[serde(default)]
    service_types: Vec<u32>,
    /// The device that users come with, which Calling-Station-Id names by a hardware address: it has to
    /// be one of the organization's that is not suspended (`known`), and the user's own as well
    /// (`own`). Anybody can give themselves another machine's address, so it proves nothing; to prove
    /// devices, use EAP-TLS with their certificates. A device that comes for itself is `known`, or, by
    /// MAC authentication, `unknown` where the organization does not have it: of such devices are those
    /// rules alone that say so, never of a user, and they name no groups.
    #[serde(default)]
    #[schema(value_type = Option<String>, required = false)]
    with_device: Option<records::WithDevice>,
    /// Groups of which that device has to be in one, nested ones included.
    #[serde(default)]
    with_device_groups: Vec<Uuid>,
    /// What becomes of them.
    verdict: Verdict,
    /// What an accept carries; nothing when null.
    #[serde(default)]
    #[schema(required = false)]
    reply_profile: Option<Uuid>,
    /// What a rejection tells users (Reply-Message), in 247 octets at most; nothing when null. Who gave the
    /// right proof hears it alone, by PAP, CHAP or MS-CHAPv2: beside EAP nothing may be said (RFC 3579),
    /// and devices that come by their addresses have proven nothing.
    #[serde(default)]
    #[schema(required = false)]
    reply_message: Option<String>,
}

/// What becomes of those whom a rule is about.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RadiusVerdict)]
pub(crate) enum Verdict {
    /// They are let in.
    Accept,
    /// They are not.
    Reject,
}

/// A part of each of some days, as clocks show it in the `time_zone` of the client. What goes on over
/// midnight takes two of them. Of an hour that comes twice, as clocks are put back, both count; what they
/// leave out comes on no such day.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WeekPeriod)]
pub(crate) struct Period {
    /// The days.
    days: Vec<Day>,
    /// When it begins on each day.
    from: Clock,
    /// When it ends on the same day; `24:00` for its end.
    to: Clock,
}

/// A day of the week.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Weekday)]
pub(crate) enum Day {
    /// The first one.
    Monday,
    /// The second one.
    Tuesday,
    /// The third one.
    Wednesday,
    /// The fourth one.
    Thursday,
    /// The fifth one.
    Friday,
    /// The sixth one.
    Saturday,
    /// The last one.
    Sunday,
}

const DAYS: [Day; 7] = [
    Day::Monday,
    Day::Tuesday,
    Day::Wednesday,
    Day::Thursday,
    Day::Friday,
    Day::Saturday,
    Day::Sunday,
];

/// A minute of a day, as hours and minutes.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, example = "08:30")]
pub(crate) struct Clock(u16);

impl Serialize for Clock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let minute = minute(&text).map(Self);
        minute.ok_or_else(|| serde::de::Error::custom("must be a time of day such as 08:30"))
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|octet| octet.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| is_number)
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 24 * 60).then_some(minute)
}

impl From<records::WeekPeriod> for Period {
    fn from(period: records::WeekPeriod) -> Self {
        let days = DAYS.into_iter().filter(|day| period.days >> *day as u8 & 1 == 1).collect();
        Self { days, from: Clock(period.from), to: Clock(period.to) }
    }
}

impl From<Period> for records::WeekPeriod {
    fn from(period: Period) -> Self {
        let days = period.days.iter().fold(0, |days, day| days | 1 << *day as u8);
        Self { days, from: period.from.0, to: period.to.0 }
    }
}

/// Shows the rules of a client.
pub(super) fn shown(
    rules: Vec<records::NetworkRule>,
    reading: &ReadingTransaction,
    organization: OrganizationId,
) -> Result<Vec<Rule>, Problem> {
    let profiles = reading.authorize::<View>(organization)?.reply_profiles();
    let rules = rules.into_iter().map(|rule| {
        let (verdict, profile, reply_message) = match rule.then {
            records::RuleVerdict::Accept(profile) => (Verdict::Accept, profile, None),
            records::RuleVerdict::Reject => (Verdict::Reject, None, None),
            records::RuleVerdict::RejectSaying(message) => (Verdict::Reject, None, Some(message)),
        };
        let reply_profile = profile.map(|id| profiles.read(id)).transpose()?;
        Ok(Rule {
            name: rule.name,
            groups: groups::shown(reading, organization, &rule.when.groups)?,
            methods: rule.when.methods,
            port_types: rule.when.port_types,
            ssids: rule.when.ssids,
            times: rule.when.times.into_iter().map(Into::into).collect(),
            nas_identifiers: rule.when.gear,
            nas_networks: rule.when.gear_networks.into_iter().map(Network).collect(),
            service_types: rule.when.service_types,
            with_device: rule.when.with_device,
            with_device_groups: groups::shown(
                reading,
                organization,
                &rule.when.with_device_groups,
            )?,
            verdict,
            reply_profile: reply_profile.map(|profile| profile.uuid),
            reply_message,
        })
    });
    rules.collect()
}

/// The rules with what they name found.
pub(super) fn resolve(
    rules: Vec<Rule>,
    reading: &ReadingTransaction,
    organization: OrganizationId,
) -> Result<Vec<records::NetworkRule>, Problem> {
    let profiles = reading.authorize::<View>(organization)?.reply_profiles();
    let rules = rules.into_iter().enumerate().map(|(position, rule)| {
        let pointer = |name: &str| format!("/rules/{position}/{name}");
        let wrong = |name: &str, message: &str| {
            Problem::from(directory::Invalid::new(pointer(name), message))
        };
        let then = match (rule.verdict, rule.reply_profile, rule.reply_message) {
            (Verdict::Accept, _, Some(_)) => {
                return Err(wrong("reply_message", "an accept tells nothing; leave it out"));
            }
            (Verdict::Accept, None, None) => records::RuleVerdict::Accept(None),
            (Verdict::Accept, Some(uuid), None) => {
                let (found, pointer) = (profiles.id_of(uuid), pointer("reply_profile"));
                let found = found.map_err(|error| dangling(error, pointer, "reply profile"))?;
                records::RuleVerdict::Accept(Some(found))
            }
            (Verdict::Reject, Some(_), _) => {
                return Err(wrong("reply_profile", "a rejection carries nothing"));
            }
            (Verdict::Reject, None, None) => records::RuleVerdict::Reject,
            (Verdict::Reject, None, Some(message)) => records::RuleVerdict::RejectSaying(message),
        };
        let found = |uuids: &[Uuid], name: &str| {
            groups::resolve(reading, organization, uuids, &format!("/rules/{position}/{name}"))
        };
        let when = records::Conditions {
            groups: found(&rule.groups, "groups")?,
            methods: rule.methods,
            port_types: rule.port_types,
            ssids: rule.ssids,
            times: rule.times.into_iter().map(Into::into).collect(),
            gear: rule.nas_identifiers,
            gear_networks: rule.nas_networks.into_iter().map(|network| network.0).collect(),
            service_types: rule.service_types,
            with_device: rule.with_device,
            with_device_groups: found(&rule.with_device_groups, "with_device_groups")?,
        };
        Ok(records::NetworkRule { name: rule.name, when, then })
    });
    rules.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_has_two_digits_and_two_digits() {
        for (text, expected) in [
            ("00:00", Some(0)),
            ("08:30", Some(510)),
            ("24:00", Some(1440)),
            ("24:01", None),
            ("08:60", None),
            ("8:30", None),
            ("+8:30", None),
            ("0830", None),
            ("", None),
        ] {
            assert_eq!(minute(text), expected, "{text}");
        }
        assert_eq!(serde_json::to_value(Clock(510)).unwrap(), "08:30");
    }

    #[test]
    fn days_come_back_as_they_were_written() {
        let text =
            serde_json::json!({"days": ["monday", "sunday"], "from": "00:00", "to": "24:00"});
        let period: Period = serde_json::from_value(text.clone()).unwrap();
        let record = records::WeekPeriod::from(period);
        assert_eq!((record.days, record.from, record.to), (0b100_0001, 0, 1440));
        assert_eq!(serde_json::to_value(Period::from(record)).unwrap(), text);
    }
}
