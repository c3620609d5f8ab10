//! Telephone numbers compare without spaces and hyphens, in stores made before they did as well.

use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Index, Kind as RecordKind, Reading, Record};
use uuid::Uuid;

use super::search::{account, found};
use super::world::{World, user};
use crate::access::{Context, ManageIdentities};
use crate::id::{OrganizationId, RecordId, UserId};
use crate::records::{Stamp, User, UserFields, UserState, Visibility, indices, kinds};
use crate::search::{Attribute, EntryId, Filter};
use crate::text::prepare;

/// A user's record as version 1 wrote it.
#[derive(Serialize, Deserialize)]
struct OldUser {
    uuid: Uuid,
    state: UserState,
    stamp: Stamp,
    login: String,
    display_name: String,
    surname: String,
    given_name: Option<String>,
    mail: Vec<String>,
    phone: Option<String>,
    mobile: Option<String>,
    title: Option<String>,
    description: Option<String>,
    employee_number: Option<String>,
    uid_number: Option<u32>,
    gid_number: Option<u32>,
    home_directory: Option<String>,
    login_shell: Option<String>,
    ssh_keys: Vec<String>,
}

impl Record for OldUser {
    const KIND: RecordKind = kinds::USER;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        let mut add = |index: u16, value: &[u8]| entries.add(Index(index), value);
        add(101, self.uuid.as_bytes());
        add(109, &self.stamp.modified.0.to_be_bytes());
        add(100, prepare(&self.login).as_bytes());
        add(102, prepare(&self.display_name).as_bytes());
        add(104, prepare(&self.surname).as_bytes());
        self.phone.iter().for_each(|phone| add(106, prepare(phone).as_bytes()));
        self.uid_number.iter().for_each(|number| add(108, &u64::from(*number).to_be_bytes()));
    }
}

impl From<User> for OldUser {
    fn from(user: User) -> Self {
        let User { uuid, state, stamp, fields, .. } = user;
        Self {
            uuid,
            state,
            stamp,
            login: fields.login,
            display_name: fields.display_name,
            surname: fields.surname,
            given_name: fields.given_name,
            mail: fields.mail,
            phone: fields.phone,
            mobile: fields.mobile,
            title: fields.title,
            description: fields.description,
            employee_number: fields.employee_number,
            uid_number: fields.uid_number,
            gid_number: fields.gid_number,
            home_directory: fields.home_directory,
            login_shell: fields.login_shell,
            ssh_keys: fields.ssh_keys,
        }
    }
}

fn called(world: &World, organization: OrganizationId, login: &str, phone: &str) -> UserId {
    let fields =
        UserFields { phone: Some(phone.into()), mobile: Some(format!("{phone}-9")), ..user(login) };
    let made = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        grant.users().create(fields, None).map(|(id, _)| id)
    });
    made.unwrap()
}

/// Puts a user back to what version 1 left in the store.
fn age(world: &World, organization: OrganizationId, user: UserId) {
    let (partition, id) = (organization.partition(), user.record());
    let done = world.directory.inner.store.write(move |change| {
        let record = change.get::<User>(partition, id)?.unwrap();
        change.delete::<User>(partition, id)?;
        change.put(partition, id, &OldUser::from(record))?;
        Ok::<_, crate::error::Error>(())
    });
    done.unwrap();
}

fn reader(world: &World, organization: OrganizationId) -> Context {
    world.by(account(world, organization, "app", Visibility::Everything))
}

/// How many entries an index has.
fn entries(world: &World, organization: OrganizationId, index: Index) -> usize {
    let snapshot = world.directory.inner.store.read().unwrap();
    let ids: Vec<Id> = snapshot
        .prefix(organization.partition(), index, b"")
        .ids()
        .collect::<Result<_, _>>()
        .unwrap();
    ids.len()
}

#[test]
fn a_number_is_found_however_it_is_spelled() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = called(&world, acme, "ada", "+49 (30) 1234-56");
    called(&world, acme, "bob", "+49 30 777");
    let caller = reader(&world, acme);
    let is = |filter| found(&world, caller, acme, filter) == [EntryId::User(ada)];
    for spelled in
        ["+49(30)123456", "+49-(30)-12-34-56", " +49 (30) 1234 56 ", "+49\u{a0}(30)1234\u{2010}56"]
    {
        assert!(is(Filter::equal(Attribute::Phone, spelled)), "{spelled}");
        assert!(is(Filter::equal(Attribute::Mobile, &format!("{spelled}-9"))), "{spelled}");
    }
    for (initial, any, last) in [
        (Some("+49-(3 0"), &[][..], None),
        (None, &["3-4"][..], None),
        (None, &[][..], Some("4 5 6")),
        (Some("+4"), &["(3", "0)", "-2-"][..], Some("6-")),
    ] {
        assert!(is(Filter::pieces(Attribute::Phone, initial, any, last)), "{any:?}");
    }
    assert!(!is(Filter::equal(Attribute::Phone, "+493012345")));
    assert!(!is(Filter::pieces(Attribute::Phone, None, &["456", "3"], None)));
}

#[test]
fn a_store_made_before_answers_alike_once_it_is_opened() {
    let world = World::new();
    let (acme, beta) = (world.organization("acme"), world.organization("beta"));
    let ada = called(&world, acme, "ada", "+49 30 1234-56");
    let bob = called(&world, acme, "bob", "+49 30 1234-57");
    let far = called(&world, beta, "ada", "+49 30 1234-56");
    age(&world, acme, ada);
    age(&world, acme, bob);
    age(&world, beta, far);
    world.assert_sound();
    assert_eq!(entries(&world, acme, indices::USER_SPELLED_PHONE), 2);
    // One is changed by somebody before the rest is.
    let changed = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().update(bob, None, |user| {
            user.fields.phone = Some("+49 30 99".into());
            Ok(())
        })?;
        Ok(())
    });
    changed.unwrap();
    world.assert_sound();
    world.prepare_anew();
    world.assert_sound();
    for organization in [acme, beta] {
        assert_eq!(entries(&world, organization, indices::USER_SPELLED_PHONE), 0);
    }
    assert_eq!(entries(&world, acme, indices::USER_PHONE), 2);
    let caller = reader(&world, acme);
    let asked = |number| found(&world, caller, acme, Filter::equal(Attribute::Phone, number));
    assert_eq!(asked("+493012 3456"), [EntryId::User(ada)]);
    assert_eq!(asked("+493099"), [EntryId::User(bob)]);
    assert_eq!(asked("+4930123457"), []);
    world.prepare_anew();
    world.assert_sound();
}

#[test]
fn what_no_comparison_takes_is_undefined_and_not_written() {
    let private = "ada\u{e000}";
    for attribute in [Attribute::Login, Attribute::HomeDirectory, Attribute::Phone] {
        assert_eq!(Filter::equal(attribute, private), Filter::Undefined);
        assert_eq!(Filter::at_least(attribute, private), Filter::Undefined);
        let pieces = Filter::pieces(attribute, Some("a"), &[private], None);
        assert_eq!(pieces, Filter::Undefined);
    }
    let world = World::new();
    let acme = world.organization("acme");
    let fields = UserFields { title: Some(private.into()), ..user("ada") };
    let refused = world.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(acme)?;
        grant.users().create(fields, None).map(drop)
    });
    assert!(super::world::refusal(refused).contains("private"));
}
