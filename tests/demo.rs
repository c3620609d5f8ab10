//! What `tenantryd demo` promises to somebody who has just started it.

use std::path::Path;

use crate::harness::client::Client;
use crate::harness::demo::Demo;
use crate::harness::python::python;

#[test]
fn every_line_that_the_demonstration_prints_works_as_printed() {
    let Some(demo) = Demo::own() else { return };
    let is_command = |line: &&String| !line.starts_with('#') && line.contains("127.0.0.1");
    let lines: Vec<&String> = demo.printed().iter().filter(is_command).collect();
    let programs = ["ldapsearch", "ldapwhoami", "radclient", "curl"];
    for program in programs {
        assert!(lines.iter().any(|line| line.contains(program)), "no {program} in {lines:#?}");
    }
    for line in lines {
        let output = Client::new("sh", "dash").args(["-c", line]).run();
        assert_eq!(output.code, 0, "{line}\n{output:?}");
        assert!(!output.stdout.is_empty(), "{line}\n{output:?}");
    }
}

#[test]
fn both_organizations_have_a_user_of_the_same_login_with_another_password() {
    let demo = Demo::shared();
    let (here, there) = (demo.acme().user("ada"), demo.globex().user("ada"));
    assert_ne!(here.password, there.password);
    assert_ne!(demo.acme().gear().secret, demo.globex().gear().secret);
    for organization in &demo.organizations {
        assert!(organization.gear().sources.iter().any(|source| source == "127.0.0.1/32"));
    }
}

#[test]
fn it_describes_where_its_data_is_who_it_is_and_a_key_for_every_role() {
    let demo = Demo::shared();
    assert!(Path::new(&demo.data_dir).is_dir());
    assert!(Path::new(&demo.ca_file).starts_with(&demo.data_dir));
    assert!(Path::new(&format!("/proc/{}", demo.pid)).exists());
    let tokens = &demo.admin_api.tokens;
    let roles = [
        ("administrator_with_billing", &tokens.administrator_with_billing),
        ("administrator", &tokens.administrator),
        ("manager", &tokens.manager),
        ("help_desk", &tokens.help_desk),
        ("read_only", &tokens.read_only),
    ];
    for (role, token) in roles {
        let me = demo.api(token).get("/v1/me");
        assert_eq!(me.status, 200, "{role}: {me:?}");
        assert!(me.body.contains(&format!("\"{role}\"")), "{role}: {me:?}");
    }
    let first = demo.chief().get("/v1/me").json();
    assert_eq!(first["login"], demo.admin_api.first.login, "{first}");
    let names: Vec<&str> =
        demo.organizations.iter().map(|organization| organization.gear().name.as_str()).collect();
    assert_eq!(names, ["office-wifi", "branch-vpn"]);
}

#[test]
fn its_user_is_the_same_at_every_door() {
    let demo = Demo::shared();
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    let who = demo.ldap().as_user(ada).who_am_i();
    assert_eq!(who.stdout.trim(), format!("dn:{}", ada.dn), "{who:?}");
    let reply = demo.gear(acme.gear()).login("ada", &ada.password);
    assert!(reply.is("Access-Accept"), "{:?}", reply.output);
    let organizations = demo.api_as_top().get("/v1/organizations");
    assert_eq!(organizations.status, 200, "{organizations:?}");
    assert!(organizations.body.contains(&acme.id));
    let script = "import ldap3, sys\n\
        c = ldap3.Connection(ldap3.Server(sys.argv[1]), sys.argv[2], sys.argv[3])\n\
        print(c.bind())";
    let bound = python(script, [&format!("ldap://{}", demo.ldap), &ada.dn, &ada.password]);
    assert_eq!(bound.stdout.trim(), "True", "{bound:?}");
}
