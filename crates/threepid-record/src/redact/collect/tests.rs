use super::*;
use crate::model::{Mail, Part};

fn all(collector: Collector) -> Vec<String> {
    collector.into_secrets().into_iter().map(|secret| secret.value).collect()
}

fn of_link(link: &str) -> Vec<String> {
    let mut found = Collector::default();
    found.link(link);
    all(found)
}

fn of_body(text: &str) -> Vec<String> {
    let mut found = Collector::default();
    found.body(&Body { text: Some(text.to_owned()), ..Body::default() });
    all(found)
}

#[test]
fn a_token_is_found_wherever_a_link_has_it() {
    for (link, secret) in [
        ("http://hs/v/TOKENpathSECRET00002/sid", "TOKENpathSECRET00002"),
        ("http://hs/v#token=TOKENpath1", "TOKENpath1"),
        ("http://hs/v#TOKENpathSECRET00002", "TOKENpathSECRET00002"),
        ("http://hs/v?token=SHRT000003", "SHRT000003"),
        ("/v?t=abcdefghijklmnop", "abcdefghijklmnop"),
        ("http://hs/v/qWeRtYuIopAsdFgh", "qWeRtYuIopAsdFgh"),
        ("http://hs/v;token=abcdef1", "abcdef1"),
        ("http://hs/v?x=1;t=abcdef1", "abcdef1"),
        ("http://hs/#/verify?k=abcdef1", "abcdef1"),
        ("http://hs/#!/verify/TOKENpathSECRET00002", "TOKENpathSECRET00002"),
        ("app://verify?code=12345", "12345"),
        ("http://hs/v/123456", "123456"),
        ("http://user:p4ssw0rd@hs/v", "p4ssw0rd"),
        ("http://hs/v?next=http%3A%2F%2Fapp%2F%3Ft%3Dabcdef1", "abcdef1"),
    ] {
        assert_eq!(of_link(link), [secret], "{link}");
    }
}

#[test]
fn names_of_pages_are_no_secrets() {
    let known = "http://hs/_matrix/client/unstable/registration/email/submit_token/requestToken/v1.11";
    assert_eq!(of_link(known), [""; 0]);
    assert_eq!(of_link("http://hs/_synapse/client/password_reset/email/submit_token?sid=abc#top"), [""; 0]);
    assert_eq!(of_link("not a link"), [""; 0]);
    let mut found = Collector::new(["https://hs/?sid=AbCdEfGh123456".to_owned(), "alice-0a1b2c3d4e@t".to_owned()]);
    found.link("http://hs/v?sid=AbCdEfGh123456&user=alice-0a1b2c3d4e");
    assert_eq!(all(found), [""; 0]);
}

#[test]
fn forms_and_headers_have_secrets_too() {
    let page = r#"<form action="/v?t=abcdefghijklmnop"><input type=hidden name=token value=hidden1></form>
        <form><input value="FORM0000two" name=x></form>"#;
    assert_eq!(of_body(page), ["abcdefghijklmnop", "hidden1", "FORM0000two"]);
    let mut found = Collector::default();
    found.header("Set-Cookie", "sess=COOKIE12; Path=/; HttpOnly");
    found.header("Location", "https://app.test/?loginToken=LOGIN123&x=1");
    found.header("Authorization", "Bearer the-token");
    found.header("X-Access-Token", "header-token");
    found.header("Link", "<https://app.test/?t=abcdef1>; rel=next");
    assert_eq!(all(found), ["COOKIE12", "LOGIN123", "the-token", "header-token", "abcdef1"]);
}

/// Valid or not, cut off or with too much behind it.
#[test]
fn names_say_what_is_secret_in_any_body() {
    for body in [
        r#"{"access_token": "s3cret.value"}"#,
        r#"{"access_token": "s3cret.value"#,
        r#"{"access_token": "s3cret.value", "x": NaN}"#,
        "\u{feff}{\"access_token\":\"s3cret.value\"}",
        r#"{"access_token":"s3cret.value"} trailing"#,
        r#"{"access_token":["s3cret.value"]}"#,
        r#"{"access_token" : "s3cret.value", "access_token": "s3cret.value"}"#,
        r#"{"error": "{\"access_token\": \"s3cret.value\"}"}"#,
        r#"{"access_\u0074oken": "s3cret.value"}"#,
        r#"{"accessToken": "s3cret.value"}"#,
        r#"{"login_token": "s3cret.value"}"#,
        r#"{"nonce": "s3cret.value"}"#,
        r"{'access_token': 's3cret.value'}",
        "grant=1&access_token=s3cret.value&x=2",
        "<r><access_token>s3cret.value</access_token></r>",
        "<r access_token=\"s3cret.value\"/>",
        "access_token: s3cret.value9",
        "&quot;access_token&quot;: &quot;s3cret.value&quot;",
        "eyJhY2Nlc3NfdG9rZW4iOiAiczNjcmV0LnZhbHVlIn0=",
        "var token = 's3cret.value';",
    ] {
        let found = of_body(body);
        assert!(found.iter().any(|value| value.starts_with("s3cret.value")), "{body}: {found:?}");
    }
    for body in [r#"{"error": "Invalid token: it has expired"}"#, r#"{"token": null, "session": true}"#, "no token."] {
        assert_eq!(of_body(body), [""; 0], "{body}");
    }
}

#[test]
fn codes_and_tokens_in_the_text_of_a_mail() {
    let part = |content_type: &str, text: &str| Part {
        content_type: content_type.to_owned(),
        charset: String::new(),
        transfer_encoding: String::new(),
        text: text.to_owned(),
        alternative: None,
    };
    let mail = Mail {
        envelope: Default::default(),
        session: Default::default(),
        raw: Body::default(),
        headers: vec![("Subject".to_owned(), "482913 is your code".to_owned())],
        parts: vec![
            part("text/plain", "Your code: X7K9QM. Or go to http://hs/a1b2c3d4e5f6 or type abc-def-12345."),
            part("text/html", "<p class=col1234567>Hello alice-0a1b2c3d4e, <b>112233</b> in 2026</p>"),
        ],
        links: Vec::new(),
        codes: Vec::new(),
        cut: false,
    };
    let mut found = Collector::new(["alice-0a1b2c3d4e@threepid.test".to_owned()]);
    found.mail(&mail);
    let found = all(found);
    for secret in ["482913", "X7K9QM", "a1b2c3d4e5f6", "abc-def-12345", "112233"] {
        assert!(found.iter().any(|value| value == secret), "{secret}: {found:?}");
    }
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn a_value_that_looks_quoted_printable_is_collected_as_it_stands() {
    let link = |token: &str| format!("Go: https://hs/confirm?token={token}&sid=2Fd81hQk3LmZpqrs\n");
    for (text, expected) in [
        (link("4Bx7zQ1hGk39sPqL"), "4Bx7zQ1hGk39sPqL"),
        // Here it is: the sign itself is encoded, and a soft break cuts the token.
        (link("PLACE").replace('=', "=3D").replace("PLACE", "4Bx7zQ=\n1hGk39sPqL"), "4Bx7zQ1hGk39sPqL"),
    ] {
        let mut found = Collector::default();
        found.text(text.as_bytes());
        let values: Vec<String> = found.into_secrets().into_iter().map(|secret| secret.value.to_string()).collect();
        assert!(values.iter().any(|value| value == expected), "{values:?}");
        assert!(!values.iter().any(|value| value.contains("token")), "{values:?}");
    }
}
