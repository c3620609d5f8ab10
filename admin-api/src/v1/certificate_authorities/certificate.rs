//! Its certificate alone.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use directory::access::View;

use crate::caller::{Item, Within};
use crate::problem::Problem;

/// Shows the certificate of an authority in DER, as Windows and Android take it.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/certificate-authorities/{certificate_authority}/\
            certificate",
    tag = "Certificate authorities",
    responses((
        status = 200,
        description = "The certificate.",
        body = Vec<u8>,
        content_type = "application/pkix-cert"
    )),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_authority_certificate(
    within: Within<View>,
    Item(authority): Item,
) -> Result<Response, Problem> {
    let reading = within.caller.read()?;
    let authorities = reading.authorize::<View>(within.organization)?.certificate_authorities();
    let record = authorities.read(authorities.id_of(authority)?)?;
    let kind = HeaderValue::from_static("application/pkix-cert");
    Ok(([(CONTENT_TYPE, kind)], record.fields.certificate).into_response())
}
