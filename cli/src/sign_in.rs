//! Signing in and out, and the contexts that come of it.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::{Value, json};

use crate::client::{Answer, Client, Question};
use crate::contexts::{Context, Contexts, Organization};
use crate::document::Document;
use crate::failure::Failure;
use crate::grammar::{CA, CONTEXT, INVITATION, ORG, PROVIDER, RECOVERY};
use crate::output::{Format, tell, warn};
use crate::place::{Place, contexts_path, refuse_two};
use crate::prompt;
use crate::qr_code;

/// Signs in, and keeps the session.
///
/// # Errors
/// When the line names two places, the server refuses, or the session cannot be kept.
pub(crate) fn login(document: &Document, matches: &ArgMatches) -> Result<(), Failure> {
    refuse_two(matches)?;
    let text = |name| matches.get_one::<String>(name).cloned();
    let (server, login) = (text("url").unwrap_or_default(), text("as").unwrap_or_default());
    let organization = typed_organization(matches);
    let ca = matches.get_one::<PathBuf>(CA);
    let ca = ca.map(std::path::absolute).transpose();
    let ca = ca.map_err(|error| Failure::local("--ca", &error))?;
    let path = contexts_path(matches)?;
    // A file that cannot be read is told before there is a session.
    Contexts::read(&path)?;
    let client = Client::new(&server, None, ca.as_deref())?;
    let password = match matches.get_flag(INVITATION) {
        true => chosen(&client)?,
        false => prompt::secret("password")?,
    };
    let who = json!({"login": login, "password": password, "organization": organization});
    let session = session(&client, &who, matches.get_flag(RECOVERY))?;
    let member = |name: &str| session.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let name = text("name").unwrap_or_else(|| usual_name(&server, organization.as_deref()));
    let (token, expires) = (member("token"), member("expires"));
    let mut context = Context { server, ca, token, expires, ..Context::default() };
    if let Some(slug) = organization {
        let id = id_of(document, matches, &context, &slug);
        context.organization = Some(Organization::new(slug, id));
    }
    let about = Contexts::change(&path, |contexts| {
        // Who signs in anew each morning goes on with the same organization.
        if context.organization.is_none()
            && let Some(before) = contexts.contexts.get(&name)
        {
            context.go_on(before);
        }
        let about = context.slug().map(|slug| format!(", with organization {slug}"));
        contexts.contexts.insert(name.clone(), context);
        contexts.current = Some(name.clone());
        Ok(about)
    })?;
    let about = about.unwrap_or_default();
    tell(&format!("Signed in as {login}; the context “{name}” is in use{about}."));
    Ok(())
}

/// Ends the session, there and here.
///
/// # Errors
/// When there is none, or the server cannot be asked.
pub(crate) fn logout(matches: &ArgMatches) -> Result<(), Failure> {
    let path = contexts_path(matches)?;
    let contexts = Contexts::read(&path)?;
    let (name, context) =
        contexts.chosen(matches.get_one::<String>(CONTEXT).map(String::as_str))?;
    let token = context.token.clone().ok_or(Failure::NoContext)?;
    let client = Client::new(&context.server, Some(token), context.ca.as_deref())?;
    let ended = client.ask(&posted("/v1/sign-out", None));
    Contexts::change(&path, |contexts| {
        let own = contexts.contexts.get_mut(name);
        // Somebody may have signed in anew meanwhile.
        if let Some(own) = own.filter(|own| own.token == context.token) {
            (own.token, own.expires) = (None, None);
        }
        Ok(())
    })?;
    match ended {
        // It has ended before.
        Err(Failure::Refused(problem)) if problem.status == 401 => Ok(()),
        ended => ended.map(drop),
    }
}

/// Lists, chooses and forgets contexts.
///
/// # Errors
/// When there is no such context or no such organization, or the line names two places, or the file
/// cannot be used.
pub(crate) fn contexts(
    document: &Document,
    matches: &ArgMatches,
    format: Format,
) -> Result<(), Failure> {
    let path = contexts_path(matches)?;
    let (verb, own) = matches.subcommand().unwrap_or(("list", matches));
    let name = own.try_get_one::<String>("name").ok().flatten();
    match name {
        None => {
            let contexts = Contexts::read(&path)?;
            let lines = contexts.contexts.iter().map(|(name, context)| {
                json!({
                    "in_use": contexts.current.as_ref() == Some(name),
                    "name": name,
                    "server": context.server,
                    "organization": context.slug(),
                    "organization_id": context.id(),
                    "signed_in_at_most_until": context.expires,
                })
            });
            let columns = [
                "in_use",
                "name",
                "server",
                "organization",
                "organization_id",
                "signed_in_at_most_until",
            ];
            format.print(&lines.collect(), &columns)
        }
        Some(name) if verb == "use" => use_from_now_on(document, own, &path, name),
        Some(name) => Contexts::change(&path, |contexts| {
            contexts.chosen(Some(name))?;
            contexts.contexts.remove(name);
            contexts.current.take_if(|current| current == name);
            Ok(())
        }),
    }
}

/// Has a context be in use, with the organization that the line names or without any where it says so.
///
/// # Errors
/// As [`contexts`].
fn use_from_now_on(
    document: &Document,
    matches: &ArgMatches,
    path: &Path,
    name: &str,
) -> Result<(), Failure> {
    refuse_two(matches)?;
    let contexts = Contexts::read(path)?;
    let (_, context) = contexts.chosen(Some(name))?;
    let organization = match typed_organization(matches) {
        Some(slug) => {
            let id = look_for(document, matches, context, &slug)?;
            Some(Organization::new(slug, id))
        }
        None => None,
    };
    let asked = &context.server;
    Contexts::change(path, |contexts| {
        let (_, found) = contexts.chosen(Some(name))?;
        if found.server != *asked {
            let why = "is another server's since a moment ago: use it again";
            return Err(Failure::local(format!("context {name}"), &why));
        }
        if (organization.is_some() || matches.get_flag(PROVIDER))
            && let Some(context) = contexts.contexts.get_mut(name)
        {
            context.organization = organization;
        }
        contexts.current = Some(name.to_owned());
        Ok(())
    })
}

/// The id of the organization that somebody signed in to, where it is told.
fn id_of(
    document: &Document,
    matches: &ArgMatches,
    context: &Context,
    slug: &str,
) -> Option<String> {
    let place = Place::in_context(document, matches, context, slug);
    let found = place.and_then(|place| place.organization());
    let untold = |why: &Failure| warn(&format!("nobody told the id of organization {slug}: {why}"));
    found.inspect_err(untold).ok()
}

/// Looks that there is an organization of that name, where somebody can be asked; its id.
///
/// # Errors
/// `Missing` when there is none, `Deleted` when it is.
fn look_for(
    document: &Document,
    matches: &ArgMatches,
    context: &Context,
    slug: &str,
) -> Result<Option<String>, Failure> {
    let place = Place::in_context(document, matches, context, slug);
    // Who names one by its id has asked nobody yet.
    let found = place.and_then(|place| {
        let found = place.client.get(&format!("/v1/organizations/{}", place.organization()?));
        found.map_err(|failure| place.explained(failure))
    });
    match found {
        Ok(answer) => Ok(answer.body.get("id").and_then(Value::as_str).map(ToOwned::to_owned)),
        Err(failure @ (Failure::Missing { .. } | Failure::Deleted(_))) => Err(failure),
        Err(Failure::Refused(problem)) if problem.status == 404 => {
            Err(Failure::Missing { what: "organization".into(), name: slug.into() })
        }
        Err(why) => {
            warn(&format!("nobody looked whether there is an organization {slug}: {why}"));
            Ok(None)
        }
    }
}

/// Chooses the first password by an invitation.
fn chosen(client: &Client) -> Result<String, Failure> {
    let invitation = prompt::secret("invitation")?;
    // A link has the token behind its `#`.
    let token = invitation.rsplit('#').next().unwrap_or_default();
    let password = prompt::new_secret("new password")?;
    let body = json!({"token": token, "password": password});
    client.ask(&posted("/v1/invitations", Some(&body)))?;
    Ok(password)
}

/// Asks for what signing in needs beside the password, until there is a session.
fn session(client: &Client, who: &Value, recovers: bool) -> Result<Value, Failure> {
    let member = if recovers { "recovery_code" } else { "code" };
    let mut body = who.clone();
    let mut add = |member: &str, value: String| {
        if let Some(members) = body.as_object_mut() {
            members.insert(member.to_owned(), Value::String(value));
        }
        client.ask(&posted("/v1/sign-in", Some(&body)))
    };
    let mut answer = client.ask(&posted("/v1/sign-in", Some(who)));
    if lacks(&answer, "/password-needed") {
        tell("Somebody else has chosen this password: choose another one.");
        answer = add("new_password", prompt::new_secret("new password")?);
    }
    if lacks(&answer, "/code-needed") {
        answer = add(member, prompt::secret(&member.replace('_', " "))?);
    }
    let answer = answer?;
    let Some(token) = answer.body.get("enrolment_token") else { return Ok(answer.body) };
    let uri = answer.body.get("otpauth_uri").and_then(Value::as_str).unwrap_or_default();
    qr_code::show(&answer.body)?;
    Format::Table.print(&json!(format!("Put this into an authenticator app: {uri}")), &[])?;
    let body = json!({"enrolment_token": token, "code": prompt::secret("code")?});
    Ok(client.ask(&posted("/v1/sign-in/enrolment", Some(&body)))?.body)
}

/// Whether a sign-in was refused for what is missing yet.
fn lacks(answer: &Result<Answer, Failure>, what: &str) -> bool {
    matches!(answer, Err(Failure::Refused(problem)) if problem.r#type.ends_with(what))
}

/// The organization of the line itself: what the environment says is for commands.
fn typed_organization(matches: &ArgMatches) -> Option<String> {
    let typed = matches.value_source(ORG) == Some(ValueSource::CommandLine);
    matches.get_one::<String>(ORG).filter(|_| typed).cloned()
}

fn posted<'q>(path: &'q str, body: Option<&'q Value>) -> Question<'q> {
    // Signing out twice is no harm, and a sign-in is remembered nowhere.
    Question { method: "post", path, body, if_match: None, is_repeatable: false }
}

fn usual_name(server: &str, organization: Option<&str>) -> String {
    let host = server.trim_start_matches("https://").split('/').next().unwrap_or_default();
    match organization {
        Some(organization) => format!("{organization}@{host}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_called_after_its_server() {
        assert_eq!(usual_name("https://ids.example:8443/", None), "ids.example:8443");
        assert_eq!(usual_name("https://ids.example", Some("acme")), "acme@ids.example");
    }
}
