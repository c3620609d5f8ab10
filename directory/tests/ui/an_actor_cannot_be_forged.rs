use directory::access::Actor;

fn main() {
    let _forge = Actor::user;
}
