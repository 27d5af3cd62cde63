//! The links of a mail, the likeliest to be followed first.
//!
//! Takes the text parts, gives links with a score. A link is scored by what it is: where it leads, and whether it
//! carries something that looks like a secret. It is never scored by a homeserver's path, and nothing but `http` and
//! `https` is a link.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::html;
use super::text::{self, Folding};
use crate::model::{Link, LinkSource, Part};

/// How many links of a mail are kept, the likeliest.
const LINKS: usize = 100;
/// How many links of a mail are looked at.
const CANDIDATES: usize = 5000;
/// A longer URL is none that a person could follow.
const URL_BYTES: usize = 16 * 1024;
/// A shorter value keeps no secret.
const TOKEN_CHARS: usize = 16;

/// The score of a link to the homeserver's public origin.
const PUBLIC: i32 = 100;
/// The score of the first value that looks like a secret, and of each of up to two more.
const TOKENS: [i32; 3] = [40, 10, 10];
/// The score of the first parameter that is named like a secret, and of each of up to two more.
const NAMES: [i32; 3] = [20, 10, 10];
/// The score of a path segment that looks like a secret.
const SEGMENT: i32 = 25;
/// The score of what mails link to for other reasons: pictures, style sheets, the way out of a mailing list.
const FURNITURE: i32 = -80;

/// The links in the parts, the likeliest first; of equals, the one that stands first. A URL that stands in several
/// parts is listed once for each, all with the same score and one after the other.
pub(super) fn find(parts: &[Part], public_origins: &[Url]) -> Vec<Link> {
    let mut room = CANDIDATES;
    let mut first_seen: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(usize, Link)> = Vec::new();
    for (part, content) in parts.iter().enumerate() {
        let candidates = candidates(content, room);
        room -= candidates.len().min(room);
        let mut in_part = HashSet::new();
        for (written, source) in candidates {
            let Some(url) = followable(&written) else {
                continue;
            };
            if !in_part.insert(url.to_string()) {
                continue;
            }
            let next = first_seen.len();
            let order = *first_seen.entry(url.to_string()).or_insert(next);
            let score = score(&url, public_origins);
            found.push((order, Link { url: written, part, source, score }));
        }
    }
    found.sort_by_key(|(order, link)| (-link.score, *order, link.part));
    found.into_iter().map(|(_, link)| link).take(LINKS).collect()
}

/// What might be a link, in the order it stands.
fn candidates(part: &Part, limit: usize) -> Vec<(String, LinkSource)> {
    let as_text = |url| (url, LinkSource::Text);
    if part.content_type != "text/html" {
        return text::urls(&part.text, Folding::Lines, limit).into_iter().map(as_text).collect();
    }
    let page = html::read(&part.text, limit);
    let written_out = text::urls(&page.text, Folding::None, limit - page.hrefs.len());
    let hrefs = page.hrefs.into_iter().map(|href| {
        // Browsers drop line ends and tabs, and white space around.
        let href: String = href.trim().chars().filter(|c| !matches!(c, '\r' | '\n' | '\t')).collect();
        (href, LinkSource::Href)
    });
    hrefs.chain(written_out.into_iter().map(as_text)).collect()
}

/// The URL, if a person could follow it.
fn followable(written: &str) -> Option<Url> {
    if written.len() > URL_BYTES {
        return None;
    }
    Url::parse(written).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn score(url: &Url, public_origins: &[Url]) -> i32 {
    let (mut tokens, mut names) = (0, 0);
    let mut count = |name: &str, value: &str| {
        tokens += usize::from(looks_secret(value) && !name.starts_with("utm_"));
        names += usize::from(!value.is_empty() && names_a_secret(name));
    };
    url.query_pairs().for_each(|(name, value)| count(&name, &value));
    // Pages that route in the browser keep their parameters behind the `#`.
    if let Some((_, query)) = url.fragment().and_then(|fragment| fragment.split_once('?')) {
        url::form_urlencoded::parse(query.as_bytes()).for_each(|(name, value)| count(&name, &value));
    }
    let mut score = TOKENS.iter().take(tokens).sum::<i32>() + NAMES.iter().take(names).sum::<i32>();
    if url.path_segments().is_some_and(|mut segments| segments.any(is_opaque)) {
        score += SEGMENT;
    }
    if public_origins.iter().any(|public| public.origin() == url.origin()) {
        score += PUBLIC;
    }
    if is_furniture(url) {
        score += FURNITURE;
    }
    score
}

/// Whether a value could be a token: long, and of the characters tokens are made of.
fn looks_secret(value: &str) -> bool {
    let is_token_char = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'=' | b'-');
    value.len() >= TOKEN_CHARS && value.bytes().all(is_token_char)
}

/// Whether a path segment could be a token: as a value, and not made of words. Paths often are.
fn is_opaque(segment: &str) -> bool {
    let has = |is: fn(&u8) -> bool| segment.bytes().any(|b| is(&b));
    let letters = has(u8::is_ascii_alphabetic);
    looks_secret(segment)
        && (letters && has(u8::is_ascii_digit) || has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "session", "secret"].iter().any(|word| name.contains(word))
        || name
            .split(['_', '-', '.'])
            .any(|word| matches!(word, "sid" | "code" | "key" | "nonce" | "otp" | "hash" | "ticket" | "sig"))
}

/// Whether this is a link that stands in mails for other reasons than to be followed now.
fn is_furniture(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let is_file = [".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".css", ".js", ".woff", ".woff2"]
        .iter()
        .any(|suffix| path.ends_with(suffix));
    let leaves = ["unsubscribe", "opt-out", "optout", "email-preferences", "list-manage"]
        .iter()
        .any(|word| path.contains(word) || url.query().is_some_and(|query| query.to_ascii_lowercase().contains(word)));
    is_file || leaves
}
