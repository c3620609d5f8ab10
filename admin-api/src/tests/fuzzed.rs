//! Replays what a fuzzer was begun with and what it found.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[path = "../../fuzz/src/targets/imports.rs"]
mod imports;

#[test]
fn imports_survive_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/imports");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let entries: Vec<usize> = files
        .map(|file| {
            let octets = fs::read(&file).unwrap();
            catch_unwind(|| imports::run(&octets)).unwrap_or_else(|_| panic!("{}", file.display()))
        })
        .collect();
    let (all, read) = (entries.len(), entries.iter().filter(|count| **count > 0).count());
    assert!(all > 30 && (10..all - 10).contains(&read), "{read} of {all}");
}
