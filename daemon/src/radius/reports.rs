//! Pure functions from RADIUS's reports of sessions to the directory's.

use directory::accounting::{SessionReport, Stage};
use directory::records::{Carried, CertificateMark, Granted, Prefixes, Traffic};
use directory::{OrganizationId, RadiusClientId, Time};
use ipnet::Ipv6Net;
use radius::{Accounting, AccountingStatus, AttributeType};

use super::candidates::ClientKey;

/// The longest that gear may have held a report back, in seconds.
const LONGEST_DELAY: u32 = 7 * 24 * 60 * 60;
/// The longest without saying so but by a date, in seconds. The clock of gear that is slow by as much
/// makes no session look silent, and one that shows the time of another zone is not believed.
const LONGEST_UNSAID: u64 = 10 * 60;
/// The longest that a session may have lasted, in seconds; more is a counter gone wrong.
const LONGEST_SESSION: u32 = 5 * 365 * 24 * 60 * 60;

/// What is reported; `None` for what is about no session.
pub(super) fn report(accounting: &Accounting<ClientKey>, now: Time) -> Option<SessionReport> {
    let stage = match accounting.status() {
        AccountingStatus::Start => Stage::Started,
        AccountingStatus::InterimUpdate => Stage::Continues,
        AccountingStatus::Stop => Stage::Stopped,
        AccountingStatus::On | AccountingStatus::Off => Stage::Restarted,
        AccountingStatus::Other(_) => return None,
    };
    let name = text(accounting.octets(AttributeType::ACCT_SESSION_ID));
    if name.is_empty() && stage != Stage::Restarted {
        return None;
    }
    let number = |kind| accounting.number(kind);
    let classes = || {
        let all = accounting.attributes().filter(|it| it.kind == AttributeType::CLASS);
        all.map(|it| it.value)
    };
    let (organization, client): (OrganizationId, RadiusClientId) = accounting.client();
    let mark = CertificateMark::of_class;
    let is_own = |class: &[u8]| {
        mark(class).is_some()
            || Granted::of_class(class, organization).is_some()
            || Carried::of_class(class, organization).is_some()
    };
    let (granted, carried) = Granted::of_classes(classes, organization).unzip();
    let [delay, mut date, lasted] = [
        AttributeType::ACCT_DELAY_TIME,
        AttributeType::EVENT_TIMESTAMP,
        AttributeType::ACCT_SESSION_TIME,
    ]
    .map(number);
    // It tells that the session is there, and that it is heard of, by our clock.
    date.take_if(|_| stage == Stage::Continues);
    Some(SessionReport {
        organization,
        client,
        stage,
        at: time_of(delay, date, now),
        name,
        gear: gear(accounting),
        login: text(accounting.octets(AttributeType::USER_NAME)),
        traffic: Traffic {
            seconds: lasted.filter(|lasted| *lasted <= LONGEST_SESSION).unwrap_or_default(),
            octets_in: accounting
                .count(AttributeType::ACCT_INPUT_OCTETS, AttributeType::ACCT_INPUT_GIGAWORDS),
            octets_out: accounting
                .count(AttributeType::ACCT_OUTPUT_OCTETS, AttributeType::ACCT_OUTPUT_GIGAWORDS),
            packets_in: number(AttributeType::ACCT_INPUT_PACKETS).unwrap_or_default(),
            packets_out: number(AttributeType::ACCT_OUTPUT_PACKETS).unwrap_or_default(),
        },
        ipv4: accounting.framed_ipv4(),
        ipv6: accounting.framed_ipv6(),
        calling: text(accounting.octets(AttributeType::CALLING_STATION_ID)),
        called: text(accounting.octets(AttributeType::CALLED_STATION_ID)),
        cause: number(AttributeType::ACCT_TERMINATE_CAUSE),
        class: classes().find(|class| !is_own(class)).unwrap_or_default().to_vec(),
        gear_address: accounting.nas_ip(),
        source: accounting.source().ip().to_canonical(),
        certificate: classes().find_map(mark),
        port: number(AttributeType::NAS_PORT),
        granted,
        carried: carried.unwrap_or_default(),
        prefixes: Prefixes {
            framed: prefix(accounting, AttributeType::FRAMED_IPV6_PREFIX),
            delegated: prefix(accounting, AttributeType::DELEGATED_IPV6_PREFIX),
        },
    })
}

/// A prefix without the bits behind it, which some gear leaves there.
fn prefix(accounting: &Accounting<ClientKey>, kind: AttributeType) -> Option<Ipv6Net> {
    let (address, length) = accounting.ipv6_prefix(kind)?;
    Ipv6Net::new(address, length).ok().map(|prefix| prefix.trunc())
}

/// When it was so that is reported: before the delay that gear tells of
/// ([RFC 2866, section 5.2](https://www.rfc-editor.org/rfc/rfc2866#section-5.2)), or else at the date
/// that it gives ([RFC 2869, section 5.3](https://www.rfc-editor.org/rfc/rfc2869#section-5.3)).
fn time_of(delay: Option<u32>, date: Option<u32>, now: Time) -> Time {
    if let Some(delay) = delay {
        let delay = u64::from(delay.min(LONGEST_DELAY));
        return Time(now.0.saturating_sub(delay.saturating_mul(1_000)));
    }
    let is_credible = |date: &u64| {
        now.seconds().checked_sub(*date).is_some_and(|held_back| held_back <= LONGEST_UNSAID)
    };
    let date = date.map(u64::from).filter(is_credible);
    // By the end of its second: so what comes at once is of now, in order with what has no date.
    date.map_or(now, |date| Time(date.saturating_mul(1_000).saturating_add(999).min(now.0)))
}

/// The gear's identifier or else its address; where it names itself by neither, where it sends
/// from.
fn gear(accounting: &Accounting<ClientKey>) -> String {
    let identifier = accounting.octets(AttributeType::NAS_IDENTIFIER);
    if !identifier.is_empty() {
        return text(identifier);
    }
    let address = accounting.nas_ip().unwrap_or_else(|| accounting.source().ip());
    address.to_string()
}

/// Text of at most 253 octets; what is none is shown as far as it is, without control characters.
fn text(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    // As nearly all of it is.
    if text.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return text.into_owned();
    }
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_700_000_000_250);

    #[test]
    fn rfc2869_5_3_a_date_counts_where_no_delay_is_told_and_a_clock_could_show_it() {
        let now = 1_700_000_000;
        for (delay, date, ago) in [
            (None, None, 0),
            (Some(5), None, 5_000),
            (Some(0), Some(now - 60), 0),
            (Some(u32::MAX), None, 7 * 24 * 60 * 60 * 1_000),
            // What comes at once is of now.
            (None, Some(now), 0),
            (None, Some(now - 1), 251),
            (None, Some(now - 300), 299_251),
            (None, Some(now - 10 * 60), 10 * 60 * 1_000 - 749),
            // Clocks that are wrong.
            (None, Some(now - 10 * 60 - 1), 0),
            (None, Some(now + 1), 0),
            (None, Some(0), 0),
            (None, Some(u32::MAX), 0),
        ] {
            let told = time_of(delay, date, NOW);
            assert_eq!(NOW.0 - told.0, ago, "{delay:?} {date:?}");
        }
    }
}
