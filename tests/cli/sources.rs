//! Directories of other makers, read over LDAP where they run.

use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::client::Client;
use crate::harness::office::Office;
use crate::harness::pause;
use crate::harness::program::Program;
use crate::harness::tenantry::Tenantry;

/// The password of whoever reads the other directory.
const SECRET: &str = "Correct.Horse.1";

fn desk(office: &Office) -> Tenantry {
    let key = &office.demo.admin_api.tokens.administrator_with_billing;
    Tenantry::with_key(&office.demo, key).within(&office.slug)
}

fn tool(program: &str, package: &str, arguments: &[&str], input: &str) -> String {
    let done = Client::patient(program, package, Duration::from_secs(120))
        .args(arguments)
        .input(input)
        .run();
    assert_eq!(done.code, 0, "{done:?}");
    done.stdout
}

/// Waits until a server takes connections.
fn answers(server: &Program, address: SocketAddr) {
    for _ in 0..1_200 {
        if TcpStream::connect(address).is_ok() {
            return;
        }
        pause(Duration::from_millis(50));
    }
    panic!("{address} takes no connection: {}", server.said());
}

/// Imports what is below an entry, as somebody of the other directory; what became of it.
fn import(tenantry: &Tenantry, url: &str, (base, reader): (&str, &str)) -> Value {
    let asked = ["import", "ldap", url, "--base", base, "--bind-dn", reader, "--without-tls"];
    // 389 Directory Server knows no parts, and gives all.
    let manner = ["--missing-members", "leave_out", "--members-at-once", "100", "-o", "json"];
    let manner = [&manner[..], &["--on-conflict", "update", "--name", "old"]].concat();
    let done = tenantry.hear_words(&[&asked[..], &manner].concat(), &format!("{SECRET}\n"));
    assert_eq!(done.code, 0, "{done:?}");
    serde_json::from_str(&done.stdout).unwrap()
}

/// The configuration of 389 Directory Server, from the template that `dscreate` starts from.
fn directory_server(folder: &Path, port: u16) {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for name in ["config", "run/lock", "log", "db"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    tool("cp", "coreutils", &["-r", "/usr/share/dirsrv/schema", &at("config/schema")], "");
    let collations = "/etc/dirsrv/config/slapd-collations.conf";
    fs::copy(collations, at("config/slapd-collations.conf")).unwrap();
    let hash = tool("/usr/sbin/slappasswd", "slapd", &["-h", "{SSHA}", "-s", SECRET], "");
    let places = [
        ("%schema_dir%", "config/schema"),
        ("%cert_dir%", "config"),
        ("%config_dir%", "config"),
        ("%lock_dir%", "run/lock"),
        ("%tmp_dir%", "run"),
        ("%ldif_dir%", "run"),
        ("%bak_dir%", "run"),
        ("%run_dir%", "run"),
        ("%inst_dir%", "run"),
        ("%log_dir%", "log"),
        ("%db_dir%", "db"),
        ("%db_home_dir%", "db"),
        ("%ldapi%", "run/socket"),
    ];
    let port = port.to_string();
    let values = [
        ("%db_lib%", "bdb"),
        ("%fqdn%", "localhost"),
        ("%ds_port%", port.as_str()),
        ("%ds_user%", "root"),
        ("%ds_suffix%", "dc=old,dc=example"),
        ("%ds_bename%", "userRoot"),
        ("%rootdn%", "cn=Directory Manager"),
        ("%ds_passwd%", hash.trim()),
        ("%ldapi_enabled%", "off"),
        ("%ldapi_autobind%", "off"),
    ];
    let mut text = fs::read_to_string("/usr/share/dirsrv/data/template-dse.ldif").unwrap();
    for (token, place) in places {
        text = text.replace(token, &at(place));
    }
    for (token, value) in values {
        text = text.replace(token, value);
    }
    // It gives 20 entries at once without pages.
    let own = "dn: cn=config\nnsslapd-listenhost: 127.0.0.1\nnsslapd-sizelimit: 20\n";
    text = text.replacen("dn: cn=config\n", own, 1);
    let database = format!(
        "\n\ndn: cn=userRoot,cn=ldbm database,cn=plugins,cn=config\nobjectClass: top\n\
         objectClass: extensibleObject\nobjectClass: nsBackendInstance\ncn: userRoot\n\
         nsslapd-suffix: dc=old,dc=example\nnsslapd-directory: {}\n\n\
         dn: cn=\"dc=old,dc=example\",cn=mapping tree,cn=config\nobjectClass: top\n\
         objectClass: extensibleObject\nobjectClass: nsMappingTree\ncn: dc=old,dc=example\n\
         nsslapd-state: backend\nnsslapd-backend: userRoot\n",
        at("db/userRoot")
    );
    fs::write(at("config/dse.ldif"), text.trim_end().to_owned() + &database).unwrap();
}

#[test]
fn a_running_389_directory_server_is_read_with_the_hashes_that_it_makes() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    directory_server(folder.path(), address.port());
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut command = Command::new("/usr/sbin/ns-slapd");
    command.args(["-D", &at("config"), "-i", &at("run/pid"), "-d", "0"]);
    let top = "dn: dc=old,dc=example\nobjectClass: domain\ndc: old\n";
    fs::write(at("top.ldif"), top).unwrap();
    let load = ["ldif2db", "-D", &at("config"), "-n", "userRoot", "-i", &at("top.ldif")];
    tool("/usr/sbin/ns-slapd", "389-ds-base", &load, "");
    let server = Program::start(&mut command);
    answers(&server, address);
    let mut entries = String::new();
    let mut members = String::new();
    for number in 0..50 {
        let dn = format!("uid=user{number},dc=old,dc=example");
        write!(
            entries,
            "dn: {dn}\nobjectClass: inetOrgPerson\nuid: user{number}\ncn: Someone\nsn: Old\n\
             userPassword: correct horse {number}\n{}\n",
            if number == 7 { "nsAccountLock: true\n" } else { "" }
        )
        .unwrap();
        writeln!(members, "uniqueMember: {dn}").unwrap();
    }
    write!(
        entries,
        "dn: cn=all,dc=old,dc=example\nobjectClass: groupOfUniqueNames\ncn: all\n{members}"
    )
    .unwrap();
    let url = format!("ldap://{address}");
    let manager = ["-x", "-H", &url, "-D", "cn=Directory Manager", "-w", SECRET];
    tool("ldapadd", "ldap-utils", &manager, &entries);
    let asked = [&manager[..], &["-LLL", "-b", "uid=user9,dc=old,dc=example", "userPassword"]];
    let kept = tool("ldapsearch", "ldap-utils", &asked.concat(), "");
    assert!(!kept.contains("correct horse") && kept.contains("userPassword:: "), "{kept}");

    let tenantry = desk(&office);
    let done = import(&tenantry, &url, ("dc=old,dc=example", "cn=Directory Manager"));
    assert_eq!((&done["done"]["create"], &done["ignored"]), (&json!(51), &json!(1)), "{done}");
    assert_eq!(tenantry.shows("group members all").as_array().unwrap().len(), 50);
    assert_eq!(tenantry.shows("user show user7")["state"], "suspended");
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "user49", "correct horse 49").is("Access-Accept"));
    assert!(office.login(&client, "user7", "correct horse 7").is("Access-Reject"));
}

/// The configuration of Samba as a domain's controller, of which LDAP alone runs.
fn controller(folder: &Path, address: &str) -> String {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for name in ["run", "cache"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    let realm = ["--realm=AD.EXAMPLE", "--domain=AD", "--server-role=dc", "--dns-backend=NONE"];
    let (target, password) = (format!("--targetdir={}", at("")), format!("--adminpass={SECRET}"));
    let named = ["--host-name=dc", "--host-ip=127.0.0.1", "--use-rfc2307", &target, &password];
    let arguments = [&["domain", "provision"][..], &realm, &named].concat();
    tool("samba-tool", "samba-ad-dc", &arguments, "");
    let text = format!(
        "[global]\nnetbios name = DC\nworkgroup = AD\nrealm = AD.EXAMPLE\n\
         server role = active directory domain controller\nserver services = ldap\n\
         dcerpc endpoint servers =\ninterfaces = {address}/8\nbind interfaces only = yes\n\
         private dir = {0}/private\nstate directory = {0}/state\ncache directory = {0}/cache\n\
         lock directory = {0}\npid directory = {0}/run\nncalrpc dir = {0}/run/ncalrpc\n\
         binddns dir = {0}/bind-dns\nlog file = {0}/log\nidmap_ldb:use rfc2307 = yes\n\
         ldap server require strong auth = no\ntls enabled = no\n",
        folder.display()
    );
    fs::write(at("smb.conf"), text).unwrap();
    at("smb.conf")
}

/// LDIF of many users, whose manager is one, and of a group that all of them are in.
fn many() -> String {
    let mut entries = String::new();
    let mut members = String::new();
    for number in 0..250 {
        let dn = format!("CN=many{number},CN=Users,DC=ad,DC=example");
        write!(
            entries,
            "dn: {dn}\nobjectClass: user\nsAMAccountName: many{number}\n\
             manager: CN=Ada Lovelace,CN=Users,DC=ad,DC=example\n\n"
        )
        .unwrap();
        writeln!(members, "member: {dn}").unwrap();
    }
    write!(
        entries,
        "dn: CN=many,CN=Users,DC=ad,DC=example\nobjectClass: group\nsAMAccountName: many\n{members}"
    )
    .unwrap();
    // Its time was over in 2019.
    entries.push_str(
        "\ndn: CN=gone,CN=Users,DC=ad,DC=example\nobjectClass: user\nsAMAccountName: gone\n\
         accountExpires: 132000000000000000\n",
    );
    entries
}

#[test]
fn a_running_domain_controller_is_read_with_its_groups_and_without_hashes() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let address = office.address.to_string();
    let configuration = controller(folder.path(), &address);
    for line in [
        "user create ada Correct.Horse.2 --given-name=Ada --surname=Lovelace \
         --mail-address=ada@ad.example --uid-number=10001 --gid-number=10001 \
         --unix-home=/home/ada --login-shell=/bin/bash",
        "user create bob Correct.Horse.3",
        "user disable bob",
        "computer create laptop",
        "group add staff",
        "group add everybody",
        "group addmembers staff ada",
        "group addmembers everybody staff,bob,laptop$",
    ] {
        let arguments: Vec<&str> = line.split_whitespace().chain(["-s", &configuration]).collect();
        tool("samba-tool", "samba-ad-dc", &arguments, "");
    }
    let mut command = Command::new("/usr/sbin/samba");
    command.args(["-i", "-M", "single", "-s", &configuration]);
    let server = Program::start(&mut command);
    answers(&server, format!("{address}:389").parse().unwrap());
    let tenantry = desk(&office);
    let url = format!("ldap://{address}");
    let administrator =
        ["-x", "-H", &url, "-D", "cn=Administrator,cn=Users,dc=ad,dc=example", "-w", SECRET];
    tool("ldapadd", "ldap-utils", &administrator, &many());
    let part = ["-LLL", "-s", "base", "-b", "CN=many,CN=Users,DC=ad,DC=example"];
    let part = [&administrator[..], &part, &["(objectClass=*)", "member;range=0-99"]].concat();
    let part = tool("ldapsearch", "ldap-utils", &part, "");
    assert!(part.contains("member;range=0-99: "), "it gives parts: {part}");
    office.make("custom-attributes", &json!({"name": "manager", "syntax": "reference"}));
    let done = import(&tenantry, &url, ("dc=ad,dc=example", "AD\\administrator"));
    assert_eq!((&done["state"], &done["done"]["error"]), (&json!("done"), &json!(0)), "{done}");
    let ada = tenantry.shows("user show ada");
    let told = ["display_name", "surname", "uid_number", "home_directory", "login_shell", "state"];
    let told = told.map(|field| ada[field].clone());
    let expected = json!(["Ada Lovelace", "Lovelace", 10001, "/home/ada", "/bin/bash", "active"]);
    assert_eq!((json!(told), &ada["mail"]), (expected, &json!(["ada@ad.example"])));
    assert_eq!(tenantry.shows("user show bob")["state"], "suspended");
    assert_eq!(tenantry.shows("user show krbtgt")["state"], "suspended");
    let gone = tenantry.shows("user show gone");
    let ended = json!("2019-04-17T18:40:00Z");
    assert_eq!((&gone["state"], &gone["expires"]), (&json!("suspended"), &ended));
    assert!(tenantry.run("user show laptop$").code == 5, "a machine is no user");
    let names = |group: &str| {
        let members = tenantry.shows(&format!("group members {group}"));
        let names = members.as_array().unwrap().iter();
        names.map(|member| member["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("everybody"), ["bob", "staff"]);
    assert_eq!(names("staff"), ["ada"]);
    let primary = tenantry.words(&["group", "members", "Domain Users", "-o", "json"]);
    let primary: Value = serde_json::from_str(&primary.stdout).unwrap();
    let is_there = |name: &str| primary.as_array().unwrap().iter().any(|it| it["name"] == name);
    assert!(is_there("ada") && is_there("many249") && !is_there("Guest"), "{primary}");
    assert_eq!(names("many").len(), 250, "three parts of one group");
    assert_eq!(tenantry.shows("user show many249")["custom"]["manager"], "ada");
    assert_eq!(tenantry.shows("group members Administrators")[0]["name"], "Administrator");
    let client = office.client("gate", &json!({}));
    assert!(office.login(&client, "ada", "Correct.Horse.2").is("Access-Reject"), "no hash came");
    a_refresh_lets_nobody_in_again(&tenantry, &url);
}

/// Who was suspended here stays so, whatever the domain controller says of the account.
fn a_refresh_lets_nobody_in_again(tenantry: &Tenantry, url: &str) {
    tenantry.does("import delete old --yes");
    tenantry.does("user suspend ada");
    let again = import(tenantry, url, ("dc=ad,dc=example", "AD\\administrator"));
    assert_eq!((&again["state"], &again["done"]["create"]), (&json!("done"), &json!(0)), "{again}");
    assert_eq!(tenantry.shows("user show ada")["state"], "suspended");
    let rows = tenantry.shows("import rows old");
    let ada = rows.as_array().unwrap().iter().find(|row| row["name"] == "ada").unwrap();
    assert_eq!(ada["notes"], json!(["the source lets them in, and they stay suspended here"]));
}
