//! Replays what the fuzzer was begun with and what it found.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use crate::targets;

/// Gives each file of a corpus to its target.
fn replay(corpus: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(corpus);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 30, "{} files in {}", files.len(), folder.display());
    for file in files {
        let octets = fs::read(&file).unwrap();
        let survived = catch_unwind(|| run(&octets)).is_ok();
        assert!(survived, "{}", file.display());
    }
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
