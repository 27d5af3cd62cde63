//! Links written out in plain text, as a mail program would recognise them.
//!
//! Takes a text, gives the URLs that stand in it, in order, as they are written except that folded lines are rejoined.
//! It never decides which of them matters.

/// A line shorter than this was not folded by a machine.
const FOLD_COLUMN: usize = 70;
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

/// The URLs in a text, at most `limit`.
pub(super) fn urls(text: &str, folding: Folding, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut done = 0;
    for (colon, _) in text.match_indices("://") {
        if found.len() >= limit {
            break;
        }
        let Some(start) = scheme_start(text, colon).filter(|start| *start >= done) else {
            continue;
        };
        let (url, end) = bracketed(text, start).unwrap_or_else(|| bare(text, start, colon + 3, folding));
        done = end;
        if url.len() > "https://".len() {
            found.push(url);
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
fn bracketed(text: &str, start: usize) -> Option<(String, usize)> {
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
    Some((url, start + inner.len()))
}

/// A URL without brackets: it ends where a character cannot be part of it, and gives back trailing punctuation.
fn bare(text: &str, start: usize, after_scheme: usize, folding: Folding) -> (String, usize) {
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
    if folding == Folding::Lines {
        let mut line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        while let Some((from, to)) = continuation(text, &url, line_start, end) {
            url.push_str(&text[from..to]);
            (line_start, end) = (from, to);
        }
    }
    let kept = trim(&url).len();
    url.truncate(kept);
    (url, end)
}

/// The next line, if it is the rest of a URL that was cut at the end of a long line.
fn continuation(text: &str, url: &str, line_start: usize, end: usize) -> Option<(usize, usize)> {
    let rest = &text[end..];
    let newline = if rest.starts_with("\r\n") { 2 } else { 1 };
    let is_cut = rest.starts_with(['\r', '\n'])
        && text[line_start..end].chars().count() >= FOLD_COLUMN
        && !url.ends_with([',', ';', ':', '!', ')', ']', '\'', '"']);
    if !is_cut {
        return None;
    }
    let from = end + newline;
    let line = text.get(from..)?.split(['\r', '\n']).next().unwrap_or_default();
    let starts_anew =
        ["http:", "https:"].iter().any(|s| line.get(..s.len()).is_some_and(|l| l.eq_ignore_ascii_case(s)));
    let all_url = !line.is_empty() && line.chars().all(|c| is_url_char(c, false));
    (all_url && !starts_anew && looks_cut(line, url.contains('?'))).then_some((from, from + line.len()))
}

/// Whether a line without white space looks like the rest of a URL rather than like a word of its own.
fn looks_cut(line: &str, in_query: bool) -> bool {
    let is_mark = |c| matches!(c, '=' | '&' | '%' | '?' | '#' | '_') || c == '/' && !in_query;
    let mixed_case = line.as_bytes().windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    line.chars().any(|c| c.is_ascii_alphanumeric())
        && (mixed_case || line.chars().any(|c| c.is_ascii_digit() || is_mark(c)))
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
    let mut url = url;
    loop {
        let shorter = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*']);
        let shorter = match shorter.chars().next_back() {
            Some(')') if is_unopened(shorter, '(', ')') => &shorter[..shorter.len() - 1],
            Some(']') if is_unopened(shorter, '[', ']') => &shorter[..shorter.len() - 1],
            _ => shorter,
        };
        if shorter.len() == url.len() {
            return url;
        }
        url = shorter;
    }
}

fn is_unopened(url: &str, open: char, close: char) -> bool {
    url.matches(close).count() > url.matches(open).count()
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
