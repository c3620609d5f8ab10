//! What holds for every request: TLS, limits, headers, and that every failure is a problem.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::client::Client;
use crate::harness::curl::Response;
use crate::harness::demo::Demo;
use crate::harness::https::Https;
use crate::harness::office::Office;
use crate::harness::pause;
use crate::harness::server::Site;

fn assert_problem(response: &Response, status: u16, kind: &str) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    let problem = response.json();
    assert_eq!(problem["type"], format!("/problems/{kind}"), "{problem}");
    assert_eq!(problem["status"], status);
    for field in ["title", "detail"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
}

/// curl with options of the test's own; what it says about the connection.
fn curl(demo: &Demo, options: &[&str]) -> (i32, String) {
    let output = Client::new("curl", "curl")
        .args(["-s", "-v", "--cacert", &demo.ca_file])
        .args(options)
        .arg(format!("{}/v1/health", demo.admin_api.url))
        .run();
    (output.code, output.stderr)
}

#[test]
fn tls_1_2_and_1_3_are_spoken_and_nothing_older() {
    let demo = Demo::shared();
    for (version, name) in [("1.2", "TLSv1.2"), ("1.3", "TLSv1.3")] {
        let (lowest, highest) = (format!("--tlsv{version}"), ["--tls-max", version]);
        let (code, said) = curl(&demo, &[&lowest, highest[0], highest[1]]);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains(&format!("SSL connection using {name}")), "{said}");
    }
    let old = ["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"];
    let (code, said) = curl(&demo, &old);
    assert_eq!(code, 35, "{said}");
    assert!(said.contains("TLS alert"), "the server says no: {said}");
}

#[test]
fn a_certificate_of_an_unknown_authority_and_plain_http_are_of_no_use() {
    let demo = Demo::shared();
    let url = format!("{}/v1/health", demo.admin_api.url);
    let unknown = Client::new("curl", "curl").args(["-s", "-o", "/dev/null", &url]).run();
    assert_eq!(unknown.code, 60, "{unknown:?}");
    let plain = Client::new("curl", "curl").args(["-s", &url.replace("https", "http")]).run();
    assert_ne!(plain.code, 0, "{plain:?}");
    assert_eq!(plain.stdout, "");
}

#[test]
fn a_token_counts_in_the_authorization_header_alone_and_as_a_bearer() {
    let demo = Demo::shared();
    let token = &demo.admin_api.tokens.administrator_with_billing;
    assert_eq!(demo.api_as_top().get("/v1/me").status, 200);
    let nobody = demo.api_as_nobody();
    for query in ["access_token", "token", "authorization", "api_key"] {
        assert_problem(&nobody.get(&format!("/v1/me?{query}={token}")), 401, "unauthenticated");
    }
    for header in [
        format!("Authorization: Basic {token}"),
        format!("Authorization: {token}"),
        format!("Authorization: Bearer{token}"),
        "Authorization: Bearer".to_owned(),
        format!("X-Api-Key: {token}"),
        format!("Cookie: token={token}; session={token}"),
        format!("X-Forwarded-Authorization: Bearer {token}"),
    ] {
        let response = nobody.clone().header(&header).get("/v1/me");
        assert_problem(&response, 401, "unauthenticated");
    }
    let twice = demo.api_as_top().header(&format!("Authorization: Bearer {token}"));
    assert_problem(&twice.get("/v1/me"), 401, "unauthenticated");
}

#[test]
fn the_type_of_a_problem_can_be_opened_by_anybody() {
    let demo = Demo::shared();
    let nobody = demo.api_as_nobody();
    let refused = nobody.get("/v1/me").json();
    let shown = nobody.get(refused["type"].as_str().unwrap());
    assert_eq!(shown.status, 200, "{shown:?}");
    let shown = shown.json();
    assert_eq!((&shown["type"], &shown["status"]), (&refused["type"], &json!(401)));
    assert!(shown["remedy"].as_str().unwrap().contains("Sign in"), "{shown}");
}

#[test]
fn every_answer_has_the_headers_that_browsers_heed_and_none_lets_other_sites_in() {
    let demo = Demo::shared();
    let top = demo.api_as_top().header("Origin: https://evil.example");
    let preflight = top.clone().header("Access-Control-Request-Method: DELETE");
    for response in [
        top.get("/v1/organizations"),
        top.get("/v1/nowhere"),
        demo.api_as_nobody().get("/v1/me"),
        demo.api_as_nobody().get("/v1/docs"),
        preflight.send("OPTIONS", "/v1/organizations", None),
    ] {
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert!(response.header("strict-transport-security").unwrap().starts_with("max-age="));
        assert!(response.header("content-security-policy").unwrap().contains("default-src 'none'"));
        let head = response.head.to_lowercase();
        assert!(!head.contains("access-control-"), "{head}");
        assert!(!head.contains("set-cookie"), "{head}");
    }
}

#[test]
fn headers_of_proxies_raise_no_rights_and_change_no_source() {
    let office = Office::new();
    let reader = office.admin("read_only");
    let headers = [
        "X-Forwarded-For: 192.0.2.7",
        "Forwarded: for=192.0.2.7",
        "X-Real-IP: 192.0.2.7",
        "X-HTTP-Method-Override: GET",
        "X-Original-URL: /v1/me",
    ];
    let path = office.path("users");
    let refused = reader.session.send_with("POST", &path, &headers, Some(&json!({})));
    assert_problem(&refused, 403, "forbidden");
    let refusal = office.event("refused");
    assert_eq!(refusal["source"], "127.0.0.1", "{refusal}");
}

#[test]
fn bodies_that_are_no_json_too_large_or_of_another_kind_are_problems() {
    let office = Office::new();
    let path = office.path("groups");
    let announce = |kind: &str, length: usize, body: &[u8]| {
        let mut connection = office.top.connect();
        let token = office.top.token();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        // The server may answer before it has read everything.
        connection.send(head.as_bytes());
        connection.send(body);
        connection.receive().unwrap()
    };
    let send = |kind: &str, body: &[u8]| announce(kind, body.len(), body);
    let kind = "application/json";
    assert_problem(&send(kind, b"{\"name\": "), 400, "malformed");
    assert_problem(&send(kind, b"\xff\xfe"), 400, "malformed");
    assert_problem(&send(kind, b""), 400, "malformed");
    assert_problem(&send(kind, b"{\"name\": \"one\"} {}"), 400, "malformed");
    let deep = format!("{{\"name\": {}", "[".repeat(20_000));
    assert!(matches!(send(kind, deep.as_bytes()).status, 400 | 422));
    assert_problem(&send(kind, b"[\"one\", null, null]"), 422, "invalid");
    assert_problem(&send(kind, b"\"one\""), 422, "invalid");
    assert_problem(&send("text/plain", b"{\"name\": \"one\"}"), 415, "not-json");
    let form = "application/x-www-form-urlencoded";
    assert_problem(&send(form, b"name=one"), 415, "not-json");
    // One octet more than the limit is enough to be told so, whatever else was announced.
    assert_problem(&announce(kind, 8 << 20, &[b' '; (1 << 20) + 1]), 413, "too-large");
    // Who sends all of it before looking at the answer finds it all the same.
    assert_problem(&announce(kind, 8 << 20, &vec![b' '; 8 << 20]), 413, "too-large");
    assert_eq!(send("application/json; charset=utf-8", b"{\"name\": \"one\"}").status, 201);
}

#[test]
fn fields_that_nobody_knows_and_values_of_another_type_are_refused_by_name() {
    let office = Office::new();
    let path = office.path("users");
    let fields = |more: Value| {
        let mut fields = json!({"login": "ada", "display_name": "Ada", "surname": "L"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    for (more, pointer) in [
        (json!({"role": "administrator"}), "role"),
        (json!({"organization": "other"}), "organization"),
        (json!({"id": "01890000-0000-7000-8000-000000000000"}), "id"),
        (json!({"state": "active"}), "state"),
        (json!({"login": 7}), "login"),
        (json!({"login": null}), "login"),
        (json!({"login": ""}), "login"),
        (json!({"login": "a\u{0}b"}), "login"),
        (json!({"login": "a\u{200d}da"}), "login"),
        (json!({"login": "x".repeat(10_000)}), "login"),
        (json!({"display_name": "\u{200b}\u{ad}"}), "display_name"),
        (json!({"display_name": "Ada\u{202e}"}), "display_name"),
        (json!({"mail": "ada@acme.example"}), "mail"),
        (json!({"mail": ["no address"]}), "mail/0"),
        (json!({"uid_number": -1}), "uid_number"),
        (json!({"uid_number": 1.5}), "uid_number"),
        (json!({"uid_number": 4_294_967_295_u32}), "uid_number"),
        (json!({"gid_number": 65_534}), "gid_number"),
        (json!({"home_directory": "/home/a:b"}), "home_directory"),
        (json!({"login_shell": "rm -rf"}), "login_shell"),
        (json!({"password": "short"}), "password"),
        (json!({"password": ["a", "list"]}), "password"),
    ] {
        let response = office.top.send("POST", &path, Some(&fields(more.clone())));
        assert_problem(&response, 422, "invalid");
        assert_eq!(response.json()["pointer"], format!("/{pointer}"), "{more}");
    }
    assert_eq!(office.read("users")["items"], json!([]));
}

#[test]
fn a_request_with_two_lengths_or_a_broken_head_never_leads_to_a_second_request() {
    let office = Office::new();
    let token = office.top.token();
    let auth = format!("Host: x\r\nAuthorization: Bearer {token}\r\n");
    let smuggled = format!("GET /v1/me HTTP/1.1\r\n{auth}\r\n");
    let length = smuggled.len();
    for head in [
        format!(
            "GET /v1/health HTTP/1.1\r\n{auth}Content-Length: 0\r\nContent-Length: {length}\r\n\r\n"
        ),
        format!("GET /v1/health HTTP/1.1\r\n{auth}Content-Length: +{length}\r\n\r\n"),
        format!("GET /v1/health HTTP/1.1\r\n{auth}Transfer-Encoding: chunked, x\r\n\r\n"),
        format!("GET /v1/health HTTP/1.1\r\n{auth} folded: x\r\nContent-Length : 0\r\n\r\n"),
        format!("GET /v1/health HTTP/9.9\r\n{auth}\r\n"),
        format!("GET /v1/he alth HTTP/1.1\r\n{auth}\r\n"),
        format!("GET /v1/health HTTP/1.1\r\n{auth}X: \0\r\n\r\n"),
    ] {
        let mut connection = office.top.connect();
        connection.send(format!("{head}{smuggled}").as_bytes());
        let first = connection.receive();
        assert!(first.is_none_or(|answer| answer.status == 400), "{head}");
        assert!(connection.receive().is_none(), "{head}");
    }
}

#[test]
fn a_request_for_nobody_or_for_two_is_refused() {
    let office = Office::new();
    let answer = |head: &str| {
        let mut connection = office.top.connect();
        connection.send(head.as_bytes());
        connection.receive().unwrap()
    };
    let begin = "GET /v1/health HTTP/1.1\r\n";
    assert_problem(&answer(&format!("{begin}\r\n")), 400, "malformed");
    assert_problem(&answer(&format!("{begin}Host: x\r\nHost: x\r\n\r\n")), 400, "malformed");
    assert_eq!(answer(&format!("{begin}Host: x\r\n\r\n")).status, 200);
    assert_eq!(answer("GET /v1/health HTTP/1.0\r\n\r\n").status, 200);
}

#[test]
fn who_asks_whether_to_send_what_is_too_large_is_told_at_once() {
    let office = Office::new();
    let ask = |method: &str, place: &str, kind: &str, length: u64| {
        let mut connection = office.top.connect();
        let (path, token) = (office.path(place), office.top.token());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        );
        connection.send(head.as_bytes());
        connection.receive().unwrap()
    };
    let json = "application/json";
    assert_problem(&ask("POST", "groups", json, 99_999_999), 413, "too-large");
    assert_eq!(ask("POST", "groups", json, 16).status, 100);
    let import = "imports/01890000-0000-7000-8000-000000000000/content";
    assert_problem(&ask("PUT", import, "text/csv", (256 << 20) + 1), 413, "too-large");
}

#[test]
fn a_head_without_end_is_cut_off() {
    let office = Office::new();
    let mut connection = office.top.connect();
    let line = format!("X-Filler: {}\r\n", "x".repeat(8_000));
    connection.send(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n");
    let taken = (0..4_000).take_while(|_| connection.send(line.as_bytes())).count();
    assert!(taken < 4_000, "32 MB of head were taken");
    let answer = connection.receive();
    assert!(answer.is_none_or(|answer| answer.status == 431), "no answer, or 431");
}

#[test]
fn heads_and_bodies_that_do_not_end_are_given_up_and_others_are_served_meanwhile() {
    let Some(site) = Site::new() else { return };
    let limits = ["header_timeout = \"1s\"", "body_timeout = \"1s\""];
    let site = limits.into_iter().fold(site, |site, limit| site.set("admin_api", limit));
    let server = site.serve();
    let nobody = Https::at(&server.admin_api, &server.ca_file, None);
    let begin = |octets: &str| {
        let mut connection = nobody.connect();
        connection.send(octets.as_bytes());
        connection
    };
    let head = "GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    let body = "POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Content-Length: 100\r\n\r\n{";
    let mut heads: Vec<_> = (0..50).map(|_| begin(head)).collect();
    let mut bodies: Vec<_> = (0..50).map(|_| begin(body)).collect();
    assert_eq!(nobody.get("/v1/health").status, 200);
    // Each of these waits for the daemon to give up.
    for connection in &mut heads {
        assert!(connection.receive().is_none_or(|answer| answer.status == 408));
        assert!(connection.is_closed(), "the end is told, not waited for");
    }
    for connection in &mut bodies {
        assert_problem(&connection.receive().unwrap(), 408, "too-slow");
        assert!(connection.receive().is_none(), "a body without end leads to another request");
    }
}

#[test]
fn one_address_holds_no_more_connections_than_it_may_and_others_come_in() {
    let Some(site) = Site::new() else { return };
    let site = site.set("admin_api", "connections_per_source = 3");
    let server = site.serve();
    let from = |address: &str| {
        Client::new("curl", "curl")
            .args(["-s", "--http1.1", "--cacert", &server.ca_file, "--interface", address])
            .arg(format!("https://{}/v1/health", server.admin_api))
            .run()
            .code
    };
    let mut held: Vec<Https> =
        (0..3).map(|_| Https::at(&server.admin_api, &server.ca_file, None)).collect();
    for connection in &held {
        assert_eq!(connection.get("/v1/health").status, 200);
    }
    assert_ne!(from("127.0.0.1"), 0, "a fourth connection of the address");
    assert_eq!(from("127.0.0.2"), 0, "another address");
    for connection in &held {
        assert_eq!(connection.get("/v1/health").status, 200, "they go on");
    }
    held.pop();
    // The daemon hears of the end in a moment.
    assert!((0..1_000).any(|_| from("127.0.0.1") == 0), "a place that was left is free again");
}

#[test]
fn behind_a_proxy_that_is_trusted_the_source_is_who_asked_it() {
    let Some(mut office) = Office::alone() else { return };
    let admin = office.provider_admin("manager", &json!("all"));
    let fields = json!({"sources": ["192.0.2.0/24"]});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&fields)).status, 200);
    let (_site, server) = office.serve_with(&[r#"trusted_proxies = ["127.0.0.1/32"]"#]);
    let url = format!("https://{}/v1/me", server.admin_api);
    let bearer = format!("Authorization: Bearer {}", admin.session.token());
    let asked = |from: &str, headers: &[&str]| {
        let headers = headers.iter().flat_map(|header| ["-H", *header]);
        let said = Client::new("curl", "curl")
            .args(["-s", "--http1.1", "--cacert", &server.ca_file, "--interface", from])
            .args(["-o", "/dev/null", "-w", "%{http_code}", "-H", &bearer])
            .args(headers)
            .arg(&url)
            .run();
        said.stdout.parse::<u16>().unwrap_or_else(|_| panic!("{said:?}"))
    };
    let proxy = "127.0.0.1";
    assert_eq!(asked(proxy, &["X-Forwarded-For: 192.0.2.7"]), 200);
    assert_eq!(asked(proxy, &["X-Forwarded-For: 203.0.113.9, 192.0.2.7"]), 200);
    assert_eq!(asked(proxy, &["X-Forwarded-For: 192.0.2.7, 127.0.0.1"]), 200, "two in a row");
    assert_eq!(asked(proxy, &["X-Forwarded-For: 192.0.2.7, 203.0.113.9"]), 401, "made up");
    let two = ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 203.0.113.9"];
    assert_eq!(asked(proxy, &two), 401, "made up in a header of its own");
    assert_eq!(asked(proxy, &["Forwarded: for=192.0.2.7", "X-Real-IP: 192.0.2.7"]), 401);
    assert_eq!(asked(proxy, &[]), 401, "the proxy asks for itself");
    assert_eq!(asked(proxy, &["X-Forwarded-For: 192.0.2.7, unknown"]), 400);
    assert_eq!(asked("127.0.0.2", &["X-Forwarded-For: 192.0.2.7"]), 401, "it is no proxy");

    let group = json!({"name": "staff"});
    let header = ["X-Forwarded-For: 192.0.2.8"];
    let made = office.top.send_with("POST", &office.path("groups"), &header, Some(&group));
    assert_eq!(made.status, 201, "{made:?}");
    let told = office.event("created");
    assert_eq!(told["source"], "192.0.2.8", "{told}");
}

#[test]
fn who_asks_too_often_is_told_how_much_is_left_and_when_to_come_back() {
    let Some(mut office) = Office::alone() else { return };
    let (_site, server) = office.serve_with(&["requests_per_minute = 60"]);
    let url = format!("https://{}/v1/me", server.admin_api);
    let bearer = format!("Authorization: Bearer {}", office.top.token());
    // On one connection, so that all come in less time than gives back what they take.
    let said = Client::new("curl", "curl")
        .args(["-s", "-i", "--http1.1", "--cacert", &server.ca_file, "-H", &bearer])
        .args([&url; 90])
        .run();
    let answers: Vec<&str> = said.stdout.split("HTTP/1.1 ").skip(1).collect();
    assert_eq!(answers.len(), 90, "{said:?}");
    let has = |answer: &str, header: &str| {
        answer.lines().any(|line| line.to_lowercase() == header.to_lowercase())
    };
    for answer in &answers {
        assert!(has(answer, "RateLimit-Policy: \"requests\";q=60;w=60"), "{answer}");
    }
    assert!(answers[..60].iter().all(|answer| answer.starts_with("200 ")), "{answers:?}");
    assert!(has(answers[0], "RateLimit: \"requests\";r=59;t=1"), "{}", answers[0]);
    let refused = answers.iter().find(|answer| answer.starts_with("429 ")).unwrap();
    for header in [
        "Retry-After: 1",
        "RateLimit: \"requests\";r=0;t=1",
        "Content-Type: application/problem+json",
    ] {
        assert!(has(refused, header), "{header}: {refused}");
    }
    assert!(refused.contains("/problems/too-often"), "{refused}");
    let others = &office.demo.admin_api.tokens.read_only;
    assert_eq!(server.api().key(others).get("/v1/me").status, 200, "nobody else pays for it");
    pause(Duration::from_millis(1_100));
    assert_eq!(office.top.get("/v1/me").status, 200, "after what it was told to wait");
}

#[test]
fn names_in_a_url_are_no_paths_and_no_patterns() {
    let office = Office::new();
    let id = &office.id;
    for path in [
        format!("/v1/organizations/{id}/../../me"),
        format!("/v1/organizations/{id}%2f..%2f..%2fme"),
        format!("/v1//organizations/{id}"),
        format!("/v1/organizations/{id}/"),
        "/v1/organizations/*".to_owned(),
        "/v1/organizations/%00".to_owned(),
        "/v1/organizations/%ff%fe".to_owned(),
        "/v1/organizations/'%20OR%201=1".to_owned(),
        format!("/v1/organizations/{}", "9".repeat(5_000)),
    ] {
        let response = office.top.get(&path);
        assert!(matches!(response.status, 400 | 404 | 414), "{path}: {response:?}");
        assert_ne!(response.status, 500);
    }
    let upper = office.top.get(&format!("/v1/organizations/{}", id.to_uppercase()));
    assert_eq!(upper.status, 200, "an id is an id in capitals as well");
}
