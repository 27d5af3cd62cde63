//! The homeserver's signature.
//!
//! *Takes* JSON and requests; *gives* their Ed25519 signatures by a key that lives as long as the server; *never* implements
//! cryptography: that is ring's.
//!
//! Specification: appendices, "Canonical JSON" and "Signing JSON"; server-server API, "Request authentication" and
//! `GET /_matrix/key/v2/server`.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Map, Value, json};

use crate::{clock::now_ms, random};

/// How long others may keep the key before they ask again.
const VALID_FOR_MS: u64 = 24 * 60 * 60 * 1000;

/// The key that signs for this server.
pub(crate) struct SigningKey {
    pair: Ed25519KeyPair,
    id: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What the signature of a request covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) origin: &'a str,
    pub(crate) destination: &'a str,
    pub(crate) content: &'a Value,
}

impl SigningKey {
    /// A fresh key; `None` if the operating system has no randomness to give.
    pub(crate) fn generate() -> Option<Self> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok()?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).ok()?;
        let id = format!("ed25519:{}", random::id());
        Some(Self { pair, id })
    }

    /// What others need to check the signatures, signed itself.
    pub(crate) fn published(&self, server_name: &str) -> Value {
        let public = STANDARD_NO_PAD.encode(self.pair.public_key());
        let mut keys = Map::new();
        keys.insert(self.id.clone(), json!({"key": public}));
        let mut published = json!({
            "server_name": server_name,
            "verify_keys": keys,
            "old_verify_keys": {},
            "valid_until_ts": now_ms() + VALID_FOR_MS,
        });
        let mut signature = Map::new();
        signature.insert(self.id.clone(), self.sign(&published).into());
        let mut signatures = Map::new();
        signatures.insert(server_name.to_owned(), signature.into());
        published["signatures"] = signatures.into();
        published
    }

    /// The `Authorization` of a request to another server.
    pub(crate) fn authorization(&self, request: &Request<'_>) -> String {
        let signed = json!({
            "method": request.method,
            "uri": request.uri,
            "origin": request.origin,
            "destination": request.destination,
            "content": request.content,
        });
        format!(
            "X-Matrix origin=\"{}\",destination=\"{}\",key=\"{}\",sig=\"{}\"",
            request.origin,
            request.destination,
            self.id,
            self.sign(&signed)
        )
    }

    fn sign(&self, value: &Value) -> String {
        let mut text = String::new();
        canonical(value, &mut text);
        STANDARD_NO_PAD.encode(self.pair.sign(text.as_bytes()))
    }
}

/// Writes canonical JSON: members in the order of their names, nothing between them. The numbers here are integers, and
/// serde_json escapes what has to be escaped and nothing else.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                canonical(element, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    fn written(value: &Value) -> String {
        let mut text = String::new();
        canonical(value, &mut text);
        text
    }

    /// The examples of the appendices.
    #[test]
    fn canonical_json_is_what_the_specification_shows() {
        assert_eq!(written(&json!({})), "{}");
        assert_eq!(written(&json!({"b": "2", "a": "1"})), r#"{"a":"1","b":"2"}"#);
        assert_eq!(written(&json!({"本": 2, "日": 1})), r#"{"日":1,"本":2}"#);
        assert_eq!(written(&json!({"a": "日本語"})), r#"{"a":"日本語"}"#);
        assert_eq!(written(&json!({"a": null, "b": [2, true]})), r#"{"a":null,"b":[2,true]}"#);
    }

    #[test]
    fn the_published_key_checks_both_kinds_of_signature() {
        let key = SigningKey::generate().unwrap();
        let mut published = key.published("x.test");
        let signature = published["signatures"]["x.test"][&key.id].clone();
        published.as_object_mut().unwrap().remove("signatures");
        let public = published["verify_keys"][&key.id]["key"].as_str().unwrap();
        let public = STANDARD_NO_PAD.decode(public).unwrap();
        let public = UnparsedPublicKey::new(&ED25519, public);
        let check = |value: &Value, signature: &str| {
            let signature = STANDARD_NO_PAD.decode(signature).unwrap();
            public.verify(written(value).as_bytes(), &signature).is_ok()
        };
        assert!(check(&published, signature.as_str().unwrap()));

        let content = json!({"b": 1});
        let header = key.authorization(&Request {
            method: "POST",
            uri: "/x",
            origin: "x.test",
            destination: "is.test",
            content: &content,
        });
        let signature = header.split("sig=\"").nth(1).unwrap().trim_end_matches('"');
        let mut signed = json!({"method": "POST", "uri": "/x", "origin": "x.test",
            "destination": "is.test", "content": content});
        assert!(check(&signed, signature));
        signed["origin"] = "y.test".into();
        assert!(!check(&signed, signature));
    }
}
