//! Samples of what mailers send, and of what nobody should.

use std::time::{Duration, Instant};

use base64::Engine as _;

use super::*;

const PART_BYTES: usize = 4096;

fn parts_of(raw: &[u8]) -> Vec<Part> {
    super::texts(raw, PART_BYTES).parts
}

fn texts(raw: &[u8]) -> Vec<String> {
    parts_of(raw).into_iter().map(|part| part.text).collect()
}

fn header(raw: &[u8], name: &str) -> Option<String> {
    headers(raw).into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
}

#[test]
fn a_plain_text_has_one_part() {
    let parts = parts_of(b"Subject: hi\r\n\r\nhello\r\n");
    assert_eq!(
        parts,
        [Part {
            content_type: "text/plain".into(),
            charset: String::new(),
            transfer_encoding: "7bit".into(),
            text: "hello\r\n".into(),
            alternative: None,
        }]
    );
}

#[test]
fn alternatives_stand_in_their_order_with_what_they_declare() {
    let parts = parts_of(
        b"MIME-Version: 1.0\r\n\
          Content-Type: multipart/alternative; boundary=\"b 1\"\r\n\r\n\
          a preamble\r\n\
          --b 1\r\n\
          Content-Type: Text/Plain; charset=UTF-8; format=flowed\r\n\
          Content-Transfer-Encoding: Quoted-Printable\r\n\r\n\
          https://hs.test/?a=3D1&b=\r\n=3D2\r\n\
          --b 1 \r\n\
          Content-Type: text/html; charset=\"iso-8859-1\"\r\n\r\n\
          <p>caf\xe9\r\n\
          --b 1--\r\n\
          an epilogue\r\n",
    );
    let summary: Vec<_> = parts
        .iter()
        .map(|p| (p.content_type.as_str(), p.charset.as_str(), p.transfer_encoding.as_str(), p.text.as_str()))
        .collect();
    assert_eq!(
        summary,
        [
            ("text/plain", "utf-8", "quoted-printable", "https://hs.test/?a=1&b=2"),
            ("text/html", "iso-8859-1", "7bit", "<p>café"),
        ]
    );
}

#[test]
fn every_charset_and_encoding_becomes_text() {
    let sample = |charset: &str, encoding: &str, body: &[u8]| {
        let head = format!("Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n");
        texts(&[head.as_bytes(), body].concat()).concat()
    };
    let base64 = |body: &[u8]| base64::engine::general_purpose::STANDARD.encode(body).into_bytes();
    assert_eq!(sample("utf-8", "base64", &base64("Bestätige".as_bytes())), "Bestätige");
    assert_eq!(sample("iso-8859-1", "8bit", b"Best\xe4tige"), "Bestätige");
    assert_eq!(sample("windows-1252", "quoted-printable", b"=80 5"), "€ 5");
    assert_eq!(sample("iso-2022-jp", "7bit", b"\x1b$B3NG'\x1b(B"), "確認");
    assert_eq!(sample("shift_jis", "base64", &base64(b"\x8a\x6d\x94\x46")), "確認");
    assert_eq!(sample("gb18030", "8bit", b"\xc8\xb7\xc8\xcf"), "确认");
    assert_eq!(sample("utf-16", "base64", &base64(b"\xff\xfeh\0i\0")), "hi");
}

#[test]
fn flowed_text_is_joined() {
    let raw = b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nhttps://hs.test/?a= \r\nbc\r\n";
    assert_eq!(texts(raw), ["https://hs.test/?a=bc\r\n"]);
}

#[test]
fn a_missing_last_boundary_ends_with_the_mail() {
    let raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo";
    assert_eq!(texts(raw), ["one", "two"]);
}

#[test]
fn a_multipart_without_parts_is_shown_as_it_is() {
    let raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nhello\r\n";
    assert_eq!(texts(raw), ["hello\r\n"]);
    assert_eq!(texts(b"Content-Type: multipart/mixed\r\n\r\nhello\r\n"), ["hello\r\n"]);
}

#[test]
fn a_boundary_that_starts_like_another_is_not_it() {
    let raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\
                Content-Type: multipart/alternative; boundary=bb\n\n--bb\n\none\n--bb--\n--b\n\ntwo\n--b--\n";
    assert_eq!(texts(raw), ["one", "two"]);
}

#[test]
fn line_feeds_alone_do() {
    let raw =
        b"Subject: hi\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>x\n--b--\n";
    assert_eq!((header(raw, "subject").as_deref(), texts(raw)), (Some("hi"), vec!["<p>x".into()]));
}

#[test]
fn attachments_and_attached_messages_are_no_text() {
    let raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\n\r\nseen\r\n\
        --b\r\nContent-Type: text/plain\r\nContent-Disposition: ATTACHMENT; filename=a.txt\r\n\r\nfile\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: other\r\n\r\nother\r\n\
        --b\r\nContent-Type: image/png\r\n\r\npixels\r\n\
        --b\r\nContent-Type: multipart/digest; boundary=c\r\n\r\n--c\r\n\r\ndigest\r\n--c--\r\n\
        --b--\r\n";
    assert_eq!(texts(raw), ["seen"]);
}

#[test]
fn headers_are_unfolded_and_decoded() {
    let raw = b"Subject: =?utf-8?Q?Best=C3=A4tige?=\r\n =?utf-8?B?IGRpY2g=?=\r\n\
        From: =?iso-8859-1?Q?Jos=E9?= <jose@x.test>\r\nX-Long: a\r\n\tb\r\n c\r\nX-LONG: again\r\nX-Empty:\r\n\r\n";
    assert_eq!(
        headers(raw),
        [
            ("subject", "Bestätige dich"),
            ("from", "José <jose@x.test>"),
            ("x-long", "a b c"),
            ("x-long", "again"),
            ("x-empty", "")
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(subject(raw), "Bestätige dich");
    assert_eq!(subject(b""), "");
}

#[test]
fn a_structured_header_is_kept_as_it_is_written() {
    let raw = b"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@x.test>\r\n\
                Content-Type: text/plain; charset=utf-8\r\nReceived: from a by b; Mon, 2 Nov 2026\r\n\r\n";
    for (name, value) in [
        ("date", "Mon, 2 Nov 2026 10:00:00 +0000"),
        ("message-id", "<1@x.test>"),
        ("content-type", "text/plain; charset=utf-8"),
        ("received", "from a by b; Mon, 2 Nov 2026"),
    ] {
        assert_eq!(header(raw, name).as_deref(), Some(value));
    }
}

#[test]
fn encoded_words_cut_anywhere_are_survived() {
    for charset in ["iso-2022-jp", "euc-jp", "shift_jis", "big5", "euc-kr", "gb18030", "gbk", "utf-16", "utf-7"] {
        for first in 0..=255_u8 {
            for second in [None, Some(0), Some(b'\x1b'), Some(b'$'), Some(0x80), Some(0xa1), Some(0xff)] {
                let bytes: Vec<u8> = std::iter::once(first).chain(second).collect();
                let word: String = bytes.iter().map(|byte| format!("={byte:02X}")).collect();
                let raw = format!("Subject: a =?{charset}?Q?{word}?= b\r\n\r\n");
                let subject = subject(raw.as_bytes());
                assert!(subject.starts_with('a') && subject.ends_with('b'), "{charset} {word}: {subject}");
            }
        }
    }
}

#[test]
fn a_mail_without_headers_is_all_text() {
    assert_eq!(texts(b"hello\r\nhttps://hs.test/\r\n"), ["hello\r\nhttps://hs.test/\r\n"]);
    assert_eq!(texts(b"\r\nhello"), ["\r\nhello"]);
    assert_eq!(texts(b"Dear Alice,\r\n\r\nhello: you\r\n"), ["Dear Alice,\r\n\r\nhello: you\r\n"]);
    assert_eq!(texts(b"Subject: none\r\n"), [""], "a mail of headers alone has an empty text");
}

#[test]
fn garbage_is_survived() {
    for raw in
        [&b""[..], b"\0", b"\r\n", b"\n\n\n", b":", b": \r\n\r\n", b"Content-Type", b"Content-Type: ;;;=\"\r\n\r\nx"]
    {
        parts_of(raw);
        headers(raw);
    }
    let noise: Vec<u8> = (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(parts_of(&noise).len(), 1, "noise is one text");
    assert_eq!(texts(&[0xff; 5000])[0].chars().next(), Some('\u{fffd}'));
}

#[test]
fn a_thousand_parts_are_read_to_the_limit() {
    let part = "--b\r\n\r\nx\r\n".repeat(1000);
    let raw = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{part}--b--\r\n");
    assert_eq!(parts_of(raw.as_bytes()).len(), ENTITIES - 1);
}

#[test]
fn a_long_text_is_cut_at_a_character() {
    let raw = format!("\r\n\r\n{}", "é".repeat(PART_BYTES));
    assert_eq!(texts(raw.as_bytes())[0].len(), PART_BYTES);
    let part = format!("--b\r\n\r\n{}\r\n", "x".repeat(PART_BYTES));
    let raw = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", part.repeat(10));
    assert_eq!(texts(raw.as_bytes()).concat().len(), 4 * PART_BYTES);
}

#[test]
fn headers_are_read_to_the_limit() {
    let long = format!("Subject: {}\r\nX-After: 1\r\n\r\n", "x".repeat(HEAD_BYTES));
    assert!(subject(long.as_bytes()).len() > HEAD_BYTES - 100);
    assert_eq!(header(long.as_bytes(), "x-after"), None);
    assert_eq!(headers("a: b\r\n".repeat(HEADERS + 1).as_bytes()).len(), HEADERS);
}

#[test]
fn mail_made_to_hurt_is_read_in_reasonable_time() {
    let nested: String =
        (0..50_000).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")).collect();
    let messages = "Content-Type: message/rfc822\n\n".repeat(300_000);
    let wrapped = base64::engine::general_purpose::STANDARD.encode(&messages);
    for (name, raw) in [
        ("nested multiparts", nested),
        ("nested messages", messages),
        (
            "nested messages in base64",
            format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{wrapped}"),
        ),
        (
            "one boundary a million times",
            format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n".repeat(1_000_000)),
        ),
        ("a long header", format!("Subject: {}\n\n", "x".repeat(8_000_000))),
        ("many headers", "a: b\n".repeat(1_000_000)),
        ("many encoded words", format!("Subject: {}\n\n", "=?utf-8?Q?a?= ".repeat(500_000))),
        ("many parameters", format!("Content-Type: text/plain; {}\n\n", "a=b; ".repeat(1_000_000))),
        ("unclosed quotes", format!("Content-Type: text/plain; a=\"{}\n\n", "\\\"".repeat(2_000_000))),
    ] {
        let before = Instant::now();
        headers(raw.as_bytes());
        parts_of(raw.as_bytes());
        assert!(before.elapsed() < Duration::from_secs(10), "{name} took {:?}", before.elapsed());
    }
}
