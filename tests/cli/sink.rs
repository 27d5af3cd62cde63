//! `threepid sink` as other tests use it: TLS, logins, JSON, waiting, and what it answers over HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use serde_json::Value;

use crate::program::{Place, free_address};

fn free() -> String {
    free_address().to_string()
}

/// Sends a mail as Python's own library does, and gives what it said.
fn send(to: &str, smtp: &str, how: &str) -> String {
    let (host, port) = smtp.rsplit_once(':').unwrap();
    let script = format!(
        "import smtplib, ssl\n\
         from email.message import EmailMessage\n\
         context = ssl._create_unverified_context()\n\
         mail = EmailMessage()\n\
         mail['From'], mail['To'], mail['Subject'] = 'a@b.test', '{to}', 'Verify it'\n\
         mail.set_content('Follow http://hs.test/confirm?token=abc or type 493027\\n')\n\
         SMTP, SSL = smtplib.SMTP, lambda h, p: smtplib.SMTP_SSL(h, p, context=context)\n\
         try:\n    {how}\n    server.send_message(mail)\n    server.quit()\n    print('sent')\n\
         except Exception as fault:\n    print(type(fault).__name__, fault)\n"
    );
    let script = script.replace("HOST", &format!("'{host}', {port}"));
    let ended = Command::new("timeout").args(["60", "python3", "-c", &script]).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr))
}

const PLAIN: &str = "server = SMTP(HOST)";

#[test]
fn mail_is_taken_over_tls_from_the_first_byte() {
    let (place, smtp) = (Place::new(), free());
    let sink =
        place.start(&["sink", "--smtp-listen", &smtp, "--smtp-tls", "--json"]).wait_for("with TLS from the first byte");
    assert_eq!(send("tls@x.test", &smtp, "server = SSL(HOST)").trim(), "sent");
    let sink = sink.wait_for("tls@x.test");
    let mail: Value = serde_json::from_str(sink.out().lines().next().unwrap()).unwrap();
    assert_eq!(
        (&mail["tls"], &mail["to"], &mail["subject"]),
        (&true.into(), &"tls@x.test".into(), &"Verify it".into())
    );
    assert_eq!(mail["links"][0], "http://hs.test/confirm?token=abc");
    assert_eq!(mail["codes"][0], "493027");
    assert!(mail["parts"][0]["text"].as_str().unwrap().contains("Follow"), "{mail}");
}

#[test]
fn a_login_is_demanded_and_checked() {
    let (place, smtp) = (Place::new(), free());
    let listen = ["sink", "--smtp-listen", &smtp, "--smtp-user", "mailer:pass:word", "--json"];
    let sink = place.start(&listen).wait_for("with a login as mailer");
    let none = send("a@x.test", &smtp, PLAIN);
    assert!(none.contains("530") && none.contains("log in first"), "{none}");
    let wrong = send("a@x.test", &smtp, "server = SMTP(HOST); server.login('mailer', 'password')");
    assert!(wrong.starts_with("SMTPAuthenticationError") && wrong.contains("535"), "{wrong}");
    assert_eq!(send("b@x.test", &smtp, "server = SMTP(HOST); server.login('mailer', 'pass:word')").trim(), "sent");
    let sink = sink.wait_for("b@x.test");
    assert!(!sink.out().contains("a@x.test") && !sink.out().contains("pass:word"), "{}", sink.out());
    assert!(sink.out().contains(r#""user":"mailer""#), "{}", sink.out());
    place.run(&["sink", "--smtp-user", "mailer"]).expect(2).says(&["USER:PASSWORD"]);
}

#[test]
fn mail_is_refused_or_comes_late_by_address() {
    let (place, smtp) = (Place::new(), free());
    let told = ["--refuse", "no@x.test", "--delay", "late@x.test=300ms"];
    let listen = ["sink", "--smtp-listen", &smtp, "--json"];
    let sink = place.start(&[&listen[..], &told].concat()).wait_for("mail is taken at");
    let refused = send("no@x.test", &smtp, PLAIN);
    assert!(refused.contains("550") && refused.contains("told to refuse"), "{refused}");
    let began = std::time::Instant::now();
    assert_eq!(send("late@x.test", &smtp, PLAIN).trim(), "sent");
    assert!(began.elapsed() >= std::time::Duration::from_millis(300), "{:?}", began.elapsed());
    let sink = sink.wait_for("late@x.test");
    assert!(!sink.out().contains("no@x.test"), "{}", sink.out());
    let usage = place.run(&["sink", "--delay", "late@x.test"]).expect(2);
    assert!(usage.err.contains("slow@example.org=5s"), "{}", usage.err);
}

#[test]
fn one_mail_is_waited_for() {
    let (place, smtp) = (Place::new(), free());
    let wait = ["sink", "--smtp-listen", &smtp, "--json", "--wait-for", "Me@X.test", "--timeout"];
    let waiting = place.start(&[&wait[..], &["60s"]].concat()).wait_for("mail is taken at");
    assert_eq!(send("other@x.test", &smtp, PLAIN).trim(), "sent");
    assert_eq!(send("me@x.test", &smtp, PLAIN).trim(), "sent");
    let ended = waiting.end().expect(0);
    let mail: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(mail["to"], "me@x.test");
    let waiting = place.start(&[&wait[..], &["2s"]].concat()).wait_for("mail is taken at");
    assert_eq!(send("other@x.test", &smtp, PLAIN).trim(), "sent");
    let ended = waiting.end().expect(3);
    assert!(ended.out.is_empty(), "{}", ended.out);
    ended.says(&["no mail came for Me@X.test within 2 s", "--timeout", "other@x.test"]);
}

/// The status and the body of an answer.
fn get(listen: &str, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(listen).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn what_came_is_answered_over_http() {
    let (place, smtp, http) = (Place::new(), free(), free());
    let listen = ["sink", "--smtp-listen", &smtp, "--http-listen", &http];
    let sink = place.start(&listen).wait_for("mail is taken at");
    assert_eq!(get(&http, "/mails"), (200, Value::Array(Vec::new())));
    assert_eq!(send("one@x.test", &smtp, PLAIN).trim(), "sent");
    assert_eq!(send("two@x.test", &smtp, PLAIN).trim(), "sent");
    let _sink = sink.wait_for("two@x.test");
    let (_, all) = get(&http, "/mails");
    let listed: Vec<&str> = all.as_array().unwrap().iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    assert_eq!(listed, ["one@x.test", "two@x.test"]);
    let (_, of) = get(&http, "/mails?to=Two@x.test");
    assert_eq!((of.as_array().unwrap().len(), &of[0]["number"]), (1, &2.into()));
    let (status, mail) = get(&http, "/mails/2");
    assert_eq!((status, &mail["subject"], &mail["codes"][0]), (200, &"Verify it".into(), &"493027".into()));
    let (_, links) = get(&http, "/mails/1/links");
    assert_eq!(links, serde_json::json!(["http://hs.test/confirm?token=abc"]));
    let (status, none) = get(&http, "/mails/3");
    assert!(status == 404 && none["error"].as_str().unwrap().contains("no mail 3"), "{none}");
    place
        .run(&["sink", "--smtp-listen", &free(), "--http-listen", "0.0.0.0:0"])
        .expect(2)
        .says(&["loopback", "--http-listen"]);
    place.run(&["sink", "--smtp-listen", &free(), "--http-listen", &http]).expect(3).says(&[&http, "--http-listen"]);
}
