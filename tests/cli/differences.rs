//! What differs between a file and an organization, and what does not.

use super::apply::desk;
use crate::harness::authority::Authority;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

/// Applies a file; says what differed.
fn applied(tenantry: &Tenantry, text: &str) -> String {
    let applied = tenantry.hear("apply -f - --yes", text);
    assert_eq!(applied.code, 0, "{text}: {applied:?}");
    let again = tenantry.hear("apply -f - --yes --prune", text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{text}: {again:?}");
    applied.stdout
}

/// Has a file differ in each of some pieces from what is there, and be applied.
fn differs(tenantry: &Tenantry, text: &str, pieces: &[(&str, &str, &str)]) {
    for (piece, other, line) in pieces {
        applied(tenantry, text);
        let changed = text.replace(piece, other);
        assert_ne!(changed, text, "{piece}");
        let told = applied(tenantry, &changed);
        assert!(told.contains(line), "{piece}: {told}");
    }
}

#[test]
fn what_is_taken_out_of_a_file_is_taken_out_where_the_api_replaces_the_whole() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = format!(
        "groups: [{{name: staff}}]\n\
         security_policies:\n\
         - {{name: base, precedence: 1, settings: {{screen_lock: {{delay: 300, required: false}}}}}}\n\
         reply_profiles: [{{name: wifi, vlan: '30'}}]\n\
         radius_clients:\n\
         - name: gate\n\
         \x20 sources: [{}]\n\
         \x20 orders: {{suspended: disconnect, port: 4000}}\n\
         \x20 rules:\n\
         \x20 - {{name: office, groups: [Staff], ssids: [Office], verdict: accept, reply_profile: WIFI}}\n\
         event_destinations:\n\
         - {{name: siem, kind: syslog, paused: true, filter: {{actions: [created], success: true}}, \
         syslog: {{host: siem.example, server_name: logs.example}}}}\n",
        office.address
    );
    let rules = "    rules: [{";
    let pieces = [
        (" groups: [Staff],", "", rules),
        (" ssids: [Office],", "", rules),
        (", reply_profile: WIFI", "", rules),
        (", port: 4000", "", "    orders: {"),
        (", success: true", "", "    filter: {"),
        (", server_name: logs.example", "", "    syslog: {"),
        (", required: false", "", "    settings: {"),
    ];
    differs(&tenantry, &text, &pieces);
    applied(&tenantry, &text.replace(" groups: [Staff],", "").replace(", port: 4000", ""));
    let gate = tenantry.shows("radius show gate");
    assert_eq!(gate["rules"][0]["groups"], serde_json::json!([]), "{gate}");
    assert_eq!(gate["orders"]["port"], 3799, "{gate}");
    let exported = tenantry.does("export");
    assert_eq!(applied(&tenantry, &exported), "", "an export is what is there");
}

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK2qYneeLVZhcDXt82mvua+Rvx6gcCfugZ5gxY28g3tj";

#[test]
fn the_order_and_the_letters_case_of_texts_are_differences_where_they_mean_something() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = format!(
        "custom_attributes: [{{name: team, syntax: text}}]\n\
         users:\n\
         - {{login: ada, display_name: Ada, surname: L, mail: [a@x.example, b@x.example], \
         ssh_keys: ['{KEY} Ada'], custom: {{team: Red}}}}\n\
         reply_profiles: [{{name: wifi, filters: [In, Out], classes: [One, Two]}}]\n\
         radius_clients:\n\
         - {{name: gate, sources: [{}], rules: [{{name: office, ssids: [Staff], verdict: accept}}]}}\n",
        office.address
    );
    let pieces = [
        ("[a@x.example, b@x.example]", "[b@x.example, a@x.example]", "    mail: [\"a@x.example\","),
        ("[In, Out]", "[Out, In]", "    filters: [\"In\",\"Out\"] -> [\"Out\",\"In\"]\n"),
        ("[In, Out]", "[in, Out]", "    filters: [\"In\",\"Out\"] -> [\"in\",\"Out\"]\n"),
        ("[One, Two]", "[Two, One]", "    classes: "),
        ("[One, Two]", "[one, Two]", "    classes: "),
        ("ssids: [Staff]", "ssids: [staff]", "    rules: [{"),
        (" Ada']", " ada']", "    ssh_keys: "),
        ("team: Red", "team: red", "    custom: {\"team\":\"Red\"} -> {\"team\":\"red\"}\n"),
    ];
    differs(&tenantry, &text, &pieces);
    applied(&tenantry, &text.replace("[a@x.example, b@x.example]", "[b@x.example, a@x.example]"));
    assert_eq!(tenantry.shows("user show ada")["mail"][0], "b@x.example", "the main one");
}

#[test]
fn what_the_server_writes_in_its_own_way_is_no_difference() {
    let office = Office::new();
    let tenantry = desk(&office);
    let slug = &office.slug;
    let text = format!(
        "presentation: {{aliases: [{{base: 'O={slug}, dc=Old', layout: jumpcloud}}]}}\n\
         settings: {{eap_methods: [tls, ttls]}}\n\
         custom_attributes:\n\
         - {{name: chief, syntax: reference}}\n\
         - {{name: crew, syntax: reference, multiple: true}}\n\
         - {{name: badges, syntax: integer, multiple: true}}\n\
         users: [{{login: bob, display_name: Bob, surname: B, custom: {{Badges: 7}}}}]\n\
         groups:\n\
         - {{name: Staff, custom: {{chief: BOB}}}}\n\
         - {{name: all, custom: {{crew: [staff, {{user: Bob}}]}}}}\n\
         devices: [{{name: printer, addresses: [0010.A423.19C0], groups: [ALL, staff]}}]\n\
         reply_profiles:\n\
         - name: wifi\n\
         \x20 attributes:\n\
         \x20 - {{name: Tunnel-Private-Group-Id, value: '30'}}\n\
         \x20 - {{name: framed-ip-address, value: '10.0.0.{{custom.badges}}'}}\n\
         \x20 - {{name: session-timeout, value: '{{custom.BADGES}}'}}\n\
         radius_clients:\n\
         - name: gate\n\
         \x20 sources: [{}]\n\
         \x20 certificates: {{names: [GATE.{slug}.example]}}\n\
         \x20 time_zone: Europe/Berlin\n\
         \x20 rules:\n\
         \x20 - name: day\n\
         \x20   nas_networks: [192.0.2.7/24]\n\
         \x20   times: [{{days: [friday, monday], from: '08:00', to: '18:00'}}]\n\
         \x20   verdict: accept\n\
         \x20 - {{name: strangers, with_device: unknown, verdict: accept}}\n\
         \x20 - {{name: night, verdict: reject, reply_message: 'Closed: come back at 8.'}}\n\
         event_destinations:\n\
         - {{name: siem, kind: syslog, paused: true, syslog: {{host: siem.example}}, \
         filter: {{source: 192.0.2.7}}}}\n",
        office.address
    );
    let told = applied(&tenantry, &text);
    assert!(told.contains("+ group all\n"), "{told}");
    let crew = tenantry.shows("group show all")["custom"]["crew"].clone();
    assert_eq!(crew, serde_json::json!([{"group": "Staff"}, "bob"]));
    let other = text.replace("[ALL, staff]", "[Staff, all]").replace("[tls, ttls]", "[ttls, tls]");
    assert_eq!(applied(&tenantry, &other), "");
    let exported = tenantry.does("export");
    assert_eq!(applied(&tenantry, &exported), "");
}

#[test]
fn what_is_spelled_otherwise_than_the_server_shows_it_differs_where_it_means_something_else() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let (tenantry, slug) = (desk(&office), &office.slug);
    let file = folder.path().join("ca.pem");
    let pem = Authority::new("theirs").pem().replace('\n', "\r\n");
    std::fs::write(&file, format!("Issuer: theirs\r\n{pem}")).unwrap();
    let text = format!(
        "organization: {{slug: {slug}, domain: 'Bücher-{slug}.Example'}}\n\
         custom_attributes: [{{name: hired, syntax: time}}]\n\
         certificate_authorities:\n\
         - {{name: Theirs, certificate: {{file: {}}}, holder: user_by_common_name}}\n\
         users:\n\
         - {{login: bob, display_name: Bob, surname: B, expires: '2040-01-01T00:00:00+02:00', \
         custom: {{hired: '2020-01-01T08:00:00+01:00'}}}}\n\
         devices: [{{name: printer, addresses: [0010a4-2319C0]}}]\n\
         reply_profiles:\n\
         - name: wifi\n\
         \x20 attributes:\n\
         \x20 - {{name: filter-id, value: Staff}}\n\
         \x20 - {{name: framed-ipv6-address, value: '2001:DB8:0::1'}}\n",
        file.display()
    );
    let pieces = [
        ("Bücher", "Bucher", "    domain: "),
        ("00:00:00+02:00", "00:00:00+01:00", "    expires: \"2039-12-31T22:00:00Z\" -> "),
        ("08:00:00+01:00", "08:00:00+02:00", "    custom: "),
        ("0010a4-2319C0", "0010a4-2319C1", "    addresses: "),
        ("value: Staff", "value: staff", "    attributes: [{\"name\":\"Filter-Id\""),
        ("2001:DB8:0::1", "2001:DB8:1::1", "    attributes: "),
    ];
    differs(&tenantry, &text, &pieces);
    let user = tenantry.shows("user show bob");
    assert_eq!(user["custom"]["hired"], "2020-01-01T07:00:00Z", "{user}");
}
