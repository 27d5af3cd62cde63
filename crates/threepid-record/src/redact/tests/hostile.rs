//! Secrets in every encoding at every place of a record, and texts that were changed at random.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::collect::Collector;
use super::super::{Redactor, named};
use super::records::{record_of, strings};

/// Of all kinds: tokens, passwords, with escapes in them, with white space, of other scripts, long ones.
fn secrets() -> [String; 12] {
    [
        "syt_YWxpY2U_AbCdEfGhIjKl_0a1b2c".to_owned(),
        "s3cret.value".to_owned(),
        "abcdef".to_owned(),
        "0123456789abcdef0123456789abcdef".to_owned(),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl".to_owned(),
        "correct horse battery".to_owned(),
        "a+b/c=d==".to_owned(),
        "pa%41ss&amp;word".to_owned(),
        "back\\slash\"quote".to_owned(),
        "gehe\u{ef}mnis\u{1f511}".to_owned(),
        "m0n0".repeat(100),
        "x=3D.y=20z".to_owned(),
    ]
}

/// Encodings that the code under test has no part in.
fn encodings(secret: &str) -> [(&'static str, String); 10] {
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let html: String = secret.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    let quoted: String = secret.bytes().map(|byte| format!("={byte:02X}")).collect();
    let json: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    [
        ("as it is", secret.to_owned()),
        ("percent", percent),
        ("html", html),
        ("quoted-printable", quoted),
        ("json", json),
        ("base64", STANDARD.encode(format!("<{secret}>"))),
        ("base64 twice", STANDARD.encode(URL_SAFE_NO_PAD.encode(secret))),
        ("hexadecimal", secret.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("other case", secret.to_uppercase()),
        ("reversed", secret.chars().rev().collect()),
    ]
}

#[test]
fn twelve_secrets_in_ten_encodings_at_every_place_of_a_record() {
    for secret in secrets() {
        let mut redactor = Redactor::new();
        assert!(redactor.add("token", &secret));
        for (name, encoded) in encodings(&secret) {
            if name == "other case" && !secret.is_ascii() {
                continue;
            }
            let mut record = record_of(&format!("<{encoded}>"));
            redactor.record(&mut record);
            let mut all = Vec::new();
            strings(&serde_json::to_value(&record).unwrap(), &mut all);
            let left: Vec<&String> = all.iter().filter(|text| text.contains(&encoded)).collect();
            // The id tells trials apart and stays.
            assert!(left.iter().all(|text| text.starts_with("add-email/")), "{secret:?}, {name}: {left:?}");
        }
    }
}

/// Whatever a body looks like: nothing panics, what is found is in it, a known secret goes, and the work is bounded.
/// `THREEPID_FUZZ_ROUNDS` makes more of it.
#[test]
fn texts_that_were_changed_at_random() {
    let rounds = std::env::var("THREEPID_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3_000);
    let seeds = [
        r#"{"access_token":"s3cret.value","session":["a","b"],"error":"{\"token\":\"x\"}"}"#,
        "token=s3cret.value&password=a%2Bb&next=http%3A%2F%2Fh%2F%3Ft%3Dabcdef1#frag/a1b2c3d4e5f6",
        "<form action='/v?t=abcdefghijklmnop'><input name=token value=s3cret.value></form>&#115;&amp;lt;",
        "Content-Transfer-Encoding: base64\r\n\r\nczNjcmV0LnZhbHVlIGlzIGhlcmUgYW5kIHRoZXJl\r\nczNjcmV0LnZhbHVl\r\n",
        "token=3Ds3cret=\r\n.value =41=\r\n\\u0061\\\\u0062 REDACTED-token-1 REDACTED-x-",
    ];
    let rng = &mut ChaCha8Rng::seed_from_u64(11);
    let mut redactor = Redactor::new();
    assert!(redactor.add("token", "s3cret.value"));
    for round in 0..rounds {
        let mut text = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..rng.random_range(0..8) {
            let at = rng.random_range(0..text.len());
            match rng.random_range(0..4) {
                0 => text[at] = rng.random(),
                1 => text.truncate(at.max(1)),
                2 => text.insert(at, b"\"'%&=\\<>{}[]:+/;# \n"[rng.random_range(0..19)]),
                _ => text.extend_from_within(at..),
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(named(text.as_bytes()).iter().all(|found| found.range.end <= text.len()), "round {round}: {text:?}");
        let mut found = Collector::default();
        found.body(&crate::model::Body { text: Some(text.clone()), ..Default::default() });
        let mut learned = redactor.clone();
        found.into_secrets().iter().for_each(|secret| learned.learn(secret));
        let clean = learned.body(&text, round % 2 == 0);
        assert!(!clean.contains("s3cret.value"), "round {round}: {text:?} became {clean:?}");
        assert!(learned.work(text.as_bytes()) <= 200 * text.len() as u64 + 1_000, "round {round}: {text:?}");
    }
}
