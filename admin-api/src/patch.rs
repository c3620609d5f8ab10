//! Fields of a merge patch (RFC 7396): absent for as it was, null for none.

use serde::{Deserialize, Deserializer};

/// Reads a field that is there; with `default`, `None` is one that is not. An `Option` inside
/// tells null from a value.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Sets a value when there is one to be set.
pub(crate) fn set<T>(to: &mut T, from: Option<T>) {
    if let Some(value) = from {
        *to = value;
    }
}
