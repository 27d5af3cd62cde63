//! Links in HTML: what anchors point to, and the text a person sees beside them.
//!
//! Takes HTML, gives the anchors' `href`s with their entities decoded, and the visible text outside anchors.
//! It reads tokens and builds no tree, so that its time grows with the text however the tags are nested; it never
//! loads or runs anything.

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::Tag;

use threepid_record::html::tokens::{self, attribute, opens};

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
    tokens::read(html, Reader { limit, ..Reader::default() }).page.into_inner()
}

#[derive(Default)]
struct Reader {
    page: RefCell<Page>,
    /// Within an anchor that has a target.
    in_anchor: Cell<bool>,
    /// Within an element whose text is never shown; it holds no elements.
    hidden: Cell<bool>,
    limit: usize,
}

impl tokens::Reader for Reader {
    fn tag(&self, tag: &Tag) {
        match &*tag.name {
            "a" => self.anchor(tag),
            "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" | "title" | "textarea" => {
                self.hidden.set(opens(tag));
            }
            name if is_block(name) => self.page.borrow_mut().text.push('\n'),
            _ => {}
        }
    }

    fn text(&self, text: &str) {
        if !self.in_anchor.get() && !self.hidden.get() {
            let mut page = self.page.borrow_mut();
            page.text.extend(text.chars().map(|c| if c.is_ascii_whitespace() { ' ' } else { c }));
        }
    }
}

impl Reader {
    fn anchor(&self, tag: &Tag) {
        let href = attribute(tag, "href").filter(|_| opens(tag));
        self.in_anchor.set(href.is_some());
        if let Some(href) = href {
            let mut page = self.page.borrow_mut();
            if page.hrefs.len() < self.limit {
                page.hrefs.push(href.to_owned());
            }
            // The words before and after an anchor are not one word.
            page.text.push(' ');
        }
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
