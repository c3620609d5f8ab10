//! The attributes that a search asks for, as it names them.

use bytes::{Bytes, BytesMut};

use crate::Description;
use crate::ber::{self, OCTET_STRING, Reader};

/// The names of the attributes that a search asks for. They are read again only by who asks for
/// them, so that keeping them costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Requested {
    list: Bytes,
}

impl Requested {
    /// Keeps the content of an attribute selection (RFC 4511 section 4.5.1.8).
    pub(crate) const fn new(list: Bytes) -> Self {
        Self { list }
    }

    /// The same as a client would name them.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut list = BytesMut::new();
        for name in names {
            ber::put(&mut list, OCTET_STRING, name.as_bytes());
        }
        Self::new(list.freeze())
    }

    /// What is no word of the protocol; in order.
    pub fn names(&self) -> impl Iterator<Item = Description> {
        let mut reader = Reader::new(&self.list);
        std::iter::from_fn(move || reader.octets().ok())
            .filter(|name| !matches!(*name, [b'*' | b'+'] | b"1.1" | [b'@', ..]))
            .map(|name| Description::new(self.list.slice_ref(name)))
    }

    /// Those of the names that are no attribute that the schema has, or one that it leaves to
    /// organizations.
    pub fn own(&self) -> impl Iterator<Item = Description> {
        self.names().filter(|description| description.kind().is_none_or(|kind| kind.left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_schema_knows_and_words_of_the_protocol_are_left_out() {
        let mut list = Vec::new();
        for name in [
            "*",
            "cn",
            "CostCenter;lang-en",
            "+",
            "1.1",
            "@person",
            "2.25.7",
            "2.5.4.3",
            "employeeType",
        ] {
            list.extend_from_slice(&[4, u8::try_from(name.len()).unwrap()]);
            list.extend_from_slice(name.as_bytes());
        }
        let requested = Requested::new(list.into());
        let own: Vec<String> =
            requested.own().map(|description| description.name().to_owned()).collect();
        assert_eq!(own, ["CostCenter", "2.25.7", "employeeType"]);
        let names: Vec<String> =
            requested.names().map(|description| description.as_str().to_owned()).collect();
        let expected = ["cn", "CostCenter;lang-en", "2.25.7", "2.5.4.3", "employeeType"];
        assert_eq!(names, expected);
        assert_eq!(Requested::default().own().count(), 0);
    }
}
