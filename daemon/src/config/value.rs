//! The kinds of value that a key can have: each knows its limits and how it is spelled in TOML.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Something that can stand to the right of the equals sign.
pub trait Value {
    /// What the daemon works with.
    type Resolved;

    /// Turns the written value into the one that the daemon works with.
    fn resolve(self) -> Self::Resolved;

    /// Spells the value in TOML.
    fn toml(&self) -> String;

    /// Names the accepted values, where that is more than the type says.
    fn range() -> Option<String> {
        None
    }
}

/// A second, in the unit of [`Time`]'s limits.
pub(super) const SECOND: u64 = 1_000;
/// A minute, in the unit of [`Time`]'s limits.
pub(super) const MINUTE: u64 = 60 * SECOND;
/// An hour, in the unit of [`Time`]'s limits.
pub(super) const HOUR: u64 = 60 * MINUTE;
/// A day, in the unit of [`Time`]'s limits.
pub(super) const DAY: u64 = 24 * HOUR;
/// 1024 octets.
pub(super) const KIB: usize = 1 << 10;
/// 1024 KiB.
pub(super) const MIB: usize = 1 << 20;
/// 1024 MiB.
pub(super) const GIB: usize = 1 << 30;

const TIME_UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", SECOND), ("m", MINUTE), ("h", HOUR), ("d", DAY)];
const SIZE_UNITS: &[(&str, u64)] =
    &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const MIN: u32, const MAX: u32>(pub(super) u32);

impl<const MIN: u32, const MAX: u32> Value for Count<MIN, MAX> {
    type Resolved = u32;

    fn resolve(self) -> u32 {
        self.0
    }

    fn toml(&self) -> String {
        self.0.to_string()
    }

    fn range() -> Option<String> {
        Some(format!("{MIN} to {MAX}"))
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Count<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        match u32::try_from(number) {
            Ok(count) if (MIN..=MAX).contains(&count) => Ok(Self(count)),
            Ok(_) | Err(_) => Err(de::Error::custom(format_args!(
                "{number} is out of range, expected {MIN} to {MAX}"
            ))),
        }
    }
}

/// A length of time from `MIN` to `MAX` milliseconds, written as a number and a unit: `"10s"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time<const MIN: u64, const MAX: u64>(pub(super) u64);

impl<const MIN: u64, const MAX: u64> Value for Time<MIN, MAX> {
    type Resolved = Duration;

    fn resolve(self) -> Duration {
        Duration::from_millis(self.0)
    }

    fn toml(&self) -> String {
        format!("\"{}\"", spell(self.0, TIME_UNITS))
    }

    fn range() -> Option<String> {
        Some(format!("{} to {}", spell(MIN, TIME_UNITS), spell(MAX, TIME_UNITS)))
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Time<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_str(Measure {
                what: "a time such as \"10s\" (units: ms, s, m, h, d)",
                units: TIME_UNITS,
                limits: (MIN, MAX),
            })
            .map(Self)
    }
}

impl<const MIN: u64, const MAX: u64> Value for Vec<Time<MIN, MAX>> {
    type Resolved = Vec<Duration>;

    fn resolve(self) -> Vec<Duration> {
        self.into_iter().map(Value::resolve).collect()
    }

    fn toml(&self) -> String {
        let times: Vec<String> = self.iter().map(Value::toml).collect();
        format!("[{}]", times.join(", "))
    }

    fn range() -> Option<String> {
        Time::<MIN, MAX>::range().map(|range| format!("each {range}"))
    }
}

/// A number of octets from `MIN` to `MAX`, written as a number and a unit: `"64MiB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size<const MIN: usize, const MAX: usize>(pub(super) usize);

impl<const MIN: usize, const MAX: usize> Value for Size<MIN, MAX> {
    type Resolved = usize;

    fn resolve(self) -> usize {
        self.0
    }

    fn toml(&self) -> String {
        format!("\"{}\"", spell(self.0 as u64, SIZE_UNITS))
    }

    fn range() -> Option<String> {
        Some(format!("{} to {}", spell(MIN as u64, SIZE_UNITS), spell(MAX as u64, SIZE_UNITS)))
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Size<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let octets = deserializer.deserialize_str(Measure {
            what: "a size such as \"64MiB\" (units: B, KiB, MiB, GiB)",
            units: SIZE_UNITS,
            limits: (MIN as u64, MAX as u64),
        })?;
        usize::try_from(octets)
            .map(Self)
            .map_err(|_| de::Error::custom("the size does not fit into this machine's memory"))
    }
}

/// A number of workers, where 0 stands for one per processor core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerCore<const MAX: u32>(pub(super) u32);

impl<const MAX: u32> Value for PerCore<MAX> {
    type Resolved = usize;

    fn resolve(self) -> usize {
        match self.0 {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(MAX as usize),
            chosen => chosen as usize,
        }
    }

    fn toml(&self) -> String {
        self.0.to_string()
    }

    fn range() -> Option<String> {
        Some(format!("0 to {MAX}, 0: one per processor core"))
    }
}

impl<'de, const MAX: u32> Deserialize<'de> for PerCore<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Count::<0, MAX>::deserialize(deserializer).map(|count| Self(count.0))
    }
}

/// A number up to `MAX`, where 0 stands for half of the processor cores, but at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalfOfCores<const MAX: u32>(pub(super) u32);

impl<const MAX: u32> Value for HalfOfCores<MAX> {
    type Resolved = usize;

    fn resolve(self) -> usize {
        match self.0 {
            0 => (PerCore::<MAX>(0).resolve() / 2).max(1),
            chosen => chosen as usize,
        }
    }

    fn toml(&self) -> String {
        self.0.to_string()
    }

    fn range() -> Option<String> {
        Some(format!("0 to {MAX}, 0: half of the processor cores"))
    }
}

impl<'de, const MAX: u32> Deserialize<'de> for HalfOfCores<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Count::<0, MAX>::deserialize(deserializer).map(|count| Self(count.0))
    }
}

/// Something that may be left empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optional<T>(pub(super) Option<T>);

impl<T: Value> Value for Optional<T> {
    type Resolved = Option<T::Resolved>;

    fn resolve(self) -> Self::Resolved {
        self.0.map(T::resolve)
    }

    fn toml(&self) -> String {
        self.0.as_ref().map_or_else(|| quote(""), T::toml)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Optional<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        text.parse().map(|value| Self(Some(value))).map_err(de::Error::custom)
    }
}

/// Where something is found on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(String);

impl FromStr for WebAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-._:/[]~%".contains(&octet);
        if rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(allowed)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` must be an address such as `http://admin.example`"))
        }
    }
}

impl Value for WebAddress {
    type Resolved = String;

    fn resolve(self) -> String {
        self.0
    }

    fn toml(&self) -> String {
        quote(&self.0)
    }
}

/// Where something is found on the web that nobody may change on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecureAddress(WebAddress);

impl FromStr for SecureAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(address) if text.starts_with("https://") => Ok(Self(address)),
            _ => Err(format!("`{text}` must be an address such as `https://admin.example`")),
        }
    }
}

impl Value for SecureAddress {
    type Resolved = String;

    fn resolve(self) -> String {
        self.0.resolve()
    }

    fn toml(&self) -> String {
        self.0.toml()
    }
}

/// A file or folder, named from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullPath(pub(super) PathBuf);

impl FromStr for FullPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        if path.is_absolute() {
            Ok(Self(path))
        } else {
            Err(format!("`{text}` must be a path that begins with `/`"))
        }
    }
}

impl Display for FullPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(out)
    }
}

impl Value for FullPath {
    type Resolved = PathBuf;

    fn resolve(self) -> PathBuf {
        self.0
    }

    fn toml(&self) -> String {
        quote(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for FullPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Value for bool {
    type Resolved = Self;

    fn resolve(self) -> Self {
        self
    }

    fn toml(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    type Resolved = Self;

    fn resolve(self) -> Self {
        self
    }

    fn toml(&self) -> String {
        quote(self)
    }
}

impl Value for Vec<SocketAddr> {
    type Resolved = Self;

    fn resolve(self) -> Self {
        self
    }

    fn toml(&self) -> String {
        let addresses: Vec<String> = self.iter().map(|it| quote(&it.to_string())).collect();
        format!("[{}]", addresses.join(", "))
    }
}

impl Value for Vec<IpNet> {
    type Resolved = Self;

    fn resolve(self) -> Self {
        self
    }

    fn toml(&self) -> String {
        let networks: Vec<String> = self.iter().map(|it| quote(&it.to_string())).collect();
        format!("[{}]", networks.join(", "))
    }
}

impl Value for Vec<String> {
    type Resolved = Self;

    fn resolve(self) -> Self {
        self
    }

    fn toml(&self) -> String {
        let texts: Self = self.iter().map(|it| quote(it)).collect();
        format!("[{}]", texts.join(", "))
    }
}

/// Every address that there is.
pub(super) fn whole_internet() -> Vec<IpNet> {
    vec![Ipv4Net::default().into(), Ipv6Net::default().into()]
}

/// Lists the same port on every IPv4 and every IPv6 address of the machine.
pub(super) fn everywhere(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::from(([0; 4], port)), SocketAddr::from(([0; 8], port))]
}

/// Spells a string in TOML.
pub(super) fn quote(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Spells a measure in the largest unit that divides it.
fn spell(amount: u64, units: &[(&str, u64)]) -> String {
    let fitting =
        units.iter().rev().find(|(_, factor)| amount > 0 && amount.is_multiple_of(*factor));
    match fitting.or_else(|| units.first()) {
        Some((unit, factor)) => format!("{}{unit}", amount / factor),
        None => amount.to_string(),
    }
}

/// Reads a number with a unit.
struct Measure {
    what: &'static str,
    units: &'static [(&'static str, u64)],
    limits: (u64, u64),
}

impl Visitor<'_> for Measure {
    type Value = u64;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.what)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at_checked(end).unwrap_or((text, ""));
        let factor = self.units.iter().find(|(name, _)| *name == unit.trim());
        let (Ok(number), Some((_, factor))) = (digits.parse::<u64>(), factor) else {
            return Err(E::invalid_value(de::Unexpected::Str(text), &self));
        };
        let (low, high) = self.limits;
        match number.checked_mul(*factor) {
            Some(amount) if (low..=high).contains(&amount) => Ok(amount),
            Some(_) | None => Err(E::custom(format_args!(
                "{text} is out of range, expected {} to {}",
                spell(low, self.units),
                spell(high, self.units)
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_spelled_in_the_largest_unit_that_divides_them() {
        assert_eq!(spell(90 * SECOND, TIME_UNITS), "90s");
        assert_eq!(spell(2 * HOUR, TIME_UNITS), "2h");
        assert_eq!(spell(0, TIME_UNITS), "0ms");
        assert_eq!(spell(64 << 20, SIZE_UNITS), "64MiB");
        assert_eq!(spell(1000, SIZE_UNITS), "1000B");
    }

    #[test]
    fn one_worker_per_core_is_at_least_one_and_at_most_the_limit() {
        assert!(PerCore::<64>(0).resolve() >= 1);
        assert_eq!(PerCore::<1>(0).resolve(), 1);
        assert_eq!(PerCore::<64>(7).resolve(), 7);
        assert!(HalfOfCores::<64>(0).resolve() >= 1);
        assert_eq!(HalfOfCores::<1>(0).resolve(), 1);
        assert_eq!(HalfOfCores::<64>(7).resolve(), 7);
    }
}
