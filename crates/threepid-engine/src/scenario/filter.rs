//! Filters: small changes to a value, for variants of it.
//!
//! Takes a text and gives the changed one. Pure and without limits of its own: no filter makes text more than a few
//! times longer.

use std::fmt;

/// One change to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// In capital letters.
    Upper,
    /// In small letters.
    Lower,
    /// With a letter or digit in its middle replaced by another of the same kind, so that its grammar still holds. The
    /// last one may mean nothing: of a value in base64 it often carries bits that nobody reads.
    Altered,
    /// The part before the last `@`.
    LocalPart,
    /// The part after the last `@`, or the host and port of a URL.
    Domain,
    /// Percent-encoded as the value of a query parameter.
    Encoded,
    /// The first half.
    Half,
}

impl Filter {
    /// All filters: name and meaning.
    pub const NAMES: &[(&str, &str)] = &[
        ("upper", "in capital letters"),
        ("lower", "in small letters"),
        ("altered", "with a letter or digit in its middle replaced by another one of the same kind"),
        ("local-part", "the part before the last `@`"),
        ("domain", "the part after the last `@`"),
        ("encoded", "percent-encoded, as the value of a query parameter"),
        ("half", "the first half"),
    ];

    /// The filter of this name.
    pub fn parse(name: &str) -> Option<Filter> {
        Some(match name {
            "upper" => Filter::Upper,
            "lower" => Filter::Lower,
            "altered" => Filter::Altered,
            "local-part" => Filter::LocalPart,
            "domain" => Filter::Domain,
            "encoded" => Filter::Encoded,
            "half" => Filter::Half,
            _ => return None,
        })
    }

    /// The changed text.
    pub fn apply(self, text: &str) -> String {
        match self {
            Filter::Upper => text.to_uppercase(),
            Filter::Lower => text.to_lowercase(),
            Filter::Altered => altered(text),
            Filter::LocalPart => text.rsplit_once('@').map_or(text, |(local, _)| local).to_owned(),
            Filter::Domain => text.rsplit_once('@').map_or(text, |(_, domain)| domain).to_owned(),
            Filter::Encoded => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            Filter::Half => text.chars().take(text.chars().count() / 2).collect(),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Filter::Upper => "upper",
            Filter::Lower => "lower",
            Filter::Altered => "altered",
            Filter::LocalPart => "local-part",
            Filter::Domain => "domain",
            Filter::Encoded => "encoded",
            Filter::Half => "half",
        })
    }
}

/// Replaces the last letter or digit by its successor among its kind.
fn altered(text: &str) -> String {
    let letters: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()).collect();
    let Some((at, old)) = letters.get(letters.len() / 2).copied() else {
        return format!("{text}x");
    };
    let new = match old {
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        other => char::from(other as u8 + 1),
    };
    format!("{}{new}{}", &text[..at], &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn altered_differs_and_keeps_its_kind() {
        for (before, after) in
            [("abc", "acc"), ("az", "aa"), ("a9", "a0"), ("aZ=", "aA="), ("a", "b"), ("--", "--x"), ("", "x")]
        {
            assert_eq!(altered(before), after);
        }
    }

    #[test]
    fn every_name_is_a_filter_and_is_written_so() {
        for (name, _) in Filter::NAMES {
            assert_eq!(Filter::parse(name).unwrap().to_string(), *name);
        }
    }

    #[test]
    fn parts_of_an_address() {
        assert_eq!(Filter::LocalPart.apply("a@b@c.test"), "a@b");
        assert_eq!(Filter::Domain.apply("a@b@c.test"), "c.test");
        assert_eq!(Filter::Upper.apply("strauß"), "STRAUSS");
        assert_eq!(Filter::Encoded.apply("a b&c"), "a+b%26c");
    }
}
