//! What people know somebody or something by, which they have to be able to read.

use storage::Reading;

use super::world::{World, fields, new_organization, refusal, user};
use crate::access::{ManageAdmins, ManageIdentities, ManageOrganizations, Role};
use crate::error::Error;
use crate::id::RecordId;
use crate::records::{AdminScope, DeviceFields, GroupFields, Settings, User, UserFields};

const UNSEEN: &str = "must have at least one visible character";
const TURNED: &str = "must not contain controls of the writing direction";

#[test]
fn nobody_and_nothing_is_called_what_people_cannot_read_as_it_is_written() {
    let world = World::new();
    let acme = world.organization("acme");
    for (label, why) in [("\u{3164}\u{200b}", UNSEEN), ("Ada \u{202e}ecalevoL", TURNED)] {
        let called = label.to_owned();
        let person = UserFields { display_name: called.clone(), ..user("bob") };
        let made = world.people(acme, move |users| users.create(person, None));
        assert_eq!(refusal(made), why);
        let team = GroupFields { name: called.clone(), ..GroupFields::default() };
        let made = world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.groups().create(team).map(drop)
        });
        assert_eq!(refusal(made), why);
        let machine = DeviceFields { name: called.clone(), ..DeviceFields::default() };
        let made = world.change(move |change| {
            change.authorize::<ManageIdentities>(acme)?.devices().create(machine).map(drop)
        });
        assert_eq!(refusal(made), why);
        let mut admin = fields("chief", Role::ReadOnly, AdminScope::None);
        admin.display_name.clone_from(&called);
        let secret = world.password("a long enough secret");
        let made = world.change(move |change| {
            change.authorize_provider::<ManageAdmins>()?.admins().create(admin, secret).map(drop)
        });
        assert_eq!(refusal(made), why);
        let mut new = new_organization("other", "dc=other", Settings::default());
        new.fields.name.clone_from(&called);
        let made = world.change(move |change| {
            let mut grant = change.authorize_provider::<ManageOrganizations>()?;
            grant.organizations().create(new).map(drop)
        });
        assert_eq!(refusal(made), why);
        let renamed = world.change(move |change| {
            let mut grant = change.authorize::<ManageOrganizations>(acme)?;
            grant.own()?.update(None, |fields| {
                fields.name = called;
                Ok(())
            })
        });
        assert_eq!(refusal(renamed), why);
    }
}

#[test]
fn a_display_name_of_before_stays_until_it_is_changed() {
    let world = World::new();
    let acme = world.organization("acme");
    let ada = world.user(acme, "ada");
    let written = world.directory.inner.store.write(move |change| {
        let found = change.get::<User>(acme.partition(), ada.record())?;
        let mut user = found.ok_or(Error::Missing)?;
        user.fields.display_name = "\u{200b}".into();
        change.put(acme.partition(), ada.record(), &user)?;
        Ok::<_, Error>(())
    });
    written.unwrap();
    let update = |edit: fn(&mut UserFields)| {
        world.people(acme, move |users| {
            users.update(ada, None, |user| {
                edit(&mut user.fields);
                Ok(())
            })
        })
    };
    update(|it| it.title = Some("Countess".into())).unwrap();
    assert_eq!(refusal(update(|it| it.display_name = "\u{feff}".into())), UNSEEN);
    update(|it| it.display_name = "Ada".into()).unwrap();
    world.assert_sound();
}
