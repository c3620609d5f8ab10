//! Cookies of clients that keep a copy. The tests of the crate call it with what is in the corpus.

use ldap::control::sync::{Reload, SyncRequest};

use super::cookie::{Cookie, hidden, made};

/// The length of a change sequence number.
const LENGTH: usize = 40;

/// The first three octets are a mask, the rest a cookie. Tells whether it says a place in the change log.
///
/// # Panics
/// When a cookie says something else where it is written anew, or one of ours is not read as it was made.
pub(crate) fn run(octets: &[u8]) -> bool {
    let Some((first, said)) = octets.split_first_chunk::<3>() else { return false };
    let cookie = read(said);
    assert!(cookie.replica < 1_000, "a replica of more than three digits");
    let Some(csn) = &cookie.csn else { return false };
    assert_eq!(csn.len(), LENGTH);
    assert_eq!(read(&cookie.written(csn)), cookie);
    // A time is what stands before the first of these signs in all of ours.
    let Some((time, masked)) = cookie.place().filter(|(time, _)| !time.contains('#')) else {
        return false;
    };
    let mut mask = [0; 32];
    mask[..3].copy_from_slice(first);
    let commit = hidden(mask, masked);
    let ours = made(([7; 32], mask), (time, commit));
    assert_eq!(ours.len(), LENGTH);
    let again = read(&cookie.written(&ours));
    assert_eq!((again.replica, again.csn.as_deref()), (cookie.replica, Some(&ours[..])));
    assert_eq!(again.place(), Some((time, hidden(mask, commit))));
    assert_eq!(again.place().map(|(_, masked)| hidden(mask, masked)), Some(commit));
    true
}

fn read(octets: &[u8]) -> Cookie {
    let (cookie, search) = (Some(octets.to_vec().into()), b"search"[..].into());
    Cookie::read(&SyncRequest { persist: false, cookie, reload: Reload::Everything, search })
}
