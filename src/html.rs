//! What a browser and a person see in HTML.
//!
//! Takes a page; gives its text without markup, or its one form. Never runs or fetches anything.

use scraper::{ElementRef, Html, Selector};
use std::sync::LazyLock;

/// A form, filled in as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent, as written; empty for the page itself.
    pub action: String,
    /// Whether it is sent by POST.
    pub post: bool,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

/// A selector that is known to be right.
fn selector(css: &str) -> Option<Selector> {
    Selector::parse(css).ok()
}

static FORM: LazyLock<Option<Selector>> = LazyLock::new(|| selector("form"));
static CONTROL: LazyLock<Option<Selector>> = LazyLock::new(|| selector("input, select, textarea, button"));
static OPTION: LazyLock<Option<Selector>> = LazyLock::new(|| selector("option"));

/// Elements whose text nobody reads.
const UNREAD: &[&str] = &["script", "style", "template", "noscript"];

/// The text of a page as a person reads it, white space folded.
pub fn text(page: &str) -> String {
    let document = Html::parse_document(page);
    let mut words = Vec::new();
    for node in document.tree.nodes() {
        let Some(text) = node.value().as_text() else {
            continue;
        };
        let unread = node
            .ancestors()
            .any(|above| above.value().as_element().is_some_and(|element| UNREAD.contains(&element.name())));
        if !unread {
            words.extend(text.split_whitespace().map(str::to_owned));
        }
    }
    words.join(" ")
}

/// The form of a page that has exactly one.
pub fn only_form(page: &str) -> Option<Form> {
    let document = Html::parse_document(page);
    let mut forms = document.select(FORM.as_ref()?);
    let form = forms.next()?;
    if forms.next().is_some() {
        return None;
    }
    let mut fields = Vec::new();
    let mut pressed = false;
    for control in form.select(CONTROL.as_ref()?) {
        if let Some(field) = field(control, &mut pressed) {
            fields.push(field);
        }
    }
    Some(Form {
        action: form.attr("action").unwrap_or_default().trim().to_owned(),
        post: form.attr("method").is_some_and(|method| method.trim().eq_ignore_ascii_case("post")),
        fields,
    })
}

/// What one control sends, if it sends anything. Of several buttons the first is pressed.
fn field(control: ElementRef<'_>, pressed: &mut bool) -> Option<(String, String)> {
    let kind = control.attr("type").unwrap_or_default().to_ascii_lowercase();
    let name = control.value().name();
    let is_button =
        (name == "button" && !matches!(kind.as_str(), "button" | "reset")) || (name == "input" && kind == "submit");
    if control.attr("disabled").is_some() || (is_button && std::mem::replace(pressed, true)) {
        return None;
    }
    let key = control.attr("name").filter(|name| !name.is_empty())?.to_owned();
    let given = || control.attr("value").unwrap_or_default().to_owned();
    let value = match name {
        "textarea" => control.text().collect(),
        "select" => {
            let options: Vec<_> = OPTION.as_ref().map(|option| control.select(option).collect()).unwrap_or_default();
            let chosen = options.iter().find(|option| option.attr("selected").is_some()).or(options.first())?;
            chosen.attr("value").map_or_else(|| chosen.text().collect::<String>().trim().to_owned(), str::to_owned)
        }
        "button" if !is_button => return None,
        _ => match kind.as_str() {
            "button" | "reset" | "image" | "file" => return None,
            "checkbox" | "radio" if control.attr("checked").is_none() => return None,
            "checkbox" | "radio" if control.attr("value").is_none() => "on".to_owned(),
            _ => given(),
        },
    };
    Some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_a_person_reads() {
        let page = "<html><head><title>Done</title><style>p{}</style></head><body><p>Your&nbsp;email <b>has</b>\n been</p>\
                    <script>alert('no')</script> validated &amp; more</body></html>";
        assert_eq!(text(page), "Done Your email has been validated & more");
    }

    #[test]
    fn a_form_is_filled_in_as_it_stands() {
        let page = r#"<form method="POST" action="/go?x=1&amp;y=2"><input type=hidden name=token value="a&quot;b">
            <input type=checkbox name=no><input type=checkbox name=yes checked><select name=s><option value=1>A<option selected>B</select>
            <textarea name=t>text</textarea><button name=press value=1>Go</button><button name=other>No</button>
            <input type=text name=off disabled value=z></form>"#;
        let form = only_form(page).unwrap();
        assert!(form.post);
        assert_eq!(form.action, "/go?x=1&y=2");
        let pairs: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("token", "a\"b"), ("yes", "on"), ("s", "B"), ("t", "text"), ("press", "1")]);
    }

    #[test]
    fn a_page_with_several_forms_or_none_is_left_alone() {
        assert_eq!(only_form("<form></form><form></form>"), None);
        assert_eq!(only_form("<p>nothing"), None);
    }
}
