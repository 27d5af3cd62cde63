//! The client against servers that misbehave, each written out on a bare TCP socket.

mod origins;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use threepid_record::model::{Exchange, FailureKind};

use super::{Client, HttpOptions, Origins, Outgoing, Shared};

/// Serves every connection with `serve`, which gets the socket after the request's head was read.
async fn server<F, Fut>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream, String) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = Vec::new();
            let mut buffer = [0; 4096];
            while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                match socket.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => head.extend_from_slice(&buffer[..read]),
                }
            }
            tokio::spawn(serve(socket, String::from_utf8_lossy(&head).into_owned()));
        }
    });
    address
}

/// A server that gives the same bytes to everyone and closes.
async fn canned(answer: &'static [u8]) -> SocketAddr {
    server(move |mut socket, _| async move {
        let _ = socket.write_all(answer).await;
        let _ = socket.shutdown().await;
    })
    .await
}

fn options() -> HttpOptions {
    HttpOptions { request_timeout: Duration::from_millis(300), body_limit: 1000, ..HttpOptions::default() }
}

async fn send(options: &HttpOptions, outgoing: Outgoing) -> Exchange {
    Client::new(options, &Shared::new().unwrap()).unwrap().send(outgoing).await
}

async fn get(address: SocketAddr) -> Exchange {
    send(&options(), Outgoing::new("GET", format!("http://{address}/x"))).await
}

fn failure(exchange: &Exchange) -> (FailureKind, &str) {
    let failure = exchange.failure.as_ref().expect("a failure");
    (failure.kind, &failure.message)
}

#[tokio::test]
async fn a_complete_answer_is_recorded_whole() {
    let address = canned(
        b"HTTP/1.1 201 Created\r\nX-Twice: one\r\nX-Twice: two\r\nX-Odd: \xff\xfe\r\nContent-Length: 6\r\n\r\nb\xc3\xa9llo",
    )
    .await;
    let outgoing = Outgoing {
        actor: Some("alice".to_owned()),
        ..Outgoing::new("POST", format!("http://{address}/a?b=c")).bearer("secret").json(&serde_json::json!({"a": 1}))
    };
    let exchange = send(&options(), outgoing).await;
    assert_eq!(exchange.failure, None);
    assert_eq!(exchange.actor.as_deref(), Some("alice"));
    assert_eq!(exchange.request.method, "POST");
    assert_eq!(exchange.request.body.text.as_deref(), Some(r#"{"a":1}"#));
    assert_eq!(exchange.request.headers[0], ("authorization".to_owned(), "Bearer secret".to_owned()));
    let response = exchange.response.unwrap();
    assert_eq!(response.status, 201);
    assert_eq!(response.body.text.as_deref(), Some("béllo"));
    assert_eq!(response.body.size_bytes, 6);
    let twice: Vec<_> =
        response.headers.iter().filter(|(name, _)| name == "x-twice").map(|(_, v)| v.as_str()).collect();
    assert_eq!(twice, ["one", "two"]);
    assert_eq!(response.header("x-odd"), Some("\u{fffd}\u{fffd}"));
    assert!(exchange.headers_ms > 0.0 && exchange.headers_ms <= exchange.total_ms);
}

#[tokio::test]
async fn a_server_that_never_answers_ends_at_the_timeout() {
    let address = server(|socket, _| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(socket);
    })
    .await;
    let exchange = get(address).await;
    let (kind, message) = failure(&exchange);
    assert_eq!(kind, FailureKind::Timeout);
    assert_eq!(message, "no answer within 300 ms (`--request-timeout`)");
    assert!(exchange.response.is_none() && exchange.headers_ms == 0.0);
    assert!((290.0..5000.0).contains(&exchange.total_ms), "{}", exchange.total_ms);
}

#[tokio::test]
async fn a_slow_drip_ends_at_the_timeout_and_keeps_what_came() {
    let address = server(|mut socket, _| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n").await;
        while socket.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let exchange = get(address).await;
    let (kind, message) = failure(&exchange);
    assert_eq!(kind, FailureKind::Timeout);
    assert!(message.contains("did not end within 300 ms (`--request-timeout`)"), "{message}");
    let response = exchange.response.unwrap();
    assert_eq!(response.status, 200);
    assert!(response.body.text.unwrap().starts_with("xx"));
    assert!(!response.body.truncated);
}

#[tokio::test]
async fn a_huge_body_stops_at_the_limit() {
    let address = server(|mut socket, _| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").await;
        let block = [b'y'; 65536];
        while socket.write_all(&block).await.is_ok() {}
    })
    .await;
    let exchange = get(address).await;
    let (kind, message) = failure(&exchange);
    assert_eq!(kind, FailureKind::TooLarge);
    assert_eq!(message, "the answer's body is larger than 1000 bytes (`--body-limit`)");
    let body = exchange.response.unwrap().body;
    assert_eq!((body.size_bytes, body.truncated), (1000, true));
    assert_eq!(body.text.unwrap().len(), 1000);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_complete() {
    let address = canned(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
    let exact = HttpOptions { body_limit: 5, ..options() };
    let exchange = send(&exact, Outgoing::new("GET", format!("http://{address}/"))).await;
    assert_eq!(exchange.failure, None);
    assert!(!exchange.response.unwrap().body.truncated);
}

#[tokio::test]
async fn a_body_cut_within_a_character_is_still_text() {
    let address = canned("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\néééé".as_bytes()).await;
    let odd = HttpOptions { body_limit: 3, ..options() };
    let body = send(&odd, Outgoing::new("GET", format!("http://{address}/"))).await.response.unwrap().body;
    assert_eq!(body.text.as_deref(), Some("é"));
    assert_eq!((body.size_bytes, body.truncated), (3, true));
}

#[tokio::test]
async fn garbage_is_broken() {
    let address = canned(b"220 mail.test ESMTP\r\n\r\n").await;
    let exchange = get(address).await;
    let (kind, message) = failure(&exchange);
    assert_eq!(kind, FailureKind::Broken);
    assert!(message.contains("invalid HTTP"), "{message}");
    assert!(!message.contains('\n') && !message.contains(&address.to_string()), "{message}");
}

#[tokio::test]
async fn a_close_in_the_middle_keeps_what_came() {
    let address = canned(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
    let exchange = get(address).await;
    assert_eq!(failure(&exchange).0, FailureKind::Broken);
    assert_eq!(exchange.response.unwrap().body.text.as_deref(), Some("half"));
}

#[tokio::test]
async fn a_close_before_the_answer_is_broken() {
    let address = canned(b"").await;
    assert_eq!(failure(&get(address).await).0, FailureKind::Broken);
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let address = canned(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n").await;
    let exchange = get(address).await;
    assert_eq!(exchange.failure, None);
    let response = exchange.response.unwrap();
    assert_eq!((response.status, response.header("location")), (302, Some("http://elsewhere.test/")));
}

#[tokio::test]
async fn invalid_utf8_is_kept_as_base64() {
    let address = canned(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\xff\xfe").await;
    let body = get(address).await.response.unwrap().body;
    assert_eq!((body.text, body.base64.as_deref(), body.size_bytes), (None, Some("Yf/+"), 3));
}

#[tokio::test]
async fn nobody_listening_is_a_connect_failure_with_its_cause() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let exchange = get(address).await;
    let (kind, message) = failure(&exchange);
    assert_eq!(kind, FailureKind::Connect);
    assert!(message.contains("refused"), "{message}");
}

#[tokio::test]
async fn requests_that_cannot_be_formed_are_told_apart() {
    for (outgoing, words) in [
        (Outgoing::new("GET", "not a url"), "`not a url` is not an absolute URL"),
        (Outgoing::new("GET", "javascript:alert(1)"), "its scheme is `javascript`"),
        (Outgoing::new("GE T", "http://127.0.0.1:1/"), "`GE T` is not an HTTP method"),
        (Outgoing::new("CONNECT", "http://127.0.0.1:1/"), "`CONNECT`"),
        (Outgoing::new("GET", "http://127.0.0.1:1/").header("a b", "c"), "`a b` is not a header name"),
        (Outgoing::new("GET", "http://127.0.0.1:1/").header("x-y", "a\r\nb: c"), "the value of header `x-y`"),
    ] {
        let exchange = send(&options(), outgoing).await;
        let (kind, message) = failure(&exchange);
        assert_eq!(kind, FailureKind::BadRequest, "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn no_cookie_is_kept() {
    let address = server(|mut socket, head| async move {
        let seen = head.contains("cookie: csrf=1");
        let answer =
            format!("HTTP/1.1 200 OK\r\nSet-Cookie: csrf=1\r\nContent-Length: 5\r\nConnection: close\r\n\r\n{seen:<5}");
        let _ = socket.write_all(answer.as_bytes()).await;
        let _ = socket.shutdown().await;
    })
    .await;
    let client = Client::new(&options(), &Shared::new().unwrap()).unwrap();
    let ask = || client.send(Outgoing::new("GET", format!("http://{address}/")));
    ask().await;
    assert_eq!(ask().await.response.unwrap().body.text.as_deref(), Some("false"));
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn a_compressed_answer_is_read_within_the_limit() {
    /// `{"a": 1}`, as gzip writes it.
    const SMALL: &str = "H4sIAAAAAAAC/6tWSlSyUjCsBQCXjqH7CAAAAA==";
    let address = server(|mut socket, head| async move {
        assert!(head.contains("accept-encoding: ") && head.contains("gzip"), "{head}");
        let body = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, SMALL).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = socket.write_all(&[head.as_bytes(), &body].concat()).await;
        let _ = socket.shutdown().await;
    })
    .await;
    let outgoing = || Outgoing::new("GET", format!("http://{address}/"));
    let whole = send(&options(), outgoing()).await;
    assert_eq!(whole.response.unwrap().body.text.as_deref(), Some("{\"a\": 1}"));
    let cut = send(&HttpOptions { body_limit: 4, ..options() }, outgoing()).await;
    assert!(cut.failure.unwrap().message.contains("--body-limit"));
    assert_eq!(cut.response.unwrap().body.size_bytes, 4);
}

#[tokio::test]
async fn a_mapped_link_carries_the_public_name() {
    let address = server(|mut socket, head| async move {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len());
        let _ = socket.write_all(answer.as_bytes()).await;
        let _ = socket.shutdown().await;
    })
    .await;
    let origins = Origins::parse(&format!("http://{address}"), Some("https://matrix.example.org")).unwrap();
    let link = Url::parse("https://matrix.example.org/_x/confirm?token=a%20b").unwrap();
    let reached = origins.to_reachable(&link).unwrap();
    let outgoing = Outgoing { forwarded: reached.forwarded, ..Outgoing::new("GET", reached.url) };
    let exchange = send(&options(), outgoing).await;
    assert_eq!(exchange.request.url, format!("http://{address}/_x/confirm?token=a%20b"));
    assert!(exchange.request.headers.contains(&("host".to_owned(), "matrix.example.org".to_owned())));
    let head = exchange.response.unwrap().body.text.unwrap();
    assert!(head.starts_with("GET /_x/confirm?token=a%20b HTTP/1.1\r\n"), "{head}");
    assert_eq!(head.matches("host: ").count(), 2, "one host and one x-forwarded-host: {head}");
    assert!(head.contains("\r\nhost: matrix.example.org\r\n"), "{head}");
    assert!(head.contains("\r\nx-forwarded-proto: https\r\n"), "{head}");
}
