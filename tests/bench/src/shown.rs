//! What is shown of a row: the medians of all times that it was measured.

use std::time::Duration;

use crate::figures::Figures;

/// The figures of one server in one row, each the median of its runs.
pub(crate) struct Shown {
    /// How many runs there were.
    pub(crate) runs: usize,
    /// Right answers a second.
    pub(crate) rate: f64,
    /// Processor time of the server for each, in microseconds.
    pub(crate) cpu_each: f64,
    /// The least and the most that it was in a run.
    pub(crate) cpu_range: (f64, f64),
    /// What half of the answers took at most.
    pub(crate) p50: Duration,
    /// What 99 % of the answers took at most.
    pub(crate) p99: Duration,
    /// The share of one core that the server used.
    pub(crate) server_busy: f64,
    /// The share of one core that this process used.
    pub(crate) generator_busy: f64,
    /// Mean size of an answer in octets.
    pub(crate) octets_each: f64,
    /// Packets that the kernel had no room for in all runs.
    pub(crate) lost: u64,
    /// Wrong or missing answers of all runs.
    pub(crate) errors: u64,
    /// An example of an error.
    pub(crate) example: Option<String>,
}

impl Shown {
    /// The medians; `None` where nothing was measured.
    pub(crate) fn of(runs: &[Figures]) -> Option<Self> {
        let of = |figure: &dyn Fn(&Figures) -> f64| median(runs.iter().map(figure));
        let busy = |part: Duration, of: &Figures| part.as_secs_f64() / of.elapsed.as_secs_f64();
        let quantile = |per_mille| middle(runs.iter().map(|run| run.latencies.quantile(per_mille)));
        let cpu = || runs.iter().map(Figures::cpu_each);
        Some(Self {
            runs: runs.len(),
            rate: of(&Figures::rate)?,
            cpu_each: of(&Figures::cpu_each)?,
            cpu_range: (cpu().min_by(f64::total_cmp)?, cpu().max_by(f64::total_cmp)?),
            p50: quantile(500)?,
            p99: quantile(990)?,
            server_busy: of(&|run| busy(run.server_cpu, run))?,
            generator_busy: of(&|run| busy(run.generator_cpu, run))?,
            octets_each: of(&Figures::octets_each)?,
            lost: runs.iter().map(|run| run.lost).sum(),
            errors: runs.iter().map(|run| run.errors).sum(),
            example: runs.iter().find_map(|run| run.example.clone()),
        })
    }
}

fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn middle(durations: impl Iterator<Item = Duration>) -> Option<Duration> {
    let mut sorted: Vec<Duration> = durations.collect();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Histogram;

    fn run(answers: u64, cpu: u64) -> Figures {
        let mut latencies = Histogram::new();
        (0..answers).for_each(|_| latencies.record(Duration::from_micros(answers)));
        Figures {
            latencies,
            octets: 0,
            errors: 1,
            example: None,
            elapsed: Duration::from_secs(1),
            server_cpu: Duration::from_micros(cpu * answers),
            generator_cpu: Duration::ZERO,
            lost: 2,
        }
    }

    #[test]
    fn each_figure_is_the_median_of_its_own_runs() {
        let shown = Shown::of(&[run(10, 7), run(30, 1), run(20, 9)]);
        let Some(shown) = shown else { panic!("nothing is shown") };
        assert!((shown.rate - 20.0).abs() < 1e-6);
        assert!((shown.cpu_each - 7.0).abs() < 1e-6);
        assert!((shown.cpu_range.0 - 1.0).abs() < 1e-6 && (shown.cpu_range.1 - 9.0).abs() < 1e-6);
        assert_eq!((shown.runs, shown.errors, shown.lost), (3, 3, 6));
    }

    #[test]
    fn nothing_is_shown_of_no_runs() {
        assert!(Shown::of(&[]).is_none());
    }
}
