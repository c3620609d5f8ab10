//! Where something goes, with what proves whom it is from.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use storage::{EventLog, Kind, Reading, Snapshot};

use super::{DeliveredEvent, DestinationKey, LogOf, Route, Trust, WebAddress};
use crate::access::organization;
use crate::error::{Error, Invalid};
use crate::events::hexadecimal;
use crate::id::{Place, RecordId};
use crate::records::{DeliveryWay, EventDestination, kinds};
use crate::time::Time;

/// The folder of files with the provider's own events.
const PROVIDER: &str = "provider";

/// Where events of a log go, as things are at a time.
pub(super) fn route(
    (source, log): (&Snapshot, &EventLog),
    key: DestinationKey,
    destination: &EventDestination,
    (events, now): (&[DeliveredEvent], Time),
) -> Result<Route, Error> {
    match &destination.fields.way {
        DeliveryWay::Syslog { host, port, in_clear, server_name, authorities } => {
            let server_name = server_name.clone().unwrap_or_else(|| host.clone());
            let trust = match in_clear {
                true => None,
                false => Some(trust(source, key, destination, (server_name, authorities))?),
            };
            Ok(Route::Syslog { host: host.clone(), port: *port, trust })
        }
        DeliveryWay::Webhook { url, authorities } => {
            let address =
                WebAddress::read(url).map_err(|message| Invalid::new("/webhook/url", message))?;
            let trust = trust(source, key, destination, (address.host.clone(), authorities))?;
            let mut body = String::new();
            for event in events {
                body.push_str(&event.json);
                body.push('\n');
            }
            let signature = signature(source, key, destination, (&body, now))?;
            let mut numbers = events.iter().filter_map(|event| event.sequence);
            let (first, last) = (numbers.clone().next(), numbers.next_back());
            let span = first.zip(last).map(|(first, last)| format!("{first}-{last}"));
            let span = span.unwrap_or_else(|| "test".to_owned());
            let headers = vec![
                ("Tenantry-Delivery", format!("{}/{span}", destination.uuid)),
                ("Tenantry-Signature", signature),
            ];
            Ok(Route::Webhook { address, trust, headers, body })
        }
        DeliveryWay::Files => {
            let folder = match key.place {
                Place::Provider => PROVIDER.to_owned(),
                Place::Organization(id) => {
                    organization(source, id)?.ok_or(Error::Missing)?.uuid.to_string()
                }
            };
            let log = LogOf { events: log.clone(), partition: key.place.partition() };
            Ok(Route::Files { folder, log })
        }
    }
}

fn trust(
    source: &Snapshot,
    key: DestinationKey,
    destination: &EventDestination,
    (server_name, authorities): (String, &Option<String>),
) -> Result<Trust, Error> {
    let secret = source.secret(key.home.partition(), kinds::DELIVERY_KEY, key.id.record())?;
    let client = secret.filter(|_| !destination.client.is_empty());
    let client = client.map(|secret| (destination.client.clone(), secret));
    Ok(Trust { server_name, authorities: authorities.clone(), client })
}

/// The signatures of a body at a time, one with each secret that counts: `t` says the time in seconds,
/// and each `v1` is HMAC-SHA256 over that, a full stop, and the body.
fn signature(
    source: &Snapshot,
    key: DestinationKey,
    destination: &EventDestination,
    (body, now): (&str, Time),
) -> Result<String, Error> {
    let (partition, seconds) = (key.home.partition(), now.seconds());
    let secret = |kind: Kind| source.secret(partition, kind, key.id.record());
    let previous = match destination.previous_until {
        Some(until) if until > now => secret(kinds::PREVIOUS_WEBHOOK_SECRET)?,
        Some(_) | None => None,
    };
    let mut text = format!("t={seconds}");
    for secret in [secret(kinds::WEBHOOK_SECRET)?, previous].into_iter().flatten() {
        text.push_str(",v1=");
        text.push_str(&signed(secret.expose(), seconds, body));
    }
    Ok(text)
}

fn signed(secret: &[u8], seconds: u64, body: &str) -> String {
    // A key may have any length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    let mac = mac.chain_update(seconds.to_string()).chain_update(".").chain_update(body);
    hexadecimal(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python's `hmac.new(secret, b"1700000000." + body, "sha256").hexdigest()` says.
    #[test]
    fn a_body_is_signed_as_the_page_for_operators_says() {
        let signed = signed(b"a secret", 1_700_000_000, "{\"a\":1}\n");
        assert_eq!(signed, SIGNED);
    }

    const SIGNED: &str = "666f9cacea64941ffaee0708d98a3bbb6dafbc38b629cc7c113eb3e13501eddb";
}
