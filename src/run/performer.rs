//! The loop over a trial's steps.

mod mail;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::causes::Causes;
use super::click::{Cookies, Manner, Visitor};
use super::context::Context;
use super::generate::Generator;
use super::link::{LinkFault, changed};
use super::mailboxes::Mailboxes;
use super::orders::Orders;
use super::rate_limit::Patience;
use super::repetitions::{Repetitions, conditions_met};
use super::secrets;
use super::stop::{impossible, not_applicable, unbound};
use super::{administrator, identity, rate_limit, request};
use threepid_engine::matching::{self, Values};
use threepid_engine::plan::Trial;
use threepid_engine::scenario::{Action, Click, Proceed, Request, Step, Text, ValueType};
use threepid_record::model::{Account, Entry, Event, Exchange, FailureKind, Stop, StopReason, Transcript, VisitEnd};
use threepid_record::redact::collect::Secret;
use threepid_wire::http::Client;

/// How long cleaning up may take.
pub const CLEANING: Duration = Duration::from_secs(10);
/// The same once somebody waits for the program to end.
const CLEANING_IN_HASTE: Duration = Duration::from_secs(1);

/// What came of a trial.
#[derive(Debug, Clone)]
pub struct Performed {
    /// What happened.
    pub transcript: Transcript,
    /// All values at the end.
    pub values: Values,
    /// What must be replaced before anything is printed or written.
    pub secrets: Vec<Secret>,
}

/// Performs a trial. `accounts` are those of its actors, `preparation` what making them took.
pub async fn perform(
    trial: &Trial,
    accounts: &[(String, Account)],
    preparation: Vec<Exchange>,
    context: &Context,
    cancel: &CancellationToken,
) -> Performed {
    let mut performer = Performer::new(trial, context);
    for mut exchange in preparation {
        secrets::drop_oversized(&mut exchange);
        performer.push(None, 0, "account", Event::Exchange(exchange));
    }
    for (actor, account) in accounts {
        performer.introduce(actor, account);
    }
    let deadline = performer.begun + context.limits.trial;
    let mut stop = tokio::select! {
        biased;
        () = cancel.cancelled() => Some(Stop { reason: StopReason::Interrupted, message: "the run was interrupted".to_owned() }),
        () = tokio::time::sleep_until(deadline) => Some(Stop {
            reason: StopReason::Deadline,
            message: format!("the trial took longer than {:?} (--timeout)", context.limits.trial),
        }),
        stop = performer.steps(false) => stop,
    };
    if let Some(stop) = &mut stop
        && matches!(stop.reason, StopReason::Deadline | StopReason::Interrupted)
    {
        stop.message.push_str(&format!("; it was at the step `{}`", performer.doing));
    }
    if let Some(stop) = stop {
        performer.push(None, 0, "stopped", Event::Stop(stop));
    }
    // Cleaning up has a deadline of its own, and nothing hangs on it.
    let most = if cancel.is_cancelled() { CLEANING_IN_HASTE } else { CLEANING };
    let _ = tokio::time::timeout(context.limits.trial.min(most), performer.steps(true)).await;
    performer.finish().await
}

struct Performer<'t> {
    trial: &'t Trial,
    context: &'t Context,
    client: Result<Client, String>,
    /// What a browser keeps between the links of a trial.
    cookies: Cookies,
    begun: Instant,
    transcript: Transcript,
    values: Values,
    generator: Generator,
    mailboxes: Mailboxes,
    causes: Causes,
    /// The mails that were looked at: the mailbox, and what tells the message from others.
    read_before: Vec<(String, String)>,
    /// The links that stand for codes out of mails, and where each code is sent.
    by_code: Vec<(String, Url)>,
    orders: Orders,
    rounds: Repetitions,
    origins: Vec<Url>,
    /// The origins whose links mail may carry: the identity server sends mail too.
    linked: Vec<Url>,
    /// About whom the identity server was told to misbehave.
    misled: Vec<String>,
    /// The step that is being done, for the message when it is cut short.
    doing: &'t str,
}

impl<'t> Performer<'t> {
    fn new(trial: &'t Trial, context: &'t Context) -> Performer<'t> {
        let started_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let mut values = Values::default();
        values.set("started", ValueType::named("timestamp"), started_ms.into());
        values.set("now", ValueType::named("timestamp"), started_ms.into());
        let mut performer = Performer {
            trial,
            context,
            client: Client::new(&context.http, &context.shared).map_err(|error| error.to_string()),
            cookies: Cookies::default(),
            begun: Instant::now(),
            transcript: Transcript {
                started_ms,
                origins: context.origins.known().into_iter().map(String::from).collect(),
                ..Transcript::default()
            },
            values,
            generator: Generator::new(context.seed, &trial.name()),
            mailboxes: Mailboxes::new(context.sink.clone()),
            causes: Causes::default(),
            read_before: Vec::new(),
            by_code: Vec::new(),
            orders: Orders::new(context.sink.clone()),
            rounds: Repetitions::default(),
            origins: context.origins.known(),
            linked: context.origins.known().into_iter().chain(identity::origin(context)).collect(),
            misled: Vec::new(),
            doing: "account",
        };
        for (name, value) in identity::values(trial, context) {
            performer.give(name, None, value.into());
        }
        performer
    }

    fn since_begun(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }

    fn push(&mut self, step: Option<usize>, turn: usize, label: &str, event: Event) {
        let at_ms = self.since_begun();
        self.transcript.entries.push(Entry { step, turn, label: label.to_owned(), at_ms, event });
    }

    /// Sets a value that the harness chose or was given.
    fn give(&mut self, name: &str, value_type: Option<ValueType>, value: Value) {
        self.transcript.values.push((name.to_owned(), value.clone()));
        self.values.set(name, value_type, value);
    }

    fn introduce(&mut self, actor: &str, account: &Account) {
        for (fact, value) in [
            ("user_id", Some(&account.user_id)),
            ("localpart", Some(&account.localpart)),
            ("password", account.password.as_ref()),
            ("access_token", Some(&account.access_token)),
            ("device_id", account.device_id.as_ref()),
        ] {
            if let Some(value) = value {
                self.give(&format!("{actor}.{fact}"), ValueType::named(fact), value.as_str().into());
            }
        }
    }

    /// Makes the values that these texts need and that the harness can make.
    fn generate(&mut self, text: &Text) {
        for placeholder in text.placeholders() {
            let generated = placeholder.value_type.filter(|value_type| value_type.facts().generated);
            let generated = generated.filter(|_| !placeholder.optional);
            if let (None, Some(value_type)) = (self.values.get(&placeholder.name), generated) {
                let value = self.generator.value(value_type, &placeholder.name);
                self.give(&placeholder.name, Some(value_type), value.into());
            }
        }
    }

    /// Opens the mailboxes of all addresses that can be known by now. Runs before each step, so that a mailbox is
    /// there before the request that makes mail come.
    fn open_mailboxes(&mut self, from: usize) {
        let trial = self.trial;
        for step in &trial.steps()[from..] {
            let Some(address) = step.action.mailbox() else {
                continue;
            };
            self.generate(address);
            if let Ok(address) = self.values.fill_text(address)
                && !self.mailboxes.has(&address)
            {
                self.mailboxes.of(&address);
            }
        }
    }

    /// Does the steps, or those under `finally`.
    async fn steps(&mut self, finally: bool) -> Option<Stop> {
        let trial = self.trial;
        for (index, step) in trial.steps().iter().enumerate().filter(|(_, step)| step.finally == finally) {
            if !self.rounds.wants(step) || !conditions_met(step, &self.values) {
                continue;
            }
            self.doing = &step.label;
            self.open_mailboxes(index);
            step.action.each_text(&mut |text| self.generate(text));
            let before = self.transcript.entries.len();
            let done = self.step(index, step).await;
            self.bind(step, before);
            let done = done.and_then(|()| self.proceed(step, before));
            self.rounds.note(step, &self.transcript.entries[before..], &self.origins, &self.values);
            match done {
                Ok(()) => {}
                // What cleans up does so as far as it can.
                Err(_) if finally => {}
                Err(stop) => return Some(stop),
            }
        }
        None
    }

    async fn step(&mut self, index: usize, step: &Step) -> Result<(), Stop> {
        match &step.action {
            Action::Request(request) => {
                let requests: Vec<&Request> = std::iter::repeat_n(request, request.at_once).collect();
                self.requests(index, step, &requests).await
            }
            Action::Parallel(requests) => self.requests(index, step, &requests.iter().collect::<Vec<_>>()).await,
            Action::Mail(wait) => self.mail(index, step, wait).await,
            Action::NoMail(quiet) => self.quiet(index, step, quiet).await,
            Action::Click(click) => self.click(index, step, click).await,
            Action::Pause(pause) => {
                self.push(Some(index), 0, &step.label, Event::Note(format!("waited {pause:?}, as the scenario asks")));
                tokio::time::sleep(*pause).await;
                Ok(())
            }
            Action::Sink(order) => {
                let given = Event::Note(self.orders.give(order, &self.values).map_err(unbound)?);
                self.push(Some(index), 0, &step.label, given);
                Ok(())
            }
            Action::RepeatResult(repetition) => {
                self.push(Some(index), 0, &step.label, Event::RepeatResult(self.rounds.of(*repetition)));
                Ok(())
            }
            Action::Skip(reason) => Err(not_applicable(self.values.fill_text(reason).map_err(unbound)?)),
            Action::IdentityAsked(asked) => {
                let inquiry = identity::asked(asked, &self.values, self.context)?;
                self.push(Some(index), 0, &step.label, Event::RequestLogQuery(inquiry));
                Ok(())
            }
            Action::Administrator(does) => {
                let client = self.client()?;
                let (mut exchange, done) = administrator::does(does, &self.values, self.context, &client).await?;
                secrets::drop_oversized(&mut exchange);
                self.push(None, 0, &step.label, Event::Exchange(exchange));
                done
            }
            Action::IdentityDoes(does) => {
                let instruction = identity::does(does, &self.values, self.context)?;
                self.misled.push(instruction.about.clone());
                self.push(Some(index), 0, &step.label, Event::Instruction(instruction));
                Ok(())
            }
        }
    }

    /// Remembers what a step's outcome shows for the first time.
    fn bind(&mut self, step: &Step, from: usize) {
        let seen: Vec<(f64, Value)> = matching::outcomes(step, &self.transcript.entries[from..], &self.origins);
        for (end_ms, seen) in seen {
            self.values.set("now", None, (self.transcript.started_ms + end_ms.ceil() as u64).into());
            for check in &step.checks {
                matching::hold(check, &seen, &mut self.values);
            }
        }
    }

    /// Whether the outcome of a step looks as it must for the trial to go on.
    fn proceed(&mut self, step: &Step, from: usize) -> Result<(), Stop> {
        let Some(Proceed { pattern, otherwise }) = &step.proceed_if else {
            return Ok(());
        };
        for (_, seen) in matching::outcomes(step, &self.transcript.entries[from..], &self.origins) {
            let differs = matching::compare(pattern, Some(&seen), "", &mut self.values);
            let Some(first) = differs.first() else { continue };
            let was = format!("{}: {} is {}, not {}", step.label, first.path, first.actual, first.expected);
            return Err(not_applicable(match otherwise {
                Some(reason) => format!("{} ({was})", self.values.fill_text(reason).map_err(unbound)?),
                None => was,
            }));
        }
        Ok(())
    }

    fn client(&self) -> Result<Client, Stop> {
        self.client.clone().map_err(impossible)
    }

    async fn requests(&mut self, index: usize, step: &Step, requests: &[&Request]) -> Result<(), Stop> {
        let client = self.client()?;
        let mut outgoing = Vec::new();
        for request in requests {
            outgoing.push(request::outgoing(request, &self.values, self.context, self.trial.api).map_err(unbound)?);
        }
        let limited_is_expected = rate_limit::expected(&step.checks);
        let mut patience = Patience::new(self.context.limits.rate_limit);
        let at_ms = self.since_begun();
        outgoing.iter().for_each(|one| self.causes.sent(one));
        let mut answers = join_all(outgoing.iter().map(|one| client.send(one.clone()))).await;
        for turn in 0..answers.len() {
            let mut before = 0;
            loop {
                let limited = answers[turn].response.as_ref().filter(|_| !limited_is_expected);
                let wait = patience.wait(limited, before);
                if !matches!(wait, Ok(None)) {
                    let exchange = answers[turn].clone();
                    self.push(None, turn, &format!("{} (limited)", step.label), Event::Exchange(exchange));
                }
                let Some(wait) = wait? else { break };
                // The target named this moment itself.
                tokio::time::sleep(wait).await;
                answers[turn] = client.send(outgoing[turn].clone()).await;
                before += 1;
            }
        }
        for (one, answer) in outgoing.iter().zip(&answers) {
            answer.response.iter().for_each(|response| self.causes.answered(one, response));
        }
        answers.iter_mut().for_each(secrets::drop_oversized);
        let mut stop = None;
        for (turn, exchange) in answers.into_iter().enumerate() {
            if let (None, Some(failure)) = (&stop, &exchange.failure) {
                let request = &exchange.request;
                stop = Some(Stop {
                    reason: match failure.kind {
                        FailureKind::BadRequest => StopReason::Impossible,
                        _ => StopReason::Unreachable,
                    },
                    message: format!("{} {} got no complete answer: {}", request.method, request.url, failure.message),
                });
            }
            let entry =
                Entry { step: Some(index), turn, label: step.label.clone(), at_ms, event: Event::Exchange(exchange) };
            self.transcript.entries.push(entry);
        }
        stop.map_or(Ok(()), Err)
    }

    async fn click(&mut self, index: usize, step: &Step, click: &Click) -> Result<(), Stop> {
        let link = self.values.fill_text(&click.link).map_err(unbound)?;
        let code = self.by_code.iter().find(|(made, _)| *made == link).map(|(_, submit_url)| submit_url.clone());
        let link = changed(&link, &click.changes, &self.values).map_err(|fault| match fault {
            LinkFault::Unbound(fault) => unbound(fault),
            LinkFault::NoUrl => impossible(fault.to_string()),
            LinkFault::NoParameter { .. } | LinkFault::Unchanged { .. } => not_applicable(fault.to_string()),
        })?;
        let client = self.client()?;
        let at_ms = self.since_begun();
        let manner = Manner {
            method: &click.method,
            person: click.submit && click.method == "GET",
            limited_is_expected: rate_limit::expected(&step.checks),
        };
        let context = self.context;
        let cookies = self.cookies.clone();
        let mut visitor = Visitor { client: &client, context, cookies: &cookies, limited: Vec::new(), raw: Vec::new() };
        let visited = match code {
            Some(_) if !manner.person => {
                return Err(not_applicable(
                    "the mail carries a code to type, so there is no page to look at".to_owned(),
                ));
            }
            Some(submit_url) => visitor.submit_code(&link, &submit_url, manner).await,
            None => visitor.visit(&link, manner).await,
        };
        for (when, exchange) in visitor.limited {
            let event = Event::Exchange(exchange);
            let at_ms = when.duration_since(self.begun).as_secs_f64() * 1000.0;
            let label = format!("{} (limited)", step.label);
            self.transcript.entries.push(Entry { step: None, turn: 0, label, at_ms, event });
        }
        let mut visit = visited?;
        visit.hops.iter_mut().for_each(secrets::drop_oversized);
        // What a browser's page asks for and does not get is missing from the page.
        let failed = match visit.browsed {
            Some(_) => visit.hops.iter().find_map(|hop| hop.failure.clone()),
            None => visit.hops.last().and_then(|hop| hop.failure.clone()),
        };
        let undecided = match &visit.end {
            VisitEnd::Undecided(what) => Some(what.clone()),
            _ => None,
        };
        let entry = Entry { step: Some(index), turn: 0, label: step.label.clone(), at_ms, event: Event::Visit(visit) };
        self.transcript.entries.push(entry);
        match failed {
            Some(failure) => Err(Stop {
                reason: StopReason::Unreachable,
                message: format!("the link got no complete answer: {}", failure.message),
            }),
            // What follows would be judged as if nobody had wanted to go on.
            None => undecided.map_or(Ok(()), |what| Err(impossible(what))),
        }
    }

    async fn finish(mut self) -> Performed {
        identity::calm(&self.misled, self.context);
        self.unasked_mail().await;
        let secrets = secrets::of(&self.transcript, &self.values);
        Performed { transcript: self.transcript, values: self.values, secrets }
    }
}
