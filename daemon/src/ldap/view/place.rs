//! Where things stand in an organization's tree, and what a name leads to.

use std::borrow::Cow;

use directory::Time;
use directory::records::{Layout, Organization, Profile, Stamp};
use directory::search::{Attribute, Entry, EntryId, Fact, Facts, Filter, Kind, SearchGrant};
use ldap::dn::{Dn, escape_value};
use ldap::schema::{self, AttributeType, Served};
use uuid::Uuid;

use super::filter::Find;
use super::look::Look;
use super::root_dse::SUBSCHEMA;
use super::tree::{Container, Tree};
use super::ways::Ways;

/// What a name below an organization's base leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The base itself.
    Base,
    /// A container.
    Container(&'static Container),
    /// What would be the entry of that name.
    Entry(Named),
}

/// The name of what would be an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The container that it would stand in.
    pub(crate) container: &'static Container,
    /// The kinds that it could be of; the first one that there is, is meant.
    pub(crate) kinds: Vec<Kind>,
    /// The value of its RDN.
    pub(crate) name: String,
}

impl Named {
    /// Finds the entry.
    pub(crate) fn find(&self, find: Find<'_>) -> Result<Option<EntryId>, directory::Error> {
        for kind in &self.kinds {
            if let Some(id) = find(*kind, &self.name)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

/// A name that leads to nothing, and how far it led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetError {
    /// It is not below the base.
    Elsewhere,
    /// The base is the nearest there is.
    Base,
    /// This container is.
    Container(&'static Container),
    /// What would be the entry of this name, if there is one: below entries there is nothing.
    Below(Named),
}

/// How an organization's entries are named.
#[derive(Clone)]
pub(crate) struct Naming {
    text: String,
    base: Dn,
    look: &'static Look,
    ways: &'static Ways,
    /// The organization's other bases, with what stands below them.
    others: Vec<(String, &'static Tree)>,
    /// The organization's id, which security identifiers are made from.
    organization: Uuid,
    /// The name of the subschema that says how entries look.
    subschema: Cow<'static, str>,
}

impl Naming {
    /// Names entries under a base.
    pub(crate) fn under(
        base: &str,
        look: &'static Look,
        ways: &'static Ways,
        organization: Uuid,
    ) -> Self {
        let text = base.to_owned();
        // A stored base is a DN whose values need no escapes; one that is none names nothing.
        let base = Dn::parse(base).unwrap_or(Dn::ROOT);
        let subschema = Cow::Borrowed(SUBSCHEMA);
        Self { text, base, look, ways, others: Vec::new(), organization, subschema }
    }

    /// Understands names under these other bases of the organization as well.
    pub(super) fn beside(self, others: Vec<(String, &'static Tree)>) -> Self {
        Self { others, ..self }
    }

    /// The same of an alias base: entries may look otherwise there, so it has a subschema of its own.
    pub(super) fn of_alias(self) -> Self {
        let subschema = Cow::Owned(format!("{SUBSCHEMA},{}", self.text));
        Self { subschema, ..self }
    }

    /// The name of the subschema that says how entries look.
    pub(crate) fn subschema(&self) -> &str {
        &self.subschema
    }

    /// The definitions that count there.
    pub(crate) fn served(&self) -> Served {
        served(self.look, self.ways)
    }

    /// What the caller sees beside the look.
    pub(crate) const fn ways(&self) -> &'static Ways {
        self.ways
    }

    /// The organization's id.
    pub(crate) const fn organization(&self) -> Uuid {
        self.organization
    }

    /// The domain that the base stands for: `acme.example` for `dc=acme,dc=example`.
    pub(crate) fn domain(&self) -> Option<String> {
        let labels = self.base.rdns().map(|rdn| {
            let (kind, value) = rdn.single()?;
            (kind == "dc").then_some(value)
        });
        Some(labels.collect::<Option<Vec<_>>>()?.join("."))
    }

    /// How entries look there.
    pub(crate) const fn look(&self) -> &'static Look {
        self.look
    }

    /// Whether some entry shows this type, or a subtype of it.
    pub(crate) fn shows(&self, kind: &AttributeType) -> bool {
        !self.ways.hidden.wants(kind)
    }

    /// The base.
    pub(crate) fn base(&self) -> &str {
        &self.text
    }

    /// What a name leads to.
    pub(crate) fn target(&self, dn: &Dn) -> Result<Target, TargetError> {
        target_in(self.look.tree, &self.base, dn)
    }

    /// What a name leads to under whichever base of the organization: applications keep names that
    /// another base showed them.
    pub(super) fn target_anywhere(&self, dn: &Dn) -> Result<Target, TargetError> {
        let below = |(base, tree): &(String, &'static Tree)| {
            target_in(tree, &Dn::parse(base).ok()?, dn).ok()
        };
        self.target(dn).or_else(|error| self.others.iter().find_map(below).ok_or(error))
    }

    /// The name of a container.
    pub(crate) fn container(&self, container: &Container) -> String {
        format!("{}={},{}", container.naming, container.name, self.text)
    }

    /// The name of an entry.
    pub(crate) fn entry(&self, entry: &Entry) -> String {
        self.named(entry.id().kind(), entry.name())
    }

    /// The name of an entry of a kind that is called `name`.
    pub(crate) fn named(&self, kind: Kind, name: &str) -> String {
        self.spell(kind, name, |parts| parts.concat())
    }

    /// Shows the name of an entry of a kind that is called `name` to `read`, in parts.
    pub(crate) fn spell<T>(&self, kind: Kind, name: &str, read: impl FnOnce([&str; 9]) -> T) -> T {
        let slot = self.look.tree.slot(kind);
        let Container { naming, name: container, .. } = slot.container;
        let value = escape_value(name);
        read([slot.naming, "=", &value, ",", naming, "=", container, ",", &self.text])
    }

    /// The type and value of the base's own RDN.
    fn base_rdn(&self) -> (&str, Cow<'_, str>) {
        self.base.rdn().and_then(ldap::dn::Rdn::single).unwrap_or_default()
    }

    /// The values of a type and its subtypes among the base's RDNs, as they are shown: bases are in lower
    /// case and without escapes.
    pub(super) fn base_values(&self, kind: &AttributeType) -> impl Iterator<Item = Cow<'_, str>> {
        let parts = self.base.rdns().flat_map(ldap::dn::Rdn::parts);
        parts.filter_map(move |(of, value)| self.is_named_by(of, kind).then_some(value))
    }

    /// Whether the type of an RDN is this one, or a subtype of it.
    pub(super) fn is_named_by(&self, of: &str, kind: &AttributeType) -> bool {
        schema::attribute(of).is_some_and(|of| of.is_a_in(kind, self.look.vocabulary))
    }
}

/// The definitions that count for who has not said who they are.
pub(crate) fn served_to_strangers() -> Served {
    let layout = Layout::default();
    served(Look::of(layout), Ways::of(layout, Profile::default()))
}

fn served(look: &'static Look, ways: &'static Ways) -> Served {
    Served {
        vocabulary: look.vocabulary,
        groups_unasked: ways.groups_unasked,
        hidden: &ways.hidden,
        classes: Some(look.classes()),
    }
}

/// What a name leads to in a tree below a base.
pub(super) fn target_in(tree: &'static Tree, base: &Dn, dn: &Dn) -> Result<Target, TargetError> {
    let relative = dn.rdns_below(base).ok_or(TargetError::Elsewhere)?;
    let rdns: Vec<(&str, Cow<'_, str>)> =
        relative.map(|rdn| rdn.single().unwrap_or_default()).collect();
    let Some((top, below)) = rdns.split_last() else { return Ok(Target::Base) };
    let (naming, name) = top;
    let container = tree.container(naming, name).ok_or(TargetError::Base)?;
    let Some(((naming, name), deeper)) = below.split_last() else {
        return Ok(Target::Container(container));
    };
    let kinds: Vec<Kind> = tree.kinds(container, naming).collect();
    if kinds.is_empty() {
        return Err(TargetError::Container(container));
    }
    let named = Named { container, kinds, name: name.clone().into_owned() };
    if deeper.is_empty() { Ok(Target::Entry(named)) } else { Err(TargetError::Below(named)) }
}

/// The base or a container as an entry of its own; it is not stored.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Which container; `None` for the base.
    pub(crate) container: Option<&'static Container>,
    /// A stable id, made from the organization's.
    pub(crate) uuid: Uuid,
    /// When made and changed: as the organization.
    pub(crate) stamp: Stamp,
    /// What the organization is called: its full name, and what its base is named by (RFC 4512 section
    /// 2.3) where that is another one.
    pub(crate) organization: Vec<String>,
    /// The first label of the base, when it is a domain.
    pub(crate) label: Option<String>,
    /// What the base is named by, where it is shown as domain controllers do.
    name: Option<String>,
    /// Whether the caller sees something below it, once [looked for](Self::look_below).
    pub(crate) has_subordinates: bool,
}

impl Place {
    /// The base or a container of an organization.
    pub(crate) fn of(
        organization: &Organization,
        naming: &Naming,
        container: Option<&'static Container>,
    ) -> Self {
        let number = container.map_or(0, |container| container.number);
        let mut octets = *organization.uuid.as_bytes();
        if let Some(last) = octets.last_mut() {
            *last ^= number;
        }
        let (kind, value) = naming.base_rdn();
        let mut called = vec![organization.fields.name.clone()];
        let prepare = directory::text::prepare;
        if kind == "o" && prepare(&value) != prepare(&organization.fields.name) {
            called.push(value.clone().into_owned());
        }
        let shows_name = container.is_none() && naming.look().is_domain();
        Self {
            container,
            name: shows_name.then(|| value.clone().into_owned()),
            uuid: Uuid::from_bytes(octets),
            stamp: organization.stamp,
            organization: called,
            label: (kind == "dc").then(|| value.into_owned()),
            has_subordinates: true,
        }
    }

    /// Finds out whether the caller sees something below it: below the base there are its containers.
    pub(crate) fn look_below(
        &mut self,
        grant: &SearchGrant<'_, '_>,
    ) -> Result<(), directory::Error> {
        if let Some(container) = self.container {
            self.has_subordinates = grant.sees_some(container.kinds)?;
        }
        Ok(())
    }

    /// The entry's name.
    pub(crate) fn dn(&self, naming: &Naming) -> String {
        match self.container {
            Some(container) => naming.container(container),
            None => naming.base().to_owned(),
        }
    }

    /// What it is called by its own RDN; of a base as domain controllers show it alone.
    pub(crate) fn name(&self) -> Option<&str> {
        self.container.map_or(self.name.as_deref(), |container| Some(container.name))
    }

    /// Its object classes, the structural one first.
    pub(crate) fn classes(&self, naming: &Naming) -> &'static [&'static str] {
        self.container.map_or_else(|| naming.look().base_classes, Container::classes)
    }

    /// Whether a filter is true of it.
    pub(crate) fn matches(&self, filter: &Filter) -> Result<bool, directory::Error> {
        Ok(filter.judge(self)? == directory::search::Truth::True)
    }
}

impl Facts for Place {
    fn kind(&self) -> Kind {
        Kind::Container
    }

    fn visit(&self, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
        let seconds = |time: Time| Fact::Number(time.seconds());
        if attribute == Attribute::Uuid {
            visit(Fact::Id(self.uuid));
        } else if attribute == Attribute::Created {
            visit(seconds(self.stamp.created));
        } else if attribute == Attribute::Modified {
            visit(seconds(self.stamp.modified));
        } else if attribute == Attribute::PlaceName {
            self.name().iter().for_each(|name| visit(Fact::Text(name)));
        } else if let Some(container) = self.container {
            if attribute == container.attribute() {
                visit(Fact::Text(container.name));
            }
        } else if attribute == Attribute::OrganizationName {
            self.organization.iter().for_each(|name| visit(Fact::Text(name)));
        } else if attribute == Attribute::BaseLabel {
            self.label.iter().for_each(|label| visit(Fact::Text(label)));
        }
    }

    fn member_of(&self) -> Result<Vec<directory::GroupId>, directory::Error> {
        Ok(Vec::new())
    }

    fn has_member(&self, _: directory::collections::Member) -> Result<bool, directory::Error> {
        Ok(false)
    }

    fn has_some_member(&self) -> Result<bool, directory::Error> {
        Ok(false)
    }

    fn has_some_user(&self) -> Result<bool, directory::Error> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str) -> &'static Container {
        Look::of(Layout::Rfc2307bis).tree.container("ou", name).unwrap()
    }

    fn entry(at: &str, kind: Kind, name: &str) -> Target {
        let (container, name) = (container(at), name.to_owned());
        Target::Entry(Named { container, kinds: vec![kind], name })
    }

    fn base() -> Dn {
        Dn::parse("dc=acme,dc=example").unwrap()
    }

    fn target(dn: &str) -> Result<Target, TargetError> {
        target_in(Look::of(Layout::Rfc2307bis).tree, &base(), &Dn::parse(dn).unwrap())
    }

    #[test]
    fn names_lead_to_the_base_its_containers_and_what_stands_in_them() {
        assert_eq!(target("DC=Acme, dc=example"), Ok(Target::Base));
        let people = Target::Container(container("people"));
        assert_eq!(target("ou=People,dc=acme,dc=example"), Ok(people));
        let ada = entry("people", Kind::User, "ada");
        assert_eq!(target("UID=Ada,ou=people,dc=acme,dc=example"), Ok(ada));
        let odd = entry("groups", Kind::Group, "a, b");
        assert_eq!(target("cn=A\\, B,ou=groups,dc=acme,dc=example"), Ok(odd));
    }

    #[test]
    fn rfc4518_a_name_is_found_however_its_value_was_prepared_before() {
        for login in ["Straße", "ΟΔΟΣ", "οδος", "İpek", "a\u{ad}da", "É", "e\u{301}", "ﬁn"]
        {
            let dn = format!("uid={login},ou=people,dc=acme,dc=example");
            let Ok(Target::Entry(Named { name, .. })) = target(&dn) else { panic!("{login}") };
            let prepare = directory::text::prepare;
            assert_eq!(prepare(&name), prepare(login), "{login}");
        }
    }

    #[test]
    fn names_that_lead_to_nothing_say_how_far_they_led() {
        assert_eq!(target("dc=example"), Err(TargetError::Elsewhere));
        assert_eq!(target("dc=xacme,dc=example"), Err(TargetError::Elsewhere));
        assert_eq!(target("ou=x,dc=acme,dc=example"), Err(TargetError::Base));
        let wrong_type = target("cn=ada,ou=people,dc=acme,dc=example");
        assert_eq!(wrong_type, Err(TargetError::Container(container("people"))));
        let too_deep = target("cn=x,uid=ada,ou=people,dc=acme,dc=example");
        let Target::Entry(ada) = entry("people", Kind::User, "ada") else { panic!() };
        assert_eq!(too_deep, Err(TargetError::Below(ada)));
        let nowhere = target("cn=x,cn=ada,ou=people,dc=acme,dc=example");
        assert_eq!(nowhere, Err(TargetError::Container(container("people"))));
        let two = target("uid=ada+cn=x,ou=people,dc=acme,dc=example");
        assert_eq!(two, Err(TargetError::Container(container("people"))));
    }
}
