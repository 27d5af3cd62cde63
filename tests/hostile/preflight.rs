//! What is no homeserver, or one that cannot be tested, is one error: what was tried, what was seen, what to set.

use serde_json::json;

use crate::homeserver;
use crate::program::Ended;
use crate::run::{ASK, outcomes, place, preflight, run};
use crate::server::{Reply, Server, silence};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n";

fn answered(reply: Reply) -> Ended {
    let server = Server::start(move |_, _| reply.clone());
    one_error(preflight(&server.url()))
}

/// One line, exit code 3, no more than a person reads.
#[track_caller]
fn one_error(ended: Ended) -> Ended {
    let ended = ended.expect(3);
    assert_eq!((ended.err.lines().count(), &*ended.out), (1, ""), "{ended:?}");
    assert!(ended.err.len() < 2000, "{} bytes: {}", ended.err.len(), &ended.err[..500]);
    ended
}

#[test]
fn nothing_comes() {
    let deaf = Server::raw(|socket| silence(&socket));
    let ended = one_error(preflight(&format!("http://{deaf}")));
    ended.says(&[
        "no answer came of it",
        &deaf.to_string(),
        "no answer within 1000 ms",
        "--request-timeout",
        "--homeserver",
    ]);
    let parts = ["did not end within 1000 ms", "--request-timeout", "bytes of its body came"];
    answered(Reply::Silent(HEAD.to_vec())).says(&parts);
    answered(Reply::Drip(HEAD.to_vec())).says(&parts);
    answered(Reply::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec())).says(&["no answer within 1000 ms"]);
}

#[test]
fn the_connection_ends() {
    answered(Reply::Bytes([HEAD, b"{\"versions\": [\"v1.11\"]}"].concat())).says(&[
        "/_matrix/client/versions",
        "200",
        "end of file before message length reached",
    ]);
    answered(Reply::Bytes(Vec::new())).says(&["no answer came of it", "connection closed before message completed"]);
    answered(Reply::Reset).says(&["no answer came of it", "reset"]);
}

#[test]
fn what_comes_is_not_http() {
    for bytes in
        [&b"220 mail.test ESMTP\r\n"[..], b"SSH-2.0-OpenSSH_9.9\r\n", b"\0\0\0\x08\x03\0\0\0", b"\x1b[2J\r\n\r\n"]
    {
        answered(Reply::Bytes(bytes.to_vec())).says(&["no answer came of it", "invalid HTTP version"]);
    }
}

#[test]
fn the_head_is_absurd() {
    let head = |headers: String| format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 2\r\n\r\n{{}}").into_bytes();
    answered(Reply::Bytes(head("X-Y: z\r\n".repeat(100_000)))).says(&["no answer came of it", "head is too large"]);
    answered(Reply::Bytes(head(format!("X-Y: {}\r\n", "z".repeat(4 << 20)))))
        .says(&["no answer came of it", "too large"]);
    let endless = Reply::Flood(b"HTTP/1.1 200 OK\r\nX-Y: ".to_vec(), vec![b'z'; 1 << 16], 4096);
    answered(endless).says(&["no answer came of it", "too large"]);
}

#[test]
fn the_body_has_no_end() {
    let flood = |head: &str| {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").into_bytes();
        Reply::Flood(head, format!("10000\r\n{}\r\n", "x".repeat(1 << 16)).into_bytes(), 4096)
    };
    let parts = ["larger than 1048576 bytes", "--body-limit"];
    answered(flood("Content-Length: 300000000")).says(&parts);
    answered(flood("Transfer-Encoding: chunked")).says(&parts);
    answered(flood("Connection: close")).says(&parts);
}

#[test]
fn what_comes_is_no_list_of_versions() {
    for (body, words) in [
        (b"<html>\x1b[2J\n::error::x</html>".to_vec(), "which is not JSON"),
        (b"[".repeat(100_000), "which is not JSON"),
        (b"{\"a\":".repeat(100_000), "which is not JSON"),
        (b"{\"versions\": [\"v1.11\"], \"\xff\": 1}".to_vec(), "which is not JSON"),
        (br#"{"versions": ["\ud800"]}"#.to_vec(), "which is not JSON"),
        (br#"{"versions": [1e999]}"#.to_vec(), "which is not JSON"),
        (b"{}".to_vec(), "JSON without `versions`"),
        (br#"{"versions": "v1.11"}"#.to_vec(), "JSON without `versions`"),
        (br#"{"versions": [], "versions": 7}"#.to_vec(), "JSON without `versions`"),
        (br#"{"versions": ["v1.11\u001b[2J\n::error::x"]}"#.to_vec(), "no version"),
        (json!({"versions": ["\u{202e}", "\u{9b}2J"]}).to_string().into_bytes(), "no version"),
        (json!({"versions": vec!["v9.9"; 50_000]}).to_string().into_bytes(), "no version"),
        (json!({"versions": [18446744073709551615u64, -1, 1.5, null]}).to_string().into_bytes(), "no version"),
    ] {
        answered(Reply::typed(200, "application/json", body)).says(&[words, "/_matrix/client/versions"]);
    }
}

#[test]
fn it_leads_elsewhere() {
    let elsewhere = Server::start(|_, _| Reply::json(200, json!({"versions": ["v1.11"]})));
    for location in [&*elsewhere.url(), "/_matrix/client/versions", "file:///etc/passwd", "javascript:alert(1)"] {
        let ended = answered(Reply::json(302, "{}").with("Location", location));
        ended.says(&["302", location, "--homeserver"]);
    }
    assert_eq!(elsewhere.asked().len(), 0, "redirects are not followed");
}

#[test]
fn everything_is_answered_alike() {
    answered(Reply::json(200, "{}")).says(&["JSON without `versions`"]);
    answered(Reply::json(404, json!({"errcode": "M_UNRECOGNIZED"}))).says(&["it answered 404", "where a homeserver"]);
    let versions = json!({"versions": ["v1.11"]});
    answered(Reply::json(200, versions)).says(&[
        "no account could be made",
        "POST /register answered 200",
        "--accounts",
    ]);
}

/// A homeserver that is good, but for one thing that the preflight asks.
fn but_for(what: &'static str, reply: Reply) -> Ended {
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, move |asked, _| (asked.what() == what).then(|| reply.clone()));
    one_error(run(&place(&[ASK]), &server.url(), smtp, &[]))
}

#[test]
fn accounts_cannot_be_made() {
    let broken = json!({"errcode": "M_UNKNOWN", "error": "out of \u{1b}[2J cheese"});
    but_for("POST /register", Reply::json(500, broken)).says(&["POST /register", "500 M_UNKNOWN", "cheese"]);
    for stages in [json!(["m.login.recaptcha"]), json!(["m.login.dummy", "m.login.terms"]), json!([])] {
        let stage = stages[0].as_str().unwrap_or("all stages are complete").to_owned();
        let uia = json!({"session": "s", "flows": [{"stages": stages}]});
        but_for("POST /register", Reply::json(401, uia)).says(&["no account could be made", &stage, "--accounts"]);
    }
    let endless = json!({"session": "s", "flows": [{"stages": vec!["m.login.dummy"; 10_000]}],
                         "completed": ["m.login.dummy"]});
    but_for("POST /register", Reply::json(401, endless)).says(&["no account could be made", "--accounts"]);
    let many: Vec<_> = (0..10_000).map(|number| json!({"stages": [format!("m.{number}\n::error::x")]})).collect();
    but_for("POST /register", Reply::json(401, json!({"session": "s", "flows": many}))).says(&["m.0", "--accounts"]);
}

#[test]
fn a_secret_in_an_answer_that_makes_no_sense_is_not_shown() {
    for body in [
        r#"{"access_token": "syt_secret_of_the_server"}"#,
        r#"{"session": "syt_secret_of_the_server"}"#,
        r#"{"access_token": "syt_secret_of_the_server", "#,
        r#"["syt_secret_of_the_server"]"#,
    ] {
        let ended = but_for("POST /register", Reply::json(200, body)).says(&["POST /register answered 200"]);
        assert!(!ended.err.contains("syt_secret"), "{}", ended.err);
    }
}

#[test]
fn what_is_offered_cannot_be_told() {
    // Not "it offers no login", which would skip what is to be tested.
    but_for("GET /login", Reply::Silent(Vec::new())).says(&["could not tell", "GET /login", "--request-timeout"]);
    but_for("GET /login", Reply::Reset).says(&["could not tell", "GET /login"]);
    let limited = Reply::json(429, json!({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 3_600_000}));
    but_for("GET /login", limited.clone()).says(&["could not tell", "GET /login", "429", "--account-timeout"]);
    but_for("POST /account/3pid/email/requestToken", limited).says(&["could not tell", "429", "--account-timeout"]);
    answered(Reply::Bytes(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())).says(&["which is not JSON"]);
}

#[test]
fn what_is_broken_is_taken_to_be_offered_and_left_to_the_trials() {
    let smtp = homeserver::free_address();
    let server = homeserver::start(smtp, |asked, _| (asked.what() == "GET /login").then(|| Reply::json(502, "{}")));
    let needs = "needs: [password-login]\nsteps:\n  - GET: /login\n    must: {status: 200}\n";
    let place =
        place(&[&ASK.replace("steps:", "needs: [password-login]\nsteps:"), &format!("title: x\nwhy: y\n{needs}")]);
    run(&place, &server.url(), smtp, &[]).expect(1);
    assert_eq!(outcomes(&place), ["pass", "fail"], "neither is skipped");
}
