//! Which of several policies for groups goes before which.

use crate::text::prepare;

/// Where a policy stands among those that come to somebody: the lowest number is first, and of one
/// number the name that comes first.
pub(crate) fn standing(precedence: u32, name: &str) -> (u32, String) {
    (precedence, prepare(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_number_comes_first_and_of_equal_ones_the_first_name() {
        assert!(standing(1, "zebra") < standing(2, "ape"));
        assert!(standing(2, "Ape") < standing(2, "bear"));
        assert!(standing(2, "bear") > standing(2, "Ape"));
    }
}
