//! Octets as they came from a client, message by message, beside somebody else's decoder.

use ldap::{Answer, Command, Outcome, Question, Security, Session};
use ldap3_proto::proto::{LdapMsg, LdapOp};

use super::same::assert_same;
use super::{BEGIN, SETTINGS, responses, split};

/// Gives the octets to a session in clear and to one over TLS.
///
/// # Panics
/// When a session asks what the octets do not say, or answers what was not asked.
pub(crate) fn run(octets: &[u8]) {
    for security in [Security::Clear, Security::Tls] {
        let mut session = Session::new(SETTINGS, security, [7; 32], BEGIN);
        let mut rest = octets;
        let mut open = true;
        while let Some((theirs, following)) = split(rest).filter(|_| open) {
            let message = &rest[..rest.len() - following.len()];
            open = serve(&mut session, message, theirs.as_ref());
            rest = following;
        }
        if open {
            serve(&mut session, rest, None);
        }
    }
}

/// Serves one message, if it is one; says whether the connection lasts.
fn serve(session: &mut Session, octets: &[u8], theirs: Option<&LdapMsg>) -> bool {
    session.receive(octets, BEGIN);
    let mut open = true;
    while let Some(command) = session.next() {
        match command {
            Command::Ask(ticket, question) => {
                if let Some(theirs) = theirs {
                    assert_same(&question, &theirs.op);
                }
                if matches!(question, Question::Search(_)) {
                    let cn = ldap::schema::attribute("cn").unwrap();
                    let mut writer = session.entries(ticket).expect("a search that runs");
                    let _ = writer.entry("cn=ada,dc=acme", |entry| entry.values(cn, ["ada"]));
                }
                session.answer(ticket, Answer::Result(Outcome::success()), BEGIN);
            }
            Command::StartTls => session.tls_established(BEGIN),
            Command::Close => open = false,
            Command::Anonymous | Command::Abandoned(_) => {}
        }
    }
    let mut written = session.output().split().to_vec();
    assert!(written.len() < 2 * SETTINGS.limits.output, "{} octets", written.len());
    let responses = responses(&mut written);
    assert!(written.is_empty(), "a part of a response");
    if let Some(theirs) = theirs {
        assert_answered(theirs, &responses, open);
    }
    open
}

/// Each request has the one response that belongs to it, or the connection ends.
fn assert_answered(request: &LdapMsg, responses: &[LdapMsg], open: bool) {
    let notice = |message: &LdapMsg| message.msgid == 0;
    let ends: Vec<&LdapMsg> = responses
        .iter()
        .filter(|message| !matches!(message.op, LdapOp::SearchResultEntry(_)) && !notice(message))
        .collect();
    let silent = matches!(request.op, LdapOp::UnbindRequest | LdapOp::AbandonRequest(_));
    let expected = usize::from(open && !silent);
    assert_eq!(ends.len(), expected, "{request:?} was answered by {responses:?}");
    for message in responses.iter().filter(|message| !notice(message)) {
        assert_eq!(message.msgid, request.msgid);
        assert!(answers(&request.op, &message.op), "{request:?} was answered by {message:?}");
    }
}

fn answers(request: &LdapOp, response: &LdapOp) -> bool {
    matches!(
        (request, response),
        (LdapOp::BindRequest(_), LdapOp::BindResponse(_))
            | (LdapOp::SearchRequest(_), LdapOp::SearchResultEntry(_))
            | (LdapOp::SearchRequest(_), LdapOp::SearchResultDone(_))
            | (LdapOp::CompareRequest(_), LdapOp::CompareResult(_))
            | (LdapOp::ExtendedRequest(_), LdapOp::ExtendedResponse(_))
            | (LdapOp::ModifyRequest(_), LdapOp::ModifyResponse(_))
            | (LdapOp::AddRequest(_), LdapOp::AddResponse(_))
            | (LdapOp::DelRequest(_), LdapOp::DelResponse(_))
            | (LdapOp::ModifyDNRequest(_), LdapOp::ModifyDNResponse(_))
    )
}
