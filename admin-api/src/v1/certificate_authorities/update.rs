//! Changing a certificate authority.

use directory::access::ManageConfiguration;
use directory::records::{BuiltIn, CertificateAuthorityFields};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    CertificateAuthority, CertificateHolder, ExpiredList, RevocationCheck, UnstatedPurpose, home,
};
use crate::body::Body;
use crate::caller::{Item, Within};
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What changes of a certificate authority; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"holder": "user_by_mail"}))]
pub(crate) struct CertificateAuthorityPatch {
    /// The authority's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// Its certificate, in PEM.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    certificate: Option<String>,
    /// Whose a certificate is that it vouches for.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = CertificateHolder)]
    holder: Option<CertificateHolder>,
    /// What a list of revoked certificates says once its time is over.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = ExpiredList)]
    expired_list: Option<ExpiredList>,
    /// What becomes of a certificate that does not say what it is for.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = UnstatedPurpose)]
    unstated_purpose: Option<UnstatedPurpose>,
    /// What becomes of a certificate of which nothing says whether it was revoked; of another's alone.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = RevocationCheck)]
    revocation: Option<RevocationCheck>,
    /// The address (`http://…`) from which its list of revoked certificates is fetched; of another's
    /// alone. Null has nothing fetched; the list that is there stays.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    revocation_url: Option<Option<String>>,
    /// How many days a certificate counts that it issues; of the organization's own alone.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u16, minimum = 1, maximum = 825)]
    certificate_days: Option<u16>,
}

/// Changes a certificate authority.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/certificate-authorities/{certificate_authority}",
    tag = "Certificate authorities",
    params(IfMatch),
    request_body = CertificateAuthorityPatch,
    responses((status = 200, description = "As changed.", body = CertificateAuthority)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn update_certificate_authority(
    within: Within<ManageConfiguration>,
    Item(authority): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<CertificateAuthorityPatch>,
) -> Result<Revised<CertificateAuthority>, Problem> {
    let organization = within.organization;
    let certificate = match patch.certificate {
        Some(pem) => Some(CertificateAuthorityFields::certificate_of_pem(&pem)?),
        None => None,
    };
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut authorities = grant.certificate_authorities();
        let id = authorities.id_of(authority)?;
        authorities.update(id, revision, |authority| {
            set(&mut authority.fields.name, patch.name);
            set(&mut authority.fields.certificate, certificate);
            set(&mut authority.fields.holder, patch.holder.map(Into::into));
            set(&mut authority.fields.expired_list, patch.expired_list.map(Into::into));
            set(&mut authority.fields.unstated_purpose, patch.unstated_purpose.map(Into::into));
            set(&mut authority.fields.revocation, patch.revocation.map(Into::into));
            set(&mut authority.fields.revocation_url, patch.revocation_url);
            if let Some(certificate_days) = patch.certificate_days {
                authority.fields.built_in = Some(BuiltIn { certificate_days });
            }
            Ok(())
        })
    });
    Ok(CertificateAuthority::revised(changed.await?, home(&within)?))
}
