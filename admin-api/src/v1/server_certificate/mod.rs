//! The certificate that an organization's network shows in EAP.

mod issue;
mod remove;
mod set;
mod show;

use directory::{Time, records};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::fingerprint::hex;
use crate::moment::Moment;
use crate::revision::Revised;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(
            show::show_server_certificate,
            set::set_server_certificate,
            remove::remove_server_certificate
        ))
        .routes(routes!(issue::issue_server_certificate))
}

/// The certificate that the organization's network shows to EAP's peers, in place of the daemon's.
/// Its key is never shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerCertificate {
    /// When it was first set.
    created: Moment,
    /// When it was last set.
    modified: Moment,
    /// The certificates in PEM, the server's own first.
    certificate: String,
    /// SHA-256 of the server's own certificate, in hexadecimal digits.
    fingerprint: String,
    /// Whom the server's own certificate is for, as RFC 4514 writes names.
    subject: String,
    /// The DNS names that it has.
    dns_names: Vec<String>,
    /// From when it counts.
    not_before: Moment,
    /// Until when it counts; replace it before.
    not_after: Moment,
    /// Whether it ends within 30 days, or has ended: devices then refuse the network.
    ends_soon: bool,
}

/// So long before its end a certificate ends soon.
const SOON: u64 = 30 * 24 * 60 * 60 * 1_000;

impl ServerCertificate {
    /// Shows it with its revision, as things stand at a time.
    fn revised(record: &records::ServerCertificate, now: Time) -> Revised<Self> {
        let facts = record.facts();
        let shown = Self {
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            certificate: record.pem(),
            fingerprint: hex(&record.fingerprint()),
            subject: facts.subject,
            dns_names: facts.dns_names,
            not_before: Moment(facts.not_before),
            not_after: Moment(facts.not_after),
            ends_soon: facts.not_after <= now.plus(SOON),
        };
        Revised::new(record.stamp.revision, shown)
    }
}
