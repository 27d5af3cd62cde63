//! A text without its escapes, layer by layer.
//!
//! Takes a text; gives it with each kind of escapes decoded, and what was decoded decoded again. Readings that come out
//! alike are made once, and there are only so many. Never looks into base64.

use std::ops::Range;

use super::escapes::Escape;
use super::view::View;

/// All readings of a text but base64: its layers of escapes, decoded one after the other.
///
/// Each kind of escape is decoded apart from the others. In a form `token=abc` the `=ab` would be taken for a byte of
/// quoted-printable, and what of the token is percent-encoded would never be seen beside it; and `\\&#92;u0025` is a
/// backslash and a percent sign in JSON in HTML, but not if the JSON is read at the same time.
pub(super) struct Layers<'t> {
    text: &'t [u8],
    layers: Vec<Layer>,
}

struct Layer {
    view: View,
    /// The layer it was decoded from; the text itself if `None`.
    parent: Option<usize>,
    depth: usize,
    /// How often quoted-printable has been decoded on the way to it.
    quoted: u8,
    /// Whether nothing is left to decode.
    last: bool,
    /// Whether no decoding on the way to it was of what only looks like quoted-printable.
    likely: bool,
    /// The places between which it is a part of the text, byte by byte: what is in such a part was found there.
    seams: Vec<usize>,
}

/// How deep escapes may nest: a link in HTML in quoted-printable has three, and a value may look like one more.
const DEEPEST: usize = 4;
/// How many readings of one text there are at most: what is honest has three or four, and one with all kinds of escapes
/// in each other three deep has 39.
const MOST_LAYERS: usize = 40;
/// How many of them may be quoted-printable: a mail in a mail.
const MOST_QUOTED: u8 = 2;

impl<'t> Layers<'t> {
    /// Decodes them all. Readings that come out alike are made once.
    pub(super) fn of(text: &'t [u8], work: &mut u64) -> Layers<'t> {
        let mut all = Layers { text, layers: Vec::new() };
        all.decode(None, work);
        let mut next = 0;
        while next < all.layers.len() {
            all.decode(Some(next), work);
            next += 1;
        }
        all
    }

    fn decode(&mut self, parent: Option<usize>, work: &mut u64) {
        let (depth, quoted) = parent.map_or((0, 0), |index| (self.layers[index].depth, self.layers[index].quoted));
        if depth == DEEPEST {
            return;
        }
        let before = self.layers.len();
        for escape in [Escape::Web, Escape::Json, Escape::QuotedPrintable] {
            let quoted = quoted + u8::from(escape == Escape::QuotedPrintable);
            if quoted > MOST_QUOTED || self.layers.len() == MOST_LAYERS {
                continue;
            }
            let bytes = self.bytes(parent);
            *work += bytes.len() as u64;
            let Some(view) = escape.decode(bytes) else { continue };
            if self.layers.iter().all(|layer| layer.view.bytes != view.bytes) {
                let likely = parent.is_none_or(|index| self.layers[index].likely)
                    && (escape != Escape::QuotedPrintable || is_quoted_printable(self.bytes(parent)));
                let inherited = parent.map_or(&[][..], |index| &self.layers[index].seams);
                let mut seams: Vec<usize> = view.seams().collect();
                seams.extend(inherited.iter().map(|seam| view.place_of(*seam)));
                seams.sort();
                seams.dedup();
                self.layers.push(Layer { view, parent, depth: depth + 1, quoted, last: true, likely, seams });
            }
        }
        if let Some(index) = parent {
            self.layers[index].last = self.layers.len() == before;
        }
    }

    /// What a layer reads as; the text itself for `None`.
    pub(super) fn bytes(&self, layer: Option<usize>) -> &[u8] {
        layer.map_or(self.text, |index| &self.layers[index].view.bytes)
    }

    /// The text, and every layer.
    pub(super) fn all(&self) -> impl Iterator<Item = Option<usize>> + use<> {
        std::iter::once(None).chain((0..self.layers.len()).map(Some))
    }

    /// The text, and the layers that a sender meant: a value that begins with two hexadecimal digits looks
    /// quoted-printable behind its name, `token=4b1d`, and is not.
    pub(super) fn likely(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        self.all().filter(|layer| layer.is_none_or(|index| self.layers[index].likely))
    }

    /// Those layers in which nothing is left to decode, but for the text itself.
    pub(super) fn last(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        (0..self.layers.len()).filter(|index| self.layers[*index].last).map(Some)
    }

    /// Whether a part of a layer, with what stands beside it, may be no part of the text.
    pub(super) fn is_new(&self, layer: Option<usize>, range: &Range<usize>) -> bool {
        layer.is_none_or(|index| {
            let seams = &self.layers[index].seams;
            seams.get(seams.partition_point(|seam| *seam < range.start)).is_some_and(|seam| *seam <= range.end)
        })
    }

    /// The parts of a layer in which something of so many bytes, those that `counts` is false for not counted, may stand that
    /// stands in no text before it.
    pub(super) fn new_parts(
        &self,
        layer: Option<usize>,
        reach: usize,
        counts: impl Fn(u8) -> bool,
    ) -> Vec<Range<usize>> {
        let bytes = self.bytes(layer);
        let Some(index) = layer else { return std::iter::once(0..bytes.len()).collect() };
        let far = |rest: &mut dyn Iterator<Item = &u8>| {
            let mut left = reach;
            rest.take_while(|byte| {
                left -= usize::from(counts(**byte));
                left > 0
            })
            .count()
        };
        let mut parts: Vec<Range<usize>> = Vec::new();
        for near in self.layers[index].seams.chunk_by(|one, next| next - one <= 2 * reach) {
            let (first, last) = (near[0], near[near.len() - 1]);
            let start = first - far(&mut bytes[..first].iter().rev());
            let end = last + far(&mut bytes[last..].iter());
            match parts.last_mut() {
                Some(before) if start <= before.end => before.end = end.max(before.end),
                _ => parts.push(start..end),
            }
        }
        parts
    }

    /// Which part of the text a part of a layer was read from.
    pub(super) fn source(&self, mut layer: Option<usize>, mut range: Range<usize>) -> Range<usize> {
        while let Some(index) = layer {
            range = self.layers[index].view.source(&range);
            layer = self.layers[index].parent;
        }
        range
    }
}

/// Whether a text is quoted-printable: in it no sign `=` stands for itself, so that one is written `=3D` or a line goes on.
fn is_quoted_printable(text: &[u8]) -> bool {
    memchr::memchr_iter(b'=', text).any(|at| matches!(&text[at + 1..], [b'3', b'D' | b'd', ..] | [b'\n' | b'\r', ..]))
}
