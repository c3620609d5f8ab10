//! Fetches lists of revoked certificates, over HTTP (RFC 5280 section 4.2.1.13): each proves itself by
//! its authority's signature, at which the directory looks.

use std::sync::Arc;
use std::time::Duration;

use directory::delivery::{DeliveryNetworks, WebAddress};
use directory::{Directory, ListToFetch, Time};
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::{JoinSet, spawn_blocking};

use crate::clock::Clock;
use crate::delivery::route::Roads;
use crate::lifecycle::{Shutdown, Tasks};

/// How often is looked for lists that are to be fetched.
const LOOK: Duration = Duration::from_secs(60);
/// What lies between the end of one and the look for others.
const BREATH: Duration = Duration::from_millis(100);
/// How long fetching one may take, from its name to its last octet.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many are fetched at the same time.
const AT_ONCE: usize = 32;
/// The most octets of an answer's head.
const HEAD: usize = 16 << 10;
/// The most headers of an answer.
const HEADERS: usize = 64;
/// The most octets of a list, as a text; the directory takes less.
const LIST: usize = 704 << 10;
const CLOSED: &str = "lets no lists be fetched from ([certificates] list_networks)";

/// Has lists be fetched for authorities that name an address; `private` are networks beside the
/// internet's in which that may lie.
pub(crate) fn start(tasks: &Tasks, directory: Directory, clock: Clock, private: Vec<IpNet>) {
    let shutdown = tasks.shutdown().clone();
    let roads = Arc::new(Roads::within(DeliveryNetworks { private }, CLOSED));
    let own = directory.clone();
    let due = move |room| due(own.clone(), clock, room);
    let settle = move |list| settle(directory.clone(), clock, Arc::clone(&roads), list);
    tasks.spawn(async move { keep_fetching(&shutdown, due, settle).await });
}

/// Fetches what is due, as much at a time as there is room for, until the daemon drains. It is looked
/// for more now and then, and when one ended: none waits for one that takes its time.
async fn keep_fetching<T, D, S>(
    shutdown: &Shutdown,
    due: impl Fn(usize) -> D,
    settle: impl Fn(T) -> S,
) where
    D: Future<Output = Vec<T>>,
    S: Future<Output = bool> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.draining() => return,
            () = tokio::time::sleep(LOOK) => {}
            Some(settled) = under_way.join_next() => {
                // What the store does not keep would be due at once.
                if !settled.unwrap_or(false) {
                    continue;
                }
                // One look serves all that end in a moment.
                tokio::time::sleep(BREATH).await;
            }
        }
        while under_way.try_join_next().is_some() {}
        for list in due(AT_ONCE.saturating_sub(under_way.len())).await {
            under_way.spawn(settle(list));
        }
    }
}

/// The lists that are to be fetched, so many at most.
async fn due(directory: Directory, clock: Clock, room: usize) -> Vec<ListToFetch> {
    let now = Time(clock.wall());
    match spawn_blocking(move || directory.lists_to_fetch(now, room)).await {
        Ok(Ok(due)) => due,
        Ok(Err(error)) => {
            tracing::error!(%error, "lists of revoked certificates are not fetched");
            Vec::new()
        }
        Err(error) => {
            tracing::error!(%error, "lists of revoked certificates are not fetched");
            Vec::new()
        }
    }
}

/// Fetches a list and hands it in; says whether the directory knows what became of it.
async fn settle(directory: Directory, clock: Clock, roads: Arc<Roads>, list: ListToFetch) -> bool {
    let fetched = tokio::time::timeout(PATIENCE, get(&roads, &list.address)).await;
    let late = || Err(format!("it took longer than {} s", PATIENCE.as_secs()));
    let got = fetched.unwrap_or_else(|_| late());
    let now = Time(clock.wall());
    match spawn_blocking(move || directory.list_fetched(list, got, now)).await {
        Ok(Ok(Ok(()))) => true,
        Ok(Ok(Err(why))) => {
            tracing::debug!(why, "a list of revoked certificates is not fetched");
            true
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "a list of revoked certificates is not kept");
            false
        }
        Err(error) => {
            tracing::error!(%error, "a list of revoked certificates is not kept");
            false
        }
    }
}

/// Gets what is at an address.
async fn get(roads: &Roads, address: &WebAddress) -> Result<Vec<u8>, String> {
    let stream = roads.connect((&address.host, address.port)).await?;
    exchange(stream, &request(address)).await
}

/// The request. By HTTP/1.0 nobody answers in chunks.
fn request(address: &WebAddress) -> String {
    format!(
        "GET {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: tenantry/{}\r\n\
         Accept: application/pkix-crl, */*\r\nConnection: close\r\n\r\n",
        address.target,
        address.authority,
        env!("CARGO_PKG_VERSION"),
    )
}

async fn exchange<S>(mut stream: S, request: &str) -> Result<Vec<u8>, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |error: std::io::Error| format!("the connection broke off: {error}");
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut read = Vec::new();
    loop {
        let is_end = stream.read_buf(&mut read).await.map_err(broken)? == 0;
        if let Some(body) = body(&read, is_end)? {
            return Ok(body);
        }
        if is_end {
            return Err("the server ended the connection within its answer".to_owned());
        }
    }
}

/// The body of an answer, once it is whole.
fn body(octets: &[u8], is_end: bool) -> Result<Option<Vec<u8>>, String> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(octets);
    let parsed = parsed.map_err(|error| format!("the server does not speak HTTP: {error}"))?;
    let httparse::Status::Complete(head) = parsed else {
        if octets.len() >= HEAD {
            return Err("the server's answer has too long a head".to_owned());
        }
        return Ok(None);
    };
    match response.code.unwrap_or(0) {
        200 => {}
        status @ 300..400 => {
            return Err(format!("the server answered {status}; it is not followed elsewhere"));
        }
        status => return Err(format!("the server answered {status}")),
    }
    let of_name = |name: &str| {
        let mut headers = response.headers.iter();
        headers.find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    };
    if of_name("transfer-encoding").is_some() {
        return Err("the server answers in parts, which it was not asked for".to_owned());
    }
    let length = of_name("content-length").and_then(|value| std::str::from_utf8(value).ok());
    let length = length.and_then(|length| length.trim().parse::<usize>().ok());
    let body = octets.get(head..).unwrap_or_default();
    if body.len() > LIST || length.is_some_and(|length| length > LIST) {
        return Err("the list is too large".to_owned());
    }
    Ok(match length {
        Some(length) => body.get(..length).map(<[u8]>::to_vec),
        None => is_end.then(|| body.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, VecDeque};
    use std::sync::Mutex;

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_holds_up_no_other_list_and_no_end() {
        const LISTS: usize = 3 * AT_ONCE;
        let waiting = Mutex::new((0..LISTS).collect::<VecDeque<usize>>());
        let due = move |room: usize| {
            let mut waiting = waiting.lock().unwrap();
            let room = waiting.len().min(room);
            let due: Vec<usize> = waiting.drain(..room).collect();
            std::future::ready(due)
        };
        let (tell, mut told) = mpsc::unbounded_channel();
        let settle = move |list: usize| {
            let tell = tell.clone();
            async move {
                if list == 0 {
                    std::future::pending::<()>().await;
                }
                tell.send(list).is_ok()
            }
        };
        let shutdown = Shutdown::new();
        let own = shutdown.clone();
        let keeping = tokio::spawn(async move { keep_fetching(&own, due, settle).await });
        let all = async {
            let mut settled = BTreeSet::new();
            while settled.len() + 1 < LISTS {
                settled.insert(told.recv().await.unwrap());
            }
            settled
        };
        let settled = tokio::time::timeout(2 * LOOK, all).await.expect("some wait for one");
        assert!(settled.into_iter().eq(1..LISTS));
        assert!(!keeping.is_finished());
        shutdown.drain();
        keeping.await.unwrap();
    }

    async fn answered(said: &'static [u8]) -> Result<Vec<u8>, String> {
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let other = tokio::spawn(async move {
            far.write_all(said).await.unwrap();
            // It reads what was asked before it hangs up.
            let mut asked = [0; 5];
            far.read_exact(&mut asked).await.unwrap();
        });
        let got = exchange(near, "GET / HTTP/1.0\r\n\r\n").await;
        other.abort();
        got
    }

    #[tokio::test]
    async fn a_list_is_what_is_answered_and_whole() {
        let said = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist and more";
        assert_eq!(answered(said).await.unwrap(), b"list");
        assert_eq!(answered(b"HTTP/1.0 200 OK\r\n\r\nlist").await.unwrap(), b"list");
        for (said, why) in [
            (&b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"[..], "not followed"),
            (b"HTTP/1.1 404 Not Found\r\n\r\n", "answered 404"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlist", "within its answer"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "in parts"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 800000\r\n\r\n", "too large"),
            (b"SSH-2.0-OpenSSH\r\n", "does not speak HTTP"),
            (b"HTTP/1.1 200", "within its answer"),
        ] {
            let refused = answered(said).await.unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn what_never_ends_is_not_read_for_ever() {
        let head = [b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'a'; HEAD]].concat();
        assert!(body(&head, false).unwrap_err().contains("too long a head"));
        let long = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'a'; LIST + 1]].concat();
        assert!(body(&long, false).unwrap_err().contains("too large"));
        assert_eq!(body(&long[..100], false), Ok(None));
    }

    #[tokio::test]
    async fn a_list_is_fetched_from_where_the_operator_lets_it() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nlist").await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        let url = format!("http://127.0.0.1:{port}/ca.crl");
        let address = WebAddress::read_in_clear(&url).unwrap();
        let closed = Roads::within(DeliveryNetworks::default(), CLOSED);
        let refused = get(&closed, &address).await.unwrap_err();
        assert!(refused.contains("[certificates] list_networks"), "{refused}");
        let private = vec!["127.0.0.0/8".parse().unwrap()];
        let open = Roads::within(DeliveryNetworks { private }, CLOSED);
        assert_eq!(get(&open, &address).await.unwrap(), b"list");
        let asked = server.await.unwrap();
        let host = format!("GET /ca.crl HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n");
        assert!(asked.starts_with(&host), "{asked}");
    }
}
