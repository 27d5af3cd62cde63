//! How a text is dressed: with colour or without, and how wide.

use owo_colors::{OwoColorize, Style as Dress};
use textwrap::WordSeparator;
use textwrap::core::{Word, break_words, display_width};
use textwrap::wrap_algorithms::wrap_first_fit;

/// How to write for a terminal. Whoever has the terminal decides; nothing here looks at the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour.
    pub colour: bool,
    /// How many columns there are. Fewer than 40 are treated as 40.
    pub width: usize,
}

impl Default for Style {
    /// No colour, 80 columns.
    fn default() -> Self {
        Style { colour: false, width: 80 }
    }
}

/// What a piece of text is, from which its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Good,
    Bad,
    Unknown,
    Known,
    Faint,
    Strong,
}

/// After what a JSON value or an address may be broken.
pub(super) const BREAKS: [char; 6] = [',', '{', '[', ' ', ';', '&'];

impl Style {
    /// For files, whose readers wrap lines themselves: nothing is broken.
    #[cfg(feature = "documents")]
    pub(super) const UNWRAPPED: Style = Style { colour: false, width: usize::MAX };

    pub(super) fn columns(self) -> usize {
        self.width.max(40)
    }

    /// The text in the colour of its role.
    pub(super) fn paint(self, role: Role, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let dress = match role {
            Role::Good => Dress::new().green(),
            Role::Bad => Dress::new().red().bold(),
            Role::Unknown => Dress::new().magenta().bold(),
            Role::Known => Dress::new().yellow(),
            Role::Faint => Dress::new().dimmed(),
            Role::Strong => Dress::new().bold(),
        };
        text.style(dress).to_string()
    }

    /// The text on lines that fit, each after `first` or, from the second on, `rest`. A word that is longer than a line
    /// (an address, an id, a file) stays whole, so that it can be copied; a JSON value is broken.
    pub(super) fn wrap(self, first: &str, rest: &str, text: &str) -> String {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let columns = [first, rest].map(|start| self.columns().saturating_sub(width(start)).max(1));
        let words: Vec<Word<'_>> = WordSeparator::AsciiSpace
            .find_words(&text)
            .flat_map(|word| match word.starts_with(['[', '{', '"']) {
                false => vec![word],
                true => break_words(parts(word), columns[0].min(columns[1])),
            })
            .collect();
        let mut output = String::new();
        for (index, line) in wrap_first_fit(&words, &columns.map(|columns| columns as f64)).into_iter().enumerate() {
            output.push_str(if index == 0 { first } else { rest });
            let line: String = line.iter().flat_map(|word| [word.word, word.whitespace]).collect();
            output.push_str(line.trim_end());
            output.push('\n');
        }
        output
    }
}

/// A JSON value in parts between which a line may end, without cutting a name or a number.
fn parts(value: Word<'_>) -> impl Iterator<Item = Word<'_>> {
    let count = value.word.split_inclusive(BREAKS).count();
    value.word.split_inclusive(BREAKS).enumerate().map(move |(index, part)| {
        let whitespace = if index + 1 == count { value.whitespace } else { "" };
        Word { whitespace, ..Word::from(part) }
    })
}

/// How many columns a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    display_width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_wrap_and_addresses_stay_whole() {
        let style = Style { colour: false, width: 40 };
        let wrapped = style.wrap(
            "- ",
            "  ",
            "one two three four five six seven eight nine https://spec.example/a-long-address-x",
        );
        assert_eq!(
            wrapped,
            "- one two three four five six seven\n  eight nine\n  https://spec.example/a-long-address-x\n"
        );
    }

    #[test]
    fn a_value_longer_than_a_line_is_broken() {
        let wrapped = Style { colour: false, width: 40 }.wrap("  ", "  ", &format!("is [{}],", "1".repeat(50)));
        let lines = format!("  is [\n  {}\n  {}],\n", "1".repeat(38), "1".repeat(12));
        assert_eq!(wrapped, lines);
        let list = r#"is [{"medium":"email","address":"a@b.test"},{"medium":"email"}]"#;
        let wrapped = Style { colour: false, width: 40 }.wrap("  ", "  ", list);
        assert_eq!(wrapped, "  is [{\"medium\":\"email\",\n  \"address\":\"a@b.test\"},{\n  \"medium\":\"email\"}]\n");
        assert_eq!(Style { colour: false, width: 40 }.wrap("- ", "  ", " \n"), "- \n", "an empty text is a line too");
    }

    #[test]
    fn colour_is_used_only_when_asked_for() {
        assert_eq!(Style { colour: false, width: 80 }.paint(Role::Bad, "x"), "x");
        assert!(Style { colour: true, width: 80 }.paint(Role::Bad, "x").contains("\x1b["));
    }
}
