//! The values of one trial, by placeholder name, and filling them into templates.

use serde_json::Value;

use crate::scenario::{Filter, Placeholder, Segment, Template, Text, ValueType};

/// All values of one trial, in the order in which they came up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values {
    list: Vec<Bound>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The placeholder's name: `sid`, `alice.user_id`.
    pub name: String,
    /// Its type, if it has one.
    pub value_type: Option<ValueType>,
    /// The value.
    pub value: Value,
}

/// A placeholder has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing has bound `<{name}>`")]
pub struct Unbound {
    /// The placeholder's name.
    pub name: String,
    /// Its type, if it has one.
    pub value_type: Option<ValueType>,
}

impl Values {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        // The newest first: `started` and `now` are set anew.
        self.list.iter().rev().find(|bound| bound.name == name).map(|bound| &bound.value)
    }

    /// Adds a value, or replaces it.
    pub fn set(&mut self, name: &str, value_type: Option<ValueType>, value: Value) {
        match self.list.iter_mut().find(|bound| bound.name == name) {
            Some(bound) => bound.value = value,
            None => self.list.push(Bound { name: name.to_owned(), value_type, value }),
        }
    }

    /// All values, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Bound> {
        self.list.iter()
    }

    /// The value of a placeholder, filters applied.
    ///
    /// # Errors
    ///
    /// [`Unbound`] if nothing has bound it.
    pub fn of(&self, placeholder: &Placeholder) -> Result<Value, Unbound> {
        let value = self
            .get(&placeholder.name)
            .ok_or_else(|| Unbound { name: placeholder.name.clone(), value_type: placeholder.value_type })?;
        if placeholder.filters.is_empty() {
            return Ok(value.clone());
        }
        Ok(Value::String(filtered(&placeholder.filters, plain(value))))
    }

    /// Fills in a text.
    ///
    /// # Errors
    ///
    /// [`Unbound`] for the first placeholder that has no value.
    pub fn fill_text(&self, text: &Text) -> Result<String, Unbound> {
        self.fill_text_with(text, |_, value| value)
    }

    /// Fills in a text; each placeholder's value goes through `encode` first.
    ///
    /// # Errors
    ///
    /// [`Unbound`] for the first placeholder that has no value.
    pub fn fill_text_with(
        &self,
        text: &Text,
        encode: impl Fn(&Placeholder, String) -> String,
    ) -> Result<String, Unbound> {
        let mut filled = String::new();
        for segment in &text.segments {
            match segment {
                Segment::Literal(literal) => filled.push_str(literal),
                Segment::Placeholder(placeholder) => {
                    filled.push_str(&encode(placeholder, plain(&self.of(placeholder)?)))
                }
            }
        }
        Ok(filled)
    }

    /// Fills in a template. A text that is one placeholder alone becomes that value, whatever its kind.
    ///
    /// # Errors
    ///
    /// [`Unbound`] for the first placeholder that has no value.
    pub fn fill(&self, template: &Template) -> Result<Value, Unbound> {
        Ok(match template {
            Template::Null => Value::Null,
            Template::Bool(flag) => Value::Bool(*flag),
            Template::Int(number) => Value::from(*number),
            Template::Float(number) => Value::from(*number),
            Template::Text(text) => match text.as_placeholder() {
                Some(placeholder) => self.of(placeholder)?,
                None => Value::String(self.fill_text(text)?),
            },
            Template::List(items) => {
                let there = items.iter().filter(|item| !self.leaves_out(item));
                Value::Array(there.map(|item| self.fill(item)).collect::<Result<_, _>>()?)
            }
            Template::Map(entries) => {
                let there = entries.iter().filter(|(_, value)| !self.leaves_out(value));
                Value::Object(there.map(|(key, value)| Ok((key.clone(), self.fill(value)?))).collect::<Result<_, _>>()?)
            }
        })
    }

    /// Whether a text is one optional placeholder without a value: then what it stands for is left out.
    pub fn lacks(&self, text: &Text) -> bool {
        text.as_placeholder().is_some_and(|one| one.optional && self.get(&one.name).is_none())
    }

    fn leaves_out(&self, template: &Template) -> bool {
        matches!(template, Template::Text(text) if self.lacks(text))
    }
}

/// A value as it stands in the middle of a text.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn filtered(filters: &[Filter], text: String) -> String {
    filters.iter().fold(text, |text, filter| filter.apply(&text))
}
