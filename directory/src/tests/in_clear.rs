//! Passwords that came in clear.

use super::authentication::reasons;
use super::world::{RIGHT, World, accepted};
use crate::authentication::{Channel, Door, Outcome, Request, Who};
use crate::records::Settings;

#[test]
fn an_organization_that_demands_tls_looks_at_no_password_that_came_in_clear() {
    let world = World::new();
    let strict = Settings { require_tls: true, ..Settings::default() };
    let (acme, globex) = (world.organization_with("acme", strict), world.organization("globex"));
    world.user(acme, "ada");
    world.user(globex, "ada");
    let attempt = |organization, text, channel| {
        let request = world.request(organization, Who::User("ada".into()), text);
        world.attempt(Request { door: Door::Ldap(channel), ..request })
    };
    for text in [RIGHT, "wrong"] {
        assert!(matches!(attempt(acme, text, Channel::Clear), Outcome::Unprotected));
        assert_eq!(reasons(&world, acme, 1), ["the connection is not encrypted"]);
    }
    // Remembered or not, a password in clear is no password.
    assert!(accepted(&attempt(acme, RIGHT, Channel::Encrypted)));
    assert!(matches!(attempt(acme, RIGHT, Channel::Clear), Outcome::Unprotected));
    assert!(accepted(&attempt(globex, RIGHT, Channel::Clear)));
    assert!(matches!(attempt(globex, "wrong", Channel::Clear), Outcome::Reject));
}
