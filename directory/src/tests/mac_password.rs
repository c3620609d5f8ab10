//! A password that gear gives for all devices, in the place of their addresses.

use super::world::{RIGHT, World, password, refusal};
use crate::access::{ManageConfiguration, View};
use crate::authentication::{Door, Outcome, Proof, Request, Who};
use crate::error::Error;
use crate::events::Action;
use crate::id::{OrganizationId, RadiusClientId, RecordId};
use crate::network::{Circumstances, MacAddress, NetworkMethod};
use crate::records::{RadiusClient, RadiusClientFields, ReplyProfileFields, kinds};

const COMMON: &str = "things and printers";

/// Gear that lets devices in that nobody knows.
struct Office {
    world: World,
    acme: OrganizationId,
    client: RadiusClientId,
}

impl Office {
    fn new() -> Self {
        let world = World::new();
        let acme = world.organization("acme");
        let made = world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            let profile =
                ReplyProfileFields { name: "things".into(), ..ReplyProfileFields::default() };
            let (profile, _) = grant.reply_profiles().create(profile)?;
            let fields = RadiusClientFields {
                name: "switch".into(),
                sources: vec!["192.0.2.0/24".parse().unwrap()],
                mac_authentication: true,
                unknown_device_profile: Some(profile),
                ..RadiusClientFields::default()
            };
            grant.radius_clients().create(fields, "0123456789abcdef").map(|(id, _)| id)
        });
        Self { client: made.unwrap(), world, acme }
    }

    fn set(&self, password: Option<&'static str>) -> Result<RadiusClient, Error> {
        let (acme, client) = (self.acme, self.client);
        self.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().set_mac_password(client, password)
        })
    }

    fn let_devices_in(&self, by_address: bool) {
        let (acme, client) = (self.acme, self.client);
        let changed = self.world.change(move |change| {
            let mut grant = change.authorize::<ManageConfiguration>(acme)?;
            grant.radius_clients().update(client, None, |client| {
                client.fields.mac_authentication = by_address;
                Ok(())
            })
        });
        changed.unwrap();
    }

    /// Whether a device gets in by a proof; `named` where the gear gives its address for the name.
    fn lets_in(&self, named: bool, proof: Proof) -> bool {
        let address = MacAddress::read(b"00-10-a4-23-19-c0").unwrap();
        let by = Circumstances {
            named: named.then_some(address),
            calling: Some(address),
            ..Circumstances::of(NetworkMethod::Pap)
        };
        let who = Who::User(address.to_string());
        let request = self.world.request(self.acme, who, RIGHT);
        let door = Door::Radius(self.client, by);
        matches!(self.world.attempt(Request { door, proof, ..request }), Outcome::Accept { .. })
    }

    fn by(&self, text: &str) -> bool {
        self.lets_in(true, Proof::Password(password(text)))
    }

    /// As by CHAP.
    fn by_answer(&self, text: &'static str) -> bool {
        self.lets_in(true, Proof::Challenge(Box::new(move |clear| clear == text.as_bytes())))
    }

    fn kept(&self) -> Option<Vec<u8>> {
        let snapshot = self.world.directory.inner.store.read().unwrap();
        let (partition, kind) = (self.acme.partition(), kinds::MAC_PASSWORD);
        let kept = storage::Reading::secret(&snapshot, partition, kind, self.client.record());
        kept.unwrap().map(|kept| kept.expose().to_vec())
    }
}

#[test]
fn it_proves_devices_by_itself_and_in_an_answer_and_nobody_else() {
    let office = Office::new();
    assert!(!office.by(COMMON) && !office.by_answer(COMMON));
    office.set(Some(COMMON)).unwrap();
    assert!(office.by(COMMON) && office.by_answer(COMMON));
    assert!(!office.by("things and printer") && !office.by_answer("things"));
    assert!(!office.lets_in(false, Proof::Password(password(COMMON))), "no device is named");
    office.set(None).unwrap();
    assert!(!office.by(COMMON) && !office.by_answer(COMMON));
    office.world.assert_sound();
}

#[test]
fn it_is_told_where_it_is_another_and_goes_with_the_consent_and_the_client() {
    let office = Office::new();
    let revision = office.set(Some(COMMON)).unwrap().stamp.revision;
    let told = office.world.events(office.acme.into(), 1).remove(0);
    let difference = &told.differences[0];
    assert_eq!((told.action, difference.field.as_str()), (Action::Changed, "mac_password"));
    assert_eq!((&difference.before, difference.after.as_deref()), (&None, Some("\"(secret)\"")));
    assert_eq!(office.set(Some(COMMON)).unwrap().stamp.revision, revision, "it is no other");
    let reading = office.world.directory.read(office.world.top()).unwrap();
    let clients = reading.authorize::<View>(office.acme).unwrap().radius_clients();
    let uuid = clients.read(office.client).unwrap().uuid;
    assert!(clients.has_mac_password(uuid).unwrap());
    for refused in [Some(""), Some(LONG)] {
        assert!(refusal(office.set(refused)).contains("1 to 128"));
    }
    office.let_devices_in(false);
    assert_eq!(office.kept(), None);
    let told = office.world.events(office.acme.into(), 1).remove(0);
    let difference = &told.differences[0];
    assert_eq!((told.action, difference.field.as_str()), (Action::Changed, "mac_password"));
    assert_eq!((difference.before.as_deref(), &difference.after), (Some("\"(secret)\""), &None));
    assert!(refusal(office.set(Some(COMMON))).contains("mac_authentication"));
    office.let_devices_in(true);
    assert!(!office.by(COMMON));
    office.set(Some(COMMON)).unwrap();
    let (acme, client) = (office.acme, office.client);
    let deleted = office.world.change(move |change| {
        change.authorize::<ManageConfiguration>(acme)?.radius_clients().delete(client, None)
    });
    deleted.unwrap();
    assert_eq!(office.kept(), None);
    office.world.assert_sound();
}

/// More than fits into a request.
const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123\
                    01234567890123456789012345678901234567890123456789012345678901234";
