//! What the readers of bodies and queries complain of: where, and in the API's words.

/// Where the value is that is complained of. What is missing or comes twice is a member of what was
/// read, which is `above`.
pub(crate) fn place(above: &str, said: &str) -> String {
    let starts = ["missing field `", "duplicate field `"];
    let rest = starts.iter().find_map(|start| said.strip_prefix(*start));
    match rest.and_then(|rest| rest.strip_suffix('`')) {
        Some(member) => format!("{above}/{}", escaped(member)),
        None => above.to_owned(),
    }
}

/// A name as a part of a JSON pointer (RFC 6901 section 3).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What is said of a body, in words of JSON and none of the program's.
pub(crate) fn of_body(said: &str) -> String {
    if said == "expected value" {
        return "must be one of the values that the API names".to_owned();
    }
    // Before these words stands what was sent, in which the same words may be.
    let Some((found, expected)) = said.rsplit_once(", expected ") else { return said.to_owned() };
    let found = match found {
        "invalid type: map" => "invalid type: object",
        "invalid type: sequence" => "invalid type: list",
        other => other,
    };
    format!("{found}, expected {}", kind(expected))
}

/// A type of the program as those who send JSON know it.
fn kind(expected: &str) -> &str {
    match expected {
        "a map" => "an object",
        "a sequence" => "a list",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}

/// What is said of a query, where numbers and truths are texts and members are parameters.
pub(crate) fn of_query(said: &str) -> String {
    let said = match said {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "must be a whole number from 0 on"
        }
        "number too large to fit in target type" => "is too large",
        "provided string was not `true` or `false`" => "must be `true` or `false`",
        other => other,
    };
    for what in ["unknown", "missing", "duplicate"] {
        let rest = said.strip_prefix(what).and_then(|rest| rest.strip_prefix(" field "));
        if let Some(rest) = rest {
            return format!("{what} parameter {rest}");
        }
    }
    said.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_comes_twice_is_pointed_at() {
        assert_eq!(place("", "missing field `surname`"), "/surname");
        assert_eq!(place("/lockout", "duplicate field `threshold`"), "/lockout/threshold");
        assert_eq!(place("/x", "unknown field `x`, expected `y`"), "/x");
        assert_eq!(place("", "missing field `a/b`"), "/a~1b");
    }

    #[test]
    fn nobody_is_told_the_words_of_the_program() {
        for (said, wanted) in [
            (
                "invalid type: string \"x\", expected struct RegistrationResponse",
                "invalid type: string \"x\", expected an object",
            ),
            ("invalid type: map, expected a sequence", "invalid type: object, expected a list"),
            (
                "invalid type: string \", expected u8\", expected u16",
                "invalid type: string \", expected u8\", expected a whole number from 0 to 65535",
            ),
            ("unknown field `x`, expected `y` or `z`", "unknown field `x`, expected `y` or `z`"),
            ("must be an address", "must be an address"),
        ] {
            assert_eq!(of_body(said), wanted);
        }
        assert_eq!(of_query("missing field `x`"), "missing parameter `x`");
        assert_eq!(of_query("invalid digit found in string"), "must be a whole number from 0 on");
    }
}
