//! Writes numbers by the library's encoder, which knows both formats.

use std::fmt;
use std::time::Duration;

use directory::DurationFigures;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, EncodeMetric, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

const SECONDS: &Unit = &Unit::Seconds;
const BYTES: &Unit = &Unit::Bytes;

/// Labels with their values.
type Labels<'l, const N: usize> = [(&'static str, &'l str); N];

/// Writes what is told.
pub(super) struct Pen<'a, 'e>(&'a mut DescriptorEncoder<'e>);

impl<'a, 'e> Pen<'a, 'e> {
    pub(super) fn new(encoder: &'a mut DescriptorEncoder<'e>) -> Self {
        Self(encoder)
    }

    /// Something that is, and is said by labels.
    pub(super) fn info<const N: usize>(
        &mut self,
        (name, help): (&str, &str),
        labels: Labels<'_, N>,
    ) -> fmt::Result {
        self.begin((name, help, None), MetricType::Info)?.encode_info(&labels)
    }

    /// How often something happened; `_total` is put behind the name.
    pub(super) fn counter(&mut self, (name, help): (&str, &str), value: u64) -> fmt::Result {
        let encoder = self.begin((name, help, None), MetricType::Counter)?;
        ConstCounter::new(value).encode(encoder)
    }

    /// The same of several, told apart by labels.
    pub(super) fn counters<'l, const N: usize>(
        &mut self,
        (name, help): (&str, &str),
        rows: impl IntoIterator<Item = (Labels<'l, N>, u64)>,
    ) -> fmt::Result {
        let mut family = self.begin((name, help, None), MetricType::Counter)?;
        for (labels, value) in rows {
            ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    /// How many there are.
    pub(super) fn gauge(
        &mut self,
        (name, help): (&str, &str),
        value: impl EncodeGaugeValue,
    ) -> fmt::Result {
        let encoder = self.begin((name, help, None), MetricType::Gauge)?;
        ConstGauge::new(value).encode(encoder)
    }

    /// The same of several, told apart by labels.
    pub(super) fn gauges<'l, const N: usize>(
        &mut self,
        (name, help): (&str, &str),
        rows: impl IntoIterator<Item = (Labels<'l, N>, u64)>,
    ) -> fmt::Result {
        let mut family = self.begin((name, help, None), MetricType::Gauge)?;
        for (labels, value) in rows {
            ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    /// How many octets there are; `_bytes` is put behind the name.
    pub(super) fn octets(&mut self, (name, help): (&str, &str), value: u64) -> fmt::Result {
        let encoder = self.begin((name, help, Some(BYTES)), MetricType::Gauge)?;
        ConstGauge::new(value).encode(encoder)
    }

    /// How often something took how long; `_seconds` is put behind the name.
    pub(super) fn durations(
        &mut self,
        (name, help): (&str, &str),
        figures: &DurationFigures,
    ) -> fmt::Result {
        let named = (name, help, Some(SECONDS));
        write_durations(self.begin(named, MetricType::Histogram)?, figures)
    }

    /// The same of several, told apart by labels.
    pub(super) fn all_durations<'l, const N: usize>(
        &mut self,
        (name, help): (&str, &str),
        rows: impl IntoIterator<Item = (Labels<'l, N>, DurationFigures)>,
    ) -> fmt::Result {
        let named = (name, help, Some(SECONDS));
        let mut family = self.begin(named, MetricType::Histogram)?;
        for (labels, figures) in rows {
            write_durations(family.encode_family(&labels)?, &figures)?;
        }
        Ok(())
    }

    /// A moment, in milliseconds since 1970; `_seconds` is put behind the name.
    pub(super) fn moment(&mut self, (name, help): (&str, &str), at: u64) -> fmt::Result {
        let encoder = self.begin((name, help, Some(SECONDS)), MetricType::Gauge)?;
        ConstGauge::new(seconds(at)).encode(encoder)
    }

    /// The same of several, told apart by labels.
    pub(super) fn moments<'l, const N: usize>(
        &mut self,
        (name, help): (&str, &str),
        rows: impl IntoIterator<Item = (Labels<'l, N>, u64)>,
    ) -> fmt::Result {
        let mut family = self.begin((name, help, Some(SECONDS)), MetricType::Gauge)?;
        for (labels, at) in rows {
            ConstGauge::new(seconds(at)).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn begin<'s>(
        &'s mut self,
        (name, help, unit): (&'s str, &str, Option<&'s Unit>),
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, unit, kind)
    }
}

fn write_durations(mut encoder: MetricEncoder<'_>, figures: &DurationFigures) -> fmt::Result {
    let within = figures.steps.iter().map(|(bound, count)| (bound.as_secs_f64(), *count));
    let steps: Vec<(f64, u64)> = within.chain([(f64::INFINITY, figures.beyond)]).collect();
    let count = steps.iter().map(|(_, count)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(figures.sum.as_secs_f64(), count, &steps, None)
}

/// Milliseconds in seconds.
fn seconds(milliseconds: u64) -> f64 {
    Duration::from_millis(milliseconds).as_secs_f64()
}
