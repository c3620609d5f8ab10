//! QR codes, as a reader of other people's sees them.

use std::io::Write;
use std::iter::repeat_n;

use super::client::Client;

/// So many dots wide is a square of a picture that is made of what stands on a terminal.
const SIDE: usize = 6;

/// What the QR code on a picture says.
pub(crate) fn scanned(picture: &[u8]) -> String {
    let mut file = tempfile::Builder::new().prefix("picture").tempfile().unwrap();
    file.write_all(picture).unwrap();
    let read = Client::new("zbarimg", "zbar-tools")
        .args(["--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable"])
        .arg(file.path())
        .run();
    assert!(!read.stdout.is_empty(), "there is nothing to read: {read:?}");
    read.stdout.trim_end().to_owned()
}

/// What the QR code says that stands black on white on a terminal, in half blocks.
pub(crate) fn scanned_at_terminal(stood: &str) -> String {
    let lines = stood
        .lines()
        .filter_map(|line| line.strip_prefix("\u{1b}[30;107m")?.strip_suffix("\u{1b}[0m"));
    let mut rows = Vec::new();
    for line in lines {
        for dark in ["█▀", "█▄"] {
            let dot = |block: char| if dark.contains(block) { "1" } else { "0" };
            let row: String = line.chars().map(|block| dot(block).repeat(SIDE)).collect();
            rows.extend(repeat_n(row, SIDE));
        }
    }
    let width = rows.first().map(String::len).unwrap_or_default();
    scanned(format!("P1\n{width} {}\n{}\n", rows.len(), rows.join("\n")).as_bytes())
}
