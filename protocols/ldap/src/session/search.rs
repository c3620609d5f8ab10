//! Searches (RFC 4511 section 4.5).

use bytes::Bytes;

use super::Session;
use super::finish::end_page;
use super::request;
use super::running::{Paging, Search, Work};
use crate::control::{Controls, paged::Paged};
use crate::{Command, Dereference, Outcome, Page, Question, ResultCode, SearchRequest};

impl Session {
    pub(super) fn search(
        &mut self,
        id: u32,
        message: &Bytes,
        body: &[u8],
        controls: Controls<'_>,
    ) -> Result<Option<Command>, Outcome> {
        let noticed = controls.password_policy;
        let mut request =
            request::search(message, body, &self.settings.limits, &mut self.selected)?;
        if let Some(paged) = controls.paged {
            request.page = Some(self.page(message, (body, controls.order), paged)?);
        }
        request.sort = controls.sort;
        request.view = controls.view;
        request.sync = controls.sync;
        if let Some(sync) = &mut request.sync {
            sync.search = message.slice_ref(body);
        }
        compatible(&request)?;
        let page = request.page.as_ref();
        let paging = |page: &Page| Paging {
            size: page.size,
            request: message.slice_ref(body),
            order: message.slice_ref(controls.order),
        };
        let search = Search {
            types_only: request.types_only,
            selection: request.selection,
            size_limit: request.size_limit,
            given: 0,
            seen: page.map_or(0, |page| page.seen),
            page: page.map(paging),
            tail: None,
            paused: false,
            waiting: false,
        };
        if page.is_some_and(|page| page.size == 0) {
            // The client gives the result up, or asks for an estimate of it, which is not known.
            end_page(&mut self.output, id);
            return Ok(None);
        }
        let question = Question::Search(Box::new(request));
        let command = self.ask(id, message.len(), Work::Search(search), question);
        self.want_notice(noticed);
        Ok(Some(command))
    }

    /// The page that is asked for. One that holds as many entries as the size limit is a page like
    /// any other, and the last one: clients look for the control in the response.
    fn page(
        &self,
        message: &Bytes,
        (body, order): (&[u8], &[u8]),
        paged: Paged<'_>,
    ) -> Result<Page, Outcome> {
        let Paged { size, cookie } = paged;
        if cookie.is_empty() {
            return Ok(Page { size, cursor: None, seen: 0 });
        }
        let Some(position) = self.binding(body, order).open(cookie) else {
            let words = "the cookie is not of this search";
            return Err(Outcome::new(ResultCode::UnwillingToPerform, words));
        };
        // The cookie is part of the message, and the cursor of the cookie.
        let cursor = Some(message.slice_ref(position.cursor));
        Ok(Page { size, cursor, seen: position.seen })
    }
}

/// A view and pages cannot be had together, and a copy with neither of them, in no order and without
/// aliases that are followed below the base (RFC 4533 section 3.5.2).
fn compatible(request: &SearchRequest) -> Result<(), Outcome> {
    if request.sync.is_some()
        && matches!(request.dereference, Dereference::Searching | Dereference::Always)
    {
        let words = "a copy is kept without following aliases below the base";
        return Err(Outcome::new(ResultCode::ProtocolError, words));
    }
    let parts = request.page.is_some() || request.sort.is_some() || request.view.is_some();
    if request.sync.is_some() && parts {
        let words = "a copy is kept up to date without pages, order or views";
        return Err(Outcome::new(ResultCode::ProtocolError, words));
    }
    if request.view.is_some() && request.page.is_some() {
        let words = "a view of a list has no pages";
        return Err(Outcome::new(ResultCode::UnwillingToPerform, words));
    }
    Ok(())
}
