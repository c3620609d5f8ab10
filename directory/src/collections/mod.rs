//! Collections of records behind a grant: one file an entity, one shape for all.
//!
//! A collection knows its place from its grant; no method takes an organization.

mod admin_sessions;
mod admins;
mod billing;
mod certificate_authorities;
mod collection;
mod custom_attributes;
mod custom_work;
mod devices;
mod entity;
pub(crate) mod gear_claims;
mod groups;
mod imports;
mod issued_certificates;
mod issuing;
mod network_rules;
mod oneself;
mod organizations;
mod own_certificates;
mod passwords;
mod presentation;
mod radius_clients;
mod recovery;
mod reply_attributes;
mod reply_profiles;
mod revocations;
mod second_factors;
mod server_certificate;
mod service_accounts;
mod sessions;
mod site;
mod users;

pub use admin_sessions::{AdminSession, AdminSessions};
pub use admins::Admins;
pub(crate) use admins::{has_second_factor, put_first};
pub use billing::{Billing, Offer, Plans};
pub(crate) use certificate_authorities::validity_of;
pub use certificate_authorities::{CertificateAuthorities, NewAuthority};
pub use collection::{Collection, Page};
pub use custom_attributes::{CUSTOM_ATTRIBUTES, CustomAttributes};
pub(crate) use custom_work::WithCustomValues;
pub use devices::Devices;
pub use entity::Entity;
pub(crate) use gear_claims::is_wide;
pub use groups::{Groups, Member, MembershipChange};
pub(crate) use groups::{ancestors_of_group, descendants, groups_of_device, groups_of_user};
pub use imports::{Imports, OutcomePage};
pub(crate) use issued_certificates::standing as certificate_standing;
pub use issued_certificates::{IssuedCertificates, IssuedPage, Standing};
pub use issuing::{CertificateKey, CertificateWish, Certified, Issued, Issuing};
pub use oneself::{IssuedToken, KEY_LIFE, NewKey, Oneself};
pub(crate) use oneself::{Wanted, hash_token, issue, parse_token};
pub use organizations::{
    GRACE, NewOrganization, OrganizationSettings, Organizations, OwnOrganization,
};
pub(crate) use organizations::{destroy_expired, settings};
pub use own_certificates::Fingerprint;
pub(crate) use passwords::require_quality;
pub use passwords::{NewPassword, OwnPassword, Passwords, SignInState};
pub use presentation::OrganizationPresentation;
pub use radius_clients::RadiusClients;
pub(crate) use recovery::{left as recovery_codes_left, use_recovery_code};
pub(crate) use reply_attributes::{PLACEHOLDERS, has_placeholder};
pub use reply_profiles::ReplyProfiles;
pub use second_factors::{NewSeed, SecondFactors};
pub use server_certificate::{Facts, NetworkTrust, ServerIdentity, ShownCertificate};
pub use service_accounts::{GeneratedPassword, ServiceAccounts};
pub use sessions::{SessionPage, SessionQuery};
pub(crate) use sessions::{find_session, open_sessions_at};
pub(crate) use site::Site;
pub use users::Users;
