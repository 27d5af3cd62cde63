//! Placeholders in profiles, and the merging of a variant's settings over the base.
//!
//! Takes JSON values and named [`Values`]; gives JSON values without placeholders. A text that is one placeholder and
//! nothing else takes the value's own type, so that `"{{smtp_port}}"` becomes a number. It knows no file format.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::{ProfileError, nearest};

/// What placeholders stand for, by name.
pub type Values = BTreeMap<String, Value>;

/// Replaces the placeholders in a text. `place` says where the text stands, for messages.
pub(super) fn render_text(text: &str, values: &Values, place: &str) -> Result<String, ProfileError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            return Err(ProfileError::Unclosed { place: place.to_owned(), text: text.to_owned() });
        };
        match lookup(name, values, place)? {
            Value::String(text) => out.push_str(text),
            other => out.push_str(&other.to_string()),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Replaces the placeholders in all texts of a value.
pub(super) fn render_value(value: &Value, values: &Values, place: &str) -> Result<Value, ProfileError> {
    Ok(match value {
        Value::String(text) => match sole_placeholder(text) {
            Some(name) => lookup(name, values, place)?.clone(),
            None => Value::String(render_text(text, values, place)?),
        },
        Value::Array(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| render_value(item, values, &format!("{place}[{index}]")))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(table) => Value::Object(
            table
                .iter()
                .map(|(key, item)| Ok((key.clone(), render_value(item, values, &format!("{place}.{key}"))?)))
                .collect::<Result<_, ProfileError>>()?,
        ),
        other => other.clone(),
    })
}

fn sole_placeholder(text: &str) -> Option<&str> {
    let name = text.strip_prefix("{{")?.strip_suffix("}}")?;
    (!name.contains("{{") && !name.contains("}}")).then_some(name)
}

fn lookup<'a>(name: &str, values: &'a Values, place: &str) -> Result<&'a Value, ProfileError> {
    let name = name.trim();
    values.get(name).ok_or_else(|| ProfileError::Placeholder {
        place: place.to_owned(),
        name: name.to_owned(),
        known: values.keys().cloned().collect(),
        nearest: nearest(name, values.keys().map(String::as_str)),
    })
}

/// Merges `over` into `base`: tables key by key, everything else replaced.
pub(super) fn merge(base: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => merge(below, above),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Removes the key at a dotted path. Says whether it was there: a path that is not is a mistake in a profile.
pub(super) fn unset(table: &mut Map<String, Value>, path: &str) -> bool {
    match path.split_once('.') {
        None => table.shift_remove(path).is_some(),
        Some((first, rest)) => match table.get_mut(first) {
            Some(Value::Object(inner)) => unset(inner, rest),
            _ => false,
        },
    }
}
