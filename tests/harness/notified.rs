//! The socket on which a daemon tells systemd how it is.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread;

use super::daemon::Told;

/// Binds a socket in a folder and tells everything that a daemon says on it.
pub(crate) fn listen(folder: &Path, tell: Sender<Told>) -> io::Result<PathBuf> {
    let path = folder.join("notify");
    let socket = UnixDatagram::bind(&path)?;
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let end = text == FAREWELL;
            if end || tell.send(Told::Notified(text)).is_err() {
                return;
            }
        }
    });
    Ok(path)
}

/// Ends the thread that listens at this path.
pub(crate) fn farewell(path: &Path) {
    let heard =
        UnixDatagram::unbound().and_then(|socket| socket.send_to(FAREWELL.as_bytes(), path));
    // It may have ended by itself.
    drop(heard);
}

const FAREWELL: &str = "X_FAREWELL=1";
