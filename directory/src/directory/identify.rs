//! Who a token proves.

use storage::Reading;
use subtle::ConstantTimeEq;

use super::Directory;
use crate::access::{Actor, Context, Refusal, Who, standing};
use crate::collections;
use crate::error::Error;
use crate::id::{AdminId, RecordId, TokenId};
use crate::records::{Carrier, Token, TokenUse};

/// Whom a token proved.
#[derive(Clone, Copy, Debug)]
pub struct Identified {
    /// Who asks, from where and when.
    pub context: Context,
    /// Whether [`Directory::note_use`] has something to note.
    pub is_to_be_noted: bool,
}

impl Directory {
    /// Finds who a token proves, at this moment, from this source, and where it was found.
    ///
    /// # Errors
    /// `Unauthenticated` for anything but a living token that is carried there.
    pub fn identify(
        &self,
        text: &str,
        carrier: Carrier,
        mut context: Context,
    ) -> Result<Identified, Error> {
        let snapshot = self.inner.store.read()?;
        let (token, record) = find_token(&snapshot, text)?.ok_or(Refusal::Unauthenticated)?;
        let admin = AdminId { home: token.home, number: record.admin };
        context.actor = Actor(Who::Admin { admin, token });
        standing(&snapshot, &context, admin, token)??;
        let used = snapshot.get::<TokenUse>(token.home.partition(), token.number.record())?;
        let lives = self.inner.tools.session_lives(&snapshot, token.home)?;
        let has_ended = lives.end(&record, used.as_ref()) <= context.now;
        if has_ended || record.origin.carrier != carrier {
            return Err(Refusal::Unauthenticated.into());
        }
        let is_to_be_noted = lives.notes(used.as_ref(), context.now);
        Ok(Identified { context, is_to_be_noted })
    }

    /// Notes that a token is used, so that a session goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_use(&self, context: Context) -> Result<(), Error> {
        let Who::Admin { token, .. } = context.actor.0 else { return Ok(()) };
        let tools = self.inner.tools.clone();
        self.inner.store.write(move |change| {
            let lives = tools.session_lives(&*change, token.home)?;
            let (partition, number) = (token.home.partition(), token.number.record());
            let there = change.get::<Token>(partition, number)?.is_some();
            let used = change.get::<TokenUse>(partition, number)?;
            if there && lives.notes(used.as_ref(), context.now) {
                let used = TokenUse { at: context.now, source: context.source };
                change.put(partition, number, &used)?;
            }
            Ok::<_, Error>(())
        })?;
        Ok(())
    }
}

/// Reads the record behind a token's text, in the same way for every wrong one.
pub(crate) fn find_token(
    source: &impl Reading,
    text: &str,
) -> Result<Option<(TokenId, Token)>, Error> {
    let Some((home, number, secret)) = collections::parse_token(text) else { return Ok(None) };
    let Some(token) = source.get::<Token>(home.partition(), number.record())? else {
        return Ok(None);
    };
    let hash = collections::hash_token(secret);
    let same = bool::from(hash.ct_eq(&token.hash));
    Ok(same.then_some((TokenId { home, number }, token)))
}
