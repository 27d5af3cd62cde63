//! Reads YAML text into [`Node`]s. The one file that knows the YAML library.
//!
//! Takes the text of one file and its index; gives its tree, or what is wrong with it. It has limits on depth, size
//! and aliases, so that no file can exhaust memory. It never looks at what the keys mean.

mod plain;

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use super::diagnostic::Diagnostic;
use super::node::{Key, Node, Span, Value};

/// How deeply values may nest.
const MAX_DEPTH: usize = 48;
/// How many values one file may have, aliases expanded.
const MAX_NODES: usize = 20_000;
/// How large one file may be, in bytes.
const MAX_FILE_BYTES: usize = 256 * 1024;

/// Reads one document.
///
/// # Errors
///
/// A diagnostic for text that is no YAML, holds several documents, repeats its anchors without end, is too large or
/// nests too deeply. YAML readers stop at the first such fault, so there is only one.
pub(super) fn read(file: usize, source: &str) -> Result<Node, Box<Diagnostic>> {
    if source.len() > MAX_FILE_BYTES {
        return Err(Box::new(
            Diagnostic::new(
                Span { file, start: 0, len: 0 },
                "too-large",
                format!("the file has {} bytes; at most {MAX_FILE_BYTES} are read", source.len()),
            )
            .label("the whole file")
            .help("one scenario tests one behaviour; split it"),
        ));
    }
    if let Some(node) = plain::tree(file, source, &scalar) {
        return Ok(node);
    }
    whole(file, source)
}

/// What a text without quotation marks is.
fn scalar(text: &str) -> Option<Value> {
    // In a list, because `---` by itself is where a document begins.
    let list: Vec<Raw> = serde_saphyr::from_str_with_options(&format!("- {text}\n"), options()).ok()?;
    let [item] = <[Raw; 1]>::try_from(list).ok()?;
    Some(match item {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Int(value) => Value::Int(value),
        Raw::Float(value) => Value::Float(value),
        Raw::Text(text) => Value::Text(text.into()),
        Raw::List(_) | Raw::Map(_) => return None,
    })
}

fn options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::Options::default();
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    options.strict_booleans = true;
    options.with_snippet = false;
    if let Some(budget) = options.budget.as_mut() {
        budget.max_depth = MAX_DEPTH;
        budget.max_nodes = MAX_NODES;
        budget.max_documents = 1;
        budget.max_total_scalar_bytes = MAX_FILE_BYTES * 4;
    }
    options
}

/// Reads whatever the library can.
fn whole(file: usize, source: &str) -> Result<Node, Box<Diagnostic>> {
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(source, options()).map_err(|error| {
        let (start, len) = error.location().map_or((0, 0), |at| range(source, &at));
        let (message, help) = explained(&error);
        Box::new(Diagnostic::new(Span { file, start, len }, "yaml", message).label("here").help(help))
    })?;
    Ok(settle(file, source, raw))
}

/// What is wrong, and what to do.
fn explained(error: &serde_saphyr::Error) -> (String, &'static str) {
    let mut inner = error.without_snippet();
    while let serde_saphyr::Error::AliasError { error, .. } = inner {
        inner = error;
    }
    match inner {
        serde_saphyr::Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            (format!("values nest more than {MAX_DEPTH} deep here"), "no scenario needs that")
        }
        serde_saphyr::Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            ("a second document begins here".to_owned(), "a file has one scenario; put this one into a file of its own")
        }
        serde_saphyr::Error::Budget { .. } => (
            format!("with its aliases this file has more than {MAX_NODES} values"),
            "one scenario tests one behaviour; use a fragment for what is repeated",
        ),
        other => (
            format!("this is not the YAML that was expected: {}", plain(other)),
            "quote text that has `: `, ` #`, or starts with `[`, `{`, `<`, `*`, `&`, `!`, `%`, `@` or `` ` ``; indent with spaces",
        ),
    }
}

/// The library's message without its own place and markup.
fn plain(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    let first = first.split(" at line ").next().unwrap_or(first);
    first.trim_start_matches("error: ").to_owned()
}

/// The library's location as a range of bytes.
fn range(source: &str, at: &serde_saphyr::Location) -> (usize, usize) {
    if let (Some(start), Some(len)) = (at.span().byte_offset(), at.span().byte_len()) {
        let start = (start as usize).min(source.len());
        return (start, (len as usize).min(source.len() - start));
    }
    let line = (at.line() as usize).saturating_sub(1);
    let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = &source[before.min(source.len())..];
    let column: usize = rest.chars().take((at.column() as usize).saturating_sub(1)).map(char::len_utf8).sum();
    ((before + column).min(source.len()), 0)
}

/// What the library gives, before places are turned into ranges.
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn settle(file: usize, source: &str, raw: Spanned<Raw>) -> Node {
    let (start, len) = range(source, &raw.referenced);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Int(value) => Value::Int(value),
        Raw::Float(value) => Value::Float(value),
        Raw::Text(text) => Value::Text(text.into()),
        Raw::List(items) => Value::List(items.into_iter().map(|item| settle(file, source, item)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let (start, len) = range(source, &key.referenced);
                    (Key { span: Span { file, start, len }, name: key.value.into() }, settle(file, source, value))
                })
                .collect(),
        ),
    };
    // A collection's own range covers only its first sign or all of its lines; its start is what a caret needs.
    let len = if matches!(value, Value::List(_) | Value::Map(_)) { len.min(1) } else { len };
    Node { span: Span { file, start, len }, value }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Raw, E> {
        i64::try_from(value).map(Raw::Int).map_err(|_| E::custom("a number beyond 9223372036854775807"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Node {
        read(0, source).unwrap()
    }

    #[test]
    fn every_value_has_its_place() {
        let source = "title: Ä b\nsteps:\n  - POST: /x\n    body: {\"a\": [1, 2.5, true, null, \"t\"]}\n";
        let node = parse(source);
        let text = |node: &Node| source[node.span.start..node.span.start + node.span.len].to_owned();
        assert_eq!(text(node.get("title").unwrap()), "Ä b");
        let Value::List(steps) = &node.get("steps").unwrap().value else { panic!("steps is a list") };
        assert_eq!(text(steps[0].get("POST").unwrap()), "/x");
        let Value::List(items) = &steps[0].get("body").unwrap().get("a").unwrap().value else { panic!("a is a list") };
        assert_eq!(
            items.iter().map(Node::kind).collect::<Vec<_>>(),
            ["a whole number", "a number", "true or false", "nothing", "text"]
        );
        assert_eq!(text(&items[1]), "2.5");
    }

    /// Both ways to read give the same tree with the same places.
    #[test]
    fn what_is_plain_is_read_alike() {
        let alike = |source: &str| {
            let quick = plain::tree(0, source, &scalar);
            let whole = whole(0, source);
            assert!(quick.is_none() || quick.as_ref() == whole.as_ref().ok(), "{source}\n{quick:#?}\n{whole:#?}");
            quick.is_some()
        };
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
        for file in crate::scenario::Sources::folder(folder.as_ref()).unwrap().files() {
            assert!(alike(&file.text), "{} is not read quickly", file.path);
        }
        let words = "~ null NULL nUll true True TRUE tRue yes no on off y n inf .inf -.inf +.INF nan .nan .NaN NaN infinity \
                     0 -0 +0 00 007 7 -7 +7 1_000 0x1F 0o17 0b11 017 1e3 1E3 1.5 .5 5. -1.5e-3 1e999 1:30 12:30:45 2026-11-27 \
                     9223372036854775807 9223372036854775808 18446744073709551616 99999999999999999999 -9223372036854775808 \
                     500ms 2s 4xx 30d 0s 1.2.3 v1.13 - -- --- ... .. . + +x -x <x> a:b é 1é !t &a *a << = ? |";
        for word in words.split_whitespace() {
            for source in [
                word.to_owned(),
                format!("a: {word}\n"),
                format!("- {word}\n- {word} {word}\n"),
                format!("[{word}, \"{word}\", '{word}']"),
                format!("{word}: 1\n"),
                format!("{{{word}: {word}}}"),
            ] {
                alike(&source);
            }
        }
        for source in [
            "",
            " ",
            "#",
            "a:\n",
            "a: |\n  x\n  y\n",
            "a: >-\n  x\n  y\n",
            "a: x\n  y\n",
            "? [a]\n: b\n",
            "a: &x 1\nb: *x\n",
            "--- a\n...\n",
            "%YAML 1.2\n---\na: 1\n",
            "---\na: 1\n---\nb: 1\n",
            "a: 1\na: 2\n",
            "\u{feff}a: 1\n",
            "a: !!str 1\n",
            "a: b: c\n",
            "a: [\n",
            "\ta: 1\n",
            "a:\n - b\n - [c, {d: e}]\n",
            "é: ö\r\nb: \"\\u00e9\"\r\n",
            "[[[[]]]]",
            "{a: , b: {}}",
            "a: \u{1}\n",
        ] {
            alike(source);
        }
    }

    #[test]
    fn repeated_keys_are_kept_for_the_reader_to_refuse() {
        let Value::Map(entries) = parse("a: 1\na: 2\n").value else { panic!("a mapping") };
        assert_eq!(entries.len(), 2);
        assert_ne!(entries[0].0.span, entries[1].0.span);
    }

    #[test]
    fn a_broken_file_names_the_place() {
        let source = "title: x\n\tsteps: []\n";
        let fault = read(3, source).unwrap_err();
        assert_eq!(fault.span.file, 3);
        assert!(fault.span.start >= 7, "{fault:?}");
        assert!(fault.message.contains("YAML"), "{fault:?}");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut source = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            source.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", ")));
        }
        let fault = read(0, &source).unwrap_err();
        assert_eq!(fault.code, "yaml");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let source = format!("a: {}{}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(read(0, &source).unwrap_err().code, "yaml");
    }

    #[test]
    fn two_documents_are_refused() {
        assert_eq!(read(0, "a: 1\n---\nb: 2\n").unwrap_err().code, "yaml");
    }
}
