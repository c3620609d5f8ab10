//! When something is sent again that was not answered.

use std::time::Duration;

/// What the first answer is waited for, and what is waited for at most.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(16);
/// So often something is sent at most.
const COUNT: u32 = 5;

/// How often and when something is sent
/// ([RFC 5080, section 2.2.1](https://www.rfc-editor.org/rfc/rfc5080#section-2.2.1)): each wait is
/// twice as long as the one before, and a tenth longer or shorter by chance, so that those who
/// began together do not go on together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    ends: Duration,
    wait: Duration,
    due: Duration,
    sent: u32,
}

impl Retry {
    /// Something was sent for the first time; `patience` is how long it may take in all.
    pub(super) fn begin(now: Duration, patience: Duration, random: u32) -> Self {
        let ends = now.saturating_add(patience);
        let wait = spread(FIRST, FIRST, random);
        Self { ends, wait, due: now.saturating_add(wait).min(ends), sent: 1 }
    }

    /// When it is to be sent again, or given up.
    pub(super) const fn due(&self) -> Duration {
        self.due
    }

    /// How often it was sent.
    pub(super) const fn sent(&self) -> u32 {
        self.sent
    }

    /// Whether it is sent once more at this time; else it is given up.
    pub(super) fn again(&mut self, now: Duration, random: u32) -> bool {
        if now >= self.ends || self.sent >= COUNT {
            return false;
        }
        let doubled = spread(self.wait.saturating_mul(2), self.wait, random);
        self.wait = if doubled > LONGEST { spread(LONGEST, LONGEST, random) } else { doubled };
        self.due = now.saturating_add(self.wait).min(self.ends);
        self.sent += 1;
        true
    }
}

/// A time that is longer or shorter by up to a tenth of another, by chance.
fn spread(time: Duration, other: Duration, random: u32) -> Duration {
    let fifth = other / 5;
    let share = fifth.saturating_mul(random >> 16) / (1 << 16);
    (time + share).saturating_sub(fifth / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// When something is sent, and when it is given up.
    fn course(patience: Duration, random: u32) -> (Vec<Duration>, Duration) {
        let begin = Duration::from_secs(100);
        let (mut retry, mut times) = (Retry::begin(begin, patience, random), vec![Duration::ZERO]);
        loop {
            let now = retry.due();
            if !retry.again(now, random) {
                return (times, now - begin);
            }
            times.push(now - begin);
        }
    }

    #[test]
    fn each_wait_is_twice_the_one_before_until_the_patience_ends() {
        let (times, end) = course(PATIENCE, 1 << 31);
        assert_eq!(times, [0, 2, 6, 14].map(Duration::from_secs));
        assert_eq!(end, PATIENCE);
        let (times, end) = course(Duration::from_secs(3), 1 << 31);
        assert_eq!((times.len(), end), (2, Duration::from_secs(3)));
    }

    #[test]
    fn no_wait_is_longer_than_sixteen_seconds_and_a_tenth_and_no_order_is_sent_a_sixth_time() {
        let (times, end) = course(Duration::from_secs(600), 1 << 31);
        assert_eq!(times, [0, 2, 6, 14, 30].map(Duration::from_secs));
        assert_eq!(end, Duration::from_secs(46));
    }

    #[test]
    fn chance_moves_a_wait_by_a_tenth_at_most() {
        for random in [0, 1, 1 << 30, u32::MAX] {
            let wait = Retry::begin(Duration::ZERO, PATIENCE, random).due();
            assert!((1_800..=2_200).contains(&wait.as_millis()), "{random} {wait:?}");
        }
        let waits =
            [0, u32::MAX].map(|random| Retry::begin(Duration::ZERO, PATIENCE, random).due());
        assert!(waits[1] - waits[0] > Duration::from_millis(390), "{waits:?}");
    }
}
