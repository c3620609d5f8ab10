//! MD5-Challenge ([RFC 3748, section 5.4](https://www.rfc-editor.org/rfc/rfc3748#section-5.4)).
//!
//! It has no tunnel: whoever hears it may guess the secret, the peer learns nothing of whom it answers,
//! and no keys come of it. So it is for peers that have no secret: devices that network gear answers for,
//! by their hardware addresses.

use crate::question::Chap;

/// Octets of a challenge and of an answer.
const LENGTH: u8 = 16;

/// A challenge that waits for its answer.
pub(crate) struct Md5 {
    challenge: [u8; 16],
}

impl Md5 {
    pub(crate) const fn new(challenge: [u8; 16]) -> Self {
        Self { challenge }
    }

    /// The data of the request: the challenge behind its length, and no name.
    pub(crate) fn request(&self) -> Vec<u8> {
        [&[LENGTH], &self.challenge[..]].concat()
    }

    /// The answer in the data of a response with this identifier; `None` for what is none. A name may
    /// stand behind it, which nobody believes.
    pub(crate) fn receive(&self, identifier: u8, data: &[u8]) -> Option<Chap> {
        let (length, value) = data.split_first()?;
        let response = value.first_chunk().filter(|_| *length == LENGTH)?;
        Some(Chap { identifier, challenge: self.challenge, response: *response })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3748_5_4_a_challenge_stands_behind_its_length() {
        let request = Md5::new([7; 16]).request();
        assert_eq!(request, [&[16][..], &[7; 16]].concat());
    }

    #[test]
    fn rfc3748_5_4_an_answer_has_sixteen_octets_and_perhaps_a_name() {
        let md5 = Md5::new([7; 16]);
        let answer = [&[16][..], &[9; 16]].concat();
        for data in [answer.clone(), [&answer, &b"0010a42319c0"[..]].concat()] {
            let chap = md5.receive(3, &data).unwrap();
            assert_eq!((chap.identifier, chap.challenge, chap.response), (3, [7; 16], [9; 16]));
        }
        for data in [&[][..], &[16], &answer[..16], &[&[15][..], &[9; 16]].concat(), &[0; 17]] {
            assert!(md5.receive(3, data).is_none(), "{data:?}");
        }
    }
}
