//! Pure functions from the directory's words about orders to RADIUS's, and back.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use directory::RecordId as _;
use directory::orders::{OrderOutcome, OrderPlace, Ordered, SessionOrder};
use directory::records::{NamedAttribute, ReplyProfileFields, Session};
use radius::{
    AttributeType, Obedience, OrderEnd, OrderKind, OrderText, Reply, ReplyError, Secret,
    cause_in_words,
};

use super::super::view::of_profile;

/// By what an order takes its turn: where its gear listens, or what stands in for the connections of its
/// RADIUS client, which have nothing in common that is an address: one to which no packet goes.
pub(super) fn destination(order: &SessionOrder) -> Result<SocketAddr, String> {
    /// The first octet of addresses that nobody has: IANA keeps 0100::/8 free, and RFC 6666 discards
    /// what goes to the first of them.
    const NOWHERE: u128 = 0x0100 << 112;
    match order.to.map_err(ToOwned::to_owned)? {
        OrderPlace::Datagram(to) => Ok(to),
        OrderPlace::Connection(_) => {
            let organization = u128::from(order.organization.number()) << 64;
            let client = u128::from(order.session.client.record());
            Ok((Ipv6Addr::from(NOWHERE | organization | client), 0).into())
        }
    }
}

/// An order as it goes to the gear; or why it cannot.
pub(super) fn written(order: &SessionOrder) -> Result<OrderText, String> {
    let to = destination(order)?;
    let (kind, change) = match &order.what {
        Ordered::End => (OrderKind::Disconnect, Reply::new()),
        Ordered::Change(profile) => (OrderKind::Change, change_of(profile)?),
    };
    let session = naming(&order.session)?;
    // An empty secret proves nothing; the directory accepts none.
    let secrets = order.secrets.iter().filter_map(|secret| Secret::new(secret.expose()).ok());
    let secrets: Vec<Secret> = secrets.collect();
    // Down a connection all have the same secret, or none.
    if secrets.is_empty() && matches!(order.to, Ok(OrderPlace::Datagram(_))) {
        return Err("no secret is shared with the gear".to_owned());
    }
    Ok(OrderText { to, kind, secrets, session, change })
}

/// Standard attributes that only name a session in an order (RFC 5176, section 3): User-Name,
/// Framed-IP-Address, and Framed-IPv6-Prefix.
const NAMING: [u8; 3] = [1, 8, 97];
const NOTHING: &str = "the reply profile says nothing that a session could go on with";

/// What a session goes on with; what a profile says beside it counts for accepts alone.
fn change_of(profile: &ReplyProfileFields) -> Result<Reply, String> {
    let names = |it: &NamedAttribute| it.vendor.is_none() && NAMING.contains(&it.number);
    let written = if profile.attributes.iter().any(names) {
        let mut profile = profile.clone();
        profile.attributes.retain(|it| !names(it));
        of_profile(&profile)
    } else {
        of_profile(profile)
    };
    let change = written.map_err(|error| error.to_string())?;
    if change.as_octets().is_empty() { Err(NOTHING.to_owned()) } else { Ok(change) }
}

const UNNAMED: &str = "the gear's own name for the session is no text, and is not kept as it was";

/// Whether a text is what the gear said: octets that are no text were kept as signs that say so.
fn is_own(text: &str) -> bool {
    !text.contains('\u{fffd}')
}

/// Names a session as its gear does, by what was kept as the gear said it.
fn naming(session: &Session) -> Result<Reply, String> {
    if !is_own(&session.name) {
        return Err(UNNAMED.to_owned());
    }
    named(session).map_err(|error| error.to_string())
}

/// Names a session (RFC 5176, section 3).
fn named(session: &Session) -> Result<Reply, ReplyError> {
    let mut named = Reply::new();
    let mut text = |kind, text: &str| match text {
        text if text.is_empty() || !is_own(text) => Ok(()),
        text => named.text(kind, text).map(drop),
    };
    text(AttributeType::USER_NAME, &session.login)?;
    text(AttributeType::ACCT_SESSION_ID, &session.name)?;
    text(AttributeType::CALLING_STATION_ID, &session.calling)?;
    // What is an address is what stood in for an identifier that the gear does not have.
    if session.gear.parse::<IpAddr>().is_err() {
        text(AttributeType::NAS_IDENTIFIER, &session.gear)?;
    }
    if let Some(port) = session.port {
        named.integer(AttributeType::NAS_PORT, port)?;
    }
    if let Some(address) = session.ipv4 {
        named.ipv4(AttributeType::FRAMED_IP_ADDRESS, address)?;
    }
    match session.gear_address {
        Some(IpAddr::V4(address)) => {
            named.ipv4(AttributeType::NAS_IP_ADDRESS, address)?;
        }
        Some(IpAddr::V6(address)) => {
            named.ipv6(AttributeType::NAS_IPV6_ADDRESS, address)?;
        }
        None => {}
    }
    Ok(named)
}

const CROWDED: &str = "too many orders wait";

/// What became of an order.
pub(super) fn outcome(end: OrderEnd) -> OrderOutcome {
    match end {
        OrderEnd::Answered(obedience) | OrderEnd::Repeated(obedience) => match obedience {
            Obedience::Done => OrderOutcome::Done,
            Obedience::Refused(cause) => OrderOutcome::Refused(refusal(cause)),
        },
        OrderEnd::Silence => OrderOutcome::Silent,
        OrderEnd::Unwritable(error) => OrderOutcome::NotSent(error.to_string()),
        OrderEnd::Crowded => OrderOutcome::NotSent(CROWDED.to_owned()),
    }
}

fn refusal(cause: Option<u32>) -> String {
    let Some(cause) = cause else { return "it did not say why".to_owned() };
    match cause_in_words(cause) {
        Some(words) => format!("{words} (Error-Cause {cause})"),
        None => format!("Error-Cause {cause}"),
    }
}

#[cfg(test)]
mod tests {
    use directory::records::{Carried, NamedValue, Prefixes, Traffic};
    use directory::{RadiusClientId, RecordId, Time};

    use super::*;

    /// A session of which gear told four texts.
    fn session([name, gear, login, calling]: [&str; 4]) -> Session {
        Session {
            uuid: uuid::Uuid::nil(),
            client: RadiusClientId::from_record(1).unwrap(),
            key: None,
            name: name.into(),
            gear: gear.into(),
            login: login.into(),
            user: None,
            started: Time(0),
            updated: Time(0),
            ended: None,
            interval: 0,
            traffic: Traffic::default(),
            ipv4: None,
            ipv6: None,
            calling: calling.into(),
            called: String::new(),
            cause: None,
            class: Vec::new(),
            gear_address: None,
            source: None,
            certificate: None,
            port: None,
            granted: None,
            changed: None,
            carried: Carried::default(),
            prefixes: Prefixes::default(),
            device: None,
        }
    }

    #[test]
    fn a_session_is_named_by_what_was_kept_as_the_gear_said_it() {
        let named = |texts| naming(&session(texts)).map(|named| named.as_octets().to_vec());
        assert_eq!(named(["1", "ap", "ada", ""]).unwrap(), b"\x01\x05ada\x2c\x031\x20\x04ap");
        // The address where the gear has no name.
        assert_eq!(named(["1", "192.0.2.1", "", "ab"]).unwrap(), b"\x2c\x031\x1f\x04ab");
        let lost = "\u{fffd}".repeat(253);
        assert_eq!(named(["1", &lost, &lost, &lost]).unwrap(), b"\x2c\x031");
        assert_eq!(named(["\u{fffd}1", "ap", "ada", ""]), Err(UNNAMED.to_owned()));
    }

    #[test]
    fn what_names_a_session_is_not_changed_in_it() {
        let named = |number, value| NamedAttribute {
            name: String::new(),
            vendor: None,
            number,
            tag: None,
            value,
        };
        let naming = vec![
            named(1, NamedValue::Text("ada".into())),
            named(8, NamedValue::Address([10, 1, 2, 3].into())),
            named(97, NamedValue::Ipv6Prefix("2001:db8::/64".parse().unwrap())),
        ];
        let mut profile = ReplyProfileFields { attributes: naming, ..Default::default() };
        assert_eq!(change_of(&profile).err().as_deref(), Some(NOTHING));
        profile.attributes.push(named(11, NamedValue::Text("slow".into())));
        assert_eq!(change_of(&profile).unwrap().as_octets(), b"\x0b\x06slow");
        profile.vlan = Some("20".into());
        assert!(change_of(&profile).unwrap().as_octets().len() > 6);
    }

    #[test]
    fn a_refusal_is_told_in_words_with_its_number() {
        let end = |cause| outcome(OrderEnd::Answered(Obedience::Refused(cause))).reason().unwrap();
        assert_eq!(end(None), "the gear refused: it did not say why");
        assert_eq!(
            end(Some(503)),
            "the gear refused: the gear knows no such session (Error-Cause 503)"
        );
        assert_eq!(end(Some(999)), "the gear refused: Error-Cause 999");
    }
}
