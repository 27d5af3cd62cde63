//! What must hold of every input.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use threepid::html;
use threepid::mail::{Limits, Received, Sink, SinkOptions, TEXT_LIMIT, proof, read_mail};
use threepid::model::{Body, Envelope, SessionFacts};
use threepid::redact::Redactor;
use threepid::redact::collect::Collector;
use threepid::report;
use threepid::scenario::{SourceFile, Sources, Suite};
use tokio::time::Instant;

use crate::holds;

/// A scenario is read, or its faults are shown, each with its place.
#[test]
fn scenarios() {
    let words = [
        "steps:\n",
        "must: ",
        "- GET: ",
        "<email>",
        "<a: sid>",
        "&x ",
        "*x",
        "!!binary ",
        "? ",
        "repeat:\n",
        "{",
        "cases:\n",
    ];
    holds("scenario", &words, |input| {
        let text = String::from_utf8_lossy(input).into_owned();
        let sources = Sources::of([SourceFile { path: "fuzz/one.yaml".into(), text }]);
        if let Err((sources, faults)) = Suite::read(sources) {
            let shown = faults.render(&sources, false, 100);
            assert!(shown.contains("fuzz/one.yaml"), "{shown}");
        }
    });
}

/// The sink answers or hangs up, and serves the next client.
#[test]
fn smtp() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options = SinkOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        hostname: "sink.test".into(),
        limits: Limits { message_bytes: 16 * 1024, idle: Duration::from_secs(5), ..Limits::default() },
    };
    let sink = runtime.block_on(Sink::start(options)).unwrap();
    let words = [
        "\r\n.\r\n",
        "DATA\r\n",
        "BDAT 5 LAST\r\n",
        "RSET\r\n",
        "\n.\n",
        "MAIL FROM:<>\r\n",
        "RCPT TO:<a@b>\r\n",
        "AUTH PLAIN ",
    ];
    holds("smtp", &words, |input| {
        let mut bad = TcpStream::connect(sink.addr()).unwrap();
        bad.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
        // It may have had enough of this client meanwhile.
        let _ = bad.write_all(input).and_then(|()| bad.shutdown(Shutdown::Write));
        let mut said = Vec::new();
        let _ = bad.read_to_end(&mut said);
        assert!(said.starts_with(b"220 ") || said.is_empty(), "it greets nobody");
        // What follows is encrypted, or says that it is not.
        let said = String::from_utf8_lossy(&said).into_owned();
        let plain = said.split("ready for TLS").next().unwrap_or_default();
        let code = |line: &str| line.get(..3).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(plain.lines().all(code), "a reply without a code: {plain:?}");
    });
    let mut mailbox = sink.mailbox("good@sink.test");
    let mut good = TcpStream::connect(sink.addr()).unwrap();
    good.write_all(
        b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<good@sink.test>\r\nDATA\r\nSubject: x\r\n\r\ny\r\n.\r\nQUIT\r\n",
    )
    .unwrap();
    let came = runtime.block_on(async { mailbox.receive(1, Instant::now() + Duration::from_secs(10)).await });
    assert_eq!(came.len(), 1, "the sink takes mail no more");
}

/// A mail becomes text and links within the limits.
#[test]
fn mails() {
    let words = [
        "Content-Type: text/html\r\n",
        "--b\r\n",
        "=?utf-8?q?",
        "http://127.0.0.1:8008/?token=",
        "charset=utf-16",
        "base64",
        "\r\n\r\n",
        "<a href='",
        "&#x",
    ];
    let origins = ["http://127.0.0.1:8008/".parse().unwrap()];
    holds("mail", &words, |input| {
        let received = Received {
            envelope: Envelope { from: String::new(), to: vec!["a@b.test".into()], ..Envelope::default() },
            session: SessionFacts::default(),
            raw: Arc::from(input),
            arrived: Instant::now(),
            recipient: "a@b.test".into(),
        };
        let mail = read_mail(&received, &origins, TEXT_LIMIT);
        assert!(mail.links.len() <= 100 && mail.parts.len() <= 200);
        assert!(mail.parts.iter().map(|part| part.text.len()).sum::<usize>() <= 4 * TEXT_LIMIT);
        for link in &mail.links {
            let url = url::Url::parse(&link.url).unwrap();
            assert!(matches!(url.scheme(), "http" | "https"), "{}", link.url);
        }
        proof(&mail);
    });
}

/// A page becomes text, a title and forms that are no larger than it is.
#[test]
fn pages() {
    let words = [
        "<form ",
        "<input name=",
        "<button>",
        "</p>",
        "<!--",
        "-->",
        "<title>",
        "&amp;",
        "<script>",
        "<meta http-equiv=refresh content='0;url=",
        "<table>",
        "<select><option>",
    ];
    holds("page", &words, |input| {
        let page = String::from_utf8_lossy(input);
        let text = html::text(&page);
        // A reference of a few letters can be two characters of four bytes.
        assert!(text.len() <= 4 * page.len() + 16, "{} of {}", text.len(), page.len());
        assert!(html::title(&page).is_none_or(|title| title.len() <= 4 * page.len()));
        for form in html::page(&page).forms {
            form.entries(None);
        }
    });
}

/// A secret that is known goes, whatever stands around it; what is clean stays as it is.
#[test]
fn secrets() {
    let words = [
        "s3cret.value",
        "REDACTED-token-1",
        "token=",
        "%73",
        "&#115;",
        "\\u0073",
        "=\r\n",
        "access_token",
        "password\":\"",
        "czNjcmV0LnZhbHVl",
    ];
    holds("secrets", &words, |input| {
        let text = String::from_utf8_lossy(input).into_owned();
        let mut redactor = Redactor::new();
        redactor.add("token", "s3cret.value");
        let mut found = Collector::default();
        found.body(&Body { text: Some(text.clone()), ..Body::default() });
        found.into_secrets().iter().for_each(|secret| redactor.learn(secret));
        let clean = redactor.body(&text, false).into_owned();
        assert!(!clean.contains("s3cret.value"), "{clean:?}");
        let again = redactor.body(&clean, false).into_owned();
        assert_eq!(again, clean, "what is clean stays so");
    });
}

/// A record is read or refused; what is read can be shown in every view.
#[test]
fn records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let words = [
        "null",
        "1e999",
        "\"outcome\":\"fail\"",
        "\"findings\":[",
        "{}",
        "[]",
        "18446744073709551615",
        "\"\\ud800\"",
        "-1",
    ];
    holds("record", &words, |input| {
        std::fs::write(&path, input).unwrap();
        let Ok(read) = report::json::read(&path) else { return };
        let style = report::Style { colour: false, width: 80 };
        report::text::render(&read, &style, report::Extent::Whole);
        report::html::render(std::slice::from_ref(&read));
        report::html::render(&[read.clone(), read.clone()]);
        report::json::write(&path, &read).unwrap();
        assert_eq!(report::json::read(&path).unwrap().trials.len(), read.trials.len());
    });
}
