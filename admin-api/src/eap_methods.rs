//! What is offered to peers of EAP, as the API spells it.

use directory::records::EapMethods;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A method of EAP.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EapMethod {
    /// EAP-TTLS: a password, or an answer to a challenge, inside a tunnel.
    Ttls,
    /// PEAP: an answer to a challenge inside a tunnel, which needs `ms_chap`.
    Peap,
    /// EAP-TLS: a certificate of the organization.
    Tls,
}

/// The methods as a list, in the order in which they are offered.
pub(crate) fn listed(methods: EapMethods) -> Vec<EapMethod> {
    let EapMethods { ttls, peap, tls } = methods;
    let all = [(EapMethod::Ttls, ttls), (EapMethod::Peap, peap), (EapMethod::Tls, tls)];
    all.into_iter().filter_map(|(method, chosen)| chosen.then_some(method)).collect()
}

/// The methods of a list, whatever its order.
pub(crate) fn chosen(list: &[EapMethod]) -> EapMethods {
    let has = |method| list.contains(&method);
    EapMethods { ttls: has(EapMethod::Ttls), peap: has(EapMethod::Peap), tls: has(EapMethod::Tls) }
}
