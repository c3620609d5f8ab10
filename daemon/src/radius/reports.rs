//! Pure functions from RADIUS's reports of sessions to the directory's.

use directory::accounting::{SessionReport, Stage};
use directory::records::{Carried, CertificateMark, Granted, Traffic};
use directory::{OrganizationId, RadiusClientId, Time};
use radius::{Accounting, AccountingStatus, AttributeType};

use super::candidates::ClientKey;

/// The longest that gear may have held a report back, in seconds.
const LONGEST_DELAY: u32 = 7 * 24 * 60 * 60;

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
    let delay = number(AttributeType::ACCT_DELAY_TIME).unwrap_or_default().min(LONGEST_DELAY);
    Some(SessionReport {
        organization,
        client,
        stage,
        at: Time(now.0.saturating_sub(u64::from(delay).saturating_mul(1_000))),
        name,
        gear: gear(accounting),
        login: text(accounting.octets(AttributeType::USER_NAME)),
        traffic: Traffic {
            seconds: number(AttributeType::ACCT_SESSION_TIME).unwrap_or_default(),
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
    })
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
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
