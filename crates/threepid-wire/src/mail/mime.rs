//! MIME: the headers and the text parts of a message.
//!
//! Takes the bytes of a message, gives its headers (unfolded, decoded) and its text and HTML parts (decoded) in order.
//! Attachments and attached messages are no parts of the text. It walks without recursion and stops at its limits, so
//! that a message made to hurt costs no more than a large one; it never fails, and says when it left something out.

use std::sync::LazyLock;

use mail_parser::{ContentType, HeaderName, HeaderValue, MessageParser};

use super::text::unflow;
use super::transfer;
use threepid_record::model::{Alternative, Headers, Part};

/// How much of a header block is read.
const HEAD_BYTES: usize = 256 * 1024;
/// How many headers are kept.
const HEADERS: usize = 500;
/// How many entities (parts, multiparts) of a message are looked at.
const ENTITIES: usize = 200;
/// How deep multiparts may stand in each other.
const DEPTH: usize = 20;

static AS_TEXT: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new().default_header_text().header_text(
        // Without one named header the parser takes its own idea of every header's structure.
        HeaderName::Subject,
    )
});
static AS_MIME: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().with_mime_headers().default_header_ignore());

/// The headers, names in lower case.
pub(super) fn headers(raw: &[u8]) -> Headers {
    parse_head(&AS_TEXT, head_of(raw), |name, value| {
        let value = value.as_text().unwrap_or_default().trim().to_owned();
        Some((name.as_str().to_lowercase(), value))
    })
}

/// The subject, or nothing.
pub(super) fn subject(raw: &[u8]) -> String {
    headers(raw).into_iter().find(|(name, _)| name == "subject").map(|(_, value)| value).unwrap_or_default()
}

/// Hands each header of a block to `take`, the first [`HEADERS`] of those it keeps.
fn parse_head<T>(
    parser: &MessageParser,
    head: &[u8],
    mut take: impl FnMut(&HeaderName<'_>, &HeaderValue<'_>) -> Option<T>,
) -> Vec<T> {
    // The parser drops a last header that no line end follows.
    let block = [&head[..head.len().min(HEAD_BYTES)], b"\r\n\r\n"].concat();
    let Some(message) = parser.parse_headers(&block) else {
        return Vec::new();
    };
    let Some(part) = message.parts.first() else {
        return Vec::new();
    };
    part.headers.iter().filter_map(|header| take(&header.name, &header.value)).take(HEADERS).collect()
}

/// What a message says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Texts {
    /// The text and HTML parts in the order they stand.
    pub(super) parts: Vec<Part>,
    /// Whether text was left out at a limit.
    pub(super) cut: bool,
}

/// The text and HTML parts. Of one part at most `part_bytes` are kept, of all four times as many.
pub(super) fn texts(raw: &[u8], part_bytes: usize) -> Texts {
    let mut found = Texts::default();
    let mut room = part_bytes.saturating_mul(4);
    let mut seen = 0;
    let mut groups = 0;
    let mut todo = vec![Entity { bytes: raw, depth: 0, in_digest: false, alternative: None }];
    while let Some(entity) = todo.pop() {
        seen += 1;
        if seen > ENTITIES || room == 0 {
            found.cut = true;
            break;
        }
        let (head, mut body) = (head_of(entity.bytes), body_of(entity.bytes));
        let kind = Kind::of(head, entity.in_digest);
        found.cut |= kind.is_multipart() && entity.depth >= DEPTH;
        if kind.is_multipart() && entity.depth < DEPTH {
            let children = split(body, &kind.boundary, ENTITIES);
            if !children.is_empty() {
                let in_digest = kind.content_type == "multipart/digest";
                let depth = entity.depth + 1;
                let group = (kind.content_type == "multipart/alternative").then_some(groups);
                groups += usize::from(group.is_some());
                let child = |(branch, bytes)| {
                    let alternative = group.map(|group| Alternative { group, branch }).or(entity.alternative);
                    Entity { bytes, depth, in_digest, alternative }
                };
                todo.extend(children.into_iter().enumerate().map(child).rev());
                continue;
            }
        }
        if entity.depth == 0 && !kind.declared && !starts_with_header(entity.bytes) {
            // No headers at all: whoever sent this meant all of it to be read.
            body = entity.bytes;
        }
        if let Some((part, cut)) = kind.read(body, room.min(part_bytes)) {
            room -= part.text.len().min(room);
            found.cut |= cut;
            found.parts.push(Part { alternative: entity.alternative, ..part });
        }
    }
    found
}

struct Entity<'a> {
    bytes: &'a [u8],
    depth: usize,
    in_digest: bool,
    alternative: Option<Alternative>,
}

/// What an entity's headers say about it.
#[derive(Debug, Default)]
struct Kind {
    /// Whether a header says anything about the content.
    declared: bool,
    content_type: String,
    charset: String,
    boundary: String,
    encoding: String,
    flowed: bool,
    delete_space: bool,
    attachment: bool,
}

impl Kind {
    fn of(head: &[u8], in_digest: bool) -> Self {
        let default = if in_digest { "message/rfc822" } else { "text/plain" };
        let mut kind = Self { content_type: default.into(), encoding: "7bit".into(), ..Self::default() };
        parse_head(&AS_MIME, head, |name, value| {
            match (name, value) {
                (HeaderName::ContentType, HeaderValue::ContentType(content_type)) => {
                    kind.set_type(content_type);
                    kind.declared = true;
                }
                (HeaderName::ContentDisposition, HeaderValue::ContentType(disposition)) => {
                    kind.attachment = disposition.ctype().eq_ignore_ascii_case("attachment");
                }
                (HeaderName::ContentTransferEncoding, HeaderValue::Text(encoding)) => {
                    kind.encoding = encoding.trim().to_lowercase();
                    kind.declared = true;
                }
                _ => {}
            }
            None::<()>
        });
        kind
    }

    fn set_type(&mut self, content_type: &ContentType<'_>) {
        let attribute = |name| content_type.attribute(name).unwrap_or_default();
        self.content_type = match (content_type.ctype(), content_type.subtype()) {
            // RFC 2045: a type that is malformed is read as plain text.
            (_, None) => "text/plain".into(),
            (main, Some(sub)) => format!("{main}/{sub}").to_lowercase(),
        };
        self.charset = attribute("charset").trim().to_lowercase();
        self.boundary = attribute("boundary").trim_end().to_owned();
        self.flowed = attribute("format").eq_ignore_ascii_case("flowed");
        self.delete_space = attribute("delsp").eq_ignore_ascii_case("yes");
    }

    fn is_multipart(&self) -> bool {
        self.content_type.starts_with("multipart/") && !self.boundary.is_empty()
    }

    /// The part, if it is one that a person would read, and whether some of it was left out.
    fn read(self, body: &[u8], limit: usize) -> Option<(Part, bool)> {
        let content_type = match self.content_type.as_str() {
            "text/plain" | "text/html" => self.content_type,
            // A multipart whose parts cannot be found is shown as it is.
            other if other.starts_with("multipart/") => "text/plain".into(),
            _ => return None,
        };
        if self.attachment {
            return None;
        }
        // The worst encoding writes three bytes for one, and a line end now and then.
        let looked_at = body.len().min(limit.saturating_mul(4));
        let mut cut = looked_at < body.len();
        let body = &body[..looked_at];
        let mut text = transfer::text(&self.charset, &transfer::decode(&self.encoding, body));
        if self.flowed && content_type == "text/plain" {
            text = unflow(&text, self.delete_space);
        }
        cut |= text.len() > limit;
        text.truncate(text.floor_char_boundary(limit));
        let (charset, transfer_encoding) = (self.charset, self.encoding);
        Some((Part { content_type, charset, transfer_encoding, text, alternative: None }, cut))
    }
}

/// Whether the first line could be a header: a name without white space, and a colon.
fn starts_with_header(entity: &[u8]) -> bool {
    let name = entity.split(|b| *b == b':').next().unwrap_or_default();
    name.len() < entity.len() && !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

/// The header block, its last line end included.
fn head_of(entity: &[u8]) -> &[u8] {
    &entity[..separator(entity).0]
}

fn body_of(entity: &[u8]) -> &[u8] {
    &entity[separator(entity).1..]
}

/// Where the headers end and where the body starts: around the first empty line.
fn separator(entity: &[u8]) -> (usize, usize) {
    let mut at = 0;
    for line in entity.split_inclusive(|b| *b == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            return (at, at + line.len());
        }
        at += line.len();
    }
    (entity.len(), entity.len())
}

/// The parts between a multipart's boundaries, at most `limit`. A missing last boundary ends with the message.
fn split<'a>(body: &'a [u8], boundary: &str, limit: usize) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in body.split_inclusive(|b| *b == b'\n') {
        if let Some(last) = delimiter(line, boundary.as_bytes()) {
            if let Some(start) = start {
                parts.push(without_line_end(&body[start..at]));
            }
            start = (!last).then_some(at + line.len());
            if last || parts.len() >= limit {
                return parts;
            }
        }
        at += line.len();
    }
    if let Some(start) = start {
        parts.push(&body[start..]);
    }
    parts
}

/// Whether a line is the boundary, and if so, whether it is the last.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (last, rest) = match rest.strip_prefix(b"--") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    rest.iter().all(u8::is_ascii_whitespace).then_some(last)
}

/// The line end before a boundary belongs to the boundary.
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

#[cfg(test)]
mod tests;
