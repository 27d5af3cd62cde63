//! `pause: 3s` and `sink: {to: <email>, refuse_rcpt: 550 …}`: what the harness does itself.

use std::time::Duration;

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::keys::{Key, Kind, Shape, key, needed};
use crate::scenario::node::Node;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::template::Text;
use threepid_record::model::MailFault;

/// A pause.
pub(in crate::scenario) static PAUSE: Kind = Kind {
    names: &["pause"],
    about: "Wait this long. For moments that the target's configuration names; never for mail.",
    value: Shape::Duration,
    keys: &[],
    seen: None,
};

/// A fault of the mail sink.
pub(in crate::scenario) static SINK: Kind = Kind {
    names: &["sink"],
    about: "Have the mail sink misbehave for a recipient.",
    value: Shape::Mapping(SINK_KEYS),
    keys: &[],
    seen: None,
};

/// The keys of a mapping that says how the mail sink misbehaves; one of them besides `to` and `times`.
static SINK_KEYS: &[Key] = &[
    needed("to", Shape::Text, "For mail to this address."),
    key("refuse_rcpt", Shape::Plain, "Refuse the recipient, with this reply: `550 5.1.1 no such mailbox`."),
    key("refuse_data", Shape::Plain, "Refuse the whole message once it was sent, with this reply."),
    key("stall", Shape::Duration, "Answer to the recipient only after this time."),
    key("hang_up", Shape::Flag, "Close the connection once the message was sent, without an answer."),
    key("times", Shape::Count, "How often; always if not given."),
];

/// The end of a trial without a verdict.
pub(in crate::scenario) static SKIP: Kind = Kind {
    names: &["skip"],
    about: "End here without a verdict, for this reason; with `when` or `unless`.",
    value: Shape::Text,
    keys: &[],
    seen: None,
};

/// How the mail sink misbehaves for one recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct SinkFault {
    /// The recipient.
    pub to: Text,
    /// What it does.
    pub fault: MailFault,
    /// How often; always if not given.
    pub times: Option<u32>,
}

/// The longest pause. Whatever needs a longer one is no test that people run.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// How often a fault may be asked for.
const MAX_TIMES: usize = 1000;

impl Reader<'_> {
    pub(super) fn pause(&self, node: &Node) -> Option<Duration> {
        let pause = self.duration(node, "the pause")?;
        if pause > MAX_PAUSE {
            let fault = Diagnostic::new(node.span, "pause", format!("a pause lasts at most {} s", MAX_PAUSE.as_secs()));
            self.fault(fault.label("longer"));
            return None;
        }
        Some(pause)
    }

    /// `skip: …`, which without a condition would end every trial.
    pub(super) fn skip(&self, key: &crate::scenario::node::Key, reason: &Node, conditional: bool) -> Option<Text> {
        if !conditional {
            self.fault(
                Diagnostic::new(key.span, "skip", "this always ends the trial")
                    .label("without a condition")
                    .help("say with `when` or `unless` which value decides: `unless: <submit_url>`"),
            );
        }
        self.placed_text(reason, "the reason")
    }

    pub(super) fn sink_order(&self, node: &Node) -> Option<SinkFault> {
        let fields = self.fields_or(node, "an order to the sink", &[SINK_KEYS], &[], &Self::beside("sink"))?;
        let to = self.placed_text(fields.get("to")?, "`to`")?;
        let times = fields.get("times").and_then(|node| self.count(node, "`times`", MAX_TIMES));
        let mut faults = fields.iter().filter(|(key, _)| !matches!(&*key.name, "to" | "times"));
        let (Some((key, _)), None) = (faults.next(), faults.next()) else {
            self.fault(
                Diagnostic::new(node.span, "sink", "the sink misbehaves in one way at a time")
                    .label("none, or several")
                    .help("give one of `refuse_rcpt`, `refuse_data`, `stall`, `hang_up`"),
            );
            return None;
        };
        let fault = match &*key.name {
            "refuse_rcpt" => {
                self.reply(&fields, "refuse_rcpt").map(|(code, text)| MailFault::RefuseRcpt { code, text })
            }
            "refuse_data" => {
                self.reply(&fields, "refuse_data").map(|(code, text)| MailFault::RefuseData { code, text })
            }
            "stall" => self.pause(fields.get("stall")?).map(MailFault::Stall),
            _ => Some(MailFault::HangUp),
        }?;
        Some(SinkFault { to, fault, times: times.and_then(|times| u32::try_from(times).ok()) })
    }

    /// A reply that refuses: a code of 400 to 599, and text.
    fn reply(&self, fields: &Fields<'_>, name: &str) -> Option<(u16, String)> {
        let node = fields.get(name)?;
        let written = self.plain(node, "the reply")?;
        let (code, text) = written.split_once(' ').unwrap_or((&written, ""));
        match code.parse() {
            Ok(code @ 400..=599) => Some((code, text.to_owned())),
            _ => {
                self.fault(
                    Diagnostic::new(node.span, "sink", "a refusal begins with a code from 400 to 599")
                        .label("here")
                        .help("write it like `451 4.3.0 try again later`"),
                );
                None
            }
        }
    }
}
