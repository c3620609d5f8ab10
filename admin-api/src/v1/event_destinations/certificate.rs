//! The certificate that a receiver of events is shown.

use directory::access::ManageDelivery;
use directory::collections::ClientIdentity;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::EventDestination;
use crate::body::Body;
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::secret_text::SecretText;

/// A certificate and its key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClientCertificate {
    /// The own certificate, and those between it and an authority that the receiver knows, in PEM; at
    /// most 8.
    certificate: String,
    /// The key of the own certificate in PEM: PKCS#8, PKCS#1 or SEC 1.
    private_key: SecretText,
}

/// Has the receiver be shown a certificate from the next delivery on.
#[utoipa::path(
    put,
    path = "/event-destinations/{event_destination}/client-certificate",
    tag = "Event delivery",
    params(IfMatch),
    request_body = NewClientCertificate,
    responses((status = 200, description = "As changed.", body = EventDestination)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn set_event_client_certificate(
    home: Home<ManageDelivery>,
    Item(event_destination): Item,
    if_match: IfMatch,
    Body(new): Body<NewClientCertificate>,
) -> Result<Revised<EventDestination>, Problem> {
    let identity = ClientIdentity::of_pem(&new.certificate, new.private_key.expose())?;
    set(&home, event_destination, if_match, Some(identity)).await
}

/// Has the receiver be shown no certificate.
#[utoipa::path(
    delete,
    path = "/event-destinations/{event_destination}/client-certificate",
    tag = "Event delivery",
    params(IfMatch),
    responses((status = 200, description = "As changed.", body = EventDestination)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn remove_event_client_certificate(
    home: Home<ManageDelivery>,
    Item(event_destination): Item,
    if_match: IfMatch,
) -> Result<Revised<EventDestination>, Problem> {
    set(&home, event_destination, if_match, None).await
}

async fn set(
    home: &Home<ManageDelivery>,
    event_destination: Uuid,
    IfMatch(revision): IfMatch,
    identity: Option<ClientIdentity>,
) -> Result<Revised<EventDestination>, Problem> {
    let place = home.place;
    let changed = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(event_destination)?;
        destinations.set_client_certificate(id, revision, identity.as_ref())
    });
    Ok(EventDestination::changed(changed.await?))
}
