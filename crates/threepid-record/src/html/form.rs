//! The one form of a page, filled in as it stands.

use std::cell::RefCell;

use html5ever::tokenizer::Tag;

use super::UNREAD;
use super::tokens::{self, Reader, attribute, opens};

/// A form, filled in as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Where it is sent, as written; empty for the page itself.
    pub action: String,
    /// Whether it is sent by POST.
    pub post: bool,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

/// The form of a page that has exactly one.
pub fn only_form(page: &str) -> Option<Form> {
    let mut found = tokens::read(page, Forms::default()).state.into_inner();
    found.end_control();
    (found.count == 1).then_some(found.form)
}

#[derive(Default)]
struct Forms {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    count: usize,
    form: Form,
    /// Within a form.
    open: bool,
    /// How many elements whose inside counts for nothing are open.
    unread: usize,
    /// Of several buttons the first is pressed.
    pressed: bool,
    /// A control whose value stands between its tags.
    control: Option<Control>,
}

enum Control {
    Area { name: String, value: String },
    Select { name: String, options: Vec<Choice> },
}

struct Choice {
    selected: bool,
    value: Option<String>,
    text: String,
    open: bool,
}

impl Reader for Forms {
    fn tag(&self, tag: &Tag) {
        self.state.borrow_mut().tag(tag);
    }

    fn text(&self, text: &str) {
        match &mut self.state.borrow_mut().control {
            Some(Control::Area { value, .. }) => value.push_str(text),
            Some(Control::Select { options, .. }) => {
                if let Some(choice) = options.last_mut().filter(|choice| choice.open) {
                    choice.text.push_str(text);
                }
            }
            None => {}
        }
    }
}

impl State {
    fn tag(&mut self, tag: &Tag) {
        let name = &*tag.name;
        if UNREAD.contains(&name) {
            self.unread = if opens(tag) { self.unread + 1 } else { self.unread.saturating_sub(1) };
        }
        if self.unread > 0 {
            return;
        }
        match (name, opens(tag)) {
            // A form within a form is none.
            ("form", true) if !self.open => {
                self.count += 1;
                self.open = true;
                if self.count == 1 {
                    self.form.action = attribute(tag, "action").unwrap_or_default().trim().to_owned();
                    self.form.post = is(tag, "method", "post");
                }
            }
            ("form", false) => {
                self.end_control();
                self.open = false;
            }
            ("option", opened) => self.choice(tag, opened),
            ("select" | "textarea", false) => self.end_control(),
            ("input" | "select" | "textarea" | "button", true) => {
                self.end_control();
                if self.open && self.count == 1 {
                    self.control(tag);
                }
            }
            _ => {}
        }
    }

    fn choice(&mut self, tag: &Tag, opened: bool) {
        let Some(Control::Select { options, .. }) = &mut self.control else {
            return;
        };
        if let Some(before) = options.last_mut() {
            before.open = false;
        }
        if opened {
            options.push(Choice {
                selected: attribute(tag, "selected").is_some(),
                value: attribute(tag, "value").map(str::to_owned),
                text: String::new(),
                open: true,
            });
        }
    }

    /// What one control sends, if it sends anything.
    fn control(&mut self, tag: &Tag) {
        let kind = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
        let is_button = (&*tag.name == "button" && !matches!(kind.as_str(), "button" | "reset"))
            || (&*tag.name == "input" && kind == "submit");
        if attribute(tag, "disabled").is_some() || (is_button && std::mem::replace(&mut self.pressed, true)) {
            return;
        }
        let Some(name) = attribute(tag, "name").filter(|name| !name.is_empty()).map(str::to_owned) else {
            return;
        };
        let given = || attribute(tag, "value").unwrap_or_default().to_owned();
        let value = match &*tag.name {
            "textarea" => {
                self.control = Some(Control::Area { name, value: String::new() });
                return;
            }
            "select" => {
                self.control = Some(Control::Select { name, options: Vec::new() });
                return;
            }
            "button" if !is_button => return,
            _ => match kind.as_str() {
                "button" | "reset" | "image" | "file" => return,
                "checkbox" | "radio" if attribute(tag, "checked").is_none() => return,
                "checkbox" | "radio" if attribute(tag, "value").is_none() => "on".to_owned(),
                _ => given(),
            },
        };
        self.form.fields.push((name, value));
    }

    fn end_control(&mut self) {
        match self.control.take() {
            None => {}
            Some(Control::Area { name, value }) => {
                // A line end right after the tag is for whoever reads the source.
                let value = value.strip_prefix('\n').map(str::to_owned).unwrap_or(value);
                self.form.fields.push((name, value));
            }
            Some(Control::Select { name, options }) => {
                let chosen = options.iter().find(|choice| choice.selected).or(options.first());
                if let Some(choice) = chosen {
                    let value = choice.value.clone().unwrap_or_else(|| choice.text.trim().to_owned());
                    self.form.fields.push((name, value));
                }
            }
        }
    }
}

fn is(tag: &Tag, name: &str, value: &str) -> bool {
    attribute(tag, name).is_some_and(|given| given.trim().eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(only_form("<template><form></form></template><script>'<form>'</script>"), None);
    }

    #[test]
    fn what_is_not_closed_counts_all_the_same() {
        let fields = |page: &str| only_form(page).unwrap().fields;
        assert_eq!(fields("<form><form><input name=a value=1>"), [("a".to_owned(), "1".to_owned())]);
        assert_eq!(fields("<form><textarea name=a>\n<input name=b>"), [("a".to_owned(), "<input name=b>".to_owned())]);
        assert_eq!(fields("<form><select name=a><option>x &amp; y"), [("a".to_owned(), "x & y".to_owned())]);
        assert_eq!(fields("<form></form><input name=a value=1>"), []);
    }
}
