//! A text in other readings, each with a way back to where it stands in the text.
//!
//! Takes a text; gives it with one layer of escapes decoded, or only its base64 characters, as a [`View`] whose pieces
//! say which bytes of the text each of its bytes was read from. Its time and its memory grow with the text. Never
//! decides what a reading means.

use std::ops::Range;

/// A reading of a text.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// Some bytes of a view that were read in the same way.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Where it begins in the view.
    at: u32,
    /// What it was read from.
    from: u32,
    to: u32,
    /// Whether each byte is one byte of the text, or all of them together are the whole range.
    plain: bool,
}

/// Texts are far smaller than that: every limit on what is received is.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl View {
    /// Takes a part of the text over as it is.
    pub(super) fn copy(&mut self, text: &[u8], range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        self.pieces.push(Piece {
            at: place(self.bytes.len()),
            from: place(range.start),
            to: place(range.end),
            plain: true,
        });
        self.bytes.extend_from_slice(&text[range]);
    }

    /// Adds what a part of the text stands for.
    pub(super) fn add(&mut self, bytes: &[u8], range: Range<usize>) {
        if bytes.is_empty() {
            return;
        }
        let at = place(self.bytes.len());
        self.pieces.push(Piece { at, from: place(range.start), to: place(range.end), plain: false });
        self.bytes.extend_from_slice(bytes);
    }

    /// Which part of the text a part of the view was read from.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let (first, last) = (range.start, range.end.saturating_sub(1).max(range.start));
        let start = self.piece(first).map_or(0, |p| p.from as usize + if p.plain { first - p.at as usize } else { 0 });
        let end = self
            .piece(last)
            .map_or(start, |p| if p.plain { p.from as usize + (last - p.at as usize) + 1 } else { p.to as usize });
        start..end.max(start)
    }

    /// Where pieces of it meet: between two of these places it is what it was read from, byte by byte.
    pub(super) fn seams(&self) -> impl Iterator<Item = usize> {
        self.pieces.iter().map(|piece| piece.at as usize).chain([self.bytes.len()])
    }

    /// Where a place of the text is in the view; where what follows it is, if nothing was read from it.
    pub(super) fn place_of(&self, from: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.from as usize <= from);
        let next = || self.pieces.get(after).map_or(self.bytes.len(), |piece| piece.at as usize);
        match after.checked_sub(1).map(|index| &self.pieces[index]) {
            Some(piece) if from >= piece.to as usize => next(),
            Some(piece) if piece.plain => piece.at as usize + (from - piece.from as usize),
            Some(piece) => piece.at as usize,
            None => next(),
        }
    }

    fn piece(&self, at: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.at as usize <= at);
        after.checked_sub(1).map(|index| &self.pieces[index])
    }
}
