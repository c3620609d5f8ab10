//! What comes later: answers, once something was hashed, and word of changes.

use std::task::{Context, Poll, ready};

use ldap::Ticket;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::answer::Late;

/// What came later, and the question that it belongs to.
type Answered = (Ticket, Late);

/// What a connection awaits. The way that it comes by is there while something is awaited: most
/// connections await nothing, and it holds room for much.
#[derive(Default)]
pub(super) struct Awaited {
    /// Answers that will come.
    answers: usize,
    /// Word of changes may come as long as the connection lasts.
    news: bool,
    way: Option<(UnboundedSender<Answered>, UnboundedReceiver<Answered>)>,
}

impl Awaited {
    /// Awaits one answer more, to be sent there.
    pub(super) fn another(&mut self) -> UnboundedSender<Answered> {
        self.answers += 1;
        self.sender()
    }

    /// Awaits word of changes from now on, to be sent there.
    pub(super) fn news(&mut self) -> UnboundedSender<Answered> {
        self.news = true;
        self.sender()
    }

    fn sender(&mut self) -> UnboundedSender<Answered> {
        let (sender, _) = self.way.get_or_insert_with(mpsc::unbounded_channel);
        sender.clone()
    }

    /// Takes the next that has come.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Answered> {
        let Some((_, receiver)) = &mut self.way else { return Poll::Pending };
        // The sender beside it keeps it open.
        let Some(answered) = ready!(receiver.poll_recv(context)) else { return Poll::Pending };
        if !matches!(answered, (_, Late::Disturbed)) {
            self.answers = self.answers.saturating_sub(1);
        }
        if self.answers == 0 && !self.news {
            self.way = None;
        }
        Poll::Ready(answered)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;
    use std::time::Duration;

    use directory::authentication::Outcome;
    use ldap::{CleartextBind, Command, Limits, Security, Session, Settings, StartTls};

    use super::*;

    /// A ticket, which only a session makes.
    fn ticket() -> Ticket {
        let settings = Settings {
            limits: Limits::default(),
            start_tls: StartTls::Withheld,
            cleartext_bind: CleartextBind::Allowed,
        };
        let mut session = Session::new(settings, Security::Clear, [0; 32], Duration::ZERO);
        let bind = b"\x30\x10\x02\x01\x01\x60\x0b\x02\x01\x03\x04\x03c=x\x80\x01p";
        session.receive(bind, Duration::ZERO);
        loop {
            match session.next() {
                Some(Command::Ask(ticket, _)) => return ticket,
                Some(_) => {}
                None => panic!("no question"),
            }
        }
    }

    #[test]
    fn every_answer_comes_and_nothing_is_kept_while_none_is_awaited() {
        let mut awaited = Awaited::default();
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            assert!(awaited.poll(&mut context).is_pending() && awaited.way.is_none());
            let (first, second) = (awaited.another(), awaited.another());
            assert!(awaited.poll(&mut context).is_pending() && awaited.way.is_some());
            for sender in [second, first] {
                assert!(sender.send((ticket(), Late::Bound(Outcome::Reject))).is_ok());
            }
            assert!(awaited.poll(&mut context).is_ready() && awaited.way.is_some());
            assert!(awaited.poll(&mut context).is_ready());
        }
        assert!(awaited.way.is_none());
    }

    #[test]
    fn word_of_changes_comes_as_long_as_the_connection_lasts() {
        let mut awaited = Awaited::default();
        let mut context = Context::from_waker(Waker::noop());
        let (news, answer) = (awaited.news(), awaited.another());
        assert!(answer.send((ticket(), Late::Bound(Outcome::Reject))).is_ok());
        assert!(awaited.poll(&mut context).is_ready());
        for _ in 0..2 {
            assert!(news.send((ticket(), Late::Disturbed)).is_ok());
            assert!(awaited.poll(&mut context).is_ready() && awaited.way.is_some());
        }
    }
}
