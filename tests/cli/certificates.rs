//! Certificates in the file of an organization: fingerprints, lists of revoked ones, and those that
//! have a key.

use std::path::Path;

use serde_json::json;

use super::apply::{desk, without_head};
use crate::harness::authority::{Authority, Holder, Issued, List};
use crate::harness::office::Office;

/// What is there to be named in a file.
struct Papers {
    authority: Authority,
    folder: tempfile::TempDir,
    server: Issued,
    sender: Issued,
    ada: Issued,
    wiki: Issued,
    gate: Issued,
}

impl Papers {
    fn new() -> Self {
        let (authority, folder) = (Authority::new("theirs"), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let dns = Some("radius.theirs.example");
        let server = Holder { common_name: "radius", dns, server: true, ..Holder::default() };
        let client = |common_name| authority.issue(&Holder { common_name, ..Holder::default() });
        let (sender, ada, wiki) = (client("sender"), client("ada"), client("wiki"));
        let (server, gate) = (authority.issue(&server), client("gate"));
        Self { authority, folder, server, sender, ada, wiki, gate }
    }

    /// Has the list of what was revoked be another one.
    fn revokes(&self, made: u8, revoked: &[&Issued]) {
        let list = self.authority.list(&List { made, revoked, ..List::default() });
        std::fs::write(self.folder.path().join("list.pem"), list).unwrap();
    }

    fn file(&self, office: &Office) -> String {
        let at = self.folder.path().display();
        let pair = |issued: &Issued| {
            let (certificate, key) = (issued.certificate.display(), issued.key.display());
            format!("{{certificate: {{file: {certificate}}}, private_key: {{file: {key}}}}}")
        };
        format!(
            "certificate_authorities:\n\
             - {{name: Theirs, certificate: {{file: {at}/ca.pem}}, holder: user_by_mail, \
             revocations: {{file: {at}/list.pem}}}}\n\
             users: [{{login: ada, display_name: Ada, surname: L, certificates: ['{}']}}]\n\
             service_accounts: [{{name: wiki, certificates: ['{}']}}]\n\
             radius_clients:\n\
             - {{name: gate, sources: [{}/32], certificates: {{fingerprints: ['{}']}}}}\n\
             event_destinations:\n\
             - {{name: siem, kind: webhook, paused: true, \
             webhook: {{url: 'https://receiver.invalid/'}}, client_certificate: {}}}\n\
             server_certificate: {}\n",
            self.ada.fingerprint(),
            self.wiki.fingerprint(),
            office.address,
            self.gate.fingerprint(),
            pair(&self.sender),
            pair(&self.server)
        )
    }
}

/// A fingerprint as the API tells it.
fn plain(issued: &Issued) -> String {
    issued.fingerprint().replace(':', "").to_lowercase()
}

#[test]
fn certificates_are_what_a_file_says_and_keys_stand_in_no_difference() {
    let (office, papers) = (Office::new(), Papers::new());
    let tenantry = desk(&office);
    papers.revokes(0, &[]);
    let text = papers.file(&office);
    let tried = tenantry.hear("apply -f - --dry-run", &text);
    assert_eq!(tried.code, 0, "{tried:?}");
    let said = [
        "~ certificate authority Theirs\n    revocations: null -> {",
        "\"made\":\"2024-01-02T00:00:00Z\"",
        "~ event destination siem\n    client_certificate: null -> ",
        "~ server certificate\n    certificate: null -> ",
        "    private_key: (secret)\n",
    ];
    assert!(said.iter().all(|line| tried.stdout.contains(line)), "{tried:?}");
    assert!(!tried.stdout.contains("PRIVATE KEY"), "{tried:?}");
    let applied = tenantry.hear("apply -f - --yes", &text);
    assert_eq!((applied.code, applied.stdout), (0, tried.stdout), "{}", applied.stderr);
    let again = tenantry.hear("apply -f - --yes --prune", &text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");

    let authority = tenantry.shows("certificate-authority show Theirs");
    assert_eq!(authority["revocations"]["count"], 0);
    let shown = |line: &str| tenantry.shows(line);
    assert_eq!(shown("user certificates ada")["fingerprints"], json!([plain(&papers.ada)]));
    let account = shown("service-account certificates wiki");
    assert_eq!(account["fingerprints"], json!([plain(&papers.wiki)]));
    let gate = shown("radius show gate");
    assert_eq!(gate["certificates"]["fingerprints"], json!([plain(&papers.gate)]));
    let siem = shown("event-destination show siem");
    assert_eq!(siem["client_certificate"], plain(&papers.sender));
    assert_eq!(shown("server-certificate show")["fingerprint"], plain(&papers.server));
}

#[test]
fn a_later_list_of_revoked_certificates_takes_the_place_of_an_earlier_one_alone() {
    let (office, papers) = (Office::new(), Papers::new());
    let tenantry = desk(&office);
    let at = papers.folder.path().display();
    let theirs = format!("name: Theirs, certificate: {{file: {at}/ca.pem}}, holder: user_by_mail");
    let file =
        |list: &str| format!("certificate_authorities: [{{{theirs}, revocations: {list}}}]\n");
    let text = file(&format!("{{file: {at}/list.pem}}"));
    let count =
        || tenantry.shows("certificate-authority show Theirs")["revocations"]["count"].clone();
    papers.revokes(1, &[&papers.ada]);
    assert_eq!(tenantry.hear("apply -f - --yes", &text).code, 0);
    assert_eq!(count(), 1);
    papers.revokes(2, &[&papers.ada, &papers.wiki]);
    let later = tenantry.hear("apply -f - --yes", &text);
    assert!(later.stdout.starts_with("~ certificate authority Theirs\n"), "{later:?}");
    assert_eq!((later.code, count()), (0, json!(2)));
    papers.revokes(1, &[&papers.ada]);
    let earlier = tenantry.hear("apply -f - --yes", &text);
    assert_eq!((earlier.code, earlier.stdout.as_str()), (0, ""), "{earlier:?}");
    assert_eq!(count(), 2, "what is revoked stays so");

    let removed = tenantry.hear("apply -f - --yes", &file("null"));
    assert!(removed.code == 0 && removed.stdout.ends_with(" -> null\n"), "{removed:?}");
    assert_eq!(tenantry.shows("certificate-authority show Theirs")["revocations"], json!(null));
    std::fs::write(papers.folder.path().join("list.pem"), "nothing").unwrap();
    let wrong = tenantry.hear("apply -f - --yes", &text);
    assert!(wrong.code == 2 && wrong.stderr.contains("no list of revoked"), "{wrong:?}");
}

#[test]
fn a_list_that_goes_with_its_certificate_is_told_and_a_later_one_is_not_lost() {
    let (office, papers) = (Office::new(), Papers::new());
    let tenantry = desk(&office);
    let at = papers.folder.path();
    let file = |list: &str| {
        let at = at.display();
        let theirs = format!("name: Theirs, certificate: {{file: {at}/ca.pem}}");
        format!("certificate_authorities: [{{{theirs}, holder: user_by_mail{list}}}]\n")
    };
    let text = file(&format!(", revocations: {{file: {}/list.pem}}", at.display()));
    let list = || tenantry.shows("certificate-authority show Theirs")["revocations"].clone();
    papers.revokes(2, &[&papers.ada, &papers.wiki]);
    assert_eq!(tenantry.hear("apply -f - --yes", &text).code, 0);
    let renew = |name: &str, made: u8| {
        let other = Authority::new(name);
        std::fs::write(at.join("ca.pem"), other.pem()).unwrap();
        let list = other.list(&List { made, ..List::default() });
        std::fs::write(at.join("list.pem"), list).unwrap();
    };
    renew("others", 1);
    for text in [&text, &file("")] {
        let refused = tenantry.hear("apply -f - --yes", text);
        assert!(refused.code == 2 && refused.stderr.contains("goes with the former certificate"));
        assert_eq!(list()["count"], 2, "{refused:?}");
    }
    renew("others", 3);
    let replaced = tenantry.hear("apply -f - --yes", &text);
    assert_eq!((replaced.code, &list()["count"]), (0, &json!(0)), "{replaced:?}");
    let told = replaced.stdout.lines().find(|line| line.contains("    revocations: {"));
    assert!(told.is_some_and(|told| told.contains("\"count\":2")), "{replaced:?}");
    renew("third", 4);
    let dropped = tenantry.hear("apply -f - --yes", &file(", revocations: null"));
    assert_eq!((dropped.code, list()), (0, json!(null)), "{dropped:?}");
    assert!(dropped.stdout.contains("} -> null\n"), "{dropped:?}");
    renew("fourth", 0);
    let unlisted = tenantry.hear("apply -f - --yes", &file(""));
    assert_eq!((unlisted.code, list()), (0, json!(null)), "{unlisted:?}");
}

#[test]
fn fingerprints_move_from_one_account_to_another() {
    let (office, papers) = (Office::new(), Papers::new());
    let tenantry = desk(&office);
    let file = |ada: &Issued, wiki: &Issued| {
        format!(
            "users: [{{login: ada, display_name: Ada, surname: L, certificates: ['{}']}}]\n\
             service_accounts: [{{name: wiki, certificates: ['{}']}}]\n",
            ada.fingerprint(),
            wiki.fingerprint()
        )
    };
    for (ada, wiki) in [(&papers.ada, &papers.wiki), (&papers.wiki, &papers.ada)] {
        let text = file(ada, wiki);
        let applied = tenantry.hear("apply -f - --yes", &text);
        assert_eq!(applied.code, 0, "{applied:?}");
        let again = tenantry.hear("apply -f - --yes", &text);
        assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
        let proves = |line: &str| tenantry.shows(line)["fingerprints"].clone();
        assert_eq!(proves("user certificates ada"), json!([plain(ada)]));
        assert_eq!(proves("service-account certificates wiki"), json!([plain(wiki)]));
    }
    let both = tenantry.hear("apply -f - --yes", &file(&papers.ada, &papers.ada));
    assert!(both.code == 2 && both.stderr.contains("proves one alone"), "{both:?}");
}

#[test]
fn what_the_server_would_refuse_is_told_before_anything_is_done() {
    let (office, papers) = (Office::new(), Papers::new());
    let tenantry = desk(&office);
    papers.revokes(0, &[]);
    let at = papers.folder.path().display();
    let (certificate, key) = (papers.sender.certificate.display(), papers.sender.key.display());
    let (own, spelled) = (plain(&papers.ada), papers.ada.fingerprint());
    let nine: Vec<String> =
        "123456789".chars().map(|digit| format!("'{}'", digit.to_string().repeat(64))).collect();
    let user = |list: &str| {
        format!("users: [{{login: ada, display_name: A, surname: L, certificates: [{list}]}}]")
    };
    let wrong = [
        (user("'ab'"), "no fingerprint"),
        (user(&format!("'{own}', '{spelled}'")), "twice"),
        (user(&nine.join(", ")), "at most"),
        (
            format!(
                "certificate_authorities: \
                 [{{name: Own, built_in: true, revocations: {{file: {at}/list.pem}}}}]"
            ),
            "knows what it revoked",
        ),
        (
            format!(
                "event_destinations: [{{name: disk, kind: files, client_certificate: \
                 {{certificate: {{file: {certificate}}}, private_key: {{file: {key}}}}}}}]"
            ),
            "files are shown no certificate",
        ),
    ];
    for (text, why) in wrong {
        let text = format!("groups: [{{name: staff}}]\n{text}");
        let refused = tenantry.hear("apply -f - --yes", &text);
        assert!(refused.code == 2 && refused.stderr.contains(why), "{refused:?}");
    }
    assert_eq!(tenantry.shows("group list"), json!([]), "nothing was done");
}

fn pem(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn what_a_network_shows_is_exported_without_its_key_which_another_organization_wants() {
    let (office, papers) = (Office::new(), Papers::new());
    let tenantry = desk(&office);
    papers.revokes(0, &[]);
    assert_eq!(tenantry.hear("apply -f - --yes", &papers.file(&office)).code, 0);
    let exported = tenantry.does("export");
    assert!(exported.contains("BEGIN CERTIFICATE") && !exported.contains("PRIVATE"), "{exported}");
    assert!(exported.contains(&plain(&papers.wiki)), "{exported}");
    let unchanged = tenantry.hear("apply -f - --yes --prune", &exported);
    assert_eq!((unchanged.code, unchanged.stdout.as_str()), (0, ""), "{unchanged:?}");

    let other = desk(&Office::new());
    let shown = json!({"certificate": pem(&papers.server.certificate)});
    let bare = json!({"server_certificate": shown, "groups": [{"name": "staff"}]}).to_string();
    let keyless = other.hear("apply -f - --yes", &bare);
    assert!(keyless.code == 2 && keyless.stderr.contains("`private_key: {file: PATH}`"));
    assert_eq!(other.shows("group list"), json!([]), "nothing was done before");
    let written = json!({"server_certificate": {
        "certificate": pem(&papers.server.certificate),
        "private_key": pem(&papers.server.key),
    }});
    let refused = other.hear("apply -f - --yes", &written.to_string());
    assert!(refused.code == 2 && !refused.stderr.contains("PRIVATE KEY"), "{refused:?}");
}

#[test]
fn fingerprints_of_users_are_exported_where_they_are_asked_for_and_apply_elsewhere() {
    let (office, papers) = (Office::new(), Papers::new());
    let tenantry = desk(&office);
    let text = format!(
        "users:\n\
         - {{login: ada, display_name: Ada, surname: L, certificates: ['{}']}}\n\
         - {{login: bob, display_name: Bob, surname: B}}\n",
        papers.ada.fingerprint()
    );
    assert_eq!(tenantry.hear("apply -f - --yes", &text).code, 0);
    let own = plain(&papers.ada);
    let unasked = tenantry.does("export");
    assert!(unasked.contains("login: ada") && !unasked.contains(&own), "{unasked}");
    let exported = tenantry.does("export --user-certificates");
    assert_eq!(exported.matches(&own).count(), 1, "{exported}");
    let unchanged = tenantry.hear("apply -f - --yes --prune", &exported);
    assert_eq!((unchanged.code, unchanged.stdout.as_str()), (0, ""), "{unchanged:?}");

    let (other, copy) = (desk(&Office::new()), without_head(&exported));
    let moved = other.hear("apply -f - --yes", &copy);
    assert_eq!(moved.code, 0, "{moved:?}");
    assert_eq!(other.shows("user certificates ada")["fingerprints"], json!([own]));
    assert_eq!(other.shows("user certificates bob")["fingerprints"], json!([]));
    assert_eq!(without_head(&other.does("export --user-certificates")), copy);
}

#[test]
fn what_the_own_authority_issues_is_issued_elsewhere_as_well() {
    let office = Office::new();
    let tenantry = desk(&office);
    let text = "certificate_authorities: [{name: Own, built_in: true}]\n\
                server_certificate: {dns_names: [radius.acme.example], days: 90}\n";
    let issued = tenantry.hear("apply -f - --yes", text);
    assert_eq!(issued.code, 0, "{issued:?}");
    let names = "    dns_names: null -> [\"radius.acme.example\"]\n";
    assert!(issued.stdout.ends_with(names), "{issued:?}");
    let again = tenantry.hear("apply -f - --yes --prune", text);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    let first = tenantry.shows("server-certificate show")["fingerprint"].clone();

    let copy = without_head(&tenantry.does("export"));
    assert!(!copy.contains("BEGIN"), "{copy}");
    let other = desk(&Office::new());
    let moved = other.hear("apply -f - --yes", &copy);
    assert_eq!(moved.code, 0, "{moved:?}");
    assert_eq!(without_head(&other.does("export")), copy);
    let there = other.shows("server-certificate show");
    assert_eq!(there["dns_names"], json!(["radius.acme.example"]));
    assert_ne!(there["fingerprint"], first);

    let gone = tenantry.hear("apply -f - --yes", "server_certificate: null");
    assert_eq!(gone.code, 0, "{gone:?}");
    assert_eq!(tenantry.run("server-certificate show").code, 5);
    let again = tenantry.hear("apply -f - --yes", "server_certificate: null");
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
}
