//! Signatures of JSON objects.
//!
//! Takes objects; gives them signed, or says whether a signature is right. Ed25519 is dalek's: the reference homeserver,
//! whose signatures it checks, has another. Specification: appendices, "Signing JSON" and "Canonical JSON".

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};

/// "Unpadded base64", which is read with padding as well.
const UNPADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL_UNPADDED: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    // The specification's own test vectors end in bits that mean nothing.
    .with_decode_allow_trailing_bits(true);

/// The id of the one key of this server.
pub(super) const KEY_ID: &str = "ed25519:0";

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignatureFault {
    #[error("the object has no canonical form: {0} is not an integer between -(2^53) + 1 and 2^53 - 1")]
    NotCanonical(String),
    #[error("the key is no Ed25519 key")]
    NoKey,
    #[error("the signature is no Ed25519 signature")]
    NoSignature,
    #[error("the signature is not right")]
    Wrong,
}

/// This server's key.
pub(super) struct Key(SigningKey);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A new key.
    pub(super) fn generate() -> Key {
        Key(SigningKey::from_bytes(&crate::random::bytes()))
    }

    /// The public half.
    pub(super) fn public(&self) -> String {
        UNPADDED.encode(self.0.verifying_key().as_bytes())
    }

    /// Whether this is the public half, in either alphabet.
    pub(super) fn is_public(&self, encoded: &str) -> bool {
        let bytes = UNPADDED.decode(encoded).or_else(|_| URL_UNPADDED.decode(encoded));
        bytes.is_ok_and(|bytes| bytes == self.0.verifying_key().as_bytes())
    }

    /// Signs an object in the name of `server`.
    pub(super) fn sign(&self, mut object: Map<String, Value>, server: &str) -> Result<Value, SignatureFault> {
        let signature = UNPADDED.encode(self.0.sign(signed_part(&object)?.as_bytes()).to_bytes());
        object.insert("signatures".to_owned(), json!({server: {KEY_ID: signature}}));
        Ok(Value::Object(object))
    }
}

/// Whether a signature over an object is right.
pub(super) fn verify(object: &Map<String, Value>, key: &str, signature: &str) -> Result<(), SignatureFault> {
    let key = UNPADDED.decode(key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(SignatureFault::NoKey)?;
    let key = VerifyingKey::from_bytes(&key).map_err(|_| SignatureFault::NoKey)?;
    let signature = UNPADDED.decode(signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signature = signature.ok_or(SignatureFault::NoSignature)?;
    key.verify_strict(signed_part(object)?.as_bytes(), &signature).map_err(|_| SignatureFault::Wrong)
}

/// What is signed of an object: all but `signatures` and `unsigned`, in canonical form.
fn signed_part(object: &Map<String, Value>) -> Result<String, SignatureFault> {
    let mut part = object.clone();
    part.remove("signatures");
    part.remove("unsigned");
    part.sort_keys();
    canonical(Value::Object(part)).map(|value| value.to_string())
}

/// A value with sorted keys, if it has nothing but what canonical JSON knows. Without spaces and with the shortest escapes
/// it is written by `serde_json` anyway.
fn canonical(value: Value) -> Result<Value, SignatureFault> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(integer) if integer.unsigned_abs() < 1 << 53 => Ok(number.into()),
            _ => Err(SignatureFault::NotCanonical(number.to_string())),
        },
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Object(mut object) => {
            object.sort_keys();
            let members = object.into_iter().map(|(key, value)| Ok((key, canonical(value)?)));
            members.collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
        other => Ok(other),
    }
}

/// SHA-256 of a text in URL-safe unpadded base64, as lookups use it ("Association lookup", `sha256`).
pub(super) fn hash(text: &str) -> String {
    use ring::digest::{SHA256, digest};
    URL_UNPADDED.encode(digest(&SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    /// The specification's own test vectors (appendices, "Cryptographic test vectors").
    #[test]
    fn the_specifications_vectors_come_out() {
        let seed: [u8; 32] =
            UNPADDED.decode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1").unwrap().try_into().unwrap();
        let key = Key(SigningKey::from_bytes(&seed));
        assert_eq!(key.public(), "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI");
        for (given, expected) in [
            (json!({}), "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"),
            (
                json!({"two": "Two", "one": 1}),
                "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw",
            ),
        ] {
            let signed = key.sign(object(given), "domain").unwrap();
            assert_eq!(signed["signatures"]["domain"][KEY_ID], expected);
        }
    }

    /// The specification's own examples (appendices, "Canonical JSON"), and what has no canonical form.
    #[test]
    fn canonical_json_is_as_the_specification_shows() {
        for (given, expected) in [
            (r#"{}"#, r#"{}"#),
            (r#"{"one": 1, "two": "Two"}"#, r#"{"one":1,"two":"Two"}"#),
            (r#"{"b": "2", "a": "1"}"#, r#"{"a":"1","b":"2"}"#),
            (
                r#"{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name": "John Doe", "three_pids": [{"medium": "email", "address": "john.doe@example.org"}, {"medium": "msisdn", "address": "123456789"}]}}}"#,
                r#"{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}"#,
            ),
            (r#"{"a": "日本語"}"#, r#"{"a":"日本語"}"#),
            (r#"{"本": 2, "日": 1}"#, r#"{"日":1,"本":2}"#),
            (r#"{"a": "\u65E5"}"#, r#"{"a":"日"}"#),
            (r#"{"a": null}"#, r#"{"a":null}"#),
            (r#"{"a": "\u0007\u000a/\"\\"}"#, r#"{"a":"\u0007\n/\"\\"}"#),
            (r#"{"a": [9007199254740991, -9007199254740991]}"#, r#"{"a":[9007199254740991,-9007199254740991]}"#),
        ] {
            let given = object(serde_json::from_str(given).unwrap());
            assert_eq!(signed_part(&given).as_deref(), Ok(expected));
        }
        for given in [json!({"a": 1.5}), json!({"a": [{"b": 1.0}]}), json!({"a": 9_007_199_254_740_992_i64})] {
            assert!(matches!(signed_part(&object(given)), Err(SignatureFault::NotCanonical(_))));
        }
    }

    #[test]
    fn a_signature_covers_all_but_signatures_and_unsigned() {
        let key = Key::generate();
        let signed = object(key.sign(object(json!({"a": {"z": 1, "y": 2}})), "x").unwrap());
        let signature = signed["signatures"]["x"][KEY_ID].as_str().unwrap().to_owned();
        assert_eq!(verify(&signed, &key.public(), &signature), Ok(()));
        let mut other = signed.clone();
        other.insert("unsigned".to_owned(), json!(1));
        assert_eq!(verify(&other, &key.public(), &signature), Ok(()));
        other.insert("b".to_owned(), json!(1));
        assert_eq!(verify(&other, &key.public(), &signature), Err(SignatureFault::Wrong));
        assert_eq!(verify(&signed, &Key::generate().public(), &signature), Err(SignatureFault::Wrong));
        assert_eq!(verify(&signed, "AAAA", &signature), Err(SignatureFault::NoKey));
        assert_eq!(verify(&signed, &key.public(), "AAAA"), Err(SignatureFault::NoSignature));
    }

    #[test]
    fn lookups_hash_as_the_specification_shows() {
        let hash = hash("alice@example.com email matrixrocks");
        assert_eq!(hash, "4kenr7N9drpCJ4AfalmlGQVsOn3o2RHjkADUpXJWZUc");
    }
}
