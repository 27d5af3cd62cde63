//! Which variant of the target a scenario runs on.

use crate::scenario::{IDENTITY_SERVER, NEEDS, Scenario};

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
        .position(|variant| {
            let gives = |need: &str| variant.gives.iter().any(|given| given == need);
            configured.iter().all(|need| gives(need)) && !scenario.avoids.iter().any(|avoided| gives(avoided))
        })
        .ok_or_else(|| {
            let wanted =
                NEEDS.iter().filter(|known| configured.contains(&known.name)).map(|known| known.about.to_owned());
            let avoided = scenario.avoids.iter().map(|avoided| format!("is without `{avoided}`"));
            let about: Vec<String> = wanted.chain(avoided).collect();
            // A server that was set up by somebody else cannot know the identity server of a run.
            let next = match configured.contains(&IDENTITY_SERVER) {
                true => "Only servers that the program starts can be set up so (--target)",
                false => "Where it is so all the same, say it with --offers",
            };
            let (about, named) = (about.join(" and "), configured.join("`, `"));
            format!("it needs a target that {about}; no variant that was started does (`{named}`). {next}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{SourceFile, Sources, Suite};

    fn needing(needs: &str) -> Scenario {
        let text = format!("title: t\nwhy: w\nneeds: [{needs}]\nsteps:\n  - GET: /x\n    must: {{status: 200}}\n");
        let file = SourceFile { path: "a/b.yaml".into(), text };
        let read = Suite::read(Sources::of([file]));
        read.map_err(|(sources, faults)| faults.lines(&sources)).unwrap().scenarios.remove(0)
    }

    #[test]
    fn a_variant_that_gives_what_is_avoided_is_passed_over() {
        let offer = |name: &str, gives: &[&str]| VariantOffer {
            name: name.to_owned(),
            gives: gives.iter().map(|need| (*need).to_owned()).collect(),
        };
        let hides = "inhibits-3pid-errors";
        let variants = [offer("hides", &[hides]), offer("plain", &[])];
        assert_eq!(assign(&needing(hides), &variants), Ok(0));
        assert_eq!(assign(&needing(&format!("not {hides}")), &variants), Ok(1));
        assert_eq!(assign(&needing("email"), &variants), Ok(0));
        let reason = assign(&needing(&format!("not {hides}")), &variants[..1]).unwrap_err();
        assert!(reason.contains("is without `inhibits-3pid-errors`"), "{reason}");
    }
}
