//! What is done when somebody interrupts the command (Ctrl-C) in the middle of an import.

use std::io;
use std::process::exit;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::failure::Failure;
use crate::output::say;

/// With which code a process ends that was interrupted: 128 and the signal's number, as shells say it.
const INTERRUPTED: i32 = 130;
/// How long is waited until what is undone is.
const PATIENCE: Duration = Duration::from_secs(10);

/// Does `work`. Whoever interrupts it has `undo` done and is told what that says, or `late` where it takes
/// too long, and the process ends; who does so once more waits for nothing.
///
/// # Errors
/// As `work`, and when the system does not tell of interrupts.
pub(super) fn unless_interrupted(
    undo: impl FnOnce() -> String + Send,
    late: &str,
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
            let (tell, told) = oneshot::channel();
            scope.spawn(move || {
                let _nobody_waits = tell.send(undo());
            });
            let said = runtime.block_on(async {
                select! {
                    said = told => said.ok(),
                    () = sleep(PATIENCE) => Some(late.to_owned()),
                    _ = interrupts.recv() => None,
                }
            });
            if let Some(said) = said {
                say(&said);
            }
            exit(INTERRUPTED);
        });
        let done = work();
        drop(over);
        done
    })
}

/// Interrupts from now on, and what has them heard.
fn listening() -> io::Result<(Runtime, Signal)> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let inside = runtime.enter();
    let interrupts = signal(SignalKind::interrupt())?;
    drop(inside);
    Ok((runtime, interrupts))
}
