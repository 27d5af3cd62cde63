//! `repeat: {times: 20, until: …, steps: […]}`: as many copies of the steps.
//!
//! A name that has stood in no step before the repetition belongs to one round: it is renamed in each copy, as a
//! fragment's own names are. After the copies comes one step more, which tells how the repetition ended.
//!
//! Takes what stands below `repeat:`; gives it read, and the names that a step has. The copies are made by the expander.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::node::{Node, Value};
use crate::scenario::read::Reader;
use crate::scenario::step;
use crate::scenario::text::{self, Segment};

/// The placeholder for the number of a round, in its steps.
pub(super) const ROUND: &str = "round";
/// How many rounds a repetition may have.
const MAX_ROUNDS: usize = 100;

/// What stands below `repeat:`.
pub(super) struct Rounds<'n> {
    /// How many rounds there are at most.
    pub(super) times: usize,
    /// After an outcome like this no further round follows.
    pub(super) until: Option<&'n Node>,
    /// What is done in each.
    pub(super) steps: &'n [Node],
}

/// Reads what stands below `repeat:`, or notes what is wrong with it. A repetition `within` another is.
pub(super) fn rounds<'n>(reader: &Reader<'_>, what: &'n Node, within: bool) -> Option<Rounds<'n>> {
    if within {
        let fault = Diagnostic::new(what.span, "nested-repeat", "a repetition stands in a repetition");
        reader.fault(fault.label("the inner one").help("give the outer one more rounds instead"));
        return None;
    }
    if !matches!(what.value, Value::Map(_)) {
        let fault = Diagnostic::new(
            what.span,
            "wrong-kind",
            format!("expected a repetition (a mapping), found {}", what.kind()),
        );
        let fault = fault.label(format!("this is {}", what.kind()));
        reader.fault(fault.help("write `repeat: {times: 3, steps: […]}`; what is expected stands beside `repeat:`"));
        return None;
    }
    let beside = Reader::beside("repeat");
    let fields = reader.fields_or(what, "a repetition", &[step::REPEAT_KEYS], &[], &beside)?;
    let times = fields.get("times").and_then(|node| reader.count(node, "`times`", MAX_ROUNDS)).unwrap_or(1);
    let steps = match fields.get("steps").map(|node| (&node.value, node)) {
        Some((Value::List(steps), _)) => steps,
        wrong => {
            // That there are none has been said.
            if let Some((_, steps)) = wrong {
                reader.expected(steps, "`steps` (a list of steps)");
            }
            return None;
        }
    };
    Some(Rounds { times, until: fields.get("until"), steps })
}

/// The names of all placeholders in a node.
pub(super) fn names(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Text(text) => {
            let segments = text::parse(text).into_iter().flatten();
            let named = segments.filter_map(|segment| match segment {
                Segment::Placeholder(placeholder) if placeholder.binds() => Some(placeholder.name),
                _ => None,
            });
            named.collect()
        }
        Value::List(items) => items.iter().flat_map(names).collect(),
        // The steps of a repetition have names of their own.
        Value::Map(entries) => {
            entries.iter().filter(|(key, _)| *key.name != *"repeat").flat_map(|(_, value)| names(value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Action, SourceFile, Sources, Step, Suite};

    fn read(steps: &str) -> Result<Vec<Step>, String> {
        let text = format!("title: t\nwhy: w\nsteps:\n{steps}");
        let fragment = "title: f\noutputs: [sid]\nsteps:\n  - POST: /token\n    body: {s: <client_secret>}\n    must: {body: {sid: <sid>}}\n";
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let mut suite = Suite::read(Sources::of([file("a/b.yaml", &text), file("fragments/f.yaml", fragment)]))
            .map_err(|(sources, faults)| faults.lines(&sources))?;
        Ok(suite.scenarios.remove(0).cases.remove(0).steps)
    }

    fn path(step: &Step) -> String {
        match &step.action {
            Action::Request(request) => request.path.written(),
            other => format!("{other:?}"),
        }
    }

    const THREE: &str = "  - GET: /first/<client_secret>\n    must: {status: 200}\n  - repeat:\n      times: 3\n      until: {status: 429}\n      steps:\n        - GET: /<client_secret>/<token>\n    must: {reached: true}\n";

    #[test]
    fn a_name_of_a_round_is_new_in_each_and_others_stay() {
        let steps = read(THREE).unwrap();
        let paths: Vec<String> = steps[1..4].iter().map(path).collect();
        assert!(paths.iter().all(|path| path.starts_with("/<client_secret>/<token~")), "{paths:?}");
        assert!(paths[0] != paths[1] && paths[1] != paths[2] && paths[0] != paths[2], "{paths:?}");
        let numbers: Vec<_> = steps.iter().map(|step| step.round.as_ref().map(|round| round.number)).collect();
        assert_eq!(numbers, [None, Some(1), Some(2), Some(3), None]);
        assert!(steps[1].round.as_ref().unwrap().until.is_some());
        assert!(matches!(steps[4].action, Action::RepeatResult(_)) && steps[4].checks.len() == 1);
    }

    #[test]
    fn a_round_knows_its_number() {
        let steps = read(
            "  - repeat:\n      times: 2\n      steps:\n        - GET: /x\n          headers: {x-forwarded-for: 10.0.0.<round>}\n          body: {n: <round>}\n          must: {status: 200}\n",
        )
        .unwrap();
        let sent = |step: &Step| match &step.action {
            Action::Request(request) => (request.headers[0].1.written(), format!("{:?}", request.body)),
            other => panic!("{other:?}"),
        };
        let (address, body) = sent(&steps[1]);
        assert!(address == "10.0.0.2" && body.contains("Int(2)"), "{address} {body}");
        assert!(
            read("  - GET: /<round>\n    must: {status: 200}\n").unwrap_err().contains("nothing is called `<round>`")
        );
    }

    #[test]
    fn fragments_are_used_anew_in_each_round() {
        let steps = read(
            "  - repeat:\n      times: 2\n      until: {statuses: [200, 200]}\n      steps:\n        - use: fragments/f\n        - GET: /<sid>\n          must: {status: 200}\n",
        )
        .unwrap();
        assert_ne!(path(&steps[1]), path(&steps[3]));
        assert!(steps[0].prepares && !steps[1].prepares);
    }

    #[test]
    fn what_a_round_calls_its_own_is_not_known_after_it() {
        let after = "  - repeat:\n      times: 2\n      steps:\n        - GET: /x\n          must: {body: {s: <sid>}}\n  - GET: /<sid>\n    must: {status: 200}\n";
        assert!(read(after).unwrap_err().contains("before anything binds it"));
    }

    #[test]
    fn mistakes_are_named() {
        for (steps, part) in [
            ("  - repeat: {times: 2}\n    must: {reached: true}\n", "steps"),
            ("  - repeat: {times: 1000, steps: [{GET: /x}]}\n    must: {reached: true}\n", "between 1 and 100"),
            (
                "  - repeat: {times: 2, until: {statsu: 1}, steps: [{GET: /x}]}\n    must: {times: 2}\n",
                "did you mean `status`",
            ),
            (
                "  - repeat: {times: 2, steps: [{repeat: {times: 2, steps: [{GET: /x}]}}]}\n    must: {times: 2}\n",
                "in a repetition",
            ),
            ("  - repeat: {times: 2, steps: [{GET: /x}]}\n    must: {reachd: true}\n", "did you mean `reached`"),
        ] {
            let shown = read(steps).unwrap_err();
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn conditions_go_on_to_what_a_fragment_does() {
        let steps = read(
            "  - GET: /x\n    must: {body: {s: {$any_of: [<link>, <any>]}}}\n  - use: fragments/f\n    when: <link>\n  - GET: /y\n    unless: <link>\n    must: {status: 200}\n",
        )
        .unwrap();
        assert_eq!((steps[0].when.len(), steps[1].when.len(), steps[2].unless.len()), (0, 1, 1));
    }

    #[test]
    fn a_condition_asks_for_what_can_have_come_up() {
        for (steps, part) in [
            ("  - GET: /x\n    when: <sid>\n    must: {status: 200}\n", "before anything binds it"),
            ("  - GET: /x\n    when: always\n    must: {status: 200}\n", "a value to depend on"),
            ("  - GET: /x\n    must: {status: 200}\n  - skip: no reason\n", "without a condition"),
        ] {
            let shown = read(steps).unwrap_err();
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn orders_to_the_sink_and_pauses_are_sound() {
        let with = |order: &str| read(&format!("  - {order}\n  - GET: /x\n    must: {{status: 200}}\n"));
        for sound in [
            "pause: 3s",
            "sink: {to: <email>, refuse_rcpt: 550 5.1.1 no, times: 1}",
            "sink: {to: <email>, hang_up: true}",
        ] {
            with(sound).unwrap();
        }
        for (order, part) in [
            ("pause: 1h", "at most 30 s"),
            ("pause: soon", "not a length of time"),
            ("sink: {to: <email>}", "one way at a time"),
            ("sink: {to: <email>, refuse_rcpt: 250 ok}", "from 400 to 599"),
            ("sink: {refuse_rcpt: 550 no}", "`to`"),
        ] {
            let shown = with(order).unwrap_err();
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }
}
