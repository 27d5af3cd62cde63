//! What a trial has told the mail sink to do wrong.
//!
//! All of it is taken back when the trial ends, however it ends.

use threepid_engine::matching::{Unbound, Values};
use threepid_engine::scenario::{Fault, SinkFault};
use threepid_wire::mail::{Behaviour, Sink};

/// The orders of one trial.
pub(super) struct Orders {
    sink: Sink,
    recipients: Vec<String>,
}

impl Orders {
    pub(super) fn new(sink: Sink) -> Orders {
        Orders { sink, recipients: Vec::new() }
    }

    /// Gives an order; tells in words which.
    pub(super) fn give(&mut self, order: &SinkFault, values: &Values) -> Result<String, Unbound> {
        let to = values.fill_text(&order.to)?;
        let times = order.times;
        let (behaviour, words) = match &order.fault {
            Fault::RefuseRcpt { code, text } => (
                Behaviour::RefuseRcpt { code: *code, text: text.clone(), times },
                format!("refuse the recipient {to} ({code} {text})"),
            ),
            Fault::RefuseData { code, text } => (
                Behaviour::RefuseData { code: *code, text: text.clone(), times },
                format!("refuse mail to {to} ({code} {text})"),
            ),
            Fault::Stall(duration) => (
                Behaviour::Stall { duration: *duration, times },
                format!("answer to the recipient {to} after {duration:?}"),
            ),
            Fault::HangUp => (Behaviour::HangUp { times }, format!("hang up instead of taking mail to {to}")),
        };
        self.sink.behave(&to, behaviour);
        self.recipients.push(to);
        let often = match times {
            None => "always".to_owned(),
            Some(1) => "once".to_owned(),
            Some(times) => format!("{times} times"),
        };
        Ok(format!("told the mail sink to {words}, {often}"))
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        for recipient in &self.recipients {
            self.sink.calm(recipient);
        }
    }
}
