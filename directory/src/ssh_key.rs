//! Public keys for SSH as OpenSSH has them in a line: the type, the key in base64, perhaps a comment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::Invalid;
use crate::limits::{self, SSH_KEY};

const PRIVATE: &str = "is a private key, which is for nobody else: give the public one, from the .pub \
                       file beside it, and make another pair, since this one is known now";
const OPTIONS: &str = "begins with options: leave them out, so that it begins with the key's type";
const DSA: &str = "is of type ssh-dss, which OpenSSH takes no more: make another pair, for example \
                   with ssh-keygen -t ed25519";
const OTHER: &str = "must be a public key as its .pub file has it: the type, the key in base64, perhaps \
                     a comment; types are ssh-ed25519, ecdsa-sha2-nistp256, -nistp384 and -nistp521, \
                     ssh-rsa, sk-ssh-ed25519@openssh.com and sk-ecdsa-sha2-nistp256@openssh.com";
const DAMAGED: &str = "is no whole key of its type: copy the line of the .pub file once more";

/// What stands in a key behind its type.
enum Field {
    /// So many octets.
    Octets(usize),
    /// A point of a curve in so many octets, uncompressed (RFC 5656 section 3.1).
    Point(usize),
    /// The curve's name.
    Curve(&'static str),
    /// A positive number (`mpint` of RFC 4251 section 5).
    Number,
    /// For what a security key signs.
    Application,
}

use Field::{Application, Curve, Number, Octets, Point};

/// What keys of each type are made of: RFC 4253 section 6.6, RFC 5656, RFC 8709, and `PROTOCOL.u2f` of
/// OpenSSH.
const TYPES: [(&str, &[Field]); 7] = [
    ("ssh-ed25519", &[Octets(32)]),
    ("ecdsa-sha2-nistp256", &[Curve("nistp256"), Point(65)]),
    ("ecdsa-sha2-nistp384", &[Curve("nistp384"), Point(97)]),
    ("ecdsa-sha2-nistp521", &[Curve("nistp521"), Point(133)]),
    ("ssh-rsa", &[Number, Number]),
    ("sk-ssh-ed25519@openssh.com", &[Octets(32), Application]),
    ("sk-ecdsa-sha2-nistp256@openssh.com", &[Curve("nistp256"), Point(65), Application]),
];
const OLD_TYPE: &str = "ssh-dss";

/// Checks what every key is, those of before among them: a line of text.
pub(crate) fn check_line(pointer: &str, line: &str) -> Result<(), Invalid> {
    limits::line_of(pointer, line, SSH_KEY).map_err(|invalid| match is_private(line) {
        true => Invalid::new(pointer, PRIVATE),
        false => invalid,
    })
}

/// Checks those of a user's keys that the user did not have before.
pub(crate) fn check_new(keys: &[String], before: &[String]) -> Result<(), Invalid> {
    for (position, key) in keys.iter().enumerate().filter(|(_, key)| !before.contains(key)) {
        judge(key).map_err(|wrong| Invalid::new(format!("/ssh_keys/{position}"), wrong))?;
    }
    Ok(())
}

/// Whether a line is a public key; or what is wrong, in which nothing of the line is repeated.
fn judge(line: &str) -> Result<(), &'static str> {
    if is_private(line) {
        return Err(PRIVATE);
    }
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let name = words.next().unwrap_or_default();
    let Some((_, fields)) = TYPES.iter().find(|(known, _)| *known == name) else {
        let is_type = |word: &str| word == OLD_TYPE || TYPES.iter().any(|(it, _)| *it == word);
        return Err(match name {
            OLD_TYPE => DSA,
            _ if words.any(is_type) => OPTIONS,
            _ => OTHER,
        });
    };
    let key = words.next().and_then(|text| STANDARD.decode(text).ok());
    match key.filter(|key| is_whole(key, name, fields)) {
        Some(_) => Ok(()),
        None => Err(DAMAGED),
    }
}

/// Whether a text looks like a private key, or a part of one: in PEM, of OpenSSH's own kind, or PuTTY's.
fn is_private(text: &str) -> bool {
    ["PRIVATE KEY-----", "PRIVATE KEY ----", "PuTTY-User-Key-File", "b3BlbnNzaC1rZXktdjE"]
        .iter()
        .any(|mark| text.contains(mark))
}

/// Whether a key says its type, and has what keys of that type have and nothing behind it.
fn is_whole(mut rest: &[u8], name: &str, fields: &[Field]) -> bool {
    next(&mut rest) == Some(name.as_bytes())
        && fields.iter().all(|field| next(&mut rest).is_some_and(|value| field.is(value)))
        && rest.is_empty()
}

/// The next string of a key (RFC 4251 section 5).
fn next<'k>(rest: &mut &'k [u8]) -> Option<&'k [u8]> {
    let (length, tail) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (value, tail) = tail.split_at_checked(length)?;
    *rest = tail;
    Some(value)
}

impl Field {
    fn is(&self, value: &[u8]) -> bool {
        match self {
            Octets(length) => value.len() == *length,
            Point(length) => value.len() == *length && value.first() == Some(&4),
            Curve(name) => value == name.as_bytes(),
            Number => {
                let is_positive = value.first().is_some_and(|first| first.leading_zeros() > 0);
                is_positive && value.iter().any(|octet| *octet != 0)
            }
            Application => !value.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `ssh-keygen`; nobody has what belongs to them.
    const MADE: [&str; 5] = [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAJu435aOINkIwk3Q3fL6ek9UkyjbwbGFmawBJeE9CbK",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLHCsbOu8luwftG8\
         e+npAcJVK+1/ibJlHYY5q128fehwcsQv7/nhfna32ulYed/vgMEmQWrj3S+K1+PwtUhBdG0=",
        "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBHfVQni3xps2i/L7\
         6LoSj/N1g6XAuchVBvueSwpl51fx3dBuMz/lpZdVoKx7gdOa3VDG12HMywM7LDisK6qJqrJohL8D4NZEi1TbRpW0\
         ZCSTH9AaGtPwINBdDPNT34SHAw==",
        "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAH5KFCGwzwAJSUa\
         UR7slZQqdtewXSvE5Ad+eu4gCdXhsCNtM/gZFaeY9VZkX8Ra8dA5AdWQ2fgUL8hkikuleclRlwHf43hLCAtpQRNT\
         QdLOMB/kBRv7zjJTMFOlqHtAOTKJPJ6okmW5ufUwbpMizu4Jzv5fCyd3PSI9/jLi4qZJQ7ddOg==",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCcXypLYMlv0OIhx9hHsLjUu5mMQDCu1roHyUSiWlAL74FD53bI\
         HejajccuB4ORAfll5oj4qzHi+q0nNtXtqzAi6DAfpulUAKmv9l4myrgBOWKAUDB2ejUEYQLO+QVhvx2UxQFEhEjF\
         9iQ5hdAh0J+J1uHkZMD4Lb1fQWAtJ+PcGSIVMZfs9clJHysgQl5n4btwDVzOzV5ojz/YkCU0lYqjrJ1Izlirt+YQ\
         6uY5ZuKuulQd3gBpKLZI51pJLWJ5sKsY9ig0W5Isz2KBuJ8MrNKsN+qyr9YAyvFnOX6AgYcBNbFmCGYfCUal/SVF\
         UKrZhSxD5/cBopHyoRPeh99ppLyl",
    ];

    /// A key of these strings.
    fn key(name: &str, parts: &[&[u8]]) -> String {
        let mut octets = Vec::new();
        for part in parts {
            octets.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
            octets.extend_from_slice(part);
        }
        format!("{name} {}", STANDARD.encode(octets))
    }

    #[test]
    fn whole_keys_are_taken_with_any_comment_or_none() {
        for made in MADE {
            for comment in ["", " ada@laptop-7", "  ", "  Ada's laptop, ssh-rsa for the office"] {
                assert_eq!(judge(&format!("{made}{comment}")), Ok(()), "{made}{comment}");
            }
        }
        let (point, of_ed) = ([&[4_u8][..], &[9; 64]].concat(), "sk-ssh-ed25519@openssh.com");
        let of_ecdsa = "sk-ecdsa-sha2-nistp256@openssh.com";
        let ed = key(of_ed, &[of_ed.as_bytes(), &[7; 32], b"ssh:"]);
        assert_eq!(judge(&ed), Ok(()));
        let ecdsa = key(of_ecdsa, &[of_ecdsa.as_bytes(), b"nistp256", &point, b"ssh:"]);
        assert_eq!(judge(&ecdsa), Ok(()));
    }

    #[test]
    fn what_is_cut_off_longer_or_of_another_type_is_no_whole_key() {
        for made in MADE {
            let (name, text) = made.split_once(' ').unwrap();
            let octets = STANDARD.decode(text).unwrap();
            for length in 0..octets.len() {
                let cut = format!("{name} {}", STANDARD.encode(&octets[..length]));
                assert_eq!(judge(&cut), Err(DAMAGED), "{length} octets of {name}");
            }
            let longer = [&octets[..], &[0]].concat();
            assert_eq!(judge(&format!("{name} {}", STANDARD.encode(longer))), Err(DAMAGED));
            let other = if name == "ssh-rsa" { "ssh-ed25519" } else { "ssh-rsa" };
            assert_eq!(judge(&format!("{other} {text}")), Err(DAMAGED));
            assert_eq!(judge(&format!("{name} {}", &text[..text.len() - 1])), Err(DAMAGED));
            assert_eq!(judge(name), Err(DAMAGED), "a type alone");
        }
        let ed = "ssh-ed25519";
        for wrong in [
            key(ed, &[ed.as_bytes(), &[7; 31]]),
            key("ssh-rsa", &[b"ssh-rsa", &[1, 0, 1], &[]]),
            key("ssh-rsa", &[b"ssh-rsa", &[1, 0, 1], &[0x80, 1]]),
            key("ssh-rsa", &[b"ssh-rsa", &[0], &[1]]),
            key("ecdsa-sha2-nistp256", &[b"ecdsa-sha2-nistp256", b"nistp384", &[4; 65]]),
            key("ecdsa-sha2-nistp256", &[b"ecdsa-sha2-nistp256", b"nistp256", &[2; 65]]),
            format!("{ed} {}", STANDARD.encode([0xff_u8; 4])),
            format!("{ed} AAAA"),
            format!("{ed} ada@laptop-7"),
        ] {
            assert_eq!(judge(&wrong), Err(DAMAGED), "{wrong}");
        }
    }

    #[test]
    fn what_begins_otherwise_is_told_what_to_do() {
        let old = key("ssh-dss", &[b"ssh-dss", &[1], &[1], &[1], &[1]]);
        assert_eq!(judge(&old), Err(DSA));
        let options = format!("from=\"10.0.0.0/8, !10.1.0.0/16\",no-pty {} ada", MADE[0]);
        assert_eq!(judge(&options), Err(OPTIONS));
        assert_eq!(judge(&format!("restrict {old}")), Err(OPTIONS));
        let certificate = "ssh-ed25519-cert-v01@openssh.com AAAA";
        let key_alone = MADE[0].split_once(' ').unwrap().1;
        for other in ["", " ", "k", "SSH-RSA AAAA", "# a comment", certificate, key_alone] {
            assert_eq!(judge(other), Err(OTHER), "{other:?}");
        }
    }

    #[test]
    fn a_private_key_is_told_as_one_and_not_repeated() {
        let pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END";
        let refused = check_line("/ssh_keys/0", pem).unwrap_err();
        assert_eq!((refused.pointer.as_str(), refused.message.as_str()), ("/ssh_keys/0", PRIVATE));
        for line in pem.lines().take(2).chain([
            "-----BEGIN RSA PRIVATE KEY-----",
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
            "PuTTY-User-Key-File-3: ssh-ed25519",
        ]) {
            assert_eq!(judge(line), Err(PRIVATE), "{line}");
            assert_eq!(check_line("/ssh_keys/0", line), Ok(()), "what is there stays");
        }
        assert!(check_line("/ssh_keys/0", "ssh-rsa\tAAAA").is_err_and(|it| it.message != PRIVATE));
    }

    #[test]
    fn keys_of_before_are_not_judged_again() {
        let keys = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
        let before = keys(&["ssh-ed25519 AAAA ada"]);
        assert!(check_new(&keys(&[MADE[0], "ssh-ed25519 AAAA ada"]), &before).is_ok());
        let refused = check_new(&keys(&[MADE[0], "ssh-ed25519 AAAA Ada"]), &before).unwrap_err();
        assert_eq!((refused.pointer.as_str(), refused.message.as_str()), ("/ssh_keys/1", DAMAGED));
    }
}
