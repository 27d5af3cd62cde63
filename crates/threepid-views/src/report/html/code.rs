//! Text from a server as it may stand in a page: escaped, made visible, its secrets' markers marked, and JSON laid out.
//!
//! Everything that is put into a page as markup is made here, from text, by escaping; the rest is left to `maud`.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::super::{phrases, visible, visible_lines};

/// How much of one text is put into a page, in bytes.
const MOST_BYTES: usize = 48 * 1024;
/// How deep nested JSON is indented; deeper is on the level of this.
const MOST_INDENT: usize = 24;
/// What the markers of secrets begin with.
const MARKER: &str = "REDACTED-";

/// A text on one line.
pub(super) fn line(text: &str) -> Markup {
    let mut output = String::new();
    marked(&visible(text), &mut output);
    PreEscaped(output)
}

/// A sentence of a scenario, on one line: what stands between backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    let mut output = String::new();
    let shown = visible(text);
    let mut rest = &*shown;
    // The last of an odd number of backticks begins nothing.
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, rest)| Some((before, rest.split_once('`')?)))
    {
        marked(before, &mut output);
        output.push_str("<code>");
        marked(code, &mut output);
        output.push_str("</code>");
        rest = after;
    }
    marked(rest, &mut output);
    PreEscaped(output)
}

/// A text of several lines, cut if it is huge.
pub(super) fn block(text: &str) -> Markup {
    let text = text.replace("\r\n", "\n");
    let shown = &text[..text.floor_char_boundary(MOST_BYTES)];
    let mut output = String::new();
    marked(&visible_lines(shown), &mut output);
    html! { pre.text tabindex="0" { (PreEscaped(output)) } (left_out(text.len() - shown.len())) }
}

/// A text of several lines for the content of an element, as short as that may be: there a quotation mark is only one.
/// It must not stand in an attribute.
pub(super) fn content(text: &str) -> Markup {
    let mut output = String::new();
    let text = text[..text.floor_char_boundary(MOST_BYTES)].replace("\r\n", "\n");
    marked(&visible_lines(&text), &mut output);
    PreEscaped(output.replace("&quot;", "\"").replace("&#39;", "'"))
}

/// A body: JSON laid out and coloured, anything else (JSON that is nested without end, too) as it is.
pub(super) fn body(text: &str) -> Markup {
    if text.len() <= MOST_BYTES && serde_json::from_str::<Value>(text).is_ok() {
        return html! { pre tabindex="0" { (PreEscaped(json(text))) } };
    }
    block(text)
}

fn left_out(bytes: usize) -> Markup {
    html! {
        @if bytes > 0 { p.soft { (phrases::bytes(bytes)) " more are left out here; report.json has all." } }
    }
}

/// Escapes, and marks what stands for a secret.
fn marked(text: &str, output: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(MARKER) {
        escape(&rest[..at], output);
        let from = &rest[at..];
        let end = from.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(from.len());
        output.push_str("<mark>");
        escape(&from[..end], output);
        output.push_str("</mark>");
        rest = &from[end..];
    }
    escape(rest, output);
}

fn escape(text: &str, output: &mut String) {
    for c in text.chars() {
        match c {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '"' => output.push_str("&quot;"),
            '\'' => output.push_str("&#39;"),
            c => output.push(c),
        }
    }
}

/// Lays out a text that is known to be JSON. Values stay as they were written: no number is rounded, no escape resolved.
fn json(text: &str) -> String {
    let mut output = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut rest = text.trim();
    let line = |output: &mut String, depth: usize| {
        output.push('\n');
        output.extend(std::iter::repeat_n("  ", depth.min(MOST_INDENT)));
    };
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '{' | '[' => {
                output.push(c);
                let inner = rest[1..].trim_start();
                if inner.starts_with(['}', ']']) {
                    output.extend(inner.chars().next());
                    taken = rest.len() - inner.len() + 1;
                } else {
                    depth += 1;
                    line(&mut output, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut output, depth);
                output.push(c);
            }
            ',' => {
                output.push(c);
                line(&mut output, depth);
            }
            ':' => output.push_str(": "),
            '"' => {
                taken = string_end(rest);
                let is_key = rest[taken..].trim_start().starts_with(':');
                output.push_str(if is_key { "<span class=\"k\">" } else { "<span class=\"s\">" });
                marked(&visible(&rest[..taken]), &mut output);
                output.push_str("</span>");
            }
            c if c.is_whitespace() => {}
            _ => {
                taken = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(rest.len()).max(taken);
                let class = if c == '-' || c.is_ascii_digit() { "d" } else { "w" };
                output.push_str(&format!("<span class=\"{class}\">"));
                escape(&rest[..taken], &mut output);
                output.push_str("</span>");
            }
        }
        rest = &rest[taken..];
    }
    output
}

/// Where a string that begins the text ends, quotes included.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that a browser would show.
    fn seen(markup: &str) -> String {
        let page = scraper::Html::parse_fragment(markup);
        page.root_element().text().collect()
    }

    #[test]
    fn json_is_laid_out_and_says_the_same() {
        let text = r#"{"a":[1,-2.50e400,true,null,[],{}],"b<c":"x\"y <script>\u0000","n":12345678901234567890123}"#;
        let laid_out = json(text);
        assert!(!laid_out.contains("<script"), "{laid_out}");
        assert_eq!(
            seen(&laid_out),
            "{\n  \"a\": [\n    1,\n    -2.50e400,\n    true,\n    null,\n    [],\n    {}\n  ],\n  \"b<c\": \"x\\\"y <script>\\u0000\",\n  \"n\": 12345678901234567890123\n}"
        );
        assert!(laid_out.contains("<span class=\"k\">&quot;a&quot;</span>"), "{laid_out}");
    }

    #[test]
    fn what_only_looks_like_json_stays_as_it_is() {
        for text in ["{\"a\":", "<p>{}</p>", "", "[1,]"] {
            assert!(seen(&body(text).into_string()).contains(text), "{text}");
        }
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(seen(&body(&deep).into_string()), deep);
    }

    #[test]
    fn secrets_are_marked_and_nothing_gets_out() {
        let markup = line("a=REDACTED-sid-1&b=\u{202e}\x1b<b>").into_string();
        assert_eq!(markup, "a=<mark>REDACTED-sid-1</mark>&amp;b=\\u{202e}\\x1b&lt;b&gt;");
    }

    #[test]
    fn content_says_the_same_in_fewer_bytes() {
        let text = "{\"a\": '<b>', &quot; &#39;}\n\u{202e}REDACTED-sid-1";
        let markup = content(text).into_string();
        assert_eq!(markup, "{\"a\": '&lt;b&gt;', &amp;quot; &amp;#39;}\n\\u{202e}<mark>REDACTED-sid-1</mark>");
        assert_eq!(seen(&markup), text.replace('\u{202e}', "\\u{202e}"));
    }

    #[test]
    fn a_huge_text_is_cut() {
        let markup = block(&"é".repeat(1_000_000)).into_string();
        assert!(markup.len() < 60_000 && markup.contains("bytes more are left out here"), "{}", markup.len());
    }
}
