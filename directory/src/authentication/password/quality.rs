//! What a new password must not be (NIST SP 800-63B section 3.1.1.2): too short, among those that
//! everybody tries first, or made of its owner's name or the organization's. There are no rules of
//! composition.

use thiserror::Error;
use zeroize::Zeroizing;

use super::Password;
use super::common::{ONES, is_common, unmasked};
use crate::text::prepare;

/// Why a password cannot be somebody's next.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Unacceptable {
    /// It has fewer characters than the organization asks for.
    #[error("must have at least {0} characters")]
    TooShort(u16),
    /// It is among the most common ones, one of them with digits or signs for letters or around it, a
    /// date, one character again and again, or a row of neighbours, on a keyboard too.
    #[error("is among the passwords that are tried first; choose a less common one")]
    Common,
    /// It contains the owner's login or name.
    #[error("must not contain the login or the name of its owner")]
    Name,
    /// It contains the slug or the name of its owner's organization.
    #[error("must not contain the name of the organization")]
    Organization,
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

/// Names that a password must not be made of.
pub(crate) struct Names<'a> {
    /// Its owner's login and names.
    pub(crate) owner: &'a [&'a str],
    /// The slug and the name of the owner's organization, if there is one.
    pub(crate) organization: &'a [&'a str],
}

/// Names, and words of a person's, that are shorter than this say nothing about a password that
/// contains them.
const NAME: usize = 3;

/// Nor do words of an organization's name that are shorter than this.
const WORD: usize = 4;

/// Judges a password of somebody with these names.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn judge(
    password: &Password,
    names: &Names<'_>,
    least: u16,
) -> Result<(), Unacceptable> {
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
    if contains(&text, names.owner, NAME) {
        return Err(Unacceptable::Name);
    }
    if contains(&text, names.organization, WORD) {
        return Err(Unacceptable::Organization);
    }
    Ok(())
}

/// Whether a password that is made up would be refused for containing one of these names.
pub fn contains_name(text: &str, names: &[&str]) -> bool {
    contains(&prepare(text), names, NAME)
}

/// Whether a text has one of these names in it, or a word of theirs of so many characters and more;
/// signs that stand for letters are read as these too.
fn contains(text: &str, names: &[&str], word: usize) -> bool {
    let unmasked = ONES.map(|one| unmasked(text, one));
    let has =
        |part: String| text.contains(&part) || unmasked.iter().any(|text| text.contains(&part));
    names.iter().flat_map(|name| parts(name, word)).any(has)
}

/// A name as a whole, and its words of so many characters and more.
fn parts(name: &str, word: usize) -> impl Iterator<Item = String> {
    let whole = std::iter::once(prepare(name)).filter(|whole| whole.chars().count() >= NAME);
    let words = name.split(|letter: char| !letter.is_alphanumeric()).map(prepare);
    whole.chain(words.filter(move |part| part.chars().count() >= word))
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
        let owner = ["ada", "Ada Lovelace", "x", "Müller-Lüdenscheidt"];
        let organization = ["hbd", "Harbor Bay Dental & Co"];
        judge(&password, &Names { owner: &owner, organization: &organization }, 8)
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
        for text in
            ["my ADA forever", "LoveLace1815", "lüdenscheidt.9", "MÜLLER über", "10v31ac3 1815"]
        {
            assert_eq!(judged(text), Err(Unacceptable::Name), "{text}");
        }
        assert_eq!(judged("xylophones"), Ok(()));
    }

    #[test]
    fn the_organizations_name_is_refused_its_slug_and_its_longer_words() {
        for text in ["Harbor-2024-lights", "h4rb0r lights", "my DENTAL floss", "xhbd-7719-k"] {
            assert_eq!(judged(text), Err(Unacceptable::Organization), "{text}");
        }
        for text in ["bay of pigeons", "company and cohort"] {
            assert_eq!(judged(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_hash_is_not_taken_for_a_password() {
        for text in ["{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr", "{crypt}$6$salt$hash", "{md5}abcd"] {
            assert_eq!(judged(text), Err(Unacceptable::Hashed), "{text}");
        }
        assert_eq!(judged("{curly} braces"), Ok(()));
    }
}
