//! From pieces that arrive to something that can be read.

use std::cell::Cell;
use std::io::{self, ErrorKind, Read};
use std::rc::Rc;

use axum::body::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::RECORD;

/// Pieces that wait at most.
const WAITING: usize = 4;

/// A piece of a file; its end is a piece as well, so that an end is told from a loss.
pub(crate) enum Piece {
    /// Octets.
    Octets(Bytes),
    /// The end.
    End,
}

/// Pieces to be read, so many octets at most since somebody last said that a record is complete.
pub(crate) struct Feed {
    pieces: Receiver<Piece>,
    current: Bytes,
    over: bool,
    left: Rc<Cell<usize>>,
}

/// Makes a feed, and what it is fed by.
pub(crate) fn feed() -> (Sender<Piece>, impl FnOnce() -> Feed + Send) {
    let (sender, pieces) = channel(WAITING);
    // The feed itself is its thread's alone.
    let make = move || Feed {
        pieces,
        current: Bytes::new(),
        over: false,
        left: Rc::new(Cell::new(RECORD)),
    };
    (sender, make)
}

/// Says that a record is complete.
#[derive(Clone)]
pub(crate) struct Complete(Rc<Cell<usize>>);

impl Complete {
    pub(crate) fn say(&self) {
        self.0.set(RECORD);
    }
}

impl Feed {
    pub(crate) fn complete(&self) -> Complete {
        Complete(Rc::clone(&self.left))
    }
}

impl Read for Feed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.over {
            match self.pieces.blocking_recv() {
                Some(Piece::Octets(octets)) => self.current = octets,
                Some(Piece::End) => self.over = true,
                None => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
        let length = out.len().min(self.current.len());
        let left = self.left.get().checked_sub(length);
        self.left.set(left.ok_or(ErrorKind::FileTooLarge)?);
        let piece = self.current.split_to(length);
        if let Some(out) = out.get_mut(..length) {
            out.copy_from_slice(&piece);
        }
        Ok(length)
    }
}

/// A feed whose lines end in a line feed alone, so that lines are counted as people count them.
pub(super) struct PlainLines {
    feed: Feed,
    scratch: Vec<u8>,
    /// Whether a carriage return was read last, which may or may not belong to the end of a line.
    held: bool,
}

impl PlainLines {
    pub(super) const fn new(feed: Feed) -> Self {
        Self { feed, scratch: Vec::new(), held: false }
    }
}

impl Read for PlainLines {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // What was held may come with everything that is read.
        let room = out.len().saturating_sub(1);
        loop {
            self.scratch.resize(room, 0);
            let length = self.feed.read(&mut self.scratch)?;
            let read = self.scratch.get(..length).unwrap_or_default();
            let (mut written, mut to) = (0, out.iter_mut());
            let mut put = |octet: u8| {
                if let Some(to) = to.next() {
                    *to = octet;
                    written += 1;
                }
            };
            for octet in read {
                if std::mem::take(&mut self.held) && *octet != b'\n' {
                    put(b'\r');
                }
                match octet {
                    b'\r' => self.held = true,
                    octet => put(*octet),
                }
            }
            if length == 0 && std::mem::take(&mut self.held) {
                put(b'\r');
            }
            if written > 0 || length == 0 {
                return Ok(written);
            }
        }
    }
}
