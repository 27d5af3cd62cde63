//! Walks through one part of the server each, written down as what an observer sees. A walk never asserts: the same walk is
//! taken on the correct server, where it has to see exactly what it says, and with each defect, where it has to see something
//! else.

mod asking;
mod binding;
mod linking;
mod logging_in;
mod offering;
mod proving;
mod registering;
mod removing;
mod resetting;

use std::pin::Pin;

use super::{World, client::Answer, flow};
use crate::{Defect, Options, defects};

/// What an observer saw, step by step.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<String>);

impl Seen {
    fn add(&mut self, what: impl Into<String>) {
        self.0.push(what.into());
    }

    /// The status and the errcode of an answer.
    fn note(&mut self, what: &str, answer: &Answer) {
        let mut errcode = format!(" {}", answer.errcode());
        if errcode == " none" {
            errcode.clear();
        }
        self.add(format!("{what}: {}{errcode}", answer.status.as_u16()));
    }
}

/// The switches that every world of a walk has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Broken(Option<&'static Defect>);

impl Broken {
    async fn world(self, change: impl FnOnce(&mut Options)) -> World {
        World::with(|options| {
            options.defects.extend(self.0);
            change(options);
        })
        .await
    }

    async fn plain(self) -> World {
        self.world(|_| {}).await
    }
}

type Walk = fn(Broken) -> Pin<Box<dyn Future<Output = Vec<String>> + Send>>;

macro_rules! walk {
    ($walk:path) => {
        |broken| {
            Box::pin(async move {
                let mut seen = Seen::default();
                $walk(broken, &mut seen).await;
                seen.0
            })
        }
    };
}

/// The walk on which the first row of a defect can be seen, by the start of the row's id.
const WALKS: [(&[&str], Walk); 10] = [
    (&["add-rt-", "mail-"], walk!(asking::walk)),
    (&["link-", "next-link-", "submit-url-"], walk!(linking::walk)),
    (&["login-"], walk!(logging_in::walk)),
    (&["cap-", "rl-", "msisdn-", "prefix-", "add-rt-", "reg-", "next-link-"], walk!(offering::walk)),
    (&["uia-", "add-", "deprecated-", "list-"], walk!(proving::walk)),
    (&["reg-"], walk!(registering::walk)),
    (&["reset-", "link-prefetch-safe", "link-html-escaped"], walk!(resetting::walk)),
    (&["bind-", "unbind-", "delete-", "deactivate-"], walk!(binding::walk)),
    (&["delete-"], walk!(removing::walk)),
    (&["uia-", "add-", "link-", "list-", "delete-", "mail-"], walk!(seed)),
];

async fn seed(broken: Broken, seen: &mut Seen) {
    let world = broken.plain().await;
    seen.0 = flow::walk(&world).await;
}

/// How many defects no walk sees: those are for the scenarios to catch, as the matrix shows. It only ever goes down.
const MAX_UNSEEN: usize = 60;

#[tokio::test]
async fn the_walks_see_most_defects() {
    let mut clean = Vec::new();
    for (_, walk) in WALKS {
        clean.push(walk(Broken(None)).await);
    }
    let mut unseen = Vec::new();
    // One without a row is of a promise that no walk goes by.
    for defect in defects().iter().filter(|defect| !defect.covers.is_empty()) {
        let row = defect.covers.first().map_or("", String::as_str);
        let mut shows = false;
        for ((starts, walk), clean) in WALKS.iter().zip(&clean) {
            if starts.iter().any(|start| row.starts_with(start)) && !shows {
                // A walk that cannot go on has noticed something, too.
                let seen = tokio::spawn(walk(Broken(Some(defect)))).await;
                shows = seen.ok().as_ref() != Some(clean);
            }
        }
        if !shows {
            unseen.push(&defect.name);
        }
    }
    assert!(unseen.len() <= MAX_UNSEEN, "{unseen:#?}");
}

/// Compares what was seen with what has to be, line by line.
#[track_caller]
fn expect(seen: &Seen, lines: &[&str]) {
    assert_eq!(seen.0, lines);
}
