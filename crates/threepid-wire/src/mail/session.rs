//! One SMTP session: what each command does.
//!
//! Takes a connection, gives mails to the post router. It answers every command, in order, and never answers "OK" to a
//! mail that nobody holds.

mod secure;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::address::canonical;
use super::behaviour::{DataFault, Extension, Scripts};
use super::command::{self, Command, Mail};
use super::data::{Excess, Receiver};
use super::limits::{InFlight, Limits};
use super::reply::{Reply, write_lines};
use super::router::{Delivery, Full, MailRouter};
use super::security::Security;
use super::tls::Acceptor;
use super::unsent::{Tls, UnsentLog};
use super::wire::{End, Line, Wire};
use threepid_record::model::{Envelope, SessionFacts};

/// The first byte of a TLS handshake (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// What all sessions of one sink share.
pub(super) struct Host {
    pub(super) name: String,
    pub(super) limits: Limits,
    pub(super) router: Arc<MailRouter>,
    pub(super) scripts: Arc<Scripts>,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) tls: Acceptor,
    pub(super) security: Security,
    pub(super) cancel: CancellationToken,
    pub(super) unsent: Arc<UnsentLog>,
    /// How many sessions there were.
    pub(super) sessions: AtomicU64,
}

/// A mail being put together.
#[derive(Debug)]
struct Transaction {
    envelope: Envelope,
    keys: Vec<String>,
}

/// One session.
struct Session {
    host: Arc<Host>,
    /// Its number, counted from 0.
    number: u64,
    wire: Wire,
    facts: SessionFacts,
    greeted: bool,
    transaction: Option<Transaction>,
    errors: usize,
}

/// Speaks SMTP on one connection until one side ends it.
pub(super) async fn serve(tcp: TcpStream, host: Arc<Host>) {
    let limits = &host.limits;
    let wire = Wire::new(tcp, limits.idle, limits.session, host.cancel.clone());
    let number = host.sessions.fetch_add(1, Ordering::Relaxed);
    let mut session =
        Session { host, number, wire, facts: SessionFacts::default(), greeted: false, transaction: None, errors: 0 };
    let end = session.run().await;
    session.farewell(end).await;
}

impl Session {
    /// Runs the session; gives why it ended.
    async fn run(&mut self) -> End {
        if self.host.security.implicit_tls {
            let acceptor = self.host.tls.clone();
            if let Err(end) = self.wire.upgrade(&acceptor).await {
                return end;
            }
            self.facts.tls = true;
        }
        let greeting = format!("{} ESMTP threepid mail sink", self.host.name);
        self.wire.reply(&Reply::with(220, greeting));
        loop {
            if let Err(end) = self.step().await {
                return end;
            }
        }
    }

    /// Tells the client why the session ends, if it is still there.
    async fn farewell(mut self, end: End) {
        let reply = match &end {
            End::Closed => return,
            End::Said => None,
            End::Idle => Some(Reply::with(421, format!("4.4.2 silent for {:?}, closing", self.host.limits.idle))),
            End::Overlong => {
                Some(Reply::with(421, format!("4.4.2 the session lasted {:?}, closing", self.host.limits.session)))
            }
            End::Errors => Some(Reply::with(421, format!("4.7.0 {} errors, closing", self.errors))),
            End::Shutdown => Some(Reply::new(421, "4.3.2 shutting down")),
        };
        if let Some(reply) = reply {
            // Whoever keeps a connection for later loses nothing when it is closed.
            if matches!(end, End::Overlong | End::Errors) {
                self.host.router.refuse_all(&reply.to_string());
            }
            self.wire.reply(&reply);
        }
        self.wire.close().await;
    }

    /// Reads one command and answers it.
    async fn step(&mut self) -> Result<(), End> {
        if !self.greeted && !self.facts.tls {
            if self.wire.pending().is_empty() {
                self.wire.fill().await?;
            }
            // A line of SMTP never comes from somebody who waits for the answer to this.
            if self.wire.pending().first() == Some(&TLS_HANDSHAKE) {
                self.host.unsent.came(self.number, "", Tls::AtOnce);
                return Err(End::Said);
            }
        }
        let command = match self.wire.line(self.host.limits.line_bytes).await? {
            Line::Text(line) => command::parse(&line),
            Line::TooLong => {
                Err(Reply::with(500, format!("5.5.2 the line is longer than {} bytes", self.host.limits.line_bytes)))
            }
        };
        match command {
            Ok(command) => self.obey(command).await,
            Err(reply) => self.mistake(&reply),
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), End> {
        match command {
            Command::Hello { name, extended } => self.hello(name, extended),
            Command::Mail(mail) => self.mail(mail),
            Command::Rcpt { to } => self.rcpt(to).await,
            Command::Data => self.data().await,
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial).await,
            Command::StartTls => self.start_tls().await,
            Command::Rset => {
                self.transaction = None;
                self.ok("2.0.0 forgotten")
            }
            Command::Noop => self.ok("2.0.0 nothing done"),
            Command::Vrfy => self.say(&Reply::new(252, "2.1.5 every address is taken")),
            Command::Help => self.say(&Reply::new(214, "2.0.0 a sink for tests: every mail is taken, none is sent on")),
            Command::Quit => {
                self.wire.reply(&Reply::with(221, format!("2.0.0 {} closing", self.host.name)));
                Err(End::Said)
            }
        }
    }

    fn say(&mut self, reply: &Reply) -> Result<(), End> {
        self.wire.reply(reply);
        Ok(())
    }

    fn ok(&mut self, text: &'static str) -> Result<(), End> {
        self.say(&Reply::new(250, text))
    }

    /// Answers a command that is wrong, and counts it.
    fn mistake(&mut self, reply: &Reply) -> Result<(), End> {
        self.wire.reply(reply);
        self.errors += 1;
        if self.errors >= self.host.limits.errors { Err(End::Errors) } else { Ok(()) }
    }

    fn out_of_order(&mut self, text: &'static str) -> Result<(), End> {
        self.mistake(&Reply::new(503, text))
    }

    fn offers(&self, extension: Extension) -> bool {
        self.host.scripts.offers(extension)
    }

    fn hello(&mut self, name: String, extended: bool) -> Result<(), End> {
        let tls = match (self.facts.tls, self.offers(Extension::StartTls)) {
            (true, _) => Tls::Begun,
            (false, true) => Tls::Offered,
            (false, false) => Tls::NotOffered,
        };
        self.host.unsent.came(self.number, &name, tls);
        self.facts.helo = name;
        self.facts.esmtp = extended;
        self.greeted = true;
        self.transaction = None;
        if !extended {
            return self.say(&Reply::with(250, self.host.name.clone()));
        }
        let mut lines = vec![self.host.name.clone()];
        let mut offer = |extension, line: String| {
            if self.host.scripts.offers(extension) {
                lines.push(line);
            }
        };
        offer(Extension::Pipelining, "PIPELINING".into());
        offer(Extension::Size, format!("SIZE {}", self.host.limits.message_bytes));
        offer(Extension::EightBitMime, "8BITMIME".into());
        offer(Extension::SmtpUtf8, "SMTPUTF8".into());
        offer(Extension::EnhancedStatusCodes, "ENHANCEDSTATUSCODES".into());
        if !self.facts.tls {
            offer(Extension::StartTls, "STARTTLS".into());
        }
        offer(Extension::Auth, "AUTH PLAIN LOGIN".into());
        write_lines(250, &lines, self.wire.output());
        Ok(())
    }

    fn mail(&mut self, mail: Mail) -> Result<(), End> {
        if !self.greeted {
            return self.out_of_order("5.5.1 EHLO first");
        }
        if self.transaction.is_some() {
            return self.out_of_order("5.5.1 there is a sender already");
        }
        if self.host.security.login.is_some() && self.facts.auth_user.is_none() {
            self.host.unsent.login_refused(self.number);
            return self.mistake(&Reply::new(530, "5.7.0 log in first"));
        }
        for (used, extension, name) in [
            (mail.utf8, Extension::SmtpUtf8, "SMTPUTF8"),
            (mail.body, Extension::EightBitMime, "BODY"),
            (mail.size > 0, Extension::Size, "SIZE"),
        ] {
            if used && !self.offers(extension) {
                return self.mistake(&Reply::with(555, format!("5.5.4 the parameter {name} is not offered")));
            }
        }
        if let Some(reply) = self.beyond_ascii(&mail.from) {
            return self.mistake(&reply);
        }
        self.host.unsent.sends(self.number);
        if mail.size > self.host.limits.message_bytes {
            return self.say(&self.too_large());
        }
        let envelope = Envelope { from: mail.from, to: Vec::new(), params: mail.params };
        self.transaction = Some(Transaction { envelope, keys: Vec::new() });
        self.ok("2.1.0 sender taken")
    }

    fn too_large(&self) -> Reply {
        Reply::with(552, format!("5.3.4 the message is larger than {} bytes", self.host.limits.message_bytes))
    }

    /// The refusal of an address that needs SMTPUTF8 while that is hidden.
    fn beyond_ascii(&self, address: &str) -> Option<Reply> {
        (!address.is_ascii() && !self.offers(Extension::SmtpUtf8))
            .then(|| Reply::new(553, "5.6.7 addresses beyond ASCII are not offered"))
    }

    async fn rcpt(&mut self, to: String) -> Result<(), End> {
        if self.transaction.is_none() {
            return self.out_of_order("5.5.1 MAIL first");
        }
        if let Some(reply) = self.beyond_ascii(&to) {
            return self.mistake(&reply);
        }
        let key = canonical(&to);
        if let Some(duration) = self.host.scripts.stall(&key) {
            self.wire.stall(duration).await?;
        }
        if let Some(reply) = self.host.scripts.refusal(&key) {
            return self.say(&reply);
        }
        let limit = self.host.limits.recipients;
        let Some(transaction) = &mut self.transaction else {
            return Ok(());
        };
        if transaction.keys.len() >= limit {
            return self.say(&Reply::with(452, format!("4.5.3 one message takes {limit} recipients")));
        }
        transaction.envelope.to.push(to);
        transaction.keys.push(key);
        self.ok("2.1.5 recipient taken")
    }

    async fn data(&mut self) -> Result<(), End> {
        let Some(transaction) = self.transaction.take() else {
            return self.out_of_order("5.5.1 MAIL first");
        };
        if transaction.keys.is_empty() {
            self.transaction = Some(transaction);
            return self.mistake(&Reply::new(554, "5.5.1 no recipient was taken"));
        }
        self.wire.reply(&Reply::new(354, "go on, end with a dot on a line of its own"));
        let mut receiver = Receiver::new(self.host.limits.message_bytes, self.host.in_flight.claim());
        loop {
            let (used, ended) = receiver.feed(self.wire.pending());
            self.wire.consume(used);
            if ended {
                break;
            }
            self.wire.fill().await?;
        }
        match transaction.keys.iter().find_map(|key| self.host.scripts.at_data(key)) {
            Some(DataFault::HangUp) => return Err(End::Closed),
            Some(DataFault::Refuse(reply)) => return self.say(&reply),
            None => {}
        }
        let keys = transaction.keys.clone();
        let reply = match receiver.finish() {
            Ok(raw) => match self.deliver(transaction, raw) {
                Ok(()) => return self.ok("2.0.0 taken"),
                Err(Full) => Reply::new(452, "4.2.2 a recipient's mailbox is full"),
            },
            Err(Excess::Message) => self.too_large(),
            Err(Excess::InFlight) => Reply::new(452, "4.3.1 too many mails are coming in at once"),
        };
        self.host.router.refuse(&keys, &reply.to_string());
        self.say(&reply)
    }

    fn deliver(&self, transaction: Transaction, raw: Vec<u8>) -> Result<(), Full> {
        let Transaction { envelope, keys } = transaction;
        self.host.router.deliver(Delivery { envelope, session: self.facts.clone(), raw, keys })
    }
}
