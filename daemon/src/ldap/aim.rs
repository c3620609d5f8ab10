//! Where a search begins, remembered: an application begins most of its searches at one place.

use std::sync::Arc;

use directory::Error;
use directory::search::{Evidence, SearchGrant};
use ldap::dn::Dn;

use super::view::{self, Asking, Naming, Target, TargetError};

/// The name that a search begins at, and what it leads to.
pub(super) struct Aim {
    /// The name.
    pub(super) base: Dn,
    /// How entries are named there.
    pub(super) naming: Arc<Naming>,
    /// What it leads to.
    pub(super) target: Result<Target, TargetError>,
}

impl Aim {
    /// Takes aim at a name.
    ///
    /// # Errors
    /// When the organization is gone.
    pub(super) fn at(
        base: Dn,
        grant: &SearchGrant<'_, '_>,
        asking: Asking<'_>,
    ) -> Result<Self, Error> {
        let naming = Arc::new(view::naming(grant.own_organization()?, asking, &base));
        let target = naming.target(&base);
        Ok(Self { base, naming, target })
    }
}

/// The last aim of a connection.
#[derive(Default)]
pub(super) struct LastAim {
    last: Option<Last>,
}

struct Last {
    evidence: Evidence,
    spelled: String,
    aim: Arc<Aim>,
}

impl LastAim {
    /// The aim that was spelled so, if it was the last one and nothing that it rests on changed.
    pub(super) fn again(&self, grant: &SearchGrant<'_, '_>, spelled: &str) -> Option<Arc<Aim>> {
        let last = self.last.as_ref()?;
        let same = last.spelled == spelled && grant.rests_on(&last.evidence);
        same.then(|| Arc::clone(&last.aim))
    }

    /// Takes aim at a name, and remembers it as it was spelled.
    ///
    /// # Errors
    /// When the organization is gone.
    pub(super) fn take(
        &mut self,
        grant: &SearchGrant<'_, '_>,
        asking: Asking<'_>,
        spelled: &str,
        base: Dn,
    ) -> Result<Arc<Aim>, Error> {
        let aim = Arc::new(Aim::at(base, grant, asking)?);
        let (evidence, spelled) = (grant.evidence(), spelled.to_owned());
        self.last = Some(Last { evidence, spelled, aim: Arc::clone(&aim) });
        Ok(aim)
    }
}
