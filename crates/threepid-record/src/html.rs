//! What a browser and a person see in HTML.
//!
//! Takes a page; gives its text without markup, or its forms and links; or shows its tokens to a reader. Its time grows with the
//! text, however the tags are nested. It never runs or fetches anything.

mod form;
mod page;
pub mod tokens;

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::Tag;

pub use form::{Button, Field, Form};
pub use page::{Page, page};
use tokens::{Reader, opens};

/// Elements whose inside nobody reads.
const UNREAD: &[&str] = &["script", "style", "template", "noscript"];

/// The text of a page as a person reads it, white space folded.
pub fn text(page: &str) -> String {
    let words = tokens::read(page, Words::default()).words.into_inner();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a page gives as its title, white space folded: what a browser shows above it, and [`text`] before it.
pub fn title(page: &str) -> Option<String> {
    let title = tokens::read(page, Title::default()).words.into_inner();
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(title).filter(|title| !title.is_empty())
}

/// The inside of the first `<title>`.
#[derive(Default)]
struct Title {
    words: RefCell<String>,
    inside: Cell<bool>,
    seen: Cell<bool>,
}

impl Reader for Title {
    fn tag(&self, tag: &Tag) {
        let first = &*tag.name == "title" && opens(tag) && !self.seen.get();
        self.inside.set(first);
        self.seen.set(self.seen.get() || first);
    }

    fn text(&self, text: &str) {
        if self.inside.get() {
            self.words.borrow_mut().push_str(text);
        }
    }
}

#[derive(Default)]
struct Words {
    words: RefCell<String>,
    /// How many elements whose inside nobody reads are open.
    unread: Cell<usize>,
}

impl Reader for Words {
    fn tag(&self, tag: &Tag) {
        if UNREAD.contains(&&*tag.name) {
            let unread = self.unread.get();
            self.unread.set(if opens(tag) { unread + 1 } else { unread.saturating_sub(1) });
        }
        self.other();
    }

    fn text(&self, text: &str) {
        if self.unread.get() == 0 {
            self.words.borrow_mut().push_str(text);
        }
    }

    fn other(&self) {
        self.words.borrow_mut().push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_a_person_reads() {
        let page = "<html><head><title>Done</title><style>p{}</style></head><body><p>Your&nbsp;email <b>has</b>\n been</p>\
                    <script>alert('no')</script> validated &amp; more</body></html>";
        assert_eq!(text(page), "Done Your email has been validated & more");
        assert_eq!(title(page).as_deref(), Some("Done"));
        assert_eq!(title("<p>x</p><title> a\n&amp; b </title><title>c</title>").as_deref(), Some("a & b"));
        assert_eq!(title("<title></title><title>c</title>"), None);
        assert_eq!(text("a<!-- b -->c<template><p>d</template></noscript>e&lt;p&gt;"), "a c e<p>");
    }
}
