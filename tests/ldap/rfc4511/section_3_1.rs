//! Section 3.1: operations may be under way at the same time.

use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn ninety_pipelined_requests_are_all_answered_by_their_ids() {
    let demo = Demo::shared();
    let account = &demo.acme().service_account;
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let ids = 2..92;
    let requests: Vec<u8> = ids
        .clone()
        .flat_map(|id| raw::search(id, &demo.acme().base, 2, raw::equal("uid", "ada")))
        .collect();
    raw.send(&requests);
    let mut answered = Vec::new();
    let mut entries = 0;
    while answered.len() < ids.clone().count() {
        let message = raw.receive().unwrap();
        match message.operation {
            0x64 => entries += 1,
            operation => {
                assert_eq!((operation, message.code()), (0x65, 0));
                answered.push(message.id);
            }
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, ids.collect::<Vec<_>>());
    assert_eq!(entries, answered.len());
}

#[test]
fn what_follows_a_bind_in_the_pipeline_is_done_as_whom_it_bound() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::to(&demo);
    let who = |id| raw::extended(id, raw::WHO_AM_I);
    raw.send(&[who(1), raw::bind(2, &ada.dn, &ada.password), who(3)].concat());
    let answers = [raw.receive(), raw.receive(), raw.receive()].map(Option::unwrap);
    assert_eq!(answers.each_ref().map(|answer| answer.id), [1, 2, 3]);
    let names_ada = |content: &[u8]| content.ends_with(ada.dn.as_bytes());
    assert_eq!(answers.each_ref().map(|answer| names_ada(&answer.content)), [false, false, true]);
}
