//! What an authenticator app is to scan, drawn at the terminal.

use std::io::{self, IsTerminal};

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use serde_json::Value;

use crate::failure::Failure;
use crate::output::write;

/// Black on white, whatever the terminal writes in: not every app reads white on black.
const BLACK_ON_WHITE: &str = "\u{1b}[30;107m";
/// What the terminal writes in.
const ITS_OWN: &str = "\u{1b}[0m";

/// Shows an answer's `otpauth_uri`, where it has one, as a QR code to a person at a terminal; nothing to
/// programs.
///
/// # Errors
/// When nothing can be written.
pub(crate) fn show(answer: &Value) -> Result<(), Failure> {
    let uri = answer.get("otpauth_uri").and_then(Value::as_str);
    match uri.filter(|_| io::stdout().is_terminal()).and_then(drawn) {
        Some(picture) => write(picture.as_bytes()),
        None => Ok(()),
    }
}

/// A text as a QR code in half blocks; one that is too long has none.
fn drawn(text: &str) -> Option<String> {
    // The least that can be repaired makes the smallest picture, for terminals of few lines.
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let picture = code.render::<Dense1x2>().build();
    Some(picture.lines().map(|line| format!("{BLACK_ON_WHITE}{line}{ITS_OWN}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_black_on_white_with_a_margin_and_a_corner_to_be_found_by() {
        let picture = drawn("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        let lines: Vec<&str> = picture
            .lines()
            .map(|line| line.strip_prefix(BLACK_ON_WHITE).unwrap().strip_suffix(ITS_OWN).unwrap())
            .collect();
        assert!(lines[..2].iter().all(|line| line.trim().is_empty()), "{picture}");
        for (line, corner) in lines[2..6].iter().zip(["█▀▀▀▀▀█", "█ ███ █", "█ ▀▀▀ █", "▀▀▀▀▀▀▀"])
        {
            assert!(line.starts_with(&format!("    {corner} ")), "{picture}");
        }
        let columns = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == columns), "{picture}");
        assert_eq!(lines.len(), columns.div_ceil(2), "a line has two rows");
    }

    #[test]
    fn a_text_that_is_too_long_has_no_picture() {
        assert_eq!(drawn(&"x".repeat(2_954)), None);
    }
}
