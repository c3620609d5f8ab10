//! Lines of JSON in one request over HTTPS (RFC 9112). Nothing of the answer counts but its status:
//! whoever says that they are elsewhere is not followed there.

use std::time::UNIX_EPOCH;

use directory::Time;
use directory::delivery::{Sent, Trust, WebAddress};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::route::{Roads, is_end};
use crate::clock::Clock;

/// The most octets of an answer's head.
const HEAD: usize = 16 * 1024;
/// The most headers of an answer.
const HEADERS: usize = 64;
/// The most heads of answers before the one that counts.
const INTERIM: usize = 8;

/// Posts lines to an address.
pub(super) async fn post(
    roads: &Roads,
    address: &WebAddress,
    trust: &Trust,
    (headers, body): (&[(&'static str, String)], &str),
    clock: Clock,
) -> Sent {
    let answered = match roads.connect_tls((&address.host, address.port), trust).await {
        Ok(stream) => exchange(stream, &head(address, headers, body.len()), body).await,
        Err(reason) => Err(reason),
    };
    answered.map_or_else(Sent::failed, |answer| answer.judged(Time(clock.wall())))
}

fn head(address: &WebAddress, headers: &[(&'static str, String)], length: usize) -> String {
    let mut head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tenantry/{}\r\n\
         Content-Type: application/jsonl\r\nContent-Length: {length}\r\nConnection: close\r\n",
        address.target,
        address.authority,
        env!("CARGO_PKG_VERSION"),
    );
    for (name, value) in headers {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head
}

async fn exchange<S>(mut stream: S, head: &str, body: &str) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = [head, body].concat();
    let written = stream.write_all(request.as_bytes()).await;
    let written = match written {
        Ok(()) => stream.flush().await,
        Err(error) => Err(error),
    };
    // A receiver may answer before it has read all, and then read no more.
    match (answer(&mut stream).await, written) {
        (Err(_), Err(error)) => Err(format!("the connection broke off: {error}")),
        (answered, _) => answered,
    }
}

const UNANSWERED: &str = "the receiver ended the connection without an answer";

/// What of an answer counts.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    retry_after: Option<RetryAfter>,
}

/// When a receiver wants to be asked again (RFC 9110 section 10.2.3).
#[derive(Debug, PartialEq, Eq)]
enum RetryAfter {
    /// After so many seconds.
    Delay(u64),
    /// From a time on.
    Date(Time),
}

impl RetryAfter {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Self::Delay(seconds));
        }
        let date = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(date.as_millis()).ok().map(|date| Self::Date(Time(date)))
    }

    /// In so many milliseconds; none of a time that is over.
    fn wait(&self, now: Time) -> u64 {
        match self {
            Self::Delay(seconds) => seconds.saturating_mul(1_000),
            Self::Date(date) => date.0.saturating_sub(now.0),
        }
    }
}

impl Answer {
    fn judged(&self, now: Time) -> Sent {
        let Self { status, retry_after } = self;
        let reason = match status {
            200..300 => return Sent::Done,
            300..400 => format!("the receiver answered {status}; it is not followed elsewhere"),
            _ => format!("the receiver answered {status}"),
        };
        Sent::Failed { reason, wait: retry_after.as_ref().map(|it| it.wait(now)) }
    }
}

/// Reads the head of an answer.
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Result<Answer, String> {
    let (mut read, mut interim) = (Vec::new(), 0);
    loop {
        if let Some((length, answer)) = parsed(&read)? {
            if answer.status >= 200 {
                return Ok(answer);
            }
            interim += 1;
            if interim > INTERIM {
                return Err("the receiver begins to answer again and again".to_owned());
            }
            read.drain(..length.min(read.len()));
            continue;
        }
        if read.len() >= HEAD {
            return Err("the receiver's answer has too long a head".to_owned());
        }
        match stream.read_buf(&mut read).await {
            Ok(0) => return Err(UNANSWERED.to_owned()),
            Ok(_) => {}
            Err(error) if is_end(&error) => return Err(UNANSWERED.to_owned()),
            Err(error) => return Err(format!("the connection broke off: {error}")),
        }
    }
}

/// The head of an answer with its length, once it is whole.
fn parsed(octets: &[u8]) -> Result<Option<(usize, Answer)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(octets);
    let parsed = parsed.map_err(|error| format!("the receiver does not speak HTTP: {error}"))?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let named = |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case("retry-after");
    let retry_after = response.headers.iter().find(named);
    let retry_after = retry_after.and_then(|header| std::str::from_utf8(header.value).ok());
    let retry_after = retry_after.and_then(RetryAfter::read);
    Ok(Some((length, Answer { status: response.code.unwrap_or(0), retry_after })))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::ReadBuf;

    use super::*;

    /// Half a minute before the dates below.
    const NOW: Time = Time(784_111_747_000);

    async fn answered(said: &'static [u8]) -> Sent {
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let other = tokio::spawn(async move {
            far.write_all(said).await.unwrap();
            far
        });
        let sent = exchange(near, "POST / HTTP/1.1\r\n\r\n", "{}\n").await;
        drop(other.await.unwrap());
        sent.map_or_else(Sent::failed, |answer| answer.judged(NOW))
    }

    /// A connection that ends without a word, of which TLS has something to say to programmers.
    struct Torn;

    impl AsyncRead for Torn {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let said = "no close_notify: https://docs.rs/";
            Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, said)))
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_without_a_word_has_no_answer_and_no_more_is_said_of_it() {
        assert_eq!(answer(&mut Torn).await, Err(UNANSWERED.to_owned()));
    }

    #[tokio::test]
    async fn what_was_taken_is_done_and_everything_else_is_not() {
        assert_eq!(answered(b"HTTP/1.1 204 No Content\r\n\r\n").await, Sent::Done);
        let later = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody";
        assert_eq!(answered(later).await, Sent::Done);
        let busy = b"HTTP/1.1 503 Busy\r\nRETRY-AFTER: 7\r\n\r\n";
        let reason = "the receiver answered 503".to_owned();
        assert_eq!(answered(busy).await, Sent::Failed { reason, wait: Some(7_000) });
        for (said, why) in [
            (&b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\n\r\n"[..], "not followed"),
            (b"HTTP/1.1 400 Bad Request\r\nRetry-After: soon\r\n\r\n", "answered 400"),
            (b"SSH-2.0-OpenSSH\r\n", "does not speak HTTP"),
        ] {
            let Sent::Failed { reason, wait: None } = answered(said).await else { panic!("{why}") };
            assert!(reason.contains(why), "{reason}");
        }
    }

    #[tokio::test]
    async fn when_to_ask_again_is_said_by_seconds_or_by_a_date_in_each_of_its_forms() {
        for (said, wanted) in [
            (&b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\n\r\n"[..], 30_000),
            (b"HTTP/1.1 503 Busy\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n", 30_000),
            (b"HTTP/1.1 503 Busy\r\nRetry-After: Sunday, 06-Nov-94 08:49:37 GMT\r\n\r\n", 30_000),
            (b"HTTP/1.1 503 Busy\r\nRetry-After: Sun Nov  6 08:49:37 1994\r\n\r\n", 30_000),
            // It is over.
            (b"HTTP/1.1 503 Busy\r\nRetry-After: Sun, 06 Nov 1994 08:49:00 GMT\r\n\r\n", 0),
        ] {
            let Sent::Failed { wait, .. } = answered(said).await else { panic!("taken") };
            assert_eq!(wait, Some(wanted), "{}", String::from_utf8_lossy(said));
        }
    }

    #[tokio::test]
    async fn an_answer_that_never_ends_is_not_read_for_ever() {
        let endless: &'static [u8] = Box::leak(
            [b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'a'; HEAD]].concat().into_boxed_slice(),
        );
        let Sent::Failed { reason, .. } = answered(endless).await else { panic!("taken") };
        assert!(reason.contains("too long a head"), "{reason}");
        let again: &'static [u8] =
            Box::leak(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(20).into_boxed_slice());
        let Sent::Failed { reason, .. } = answered(again).await else { panic!("taken") };
        assert!(reason.contains("again and again"), "{reason}");
    }

    #[test]
    fn a_request_says_what_it_is() {
        let address = WebAddress::read("https://siem.example:8443/in?of=acme").unwrap();
        let head = head(&address, &[("Tenantry-Delivery", "a/1-2".into())], 12);
        assert!(head.starts_with("POST /in?of=acme HTTP/1.1\r\nHost: siem.example:8443\r\n"));
        assert!(head.contains("\r\nContent-Length: 12\r\nConnection: close\r\n"));
        assert!(head.ends_with("\r\nTenantry-Delivery: a/1-2\r\n\r\n"), "{head}");
    }
}
