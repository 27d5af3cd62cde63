//! What a trial has told the mail sink to do wrong.
//!
//! All of it is taken back when the trial ends, however it ends.

use threepid_engine::matching::{Unbound, Values};
use threepid_engine::scenario::SinkFault;
use threepid_record::model::MailFault;
use threepid_wire::mail::Sink;

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
        let words = match &order.fault {
            MailFault::RefuseRcpt { code, text } => format!("refuse the recipient {to} ({code} {text})"),
            MailFault::RefuseData { code, text } => format!("refuse mail to {to} ({code} {text})"),
            MailFault::Stall(duration) => format!("answer to the recipient {to} after {duration:?}"),
            MailFault::HangUp => format!("hang up instead of taking mail to {to}"),
        };
        self.sink.behave(&to, order.fault.clone(), times);
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
