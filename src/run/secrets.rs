//! What must be replaced before anything of a trial is printed or written.
//!
//! Takes a transcript and the values; gives all secrets by value: those of secret types, and what the collector finds in
//! what was sent and received. Never replaces anything itself.

use super::heavy::heavy;
use threepid_engine::matching::Values;
use threepid_engine::scenario::ValueType;
use threepid_record::model::{Body, Exchange, Failure, FailureKind, Transcript};
use threepid_record::redact::collect::{Collector, Secret};

/// How many values under such names one answer may have, and how long they may be together: an honest answer has three.
const MOST_IN_ONE_ANSWER: (usize, usize) = (256, 256 * 1024);

/// All secrets of a trial.
pub(super) fn of(transcript: &Transcript, values: &Values) -> Vec<Secret> {
    let is_secret = |value_type: Option<ValueType>| value_type.is_some_and(|known| known.facts().secret);
    // A sid is no secret, and is easier to follow when it can be read; and other values have a kind of their own.
    let open = values.iter().filter(|bound| !is_secret(bound.value_type)).filter_map(|bound| bound.value.as_str());
    let mut found = Collector::new(open.map(str::to_owned));
    for bound in values.iter() {
        if let (Some(facts), Some(text)) = (bound.value_type.map(ValueType::facts), bound.value.as_str())
            && facts.secret
        {
            found.add(facts.name, text);
        }
    }
    heavy(|| transcript.entries.iter().for_each(|entry| found.event(&entry.event)));
    found.into_secrets()
}

/// Leaves an answer out that has more secrets than can be kept out of a record in reasonable time. It counts as none.
pub(super) fn drop_oversized(exchange: &mut Exchange) {
    let Some(response) = &mut exchange.response else {
        return;
    };
    let mut found = Collector::default();
    heavy(|| found.body(&response.body));
    let (count, bytes) = found.size();
    let (most, most_bytes) = MOST_IN_ONE_ANSWER;
    if count <= most && bytes <= most_bytes {
        return;
    }
    let size_bytes = response.body.size_bytes;
    response.body = Body { text: Some("(left out by threepid)".to_owned()), size_bytes, ..Body::default() };
    exchange.failure = Some(Failure {
        kind: FailureKind::TooLarge,
        message: format!(
            "the answer has {count} values under names of secrets, with {bytes} bytes, of which at most {most} with \
             {most_bytes} can be kept out of a record; its body was left out"
        ),
    });
}
