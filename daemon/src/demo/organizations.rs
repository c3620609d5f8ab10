//! The two organizations, their people, groups, applications and gear.

use directory::access::{Context, ManageConfiguration, ManageIdentities, ManageOrganizations};
use directory::authentication::Password;
use directory::collections::{
    GeneratedPassword, Member, MembershipChange, NewOrganization, NewPassword,
};
use directory::records::{
    Base, GroupFields, OrganizationFields, RadiusClientFields, ReplyProfileFields,
    ServiceAccountFields, Settings, UserFields, VendorAttribute, VendorValue,
};
use directory::{Directory, Error, GroupId, OrganizationId, UserId};

use super::DemoError;
use super::description::{Organization, RadiusClient, ServiceAccount, User, service_dn, user_dn};

/// What one organization is made of.
struct Script {
    slug: &'static str,
    name: &'static str,
    people: &'static [(&'static str, &'static str, &'static str)],
    /// Groups with their direct members; a group named before may be nested.
    groups: &'static [(&'static str, &'static [&'static str], &'static [&'static str])],
    application: &'static str,
    gear: &'static str,
    vlan: &'static str,
}

const SCRIPTS: [Script; 2] = [
    Script {
        slug: "acme",
        name: "Acme Corporation",
        people: &[
            ("ada", "Ada", "Lovelace"),
            ("grace", "Grace", "Hopper"),
            ("linus", "Linus", "Pauling"),
        ],
        groups: &[("engineers", &["ada", "grace"], &[]), ("staff", &["linus"], &["engineers"])],
        application: "nextcloud",
        gear: "office-wifi",
        vlan: "20",
    },
    Script {
        slug: "globex",
        name: "Globex Industries",
        people: &[("ada", "Ada", "Yonath"), ("alan", "Alan", "Turing")],
        groups: &[("researchers", &["ada"], &[]), ("staff", &["alan"], &["researchers"])],
        application: "gitlab",
        gear: "branch-vpn",
        vlan: "30",
    },
];

/// Letters and digits of a user's password.
const PASSWORD: usize = 16;
/// Letters and digits of a shared secret.
const SECRET: usize = 32;

/// Makes both organizations.
pub(super) fn create(
    directory: &Directory,
    context: Context,
) -> Result<Vec<Organization>, DemoError> {
    SCRIPTS.iter().map(|script| Maker { directory, context, script }.make()).collect()
}

struct Maker<'d> {
    directory: &'d Directory,
    context: Context,
    script: &'static Script,
}

impl Maker<'_> {
    fn make(&self) -> Result<Organization, DemoError> {
        let script = self.script;
        let base = Base::parse(&format!("dc={},dc=example", script.slug))
            .ok_or(DemoError::SignIn("the base is none"))?;
        let (organization, id) = self.organization(base.clone())?;
        let mut users = Vec::new();
        for person in script.people {
            users.push((person.0, self.user(organization, person)?));
        }
        self.groups(organization, &users)?;
        let account = self.service_account(organization, base.as_str())?;
        let client = self.radius_client(organization)?;
        let users = users.into_iter().map(|(login, (_, password))| User {
            login: login.to_owned(),
            dn: user_dn(login, base.as_str()),
            password,
            groups: self.groups_of(login),
        });
        Ok(Organization {
            id,
            slug: script.slug.to_owned(),
            base: base.to_string(),
            service_account: account,
            users: users.collect(),
            radius_clients: vec![client],
        })
    }

    fn organization(&self, base: Base) -> Result<(OrganizationId, uuid::Uuid), DemoError> {
        let fields = OrganizationFields {
            slug: self.script.slug.to_owned(),
            name: self.script.name.to_owned(),
            base,
            domain: None,
        };
        // The demonstration answers CHAP and MS-CHAPv2 as well, for which passwords are kept sealed
        // in clear and as NT hashes.
        let settings = Settings { chap: true, ms_chap: true, ..Settings::default() };
        let made = self.directory.change(self.context, move |change| {
            let mut grant = change.authorize_provider::<ManageOrganizations>()?;
            grant.organizations().create(NewOrganization { fields, settings })
        })?;
        Ok((made.0, made.1.uuid))
    }

    fn user(
        &self,
        organization: OrganizationId,
        (login, given_name, surname): &(&str, &str, &str),
    ) -> Result<(UserId, String), DemoError> {
        let names = [*login, *given_name, *surname, self.script.slug, self.script.name];
        let clear = super::password(self.directory, PASSWORD, &names);
        let password = Password::new(clear.as_bytes())
            .map_err(|_| DemoError::SignIn("no such password can be"))?;
        let (parameters, tools) = (self.directory.hash_parameters(), self.directory.tools());
        let password = NewPassword::hashed(password, parameters, tools)
            .map_err(|_| DemoError::SignIn("there is no memory to hash a password"))?;
        let fields = UserFields {
            login: (*login).to_owned(),
            display_name: format!("{given_name} {surname}"),
            given_name: Some((*given_name).to_owned()),
            surname: (*surname).to_owned(),
            mail: vec![format!("{login}@{}.example", self.script.slug)],
            ..UserFields::default()
        };
        let (id, _) = self.directory.change(self.context, move |change| {
            let mut grant = change.authorize::<ManageIdentities>(organization)?;
            grant.users().create(fields, Some(password))
        })?;
        Ok((id, clear))
    }

    fn groups(
        &self,
        organization: OrganizationId,
        users: &[(&str, (UserId, String))],
    ) -> Result<(), DemoError> {
        let mut made: Vec<(&str, GroupId)> = Vec::new();
        for (name, members, nested) in self.script.groups {
            let people = users.iter().filter(|(login, _)| members.contains(login));
            let inner = made.iter().filter(|(inner, _)| nested.contains(inner));
            let add = people
                .map(|(_, (id, _))| Member::User(*id))
                .chain(inner.map(|(_, id)| Member::Group(*id)))
                .collect();
            let members = MembershipChange { add, remove: Vec::new() };
            let fields = GroupFields { name: (*name).to_owned(), ..GroupFields::default() };
            let id = self.directory.change(self.context, move |change| {
                let mut grant = change.authorize::<ManageIdentities>(organization)?;
                let (id, _) = grant.groups().create(fields)?;
                grant.groups().change_members(id, None, &members)?;
                Ok::<_, Error>(id)
            })?;
            made.push((name, id));
        }
        Ok(())
    }

    /// The groups of a user, by way of nested groups as well, sorted.
    fn groups_of(&self, login: &str) -> Vec<String> {
        let mut groups: Vec<&str> = Vec::new();
        for (name, members, nested) in self.script.groups {
            if members.contains(&login) || nested.iter().any(|inner| groups.contains(inner)) {
                groups.push(name);
            }
        }
        groups.sort_unstable();
        groups.into_iter().map(ToOwned::to_owned).collect()
    }

    fn service_account(
        &self,
        organization: OrganizationId,
        base: &str,
    ) -> Result<ServiceAccount, DemoError> {
        let (parameters, tools) = (self.directory.hash_parameters(), self.directory.tools());
        let password = GeneratedPassword::generate(parameters, tools).map_err(Error::from)?;
        let clear = password.expose().to_owned();
        let name = self.script.application;
        let fields = ServiceAccountFields { name: name.to_owned(), ..Default::default() };
        self.directory.change(self.context, move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(organization)?;
            grant.service_accounts().create(fields, &password).map(drop)
        })?;
        Ok(ServiceAccount { dn: service_dn(name, base), password: clear })
    }

    fn radius_client(&self, organization: OrganizationId) -> Result<RadiusClient, DemoError> {
        let secret = self.directory.tools().password(SECRET);
        let source: ipnet::IpNet = ipnet::Ipv4Net::from(std::net::Ipv4Addr::LOCALHOST).into();
        let (shared, vlan, name) = (secret.clone(), self.script.vlan, self.script.gear);
        self.directory.change(self.context, move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(organization)?;
            let (profile, _) = grant.reply_profiles().create(profile(vlan))?;
            let fields = RadiusClientFields {
                name: name.to_owned(),
                sources: vec![source],
                reply_profile: Some(profile),
                ..RadiusClientFields::default()
            };
            grant.radius_clients().create(fields, &shared).map(drop)
        })?;
        Ok(RadiusClient { name: name.to_owned(), sources: vec![source.to_string()], secret })
    }
}

/// A VLAN, a filter, a class, a session's length, and a vendor's attribute (Cisco-AVPair).
fn profile(vlan: &str) -> ReplyProfileFields {
    let pair = VendorValue::Text("shell:priv-lvl=15".into());
    ReplyProfileFields {
        name: "staff-network".into(),
        vlan: Some(vlan.to_owned()),
        filters: vec!["staff.in".into()],
        classes: vec!["staff".into()],
        session_timeout: Some(28_800),
        idle_timeout: None,
        vendor_attributes: vec![VendorAttribute { vendor: 9, number: 1, value: pair }],
        attributes: Vec::new(),
    }
}
