//! Messages of LDAP: what it costs to read a search and to write its answer, here and with
//! `ldap3_proto`. That the octets are the same for all kinds of entries is a test of the `ldap` crate.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use bytes::{Buf as _, BytesMut};
use ldap::{
    Answer, CleartextBind, Command, Limits, Outcome, Security, Session, Settings, StartTls,
};
use ldap3_lber::parse::Parser;
use ldap3_proto::proto::{
    LdapDerefAliases, LdapFilter, LdapMsg, LdapOp, LdapPartialAttribute, LdapResult,
    LdapResultCode, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope,
};

use super::Finding;
use crate::clock::now;

/// The entry's name.
const DN: &str = "uid=ada,ou=people,dc=acme,dc=example";
/// What is asked for, and what the entry has of it.
const ENTRY: [(&str, &[&str]); 9] = [
    ("objectClass", &["top", "person", "organizationalPerson", "inetOrgPerson", "posixAccount"]),
    ("uid", &["ada"]),
    ("cn", &["Ada Lovelace"]),
    ("sn", &["Lovelace"]),
    ("givenName", &["Ada"]),
    ("mail", &["ada@acme.example", "lovelace@acme.example"]),
    ("uidNumber", &["10007"]),
    ("gidNumber", &["10007"]),
    ("homeDirectory", &["/home/ada"]),
];
/// Rounds in a batch, and batches, of which the cheapest counts.
const ROUNDS: u32 = 5_000;
const BATCHES: usize = 60;

/// Compares both.
pub(super) fn compared() -> Result<Vec<Finding>> {
    let request = written(LdapOp::SearchRequest(request()))?;
    let (mut session, mut output) = (session(), BytesMut::new());
    let length = ours(&mut session, &request)?;
    ensure!(theirs(&request, &mut output)? == length, "the answers are not the same");
    let here = cheapest(|| ours(&mut session, &request))?;
    let there = cheapest(|| theirs(&request, &mut output))?;
    Ok(vec![Finding {
        what: format!(
            "reading a search of {} octets and writing {length} octets of answer, without a socket",
            request.len(),
        ),
        seen: format!("{here:.2} µs, with ldap3_proto {there:.2} µs: {:.1}×", there / here),
        target: String::new(),
        met: true,
    }])
}

/// Microseconds of one round in the cheapest batch.
fn cheapest(mut round: impl FnMut() -> Result<usize>) -> Result<f64> {
    let mut least = Duration::MAX;
    for _ in 0..BATCHES {
        let begun = now();
        for _ in 0..ROUNDS {
            black_box(round()?);
        }
        least = least.min((now() - begun) / ROUNDS);
    }
    Ok(least.as_secs_f64() * 1e6)
}

/// `(&(objectClass=person)(|(uid=ada)(mail=ada)))` below the organization's people.
fn request() -> LdapSearchRequest {
    let equal = |kind: &str, value: &str| LdapFilter::Equality(kind.to_owned(), value.to_owned());
    let either = LdapFilter::Or(vec![equal("uid", "ada"), equal("mail", "ada")]);
    LdapSearchRequest {
        base: "ou=people,dc=acme,dc=example".to_owned(),
        scope: LdapSearchScope::Subtree,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: LdapFilter::And(vec![equal("objectClass", "person"), either]),
        attrs: ENTRY.iter().map(|(name, _)| (*name).to_owned()).collect(),
    }
}

fn written(op: LdapOp) -> Result<Vec<u8>> {
    let mut octets = BytesMut::new();
    write(op, &mut octets)?;
    Ok(octets.to_vec())
}

fn write(op: LdapOp, output: &mut BytesMut) -> Result<()> {
    let message = LdapMsg { msgid: 7, op, ctrl: Vec::new() };
    Ok(ldap3_lber::write::encode_into(output, message.into())?)
}

fn session() -> Session {
    let settings = Settings {
        limits: Limits::default(),
        start_tls: StartTls::Offered,
        cleartext_bind: CleartextBind::Allowed,
    };
    Session::new(settings, Security::Clear, [7; 32], Duration::ZERO)
}

/// Reads, and answers, as the daemon does.
fn ours(session: &mut Session, request: &[u8]) -> Result<usize> {
    session.receive(request, Duration::ZERO);
    let Some(Command::Ask(ticket, question)) = session.next() else {
        bail!("nothing is asked");
    };
    black_box(&question);
    let mut writer = session.entries(ticket).context("nobody waits")?;
    let written = writer.entry(DN, |entry| {
        for (name, values) in ENTRY {
            if let Some(kind) = ldap::schema::attribute(name) {
                entry.with(kind, |set| values.iter().for_each(|value| set.push(value.as_bytes())));
            }
        }
    });
    ensure!(written == Ok(()), "the entry does not fit");
    session.answer(ticket, Answer::Result(Outcome::success()), Duration::ZERO);
    ensure!(session.next().is_none(), "something is left to do");
    let output = session.output();
    let length = output.len();
    output.advance(length);
    Ok(length)
}

/// Reads and answers with the library's own types.
fn theirs(request: &[u8], output: &mut BytesMut) -> Result<usize> {
    let (_, tag) = Parser::new(16).parse(request).map_err(|_| anyhow!("it cannot be read"))?;
    black_box(LdapMsg::try_from(tag).map_err(|_| anyhow!("it is no message"))?);
    output.clear();
    let attributes = ENTRY.iter().map(|(name, values)| LdapPartialAttribute {
        atype: (*name).to_owned(),
        vals: values.iter().map(|value| value.as_bytes().to_vec()).collect(),
    });
    let entry = LdapSearchResultEntry { dn: DN.to_owned(), attributes: attributes.collect() };
    write(LdapOp::SearchResultEntry(entry), output)?;
    let done = LdapResult {
        code: LdapResultCode::Success,
        matcheddn: String::new(),
        message: String::new(),
        referral: Vec::new(),
    };
    write(LdapOp::SearchResultDone(done), output)?;
    Ok(output.len())
}
