//! Where a command works: the server, the organization, and the ids behind names.

use std::path::PathBuf;

use clap::ArgMatches;
use serde_json::Value;
use uuid::Uuid;

use crate::client::Client;
use crate::contexts::{self, Contexts};
use crate::failure::Failure;
use crate::grammar::{CA, CONTEXT, CONTEXTS, ORG, SERVER, TOKEN};

/// A server, as somebody, perhaps with an organization.
pub(crate) struct Place {
    pub(crate) client: Client,
    /// The organization that the command itself names.
    pub(crate) named: Option<String>,
    /// The one of the context.
    usual: Option<String>,
}

impl Place {
    /// The place that options, the environment and the contexts name.
    ///
    /// # Errors
    /// When they name none, or the contexts cannot be read.
    pub(crate) fn of(matches: &ArgMatches) -> Result<Self, Failure> {
        let text = |name| matches.get_one::<String>(name).cloned();
        let (server, token, ca) =
            (text(SERVER), text(TOKEN), matches.get_one::<PathBuf>(CA).cloned());
        let named = text(ORG);
        if let (Some(server), Some(token)) = (&server, &token) {
            let client = Client::new(server, Some(token.clone()), ca.as_deref())?;
            return Ok(Self { client, named, usual: None });
        }
        let contexts = Contexts::read(&contexts_path(matches)?)?;
        let (_, context) = contexts.chosen(text(CONTEXT).as_deref())?;
        let token = token.or_else(|| context.token.clone()).ok_or(Failure::NoContext)?;
        let server = server.unwrap_or_else(|| context.server.clone());
        let ca = ca.or_else(|| context.ca.clone());
        let client = Client::new(&server, Some(token), ca.as_deref())?;
        Ok(Self { client, named, usual: context.organization.clone() })
    }

    /// The id of the organization that a command is about.
    ///
    /// # Errors
    /// When none is named anywhere, or there is none of that name.
    pub(crate) fn organization(&self) -> Result<String, Failure> {
        let none = || {
            let text = "which organization? Name it with --org, or for good with \
                        `tenantry context use NAME --org SLUG`";
            Failure::Usage(text.into())
        };
        let slug = self.named.as_ref().or(self.usual.as_ref()).ok_or_else(none)?;
        self.id("/v1/organizations", slug)
    }

    /// The id behind a name in a list; an id stays what it is.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(crate) fn id(&self, list: &str, name: &str) -> Result<String, Failure> {
        if Uuid::parse_str(name).is_ok() {
            return Ok(name.to_owned());
        }
        let answer = self.client.get(&format!("{list}?name={}", escaped(name)))?;
        let id = answer.body.pointer("/items/0/id").and_then(Value::as_str);
        id.map(ToOwned::to_owned).ok_or_else(|| Failure::Missing {
            what: list
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .trim_end_matches('s')
                .replace('-', " "),
            name: name.to_owned(),
        })
    }
}

/// Where the contexts are.
///
/// # Errors
/// When nobody knows.
pub(crate) fn contexts_path(matches: &ArgMatches) -> Result<PathBuf, Failure> {
    matches.get_one::<PathBuf>(CONTEXTS).cloned().map_or_else(contexts::usual_path, Ok)
}

/// Text as it stands in a query or a path (RFC 3986, section 2.3).
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            escaped.push_str(&format!("%{octet:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_could_misread_is_escaped() {
        assert_eq!(escaped("a b&c=ü~1"), "a%20b%26c%3D%C3%BC~1");
    }
}
