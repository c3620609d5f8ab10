//! How many connections, and how many requests on each at once.

use std::fmt;
use std::str::FromStr;

/// A closed loop's width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    /// Connections at once.
    pub(crate) connections: usize,
    /// Requests under way on each.
    pub(crate) depth: usize,
}

impl Shape {
    /// So many connections with one request each.
    pub(crate) const fn of(connections: usize) -> Self {
        Self { connections, depth: 1 }
    }
}

impl FromStr for Shape {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (connections, depth) = text.split_once('x').unwrap_or((text, "1"));
        Ok(Self { connections: connections.parse()?, depth: depth.parse()? })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.depth {
            1 => write!(f, "{}", self.connections),
            depth => write!(f, "{} × {depth}", self.connections),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_connections_and_perhaps_a_depth() {
        assert_eq!("64".parse(), Ok(Shape::of(64)));
        assert_eq!("8x16".parse(), Ok(Shape { connections: 8, depth: 16 }));
        assert!("x".parse::<Shape>().is_err());
        assert_eq!(Shape { connections: 8, depth: 16 }.to_string(), "8 × 16");
    }
}
