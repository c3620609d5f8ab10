//! Secrets, which a file names and never has.

use serde_json::{Map, Value};

use crate::document::{Kind, Operation};
use crate::failure::Failure;

/// Reads those texts, which are no secrets, that the file says the place of.
///
/// # Errors
/// When one is not where it should be.
pub(super) fn read_texts(
    what: &str,
    operation: &Operation,
    fields: &mut Map<String, Value>,
) -> Result<(), Failure> {
    for field in operation.body.iter().flatten().filter(|field| field.kind == Kind::Text) {
        let [name] = field.path.as_slice() else { continue };
        if let Some(value) = fields.get_mut(name).filter(|value| value.is_object()) {
            *value = Value::String(read(&format!("{name} of {what}"), value)?);
        }
    }
    Ok(())
}

/// A text that is no secret, written in the file or read from where the file says it is.
///
/// # Errors
/// When it is no text, or not where it should be.
pub(super) fn text(what: &str, said: &Value) -> Result<String, Failure> {
    match said.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => read(what, said),
    }
}

/// Reads a secret from where the file says it is.
///
/// # Errors
/// When the file has the secret itself, or it is not where it should be.
pub(super) fn read(what: &str, place: &Value) -> Result<String, Failure> {
    let of = |name: &str| place.get(name).and_then(Value::as_str);
    let found = match (of("env"), of("file")) {
        (Some(name), None) => {
            let missing = |_| Failure::Usage(format!("{what}: the variable {name} is not set"));
            #[expect(clippy::disallowed_methods, reason = "the file names the variable")]
            let found = std::env::var(name);
            found.map_err(missing)?
        }
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path);
            text.map_err(|error| Failure::local(path, &error))?
        }
        _ => {
            let text = format!("{what}: say {{env: NAME}} or {{file: PATH}}, and no secret itself");
            return Err(Failure::Usage(text));
        }
    };
    Ok(found.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_read_from_its_place_and_never_from_the_file_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "horse\n").unwrap();
        assert_eq!(read("x", &json!({"file": path})).unwrap(), "horse");
        let said = read("password of ada", &json!("horse battery")).unwrap_err().to_string();
        assert!(!said.contains("horse") && said.contains("{env: NAME}"), "{said}");
        assert!(read("x", &json!({"env": "TENANTRY_NO_SUCH_VARIABLE"})).is_err());
    }
}
