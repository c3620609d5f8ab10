//! Which of several policies for groups goes before which.

use crate::text::prepare;

/// The highest number.
pub(crate) const LAST_PRECEDENCE: u32 = 1_000_000;

/// The number of policies that are made without one: they come last.
pub const fn last_precedence() -> u32 {
    LAST_PRECEDENCE
}

/// Where a policy stands among those that come to somebody: the lowest number is first, and of one
/// number the name that comes first.
pub(crate) fn turn_of(precedence: u32, name: &str) -> (u32, String) {
    (precedence, prepare(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_number_comes_first_and_of_equal_ones_the_first_name() {
        assert!(turn_of(1, "zebra") < turn_of(2, "ape"));
        assert!(turn_of(2, "Ape") < turn_of(2, "bear"));
        assert!(turn_of(2, "bear") > turn_of(2, "Ape"));
    }
}
