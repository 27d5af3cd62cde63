//! Where a step stands in a repetition, and the conditions on which it is done at all.

use crate::scenario::expand::{Condition, FlatRound};
use crate::scenario::keys::{Key, Kind, Shape, key, needed};
use crate::scenario::pattern::Pattern;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::template::Text;

/// Steps repeated.
pub(in crate::scenario) static REPEAT: Kind = Kind {
    names: &["repeat"],
    about: "Do steps several times, up to `times`, or until an outcome looks as `until` says.",
    value: Shape::Mapping(REPEAT_KEYS),
    keys: &[],
    seen: Some(REPEAT_SEEN),
};

/// The keys of a step that repeats others.
pub(in crate::scenario) static REPEAT_KEYS: &[Key] = &[
    needed("times", Shape::Count, "How many times at most."),
    key("until", Shape::Pattern, "Stop after the round in which an outcome looks like this: `{status: 429}`."),
    needed(
        "steps",
        Shape::Steps,
        "What happens in each round. Values that first come up in it are new in each; `<round>` is its number, from 1.",
    ),
];

/// What can be expected of a repetition.
static REPEAT_SEEN: &[Key] = &[
    key("reached", Shape::Pattern, "Whether a round ended as `until` says."),
    key("times", Shape::Pattern, "How many rounds there were."),
];

/// The steps of a fragment.
pub(in crate::scenario) static USE: Kind =
    Kind { names: &["use"], about: "Do the steps of a fragment.", value: Shape::Text, keys: USE_KEYS, seen: None };

/// The keys of a step that uses a fragment.
pub(in crate::scenario) static USE_KEYS: &[Key] = &[
    key("with", Shape::Template, "The fragment's inputs."),
    key("out", Shape::Texts, "Other names for the fragment's outputs: `{sid: second}`."),
];

/// The place of a step in a repetition.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Which repetition of the scenario.
    pub repetition: usize,
    /// Which round, from 1.
    pub number: usize,
    /// What an outcome looks like after whose round no other follows.
    pub until: Option<Pattern>,
}

impl Reader<'_> {
    /// `seen` has what can be seen in each kind of outcome.
    pub(super) fn round(&self, flat: &FlatRound, seen: &[&[Key]]) -> Round {
        Round {
            repetition: flat.repetition,
            number: flat.number,
            until: flat.until.as_ref().and_then(|node| self.outcome_pattern(node, seen)),
        }
    }

    /// The texts under `when` and under `unless`: the step's own, and those of what it stems from.
    pub(super) fn conditions(&self, fields: &Fields<'_>, around: &[Condition]) -> (Vec<Text>, Vec<Text>) {
        let own = [("when", true), ("unless", false)].into_iter().filter_map(|(name, holds)| {
            let node = fields.get(name)?;
            Some((holds, node))
        });
        let (mut when, mut unless) = (Vec::new(), Vec::new());
        for (holds, node) in around.iter().map(|(holds, node)| (*holds, node)).chain(own) {
            let Some(text) = self.placed_text(node, "the condition") else {
                continue;
            };
            if text.placeholders().next().is_none() {
                self.expected(node, "a value to depend on, like `<sid>`");
            } else if holds {
                when.push(text);
            } else {
                unless.push(text);
            }
        }
        (when, unless)
    }
}
