//! The command that repeats an exchange.
//!
//! Takes a request as it was sent; gives one line for a POSIX shell (`$'…'`, where something cannot be typed, needs bash,
//! zsh, ksh or a newer sh). Secrets are markers by then, so the person puts theirs in.

use std::borrow::Cow;

use threepid_record::model::{Exchange, Request};

/// The `curl` command that sends the same request again.
pub fn curl(exchange: &Exchange) -> String {
    let Request { method, url, headers, body } = &exchange.request;
    let mut command = vec!["curl".to_owned()];
    let mut feed = None;
    match method.as_str() {
        // `-X HEAD` would wait for a body that never comes.
        "HEAD" => command.push("--head".to_owned()),
        "GET" if body.size_bytes == 0 => command.push("-i".to_owned()),
        method => command.extend(["-i".to_owned(), "-X".to_owned(), quote(method).into_owned()]),
    }
    if url.contains(['[', ']', '{', '}']) {
        command.push("--globoff".to_owned());
    }
    if url.contains("/.") {
        command.push("--path-as-is".to_owned());
    }
    for (name, value) in headers {
        // curl counts the bytes itself.
        if name == "content-length" {
            continue;
        }
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        command.extend(["-H".to_owned(), quote(&header).into_owned()]);
    }
    if body.size_bytes > 0 {
        // curl would call the body a form.
        if !headers.iter().any(|(name, _)| name == "content-type") {
            command.extend(["-H".to_owned(), "content-type:".to_owned()]);
        }
        match (&body.text, &body.base64) {
            (Some(text), _) if !text.contains('\0') => {
                command.extend(["--data-raw".to_owned(), quote(text).into_owned()]);
            }
            (Some(text), _) => {
                use base64::Engine as _;
                feed = Some(base64::engine::general_purpose::STANDARD.encode(text));
            }
            (None, base64) => feed = Some(base64.clone().unwrap_or_default()),
        }
        if feed.is_some() {
            command.extend(["--data-binary".to_owned(), "@-".to_owned()]);
        }
    }
    command.extend(["--url".to_owned(), quote(url).into_owned()]);
    let command = command.join(" ");
    match feed {
        Some(base64) => format!("printf %s {} | base64 -d | {command}", quote(&base64)),
        None => command,
    }
}

/// A word that the shell takes as it is meant.
pub(super) fn quote(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    if word.chars().all(|c| super::visible(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8()) {
        return Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")));
    }
    let mut quoted = String::from("$'");
    for c in word.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            c if super::visible(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8() => quoted.push(c),
            // By byte, because `\u` depends on the locale. Three octal digits can't run into a digit that follows.
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| quoted.push_str(&format!("\\{b:03o}"))),
        }
    }
    quoted.push('\'');
    Cow::Owned(quoted)
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use threepid_record::model::Body;

    fn request(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&str>) -> Exchange {
        fixture::exchange(method, url, headers, body, 200, "{}")
    }

    #[test]
    fn the_usual_request() {
        let exchange = request(
            "POST",
            "http://127.0.0.1:8008/_matrix/client/v3/account/3pid/add",
            &[("authorization", "Bearer REDACTED-access-token-1"), ("content-type", "application/json")],
            Some(r#"{"sid": "it's"}"#),
        );
        assert_eq!(
            curl(&exchange),
            "curl -i -X POST -H 'authorization: Bearer REDACTED-access-token-1' -H 'content-type: application/json' \
             --data-raw '{\"sid\": \"it'\\''s\"}' --url http://127.0.0.1:8008/_matrix/client/v3/account/3pid/add"
        );
    }

    #[test]
    fn requests_without_a_body() {
        assert_eq!(curl(&request("GET", "http://h/x?a=1&b=2", &[], None)), "curl -i --url 'http://h/x?a=1&b=2'");
        assert_eq!(curl(&request("HEAD", "http://h/", &[("x", "")], None)), "curl --head -H 'x;' --url http://h/");
        assert_eq!(curl(&request("POST", "http://h/", &[], None)), "curl -i -X POST --url http://h/");
    }

    #[test]
    fn addresses_that_curl_would_change() {
        assert_eq!(
            curl(&request("GET", "http://[::1]:80/a/../b", &[], None)),
            "curl -i --globoff --path-as-is --url 'http://[::1]:80/a/../b'"
        );
    }

    #[test]
    fn bodies_that_are_no_text_are_fed_in() {
        let mut exchange = request("POST", "http://h/", &[], Some("x"));
        exchange.request.body = Body { base64: Some("//4=".to_owned()), size_bytes: 2, ..Body::default() };
        assert_eq!(
            curl(&exchange),
            "printf %s //4= | base64 -d | curl -i -X POST -H content-type: --data-binary @- --url http://h/"
        );
        assert!(curl(&request("POST", "http://h/", &[], Some("a\0b"))).starts_with("printf %s YQBi | base64 -d | "));
    }

    /// A shell is the judge: what it hands on must be what was sent.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_words_back() {
        for word in
            ["", "plain", "it's \"so\" $HOME `id` \\ !x #~*", "a\nb\tc\x1b[2J\u{202e}é\\'7", "-d @file", "::error::"]
        {
            let script = format!("printf %s {}", quote(word));
            let Ok(output) = std::process::Command::new("bash").args(["-c", &script]).output() else {
                return;
            };
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word, "{script}");
            assert!(!script.contains(['\x1b', '\n', '\u{202e}']), "{script:?}");
        }
    }
}
