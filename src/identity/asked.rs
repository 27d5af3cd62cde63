//! What the server was asked, as far as it is remembered.

use std::collections::VecDeque;

use serde_json::Value;

use super::limits;
use threepid_record::model::Asked;

/// The requests that are remembered, oldest first.
#[derive(Debug, Default)]
pub(super) struct Log {
    requests: VecDeque<Remembered>,
    bytes: usize,
}

#[derive(Debug)]
struct Remembered {
    asked: Asked,
    subjects: Vec<String>,
    bytes: usize,
}

impl Log {
    /// Remembers a request of so many bytes, and the texts by which it can be found.
    pub(super) fn add(&mut self, asked: Asked, subjects: Vec<String>, bytes: usize) {
        self.bytes += bytes;
        self.requests.push_back(Remembered { asked, subjects, bytes });
        while self.requests.len() > limits::ASKED || self.bytes > limits::ASKED_BYTES {
            let Some(oldest) = self.requests.pop_front() else { break };
            self.bytes -= oldest.bytes;
        }
    }

    /// The requests to a path, or with `*` to any, in which a text stands.
    pub(super) fn of(&self, path: &str, about: &str) -> Vec<Asked> {
        self.requests
            .iter()
            .filter(|one| {
                (path == "*" || one.asked.path == path) && one.subjects.iter().any(|subject| subject == about)
            })
            .map(|one| one.asked.clone())
            .collect()
    }
}

/// The texts by which a request can be found: all of its body and query, and the user who asks.
pub(super) fn subjects(query: &[(String, String)], body: Option<&Value>, user: Option<String>) -> Vec<String> {
    let mut found: Vec<String> = user.into_iter().collect();
    found.extend(query.iter().map(|(_, value)| value.clone()));
    if let Some(body) = body {
        texts(body, &mut found);
    }
    found.truncate(limits::SUBJECTS);
    found
}

fn texts(value: &Value, found: &mut Vec<String>) {
    if found.len() >= limits::SUBJECTS {
        return;
    }
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(path: &str) -> Asked {
        Asked {
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            authorization: None,
            body: None,
            at_ms: 0,
        }
    }

    #[test]
    fn a_request_is_found_by_what_stands_in_it() {
        let body = json!({"mxid": "@a:x", "threepid": {"address": "a@x.test"}});
        let mut log = Log::default();
        log.add(asked("/unbind"), subjects(&[], Some(&body), None), 10);
        log.add(asked("/terms"), subjects(&[], None, Some("@a:x".to_owned())), 10);
        assert_eq!(log.of("/unbind", "a@x.test").len(), 1);
        assert_eq!(log.of("/terms", "@a:x").len(), 1);
        assert!(log.of("/unbind", "b@x.test").is_empty());
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut log = Log::default();
        for _ in 0..3 {
            log.add(asked("/old"), vec!["a".to_owned()], 1);
        }
        log.add(asked("/new"), vec!["a".to_owned()], limits::ASKED_BYTES);
        assert!(log.of("/old", "a").is_empty());
        assert_eq!(log.of("/new", "a").len(), 1);
        for _ in 0..limits::ASKED {
            log.add(asked("/many"), vec!["a".to_owned()], 1);
        }
        assert_eq!(log.requests.len(), log.of("/many", "a").len());
    }
}
