//! Replays what a fuzzer was begun with and what it found.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// What a target makes of each file of its corpus.
pub(crate) fn replayed<T>(target: &str, run: fn(&[u8]) -> T) -> Vec<T> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let made = files.map(|file| {
        let octets = fs::read(&file).unwrap();
        catch_unwind(|| run(&octets)).unwrap_or_else(|_| panic!("{}", file.display()))
    });
    made.collect()
}
