//! Holds a pattern against a value.

use regex::Regex;
use serde_json::Value;

use super::describe::{describe, shown};
use super::values::{Values, plain};
use crate::scenario::{Pattern, PatternKind, Placeholder, Segment, Span, Template, Text, ValueType};

/// One place where a value is not what the pattern says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Which part of the value: `status`, `body.flows[0].stages`.
    pub path: String,
    /// Where the scenario says so.
    pub span: Span,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub actual: String,
}

/// How many ways of pairing the elements of an array with patterns are tried.
const MAX_PAIRINGS: usize = 20_000;

/// Holds `pattern` against `actual` (`None`: nothing is there). Binds values that come up for the first time, even if
/// something else differs, so that a trial can go on. Gives what differs; nothing if all is as expected.
pub fn compare(pattern: &Pattern, actual: Option<&Value>, path: &str, values: &mut Values) -> Vec<Mismatch> {
    let mut out = Vec::new();
    Comparison { values, out: &mut out }.hold(pattern, actual, path);
    out
}

struct Comparison<'a> {
    values: &'a mut Values,
    out: &'a mut Vec<Mismatch>,
}

impl Comparison<'_> {
    fn differs(&mut self, pattern: &Pattern, actual: Option<&Value>, path: &str) {
        let expected = describe(pattern, self.values);
        self.differs_from(expected, pattern.span, actual, path);
    }

    fn differs_from(&mut self, expected: String, span: Span, actual: Option<&Value>, path: &str) {
        self.differs_as(expected, span, actual.map_or_else(|| "nothing".to_owned(), shown), path);
    }

    fn differs_as(&mut self, expected: String, span: Span, actual: String, path: &str) {
        self.out.push(Mismatch { path: path.to_owned(), span, expected, actual });
    }

    /// Whether a pattern holds; what it binds is kept only if it does.
    fn holds(&mut self, pattern: &Pattern, actual: Option<&Value>) -> bool {
        let mut tried = self.values.clone();
        let holds = compare(pattern, actual, "", &mut tried).is_empty();
        if holds {
            *self.values = tried;
        }
        holds
    }

    fn hold(&mut self, pattern: &Pattern, actual: Option<&Value>, path: &str) {
        let fits = match (&pattern.kind, actual) {
            (PatternKind::Absent, actual) => actual.is_none(),
            (PatternKind::Not(inner), actual) => {
                let mut tried = self.values.clone();
                !compare(inner, actual, "", &mut tried).is_empty()
            }
            (PatternKind::AnyOf(alternatives), actual) => {
                alternatives.iter().any(|alternative| self.holds(alternative, actual))
            }
            (PatternKind::All(parts), actual) => {
                parts.iter().for_each(|part| self.hold(part, actual, path));
                true
            }
            (_, None) => false,
            (PatternKind::Literal(expected), Some(value)) => same(expected, value),
            (PatternKind::StatusClass(class), Some(value)) => {
                value.as_u64().is_some_and(|status| status / 100 == u64::from(*class))
            }
            (PatternKind::Text(text), Some(value)) => return self.text(pattern, text, value, path),
            (PatternKind::Object { fields, exact }, Some(value)) => {
                return self.object(pattern, fields, *exact, value, path);
            }
            (PatternKind::Array { items, open: true }, Some(Value::Array(elements))) => self.pair(items, elements),
            (PatternKind::Array { items, open: false }, Some(Value::Array(elements))) => {
                if items.len() == elements.len() {
                    for (index, (item, element)) in items.iter().zip(elements).enumerate() {
                        self.hold(item, Some(element), &format!("{path}[{index}]"));
                    }
                    true
                } else {
                    false
                }
            }
            (PatternKind::InAnyOrder(items), Some(Value::Array(elements))) => {
                items.len() == elements.len() && self.pair(items, elements)
            }
            (PatternKind::Array { .. } | PatternKind::InAnyOrder(_), Some(_)) => false,
            (PatternKind::Contains(text), Some(value)) => self.contains(text, value),
            (PatternKind::Matches(expression), Some(value)) => {
                value.as_str().is_some_and(|text| expression.regex.is_match(text))
            }
            (PatternKind::AtLeast(limit), Some(value)) => {
                self.number(limit).zip(value.as_f64()).is_some_and(|(limit, value)| value >= limit)
            }
            (PatternKind::AtMost(limit), Some(value)) => {
                self.number(limit).zip(value.as_f64()).is_some_and(|(limit, value)| value <= limit)
            }
            (PatternKind::Length(inner), Some(value)) => match length(value) {
                Some(length) if !self.holds(inner, Some(&length.into())) => {
                    let actual = format!("a length of {length}: {}", shown(value));
                    return self.differs_as(describe(pattern, self.values), pattern.span, actual, path);
                }
                length => length.is_some(),
            },
            (PatternKind::Each(inner), Some(Value::Array(elements))) => {
                for (index, element) in elements.iter().enumerate() {
                    self.hold(inner, Some(element), &format!("{path}[{index}]"));
                }
                true
            }
            (PatternKind::Each(_), Some(_)) => false,
        };
        if !fits {
            self.differs(pattern, actual, path);
        }
    }

    fn object(&mut self, pattern: &Pattern, fields: &[(String, Pattern)], exact: bool, value: &Value, path: &str) {
        let Value::Object(entries) = value else {
            return self.differs(pattern, Some(value), path);
        };
        for (key, field) in fields {
            self.hold(field, entries.get(key), &joined(path, key));
        }
        if exact {
            for (key, extra) in entries.iter().filter(|(key, _)| !fields.iter().any(|(name, _)| name == *key)) {
                self.differs_from("nothing".to_owned(), pattern.span, Some(extra), &joined(path, key));
            }
        }
    }

    fn text(&mut self, pattern: &Pattern, text: &Text, value: &Value, path: &str) {
        if let Some(placeholder) = text.as_placeholder() {
            return self.placeholder(pattern, placeholder, value, path);
        }
        let fits = value.as_str().is_some_and(|actual| match self.values.fill_text(text) {
            Ok(expected) => expected == actual,
            Err(_) => self.capture(text, actual),
        });
        if !fits {
            self.differs(pattern, Some(value), path);
        }
    }

    /// A placeholder alone: the same value again, or a new one of the right shape.
    fn placeholder(&mut self, pattern: &Pattern, placeholder: &Placeholder, value: &Value, path: &str) {
        let fits = match self.values.of(placeholder) {
            Ok(expected) => same(&expected, value),
            Err(_) => {
                let value_type = placeholder.value_type.unwrap_or_else(ValueType::any);
                let fits = value_type.accepts(value);
                if fits && placeholder.binds() && placeholder.filters.is_empty() {
                    self.values.set(&placeholder.name, Some(value_type), value.clone());
                }
                fits
            }
        };
        if !fits {
            let mut expected = describe(pattern, self.values);
            if let (Err(_), Some(value_type)) = (self.values.of(placeholder), placeholder.value_type) {
                expected = format!("{expected} ({})", value_type.facts().about);
            }
            self.differs_from(expected, pattern.span, Some(value), path);
        }
    }

    /// Text with placeholders that nothing has bound: each takes what its grammar lets it take.
    fn capture(&mut self, text: &Text, actual: &str) -> bool {
        let mut expression = String::from("^");
        let mut captured: Vec<&Placeholder> = Vec::new();
        for segment in &text.segments {
            match segment {
                Segment::Literal(literal) => expression.push_str(&regex::escape(literal)),
                Segment::Placeholder(placeholder) => match self.values.of(placeholder) {
                    Ok(value) => expression.push_str(&regex::escape(&plain(&value))),
                    Err(_) => {
                        let value_type = placeholder.value_type.unwrap_or_else(ValueType::any);
                        expression.push_str(&format!("({})", value_type.grammar()));
                        captured.push(placeholder);
                    }
                },
            }
        }
        expression.push('$');
        let Ok(regex) = Regex::new(&expression) else {
            return false;
        };
        let Some(captures) = regex.captures(actual) else {
            return false;
        };
        for (index, placeholder) in captured.into_iter().enumerate() {
            if let (Some(found), true) = (captures.get(index + 1), placeholder.binds()) {
                self.values.set(&placeholder.name, placeholder.value_type, Value::from(found.as_str()));
            }
        }
        true
    }

    fn contains(&self, text: &Text, value: &Value) -> bool {
        let Ok(wanted) = self.values.fill_text(text) else {
            return false;
        };
        match value {
            Value::String(actual) => actual.contains(&wanted),
            Value::Array(elements) => elements.iter().any(|element| plain(element) == wanted),
            _ => false,
        }
    }

    fn number(&self, template: &Template) -> Option<f64> {
        self.values.fill(template).ok()?.as_f64()
    }

    /// Finds a different element for each pattern; what they bind together is kept.
    fn pair(&mut self, items: &[Pattern], elements: &[Value]) -> bool {
        let mut used = vec![false; elements.len()];
        let mut tries = 0;
        pair_from(items, elements, &mut used, self.values, &mut tries)
    }
}

fn pair_from(items: &[Pattern], elements: &[Value], used: &mut [bool], values: &mut Values, tries: &mut usize) -> bool {
    let Some((first, rest)) = items.split_first() else {
        return true;
    };
    for (index, element) in elements.iter().enumerate() {
        if used[index] || *tries >= MAX_PAIRINGS {
            continue;
        }
        *tries += 1;
        let mut tried = values.clone();
        if compare(first, Some(element), "", &mut tried).is_empty() {
            used[index] = true;
            if pair_from(rest, elements, used, &mut tried, tries) {
                *values = tried;
                return true;
            }
            used[index] = false;
        }
    }
    false
}

/// Equal as JSON: 1 and 1.0 are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() != b.is_f64() => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(elements) => Some(elements.len()),
        Value::Object(entries) => Some(entries.len()),
        _ => None,
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::pattern_for_test as pattern;

    /// Compares and gives the paths that differ.
    fn paths(yaml: &str, actual: Value, values: &mut Values) -> Vec<String> {
        compare(&pattern(yaml), Some(&actual), "", values).into_iter().map(|mismatch| mismatch.path).collect()
    }

    #[test]
    fn objects_are_partial_unless_exact() {
        let values = &mut Values::default();
        assert!(paths("{a: 1}", json!({"a": 1, "b": 2}), values).is_empty());
        assert_eq!(paths("{$exact: {a: 1}}", json!({"a": 1, "b": 2}), values), ["b"]);
        assert_eq!(paths("{a: {b: [1, 2]}}", json!({"a": {"b": [1, 3]}}), values), ["a.b[1]"]);
        assert_eq!(paths("{a: 1}", json!([1]), values), [""]);
        assert_eq!(paths("{a: null}", json!({}), values), ["a"]);
    }

    #[test]
    fn a_placeholder_binds_and_then_demands() {
        let values = &mut Values::default();
        assert!(paths("{sid: <sid>}", json!({"sid": "abc"}), values).is_empty());
        assert_eq!(values.get("sid"), Some(&json!("abc")));
        assert_eq!(paths("{again: <sid>}", json!({"again": "abd"}), values), ["again"]);
        assert!(paths("{again: <sid>}", json!({"again": "abc"}), values).is_empty());
        assert_eq!(paths("{x: '<other: sid>'}", json!({"x": "a b"}), values), ["x"]);
        assert_eq!(values.get("other"), None);
        assert!(paths("<any>", json!(null), values).is_empty());
        assert!(paths("[<string>, <string>]", json!(["a", "b"]), values).is_empty());
    }

    #[test]
    fn a_value_is_bound_even_if_something_else_differs() {
        let values = &mut Values::default();
        assert_eq!(paths("{status: 200, sid: <sid>}", json!({"status": 500, "sid": "abc"}), values), ["status"]);
        assert_eq!(values.get("sid"), Some(&json!("abc")));
    }

    #[test]
    fn open_arrays_find_their_elements_in_any_order() {
        let values = &mut Values::default();
        assert!(paths("[2, '...', 1]", json!([1, 5, 2]), values).is_empty());
        assert_eq!(paths("[2, 2, '...']", json!([1, 5, 2]), values), [""]);
        assert!(
            paths("{$in_any_order: [<any>, 1]}", json!([1, 2]), values).is_empty(),
            "the first pattern must leave 1 to the second"
        );
        assert_eq!(paths("{$in_any_order: [1]}", json!([1, 2]), values), [""]);
        assert_eq!(paths("[1, 2]", json!([2, 1]), values), ["[0]", "[1]"]);
    }

    #[test]
    fn operators() {
        let values = &mut Values::default();
        values.set("from", None, json!(5));
        for (yaml, yes, no) in [
            ("{$any_of: [1, {a: 2}]}", json!({"a": 2}), json!(2)),
            ("{$not: 1}", json!(2), json!(1)),
            ("{$contains: bc}", json!("abcd"), json!("acd")),
            ("{$contains: b}", json!(["a", "b"]), json!(["a"])),
            ("{$matches: '^a+$'}", json!("aa"), json!("ab")),
            ("{$at_least: <from>}", json!(5), json!(4)),
            ("{$at_least: 1, $at_most: 2}", json!(1.5), json!(3)),
            ("{$length: 2}", json!("é!"), json!("a")),
            ("{$length: {$at_most: 1}}", json!([]), json!([1, 2])),
            ("{$each: <integer>}", json!([1, 2]), json!([1, "a"])),
            ("{a: {$absent: true}}", json!({}), json!({"a": null})),
            ("'x-<from>-<one: sid>'", json!("x-5-q"), json!("x-6-q")),
        ] {
            assert!(paths(yaml, yes.clone(), &mut values.clone()).is_empty(), "{yaml} should take {yes}");
            assert!(!paths(yaml, no.clone(), &mut values.clone()).is_empty(), "{yaml} should not take {no}");
        }
    }

    #[test]
    fn a_length_that_differs_is_told() {
        let pattern = crate::scenario::pattern_for_test("{$length: {$at_most: 1}}");
        let differs = compare(&pattern, Some(&json!(["a", "b"])), "", &mut Values::default());
        assert_eq!(differs[0].actual, "a length of 2: [\"a\",\"b\"]");
        assert_eq!(differs[0].expected, "a length of at most 1");
        let differs = compare(&pattern, Some(&json!(7)), "", &mut Values::default());
        assert_eq!(differs[0].actual, "7");
    }

    #[test]
    fn numbers_are_equal_by_value_and_exact() {
        assert!(same(&json!(1), &json!(1.0)));
        assert!(!same(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)));
    }
}
