//! What came, for programs that ask over HTTP.
//!
//! Takes mails as they arrive; answers `GET /mails` (all, or those `?to=ADDRESS`), `/mails/N` and `/mails/N/links`. It changes
//! nothing, listens on the loopback only, and keeps the last mails within named limits.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver};
use tokio::task::JoinHandle;

use super::shown::Shown;
use threepid_wire::mail::{Received, Sink, canonical};

/// How many mails are kept, and how many bytes of them: the oldest go first.
const MOST_MAILS: usize = 1_000;
const MOST_BYTES: usize = 64 << 20;

/// How many mails whoever prints them may be behind.
const UNPRINTED: usize = 64;

/// A server of what came.
pub(super) struct Api {
    /// Where it listens.
    pub(super) addr: SocketAddr,
    /// Every mail, once it can be asked for.
    pub(super) arrivals: Receiver<Arc<Received>>,
    tasks: [JoinHandle<()>; 2],
}

impl Api {
    /// Ends it.
    pub(super) fn stop(self) {
        // Nothing is written that could be cut off.
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// The mails that are kept.
#[derive(Debug, Default)]
struct Kept {
    mails: VecDeque<Arc<Received>>,
    bytes: usize,
    /// The number of the oldest, from 1.
    first: usize,
}

impl Kept {
    fn put(&mut self, mail: Arc<Received>) {
        self.bytes += mail.raw.len();
        self.mails.push_back(mail);
        while self.mails.len() > 1 && (self.mails.len() > MOST_MAILS || self.bytes > MOST_BYTES) {
            self.bytes -= self.mails.pop_front().map_or(0, |oldest| oldest.raw.len());
            self.first += 1;
        }
    }
}

type Desk = Arc<Mutex<Kept>>;

/// Listens, and keeps what comes from now on.
///
/// # Errors
///
/// A message that names the address and the flag, if it cannot listen there.
pub(super) async fn serve(listen: SocketAddr, sink: &Sink) -> Result<Api, String> {
    let bound = TcpListener::bind(listen).await;
    let listener = bound.map_err(|fault| format!("cannot listen at {listen} (--http-listen): {fault}"))?;
    let addr = listener.local_addr().map_err(|fault| format!("{listen} (--http-listen): {fault}"))?;
    let desk: Desk = Arc::new(Mutex::new(Kept { first: 1, ..Kept::default() }));
    let mut coming = sink.subscribe();
    let (kept, arrivals) = broadcast::channel(UNPRINTED);
    let keeping = Arc::clone(&desk);
    let keep = tokio::spawn(async move {
        loop {
            match coming.recv().await {
                Ok(mail) => {
                    keeping.lock().unwrap_or_else(PoisonError::into_inner).put(Arc::clone(&mail));
                    // Nobody may be listening.
                    drop(kept.send(mail));
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
    let routes = Router::new()
        .route("/mails", get(list))
        .route("/mails/{number}", get(one))
        .route("/mails/{number}/links", get(links))
        .with_state(desk);
    let answer = tokio::spawn(async move {
        // It does not end by itself; a fault of one connection is that connection's.
        drop(axum::serve(listener, routes).await);
    });
    Ok(Api { addr, arrivals, tasks: [keep, answer] })
}

#[derive(Debug, Deserialize)]
struct Wanted {
    to: Option<String>,
}

async fn list(State(desk): State<Desk>, Query(wanted): Query<Wanted>) -> Json<Value> {
    let (first, mails) = {
        let kept = desk.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.first, kept.mails.iter().cloned().collect::<Vec<_>>())
    };
    let to = wanted.to.map(|address| canonical(&address));
    let numbered = mails.iter().enumerate().map(|(at, mail)| (first + at, mail));
    let of = numbered.filter(|(_, mail)| to.as_ref().is_none_or(|to| canonical(&mail.recipient) == *to));
    let shown = of.map(|(number, mail)| {
        let Shown { from, to, subject, .. } = Shown::of(mail);
        json!({"number": number, "from": from, "to": to, "subject": subject})
    });
    Json(shown.collect())
}

async fn one(State(desk): State<Desk>, Path(number): Path<usize>) -> Result<Json<Shown>, (StatusCode, Json<Value>)> {
    found(&desk, number).map(Json)
}

async fn links(
    State(desk): State<Desk>,
    Path(number): Path<usize>,
) -> Result<Json<Vec<String>>, (StatusCode, Json<Value>)> {
    found(&desk, number).map(|mail| Json(mail.links))
}

fn found(desk: &Desk, number: usize) -> Result<Shown, (StatusCode, Json<Value>)> {
    let mail = {
        let kept = desk.lock().unwrap_or_else(PoisonError::into_inner);
        number.checked_sub(kept.first).and_then(|at| kept.mails.get(at).cloned())
    };
    mail.map(|mail| Shown::of(&mail)).ok_or_else(|| {
        (
            StatusCode::NOT_FOUND,
            Json(json!({"error": format!("there is no mail {number}; GET /mails lists those that there are")})),
        )
    })
}
