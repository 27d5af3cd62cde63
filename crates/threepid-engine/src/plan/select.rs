//! What a person selects: exact ids, folders, globs, one row of a table, a slice of all.

use std::str::FromStr;

use globset::GlobBuilder;

use crate::scenario::{FRAGMENTS, RULES, SPECIFICATION, Scenario, Suite, nearest};

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Ids (`add-email/success`), rows (`add-email/auth-forms[user-only]`), folders (`add-email`), globs (`*/wrong-*`);
    /// none for all.
    pub filters: Vec<String>,
    /// Only this slice.
    pub partition: Option<Partition>,
}

/// One slice of several, of about the same size: `slice:2/5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// Which one, from 1.
    pub slice: usize,
    /// Of how many.
    pub of: usize,
}

/// A partition that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid slice `{given}`: write `slice:M/N` with M from 1 to N, for instance `slice:1/3`")]
pub struct PartitionError {
    given: String,
}

impl FromStr for Partition {
    type Err = PartitionError;

    fn from_str(text: &str) -> Result<Self, PartitionError> {
        let parse = || {
            let (slice, of) = text.strip_prefix("slice:")?.split_once('/')?;
            let partition = Partition { slice: slice.parse().ok()?, of: of.parse().ok()? };
            (partition.slice >= 1 && partition.slice <= partition.of).then_some(partition)
        };
        parse().ok_or_else(|| PartitionError { given: text.to_owned() })
    }
}

/// A filter selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NothingSelected {
    message: String,
}

impl Selection {
    /// The rules over all exchanges that are shown, in the order of the suite: all, unless a filter names some.
    pub fn rules(&self, suite: &Suite) -> Vec<String> {
        let rules = suite.contract.rules.iter().map(|rule| rule.id.clone());
        let named: Vec<Matcher> =
            self.filters.iter().filter(|filter| is_of_rules(filter)).map(|filter| Matcher::new(filter)).collect();
        rules.filter(|id| named.is_empty() || named.iter().any(|matcher| matcher.names(id))).collect()
    }

    /// Whether rules alone are shown: they are about what all scenarios do, so all are run.
    pub fn only_rules(&self) -> bool {
        !self.filters.is_empty() && self.filters.iter().all(|filter| is_of_rules(filter))
    }

    /// Whether a file may be needed for what is selected. Fragments, rules and the specification are, and all where rules
    /// are shown: they are about everything.
    pub fn may_need(&self, path: &str) -> bool {
        let id = path.trim_end_matches(".yaml");
        let shared = [FRAGMENTS, RULES, SPECIFICATION].iter().any(|folder| path.starts_with(folder));
        let mut matchers = self.filters.iter().map(|filter| Matcher::new(filter));
        shared || self.filters.is_empty() || self.only_rules() || matchers.any(|matcher| matcher.may_match(id))
    }

    /// The selected scenarios, each with its selected rows, in the order of the suite. Filters of rules select none.
    ///
    /// # Errors
    ///
    /// [`NothingSelected`] if one of the filters, or all with the partition, select nothing; with the nearest ids.
    pub fn of(&self, suite: &Suite) -> Result<Vec<(usize, Vec<usize>)>, NothingSelected> {
        let mut rows = Vec::new();
        for filter in &self.filters {
            let matcher = Matcher::new(filter);
            if is_of_rules(filter) {
                if !suite.contract.rules.iter().any(|rule| matcher.names(&rule.id)) {
                    return Err(not_found(filter, suite));
                }
                continue;
            }
            if !each_row(suite).any(|(scenario, case)| matcher.matches(&suite.scenarios[scenario], case)) {
                return Err(not_found(filter, suite));
            }
            rows.push(matcher);
        }
        let chosen = each_row(suite).filter(|(scenario, case)| {
            rows.is_empty() || rows.iter().any(|matcher| matcher.matches(&suite.scenarios[*scenario], *case))
        });
        let mut selected: Vec<(usize, Vec<usize>)> = Vec::new();
        for (index, (scenario, case)) in chosen.enumerate() {
            if self.partition.is_some_and(|partition| index % partition.of != partition.slice - 1) {
                continue;
            }
            match selected.last_mut() {
                Some((last, cases)) if *last == scenario => cases.push(case),
                _ => selected.push((scenario, vec![case])),
            }
        }
        if selected.is_empty() {
            return Err(NothingSelected {
                message: "nothing is in this slice: there are fewer trials than slices; use fewer slices".to_owned(),
            });
        }
        Ok(selected)
    }
}

/// Whether a filter is about rules and not about scenarios.
fn is_of_rules(filter: &str) -> bool {
    let filter = filter.trim_start_matches("./").trim_start_matches("scenarios/");
    filter == RULES.trim_end_matches('/') || filter.starts_with(RULES)
}

fn each_row(suite: &Suite) -> impl Iterator<Item = (usize, usize)> {
    suite
        .scenarios
        .iter()
        .enumerate()
        .flat_map(|(index, scenario)| (0..scenario.cases.len()).map(move |case| (index, case)))
}

enum Matcher {
    Exact { id: String, case: Option<String> },
    Glob(globset::GlobMatcher),
    Nothing,
}

impl Matcher {
    fn new(filter: &str) -> Matcher {
        if let Some((id, case)) = filter.strip_suffix(']').and_then(|filter| filter.split_once('[')) {
            return Matcher::Exact { id: id.to_owned(), case: Some(case.to_owned()) };
        }
        if filter.contains(['*', '?', '{', '[']) {
            return match GlobBuilder::new(filter).literal_separator(false).build() {
                Ok(glob) => Matcher::Glob(glob.compile_matcher()),
                Err(_) => Matcher::Nothing,
            };
        }
        let id = filter.trim_start_matches("./").trim_start_matches("scenarios/").trim_end_matches('/');
        Matcher::Exact { id: id.trim_end_matches(".yaml").to_owned(), case: None }
    }

    /// Whether it selects the whole of this id.
    fn names(&self, of: &str) -> bool {
        match self {
            Matcher::Exact { id, case: None } => {
                of == id || of.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
            Matcher::Glob(glob) => glob.is_match(of),
            Matcher::Exact { .. } | Matcher::Nothing => false,
        }
    }

    /// Whether it selects some of this id.
    fn may_match(&self, of: &str) -> bool {
        match self {
            Matcher::Exact { id, case: Some(_) } => of == id,
            whole => whole.names(of),
        }
    }

    fn matches(&self, scenario: &Scenario, row: usize) -> bool {
        match self {
            Matcher::Exact { id, case } => {
                let folder = scenario.id.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('/'));
                let whole = case.is_none() && (scenario.id == *id || folder);
                whole || (case.is_some() && scenario.id == *id && scenario.cases[row].name == *case)
            }
            Matcher::Glob(glob) => glob.is_match(&scenario.id),
            Matcher::Nothing => false,
        }
    }
}

fn not_found(filter: &str, suite: &Suite) -> NothingSelected {
    let word = filter.split('[').next().unwrap_or(filter);
    let rules = suite.contract.rules.iter().map(|rule| rule.id.as_str());
    let ids = suite.scenarios.iter().map(|scenario| scenario.id.as_str()).chain(rules);
    let mut folders: Vec<&str> = ids.clone().filter_map(|id| id.rsplit_once('/').map(|(folder, _)| folder)).collect();
    folders.dedup();
    // People remember the last part of an id best.
    let names = ids.clone().filter_map(|id| id.rsplit('/').next());
    let by_name = nearest(word.rsplit('/').next().unwrap_or(word), names)
        .and_then(|name| ids.clone().find(|id| id.ends_with(&format!("/{name}"))));
    let near = nearest(word, ids.clone().chain(folders)).or(by_name);
    let holding: Vec<&str> = ids.filter(|id| !word.is_empty() && id.contains(word)).take(5).collect();
    let hint = match (near, holding.is_empty()) {
        (Some(id), _) => format!("did you mean `{id}`?"),
        (None, false) => format!("near: {}", holding.join(", ")),
        (None, true) => "`threepid list` shows all ids".to_owned(),
    };
    NothingSelected { message: format!("no scenario is selected by `{filter}`; {hint}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{SourceFile, Sources};

    fn suite() -> Suite {
        let text = "title: t\nwhy: w\nsteps:\n  - GET: /x\n    must: {status: 200}\n";
        let table =
            "title: t\nwhy: w\ncases:\n  one: {p: /a}\n  two: {p: /b}\nsteps:\n  - GET: <p>\n    must: {status: 200}\n";
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let files = [file("add/ok.yaml", text), file("add/wrong-password.yaml", text), file("list/table.yaml", table)];
        Suite::read(Sources::of(files)).map_err(|(sources, faults)| faults.lines(&sources)).unwrap()
    }

    fn select(filters: &[&str], partition: Option<&str>) -> Result<Vec<String>, String> {
        let suite = suite();
        let selection = Selection {
            filters: filters.iter().map(|filter| (*filter).to_owned()).collect(),
            partition: partition.map(|text| text.parse().unwrap()),
        };
        let selected = selection.of(&suite).map_err(|nothing| nothing.to_string())?;
        let name = |scenario: usize, case: usize| {
            let scenario: &Scenario = &suite.scenarios[scenario];
            format!(
                "{}{}",
                scenario.id,
                scenario.cases[case].name.as_ref().map(|name| format!("[{name}]")).unwrap_or_default()
            )
        };
        Ok(selected.iter().flat_map(|(scenario, cases)| cases.iter().map(|case| name(*scenario, *case))).collect())
    }

    #[test]
    fn ids_folders_globs_and_rows() {
        assert_eq!(select(&["add"], None).unwrap(), ["add/ok", "add/wrong-password"]);
        assert_eq!(select(&["list/table[two]", "add/ok"], None).unwrap(), ["add/ok", "list/table[two]"]);
        assert_eq!(select(&["*/wrong-*"], None).unwrap(), ["add/wrong-password"]);
        assert_eq!(select(&["scenarios/add/ok.yaml"], None).unwrap(), ["add/ok"]);
        assert_eq!(select(&[], None).unwrap().len(), 4);
    }

    #[test]
    fn slices_together_are_the_whole_and_disjoint() {
        let mut all: Vec<String> =
            (1..=3).flat_map(|slice| select(&[], Some(&format!("slice:{slice}/3"))).unwrap()).collect();
        all.sort();
        assert_eq!(all, select(&[], None).unwrap());
        assert!(select(&["add/ok"], Some("slice:2/2")).is_err());
        for wrong in ["slice:0/2", "slice:3/2", "1/2", "slice:a/b"] {
            assert!(wrong.parse::<Partition>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_there_gets_the_nearest_id() {
        assert!(select(&["add/wrong-pasword"], None).unwrap_err().contains("`add/wrong-password`"));
        assert!(select(&["wrong-password"], None).unwrap_err().contains("`add/wrong-password`"));
        assert!(select(&["zzz"], None).unwrap_err().contains("threepid list"));
        assert!(select(&["add/ok", "zzz"], None).is_err(), "each filter must select something");
    }
}
