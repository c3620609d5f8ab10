//! An admin's own account: who am I, my API keys, my sign-out.

use ipnet::IpNet;
use storage::{Change, Id, Reading};
use uuid::Uuid;

use super::admins::end_token;
use super::api_keys::ToldKey;
use super::site::Site;
use crate::access::{Role, Standing};
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind, differences};
use crate::id::{AdminNumber, OrganizationId, Place, RecordId, TokenNumber};
use crate::limits;
use crate::records::{
    Admin, AdminScope, Narrowing, Origin, Token, TokenPurpose, TokenUse, indices,
};
use crate::time::Time;
use crate::tools::Tools;

/// What an admin may see and change without any permission: their own account.
pub struct Oneself<'g, S> {
    pub(crate) site: Site<'g, S>,
    pub(crate) standing: Standing,
}

/// What a new API key may do, and until when.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What its owner calls it.
    pub name: String,
    /// When it ends.
    pub expires: Time,
    /// A lower role.
    pub role: Option<Role>,
    /// Only these organizations.
    pub organizations: Option<Vec<OrganizationId>>,
    /// Only from these networks.
    pub sources: Option<Vec<IpNet>>,
}

/// A token that was just made: the only time that its text is known.
pub struct IssuedToken {
    /// The bearer token.
    pub text: String,
    /// Its external id.
    pub id: Uuid,
    /// When it ends.
    pub expires: Time,
}

/// The longest life of an API key, in milliseconds: two years.
pub const KEY_LIFE: u64 = 2 * 365 * 24 * 60 * 60 * 1_000;
const NOWHERE: &str = "must name an organization: a key for none is good for nothing; leave it out \
                       for all that you have";
const FROM_NOWHERE: &str = "must name a network: a key from none lets nobody in; leave it out for \
                            all from which you work";
/// The most API keys and sessions of an admin.
const TOKENS: usize = 64;

impl<S> Oneself<'_, S> {
    /// The admin's record.
    pub fn admin(&self) -> &Admin {
        &self.standing.rights.admin
    }

    /// Where the admin belongs.
    pub fn home(&self) -> Place {
        self.standing.rights.id.home
    }

    /// The role that counts now: the admin's, or the token's lower one.
    pub fn role(&self) -> Role {
        self.standing.rights.role
    }

    /// The scope of that role: the admin's, or the organizations of the token. The admin may have
    /// lost some of these since: only who is let in there has them.
    pub fn scope(&self) -> AdminScope {
        let narrowed = self.standing.token.narrowing.organizations.clone();
        narrowed.map_or_else(|| self.admin().fields.scope.clone(), AdminScope::Organizations)
    }

    /// From which networks the token counts: those of its own, or else the admin's.
    pub fn sources(&self) -> &[IpNet] {
        let narrowed = self.standing.token.narrowing.sources.as_deref();
        narrowed.unwrap_or(&self.admin().fields.sources)
    }
}

impl Oneself<'_, &mut Change<'_>> {
    /// Makes an API key.
    ///
    /// # Errors
    /// `Invalid` for what is not acceptable; `Forbidden` without API access, and for anything but a
    /// session that was begun a moment ago.
    pub fn create_api_key(&mut self, new: NewKey) -> Result<IssuedToken, Error> {
        if !self.standing.rights.admin.fields.api_access {
            return Err(Error::Forbidden(
                "API access is off for you; an administrator with billing turns it on",
            ));
        }
        self.check(&new)?;
        self.require_fresh_session()?;
        let narrowing =
            Narrowing { role: new.role, organizations: new.organizations, sources: new.sources };
        let wanted = Wanted {
            purpose: TokenPurpose::ApiKey,
            name: new.name,
            expires: new.expires,
            narrowing,
            origin: Origin { source: self.site.context.source, ..Origin::default() },
        };
        let told = ToldKey::of(&wanted.name, wanted.expires, &wanted.narrowing);
        let told = differences(None, Some(&told));
        let place = self.standing.rights.id.home;
        self.site.place = place;
        let issued = issue(&mut self.site, self.standing.rights.id.number, wanted)?;
        let login = self.standing.rights.admin.fields.login.clone();
        self.site.tell(Action::Created, (SubjectKind::ApiKey, issued.id, &login), told)?;
        Ok(issued)
    }

    /// Ends the session that asks.
    ///
    /// # Errors
    /// `Forbidden` when an API key asks.
    pub fn sign_out(&mut self) -> Result<(), Error> {
        if self.standing.token.purpose != TokenPurpose::Session {
            return Err(Error::Forbidden("an API key is deleted, not signed out"));
        }
        self.site.place = self.standing.rights.id.home;
        let admin = &self.standing.rights.admin;
        let (id, login) = (admin.uuid, admin.fields.login.clone());
        // It names the session while there is one.
        self.site.tell(Action::SignOut, (SubjectKind::Admin, id, &login), Vec::new())?;
        let partition = self.site.partition();
        let uuid = self.standing.token.uuid;
        let found = self.site.source.find_first(partition, indices::TOKEN_UUID, uuid.as_bytes())?;
        match found {
            Some(number) => end_token(self.site.source, partition, number),
            None => Ok(()),
        }
    }

    fn check(&self, new: &NewKey) -> Result<(), Error> {
        limits::name("/name", &new.name)?;
        let now = self.site.now();
        if new.expires <= now || new.expires > now.plus(KEY_LIFE) {
            return Err(Invalid::new("/expires", "must lie within the next two years").into());
        }
        if new.role.is_some_and(|role| role.above(self.standing.rights.role)) {
            return Err(Invalid::new("/role", "must not be above your own").into());
        }
        if new.organizations.as_ref().is_some_and(Vec::is_empty) {
            return Err(Invalid::new("/organizations", NOWHERE).into());
        }
        if new.sources.as_ref().is_some_and(Vec::is_empty) {
            return Err(Invalid::new("/sources", FROM_NOWHERE).into());
        }
        for (position, organization) in new.organizations.iter().flatten().enumerate() {
            if !self.standing.rights.covers(*organization) {
                let pointer = format!("/organizations/{position}");
                return Err(Invalid::new(pointer, "there is no such organization").into());
            }
        }
        limits::count("/organizations", new.organizations.as_ref().map_or(0, Vec::len), 256)?;
        limits::networks("/sources", new.sources.as_deref().unwrap_or_default())?;
        Ok(())
    }
}

/// What a token to be made is for.
pub(crate) struct Wanted {
    pub(crate) purpose: TokenPurpose,
    pub(crate) name: String,
    pub(crate) expires: Time,
    pub(crate) narrowing: Narrowing,
    pub(crate) origin: Origin,
}

/// Makes a token for an admin of the site's place; ended ones make room, as do enrolments that
/// were begun, and the oldest session for a new one.
pub(crate) fn issue(
    site: &mut Site<'_, &mut Change<'_>>,
    admin: AdminNumber,
    wanted: Wanted,
) -> Result<IssuedToken, Error> {
    let partition = site.partition();
    sweep(site, admin, wanted.purpose)?;
    let number = site.source.allocate(partition)?;
    let uuid = site.tools.uuid(site.now());
    let (secret, hash) = secret(site.tools);
    let expires = wanted.expires;
    let text = token_text(wanted.purpose, site.place, number, &secret);
    let token = Token {
        uuid,
        admin,
        purpose: wanted.purpose,
        hash,
        name: wanted.name,
        created: site.now(),
        expires,
        narrowing: wanted.narrowing,
        origin: wanted.origin,
    };
    site.source.put(partition, number, &token)?;
    Ok(IssuedToken { text, id: uuid, expires })
}

fn sweep(
    site: &mut Site<'_, &mut Change<'_>>,
    admin: AdminNumber,
    wanted: TokenPurpose,
) -> Result<(), Error> {
    let lives = site.tools.session_lives(&*site.source, site.place)?;
    let partition = site.partition();
    let (mut living, mut oldest) = (0_usize, None);
    for id in tokens_of(&*site.source, site.place, admin)? {
        let token = site.source.get::<Token>(partition, id)?;
        let used = site.source.get::<TokenUse>(partition, id)?;
        let is_over = |token: &Token| lives.end(token, used.as_ref()) <= site.now();
        let living_token =
            token.filter(|token| !is_over(token) && token.purpose != TokenPurpose::Enrolment);
        let Some(token) = living_token else {
            end_token(site.source, partition, id)?;
            continue;
        };
        living = living.saturating_add(1);
        oldest = oldest.or_else(|| (token.purpose == TokenPurpose::Session).then_some(id));
    }
    match oldest {
        _ if living < TOKENS => Ok(()),
        Some(session) if wanted == TokenPurpose::Session => {
            end_token(site.source, partition, session)
        }
        Some(_) | None => {
            Err(Error::Forbidden("an admin has at most 64 keys and sessions; end one first"))
        }
    }
}

pub(super) fn tokens_of(
    source: &impl Reading,
    home: Place,
    admin: AdminNumber,
) -> Result<Vec<Id>, Error> {
    let value = admin.record().to_be_bytes();
    Ok(source.find(home.partition(), indices::TOKEN_ADMIN, &value).collect::<Result<_, _>>()?)
}

/// The random part of a token has this many letters and digits: 190 bits.
const SECRET_LENGTH: usize = 32;

fn secret(tools: &Tools) -> (String, [u8; 32]) {
    let secret = tools.password(SECRET_LENGTH);
    let hash = hash_token(&secret);
    (secret, hash)
}

/// SHA-256 of a token's random part; it has too many bits to be guessed from its hash.
pub(crate) fn hash_token(secret: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(secret.as_bytes()).into()
}

fn token_text(purpose: TokenPurpose, home: Place, number: Id, secret: &str) -> String {
    let prefix = prefix(purpose);
    let home = home.partition().number();
    format!("{prefix}_{home}_{number}_{secret}")
}

fn prefix(purpose: TokenPurpose) -> &'static str {
    match purpose {
        TokenPurpose::ApiKey => "tnkey",
        TokenPurpose::Session => "tnses",
        TokenPurpose::Enrolment => "tnenr",
    }
}

/// Reads where a bearer token's record is, and the random part that must match it.
pub(crate) fn parse_token(text: &str) -> Option<(Place, TokenNumber, &str)> {
    let mut parts = text.splitn(4, '_');
    let known = [TokenPurpose::ApiKey, TokenPurpose::Session, TokenPurpose::Enrolment];
    let named = parts.next()?;
    known.into_iter().find(|purpose| prefix(*purpose) == named)?;
    let home: u32 = parts.next()?.parse().ok()?;
    let number: Id = parts.next()?.parse().ok()?;
    let secret = parts.next().filter(|secret| secret.len() == SECRET_LENGTH)?;
    let home = match OrganizationId::from_record(Id::from(home)) {
        Some(organization) => Place::Organization(organization),
        None => Place::Provider,
    };
    Some((home, TokenNumber::from_record(number)?, secret))
}
