//! Replays what the fuzzer was begun with and what it found.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use crate::targets;

#[test]
fn the_server_survives_the_corpus_of_packets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/packets");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 30, "{} files in {}", files.len(), folder.display());
    for file in files {
        let octets = fs::read(&file).unwrap();
        let survived = catch_unwind(|| targets::packets::run(&octets)).is_ok();
        assert!(survived, "{}", file.display());
    }
}
