//! How long is waited between two attempts.

use super::DeliveryBounds;

/// How long is waited after so many attempts in vain, in milliseconds: twice as long each time, up to
/// a bound, and of that at least half, by a random number, so that those who failed together do not
/// come back together.
pub(super) fn pause(attempts: u32, bounds: &DeliveryBounds, random: u32) -> u64 {
    let doublings = attempts.saturating_sub(1).min(40);
    let whole = bounds.first_pause.saturating_mul(1 << doublings).min(bounds.longest_pause);
    let half = whole / 2;
    let rest = u128::from(whole - half) * u128::from(random) / u128::from(u32::MAX);
    half.saturating_add(u64::try_from(rest).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_lie_between_half_of_it_and_all() {
        let bounds = DeliveryBounds::default();
        for (attempts, whole) in [
            (1, 1_000),
            (2, 2_000),
            (3, 4_000),
            (12, 2_048_000),
            (13, 3_600_000),
            (u32::MAX, 3_600_000),
        ] {
            assert_eq!(pause(attempts, &bounds, 0), whole / 2);
            assert_eq!(pause(attempts, &bounds, u32::MAX), whole);
            let middle = pause(attempts, &bounds, u32::MAX / 2);
            assert!((whole * 3 / 4 - 2..=whole * 3 / 4).contains(&middle), "{middle}");
        }
    }
}
