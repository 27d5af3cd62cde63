//! What the parts of the program cost: `cargo bench --bench parts`, or with a part of a name after `--`.
//!
//! `trial/harness` and `trial/bare` are the same requests and the same mail, to the same server in the same process; what the
//! first takes longer is what the harness costs. In `sink`, time runs from the final dot of a mail to the moment that the one
//! that waits for it is awake, while others wait too.

#![expect(clippy::unwrap_used, reason = "in a measurement, a panic is the report")]

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use futures_util::StreamExt as _;
use mailin_embedded::{Handler, Server, SslConfig};
use serde_json::{Value, json};
use threepid::judge::{Deviations, judge_again};
use threepid::mail::{Extension, Limits, Received, Sink, SinkOptions, TEXT_LIMIT, read_mail};
use threepid::model::{Body, Envelope, Event, Level, Outcome, Report, SessionFacts};
use threepid::plan::{Api, plan};
use threepid::redact::Redactor;
use threepid::reference::{Options, Running, start};
use threepid::scenario::Suite;
use threepid::suite::{self, Session, SessionOptions, Settings};
use threepid::{report, shipped};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

fn shipped_suite() -> Suite {
    shipped::suite().map_err(|(sources, faults)| faults.render(&sources, false, 100)).unwrap()
}

async fn sink() -> Sink {
    let listen = "127.0.0.1:0".parse().unwrap();
    let sink =
        Sink::start(SinkOptions { listen, hostname: "sink.test".into(), limits: Limits::default() }).await.unwrap();
    sink.hide_extensions(&[Extension::StartTls]);
    sink
}

async fn reference(smtp: SocketAddr) -> Running {
    start(Options::new(smtp)).await.unwrap()
}

/// A record of the whole suite on the reference, of the program itself.
fn record() -> Report {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_threepid"));
    let run = run.args(["run", "--browser", "off", "--output"]).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    report::json::read(&folder.path().join("report.json")).unwrap()
}

fn scenarios(criterion: &mut Criterion) {
    criterion.bench_function("scenarios/read-shipped", |bench| {
        bench.iter_batched(shipped::sources, |sources| Suite::read(sources).is_ok(), BatchSize::LargeInput);
    });
}

fn records(criterion: &mut Criterion) {
    let (record, suite) = (record(), Arc::new(shipped_suite()));
    criterion.bench_function(&format!("judge/{}-trials", record.trials.len()), |bench| {
        bench.iter(|| judge_again(black_box(&record), &suite, Level::Must));
    });

    // One trial, an answer of which has a megabyte, with a secret in every line.
    let mut redactor = Redactor::new();
    let secret = |number: usize| format!("syt_c2VjcmV0_{:08x}_Tq0", (number % 50) * 0x9e37_79b9);
    (0..50).for_each(|number| assert!(redactor.add("access_token", &secret(number))));
    let lines = (0..).map(|number| {
        format!("{{\"id\":{number},\"seen\":\"a b=c%20d &amp; e\",\"token\":\"{}\"}},\n", secret(number))
    });
    let mut text = String::from("[");
    lines
        .take_while(|line| {
            text.push_str(line);
            text.len() < 1 << 20
        })
        .for_each(drop);
    let mut trial = record.trials.iter().find(|trial| trial.id == "add-email/success").unwrap().clone();
    let answer = trial.transcript.entries.iter_mut().find_map(|entry| match &mut entry.event {
        Event::Exchange(exchange) => exchange.response.as_mut(),
        _ => None,
    });
    answer.unwrap().body = Body { size_bytes: text.len() as u64, text: Some(text), ..Body::default() };
    let bytes = serde_json::to_vec(&trial).unwrap().len() as u64;
    let mut group = criterion.benchmark_group("redact");
    group.throughput(Throughput::Bytes(bytes)).sample_size(20);
    group.bench_function("trial-of-1-MiB", |bench| {
        bench.iter_batched_ref(|| trial.clone(), |trial| redactor.record(trial), BatchSize::LargeInput);
    });
}

fn mails(criterion: &mut Criterion) {
    let origins = ["http://127.0.0.1:8008/".parse().unwrap()];
    let mut group = criterion.benchmark_group("mail-to-links");
    for (name, paragraphs) in [("usual", 1), ("of-100-links", 100)] {
        let link = "http://127.0.0.1:8008/confirm?token=3D=\r\nabcdefgh&sid=3D1";
        let text = format!("Somebody asked for this =E2=80=93 follow\r\n{link}\r\n").repeat(paragraphs);
        let html = format!("<p style=3D\"margin:0\">Hello, <a href=3D\"{link}\">yes, it is me</a>.</p>\r\n")
            .repeat(paragraphs);
        let part = |kind: &str, text: &str| {
            format!(
                "--b\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{text}\r\n"
            )
        };
        let raw = format!(
            "Subject: =?utf-8?q?Validate_your_e=2Dmail?=\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=b\r\n\r\n{}{}--b--\r\n",
            part("plain", &text),
            part("html", &html)
        );
        let received = Received {
            envelope: Envelope { to: vec!["a@b.test".into()], ..Envelope::default() },
            session: SessionFacts::default(),
            raw: Arc::from(raw.as_bytes()),
            arrived: tokio::time::Instant::now(),
            recipient: "a@b.test".into(),
        };
        assert!(!read_mail(&received, &origins, TEXT_LIMIT).links.is_empty());
        group.throughput(Throughput::Bytes(raw.len() as u64));
        group.bench_function(name, |bench| bench.iter(|| read_mail(black_box(&received), &origins, TEXT_LIMIT)));
    }
}

/// Says a line to an SMTP server and reads its reply, the last line of which has a space after the code.
fn say(stream: &mut BufReader<TcpStream>, line: &str) {
    stream.get_mut().write_all(line.as_bytes()).unwrap();
    let mut reply = String::new();
    while reply.as_bytes().get(3) != Some(&b' ') {
        reply.clear();
        assert!(stream.read_line(&mut reply).unwrap() > 0);
    }
    assert!(reply.starts_with(['2', '3']), "{line}: {reply}");
}

fn final_dot(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sink/final-dot-to-awake");
    for waiting in [1, 64, 512] {
        let runtime = runtime();
        let sink = runtime.block_on(sink());
        let (woken, awake) = mpsc::channel();
        for number in 0..waiting {
            let (mut mailbox, woken) = (sink.mailbox(&format!("a{number}@sink.test")), woken.clone());
            runtime.spawn(async move {
                while !mailbox.receive(1, tokio::time::Instant::now() + LONG * 60).await.is_empty() {
                    woken.send(Instant::now()).unwrap();
                }
            });
        }
        let stream = TcpStream::connect(sink.addr()).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut stream = BufReader::new(stream);
        say(&mut stream, "");
        say(&mut stream, "EHLO bench.test\r\n");
        let mut next = (0..waiting).cycle();
        group.bench_function(BenchmarkId::from_parameter(waiting), |bench| {
            bench.iter_custom(|times| {
                let mut all = Duration::ZERO;
                for number in next.by_ref().take(usize::try_from(times).unwrap()) {
                    say(&mut stream, "MAIL FROM:<a@bench.test>\r\n");
                    say(&mut stream, &format!("RCPT TO:<a{number}@sink.test>\r\n"));
                    say(&mut stream, "DATA\r\n");
                    stream.get_mut().write_all(b"Subject: x\r\n\r\nhttp://127.0.0.1/?token=1\r\n").unwrap();
                    let sent = Instant::now();
                    say(&mut stream, ".\r\n");
                    all += awake.recv_timeout(LONG).unwrap() - sent;
                }
                all
            });
        });
    }
}

/// Takes every mail and drops it.
#[derive(Clone)]
struct Taken;

impl Handler for Taken {}

async fn ask(request: reqwest::RequestBuilder, body: Value) -> Value {
    let answer = request.body(body.to_string()).send().await.unwrap().bytes().await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

fn client() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

fn request_token(criterion: &mut Criterion) {
    let runtime = runtime();
    let own = runtime.block_on(sink());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = listener.local_addr().unwrap();
    // It never stops by itself; its thread ends with the program.
    std::thread::spawn(move || {
        let mut server = Server::new(Taken);
        server.with_name("smtp.test").with_ssl(SslConfig::None).unwrap().with_tcp_listener(listener);
        server.serve().unwrap();
    });
    let mut group = criterion.benchmark_group("requestToken");
    for (name, smtp) in [("own-sink", own.addr()), ("mailin-embedded", other)] {
        let homeserver = runtime.block_on(reference(smtp));
        let url = format!("{}/_matrix/client/v3/account/3pid/email/requestToken", homeserver.url());
        let (client, mut number) = (client(), 0);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                number += 1;
                let body = json!({"email": format!("a{number}@x.test"), "client_secret": "s3cret", "send_attempt": 1});
                assert!(runtime.block_on(ask(client.post(&url), body))["sid"].is_string());
            });
        });
    }
}

/// How many trials follow each other on one server: the first takes longer than the others.
const TRIALS: u64 = 100;

/// What a trial of `add-email/success` asks and gets, and nothing else.
async fn bare(url: &str, sink: &Sink) {
    let (client, name) = (client(), format!("bare-{:016x}", rand::random::<u64>()));
    let (email, secret) = (format!("{name}@threepid.test"), format!("s.{name}"));
    let v3 = |path: &str| format!("{url}/_matrix/client/v3{path}");
    let mut body = json!({"username": name, "password": secret});
    let challenge = ask(client.post(v3("/register")), body.clone()).await;
    body["auth"] = json!({"type": "m.login.dummy", "session": challenge["session"]});
    let account = ask(client.post(v3("/register")), body).await;
    let token = account["access_token"].as_str().unwrap();

    let mut mailbox = sink.mailbox(&email);
    let body = json!({"email": email, "client_secret": secret, "send_attempt": 1});
    let asked = ask(client.post(v3("/account/3pid/email/requestToken")).bearer_auth(token), body).await;
    let mails = mailbox.receive(1, tokio::time::Instant::now() + LONG).await;
    let parsed = mail_parser::MessageParser::default().parse(&mails[0].raw[..]).unwrap();
    let text = parsed.body_text(0).unwrap();
    let link = text.split_whitespace().find(|word| word.starts_with(url)).unwrap();
    assert!(client.get(link).send().await.unwrap().text().await.unwrap().contains('<'));

    let add = || client.post(v3("/account/3pid/add")).bearer_auth(token);
    let mut body = json!({"sid": asked["sid"], "client_secret": secret});
    let challenge = ask(add(), body.clone()).await;
    let user = json!({"type": "m.id.user", "user": account["user_id"]});
    let session = &challenge["session"];
    body["auth"] = json!({"type": "m.login.password", "session": session, "identifier": user, "password": secret});
    ask(add(), body).await;
    let listed = client.get(v3("/account/3pid")).bearer_auth(token).send().await.unwrap().text().await.unwrap();
    assert!(listed.contains(&email), "{listed}");
}

/// The same by the harness, `jobs` trials at once.
async fn harness(session: &Arc<Session>, suite: &Arc<Suite>, jobs: usize) -> Duration {
    let index = suite.scenarios.iter().position(|scenario| scenario.id == "add-email/success").unwrap();
    let planned = plan(suite, &[(index, vec![0])], "plain", &session.target.info, &[Api::V3]);
    let settings = Arc::new(Settings {
        jobs,
        fail_fast: false,
        failed: Default::default(),
        halt: Default::default(),
        fail_on: Level::Must,
        deviations: Deviations::default(),
        snapshots: None,
    });
    let (never, began) = (CancellationToken::new(), Instant::now());
    suite::run(planned, u32::try_from(TRIALS).unwrap(), session, &settings, (&never, &never), |event| {
        if let suite::Event::Record(record, _) = event {
            assert_eq!(record.outcome, Outcome::Pass, "{}", record.reason);
        }
    })
    .await;
    began.elapsed()
}

fn trials(criterion: &mut Criterion) {
    let (runtime, suite) = (runtime(), Arc::new(shipped_suite()));
    let sink = runtime.block_on(sink());
    let mut group = criterion.benchmark_group("trial");
    group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(TRIALS));
    for jobs in [1, 16] {
        group.bench_function(BenchmarkId::new("bare", jobs), |bench| {
            bench.iter_custom(|times| {
                let once = async || {
                    let server = reference(sink.addr()).await;
                    let began = Instant::now();
                    let all = futures_util::stream::iter(0..TRIALS).map(|_| {
                        let (url, sink) = (server.url().to_owned(), sink.clone());
                        tokio::spawn(async move { bare(&url, &sink).await })
                    });
                    all.buffer_unordered(jobs).for_each(async |done| done.unwrap()).await;
                    began.elapsed()
                };
                (0..times).map(|_| runtime.block_on(once())).sum()
            });
        });
        group.bench_function(BenchmarkId::new("harness", jobs), |bench| {
            bench.iter_custom(|times| {
                let once = async || {
                    let server = reference(sink.addr()).await;
                    let options = SessionOptions::new("reference", "plain", server.url(), sink.clone());
                    harness(&Arc::new(Session::open(options).await.unwrap()), &suite, jobs).await
                };
                (0..times).map(|_| runtime.block_on(once())).sum()
            });
        });
    }
}

criterion_group!(parts, scenarios, records, mails, final_dot, request_token, trials);
criterion_main!(parts);
