//! Cookies in the form that OpenLDAP's consumers keep: the number of the replica, and a change
//! sequence number, which is a time with counters.
//!
//! A cookie is the place of a commit in the change log: the time at which it was made, the last 24
//! bits of the commit's number, and a tag of all of it, which holds after a restart as well. The number
//! counts what all organizations write, so it is hidden behind a mask, which is another one for each
//! time, caller and search; cookies ascend by their times. One that
//! is forged, or was made for another search or for somebody else, is none, and neither is one of a
//! commit that the store does not know, because it was put back: everything is told anew.

use directory::Error;
use directory::search::SearchGrant;
use jiff::Timestamp;
use ldap::control::sync::SyncRequest;

/// Replicas have numbers below.
const REPLICAS: u32 = 1_000;
/// The longest cookie that is read.
const LONGEST: usize = 256;
/// The length of a change sequence number: `20260102030405.678901Z#aaaaaa#000#bbbbbb`.
const LENGTH: usize = 40;
/// The part of it that says when: to the millisecond.
const TIME: usize = 18;
/// So many numbers a cookie tells apart.
const NUMBERS: u64 = 1 << 24;

/// What a copy is of: the search, and how entries are named in it.
type Asked<'a> = (&'a SyncRequest, &'a str);

/// What a client says of how far its copy is up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cookie {
    /// The number that the client has given to the replica.
    pub(super) replica: u32,
    pub(super) csn: Option<String>,
}

impl Cookie {
    /// Reads a cookie; whether it is one of ours, [`commit`](Self::commit) says.
    pub(super) fn read(sync: &SyncRequest) -> Self {
        let Some(octets) = sync.cookie.as_deref().filter(|octets| octets.len() <= LONGEST) else {
            return Self::default();
        };
        let text = std::str::from_utf8(octets).unwrap_or_default();
        let field = |name| text.split(',').find_map(|field: &str| field.strip_prefix(name));
        let replica = field("rid=").and_then(|number| number.parse().ok());
        let replica = replica.filter(|number| *number < REPLICAS).unwrap_or_default();
        let csn = field("csn=").and_then(|all| all.split(';').next());
        Self { replica, csn: csn.filter(|csn| csn.len() == LENGTH).map(str::to_owned) }
    }

    /// The commit that the cookie stands for; `None` when it is none of ours.
    ///
    /// # Errors
    /// When the caller is gone.
    pub(super) fn commit(
        &self,
        grant: &SearchGrant<'_, '_>,
        asked: Asked<'_>,
    ) -> Result<Option<u64>, Error> {
        let (Some(csn), Some((time, masked))) = (&self.csn, self.place()) else { return Ok(None) };
        let (last, parts) = (grant.sequence(), parts_of(asked, time));
        for mask in grant.masks(&parts)? {
            let low = hidden(mask, masked);
            // The last commit with these bits, as none of ours lies ahead.
            let commit = last.saturating_sub(last.wrapping_sub(low) % NUMBERS);
            let tags = grant.tags(commit, &parts)?;
            if tags.iter().any(|tag| made((*tag, mask), (time, commit)) == *csn) {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    /// The time that the cookie says, and the last bits of its commit's number behind their mask.
    pub(super) fn place(&self) -> Option<(&str, u64)> {
        let csn = self.csn.as_ref()?;
        let masked = u64::from_str_radix(csn.split('#').nth(1)?, 16).ok()?;
        Some((csn.get(..TIME)?, masked))
    }

    /// The cookie of a copy that is up to date as far as a commit; `now` in milliseconds.
    ///
    /// # Errors
    /// When the caller is gone.
    pub(super) fn at(
        &self,
        grant: &SearchGrant<'_, '_>,
        asked: Asked<'_>,
        (commit, now): (u64, u64),
    ) -> Result<Vec<u8>, Error> {
        let now = Timestamp::from_millisecond(i64::try_from(now).unwrap_or(i64::MAX));
        let time = now.unwrap_or_default().strftime("%Y%m%d%H%M%S.%3f").to_string();
        let parts = parts_of(asked, &time);
        let mask = grant.masks(&parts)?.first().copied().unwrap_or_default();
        let csn = made((grant.tag(commit, &parts)?, mask), (&time, commit));
        Ok(self.written(&csn))
    }

    /// A cookie for the same replica.
    pub(super) fn written(&self, csn: &str) -> Vec<u8> {
        format!("rid={:03},csn={csn}", self.replica).into_bytes()
    }
}

/// What a tag is made of, beside the commit and the caller.
fn parts_of<'a>((sync, names): Asked<'a>, time: &'a str) -> [&'a [u8]; 3] {
    [&sync.search, names.as_bytes(), time.as_bytes()]
}

/// The change sequence number of a commit with this tag and this mask.
pub(super) fn made((tag, mask): ([u8; 32], [u8; 32]), (time, commit): (&str, u64)) -> String {
    let [a, b, c, d, e, ..] = tag;
    let (thousandths, masked) = (u16::from_be_bytes([a, b]) % 1_000, hidden(mask, commit));
    format!("{time}{thousandths:03}Z#{masked:06x}#000#{c:02x}{d:02x}{e:02x}")
}

/// The last bits of a number behind a mask, or in front of it again.
pub(super) fn hidden(mask: [u8; 32], number: u64) -> u64 {
    let [a, b, c, ..] = mask;
    (number ^ u64::from(u32::from_be_bytes([0, a, b, c]))) % NUMBERS
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::panic::catch_unwind;
    use std::path::Path;

    use super::super::fuzzed;
    use super::*;

    fn read(cookie: &'static [u8]) -> Cookie {
        let (cookie, search) = (Some(cookie.into()), b"search"[..].into());
        let reload = ldap::control::sync::Reload::Everything;
        Cookie::read(&SyncRequest { persist: false, cookie, reload, search })
    }

    #[test]
    fn cookies_are_read_as_openldap_writes_them() {
        let csn = "20260102030405.678901Z#0000ff#000#abcdef";
        let known = |replica| Cookie { replica, csn: Some(csn.to_owned()) };
        assert_eq!(read(b"rid=007,csn=20260102030405.678901Z#0000ff#000#abcdef"), known(7));
        let several = b"rid=007,sid=001,csn=20260102030405.678901Z#0000ff#000#abcdef;2026";
        assert_eq!(read(several), known(7));
        assert_eq!(read(b"csn=20260102030405.678901Z#0000ff#000#abcdef"), known(0));
    }

    #[test]
    fn a_number_is_hidden_by_its_mask_and_found_by_it_again() {
        let time = "20260102030405.678";
        let csn = |mask| made(([1; 32], [mask; 32]), (time, 0x0123_4567));
        assert_eq!(csn(0), "20260102030405.678257Z#234567#000#010101");
        assert_eq!(csn(0xff), "20260102030405.678257Z#dcba98#000#010101");
        assert_eq!(hidden([0xff; 32], 0x00dc_ba98), 0x0023_4567);
    }

    #[test]
    fn what_is_no_cookie_says_nothing() {
        let nothing = |replica| Cookie { replica, csn: None };
        assert_eq!(read(b"rid=001"), nothing(1));
        assert_eq!(read(b"rid=1000,csn=2026"), nothing(0));
        for odd in [&b""[..], b"\xff", b"csn=", b",,,", b"csn=\xc3\xa4#"] {
            assert_eq!(read(odd), nothing(0));
        }
        assert_eq!(read(&[b'a'; LONGEST + 1]), nothing(0));
    }

    #[test]
    fn cookies_survive_the_corpus() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/cookies");
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let read: Vec<bool> = files
            .map(|file| {
                let octets = fs::read(&file).unwrap();
                let run = catch_unwind(|| fuzzed::run(&octets));
                run.unwrap_or_else(|_| panic!("{}", file.display()))
            })
            .collect();
        let (all, count) = (read.len(), read.iter().filter(|it| **it).count());
        assert!(all > 15 && (5..all - 5).contains(&count), "{count} of {all}");
    }
}
