//! LDIF (RFC 2849), record by record.

use std::io::{BufRead, BufReader, ErrorKind, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::feed::{Complete, Feed};
use super::table::MARK;
use super::{MEMBERS, VALUES};

/// What names members.
const OF_MEMBERS: [&str; 3] = ["member", "uniquemember", "memberuid"];

/// Reads records.
pub(super) struct Records {
    lines: BufReader<Feed>,
    complete: Complete,
    /// The number of the line that was read last.
    line: u64,
    /// A line that was read too far.
    ahead: Option<Vec<u8>>,
}

/// What stands between two empty lines.
pub(super) struct Record {
    /// The line where it begins.
    pub(super) line: u64,
    /// Names in lower case, with their values, in order.
    pub(super) attributes: Vec<(String, Vec<u8>)>,
    /// Why it cannot be read, and which attribute of it; never what a line says, which may be a
    /// part of a password.
    pub(super) broken: Option<(Option<String>, String)>,
}

/// Why there is no record any more.
pub(super) enum Ended {
    /// The file has come to its end.
    Here,
    /// The file did not come to its end.
    CutOff,
    /// A record is longer than one may be.
    TooLong,
}

impl Records {
    pub(super) fn new(feed: Feed) -> Self {
        let complete = feed.complete();
        Self { lines: BufReader::new(feed), complete, line: 0, ahead: None }
    }

    /// The number of the line that was read last.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Reads the next record.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn next(&mut self) -> Result<Record, Ended> {
        let (mut record, mut count) = (None::<Record>, Count::default());
        loop {
            let begins = self.line + 1;
            let Some(line) = self.logical()? else {
                return record.ok_or(Ended::Here);
            };
            if line.is_empty() {
                match record {
                    Some(record) => return Ok(record),
                    None => continue,
                }
            }
            if line.first() == Some(&b'#') {
                continue;
            }
            let read = attribute(&line);
            if record.is_none() && matches!(&read, Ok((name, _)) if name == "version") {
                continue;
            }
            let record = record.get_or_insert_with(|| {
                self.complete.say();
                Record { line: begins, attributes: Vec::new(), broken: None }
            });
            let broken = match read {
                Ok(attribute) => match count.one_more(&attribute.0) {
                    Ok(()) => {
                        record.attributes.push(attribute);
                        continue;
                    }
                    Err(why) => (None, why),
                },
                Err((None, why)) => (None, format!("line {begins} {why}")),
                Err((name, why)) => (name, why.to_owned()),
            };
            record.broken = record.broken.take().or(Some(broken));
        }
    }

    /// Reads a line with those that go on from it.
    fn logical(&mut self) -> Result<Option<Vec<u8>>, Ended> {
        let Some(mut line) = self.physical()? else { return Ok(None) };
        if line.is_empty() {
            return Ok(Some(line));
        }
        loop {
            match self.physical()? {
                Some(next) if next.first() == Some(&b' ') => {
                    line.extend(next.get(1..).unwrap_or_default());
                }
                Some(next) => {
                    self.line -= 1;
                    self.ahead = Some(next);
                    return Ok(Some(line));
                }
                None => return Ok(Some(line)),
            }
        }
    }

    fn physical(&mut self) -> Result<Option<Vec<u8>>, Ended> {
        if let Some(line) = self.ahead.take() {
            self.line += 1;
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        match self.lines.by_ref().read_until(b'\n', &mut line) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::FileTooLarge => return Err(Ended::TooLong),
            Err(_) => return Err(Ended::CutOff),
        }
        self.line += 1;
        if self.line == 1 && line.starts_with(MARK) {
            line.drain(..MARK.len());
        }
        while matches!(line.last(), Some(b'\n' | b'\r')) {
            line.pop();
        }
        Ok(Some(line))
    }
}

/// How many values an entry has.
#[derive(Default)]
struct Count {
    attributes: usize,
    members: usize,
}

impl Count {
    /// Counts one more; says why there cannot be.
    fn one_more(&mut self, attribute: &str) -> Result<(), String> {
        let name = attribute.split(';').next().unwrap_or(attribute);
        let (count, most, what) = if OF_MEMBERS.contains(&name) {
            (&mut self.members, MEMBERS, "members")
        } else {
            (&mut self.attributes, VALUES, "values")
        };
        *count += 1;
        if *count <= most { Ok(()) } else { Err(format!("has more than {most} {what}")) }
    }
}

/// The attribute of a line that cannot be read, where it has one, and why.
type Unreadable = (Option<String>, &'static str);

/// Reads `name: value`, `name:: base64`; files and URLs are never opened.
fn attribute(line: &[u8]) -> Result<(String, Vec<u8>), Unreadable> {
    let colon = line.iter().position(|octet| *octet == b':');
    let Some((name, rest)) = colon.and_then(|colon| line.split_at_checked(colon)) else {
        return Err((None, "is no line of LDIF: a colon is missing"));
    };
    let name = String::from_utf8_lossy(name).trim().to_lowercase();
    let rest = rest.get(1..).unwrap_or_default();
    match rest.first() {
        Some(b':') => {
            let text = rest.get(1..).unwrap_or_default().trim_ascii();
            let decoded = STANDARD.decode(text);
            decoded.map(|value| (name.clone(), value)).map_err(|_| (Some(name), "is no base64"))
        }
        Some(b'<') => Err((Some(name), "stands in another file, and only this one is read")),
        Some(_) | None => {
            let value = rest.strip_prefix(b" ").map_or(rest, |rest| rest.trim_ascii_start());
            Ok((name, value.to_vec()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::feed::{Piece, feed};
    use super::*;

    fn records(text: &str) -> Vec<Record> {
        let (sender, make) = feed();
        let text = axum::body::Bytes::copy_from_slice(text.as_bytes());
        sender.try_send(Piece::Octets(text)).ok().unwrap();
        sender.try_send(Piece::End).ok().unwrap();
        let mut records = Records::new(make());
        let mut found = Vec::new();
        loop {
            match records.next() {
                Ok(record) => found.push(record),
                Err(Ended::Here) => return found,
                Err(Ended::CutOff | Ended::TooLong) => panic!("cut off"),
            }
        }
    }

    #[test]
    fn folded_lines_base64_and_comments_are_read_as_rfc_2849_has_it() {
        let text = "version: 1\n\n# a comment\n  that goes on\ndn: uid=ada,\n ou=people,dc=x\r\n\
                    cn:: TMO2dmU=\nsn:Love\n lace\ndescription:\n\n\n\ndn: uid=bob,dc=x\n\
                    jpegPhoto:< file:///etc/passwd\n";
        let found = records(text);
        let attributes = |record: &Record| {
            let shown = record.attributes.iter();
            shown
                .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            attributes(&found[0]),
            ["dn=uid=ada,ou=people,dc=x", "cn=Löve", "sn=Lovelace", "description="]
        );
        assert_eq!((found[0].line, found[1].line, found.len()), (5, 14, 2));
        let broken = found[1].broken.as_ref().unwrap();
        assert_eq!(broken.0.as_deref(), Some("jpegphoto"));
        assert!(broken.1.contains("another file"));
    }

    #[test]
    fn lines_that_are_none_break_their_record_alone() {
        let found = records("dn: uid=ada,dc=x\nnonsense\n\ndn: uid=bob,dc=x\ncn:: ?\n\ndn: c=d\n");
        let broken: Vec<_> = found.iter().map(|record| record.broken.is_some()).collect();
        assert_eq!(broken, [true, true, false]);
        let expected = (None, "line 2 is no line of LDIF: a colon is missing".to_owned());
        assert_eq!(found[0].broken, Some(expected));
    }

    #[test]
    fn a_mark_before_the_first_line_is_none_of_it_and_values_are_not_too_many() {
        let found = records("\u{feff}dn: uid=ada,dc=x\n\u{feff}cn: Ada\n");
        assert_eq!(found[0].attributes[0].0, "dn");
        assert_eq!(found[0].attributes[1].0, "\u{feff}cn");
        let most = format!("dn: cn=x\n{}\ndn: c=d\n", "cn: x\n".repeat(VALUES));
        let found = records(&most);
        assert_eq!(found[0].attributes.len(), VALUES);
        assert_eq!(found[0].broken.as_ref().unwrap().1, "has more than 10000 values");
        let many = format!("dn: cn=x\n{}", "member: x\n".repeat(VALUES + 1));
        assert!(records(&many)[0].broken.is_none());
    }
}
