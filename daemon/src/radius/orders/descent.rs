//! An order down a connection that its gear has open.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use radius::{Obedience, OrderEnd, OrderText, Reply, ReplyError};
use tokio::sync::oneshot;

use super::super::candidates::ClientKey;
use super::super::lines::{Errand, Lines};

/// How long is waited before it is looked again whether a connection is open.
const AGAIN: Duration = Duration::from_secs(2);

/// An order on its way.
pub(super) struct Descent {
    pub(super) lines: Arc<Lines>,
    /// Whose gear.
    pub(super) client: ClientKey,
    /// Where the session's reports come from.
    pub(super) from: Option<IpAddr>,
    pub(super) text: OrderText,
    /// When, in seconds since 1970.
    pub(super) seconds: u32,
    /// How long an answer is waited for.
    pub(super) patience: Duration,
}

impl Descent {
    /// Asks the gear, and once more with the least that names the session where it does not support
    /// more. An order that was written is written again where its connection ended without an answer.
    pub(super) async fn run(self) -> OrderEnd {
        let said = match self.text.attributes() {
            Ok(all) => self.ask(all).await,
            Err(error) => Some(Err(error)),
        };
        match said {
            None => OrderEnd::Silence,
            Some(Err(error)) => OrderEnd::Unwritable(error),
            Some(Ok(said)) => match self.text.least() {
                Some(least) if said == UNSUPPORTED => {
                    let again = self.ask(least).await;
                    OrderEnd::Repeated(again.and_then(Result::ok).unwrap_or(said))
                }
                Some(_) | None => OrderEnd::Answered(said),
            },
        }
    }

    /// What the gear says; nothing where it says nothing for too long, or no connection is open.
    async fn ask(&self, attributes: Reply) -> Option<Result<Obedience, ReplyError>> {
        let asked = async {
            loop {
                if let Some(line) = self.lines.find(self.client, self.from) {
                    let (answered, answer) = oneshot::channel();
                    let (kind, attributes) = (self.text.kind, attributes.clone());
                    let errand = Errand { kind, attributes, seconds: self.seconds, answered };
                    if line.send(errand).await.is_ok()
                        && let Ok(said) = answer.await
                    {
                        return said;
                    }
                }
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::time::timeout(self.patience, asked).await.ok()
    }
}

/// The gear does not support an attribute (RFC 5176, section 3.5).
const UNSUPPORTED: Obedience = Obedience::Refused(Some(401));

#[cfg(test)]
mod tests {
    use directory::{OrganizationId, RadiusClientId, RecordId};
    use radius::{AttributeType, OrderKind};

    use super::*;

    const GEAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn descent(lines: &Arc<Lines>) -> Descent {
        let mut session = Reply::new();
        session.text(AttributeType::ACCT_SESSION_ID, "one").unwrap();
        session.integer(AttributeType::NAS_PORT, 7).unwrap();
        let to = ([192, 0, 2, 1], 0).into();
        let (kind, secrets, change) = (OrderKind::Disconnect, Vec::new(), Reply::new());
        let text = OrderText { to, kind, secrets, session, change };
        let (lines, client, patience) = (Arc::clone(lines), client(), Duration::from_secs(30));
        Descent { lines, client, from: Some(GEAR), text, seconds: 0, patience }
    }

    fn client() -> ClientKey {
        let organization = OrganizationId::from_record(1).unwrap();
        (organization, RadiusClientId::from_record(2).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_waits_for_a_connection_and_for_another_where_that_one_ends() {
        let lines = Arc::new(Lines::default());
        let end = tokio::spawn(descent(&lines).run());
        tokio::time::sleep(AGAIN).await;
        let (open, mut handed) = lines.enter(client(), GEAR);
        let first = handed.recv().await.unwrap();
        drop((open, handed, first));
        let (_open, mut handed) = lines.enter(client(), GEAR);
        let again = handed.recv().await.unwrap();
        again.answered.send(Ok(Obedience::Done)).unwrap();
        assert_eq!(end.await.unwrap(), OrderEnd::Answered(Obedience::Done));
    }

    #[tokio::test(start_paused = true)]
    async fn gear_that_does_not_support_an_attribute_is_asked_once_more_by_less() {
        let lines = Arc::new(Lines::default());
        let (_open, mut handed) = lines.enter(client(), GEAR);
        let end = tokio::spawn(descent(&lines).run());
        let all = handed.recv().await.unwrap();
        all.answered.send(Ok(UNSUPPORTED)).unwrap();
        let less = handed.recv().await.unwrap();
        assert!(less.attributes.as_octets().len() < all.attributes.as_octets().len());
        less.answered.send(Ok(Obedience::Done)).unwrap();
        assert_eq!(end.await.unwrap(), OrderEnd::Repeated(Obedience::Done));
    }

    #[tokio::test(start_paused = true)]
    async fn where_no_connection_is_open_nothing_is_answered() {
        let lines = Arc::new(Lines::default());
        assert_eq!(descent(&lines).run().await, OrderEnd::Silence);
    }
}
