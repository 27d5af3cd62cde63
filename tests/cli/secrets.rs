//! No secret of a run is shown or written.
//!
//! What is secret is not asked of the program: it is read from the two wires, so that a secret which the program does
//! not know of is found too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use base64::Engine;
use regex::Regex;

use crate::program::Place;
use crate::wire::Wire;

/// What is secret, and how it stands on a wire.
const SECRETS: &[(&str, &str)] = &[
    ("access token", r"(?i)authorization: Bearer (\S+)"),
    ("access token", r#""access_token"\s*:\s*"([^"]+)""#),
    ("password", r#""password"\s*:\s*"([^"]+)""#),
    ("client secret", r#""client_secret"\s*:\s*"([^"]+)""#),
    ("client secret", r"[?&]client_secret=([^&\s<]+)"),
    ("session", r#""session"\s*:\s*"([^"]+)""#),
    ("link token", r#"[?&]token=([^&\s<"]+)"#),
];

#[test]
fn no_secret_is_shown_or_written() {
    // A defect, so that failing exchanges and the commands that repeat them are shown too.
    let wire = Wire::new(&["accepts-any-password"]);
    let place = Place::new();
    let arguments = wire.arguments();
    let mut args = vec!["run", "--output", "report", "--snapshots", "accept"];
    args.extend(arguments.iter().map(String::as_str));
    let ended = place.run(&args).expect(1);
    let (http, mail) = (wire.http(), wire.mail());
    let mut secrets: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (kind, expression) in SECRETS {
        let expression = Regex::new(expression).unwrap();
        for text in [&http, &mail] {
            let found = expression.captures_iter(text).map(|capture| capture[1].to_owned());
            secrets.entry(kind).or_default().extend(found);
        }
    }
    for (kind, values) in &secrets {
        assert!(values.len() >= 5, "only {} of kind {kind} were heard, so the check would prove nothing", values.len());
    }
    let mut places = vec![("stdout".to_owned(), ended.out.clone()), ("stderr".to_owned(), ended.err)];
    for file in place.files() {
        places.push((file.display().to_string(), String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned()));
    }
    for kind in ["report/", ".snap"] {
        assert!(places.iter().any(|(name, _)| name.contains(kind)), "nothing like {kind} was written");
    }
    for (kind, values) in &secrets {
        for value in values {
            for spelling in spellings(value) {
                for (name, text) in &places {
                    assert!(!text.contains(&spelling), "{name} has the {kind} {value} as {spelling}");
                }
            }
        }
    }
    for part in ["REDACTED-client-secret-1", "REDACTED-password-", "REDACTED-session-", "REDACTED-access-token-1"] {
        assert!(ended.out.contains(part), "{part} is missing in\n{}", ended.out);
    }
}

/// The value as it stands, and as it would stand in a form or in base64.
fn spellings(value: &str) -> Vec<String> {
    let encoded = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    // Without the last group, which depends on what follows.
    let mut packed = base64::engine::general_purpose::STANDARD_NO_PAD.encode(value);
    packed.truncate(packed.len() / 4 * 4);
    vec![value.to_owned(), encoded, packed]
}
