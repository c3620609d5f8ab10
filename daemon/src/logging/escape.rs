//! A writer that lets no control character through.

use std::io::{self, Write};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// Makes writers that escape what another maker's writers are given.
pub(super) struct Escaping<W>(pub(super) W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Escaping<W> {
    type Writer = EscapingWriter<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        EscapingWriter(self.0.make_writer())
    }

    fn make_writer_for(&'w self, line: &Metadata<'_>) -> Self::Writer {
        EscapingWriter(self.0.make_writer_for(line))
    }
}

/// Takes one line at a time, as the log gives it, and escapes every control character in it but
/// the newline at its end. Names and other text from the network end up in the log, and none of
/// it may begin a line of its own or move a terminal's cursor. The escapes are those of JSON, so a
/// JSON line stays one.
pub(super) struct EscapingWriter<W>(W);

impl<W: Write> Write for EscapingWriter<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(octets);
        let (line, end) = match text.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (text.as_ref(), ""),
        };
        if line.contains(is_deceptive) {
            let mut escaped = String::with_capacity(line.len() + 16);
            for it in line.chars() {
                match it {
                    '\n' => escaped.push_str("\\n"),
                    '\r' => escaped.push_str("\\r"),
                    '\t' => escaped.push_str("\\t"),
                    it if is_deceptive(it) => {
                        escaped.push_str(&format!("\\u{:04x}", u32::from(it)));
                    }
                    it => escaped.push(it),
                }
            }
            escaped.push_str(end);
            self.0.write_all(escaped.as_bytes())?;
        } else {
            self.0.write_all(octets)?;
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Control characters, line separators, and what turns the direction of text around.
fn is_deceptive(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
