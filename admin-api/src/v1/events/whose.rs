//! Of which organizations events are asked for.

use directory::access::{Context, View};
use directory::events::AMONG;
use directory::{Directory, OrganizationId};
use uuid::Uuid;

use crate::problem::Problem;

/// The organizations that are asked for.
pub(super) struct Whose(Option<Vec<Uuid>>);

impl Whose {
    /// Reads ids that are parted by commas; all in the caller's scope are meant where there are none.
    pub(super) fn read(organizations: Option<&str>) -> Result<Self, Problem> {
        organizations.map(ids).transpose().map(Self)
    }

    /// Those that there are, if the caller may look at all that are named.
    pub(super) fn find(
        self,
        directory: &Directory,
        context: Context,
    ) -> Result<Vec<(OrganizationId, Uuid)>, Problem> {
        let organizations: Vec<(OrganizationId, Uuid)> = match self.0 {
            Some(ids) => {
                let admit = |id| Ok((directory.admit::<View>(context, id)?, id));
                ids.into_iter().map(admit).collect::<Result<_, Problem>>()?
            }
            None => directory.read(context)?.organizations_to_view(AMONG + 1)?,
        };
        if organizations.len() > AMONG {
            let detail = format!("there are more than {AMONG} in your scope: name {AMONG} at most");
            return Err(Problem::invalid("/organizations", detail));
        }
        Ok(organizations)
    }
}

fn ids(text: &str) -> Result<Vec<Uuid>, Problem> {
    let ids: Result<Vec<Uuid>, _> = text.split(',').map(|id| Uuid::try_parse(id.trim())).collect();
    let mut ids = ids.map_err(|_| Problem::not_found())?;
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > AMONG {
        let detail = format!("names {}; {AMONG} at most", ids.len());
        return Err(Problem::invalid("/organizations", detail));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_that_is_named_twice_counts_once() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(ids(&format!("{other},{one}, {other}")).unwrap(), [one, other]);
        let many = |count: u128| (0..count).map(|n| Uuid::from_u128(n).to_string());
        let text = |count| many(count).collect::<Vec<_>>().join(",");
        assert!(ids(&text(AMONG as u128)).is_ok() && ids(&text(AMONG as u128 + 1)).is_err());
    }
}
