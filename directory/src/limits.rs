//! The limits on what may be written, named, with the checks that keep them.

use std::net::IpAddr;

use icu_properties::props::DefaultIgnorableCodePoint;
use icu_properties::{CodePointSetData, CodePointSetDataBorrowed};
use ipnet::IpNet;

use crate::error::Invalid;

/// The most octets of a login, a name or a slug.
pub(crate) const NAME: usize = 128;
/// The most octets of a line of text.
pub(crate) const LINE: usize = 256;
/// The most octets of a custom attribute's text.
pub(crate) const TEXT: usize = 1024;
/// The most octets of an SSH key.
pub(crate) const SSH_KEY: usize = 4096;
/// The most values of an attribute that may have several.
pub(crate) const VALUES: usize = 32;
/// The most groups that a service account or a RADIUS client names.
pub(crate) const NAMED_GROUPS: usize = 256;
/// The most rules of a RADIUS client.
pub(crate) const NETWORK_RULES: usize = 64;
/// The most octets of a RADIUS attribute's text.
pub(crate) const ATTRIBUTE: usize = 247;
/// The most octets that a reply profile takes of a packet of 4096: what is left holds the keys, the
/// certificate and the Class attributes of an accept, and what names a session in an order to gear.
pub(crate) const REPLY: usize = 3_000;

/// POSIX numbers below belong to a machine's own users and groups, root above all.
pub(crate) const LEAST_POSIX_NUMBER: u32 = 1_000;

/// Checks a POSIX number that somebody chose.
pub(crate) fn posix_number(pointer: &'static str, number: Option<u32>) -> Result<(), Invalid> {
    match number {
        Some(number) if number < LEAST_POSIX_NUMBER => {
            Err(Invalid::new(pointer, "must be 1000 or more: lower ones belong to machines"))
        }
        Some(_) | None => Ok(()),
    }
}

/// POSIX numbers that are nobody's: the user `nobody`, and -1 in 16 and in 32 bits, which calls such as
/// chown(2) take for no number at all.
const NOBODYS_NUMBERS: [u32; 3] = [65_534, 65_535, u32::MAX];

/// Whether machines take a POSIX number for that of somebody.
pub(crate) fn is_somebodys(number: u32) -> bool {
    !NOBODYS_NUMBERS.contains(&number)
}

/// Checks a POSIX number in the place of the one that was `had` before.
pub(crate) fn new_posix_number(
    pointer: &str,
    number: Option<u32>,
    had: Option<u32>,
) -> Result<(), Invalid> {
    match number {
        Some(chosen) if number != had && !is_somebodys(chosen) => {
            let message = "must not be 65534, 65535 or 4294967295: machines take them for nobody";
            Err(Invalid::new(pointer, message))
        }
        Some(_) | None => Ok(()),
    }
}

/// The home of who has a login, without what breaks a path of a machine ([`new_path`]).
pub(crate) fn home_of(login: &str) -> String {
    let is_wrong = |letter: char| letter == ':' || letter.is_control();
    let parts = login.split('/').map(|part| match part {
        ".." => "__".to_owned(),
        part => part.replace(is_wrong, "_"),
    });
    parts.fold("/home".to_owned(), |home, part| format!("{home}/{part}"))
}

/// Checks a path of a machine in the place of the one that was `had` before: a colon ends it in
/// passwd(5), and a line break ends the line.
pub(crate) fn new_path(
    pointer: &str,
    path: Option<&String>,
    had: Option<&String>,
) -> Result<(), Invalid> {
    let Some(path) = path.filter(|path| Some(*path) != had) else { return Ok(()) };
    if !path.starts_with('/') {
        return Err(Invalid::new(pointer, "must begin with /"));
    }
    if path.contains(':') || path.contains(char::is_control) {
        return Err(Invalid::new(pointer, "must not contain colons or control characters"));
    }
    if path.trim_end() != path {
        return Err(Invalid::new(pointer, "must not end with a space"));
    }
    if path.split('/').any(|part| part == "..") {
        return Err(Invalid::new(pointer, "must not have .. between slashes"));
    }
    Ok(())
}

/// Checks a name that must be there: a line of at most [`NAME`] octets without outer spaces.
pub(crate) fn name(pointer: &str, value: &str) -> Result<(), Invalid> {
    line_of(pointer, value, NAME)?;
    if value.trim() != value || value.is_empty() {
        return Err(Invalid::new(pointer, "must not be empty, nor start or end with a space"));
    }
    if crate::text::prepare(value).is_empty() {
        return Err(Invalid::new(pointer, UNSEEN));
    }
    Ok(())
}

/// What is said of a name that nobody sees.
const UNSEEN: &str = "must have at least one visible character";

/// What is shown as nothing where it is not supported: joiners of zero width, marks of direction and
/// variation, fillers and the like.
const INVISIBLE: CodePointSetDataBorrowed<'static> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// Checks a login in the place of the one that was `had` before: whoever reads it sees all of it. The
/// IdentifierClass of RFC 8264, of which logins are to be (RFC 8265 section 3.3), has none of these
/// characters but the two joiners between letters of some scripts, and no login has them here.
pub(crate) fn new_login(login: &str, had: &str) -> Result<(), Invalid> {
    if login != had && login.chars().any(|letter| INVISIBLE.contains(letter)) {
        return Err(Invalid::new("/login", "must not contain invisible characters"));
    }
    Ok(())
}

/// Checks what people know somebody or something by, in the place of what was `had` before. Joiners and
/// marks of direction belong to the spelling of some scripts; without any letter, or with a control that
/// shows others in another order (UAX 9), it passes for nothing or for something else.
pub(crate) fn new_label(pointer: &str, label: &str, had: &str) -> Result<(), Invalid> {
    if label == had {
        return Ok(());
    }
    if label.chars().all(|letter| letter.is_whitespace() || INVISIBLE.contains(letter)) {
        return Err(Invalid::new(pointer, UNSEEN));
    }
    let turns = |letter| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if label.chars().any(turns) {
        return Err(Invalid::new(pointer, "must not contain controls of the writing direction"));
    }
    Ok(())
}

/// Checks a line of text.
pub(crate) fn line(pointer: &str, value: &str) -> Result<(), Invalid> {
    line_of(pointer, value, LINE)?;
    if value.is_empty() {
        return Err(Invalid::new(pointer, "must not be empty; leave it out instead"));
    }
    Ok(())
}

/// Checks a line of text that may be absent.
pub(crate) fn optional_line(pointer: &str, value: Option<&String>) -> Result<(), Invalid> {
    value.map_or(Ok(()), |value| line(pointer, value))
}

/// Checks that a list is not too long.
pub(crate) fn count(pointer: &str, length: usize, most: usize) -> Result<(), Invalid> {
    if length > most {
        return Err(Invalid::new(pointer, format!("has {length} values; {most} at most")));
    }
    Ok(())
}

/// Checks text of at most `most` octets and without control characters.
pub(crate) fn line_of(pointer: &str, value: &str, most: usize) -> Result<(), Invalid> {
    if value.len() > most {
        let length = value.len();
        return Err(Invalid::new(pointer, format!("has {length} octets; {most} at most")));
    }
    // Few letters are many once they are normalized, and an index takes only so much.
    if !value.is_ascii() && crate::text::prepare(value).len() > storage::MAX_VALUE {
        return Err(Invalid::new(pointer, "is too long to be searched for"));
    }
    if crate::text::is_prohibited(value) {
        return Err(Invalid::new(pointer, "must not contain private or undefined characters"));
    }
    if value.chars().any(char::is_control) {
        return Err(Invalid::new(pointer, "must not contain control characters"));
    }
    Ok(())
}

/// Checks networks that addresses are compared with: those of IPv4 are to be written as such, since
/// an IPv4 address in IPv6's clothes (RFC 4291 section 2.5.5.2) is compared as IPv4.
pub(crate) fn networks(pointer: &str, networks: &[IpNet]) -> Result<(), Invalid> {
    count(pointer, networks.len(), VALUES)?;
    for (position, network) in networks.iter().enumerate() {
        let mapped = matches!(network.addr().to_canonical(), IpAddr::V4(_));
        if mapped && matches!(network, IpNet::V6(_)) {
            let pointer = format!("{pointer}/{position}");
            return Err(Invalid::new(pointer, "must be written as an IPv4 network"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_no_invisible_characters() {
        for login in ["ada", "Müller", "ада", "אדה", "阿达", "a.da@acme.example", "e\u{301}va"]
        {
            assert!(new_login(login, "").is_ok(), "{login}");
        }
        let invisible = [
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{e0041}',
            '\u{e0100}',
        ];
        for letter in invisible {
            let login = format!("a{letter}da");
            let refused = new_login(&login, "ada").unwrap_err();
            assert_eq!(refused.pointer, "/login", "{letter:?}");
            assert!(new_login(&login, &login).is_ok(), "{letter:?}");
        }
    }

    #[test]
    fn what_people_read_has_something_to_read_in_the_order_in_which_it_is_written() {
        for label in [
            "Ada Lovelace",
            "Zo\u{eb}",
            "\u{5e2}\u{5d3}\u{5d4}\u{200f} (HR)",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
            "\u{1f469}\u{200d}\u{1f4bb}",
        ] {
            assert!(new_label("/display_name", label, "").is_ok(), "{label:?}");
        }
        let nothing =
            ["\u{200b}", "\u{200c}\u{200d}", "\u{2060}", "\u{feff}", "\u{ad}", " ", "\u{3164}"];
        for label in nothing {
            let refused = new_label("/display_name", label, "Ada").unwrap_err();
            assert_eq!(refused, Invalid::new("/display_name", UNSEEN), "{label:?}");
            assert!(new_label("/display_name", label, label).is_ok(), "{label:?}");
        }
        for control in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let label = format!("Ada {control}Lovelace");
            let refused = new_label("/name", &label, "Ada").unwrap_err();
            assert_eq!(refused.pointer, "/name", "{control:?}");
            assert!(new_label("/name", &label, &label).is_ok(), "{control:?}");
        }
    }

    #[test]
    fn numbers_that_mean_nobody_are_not_given_and_may_stay() {
        for number in [65_534, 65_535, u32::MAX] {
            let refused = new_posix_number("/uid_number", Some(number), Some(number - 1));
            assert_eq!(refused.unwrap_err().pointer, "/uid_number", "{number}");
            assert!(new_posix_number("/uid_number", Some(number), None).is_err(), "{number}");
            assert!(new_posix_number("/uid_number", Some(number), Some(number)).is_ok());
        }
        for number in [None, Some(1_000), Some(65_533), Some(65_536), Some(u32::MAX - 1)] {
            assert!(new_posix_number("/uid_number", number, None).is_ok(), "{number:?}");
        }
    }

    #[test]
    fn a_home_that_is_chosen_breaks_no_machine_whatever_the_login() {
        for (login, expected) in [
            ("ada", "/home/ada"),
            ("00:11:22:33:44:55", "/home/00_11_22_33_44_55"),
            ("x/../../etc", "/home/x/__/__/etc"),
            ("a..l", "/home/a..l"),
            ("a\tl", "/home/a_l"),
        ] {
            let home = home_of(login);
            assert_eq!(home, expected);
            assert!(new_path("/home_directory", Some(&home), None).is_ok(), "{login:?}");
        }
    }

    #[test]
    fn a_path_that_breaks_machines_is_not_given_and_may_stay() {
        for (path, reason) in [
            ("", "must begin with /"),
            ("rm -rf", "must begin with /"),
            ("../../x", "must begin with /"),
            (" /home/ada", "must begin with /"),
            ("\\\\server\\ada", "must begin with /"),
            ("/home/a:b", "must not contain colons or control characters"),
            ("/home/a\nroot", "must not contain colons or control characters"),
            ("/home/a\u{85}", "must not contain colons or control characters"),
            ("/home/ada ", "must not end with a space"),
            ("/home/ada\u{a0}", "must not end with a space"),
            ("/home/../root", "must not have .. between slashes"),
            ("/..", "must not have .. between slashes"),
        ] {
            let path = path.to_owned();
            let refused = new_path("/home_directory", Some(&path), None).unwrap_err();
            assert_eq!(
                (refused.pointer.as_str(), refused.message.as_str()),
                ("/home_directory", reason),
                "{path:?}"
            );
            let other = "/home/ada".to_owned();
            assert!(new_path("/home_directory", Some(&path), Some(&other)).is_err(), "{path:?}");
            assert!(new_path("/home_directory", Some(&path), Some(&path)).is_ok(), "{path:?}");
        }
        for path in ["/", "/home/Ada Two", "/home/ada..l", "/home/\u{e4}da/", "/usr/bin/zsh"] {
            assert!(new_path("/login_shell", Some(&path.to_owned()), None).is_ok(), "{path}");
        }
        assert!(new_path("/login_shell", None, Some(&"/bin/sh".to_owned())).is_ok());
    }
}
