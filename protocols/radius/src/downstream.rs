//! Orders down a connection that gear has opened itself: RADIUS inside TLS the other way
//! ([RFC 6614, section 2.5], draft-ietf-radext-reverse-coa).
//!
//! Their identifiers, or tokens, are counted apart from those of the gear's requests: by its code a packet
//! says which of the two it is about.
//!
//! [RFC 6614, section 2.5]: https://www.rfc-editor.org/rfc/rfc6614#section-2.5

use std::collections::HashMap;

use crate::attribute::Attributes;
use crate::order::{Obedience, Order, OrderKind};
use crate::packet::Packet;
use crate::refusal::DropReason;
use crate::reply::{Reply, ReplyError};
use crate::secret::Secret;
use crate::server::Version;

/// Orders that wait for an answer on one connection at most: what one octet counts.
const MOST: u32 = 256;

/// The orders of one connection, each with a key by which its answer is told. Nothing is sent twice, since
/// nothing is lost on a connection.
pub struct Downstream<K> {
    version: Version,
    secret: Secret,
    next: u32,
    asked: HashMap<u32, (K, Order)>,
    /// The last order of each identifier for whose answer nobody waits any more.
    forgotten: HashMap<u32, Order>,
}

impl<K> Downstream<K> {
    /// Starts with nothing asked. The secret is [`RADSEC`](crate::RADSEC), and unused where tokens are;
    /// tokens count up from `first`.
    #[must_use]
    pub fn new(version: Version, secret: Secret, first: u32) -> Self {
        let next = match version {
            Version::V1_0 => first % MOST,
            Version::V1_1 => first,
        };
        Self { version, secret, next, asked: HashMap::new(), forgotten: HashMap::new() }
    }

    /// Writes an order, of which the key tells what the gear answers; `seconds` is when, since 1970.
    ///
    /// # Errors
    /// Gives the key back: with a reason where the order is longer than a packet, and without one where
    /// too many wait for an answer.
    pub fn write(
        &mut self,
        key: K,
        (kind, attributes): (OrderKind, &Reply),
        seconds: u32,
    ) -> Result<Vec<u8>, (K, Option<ReplyError>)> {
        let Some(number) = self.take_number() else { return Err((key, None)) };
        let order = match (self.version, u8::try_from(number)) {
            (Version::V1_0, Ok(identifier)) => {
                Order::new(kind, identifier, &self.secret, attributes, seconds)
            }
            (Version::V1_0 | Version::V1_1, _) => {
                Order::with_token(kind, number, attributes, seconds)
            }
        };
        match order {
            Ok(order) => {
                let octets = order.octets().to_vec();
                self.asked.insert(number, (key, order));
                Ok(octets)
            }
            Err(error) => Err((key, Some(error))),
        }
    }

    /// Takes a packet that [answers an order](crate::answers_order); says which, and what the gear did.
    /// What answers none that waits is ignored: it may come late.
    ///
    /// # Errors
    /// When it is malformed, or names an order and was not made with the secret: both end the connection
    /// ([RFC 6613, section 2.6.4]).
    ///
    /// [RFC 6613, section 2.6.4]: https://www.rfc-editor.org/rfc/rfc6613#section-2.6.4
    pub fn receive(&mut self, packet: &[u8]) -> Result<Option<(K, Obedience)>, DropReason> {
        let read = Packet::read(packet)?;
        Attributes::check(read.attributes)?;
        let number = match self.version {
            Version::V1_0 => u32::from(read.identifier),
            Version::V1_1 => read.token(),
        };
        let Some((_, order)) = self.asked.get(&number) else { return Ok(None) };
        let said = match order.judge(&read) {
            Err(DropReason::AnswerNotAuthentic) if self.is_late(number, &read) => None,
            said => said?,
        };
        let Some(said) = said else { return Ok(None) };
        Ok(self.asked.remove(&number).map(|(key, _)| (key, said)))
    }

    /// Forgets orders for whose answer nobody waits any more.
    pub fn retain(&mut self, waits: impl Fn(&K) -> bool) {
        let gone = self.asked.extract_if(|_, (key, _)| !waits(key));
        match self.version {
            Version::V1_0 => {
                self.forgotten.extend(gone.map(|(number, (_, order))| (number, order)));
            }
            // A token does not come again so soon.
            Version::V1_1 => gone.for_each(drop),
        }
    }

    /// Whether a packet answers the order that had its number before.
    fn is_late(&self, number: u32, packet: &Packet<'_>) -> bool {
        let order = self.forgotten.get(&number);
        order.is_some_and(|order| matches!(order.judge(packet), Ok(Some(_))))
    }

    /// A number by which nothing is asked.
    fn take_number(&mut self) -> Option<u32> {
        if self.asked.len() >= MOST as usize {
            return None;
        }
        let at = |step: u32| match self.version {
            Version::V1_0 => self.next.wrapping_add(step) % MOST,
            Version::V1_1 => self.next.wrapping_add(step),
        };
        let number = (0..=MOST).map(at).find(|number| !self.asked.contains_key(number))?;
        self.next = number.wrapping_add(1);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::AttributeType;
    use crate::order::answers_order;
    use crate::packet::Malformed;
    use crate::server::RADSEC;

    const SECONDS: u32 = 1_700_000_000;

    fn secret() -> Secret {
        Secret::new(RADSEC).unwrap()
    }

    fn session() -> Reply {
        let mut session = Reply::new();
        session.text(AttributeType::ACCT_SESSION_ID, "one").unwrap();
        session
    }

    fn write(machine: &mut Downstream<u32>, key: u32) -> Vec<u8> {
        machine.write(key, (OrderKind::Disconnect, &session()), SECONDS).unwrap()
    }

    /// A yes to an order of RADIUS/1.0.
    fn signed(order: &[u8]) -> Vec<u8> {
        let mut answer = vec![41, order[1], 0, 20];
        let digest = secret().digest_of_three(&answer, &order[4..20], &[]);
        answer.extend(digest);
        answer
    }

    /// A no to an order of RADIUS/1.1, with the cause 503.
    fn tokened(order: &[u8]) -> Vec<u8> {
        let mut answer = vec![42, 0, 0, 26];
        answer.extend(&order[4..8]);
        answer.extend([0; 12]);
        answer.extend([101, 6, 0, 0, 1, 0xf7]);
        answer
    }

    #[test]
    fn rfc6614_2_5_an_answer_is_found_by_its_identifier_and_its_authenticator() {
        let mut machine = Downstream::new(Version::V1_0, secret(), 255);
        let (one, two) = (write(&mut machine, 1), write(&mut machine, 2));
        assert_eq!((one[0], one[1], two[1]), (40, 255, 0));
        // The gear answers in the order that it likes.
        let (yes, other) = (signed(&two), signed(&one));
        assert_eq!(machine.receive(&yes), Ok(Some((2, Obedience::Done))));
        assert_eq!(machine.receive(&yes), Ok(None), "it was answered");
        assert_eq!(machine.receive(&other), Ok(Some((1, Obedience::Done))));
    }

    #[test]
    fn rfc6613_2_6_4_what_is_forged_or_malformed_is_told_from_what_answers_nothing() {
        let mut machine = Downstream::new(Version::V1_0, secret(), 0);
        let order = write(&mut machine, 1);
        let yes = signed(&order);
        let with = |at: usize, octet: u8| {
            let mut other = yes.clone();
            other[at] = octet;
            other
        };
        // Another order's, and a yes to what was not asked for: both may be late.
        assert_eq!(machine.receive(&with(1, 9)), Ok(None));
        assert_eq!(machine.receive(&with(0, 44)), Ok(None));
        let forged = Err(DropReason::AnswerNotAuthentic);
        assert_eq!(machine.receive(&with(0, 42)), forged);
        assert_eq!(machine.receive(&with(4, yes[4] ^ 1)), forged);
        let length = Err(DropReason::Malformed(Malformed::AttributeLength));
        for identifier in [0, 9] {
            let torn = [&[41, identifier, 0, 22][..], &yes[4..], &[18, 7]].concat();
            assert_eq!(machine.receive(&torn), length, "{identifier}");
        }
        let short = Err(DropReason::Malformed(Malformed::TooShort));
        assert_eq!(machine.receive(&[41, 0]), short);
        // None of them was the answer.
        assert_eq!(machine.receive(&yes), Ok(Some((1, Obedience::Done))));
    }

    #[test]
    fn an_answer_that_comes_late_is_not_forged_where_its_identifier_is_used_again() {
        let mut machine = Downstream::new(Version::V1_0, secret(), 0);
        let order = (OrderKind::Disconnect, &session());
        let before = machine.write(0, order, SECONDS - 60).unwrap();
        machine.retain(|_| false);
        let orders: Vec<Vec<u8>> = (1..=MOST).map(|key| write(&mut machine, key)).collect();
        let again = &orders[255];
        assert_eq!(again[1], before[1]);
        assert_eq!(machine.receive(&signed(&before)), Ok(None));
        let mut forged = signed(&before);
        forged[4] ^= 1;
        assert_eq!(machine.receive(&forged), Err(DropReason::AnswerNotAuthentic));
        assert_eq!(machine.receive(&signed(again)), Ok(Some((MOST, Obedience::Done))));
    }

    #[test]
    fn an_answer_whose_message_authenticator_is_wrong_is_forged() {
        let mut machine = Downstream::new(Version::V1_0, secret(), 0);
        let order = write(&mut machine, 1);
        let attributes = [&[80_u8, 18][..], &[7; 16]].concat();
        let head = [41, order[1], 0, 38];
        let digest = secret().digest_of_three(&head, &order[4..20], &attributes);
        let answer = [&head[..], &digest, &attributes].concat();
        assert_eq!(machine.receive(&answer), Err(DropReason::AnswerNotAuthentic));
        // Where there is no MD5 it says nothing (RFC 9765, section 5.2).
        let mut machine = Downstream::new(Version::V1_1, secret(), 0);
        let order = write(&mut machine, 1);
        let answer = [&[41, 0, 0, 38][..], &order[4..20], &attributes].concat();
        assert_eq!(machine.receive(&answer), Ok(Some((1, Obedience::Done))));
    }

    #[test]
    fn rfc9765_an_answer_is_found_by_its_token_alone() {
        let mut machine = Downstream::new(Version::V1_1, secret(), u32::MAX);
        let (one, two) = (write(&mut machine, 1), write(&mut machine, 2));
        assert_eq!((one[1], &one[4..8], &two[4..8]), (0, &[0xff; 4][..], &[0; 4][..]));
        // Section 5.2: no Message-Authenticator; section 4.1: the rest of the field is nought.
        assert_eq!((one[20], &one[8..20]), (AttributeType::EVENT_TIMESTAMP.0, &[0; 12][..]));
        let no = Obedience::Refused(Some(503));
        assert_eq!(machine.receive(&tokened(&two)), Ok(Some((2, no))));
        let mut other = tokened(&one);
        other[7] ^= 2;
        assert_eq!(machine.receive(&other), Ok(None));
        assert_eq!(machine.receive(&tokened(&one)), Ok(Some((1, no))));
    }

    #[test]
    fn no_more_are_asked_than_there_are_identifiers_and_one_that_waits_is_not_used_twice() {
        let mut machine = Downstream::new(Version::V1_0, secret(), 7);
        let orders: Vec<Vec<u8>> = (0..MOST).map(|key| write(&mut machine, key)).collect();
        let kind = (OrderKind::Disconnect, &session());
        assert_eq!(machine.write(999, kind, SECONDS), Err((999, None)));
        let middle = &orders[100];
        assert_eq!(machine.receive(&signed(middle)), Ok(Some((100, Obedience::Done))));
        assert_eq!(write(&mut machine, 999)[1], middle[1]);
        // Nobody waits for the others.
        machine.retain(|key| *key == 999);
        assert_eq!(machine.receive(&signed(&orders[0])), Ok(None));
        assert_ne!(write(&mut machine, 1_000)[1], middle[1]);
    }

    #[test]
    fn an_order_that_is_too_long_gives_its_key_back() {
        let mut long = Reply::new();
        for _ in 0..16 {
            long.text(AttributeType::USER_NAME, &"x".repeat(250)).unwrap();
        }
        long.text(AttributeType::USER_NAME, &"x".repeat(22)).unwrap();
        let written = |version| {
            let mut machine = Downstream::new(version, secret(), 0);
            machine.write(1, (OrderKind::Change, &long), SECONDS).map(|octets| octets.len())
        };
        assert_eq!(written(Version::V1_0), Err((1, Some(ReplyError::PacketFull))));
        // Without the Message-Authenticator there is room.
        assert_eq!(written(Version::V1_1), Ok(4082));
    }

    #[test]
    fn what_answers_an_order_is_told_from_what_gear_asks() {
        for code in [41, 42, 44, 45] {
            assert!(answers_order(&[code, 0]));
        }
        for code in [1, 4, 12, 40, 43] {
            assert!(!answers_order(&[code, 0]));
        }
        assert!(!answers_order(&[]));
    }
}
