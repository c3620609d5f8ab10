//! Users' keys for SSH, and imports of them.

use storage::Reading;

use super::world::{World, refusal, user};
use crate::access::ManageIdentities;
use crate::error::Error;
use crate::id::RecordId;
use crate::records::{User, UserFields};

/// Nobody has the private half.
pub(super) const SSH_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAJu435aOINkIwk3Q3fL6ek9UkyjbwbGFmawBJeE9CbK";

#[test]
fn new_keys_for_ssh_are_whole_and_those_of_before_stay_until_they_are_changed() {
    let world = World::new();
    let acme = world.organization("acme");
    let make = |login: &str, keys: &[&str]| {
        let ssh_keys = keys.iter().map(ToString::to_string).collect();
        let fields = UserFields { ssh_keys, ..user(login) };
        world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().create(fields, None).map(|(id, _)| id)
        })
    };
    let pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU";
    for (wrong, why) in [
        ("ssh-ed25519 AAAA ada", "is no whole key of its type"),
        ("anything", "must be a public key"),
        ("-----BEGIN EC PRIVATE KEY-----", "is a private key"),
        (pem, "is a private key"),
    ] {
        let Err(Error::Invalid(invalid)) = make("ada", &[SSH_KEY, wrong]) else {
            panic!("{wrong} was taken")
        };
        assert_eq!(invalid.pointer, "/ssh_keys/1", "{wrong}");
        assert!(invalid.message.starts_with(why), "{}", invalid.message);
        assert!(!invalid.message.contains("AAAA"), "{}", invalid.message);
    }
    let ada = make("ada", &[SSH_KEY]).unwrap();
    // What an older version took.
    let old = "ssh-ed25519 AAAA of old";
    let done = world.directory.inner.store.write(move |change| {
        let found: Option<User> = change.get(acme.partition(), ada.record())?;
        let mut record = found.ok_or(Error::Missing)?;
        record.fields.ssh_keys = vec![old.into()];
        change.put(acme.partition(), ada.record(), &record)?;
        Ok::<_, Error>(())
    });
    done.unwrap();
    let update = |keys: Option<Vec<String>>| {
        world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().update(ada, None, |user| {
                user.fields.title = Some("Countess".into());
                user.fields.ssh_keys = keys.unwrap_or_else(|| user.fields.ssh_keys.clone());
                Ok(())
            })
        })
    };
    update(None).unwrap();
    assert_eq!(update(Some(vec![SSH_KEY.into(), old.into()])).unwrap().fields.ssh_keys.len(), 2);
    update(Some(vec![SSH_KEY.into()])).unwrap();
    assert!(refusal(update(Some(vec![old.into()]))).starts_with("is no whole key"));
    let told = format!("{:?}", world.events(acme.into(), 50));
    assert!(!told.contains("PRIVATE") && !told.contains("b3BlbnNz"), "{told}");
}
