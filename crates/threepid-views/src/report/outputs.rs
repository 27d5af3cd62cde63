//! How many trials ended how, in the form in which GitHub's runner takes the outputs of a step.
//!
//! Later steps read them as `steps.<id>.outputs.fail`. They are numbers, so nothing a server said is among them.

use std::path::Path;

use super::{WriteError, append_file};
use threepid_record::model::{Counts, Report};

/// The lines, one for each outcome.
pub fn render(report: &Report) -> String {
    let Counts { pass, fail, error, skip, xfail, xpass } = report.counts;
    [("pass", pass), ("fail", fail), ("error", error), ("skip", skip), ("xfail", xfail), ("xpass", xpass)]
        .map(|(outcome, count)| format!("{outcome}={count}\n"))
        .concat()
}

/// Adds them to a file that the step may have written to already, as `GITHUB_OUTPUT` wants it.
///
/// # Errors
///
/// If the file cannot be opened or written.
pub fn append(path: &Path, report: &Report) -> Result<(), WriteError> {
    append_file(path, render(report).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn each_outcome_has_its_line() {
        let counts = Counts { pass: 1, fail: 2, error: 3, skip: 4, xfail: 5, xpass: 6 };
        let text = render(&Report { counts, ..fixture::report() });
        assert_eq!(text, "pass=1\nfail=2\nerror=3\nskip=4\nxfail=5\nxpass=6\n");
    }
}
