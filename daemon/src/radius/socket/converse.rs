//! A socket's part in conversations of EAP: packets to them, their questions to the directory,
//! and what follows to the gear.

use directory::Time;
use directory::authentication::{Begun, Door as By, Outcome, Request};
use radius::{Answer, Challenge, Question, Ticket};

use super::{Late, Worker};
use crate::radius::candidates::ClientKey;
use crate::radius::eap::{self, Next, Talk};

impl Worker {
    /// Hands a packet to the conversation that it belongs to.
    pub(super) fn converse(
        &mut self,
        ticket: Ticket,
        question: &Question<ClientKey>,
        packet: &[u8],
    ) {
        let now = self.door.clock.monotonic();
        let Some(talks) = &self.door.talks else {
            // Without a certificate there is no method.
            return self.answer(ticket, &Answer::Reject(None));
        };
        let Some(mut talk) = talks.find(question, now) else {
            return self.answer(ticket, &Answer::Reject(None));
        };
        if !talk.is_costly(packet) {
            let next = talk.receive(packet);
            return self.follow(ticket, talk, next);
        }
        let (turns, packet) = (talks.turns(), packet.to_vec());
        let late = self.late.clone();
        self.waiting = self.waiting.saturating_add(1);
        tokio::spawn(async move {
            let _turn = turns.acquire().await;
            let next = talk.receive(&packet);
            // A socket that was closed meanwhile answers nobody.
            let _closed = late.send(Late::Computed(ticket, Box::new((talk, next))));
        });
    }

    /// Goes on after the directory has said something.
    pub(super) fn hear(&mut self, ticket: Ticket, mut talk: Talk, outcome: Outcome) {
        let next = talk.hear(outcome);
        self.follow(ticket, talk, next);
    }

    /// Does what follows.
    pub(super) fn follow(&mut self, ticket: Ticket, talk: Talk, next: Next) {
        match next {
            Next::Send(packet) => self.challenge(ticket, talk, &packet),
            Next::Ask(question) => self.ask_inside(ticket, talk, &question),
            Next::Accept(reply) => self.answer(ticket, &Answer::Accept(reply)),
            Next::Reject(failure) => {
                if let Some(failure) = failure {
                    tracing::debug!(source = %talk.source, %failure, "EAP failed");
                }
                self.answer(ticket, &Answer::Reject(None));
            }
            Next::Silence => {
                let now = self.door.clock.monotonic();
                if let Some(talks) = &self.door.talks {
                    talks.keep_again(talk, now);
                }
                self.answer(ticket, &Answer::Silence);
            }
        }
    }

    fn challenge(&mut self, ticket: Ticket, talk: Talk, packet: &[u8]) {
        let now = self.door.clock.monotonic();
        let state = self.door.talks.as_ref().and_then(|talks| talks.keep(talk, now));
        let challenge = state.and_then(|state| Challenge::eap(&state, packet).ok());
        match challenge {
            Some(challenge) => self.answer(ticket, &Answer::Challenge(challenge)),
            None => self.answer(ticket, &Answer::Reject(None)),
        }
    }

    fn ask_inside(&mut self, ticket: Ticket, talk: Talk, question: &::eap::Question) {
        match self.begin_inside(&talk, question) {
            Ok(Begun::Done(outcome)) => self.hear(ticket, talk, outcome),
            Ok(Begun::Pending(pending)) => {
                self.waiting = self.waiting.saturating_add(1);
                let late = self.late.clone();
                self.door.directory.finish(pending, move |outcome| {
                    let _closed = late.send(Late::Heard(ticket, Box::new((talk, outcome))));
                });
            }
            Err(error) => {
                tracing::error!(%error, "a question of EAP could not be answered");
                self.follow(ticket, talk, Next::Silence);
            }
        }
    }

    fn begin_inside(
        &self,
        talk: &Talk,
        question: &::eap::Question,
    ) -> Result<Begun, directory::Error> {
        let Some((who, proof)) = eap::claim(question) else {
            return Ok(Begun::Done(Outcome::Reject));
        };
        let (organization, client) = talk.client();
        self.door.directory.authenticate(Request {
            organization: Some(organization),
            who,
            proof,
            door: By::Radius(client),
            application: None,
            source: talk.source,
            now: Time(self.door.clock.wall()),
        })
    }
}
