//! What a Bind says of itself, in the directory's words.

use directory::authentication::Channel;
use ldap::dn::Dn;
use ldap::{PlainRequest, Security};

use super::Account;

/// Who can read along on a connection.
pub(crate) const fn channel(security: Security) -> Channel {
    match security {
        Security::Clear => Channel::Clear,
        Security::Tls => Channel::Encrypted,
    }
}

/// Whom a SASL exchange names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// An entry.
    Entry(Dn),
    /// An account by `login@domain` or `DOMAIN\login`, as a simple Bind takes it.
    Account(Account),
    /// A user of the organization that the connection was made to, by login.
    Login(String),
}

/// Names that contradict each other, or are spelled in no known way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unnamed;

/// Reads an authorization identity (RFC 4513 section 5.2.1.8): `dn:` and a name, `u:` and a login,
/// or nothing.
pub(crate) fn authorization(text: &str) -> Result<Option<Meant>, Unnamed> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(dn) = strip(text, "dn:") {
        return entry(dn).map(Some);
    }
    let login = strip(text, "u:").filter(|login| !login.is_empty()).ok_or(Unnamed)?;
    Ok(Some(login_or_account(login)))
}

/// Whom PLAIN names: who proves an identity and who is to act must be the same.
///
/// The one who proves may be spelled as an authorization identity or, as applications do, as a bare
/// name, account or login. The organization of a login comes from an authorization identity with the
/// name of that very entry, from the domain of an account, or from the address that the connection was
/// made to; it is never guessed.
pub(crate) fn plain(request: &PlainRequest) -> Result<Meant, Unnamed> {
    let wanted = authorization(request.authorization.as_str())?;
    let text = request.authentication.as_str();
    let proving = match authorization(text) {
        Ok(Some(named)) => named,
        Ok(None) => return Err(Unnamed),
        Err(Unnamed) => match entry(text) {
            Ok(named) => named,
            Err(Unnamed) => login_or_account(text),
        },
    };
    match (wanted, proving) {
        (None, proving) => Ok(proving),
        (Some(wanted), proving) if wanted == proving => Ok(proving),
        (Some(Meant::Entry(dn)), Meant::Login(login)) if is_login_of(&dn, &login) => {
            Ok(Meant::Entry(dn))
        }
        (Some(Meant::Entry(dn)), Meant::Account(account)) if is_account_of(&dn, &account) => {
            Ok(Meant::Entry(dn))
        }
        (Some(_), _) => Err(Unnamed),
    }
}

/// The name of an entry; the root is none.
fn entry(text: &str) -> Result<Meant, Unnamed> {
    match Dn::parse(text) {
        Ok(dn) if !dn.is_root() => Ok(Meant::Entry(dn)),
        Ok(_) | Err(_) => Err(Unnamed),
    }
}

/// A login, or an account where it is spelled so.
fn login_or_account(text: &str) -> Meant {
    Account::parse(text).map_or_else(|| Meant::Login(text.to_owned()), Meant::Account)
}

/// Whether the entry of this name is that of this account: below the base that its domain stands for,
/// or of a login that is all of it.
fn is_account_of(dn: &Dn, account: &Account) -> bool {
    let within = account.base().is_some_and(|base| dn.ends_with(&base));
    let whole = account.whole.as_deref();
    (within && is_login_of(dn, &account.login)) || whole.is_some_and(|whole| is_login_of(dn, whole))
}

/// Whether the entry of this name is that of this login.
fn is_login_of(dn: &Dn, login: &str) -> bool {
    let value = dn.rdn().and_then(|rdn| rdn.single()).map(|(_, value)| value);
    value.is_some_and(|value| value == ldap::case_ignore(login))
}

fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "uid=ada,ou=people,dc=acme,dc=example";

    fn named(authorization: &str, authentication: &str) -> Result<Meant, Unnamed> {
        let text = |text: &str| ldap::Text::new(text.to_owned().into()).unwrap();
        plain(&PlainRequest {
            authorization: text(authorization),
            authentication: text(authentication),
            password: ldap::Password::new(b"secret"),
        })
    }

    #[test]
    fn the_organization_comes_from_a_name_or_from_nowhere() {
        let ada = || Ok(Meant::Entry(Dn::parse(ADA).unwrap()));
        for (authorization, authentication) in [
            ("", ADA),
            ("", "dn:UID=Ada, OU=people, DC=acme, DC=example"),
            ("dn:uid=ada,ou=people,dc=acme,dc=example", ADA),
            ("DN:uid=ada,ou=people,dc=acme,dc=example", "ada"),
            ("dn:uid=ada,ou=people,dc=acme,dc=example", "u:Ada"),
        ] {
            let found = named(authorization, authentication);
            assert_eq!(found, ada(), "{authorization} {authentication}");
        }
        for (authorization, authentication) in [("", "ada"), ("", "u:ada"), ("u:ada", "ada")] {
            let found = named(authorization, authentication);
            assert_eq!(found, Ok(Meant::Login("ada".into())), "{authorization} {authentication}");
        }
    }

    #[test]
    fn accounts_are_named_as_in_a_simple_bind() {
        for text in ["ada@acme.example", "ACME\\ada"] {
            let account = || Ok(Meant::Account(Account::parse(text).unwrap()));
            let identity = format!("u:{text}");
            assert_eq!(named("", text), account(), "{text}");
            assert_eq!(named("", &identity), account(), "{text}");
            assert_eq!(named(&identity, text), account(), "{text}");
            assert_eq!(named("u:bob@acme.example", text), Err(Unnamed), "{text}");
        }
        let own = named(&format!("dn:{ADA}"), "ada@acme.example");
        assert_eq!(own, Ok(Meant::Entry(Dn::parse(ADA).unwrap())));
        assert_eq!(named(&format!("dn:{ADA}"), "ada@globex.example"), Err(Unnamed));
        assert_eq!(named(&format!("dn:{ADA}"), "bob@acme.example"), Err(Unnamed));
    }

    #[test]
    fn nobody_acts_for_somebody_else() {
        for (authorization, authentication) in [
            ("dn:uid=bob,ou=people,dc=acme,dc=example", ADA),
            ("dn:uid=ada,ou=people,dc=globex,dc=example", ADA),
            ("dn:uid=bob,ou=people,dc=acme,dc=example", "ada"),
            ("u:bob", "ada"),
            ("u:ada", ADA),
            ("ada", "ada"),
            ("dn:", ADA),
            ("dn:x", ADA),
            ("", ""),
        ] {
            let found = named(authorization, authentication);
            assert_eq!(found, Err(Unnamed), "{authorization} {authentication}");
        }
    }
}
