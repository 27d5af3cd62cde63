//! The variants of a target, several of them at once.
//!
//! Takes what was selected for each; starts servers, runs the trials, and gives every record to [`Kept`] in the order of the
//! plan, whichever variant is ready first. Variants of the reference run side by side. Of a server that this program
//! starts, the next starts while the trials of the last run, and trials run on one at a time, so that each has the machine
//! for itself. With `--jobs 1` one follows the other, step by step. It never judges and never writes a file itself.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{Mutex, Semaphore};

use super::super::args::Format;
use super::super::interrupt::Interrupt;
use super::super::progress::Progress;
use super::super::start::Started;
use super::super::start_options::telling;
use super::super::terminal;
use super::kept::Kept;
use super::prepare::{Prepared, Selected};
use crate::suite::{Ahead, Event, Session, not_run, with_repetitions};
use crate::target::Kind;
use threepid_engine::plan::{Api, Planned, plan};
use threepid_record::model::{TargetInfo, TrialRecord};
use threepid_views::report::events::RunEvent;
use threepid_views::report::text;
use threepid_wire::mail::Sink;

/// A record, the target that it is of, and its place among those that wait.
type Waiting = (TrialRecord, Rc<TargetInfo>, Option<Ahead>);

/// What the variants of a run share.
pub(super) struct Together<'r> {
    run: &'r Prepared<'r>,
    interrupt: &'r Interrupt,
    sink: &'r Sink,
    state: RefCell<State<'r>>,
    /// Servers start one after the other: none takes a port that another has chosen and not yet bound.
    starting: Mutex<()>,
    /// Places for variants whose trials run.
    running: Semaphore,
}

/// What changes while the variants run.
struct State<'r> {
    kept: &'r mut Kept,
    progress: Progress,
    /// The target, once one variant has answered.
    target: Option<TargetInfo>,
    /// Why nothing more is started.
    broken: Option<String>,
    /// What the last variant was asked with, for the record of those that are not asked any more.
    last: (Rc<TargetInfo>, Vec<Api>),
    /// The records that wait until those of the variants before theirs are kept.
    waiting: Vec<VecDeque<Waiting>>,
    /// Which variants have ended.
    ended: Vec<bool>,
    /// Whose records are kept as they come.
    turn: usize,
}

/// What came of the variants.
pub(super) struct Outcome {
    /// The target, if one variant has answered.
    pub(super) target: Option<TargetInfo>,
    /// Why the run ended before its time.
    pub(super) broken: Option<String>,
}

impl<'r> Together<'r> {
    pub(super) fn new(
        run: &'r Prepared<'r>,
        interrupt: &'r Interrupt,
        sink: &'r Sink,
        kept: &'r mut Kept,
        broken: Option<String>,
    ) -> Together<'r> {
        let count = run.groups.len();
        let (info, apis) = run.unseen();
        Together {
            run,
            interrupt,
            sink,
            state: RefCell::new(State {
                kept,
                progress: Progress::new(run.terminal),
                target: None,
                broken,
                last: (Rc::new(info), apis),
                waiting: (0..count).map(|_| VecDeque::new()).collect(),
                ended: vec![false; count],
                turn: 0,
            }),
            starting: Mutex::new(()),
            running: Semaphore::new(run.side_by_side().1),
        }
    }

    /// Runs all variants.
    pub(super) async fn run(self) -> Outcome {
        let groups = &self.run.groups;
        // The first tells what the target is before any trial is told of.
        let mut first = Some(self.started(0).await);
        let ready = (0..groups.len()).map(|index| (index, first.take()));
        let up = self.run.side_by_side().0;
        stream::iter(ready)
            .map(|(index, started)| self.variant(index, started))
            .buffer_unordered(up)
            .collect::<()>()
            .await;
        let state = self.state.into_inner();
        state.progress.done();
        Outcome { target: state.target, broken: state.broken }
    }

    /// One variant from its start to its end.
    async fn variant(&self, index: usize, started: Option<Result<Started, String>>) {
        let (variant, scenarios) = &self.run.groups[index];
        let started = match started {
            Some(started) => started,
            None => self.started(index).await,
        };
        let up = match started {
            Ok(up) => up,
            Err(reason) => {
                self.left(index, variant, scenarios, &reason);
                self.ended(index);
                return;
            }
        };
        // The semaphore is never closed.
        let turn = self.running.acquire().await;
        let session = &up.session;
        let info = Rc::new(session.target.info.clone());
        if index == 0 {
            self.trials(index, self.run.unfit(session), 1, session, &info).await;
        }
        match self.run.apis(session) {
            Ok(apis) => {
                let mut planned = plan(&self.run.suite, scenarios, variant, &info, &apis);
                if self.run.args.provision.accounts_may_be_used_up {
                    // What is used up is missed by nobody then.
                    planned.sort_by_key(|planned| !planned.trial.scenario().uses_up.is_empty());
                }
                self.state.borrow_mut().last = (Rc::clone(&info), apis);
                self.trials(index, planned, self.run.args.repeat, session, &info).await;
            }
            Err(message) => {
                let reason = self.gave_up(variant, message);
                self.left(index, variant, scenarios, &reason);
            }
        }
        self.ended(index);
        drop(turn);
        self.run.changed_accounts(&self.interrupt.unless_now(up.stop()).await.unwrap_or_default());
    }

    /// Starts a variant, or says why it is not run.
    async fn started(&self, index: usize) -> Result<Started, String> {
        let (variant, _) = &self.run.groups[index];
        let cancel = &self.interrupt.stop;
        let _one_at_a_time = match self.run.profile.kind {
            Kind::Managed => Some(self.starting.lock().await),
            Kind::Embedded | Kind::External => None,
        };
        let reason = || self.run.stop_reason(&self.state.borrow().broken, cancel);
        if let Some(reason) = reason() {
            return Err(reason.to_owned());
        }
        let starter = self.run.starter(self.sink).map_err(|message| self.gave_up(variant, message))?;
        let starting = async {
            match self.run.profile.kind {
                // It is there at once, and many are started side by side.
                Kind::Embedded => starter.start(variant).await,
                Kind::Managed | Kind::External => telling(starter.start(variant)).await,
            }
        };
        let started = tokio::select! {
            started = starting => started.map_err(|message| self.gave_up(variant, message))?,
            () = cancel.cancelled() => return Err(reason().unwrap_or_default().to_owned()),
        };
        let state = &mut *self.state.borrow_mut();
        if state.target.is_none() {
            let info = self.run.told(started.session.target.info.clone());
            self.run.tell(RunEvent::Target(&info));
            state.kept.target(self.run, &info);
            if self.run.args.format == Format::Text {
                terminal::out_at_once(&text::target(env!("CARGO_PKG_VERSION"), &info, &self.run.terminal.style()));
            }
            state.progress.of(self.run.planned(&started.session));
            state.target = Some(info);
        }
        Ok(started)
    }

    /// Remembers why nothing more is started; gives what is said of the variant's trials.
    fn gave_up(&self, variant: &str, message: String) -> String {
        self.state.borrow_mut().broken.get_or_insert(message);
        format!("the variant `{variant}` could not be tested")
    }

    async fn trials(
        &self,
        index: usize,
        planned: Vec<Planned>,
        repeat: u32,
        session: &std::sync::Arc<Session>,
        info: &Rc<TargetInfo>,
    ) {
        let cancels = (&self.interrupt.stop, &self.interrupt.now);
        crate::suite::run(planned, repeat, session, &self.run.settings, cancels, |event| match event {
            Event::Ended(record) => {
                self.state.borrow_mut().progress.ended(record);
                self.tell(record);
                // Whoever reads the events as they happen has seen enough.
                if terminal::reader_is_gone() {
                    self.interrupt.stop.cancel();
                }
            }
            Event::Record(record, ahead) => self.keep(index, (*record, Rc::clone(info), Some(ahead))),
        })
        .await;
        if let Some(why) = self.run.settings.halt.why() {
            self.state.borrow_mut().broken.get_or_insert_with(|| why.to_owned());
        }
    }

    /// Records the trials of a variant as not run, all repetitions of one in one record.
    fn left(&self, index: usize, variant: &str, scenarios: &[Selected], reason: &str) {
        let (info, apis) = self.state.borrow().last.clone();
        let reason = with_repetitions(reason, self.run.args.repeat - 1);
        for planned in plan(&self.run.suite, scenarios, variant, &info, &apis) {
            let record = not_run(&planned.trial, &reason);
            self.tell(&record);
            self.keep(index, (record, Rc::clone(&info), None));
        }
    }

    fn tell(&self, record: &TrialRecord) {
        if !self.run.only_rules {
            self.run.tell(RunEvent::Trial(record));
        }
    }

    /// Keeps a record if it is its variant's turn; else it waits.
    fn keep(&self, index: usize, (record, info, ahead): Waiting) {
        let state = &mut *self.state.borrow_mut();
        if index == state.turn {
            state.kept.trial(record, &info);
        } else {
            state.waiting[index].push_back((record, info, ahead));
        }
    }

    /// A variant has no more records: what waits for it is kept, up to the next that has not ended.
    fn ended(&self, index: usize) {
        let state = &mut *self.state.borrow_mut();
        state.ended[index] = true;
        while state.ended.get(state.turn) == Some(&true) {
            state.turn += 1;
            for (record, info, _) in state.waiting.get_mut(state.turn).map(std::mem::take).unwrap_or_default() {
                state.kept.trial(record, &info);
            }
        }
    }
}

impl Prepared<'_> {
    /// How many variants are up at once, and on how many of them trials run.
    fn side_by_side(&self) -> (usize, usize) {
        let external = self.args.homeserver.is_some();
        match self.profile.kind {
            _ if external || self.args.jobs == 1 => (1, 1),
            Kind::Embedded => (self.groups.len().max(1), self.groups.len().max(1)),
            Kind::Managed => (2, 1),
            Kind::External => (1, 1),
        }
    }
}
