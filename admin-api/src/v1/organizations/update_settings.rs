//! Changing an organization's settings.

use directory::access::{ManageAuthentication, ManageConfiguration};
use directory::{Invalid, records};
use serde::Deserialize;
use utoipa::ToSchema;

use super::settings::Settings;
use crate::body::Body;
use crate::caller::Within;
use crate::eap_methods::{EapMethod, chosen};
use crate::patch::{present, set, set_duration};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};
use crate::second_factor::Demand;

/// What changes of the settings; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password_minimum": 12, "lockout": {"threshold": 5}}))]
pub(crate) struct SettingsPatch {
    /// Whether passwords are also kept sealed in clear, as CHAP needs them; switching it off
    /// erases them.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    chap: Option<bool>,
    /// Whether the NT hashes of passwords are also kept sealed, as MS-CHAPv2 needs them; switching
    /// it off erases them.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    ms_chap: Option<bool>,
    /// Whether a user sees the organization's people and groups, or only their own entry.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    users_see_people: Option<bool>,
    /// How long a verified password is remembered, in milliseconds: a second at least, a day at most;
    /// zero for not at all.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    remember_verified: Option<u64>,
    /// The fewest characters of a password.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u16)]
    password_minimum: Option<u16>,
    /// When guessing locks an account.
    #[serde(default)]
    lockout: LockoutPatch,
    /// Whether LDAP takes a password over TLS only, whatever the daemon's configuration says. A
    /// refused Bind says so, which shows that there is such an organization.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    require_tls: Option<bool>,
    /// What is demanded of users beside the password, over LDAP and RADIUS.
    #[serde(default)]
    second_factor: SecondFactorPatch,
    /// How long passwords live, and what new ones must not be.
    #[serde(default)]
    password_policy: PasswordPolicyPatch,
    /// Which methods of EAP are offered; an empty list for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<EapMethod>)]
    eap_methods: Option<Vec<EapMethod>>,
    /// How long deleted users can be restored, in milliseconds: a second at least, 366 days at most;
    /// zero for not at all. Those that were deleted longer ago are destroyed.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    deleted_users_kept: Option<u64>,
    /// How long an invitation counts that says nothing else, in milliseconds: a minute at least, 90
    /// days at most.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64, minimum = 60_000)]
    invitation_life: Option<u64>,
    /// How long sessions of the organization's own admins last.
    #[serde(default)]
    admin_sessions: SessionLengthsPatch,
}

/// What changes of how long sessions of the organization's own admins last; what is left out stays.
/// It counts for open ones too, from the next request on.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdminSessionLengthsPatch)]
pub(crate) struct SessionLengthsPatch {
    /// However much they are used, in milliseconds: five minutes at least, and what the daemon's
    /// configuration says (`session_lifetime`) at most. Null for that.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    lifetime: Option<Option<u64>>,
    /// Without being used, in milliseconds: five minutes at least, and what the daemon's configuration
    /// says (`session_idle`) at most. Null for that.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    idle: Option<Option<u64>>,
}

/// What changes of the second factor; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondFactorPatch {
    /// From whom a code is demanded.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Demand)]
    demand: Option<Demand>,
    /// How a code may be spelled.
    #[serde(default)]
    spellings: SpellingsPatch,
    /// Whether a service account's own demand counts for users that bind on a connection on which
    /// that account has bound before.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    service_accounts_decide: Option<bool>,
    /// How long the password alone lets in who has enrolled none where `demand` is `required`, in
    /// milliseconds: a second at least, 366 days at most, zero for not at all. It is counted from when
    /// the demand was set, or the user made or activated; another time counts from there as well.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    enrolment_grace: Option<u64>,
}

/// What changes of the spellings; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpellingsPatch {
    /// `password,123456`
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    comma: Option<bool>,
    /// `password;123456`
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    semicolon: Option<bool>,
    /// `password123456`
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    bare: Option<bool>,
}

/// What changes of the password policy; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordPolicyPatch {
    /// How long a password can be used, in milliseconds: a second at least; zero for ever.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    longest_age: Option<u64>,
    /// How long a password must be used before its owner may change it, in milliseconds: a second at
    /// least; zero for no time.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    shortest_age: Option<u64>,
    /// How long before its end the owner is warned, in milliseconds: a second at least; zero for not
    /// at all.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64)]
    warning: Option<u64>,
    /// How often an expired password still lets its owner in.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u16)]
    grace_logins: Option<u16>,
    /// How many of a user's passwords, the one in use among them, nobody can set for them again;
    /// zero or one erases the former ones.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u16)]
    history: Option<u16>,
    /// Whether a password that an admin sets must be changed by its owner before anything else.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    change_after_reset: Option<bool>,
    /// Whether the owner must give the old password with the new one.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    require_old: Option<bool>,
    /// Whether LDAP clients that ask are told that an account is locked: whoever locks a name in
    /// this way learns that there is such an account.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    tell_locked: Option<bool>,
}

/// What changes of the lockout; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockoutPatch {
    /// Different wrong passwords in the window until the account is locked; zero for never.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u32)]
    threshold: Option<u32>,
    /// How long a wrong password counts, in milliseconds: a second at least.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64, minimum = 1_000)]
    window: Option<u64>,
    /// How long a lock lasts, in milliseconds: a second at least.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = u64, minimum = 1_000)]
    duration: Option<u64>,
}

/// Changes how an organization's people authenticate.
///
/// What LDAP and RADIUS offer (`require_tls`, `users_see_people`, `eap_methods`) is configuration, and
/// needs `manage_configuration` too.
#[utoipa::path(
    patch,
    path = "/organizations/{organization}/settings",
    tag = "Organizations",
    params(IfMatch),
    request_body = SettingsPatch,
    responses((status = 200, description = "As changed.", body = Settings)),
    extensions(("x-permission" = json!("manage_authentication")))
)]
pub(crate) async fn update_settings(
    within: Within<ManageAuthentication>,
    IfMatch(revision): IfMatch,
    Body(patch): Body<SettingsPatch>,
) -> Result<Revised<Settings>, Problem> {
    let organization = within.organization;
    let configures = patch.configures();
    let changed = within.caller.change(move |change| {
        if configures {
            change.authorize::<ManageConfiguration>(organization)?;
        }
        let mut grant = change.authorize::<ManageAuthentication>(organization)?;
        grant.settings()?.update(revision, |settings| Ok(patch.apply(settings)?))
    });
    Ok(changed.await?.into())
}

impl SettingsPatch {
    /// Whether it says what LDAP and RADIUS offer.
    fn configures(&self) -> bool {
        let is_of_ldap = self.require_tls.is_some() || self.users_see_people.is_some();
        is_of_ldap || self.eap_methods.is_some()
    }

    fn apply(self, settings: &mut records::Settings) -> Result<(), Invalid> {
        let not_at_all = Some("for not at all");
        set(&mut settings.chap, self.chap);
        set(&mut settings.ms_chap, self.ms_chap);
        set(&mut settings.users_see_people, self.users_see_people);
        let remember = &mut settings.remember_verified;
        set_duration("/remember_verified", remember, self.remember_verified, not_at_all)?;
        set(&mut settings.password_minimum, self.password_minimum);
        self.lockout.apply(&mut settings.lockout)?;
        set(&mut settings.require_tls, self.require_tls);
        set(&mut settings.eap_methods, self.eap_methods.as_deref().map(chosen));
        let kept = &mut settings.deleted_users_kept;
        set_duration("/deleted_users_kept", kept, self.deleted_users_kept, not_at_all)?;
        set(&mut settings.invitation_life, self.invitation_life);
        set(&mut settings.admin_sessions.lifetime, self.admin_sessions.lifetime);
        set(&mut settings.admin_sessions.idle, self.admin_sessions.idle);
        let (pointer, grace) = ("/second_factor/enrolment_grace", &mut settings.enrolment.grace);
        set_duration(pointer, grace, self.second_factor.enrolment_grace, not_at_all)?;
        self.second_factor.apply(&mut settings.second_factor);
        self.password_policy.apply(&mut settings.password_policy)
    }
}

impl SecondFactorPatch {
    fn apply(self, factor: &mut records::SecondFactor) {
        set(&mut factor.demand, self.demand.map(Into::into));
        set(&mut factor.spellings.comma, self.spellings.comma);
        set(&mut factor.spellings.semicolon, self.spellings.semicolon);
        set(&mut factor.spellings.bare, self.spellings.bare);
        set(&mut factor.service_accounts_decide, self.service_accounts_decide);
    }
}

impl LockoutPatch {
    /// Changes a lockout policy.
    ///
    /// # Errors
    /// `Invalid` for a time that is too short.
    pub(crate) fn apply(self, lockout: &mut records::LockoutPolicy) -> Result<(), Invalid> {
        set(&mut lockout.threshold, self.threshold);
        set_duration("/lockout/window", &mut lockout.window, self.window, None)?;
        set_duration("/lockout/duration", &mut lockout.duration, self.duration, None)
    }
}

impl PasswordPolicyPatch {
    /// Changes a password policy.
    ///
    /// # Errors
    /// `Invalid` for a time that is too short.
    pub(crate) fn apply(self, policy: &mut records::PasswordPolicy) -> Result<(), Invalid> {
        for (pointer, to, from, zero) in [
            ("longest_age", &mut policy.longest_age, self.longest_age, "for ever"),
            ("shortest_age", &mut policy.shortest_age, self.shortest_age, "for no time"),
            ("warning", &mut policy.warning, self.warning, "for not at all"),
        ] {
            set_duration(&format!("/password_policy/{pointer}"), to, from, Some(zero))?;
        }
        set(&mut policy.grace_logins, self.grace_logins);
        set(&mut policy.history, self.history);
        set(&mut policy.change_after_reset, self.change_after_reset);
        set(&mut policy.require_old, self.require_old);
        set(&mut policy.tell_locked, self.tell_locked);
        Ok(())
    }
}
