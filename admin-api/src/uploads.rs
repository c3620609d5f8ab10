//! How many files come in at once: each keeps a thread that reads it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directory::OrganizationId;

/// The most files at once.
const ALL: usize = 8;
/// The most of one organization.
const OF_ONE: usize = 2;

/// The files that come in.
#[derive(Default)]
pub(crate) struct Uploads {
    under_way: Mutex<HashMap<OrganizationId, usize>>,
}

/// A file that comes in.
pub(crate) struct Upload {
    uploads: Arc<Uploads>,
    organization: OrganizationId,
}

impl Uploads {
    /// Begins with a file of an organization; none when there are too many.
    pub(crate) fn begin(self: &Arc<Self>, organization: OrganizationId) -> Option<Upload> {
        let mut under_way = self.under_way();
        let all: usize = under_way.values().sum();
        let own = under_way.get(&organization).copied().unwrap_or_default();
        if all >= ALL || own >= OF_ONE {
            return None;
        }
        under_way.insert(organization, own.saturating_add(1));
        Some(Upload { uploads: Arc::clone(self), organization })
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<OrganizationId, usize>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut under_way = self.uploads.under_way();
        if let Some(own) = under_way.get_mut(&self.organization) {
            *own = own.saturating_sub(1);
        }
        under_way.retain(|_, own| *own > 0);
    }
}
