mod encodings;
mod hostile;
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
fn short_values_are_replaced_under_their_name_only() {
    let mut redactor = Redactor::new();
    assert!(!redactor.add("session", "12345"));
    assert_eq!(redactor.text("12345"), "12345");
    assert_eq!(
        redactor.body(r#"{"session": "12345", "n": "12345"}"#, false),
        r#"{"session": "REDACTED-session-1", "n": "12345"}"#
    );
    assert!(redactor.add("session", "123456"));
    assert_eq!(redactor.text("12345 123456"), "12345 REDACTED-session-2");
}

#[test]
fn a_short_password_is_replaced_where_it_stands_alone() {
    let mut redactor = Redactor::new();
    redactor.add_word("password", "test");
    assert_eq!(redactor.text("tests: 'test' and test1, T e s t"), "tests: 'REDACTED-password-1' and test1, T e s t");
}

#[test]
fn what_only_looks_like_a_marker_shields_nothing() {
    let redactor = redactor(&["s3cret.value", "REDACTED-token-7"]);
    for (text, clean) in [
        ("REDACTED-s3cret.value-1", "REDACTED-REDACTED-token-1-1"),
        ("REDACTED-token-1s3cret.value", "REDACTED-token-1REDACTED-token-1"),
        ("REDACTED-token-9 s3cret.value", "REDACTED-token-9 REDACTED-token-1"),
        ("REDACTED-token-7", "REDACTED-token-2"),
    ] {
        assert_eq!(redactor.text(text), clean);
    }
}

#[test]
fn turned_secrets_say_how() {
    let redactor = redactor(&["s3cret.Value", "zweites-Geheimnis"]);
    let hex: String = "s3cret.Value".bytes().map(|b| format!("{b:02X}")).collect();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let twice = STANDARD.encode(STANDARD.encode("<s3cret.Value>"));
    for (text, clean) in [
        ("<S3CRET.VALUE>", "<REDACTED-other-case-token-1>".to_owned()),
        ("<eulaV.terc3s>", "<REDACTED-reversed-token-1>".to_owned()),
        (&*hex, "REDACTED-hex-token-1".to_owned()),
        (&*String::from_utf8(wide("s3cret.Value")).unwrap(), "REDACTED-token-1\0".to_owned()),
        (&*twice, STANDARD.encode(STANDARD.encode("<REDACTED-token-1>"))),
        (&*STANDARD.encode(wide("s3cret.Value")), STANDARD.encode("REDACTED-token-1\0")),
        ("zweites%2DGEHEIMNIS", "REDACTED-other-case-token-2".to_owned()),
    ] {
        assert_eq!(redactor.text(text), clean);
        assert_eq!(redactor.text(&clean), clean);
    }
}

#[test]
fn what_was_cut_off_at_the_end_is_replaced() {
    let redactor = redactor(&["s3cret.value"]);
    assert_eq!(redactor.body("{\"a\": \"s3cret.", true), "{\"a\": \"REDACTED-cut-token-1");
    assert_eq!(redactor.body("{\"a\": \"s3cret.", false), "{\"a\": \"s3cret.");
    assert_eq!(redactor.body("{\"a\": \"s%33cret", true), "{\"a\": \"REDACTED-cut-token-1");
    assert_eq!(redactor.body("it is", true), "it is");
}

#[test]
fn what_was_shortened_keeps_no_beginning() {
    let redactor = redactor(&["s3cret.value"]);
    for (text, clean) in [
        ("is \"s3cret.va…, expected \"x\"", "is \"REDACTED-cut-token-1…, expected \"x\""),
        ("is \"s%33cret%2Eva%6… (99 bytes in all)", "is \"REDACTED-cut-token-1… (99 bytes in all)"),
        ("is \"S3CRET…", "is \"REDACTED-cut-token-1…"),
        ("is \"733363726574…", "is \"REDACTED-cut-token-1…"),
        ("is \"IHMzY3JldC…", "is \"IREDACTED-cut-token-1…"),
        ("is {\"a\": 1, …}", "is {\"a\": 1, …}"),
    ] {
        assert_eq!(redactor.excerpt(text), clean);
    }
}

#[test]
fn secrets_of_the_run_and_of_other_trials() {
    let others = Others::default();
    others.learn([&collect::Secret::known("registration_token", "run-wide-token")]);
    others.remember(&collect::Secret::known("access_token", "syt_anothertrial_s0000"));
    let mut redactor = others.redactor();
    assert!(redactor.add("token", "of-this-trial"));
    assert_eq!(
        redactor.text("run-wide-token, of-this-trial, ?t=SYT_anothertrial_s0000&syt_anothertrial_s0000x"),
        "REDACTED-run-registration-token-1, REDACTED-token-1, ?t=REDACTED-of-another-trial-1&syt_anothertrial_s0000x"
    );
    assert_eq!(redactor.marker("run-wide-token").as_deref(), Some("REDACTED-run-registration-token-1"));
}

/// What is looked at grows with the text, whatever it is made of and however many secrets there are.
#[test]
fn the_work_grows_with_the_text() {
    let mut many = Redactor::new();
    for number in 0..200 {
        assert!(many.add("token", &format!("{}{number:06}", "a".repeat(number))));
    }
    assert!(many.add("token", &"%".repeat(2000)) && many.add("token", &"=".repeat(2000)));
    let pieces = [
        "&",
        "&amp;",
        "&#38;#38;",
        "a=\r\n",
        "=\r\n",
        "%2561",
        "%252525",
        "%25",
        "%",
        "\\u0061",
        "\\u005c",
        "\\",
        "=",
        "==",
        "a",
        "YWFh",
        "WVdGaA",
        "token=",
        "\"token\":",
        "\"token\":\"a\",",
        "token=a&",
        "[token:",
        "<token>",
        "REDACTED-token-1",
        "REDACTED-",
        " ",
        "\n",
        "a\n",
        "=   ",
        "http://a/?b=c&",
        "0",
        "+",
        "=41",
        "=3D41",
        "&#x26;amp;",
        "\\\"token\\\":\\\"",
    ];
    for piece in pieces {
        let work = |times: usize| many.work(piece.repeat(times).as_bytes()) as f64;
        let (small, large) = (work(20_000 / piece.len()), work(80_000 / piece.len()));
        assert!(large <= small * 4.5 + 1000.0, "{piece:?}: {small} for 20 kB, {large} for 80 kB");
        assert!(large <= 80_000.0 * 120.0, "{piece:?}: {large} for 80 kB");
    }
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
    assert_eq!(redactor.marker("second-secret").as_deref(), Some("REDACTED-client-secret-2"));
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
    let once = redactor.text("my secret is REDACTED-client").into_owned();
    assert_eq!(once, "my REDACTED-client-secret-1 is REDACTED-password-1");
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

fn fold(text: &str, width: usize, line_end: &str) -> String {
    let lines: Vec<&str> = text.as_bytes().chunks(width).map(|l| std::str::from_utf8(l).unwrap()).collect();
    lines.join(line_end)
}
