//! Values that are the same by the rule of their attribute.

use storage::Reading;

use super::super::world::{World, refusal};
use super::{define, fields, give, schema, texts};
use crate::access::ManageIdentities;
use crate::error::Error;
use crate::id::RecordId;
use crate::records::{Syntax, User, Values};

#[test]
fn rfc4517_4_2_9_addresses_that_are_the_same_line_by_line_are_one_value() {
    let world = World::new();
    let acme = world.organization("acme");
    define(&world, acme, fields("postalAddress", Syntax::Text)).unwrap();
    define(&world, acme, fields("motto", Syntax::Text)).unwrap();
    for (one, other) in [
        ("12 High St.$Leeds", "12 HIGH st.$leeds"),
        ("12 High St.$Leeds", " 12  High St. $ Leeds "),
        ("C:\\x$Leeds", "C:\\5Cx$Leeds"),
    ] {
        let values = texts(&[one, "elsewhere", other]);
        match give(&world, acme, "ada", "postalAddress", values) {
            Err(Error::Invalid(invalid)) => {
                assert_eq!(invalid.pointer, "/custom/postalAddress", "{one}, {other}");
                assert_eq!(invalid.message, "has the same value twice", "{one}, {other}");
            }
            taken => panic!("{one}, {other}: {taken:?}"),
        }
    }
    // A sign that is like `$` parts no lines, though by the rule of other texts it is the same.
    let others = ["12 High St.$Leeds", "12 High St.\u{ff04}Leeds", "12 High St., Leeds"];
    give(&world, acme, "ada", "postalAddress", texts(&others)).unwrap();
    assert_eq!(
        refusal(give(&world, acme, "bob", "motto", texts(&others))),
        "has the same value twice"
    );
    give(&world, acme, "bob", "motto", texts(&["a$b", "a $ b"])).unwrap();
    world.assert_sound();
}

#[test]
fn values_of_before_are_judged_when_others_take_their_place() {
    let world = World::new();
    let acme = world.organization("acme");
    define(&world, acme, fields("postalAddress", Syntax::Text)).unwrap();
    let ada = give(&world, acme, "ada", "postalAddress", texts(&["Leeds$UK"])).unwrap();
    let number = schema(&world, acme).named("postalAddress").unwrap().number;
    // As an earlier version took them.
    let written = world.directory.inner.store.write(move |change| {
        let mut record: User = change.get(acme.partition(), ada.record())?.unwrap();
        record.fields.custom.set(number, texts(&["Leeds$UK", "leeds $ uk"]));
        change.put(acme.partition(), ada.record(), &record)?;
        Ok::<_, Error>(())
    });
    written.unwrap();
    let update = |title: &'static str, values: Option<Values>| {
        world.change(move |change| {
            let mut grant = change.authorize::<ManageIdentities>(acme)?;
            grant.users().update(ada, None, |user| {
                user.fields.title = Some(title.to_owned());
                if let Some(values) = values {
                    user.fields.custom.set(number, values);
                }
                Ok(())
            })
        })
    };
    update("Countess", None).unwrap();
    let others = texts(&["York$UK", "york $ uk"]);
    assert_eq!(refusal(update("Countess", Some(others))), "has the same value twice");
    update("Countess", Some(texts(&["York$UK", "Leeds$UK"]))).unwrap();
}
