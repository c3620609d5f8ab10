//! Checking a store, record by record.

use storage::{KindCheck, Report};

use super::Directory;
use crate::error::Error;
use crate::records::{
    Admin, Agreements, BillingContact, Cap, CapTotals, CertificateAuthority, CertificateTotals,
    ClosedAccount, Compliance, ComplianceWatch, Credential, CustomAttribute, DeadLetter,
    DeletedUser, DeliveryProgress, Departure, DepartureTotals, Device, EndsLooked, EndsTold,
    EventDestination, EventKeeping, FetchedList, FormerPassword, GearClaims, Group,
    GroupPasswordPolicy, Import, ImportWork, Invitation, IssuedCertificate, Organization,
    OwnCertificates, Passkey, PasswordHistory, Plan, Preparations, RadiusClient, ReachedProgress,
    RecoveryCodes, Repeat, ReplyProfile, RevokedCertificates, RuleTimes, SearchTelling,
    SecurityPolicy, SecurityPolicyVersion, ServerCertificate, ServiceAccount, Session,
    SessionTotals, SettledReports, Token, TokenUse, UsageMonth, User,
};

impl Directory {
    /// Walks the whole store and compares every index with its records.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn check(&self) -> Result<Report, Error> {
        Ok(self.inner.store.check(&Self::kinds_checked())?)
    }

    /// How to check the records of each kind that there is.
    pub(crate) fn kinds_checked() -> Vec<KindCheck> {
        vec![
            KindCheck::of::<Organization>(),
            KindCheck::of::<Admin>(),
            KindCheck::of::<Token>(),
            KindCheck::of::<TokenUse>(),
            KindCheck::of::<RecoveryCodes>(),
            KindCheck::of::<Passkey>(),
            KindCheck::of::<Repeat>(),
            KindCheck::of::<User>(),
            KindCheck::of::<Group>(),
            KindCheck::of::<ServiceAccount>(),
            KindCheck::of::<RadiusClient>(),
            KindCheck::of::<GearClaims>(),
            KindCheck::of::<ReplyProfile>(),
            KindCheck::of::<CustomAttribute>(),
            KindCheck::of::<Credential>(),
            KindCheck::of::<CertificateAuthority>(),
            KindCheck::of::<Device>(),
            KindCheck::of::<OwnCertificates>(),
            KindCheck::of::<PasswordHistory>(),
            KindCheck::of::<Session>(),
            KindCheck::of::<SessionTotals>(),
            KindCheck::of::<SettledReports>(),
            KindCheck::of::<IssuedCertificate>(),
            KindCheck::of::<RevokedCertificates>(),
            KindCheck::of::<Departure>(),
            KindCheck::of::<Plan>(),
            KindCheck::of::<Agreements>(),
            KindCheck::of::<UsageMonth>(),
            KindCheck::of::<BillingContact>(),
            KindCheck::of::<Import>(),
            KindCheck::of::<ImportWork>(),
            KindCheck::of::<DepartureTotals>(),
            KindCheck::of::<RuleTimes>(),
            KindCheck::of::<Preparations>(),
            KindCheck::of::<CertificateTotals>(),
            KindCheck::of::<DeletedUser>(),
            KindCheck::of::<CapTotals>(),
            KindCheck::of::<Invitation>(),
            KindCheck::of::<Cap>(),
            KindCheck::of::<SecurityPolicy>(),
            KindCheck::of::<SecurityPolicyVersion>(),
            KindCheck::of::<Compliance>(),
            KindCheck::of::<ComplianceWatch>(),
            KindCheck::of::<ServerCertificate>(),
            KindCheck::of::<ClosedAccount>(),
            KindCheck::of::<GroupPasswordPolicy>(),
            KindCheck::of::<FormerPassword>(),
            KindCheck::of::<EndsTold>(),
            KindCheck::of::<EndsLooked>(),
            KindCheck::of::<FetchedList>(),
            KindCheck::of::<EventKeeping>(),
            KindCheck::of::<SearchTelling>(),
            KindCheck::of::<EventDestination>(),
            KindCheck::of::<DeliveryProgress>(),
            KindCheck::of::<ReachedProgress>(),
            KindCheck::of::<DeadLetter>(),
        ]
    }
}
