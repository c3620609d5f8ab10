//! What a new password must not be (NIST SP 800-63B section 3.1.1.2): too short, among those that
//! everybody tries first, or made of its owner's name. There are no rules of composition.

use std::collections::HashSet;
use std::sync::LazyLock;

use thiserror::Error;
use zeroize::Zeroizing;

use super::Password;
use crate::text::prepare;

/// Why a password cannot be somebody's next.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Unacceptable {
    /// It has fewer characters than the organization asks for.
    #[error("must have at least {0} characters")]
    TooShort(u16),
    /// It is among the most common ones, one of them with a few digits or signs behind it, one
    /// character again and again, or a row of neighbours.
    #[error("is among the passwords that are tried first; choose a less common one")]
    Common,
    /// It contains the owner's login or name.
    #[error("must not contain the login or the name of its owner")]
    Name,
    /// It looks like a hash: whoever sent it meant another password.
    #[error("looks like a hash; send the password itself, it is hashed here")]
    Hashed,
    /// It is the password in use, or was it not long ago.
    #[error("was used before; choose one that is new")]
    Used,
    /// The password in use was set too short a time ago to be changed again.
    #[error("was changed too short a time ago to be changed again")]
    TooYoung,
}

/// Lower-case passwords that are tried first, one a line.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Digits and signs behind a common password that make it no other.
const ORNAMENTS: usize = 5;

/// Names shorter than this say nothing about a password that contains them.
const NAME: usize = 3;

/// Judges a password of somebody with these names.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn judge(password: &Password, names: &[&str], least: u16) -> Result<(), Unacceptable> {
    let text = Zeroizing::new(String::from_utf8_lossy(password.expose()).into_owned());
    if text.chars().count() < usize::from(least) {
        return Err(Unacceptable::TooShort(least));
    }
    if is_hash(&text) {
        return Err(Unacceptable::Hashed);
    }
    let text = Zeroizing::new(prepare(&text));
    if is_common(&text) {
        return Err(Unacceptable::Common);
    }
    if names.iter().flat_map(|name| parts(name)).any(|part| text.contains(part.as_str())) {
        return Err(Unacceptable::Name);
    }
    Ok(())
}

fn is_common(text: &str) -> bool {
    let stem = text.trim_end_matches(|letter: char| !letter.is_alphabetic());
    let ornaments = text.get(stem.len()..).unwrap_or_default().chars().count();
    COMMON.contains(text)
        || (ornaments <= ORNAMENTS && COMMON.contains(stem))
        || is_row(text, 0)
        || is_row(text, 1)
        || is_row(text, -1)
}

/// Whether each character is so far behind the one before it.
fn is_row(text: &str, step: i64) -> bool {
    let far = |(one, next): (char, char)| i64::from(u32::from(next)) - i64::from(u32::from(one));
    text.chars().zip(text.chars().skip(1)).all(|pair| far(pair) == step)
}

/// A name as a whole, and its words.
fn parts(name: &str) -> impl Iterator<Item = String> {
    let whole = prepare(name);
    let words = name.split(|letter: char| !letter.is_alphanumeric()).map(prepare);
    let parts: Vec<String> = std::iter::once(whole).chain(words).collect();
    parts.into_iter().filter(|part| part.chars().count() >= NAME)
}

/// Whether the text begins with the scheme that LDAP applications put before a hash (RFC 2307
/// section 5.3): they would else sign in with the hash.
fn is_hash(text: &str) -> bool {
    let scheme = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let Some((scheme, _)) = scheme else { return false };
    let scheme = scheme.to_ascii_uppercase();
    ["SHA", "SSHA", "MD5", "SMD5", "CRYPT", "CLEARTEXT", "ARGON2", "PBKDF2", "BCRYPT", "SASL"]
        .iter()
        .any(|known| scheme.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Result<(), Unacceptable> {
        let password = Password::new(text.as_bytes()).unwrap();
        judge(&password, &["ada", "Ada Lovelace", "x", "Müller-Lüdenscheidt"], 8)
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(judged("kurz"), Err(Unacceptable::TooShort(8)));
        assert_eq!(judged("öäüßöäß"), Err(Unacceptable::TooShort(8)));
        assert_eq!(judged("öäüßöäßü"), Ok(()));
    }

    #[test]
    fn what_everybody_tries_first_is_refused_with_or_without_ornaments() {
        for text in [
            "password",
            "PassWord",
            "password1234!",
            "Summer2026!",
            "qwertyuiop",
            "1q2w3e4r",
            "aaaaaaaaaaaa",
            "abcdefghijk",
            "456789:;<=>",
            "87654321",
        ] {
            assert_eq!(judged(text), Err(Unacceptable::Common), "{text}");
        }
        for text in ["summer by the lake", "password of mine", "dragon 5519284", "abcdefgi"] {
            assert_eq!(judged(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_owners_names_are_refused_in_any_case_and_what_is_too_short_to_be_a_name_is_not() {
        for text in ["my ADA forever", "LoveLace1815", "lüdenscheidt.9", "MÜLLER über"] {
            assert_eq!(judged(text), Err(Unacceptable::Name), "{text}");
        }
        assert_eq!(judged("xylophones"), Ok(()));
    }

    #[test]
    fn a_hash_is_not_taken_for_a_password() {
        for text in ["{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr", "{crypt}$6$salt$hash", "{md5}abcd"] {
            assert_eq!(judged(text), Err(Unacceptable::Hashed), "{text}");
        }
        assert_eq!(judged("{curly} braces"), Ok(()));
    }

    #[test]
    fn the_list_is_as_it_is_compared_and_in_order() {
        let lines: Vec<&str> = include_str!("common.txt").lines().collect();
        assert!(lines.is_sorted());
        assert!(lines.iter().all(|line| prepare(line) == **line && !line.is_empty()));
    }
}
