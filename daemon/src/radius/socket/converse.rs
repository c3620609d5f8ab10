//! A socket's part in conversations of EAP: packets to them, their questions to the directory,
//! and what follows to the gear.

use std::sync::Arc;

use directory::authentication::{Begun, Door as By, Outcome, Presented, Request, Who};
use directory::{Error, Time};
use radius::{Answer, AnswerError, Challenge, Question, Ticket};

use super::{Late, Outlet, UNWRITTEN, Worker};
use crate::radius::Door;
use crate::radius::candidates::ClientKey;
use crate::radius::eap::{Claim, Next, Talk};
use crate::radius::rejections::Unasked;

const NO_TALK: &str = "the conversation of EAP is not known, or its time is over";
const NO_BEGINNING: &str = "EAP cannot be offered: there is no certificate to show, it cannot be \
                            read, or the RADIUS client or its organization is not answered";

const OTHER_METHOD: &str = "the session that was resumed is of another method";
const OTHER_ADDRESS: &str = "the answer is not that of the device's own address";
const UNUSABLE: &str = "what was said inside the tunnel is no name and proof";

impl<O: Outlet> Worker<O> {
    /// Hands a packet to the conversation that it belongs to.
    pub(super) fn converse(
        &mut self,
        ticket: Ticket,
        question: &Question<ClientKey>,
        packet: &[u8],
    ) {
        let now = self.door.clock.monotonic();
        let talks = &self.door.talks;
        let Some(mut talk) = talks.find(question, &self.door.directory, now) else {
            let reason = if question.state().is_some() { NO_TALK } else { NO_BEGINNING };
            return self.turn_away(ticket, question, reason);
        };
        if !talk.is_costly(packet) {
            let next = talk.receive(packet);
            return self.follow(ticket, talk, next);
        }
        let Some(place) = talks.place(talk.client().0) else {
            // The peer asks again, when fewer wait.
            return self.follow(ticket, talk, Next::Silence);
        };
        let packet = packet.to_vec();
        let (door, promise) = (Arc::clone(&self.door), self.promise(ticket));
        self.door.background.spawn(async move {
            let _turn = place.turn().await;
            let mut next = talk.receive(&packet);
            // Looking at a certificate takes as long as a part of a handshake.
            while let Next::Ask(question) = &next
                && matches!(question.proof, eap::Proof::Certificate(_))
            {
                next = match door.begin_inside(&mut talk, question) {
                    Ok(Begun::Done(outcome)) => talk.hear(outcome),
                    // Nothing is hashed for a certificate.
                    Ok(Begun::Pending(_)) => Next::Silence,
                    Err(error) => {
                        tracing::error!(%error, "a certificate could not be looked at");
                        Next::Silence
                    }
                };
            }
            promise.keep(|ticket| Late::Computed(ticket, Box::new((talk, next))));
        });
    }

    /// Goes on after the directory has said something.
    pub(super) fn hear(&mut self, ticket: Ticket, mut talk: Talk, outcome: Outcome) {
        if let Outcome::Unhashed(failure) = &outcome {
            tracing::error!(%failure, "a conversation of EAP met silence");
        }
        let next = talk.hear(outcome);
        self.follow(ticket, talk, next);
    }

    /// Does what follows.
    pub(super) fn follow(&mut self, ticket: Ticket, talk: Talk, next: Next) {
        match next {
            Next::Send(packet) => self.challenge(ticket, talk, &packet),
            Next::Ask(question) => self.ask_inside(ticket, talk, &question),
            Next::Accept(reply) => {
                if self.send(ticket, &Answer::Accept(reply)) == Err(AnswerError::TooLong) {
                    self.note_failure(&talk, UNWRITTEN);
                }
            }
            Next::Unwritten => {
                self.note_failure(&talk, UNWRITTEN);
                self.answer(ticket, &Answer::Reject(None));
            }
            Next::Reject(failure) => {
                if let Some(failure) = failure {
                    self.note_failure(&talk, &failure.to_string());
                }
                self.answer(ticket, &Answer::Reject(None));
            }
            Next::Silence => self.wait(ticket, talk, &Answer::Silence),
            Next::Ignore => self.wait(ticket, talk, &Answer::Discard),
        }
    }

    /// Goes on with what comes next, as if the last packet had not come.
    fn wait(&mut self, ticket: Ticket, talk: Talk, answer: &Answer) {
        let now = self.door.clock.monotonic();
        self.door.talks.keep_again(talk, now);
        self.answer(ticket, answer);
    }

    /// Notes why nobody was asked about: most of what goes wrong in wireless networks does so here.
    fn note_failure(&self, talk: &Talk, reason: &str) {
        let (organization, client) = talk.client();
        let now = Time(self.door.clock.wall());
        let door = By::Radius(client, talk.circumstances());
        let seen = (talk.source(), now);
        self.door.directory.note_unproven(organization, door, talk.outer(), seen, reason);
    }

    /// Rejects a packet that belongs to no conversation.
    fn turn_away(&mut self, ticket: Ticket, question: &Question<ClientKey>, reason: &'static str) {
        self.rejected(question.client(), question.source().ip(), Unasked::Because(reason));
        self.answer(ticket, &Answer::Reject(None));
    }

    fn challenge(&mut self, ticket: Ticket, talk: Talk, packet: &[u8]) {
        let now = self.door.clock.monotonic();
        let state = self.door.talks.keep(talk, now);
        let challenge = state.and_then(|state| Challenge::eap(&state, packet).ok());
        match challenge {
            Some(challenge) => self.answer(ticket, &Answer::Challenge(challenge)),
            None => self.answer(ticket, &Answer::Reject(None)),
        }
    }

    fn ask_inside(&mut self, ticket: Ticket, mut talk: Talk, question: &eap::Question) {
        match self.door.begin_inside(&mut talk, question) {
            Ok(Begun::Done(outcome)) => self.hear(ticket, talk, outcome),
            Ok(Begun::Pending(pending)) => {
                let promise = self.promise(ticket);
                self.door.directory.finish(pending, move |outcome| {
                    promise.keep(|ticket| Late::Heard(ticket, Box::new((talk, outcome))));
                });
            }
            Err(error) => {
                tracing::error!(%error, "a question of EAP could not be answered");
                self.follow(ticket, talk, Next::Silence);
            }
        }
    }
}

impl Door {
    /// Asks the directory.
    fn begin_inside(&self, talk: &mut Talk, question: &eap::Question) -> Result<Begun, Error> {
        let claim = talk.claim(question);
        let ((place, client), source) = (talk.client(), talk.source());
        let (organization, door) = (Some(place), By::Radius(client, talk.circumstances()));
        let now = Time(self.clock.wall());
        match claim {
            None => {
                let reason = match question.proof {
                    eap::Proof::Earlier => OTHER_METHOD,
                    eap::Proof::Md5(_) => OTHER_ADDRESS,
                    eap::Proof::Password(_)
                    | eap::Proof::Chap(_)
                    | eap::Proof::MsChapV2(_)
                    | eap::Proof::Certificate(_) => UNUSABLE,
                };
                self.directory.note_unproven(place, door, talk.outer(), (source, now), reason);
                Ok(Begun::Done(Outcome::Reject))
            }
            Some(Claim::User(login, proof)) => self.directory.authenticate(Request {
                organization,
                who: Who::User(login),
                proof,
                door,
                application: None,
                source,
                now,
            }),
            Some(Claim::Device(address)) => {
                self.directory.authenticate_device(place, address, door, (source, now))
            }
            Some(Claim::Certificate(chain)) => {
                let presented = Presented { organization, claimed: None, chain, door, source, now };
                self.directory.authenticate_certificate(presented).map(Begun::Done)
            }
        }
    }
}
