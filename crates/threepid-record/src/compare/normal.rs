//! Answers without what is new in each run.
//!
//! Takes a text or JSON from a record; gives it with every value that the harness chose replaced by its name, times by
//! their kind, and words that a server made up by a mark. What is left differs only if the server answers otherwise.

use serde_json::Value;

use crate::model::Transcript;

/// What stands for a word that a server made up.
const MADE_UP: &str = "<opaque>";
/// Members and parameters whose values a server makes up, whatever they look like: some are letters alone, or a number.
const MADE_UP_FOR: &[&str] = &[
    "access_token",
    "device_id",
    "event_id",
    "login_token",
    "refresh_token",
    "room_id",
    "session",
    "session_id",
    "sid",
    "token",
    "txn_id",
    "user_id",
];
/// The shortest value that is replaced by its name; shorter ones stand in too many innocent places.
const SHORTEST: usize = 5;
/// Numbers from here on are taken for times in milliseconds: the year 2001.
const FIRST_TIME_MS: u64 = 1_000_000_000_000;

/// The values of one trial.
pub(super) struct Normal<'t> {
    /// Longest first: of two that begin at the same place the longer one is meant.
    known: Vec<(&'t str, String)>,
}

impl<'t> Normal<'t> {
    pub(super) fn of(transcript: &'t Transcript) -> Normal<'t> {
        let mut known: Vec<(&str, String)> = transcript
            .values
            .iter()
            .filter_map(|(name, value)| {
                let text = value.as_str().filter(|text| text.len() >= SHORTEST)?;
                let name = name.split('~').next().unwrap_or(name);
                // A marker of a secret is its name already.
                (!text.starts_with("REDACTED-")).then(|| (text, format!("<{name}>")))
            })
            .collect();
        known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Normal { known }
    }

    /// A body: JSON with its keys in order, one member a line; anything else as it is.
    pub(super) fn body(&self, text: &str) -> String {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => format!("{:#}", self.json(value)),
            Err(_) => self.text(text),
        }
    }

    fn json(&self, value: Value) -> Value {
        match value {
            Value::String(text) if encoded(&text) => MADE_UP.into(),
            Value::String(text) => Value::String(self.text(&text)),
            Value::Number(number) if number.as_u64().is_some_and(|n| n >= FIRST_TIME_MS) => "<timestamp>".into(),
            Value::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Value::Object(fields) => {
                let mut fields: Vec<(String, Value)> =
                    fields.into_iter().map(|(key, value)| (self.text(&key), self.member(&key, value))).collect();
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(fields.into_iter().collect())
            }
            other => other,
        }
    }

    fn member(&self, key: &str, value: Value) -> Value {
        match value {
            // How much time is left is a matter of when it was asked.
            Value::Number(_) if key.ends_with("_ms") => "<milliseconds>".into(),
            Value::String(text) if MADE_UP_FOR.contains(&key) => self.made_up_for(&text).into(),
            other => self.json(other),
        }
    }

    /// A value that a server makes up. One that has a name of the harness keeps it, and none at all is another answer.
    fn made_up_for(&self, text: &str) -> String {
        let known = self.known.iter().find(|(value, _)| *value == text);
        match known {
            Some((_, name)) => name.clone(),
            None if text.is_empty() || text.starts_with("REDACTED-") => text.to_owned(),
            None => MADE_UP.to_owned(),
        }
    }

    /// A text.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.replace("\r\n", "\n");
        for (value, name) in &self.known {
            if text.contains(value) {
                text = text.replace(value, name);
            }
        }
        let mut output = String::new();
        let mut rest = text.as_str();
        while let Some(start) = rest.find(in_word) {
            output.push_str(&rest[..start]);
            let word = &rest[start..];
            let end = word.find(|c| !in_word(c)).unwrap_or(word.len());
            let (word, behind) = word.split_at(end);
            let of_parameter = is_made_up_for(&output) && !word.starts_with("REDACTED-");
            output.push_str(if of_parameter || made_up(word) { MADE_UP } else { word });
            rest = behind;
        }
        output.push_str(rest);
        with_port(&output)
    }
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether a text ends in the name of a parameter whose value a server makes up: `?sid=`.
fn is_made_up_for(text: &str) -> bool {
    let name = text.strip_suffix('=').and_then(|text| text.rsplit(|c| !in_word(c)).next());
    name.is_some_and(|name| MADE_UP_FOR.contains(&name))
}

/// Whether a text is something in base64: a signature, a key.
fn encoded(text: &str) -> bool {
    text.len() >= 40
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(c))
        && text.chars().any(|c| c.is_ascii_digit())
        && text.chars().any(|c| c.is_ascii_uppercase())
        && !text.starts_with("REDACTED-")
}

/// Whether a word looks like one that a server made up: long, and mixed as no word of a language is.
fn made_up(word: &str) -> bool {
    if word.len() < 8 || word.starts_with("REDACTED-") {
        return false;
    }
    let has = |test: fn(&char) -> bool| word.chars().filter(test).count();
    let (digits, small, capital) =
        (has(char::is_ascii_digit), has(char::is_ascii_lowercase), has(char::is_ascii_uppercase));
    let switches =
        word.as_bytes().windows(2).filter(|two| two[0].is_ascii_lowercase() != two[1].is_ascii_lowercase()).count();
    (digits >= 2 && small + capital >= 2 && word.len() >= 10) || (small > 0 && capital > 0 && switches >= 4)
}

/// The port of an address on this machine is another one each time.
fn with_port(text: &str) -> String {
    let mut output = text.to_owned();
    for host in ["127.0.0.1:", "localhost:", "[::1]:"] {
        let mut pieces = output.split(host);
        let mut replaced = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
            replaced.push_str(host);
            replaced.push_str(if digits > 0 { "<port>" } else { "" });
            replaced.push_str(&piece[digits..]);
        }
        output = replaced;
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        let transcript = Transcript {
            values: vec![
                ("email".to_owned(), "email-abc123@threepid.test".into()),
                ("alice.user_id".to_owned(), "@alice-1:hs.test".into()),
                ("sid~2".to_owned(), "7".into()),
            ],
            ..Transcript::default()
        };
        Normal::of(&transcript).body(text)
    }

    #[test]
    fn what_is_new_in_each_run_is_named() {
        assert_eq!(
            normal(r#"{"sid":"Ug9Y7pD2ew33UOGVl7Z3QRVh","at":1795461317630,"address":"email-abc123@threepid.test"}"#),
            "{\n  \"address\": \"<email>\",\n  \"at\": \"<timestamp>\",\n  \"sid\": \"<opaque>\"\n}"
        );
        assert_eq!(
            normal("see http://127.0.0.1:40333/x?s=bxyDHuJKsdkjMlTJ"),
            "see http://127.0.0.1:<port>/x?s=<opaque>"
        );
    }

    /// Ten capital letters are a device of Synapse, and a session may have letters alone: no shape tells them from words.
    #[test]
    fn what_a_member_or_a_parameter_is_for_tells_that_it_is_made_up() {
        let one = r#"{"device_id":"NERZVXVKJL","sid":"dwqvsAWIFNUosAJP","user_id":"@alice-1:hs.test","session":""}"#;
        let other = r#"{"device_id":"MESKSDBHDO","sid":"8","user_id":"@alice-1:hs.test","session":""}"#;
        assert_eq!(normal(one), normal(other));
        assert!(normal(one).contains(r#""user_id": "<alice.user_id>""#) && normal(one).contains(r#""session": """#));
        assert_eq!(normal("http://h/x?sid=dwqvsAWIFNUosAJP&next=abc"), "http://h/x?sid=<opaque>&next=abc");
        assert_eq!(normal("inside=abc token=REDACTED-token-1"), "inside=abc token=REDACTED-token-1");
    }

    #[test]
    fn what_means_something_stays() {
        for text in [
            "M_THREEPID_AUTH_FAILED",
            "m.login.password",
            "m.login.email.identity",
            "no-support",
            "application/json",
            "Your email has now been validated, please return to your client.",
            "REDACTED-client-secret-1",
            "v1.15",
            "JavaScript",
            "Synapse/1.140.0",
            "12345678",
        ] {
            assert_eq!(normal(text), text);
        }
    }
}
