//! What staff imports, from files and from another directory's own tools.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::authority::{Authority, Holder};
use crate::harness::client::{Client, Output};
use crate::harness::forwarder::Forwarder;
use crate::harness::office::Office;
use crate::harness::pause;
use crate::harness::program::Program;
use crate::harness::receiver::comes;
use crate::harness::server::free_tcp;
use crate::harness::tenantry::Tenantry;

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

fn shown(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn a_table_is_tried_mended_and_imported() {
    let office = Office::new();
    let tenantry = desk(&office);
    let line = "import csv - --map User=login --map Office= -o json";
    let broken = tenantry.hear(line, "User,mail,Office\nada,ada@x,1\nbob,bob,2\n");
    assert_eq!(broken.code, 7, "{broken:?}");
    assert!(broken.stderr.contains("3  user  bob  mail  must be an address"), "{broken:?}");
    assert!(broken.stderr.contains("nothing was changed"), "{broken:?}");
    assert_eq!(shown(&broken)["name"], "standard input");

    let text = "User,mail,Office\nada,ada@x,1\nbob,bob@x,2\n";
    let tried = tenantry.hear(&format!("{line} --dry-run --name people"), text);
    assert_eq!((tried.code, shown(&tried)["state"].as_str()), (0, Some("checked")), "{tried:?}");
    let rows = tenantry.shows("import rows people --outcome create");
    assert_eq!(rows.as_array().unwrap().len(), 2);
    let mail = json!({"field": "mail", "before": null, "after": "[\"ada@x\"]"});
    assert!(rows[0]["changes"].as_array().unwrap().contains(&mail), "{rows}");
    let table = tenantry.does("import rows people");
    assert!(table.starts_with("LINE  KIND  NAME  OUTCOME  COLUMN  REASON  CHANGES"), "{table}");
    tenantry.does("import apply people");
    let done = tenantry.shows("import follow people");
    assert_eq!((&done["state"], &done["done"]["create"]), (&json!("done"), &json!(2)));
    assert_eq!(tenantry.shows("user show ada")["mail"], json!(["ada@x"]));

    let again = tenantry.hear(&format!("{line} --on-conflict update"), text);
    assert_eq!(shown(&again)["done"]["unchanged"], 2, "{again:?}");
    tenantry.does("import delete people --yes");
    assert_eq!(tenantry.run("import show people").code, 5);
}

#[test]
fn nothing_of_a_table_is_lost_unseen() {
    let office = Office::new();
    let tenantry = desk(&office);
    let line = "import csv - --leave-out-errors";
    let open = tenantry.hear(line, "login,display_name\nun1,U\nun2,\"open\nun3,U3\nun4,U4\n");
    assert_eq!(open.code, 7, "{open:?}");
    assert!(open.stderr.contains("not closed (it began in line 3)"), "{open:?}");
    let empty = tenantry.hear(line, "");
    assert!(empty.code == 7 && empty.stderr.contains("no line of headings"), "{empty:?}");
    let twice = tenantry.hear(line, "login,surname,surname\nada,King,Lovelace\n");
    assert_eq!(twice.code, 7, "{twice:?}");
    assert!(twice.stderr.contains("“surname” says what another column says"), "{twice:?}");
    assert_eq!(tenantry.shows("user list"), json!([]));
}

#[test]
fn a_heading_that_nobody_knows_is_no_row_that_may_be_left_out() {
    let office = Office::new();
    let tenantry = desk(&office);
    let rows: String = (0..5).map(|number| format!("user{number},1\n")).collect();
    let text = format!("login,Office\n{rows}");
    let line = "import csv - --leave-out-errors --name people -o json";
    let refused = tenantry.hear(line, &text);
    assert_eq!(refused.code, 7, "{refused:?}");
    let why = "tenantry: standard input: no field is called “Office”: map it to one, or to nothing to \
               leave it out (--map \"Office=FIELD\", or --map \"Office=\")";
    assert!(refused.stderr.contains(why), "{refused:?}");
    let left = tenantry.shows("import show people");
    assert_eq!((&left["state"], &left["rows"]), (&json!("cancelled"), &json!(0)), "{left}");

    let done = tenantry.hear(&format!("{line} --map Office="), &text);
    assert_eq!(done.code, 0, "{done:?}");
    let done = shown(&done);
    assert_eq!(
        (&done["rows"], &done["checked"]),
        (&json!(5), &json!(5)),
        "they are people: {done}"
    );
    assert_eq!(done["done"]["create"], 5, "{done}");
}

#[test]
fn what_a_list_writes_as_a_table_is_imported_as_it_is() {
    let (old, new) = (Office::new(), Office::new());
    for office in [&old, &new] {
        for (name, syntax, multiple) in [("badges", "integer", true), ("motto", "text", false)] {
            let fields = json!({"name": name, "syntax": syntax, "multiple": multiple});
            office.make("custom-attributes", &fields);
        }
    }
    let ada = json!({"login": "ada", "display_name": "=Ada, \"L\"", "surname": "L",
        "phone": "+41 44 000 00 00", "mail": ["a@x.example", "b@x.example"],
        "custom": {"badges": [12, -17], "motto": "+1; 'x"}, "expires": "2099-01-31T12:00:00Z"});
    old.make("users", &ada);
    old.user("bob", "correct horse battery");
    old.make("groups", &json!({"name": "staff", "description": "-everybody"}));
    let (from, to) = (desk(&old), desk(&new));
    from.does("user suspend bob");
    let (users, groups) = (from.does("user list -o csv"), from.does("group list -o csv"));

    let taken = to.hear("import csv - -o json", &users);
    assert_eq!(taken.code, 0, "{taken:?}");
    let taken = to.hear("import csv - --groups -o json", &groups);
    assert_eq!(taken.code, 0, "{taken:?}");
    let told = |tenantry: &Tenantry, line: &str| {
        let mut shown = tenantry.shows(line);
        for own in ["id", "created", "modified", "dn", "sign_in"] {
            shown.as_object_mut().unwrap().remove(own);
        }
        shown
    };
    for line in ["user show ada", "user show bob", "group show staff"] {
        assert_eq!(told(&to, line), told(&from, line), "{line}: {users}{groups}");
    }
    let again = from.hear("import csv - --on-conflict update -o json", &users);
    assert_eq!(shown(&again)["done"]["unchanged"], 2, "{again:?}");
}

/// Who is in a group, sorted.
fn members(tenantry: &Tenantry, group: &str) -> Vec<String> {
    let shown = tenantry.shows(&format!("group members {group}"));
    let names = shown.as_array().unwrap().iter().map(|member| member["name"].as_str().unwrap());
    let mut names: Vec<String> = names.map(ToOwned::to_owned).collect();
    names.sort();
    names
}

#[test]
fn a_table_of_groups_brings_members_and_leaves_alone_what_is_there_already() {
    let office = Office::new();
    let tenantry = desk(&office);
    let ada = office.user("ada", "correct horse battery");
    office.user("bob", "correct horse battery");
    office.group("staff", &[&ada], &[]);
    let text = "name,description,members,nested_groups\nstaff,Another,bob,\n\
                all,Everybody,bob,staff;makers\nmakers,,ada;bob,\n";
    let taken = tenantry.hear("import csv - --groups -o json", text);
    assert_eq!((taken.code, &shown(&taken)["holds"]), (7, &json!("groups")), "{taken:?}");
    assert!(taken.stderr.contains("2  group  staff  name  is there already"), "{taken:?}");
    assert_eq!(tenantry.shows("group list").as_array().unwrap().len(), 1, "nothing was done");

    let line = "import csv - --groups --on-conflict skip --name groups -o json";
    let done = tenantry.hear(line, text);
    assert_eq!(done.code, 0, "{done:?}");
    let counts = &shown(&done)["done"];
    assert_eq!((&counts["create"], &counts["skip"]), (&json!(2), &json!(1)), "{counts}");
    let skipped = tenantry.shows("import rows groups --outcome skip");
    assert_eq!((&skipped[0]["line"], &skipped[0]["name"]), (&json!(2), &json!("staff")));
    assert_eq!(tenantry.shows("group show staff")["description"], json!(null), "it is as it was");
    assert_eq!(members(&tenantry, "staff"), ["ada"]);
    assert_eq!(members(&tenantry, "all"), ["bob", "makers", "staff"]);
    assert_eq!(members(&tenantry, "makers"), ["ada", "bob"]);
    assert_eq!(tenantry.shows("group show all")["description"], "Everybody");
}

#[test]
fn an_import_is_cancelled_in_the_middle_and_what_was_applied_stays() {
    let office = Office::new();
    let tenantry = desk(&office);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    // Passwords in clear take their time: so many are not hashed before somebody cancels.
    let rows = (0..600).map(|number| format!("user{number},correct horse {number}\n"));
    fs::write(&file, format!("login,password\n{}", rows.collect::<String>())).unwrap();
    let following = tenantry.starts(&format!("import csv {} --name people", file.display()));
    let import = || office.read("imports")["items"][0].clone();
    let is_half_done = |_| {
        pause(Duration::from_millis(20));
        import()["applied"].as_u64().is_some_and(|applied| applied > 0)
    };
    assert!((0..3_000).any(is_half_done), "nothing is applied: {}", import());
    tenantry.does("import cancel people");
    following.says("tenantry: the import is cancelled");

    let ended = tenantry.shows("import show people");
    assert_eq!(ended["state"], "cancelled", "{ended}");
    let applied = ended["applied"].as_u64().unwrap();
    assert!(applied > 0 && applied < 600, "{ended}");
    assert_eq!((&ended["done"]["create"], &ended["done"]["error"]), (&json!(applied), &json!(0)));
    let there = || json!(tenantry.shows("user list").as_array().unwrap().len());
    assert_eq!(there(), json!(applied), "what was applied is there, and nothing else");
    pause(Duration::from_millis(500));
    assert_eq!(there(), json!(applied), "it goes on no further");
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "user0", "correct horse 0").is("Access-Accept"));
    let again = tenantry.run("import cancel people");
    assert_eq!(again.code, 7, "it is over: {again:?}");
}

/// An import whose file is on its way, for as long as what is told beside it is there.
fn begun(office: &Office, tenantry: &Tenantry, folder: &Path) -> (Program, fs::File) {
    let pipe = folder.join("people.csv");
    let made = Client::new("mkfifo", "coreutils").arg(&pipe).run();
    assert_eq!(made.code, 0, "{made:?}");
    // Held open, so that nobody waits for whoever opens it first.
    let held = fs::File::options().read(true).write(true).open(&pipe).unwrap();
    let importing = tenantry.starts(&format!("import csv {} --name people", pipe.display()));
    let is_asked_for = || !office.read("imports")["items"].as_array().unwrap().is_empty();
    assert!(comes(is_asked_for), "{}", importing.said());
    let mut rows = fs::File::options().write(true).open(&pipe).unwrap();
    drop(held);
    // More than a pipe holds, so it is read by now.
    let lines: String = (0..40_000).map(|number| format!("user{number}\n")).collect();
    rows.write_all(format!("login\n{lines}").as_bytes()).unwrap();
    assert_eq!(office.read("imports")["items"][0]["state"], "receiving");
    (importing, rows)
}

#[test]
fn who_interrupts_a_file_on_its_way_leaves_no_import_that_waits_for_it() {
    let office = Office::new();
    let tenantry = desk(&office);
    let folder = tempfile::tempdir().unwrap();
    let (mut importing, _rows) = begun(&office, &tenantry, folder.path());
    assert_eq!(importing.interrupted(), Some(130));
    importing.says("The import is cancelled.");
    assert_eq!(tenantry.shows("import show people")["state"], "cancelled");
}

#[test]
fn who_interrupts_a_file_and_is_not_heard_is_told_so_and_how_to_cancel_the_import_later() {
    // Nobody is there, or somebody who says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for nobody in [free_tcp(), silent.local_addr().unwrap().to_string()] {
        let office = Office::new();
        let admin_api = &office.demo.admin_api;
        let line = Forwarder::to(admin_api.url.trim_start_matches("https://"));
        let (url, key) =
            (format!("https://{}", line.address), &admin_api.tokens.administrator_with_billing);
        let tenantry = Tenantry::at(&url, &office.demo.ca_file, key).within(&office.slug);
        let folder = tempfile::tempdir().unwrap();
        let (mut importing, _rows) = begun(&office, &tenantry, folder.path());
        line.turn_to(&nobody);
        assert_eq!(importing.interrupted(), Some(130));
        let import = office.read("imports")["items"][0].clone();
        assert_eq!(import["state"], "receiving");
        let later = format!("import cancel {}", import["id"].as_str().unwrap());
        importing.says(&format!("The server could not be reached: `tenantry {later}` later."));
        assert!(!importing.said().contains("is cancelled"), "{}", importing.said());
        assert_eq!(desk(&office).shows(&later)["state"], "cancelled");
    }
}

/// slapd's configuration for a database with these entries; `global` stands before it.
fn slapadd(folder: &Path, global: &str, ldif: &str) -> PathBuf {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (configuration, file, data) =
        (folder.join("slapd.conf"), folder.join("in.ldif"), folder.join("db"));
    fs::create_dir(&data).unwrap();
    fs::write(&file, ldif).unwrap();
    let lines = format!(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\n\
         moduleload back_mdb\npidfile {}/slapd.pid\nsizelimit 100\n{global}database mdb\n\
         suffix dc=old,dc=example\nrootdn cn=admin,dc=old,dc=example\nrootpw secret\n\
         directory {}\n",
        text(folder),
        text(&data)
    );
    fs::write(&configuration, lines).unwrap();
    slapd_tool("/usr/sbin/slapadd", &["-q", "-f", &text(&configuration), "-l", &text(&file)]);
    configuration
}

fn slapd_tool(program: &str, arguments: &[&str]) -> String {
    let done = Client::new(program, "slapd").args(arguments).run();
    assert_eq!(done.code, 0, "{done:?}");
    done.stdout
}

/// slapd where it runs, heard at these URLs.
fn slapd(configuration: &Path, urls: &str) -> Program {
    let mut command = Command::new("/usr/sbin/slapd");
    command.args(["-d", "stats", "-h", urls, "-f"]).arg(configuration);
    let slapd = Program::start(&mut command);
    slapd.says("slapd starting");
    slapd
}

/// What slapd keeps, and slapcat writes: folded lines, base64, operational attributes.
fn slapcat(folder: &Path, ldif: &str) -> String {
    let configuration = slapadd(folder, "", ldif);
    slapd_tool("/usr/sbin/slapcat", &["-f", configuration.to_str().unwrap()])
}

#[test]
fn what_slapcat_writes_is_imported_and_everybody_signs_in_as_before() {
    let office = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let hashed = Client::new("/usr/sbin/slappasswd", "slapd")
        .args(["-h", "{SSHA}", "-s", "correct horse battery"])
        .run();
    let long = "a description that is folded because it is longer than a line may be in LDIF";
    let dumped = slapcat(
        folder.path(),
        &format!(
            "dn: dc=old,dc=example\nobjectClass: domain\ndc: old\n\n\
             dn: uid=ada,dc=old,dc=example\nobjectClass: inetOrgPerson\nuid: ada\n\
             cn: Ada Lövelace\nsn: Lövelace\ndescription: {long}\nuserPassword: {}\n\n\
             dn: cn=staff,dc=old,dc=example\nobjectClass: groupOfNames\ncn: staff\n\
             member: uid=ada,dc=old,dc=example\nmember: uid=gone,dc=old,dc=example\n",
            hashed.stdout.trim()
        ),
    );
    assert!(dumped.contains("userPassword:: ") && dumped.contains("\n "), "{dumped}");
    let tenantry = desk(&office);
    let refused = tenantry.hear("import ldif - -o json", &dumped);
    assert!(refused.stderr.contains("uid=gone,dc=old,dc=example"), "{refused:?}");
    let done = tenantry.hear("import ldif - --missing-members leave_out -o json", &dumped);
    assert_eq!((done.code, shown(&done)["done"]["create"].as_u64()), (0, Some(2)), "{done:?}");
    let ada = tenantry.shows("user show ada");
    assert_eq!((&ada["display_name"], &ada["description"]), (&json!("Ada Lövelace"), &json!(long)));
    assert_eq!(tenantry.shows("group members staff")[0]["name"], "ada");
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "ada", "correct horse battery").is("Access-Accept"));
}

#[test]
fn a_running_slapd_is_read_page_by_page_and_its_password_is_no_argument() {
    let office = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let mut ldif = "dn: dc=old,dc=example\nobjectClass: domain\ndc: old\n\n".to_owned();
    let mut members = String::new();
    // More than the server gives at once without pages.
    for number in 0..250 {
        let dn = format!("uid=user{number},dc=old,dc=example");
        ldif.push_str(&format!(
            "dn: {dn}\nobjectClass: inetOrgPerson\nuid: user{number}\ncn: Someone\n\
             sn: Old\nuserPassword: correct horse {number}\n{}\n",
            // Somebody locked one for good, and another one gave wrong passwords.
            match number {
                7 => "pwdAccountLockedTime: 000001010000Z\n",
                8 => "pwdAccountLockedTime: 20260131120000Z\n",
                _ => "",
            }
        ));
        members.push_str(&format!("member: {dn}\n"));
    }
    ldif.push_str(&format!(
        "dn: cn=all,dc=old,dc=example\nobjectClass: groupOfNames\ncn: all\n{members}"
    ));
    let configuration = slapadd(folder.path(), "moduleload ppolicy\n", &ldif);
    let url = format!("ldap://{}", free_tcp());
    let _slapd = slapd(&configuration, &url);
    let tenantry = desk(&office);
    let line = format!(
        "import ldap {url} --base dc=old,dc=example --bind-dn cn=admin,dc=old,dc=example -o json"
    );
    let bare = tenantry.hear(&line, "secret\n");
    assert_eq!(bare.code, 2, "the password would go in clear: {bare:?}");
    let nobody = tenantry.hear(&format!("{line} --without-tls"), "\n");
    assert_eq!(nobody.code, 2, "{nobody:?}");
    assert!(nobody.stderr.contains("leave out --bind-dn to read as nobody"), "{nobody:?}");
    let wrong = tenantry.hear(&format!("{line} --without-tls"), "wrong\n");
    assert_eq!(wrong.code, 3, "it is reached, and does not let in: {wrong:?}");
    assert!(wrong.stderr.contains("see that --bind-dn and the password are right"), "{wrong:?}");
    what_is_not_given_is_told_of_the_server_that_is_read(&tenantry, &url);
    let other = office.demo.admin_api.url.replace("https://", "ldap://");
    let other = tenantry.run(&format!("import ldap {other} --base dc=old,dc=example"));
    assert!(other.code == 8 && other.stderr.contains("something else than LDAP"), "{other:?}");
    let done = tenantry.hear(&format!("{line} --without-tls"), "secret\n");
    assert_eq!((done.code, shown(&done)["done"]["create"].as_u64()), (0, Some(251)), "{done:?}");
    assert_eq!(shown(&done)["ignored"], 1);
    let members = tenantry.shows("group members all");
    assert_eq!(members.as_array().unwrap().len(), 250);
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "user249", "correct horse 249").is("Access-Accept"));
    assert_eq!(tenantry.shows("user show user7")["state"], "suspended");
    assert_eq!(tenantry.shows("user show user8")["state"], "active");
    let id = shown(&done)["id"].as_str().unwrap().to_owned();
    let rows = tenantry.shows(&format!("import rows {id}"));
    let tried = rows.as_array().unwrap().iter().find(|row| row["name"] == "user8").unwrap();
    assert!(tried["notes"][0].as_str().unwrap().contains("20260131120000Z"), "{tried}");
}

fn what_is_not_given_is_told_of_the_server_that_is_read(tenantry: &Tenantry, url: &str) {
    let told = format!("tenantry: {url} does not give what is asked for: ");
    let gone = tenantry.run(&format!("import ldap {url} --base ou=gone,dc=old,dc=example"));
    assert_eq!(gone.code, 5, "{gone:?}");
    assert!(gone.stderr.starts_with(&told) && gone.stderr.contains("--base is right"), "{gone:?}");
    let filter = format!("import ldap {url} --base dc=old,dc=example --filter (uid=*");
    let filter = tenantry.run(&filter);
    assert!(filter.code == 2 && filter.stderr.contains("--filter: “(uid=*”"), "{filter:?}");
    let bare = url.trim_start_matches("ldap://");
    let bare = tenantry.run(&format!("import ldap {bare} --base dc=old,dc=example"));
    assert!(bare.code == 2 && bare.stderr.contains("name the server by ldaps://"), "{bare:?}");
    assert_eq!(tenantry.shows("import list"), json!([]), "nothing was asked for");
    // Nobody gets more than a hundred.
    let part = tenantry.run(&format!("import ldap {url} --base dc=old,dc=example"));
    assert!(part.code == 8 && part.stderr.contains(&told), "{part:?}");
    assert_eq!(tenantry.shows("user list"), json!([]));
}

#[test]
fn what_cannot_be_read_is_no_fault_of_the_server_and_rows_that_are_not_printed_are_counted() {
    let office = Office::new();
    let tenantry = desk(&office);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let unreadable = tenantry.run(&format!("import csv {path}"));
    assert_eq!(unreadable.code, 1, "{unreadable:?}");
    let said = format!("tenantry: {path}: Is a directory");
    assert!(unreadable.stderr.contains(&said), "{unreadable:?}");
    let rows: String = (0..60).map(|number| format!("user{number},nonsense\n")).collect();
    let broken = tenantry.hear("import csv - -o json", &format!("login,mail\n{rows}"));
    assert_eq!(broken.code, 7, "{broken:?}");
    let id = shown(&broken)["id"].as_str().unwrap().to_owned();
    let more = format!("and 10 more: `tenantry import rows {id} --outcome error` shows all");
    assert!(broken.stderr.contains(&more), "{broken:?}");
}

#[test]
fn a_server_gets_no_password_whose_certificate_is_of_another_authority_or_for_another_name() {
    let office = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let (ours, others) = (Authority::new("Old"), Authority::new("Others"));
    let (common_name, dns, server) = ("slapd", Some("localhost"), true);
    let issued = ours.issue(&Holder { common_name, dns, server, ..Holder::default() });
    let ca = folder.path().join("old.pem");
    fs::write(&ca, ours.pem()).unwrap();
    let tls = format!(
        "TLSCACertificateFile {}\nTLSCertificateFile {}\nTLSCertificateKeyFile {}\n",
        ca.display(),
        issued.certificate.display(),
        issued.key.display()
    );
    let ldif = "dn: dc=old,dc=example\nobjectClass: domain\ndc: old\n\n\
                dn: uid=ada,dc=old,dc=example\nobjectClass: inetOrgPerson\nuid: ada\ncn: Ada\n\
                sn: L\n";
    let configuration = slapadd(folder.path(), &tls, ldif);
    let (clear, secure) = (free_tcp(), free_tcp());
    let server = slapd(&configuration, &format!("ldap://{clear} ldaps://{secure}"));
    let named = |address: &str| address.replace("127.0.0.1", "localhost");
    let start_tls = format!("ldap://{} --start-tls", named(&clear));
    let ldaps = format!("ldaps://{}", named(&secure));
    let tenantry = desk(&office);
    let read = |from: &str, authority: &Authority| {
        let ca = folder.path().join("authority.pem");
        fs::write(&ca, authority.pem()).unwrap();
        let line = format!(
            "import ldap {from} --ldap-ca {} --base dc=old,dc=example \
             --bind-dn cn=admin,dc=old,dc=example --on-conflict update -o json",
            ca.display()
        );
        tenantry.hear(&line, "secret\n")
    };
    for from in [&ldaps, &start_tls] {
        let unknown = read(from, &others);
        assert_eq!(unknown.code, 8, "{from}: {unknown:?}");
        assert!(unknown.stderr.contains("with --ldap-ca FILE"), "{from}: {unknown:?}");
    }
    let another_name = read(&format!("ldaps://{secure}"), &ours);
    assert_eq!(another_name.code, 8, "{another_name:?}");
    assert!(another_name.stderr.contains("as its certificate does"), "{another_name:?}");
    assert_eq!(tenantry.shows("import list"), json!([]), "nothing was asked for");
    assert!(!server.said().contains(" BIND dn="), "{}", server.said());

    for (from, outcome) in [(&ldaps, "create"), (&start_tls, "unchanged")] {
        let done = read(from, &ours);
        assert_eq!((done.code, &shown(&done)["done"][outcome]), (0, &json!(1)), "{from}: {done:?}");
    }
    server.says("TLS established");
    assert_eq!(tenantry.shows("user show ada")["display_name"], "Ada");
}
