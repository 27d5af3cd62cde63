//! Links in HTML: what anchors point to, and the text a person sees beside them.
//!
//! Takes HTML, gives the anchors' `href`s with their entities decoded, and the visible text outside anchors.
//! It reads tokens and builds no tree, so that its time grows with the text however the tags are nested; it never
//! loads or runs anything.

use std::cell::{Cell, RefCell};

use html5ever::interface::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// How much is read between two looks at what was found.
const PIECE_BYTES: usize = 1024;
/// One tag or comment with more of what separates attributes ends the reading: each attribute is compared with all
/// before it, so a tag of a hundred thousand would take minutes. A picture of half a megabyte within a tag has fewer.
const SEPARATORS: usize = 10_000;

/// What was found in one HTML text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The anchors' targets in order, as written.
    pub(super) hrefs: Vec<String>,
    /// The visible text outside anchors, a line end for each block.
    pub(super) text: String,
}

/// Reads HTML; at most `limit` anchors.
pub(super) fn read(html: &str, limit: usize) -> Page {
    let tokenizer = Tokenizer::new(Reader { limit, ..Reader::default() }, TokenizerOpts::default());
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
    tokenizer.sink.page.into_inner()
}

#[derive(Default)]
struct Reader {
    page: RefCell<Page>,
    /// Within an anchor that has a target.
    in_anchor: Cell<bool>,
    /// How many elements whose text is never shown are open. They hold no elements, so it is 0 or 1.
    hidden: Cell<u8>,
    /// What could separate attributes since the last token.
    quiet: Cell<usize>,
    limit: usize,
}

impl Reader {
    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let opens = tag.kind == TagKind::StartTag;
        let raw = match &*tag.name {
            "a" => {
                self.anchor(tag, opens);
                return TokenSinkResult::Continue;
            }
            "script" => RawKind::ScriptData,
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => RawKind::Rawtext,
            "title" | "textarea" => RawKind::Rcdata,
            name => {
                if is_block(name) {
                    self.page.borrow_mut().text.push('\n');
                }
                return TokenSinkResult::Continue;
            }
        };
        self.hidden.set(u8::from(opens));
        if opens { TokenSinkResult::RawData(raw) } else { TokenSinkResult::Continue }
    }

    fn anchor(&self, tag: &Tag, opens: bool) {
        let href = tag.attrs.iter().find(|attr| &*attr.name.local == "href").filter(|_| opens);
        self.in_anchor.set(href.is_some());
        if let Some(href) = href {
            let mut page = self.page.borrow_mut();
            if page.hrefs.len() < self.limit {
                page.hrefs.push(href.value.to_string());
            }
            // The words before and after an anchor are not one word.
            page.text.push(' ');
        }
    }
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if !matches!(token, Token::ParseError(_)) {
            self.quiet.set(0);
        }
        match token {
            Token::TagToken(tag) => return self.tag(&tag),
            Token::CharacterTokens(text) if !self.in_anchor.get() && self.hidden.get() == 0 => {
                let mut page = self.page.borrow_mut();
                page.text.extend(text.chars().map(|c| if c.is_ascii_whitespace() { ' ' } else { c }));
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements that start a line of their own.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "br"
            | "center"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "footer"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hrefs_are_decoded_as_a_browser_does() {
        let page = read(
            "<a href=\"https://x.test/?a=1&amp;b=2&#38;c=3\">x</a><A HREF='https://y.test'>y</A>\
             <a\nclass=b\nhref=https://z.test/?q=1&r=2>z</a><a name=n>no target</a>",
            10,
        );
        assert_eq!(page.hrefs, ["https://x.test/?a=1&b=2&c=3", "https://y.test", "https://z.test/?q=1&r=2"]);
    }

    #[test]
    fn what_is_not_shown_is_not_read() {
        let page = read(
            "<title>t <a href=1></title><style>a{}<a href=2></style><script>'<a href=3>'</script>\
             <!-- <a href=4> --><textarea><a href=5></textarea>seen<a href=6>in</a><p>more",
            10,
        );
        assert_eq!(page.hrefs, ["6"]);
        assert_eq!(page.text.split_whitespace().collect::<Vec<_>>(), ["seen", "more"]);
    }

    #[test]
    fn html_that_is_cut_anywhere_gives_what_was_there() {
        let html = "<p>a<a href='https://x.test/'>b</a><script>c</script>&amp;<!-- d -->";
        for end in 0..=html.len() {
            let page = read(&html[..end], 10);
            assert_eq!(page.hrefs.len(), usize::from(end >= html.find("'>").unwrap() + 2), "cut at {end}");
        }
    }

    #[test]
    fn a_picture_within_a_tag_does_not_end_the_reading() {
        let picture = "iVBORw0KGgo/AAAA".repeat(512 * 1024 / 16 / 4);
        let page = read(&format!("<img src='data:image/png;base64,{picture}'><a href=x>y</a>"), 10);
        assert_eq!(page.hrefs, ["x"]);
    }

    #[test]
    fn anchors_are_counted_to_the_limit() {
        assert_eq!(read(&"<a href=x>".repeat(50), 7).hrefs.len(), 7);
    }
}
