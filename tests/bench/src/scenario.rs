//! What is asked: each scenario the same for every server that speaks its protocol.

use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Result, anyhow, ensure};
use clap::ValueEnum;

use crate::crowd::{Crowd, in_turn, newcomers, rehearsal};
use crate::data::Data;
use crate::engine::{Engine, Place, Script, Security};
use crate::figures::Figures;
use crate::flock;
use crate::generator::{self, Timing};
use crate::radius::Inner;
use crate::rounds::{Reader, Rounds, echoed};
use crate::row::Row;
use crate::subject::{Radius, Subject};
use crate::trunks;
use crate::workers::{Ask, Field, Resumed, Single};

/// A kind of load.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Connect, bind, unbind; nobody twice.
    BindOnce,
    /// Connect, bind, unbind; the regulars.
    BindNew,
    /// Bind on a kept connection; the regulars.
    BindOpen,
    /// Connect, bind as the application, search, bind as a regular, unbind.
    Mixed,
    /// `(uid=…)`: one entry.
    Equality,
    /// `(&(uid=…)(memberOf=…))`: whether a user is a member.
    MemberOf,
    /// `(memberOf=…)`: a group's members.
    Members,
    /// A group's entry with all values of `member`.
    Group,
    /// `(uid=abc*)`.
    Initial,
    /// `(uid=*bc*)`.
    Contained,
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
    /// Access-Request with MS-CHAPv2; the regulars.
    MsChap,
    /// EAP-TTLS with PAP inside, a full handshake of TLS 1.2 each time; the regulars.
    Ttls12,
    /// The same with TLS 1.3.
    Ttls13,
    /// PEAP with MS-CHAPv2 inside, a full handshake of TLS 1.2 each time; the regulars.
    Peap12,
    /// The same with TLS 1.3.
    Peap13,
    /// EAP-TTLS with PAP, TLS 1.2, each login resuming the session of the one before.
    Ttls12Resumed,
    /// The same with TLS 1.3, a full login and one that resumes its session, in turn.
    Ttls13Resumed,
    /// PEAP with MS-CHAPv2, TLS 1.2, each login resuming the session of the one before.
    Peap12Resumed,
    /// The same with TLS 1.3, a full login and one that resumes its session, in turn.
    Peap13Resumed,
    /// Access-Request with PAP inside TLS, over kept connections of gateways; a few people of each.
    Radsec,
    /// Accounting-Requests: a session's start, a report, and its end; the regulars.
    Accounting,
}

/// The clients of a run, and those that come before it.
struct Cast {
    rehearsal: Vec<Script>,
    scripts: Vec<Script>,
}

impl Scenario {
    /// Its line in the tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::BindOnce => "bind on a new connection, each user once",
            Self::BindNew => "bind on a new connection",
            Self::BindOpen => "bind on an open connection",
            Self::Mixed => "connect, service bind, search, user bind, unbind",
            Self::Equality => "search (uid=…)",
            Self::MemberOf => "search (&(uid=…)(memberOf=…))",
            Self::Members => "search (memberOf=…), a group's members",
            Self::Group => "a group's entry with its members",
            Self::Initial => "search (uid=abc*)",
            Self::Contained => "search (uid=*bc*)",
            Self::Dump => "dump of one organization, not paged",
            Self::DumpPaged => "paged dump of one organization",
            Self::DumpLarge => "paged dump of the large organization",
            Self::PapOnce => "RADIUS PAP, each user once",
            Self::PapAgain => "RADIUS PAP, the same users again and again",
            Self::MsChap => "RADIUS MS-CHAPv2",
            Self::Ttls12 => "EAP-TTLS with PAP, TLS 1.2",
            Self::Ttls13 => "EAP-TTLS with PAP, TLS 1.3",
            Self::Peap12 => "PEAP with MS-CHAPv2, TLS 1.2",
            Self::Peap13 => "PEAP with MS-CHAPv2, TLS 1.3",
            Self::Ttls12Resumed => "EAP-TTLS with PAP, TLS 1.2, resumed",
            Self::Ttls13Resumed => "EAP-TTLS with PAP, TLS 1.3, every second resumed",
            Self::Peap12Resumed => "PEAP with MS-CHAPv2, TLS 1.2, resumed",
            Self::Peap13Resumed => "PEAP with MS-CHAPv2, TLS 1.3, every second resumed",
            Self::Radsec => "RADIUS PAP inside TLS (RadSec)",
            Self::Accounting => "RADIUS accounting",
        }
    }

    /// Whether it is RADIUS; else it is LDAP.
    pub(crate) fn is_radius(self) -> bool {
        matches!(
            self,
            Self::PapOnce
                | Self::PapAgain
                | Self::MsChap
                | Self::Ttls12
                | Self::Ttls13
                | Self::Peap12
                | Self::Peap13
                | Self::Ttls12Resumed
                | Self::Ttls13Resumed
                | Self::Peap12Resumed
                | Self::Peap13Resumed
                | Self::Radsec
                | Self::Accounting
        )
    }

    /// Why it is no contest, where it is none.
    pub(crate) fn no_contest(self) -> Option<&'static str> {
        match self {
            Self::BindOnce => Some("no contest: our argon2id beside a SHA-1; see “cold binds”"),
            Self::PapOnce => Some("no contest: our argon2id beside clear text; see “cold binds”"),
            Self::BindNew
            | Self::BindOpen
            | Self::Mixed
            | Self::Equality
            | Self::MemberOf
            | Self::Members
            | Self::Group
            | Self::Initial
            | Self::Contained
            | Self::Dump
            | Self::DumpPaged
            | Self::DumpLarge
            | Self::PapAgain
            | Self::MsChap
            | Self::Ttls12
            | Self::Ttls13
            | Self::Peap12
            | Self::Peap13
            | Self::Ttls12Resumed
            | Self::Ttls13Resumed
            | Self::Peap12Resumed
            | Self::Peap13Resumed
            | Self::Radsec
            | Self::Accounting => None,
        }
    }

    fn cast<'a>(self, crowd: Crowd<'a>, row: Row, echo: bool) -> Result<Cast> {
        let shape = row.shape;
        let of = |scripts| Cast { rehearsal: Vec::new(), scripts };
        let fresh = |rounds: Rounds| Cast {
            rehearsal: rehearsal(&rounds),
            scripts: newcomers(shape.connections, &rounds),
        };
        let read = |rounds: fn(Reader<'a>) -> Rounds| crowd.readers(shape, rounds).map(of);
        match self {
            Self::BindOnce => Ok(of(in_turn(shape.connections, &crowd.all_binds()))),
            Self::BindNew => crowd.regular_binds().map(fresh),
            Self::Mixed => crowd.regular_sign_ins().map(fresh),
            Self::BindOpen => Ok(Cast {
                rehearsal: rehearsal(&crowd.regular_binds()?),
                scripts: crowd.binders(shape)?,
            }),
            Self::Equality if echo => {
                let mut scripts = crowd.readers(shape, |reader| echoed(&reader.equality()))?;
                scripts.iter_mut().for_each(|script| script.prelude = Rc::default());
                Ok(of(scripts))
            }
            Self::Equality => read(Reader::equality),
            Self::MemberOf => read(Reader::member_of),
            Self::Members => read(Reader::members),
            Self::Group => read(Reader::group),
            Self::Initial => read(Reader::initial),
            Self::Contained => read(Reader::contained),
            Self::Dump => read(Reader::dump),
            Self::DumpPaged => read(Reader::dump_paged),
            Self::DumpLarge => crowd.readers_of_large(shape, Reader::dump_paged).map(of),
            Self::PapOnce
            | Self::PapAgain
            | Self::MsChap
            | Self::Ttls12
            | Self::Ttls13
            | Self::Peap12
            | Self::Peap13
            | Self::Ttls12Resumed
            | Self::Ttls13Resumed
            | Self::Peap12Resumed
            | Self::Peap13Resumed
            | Self::Radsec
            | Self::Accounting => Err(anyhow!("RADIUS has workers of its own")),
        }
    }
}

impl Row {
    /// Measures it; `None` when the server does not take part.
    ///
    /// # Errors
    /// When it cannot even be prepared, or the server disappears.
    pub(crate) fn measure(
        self,
        s: &Subject,
        data: &Data,
        timing: Timing,
    ) -> Result<Option<Figures>> {
        if self.scenario.is_radius() {
            return self.measure_radius(s, data, timing);
        }
        let door = if self.security == Security::Ldaps { s.ldaps } else { s.ldap };
        let Some(server) = door else { return Ok(None) };
        if self.scenario == Scenario::DumpLarge && data.equal == data.organizations.len() {
            return Ok(None);
        }
        if s.is_echo() && !(self.scenario == Scenario::Equality && self.security == Security::Clear)
        {
            return Ok(None);
        }
        let place = Place { server, security: self.security, tls: s.tls.clone() };
        let crowd = Crowd { data, tenants: &s.tenants };
        let Cast { rehearsal, scripts } = self.scenario.cast(crowd, self, s.is_echo())?;
        if !rehearsal.is_empty() {
            let clear = Place {
                security: Security::Clear,
                server: s.ldap.unwrap_or(server),
                ..place.clone()
            };
            Engine::new(clear, vec![rehearsal])?.exhaust()?;
        }
        let mut engine = Engine::new(place, vec![scripts])?;
        let figures = engine.measure(&s.server, timing.warm_up, timing.measured)?;
        Ok(figures.into_iter().next())
    }

    fn measure_radius(self, s: &Subject, data: &Data, timing: Timing) -> Result<Option<Figures>> {
        let Some(radius) = &s.radius else { return Ok(None) };
        let Radius { peers, wireless, resuming, .. } = radius;
        let full =
            |inner, tls: &Arc<_>| (Ask::Eap(inner, Arc::clone(tls), Resumed::Never), *wireless);
        let again =
            |inner, tls: &Arc<_>, resumed| (Ask::Eap(inner, Arc::clone(tls), resumed), *resuming);
        let (always, in_turn) = (Resumed::Always, Resumed::InTurn);
        let (ttls, peap) = (Inner::TtlsPap, Inner::PeapMsChap);
        let (ask, server) = match self.scenario {
            Scenario::MsChap => (Ask::Single(Single::MsChap), radius.wireless),
            Scenario::Ttls12 => full(ttls, &peers.older),
            Scenario::Ttls13 => full(ttls, &peers.newer),
            Scenario::Peap12 => full(peap, &peers.older),
            Scenario::Peap13 => full(peap, &peers.newer),
            Scenario::Ttls12Resumed => again(ttls, &peers.older, always),
            Scenario::Ttls13Resumed => again(ttls, &peers.newer, in_turn),
            Scenario::Peap12Resumed => again(peap, &peers.older, always),
            Scenario::Peap13Resumed => again(peap, &peers.newer, in_turn),
            Scenario::Radsec => {
                return trunks::run(&s.server, radius, data, self.shape, timing).map(Some);
            }
            Scenario::Accounting => (Ask::Single(Single::Account), radius.accounting),
            Scenario::PapOnce | Scenario::PapAgain => (Ask::Single(Single::Pap), radius.pap),
            Scenario::BindOnce
            | Scenario::BindNew
            | Scenario::BindOpen
            | Scenario::Mixed
            | Scenario::Equality
            | Scenario::MemberOf
            | Scenario::Members
            | Scenario::Group
            | Scenario::Initial
            | Scenario::Contained
            | Scenario::Dump
            | Scenario::DumpPaged
            | Scenario::DumpLarge => return Ok(None),
        };
        let workers = self.shape.connections;
        let field = Field { server, data, tenants: &s.tenants, workers };
        let resumes = matches!(ask, Ask::Eap(_, _, Resumed::Always | Resumed::InTurn));
        let (logins, rehearsals) = if self.scenario == Scenario::PapOnce {
            (field.everybody_backwards(), 0)
        } else {
            // Of sessions, a full login and one that resumes it.
            (data.regulars(), if resumes { 2 } else { 1 })
        };
        let figures = match ask {
            Ask::Single(single) => {
                let depth = self.shape.depth;
                let hands = match depth {
                    1 => field.hands(&ask, &logins, rehearsals)?,
                    _ => field.controllers(&ask)?,
                };
                flock::run(&s.server, timing, hands, (single, depth))?
            }
            Ask::Eap(..) => {
                generator::run(&s.server, timing, field.asking(&ask, &logins, rehearsals)?)?
            }
        };
        let example = figures.example.as_deref().unwrap_or_default();
        ensure!(!resumes || figures.errors == 0, "{} errors: {example}", figures.errors);
        Ok(Some(figures))
    }
}
