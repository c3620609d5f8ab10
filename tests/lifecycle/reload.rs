//! SIGHUP.

use nix::sys::signal::Signal;

use crate::harness::ldap::Ldap;
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;

const RELOADED: &str = "READY=1";

#[test]
fn sighup_shows_the_new_certificate_to_new_connections_and_keeps_the_old_ones() {
    let Some(site) = Site::new() else { return };
    let mut server = site.serve();
    let old = site.path("old.pem");
    std::fs::copy(&server.ca_file, &old).unwrap();
    let mut before = Raw::connect(&server.ldaps).secure(&server.ca_file).unwrap();
    site.renew_certificate();
    server.daemon.signal(Signal::SIGHUP);
    assert!(server.daemon.hears(RELOADED));
    assert_eq!(server.ldaps().who_am_i().code, 0);
    assert_eq!(server.start_tls().who_am_i().code, 0);
    assert_ne!(server.api().get("/v1/health").status, 0);
    let with_the_old = Ldap::at(format!("ldaps://{}", server.ldaps), old.to_str().unwrap(), false);
    assert_ne!(with_the_old.who_am_i().code, 0);
    before.send(&raw::extended(1, raw::WHO_AM_I));
    assert_eq!(before.receive().unwrap().code(), 0);
}

#[test]
fn a_certificate_that_cannot_be_used_leaves_the_old_one_in_force() {
    let Some(site) = Site::new() else { return };
    let mut server = site.serve();
    server.daemon.expects("not reloaded");
    let ca_file = site.path("ca.pem");
    std::fs::copy(&server.ca_file, &ca_file).unwrap();
    std::fs::write(site.path("tls.pem"), "no certificate").unwrap();
    server.daemon.signal(Signal::SIGHUP);
    assert!(server.daemon.hears(RELOADED));
    let client = Ldap::at(format!("ldaps://{}", server.ldaps), ca_file.to_str().unwrap(), false);
    assert_eq!(client.who_am_i().code, 0);
}
