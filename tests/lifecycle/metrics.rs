//! The numbers for monitoring: who may ask, and in what form they are told.

use serde_json::json;

use crate::harness::client::Client;
use crate::harness::demo::Demo;
use crate::harness::radius::Gear;
use crate::harness::receiver::comes;
use crate::harness::server::{Server, Site, free_tcp};

/// A daemon over what a demonstration has left, and where it tells numbers.
struct Monitored {
    address: String,
    server: Server,
    demo: Demo,
    _site: Site,
}

/// Starts one; none, and said so, where the tests are pointed at a daemon that is not theirs.
fn monitored() -> Option<Monitored> {
    let mut demo = Demo::own()?;
    demo.daemon().stop();
    let address = free_tcp();
    let site = Site::of_demo(demo.folder())?;
    let delivered = format!("directory = {:?}", site.path("delivered"));
    let site = site.set("event_delivery", delivered);
    let site = site.set("metrics", format!("listen = [{address:?}]"));
    let server = site.serve();
    Some(Monitored { address, server, demo, _site: site })
}

impl Monitored {
    /// What curl gets, and the status with the kind of content.
    fn curl<const N: usize>(&self, options: [&str; N], path: &str) -> (String, String) {
        let url = format!("http://{}{path}", self.address);
        let output = Client::new("curl", "curl")
            .args(["-sS", "-m", "20", "-w", "\n%{http_code} %{content_type}"])
            .args(options)
            .arg(url)
            .run();
        let (body, status) = output.stdout.rsplit_once('\n').unwrap();
        (body.to_owned(), status.to_owned())
    }

    /// All numbers.
    fn page(&self) -> Page {
        let (page, status) = self.curl([], "/metrics");
        assert_eq!(status, "200 text/plain; version=0.0.4; charset=utf-8");
        Page(page)
    }
}

/// Numbers as they are told.
struct Page(String);

impl Page {
    /// The value of a series, which is written with its labels.
    fn value(&self, series: &str) -> f64 {
        let values = self.0.lines().filter_map(|line| line.rsplit_once(' '));
        let mut found = values.filter(|(name, _)| *name == series);
        let (_, value) = found.next().unwrap_or_else(|| panic!("no {series} in {}", self.0));
        assert!(found.next().is_none(), "{series} is there twice");
        value.parse().unwrap()
    }
}

/// What series grew by while something was done.
fn grown(monitored: &Monitored, series: &[&str], deed: impl FnOnce()) -> Vec<f64> {
    let before = monitored.page();
    deed();
    let after = monitored.page();
    series.iter().map(|one| after.value(one) - before.value(one)).collect()
}

/// Reads a page by the library that Prometheus' own project has for Python, and prints how many families
/// it found.
const READER: &str = "
import sys
if sys.argv[1] == 'openmetrics':
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
else:
    from prometheus_client.parser import text_string_to_metric_families as read
families = list(read(sys.stdin.read()))
names = [family.name for family in families]
assert len(names) == len(set(names)), names
for family in families:
    assert family.name.startswith('tenantry_'), family
    assert family.documentation.endswith('.'), family
    assert family.type in ('counter', 'gauge', 'histogram', 'info'), family
print(len(families))
";

/// How many families a reader that is not ours finds on a page.
fn families(form: &str, page: &str) -> usize {
    let output =
        Client::new("/usr/bin/python3", "python3").args(["-c", READER, form]).input(page).run();
    let missing = output.stderr.contains("No module named 'prometheus_client'");
    assert!(!missing, "it is missing: apt-get install python3-prometheus-client");
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout.trim().parse().unwrap()
}

#[test]
fn the_numbers_are_read_by_prometheus_own_library_in_both_forms() {
    let Some(monitored) = monitored() else { return };
    let page = monitored.page();
    let accept = "Accept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.5";
    let (open, status) = monitored.curl(["-H", accept], "/metrics");
    assert_eq!(status, "200 application/openmetrics-text; version=1.0.0; charset=utf-8");
    let found = families("openmetrics", &open);
    assert!(found > 4, "{open}");
    assert_eq!(families("prometheus", &page.0), found);
    assert_eq!(page.value("tenantry_connections_limit{door=\"metrics\"}"), 16.0);
    assert_eq!(page.value("tenantry_connections{door=\"metrics\"}"), 1.0);
    assert!(page.value("tenantry_process_start_time_seconds") > 1_577_836_800.0);
}

#[test]
fn there_are_the_numbers_and_nothing_else_and_a_long_head_is_refused() {
    let Some(monitored) = monitored() else { return };
    for path in ["/", "/metrics/", "/v1/health", "/Metrics"] {
        let (body, status) = monitored.curl([], path);
        assert_eq!((body.as_str(), status.trim()), ("", "404"), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let (_, status) = monitored.curl(["-X", method], "/metrics");
        assert_eq!(status.trim(), "404", "{method}");
    }
    let long = format!("X-Long: {}", "x".repeat(20 << 10));
    // Who still sends may find the connection closed instead of the answer.
    let (_, status) = monitored.curl(["-H", &long], "/metrics");
    assert!(["431", "000"].contains(&status.trim()), "{status}");
}

#[test]
fn open_connections_are_told_while_they_are_open() {
    let Some(monitored) = monitored() else { return };
    let open = "tenantry_connections{door=\"ldap\"}";
    assert_eq!(monitored.page().value(open), 0.0);
    let held = std::net::TcpStream::connect(&monitored.server.ldap).unwrap();
    let told = |count: f64| {
        let is_told = || monitored.page().value(open) == count;
        assert!(comes(is_told), "{count} are not told");
    };
    told(1.0);
    drop(held);
    told(0.0);
    let ada = monitored.demo.acme().user("ada");
    let who = monitored.server.ldaps().as_user(ada).who_am_i();
    assert_eq!(who.code, 0, "{who:?}");
}

#[test]
fn radius_requests_are_counted_by_what_they_came_to() {
    let Some(monitored) = monitored() else { return };
    let (server, acme) = (&monitored.server, monitored.demo.acme());
    let (ada, secret) = (acme.user("ada"), &acme.gear().secret);
    let gear = Gear::new(&server.radius_auth, secret);
    let series = [
        "tenantry_radius_requests_total{kind=\"access\",outcome=\"accept\"}",
        "tenantry_radius_requests_total{kind=\"access\",outcome=\"reject\"}",
        "tenantry_radius_requests_total{kind=\"status\",outcome=\"answered\"}",
        "tenantry_radius_requests_total{kind=\"accounting\",outcome=\"recorded\"}",
        "tenantry_radius_dropped_total{reason=\"not_authentic\"}",
        "tenantry_radius_replies_total{code=\"access_accept\"}",
        "tenantry_radius_replies_total{code=\"access_reject\"}",
        "tenantry_radius_replies_total{code=\"accounting_response\"}",
    ];
    let moved = grown(&monitored, &series, || {
        for _ in 0..3 {
            assert!(gear.login(&ada.login, &ada.password).is("Access-Accept"));
        }
        assert!(gear.login(&ada.login, "not so").is("Access-Reject"));
        // Without a credential nobody is asked.
        let asked = format!("User-Name=\"{}\",Message-Authenticator=0x00", ada.login);
        assert!(gear.ask("auth", &asked).is("Access-Reject"));
        assert!(gear.ask("status", "Message-Authenticator=0x00").is("Access-Accept"));
        let session = "Acct-Status-Type=Start,Acct-Session-Id=\"counted\",User-Name=\"ada\"";
        let bookkeeper = Gear::new(&server.radius_acct, secret);
        assert!(bookkeeper.ask("acct", session).is("Accounting-Response"));
        let stranger = Gear::new(&server.radius_auth, "another secret").with(["-t", "1"]);
        assert!(stranger.login(&ada.login, &ada.password).kind.is_none());
    });
    assert_eq!(moved, [3.0, 2.0, 1.0, 1.0, 1.0, 4.0, 2.0, 1.0]);
}

#[test]
fn ldap_operations_are_counted_by_what_they_came_to() {
    let Some(monitored) = monitored() else { return };
    let (server, acme) = (&monitored.server, monitored.demo.acme());
    let (ada, service) = (acme.user("ada"), &acme.service_account);
    let series = [
        "tenantry_ldap_operations_total{operation=\"bind\",result=\"success\"}",
        "tenantry_ldap_operations_total{operation=\"bind\",result=\"invalid_credentials\"}",
        "tenantry_ldap_operations_total{operation=\"who_am_i\",result=\"success\"}",
        "tenantry_ldap_operations_total{operation=\"search\",result=\"success\"}",
        "tenantry_ldap_operations_total{operation=\"search\",result=\"not_found\"}",
        "tenantry_ldap_operations_total{operation=\"compare\",result=\"success\"}",
        "tenantry_ldap_turned_away_total",
    ];
    let moved = grown(&monitored, &series, || {
        let (own, found) = (server.ldaps().as_user(ada), server.ldaps().as_service(service));
        assert_eq!(own.who_am_i().code, 0);
        assert_eq!(server.ldaps().bound(&ada.dn, "not so").who_am_i().code, 49);
        found.search(&acme.base, "sub", "(uid=ada)", &["uid"]).only();
        let nowhere = format!("ou=nowhere,{}", acme.base);
        assert_eq!(found.search(&nowhere, "sub", "(uid=ada)", &["uid"]).output.code, 32);
        assert_eq!(own.compare(&ada.dn, "uid:ada").code, 6);
        // A name with no password proves nothing, and nobody is asked about it.
        assert_ne!(server.ldaps().bound(&ada.dn, "").who_am_i().code, 0);
    });
    // OpenLDAP's tools bind each time.
    assert_eq!(moved, [4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
}

#[test]
fn what_is_hashed_remembered_and_written_is_counted() {
    let Some(monitored) = monitored() else { return };
    let (server, demo) = (&monitored.server, &monitored.demo);
    let ada = demo.acme().user("ada");
    let series = [
        "tenantry_verified_passwords_total{outcome=\"miss\"}",
        "tenantry_verified_passwords_total{outcome=\"hit\"}",
        "tenantry_hashing_refused_total{limit=\"all\"}",
        "tenantry_store_failed_commits_total",
        "tenantry_events_dropped_total",
        "tenantry_events_failing",
        "tenantry_events_unsealed_segments",
    ];
    let growing = ["tenantry_store_changes_total", "tenantry_events_written_total"];
    let before = monitored.page();
    let moved = grown(&monitored, &series, || {
        for _ in 0..3 {
            assert_eq!(server.ldaps().as_user(ada).who_am_i().code, 0);
        }
        let group = json!({"name": "counted"});
        let path = format!("/v1/organizations/{}/groups", demo.acme().id);
        let api = server.api().key(&demo.admin_api.tokens.administrator_with_billing);
        assert_eq!(api.post(&path, &group).status, 201);
    });
    assert_eq!(moved, [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    // What is told of logins is written a moment later.
    let written = || {
        let now = monitored.page();
        growing.iter().all(|series| now.value(series) > before.value(series))
    };
    assert!(comes(written), "nothing is written");
    let now = monitored.page();
    let commits = now.value("tenantry_store_commit_seconds_count");
    assert!(commits >= 1.0 && commits <= now.value("tenantry_store_changes_total"));
    assert_eq!(now.value("tenantry_store_commit_seconds_bucket{le=\"+Inf\"}"), commits);
    assert!(now.value("tenantry_store_commit_seconds_sum") > 0.0);
    assert!(now.value("tenantry_store_change_seconds_count") >= 1.0);
    assert!(now.value("tenantry_store_change_seconds_sum") > 0.0);
    let file = demo.folder().join("demo/data/tenantry.redb");
    let is_told = || {
        let told = monitored.page().value("tenantry_store_size_bytes");
        told == std::fs::metadata(&file).unwrap().len() as f64
    };
    assert!(comes(is_told), "the size of the file is not told");
    assert!(now.value("tenantry_hashing_threads") >= 1.0);
}

#[test]
fn answers_of_the_admin_api_are_counted_by_their_status() {
    let Some(monitored) = monitored() else { return };
    let (server, demo) = (&monitored.server, &monitored.demo);
    let series = [
        "tenantry_http_requests_total{door=\"admin_api\",status=\"2xx\"}",
        "tenantry_http_requests_total{door=\"admin_api\",status=\"4xx\"}",
        "tenantry_http_requests_total{door=\"admin_api\",status=\"5xx\"}",
        "tenantry_http_requests_total{door=\"devices\",status=\"2xx\"}",
        "tenantry_http_request_duration_seconds_count{door=\"admin_api\"}",
    ];
    let moved = grown(&monitored, &series, || {
        let top = server.api().key(&demo.admin_api.tokens.administrator_with_billing);
        assert_eq!(top.get("/v1/me").status, 200);
        assert_eq!(top.get("/v1/organizations").status, 200);
        assert_eq!(top.get("/v1/no-such-thing").status, 404);
        assert_eq!(server.api().get("/v1/me").status, 401);
    });
    assert_eq!(moved, [2.0, 2.0, 0.0, 0.0, 4.0]);
}

#[test]
fn what_is_delivered_and_done_in_the_background_is_told() {
    let Some(monitored) = monitored() else { return };
    let (server, demo) = (&monitored.server, &monitored.demo);
    let top = server.api().key(&demo.admin_api.tokens.administrator_with_billing);
    let place = format!("/v1/organizations/{}", demo.acme().id);
    let before = monitored.page();
    let destination = json!({"name": "archive", "kind": "files"});
    assert_eq!(top.post(&format!("{place}/event-destinations"), &destination).status, 201);
    assert_eq!(top.post(&format!("{place}/groups"), &json!({"name": "told"})).status, 201);
    let is_grown = |series: &str| monitored.page().value(series) > before.value(series);
    for series in [
        "tenantry_event_deliveries_total{kind=\"files\",outcome=\"done\"}",
        "tenantry_events_delivered_total{kind=\"files\"}",
        "tenantry_event_destinations",
    ] {
        assert!(comes(|| is_grown(series)), "{series} does not grow");
    }
    let page = monitored.page();
    assert_eq!(page.value("tenantry_event_destinations_failing"), 0.0);
    assert_eq!(page.value("tenantry_event_dead_letters"), 0.0);
    let started = page.value("tenantry_process_start_time_seconds");
    for task in ["imports", "reports", "radius_clients", "housekeeping"] {
        let series = format!("tenantry_task_last_success_timestamp_seconds{{task=\"{task}\"}}");
        let is_done = || {
            let page = monitored.page();
            page.0.contains(&series) && page.value(&series) >= started.floor()
        };
        assert!(comes(is_done), "{task} is not done");
    }
}
