//! However many logins fail in one organization, its events take no more of the disk than is set, in the
//! log and in files.

use std::path::Path;

use crate::harness::client::Client;
use crate::harness::demo::Demo;
use crate::harness::description::Organization;
use crate::harness::python::python;
use crate::harness::radius::Gear;
use crate::harness::random::Random;
use crate::harness::receiver::comes;
use crate::harness::server::Site;
use crate::harness::tenantry::Tenantry;

/// Verifies exports with nothing of ours.
const VERIFIER: &str = include_str!("../../docs/verify-events.py");
/// What is set, in octets.
const MOST: usize = 1 << 20;
/// Logins of half a storm. Of all of them together the log takes half as much again as is set.
const LOGINS: usize = 6_000;
/// What the log of the daemon says where events went, and files of them.
const FORGOTTEN: &str = "events were forgotten before their time: [events] size_per_organization";
const REMOVED: &str = "a file of events was removed before its time: [event_delivery]";

/// Gear asks for people of whom each has a name of their own, which says nothing to anybody, and so long
/// that it makes events large; tells the last.
fn storm(address: &str, secret: &str, random: &mut Random) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut name = || (0..120).map(|_| char::from(*random.one_of(LETTERS))).collect::<String>();
    let names: Vec<String> = (0..LOGINS).map(|_| name()).collect();
    let asked = names.iter().map(|name| {
        format!("User-Name=\"{name}\",User-Password=\"guess\",Message-Authenticator=0x00\n\n")
    });
    let gear = Client::new("radclient", "freeradius-utils")
        .args(["-q", "-p", "100", "-r", "5", "-t", "2", address, "auth", secret]);
    let said = gear.input(asked.collect::<String>()).run();
    assert_ne!(said.code, 124, "it is not over in time");
    names.last().unwrap().clone()
}

/// All events; an export is broken off where some go that it has not come to yet.
fn exported(staff: &Tenantry) -> String {
    let mut tries = (0..5).map(|_| staff.run("events export"));
    let whole = tries.find(|output| output.code == 0);
    whole.unwrap_or_else(|| panic!("no export is whole")).stdout
}

/// What is in the files of a folder, in the order of their names.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // Some may go meanwhile.
    files.into_iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

/// That what was told is a chain, by the command line and by nothing of ours.
fn is_chain(site: &Site, staff: &Tenantry, told: &str) {
    let file = site.path("told.jsonl");
    std::fs::write(&file, told).unwrap();
    let verified = staff.run(&format!("events verify {}", file.display()));
    assert_eq!(verified.code, 0, "{verified:?}");
    let verified = python(VERIFIER, [file.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn a_storm_of_rejected_logins_pushes_out_the_oldest_of_its_own_organization_alone() {
    let Some(mut demo) = Demo::own() else { return };
    let (acme, globex) = (demo.acme().clone(), demo.globex().clone());
    let key = demo.admin_api.tokens.administrator_with_billing.clone();
    demo.daemon().stop();
    let site = Site::of_demo(demo.folder()).unwrap();
    let delivered = site.path("delivered");
    let site = site
        .set("events", "segment = 1000")
        .set("events", "size_per_organization = \"1MiB\"")
        .set("event_delivery", format!("directory = {delivered:?}"))
        .set("event_delivery", "size_per_organization = \"1MiB\"")
        // Whoever comes behind the first one is too many, which costs nothing to find out.
        .set("authentication", "failures_per_source = 1");
    let server = site.serve();
    let staff = Tenantry::at(&format!("https://{}", server.admin_api), &server.ca_file, &key);
    let [own, other] = [&acme, &globex].map(|it| staff.clone().within(&it.slug));
    own.does("event-destination create --name archive --kind files --begins-with oldest");
    let [before, calm, provider] = [&own, &other, &staff].map(exported);

    let rejects = |of: &Organization, login: &str| {
        let gear = Gear::new(&server.radius_auth, &of.gear().secret);
        assert!(gear.login(login, "guess").is("Access-Reject"));
    };
    let mut random = Random::new(0x57a7);
    let mut storms = || storm(&server.radius_auth, &acme.gear().secret, &mut random);
    rejects(&acme, "first");
    storms();
    rejects(&globex, "in the middle");
    let last = storms();
    let log = || server.daemon.log();
    assert!(comes(|| log().contains(FORGOTTEN)), "{}", log());
    assert!(comes(|| exported(&own).contains(&last)), "the last one is not told");

    let kept = exported(&own);
    let oldest = before.lines().next().unwrap();
    assert!(!kept.contains(oldest), "{oldest}");
    assert!(kept.len() > MOST, "more went than had to: {}", kept.len());
    is_chain(&site, &own, &kept);
    let calm_now = exported(&other);
    assert!(calm_now.starts_with(&calm) && calm_now.contains("in the middle"), "{calm_now}");
    is_chain(&site, &other, &calm_now);
    assert!(exported(&staff).starts_with(&provider), "the provider's are there");

    let archive = delivered.join(&acme.id);
    assert!(comes(|| files(&archive).concat().contains(&last)), "the last one is in no file");
    let archived = files(&archive);
    let octets: usize = archived.iter().map(String::len).sum();
    assert!((MOST / 2..=MOST).contains(&octets) && archived.len() > 8, "{octets}");
    is_chain(&site, &own, &archived.concat());
    let (log, whose) = (log(), [(FORGOTTEN, &acme.slug), (REMOVED, &acme.id)]);
    for (warning, whose) in whose {
        let mut lines = log.lines().filter(|line| line.contains(warning)).peekable();
        assert!(lines.peek().is_some(), "{warning}: {log}");
        assert!(lines.all(|line| line.contains("WARN") && line.contains(whose)), "{log}");
    }
}
