//! Making a certificate authority.

use directory::access::ManageConfiguration;
use directory::records::CertificateAuthorityFields;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    CertificateAuthority, CertificateHolder, ExpiredList, RevocationCheck, UnstatedPurpose, home,
};
use crate::body::Body;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::Created;

/// What a certificate authority starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCertificateAuthority {
    /// The authority's name; unique in the organization.
    name: String,
    /// Its certificate, in PEM.
    certificate: String,
    /// Whose a certificate is that it vouches for.
    holder: CertificateHolder,
    /// What a list of revoked certificates says once its time is over.
    #[serde(default)]
    expired_list: ExpiredList,
    /// What becomes of a certificate that does not say what it is for.
    #[serde(default)]
    unstated_purpose: UnstatedPurpose,
    /// What becomes of a certificate of which nothing says whether it was revoked.
    #[serde(default)]
    revocation: RevocationCheck,
    /// The address (`http://…`) from which its list of revoked certificates is fetched.
    #[serde(default)]
    revocation_url: Option<String>,
}

/// Has the organization trust a certificate authority of somebody else.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/certificate-authorities",
    tag = "Certificate authorities",
    request_body = NewCertificateAuthority,
    responses((status = 201, description = "Made.", body = CertificateAuthority)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn create_certificate_authority(
    within: Within<ManageConfiguration>,
    Body(new): Body<NewCertificateAuthority>,
) -> Result<Created<CertificateAuthority>, Problem> {
    let organization = within.organization;
    let fields = CertificateAuthorityFields {
        name: new.name,
        certificate: CertificateAuthorityFields::certificate_of_pem(&new.certificate)?,
        holder: new.holder.into(),
        expired_list: new.expired_list.into(),
        unstated_purpose: new.unstated_purpose.into(),
        revocation: new.revocation.into(),
        revocation_url: new.revocation_url,
        built_in: None,
    };
    let home = home(&within)?;
    let made = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        grant.certificate_authorities().create(fields)
    });
    Ok(Created(CertificateAuthority::revised(made.await?.1, home)))
}
