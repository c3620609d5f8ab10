//! An organization made at random, and how each entry of it is to look to an application.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::devices::Device;
use super::judge::Entry;
use super::name::{self, Name};
use super::views::{Caller, View};
use crate::harness::office::{Office, id_of};
use crate::harness::random::Random;
use crate::harness::ssh_keys::SSH_KEYS;

/// Values of one of the organization's own attributes.
#[derive(Debug, Clone)]
enum Own {
    Values(Vec<Vec<u8>>),
    Refers(Vec<Ref>),
}

/// A user or a group, by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ref {
    User(usize),
    Group(usize),
}

#[derive(Debug)]
pub(super) struct One {
    /// What the admin API shows of it.
    told: Value,
    own: Vec<(&'static str, Own)>,
}

/// The organization.
#[derive(Debug)]
pub(super) struct World {
    pub(super) office: Office,
    /// What the organization is called.
    title: String,
    pub(super) users: Vec<One>,
    pub(super) groups: Vec<One>,
    pub(super) devices: Vec<Device>,
    /// The direct members of each group; those groups that are, stand behind it.
    members: Vec<Vec<Ref>>,
    services: Vec<Value>,
    suspended: usize,
    /// The application that asks: its name, and its password.
    dn: String,
    password: String,
}

/// The password of the user who asks.
const PASSWORD: &str = "a long word of theirs";

const LOGINS: [&str; 7] = ["ada", "Bob", "cyd", "dan", "eve", "fay", "gus@elsewhere.example"];
const GROUPS: [&str; 5] = ["staff", "Crew", "R & D, east", "board", "inner"];
/// Which attributes the organization has, by their syntaxes.
const OWN: [(&str, &str, bool); 9] = [
    ("costCenter", "text", true),
    ("badgeCode", "exact_text", false),
    ("payLevel", "integer", true),
    ("worksRemotely", "boolean", false),
    ("hiredAt", "time", false),
    ("cardToken", "octets", false),
    ("departmentNumber", "text", true),
    ("manager", "reference", false),
    ("mentor", "reference", true),
];

impl World {
    /// Makes an organization of a few users, and so many more.
    pub(super) fn new(random: &mut Random, more: usize) -> Self {
        let office = Office::new();
        for (name, syntax, multiple) in OWN {
            let indexed = syntax == "reference" || (syntax != "octets" && random.below(2) == 0);
            let fields =
                json!({"name": name, "syntax": syntax, "multiple": multiple, "indexed": indexed});
            office.make("custom-attributes", &fields);
        }
        let count = 4 + random.below(LOGINS.len() - 3) + more;
        let login = |at: usize| match LOGINS.get(at) {
            Some(login) => (*login).to_owned(),
            None => format!("u{at}"),
        };
        let users: Vec<One> = (0..count).map(|at| hire(&office, random, &login(at), at)).collect();
        let count = 3 + random.below(GROUPS.len() - 2);
        let groups: Vec<One> =
            GROUPS[..count].iter().map(|name| found(&office, random, name)).collect();
        let account = office.make("service-accounts", &json!({"name": "reader"}));
        let other = json!({"name": "Other", "description": "Some words"});
        let other = office.make("service-accounts", &other);
        let text = |field: &str| account[field].as_str().unwrap().to_owned();
        let suspended = random.below(users.len());
        let shown = office.top.send("GET", &format!("/v1/organizations/{}", office.id), None);
        let mut world = Self {
            title: shown.json()["name"].as_str().unwrap().to_owned(),
            users,
            members: Vec::new(),
            groups,
            devices: Vec::new(),
            suspended,
            dn: text("dn"),
            password: text("password"),
            services: vec![account, other],
            office,
        };
        world.join(random);
        world.refer(random);
        world.equip(random);
        let suspend = format!("users/{}/suspend", id_of(&world.users[suspended].told));
        world.office.act("POST", &suspend, None);
        let user = world.path(Ref::User(world.asking()));
        let password = json!({"password": PASSWORD});
        world.office.act("PUT", &format!("{user}/password"), Some(&password));
        world
    }

    /// The user who asks where one does.
    fn asking(&self) -> usize {
        (self.suspended + 1) % self.users.len()
    }

    /// The base that is asked under.
    pub(super) fn base(&self, view: View) -> String {
        match view.alias {
            Some((kind, _)) => format!("{kind}={},dc=moved,dc=example", self.office.slug),
            None => self.office.base.clone(),
        }
    }

    /// The subschema of the base that is asked under.
    pub(super) fn subschema(&self, view: View) -> String {
        match view.alias {
            Some(_) => format!("cn=subschema,{}", self.base(view)),
            None => "cn=subschema".to_owned(),
        }
    }

    /// Who asks: the name, in the tree that is shown, and the password.
    pub(super) fn who(&self, view: View) -> (String, &str) {
        let base = name::parse(&self.base(view)).unwrap();
        if view.caller.is_user() {
            let name = self.name(view, &base, Ref::User(self.asking()));
            return (name::spell(&name), PASSWORD);
        }
        let dn = match view.alias {
            Some(_) => {
                let name = super::places::name(view, &base, super::places::SERVICE, "reader");
                name::spell(&name)
            }
            None => self.dn.clone(),
        };
        (dn, &self.password)
    }

    /// Names of entries under the own base where another one is asked under: there, and here.
    pub(super) fn elsewhere(&self, view: View) -> Vec<(Name, Name)> {
        if view.alias.is_none() {
            return Vec::new();
        }
        let (home, here) = (name::parse(&self.office.base), name::parse(&self.base(view)));
        let (home, here) = (home.unwrap(), here.unwrap());
        let names = |who| (self.name(view.at_home(), &home, who), self.name(view, &here, who));
        self.all().map(names).collect()
    }

    /// Names of users, groups and devices that the caller does not see.
    pub(super) fn hidden(&self, view: View) -> Vec<Name> {
        let base = name::parse(&self.base(view)).unwrap();
        let hidden = self.all().filter(|who| !self.sees(view, *who));
        let hidden = hidden.map(|who| self.name(view, &base, who));
        hidden.chain(self.hidden_devices(view, &base)).collect()
    }

    /// Every user and every group.
    fn all(&self) -> impl Iterator<Item = Ref> + use<> {
        let users = (0..self.users.len()).map(Ref::User);
        users.chain((0..self.groups.len()).map(Ref::Group))
    }

    /// Puts users and groups into groups.
    fn join(&mut self, random: &mut Random) {
        for at in 0..self.groups.len() {
            let users = (0..self.users.len()).map(Ref::User).filter(|_| random.below(3) == 0);
            let mut members: Vec<Ref> = users.collect();
            let nested = (at + 1..self.groups.len()).map(Ref::Group);
            members.extend(nested.filter(|_| random.below(2) == 0));
            let ids = |of_kind: fn(&Ref) -> bool| {
                let these = members.iter().filter(|member| of_kind(member));
                these.map(|member| self.id(*member)).collect::<Vec<_>>()
            };
            let (users, groups) =
                (ids(|it| matches!(it, Ref::User(_))), ids(|it| matches!(it, Ref::Group(_))));
            let change = json!({"add": {"users": users, "groups": groups}});
            let group = self.id(Ref::Group(at));
            self.office.act("PATCH", &format!("groups/{group}/members"), Some(&change));
            self.members.push(members);
        }
    }

    /// Lets users and groups name each other.
    fn refer(&mut self, random: &mut Random) {
        let all: Vec<Ref> = self.all().collect();
        for who in all.clone() {
            if random.below(4) == 0 {
                continue;
            }
            let manager = *random.one_of(&all);
            let mut mentors = vec![*random.one_of(&all), *random.one_of(&all)];
            mentors.dedup();
            let told = |named: Ref| match named {
                Ref::User(at) => json!({"user": self.users[at].told["login"]}),
                Ref::Group(at) => json!({"group": self.groups[at].told["name"]}),
            };
            let custom = json!({"manager": told(manager),
                "mentor": mentors.iter().map(|named| told(*named)).collect::<Vec<_>>()});
            self.office.act("PATCH", &self.path(who), Some(&json!({"custom": custom})));
            let one = match who {
                Ref::User(at) => &mut self.users[at],
                Ref::Group(at) => &mut self.groups[at],
            };
            one.own.push(("manager", Own::Refers(vec![manager])));
            one.own.push(("mentor", Own::Refers(mentors)));
        }
    }

    fn one(&self, who: Ref) -> &One {
        match who {
            Ref::User(at) => &self.users[at],
            Ref::Group(at) => &self.groups[at],
        }
    }

    pub(super) fn id(&self, who: Ref) -> String {
        id_of(&self.one(who).told)
    }

    fn path(&self, who: Ref) -> String {
        let kind = if matches!(who, Ref::User(_)) { "users" } else { "groups" };
        format!("{kind}/{}", self.id(who))
    }

    /// Shows the organization so from here on, and reads again what the admin API tells.
    pub(super) fn look(&mut self, view: View) {
        self.office.lay_out(view.layout);
        let alias = |(_, layout): (&str, &str)| json!({"base": self.base(view), "layout": layout});
        let aliases: Vec<Value> = view.alias.map(alias).into_iter().collect();
        self.office.act("PUT", "aliases", Some(&json!({"aliases": aliases})));
        self.office.set(&json!({"users_see_people": view.caller != Caller::Oneself}));
        let some = json!({"groups": [self.id(Ref::Group(0))]});
        let narrow = view.caller == Caller::Narrow;
        let visibility = if narrow { some } else { json!("everything") };
        let fields = json!({"profile": view.profile, "visibility": visibility});
        for place in 0..self.services.len() {
            let path = format!("service-accounts/{}", id_of(&self.services[place]));
            if place == 0 {
                self.office.act("PATCH", &path, Some(&fields));
            }
            self.services[place] = self.office.read(&path);
        }
        for at in 0..self.users.len() {
            self.users[at].told = self.office.read(&self.path(Ref::User(at)));
        }
        for at in 0..self.groups.len() {
            self.groups[at].told = self.office.read(&self.path(Ref::Group(at)));
        }
    }

    /// A group and whatever is in it, by way of nested groups as well.
    fn below(&self, group: usize) -> Vec<Ref> {
        let mut found = self.members[group].clone();
        for member in &self.members[group] {
            if let Ref::Group(nested) = member {
                found.extend(self.below(*nested));
            }
        }
        found
    }

    pub(super) fn sees(&self, view: View, who: Ref) -> bool {
        match view.caller {
            Caller::Application | Caller::User => true,
            Caller::Narrow => who == Ref::Group(0) || self.below(0).contains(&who),
            Caller::Oneself => who == Ref::User(self.asking()),
        }
    }

    /// Every entry that the caller sees.
    pub(super) fn entries(&self, view: View) -> Vec<Entry> {
        let base = name::parse(&self.base(view)).unwrap();
        let mut entries = super::places::of(view, &base, &self.title);
        let seen = self.all().filter(|who| self.sees(view, *who));
        entries.extend(seen.map(|who| self.entry(view, &base, who)));
        let services = match view.caller {
            Caller::Application => 2,
            Caller::Narrow => 1,
            Caller::User | Caller::Oneself => 0,
        };
        let services = self.services.iter().take(services);
        entries.extend(services.map(|told| service(view, &base, told)));
        entries.extend(self.device_entries(view, &base));
        super::places::put_subordinates(&mut entries);
        let subschema = self.subschema(view).into_bytes();
        for entry in &mut entries {
            entry.shown.push(("subschemaSubentry".to_owned(), vec![subschema.clone()]));
        }
        entries
    }

    pub(super) fn name(&self, view: View, base: &Name, who: Ref) -> Name {
        let (field, kind) = match who {
            Ref::User(_) => ("login", super::places::USER),
            Ref::Group(_) => ("name", super::places::GROUP),
        };
        super::places::name(view, base, kind, self.one(who).told[field].as_str().unwrap())
    }

    fn entry(&self, view: View, base: &Name, who: Ref) -> Entry {
        let named = |who: &Ref| name::spell(&self.name(view, base, *who)).into_bytes();
        let name = self.name(view, base, who);
        let mut shown = match who {
            Ref::User(at) => {
                super::places::user(view, base, &self.users[at].told, at == self.suspended)
            }
            Ref::Group(at) => super::places::group(view, base, &self.groups[at].told),
        };
        let seen = |who: &&Ref| self.sees(view, **who);
        let mut nested = Vec::new();
        if let Ref::Group(at) = who {
            let (direct, below) = (&self.members[at], self.below(at));
            for kind in view.members {
                if *kind == "memberUid" {
                    let users = below.iter().filter(seen).filter_map(|who| match who {
                        Ref::User(at) => Some(octets(&self.users[*at].told["login"])),
                        Ref::Group(_) => None,
                    });
                    shown.push(((*kind).to_owned(), once_each(users)));
                } else {
                    shown.push((
                        (*kind).to_owned(),
                        once_each(direct.iter().filter(seen).map(named)),
                    ));
                    nested.push((
                        (*kind).to_owned(),
                        once_each(below.iter().filter(seen).map(named)),
                    ));
                }
            }
        }
        let groups = (0..self.groups.len()).filter(|at| self.below(*at).contains(&who));
        let groups: Vec<Ref> = groups.map(Ref::Group).collect();
        // Who sees nobody else is told the own groups all the same.
        let told = |group: &&Ref| view.caller == Caller::Oneself || seen(group);
        shown.push(("memberOf".to_owned(), once_each(groups.iter().filter(told).map(named))));
        let before = shown.len();
        for (attribute, own) in &self.one(who).own {
            let values = match own {
                Own::Values(values) => values.clone(),
                Own::Refers(them) => once_each(them.iter().filter(seen).map(named)),
            };
            shown.push(((*attribute).to_owned(), values));
        }
        let classes = shown[before..].iter().any(|(_, values)| !values.is_empty());
        super::places::finish(view, name, (shown, nested), classes)
    }
}

fn once_each(values: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = values.collect();
    values.sort();
    values.dedup();
    values
}

fn octets(told: &Value) -> Vec<u8> {
    told.as_str().unwrap().as_bytes().to_vec()
}

fn service(view: View, base: &Name, told: &Value) -> Entry {
    let name =
        super::places::name(view, base, super::places::SERVICE, told["name"].as_str().unwrap());
    let shown = super::places::service(view, base, told);
    super::places::finish(view, name, (shown, Vec::new()), false)
}

/// Makes a user who has this and that.
fn hire(office: &Office, random: &mut Random, login: &str, at: usize) -> One {
    let mut fields = json!({
        "login": login,
        "display_name": random.one_of(&["Ada Lovelace", "ada", "Bob B", "x-ray", "Zoe"]),
        "surname": random.one_of(&["Lovelace", "Byron", "x"]),
        "uid_number": 5_000 + at,
        "mail": [format!("{}{at}@Mail.example", random.one_of(&["a", "B"]))],
    });
    let all = fields.as_object_mut().unwrap();
    for (field, values) in [
        ("given_name", ["Ada", "augusta"]),
        ("phone", ["+44 20-7946 0018", "+44 20 79460018"]),
        ("mobile", ["+1 23", "555-0100"]),
        ("title", ["Countess", "Gräfin Weiß"]),
        ("description", ["Some words", "other WORDS"]),
        ("employee_number", ["007", "E-1"]),
        ("login_shell", ["/bin/Bash", "/bin/sh"]),
    ] {
        if random.below(2) == 0 {
            all.insert(field.to_owned(), json!(random.one_of(&values)));
        }
    }
    if random.below(2) == 0 {
        let [one, two] = SSH_KEYS;
        all.insert("ssh_keys".to_owned(), json!([format!("{one} one"), format!("{two} two")]));
    }
    if at % 3 == 1 {
        all.insert("expires".to_owned(), json!("2099-01-01T00:00:00Z"));
    }
    let (custom, own) = own_values(random);
    all.insert("custom".to_owned(), custom);
    One { told: office.make("users", &fields), own }
}

fn found(office: &Office, random: &mut Random, name: &str) -> One {
    let (custom, own) = own_values(random);
    let mut fields = json!({"name": name, "custom": custom});
    if random.below(2) == 0 {
        fields["description"] = json!("Some words");
    }
    One { told: office.make("groups", &fields), own }
}

/// Values of some of the organization's own attributes: as the admin API takes them, and as they travel.
fn own_values(random: &mut Random) -> (Value, Vec<(&'static str, Own)>) {
    let (mut told, mut own) = (Map::new(), Vec::new());
    let mut add = |name: &'static str, value: Value, values: &[&[u8]]| {
        told.insert(name.to_owned(), value);
        own.push((name, Own::Values(values.iter().map(|value| value.to_vec()).collect())));
    };
    let mut has = || random.below(3) == 0;
    if has() {
        add("costCenter", json!(["Attic", "R & D"]), &[b"Attic", b"R & D"]);
    }
    if has() {
        add("badgeCode", json!("aB1"), &[b"aB1"]);
    }
    if has() {
        add("payLevel", json!([-7, 512]), &[b"-7", b"512"]);
    }
    if has() {
        let so = has();
        add("worksRemotely", json!(so), &[if so { &b"TRUE"[..] } else { &b"FALSE"[..] }]);
    }
    if has() {
        add("hiredAt", json!("2020-02-29T00:00:00Z"), &[b"20200229000000Z"]);
    }
    if has() {
        add("cardToken", json!(STANDARD.encode([0, 255])), &[&[0, 255]]);
    }
    if has() {
        add("departmentNumber", json!(["7", "attic"]), &[b"7", b"attic"]);
    }
    (Value::Object(told), own)
}
