use directory::access::Actor;
use directory::{OrganizationId, UserId};

fn forge(organization: OrganizationId, user: UserId) -> Actor {
    Actor::user(organization, user)
}

fn main() {}
