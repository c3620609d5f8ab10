//! What is asked: each scenario the same for every server that speaks its protocol.

use anyhow::Result;
use clap::ValueEnum;

use crate::data::Data;
use crate::generator::{Figures, Load, run};
use crate::reader::Reader;
use crate::subject::Subject;
use crate::workers::Field;

/// A kind of load.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Connect, bind, unbind; nobody twice.
    BindOnce,
    /// Connect, bind, unbind; the regulars.
    BindAgain,
    /// `(uid=…)`: one entry.
    Equality,
    /// `(memberOf=…)`: a group's members.
    MemberOf,
    /// All people of an organization at once.
    Dump,
    /// All people of an organization, asked for in pages.
    DumpPaged,
    /// All people of the large organization, in pages.
    DumpLarge,
    /// Access-Request with PAP; nobody twice.
    PapOnce,
    /// Access-Request with PAP; the regulars.
    PapAgain,
}

impl Scenario {
    /// In the order they are run in. The memory of verified passwords is empty at the start, so
    /// that the two with nobody twice come first.
    pub(crate) const ALL: [Self; 9] = [
        Self::BindOnce,
        Self::PapOnce,
        Self::BindAgain,
        Self::PapAgain,
        Self::Equality,
        Self::MemberOf,
        Self::Dump,
        Self::DumpPaged,
        Self::DumpLarge,
    ];

    /// Its line in the tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::BindOnce => "bind, each user once",
            Self::BindAgain => "bind, 200 users again and again",
            Self::Equality => "search (uid=…)",
            Self::MemberOf => "search (memberOf=…)",
            Self::Dump => "dump of one organization, not paged",
            Self::DumpPaged => "paged dump of one organization",
            Self::DumpLarge => "paged dump of the large organization",
            Self::PapOnce => "RADIUS PAP, each user once",
            Self::PapAgain => "RADIUS PAP, 200 users again and again",
        }
    }

    /// Whether it is RADIUS; else it is LDAP.
    pub(crate) fn is_radius(self) -> bool {
        matches!(self, Self::PapOnce | Self::PapAgain)
    }

    /// Measures it; `None` when the server does not speak the protocol.
    ///
    /// # Errors
    /// When it cannot even be prepared, or the server disappears.
    pub(crate) fn measure(self, s: &Subject, data: &Data, load: Load) -> Result<Option<Figures>> {
        let address = if self.is_radius() { s.radius } else { s.ldap };
        let Some(server) = address else {
            return Ok(None);
        };
        if self == Self::DumpLarge && data.equal == data.organizations.len() {
            return Ok(None);
        }
        let field = Field { server, data, tenants: &s.tenants, workers: load.workers };
        let workers = match self {
            Self::BindOnce => field.binds(field.everybody(), 0),
            Self::BindAgain => field.binds(field.regulars(), 1),
            Self::PapOnce => field.paps(field.everybody_backwards(), 0),
            Self::PapAgain => field.paps(field.regulars(), 1),
            Self::Equality => field.searches(Reader::equality),
            Self::MemberOf => field.searches(Reader::member_of),
            Self::Dump => field.searches(Reader::dump),
            Self::DumpPaged => field.searches(Reader::dump_paged),
            Self::DumpLarge => field.dumps_of_large(),
        };
        run(&s.server, load, workers?).map(Some)
    }
}
