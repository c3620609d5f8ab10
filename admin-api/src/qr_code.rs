//! What an app is to scan, drawn for a page.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// Draws a text as a QR code: SVG without a style or a script in it and with nothing from elsewhere, so
/// that it can stand in a page whose policy lets in neither. A text that is too long for one has none.
pub(crate) fn drawn(text: &str) -> Option<String> {
    // A screen neither wears off nor gets dirty: what is spared on repairs makes the squares larger.
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    Some(code.render::<svg::Color<'_>>().module_dimensions(1, 1).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_needs_no_style_and_no_script_and_shows_no_text() {
        let svg = drawn("otpauth://totp/Acme:ada?secret=GEZDGNBV").unwrap();
        assert!(svg.contains("<svg ") && svg.ends_with("</svg>"), "{svg}");
        for other in ["style", "script", "href", "otpauth", "GEZDGNBV"] {
            assert!(!svg.contains(other), "{other}: {svg}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_has_no_picture() {
        // ISO/IEC 18004, table 7: so many octets at most.
        assert!(drawn(&"x".repeat(2_953)).is_some());
        assert_eq!(drawn(&"x".repeat(2_954)), None);
    }
}
