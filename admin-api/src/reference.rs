//! Ids in bodies that name nothing.

use directory::access::Refusal;
use directory::{Error, Invalid};

/// Points at an id that names nothing, or nothing that the caller may know of; any other error
/// stays.
pub(crate) fn dangling(error: Error, pointer: impl Into<String>, what: &str) -> Error {
    if matches!(error, Error::Missing | Error::Refused(Refusal::Hidden)) {
        Invalid::new(pointer, format!("there is no such {what}")).into()
    } else {
        error
    }
}
