//! Why a trial cannot go on, in words.

use threepid_engine::matching::Unbound;
use threepid_record::model::{Stop, StopReason};

/// No answer had a value that the step needs.
pub(super) fn unbound(fault: Unbound) -> Stop {
    let name = fault.name.split('~').next().unwrap_or_default();
    Stop { reason: StopReason::Unbound, message: format!("no answer had the `<{name}>` that this step needs") }
}

/// The scenario says that it does not apply here.
pub(super) fn not_applicable(message: String) -> Stop {
    Stop { reason: StopReason::NotApplicable, message }
}

/// What the step asks for cannot be done.
pub(super) fn impossible(message: String) -> Stop {
    Stop { reason: StopReason::Impossible, message }
}
