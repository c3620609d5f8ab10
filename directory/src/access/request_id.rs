//! What a request is called.

use std::fmt::Write;

use uuid::Uuid;

/// What a request is called: in its answer, in the log and in the events that come of it. What goes on
/// behind an answer is called as that which was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestId {
    own: Own,
    given: Option<Given>,
    operation: Option<&'static str>,
}

/// What something is called here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Own {
    /// A request.
    Request([u8; 8]),
    /// An import, by its id.
    Import(Uuid),
}

/// What whoever asks calls the request. It stands in a context, which is copied, so it has its room
/// there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Given {
    octets: [u8; LONGEST],
    length: usize,
}

/// The most octets of what whoever asks may call a request.
const LONGEST: usize = 64;

impl RequestId {
    /// A request that is called so here.
    pub const fn new(own: [u8; 8]) -> Self {
        Self { own: Own::Request(own), given: None, operation: None }
    }

    /// What is done of an import, whoever asked for it.
    pub(crate) const fn of_import(import: Uuid) -> Self {
        Self { own: Own::Import(import), given: None, operation: None }
    }

    /// The same with what whoever asks calls it, if that may stand in logs and events: 1 to 64
    /// letters and digits of ASCII, hyphens, underscores and dots.
    pub fn given(self, text: &str) -> Option<Self> {
        let plain = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_.".contains(octet);
        let (told, mut octets) = (text.as_bytes(), [0; LONGEST]);
        if told.is_empty() || !told.iter().all(plain) {
            return None;
        }
        octets.get_mut(..told.len())?.copy_from_slice(told);
        Some(Self { given: Some(Given { octets, length: told.len() }), ..self })
    }

    /// The same with the operation that it asks for, where that is known.
    pub const fn asking_for(self, operation: Option<&'static str>) -> Self {
        Self { operation, ..self }
    }

    /// The operation that it asks for, by its id in the API's document.
    pub const fn operation(&self) -> Option<&'static str> {
        self.operation
    }

    /// What it is called here, in hexadecimal, or the id of an import; no two are called the same.
    pub fn text(&self) -> String {
        match self.own {
            Own::Request(own) => own.iter().fold(String::new(), |mut text, octet| {
                // Writing into a string does not fail.
                let _written = write!(text, "{octet:02x}");
                text
            }),
            Own::Import(import) => import.to_string(),
        }
    }

    /// What whoever asks calls it.
    pub fn given_text(&self) -> Option<&str> {
        let Given { octets, length } = self.given.as_ref()?;
        std::str::from_utf8(octets.get(..*length)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_calls_a_request_is_told_if_it_is_plain() {
        let own = RequestId::new([0, 1, 2, 3, 0xFC, 0xFD, 0xFE, 0xFF]);
        assert_eq!((own.text().as_str(), own.given_text()), ("00010203fcfdfeff", None));
        let asking = own.asking_for(Some("list_users")).given("a").unwrap();
        assert_eq!((asking.operation(), own.operation()), (Some("list_users"), None));
        let import = RequestId::of_import(Uuid::from_u128(7));
        let expected = "00000000-0000-0000-0000-000000000007";
        assert_eq!((import.text().as_str(), import.given_text()), (expected, None));
        let longest = "x".repeat(LONGEST);
        for text in ["a", "trace-7.a_B", &longest] {
            assert_eq!(own.given(text).unwrap().given_text(), Some(text));
        }
        let longer = "x".repeat(LONGEST + 1);
        for text in ["", "a b", "a\"b", "\u{e4}", &longer] {
            assert_eq!(own.given(text), None, "{text}");
        }
    }
}
