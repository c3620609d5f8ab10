//! Reading another directory over LDAP: with the network and the rights of whoever does it.
//!
//! The daemon never asks a server that somebody names to it: it would ask from inside the
//! provider's network. What is read here goes to it as LDIF, as any other file.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Arg, ArgAction, ArgMatches, Command};
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{LdapConn, LdapConnSettings, LdapError, LdapResult, Scope, SearchEntry};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::Source;
use crate::failure::Failure;
use crate::prompt;

/// Entries of one page: few servers give more at once.
const PAGE: i32 = 500;
/// How long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long nothing goes to our server at most while the other one is slow: ours takes a file for given
/// up of which nothing comes (`body_timeout`, 30 seconds as a rule).
const ALIVE: Duration = Duration::from_secs(5);
/// What goes to it then, between two entries: a comment of nothing (RFC 2849).
const COMMENT: &[u8] = b"#\n";
/// Values of one attribute that are put together from parts at most.
const VALUES: usize = 1_000_000;
/// Entries that wait to be sent at most.
const WAITING: usize = 64;
/// With which codes a server says that it does not take a DN or its password: noSuchObject,
/// invalidDNSyntax, inappropriateAuthentication, invalidCredentials (RFC 4511, appendix A).
const NOT_LET_IN: [u32; 4] = [32, 34, 48, 49];
/// All attributes of users, and those that 389 Directory Server and OpenLDAP give only where they are
/// named.
const ATTRIBUTES: [&str; 3] = ["*", "nsAccountLock", "pwdAccountLockedTime"];

/// Adds what says which entries are read.
pub(super) fn with_source(command: Command) -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let url = Arg::new("url").required(true).value_name("URL");
    command
        .arg(url.help("The server: ldaps://host, or ldap://host with --start-tls"))
        .arg(option("base", "DN", "Below which entry").required(true))
        .arg(option("filter", "FILTER", "Which entries").default_value("(objectClass=*)"))
        .arg(option(
            "bind-dn",
            "DN",
            "As whom; the password is asked for, or read from a line of standard input",
        ))
        .arg(
            option(
                "members-at-once",
                "NUMBER",
                "Read members of large groups so many at once; Active Directory does so by itself",
            )
            .value_parser(clap::value_parser!(u64).range(1..)),
        )
        .arg(flag("start-tls", "Begin TLS on a connection of ldap://"))
        .arg(flag("without-tls", "Send the password without TLS, for all the network to read"))
        .arg(
            option("ldap-ca", "FILE", "The authority of the server's certificate in PEM")
                .value_parser(clap::value_parser!(PathBuf)),
        )
}

/// Entries as LDIF, as they come.
pub(super) struct Entries {
    /// Whose they are.
    server: String,
    pieces: Receiver<Piece>,
    current: io::Cursor<Vec<u8>>,
    /// How long is waited for the next one until something else is read.
    alive: Duration,
    /// Whether the last one was read.
    is_ended: bool,
    /// Why not all came.
    failure: Option<Failure>,
}

/// What the thread says that asks the server.
enum Piece {
    /// An entry.
    Some(Vec<u8>),
    /// There are no more.
    End,
    /// The server did not give all.
    Failed(Failure),
}

/// What is asked of the server.
struct Search {
    server: String,
    base: String,
    filter: String,
    /// So many members are asked for at once.
    members: Option<u64>,
}

/// Connects and reads the first entry, so that who asks for what there is not hears of it before
/// anything is asked of our server.
///
/// # Errors
/// When the server cannot be asked, does not know whoever asks, or does not give what is asked for.
pub(super) fn entries(matches: &ArgMatches) -> Result<Entries, Failure> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let url = text("url");
    if !url.contains("://") {
        let text = format!("{url}: name the server by ldaps://{url}, or ldap://{url}");
        return Err(Failure::Usage(text));
    }
    let failed = |error: &LdapError| unreachable(&url, error);
    let (start_tls, clear) = (matches.get_flag("start-tls"), matches.get_flag("without-tls"));
    let bind_dn = matches.get_one::<String>("bind-dn");
    if bind_dn.is_some() && !url.starts_with("ldaps://") && !start_tls && !clear {
        let text = "the password would go over the network in clear: name the server by ldaps://, \
                    or say --start-tls, or --without-tls";
        return Err(Failure::Usage(text.into()));
    }
    let mut settings = LdapConnSettings::new().set_conn_timeout(PATIENCE).set_starttls(start_tls);
    if let Some(file) = matches.get_one::<PathBuf>("ldap-ca") {
        settings = settings.set_config(trusting(file)?);
    }
    let password = bind_dn.map(|dn| prompt::secret(&format!("password of {dn}"))).transpose()?;
    if password.as_ref().is_some_and(String::is_empty) {
        // A server would take it for nobody, and say that all is well (RFC 4513, 5.1.2).
        let text = "a password is wanted; leave out --bind-dn to read as nobody";
        return Err(Failure::Usage(text.into()));
    }
    let mut server = LdapConn::with_settings(settings, &url).map_err(|error| failed(&error))?;
    if let (Some(dn), Some(password)) = (bind_dn, password) {
        let bound = server.with_timeout(PATIENCE).simple_bind(dn, &password);
        bound.and_then(LdapResult::success).map_err(|error| match not_let_in(&error) {
            Some(why) => Failure::NotLetIn { server: url.clone(), who: dn.clone(), why },
            None => failed(&error),
        })?;
    }
    let members = matches.get_one::<u64>("members-at-once").copied();
    let (base, filter) = (text("base"), text("filter"));
    let search = Search { server: url.clone(), base, filter, members };
    let (sender, pieces) = sync_channel(WAITING);
    std::thread::spawn(move || {
        let last = match search.run(&mut server, &sender) {
            Ok(()) => Piece::End,
            Err(failure) => Piece::Failed(failure),
        };
        // Whoever reads may have stopped.
        let _unheard = sender.send(last);
    });
    let mut entries = Entries::of(url, pieces);
    entries.begin()?;
    Ok(entries)
}

/// That a server cannot be asked, and why.
fn unreachable(server: &str, error: &LdapError) -> Failure {
    // The library tells of its own channel then.
    let is_cut_off = matches!(
        error,
        LdapError::ResultRecv { .. } | LdapError::OpSend { .. } | LdapError::EndOfStream
    );
    let why = match is_cut_off {
        true => "it ended the connection, or answers something else than LDAP".to_owned(),
        false => error.to_string(),
    };
    Failure::Unreachable { server: server.to_owned(), why }
}

/// What a server said that does not take a DN or its password.
fn not_let_in(error: &LdapError) -> Option<String> {
    let LdapError::LdapResult { result } = error else { return None };
    NOT_LET_IN.contains(&result.rc).then(|| result.to_string())
}

fn trusting(file: &PathBuf) -> Result<Arc<ClientConfig>, Failure> {
    let failed = |why: &dyn ToString| Failure::local(file.display().to_string(), why);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        let certificate = certificate.map_err(|error| failed(&error))?;
        roots.add(certificate).map_err(|error| failed(&error))?;
    }
    if roots.is_empty() {
        return Err(failed(&"there is no certificate in PEM in it"));
    }
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

impl Search {
    fn run(&self, server: &mut LdapConn, sender: &SyncSender<Piece>) -> Result<(), Failure> {
        let streamed = self.stream(server, sender).map_err(|error| self.failed(&error));
        let Some(parted) = streamed? else { return Ok(()) };
        for mut entry in parted {
            self.complete(server, &mut entry)?;
            if sender.send(Piece::Some(ldif(entry))).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends the entries as they come, and gives back those that came in part. Nothing where nobody
    /// takes them any more.
    fn stream(
        &self,
        server: &mut LdapConn,
        sender: &SyncSender<Piece>,
    ) -> ldap3::result::Result<Option<Vec<SearchEntry>>> {
        let first = self.members.map(|most| format!("member;range=0-{}", most.saturating_sub(1)));
        let adapters: Vec<Box<dyn Adapter<'_, &str, Vec<&str>>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
        let (base, filter) = (self.base.as_str(), self.filter.as_str());
        let mut wanted = ATTRIBUTES.to_vec();
        wanted.extend(first.as_deref());
        let server = server.with_timeout(PATIENCE);
        let mut found =
            server.streaming_search_with(adapters, base, Scope::Subtree, filter, wanted)?;
        let mut parted = Vec::new();
        while let Some(entry) = found.next()? {
            let entry = SearchEntry::construct(entry);
            if entry.attrs.keys().chain(entry.bin_attrs.keys()).any(|name| part(name).is_some()) {
                parted.push(entry);
                continue;
            }
            if sender.send(Piece::Some(ldif(entry))).is_err() {
                return Ok(None);
            }
        }
        found.result().success()?;
        Ok(Some(parted))
    }

    /// Asks for what is missing of an entry whose attributes came in part.
    fn complete(&self, server: &mut LdapConn, entry: &mut SearchEntry) -> Result<(), Failure> {
        for name in entry.attrs.keys().cloned().collect::<Vec<_>>() {
            let Some((attribute, last)) = part(&name) else { continue };
            let mut values = entry.attrs.remove(&name).unwrap_or_default();
            self.rest(server, (&entry.dn, attribute), last, &mut values)?;
            entry.attrs.entry(attribute.to_owned()).or_default().extend(values);
        }
        match entry.bin_attrs.keys().find(|name| part(name).is_some()) {
            Some(name) => Err(self.not_given(format!("{name} of {} is no text", entry.dn))),
            None => Ok(()),
        }
    }

    /// Asks for the values behind those that came, until the server says that these were the last.
    fn rest(
        &self,
        server: &mut LdapConn,
        (dn, attribute): (&str, &str),
        mut last: Option<u64>,
        values: &mut Vec<String>,
    ) -> Result<(), Failure> {
        while let Some(before) = last {
            let from = before.saturating_add(1);
            let until = self.members.map(|most| before.saturating_add(most).to_string());
            let until = until.unwrap_or_else(|| "*".to_owned());
            let wanted = format!("{attribute};range={from}-{until}");
            let server = server.with_timeout(PATIENCE);
            let found = server.search(dn, Scope::Base, "(objectClass=*)", vec![wanted]);
            let found = found.and_then(ldap3::SearchResult::success);
            let (found, _) = found.map_err(|error| self.failed(&error))?;
            let entries = found.into_iter().map(SearchEntry::construct);
            let mut parts = entries.flat_map(|entry| entry.attrs);
            let next = parts.find_map(|(name, more)| {
                let (of, last) = part(&name)?;
                of.eq_ignore_ascii_case(attribute).then_some((last, more))
            });
            let failed =
                || self.not_given(format!("{dn} has more of {attribute} than it can be asked for"));
            let (next, more) = next.ok_or_else(failed)?;
            values.extend(more);
            if next.is_some_and(|next| next <= before) || values.len() > VALUES {
                return Err(failed());
            }
            last = next;
        }
        Ok(())
    }

    /// Why the server gives no more.
    fn failed(&self, error: &LdapError) -> Failure {
        if let LdapError::LdapResult { result } = error {
            let (server, why) = (self.server.clone(), result.to_string());
            let result = Some(result.rc);
            return Failure::NotGiven { server, why, result };
        }
        if matches!(error, LdapError::FilterParsing) {
            return Failure::Usage(format!("--filter: “{}” is no filter of LDAP", self.filter));
        }
        unreachable(&self.server, error)
    }

    fn not_given(&self, why: String) -> Failure {
        Failure::NotGiven { server: self.server.clone(), why, result: None }
    }
}

/// Of the name of an attribute that came in part its own name, and the number of the last value; none
/// where no more follow. Active Directory writes `member;range=0-1499`, and `member;range=1500-*`.
fn part(name: &str) -> Option<(&str, Option<u64>)> {
    let (attribute, options) = name.split_once(';')?;
    let range = options.split(';').find_map(|option| {
        let (key, range) = option.split_once('=')?;
        key.eq_ignore_ascii_case("range").then_some(range)
    })?;
    match range.split_once('-')?.1 {
        "*" => Some((attribute, None)),
        last => Some((attribute, Some(last.parse().ok()?))),
    }
}

/// An entry as LDIF; all values in base64, so that none needs a look.
fn ldif(entry: SearchEntry) -> Vec<u8> {
    let mut text = Vec::new();
    put(&mut text, "dn", entry.dn.as_bytes());
    let mut values: HashMap<String, Vec<Vec<u8>>> = entry.bin_attrs;
    for (name, texts) in entry.attrs {
        values.entry(name).or_default().extend(texts.into_iter().map(String::into_bytes));
    }
    let mut names: Vec<_> = values.into_iter().collect();
    names.sort_unstable();
    for (name, values) in names {
        values.iter().for_each(|value| put(&mut text, &name, value));
    }
    text.push(b'\n');
    text
}

fn put(text: &mut Vec<u8>, name: &str, value: &[u8]) {
    text.extend(name.as_bytes());
    text.extend(b":: ");
    text.extend(STANDARD.encode(value).as_bytes());
    text.push(b'\n');
}

impl Entries {
    fn of(server: String, pieces: Receiver<Piece>) -> Self {
        let (current, is_ended, failure) = (io::Cursor::default(), false, None);
        Self { server, pieces, current, alive: ALIVE, is_ended, failure }
    }

    /// Waits for the first that the server gives.
    fn begin(&mut self) -> Result<(), Failure> {
        let piece = self.pieces.recv().ok();
        self.take(piece)
    }

    /// Waits for what the server gives next, or as long as nothing may be sent.
    fn advance(&mut self) -> Result<(), Failure> {
        let piece = match self.pieces.recv_timeout(self.alive) {
            Ok(piece) => Some(piece),
            Err(RecvTimeoutError::Timeout) => Some(Piece::Some(COMMENT.to_vec())),
            Err(RecvTimeoutError::Disconnected) => None,
        };
        self.take(piece)
    }

    fn take(&mut self, piece: Option<Piece>) -> Result<(), Failure> {
        match piece {
            Some(Piece::Some(piece)) => self.current = io::Cursor::new(piece),
            Some(Piece::End) => self.is_ended = true,
            Some(Piece::Failed(failure)) => return Err(failure),
            // The thread has ended, and never said that this was all.
            None => {
                let (server, why) = (self.server.clone(), "reading broke off".to_owned());
                return Err(Failure::Unreachable { server, why });
            }
        }
        Ok(())
    }
}

impl Source for Entries {
    fn failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    fn octets(&self) -> Option<u64> {
        None
    }

    fn begins_again(&mut self) -> bool {
        // The server would have to be asked again for everything.
        false
    }
}

impl Read for Entries {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.current.read(out)?;
            if length > 0 || out.is_empty() || self.is_ended {
                return Ok(length);
            }
            if let Err(failure) = self.advance() {
                let told = io::Error::other(failure.to_string());
                // The first one says why there are no more.
                let _first = self.failure.get_or_insert(failure);
                return Err(told);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_becomes_ldif_with_all_its_values() {
        let entry = SearchEntry {
            dn: "uid=ada,dc=x".into(),
            attrs: HashMap::from([("uid".into(), vec!["ada".into()])]),
            bin_attrs: HashMap::from([("jpegPhoto".into(), vec![vec![0xff, 0]])]),
        };
        let text = String::from_utf8(ldif(entry)).unwrap();
        assert_eq!(text, "dn:: dWlkPWFkYSxkYz14\njpegPhoto:: /wA=\nuid:: YWRh\n\n");
    }

    #[test]
    fn attributes_that_came_in_part_say_where_they_go_on() {
        assert_eq!(part("member;range=0-1499"), Some(("member", Some(1_499))));
        assert_eq!(part("Member;Range=1500-*"), Some(("Member", None)));
        assert_eq!(
            (part("member"), part("cn;lang-de"), part("member;range=x")),
            (None, None, None)
        );
    }

    fn told(pieces: Vec<Piece>) -> Entries {
        let (sender, receiver) = sync_channel(WAITING);
        pieces.into_iter().for_each(|piece| sender.send(piece).unwrap());
        Entries::of("ldap://old.example".into(), receiver)
    }

    fn search() -> Search {
        let (server, base) = ("ldap://old.example".into(), "dc=old,dc=example".into());
        Search { server, base, filter: "(uid=*".into(), members: None }
    }

    #[test]
    fn only_what_was_said_to_be_all_is_read_to_its_end() {
        let piece = |text: &str| Piece::Some(text.as_bytes().to_vec());
        let mut text = String::new();
        let mut whole = told(vec![piece("a"), piece(""), piece("b"), Piece::End]);
        whole.read_to_string(&mut text).unwrap();
        assert_eq!(text, "ab");
        assert_eq!(whole.read(&mut [0; 8]).unwrap(), 0, "the end stays the end");

        let mut broken = told(vec![piece("a")]);
        assert!(broken.read_to_string(&mut text).is_err());
        let said = "ldap://old.example cannot be asked: reading broke off";
        assert_eq!(broken.failure().unwrap().to_string(), said);
        let refused = || Piece::Failed(search().not_given("no more".into()));
        let mut failed = told(vec![piece("a"), refused()]);
        assert!(failed.read_to_string(&mut text).is_err());
        assert!(failed.read_to_string(&mut text).is_err(), "nor is it whole afterwards");
        let said = "ldap://old.example does not give what is asked for: no more";
        assert_eq!(failed.failure().unwrap().to_string(), said, "the first time said why");
        assert!(told(vec![refused()]).begin().is_err(), "it is known before anything is sent");
        assert!(told(vec![Piece::End]).begin().is_ok());
    }

    #[test]
    fn something_is_sent_while_the_server_thinks() {
        let (sender, receiver) = sync_channel(WAITING);
        let server = "ldap://old.example".to_owned();
        let mut slow = Entries { alive: Duration::ZERO, ..Entries::of(server, receiver) };
        let mut octets = [0; 64];
        let mut read = |entries: &mut Entries| {
            let length = entries.read(&mut octets).unwrap();
            String::from_utf8(octets[..length].to_vec()).unwrap()
        };
        sender.send(Piece::Some(b"dn: dc=x\n\n".to_vec())).unwrap();
        slow.begin().unwrap();
        assert_eq!(read(&mut slow), "dn: dc=x\n\n");
        assert_eq!([read(&mut slow), read(&mut slow)], ["#\n", "#\n"]);
        sender.send(Piece::Some(b"dn: dc=y\n\n".to_vec())).unwrap();
        sender.send(Piece::End).unwrap();
        assert_eq!([read(&mut slow), read(&mut slow)], ["dn: dc=y\n\n", ""]);
        assert_eq!(read(&mut slow), "", "the end stays the end");
    }

    #[test]
    fn what_the_server_says_is_told_as_its_own_words() {
        let result = |rc| {
            let (matched, text) = (String::new(), "no".to_owned());
            let result = LdapResult { rc, matched, text, refs: Vec::new(), ctrls: Vec::new() };
            search().failed(&LdapError::LdapResult { result })
        };
        let missing = result(32);
        assert!(matches!(missing, Failure::NotGiven { result: Some(32), .. }), "{missing:?}");
        assert!(missing.to_string().contains("noSuchObject"), "{missing}");
        let filter = search().failed(&LdapError::FilterParsing);
        assert_eq!(filter.to_string(), "--filter: “(uid=*” is no filter of LDAP");
        let ended = search().failed(&LdapError::EndOfStream);
        assert!(matches!(ended, Failure::Unreachable { .. }), "{ended:?}");
        assert!(ended.to_string().contains("or answers something else than LDAP"), "{ended}");
    }
}
