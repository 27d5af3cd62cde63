//! The tokens of HTML, one after the other.
//!
//! Takes HTML and a reader, and shows the reader each tag and text. No tree is built: a browser's tree of a small page
//! can have a hundred million elements, for some are opened again in every paragraph. Time and memory grow with the text.

use std::cell::Cell;

use html5ever::interface::TokenizerResult;
use html5ever::tendril::StrTendril;
pub use html5ever::tokenizer::Tag;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// How much is read between two looks at what was found.
const PIECE_BYTES: usize = 1024;
/// One tag or comment with more of what separates attributes ends the reading: each attribute is compared with all
/// before it, so a tag of a hundred thousand would take minutes. A picture of half a megabyte within a tag has fewer.
const SEPARATORS: usize = 10_000;

/// Is shown what is read.
pub trait Reader {
    /// A tag.
    fn tag(&self, tag: &Tag);
    /// Text, entities decoded; one text may come in several pieces.
    fn text(&self, text: &str);
    /// Something else, which ends a text: a comment.
    fn other(&self) {}
}

/// Reads HTML to its end, or to where reading it would take too long; gives the reader back.
pub fn read<R: Reader>(html: &str, reader: R) -> R {
    let tokenizer = Tokenizer::new(Counting { reader, quiet: Cell::new(0) }, TokenizerOpts::default());
    let input = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        rest = later;
        input.push_back(StrTendril::from_slice(piece));
        // It stops at a script that a browser would have to run first; nothing is run, so it only has to go on.
        while let TokenizerResult::Script(()) = tokenizer.feed(&input) {}
        let separators = piece.bytes().filter(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'"' | b'\'')).count();
        let quiet = &tokenizer.sink.quiet;
        quiet.set(quiet.get() + separators);
        if quiet.get() > SEPARATORS {
            break;
        }
    }
    tokenizer.end();
    tokenizer.sink.reader
}

/// What an attribute of a tag is, if it is there.
pub fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

/// Whether a tag opens an element.
pub fn opens(tag: &Tag) -> bool {
    tag.kind == TagKind::StartTag
}

struct Counting<R> {
    reader: R,
    /// What could separate attributes since the last token.
    quiet: Cell<usize>,
}

impl<R: Reader> TokenSink for Counting<R> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if !matches!(token, Token::ParseError(_)) {
            self.quiet.set(0);
        }
        match token {
            Token::TagToken(tag) => {
                self.reader.tag(&tag);
                if let Some(raw) = raw(&tag.name).filter(|_| opens(&tag)) {
                    return TokenSinkResult::RawData(raw);
                }
            }
            Token::CharacterTokens(text) => self.reader.text(&text),
            Token::CommentToken(_) => self.reader.other(),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How the inside of an element is read that holds no elements.
fn raw(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
        "title" | "textarea" => Some(RawKind::Rcdata),
        _ => None,
    }
}
