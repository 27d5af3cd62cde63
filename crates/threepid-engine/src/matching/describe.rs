//! Patterns and values in words, for findings.

use serde_json::Value;

use super::values::Values;
use crate::scenario::{Pattern, PatternKind, Placeholder, Text};

/// How much of a value is shown, in characters.
const MAX_SHOWN: usize = 2_000;

/// A value as compact JSON, shortened if it is long.
pub fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{} … ({} bytes in all)", &text[..end], text.len()),
        None => text,
    }
}

/// A pattern in the notation of scenarios, with the values of its placeholders where they are known.
pub fn describe(pattern: &Pattern, values: &Values) -> String {
    let list = |items: &[Pattern]| items.iter().map(|item| describe(item, values)).collect::<Vec<_>>();
    match &pattern.kind {
        PatternKind::Literal(value) => value.to_string(),
        PatternKind::Text(text) => described_text(text, values),
        PatternKind::StatusClass(class) => format!("{class}xx"),
        PatternKind::Object { fields, exact } => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), describe(value, values)))
                .collect();
            let more = if *exact {
                ""
            } else if fields.is_empty() {
                "…"
            } else {
                ", …"
            };
            format!("{{{}{more}}}", fields.join(", "))
        }
        PatternKind::Array { items, open } => {
            let mut items = list(items);
            if *open {
                items.push("…".to_owned());
            }
            format!("[{}]", items.join(", "))
        }
        PatternKind::AnyOf(items) => list(items).join(" or "),
        PatternKind::All(items) => list(items).join(" and "),
        PatternKind::Not(inner) => format!("anything but {}", describe(inner, values)),
        PatternKind::Absent => "nothing".to_owned(),
        PatternKind::Contains(text) => {
            format!("something that contains {}", described_text(text, values))
        }
        PatternKind::Matches(expression) => format!("text that matches /{}/", expression.written),
        PatternKind::AtLeast(template) => format!("at least {}", filled(template, values)),
        PatternKind::AtMost(template) => format!("at most {}", filled(template, values)),
        PatternKind::Length(inner) => format!("a length of {}", describe(inner, values)),
        PatternKind::Each(inner) => format!("only elements like {}", describe(inner, values)),
        PatternKind::InAnyOrder(items) => format!("[{}] in any order", list(items).join(", ")),
    }
}

fn filled(template: &crate::scenario::Template, values: &Values) -> String {
    values.fill(template).map_or_else(|unbound| format!("<{}>", unbound.name), |value| value.to_string())
}

fn described_text(text: &Text, values: &Values) -> String {
    if let Some(placeholder) = text.as_placeholder() {
        return match values.of(placeholder) {
            Ok(value) => format!("{} {}", name_of(placeholder), shown(&value)),
            Err(_) => name_of(placeholder),
        };
    }
    match text.as_literal() {
        Some(literal) => Value::from(literal).to_string(),
        None => Value::from(values.fill_text(text).unwrap_or_else(|_| text.written())).to_string(),
    }
}

/// `<sid>`, without what expanding fragments added to the name.
fn name_of(placeholder: &Placeholder) -> String {
    let mut name = placeholder.clone();
    if let Some((short, _)) = placeholder.name.split_once('~') {
        name.name = short.to_owned();
    }
    if name.value_type.is_some_and(|value_type| value_type.facts().name == name.name) {
        name.typed = false;
    }
    name.written()
}
