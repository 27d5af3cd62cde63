//! What a run keeps of its trials: what the terminal shows, the record on disk, and what the rules over all exchanges saw.
//!
//! Takes each record in the order of the plan; passes it on to all three. It prints nothing.

use super::super::output::Output;
use super::super::retention::Records;
use super::prepare::Prepared;
use threepid_engine::judge::ContractJudge;
use threepid_record::model::{TargetInfo, TrialRecord};

/// What is kept.
pub(super) struct Kept {
    pub(super) records: Records,
    pub(super) output: Option<Output>,
    /// From when the target is known.
    contract: Option<ContractJudge>,
    /// Whether trials of scenarios are only looked at by the rules.
    only_rules: bool,
}

impl Kept {
    pub(super) fn new(output: Option<Output>, only_rules: bool) -> Kept {
        Kept { records: Records::default(), output, contract: None, only_rules }
    }

    /// The target is known.
    pub(super) fn target(&mut self, run: &Prepared<'_>, info: &TargetInfo) {
        self.contract = Some(ContractJudge::new(&run.suite, info, run.settings.fail_on));
    }

    /// Adds the trial of a scenario.
    pub(super) fn trial(&mut self, record: TrialRecord, info: &TargetInfo) {
        if let Some(contract) = &mut self.contract {
            contract.trial(&record, info);
        }
        if !self.only_rules {
            self.add(record);
        }
    }

    /// Adds the rules that are shown; `told` is called with each.
    pub(super) fn rules(&mut self, run: &Prepared<'_>, told: impl Fn(&TrialRecord)) {
        let records = self.contract.take().map(|contract| contract.records()).unwrap_or_default();
        for mut record in records.into_iter().filter(|record| run.rules.contains(&record.id)) {
            run.settings.deviations.apply(&mut record);
            told(&record);
            self.add(record);
        }
    }

    fn add(&mut self, record: TrialRecord) {
        if let Some(output) = &mut self.output {
            output.trial(&record);
        }
        self.records.add(record);
    }
}
