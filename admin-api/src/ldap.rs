//! What LDAP would say to an application, as the API asks and tells it. Whoever speaks LDAP answers.

use std::sync::Arc;

use directory::{Error, OrganizationId, ReadingTransaction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Says what LDAP would answer, without anybody being told.
pub type LdapExplainer = Arc<
    dyn Fn(&ReadingTransaction, OrganizationId, &LdapRequest) -> Result<LdapExplanation, Error>
        + Send
        + Sync,
>;

/// A request to LDAP that is described. It carries no password: the answer is for who has the right
/// one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DescribedLdapRequest, example = json!({
    "service_account": "wiki", "base": "dc=acme,dc=example", "filter": "(mail=ada@acme.example)",
    "attributes": ["cn", "memberOf"]
}))]
pub struct LdapRequest {
    /// The name that an application binds with: a distinguished name, `ada@acme.example` or
    /// `ACME\ada`. Either this, or a service account, or a user.
    pub bind: Option<String>,
    /// The name of a service account.
    pub service_account: Option<String>,
    /// The login of a user.
    pub user: Option<String>,
    /// Whether the connection is inside TLS.
    #[serde(default = "yes")]
    pub encrypted: bool,
    /// Where the search begins: a distinguished name. Without it no search is explained.
    pub base: Option<String>,
    /// How far the search looks: `base`, `one` or `sub`.
    #[serde(default)]
    pub scope: LdapScope,
    /// The filter, of at most 8192 octets; everything when absent.
    pub filter: Option<String>,
    /// The attributes that are asked for, at most 256; all when there are none.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// Whether the entries are asked for in pages.
    #[serde(default)]
    pub paged: bool,
}

const fn yes() -> bool {
    true
}

/// How far a search looks.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LdapScope {
    /// At the base alone.
    Base,
    /// At what stands right below it.
    One,
    /// At the base and everything below.
    #[default]
    Sub,
}

/// What LDAP would say.
#[derive(Serialize, ToSchema)]
pub struct LdapExplanation {
    /// To the bind.
    pub bind: LdapBindExplanation,
    /// To the search; null where none was described, or the account may not search.
    #[schema(required)]
    pub search: Option<LdapSearchExplanation>,
}

/// What becomes of a bind with the right password.
#[derive(Default, Serialize, ToSchema)]
pub struct LdapBindExplanation {
    /// Whether it succeeds. Failures that are counted in memory are not looked at.
    pub accept: bool,
    /// Why not.
    #[schema(required)]
    pub reason: Option<String>,
    /// Whether a code is needed behind the password.
    pub needs_code: bool,
    /// Whether nothing but changing the password is open afterwards.
    pub must_change_password: bool,
    /// The name of the account's entry; null where there is no such account.
    #[schema(required)]
    pub dn: Option<String>,
    /// The profile that the account has.
    #[schema(required)]
    pub profile: Option<String>,
}

/// What becomes of a search.
#[derive(Serialize, ToSchema)]
pub struct LdapSearchExplanation {
    /// The result by the name that RFC 4511 gives it, such as `success`.
    pub result: String,
    /// What is said with it.
    pub message: String,
    /// The nearest entry that there is, where the base leads nowhere.
    pub matched: String,
    /// The organization's base that the search lies below.
    pub base: String,
    /// How entries look there.
    pub layout: String,
    /// How many entries are told until the search ends.
    pub entries: u64,
    /// The names of the first of them.
    pub names: Vec<String>,
    /// The filter as it was read.
    pub filter: String,
    /// Whether every entry has to be looked at, because no index tells which could match.
    pub scans: bool,
    /// What the filter is made of: the first 64 tests, as far as there was time to look at them.
    pub tests: Vec<LdapTestExplanation>,
    /// The attributes that were asked for.
    pub attributes: Vec<LdapAttributeExplanation>,
}

/// How one test of a filter is understood.
#[derive(Serialize, ToSchema)]
pub struct LdapTestExplanation {
    /// The test.
    pub test: String,
    /// What it comes to.
    pub meaning: LdapMeaning,
    /// Why it is undefined.
    #[schema(required)]
    pub reason: Option<String>,
    /// Whether an index tells which entries could match.
    pub indexed: bool,
    /// How many that are by the index, those included that the account does not see; null for all.
    #[schema(required)]
    pub candidates: Option<u64>,
}

/// What a test comes to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LdapMeaning {
    /// Entries are judged by it.
    Tested,
    /// No entry can match.
    Never,
    /// It is neither true nor false of any entry, and neither is its opposite.
    Undefined,
}

/// Whether an attribute that was asked for can be told.
#[derive(Serialize, ToSchema)]
pub struct LdapAttributeExplanation {
    /// The attribute as it was asked for.
    pub name: String,
    /// Whether entries that have it tell it.
    pub told: bool,
    /// Why not.
    #[schema(required)]
    pub reason: Option<String>,
}
