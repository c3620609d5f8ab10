//! The first admin of an empty store.

use serde_json::json;

use crate::harness::python::python;
use crate::harness::server::Site;

const PASSWORD: &str = "correct horse battery staple";

/// The code of now, or of the next half minute, from an `otpauth` URI (RFC 6238).
fn code(uri: &str, steps_ahead: u32) -> String {
    let script = "\
import base64, hashlib, hmac, struct, sys, time, urllib.parse
query = urllib.parse.parse_qs(urllib.parse.urlparse(sys.argv[1]).query)
seed = query['secret'][0]
key = base64.b32decode(seed + '=' * (-len(seed) % 8))
step = int(time.time()) // int(query.get('period', ['30'])[0]) + int(sys.argv[2])
algorithm = query.get('algorithm', ['SHA1'])[0].lower()
mac = hmac.new(key, struct.pack('>Q', step), getattr(hashlib, algorithm)).digest()
place = mac[-1] & 15
number = struct.unpack('>I', mac[place:place + 4])[0] & 0x7fffffff
digits = int(query.get('digits', ['6'])[0])
print(str(number % 10 ** digits).zfill(digits))
";
    let said = python(script, [uri, &steps_ahead.to_string()]);
    assert_eq!(said.code, 0, "{said:?}");
    said.stdout.trim().to_owned()
}

#[test]
fn the_first_admin_is_made_once_enrols_an_authenticator_and_may_do_everything() {
    let Some(site) = Site::new() else { return };
    let create = ["admin", "create", "--login", "root"];
    let made = site.command(&create, &format!("{PASSWORD}\n"));
    assert_eq!(made.code, 0, "{made:?}");
    let again = site.command(&create, &format!("{PASSWORD}\n"));
    assert_ne!(again.code, 0, "{again:?}");
    let server = site.serve();
    let api = server.api();
    let wrong = json!({"login": "root", "password": "not the password"});
    assert_eq!(api.post("/v1/sign-in", &wrong).status, 401);
    let first = api.post("/v1/sign-in", &json!({"login": "root", "password": PASSWORD}));
    assert_eq!(first.status, 202, "{first:?}");
    let enrolment = first.json();
    let uri = enrolment["otpauth_uri"].as_str().unwrap();
    let not_yet =
        format!("Authorization: Bearer {}", enrolment["enrolment_token"].as_str().unwrap());
    assert_eq!(api.clone().header(&not_yet).get("/v1/organizations").status, 401);
    let confirmation =
        json!({"enrolment_token": enrolment["enrolment_token"], "code": code(uri, 0)});
    let session = api.post("/v1/sign-in/enrolment", &confirmation);
    assert_eq!(session.status, 200, "{session:?}");
    let session = session.json();
    let bearer = format!("Authorization: Bearer {}", session["token"].as_str().unwrap());
    let organization =
        json!({"slug": "initech", "name": "Initech", "base": "dc=initech,dc=example"});
    let created = api.clone().header(&bearer).post("/v1/organizations", &organization);
    assert_eq!(created.status, 201, "{created:?}");
    let without = api.post("/v1/sign-in", &json!({"login": "root", "password": PASSWORD}));
    assert_eq!(without.status, 401, "{without:?}");
    assert!(without.body.contains("/problems/code-needed"), "{without:?}");
    // A code is good once; the next one is taken early.
    let with = json!({"login": "root", "password": PASSWORD, "code": code(uri, 1)});
    let signed_in = api.post("/v1/sign-in", &with);
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    assert_eq!(api.post("/v1/sign-in", &with).status, 401);
}
