//! The words by which an enum is written, as the code that reads them has them.

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};

/// The words of an enum, in the order of its variants; none of what is no enum.
pub(crate) fn words<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut words: &'static [&'static str] = &[];
    // Nothing is ever read: what counts is what is asked for.
    drop(T::deserialize(Asked(&mut words)));
    words
}

/// Notes which words are asked for, and has none of them.
struct Asked<'w>(&'w mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("there is nothing"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        words: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = words;
        Err(Error::custom("there is nothing"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enum_has_the_words_that_it_is_read_by_and_nothing_else_has_any() {
        let kinds = words::<directory::events::SubjectKind>();
        assert!(kinds.contains(&"radius_client") && !kinds.contains(&"RadiusClient"), "{kinds:?}");
        assert!(words::<String>().is_empty());
    }
}
