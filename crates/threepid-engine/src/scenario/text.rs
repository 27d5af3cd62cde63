//! Text with placeholders.
//!
//! Takes one string of a scenario; gives its segments: literal text and placeholders.
//!
//! ```text
//! <sid>                    the value called sid, of the type sid
//! <other: sid>             the value called other, of the type sid
//! <alice.user_id>          what is known of the actor alice
//! <email | upper>          the value, changed by a filter
//! <256 * a>                the letter a, 256 times
//! <session?>               the value, or nothing where it has not come up: the key is left out
//! <<                       a literal <
//! ```
//!
//! It knows the grammar only; which names exist is for `flow` to say.

use super::filter::Filter;
use super::types::ValueType;

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Segment {
    /// As it stands.
    Literal(String),
    /// A value.
    Placeholder(Placeholder),
}

/// A value that stands in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Placeholder {
    /// The value's name: `sid`, `other`, `alice.user_id`.
    pub name: String,
    /// Its type, if it is given or follows from the name.
    pub value_type: Option<ValueType>,
    /// Whether the type was written out.
    pub typed: bool,
    /// Whether what it stands for is left out where it has no value.
    pub optional: bool,
    /// The changes to make to it, in order.
    pub filters: Vec<Filter>,
}

impl Placeholder {
    /// What is known of actors: `<alice.user_id>`.
    pub const ACTOR_FACTS: &[&str] = &["user_id", "localpart", "password", "access_token", "device_id"];

    /// The actor and the fact, if it is one of an actor.
    pub fn of_actor(&self) -> Option<(&str, &str)> {
        self.name.split_once('.')
    }

    /// Whether meeting it in an answer remembers the value.
    pub fn binds(&self) -> bool {
        self.typed || self.value_type.is_none_or(|value_type| value_type.facts().binds)
    }

    /// As it is written in a scenario.
    pub fn written(&self) -> String {
        let mut text = format!("<{}{}", self.name, if self.optional { "?" } else { "" });
        if let (true, Some(value_type)) = (self.typed, self.value_type) {
            text.push_str(&format!(": {}", value_type.facts().name));
        }
        for filter in &self.filters {
            text.push_str(&format!(" | {filter}"));
        }
        text.push('>');
        text
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextFault {
    /// The part of the text that is wrong, for finding its place.
    pub(super) part: String,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// A word to find the nearest of `names` for.
    pub(super) nearest: Option<(String, Vec<&'static str>)>,
}

/// How often a text may be repeated by `<N * text>`, in characters.
const MAX_REPEATED: usize = 1_000_000;

/// Splits a text into its segments.
pub(super) fn parse(text: &str) -> Result<Vec<Segment>, Box<TextFault>> {
    let mut segments = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        literal.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("<<") {
            literal.push('<');
            rest = after;
            continue;
        }
        let Some(end) = rest.find('>') else {
            return Err(Box::new(TextFault {
                part: rest.chars().take(20).collect(),
                code: "placeholder",
                message: "`<` begins a placeholder, and no `>` ends it".into(),
                help: Some("write `<<` for a literal `<`".into()),
                nearest: None,
            }));
        };
        let inner = &rest[1..end];
        match repeated(inner) {
            Some(Ok(text)) => literal.push_str(&text),
            Some(Err(fault)) => return Err(fault),
            None => {
                if !literal.is_empty() {
                    segments.push(Segment::Literal(std::mem::take(&mut literal)));
                }
                segments.push(Segment::Placeholder(placeholder(inner)?));
            }
        }
        rest = &rest[end + 1..];
    }
    literal.push_str(rest);
    if !literal.is_empty() || segments.is_empty() {
        segments.push(Segment::Literal(literal));
    }
    Ok(segments)
}

/// `256 * a`.
fn repeated(inner: &str) -> Option<Result<String, Box<TextFault>>> {
    let (count, text) = inner.split_once('*')?;
    let count: usize = count.trim().parse().ok()?;
    let text = text.trim_start();
    if count.saturating_mul(text.len().max(1)) > MAX_REPEATED {
        return Some(Err(Box::new(TextFault {
            part: format!("<{inner}>"),
            code: "placeholder",
            message: format!("a repeated text has at most {MAX_REPEATED} bytes"),
            help: None,
            nearest: None,
        })));
    }
    Some(Ok(text.repeat(count)))
}

fn placeholder(inner: &str) -> Result<Placeholder, Box<TextFault>> {
    let fault = |message: String, help: &str| {
        Box::new(TextFault {
            part: format!("<{inner}>"),
            code: "placeholder",
            message,
            help: Some(help.to_owned()),
            nearest: None,
        })
    };
    let mut pieces = inner.split('|');
    let head = pieces.next().unwrap_or_default().trim();
    let (name, type_name) = match head.split_once(':') {
        Some((name, type_name)) => (name.trim(), Some(type_name.trim())),
        None => (head, None),
    };
    let (name, optional) = match name.strip_suffix('?') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let named_well = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.' | '~'))
            && name.matches('.').count() <= 1
            && !name.ends_with('.')
    };
    if !named_well(name) {
        return Err(fault(
            format!("invalid placeholder `<{inner}>`: a name has lower-case letters, digits and `_`"),
            "write `<<` for a literal `<`",
        ));
    }
    let value_type = match type_name {
        None => ValueType::named(name),
        Some(type_name) => Some(ValueType::named(type_name).ok_or_else(|| {
            Box::new(TextFault {
                part: format!("<{inner}>"),
                code: "unknown-type",
                message: format!("unknown type `{type_name}`"),
                help: None,
                nearest: Some((type_name.to_owned(), super::types::TYPES.iter().map(|facts| facts.name).collect())),
            })
        })?),
    };
    let mut filters = Vec::new();
    for filter in pieces {
        filters.push(Filter::parse(filter.trim()).ok_or_else(|| {
            Box::new(TextFault {
                part: format!("<{inner}>"),
                code: "unknown-filter",
                message: format!("unknown filter `{}`", filter.trim()),
                help: None,
                nearest: Some((filter.trim().to_owned(), Filter::NAMES.iter().map(|(name, _)| *name).collect())),
            })
        })?);
    }
    Ok(Placeholder { name: name.to_owned(), value_type, typed: type_name.is_some(), optional, filters })
}

/// The text as it would be written in a scenario.
pub(super) fn written(segments: &[Segment]) -> String {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => text.replace('<', "<<"),
            Segment::Placeholder(placeholder) => placeholder.written(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Placeholder {
        match parse(text).unwrap().as_slice() {
            [Segment::Placeholder(placeholder)] => placeholder.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_placeholder_has_name_type_and_filters() {
        let sid = only("<sid>");
        assert_eq!((sid.name.as_str(), sid.value_type, sid.typed), ("sid", ValueType::named("sid"), false));
        let other = only("<other: sid | altered | upper>");
        assert_eq!((other.name.as_str(), other.typed, other.filters.len()), ("other", true, 2));
        assert_eq!(only("<alice.user_id>").of_actor(), Some(("alice", "user_id")));
    }

    #[test]
    fn literals_and_repetition() {
        assert_eq!(parse("a << b").unwrap(), [Segment::Literal("a < b".into())]);
        assert_eq!(parse("<3 * ab>c").unwrap(), [Segment::Literal("abababc".into())]);
        assert_eq!(parse("").unwrap(), [Segment::Literal(String::new())]);
        assert_eq!(parse("x <sid> y").unwrap().len(), 3);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["a << b <sid>", "<other: sid | altered>", "<alice.password>é%00", "<session?>", "<other?: sid>"] {
            assert_eq!(written(&parse(text).unwrap()), text);
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(parse("<script>").unwrap()[0], Segment::Placeholder(only("<script>")));
        assert!(parse("<Sid>").unwrap_err().help.unwrap().contains("<<"));
        assert!(parse("a < b").unwrap_err().message.contains("no `>`"));
        assert_eq!(parse("<x: sidd>").unwrap_err().code, "unknown-type");
        assert_eq!(parse("<x | uper>").unwrap_err().code, "unknown-filter");
        assert!(parse("<9999999999 * a>").is_err());
    }
}
