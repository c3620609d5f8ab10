//! Replays what the fuzzer was begun with and what it found.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use crate::targets;

#[test]
fn conversations_survive_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/conversations");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 30, "{} files in {}", files.len(), folder.display());
    let mut asked = 0;
    for file in files {
        let octets = fs::read(&file).unwrap();
        let survived = catch_unwind(|| targets::conversations::run(&octets));
        assert!(survived.is_ok(), "{}", file.display());
        asked += survived.unwrap_or_default();
    }
    // Some of it reaches what lies behind a handshake.
    assert!(asked > 10, "{asked} questions");
}
