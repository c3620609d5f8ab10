//! Certificates, keys and lists of what was revoked, as a file has them: what is told of them and
//! sent, where that is not there.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::der;
use super::fields::{array, object};
use super::fingerprints;
use super::secrets;
use crate::failure::Failure;

/// The key of a certificate.
pub(super) const PRIVATE_KEY: &str = "private_key";
/// The certificate.
pub(super) const CERTIFICATE: &str = "certificate";
/// The names that one is issued for.
pub(super) const DNS_NAMES: &str = "dns_names";

/// What is to be there: as it is told, and as it is sent; it is taken away where nothing is sent.
pub(super) struct New {
    pub(super) after: Value,
    pub(super) body: Option<Value>,
}

/// Certificates that are known by their fingerprints.
pub(super) fn certificates(what: &str, said: &Value, seen: &Value) -> Result<Option<New>, Failure> {
    let is_there = fingerprints::said(what, said)? == fingerprints::of(seen);
    let body = json!({"fingerprints": said});
    Ok((!is_there).then(|| New { after: said.clone(), body: Some(body) }))
}

/// What another's authority revoked. A list that was made later than the file's stays.
pub(super) fn revocations(what: &str, said: &Value, seen: &Value) -> Result<Option<New>, Failure> {
    if said.is_null() {
        return Ok(New::none(seen));
    }
    let text = secrets::text(what, said)?;
    let list = der::List::of_text(&text).ok_or_else(|| {
        Failure::Usage(format!("{what} is no list of revoked certificates in PEM or Base64"))
    })?;
    let (count, there) = (json!(list.count), seen.get("count"));
    let counts = made(seen).is_some_and(|made| {
        made > list.made.as_str() || made == list.made && there == Some(&count)
    });
    let after = json!({"made": list.made, "count": count});
    Ok((!counts).then(|| New { after, body: Some(json!({"list": text})) }))
}

/// A certificate that is shown, by its fingerprint.
pub(super) fn client_certificate(
    what: &str,
    said: &Value,
    seen: &Value,
) -> Result<Option<New>, Failure> {
    let is_there =
        |chain: &[Vec<u8>]| chain.first().is_some_and(|own| *seen == der::fingerprint(own));
    pair(what, said, seen, &is_there)
}

impl New {
    /// That nothing is to be there, where something is.
    fn none(seen: &Value) -> Option<Self> {
        (!seen.is_null()).then_some(Self { after: Value::Null, body: None })
    }
}

/// A certificate with its key, which is read where the certificate is another than is there.
pub(super) fn pair(
    what: &str,
    said: &Value,
    seen: &Value,
    is_there: &dyn Fn(&[Vec<u8>]) -> bool,
) -> Result<Option<New>, Failure> {
    if said.is_null() {
        return Ok(New::none(seen));
    }
    let fields = object(what, said)?;
    known(what, fields, &[CERTIFICATE, PRIVATE_KEY])?;
    let missing = || Failure::Usage(format!("{what} has no {CERTIFICATE}"));
    let place = fields.get(CERTIFICATE).ok_or_else(missing)?;
    let text = secrets::text(&format!("{CERTIFICATE} of {what}"), place)?;
    let chain = der::certificates(&text)
        .ok_or_else(|| Failure::Usage(format!("{CERTIFICATE} of {what} is none in PEM")))?;
    if is_there(&chain) {
        return Ok(None);
    }
    let key = fields.get(PRIVATE_KEY).ok_or_else(|| {
        Failure::Usage(format!(
            "{what} is another one than is there: say where its key is, with \
             `{PRIVATE_KEY}: {{file: PATH}}`, or leave it out of the file"
        ))
    })?;
    let key = secrets::read(&format!("{PRIVATE_KEY} of {what}"), key)?;
    let after = chain.first().map(|own| der::fingerprint(own)).into();
    Ok(Some(New { after, body: Some(json!({CERTIFICATE: text, PRIVATE_KEY: key})) }))
}

/// The names for which the organization's own authority is to issue a certificate, where the one that
/// is there has others.
pub(super) fn issued(what: &str, said: &Value, before: &Value) -> Result<Option<Value>, Failure> {
    let fields = object(what, said)?;
    known(what, fields, &[DNS_NAMES, "days"])?;
    let names = fields.get(DNS_NAMES).cloned().unwrap_or_default();
    if array(&format!("{DNS_NAMES} of {what}"), &names)?.is_empty() {
        return Err(Failure::Usage(format!("{DNS_NAMES} of {what} are one at least")));
    }
    let compared = |names: &Value| -> BTreeSet<String> {
        let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_ascii_lowercase).collect()
    };
    Ok((compared(&names) != compared(before)).then_some(names))
}

/// Refuses fields that there are not.
fn known(what: &str, fields: &Map<String, Value>, names: &[&str]) -> Result<(), Failure> {
    match fields.keys().find(|field| !names.contains(&field.as_str())) {
        Some(other) => {
            let text = format!("{other} of {what} is no field: it has {}", names.join(" and "));
            Err(Failure::Usage(text))
        }
        None => Ok(()),
    }
}

/// When a list was made.
pub(super) fn made(list: &Value) -> Option<&str> {
    list.get("made").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A list without any certificate, made at a time.
    fn list(made: &str) -> String {
        let fields = [[0x30, 0, 0x30, 0, 0x17, 13].as_slice(), made.as_bytes()].concat();
        let wrapped = |inner: Vec<u8>| {
            let head = [0x30, u8::try_from(inner.len()).unwrap()];
            [head.as_slice(), inner.as_slice()].concat()
        };
        STANDARD.encode(wrapped(wrapped(fields)))
    }

    fn usage<T>(result: Result<T, Failure>) -> String {
        match result {
            Err(Failure::Usage(text)) => text,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it is taken"),
        }
    }

    #[test]
    fn a_list_counts_until_a_later_one_does() {
        let seen = json!({"made": "2024-01-03T00:00:00Z", "next": null, "count": 0});
        let wanted = |said: Value, seen: &Value| revocations("x", &said, seen);
        let is_wanted =
            |made: &str, seen: &Value| wanted(json!(list(made)), seen).unwrap().is_some();
        assert!(is_wanted("240103000000Z", &Value::Null), "there is none");
        assert!(!is_wanted("240103000000Z", &seen), "it is the same");
        assert!(!is_wanted("240102000000Z", &seen), "it is older");
        assert!(is_wanted("240104000000Z", &seen));
        let fuller = json!({"made": "2024-01-03T00:00:00Z", "next": null, "count": 2});
        assert!(is_wanted("240103000000Z", &fuller), "it has others");
        let gone = wanted(Value::Null, &seen).unwrap().unwrap();
        assert_eq!((gone.after, gone.body), (Value::Null, None));
        assert!(wanted(Value::Null, &Value::Null).unwrap().is_none());
        assert!(usage(wanted(json!("none"), &seen)).contains("no list"));
    }

    #[test]
    fn fingerprints_are_the_same_however_they_are_spelled() {
        let (plain, spelled) = ("ab".repeat(32), ["AB"; 32].join(":"));
        let seen = json!([plain]);
        assert!(certificates("x", &json!([spelled]), &seen).unwrap().is_none());
        let more = certificates("x", &json!([spelled, "cd".repeat(32)]), &seen).unwrap().unwrap();
        assert_eq!(more.body.unwrap()["fingerprints"][0], spelled);
        assert!(certificates("x", &json!([]), &json!([])).unwrap().is_none());
        assert!(certificates("x", &json!([]), &seen).unwrap().is_some());
        assert!(usage(certificates("x", &json!([7]), &seen)).contains("no fingerprint"));
    }

    #[test]
    fn a_key_is_asked_for_where_the_certificate_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "the key\n").unwrap();
        let pem = |octets: &[u8]| {
            let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
            format!("{begin}\n{}\n{end}\n", STANDARD.encode(octets))
        };
        let seen = json!(der::fingerprint(b"one"));
        let wanted = |said: Value| client_certificate("x", &said, &seen);
        assert!(wanted(json!({"certificate": pem(b"one")})).unwrap().is_none());
        let other = pem(b"other");
        let keyless = usage(wanted(json!({"certificate": other})));
        assert!(keyless.contains("private_key: {file: PATH}"), "{keyless}");
        let bare = usage(wanted(json!({"certificate": other, "private_key": "the key"})));
        assert!(!bare.contains("the key") && bare.contains("no secret itself"), "{bare}");
        let named = json!({"certificate": other, "private_key": {"file": path}});
        let new = wanted(named).unwrap().unwrap();
        assert_eq!(new.after, json!(der::fingerprint(b"other")));
        assert_eq!(new.body.unwrap()["private_key"], "the key");
        assert!(usage(wanted(json!({"certificate": "none"}))).contains("none in PEM"));
        assert!(usage(wanted(json!({"certificate": other, "key": 1}))).contains("no field"));
        assert!(usage(wanted(json!({"private_key": {"file": path}}))).contains("no certificate"));
    }

    #[test]
    fn names_are_issued_for_where_they_are_others() {
        let wanted = |said: Value| issued("x", &said, &json!(["radius.acme.example"]));
        assert_eq!(wanted(json!({"dns_names": ["RADIUS.acme.example"]})).unwrap(), None);
        let other = json!(["radius.other.example"]);
        assert_eq!(wanted(json!({"dns_names": other, "days": 90})).unwrap(), Some(other));
        assert!(usage(wanted(json!({"dns_names": []}))).contains("one at least"));
        assert!(usage(wanted(json!({"dns_names": ["a"], "private_key": 1}))).contains("no field"));
    }
}
