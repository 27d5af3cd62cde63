//! The plain data that passes between the layers.
//!
//! Takes nothing and gives types only: levels, outcomes, mails, exchanges, transcripts, findings, reports.
//! What a report holds can be written to `report.json` and read back without loss.
//! It never imports another module of this crate, does no I/O and judges nothing.

mod basis;
mod comparison;
mod event;
mod exchange;
mod finding;
mod identity;
mod level;
mod mail;
mod mail_fault;
mod read_trial;
mod reason;
mod record;
mod rule;
mod rule_record;
mod target;
mod transcript;

pub use basis::{Basis, Ground};
pub use comparison::{AnswerChange, Change, ChangeKind, Comparison, Side};
pub use event::*;
pub use exchange::{Body, Exchange, Failure, FailureKind, Headers, Request, Response};
pub use finding::{Alternatives, Choice, Finding, FindingKind, Place, SourceLine, SpecRef};
pub use identity::{Asked, Instruction, RequestLogQuery};
pub use level::Level;
pub use mail::{Alternative, Carrier, Code, Envelope, Link, LinkSource, Mail, Part, SessionFacts};
pub use mail_fault::MailFault;
pub use reason::{Reason, ReasonKind};
pub use record::{Counts, Outcome, Report, Slice, TargetInfo, TrialRecord};
pub use rule::{MOST_FINDINGS, RuleCounts};
pub use target::{Ability, Account};
pub use transcript::{Entry, Transcript, Trouble};
