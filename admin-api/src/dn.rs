//! The distinguished names under which LDAP shows what the API shows.

use std::fmt::Write;

use directory::records::Base;

/// A user's.
pub(crate) fn of_user(login: &str, base: &Base) -> String {
    format!("uid={},ou=people,{base}", escaped(login))
}

/// A group's.
pub(crate) fn of_group(name: &str, base: &Base) -> String {
    format!("cn={},ou=groups,{base}", escaped(name))
}

/// A service account's.
pub(crate) fn of_service_account(name: &str, base: &Base) -> String {
    format!("cn={},ou=services,{base}", escaped(name))
}

/// Escapes an attribute value (RFC 4514 section 2.4).
fn escaped(value: &str) -> String {
    let last = value.len().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (place, character) in value.char_indices() {
        let special = match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            '#' => place == 0,
            ' ' => place == 0 || place == last,
            '\0' => {
                // Writing into a string does not fail.
                let _written = write!(text, "\\00");
                continue;
            }
            _ => false,
        };
        if special {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4514_section_2_4_specials_are_escaped() {
        for (value, text) in [
            ("nextcloud", "nextcloud"),
            ("a, b", "a\\, b"),
            ("#1 + \"2\"", "\\#1 \\+ \\\"2\\\""),
            (" x ", "\\ x\\ "),
            ("a#b", "a#b"),
            ("<\\>;", "\\<\\\\\\>\\;"),
            ("Lučić", "Lučić"),
            (" ", "\\ "),
        ] {
            assert_eq!(escaped(value), text);
        }
    }

    #[test]
    fn names_stand_in_their_containers() {
        let base = Base::parse("dc=acme,dc=example").unwrap();
        assert_eq!(of_user("ada", &base), "uid=ada,ou=people,dc=acme,dc=example");
        assert_eq!(of_group("staff", &base), "cn=staff,ou=groups,dc=acme,dc=example");
        let account = of_service_account("nextcloud", &base);
        assert_eq!(account, "cn=nextcloud,ou=services,dc=acme,dc=example");
    }
}
