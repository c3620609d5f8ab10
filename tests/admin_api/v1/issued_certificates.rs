//! `/v1/organizations/{organization}/…/issued-certificates`, read by openssl and NSS.

use serde_json::{Value, json};

use crate::harness::client::Client;
use crate::harness::issued::{Handed, openssl};
use crate::harness::office::{Office, id_of};

fn ada(office: &Office) -> String {
    let fields = json!({"login": "ada", "display_name": "A", "surname": "L",
        "mail": ["ada@acme.example"]});
    format!("users/{}", id_of(&office.make("users", &fields)))
}

/// What openssl prints of a certificate.
fn text(handed: &Handed) -> String {
    let shown = openssl(["x509", "-noout", "-text", "-in"]).arg(handed.certificate()).run();
    assert_eq!(shown.code, 0, "{shown:?}");
    shown.stdout
}

#[test]
fn openssl_verifies_what_is_issued_and_finds_in_the_list_what_is_revoked() {
    let office = Office::new();
    let authority = office.built_in("Acme Wi-Fi");
    let (user, device) = (ada(&office), office.make("devices", &json!({"name": "laptop-7"})));
    let issued = office.hand_out(&user, &json!({}));
    let other = office.hand_out(&format!("devices/{}", id_of(&device)), &json!({}));
    for handed in [&issued, &other] {
        let verified = authority.verify(&office, handed, "sslclient");
        assert_eq!(verified.code, 0, "{verified:?}");
        assert_ne!(authority.verify(&office, handed, "sslserver").code, 0);
    }
    let said = text(&issued);
    let domain = office.base.replace("dc=", "").replace(',', ".");
    for part in [
        "CN = ada",
        "TLS Web Client Authentication",
        "Digital Signature",
        "email:ada@acme.example",
        "URI:urn:uuid:",
        "ecdsa-with-SHA256",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("CA:TRUE") && !said.contains("CRL Distribution"), "{said}");
    let names = openssl(["asn1parse", "-in"]).arg(issued.certificate()).run().stdout;
    assert!(names.contains("X509v3 Subject Alternative Name"), "{names}");
    let der = std::fs::read(issued.certificate()).unwrap();
    let der = openssl(["x509", "-outform", "DER"]).input(der).run().stdout;
    assert!(der.contains(&format!("ada@{domain}")), "no principal name");
    assert!(text(&other).contains("DNS:laptop-7"));

    let revoked = office.revoke(&issued, "key_compromise");
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(revoked["revoked"]["reason"], "key_compromise");
    let verified = authority.verify(&office, &issued, "sslclient");
    assert!(verified.stderr.contains("certificate revoked"), "{verified:?}");
    assert_eq!(authority.verify(&office, &other, "sslclient").code, 0);
    let list = openssl(["crl", "-noout", "-text", "-in"]).arg(authority.fetch(&office)).run();
    for part in ["Key Compromise", "X509v3 CRL Number", "X509v3 Authority Key Identifier"] {
        assert!(list.stdout.contains(part), "{part}: {list:?}");
    }
    let again = office.revoke(&issued, "unspecified");
    assert_eq!(again["revoked"], revoked["revoked"]);
}

#[test]
fn a_help_desk_revokes_and_a_manager_issues() {
    let office = Office::new();
    office.built_in("Acme Wi-Fi");
    let user = ada(&office);
    let issued = office.hand_out(&user, &json!({}));
    let (desk, manager) = (office.admin("help_desk").session, office.admin("manager").session);
    let place = office.path(&format!("{user}/issued-certificates"));
    let own = format!("{place}/{}", id_of(&issued.shown["certificate"]));
    for path in [&place, &format!("{own}/renew")] {
        let refused = desk.send("POST", path, Some(&json!({})));
        assert_eq!(refused.status, 403, "{refused:?}");
        assert_eq!(refused.json()["permission"], "manage_identities");
    }
    assert_eq!(desk.send("POST", &format!("{own}/revoke"), Some(&json!({}))).status, 200);
    assert_eq!(manager.send("POST", &place, Some(&json!({}))).status, 201);
}

#[test]
fn a_list_is_there_for_anybody_who_knows_its_name_and_nothing_else_is() {
    let office = Office::new();
    let authority = office.built_in("Acme Wi-Fi");
    let nobody = office.demo.https(None);
    let shown = nobody.get(&authority.list);
    assert_eq!(shown.status, 200, "{shown:?}");
    assert_eq!(shown.header("content-type"), Some("application/pkix-crl"));
    let other = Office::new().built_in("Other");
    let (_, own) = authority.list.rsplit_once('/').unwrap();
    let (_, theirs) = other.list.rsplit_once('/').unwrap();
    for name in [
        format!("{}{}", &own[..32], &theirs[32..]),
        own.trim_end_matches(".crl").to_owned(),
        own.to_uppercase(),
        "x".to_owned(),
        format!("{own}.crl"),
    ] {
        let missing = nobody.get(&format!("/v1/revocation-lists/{name}"));
        assert_eq!(missing.status, 404, "{name}: {missing:?}");
    }
    office.act("DELETE", &format!("certificate-authorities/{}", authority.id), None);
    assert_eq!(nobody.get(&authority.list).status, 404);
}

#[test]
fn a_list_is_fetched_again_by_its_tag_and_a_stranger_asks_only_so_often() {
    let Some(office) = Office::alone() else { return };
    let authority = office.built_in("Acme Wi-Fi");
    let nobody = office.demo.api_as_nobody();
    let shown = nobody.get(&authority.list);
    assert_eq!(shown.status, 200, "{shown:?}");
    assert_eq!(shown.header("cache-control"), Some("public, max-age=600"));
    let tag = shown.header("etag").unwrap().to_owned();
    let having = |tag: &str| nobody.clone().header(&format!("If-None-Match: {tag}"));
    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let again = having(&known).get(&authority.list);
        assert_eq!((again.status, again.header("etag")), (304, Some(&*tag)), "{known}: {again:?}");
    }
    let user = ada(&office);
    let issued = office.hand_out(&user, &json!({}));
    assert_eq!(
        having(&tag).get(&authority.list).status,
        304,
        "of what counts a list tells nothing"
    );
    office.revoke(&issued, "superseded");
    let other = having(&tag).get(&authority.list);
    assert_ne!((other.status, other.header("etag")), (304, Some(&*tag)));
    let stranger = office.demo.https(None);
    let mut answers = (0..1_000).map(|_| stranger.get(&authority.list));
    let refused = answers.find(|answer| answer.status != 200).unwrap();
    assert_eq!((refused.status, &refused.json()["type"]), (429, &json!("/problems/too-often")));
    assert!(refused.header("retry-after").is_some());
    // Whoever has a token is not counted.
    assert_eq!(office.top.get(&office.path("users")).status, 200);
}

#[test]
fn openssl_and_nss_open_the_file_with_its_password_alone() {
    let office = Office::new();
    office.built_in("Acme Wi-Fi");
    let user = ada(&office);
    for (protection, words, given) in [
        ("modern", ["AES-256-CBC", "MAC: sha256"], None),
        ("compatible", ["pbeWithSHA1And3-KeyTripleDES-CBC", "MAC: sha1"], Some("a pässword")),
    ] {
        let wanted = json!({"protection": protection, "password": given});
        let handed = office.hand_out(&user, &wanted);
        let password = handed.password().to_owned();
        assert!(given.is_none_or(|given| given == password), "{password}");
        let open = |password: &str| {
            let words = ["pkcs12", "-info", "-nodes", "-legacy", "-passin"];
            let file = handed.pkcs12();
            openssl(words).arg(format!("pass:{password}")).arg("-in").arg(file).run()
        };
        let opened = open(&password);
        assert_eq!(opened.code, 0, "{opened:?}");
        for word in words {
            assert!(opened.stderr.contains(word), "{word}: {opened:?}");
        }
        assert_eq!(opened.stdout.matches("BEGIN CERTIFICATE").count(), 2, "{opened:?}");
        assert!(opened.stdout.contains("friendlyName: ada"), "{opened:?}");
        let key = handed.shown["private_key"].as_str().unwrap();
        assert!(opened.stdout.contains(key.trim()), "{opened:?}");
        assert_ne!(open("wrong password").code, 0);

        let listed = Client::new("pk12util", "libnss3-tools").arg("-l").arg(handed.pkcs12());
        let listed = listed.arg("-W").arg(&password).run();
        assert_eq!(listed.code, 0, "{listed:?}");
        assert!(listed.stdout.contains("CN=ada"), "{listed:?}");
        let folder = handed.folder().join("nss");
        std::fs::create_dir(&folder).unwrap();
        let base = format!("sql:{}", folder.display());
        let make = Client::new("certutil", "libnss3-tools").args(["-N", "--empty-password", "-d"]);
        assert_eq!(make.arg(&base).run().code, 0);
        let taken = Client::new("pk12util", "libnss3-tools").arg("-i").arg(handed.pkcs12());
        let taken = taken.args(["-W", &password, "-K", "", "-d", &base]).run();
        assert_eq!(taken.code, 0, "{taken:?}");
    }
}

/// A request in PEM that claims to be somebody else's, with a key of that kind.
fn request(office: &Handed, kind: &[&str]) -> (String, std::path::PathBuf) {
    let key = office.folder().join(format!("{}.key", kind.join("-").replace(':', "-")));
    let made = openssl(["req", "-new", "-nodes", "-subj", "/CN=root/O=Elsewhere", "-addext"])
        .args([
            "subjectAltName=email:root@elsewhere.example",
            "-addext",
            "basicConstraints=CA:TRUE",
        ])
        .args(kind)
        .arg("-keyout")
        .arg(&key)
        .run();
    assert_eq!(made.code, 0, "{made:?}");
    (made.stdout, key)
}

#[test]
fn of_a_request_the_key_is_taken_and_nothing_else() {
    let office = Office::new();
    let authority = office.built_in("Acme Wi-Fi");
    let user = ada(&office);
    let folder = office.hand_out(&user, &json!({}));
    for kind in [
        vec!["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
        vec!["-newkey", "rsa:2048"],
        vec!["-newkey", "ed25519"],
    ] {
        let (pem, key) = request(&folder, &kind);
        let handed = office.hand_out(&user, &json!({"request": pem}));
        assert_eq!(authority.verify(&office, &handed, "sslclient").code, 0);
        let said = text(&handed);
        assert!(said.contains("CN = ada") && !said.contains("lsewhere"), "{said}");
        assert!(!said.contains("CA:TRUE"), "{said}");
        for absent in ["private_key", "pkcs12", "password"] {
            assert_eq!(handed.shown[absent], Value::Null);
        }
        let public = |words: [&str; 3], file| openssl(words).arg("-in").arg(file).run().stdout;
        let own = public(["pkey", "-pubout", "-outform=PEM"], key);
        let issued = public(["x509", "-noout", "-pubkey"], handed.certificate());
        assert_eq!(own, issued);

        let renew = format!("{}/renew", handed.path);
        let renewed = office.make(&renew, &json!({"revoke_former": true}));
        assert_eq!(renewed["certificate"]["own_key"], true);
        let former =
            office.read(&format!("issued-certificates/{}", id_of(&handed.shown["certificate"])));
        assert_eq!(former["revoked"]["reason"], "superseded", "{former}");
    }
    let (pem, _) = request(&folder, &["-newkey", "rsa:1024"]);
    let cut = format!("{}AAAA{}", &pem[..80], &pem[84..]);
    for wrong in [pem.as_str(), cut.as_str(), "x"] {
        let path = office.path(&format!("{user}/issued-certificates"));
        let refused = office.top.send("POST", &path, Some(&json!({"request": wrong})));
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/request")));
    }
}

#[test]
fn an_owner_has_few_certificates_and_none_counts_for_longer_than_its_authority() {
    let office = Office::new();
    let user = ada(&office);
    let path = office.path(&format!("{user}/issued-certificates"));
    let tried = |wanted: &Value| office.top.send("POST", &path, Some(wanted));
    assert_eq!(tried(&json!({})).status, 409);
    let made = json!({"name": "short", "days": 10, "certificate_days": 5});
    let authority = office.make("certificate-authorities/built-in", &made);
    let first = office.hand_out(&user, &json!({}));
    assert!(first.shown["certificate"]["not_after"].as_str() < authority["not_after"].as_str());
    let long = office.hand_out(&user, &json!({"days": 100}));
    assert_eq!(long.shown["certificate"]["not_after"], authority["not_after"]);
    for (wanted, pointer) in [
        (json!({"days": 0}), "/days"),
        (json!({"days": 826}), "/days"),
        (json!({"password": "short"}), "/password"),
    ] {
        let refused = tried(&wanted);
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!(pointer)));
    }
    for _ in 0..6 {
        assert_eq!(tried(&json!({})).status, 201);
    }
    assert_eq!(tried(&json!({})).status, 409);
    office.revoke(&first, "superseded");
    assert_eq!(tried(&json!({})).status, 201);
    let listed = office.read(&format!("{user}/issued-certificates"));
    assert_eq!(listed["items"].as_array().unwrap().len(), 9);
    let page = office.read("issued-certificates?limit=5");
    assert_eq!(page["items"].as_array().unwrap().len(), 5);
    let rest = office
        .read(&format!("issued-certificates?limit=5&cursor={}", page["next"].as_str().unwrap()));
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (4, &Value::Null));
    let told = office.event("changed");
    assert_eq!(told["subject"]["kind"], "certificate", "{told}");
}

#[test]
fn an_authority_of_ones_own_is_what_it_was_made_as() {
    let office = Office::new();
    let authority = office.built_in("Acme Wi-Fi");
    let path = office.path(&format!("certificate-authorities/{}", authority.id));
    let shown = office.read(&format!("certificate-authorities/{}", authority.id));
    assert_eq!((&shown["built_in"], &shown["certificate_days"]), (&json!(true), &json!(365)));
    let pem = std::fs::read_to_string(&authority.file).unwrap();
    let url = format!("{}{path}/certificate", office.demo.admin_api.url);
    let bearer = format!("Authorization: Bearer {}", office.top.token());
    let der = authority.file.with_extension("cer");
    let curl = ["-sS", "--fail", "--cacert", &office.demo.ca_file, "-H", &bearer, &url, "-o"];
    assert_eq!(Client::new("curl", "curl").args(curl).arg(&der).run().code, 0);
    let read = openssl(["x509", "-inform", "DER", "-in"]).arg(&der).run();
    assert_eq!(read.stdout.trim(), pem.trim(), "{read:?}");
    let other = crate::harness::authority::Authority::new("other").pem();
    for (patch, status) in [
        (json!({"certificate": other}), 422),
        (json!({"certificate": pem}), 200),
        (json!({"certificate_days": 826}), 422),
        (json!({"certificate_days": 30}), 200),
    ] {
        let changed = office.top.send("PATCH", &path, Some(&patch));
        assert_eq!(changed.status, status, "{patch}: {changed:?}");
    }
    let foreign = json!({"name": "other", "certificate": other, "holder": "user_by_mail"});
    let foreign = id_of(&office.make("certificate-authorities", &foreign));
    let foreign = office.path(&format!("certificate-authorities/{foreign}"));
    let refused = office.top.send("PATCH", &foreign, Some(&json!({"certificate_days": 30})));
    assert_eq!(refused.status, 422, "{refused:?}");
    for wrong in [json!({"name": "x", "days": 0}), json!({"name": "x", "days": 7301})] {
        let built_in = office.path("certificate-authorities/built-in");
        assert_eq!(office.top.send("POST", &built_in, Some(&wrong)).status, 422, "{wrong}");
    }
}
