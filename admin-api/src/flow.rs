//! Answers that are made while they are sent, a bounded part at a time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::Frame;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// So many parts wait for whoever reads.
const PARTS: usize = 1;
/// Whoever takes no part for so long gets no more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the parts of an answer go.
pub(crate) struct Flow(Sender<Part>);

/// What comes next.
enum Part {
    Octets(Bytes),
    /// The answer is whole.
    End,
}

/// The answer that the parts make. Only one that is said to be whole ends as such: whatever else
/// becomes of whoever makes it, nobody takes the parts for all.
struct Parts {
    receiver: Receiver<Part>,
    ended: bool,
}

/// Makes an answer of parts.
pub(crate) fn flow() -> (Flow, Body) {
    let (sender, receiver) = channel(PARTS);
    (Flow(sender), Body::new(Parts { receiver, ended: false }))
}

impl Flow {
    /// Sends a part once there is room; `false` when nobody reads any more.
    pub(crate) async fn send(&self, part: Bytes) -> bool {
        self.hand(Part::Octets(part)).await
    }

    /// Whether somebody still reads.
    pub(crate) fn is_heard(&self) -> bool {
        !self.0.is_closed()
    }

    /// Says that the answer is whole.
    pub(crate) async fn end(self) {
        // Nobody may read any more.
        let _taken = self.hand(Part::End).await;
    }

    async fn hand(&self, part: Part) -> bool {
        matches!(tokio::time::timeout(PATIENCE, self.0.send(part)).await, Ok(Ok(())))
    }
}

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let part = ready!(self.receiver.poll_recv(context));
        self.ended = !matches!(part, Some(Part::Octets(_)));
        Poll::Ready(match part {
            Some(Part::Octets(octets)) => Some(Ok(Frame::data(octets))),
            Some(Part::End) => None,
            None => Some(Err(io::Error::other("broken off"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Body) -> Result<Bytes, axum::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(axum::body::to_bytes(body, 100))
    }

    #[test]
    fn only_what_is_said_to_be_whole_ends() {
        let (flow, body) = flow();
        let all = async {
            assert!(flow.send("some".into()).await);
            flow.end().await;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let read_all = axum::body::to_bytes(body, 100);
        let (octets, ()) = runtime.block_on(async { tokio::join!(read_all, all) });
        assert_eq!(octets.unwrap(), "some");
        let (flow, body) = super::flow();
        drop(flow);
        assert!(read(body).is_err(), "who makes it is gone");
    }

    #[test]
    fn who_makes_an_answer_knows_whether_somebody_reads() {
        let (flow, body) = flow();
        assert!(flow.is_heard());
        drop(body);
        assert!(!flow.is_heard());
    }
}
