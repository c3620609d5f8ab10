//! What LDAP tests do with an organization of their own.

use serde_json::{Value, json};

use super::ldap::{Found, Ldap};
use super::office::{Office, id_of};

impl Office {
    /// Makes an application; tells its id and somebody bound as it.
    pub(crate) fn application(&self, name: &str, visibility: &Value) -> (String, Ldap) {
        let account =
            self.make("service-accounts", &json!({"name": name, "visibility": visibility}));
        let (dn, password) = (&account["dn"], &account["password"]);
        let ldap = self.demo.ldap().bound(dn.as_str().unwrap(), password.as_str().unwrap());
        (id_of(&account), ldap)
    }

    /// An application of a profile: its name, its password, and somebody bound as it.
    pub(crate) fn profiled(&self, profile: &str) -> (String, String, Ldap) {
        let account = self.make("service-accounts", &json!({"name": profile, "profile": profile}));
        assert_eq!(account["profile"], profile);
        let dn = account["dn"].as_str().unwrap().to_owned();
        let password = account["password"].as_str().unwrap().to_owned();
        let ldap = self.demo.ldap().bound(&dn, &password);
        (dn, password, ldap)
    }

    /// Lays entries out under the organization's own base.
    pub(crate) fn lay_out(&self, layout: &str) {
        let shown = self.act("PATCH", "presentation", Some(&json!({"layout": layout})));
        assert_eq!(shown["layout"], layout);
    }

    /// Gives the organization an alias base.
    pub(crate) fn alias(&self, base: &str, layout: &str) {
        let aliases = json!({"aliases": [{"base": base, "layout": layout}]});
        let shown = self.act("PUT", "aliases", Some(&aliases));
        assert_eq!(shown["aliases"][0]["base"], base);
    }

    /// Somebody bound as an application that sees everything.
    pub(crate) fn ldap(&self) -> Ldap {
        self.application("reader", &json!("everything")).1
    }

    /// Somebody bound as a user.
    pub(crate) fn ldap_as(&self, login: &str, password: &str) -> Ldap {
        self.demo.ldap().bound(&self.user_dn(login), password)
    }

    /// Searches the whole organization.
    pub(crate) fn find(&self, client: &Ldap, filter: &str, attributes: &[&str]) -> Found {
        client.search(&self.base, "sub", filter, attributes)
    }
}
