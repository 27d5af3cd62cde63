//! The message of one DATA command.
//!
//! Takes the bytes that follow `354`, in pieces of any size, gives the message with its dot-stuffing removed.
//! Only `CR LF . CR LF` ends it (or `. CR LF` at the very start: an empty message); a bare LF before or after the dot
//! never does, so that no second mail can be smuggled in. It never keeps more than the limits allow: what is too much
//! is still read to its end, but dropped.

use super::limits::Claim;

/// What stands before the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The start of a line: CR LF, or nothing yet.
    LineStart,
    /// A dot at the start of a line; not kept.
    Dot,
    /// A dot and a CR at the start of a line; neither kept.
    DotCr,
    /// A CR, kept.
    Cr,
    /// Anything else.
    Within,
}

/// Why a message was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// It is larger than one message may be.
    Message,
    /// All messages together are larger than the sink may hold.
    InFlight,
}

/// A message being received.
#[derive(Debug)]
pub(super) struct Receiver {
    state: State,
    message: Vec<u8>,
    limit: usize,
    claim: Claim,
    excess: Option<Excess>,
}

impl Receiver {
    /// A receiver for one message of at most `limit` bytes.
    pub(super) fn new(limit: usize, claim: Claim) -> Self {
        Self { state: State::LineStart, message: Vec::new(), limit, claim, excess: None }
    }

    /// Takes bytes as they came. Gives how many belong to the message and whether it ended with them.
    pub(super) fn feed(&mut self, input: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < input.len() {
            if self.state == State::Within {
                // The bulk of a message: everything up to the next CR is kept as it is.
                let run = input[at..].iter().position(|b| *b == b'\r').unwrap_or(input.len() - at);
                self.keep(&input[at..at + run]);
                at += run;
                if at == input.len() {
                    break;
                }
            }
            let byte = input[at];
            at += 1;
            self.state = match (self.state, byte) {
                (State::DotCr, b'\n') => return (at, true),
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, b'\r') => State::DotCr,
                (State::Cr, b'\n') => {
                    self.keep(b"\n");
                    State::LineStart
                }
                (State::DotCr, byte) => {
                    // The CR did not end the message, so it was part of it.
                    self.keep(&[b'\r', byte]);
                    if byte == b'\r' { State::Cr } else { State::Within }
                }
                (_, byte) => {
                    self.keep(&[byte]);
                    if byte == b'\r' { State::Cr } else { State::Within }
                }
            };
        }
        (at, false)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.excess.is_some() {
            return;
        }
        if self.message.len() + bytes.len() > self.limit {
            self.excess = Some(Excess::Message);
        } else if !self.claim.grow(bytes.len()) {
            self.excess = Some(Excess::InFlight);
        } else {
            self.message.extend_from_slice(bytes);
            return;
        }
        self.message = Vec::new();
        self.claim.release();
    }

    /// The message, or why it was not kept.
    ///
    /// # Errors
    ///
    /// If it was larger than its limit, or all messages in flight were larger than theirs.
    pub(super) fn finish(self) -> Result<Vec<u8>, Excess> {
        match self.excess {
            None => Ok(self.message),
            Some(excess) => Err(excess),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::InFlight;
    use super::*;

    /// Feeds `input` in pieces of `size` bytes; gives the message and what follows it, or `None` if it did not end.
    fn receive(input: &[u8], size: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut receiver = Receiver::new(1 << 20, InFlight::new(1 << 20).claim());
        let mut at = 0;
        for piece in input.chunks(size.max(1)) {
            let (used, ended) = receiver.feed(piece);
            at += used;
            if ended {
                return Some((receiver.finish().unwrap(), input[at..].to_vec()));
            }
        }
        None
    }

    fn message(input: &[u8]) -> Vec<u8> {
        let (message, rest) = receive(input, usize::MAX).expect("the message did not end");
        assert_eq!(rest, b"", "bytes were left over");
        message
    }

    #[test]
    fn an_empty_message_ends() {
        assert_eq!(message(b".\r\n"), b"");
        assert_eq!(message(b"\r\n.\r\n"), b"\r\n");
    }

    #[test]
    fn dot_stuffing_is_removed_at_line_starts_only() {
        assert_eq!(message(b"..\r\n.a\r\na.b\r\n...\r\n.\r\n"), b".\r\na\r\na.b\r\n..\r\n");
    }

    #[test]
    fn a_bare_line_feed_never_ends_a_message() {
        for smuggle in [
            &b"a\n.\r\nMAIL FROM:<evil@x.test>\r\n"[..],
            b"a\r\n.\nMAIL FROM:<evil@x.test>\r\n",
            b"a\n.\nMAIL FROM:<evil@x.test>\r\n",
            b"a\r.\r\nMAIL FROM:<evil@x.test>\r\n",
            b"a\r\n.\r\rMAIL FROM:<evil@x.test>\r\n",
        ] {
            assert_eq!(receive(smuggle, usize::MAX), None, "{}", smuggle.escape_ascii());
            let ended = [smuggle, b".\r\n"].concat();
            let taken = message(&ended);
            assert!(taken.windows(4).any(|w| w == b"evil"), "{}", taken.escape_ascii());
        }
    }

    #[test]
    fn what_follows_the_end_is_left_for_the_next_command() {
        let (message, rest) = receive(b"a\r\n.\r\nQUIT\r\n", usize::MAX).unwrap();
        assert_eq!((message.as_slice(), rest.as_slice()), (&b"a\r\n"[..], &b"QUIT\r\n"[..]));
    }

    #[test]
    fn pieces_of_any_size_give_the_same_message() {
        // Every text of up to seven of the bytes that matter, in every division into equal pieces.
        let alphabet = [b'.', b'\r', b'\n', b'x'];
        for length in 0..=7_usize {
            for number in 0..alphabet.len().pow(length as u32) {
                let mut input: Vec<u8> =
                    (0..length).map(|i| alphabet[number / alphabet.len().pow(i as u32) % alphabet.len()]).collect();
                input.extend_from_slice(b"\r\n.\r\nQUIT\r\n");
                let whole = receive(&input, usize::MAX);
                assert!(whole.is_some());
                for size in 1..=4 {
                    assert_eq!(receive(&input, size), whole, "{} by {size}", input.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn a_stuffed_message_comes_back_as_it_was() {
        let alphabet = ["", ".", "..", "x", ".x"];
        for number in 0..alphabet.len().pow(4) {
            let lines: Vec<&str> = (0..4).map(|i| alphabet[number / alphabet.len().pow(i) % alphabet.len()]).collect();
            let plain: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let stuffed: String = lines
                .iter()
                .map(|line| if line.starts_with('.') { format!(".{line}\r\n") } else { format!("{line}\r\n") })
                .collect();
            assert_eq!(message(format!("{stuffed}.\r\n").as_bytes()), plain.as_bytes());
        }
    }

    #[test]
    fn what_is_too_large_is_read_to_its_end_and_dropped() {
        let pool = InFlight::new(1000);
        let mut receiver = Receiver::new(100, pool.claim());
        assert_eq!(receiver.feed(&[b'x'; 101]), (101, false));
        assert_eq!(receiver.message.capacity(), 0, "the dropped message still takes memory");
        assert!(pool.claim().grow(1000), "the dropped message still counts");
        assert_eq!(receiver.feed(b"\r\n.\r\n"), (5, true));
        assert_eq!(receiver.finish(), Err(Excess::Message));
    }

    #[test]
    fn a_message_of_exactly_the_limit_is_kept() {
        let mut receiver = Receiver::new(100, InFlight::new(1000).claim());
        receiver.feed(&[b'x'; 98]);
        assert_eq!(receiver.feed(b"\r\n.\r\n"), (5, true));
        assert_eq!(receiver.finish().unwrap().len(), 100);
    }

    #[test]
    fn many_messages_share_one_limit() {
        let pool = InFlight::new(150);
        let mut first = Receiver::new(100, pool.claim());
        let mut second = Receiver::new(100, pool.claim());
        first.feed(&[b'x'; 90]);
        second.feed(&[b'x'; 90]);
        second.feed(b"\r\n.\r\n");
        assert_eq!(second.finish(), Err(Excess::InFlight));
        first.feed(b"\r\n.\r\n");
        assert_eq!(first.finish().unwrap().len(), 92);
    }
}
