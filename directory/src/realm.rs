//! The names of an organization that stand before or behind a login.

use crate::records::{Domain, OrganizationFields};

/// The longest realm that is looked at, in octets: no domain is longer.
const LONGEST: usize = 255;

/// What is left of `NAME\login` without the organization's slug, its domain or the first label of that,
/// and of `login@DOMAIN` without its domain; `None` where none of these is there, or nothing is left.
/// Another realm may be anybody's, and is a part of the name.
pub(crate) fn without_own_realm<'n>(name: &'n str, home: &OrganizationFields) -> Option<&'n str> {
    let before = name.split_once('\\').filter(|(realm, _)| is_short_name(home, realm));
    let login = match before {
        Some((_, login)) => login,
        None => name.rsplit_once('@').filter(|(_, realm)| is_domain(home, realm))?.0,
    };
    (!login.trim().is_empty()).then_some(login)
}

fn is_short_name(home: &OrganizationFields, written: &str) -> bool {
    let is_first_label = |own: String| {
        own.split_once('.').is_some_and(|(_, rest)| is_same(&own, &format!("{written}.{rest}")))
    };
    home.slug.eq_ignore_ascii_case(written)
        || is_domain(home, written)
        || (written.len() <= LONGEST && domains(home).any(is_first_label))
}

fn is_domain(home: &OrganizationFields, written: &str) -> bool {
    written.len() <= LONGEST && domains(home).any(|own| is_same(&own, written))
}

/// The domain that an organization goes by, and the one that its base spells.
fn domains(home: &OrganizationFields) -> impl Iterator<Item = String> {
    let said = home.domain.as_ref().map(|domain| domain.as_str().to_owned());
    said.into_iter().chain(home.base.domain())
}

fn is_same(own: &str, written: &str) -> bool {
    own.eq_ignore_ascii_case(written)
        || Domain::parse(written).is_some_and(|written| written.as_str() == own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Base;

    fn home(domain: Option<&str>, base: &str) -> OrganizationFields {
        OrganizationFields {
            slug: "acme-corp".into(),
            name: "Acme".into(),
            base: Base::parse(base).unwrap(),
            domain: domain.map(|domain| Domain::parse(domain).unwrap()),
        }
    }

    #[test]
    fn the_organizations_own_names_are_taken_off_a_login() {
        let home = home(Some("müller.example"), "dc=office,dc=acme,dc=example");
        for (name, login) in [
            ("ada@müller.example", "ada"),
            ("ada@MÜLLER.Example", "ada"),
            ("ada@xn--mller-kva.example", "ada"),
            ("Ada@Office.ACME.example", "Ada"),
            ("a@b@müller.example", "a@b"),
            ("ACME-Corp\\ada", "ada"),
            ("Müller\\ada", "ada"),
            ("XN--MLLER-KVA\\ada", "ada"),
            ("müller.example\\ada", "ada"),
            ("OFFICE\\ada", "ada"),
            ("office.acme.example\\ada", "ada"),
            ("OFFICE\\ada@müller.example", "ada@müller.example"),
            ("OFFICE\\ada\\b", "ada\\b"),
        ] {
            assert_eq!(without_own_realm(name, &home), Some(login), "{name}");
        }
    }

    #[test]
    fn another_realm_is_a_part_of_the_name() {
        let home = home(Some("acme.example"), "o=acme");
        let long = format!("ada@{}acme.example", "a.".repeat(200));
        for name in [
            "ada",
            "",
            "@acme.example",
            " @acme.example",
            "acme\\",
            "\\ada",
            "ada@",
            "ada@acme",
            "ada@acme-corp",
            "ada@example",
            "ada@beta.example",
            "ada@mail.acme.example",
            "ada@acme.example.",
            "ada@acme.example@beta.example",
            "example\\ada",
            "beta\\ada",
            "acme.\\ada",
            "acme.beta\\ada",
            "beta\\acme\\ada",
            "ada\\acme",
            &long,
        ] {
            assert_eq!(without_own_realm(name, &home), None, "{name}");
        }
    }
}
