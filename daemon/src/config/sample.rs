//! The sample configuration: every key, its documentation and its default.

use super::section::{Key, Section};
use super::sections;

const INTRODUCTION: &str = "\
# Configuration of tenantryd.
#
# Every key is listed here with its default, commented out. Remove the `#` in front of a key to
# change it. `tenantryd config check --config FILE` says whether the file is right;
# `tenantryd config sample` prints this text.
";

/// Prints the sample.
pub fn sample() -> String {
    let mut text = INTRODUCTION.to_owned();
    for section in sections() {
        text.push('\n');
        add_section(&mut text, &section);
    }
    text
}

fn add_section(text: &mut String, section: &Section) {
    add_comment(text, section.about);
    text.push_str(&format!("[{}]\n", section.title));
    for key in &section.keys {
        text.push('\n');
        add_key(text, key);
    }
}

fn add_key(text: &mut String, key: &Key) {
    add_comment(text, key.doc);
    if let Some(range) = &key.range {
        text.push_str(&format!("# ({range})\n"));
    }
    text.push_str(&format!("#{} = {}\n", key.name, key.default));
}

fn add_comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        text.push('#');
        text.push_str(line);
        text.push('\n');
    }
}
