//! The whole report: tables, method, and what to keep in mind.

use std::fmt::Write;

use anyhow::Result;

use crate::Arguments;
use crate::bounds::{self, Finding};
use crate::data::{Data, PASSWORDS};
use crate::machine::Machine;
use crate::proc::Cores;
use crate::table::{self, Outcome};
use crate::targets;
use crate::threads::Sweep;

/// What there is to report.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Of the servers, each in its rows.
    pub(crate) outcomes: &'a [Outcome],
    /// Of our bounds.
    pub(crate) findings: &'a [Finding],
    /// Of FreeRADIUS's threads.
    pub(crate) sweep: Option<&'a Sweep>,
}

/// Makes the report in Markdown.
///
/// # Errors
/// When formatting fails.
pub(crate) fn write(
    machine: &Machine,
    cores: &Cores,
    data: &Data,
    arguments: &Arguments,
    seen: Seen<'_>,
) -> Result<String> {
    let Seen { outcomes, findings, sweep } = seen;
    let mut out = String::from("# Benchmarks\n\nPrinted by `tests/bench/run`");
    writeln!(out, " on {}.\n", machine.day)?;
    introduction(&mut out, machine, cores, outcomes)?;
    if !table::rows(outcomes).is_empty() {
        writeln!(out, "\n## Beside the peers\n")?;
        targets::write(&mut out, outcomes)?;
        out.push_str(COMPARISON);
        writeln!(out, "\n## Requests\n")?;
        table::requests(&mut out, outcomes)?;
        writeln!(out)?;
        table::remarks(&mut out, outcomes)?;
    }
    if !findings.is_empty() {
        writeln!(out, "\n## Bounds\n")?;
        bounds::write(&mut out, findings)?;
    }
    writeln!(out, "\n## Times and sizes\n")?;
    table::lives(&mut out, outcomes)?;
    method(&mut out, data, arguments, sweep)?;
    out.push_str(NOTES);
    Ok(out)
}

fn introduction(
    out: &mut String,
    machine: &Machine,
    cores: &Cores,
    outcomes: &[Outcome],
) -> Result<()> {
    let Machine { model, cores: count, memory, kernel, system, .. } = machine;
    writeln!(
        out,
        "Machine: {model}, {count} cores, {memory} GiB, {system}, Linux {kernel}. \
         Servers on core {}, the generator on core {}, by `taskset`.\n",
        cores.server, cores.generator
    )?;
    for Outcome { name, version, .. } in outcomes {
        writeln!(out, "- {name} {version}")?;
    }
    Ok(())
}

fn method(
    out: &mut String,
    data: &Data,
    arguments: &Arguments,
    sweep: Option<&Sweep>,
) -> Result<()> {
    let users_each = arguments.users_each;
    let (timing, repeats) = (arguments.timing(), arguments.repeats());
    let (warm_up, seconds) = (timing.warm_up.as_secs_f64(), timing.measured.as_secs_f64());
    let slapd = arguments.threads(None);
    let freeradius = match sweep {
        None => arguments.threads(None).to_string(),
        Some(_) => format!("{}, the best of what was tried", arguments.threads(sweep)),
    };
    let tried = sweep.map(|sweep| format!(" ({sweep})")).unwrap_or_default();
    writeln!(
        out,
        "
## Method

- {} organizations of {users_each} users and one of {}: {} users, each in two of the ten groups of \
  the organization. Logins are unique over all organizations, because the peers know no other kind.
- A closed loop on one thread: every connection asks, waits, checks, and asks again; “8 × 16” are \
  eight connections with sixteen requests under way on each. {warm_up} s of warm-up, then {seconds} s \
  measured. All servers are loaded and started first; then each row is measured on one after the other, \
  while the others stand still, {repeats} times in turn, but for those with nobody twice. Each \
  figure is the median of its runs. Every answer is checked (result code, number of entries, \
  name of the entry, RADIUS code and Response Authenticator; with RadSec also Message-Authenticator, \
  where there is one).
- Server CPU: user and system time of the process over the measured time, by the right answers.
- Worker threads: slapd {slapd}; FreeRADIUS {freeradius}{tried}; 389-ds 16, the fewest that it does \
  not warn of.
- TLS: the same ECDSA P-256 certificate for all, TLS 1.3, X25519, AES-128-GCM, a full handshake for \
  every connection, the certificate verified. The same for each login by EAP, with P-256, the curve \
  that FreeRADIUS has by default, and TLS 1.2 as well; no session is resumed but in the rows that say \
  so. There the peer counts an answer only when the server resumed, and one that did not fails the \
  row. With TLS 1.3 full logins and resumed ones take turns: of a ticket that FreeRADIUS 3.2 gives in a \
  resumed handshake it knows no user afterwards. It keeps sessions in files, the only way it has. With \
  RadSec TLS 1.3 as well, P-256 and AES-128-GCM, forced by the client, and ECDSA P-256 certificates of \
  one authority on both sides; connections are open before anything is measured.
- The users share {PASSWORDS} passwords; with Tenantry also their argon2id hashes (19 MiB, 2 \
  passes), made beforehand: loading sends finished hashes, as a migration does.",
        data.equal,
        data.users() - data.equal * users_each,
        data.users(),
    )?;
    Ok(())
}

const COMPARISON: &str = "
How many times better Tenantry is than the peer: the peer's server CPU for each operation and its p99 \
by Tenantry's, Tenantry's operations a second by the peer's. The target is for the CPU: against slapd and \
FreeRADIUS what is aimed at in that row, against every other peer (389-ds, FreeRADIUS without duplicate \
detection, slapd with a database each) 1.0×, that is, no more CPU than the peer takes. A row is met when the \
CPU reaches its target, none of Tenantry's answers was wrong or missing, and Tenantry is behind the peer \
neither in throughput nor in p99, where 3 % are taken for equal. \
The rows in which each user comes once are no contest: there Tenantry computes an argon2id hash of 19 MiB, \
which is what it takes to keep stolen passwords from being guessed, slapd a SHA-1, and FreeRADIUS compares \
clear text. What can be asked of Tenantry there, that nothing but the hash costs anything, is a bound below. \
Nor is it a contest where a peer gives no right answer at all, as 389-ds, which ends dumps of the large \
organization with adminLimitExceeded (11), and FreeRADIUS 3.2, which lets nobody in by PEAP that resumes a \
session of TLS 1.3.
";

const NOTES: &str = "\
- Searches go over kept connections, each bound as the service account of one of up to 256 \
  organizations; more connections share these. Binds are of four regular users in each of 64 \
  organizations; binds on an open connection stay within one organization. Before binds are \
  measured, every regular has logged in once.
- PAP, MS-CHAPv2 and accounting are asked by one thread however much is under way, EAP by a thread for \
  each conversation: waking it is a part of a server's cost there. Each of 200 regulars has network gear \
  of their own; “1 × 16” is one piece of gear with sixteen requests under way on its socket, as a \
  controller of access points has, of 64 people of one organization.
- RadSec is asked by one thread as well. Each of up to 16 gateways has a certificate and an organization \
  of its own, in which 16 people log in again and again, each of them once before anything is measured; \
  “1 × 16” is one connection with sixteen requests under way, and RADIUS has identifiers for no more \
  than 256. Every packet has a record of TLS of its own, because FreeRADIUS hangs up where one holds \
  two; those of one moment leave together.
- Dumps ask for everything one level below ou=people, with six attributes, memberOf among them; \
  pages have 500 entries. In one database for all, slapd looks through the entries of other \
  organizations to fill a page, however the search is put; this form costs it least.

## To keep in mind

- slapd has one database for all organizations and access rules that separate nobody. Keeping \
  customers apart would take rules that cost more, or a database each; but a thread of slapd 2.5 \
  cannot use more than about thirty mdb databases (binds end in “internal error”), so that this is \
  measured only in small runs, for example with `--users 2000`. Its memberOf values stand in the \
  entries. Its passwords are {SSHA}: a SHA-1, about a microsecond, for the attacker too.
- 389-ds comes from its own template, with the indices and {SSHA} passwords that slapd has, memberOf \
  values in the entries (its plugin for them, which works at changes, is off), the access log off, \
  hashes not made anew at the first bind, its caches sized by itself, and one access rule by which \
  everybody who has bound reads everything.
- FreeRADIUS is measured with its default memory of replies for duplicate requests, which Tenantry \
  has as well, and without, where it is faster and smaller. It has clear-text passwords, no \
  logging, no `preprocess`, and one client for all sources; this version sends no \
  Message-Authenticator in replies. Its users have no organization. On RadSec connections it leaves \
  Nagle's algorithm on and has no setting for it: where several requests are under way, a reply waits \
  now and then for some 40 ms until the one before is acknowledged. It answers accounting before its \
  file (`detail`) is on the disk; Tenantry answers when its journal is, which the next power cut \
  cannot take back.
- Tenantry isolates organizations, keeps an event for every login, hashes with argon2id, and signs \
  its RADIUS replies with Message-Authenticator. “Each user once” is its price for that hash; “again \
  and again” is what its memory of verified passwords makes of it.
- Load times are not the same work: `slapadd` writes a database offline, FreeRADIUS gets a text file \
  that it reads at its start, Tenantry is loaded through its admin API over HTTPS, every change \
  checked, durable and with its event.
- The load comes from the same machine. With few cores the generator's own cost bounds operations a \
  second and latency; CPU per operation is the figure to compare.
";
