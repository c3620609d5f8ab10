//! What went wrong, in words that say what to do, and with which code the process ends.

use std::process::ExitCode;

use serde::Deserialize;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server said no.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The server cannot be reached, or what it says is none of ours.
    #[error("{server} cannot be asked: {why}")]
    Unreachable { server: String, why: String },
    /// There is no context to work with.
    #[error(
        "you are not signed in: run `tenantry login`, or set TENANTRY_SERVER and TENANTRY_TOKEN"
    )]
    NoContext,
    /// Something that is named is not there.
    #[error("there is no {what} “{name}”")]
    Missing { what: String, name: String },
    /// What was asked makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The answer to what was asked.
    #[error("no")]
    No,
    /// Something was done by half or not at all, and it was told why.
    #[error("{0}")]
    Incomplete(String),
    /// Whoever reads the output has gone.
    #[error("nobody reads this any more")]
    Unheard,
    /// A file or the terminal failed.
    #[error("{what}: {why}")]
    Local { what: String, why: String },
}

/// A problem of the API (RFC 9457).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) r#type: String,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) detail: String,
    pub(crate) pointer: Option<String>,
    pub(crate) permission: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = if self.detail.is_empty() { &self.title } else { &self.detail };
        match &self.pointer {
            Some(pointer) => write!(f, "{}: {said}", option_of(pointer))?,
            None => write!(f, "{said}")?,
        }
        if let Some(permission) = &self.permission
            && !said.contains(permission)
        {
            write!(f, "; you need the permission {permission}")?;
        }
        match self.status {
            401 if !self.r#type.ends_with("/rejected") => {
                write!(f, "; sign in with `tenantry login`")
            }
            403 => write!(f, "; `tenantry server policy` says who may"),
            412 => write!(f, "; look at it again and repeat"),
            429 => write!(f, "; wait a moment and repeat"),
            _ => Ok(()),
        }
    }
}

impl Failure {
    /// Something on this machine failed.
    pub(crate) fn local(what: impl Into<String>, why: &(impl ToString + ?Sized)) -> Self {
        Self::Local { what: what.into(), why: why.to_string() }
    }

    /// The code that the process ends with; `--help` names them.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused(problem) => match problem.status {
                401 => 3,
                403 => 4,
                404 => 5,
                409 | 412 | 428 => 6,
                429 => 9,
                500.. => 8,
                _ => 7,
            },
            Self::Unreachable { .. } => 8,
            Self::NoContext => 3,
            Self::No => 4,
            Self::Missing { .. } => 5,
            Self::Usage(_) => 2,
            Self::Incomplete(_) => 7,
            Self::Local { .. } | Self::Unheard => 1,
        })
    }
}

/// The option that a JSON pointer into a body is about.
fn option_of(pointer: &str) -> String {
    format!("--{}", pointer.trim_start_matches('/').replace(['/', '_'], "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_missing_and_what_to_do() {
        let refused = |status, pointer: Option<&str>, permission: Option<&str>| {
            Failure::Refused(Box::new(Problem {
                status,
                detail: "no".into(),
                pointer: pointer.map(Into::into),
                permission: permission.map(Into::into),
                ..Problem::default()
            }))
            .to_string()
        };
        assert_eq!(refused(422, Some("/lockout/threshold"), None), "--lockout-threshold: no");
        assert!(refused(403, None, Some("manage_admins")).contains("permission manage_admins"));
        assert!(refused(401, None, None).contains("tenantry login"));
    }
}
