//! Where each trial stands in a record on disk, so that it can be read when it is looked at.
//!
//! Takes the bytes of a record, in whatever layout its JSON has; gives the place of each trial, and the rest of the record
//! with an empty list for them. It never keeps more of a trial than its place, and does not look at whether it is one.

use std::io::{self, BufRead};

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Its first byte.
    pub(super) start: u64,
    /// How many bytes it has.
    pub(super) len: usize,
    /// The line and the column of its first byte, both from 0.
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A record, taken apart.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// All but the trials; with their line ends, so that its lines have the numbers of the file's.
    pub(super) rest: Vec<u8>,
    pub(super) trials: Vec<Place>,
}

/// The name of the list.
const LIST: &[u8] = b"trials";

/// Takes a record apart.
///
/// # Errors
///
/// If it cannot be read.
pub(super) fn split(mut file: impl BufRead) -> io::Result<Split> {
    let mut reading = Reading::default();
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(reading.split);
        }
        bytes.iter().for_each(|byte| reading.byte(*byte));
        let read = bytes.len();
        file.consume(read);
    }
}

/// What is known at a byte. Brackets are counted and not matched: whoever reads the parts sees what is wrong with them.
#[derive(Default)]
struct Reading {
    split: Split,
    at: u64,
    line: usize,
    column: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The last text in the outermost object, and whether a colon came behind it.
    name: Vec<u8>,
    named: bool,
    /// The trial at hand, and whether there is anything of it yet.
    trial: Option<(Place, bool)>,
}

impl Reading {
    fn byte(&mut self, byte: u8) {
        let list = self.trial.is_some();
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ if self.depth == 1 && self.name.len() <= LIST.len() => self.name.push(byte),
                _ => {}
            }
        } else {
            match byte {
                b'"' => {
                    self.in_string = true;
                    if self.depth == 1 {
                        (self.name, self.named) = (Vec::new(), false);
                    }
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b':' if self.depth == 1 => self.named = true,
                b',' if self.depth == 1 => self.named = false,
                _ => {}
            }
        }
        let outside = !self.in_string;
        if list && self.depth == 1 {
            self.end(false);
        } else if list && outside && byte == b',' && self.depth == 2 {
            self.end(true);
            self.begin();
        } else if let Some((_, is_there)) = &mut self.trial {
            *is_there |= !byte.is_ascii_whitespace();
        }
        if self.trial.is_none() || byte == b'\n' {
            self.split.rest.push(byte);
        }
        if outside && byte == b'[' && self.depth == 2 && self.named && self.name == LIST {
            self.begin();
        }
        self.at += 1;
        self.column += 1;
        if byte == b'\n' {
            (self.line, self.column) = (self.line + 1, 0);
        }
    }

    /// The next byte is the first of a trial.
    fn begin(&mut self) {
        let place = Place { start: self.at + 1, len: 0, line: self.line, column: self.column + 1 };
        self.trial = Some((place, false));
    }

    /// The byte at hand is behind a trial. Nothing between two commas is kept as one that cannot be read.
    fn end(&mut self, more: bool) {
        let Some((place, is_there)) = self.trial.take() else { return };
        if is_there || more || !self.split.trials.is_empty() {
            let len = usize::try_from(self.at - place.start).unwrap_or(usize::MAX);
            self.split.trials.push(Place { len, ..place });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Vec<String>) {
        let Split { rest, trials } = split(text.as_bytes()).unwrap();
        let part = |place: &Place| {
            let start = usize::try_from(place.start).unwrap();
            let before = &text[..start];
            assert_eq!(place.line, before.matches('\n').count());
            assert_eq!(place.column, before.len() - before.rfind('\n').map_or(0, |at| at + 1));
            text[start..start + place.len].to_owned()
        };
        (String::from_utf8(rest).unwrap(), trials.iter().map(part).collect())
    }

    #[test]
    fn trials_are_found_in_any_layout() {
        for (text, rest, trials) in [
            (r#"{"trials":[{"a":"]},["},[1,[2]]],"b":{"trials":[3]}}"#, r#"{"trials":[],"b":{"trials":[3]}}"#, 2),
            (
                "{\n\"x\": \"\\\"trials\",\n\"trials\" : [\n1,\n2\n]\n}",
                "{\n\"x\": \"\\\"trials\",\n\"trials\" : [\n\n\n]\n}",
                2,
            ),
            ("{\"trials\": [ ], \"y\": [1, 2]}", "{\"trials\": [], \"y\": [1, 2]}", 0),
            ("[{\"trials\": [1]}]", "[{\"trials\": [1]}]", 0),
            ("{\"trials\": {\"x\": [1]}, \"a\": [1]}", "{\"trials\": {\"x\": [1]}, \"a\": [1]}", 0),
            ("{\"a\": \"trials\", \"b\": [1]}", "{\"a\": \"trials\", \"b\": [1]}", 0),
        ] {
            let (found, all) = parts(text);
            assert_eq!((found.as_str(), all.len()), (rest, trials), "{text}");
        }
        assert_eq!(parts(r#"{"trials":[{"a":"]},["},[1,[2]]]}"#).1, [r#"{"a":"]},["}"#, "[1,[2]]"]);
    }

    /// Whoever reads them says so.
    #[test]
    fn what_is_missing_between_commas_is_kept() {
        assert_eq!(parts(r#"{"trials":[1,,2,]}"#).1, ["1", "", "2", ""]);
        assert_eq!(parts(r#"{"trials":[1, {"b": 2"#).1, ["1"]);
    }
}
