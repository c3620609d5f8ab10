//! What events tell: the number of each stands in the file, so new ones come last.

use serde::{Deserialize, Serialize};

/// What was done or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A record was made.
    Created,
    /// A record was changed.
    Changed,
    /// A record was deleted.
    Deleted,
    /// A deleted organization or user was brought back.
    Restored,
    /// Members came to a group or left it.
    MembersChanged,
    /// An admin set a password, or tried one that was compared with those of a user.
    PasswordSet,
    /// A secret was made anew.
    SecretRotated,
    /// A secret was shown.
    SecretRevealed,
    /// A user, a service account or an admin was locked by wrong passwords or codes, or a user by an
    /// admin.
    Locked,
    /// An admin lifted a lock, or ended what was counted toward one.
    Unlocked,
    /// MFA was reset.
    MfaReset,
    /// MFA was enrolled, or another authenticator took the place of the one in use, or somebody tried.
    MfaEnrolled,
    /// An admin signed in, or somebody tried.
    SignIn,
    /// An admin signed out.
    SignOut,
    /// Somebody bound over LDAP, or tried.
    LdapBind,
    /// Somebody was authenticated over RADIUS, or not.
    RadiusAccess,
    /// A RADIUS packet met silence, or a connection of gear was refused.
    RadiusDropped,
    /// An admin tried something that the role or the scope does not allow.
    Refused,
    /// A user or an admin changed their own password, or tried.
    PasswordChanged,
    /// An admin said that a user must change their password.
    PasswordChangeRequired,
    /// Somebody gave the right password over RADIUS, and was asked for a code.
    CodeAsked,
    /// A request that nothing signed came from a RADIUS client, or from where it alone may be.
    RadiusUnsigned,
    /// Gear was told to end a session, or was not.
    SessionDisconnect,
    /// Gear was told to let a session go on otherwise, or was not.
    SessionChange,
    /// An admin's session was ended before its time.
    SessionEnded,
    /// An admin made recovery codes, so that earlier ones count no more.
    RecoveryCodesMade,
    /// An admin signed in, or began another authenticator, with a recovery code, which counts no more.
    RecoveryCodeUsed,
    /// What was left of a deleted user was destroyed.
    Purged,
    /// A user or an admin was invited to choose a first password, or a user to enrol a second factor.
    Invited,
    /// An invitation ended before its time.
    InvitationRevoked,
    /// An invitation ended unused, or before a second factor was confirmed.
    InvitationExpired,
    /// A user or an admin chose a first password by an invitation.
    InvitationAccepted,
    /// An organization has more users than its soft cap says.
    UserCapPassed,
    /// Somebody came to the devices' door with a certificate that does not count there.
    DeviceRefused,
    /// A device reported the first time, or that it follows otherwise what is demanded of it than it
    /// did, or was not heard of for too long.
    ComplianceChanged,
    /// Events were not kept, because too many waited to be written.
    EventsDropped,
    /// Somebody tried to sign in with a passkey of which there seems to be a copy.
    PasskeyCopied,
    /// A user was let in without the second factor that they have to enrol before a grace ends.
    MfaDue,
    /// Somebody searched over LDAP, or tried.
    LdapSearch,
    /// Events get to a destination again, or do not, or are held up.
    EventDelivery,
    /// An admin had something sent to a destination to see what happens.
    DestinationTested,
    /// An admin had events sent again that a destination would not take.
    DeadLettersRedelivered,
    /// An admin gave events up that a destination would not take.
    DeadLettersDiscarded,
    /// A session on the network was heard of first.
    NetworkSessionStarted,
    /// A session on the network ended.
    NetworkSessionEnded,
    /// A certificate, or a list of revoked ones, ends soon or has ended.
    CertificateEnds,
    /// A list of revoked certificates cannot be fetched any more, or can again.
    ListFetched,
    /// Somebody gave an admin's right password, and not yet what else signing in takes.
    SignInBegun,
    /// An organization has more devices than its soft cap says.
    DeviceCapPassed,
}
