//! Defects and shapes that only change an answer: a layer around the correct server, driven by the table.
//!
//! *Takes* the [`Rewrite`]s of what is switched on, and each request; *gives* the answer of the routes, altered where a
//! condition holds; *never* sees accounts or sessions: a row that needs them has a hook where the promise is kept.

use std::collections::BTreeMap;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{answer, clock::now_ms, random, token::access_token};

/// Bytes of an answer that is looked at; ours are all shorter.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// One change of an answer.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rewrite {
    /// The operations: `POST /account/3pid/add`, below either prefix. One `*` in a pattern stands for anything.
    on: Vec<String>,
    when: When,
    /// Answer so without asking the route.
    instead: bool,
    /// The whole JSON body.
    body: Option<Value>,
    /// The status.
    to_status: Option<u16>,
    /// Members to set or to replace, by JSON pointer; `*` stands for every element. `<id>` in a value is a random id,
    /// `<now>` the time.
    set: BTreeMap<String, Value>,
    /// Members to set to `null`, which TOML cannot write.
    set_null: Vec<String>,
    /// Members to remove.
    remove: Vec<String>,
    /// Headers to set, and to remove.
    headers: BTreeMap<String, String>,
    without_headers: Vec<String>,
}

/// Which answers to an operation are changed: all conditions must hold.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct When {
    /// Whether the request carries an access token.
    token: Option<bool>,
    /// The request lacks this header.
    without: Option<String>,
    /// Whether the body is JSON.
    json: Option<bool>,
    /// The status is one of these.
    status: Vec<u16>,
    /// The body has these members.
    has: Map<String, Value>,
    /// The body lacks these members.
    lacks: Vec<String>,
    /// This stands in the body.
    text: Option<String>,
}

/// The changes that are switched on, for the layer.
pub(super) type Rewrites = Vec<&'static Rewrite>;

/// Runs the routes, and changes what they answer.
pub(super) async fn layer(State(rewrites): State<Rewrites>, request: Request, next: Next) -> Response {
    let operation = operation(&request);
    let has_token = access_token(request.headers(), request.uri()).is_some();
    let concerned = |rewrite: &&&'static Rewrite| {
        let lacks_header = |name: &String| !request.headers().contains_key(name);
        rewrite.on.iter().any(|pattern| fits(pattern, &operation))
            && rewrite.when.token.is_none_or(|it| it == has_token)
            && rewrite.when.without.as_ref().is_none_or(lacks_header)
    };
    let rewrites: Rewrites = rewrites.iter().filter(concerned).copied().collect();
    if let Some(rewrite) = rewrites.iter().find(|rewrite| rewrite.instead) {
        let mut response = rewrite.applied(Answer::default()).into_response();
        answer::allow_any_origin(&mut response);
        return response;
    }
    let response = next.run(request).await;
    if rewrites.is_empty() {
        return response;
    }
    let mut answer = Answer::read(response).await;
    for rewrite in rewrites {
        if rewrite.when.holds(&answer) {
            answer = rewrite.applied(answer);
        }
    }
    answer.into_response()
}

/// The method and the path without its prefix, as the specification writes both.
fn operation(request: &Request) -> String {
    let path = request.uri().path();
    let below = path.strip_prefix("/_matrix/client/r0").or_else(|| path.strip_prefix("/_matrix/client/v3"));
    format!("{} {}", request.method(), below.unwrap_or(path))
}

fn fits(pattern: &str, operation: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            operation.len() >= start.len() + end.len() && operation.starts_with(start) && operation.ends_with(end)
        }
        None => pattern == operation,
    }
}

/// An answer that was read to its end.
#[derive(Debug, Default)]
struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    bytes: Vec<u8>,
    json: Option<Value>,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, ANSWER_LIMIT).await.unwrap_or_default().to_vec();
        let json = serde_json::from_slice(&bytes).ok();
        Self { status: parts.status, headers: parts.headers, bytes, json }
    }

    fn into_response(mut self) -> Response {
        if let Some(json) = &self.json {
            self.bytes = json.to_string().into_bytes();
        }
        self.headers.remove(header::CONTENT_LENGTH);
        let mut response = Response::new(Body::from(self.bytes));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl When {
    fn holds(&self, answer: &Answer) -> bool {
        let member = |name: &str| answer.json.as_ref().and_then(|json| json.get(name));
        (self.status.is_empty() || self.status.contains(&answer.status.as_u16()))
            && self.json.is_none_or(|it| it == answer.json.is_some())
            && self.has.iter().all(|(name, value)| member(name) == Some(value))
            && self.lacks.iter().all(|name| member(name).is_none())
            && self.text.as_ref().is_none_or(|text| String::from_utf8_lossy(&answer.bytes).contains(text))
    }
}

impl Rewrite {
    fn applied(&self, mut answer: Answer) -> Answer {
        if let Some(body) = &self.body {
            answer.json = Some(filled(body));
            answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(status) = self.to_status.and_then(|status| StatusCode::from_u16(status).ok()) {
            answer.status = status;
        }
        if let Some(json) = &mut answer.json {
            let nulls = self.set_null.iter().map(|pointer| (pointer, &Value::Null));
            for (pointer, value) in self.set.iter().chain(nulls) {
                change(json, pointer, &mut |members, name| drop(members.insert(name.to_owned(), filled(value))));
            }
            for pointer in &self.remove {
                change(json, pointer, &mut |members, name| drop(members.shift_remove(name)));
            }
        }
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                answer.headers.insert(name, value);
            }
        }
        for name in &self.without_headers {
            answer.headers.remove(name);
        }
        answer
    }
}

/// Does something with the member that a pointer names, in every element where it says `*`.
fn change(value: &mut Value, pointer: &str, act: &mut impl FnMut(&mut Map<String, Value>, &str)) {
    let pointer = pointer.trim_start_matches('/');
    let (name, rest) = pointer.split_once('/').unwrap_or((pointer, ""));
    match value {
        Value::Array(elements) if name == "*" => elements.iter_mut().for_each(|element| change(element, rest, act)),
        Value::Object(members) if rest.is_empty() => act(members, name),
        Value::Object(members) => members.get_mut(name).into_iter().for_each(|member| change(member, rest, act)),
        _ => {}
    }
}

/// A value of the table with its placeholders filled in.
fn filled(value: &Value) -> Value {
    match value {
        Value::String(text) if text == "<now>" => now_ms().into(),
        Value::String(text) => text.replace("<id>", &random::id()).into(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), filled(value))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rewrite(toml: &str) -> Rewrite {
        toml::from_str(toml).unwrap()
    }

    fn answer(status: u16, json: Value) -> Answer {
        let bytes = json.to_string().into_bytes();
        Answer { status: StatusCode::from_u16(status).unwrap(), bytes, json: Some(json), ..Answer::default() }
    }

    #[test]
    fn patterns_fit_operations() {
        assert!(fits("POST /account/3pid/add", "POST /account/3pid/add"));
        assert!(fits("POST *requestToken", "POST /account/3pid/email/requestToken"));
        assert!(fits("*", "GET /account/3pid"));
        assert!(!fits("POST /account/3pid", "POST /account/3pid/add"));
    }

    #[test]
    fn all_conditions_must_hold() {
        let rewrite =
            rewrite("[when]\nstatus = [400]\nhas = { errcode = \"M_X\" }\nlacks = [\"session\"]\ntext = \"word\"");
        let fits = |status, json| rewrite.when.holds(&answer(status, json));
        assert!(fits(400, json!({"errcode": "M_X", "error": "a word"})));
        assert!(!fits(403, json!({"errcode": "M_X", "error": "a word"})));
        assert!(!fits(400, json!({"errcode": "M_Y", "error": "a word"})));
        assert!(!fits(400, json!({"errcode": "M_X", "error": "a word", "session": "s"})));
        assert!(!fits(400, json!({"errcode": "M_X"})));
    }

    #[test]
    fn members_are_set_and_removed_by_pointer() {
        let rewrite =
            rewrite("to_status = 500\nset = { \"/a/*/b\" = 2 }\nset_null = [\"/n\"]\nremove = [\"/a/*/c\", \"/d\"]");
        let changed = rewrite.applied(answer(200, json!({"a": [{"b": 1, "c": 1}, {"e": 1}], "d": 1})));
        assert_eq!(changed.status, 500);
        assert_eq!(changed.json, Some(json!({"a": [{"b": 2}, {"e": 1, "b": 2}], "n": null})));
    }

    #[test]
    fn unknown_keys_are_refused() {
        toml::from_str::<Rewrite>("too_status = 500").unwrap_err();
    }
}
