//! The HTML part of a mail, or a page, as it can be shown without trusting it.
//!
//! Takes markup; gives new markup made of a short list of elements without attributes, around text that is escaped.
//! Nothing of the original markup is copied, so nothing of it can load, run or look like the report itself. No tree is
//! built: what is written grows with what is read, however the tags are nested or left open.

use std::cell::RefCell;

use maud::{Markup, PreEscaped, html};

use super::code;
use threepid_record::html::tokens::{self, Reader, Tag, attribute, opens};

/// How much markup is looked at, in bytes.
const MOST_BYTES: usize = 200 * 1024;
/// How deep elements are followed.
const MOST_DEPTH: usize = 60;

/// Elements that stay, as they are.
const KEPT: &[&str] = &[
    "b",
    "blockquote",
    "br",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "small",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];
/// Elements of which nothing is shown.
const DROPPED: &[&str] = &[
    "script", "style", "head", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math", "select",
    "textarea",
];

/// Elements that a new one of the same name ends, if it follows directly.
const ENDED_BY_NEXT: &[&str] = &["p", "li", "dd", "dt", "tr", "td", "th"];
/// Elements that have no end.
const EMPTY: &[&str] = &["br", "hr"];

/// The markup as a person would see it, near enough.
pub(super) fn sanitized_html(markup: &str) -> Markup {
    let shown = &markup[..markup.floor_char_boundary(MOST_BYTES)];
    let paper = tokens::read(shown, Paper::default()).state.into_inner().ended();
    html! { div.paper tabindex="0" { (PreEscaped(paper)) } }
}

#[derive(Default)]
struct Paper {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    output: String,
    /// The elements that are open in the output: what they were called, and how they end.
    open: Vec<(String, String)>,
    /// The element of which nothing is shown, and how often it is open.
    dropped: Option<(String, usize)>,
}

impl Reader for Paper {
    fn tag(&self, tag: &Tag) {
        let mut state = self.state.borrow_mut();
        match (state.drops(tag), opens(tag)) {
            (true, _) => {}
            (false, true) => state.begin(tag),
            (false, false) => state.end(&tag.name),
        }
    }

    fn text(&self, text: &str) {
        let mut state = self.state.borrow_mut();
        if state.dropped.is_none() {
            state.output.push_str(&folded(text));
        }
    }
}

impl State {
    /// Whether a tag belongs to what is not shown.
    fn drops(&mut self, tag: &Tag) -> bool {
        let name = &*tag.name;
        match &mut self.dropped {
            Some((dropped, _)) if dropped == "head" && name == "body" => {
                self.dropped = None;
                false
            }
            Some((dropped, times)) => {
                if dropped == name {
                    *times = if opens(tag) { *times + 1 } else { *times - 1 };
                }
                if *times == 0 {
                    self.dropped = None;
                }
                true
            }
            // What ends in its own tag, or never has an end, hides nothing else.
            None if DROPPED.contains(&name) => {
                if opens(tag) && !tag.self_closing && name != "embed" {
                    self.dropped = Some((name.to_owned(), 1));
                }
                true
            }
            None => false,
        }
    }

    fn begin(&mut self, tag: &Tag) {
        let name = &*tag.name;
        let value = |name| attribute(tag, name).unwrap_or_default();
        if ENDED_BY_NEXT.contains(&name) && self.open.last().is_some_and(|(last, _)| last == name) {
            self.end(name);
        }
        // Only these names are written, never the ones that came.
        match (KEPT.iter().find(|kept| **kept == name), name) {
            (Some(kept), _) if EMPTY.contains(kept) => self.output.push_str(&format!("<{kept}>")),
            (Some(kept), _) => self.element(name, &format!("<{kept}>"), &format!("</{kept}>")),
            // A heading of the mail is none of the report.
            (None, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") => self.element(name, "<p><b>", "</b></p>"),
            (None, "a" | "button") => self.element(name, "<span class=\"link\">", "</span>"),
            (None, "img") => {
                let image = html! { span.image { "image " (code::line(value("alt"))) } };
                self.output.push_str(&image.into_string());
            }
            (None, "input") if value("type") != "hidden" => {
                self.output.push_str(&html! { span.image { (code::line(value("value"))) } }.into_string());
            }
            (None, _) => {}
        }
    }

    /// Opens an element, unless it would be too deep; then only what is in it is shown.
    fn element(&mut self, name: &str, begin: &str, end: &str) {
        if self.open.len() < MOST_DEPTH {
            self.output.push_str(begin);
            self.open.push((name.to_owned(), end.to_owned()));
        }
    }

    /// Ends an element that is open, with all that is open in it.
    fn end(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|(open, _)| open == name) {
            self.open.drain(at..).rev().for_each(|(_, end)| self.output.push_str(&end));
        }
    }

    /// The output with everything ended.
    fn ended(mut self) -> String {
        self.open.drain(..).rev().for_each(|(_, end)| self.output.push_str(&end));
        self.output
    }
}

/// White space as a browser takes it; everything else escaped and visible.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    for c in text.chars() {
        if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            folded.push(c);
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    code::line(&folded).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads_stays() {
        let markup = "<html><head><style>p {}</style><title>t</title></head><body bgcolor=red><h1 class=x>Hello</h1>\n\
                      <p style='color:red'>Follow <a href='http://h/?a=1&amp;b=2' onclick=x()>this  link</a>.<img src=x onerror=y() alt='A logo'></p></body></html>";
        assert_eq!(
            sanitized_html(markup).into_string(),
            "<div class=\"paper\" tabindex=\"0\"><p><b>Hello</b></p> <p>Follow <span class=\"link\">this link</span>.\
             <span class=\"image\">image A logo</span></p></div>"
        );
    }

    #[test]
    fn nothing_that_acts_comes_through() {
        let markup = "<script>alert(1)</script><svg onload=alert(1)><a xlink:href='javascript:x'>s</a></svg>\
                      <iframe srcdoc='<script>'></iframe><a href='javascript:alert(1)'>j</a><form action=x><input value='<b>go</b>'>\
                      </form><meta http-equiv=refresh content=0><base href=//x><math><mi//xlink:href='data:x,<script>'></math>\
                      </div></details></main><plaintext>&lt;script&gt;";
        let safe = sanitized_html(markup).into_string();
        for bad in [
            "<script",
            "javascript",
            "srcdoc",
            "onload",
            "<form",
            "<meta",
            "<base",
            "<svg",
            "href",
            "<plaintext",
            "</main",
        ] {
            assert!(!safe.contains(bad), "{bad} in {safe}");
        }
        assert!(safe.contains("&lt;b&gt;go&lt;/b&gt;") && safe.contains("&lt;script&gt;"), "{safe}");
    }

    /// The second kind has no tag that ends what it begins, so a browser's tree of it has millions of elements.
    #[test]
    fn what_is_written_grows_with_what_is_read() {
        for markup in
            ["<div>", "<b></i>", "<p><b><i></u>", "<a><p>", "<table><td><table>", "</p>", "<b>x", "<li>", "<svg><b>"]
        {
            let written = |times: usize| sanitized_html(&(markup.repeat(times) + "x")).into_string().len();
            let (small, large) = (written(2_000), written(20_000));
            assert!(large <= 12 * small.max(200), "{markup}: {small}, then {large}");
            assert!(large <= 20_000 * 40, "{markup}: {large}");
        }
        assert!(sanitized_html(&("<div>".repeat(300) + "x")).into_string().len() < 2_000);
    }

    #[test]
    fn what_is_left_open_is_ended() {
        assert_eq!(
            sanitized_html("<ul><li>a<li><b>b</ul>c<p>d<p>e</i>").into_string(),
            "<div class=\"paper\" tabindex=\"0\"><ul><li>a</li><li><b>b</b></li></ul>c<p>d</p><p>e</p></div>"
        );
    }
}
