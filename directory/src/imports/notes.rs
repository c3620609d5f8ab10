//! What is noted of a row, bounded: a file may have very many things that are left out.

/// The most notes of a row.
const NOTES: usize = 16;
/// The most octets of a note.
const NOTE: usize = 256;
/// What stands around the number of notes that are not kept.
const MORE: (&str, &str) = ("and ", " more notes");

/// Notes something of a row. Of too many notes the last says how many more there would be.
pub fn note(notes: &mut Vec<String>, text: &str) {
    if notes.len() < NOTES {
        notes.push(cut(text).to_owned());
        return;
    }
    if let Some(last) = notes.last_mut() {
        // The last one itself has to make room, the first time.
        let more = more(last).unwrap_or(1).saturating_add(1);
        *last = format!("{}{more}{}", MORE.0, MORE.1);
    }
}

/// As much of a text as a note may have.
pub fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(NOTE)).unwrap_or_default()
}

/// How many notes a note stands for.
fn more(note: &str) -> Option<u64> {
    note.strip_prefix(MORE.0)?.strip_suffix(MORE.1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_few_and_short_and_the_last_says_how_many_more() {
        let mut notes = Vec::new();
        for _ in 0..NOTES {
            note(&mut notes, &"ö".repeat(NOTE));
        }
        assert!(notes.len() == NOTES && notes.iter().all(|note| note.len() == NOTE));
        note(&mut notes, "one more");
        assert_eq!((notes.len(), notes[NOTES - 1].as_str()), (NOTES, "and 2 more notes"));
        for _ in 0..9 {
            note(&mut notes, "one more");
        }
        assert_eq!((notes.len(), notes[NOTES - 1].as_str()), (NOTES, "and 11 more notes"));
        assert_eq!(cut(&format!("a{}", "ö".repeat(NOTE))).len(), NOTE - 1);
    }
}
