//! RFC 4532: "Who am I?".

use crate::harness::demo::Demo;

#[test]
fn strangers_are_nobody() {
    let demo = Demo::shared();
    let who = demo.ldap().who_am_i();
    assert_eq!((who.code, who.stdout.trim()), (0, "anonymous"), "{who:?}");
}

#[test]
fn whoever_bound_is_told_by_the_name_of_the_entry() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let who = demo.ldap().bound(&ada.dn.to_uppercase(), &ada.password).who_am_i();
    assert_eq!((who.code, who.stdout.trim()), (0, format!("dn:{}", ada.dn).as_str()), "{who:?}");
}
