//! Changes of sessions that an admin asks for, with what a reply profile tells of the user.

use storage::Reading as _;
use uuid::Uuid;

use super::changes::{CHANGES, Network};
use super::*;
use crate::id::ReplyProfileId;
use crate::orders::Ordered;
use crate::records::{ReplyProfileFields, Session};

impl Network {
    /// A reply profile that names a filter, with its external id.
    fn filter(&self, text: &str) -> (ReplyProfileId, Uuid) {
        self.filters(text, 1)
    }

    /// Likewise, one that names it so often.
    fn filters(&self, text: &str, count: usize) -> (ReplyProfileId, Uuid) {
        let (acme, text) = (self.office.acme, text.to_owned());
        let made = self.office.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            let fields = ReplyProfileFields {
                name: format!("{count} of {text}"),
                filters: vec![text; count],
                ..ReplyProfileFields::default()
            };
            grant.reply_profiles().create(fields).map(|(id, profile)| (id, profile.uuid))
        });
        made.unwrap()
    }

    /// With which filter somebody's session goes on by hand, or why there is no order.
    fn by_hand(&self, login: &str, profile: Uuid) -> Result<String, String> {
        let (world, acme) = (&self.office.world, self.office.acme);
        world.directory.settle_reports().unwrap();
        let snapshot = world.directory.inner.store.read().unwrap();
        let sessions = snapshot.scan::<Session>(acme.partition(), None);
        let mut sessions = sessions.map(|found| found.unwrap().1);
        let session = sessions.find(|session| session.login == login).unwrap();
        let reading = world.directory.read(world.top()).unwrap();
        let grant = reading.authorize::<ManageConfiguration>(acme).unwrap();
        let order = grant.change_session(&world.directory, session.uuid, profile);
        match order.map_err(|error| error.to_string())?.what {
            Ordered::Change(profile) => Ok(profile.filters.join(" ")),
            Ordered::End => panic!("the session ends"),
        }
    }
}

fn says(filter: &str) -> Result<String, String> {
    Ok(filter.to_owned())
}

#[test]
fn the_group_that_is_told_by_hand_is_found_by_the_rules_of_the_client() {
    let network = Network::new(CHANGES);
    let ada = Member::User(network.office.ada);
    network.put_in(network.staff, ada);
    network.enter("ada");
    network.enter("bob");
    network.begin("nobody", None);
    let (number, profile) = network.filter("of {group}");
    assert_eq!(network.by_hand("ada", profile), says("of staff"));
    let refused = network.by_hand("bob", profile).unwrap_err();
    assert!(refused.contains("no rule of the RADIUS client"), "{refused}");
    let refused = network.by_hand("nobody", profile).unwrap_err();
    assert!(refused.contains("of no known user"), "{refused}");

    // A rule that lets in with the profile comes before others, wherever it stands.
    let vpn = network.office.group("vpn", vec![ada]);
    let rule = NetworkRule {
        name: "vpn".into(),
        when: Conditions { groups: vec![vpn], ..Conditions::default() },
        then: RuleVerdict::Accept(Some(number)),
    };
    network.edit(|fields| fields.rules.push(rule));
    assert_eq!(network.by_hand("ada", profile), says("of vpn"));
    // The groups that the client allows are those of its own profile.
    let lists = network.office.group("lists", vec![Member::User(network.office.bob)]);
    network.edit(move |fields| fields.allowed_groups = vec![lists]);
    assert_eq!(network.by_hand("bob", profile), says("of lists"));
}

#[test]
fn all_groups_are_told_that_have_room_those_that_are_named_first() {
    let network = Network::new(CHANGES);
    let ada = Member::User(network.office.ada);
    network.enter("ada");
    let (_, profile) = network.filter("{groups}");
    let refused = network.by_hand("ada", profile).unwrap_err();
    assert!(refused.contains("in none whose name"), "{refused}");
    let inner = network.office.group("inner", vec![ada]);
    network.office.group("outer", vec![Member::Group(inner)]);
    // It would be two for who takes the names apart.
    network.office.group("other;admins", vec![ada]);
    assert_eq!(network.by_hand("ada", profile), says("inner;outer"));
    let [long, longer] = ["x".repeat(128), "y".repeat(128)];
    network.office.group(&long, vec![ada]);
    network.office.group(&longer, vec![ada]);
    let named = network.office.group("last", vec![ada]);
    assert_eq!(network.by_hand("ada", profile), Ok(format!("inner;outer;{long};last")));
    network.edit(move |fields| fields.allowed_groups = vec![named]);
    assert_eq!(network.by_hand("ada", profile), Ok(format!("last;inner;outer;{long}")));
    let (_, both) = network.filter("{login} is in {groups}");
    let told = network.by_hand("ada", both).unwrap();
    assert_eq!(told, format!("ada is in last;inner;outer;{long}"));
}

#[test]
fn names_of_groups_share_what_is_left_of_a_packet_and_other_facts_have_to_fit() {
    let network = Network::new(CHANGES);
    network.enter("ada");
    let long = "a".repeat(100);
    let other = network.office.world.user(network.office.acme, &long);
    network.enter(&long);
    let members = [network.office.ada, other].map(Member::User);
    let [x, y, z] = ["x", "y", "z"].map(|letter| letter.repeat(70));
    for name in [&x, &y, &z] {
        network.office.group(name, members.to_vec());
    }
    let (_, alone) = network.filter("{groups}");
    assert_eq!(network.by_hand("ada", alone), Ok(format!("{x};{y};{z}")));
    // 148 octets for each of them.
    let (_, many) = network.filters("{groups}", 20);
    assert_eq!(network.by_hand("ada", many), Ok(vec![format!("{x};{y}"); 20].join(" ")));
    let (_, both) = network.filters("{login} {groups}", 21);
    assert!(network.by_hand("ada", both).is_ok());
    let refused = network.by_hand(&long, both).unwrap_err();
    assert!(refused.contains("no room for the name of one"), "{refused}");
    let (_, logins) = network.filters("{login}", 29);
    assert!(network.by_hand(&long, logins).is_ok());
    let (_, logins) = network.filters("{login}", 30);
    assert!(network.by_hand("ada", logins).is_ok());
    let refused = network.by_hand(&long, logins).unwrap_err();
    assert!(refused.contains("does not fit into an answer"), "{refused}");
}
