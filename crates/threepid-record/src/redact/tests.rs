mod encodings;
mod records;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;

fn redactor(values: &[&str]) -> Redactor {
    let mut redactor = Redactor::new();
    for value in values {
        assert!(redactor.add("token", value), "{value:?}");
    }
    redactor
}

#[test]
fn short_values_are_refused() {
    let mut redactor = Redactor::new();
    assert!(!redactor.add("sid", "12345"));
    assert_eq!(redactor.text("12345"), "12345");
    assert!(redactor.add("sid", "123456"));
    assert_eq!(redactor.text("12345 123456"), "12345 REDACTED-sid-1");
}

#[test]
fn the_same_secret_has_one_marker_and_different_ones_differ() {
    let mut redactor = Redactor::new();
    assert!(redactor.add("client_secret", "first-secret"));
    assert!(redactor.add("client_secret", "second-secret"));
    assert!(redactor.add("session", "first-secret"));
    assert_eq!(redactor.len(), 2);
    assert_eq!(
        redactor.text("first-secret second-secret first-secret"),
        "REDACTED-client-secret-1 REDACTED-client-secret-2 REDACTED-client-secret-1"
    );
    assert_eq!(redactor.marker("second-secret"), Some("REDACTED-client-secret-2"));
}

#[test]
fn a_marker_is_a_lawful_client_secret() {
    let mut redactor = Redactor::new();
    assert!(redactor.add("ünusual kind/", "s3cret-value"));
    let marker = redactor.marker("s3cret-value").unwrap();
    assert!(marker.chars().all(|c| c.is_ascii_alphanumeric() || "._=-".contains(c)), "{marker}");
}

#[test]
fn redacting_twice_changes_nothing() {
    let mut redactor = Redactor::new();
    // Each of these stands in a marker of the other.
    assert!(redactor.add("client_secret", "secret"));
    assert!(redactor.add("password", "REDACTED-client"));
    assert!(redactor.add("token", "REDACTED-token-7"), "a marker is accepted");
    let once = redactor.text("my secret is REDACTED-client, or REDACTED-token-7").into_owned();
    assert_eq!(once, "my REDACTED-client-secret-1 is REDACTED-password-1, or REDACTED-token-7");
    assert_eq!(redactor.text(&once), once);
}

#[test]
fn the_longest_of_overlapping_secrets_wins_and_no_tail_stays() {
    let redactor = redactor(&["abcdef", "abcdefghi", "defghijklmno"]);
    assert_eq!(redactor.text("<abcdefghi>"), "<REDACTED-token-2>");
    assert_eq!(redactor.text("<abcdefgh>"), "<REDACTED-token-1gh>");
    assert_eq!(redactor.text("<abcdefghijklmno>"), "<REDACTED-token-3>");
}

#[test]
fn spellings_of_real_servers_and_libraries() {
    let redactor = redactor(&["pa=ss.w&\"ö/r'd+ %41"]);
    for spelled in [
        "pa=ss.w&\"ö/r'd+ %41",
        "pa%3Dss.w%26%22%C3%B6%2Fr%27d%2B%20%2541",
        "pa%3dss%2ew%26%22%c3%b6%2fr%27d%2b+%2541",
        r#"pa=ss.w&\"\u00f6\/r'd+ %41"#,
        r#"pa=ss.w\u0026\"\u00F6/r\u0027d\u002b\u0020%41"#,
        "pa=ss.w&amp;&quot;ö/r&#x27;d+ %41",
        "pa&#61;ss&period;w&#38;&#34;&#246;&#x2F;r&#039;d&#43;&#32;&#37;41",
        "pa=3Dss.w&\"=C3=B6/r'd+ %4=\r\n1",
        "pa=3Dss.w&amp;&quot;=F6/r&#39;d+=20%=\r\n41",
        "pa%253Dss.w%2526%2522%25C3%25B6%252Fr%2527d%252B%2520%252541",
    ] {
        assert_eq!(redactor.text(&format!("<{spelled}>")), "<REDACTED-token-1>", "{spelled}");
    }
}

#[test]
fn a_secret_that_was_wrapped_by_force() {
    let redactor = redactor(&["TOKENpathSECRET00002"]);
    for wrapped in ["TOKENpath\r\nSECRET00002", "TOKENpath \r\nSECRET00002", "TOKEN\npathSECRET\n00002"] {
        assert_eq!(redactor.text(&format!("<{wrapped}>")), "<REDACTED-token-1>", "{wrapped:?}");
    }
    // An innocent text that begins alike stays.
    assert_eq!(redactor.text("TOK\r\nothers"), "TOK\r\nothers");
}

#[test]
fn a_secret_outside_the_basic_plane() {
    let redactor = redactor(&["🔑geheim"]);
    for spelled in ["🔑geheim", r"\ud83d\udd11geheim", "&#x1F511;geheim", "%F0%9F%94%91geheim"] {
        assert_eq!(redactor.text(spelled), "REDACTED-token-1", "{spelled}");
    }
}

#[test]
fn base64_keeps_its_alphabet_its_padding_and_its_folding() {
    let redactor = redactor(&["s3cret-value??>"]);
    let text = "Guten Tag, hier ist Ihr Link: https://hs.example/x?token=s3cret-value??> und tschüß, bis bald.\r\n";
    for before in 0..3 {
        let text = format!("{}{text}", &"xyz"[..before]);
        let clean = text.replace("s3cret-value??>", "REDACTED-token-1");
        let folded = fold(&STANDARD.encode(&text), 76, "\r\n");
        let output = redactor.text(&folded).into_owned();
        assert_eq!(output, fold(&STANDARD.encode(&clean), 76, "\r\n"));
        assert_eq!(redactor.text(&URL_SAFE_NO_PAD.encode(&text)), URL_SAFE_NO_PAD.encode(&clean));
        let prefixed = format!("Basic/{}", STANDARD.encode(&text));
        assert_eq!(redactor.text(&prefixed), format!("Basic/{}", STANDARD.encode(&clean)));
    }
}

#[test]
fn a_long_secret_is_found_even_where_it_is_cut_off() {
    let long = "0123456789abcdef".repeat(100);
    let redactor = redactor(&[&long]);
    assert_eq!(redactor.text(&format!("<{long}>")), "<REDACTED-token-1>");
    assert_eq!(redactor.text(&format!("<{}", &long[..1000])), "<REDACTED-token-1");
}

#[test]
fn hostile_texts_take_bounded_time() {
    let percents = "%25".repeat(20_000);
    let redactor = redactor(&[&"%".repeat(2000), &"=".repeat(2000), &"a".repeat(100_000)]);
    let begun = std::time::Instant::now();
    for text in
        [&percents, &"=\r\n".repeat(20_000), &"a".repeat(60_000), &"\\u005c".repeat(10_000), &"=".repeat(60_000)]
    {
        let _ = redactor.text(text);
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
}

fn fold(text: &str, width: usize, line_end: &str) -> String {
    let lines: Vec<&str> = text.as_bytes().chunks(width).map(|l| std::str::from_utf8(l).unwrap()).collect();
    lines.join(line_end)
}
