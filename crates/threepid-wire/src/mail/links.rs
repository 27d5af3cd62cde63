//! The links of a mail, the likeliest to be followed first.
//!
//! Takes the text parts, gives links with a score. A link is scored by what it is: where it leads, and whether it
//! carries something that looks like a secret. It is never scored by a homeserver's path nor by the words beside it, and
//! nothing but `http` and `https` is a link.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::html;
use super::text::Written;
use super::text::{self, Folding};
use threepid_record::model::{Carrier, Link, LinkSource, Part};

/// How many links of a mail are kept, the likeliest.
const LINKS: usize = 100;
/// How many links of a mail are looked at.
const CANDIDATES: usize = 5000;
/// A longer URL is none that a person could follow.
const URL_BYTES: usize = 16 * 1024;
/// A shorter value keeps no secret.
const TOKEN_CHARS: usize = 16;

/// The score of a link to the homeserver's public origin.
const PUBLIC: i32 = Link::ON_TARGET;
/// The score of the first value that looks like a secret, and of each of up to two more.
const TOKENS: [i32; 3] = [40, 10, 10];
/// The score of the first parameter that is named like a secret, and of each of up to two more.
const NAMES: [i32; 3] = [20, 10, 10];
/// The score of a path segment that looks like a secret.
const SEGMENT: i32 = 25;
/// The score of a link that carries anything at all: of two that are equal otherwise, a page's own address loses.
const CARRIES: i32 = 5;
/// The score of what mails link to for other reasons: pictures, style sheets, the way out of a mailing list.
const FURNITURE: i32 = -80;

/// The links in the parts, the likeliest first; of equals, the one that stands first. A URL that stands in several
/// parts is listed once for each, all with the same score and one after the other. And whether one was left out at a limit.
pub(super) fn find(parts: &[Part], public_origins: &[Url]) -> (Vec<Link>, bool) {
    let mut room = CANDIDATES;
    let mut cut = false;
    let mut first_seen: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(usize, Link)> = Vec::new();
    for (part, content) in parts.iter().enumerate() {
        let candidates = candidates(content, room);
        cut |= candidates.len() >= room;
        room -= candidates.len().min(room);
        let mut in_part = HashSet::new();
        for (Written { url: written, broken }, source) in candidates {
            cut |= written.len() > URL_BYTES;
            let Some(url) = followable(&written) else {
                continue;
            };
            if !in_part.insert(url.to_string()) {
                continue;
            }
            let next = first_seen.len();
            let order = *first_seen.entry(url.to_string()).or_insert(next);
            let score = score(&url, public_origins);
            let carries = carrier(&url);
            found.push((order, Link { url: written, part, source, score, carries, broken }));
        }
    }
    found.sort_by_key(|(order, link)| (-link.score, *order, link.part));
    (found.into_iter().map(|(_, link)| link).take(LINKS).collect(), cut)
}

/// What might be a link, in the order it stands.
fn candidates(part: &Part, limit: usize) -> Vec<(Written, LinkSource)> {
    let as_text = |written| (written, LinkSource::Text);
    if part.content_type != "text/html" {
        return text::urls(&part.text, Folding::Lines, limit).into_iter().map(as_text).collect();
    }
    let page = html::read(&part.text, limit);
    let written_out = text::urls(&page.text, Folding::None, limit - page.hrefs.len());
    let hrefs = page.hrefs.into_iter().map(|href| {
        // Browsers drop line ends and tabs, and white space around.
        let url = href.trim().chars().filter(|c| !matches!(c, '\r' | '\n' | '\t')).collect();
        (Written { url, broken: false }, LinkSource::Href)
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
        // A query that is one value has it in place of a name.
        let value = if value.is_empty() { name } else { value };
        tokens += usize::from(looks_secret(value) && !name.starts_with("utm_"));
        names += usize::from(value != name && names_a_secret(name));
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
    if carrier(url).is_some() {
        score += CARRIES;
    }
    if is_furniture(url) {
        score += FURNITURE;
    }
    score
}

/// Where a link carries what could be its proof. It may be short: `?k=A45B8F64`.
fn carrier(url: &Url) -> Option<Carrier> {
    if url.query_pairs().any(|(name, value)| is_proof(&name, &value)) {
        return Some(Carrier::Query);
    }
    if url.path_segments().is_some_and(|mut segments| segments.any(is_key)) {
        return Some(Carrier::Path);
    }
    // Behind the `#` may stand a route with parameters of its own, or the token alone.
    let fragment = url.fragment()?;
    let query = fragment.split_once('?').map_or(fragment, |(_, query)| query);
    let in_query = url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| is_proof(&name, &value));
    (in_query || fragment.split('/').any(is_key)).then_some(Carrier::Fragment)
}

/// Whether a parameter could be a proof, or part of one. One without a name is written as a name without a value.
fn is_proof(name: &str, value: &str) -> bool {
    match value {
        _ if name.starts_with("utm_") => false,
        "" => is_key(name),
        _ => {
            names_a_secret(name) || looks_secret(value) || value.len() >= 4 && value.bytes().any(|b| b.is_ascii_digit())
        }
    }
}

/// Whether a segment of a path could be a key: with digits, and longer than a version or `3pid`.
fn is_key(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    is_opaque(segment) || segment.len() >= 6 && digits >= 2 && !segment.contains('.')
}

/// Whether this could be the link that proves that somebody reads the mailbox. Mails link to other pages too.
pub(super) fn is_proof_link(link: &Link) -> bool {
    let leads_on = || Url::parse(&link.url).is_ok_and(|url| !is_furniture(&url));
    link.carries.is_some() && link.score >= TOKENS[0] && leads_on()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn part(content_type: &str, text: &str) -> Part {
        Part {
            content_type: content_type.into(),
            charset: String::new(),
            transfer_encoding: "7bit".into(),
            text: text.into(),
            alternative: None,
        }
    }

    fn links(parts: &[Part]) -> Vec<Link> {
        find(parts, &["https://hs.test".parse().unwrap(), "http://127.0.0.1:8008/".parse().unwrap()]).0
    }

    fn first(text: &str) -> String {
        links(&[part("text/plain", text)]).first().map(|link| link.url.clone()).unwrap_or_default()
    }

    /// Real mails link to their logo, their home page and the way out; the link to follow comes somewhere between.
    fn crowd(link: &str) -> String {
        format!(
            "https://hs.test/\nhttps://hs.test/static/logo-0123456789abcdefABCDEF.png\n\
             https://element.test/welcome?utm_campaign=email-verification-2026\n{link}\n\
             https://hs.test/unsubscribe?token=abcdefghijklmnopqrstuvwxyz\nhttps://matrix.test/docs/guides\n"
        )
    }

    #[test]
    fn the_link_with_the_secret_wins_whatever_its_path() {
        for link in [
            "https://hs.test/_matrix/client/unstable/add_threepid/email/submit_token?token=TGhpcyBpcyBhIHRva2Vu&client_secret=monkeys_are_GREAT&sid=abcdefGHIJKLMNOP",
            "https://hs.test/_continuwuity/3pid/email/validate?session=qWeRtYuIoPaSdFgH&token=ZxCvBnMaSdFgHjKl",
            "https://hs.test/v/0123456789abcdefABCDEF0123456789",
            "https://hs.test/#/verify?token=0123456789abcdefABCDEF",
            "https://hs.test/verify?code=123456",
            "http://127.0.0.1:8008/x?y=0123456789abcdef",
            "https://hs.test/ucp.php?mode=activate&u=260463&k=A45B8F64",
            "https://hs.test/email-verification?eyJ0eXAiOiJKV1QifQ.dG9rZW49VE9LRU4mc2lkPVNJRA.c2ln",
            "https://hs.test/verify_email/8a1f6f2e-0d3b-4a55-9f0e-5d2c7b1e9a10",
            "https://hs.test/v/482913",
        ] {
            assert_eq!(first(&crowd(link)), link);
        }
    }

    #[test]
    fn it_is_told_where_a_link_carries_its_proof() {
        let carries = |text: &str| links(&[part("text/plain", text)])[0].carries;
        for (link, expected) in [
            ("https://hs.test/v?token=x", Some(Carrier::Query)),
            ("https://hs.test/v?eyJ0eXAiOiJKV1QifQ.dG9rZW49VE9LRU4.c2ln", Some(Carrier::Query)),
            ("https://hs.test/verify_email/8a1f6f2e-0d3b-4a55-9f0e-5d2c7b1e9a10", Some(Carrier::Path)),
            ("https://hs.test/#/verify?token=tokEN0123456789abcdef", Some(Carrier::Fragment)),
            ("https://hs.test/v#tokEN0123456789abcdef", Some(Carrier::Fragment)),
            ("https://hs.test/v#token=x", Some(Carrier::Fragment)),
            ("https://hs.test/", None),
            ("https://hs.test/_matrix/client/v3/help#section-2", None),
            ("https://hs.test/settings?tab=account", None),
            ("https://hs.test/welcome?utm_campaign=2026", None),
        ] {
            assert_eq!(carries(link), expected, "{link}");
        }
    }

    #[test]
    fn the_public_origin_is_likelier_than_any_other() {
        let (ours, theirs) =
            ("https://hs.test/a?t=0123456789abcdef", "https://evil.test/a?token=0123456789abcdef&sid=0123456789abcdef");
        assert_eq!(first(&format!("{theirs}\n{ours}\n")), ours);
        // Another port is another origin.
        let other_port = "https://hs.test:8448/a?t=0123456789abcdef";
        assert_eq!(first(&format!("{other_port}\n{ours}\n")), ours);
    }

    #[test]
    fn of_equals_the_first_wins() {
        assert_eq!(first("https://hs.test/b\nhttps://hs.test/a\n"), "https://hs.test/b");
    }

    #[test]
    fn only_http_is_a_link() {
        let html = "<a href='javascript:alert(1)'>a</a><a href='mailto:a@hs.test'>b</a><a href='data:text/html,x'>c</a>\
                    <a href='/relative?token=0123456789abcdef'>d</a><a href='matrix:u/a:hs.test'>e</a><a href=''>f</a>\
                    <a href='https://'>g</a><a href=' HTTPS://hs.test/\n ok '>h</a>";
        let urls: Vec<_> = links(&[part("text/html", html)]).into_iter().map(|link| link.url).collect();
        assert_eq!(urls, ["HTTPS://hs.test/ ok"]);
    }

    #[test]
    fn the_same_url_is_listed_once_for_each_part() {
        let url = "https://hs.test/v?token=0123456789abcdef&sid=1";
        let text = part("text/plain", &format!("{url}\n<{url}>\n"));
        let html = part("text/html", &format!("<p>{url}</p><a href='{}'>{url}</a>", url.replace('&', "&amp;")));
        let found = links(&[text, html]);
        let summary: Vec<_> = found.iter().map(|link| (link.url.as_str(), link.part, link.source)).collect();
        assert_eq!(summary, [(url, 0, LinkSource::Text), (url, 1, LinkSource::Href)]);
        assert_eq!(found[0].score, found[1].score);
    }

    #[test]
    fn text_beside_anchors_is_read_too() {
        let html = "<p>Open https://hs.test/v?token=0123456789abcdef<br>or <a href='https://hs.test/'>here</a>";
        let found = links(&[part("text/html", html)]);
        assert_eq!(
            (found[0].url.as_str(), found[0].source),
            ("https://hs.test/v?token=0123456789abcdef", LinkSource::Text)
        );
    }

    #[test]
    fn the_number_of_links_is_bounded_and_the_best_is_kept() {
        let mut text: String = (0..2000).map(|i| format!("https://x.test/{i}\n")).collect();
        text.push_str("https://hs.test/v?token=0123456789abcdef\n");
        let found = links(&[part("text/plain", &text)]);
        assert_eq!(found.len(), LINKS);
        assert_eq!(found[0].url, "https://hs.test/v?token=0123456789abcdef");
    }

    #[test]
    fn html_made_to_hurt_is_read_in_reasonable_time() {
        for html in [
            "<div>".repeat(100_000),
            "<a href='https://hs.test/'>".repeat(20_000),
            format!("<a {}>", (0..80_000).map(|i| format!("a{i} ")).collect::<String>()),
            "<b><i><p>".repeat(50_000),
            "&#".repeat(250_000),
            "<!--".repeat(120_000),
            format!("<a href='https://hs.test/{}'>", "%".repeat(500_000)),
        ] {
            let before = std::time::Instant::now();
            links(&[part("text/html", &html)]);
            assert!(before.elapsed().as_secs() < 10, "{}… took {:?}", &html[..20], before.elapsed());
        }
    }
}
