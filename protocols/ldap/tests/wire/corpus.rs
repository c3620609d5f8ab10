//! Replays what the fuzzer was begun with and what it found.

use std::fs;
use std::panic::{RefUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::targets;

/// Gives each file of a corpus to its target.
fn replay(corpus: &str, run: fn(&[u8])) {
    let files = replayed(corpus, run);
    assert!(files > 30, "{files} files in {corpus}");
}

/// Gives each file of a corpus to its target, and tells how many there are.
fn replayed(corpus: &str, run: impl Fn(&[u8]) + RefUnwindSafe) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(corpus);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    for file in &files {
        let octets = fs::read(file).unwrap();
        let survived = catch_unwind(|| run(&octets)).is_ok();
        assert!(survived, "{}", file.display());
    }
    files.len()
}

#[test]
fn the_decoder_survives_its_corpus() {
    replay("decoder", targets::decoder::run);
}

#[test]
fn the_session_survives_its_corpus() {
    replay("session", targets::session::run);
}

#[test]
fn texts_survive_their_corpus() {
    replay("texts", targets::texts::run);
}

#[test]
fn controls_survive_their_corpus() {
    let asked = AtomicUsize::new(0);
    let files = replayed("controls", |octets| {
        asked.fetch_add(usize::from(targets::controls::run(octets)), Ordering::Relaxed);
    });
    let asked = asked.into_inner();
    assert!((10..files - 10).contains(&asked), "{asked} of {files}");
}
