//! Sign-ins with an admin's right password and without what else they take, as events: whoever has found
//! a password out is seen before they have a code as well.

use storage::Reading;

use crate::access::Context;
use crate::directory::Directory;
use crate::events::{
    Action, Allowance, Allowances, Event, EventActor, EventRequest, Outcome, Subject, SubjectKind,
    Untold,
};
use crate::id::{AdminId, Place, RecordId};
use crate::records::Admin;
use crate::time::Time;

/// So many of an admin's are told one by one in a minute, and so many of those of one source.
const TOLD: Allowance = Allowance { all: 60, of_one: 6 };

/// How many sign-ins of each admin were begun of late.
pub(crate) type BegunSignIns = Allowances<AdminId>;

impl Directory {
    /// Tells that somebody gave an admin's right password, and not what else it takes.
    pub(super) fn note_begun(&self, id: AdminId, admin: &Admin, context: &Context) {
        let begun = &self.inner.begun_sign_ins;
        let (is_told, before) = begun.take(id, context.source, TOLD, context.now);
        if let Some(untold) = before {
            self.note_untold_begun(id, untold);
        }
        if is_told {
            let told = (Action::SignInBegun, Outcome::Success);
            self.note_sign_in(id.home, admin, context, told);
        }
    }

    /// Tells of a sign-in by an admin whom there is, whatever came of it.
    pub(super) fn note_sign_in(
        &self,
        place: Place,
        admin: &Admin,
        context: &Context,
        (action, outcome): (Action, Outcome),
    ) {
        let (id, name) = (admin.uuid, admin.fields.login.clone());
        let event = Event {
            access: None,
            request: EventRequest::of(context),
            search: None,
            at: context.now,
            actor: EventActor::Admin { id, login: name.clone() },
            source: context.source,
            action,
            subject: Some(Subject { kind: SubjectKind::Admin, id, name }),
            outcome,
            differences: Vec::new(),
        };
        self.note_event(place, &event);
    }

    /// Tells of those that were only counted, once their minute is over.
    pub(crate) fn tell_untold_begun(&self, now: Time) {
        for (id, untold) in self.inner.begun_sign_ins.over(now) {
            self.note_untold_begun(id, untold);
        }
    }

    fn note_untold_begun(&self, id: AdminId, untold: Untold) {
        let words = "sign-ins with the right password alone within a minute beside those that are \
                     told";
        let about = (Action::SignInBegun, self.admin_told(id));
        self.note_untold(id.home, about, words, untold);
    }

    /// The admin as events name one, while there is one.
    fn admin_told(&self, id: AdminId) -> Option<Subject> {
        let snapshot = self.inner.store.read().ok()?;
        let found = snapshot.get::<Admin>(id.home.partition(), id.number.record()).ok()?;
        let admin = found?;
        Some(Subject { kind: SubjectKind::Admin, id: admin.uuid, name: admin.fields.login })
    }
}
