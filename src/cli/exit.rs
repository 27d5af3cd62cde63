//! Exit codes. They are an interface: scripts and CI rely on them.

/// Why the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Conformant, or done.
    Ok,
    /// Not conformant, or a known deviation that is none any more.
    NotConformant,
    /// Wrong usage, or a scenario that is not right.
    Usage,
    /// The target, the mail or the harness failed: we could not tell.
    Failure,
    /// Nothing was selected.
    Nothing,
    /// `compare` found something that is worse than before.
    Regression,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::NotConformant => 1,
            Exit::Usage => 2,
            Exit::Failure => 3,
            Exit::Nothing => 4,
            Exit::Regression => 5,
            Exit::Interrupted => 130,
        }
    }
}
