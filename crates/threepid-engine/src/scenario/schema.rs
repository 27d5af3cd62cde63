//! The JSON Schema of scenario files, for editors.
//!
//! Gives a schema made from the same key lists as the parser, so that the two cannot drift apart. It is wider than
//! the parser where a schema cannot say more (placeholders that nothing binds, unknown fragments).

use serde_json::{Map, Value, json};

use super::contract_keys;
use super::keys::{self, Key, Shape};
use super::pattern::OPERATORS;
use threepid_record::model::Level;

/// The schema of a scenario or fragment file.
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "threepid scenario",
        "description": "One behaviour of a Matrix homeserver's e-mail verification; or, in the folder `fragments`, steps for several of them; in `contract`, what holds of every exchange; in `specification`, what the specification documents.",
        "anyOf": [
            object(keys::SCENARIO, &[]),
            object(keys::FRAGMENT, &[]),
            rule(),
            object(contract_keys::SPECIFICATION, &[]),
        ],
        "$defs": {
            "spec": object(keys::SPEC, &[]),
            "step": step(),
            "pattern": pattern(),
            "operators": operators(),
            "status": status(),
            "duration": {"type": "string", "pattern": "^[0-9]+ ?(ms|s|m|min|h)$"},
            "version": {"type": "string", "pattern": "^(r0(\\.[0-9]+){0,2}|v[1-9][0-9]*(\\.[0-9]+){0,2})$"},
            "text": {"type": ["string", "number", "boolean"]},
            "placeholder": {
                "description": "A value of a case, an input, or a value that came up before.",
                "type": "string",
                "pattern": "^<[^<>]+>$",
            },
        },
    })
}

fn object(list: &[Key], more: &[(&str, Value)]) -> Value {
    let mut properties = Map::new();
    for key in list {
        properties.insert(key.name.to_owned(), described(shape(key.shape, list), key.about));
    }
    for (name, value) in more {
        properties.insert((*name).to_owned(), value.clone());
    }
    let required: Vec<&str> = list.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// A rule has the levels of a step, over an exchange.
fn rule() -> Value {
    object(contract_keys::RULE, &Level::ALL.map(|level| (level.word(), expectation(contract_keys::EXCHANGE, level))))
}

fn described(mut schema: Value, about: &str) -> Value {
    schema["description"] = about.into();
    schema
}

fn shape(shape: Shape, siblings: &[Key]) -> Value {
    match shape {
        Shape::Plain => json!({"type": "string", "minLength": 1}),
        Shape::Text => json!({"$ref": "#/$defs/text"}),
        Shape::Words => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Needs => {
            let needs = || keys::NEEDS.iter().map(|need| need.name);
            let all: Vec<String> =
                needs().map(str::to_owned).chain(needs().map(|need| format!("{}{need}", keys::NOT))).collect();
            json!({"type": "array", "items": {"enum": all}})
        }
        Shape::OneOf(words) => json!({"enum": words}),
        Shape::Flag => or_placeholder(json!({"type": "boolean"})),
        Shape::Count => or_placeholder(json!({"type": "integer", "minimum": 1})),
        Shape::Duration => json!({"$ref": "#/$defs/duration"}),
        Shape::Template => json!({}),
        Shape::Texts | Shape::Changes => {
            or_placeholder(json!({"type": "object", "additionalProperties": {"$ref": "#/$defs/text"}}))
        }
        Shape::Version => json!({"$ref": "#/$defs/version"}),
        Shape::Spec => json!({"$ref": "#/$defs/spec"}),
        Shape::Steps => json!({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}}),
        Shape::Cases => json!({"type": "object", "additionalProperties": {"type": "object"}}),
        Shape::Inputs => {
            json!({"type": "object", "additionalProperties": object(keys::INPUT, &[])})
        }
        Shape::Mapping(keys) => or_placeholder(object(keys, &[])),
        Shape::Requests => json!({"type": "array", "minItems": 2, "items": request()}),
        Shape::Status => json!({"$ref": "#/$defs/status"}),
        Shape::Pattern => json!({"$ref": "#/$defs/pattern"}),
        Shape::Patterns => {
            json!({"type": "object", "additionalProperties": {"$ref": "#/$defs/pattern"}})
        }
        Shape::Asked(keys) => json!({"anyOf": [
            object(keys, &[]),
            {"$ref": "#/$defs/operators"},
            {"$ref": "#/$defs/placeholder"},
        ]}),
        Shape::Exchange => {
            let known = contract_keys::EXCHANGE.iter().chain(contract_keys::ASKED);
            let list: Vec<(&str, Value)> =
                known.map(|key| (key.name, described(self::shape(key.shape, &[]), key.about))).collect();
            object(&[], &list)
        }
        Shape::Remember => object(contract_keys::REMEMBER, &[]),
        Shape::Operations => {
            json!({"type": "object", "additionalProperties": object(contract_keys::DOCUMENTED, &[])})
        }
        Shape::Answers => json!({"type": "array", "items": object(contract_keys::ANSWER, &[])}),
        Shape::Sentences => {
            json!({"type": "object", "additionalProperties": object(contract_keys::SENTENCE, &[])})
        }
        Shape::Alternatives => {
            json!({"type": "object", "minProperties": 2, "additionalProperties": object(siblings, &[])})
        }
    }
}

/// The same, or one placeholder that stands for it.
fn or_placeholder(schema: Value) -> Value {
    json!({"anyOf": [schema, {"$ref": "#/$defs/placeholder"}]})
}

/// One of several requests that are sent at once: the method and path at least.
fn request() -> Value {
    let methods = super::step::kinds().flat_map(|kind| kind.names.iter());
    let methods = methods.filter(|name| name.chars().all(|c| c.is_ascii_uppercase()));
    let one: Vec<Value> = methods.map(|name| json!({"required": [name]})).collect();
    json!({"type": "object", "anyOf": one})
}

/// A step is one of as many objects as there are words for what it does.
fn step() -> Value {
    let all = super::step::kinds().flat_map(|kind| kind.names.iter().map(move |name| (*name, kind)));
    let kinds: Vec<Value> = all
        .map(|(name, kind)| one_step(name, described(shape(kind.value, &[]), kind.about), kind.keys, kind.seen))
        .collect();
    json!({"anyOf": kinds})
}

fn one_step(action: &str, value: Value, own: &[Key], observed: Option<&[Key]>) -> Value {
    let mut more = vec![(action, value)];
    if let Some(observed) = observed {
        more.extend(Level::ALL.map(|level| (level.word(), expectation(observed, level))));
    }
    let list: Vec<(&str, Value)> = own
        .iter()
        .chain(keys::STEP)
        .map(|key| (key.name, described(shape(key.shape, &[]), key.about)))
        .chain(more)
        .collect();
    let mut schema = object(&[], &list);
    let needed = own.iter().filter(|key| key.required).map(|key| key.name);
    schema["required"] = std::iter::once(action).chain(needed).collect();
    schema
}

/// One expectation over what can be seen, or several, each with what its level rests on.
fn expectation(observed: &[Key], level: Level) -> Value {
    let mut schema = object(observed, &[]);
    let alternatives = object(observed, &[]);
    if let Some(properties) = schema["properties"].as_object_mut() {
        for key in keys::EXPECTATION {
            let value = match key.shape {
                Shape::Alternatives => {
                    json!({"type": "object", "minProperties": 2, "additionalProperties": alternatives})
                }
                other => shape(other, &[]),
            };
            properties.insert(key.name.to_owned(), described(value, key.about));
        }
    }
    let others: Map<String, Value> = keys::RESTS_ON
        .iter()
        .filter(|(its, _)| *its != level)
        .map(|(_, name)| ((*name).to_owned(), json!(false)))
        .collect();
    schema["allOf"] = json!([{"required": keys::required(level), "properties": others}]);
    json!({"anyOf": [schema, {"type": "array", "minItems": 1, "items": schema}]})
}

fn operators() -> Value {
    let operators: Map<String, Value> =
        OPERATORS.iter().map(|(name, about)| ((*name).to_owned(), described(operand(name), about))).collect();
    json!({"type": "object", "properties": operators, "additionalProperties": false, "minProperties": 1})
}

/// What an operator takes: patterns, but for those that compare texts and numbers.
fn operand(name: &str) -> Value {
    match name {
        "$absent" => json!({"type": "boolean"}),
        "$matches" => json!({"type": "string"}),
        "$at_least" | "$at_most" => json!({"type": ["number", "string"]}),
        _ => json!({"$ref": "#/$defs/pattern"}),
    }
}

fn pattern() -> Value {
    json!({
        "description": "JSON that may leave keys out, with placeholders (`<sid>`), `\"...\"` in arrays, and operators.",
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": {"$ref": "#/$defs/pattern"}},
            {"$ref": "#/$defs/operators"},
            {
                "type": "object",
                "propertyNames": {"not": {"pattern": "^\\$"}},
                "additionalProperties": {"$ref": "#/$defs/pattern"},
            },
        ],
    })
}

fn status() -> Value {
    let one = json!({"anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"enum": ["1xx", "2xx", "3xx", "4xx", "5xx"]},
        {"$ref": "#/$defs/placeholder"},
    ]});
    json!({"anyOf": [
        one,
        {"type": "array", "minItems": 1, "items": one},
        {"type": "object", "$ref": "#/$defs/pattern"},
    ]})
}
