//! The tree of a file that has nothing but mappings, lists, texts and numbers, as nearly all have.
//!
//! Takes the text; gives its tree, or nothing if there is more in it: a fault, a tag, an anchor, a second document, or more than
//! any scenario has. Then the whole library reads it. It is there because the library's parser alone takes a third of the
//! time. It never says what is wrong.

use granit_parser::{Event, Parser, ScalarStyle, Span as Place, StrInput};

use crate::scenario::node::{Key, Node, Span, Value};

/// How deeply values may nest here, and how many there may be: less than the library is told.
const MOST_DEPTH: usize = 32;
const MOST_NODES: usize = 10_000;
/// So many digits are a number without a look at how large it is.
const SURE_DIGITS: usize = 18;

/// The tree. `number` gives what a text without quotation marks is that may be a number.
pub(super) fn tree(file: usize, source: &str, number: &dyn Fn(&str) -> Option<Value>) -> Option<Node> {
    let mut reading = Reading { file, source, events: Parser::new_from_str(source), number, left: MOST_NODES };
    let (Event::StreamStart, _) = reading.next()? else { return None };
    let (Event::DocumentStart(_, None), _) = reading.next()? else { return None };
    let (event, place) = reading.next()?;
    let node = reading.node(event, &place, 0)?;
    let (Event::DocumentEnd, _) = reading.next()? else { return None };
    let (Event::StreamEnd, _) = reading.next()? else { return None };
    Some(node)
}

struct Reading<'s> {
    file: usize,
    source: &'s str,
    events: Parser<'s, StrInput<'s>>,
    number: &'s dyn Fn(&str) -> Option<Value>,
    /// How many more nodes there may be.
    left: usize,
}

impl<'s> Reading<'s> {
    fn next(&mut self) -> Option<(Event<'s>, Place)> {
        self.events.next()?.ok()
    }

    fn node(&mut self, event: Event<'s>, place: &Place, depth: usize) -> Option<Node> {
        let mut span = self.span(place)?;
        if depth > MOST_DEPTH {
            return None;
        }
        let value = match event {
            Event::Scalar(text, ScalarStyle::Plain, 0, None) => self.plain(&text)?,
            Event::Scalar(text, _, 0, None) => Value::Text(text.into()),
            Event::SequenceStart(_, 0, None) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, place) => items.push(self.node(event, &place, depth + 1)?),
                    }
                }
                Value::List(items.into())
            }
            Event::MappingStart(_, 0, None) => {
                let mut entries = Vec::new();
                loop {
                    let (name, place) = match self.next()? {
                        (Event::MappingEnd, _) => break,
                        // As a key the one is refused, and the other is an order to the library.
                        (Event::Scalar(name, ScalarStyle::Plain, 0, None), _)
                            if name.is_empty()
                                || ["~", "null", "<<"].iter().any(|word| name.eq_ignore_ascii_case(word)) =>
                        {
                            return None;
                        }
                        (Event::Scalar(name, _, 0, None), place) => (name, place),
                        _ => return None,
                    };
                    let key = Key { span: self.span(&place)?, name: name.into() };
                    let (event, place) = self.next()?;
                    entries.push((key, self.node(event, &place, depth + 1)?));
                }
                Value::Map(entries.into())
            }
            _ => return None,
        };
        if matches!(value, Value::List(_) | Value::Map(_)) {
            span.len = span.len.min(1);
        }
        Some(Node { span, value })
    }

    /// Where something stands, which is counted.
    fn span(&mut self, place: &Place) -> Option<Span> {
        self.left = self.left.checked_sub(1)?;
        let start = place.start.byte_offset()?.min(self.source.len());
        let len = place.end.byte_offset()?.saturating_sub(start).min(self.source.len() - start);
        Some(Span { file: self.file, start, len })
    }

    fn plain(&self, text: &str) -> Option<Value> {
        Some(match text {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
                let sure =
                    text.len() <= SURE_DIGITS && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
                match text.parse() {
                    Ok(number) if sure => Value::Int(number),
                    _ => (self.number)(text)?,
                }
            }
            _ if ["null", "inf", "nan", "infinity"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
                (self.number)(text)?
            }
            _ => Value::Text(text.into()),
        })
    }
}
