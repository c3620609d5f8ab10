//! Fields of a merge patch (RFC 7396): absent for as it was, null for none.

use directory::Invalid;
use serde::{Deserialize, Deserializer};

/// The shortest duration, in milliseconds: who says less took the number for one of another unit.
const SHORTEST: u64 = 1_000;

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

/// Sets a duration in milliseconds when there is one to be set. What was there before may stay.
///
/// # Errors
/// `Invalid` for less than a second, but for zero where that has a meaning, `zero`.
pub(crate) fn set_duration(
    pointer: &str,
    to: &mut u64,
    from: Option<u64>,
    zero: Option<&str>,
) -> Result<(), Invalid> {
    let Some(value) = from.filter(|value| *value != *to) else { return Ok(()) };
    if value < SHORTEST && (value > 0 || zero.is_none()) {
        let or = zero.map(|meaning| format!(", or 0 {meaning}")).unwrap_or_default();
        let message = format!("must be {SHORTEST} (a second) at least, in milliseconds{or}");
        return Err(Invalid::new(pointer, message));
    }
    *to = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(before: u64, to: Option<u64>, zero: Option<&str>) -> Result<u64, String> {
        let mut duration = before;
        let done = set_duration("/window", &mut duration, to, zero);
        done.map(|()| duration)
            .map_err(|invalid| format!("{} {}", invalid.pointer, invalid.message))
    }

    #[test]
    fn a_duration_is_a_second_or_more_or_zero_where_that_means_something() {
        let message = "/window must be 1000 (a second) at least, in milliseconds";
        for value in [0, 1, 5, 999] {
            assert_eq!(changed(900_000, Some(value), None), Err(message.to_owned()), "{value}");
        }
        let message = format!("{message}, or 0 for ever");
        assert_eq!(changed(900_000, Some(5), Some("for ever")), Err(message));
        assert_eq!(changed(900_000, Some(0), Some("for ever")), Ok(0));
        assert_eq!(changed(900_000, Some(1_000), None), Ok(1_000));
        assert_eq!(changed(900_000, None, None), Ok(900_000));
        assert_eq!(changed(5, Some(5), None), Ok(5), "it was there before");
    }
}
