//! The built-in profile against the real server, with a mail catcher of a few lines.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::fake::client;
use crate::http::Origins;
use crate::model::{Arrival, Body, Envelope, Link, LinkSource, Mail, SessionFacts};
use crate::target::{AccountOptions, Managed, ProbeMail, ProbeMailbox, ProbeOptions, Profile, StartOptions, probe};

/// The links of the mails that came, by recipient.
type Links = HashMap<String, String>;

struct Catcher {
    port: u16,
    links: watch::Sender<Links>,
}

impl Catcher {
    async fn start() -> Arc<Catcher> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let catcher = Arc::new(Catcher { port, links: watch::Sender::new(Links::new()) });
        let own = Arc::clone(&catcher);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&own).talk(socket));
            }
        });
        catcher
    }

    async fn talk(self: Arc<Self>, socket: TcpStream) {
        let mut socket = BufReader::new(socket);
        let (mut to, mut data) = (String::new(), None::<String>);
        let _ = socket.write_all(b"220 catcher.test\r\n").await;
        let mut line = String::new();
        while socket.read_line(&mut line).await.is_ok_and(|read| read > 0) {
            let text = line.trim_end().to_owned();
            line.clear();
            let reply: &[u8] = match &mut data {
                Some(text_so_far) if text == "." => {
                    let mail = mail_parser::MessageParser::default().parse(text_so_far.as_bytes()).unwrap();
                    let body = mail.body_text(0).unwrap();
                    let link = body.split_whitespace().find(|word| word.starts_with("http")).unwrap();
                    self.links.send_modify(|links| drop(links.insert(to.clone(), link.to_owned())));
                    data = None;
                    b"250 taken\r\n"
                }
                Some(text_so_far) => {
                    text_so_far.push_str(&text);
                    text_so_far.push('\n');
                    continue;
                }
                None if text.eq_ignore_ascii_case("data") => {
                    data = Some(String::new());
                    b"354 go on\r\n"
                }
                None => {
                    if let Some(address) = text.to_ascii_lowercase().strip_prefix("rcpt to:<") {
                        to = address.trim_end_matches('>').to_owned();
                    }
                    b"250 good\r\n"
                }
            };
            let _ = socket.write_all(reply).await;
        }
    }
}

impl ProbeMail for Catcher {
    fn open(&self, address: &str) -> Box<dyn ProbeMailbox + '_> {
        Box::new(Watched(address.to_owned(), self.links.subscribe()))
    }

    fn listens_on(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn strays(&self) -> Vec<Arrival> {
        Vec::new()
    }
}

struct Watched(String, watch::Receiver<Links>);

impl ProbeMailbox for Watched {
    fn first(&mut self, deadline: tokio::time::Instant) -> Pin<Box<dyn Future<Output = Option<Mail>> + Send + '_>> {
        Box::pin(async move {
            let arrived = self.1.wait_for(|links| links.contains_key(&self.0));
            let links = tokio::time::timeout_at(deadline, arrived).await.ok()?.ok()?;
            Some(Mail {
                envelope: Envelope::default(),
                session: SessionFacts::default(),
                raw: Body::default(),
                headers: Vec::new(),
                parts: Vec::new(),
                links: vec![Link { url: links[&self.0].clone(), part: 0, source: LinkSource::Text, score: 1 }],
            })
        })
    }
}

/// What the profile's variants must turn out to offer.
fn expected(variant: &str) -> Vec<(&'static str, bool)> {
    let email = ("email", !matches!(variant, "no-mail" | "changes-disabled"));
    let changes = ("3pid-changes", variant != "changes-disabled");
    let registration = ("registration", variant != "registration-disabled");
    vec![
        email,
        changes,
        registration,
        ("password-login", true),
        ("api-v3", true),
        ("identity-server", variant == "identity-server"),
    ]
}

/// Needs Python and a package index: `cargo test --lib -- --ignored --nocapture synapse`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "installs and starts a real homeserver"]
async fn all_variants_start_and_are_as_described() {
    let catcher = Catcher::start().await;
    let profile = Profile::load("synapse").unwrap();
    let mut options = StartOptions::new("127.0.0.1", catcher.port, "threepid.test");
    // Only for `identity-server`, whose federation listener wants a certificate.
    let folder = tempfile::tempdir().unwrap();
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (certified.cert.pem(), certified.signing_key.serialize_pem());
    for (name, pem) in [("ca_file", &certificate), ("tls_certificate_file", &certificate), ("tls_key_file", &key)] {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        options.values.insert(name.to_owned(), path.display().to_string().into());
    }
    for variant in profile.variant_names() {
        let begin = Instant::now();
        let server =
            Managed::start(&profile, variant, &options, &|_| {}).await.unwrap_or_else(|error| panic!("{error}"));
        let started = begin.elapsed();
        let origins = Origins::parse(&server.url, Some(&server.public_url)).unwrap();
        let mut probing = ProbeOptions::new("synapse", origins, "threepid.test");
        probing.offers = server.resolved.offers.clone();
        probing.accounts = AccountOptions {
            chain: server.resolved.accounts.clone(),
            registration_shared_secret: profile.accounts.registration_shared_secret.clone(),
            ..AccountOptions::default()
        };
        let begin = Instant::now();
        let target = probe(&probing, &client(), catcher.as_ref()).await.unwrap_or_else(|error| panic!("{error}"));
        let probed = begin.elapsed();
        let begin = Instant::now();
        for _ in 0..10 {
            target.accounts.account("alice").await.unwrap_or_else(|none| panic!("{}", none.error));
        }
        let account = begin.elapsed() / 10;
        let log = server.log_tail();
        let stopped = server.stop().await;
        println!("{variant}: started {started:?}, probed {probed:?}, account {account:?}, stopped {:?}", stopped.took);
        for ability in &target.info.abilities {
            println!("  {} {}: {}", if ability.offered { '+' } else { '-' }, ability.name, ability.reason);
        }
        assert!(stopped.by_itself, "{log}");
        for (name, offered) in expected(variant) {
            assert_eq!(target.ability(name).unwrap().offered, offered, "{variant}: {name}");
        }
    }
}
