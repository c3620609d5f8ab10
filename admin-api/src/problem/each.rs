//! A problem of each kind, for the document.

use axum::http::Uri;
use directory::Error;
use directory::access::{Permission, PlaceName, Refusal, Role};
use directory::records::Capped;
use serde::de::IgnoredAny;

use super::Problem;
use crate::api::Limits;
use crate::list::PlainQuery;
use crate::v1::{imports, sign_in};
use crate::{body, cookie, layers, repeat};

impl Problem {
    /// A problem of each kind, made as it is made when it happens.
    pub(crate) fn each() -> Vec<Self> {
        let place = PlaceName::Organization("acme".to_owned());
        let (missing, role) = (Permission::ManageIdentities, Role::ReadOnly);
        let refused = Refusal::Forbidden { missing, role, place };
        let mut each = vec![
            repeat::no_key(),
            sign_in::code_needed(),
            sign_in::password_needed(),
            sign_in::rejected("Login, password or code is wrong, or the admin may not sign in."),
            Self::unauthenticated(),
            Self::no_device(),
            cookie::not_from_here(),
            refused.into(),
            Self::not_found(),
            layers::no_such_method(),
            body::too_slow(),
            Error::InUse("a RADIUS client allows this group").into(),
            Self::repeated(),
            Error::Forbidden("the scope is wider than your own").into(),
            Error::Taken { pointer: "/login".into() }.into(),
            Error::Full { of: Capped::Users, most: 100, kept: 100 }.into(),
            Error::Full { of: Capped::Devices, most: 100, kept: 100 }.into(),
            Self::stale(),
            body::too_large(Limits::default().body),
            imports::no_file(),
            body::not_json(),
            Self::invalid("/login", "must not be empty, nor start or end with a space"),
            repeat::key_reused(),
            Self::too_early(30),
            Self::too_often(12),
            Self::failed(),
            Self::busy(),
        ];
        // What cannot be read is given to what reads it.
        each.extend(body::parse::<IgnoredAny>(br#"{"login": "#).err());
        each.extend(body::query_of::<PlainQuery>(&Uri::from_static("/?limit=many")).err());
        each
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::KINDS;

    #[test]
    fn there_is_one_of_each_kind_and_it_says_which_one_it_is() {
        let each = Problem::each();
        let mut made: Vec<(u16, &str)> = each.iter().map(|it| (it.status, it.kind)).collect();
        made.sort_unstable();
        let listed: Vec<(u16, &str)> = KINDS.iter().map(|it| (it.status, it.name)).collect();
        assert_eq!(made, listed);
        for problem in &each {
            assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{problem:?}");
        }
        let query = each.iter().find(|it| it.kind == "/problems/query").unwrap();
        assert_eq!(query.pointer.as_deref(), Some("/limit"));
        let repeated = each.iter().find(|it| it.kind == "/problems/repeated").unwrap();
        let advice = "repeat the request in a moment with the same key, which gives the answer";
        assert!(repeated.detail.contains(advice), "{repeated:?}");
    }
}
