//! Answers, turned into responses.

use bytes::BytesMut;

use super::Session;
use super::running::{Running, Search, Tail, Work};
use crate::control::paged;
use crate::response::{self, ControlWriter, Extension};
use crate::{Answer, Outcome, PasswordNotice, ResultCode, password_change};

impl Session {
    /// Ends an operation by its answer.
    pub(super) fn finish(&mut self, running: &Running, answer: Answer) {
        let (id, output) = (running.id, &mut self.output);
        match (&running.work, answer) {
            (Work::Bind, Answer::Result(outcome)) => {
                response::result(output, id, response::BIND_RESPONSE, &outcome);
                self.bind_is_over(&outcome);
            }
            (Work::Bind, Answer::Noticed(outcome, notice)) => {
                end_noticed(output, running, &outcome, notice);
                self.bind_is_over(&outcome);
            }
            (
                Work::Modify
                | Work::PasswordModify
                | Work::Compare
                | Work::WhoAmI
                | Work::Search(_),
                Answer::Noticed(outcome, notice),
            ) => end_noticed(output, running, &outcome, notice),
            (Work::PasswordModify, Answer::Password(made)) => {
                let value = password_change::response(&made);
                let extension = Extension { name: None, value: Some(&value) };
                let fill = policy(running.wants_notice, PasswordNotice::NOTHING);
                let outcome = Outcome::success();
                response::extended_with_controls(output, id, &outcome, extension, fill);
            }
            (work @ (Work::Modify | Work::PasswordModify), Answer::Result(outcome)) => {
                response::result(output, id, work.response(), &outcome);
            }
            (Work::Compare, Answer::Result(outcome)) => {
                response::result(output, id, response::COMPARE_RESPONSE, &outcome);
            }
            (Work::WhoAmI, Answer::Result(outcome)) => {
                response::extended(output, id, &outcome, Extension::default());
            }
            (Work::WhoAmI, Answer::Identity(name)) => {
                let extension = Extension { name: None, value: Some(name.as_bytes()) };
                response::extended(output, id, &Outcome::success(), extension);
            }
            (Work::Search(search), Answer::Result(outcome)) => {
                end_search(output, id, search, &outcome)
            }
            (Work::Search(search), Answer::Page(cursor)) => self.end_page(id, search, &cursor),
            (
                work,
                Answer::Page(_)
                | Answer::More
                | Answer::Waiting
                | Answer::Identity(_)
                | Answer::Password(_),
            ) => {
                let outcome =
                    Outcome::new(ResultCode::Other, "the answer does not fit the question");
                response::result(output, id, work.response(), &outcome);
            }
        }
    }

    /// Ends the searches that wait for changes, because the server stops.
    pub(super) fn end_waiting(&mut self) {
        let stops = Outcome::new(ResultCode::Unavailable, "the server stops");
        let output = &mut self.output;
        self.running.retain(|running| {
            let stays = matches!(&running.work, Work::Search(search) if search.waiting);
            if stays {
                response::result(output, running.id, response::SEARCH_DONE, &stops);
            }
            !stays
        });
    }

    /// Ends a page with a cookie for the next one.
    fn end_page(&mut self, id: u32, search: &Search, cursor: &[u8]) {
        let Some(paging) = &search.page else {
            let outcome = Outcome::new(ResultCode::Other, "nobody asked for pages");
            return response::result(&mut self.output, id, response::SEARCH_DONE, &outcome);
        };
        let position = paged::Position { seen: search.total(), cursor };
        let cookie = self.binding(&paging.request, &paging.order).seal(position);
        let beside = (Some(&cookie[..]), search.tail.as_deref());
        end_with(&mut self.output, id, &Outcome::success(), beside);
    }

    /// What a paging cookie for this request is bound to.
    pub(super) const fn binding<'a>(
        &'a self,
        search: &'a [u8],
        order: &'a [u8],
    ) -> paged::Binding<'a> {
        paged::Binding { key: &self.cookie_key, generation: self.generation, search, order }
    }
}

/// Ends an operation with what the password policy says, if the client asked.
fn end_noticed(output: &mut BytesMut, running: &Running, outcome: &Outcome, told: PasswordNotice) {
    let (response, fill) = (running.work.response(), policy(running.wants_notice, told));
    response::with_controls(output, running.id, response, outcome, fill);
}

/// Puts what the password policy says beside a response, if the client asked.
pub(super) fn policy(wanted: bool, told: PasswordNotice) -> impl FnOnce(&mut ControlWriter<'_>) {
    move |beside: &mut ControlWriter<'_>| {
        if wanted {
            told.answer(beside);
        }
    }
}

/// Ends a search; a page that was asked for is then the last one.
fn end_search(output: &mut BytesMut, id: u32, search: &Search, outcome: &Outcome) {
    let limited = [
        ResultCode::SizeLimitExceeded,
        ResultCode::TimeLimitExceeded,
        ResultCode::AdminLimitExceeded,
    ];
    let found = outcome.code == ResultCode::Success || limited.contains(&outcome.code);
    let cookie = search.page.as_ref().filter(|_| found).map(|_| &[][..]);
    end_with(output, id, outcome, (cookie, search.tail.as_deref()));
}

/// Ends a search with what is said beside its end: a cookie when it is a page, and the rest.
fn end_with(
    output: &mut BytesMut,
    id: u32,
    outcome: &Outcome,
    (cookie, tail): (Option<&[u8]>, Option<&Tail>),
) {
    response::with_controls(output, id, response::SEARCH_DONE, outcome, |beside| {
        if let Some(cookie) = cookie {
            paged::answer(beside, cookie);
        }
        if let Some(tail) = tail {
            tail.put(beside);
        }
    });
}

/// Ends a page of nothing.
pub(super) fn end_page(output: &mut BytesMut, id: u32) {
    end_with(output, id, &Outcome::success(), (Some(&[]), None));
}
