//! Links written out in plain text, as a mail program would recognise them.
//!
//! Takes a text, gives the URLs that stand in it, in order, as they are written except that folded lines are rejoined.
//! It never decides which of them matters.

/// A line shorter than this was not folded by a machine.
const FOLD_COLUMN: usize = 70;
/// A URL that was joined from lines is not made longer than this.
const URL_BYTES: usize = 16 * 1024;
/// How far the end of a bracketed URL is searched, in bytes.
const BRACKET_BYTES: usize = 4096;

/// Whether a URL that ends with its line may go on in the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folding {
    /// Lines are as the mailer wrote them: a long one may be cut.
    Lines,
    /// Lines come from markup and mean nothing.
    None,
}

/// A URL that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The whole of it.
    pub(super) url: String,
    /// Whether a line end stands within it, without the brackets that would say that it goes on behind it.
    pub(super) broken: bool,
}

/// The URLs in a text, at most `limit`.
pub(super) fn urls(text: &str, folding: Folding, limit: usize) -> Vec<Written> {
    let mut found = Vec::new();
    let mut done = 0;
    for (colon, _) in text.match_indices("://") {
        if found.len() >= limit {
            break;
        }
        let Some(start) = scheme_start(text, colon).filter(|start| *start >= done) else {
            continue;
        };
        let (written, end) = bracketed(text, start).unwrap_or_else(|| bare(text, start, colon + 3, folding));
        done = end;
        if written.url.len() > "https://".len() {
            found.push(written);
        }
    }
    found
}

/// Where `http` or `https` starts that ends at `colon`, if nothing that belongs to a word stands before it.
fn scheme_start(text: &str, colon: usize) -> Option<usize> {
    let start = ["https", "http"].iter().find_map(|scheme| {
        let start = colon.checked_sub(scheme.len())?;
        text.get(start..colon)?.eq_ignore_ascii_case(scheme).then_some(start)
    })?;
    let before = text[..start].chars().next_back();
    (!before.is_some_and(char::is_alphanumeric)).then_some(start)
}

/// A URL in angle brackets: it ends at the closing one, and line ends within are not part of it (RFC 3986, C).
fn bracketed(text: &str, start: usize) -> Option<(Written, usize)> {
    let before = &text[..start];
    if !before.ends_with('<') && !before.ends_with("<URL:") {
        return None;
    }
    let window = &text[start..text.floor_char_boundary(start + BRACKET_BYTES)];
    let inner = &window[..window.find('>')?];
    let mut url = String::with_capacity(inner.len());
    for (at, piece) in inner.split(['\r', '\n']).enumerate() {
        // White space beside a line end was put there with it; any other means that this is no URL.
        let piece = if at == 0 { piece.trim_end() } else { piece.trim() };
        if !piece.chars().all(|c| is_url_char(c, true)) {
            return None;
        }
        url.push_str(piece);
    }
    Some((Written { url, broken: false }, start + inner.len()))
}

/// A URL without brackets: it ends where a character cannot be part of it, and gives back trailing punctuation.
fn bare(text: &str, start: usize, after_scheme: usize, folding: Folding) -> (Written, usize) {
    let mut end = after_scheme;
    let mut in_host = true;
    for c in text[after_scheme..].chars() {
        in_host &= !matches!(c, '/' | '?' | '#');
        if !is_url_char(c, in_host) {
            break;
        }
        end += c.len_utf8();
    }
    let mut url = text[start..end].to_owned();
    let mut broken = false;
    if folding == Folding::Lines {
        while let Some((from, to)) = continuation(text, &url, end) {
            url.push_str(&text[from..to]);
            end = to;
            broken = true;
        }
    }
    let kept = trim(&url).len();
    url.truncate(kept);
    (Written { url, broken }, end)
}

/// The next line, if it is the rest of a URL that was cut at the end of a long line, at `end`.
fn continuation(text: &str, url: &str, end: usize) -> Option<(usize, usize)> {
    let (line, rest) = text.split_at(end);
    let newline = ["\r\n", "\n", "\r"].iter().find(|ending| rest.starts_with(**ending))?;
    if url.len() > URL_BYTES || url.ends_with([',', ';', ':', '!', ')', ']', '\'', '"']) {
        return None;
    }
    // A machine folds long lines only; looking back further than that would take long in a text of one line.
    let width = line.chars().rev().take_while(|c| !matches!(c, '\r' | '\n')).take(FOLD_COLUMN).count();
    if width < FOLD_COLUMN {
        return None;
    }
    let from = end + newline.len();
    let next = text[from..].split(['\r', '\n']).next().unwrap_or_default();
    let starts = |scheme: &str| next.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme));
    let all_url = next.chars().all(|c| is_url_char(c, false));
    (all_url && !starts("http:") && !starts("https:") && looks_cut(next, url.contains('?')))
        .then_some((from, from + next.len()))
}

/// Whether a line without white space looks like the rest of a URL rather than like a word of its own.
fn looks_cut(line: &str, in_query: bool) -> bool {
    let is_mark = |c| matches!(c, '=' | '&' | '%' | '?' | '#' | '_') || c == '/' && !in_query;
    let letters = || line.chars().filter(char::is_ascii_alphabetic);
    // A word is written in small letters, in capitals, or with a capital first.
    let is_word = letters().skip(1).all(|c| c.is_ascii_lowercase()) || letters().all(|c| c.is_ascii_uppercase());
    line.chars().any(|c| c.is_ascii_alphanumeric())
        && (!is_word || line.chars().any(|c| c.is_ascii_digit() || is_mark(c)))
}

/// What mail programs take as part of a URL; letters beyond ASCII only in the host.
fn is_url_char(c: char, in_host: bool) -> bool {
    match c {
        '<' | '>' | '"' | '`' | '{' | '}' | '|' | '\\' | '^' => false,
        c if c.is_ascii() => c.is_ascii_graphic(),
        c => in_host && c.is_alphanumeric(),
    }
}

/// Without the punctuation of the sentence around it, and without a bracket that was opened before the URL.
fn trim(url: &str) -> &str {
    let count = |wanted: char| url.chars().filter(|c| *c == wanted).count();
    // How many closing brackets have no opening one.
    let mut round = count(')').saturating_sub(count('('));
    let mut square = count(']').saturating_sub(count('['));
    url.trim_end_matches(|c| {
        let unopened = match c {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' => return true,
            ')' => &mut round,
            ']' => &mut square,
            _ => return false,
        };
        let surplus = *unopened > 0;
        *unopened = unopened.saturating_sub(1);
        surplus
    })
}

/// Undoes `format=flowed` (RFC 3676): a line that ends with a space goes on in the next one.
pub(super) fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let ending = &line[content.len()..];
        // A space that was put before a line so that it means nothing special.
        let content = content.strip_prefix(' ').unwrap_or(content);
        let flows = content.ends_with(' ') && content != "-- " && !content.starts_with('>');
        match content.strip_suffix(' ') {
            Some(shorter) if flows && delete_space => out.push_str(shorter),
            _ => out.push_str(content),
        }
        if !flows {
            out.push_str(ending);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        urls(text, Folding::Lines, 100).into_iter().map(|written| written.url).collect()
    }

    #[test]
    fn urls_end_where_the_sentence_goes_on() {
        for (text, expected) in [
            ("see https://x.test/a?b=c.", "https://x.test/a?b=c"),
            ("see https://x.test/a?b=c, or", "https://x.test/a?b=c"),
            ("(https://x.test/a)", "https://x.test/a"),
            ("(see https://x.test/a_(b)).", "https://x.test/a_(b)"),
            ("[https://x.test/a]!", "https://x.test/a"),
            ("'https://x.test/a'", "https://x.test/a"),
            ("**https://x.test/a**", "https://x.test/a"),
            ("\"https://x.test/a\"", "https://x.test/a"),
            ("HTTPS://X.test/a ", "HTTPS://X.test/a"),
            ("https://x.test/a=_-~", "https://x.test/a=_-~"),
            ("https://exämple.test/aをクリック", "https://exämple.test/a"),
            ("http://x.test:8008/?a=%20&b=[1]\tc", "http://x.test:8008/?a=%20&b=[1]"),
            ("https://[::1]:8448/a", "https://[::1]:8448/a"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_url_is_none() {
        for text in ["xhttps://x.test", "ftp://x.test", "https:/x.test", "https:// x.test", "://", "http://", ""] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn several_urls_come_in_order() {
        assert_eq!(
            found("https://a.test\nhttps://b.test https://c.test"),
            ["https://a.test", "https://b.test", "https://c.test"]
        );
        assert_eq!(urls(&"https://a.test ".repeat(9), Folding::Lines, 3).len(), 3);
        // A URL within a URL is part of it.
        assert_eq!(found("https://a.test/?next=https://b.test"), ["https://a.test/?next=https://b.test"]);
    }

    #[test]
    fn brackets_keep_a_url_together() {
        assert_eq!(found("<https://x.test/a.>"), ["https://x.test/a."]);
        assert_eq!(found("<URL:https://x.test/a\r\n  b?c=d\r\ne>"), ["https://x.test/ab?c=de"]);
        assert_eq!(found("<https://x.test/a b>"), ["https://x.test/a"]);
        assert_eq!(found("<https://x.test/a"), ["https://x.test/a"]);
    }

    #[test]
    fn a_url_cut_at_a_long_line_is_rejoined() {
        let url = format!("https://hs.test/verify?token={}&client_secret=abcDEF123&sid=xyzXYZ9", "a1".repeat(30));
        for column in 70..url.len() - 2 {
            for ending in ["\n", "\r\n"] {
                let (head, tail) = url.split_at(column);
                let text = format!("Open{ending}{head}{ending}{tail}{ending}{ending}Thanks{ending}");
                assert_eq!(found(&text), [url.as_str()], "cut at {column}");
            }
        }
    }

    #[test]
    fn a_url_cut_twice_is_rejoined() {
        let lines = [format!("https://hs.test/?token={}", "b2".repeat(27)), "c3".repeat(38), "d4".repeat(10)];
        assert_eq!(urls(&lines.join("\n"), Folding::Lines, 9), [Written { url: lines.concat(), broken: true }]);
        // A bracket says where it ends, so nothing is broken.
        assert!(!urls(&format!("<{}>", lines.join("\n")), Folding::Lines, 9)[0].broken);
    }

    #[test]
    fn a_line_of_its_own_is_not_part_of_the_url_before() {
        let url = format!("https://hs.test/verify?token={}", "a1".repeat(30));
        for next in [
            "Thanks",
            "Thanks,",
            "welcome",
            "THANKS!",
            "--------",
            "________",
            "========",
            "",
            "If you did not ask for this, do nothing.",
            "https://other.test/?token=1",
        ] {
            assert_eq!(found(&format!("{url}\n{next}\n"))[0], url, "{next}");
        }
        // A short line was not cut by a machine.
        assert_eq!(found("https://hs.test/verify?token=a1\nb2c3\n"), ["https://hs.test/verify?token=a1"]);
    }

    #[test]
    fn markup_lines_are_not_rejoined() {
        let url = format!("https://hs.test/verify?token={}", "a1".repeat(30));
        let written = urls(&format!("{url}\nb2c3"), Folding::None, 9);
        assert_eq!(written, [Written { url, broken: false }]);
    }

    #[test]
    fn flowed_lines_are_joined() {
        assert_eq!(unflow("a \r\nb\r\n  c\r\n-- \r\nd\r\n", false), "a b\r\n c\r\n-- \r\nd\r\n");
        assert_eq!(unflow("https://x.test/?a= \nb\n", true), "https://x.test/?a=b\n");
    }

    #[test]
    fn time_grows_with_the_text_only() {
        // Each of these took minutes while it was looked at again for each of its characters.
        for text in [
            "https://a.test ".repeat(30_000),
            format!("https://a.test/{}", ")".repeat(400_000)),
            format!("https://a.test/?{}\n", "a1".repeat(36)) + &format!("{}\n", "a1".repeat(36)).repeat(6000),
            "<https://a.test/".repeat(30_000),
            "://".repeat(150_000),
        ] {
            let before = std::time::Instant::now();
            urls(&text, Folding::Lines, usize::MAX);
            assert!(before.elapsed().as_secs() < 10, "{}…", &text[..40]);
        }
    }
}
