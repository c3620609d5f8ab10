//! QR codes, as a reader of other people's sees them.

use std::io::Write;

use super::client::Client;

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
