//! The HTML part of a mail, or a page, as it can be shown without trusting it.
//!
//! Takes markup; gives new markup made of a short list of elements without attributes, around text that is escaped.
//! Nothing of the original markup is copied, so nothing of it can load, run or look like the report itself.

use maud::{Markup, PreEscaped, html};
use scraper::{ElementRef, Html};

use super::code;

/// How much markup is looked at, in bytes.
const MOST_BYTES: usize = 200 * 1024;
/// How deep elements may be nested, as far as their tags show, for the markup to be read at all: a parser of HTML takes
/// time with the square of it.
const MOST_NESTING: usize = 400;
/// How many elements there may be if each tag opens all those again that are open, as paragraphs do with what is bold.
const MOST_OPENED: usize = 500_000;
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

/// The markup as a person would see it, near enough.
pub(super) fn sanitized_html(markup: &str) -> Markup {
    let shown = &markup[..markup.floor_char_boundary(MOST_BYTES)];
    let nesting = nesting(shown);
    if nesting > MOST_NESTING || nesting * shown.matches('<').count() > MOST_OPENED {
        return code::block(markup);
    }
    let mut output = String::new();
    show(Html::parse_document(shown).root_element(), 0, &mut output);
    html! { div.paper tabindex="0" { (PreEscaped(output)) } }
}

/// How deep the tags nest, judged by their names alone.
fn nesting(markup: &str) -> usize {
    const EMPTY: &[&str] =
        &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in markup.split('<').skip(1) {
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !name.is_empty() && !EMPTY.iter().any(|empty| name.eq_ignore_ascii_case(empty)) {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
}

fn show(element: ElementRef<'_>, depth: usize, output: &mut String) {
    let (name, attribute) = (element.value().name(), |name| element.value().attr(name).unwrap_or_default());
    if depth > MOST_DEPTH || DROPPED.contains(&name) {
        return;
    }
    // Only these names are written, never the ones that came.
    match (KEPT.iter().find(|kept| **kept == name), name) {
        (Some(name @ (&"br" | &"hr")), _) => output.push_str(&format!("<{name}>")),
        (Some(name), _) => {
            output.push_str(&format!("<{name}>"));
            children(element, depth, output);
            output.push_str(&format!("</{name}>"));
        }
        // A heading of the mail is none of the report.
        (None, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {
            output.push_str("<p><b>");
            children(element, depth, output);
            output.push_str("</b></p>");
        }
        (None, "a" | "button") => {
            output.push_str("<span class=\"link\">");
            children(element, depth, output);
            output.push_str("</span>");
        }
        (None, "img") => {
            output.push_str(&html! { span.image { "image " (code::line(attribute("alt"))) } }.into_string());
        }
        (None, "input") if attribute("type") != "hidden" => {
            output.push_str(&html! { span.image { (code::line(attribute("value"))) } }.into_string());
        }
        (None, _) => children(element, depth, output),
    }
}

fn children(element: ElementRef<'_>, depth: usize, output: &mut String) {
    for child in element.children() {
        if let Some(text) = child.value().as_text() {
            output.push_str(&folded(text));
        } else if let Some(element) = ElementRef::wrap(child) {
            show(element, depth + 1, output);
        }
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
        assert!(safe.contains("&lt;b&gt;go&lt;/b&gt;") && safe.contains("&amp;lt;script&amp;gt;"), "{safe}");
    }

    #[test]
    fn depth_is_bounded() {
        assert!(sanitized_html(&("<div>".repeat(300) + "x")).into_string().len() < 2_000);
        let begun = std::time::Instant::now();
        assert!(
            sanitized_html(&("<div>".repeat(50_000) + "x")).into_string().contains("&lt;div&gt;"),
            "shown as it came"
        );
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
