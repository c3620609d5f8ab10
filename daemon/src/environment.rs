//! The environment of the process, which only the configuration may ask.

/// Looks up a variable of the process.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
