//! What the configuration accepts, and how it words what it refuses.

use std::time::Duration;

use super::*;

/// The least that a configuration must say.
const CERTIFICATE: &str = "[tls]\ncertificate = \"/etc/a.pem\"\nkey = \"/etc/a.key\"\n";

fn refusal(text: &str) -> String {
    Config::parse("t.toml", text).unwrap_err().to_string()
}

fn uncommented(sample: &str) -> String {
    sample
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => key,
            Some(_) | None => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_file_that_names_a_certificate_has_every_default() {
    let config = Config::parse("t.toml", CERTIFICATE).unwrap();
    assert_eq!(config.ldap.connections, 20_000);
    assert_eq!(config.data.cache, 64 << 20);
    assert_eq!(config.lifecycle.drain, Duration::from_secs(10));
    // Long enough for somebody who is asked whether to trust a certificate.
    assert_eq!(config.radius.eap_patience, Duration::from_secs(60));
    assert!(!config.ldap.cleartext_bind);
    assert_eq!(config.tls.certificate.as_deref(), Some(Path::new("/etc/a.pem")));
}

#[test]
fn what_ends_is_told_so_many_times_before() {
    let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
    let before = |text: &str| Config::parse("t.toml", text).unwrap().certificates.warn_before;
    assert_eq!(before(CERTIFICATE), [30, 7, 1].map(days));
    let section = |list: &str| format!("{CERTIFICATE}[certificates]\nwarn_before = {list}\n");
    assert_eq!(before(&section("[\"60d\", \"36h\"]")), [days(60), days(1) + days(1) / 2]);
    assert!(before(&section("[]")).is_empty());
    for (list, why) in [("[\"59m\"]", "out of range"), ("[\"soon\"]", "a time such as")] {
        assert!(refusal(&section(list)).contains(why), "{list}");
    }
}

#[test]
fn bounds_of_eap_are_those_that_the_sample_names() {
    let radius = |line: &str| format!("{CERTIFICATE}[radius]\n{line}\n");
    let config = Config::parse("t.toml", &radius("eap_patience = \"5m\"\neap_packet = 1400"));
    let config = config.unwrap().radius;
    assert_eq!((config.eap_patience, config.eap_packet), (Duration::from_secs(300), 1_400));
    for line in ["eap_patience = \"301s\"", "eap_packet = 1401", "eap_packet = 255"] {
        assert!(refusal(&radius(line)).contains("out of range"), "{line}");
    }
}

#[test]
fn where_the_api_is_found_from_outside_is_a_web_address() {
    let url = |text: &str| format!("{CERTIFICATE}[admin_api]\npublic_url = \"{text}\"\n");
    for text in ["http://admin.example", "https://[2001:db8::1]:8443/api/"] {
        let config = Config::parse("t.toml", &url(text)).unwrap();
        assert_eq!(config.admin_api.public_url.as_deref(), Some(text));
    }
    assert_eq!(Config::parse("t.toml", &url("")).unwrap().admin_api.public_url, None);
    for text in ["http://", "ftp://admin.example", "http://a b", "http://a\u{e4}.example"] {
        assert!(refusal(&url(text)).contains("must be an address"), "{text}");
    }
}

#[test]
fn proxies_are_networks_and_not_everybody() {
    let api = |networks: &str| format!("{CERTIFICATE}[admin_api]\ntrusted_proxies = {networks}\n");
    let config = Config::parse("t.toml", &api("[\"127.0.0.1/32\", \"2001:db8::/64\"]")).unwrap();
    assert_eq!(config.admin_api.trusted_proxies.len(), 2);
    for networks in ["[\"0.0.0.0/0\"]", "[\"127.0.0.1/32\", \"::/0\"]"] {
        assert!(refusal(&api(networks)).contains("names every address"), "{networks}");
    }
}

#[test]
fn passkeys_are_for_a_domain_and_pages_within_it() {
    let api = |lines: &str| format!("{CERTIFICATE}[admin_api]\n{lines}\n");
    let party = |lines| Config::parse("t.toml", &api(lines)).unwrap().admin_api.relying_party();
    assert_eq!(party(""), None);
    assert!(party("passkey_domain = \"admin.example\"").unwrap().is_ok());
    let page = "passkey_domain = \"example\"\npasskey_origins = [\"https://admin.example:8443\"]";
    assert!(party(page).unwrap().is_ok());
    let wrong = [
        ("passkey_domain = \"https://admin.example\"", "must be a domain"),
        ("passkey_origins = [\"https://admin.example\"]", "needs `[admin_api] passkey_domain`"),
        ("passkey_domain = \"a.example\"\npasskey_origins = [\"https://b.example\"]", "not within"),
        ("passkey_domain = \"a.example\"\npasskey_origins = [\"a.example\"]", "must be an origin"),
    ];
    for (lines, why) in wrong {
        assert!(refusal(&api(lines)).contains(why), "{lines}: {}", refusal(&api(lines)));
    }
}

#[test]
fn the_sample_is_a_configuration_as_it_stands_and_uncommented() {
    let as_it_stands: Written = toml::from_str(&sample()).unwrap();
    assert_eq!(as_it_stands, Written::default());
    let uncommented: Written = toml::from_str(&uncommented(&sample())).unwrap();
    assert_eq!(uncommented, Written::default());
}

#[test]
fn the_sample_uncommented_has_every_key_of_every_section() {
    let text = uncommented(&sample());
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table.len(), sections().len());
    for section in sections() {
        let keys = table[section.title].as_table().unwrap();
        assert_eq!(keys.len(), section.keys.len(), "[{}]", section.title);
        for key in &section.keys {
            assert!(keys.contains_key(key.name), "{}", key.name);
        }
    }
}

#[test]
fn the_packaged_sample_is_the_printed_one() {
    let packaged = include_str!("../../../packaging/tenantry.toml");
    assert!(packaged == sample(), "run: tenantryd config sample > packaging/tenantry.toml");
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_one() {
    assert_eq!(
        refusal("# mine\n[ldap]\nlisten = []\ncleartext_binds = true\n"),
        "t.toml:4: unknown key `cleartext_binds` in `[ldap]`, did you mean `cleartext_bind`?"
    );
}

#[test]
fn an_unknown_key_that_resembles_nothing_is_refused_without_a_guess() {
    assert_eq!(refusal("[log]\nxyzzy = 1\n"), "t.toml:2: unknown key `xyzzy` in `[log]`");
}

#[test]
fn an_unknown_section_is_refused_with_the_nearest_known_one() {
    assert_eq!(
        refusal("[admin-api]\nlisten = []\n"),
        "t.toml:1: unknown section `[admin-api]`, did you mean `[admin_api]`?"
    );
}

#[test]
fn a_key_before_the_first_section_is_refused() {
    assert_eq!(refusal("listen = []\n"), "t.toml:1: unknown key `listen` before the first section");
    assert_eq!(refusal("data = 1\n"), "t.toml:1: `data` is a section, write `[data]`");
}

#[test]
fn all_unknown_keys_are_named_at_once_in_the_order_of_the_file() {
    assert_eq!(
        refusal("[radius]\nauht = []\n[data]\ncash = \"1MiB\"\n"),
        "t.toml:2: unknown key `auht` in `[radius]`, did you mean `auth`?\n\
         t.toml:4: unknown key `cash` in `[data]`, did you mean `cache`?"
    );
}

#[test]
fn a_bad_value_is_refused_with_its_line_and_what_is_expected() {
    let cases = [
        (
            "[ldap]\nidle_timeout = \"10 parsecs\"\n",
            "t.toml:2: invalid value: string \"10 parsecs\", expected a time such as \"10s\" \
             (units: ms, s, m, h, d)",
        ),
        (
            "[ldap]\n\nidle_timeout = 10\n",
            "t.toml:3: invalid type: integer `10`, expected a time such as \"10s\" \
             (units: ms, s, m, h, d)",
        ),
        ("[ldap]\nidle_timeout = \"2d\"\n", "t.toml:2: 2d is out of range, expected 1s to 1d"),
        ("[data]\ncache = \"1KiB\"\n", "t.toml:2: 1KiB is out of range, expected 1MiB to 256GiB"),
        ("[ldap]\nconnections = 0\n", "t.toml:2: 0 is out of range, expected 1 to 1000000"),
        ("[ldap]\nlisten = [\"localhost\"]\n", "t.toml:2: invalid socket address syntax"),
        ("[log]\nformat = \"xml\"\n", "t.toml:2: unknown variant `xml`, expected `text` or `json`"),
        ("[data]\ndirectory = \"data\"\n", "t.toml:2: `data` must be a path that begins with `/`"),
        (
            "[admin_api]\npublic_url = \"admin.example\"\n",
            "t.toml:2: `admin.example` must be an address such as `http://admin.example`",
        ),
        (
            "[admin_api]\ninvitation_url = \"http://in.example\"\n",
            "t.toml:2: `http://in.example` must be an address such as `https://admin.example`",
        ),
        (
            "[data]\nmaster_key = \"hunter2\"\n",
            "t.toml:2: `hunter2` names no source of a key, expected \"credential:NAME\", \
             \"file:/PATH\" or \"env:NAME\"",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal(text), expected);
    }
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    assert_eq!(refusal("[ldap]\nlisten = [\n"), "t.toml:2: unclosed array, expected `]`");
}

#[test]
fn a_log_filter_that_cannot_be_read_is_refused() {
    assert!(
        refusal("[log]\nfilter = \"daemon=loud\"\n")
            .starts_with("t.toml:2: `daemon=loud` is no log filter: ")
    );
}

#[test]
fn a_listener_that_needs_a_certificate_is_refused_without_one() {
    assert_eq!(
        refusal("[ldap]\nlisten_tls = [\"127.0.0.1:636\"]\n[admin_api]\nlisten = []\n"),
        "t.toml:2: `[ldap] listen_tls` needs `[tls] certificate` and `[tls] key`"
    );
}

#[test]
fn an_empty_file_is_refused_because_its_defaults_need_a_certificate() {
    assert_eq!(
        refusal(""),
        "t.toml: `[ldap] listen_tls` needs `[tls] certificate` and `[tls] key`\n\
         t.toml: `[admin_api] listen` needs `[tls] certificate` and `[tls] key`"
    );
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    assert_eq!(
        refusal("[tls]\ncertificate = \"/a.pem\"\n"),
        "t.toml:2: `[tls] certificate` needs `[tls] key`"
    );
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    let text = format!(
        "{CERTIFICATE}[ldap]\nmessage_size_anonymous = \"2MiB\"\nmessage_size = \"1MiB\"\n\
         [privileges]\ngroup = \"tenantry\"\n"
    );
    assert_eq!(
        refusal(&text),
        "t.toml:5: `[ldap] message_size_anonymous` is larger than `[ldap] message_size`\n\
         t.toml:8: `[privileges] group` needs `[privileges] user`"
    );
}

#[test]
fn the_first_pause_is_not_longer_than_the_longest() {
    let delivery = |first: &str, longest: &str| {
        let keys = format!("first_pause = \"{first}\"\nlongest_pause = \"{longest}\"");
        format!("{CERTIFICATE}[event_delivery]\n{keys}\n")
    };
    assert!(Config::parse("t.toml", &delivery("5s", "5s")).is_ok());
    assert_eq!(
        refusal(&delivery("1h", "1s")),
        "t.toml:5: `[event_delivery] first_pause` is longer than `[event_delivery] longest_pause`"
    );
}

#[test]
fn an_address_is_listened_on_once_and_every_address_has_all_of_its_family() {
    let ldap = |listen: &str| format!("{CERTIFICATE}[ldap]\nlisten = {listen}\n");
    for (listen, told) in [
        ("[\"127.0.0.1:389\", \"127.0.0.1:389\"]", "127.0.0.1:389, which is taken above"),
        (
            "[\"0.0.0.0:389\", \"127.0.0.1:389\"]",
            "127.0.0.1:389, which is taken above by 0.0.0.0:389",
        ),
        ("[\"[::1]:389\", \"[::]:389\"]", "[::]:389, which is taken above by [::1]:389"),
    ] {
        assert_eq!(refusal(&ldap(listen)), format!("t.toml:5: `[ldap] listen` names {told}"));
    }
    let api = format!("{}[admin_api]\nlisten = [\"192.0.2.1:389\"]\n", ldap("[\"0.0.0.0:389\"]"));
    assert!(
        refusal(&api).contains("`[admin_api] listen` names 192.0.2.1:389"),
        "{}",
        refusal(&api)
    );
    let radius = format!("{CERTIFICATE}[radius]\nacct = [\"127.0.0.1:1812\"]\n");
    assert!(refusal(&radius).contains("taken above by 0.0.0.0:1812"), "{}", refusal(&radius));
    for beside in [
        "[\"0.0.0.0:389\", \"[::1]:389\", \"127.0.0.1:390\"]",
        "[\"127.0.0.1:389\", \"127.0.0.2:389\"]",
        "[\"0.0.0.0:0\", \"127.0.0.1:0\"]",
        // Nobody hears datagrams there.
        "[\"127.0.0.1:1812\"]",
    ] {
        assert!(Config::parse("t.toml", &ldap(beside)).is_ok(), "{beside}");
    }
}

#[test]
fn orders_leave_from_no_port_at_which_gear_asks() {
    let radius = |orders_from: &str| {
        let keys = format!("auth = [\"192.0.2.1:1812\"]\norders_from = {orders_from}");
        format!("{CERTIFICATE}[radius]\n{keys}\n")
    };
    for (orders_from, told) in [
        ("[\"192.0.2.1:1812\"]", "192.0.2.1:1812, which is taken above"),
        ("[\"0.0.0.0:1812\"]", "0.0.0.0:1812, which is taken above by 192.0.2.1:1812"),
        ("[\"192.0.2.1:1813\"]", "192.0.2.1:1813, which is taken above by 0.0.0.0:1813"),
        ("[\"192.0.2.1:3799\", \"192.0.2.1:3799\"]", "192.0.2.1:3799, which is taken above"),
    ] {
        let expected = format!("t.toml:6: `[radius] orders_from` names {told}");
        assert_eq!(refusal(&radius(orders_from)), expected);
    }
    // The second is where LDAP is heard, which is no datagram.
    for beside in
        ["[\"192.0.2.1:0\"]", "[\"192.0.2.1:389\"]", "[\"192.0.2.1:3799\", \"[::]:1812\"]"]
    {
        assert!(Config::parse("t.toml", &radius(beside)).is_ok(), "{beside}");
    }
    let alone = "[ldap]\nlisten = []\nlisten_tls = []\n[radius]\nauth = []\nacct = []\n\
                 orders_from = [\"192.0.2.1:3799\"]\n[admin_api]\nlisten = []\n";
    assert_eq!(refusal(alone), "t.toml:2: there is nothing to listen on");
}

#[test]
fn numbers_are_told_to_others_only_where_it_is_said_who_may_ask() {
    let metrics = |lines: &str| format!("{CERTIFICATE}[metrics]\n{lines}\n");
    let config = Config::parse("t.toml", CERTIFICATE).unwrap();
    assert!(config.metrics.listen.is_empty());
    let here = metrics("listen = [\"127.0.0.1:9469\", \"[::1]:9469\"]");
    assert_eq!(Config::parse("t.toml", &here).unwrap().metrics.listen.len(), 2);
    assert_eq!(
        refusal(&metrics("listen = [\"0.0.0.0:9469\"]")),
        "t.toml:5: `[metrics] listen` names 0.0.0.0:9469, which others reach: \
         say by `[metrics] networks` which of them may ask"
    );
    let named = metrics("listen = [\"0.0.0.0:9469\"]\nnetworks = [\"192.0.2.0/24\"]");
    assert!(Config::parse("t.toml", &named).is_ok());
    let alone = "[ldap]\nlisten = []\nlisten_tls = []\n[radius]\nauth = []\nacct = []\n\
                 [admin_api]\nlisten = []\n[metrics]\nlisten = [\"127.0.0.1:9469\"]\n";
    assert_eq!(refusal(alone), "t.toml:2: there is nothing to listen on");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let refusal = Config::load(Path::new("/nonexistent/t.toml")).unwrap_err();
    assert_eq!(refusal.to_string(), "/nonexistent/t.toml: No such file or directory (os error 2)");
}
