//! Which variant of the target a scenario runs on.

use crate::scenario::{NEEDS, Scenario};

/// A variant of a target, and what its configuration gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantOffer {
    /// Its name.
    pub name: String,
    /// Names of configured needs that it meets.
    pub gives: Vec<String>,
}

/// The first variant whose configuration meets what the scenario needs, as an index.
///
/// # Errors
///
/// The reason to skip it, if there is none.
pub fn assign(scenario: &Scenario, variants: &[VariantOffer]) -> Result<usize, String> {
    let configured: Vec<&str> = scenario
        .needs
        .iter()
        .map(String::as_str)
        .filter(|need| NEEDS.iter().any(|known| known.name == *need && known.configured))
        .collect();
    variants
        .iter()
        .position(|variant| configured.iter().all(|need| variant.gives.iter().any(|given| given == need)))
        .ok_or_else(|| {
            let about: Vec<&str> =
                NEEDS.iter().filter(|known| configured.contains(&known.name)).map(|known| known.about).collect();
            format!(
                "it needs a target that {}; no variant that was started does (`{}`)",
                about.join(" and "),
                configured.join("`, `")
            )
        })
}
