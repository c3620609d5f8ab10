//! SASL mechanisms (RFC 4513 section 5.2): PLAIN and EXTERNAL, each of one message.

use bytes::Bytes;

use super::request::{Bind, Refusal};
use crate::ber::Reader;
use crate::{ExternalRequest, Password, PlainRequest, Text, sasl};

/// Reads the credentials of a SASL Bind.
pub(super) fn bind(credentials: &[u8]) -> Result<Bind, Refusal> {
    let mut reader = Reader::new(credentials);
    let mechanism = reader.octets()?;
    let response = reader.optional(0x04)?;
    match (std::str::from_utf8(mechanism), response) {
        (Ok(sasl::PLAIN), Some(response)) => plain(response),
        (Ok(sasl::PLAIN), None) => Ok(Bind::Unanswered),
        (Ok(sasl::EXTERNAL), response) => {
            let authorization = text(response.unwrap_or_default())?;
            Ok(Bind::External(ExternalRequest { authorization }))
        }
        (Ok(_) | Err(_), _) => Ok(Bind::Mechanism),
    }
}

/// `[authorization] NUL authentication NUL password` (RFC 4616 section 2).
fn plain(response: &[u8]) -> Result<Bind, Refusal> {
    let mut parts = response.split(|octet| *octet == 0);
    let (Some(authorization), Some(authentication), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Response);
    };
    if authentication.is_empty() || password.is_empty() {
        return Err(Refusal::Response);
    }
    let (authorization, authentication) = (text(authorization)?, text(authentication)?);
    let password = Password::new(password);
    Ok(Bind::Plain(PlainRequest { authorization, authentication, password }))
}

fn text(octets: &[u8]) -> Result<Text, Refusal> {
    Text::new(Bytes::copy_from_slice(octets)).ok_or(Refusal::Response)
}
