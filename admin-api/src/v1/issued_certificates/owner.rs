//! What is done with the certificates of a user and with those of a device, in one place.

use axum::Json;
use axum::http::StatusCode;
use directory::access::{ManageIdentities, RecoverAccounts, View};
use directory::collections::{Certified, Issuing};
use directory::records::{IssuedCertificate as Record, RevocationReason};
use directory::{Changing, DeviceId, Error, OrganizationId, UserId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    IssuedCertificate, IssuedIdentity, NewCertificate, Reason, RenewedCertificate, Wanted,
};
use crate::caller::Within;
use crate::problem::Problem;

/// Who can have a certificate.
pub(crate) trait Owner: Certified + Send + 'static {
    /// What an admin needs to revoke one. To issue one needs [`ManageIdentities`], whoever has it.
    type Revoking;

    /// Finds one by an external id.
    fn find<P>(within: &Within<P>, owner: Uuid) -> Result<Self, Problem>;

    /// Does something with the certificates of all of them.
    fn manage<T>(
        change: &mut Changing<'_, '_>,
        organization: OrganizationId,
        act: impl FnOnce(Issuing<'_, '_, Self>) -> Result<T, Error>,
    ) -> Result<T, Error>;

    /// Revokes a certificate.
    fn revoke(
        self,
        change: &mut Changing<'_, '_>,
        organization: OrganizationId,
        what: (Uuid, RevocationReason),
    ) -> Result<Record, Error>;
}

impl Owner for UserId {
    type Revoking = RecoverAccounts;

    fn find<P>(within: &Within<P>, owner: Uuid) -> Result<Self, Problem> {
        let reading = within.caller.read()?;
        Ok(reading.authorize::<View>(within.organization)?.users().id_of(owner)?)
    }

    fn manage<T>(
        change: &mut Changing<'_, '_>,
        organization: OrganizationId,
        act: impl FnOnce(Issuing<'_, '_, Self>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        act(change.authorize::<ManageIdentities>(organization)?.user_certificates())
    }

    fn revoke(
        self,
        change: &mut Changing<'_, '_>,
        organization: OrganizationId,
        (certificate, reason): (Uuid, RevocationReason),
    ) -> Result<Record, Error> {
        let mut grant = change.authorize::<RecoverAccounts>(organization)?;
        grant.revoke_user_certificate(self, certificate, reason)
    }
}

impl Owner for DeviceId {
    type Revoking = ManageIdentities;

    fn find<P>(within: &Within<P>, owner: Uuid) -> Result<Self, Problem> {
        let reading = within.caller.read()?;
        Ok(reading.authorize::<View>(within.organization)?.devices().id_of(owner)?)
    }

    fn manage<T>(
        change: &mut Changing<'_, '_>,
        organization: OrganizationId,
        act: impl FnOnce(Issuing<'_, '_, Self>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        act(change.authorize::<ManageIdentities>(organization)?.device_certificates())
    }

    fn revoke(
        self,
        change: &mut Changing<'_, '_>,
        organization: OrganizationId,
        (certificate, reason): (Uuid, RevocationReason),
    ) -> Result<Record, Error> {
        Self::manage(change, organization, |mut all| all.revoke(self, certificate, reason))
    }
}

/// Why a certificate is revoked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CertificateRevoking, example = json!({"reason": "key_compromise"}))]
pub(crate) struct Revoking {
    /// Why.
    #[serde(default)]
    reason: Reason,
}

type Issuance = Result<(StatusCode, Json<IssuedIdentity>), Problem>;

/// Issues a certificate.
pub(crate) async fn issue<O: Owner>(
    within: &Within<ManageIdentities>,
    owner: Uuid,
    new: NewCertificate,
) -> Issuance {
    let (organization, owner) = (within.organization, O::find(within, owner)?);
    let Wanted { wish, packing } = new.wanted(within)?;
    let packer = packing.ready(&within.caller.api).await?;
    let packed = within.caller.change(move |change| {
        packer.pack(O::manage(change, organization, |mut all| all.issue(owner, wish))?)
    });
    Ok((StatusCode::CREATED, Json(packed.await?.shown(within)?)))
}

/// Issues a certificate in place of another.
pub(crate) async fn renew<O: Owner>(
    within: &Within<ManageIdentities>,
    (owner, former): (Uuid, Uuid),
    new: RenewedCertificate,
) -> Issuance {
    let (organization, owner) = (within.organization, O::find(within, owner)?);
    let revoke = new.revoke_former;
    let Wanted { wish, packing } = new.wanted(within)?;
    let packer = packing.ready(&within.caller.api).await?;
    let packed = within.caller.change(move |change| {
        let renew = |mut all: Issuing<'_, '_, O>| all.renew(owner, former, wish, revoke);
        packer.pack(O::manage(change, organization, renew)?)
    });
    Ok((StatusCode::CREATED, Json(packed.await?.shown(within)?)))
}

/// Revokes a certificate.
pub(crate) async fn revoke<O: Owner>(
    within: &Within<O::Revoking>,
    (owner, certificate): (Uuid, Uuid),
    revoking: Revoking,
) -> Result<Json<IssuedCertificate>, Problem> {
    let (organization, owner) = (within.organization, O::find(within, owner)?);
    let what = (certificate, revoking.reason.into());
    let revoked = within.caller.change(move |change| owner.revoke(change, organization, what));
    let (record, now) = (revoked.await?, within.caller.now());
    let reading = within.caller.read()?;
    Ok(Json(IssuedCertificate::of(record, &reading, organization, now)?))
}
