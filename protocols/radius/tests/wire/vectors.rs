//! Replays the packets that the RFCs print.

use std::collections::HashMap;

use radius::{Answer, Challenge, Credential, Message, Reply};

use crate::client::{Request, attributes_of, md5_of, own};
use crate::site::{Known, Site};

/// An exchange as its file tells it.
pub(crate) struct Exchange {
    words: HashMap<String, String>,
}

impl Exchange {
    /// Reads it; lines with `#` in front are for people.
    pub(crate) fn read(text: &str) -> Self {
        let mut words: HashMap<String, String> = HashMap::new();
        let mut key = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, value)) = line.split_once('=') {
                key = name.trim().to_owned();
                words.insert(key.clone(), value.trim().to_owned());
            } else if let Some(value) = words.get_mut(&key) {
                value.push_str(line);
            }
        }
        Self { words }
    }

    /// The octets of a name.
    pub(crate) fn octets(&self, name: &str) -> Vec<u8> {
        hex(&self.words[name])
    }

    /// What is no octets.
    pub(crate) fn text(&self, name: &str) -> &[u8] {
        self.words[name].as_bytes()
    }

    /// Replays the request, gives the attributes of the printed reply as the answer, and expects
    /// the printed reply back, but with our Message-Authenticator in front.
    fn replay(&self) {
        let (request, printed) = (self.octets("request"), self.octets("reply"));
        self.assert_printed_reply_is_signed(&request, &printed);
        let mut site = Site::of(vec![Known::lenient(1, self.text("secret"))]);
        let Some(radius::Command::Ask(ticket, question)) = site.deliver(&request).pop() else {
            panic!("the request must be asked about");
        };
        assert_eq!(question.user_name(), self.text("user"));
        assert!(match question.credential() {
            Credential::Pap(password) => password == self.text("password"),
            Credential::Chap(chap) => chap.verify(self.text("password")) && !chap.verify(b"other"),
            Credential::MsChapV2(_) | Credential::Eap(_) => false,
        });
        let expected = attributes_of(&printed);
        let answer = if printed[0] == 11 { challenge(&expected) } else { accept(&expected) };
        let reply = site.answers(ticket, &answer);
        let asked = Request {
            code: 1,
            identifier: request[1],
            authenticator: request[4..20].try_into().unwrap(),
            secret: self.text("secret").to_vec(),
            attributes: attributes_of(&request),
        };
        let mut got = asked.check(&reply, printed[0]);
        got.remove(0);
        got.sort();
        let mut expected = expected;
        expected.sort();
        assert_eq!(got, expected);
    }

    fn assert_printed_reply_is_signed(&self, request: &[u8], reply: &[u8]) {
        let digest = md5_of(&[&reply[..4], &request[4..20], &reply[20..], self.text("secret")]);
        assert_eq!(reply[4..20], digest, "the vector's own Response Authenticator");
    }
}

fn accept(attributes: &[(u8, Vec<u8>)]) -> Answer {
    let mut reply = Reply::new();
    for attribute in attributes.iter().map(own) {
        reply.octets(attribute.kind, attribute.value).unwrap();
    }
    Answer::Accept(reply)
}

fn challenge(attributes: &[(u8, Vec<u8>)]) -> Answer {
    let [(18, message), (24, state)] = attributes else {
        panic!("a challenge has a message and a state");
    };
    let message = Message::new(str::from_utf8(message).unwrap()).unwrap();
    Answer::Challenge(Challenge::new(state, Some(&message)).unwrap())
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect()
}

#[test]
fn rfc2865_section_7_1_pap_is_read_and_answered_as_printed() {
    Exchange::read(include_str!("../vectors/rfc2865_section_7_1.txt")).replay();
}

#[test]
fn rfc2865_section_7_2_chap_is_read_and_answered_as_printed() {
    Exchange::read(include_str!("../vectors/rfc2865_section_7_2.txt")).replay();
}

#[test]
fn rfc2865_section_7_3_challenge_is_sent_as_printed() {
    Exchange::read(include_str!("../vectors/rfc2865_section_7_3.txt")).replay();
}
