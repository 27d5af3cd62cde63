//! How a text is dressed: with colour or without, and how wide.

use std::fmt::Write as _;

use owo_colors::{OwoColorize, Style as Dress};

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

impl Style {
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

    /// The text on lines that fit, each after `first` or, from the second on, `rest`. Words longer than a line (an
    /// address, say) are not broken, so that they can be copied.
    pub(super) fn wrap(self, first: &str, rest: &str, text: &str) -> String {
        let mut output = String::from(first);
        let mut column = width(first);
        let mut fresh = true;
        for word in text.split_whitespace() {
            let wide = width(word);
            if !fresh && column + 1 + wide > self.columns() {
                output.push('\n');
                output.push_str(rest);
                column = width(rest);
                fresh = true;
            }
            if !fresh {
                output.push(' ');
                column += 1;
            }
            let _ = write!(output, "{word}");
            column += wide;
            fresh = false;
        }
        output.push('\n');
        output
    }
}

/// How many columns a text takes, near enough: wide and combining characters are rare in what is measured here.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_wrap_and_long_words_stay_whole() {
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
    fn colour_is_used_only_when_asked_for() {
        assert_eq!(Style { colour: false, width: 80 }.paint(Role::Bad, "x"), "x");
        assert!(Style { colour: true, width: 80 }.paint(Role::Bad, "x").contains("\x1b["));
    }
}
