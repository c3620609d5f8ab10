//! Replays what the fuzzer was begun with and what it found.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use crate::targets;

/// Runs a target on each file of its corpus, of which there are at least so many; tells the results.
fn replayed<T>(target: &str, least: usize, run: fn(&[u8]) -> T) -> Vec<T> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= least, "{} files in {}", files.len(), folder.display());
    let survived = files.iter().map(|file| {
        let octets = fs::read(file).unwrap();
        catch_unwind(|| run(&octets)).unwrap_or_else(|_| panic!("{}", file.display()))
    });
    survived.collect()
}

#[test]
fn the_server_survives_the_corpus_of_packets() {
    replayed("packets", 31, targets::packets::run);
}

#[test]
fn connections_survive_the_corpus_of_streams() {
    let found = replayed("streams", 10, targets::streams::run);
    assert!(found.iter().sum::<usize>() > 20, "{found:?}");
}

#[test]
fn orders_survive_the_corpus_of_answers() {
    let believed = replayed("answers", 15, targets::answers::run);
    let count = believed.iter().filter(|it| **it).count();
    assert!((4..believed.len()).contains(&count), "{count} of {}", believed.len());
}
