//! Messages that are longer than a packet.

use serde_json::json;

use crate::harness::office::Office;

const PASSWORD: &str = "correct horse battery";

#[test]
fn pieces_go_both_ways_and_ours_are_as_small_as_the_gear_says() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for version in ["1.2", "1.3"] {
        let peer = office.ttls(&gear, "auth=PAP", "ada", PASSWORD).tls(version);
        let rounds =
            |verdict: &crate::harness::eapol::Verdict| verdict.count("Sending RADIUS message");
        let whole = rounds(&peer.gets_in());
        for (mtu, size) in [(104, 100), (200, 200), (504, 500), (1_400, 1_400)] {
            let small = peer.clone().set("fragment_size", &size.to_string());
            let verdict = small.with([&*format!("-N12:d:{mtu}")]).gets_in();
            assert!(mtu == 1_400 || rounds(&verdict) > whole, "{mtu}");
            let longest = packets(&verdict.output.stdout).max().unwrap();
            assert!(longest <= mtu - 4, "{longest} octets for {mtu}");
        }
    }
}

/// The lengths of the packets that came from the server.
fn packets(output: &str) -> impl Iterator<Item = usize> {
    let lines = output.lines().filter(|line| line.starts_with("decapsulated EAP packet"));
    lines.filter_map(|line| line.split("len=").nth(1)?.split(')').next()?.parse().ok())
}
