//! The types that a placeholder can have.
//!
//! Gives each type's name, its grammar, whether the harness can make a value of it, and whether its bare name binds.
//! The grammars are the specification's; where it has none, the widest that a client could live with.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use threepid_record::number::whole;

/// The type of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueType(usize);

/// What is known of one type.
#[derive(Debug)]
pub struct TypeFacts {
    /// Its name in scenarios.
    pub name: &'static str,
    /// What it is, for documentation and messages.
    pub about: &'static str,
    /// What a value must look like.
    pub shape: Shape,
    /// Whether `<name>` alone remembers the value and demands it again (`<sid>`), or only checks it (`<string>`).
    pub binds: bool,
    /// Whether the harness makes a value when a request needs one that nothing has bound.
    pub generated: bool,
    /// Whether its values are secret: replaced before anything is printed or written.
    pub secret: bool,
}

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Anything at all.
    Any,
    /// Text that matches this expression from end to end.
    Text(&'static str),
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An object.
    Object,
    /// An array.
    Array,
    /// A whole number of milliseconds that can be a time of this century.
    Timestamp,
}

const fn text(
    name: &'static str,
    about: &'static str,
    grammar: &'static str,
    binds: bool,
    generated: bool,
    secret: bool,
) -> TypeFacts {
    TypeFacts { name, about, shape: Shape::Text(grammar), binds, generated, secret }
}

const fn plain(name: &'static str, about: &'static str, shape: Shape) -> TypeFacts {
    TypeFacts { name, about, shape, binds: false, generated: false, secret: false }
}

/// The grammar of opaque identifiers chosen by a server or a client (Client-Server API, request token schemas).
const OPAQUE: &str = "[0-9a-zA-Z.=_-]{1,255}";

/// All types.
pub static TYPES: &[TypeFacts] = &[
    text("sid", "the id of a validation session: 1 to 255 of `0-9a-zA-Z.=_-`", OPAQUE, true, false, false),
    text(
        "client_secret",
        "the client's secret of a validation session: 1 to 255 of `0-9a-zA-Z.=_-`",
        OPAQUE,
        true,
        true,
        true,
    ),
    text("session", "the id of a user-interactive authentication session", r"(?s).+", true, false, true),
    text("user_id", "a user id: `@localpart:server`", r"@[^:\s]*:[^\s]+", true, false, false),
    text("device_id", "the id of a device", r"(?s).+", true, true, false),
    text("access_token", "an access token", r"\S+", true, false, true),
    text("id_access_token", "an access token of an identity server", r"\S+", true, false, true),
    text("token", "a token out of a mail", r"\S+", true, true, true),
    text(
        "email",
        "an e-mail address; a made one has a mailbox of its own in the sink",
        r"[^@\s]+@[^@\s]+",
        true,
        true,
        false,
    ),
    text("password", "a password", r"(?s).+", true, true, true),
    text("localpart", "the local part of a user id", r"[a-z0-9._=/+-]+", true, true, false),
    text("link", "the address of a page, as it stands in a mail", r"(?i:https?)://\S+", true, false, false),
    plain("url", "an absolute http or https URL", Shape::Text(r"(?i:https?)://\S+")),
    plain("opaque", "an opaque identifier: 1 to 255 of `0-9a-zA-Z.=_-`", Shape::Text(OPAQUE)),
    plain("timestamp", "a time in milliseconds since the epoch", Shape::Timestamp),
    plain("string", "any text", Shape::Text(r"(?s).*")),
    plain("integer", "a whole number", Shape::Integer),
    plain("number", "a number", Shape::Number),
    plain("boolean", "true or false", Shape::Boolean),
    plain("object", "a JSON object", Shape::Object),
    plain("array", "a JSON array", Shape::Array),
    plain("any", "anything, `null` too", Shape::Any),
];

static COMPILED: LazyLock<Vec<Option<Regex>>> = LazyLock::new(|| {
    TYPES
        .iter()
        .map(|facts| match facts.shape {
            Shape::Text(grammar) => Regex::new(&format!("^(?:{grammar})$")).ok(),
            _ => None,
        })
        .collect()
});

impl ValueType {
    /// The type of this name.
    pub fn named(name: &str) -> Option<ValueType> {
        TYPES.iter().position(|facts| facts.name == name).map(ValueType)
    }

    /// The type `any`.
    pub fn any() -> ValueType {
        ValueType(TYPES.len() - 1)
    }

    /// What is known of it.
    pub fn facts(self) -> &'static TypeFacts {
        &TYPES[self.0]
    }

    /// Whether a value has this type's shape.
    pub fn accepts(self, value: &Value) -> bool {
        match self.facts().shape {
            Shape::Any => true,
            Shape::Text(_) => match (value.as_str(), &COMPILED[self.0]) {
                (Some(text), Some(grammar)) => grammar.is_match(text),
                _ => false,
            },
            Shape::Integer => whole(value).is_some(),
            Shape::Number => value.is_number(),
            Shape::Boolean => value.is_boolean(),
            Shape::Object => value.is_object(),
            Shape::Array => value.is_array(),
            // 2000-01-01 to 2100-01-01: seconds and microseconds fall outside.
            Shape::Timestamp => whole(value).is_some_and(|ms| (946_684_800_000..4_102_444_800_000).contains(&ms)),
        }
    }

    /// The grammar for use inside a larger expression, where a placeholder stands in the middle of a text.
    pub fn grammar(self) -> &'static str {
        match self.facts().shape {
            Shape::Text(grammar) => grammar,
            Shape::Integer | Shape::Timestamp => "-?[0-9]+",
            Shape::Number => r"-?[0-9]+(?:\.[0-9]+)?",
            Shape::Boolean => "true|false",
            Shape::Any | Shape::Object | Shape::Array => "(?s).*",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_grammar_compiles_and_any_is_last() {
        for (index, facts) in TYPES.iter().enumerate() {
            assert_eq!(matches!(facts.shape, Shape::Text(_)), COMPILED[index].is_some(), "{}", facts.name);
        }
        assert_eq!(ValueType::any().facts().name, "any");
    }

    #[test]
    fn an_opaque_id_keeps_to_its_grammar() {
        let sid = ValueType::named("sid").unwrap();
        assert!(sid.accepts(&json!("bxyDHuJKsdkjMlTJ")));
        assert!(sid.accepts(&json!("a".repeat(255))));
        for wrong in [json!(""), json!("a b"), json!("é"), json!("a".repeat(256)), json!(5), json!(null), json!("a\n")]
        {
            assert!(!sid.accepts(&wrong), "{wrong}");
        }
    }

    #[test]
    fn a_scheme_may_be_written_in_capitals() {
        for name in ["link", "url"] {
            let kind = ValueType::named(name).unwrap();
            assert!(kind.accepts(&json!("HTTP://127.0.0.1:8008/v?token=a")), "{name}");
            assert!(!kind.accepts(&json!("ftp://127.0.0.1/")), "{name}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let integer = ValueType::named("integer").unwrap();
        for (value, fits) in [("3600", true), ("3600.0", true), ("-1", true), ("3600.5", false), ("1e300", false)] {
            assert_eq!(integer.accepts(&serde_json::from_str(value).unwrap()), fits, "{value}");
        }
        assert!(ValueType::named("timestamp").unwrap().accepts(&json!(1_700_000_000_000.0)));
    }

    #[test]
    fn a_timestamp_is_in_milliseconds() {
        let timestamp = ValueType::named("timestamp").unwrap();
        assert!(timestamp.accepts(&json!(1_700_000_000_000_u64)));
        assert!(!timestamp.accepts(&json!(1_700_000_000)));
        assert!(!timestamp.accepts(&json!(0)));
        assert!(!timestamp.accepts(&json!(1_700_000_000_000.5)));
    }
}
