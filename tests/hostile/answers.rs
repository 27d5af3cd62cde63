//! A homeserver that passes the preflight and then answers one request as nobody expects.

use serde_json::json;

use crate::program::Ended;
use crate::run::{answering, outcomes, reason};
use crate::server::Reply;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n";

/// It could not be told: exit 3, and the reason has these words.
#[track_caller]
fn unknown(reply: Reply, words: &[&str]) -> Ended {
    let (ended, place, _) = answering(reply);
    assert_eq!(outcomes(&place), ["error"], "{}", ended.out);
    for part in words {
        assert!(reason(&place).contains(part), "{part:?} is missing in {}", reason(&place));
    }
    ended.expect(3)
}

#[test]
fn an_answer_without_an_end_is_no_verdict() {
    // The status and the start of the body are there, and as required; the rest could be anything.
    let start = [HEAD, b"{\"hello\": \"world\"}"].concat();
    unknown(Reply::Silent(Vec::new()), &["no answer within 1000 ms", "--request-timeout"]);
    unknown(Reply::Silent(start.clone()), &["did not end within 1000 ms", "--request-timeout"]);
    unknown(Reply::Drip(start.clone()), &["did not end within 1000 ms", "--request-timeout"]);
    unknown(Reply::Bytes(start), &["end of file before message length reached"]);
    unknown(Reply::Reset, &["reset"]);
    unknown(Reply::Bytes(b"220 mail.test ESMTP\r\n".to_vec()), &["invalid HTTP version"]);
    let huge = b"HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n".to_vec();
    unknown(Reply::Flood(huge, vec![b'x'; 1 << 16], 4577), &["larger than 1048576 bytes", "--body-limit"]);
}

#[test]
fn a_whole_answer_that_is_wrong_is_a_fail() {
    let deep = b"[".repeat(100_000);
    for (body, found) in [
        (deep.clone(), "no JSON"),
        (b"{\"hello\": \"world\", \"\xff\": 1}".to_vec(), "body"),
        (br#"{"hello": "\ud800"}"#.to_vec(), "no JSON"),
        (b"{\"hello\": \"wor\0ld\"}".to_vec(), "no JSON"),
        (br#"{"hello": "wor\u0000\u001b[2Jld"}"#.to_vec(), "hello"),
        (br#"{"hello": "world", "hello": "earth"}"#.to_vec(), "earth"),
        (br#"{"hello": 1e400}"#.to_vec(), "no JSON"),
        (br#"{"hello": 123456789012345678901234567890}"#.to_vec(), "hello"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03".repeat(1000), "body"),
        ("{\"hello\": \"\u{202e}dlrow\"}".into(), "hello"),
        (b"\n::error::x\r\n##[error]y\x1b[2J".to_vec(), "no JSON"),
    ] {
        let (ended, place, _) = answering(Reply::typed(200, "application/json", body));
        let ended = ended.expect(1);
        assert_eq!(outcomes(&place), ["fail"]);
        assert!(reason(&place).contains(found), "{found}: {}", reason(&place));
        assert!(ended.out.contains("Not conformant"), "{}", ended.out);
    }
}

#[test]
fn what_is_compressed_and_cut_is_no_verdict() {
    let cut = Reply::typed(200, "application/json", b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec())
        .with("Content-Encoding", "gzip");
    let (ended, place, server) = answering(cut);
    ended.expect(3);
    assert_eq!(outcomes(&place), ["error"]);
    assert!(reason(&place).contains("decoding response body"), "{}", reason(&place));
    assert_eq!(server.times("GET /hostile"), 1);
}

#[test]
fn numbers_at_the_edge_are_as_good_as_others() {
    let body = json!({"hello": "world", "a": u64::MAX, "b": i64::MIN, "c": f64::MAX, "d": 5e-324, "e": -0.0});
    let (ended, place, _) = answering(Reply::json(200, body));
    ended.expect(0);
    assert_eq!(outcomes(&place), ["pass"]);
}

#[test]
fn a_redirect_of_a_request_is_an_answer() {
    let elsewhere = crate::server::Server::start(|_, _| Reply::json(200, json!({"hello": "world"})));
    for location in
        [&*format!("{}/hostile", elsewhere.url()), "/hostile", "file:///etc/passwd", "http://169.254.169.254/"]
    {
        let (ended, place, server) = answering(Reply::json(302, "{}").with("Location", location));
        ended.expect(1);
        assert!(reason(&place).contains("302"), "{}", reason(&place));
        assert_eq!(server.times("GET /hostile"), 1, "{location}");
    }
    assert_eq!(elsewhere.asked().len(), 0);
}
