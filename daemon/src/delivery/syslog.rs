//! Syslog messages (RFC 5424) over a stream, each behind its length (RFC 6587 section 3.4.1), inside
//! TLS (RFC 5425) as a rule.
//!
//! Nobody answers a syslog message. So each connection ends with its messages: that the receiver ends
//! it as well, and not before, shows that it has read them all (RFC 5425 section 4.4).

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use directory::delivery::{DeliveredEvent, Sent, Trust};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::route::{Roads, is_end};

/// The facility of messages about security and authorization.
const FACILITY: u8 = 10;
/// The severities of what was done and of what was not.
const INFORMATIONAL: u8 = 6;
const WARNING: u8 = 4;
/// The most octets of a host's name and of a message's kind.
const HOST: usize = 255;
const KIND: usize = 32;
/// How long a receiver is listened to before the connection ends. Some that do not believe the sender
/// say so by nothing but ending it themselves, behind a handshake that went well.
const HEARING: Duration = Duration::from_millis(500);
/// So much of what a receiver says is read and thrown away.
const ANSWER: usize = 64 * 1024;

/// Sends events, and waits until the receiver has ended the connection.
pub(super) async fn send(
    roads: &Roads,
    to: (&str, u16),
    trust: Option<&Trust>,
    events: &[DeliveredEvent],
) -> Sent {
    let messages = messages(events, host());
    let sent = match trust {
        Some(trust) => match roads.connect_tls(to, trust).await {
            Ok(stream) => converse(stream, &messages).await,
            Err(reason) => Err(reason),
        },
        None => match roads.connect(to).await {
            Ok(stream) => converse(stream, &messages).await,
            Err(reason) => Err(reason),
        },
    };
    sent.map_or_else(Sent::failed, |()| Sent::Done)
}

const REFUSED: &str =
    "the receiver ended the connection at once: it may want a client certificate, or another one";

async fn converse<S>(mut stream: S, messages: &[u8]) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |error: std::io::Error| format!("the connection broke off: {error}");
    stream.write_all(messages).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let (mut answer, mut read) = ([0; 512], 0);
    match tokio::time::timeout(HEARING, stream.read(&mut answer)).await {
        Err(_) | Ok(Ok(1..)) => {}
        Ok(Ok(0)) => return Err(REFUSED.to_owned()),
        Ok(Err(error)) if is_end(&error) => return Err(REFUSED.to_owned()),
        Ok(Err(error)) => return Err(broken(error)),
    }
    stream.shutdown().await.map_err(broken)?;
    loop {
        match stream.read(&mut answer).await {
            Ok(0) => return Ok(()),
            Ok(octets) if read < ANSWER => read += octets,
            Ok(_) => return Err("the receiver answers, which syslog receivers do not".to_owned()),
            Err(error) if is_end(&error) => return Ok(()),
            Err(error) => return Err(broken(error)),
        }
    }
}

/// The messages, each behind its length.
fn messages(events: &[DeliveredEvent], host: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for event in events {
        let message = message(event, host);
        out.extend_from_slice(format!("{} ", message.len()).as_bytes());
        out.extend_from_slice(message.as_bytes());
    }
    out
}

/// A message: the line of an export behind a head that says when, where and what.
fn message(event: &DeliveredEvent, host: &str) -> String {
    let severity = if event.success { INFORMATIONAL } else { WARNING };
    let kind = event.action.get(..KIND).unwrap_or(&event.action);
    let mut message = String::with_capacity(event.json.len() + 128);
    // Writing into memory does not fail.
    let _written = write!(
        message,
        "<{}>1 {} {host} tenantry - {kind} - {}",
        FACILITY * 8 + severity,
        time(event.at.0),
        event.json
    );
    message
}

/// A time as RFC 3339 writes it, to the millisecond.
fn time(milliseconds: u64) -> String {
    let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
    let time =
        jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// What this machine is called, in the letters that a message may have there.
fn host() -> &'static str {
    static HOST_NAME: LazyLock<String> = LazyLock::new(|| {
        let name = rustix::system::uname();
        named(&name.nodename().to_string_lossy())
    });
    &HOST_NAME
}

fn named(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_graphic).take(HOST);
    let name: String = letters.collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use directory::Time;

    use super::*;

    fn event(action: &str, success: bool, json: &str) -> DeliveredEvent {
        DeliveredEvent {
            sequence: Some(7),
            at: Time(1_700_000_000_005),
            action: action.into(),
            success,
            json: json.into(),
        }
    }

    #[test]
    fn each_message_stands_behind_its_length_in_octets() {
        let events = [event("sign_in", true, "{\"a\":\"ü\"}"), event("ldap_bind", false, "{}")];
        let first = "<86>1 2023-11-14T22:13:20.005Z gw.example tenantry - sign_in - {\"a\":\"ü\"}";
        let second = "<84>1 2023-11-14T22:13:20.005Z gw.example tenantry - ldap_bind - {}";
        let expected = format!("{} {first}{} {second}", first.len(), second.len());
        assert_eq!(String::from_utf8(messages(&events, "gw.example")).unwrap(), expected);
    }

    #[test]
    fn a_head_has_no_letters_that_it_may_not_have() {
        assert_eq!(named("gw.example"), "gw.example");
        assert_eq!(named("g w\u{e4}\n.example"), "gw.example");
        assert_eq!(named(""), "-");
        assert_eq!(named(&"x".repeat(300)).len(), 255);
        let long = message(&event(&"x".repeat(40), true, "{}"), "-");
        assert!(long.contains(&format!(" - {} - ", "x".repeat(32))), "{long}");
    }

    #[tokio::test]
    async fn messages_have_arrived_once_the_receiver_ends_the_connection() {
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let sending = tokio::spawn(async move { converse(near, b"2 ab").await });
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"2 ab");
        assert!(!sending.is_finished());
        drop(far);
        assert_eq!(sending.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn a_receiver_that_ends_the_connection_first_does_not_have_them() {
        let (near, far) = tokio::io::duplex(1 << 16);
        let sending = tokio::spawn(async move { converse(near, b"2 ab").await });
        let mut read = [0; 4];
        let mut far = far;
        far.read_exact(&mut read).await.unwrap();
        drop(far);
        assert_eq!(sending.await.unwrap(), Err(REFUSED.to_owned()));
    }
}
