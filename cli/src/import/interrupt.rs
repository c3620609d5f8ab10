//! What is done when somebody interrupts the command (Ctrl-C) in the middle of an import.

use std::io;
use std::process::exit;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::failure::Failure;

/// With which code a process ends that was interrupted: 128 and the signal's number, as shells say it.
const INTERRUPTED: i32 = 130;

/// Does `work`. Whoever interrupts it has `undo` done, and the process ends; who does so once more waits for
/// nothing.
///
/// # Errors
/// As `work`, and when the system does not tell of interrupts.
pub(super) fn unless_interrupted(
    undo: impl FnOnce() + Send,
    work: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (runtime, mut interrupts) =
        listening().map_err(|error| Failure::local("interrupts", &error))?;
    let (over, ended) = oneshot::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let is_interrupted = runtime.block_on(async {
                select! {
                    _ = interrupts.recv() => true,
                    _ = ended => false,
                }
            });
            if !is_interrupted {
                return;
            }
            scope.spawn(|| end(undo));
            runtime.block_on(interrupts.recv());
            exit(INTERRUPTED);
        });
        let done = work();
        drop(over);
        done
    })
}

/// Interrupts from now on, and what has them heard.
fn listening() -> io::Result<(Runtime, Signal)> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let inside = runtime.enter();
    let interrupts = signal(SignalKind::interrupt())?;
    drop(inside);
    Ok((runtime, interrupts))
}

fn end(undo: impl FnOnce()) {
    undo();
    exit(INTERRUPTED);
}
