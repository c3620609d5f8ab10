//! The rows of the table: each scenario in its shapes, with what the peers are to be beaten by.

use std::fmt;

use crate::engine::Security;
use crate::scenario::Scenario;
use crate::shape::Shape;

/// One line of the table, measured on every server that can.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Row {
    /// What is asked.
    pub(crate) scenario: Scenario,
    /// When TLS begins.
    pub(crate) security: Security,
    /// How much at once.
    pub(crate) shape: Shape,
    /// How many times our CPU for each operation that of the peer of its protocol is to be.
    pub(crate) target: f64,
}

use Scenario::{
    Accounting, BindNew, BindOnce, BindOpen, Contained, Dump, DumpLarge, DumpPaged, Equality,
    Group, Initial, MemberOf, Members, Mixed, MsChap, PapAgain, PapOnce, Peap12, Peap12Resumed,
    Peap13, Peap13Resumed, Radsec, Ttls12, Ttls12Resumed, Ttls13, Ttls13Resumed,
};
use Security::{Clear, Ldaps, StartTls};

/// Behind neither peer in any row.
const PAR: f64 = 1.0;
/// Eight connections with sixteen requests each.
const PIPELINED: Shape = Shape { connections: 8, depth: 16 };

impl Row {
    const fn new(scenario: Scenario, security: Security, shape: Shape, target: f64) -> Self {
        Self { scenario, security, shape, target }
    }

    const fn clear(scenario: Scenario, connections: usize, target: f64) -> Self {
        Self::new(scenario, Clear, Shape::of(connections), target)
    }

    /// Gear with several requests under way on each socket, as a controller of access points has.
    const fn controllers(scenario: Scenario, sockets: usize, depth: usize, target: f64) -> Self {
        Self::new(scenario, Clear, Shape { connections: sockets, depth }, target)
    }

    /// In the order they are run in. The memory of verified passwords is empty at the start, so
    /// that the two with nobody twice come first.
    pub(crate) const ALL: [Self; 108] = [
        Self::clear(BindOnce, 16, 0.0),
        Self::clear(PapOnce, 16, 0.0),
        Self::clear(PapAgain, 1, PAR),
        Self::clear(PapAgain, 2, PAR),
        Self::clear(PapAgain, 4, 4.0),
        Self::clear(PapAgain, 8, 4.0),
        Self::clear(PapAgain, 16, 4.0),
        Self::clear(PapAgain, 32, 4.0),
        Self::clear(PapAgain, 64, 4.0),
        Self::clear(PapAgain, 128, 4.0),
        Self::clear(PapAgain, 256, 4.0),
        Self::clear(PapAgain, 512, 4.0),
        Self::clear(PapAgain, 1024, 4.0),
        Self::controllers(PapAgain, 1, 4, 4.0),
        Self::controllers(PapAgain, 1, 16, 4.0),
        Self::controllers(PapAgain, 1, 64, 4.0),
        Self::controllers(PapAgain, 1, 256, 4.0),
        Self::controllers(PapAgain, 4, 256, 4.0),
        Self::clear(MsChap, 16, 4.0),
        Self::controllers(MsChap, 1, 16, 4.0),
        Self::clear(Ttls12, 16, 2.5),
        Self::clear(Ttls13, 16, 2.5),
        Self::clear(Peap12, 16, 2.5),
        Self::clear(Peap13, 16, 2.5),
        Self::clear(Ttls12Resumed, 16, 2.5),
        Self::clear(Ttls13Resumed, 16, 2.5),
        Self::clear(Peap12Resumed, 16, 2.5),
        Self::clear(Peap13Resumed, 16, 2.5),
        Self::clear(Radsec, 1, PAR),
        Self::new(Radsec, Clear, Shape { connections: 1, depth: 16 }, PAR),
        Self::new(Radsec, Clear, Shape { connections: 1, depth: 64 }, PAR),
        Self::clear(Radsec, 16, PAR),
        Self::new(Radsec, Clear, Shape { connections: 16, depth: 16 }, PAR),
        Self::clear(Accounting, 64, 3.0),
        Self::clear(Equality, 1, PAR),
        Self::clear(Equality, 8, PAR),
        Self::clear(Equality, 64, 3.0),
        Self::clear(Equality, 512, PAR),
        Self::clear(Equality, 5000, PAR),
        Self::new(Equality, StartTls, Shape::of(1), PAR),
        Self::new(Equality, StartTls, Shape::of(64), PAR),
        Self::new(Equality, StartTls, Shape::of(5000), PAR),
        Self::new(Equality, Ldaps, Shape::of(1), PAR),
        Self::new(Equality, Ldaps, Shape::of(64), PAR),
        Self::new(Equality, Ldaps, Shape::of(5000), PAR),
        Self::new(Equality, Clear, PIPELINED, 6.0),
        Self::new(Equality, StartTls, PIPELINED, PAR),
        Self::new(Equality, Ldaps, PIPELINED, PAR),
        Self::clear(BindOpen, 1, PAR),
        Self::clear(BindOpen, 64, 2.5),
        Self::clear(BindOpen, 512, PAR),
        Self::clear(BindOpen, 5000, PAR),
        Self::new(BindOpen, StartTls, Shape::of(1), PAR),
        Self::new(BindOpen, StartTls, Shape::of(64), PAR),
        Self::new(BindOpen, StartTls, Shape::of(512), PAR),
        Self::new(BindOpen, StartTls, Shape::of(5000), PAR),
        Self::new(BindOpen, Ldaps, Shape::of(1), PAR),
        Self::new(BindOpen, Ldaps, Shape::of(64), PAR),
        Self::new(BindOpen, Ldaps, Shape::of(512), PAR),
        Self::new(BindOpen, Ldaps, Shape::of(5000), PAR),
        Self::clear(BindNew, 1, PAR),
        Self::clear(BindNew, 64, 2.5),
        Self::clear(BindNew, 512, PAR),
        Self::clear(BindNew, 5000, PAR),
        Self::new(BindNew, StartTls, Shape::of(1), PAR),
        Self::new(BindNew, StartTls, Shape::of(64), PAR),
        Self::new(BindNew, StartTls, Shape::of(512), PAR),
        Self::new(BindNew, Ldaps, Shape::of(1), 2.0),
        Self::new(BindNew, Ldaps, Shape::of(64), 2.0),
        Self::new(BindNew, Ldaps, Shape::of(512), 2.0),
        Self::clear(Mixed, 1, PAR),
        Self::clear(Mixed, 64, 2.5),
        Self::clear(Mixed, 512, PAR),
        Self::clear(Mixed, 5000, PAR),
        Self::new(Mixed, StartTls, Shape::of(1), PAR),
        Self::new(Mixed, StartTls, Shape::of(64), PAR),
        Self::new(Mixed, StartTls, Shape::of(512), PAR),
        Self::new(Mixed, Ldaps, Shape::of(1), PAR),
        Self::new(Mixed, Ldaps, Shape::of(64), PAR),
        Self::new(Mixed, Ldaps, Shape::of(512), PAR),
        Self::clear(MemberOf, 1, PAR),
        Self::clear(MemberOf, 64, 3.0),
        Self::clear(MemberOf, 5000, PAR),
        Self::new(MemberOf, StartTls, Shape::of(1), PAR),
        Self::new(MemberOf, StartTls, Shape::of(64), PAR),
        Self::new(MemberOf, StartTls, Shape::of(5000), PAR),
        Self::new(MemberOf, Ldaps, Shape::of(1), PAR),
        Self::new(MemberOf, Ldaps, Shape::of(64), PAR),
        Self::new(MemberOf, Ldaps, Shape::of(5000), PAR),
        Self::new(MemberOf, Clear, PIPELINED, PAR),
        Self::new(MemberOf, StartTls, PIPELINED, PAR),
        Self::new(MemberOf, Ldaps, PIPELINED, PAR),
        Self::clear(Members, 64, 3.0),
        Self::clear(Group, 64, 3.0),
        Self::clear(Initial, 64, 3.0),
        Self::clear(Contained, 64, 3.0),
        Self::clear(Dump, 16, PAR),
        Self::new(Dump, Ldaps, Shape::of(16), PAR),
        Self::clear(DumpPaged, 1, PAR),
        Self::clear(DumpPaged, 16, 2.0),
        Self::clear(DumpPaged, 512, PAR),
        Self::clear(DumpPaged, 5000, PAR),
        Self::new(DumpPaged, StartTls, Shape::of(16), PAR),
        Self::new(DumpPaged, StartTls, Shape::of(512), PAR),
        Self::new(DumpPaged, Ldaps, Shape::of(16), PAR),
        Self::new(DumpPaged, Ldaps, Shape::of(512), PAR),
        Self::clear(DumpLarge, 4, 2.0),
        Self::new(DumpLarge, Ldaps, Shape::of(4), PAR),
    ];

    /// The rows to measure: all, or what is chosen of them. Chosen shapes replace a scenario's own.
    pub(crate) fn chosen(
        scenarios: &[Scenario],
        securities: &[Security],
        shapes: &[Shape],
    ) -> Vec<Self> {
        let is = |row: &&Self| {
            (scenarios.is_empty() || scenarios.contains(&row.scenario))
                && (securities.is_empty() || securities.contains(&row.security))
        };
        let rows = Self::ALL.iter().filter(is).copied();
        if shapes.is_empty() {
            return rows.collect();
        }
        let mut chosen: Vec<Self> = Vec::new();
        for Self { scenario, security, .. } in rows {
            for shape in shapes {
                let known = Self::ALL.iter().find(|row| row.is(scenario, security, *shape));
                let row =
                    known.copied().unwrap_or_else(|| Self::new(scenario, security, *shape, PAR));
                if !chosen.iter().any(|other| other.is(scenario, security, *shape)) {
                    chosen.push(row);
                }
            }
        }
        chosen
    }

    /// How often it is measured where all rows are so many times: those with nobody twice once, since
    /// whom they have met is known from then on.
    pub(crate) fn repeats(&self, wanted: usize) -> usize {
        if self.scenario.no_contest().is_some() { 1 } else { wanted }
    }

    fn is(&self, scenario: Scenario, security: Security, shape: Shape) -> bool {
        self.scenario == scenario && self.security == security && self.shape == shape
    }
}

impl Row {
    /// How many connections of which kind.
    pub(crate) fn connections(&self) -> String {
        match self.security {
            Clear => self.shape.to_string(),
            StartTls => format!("{}, StartTLS", self.shape),
            Ldaps => format!("{}, LDAPS", self.shape),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.scenario.title(), self.connections())
    }
}
