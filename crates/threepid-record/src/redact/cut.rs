//! Finds what is left of a secret where a text was cut off.
//!
//! Takes a text and a place where something is missing; gives the beginnings of secrets that end there, in every spelling.
//! It looks at a bounded part of the text. Never looks at what follows the place.

use super::layers::Layers;
use super::limits::{BEFORE_CUT, SHORTEST_REST};
use super::search::{Hit, How, Which};
use super::{Redactor, runs};

/// How long an escape can be that was cut in its middle.
const LONGEST_ESCAPE: usize = 8;

impl Redactor {
    /// What stands before `end` of a secret that goes on behind it.
    pub(super) fn cut_off(&self, text: &[u8], end: usize, hits: &mut Vec<Hit>) {
        let first = end.saturating_sub(BEFORE_CUT);
        let text = &text[first..end];
        let layers = Layers::of(text, &mut 0);
        let mut found = |layer, at: usize, secret| {
            let start = layers.source(layer, at..layers.bytes(layer).len()).start;
            hits.push(Hit { range: first + start..end, secret: Which::Known(secret), how: How::Cut });
        };
        for layer in layers.all() {
            let bytes = layers.bytes(layer);
            let tail = bytes.len().saturating_sub(LONGEST_ESCAPE);
            let broken = (tail..bytes.len()).find(|at| b"%\\&=".contains(&bytes[*at]));
            for end in [Some(bytes.len()), broken].into_iter().flatten() {
                if let Some((len, secret)) = self.beginning(&bytes[..end]) {
                    found(layer, end - len, secret);
                }
            }
        }
        for layer in std::iter::once(None).chain(layers.last()) {
            runs::last(layers.bytes(layer), |decoded, source| {
                if let Some((len, secret)) = self.beginning(decoded) {
                    found(layer, source(decoded.len() - len), secret);
                }
            });
        }
    }

    /// The longest beginning of a secret that a text ends with, if it is long enough to tell anything.
    fn beginning(&self, text: &[u8]) -> Option<(usize, usize)> {
        let longest = self.beginnings().iter().filter_map(|(number, spelling)| {
            let most = spelling.len().min(text.len() + 1);
            let len = (SHORTEST_REST..most).rev().find(|len| {
                let end = &text[text.len() - len..];
                end[0].eq_ignore_ascii_case(&spelling[0]) && end.eq_ignore_ascii_case(&spelling[..*len])
            })?;
            Some((len, *number))
        });
        longest.max()
    }
}
