//! The forms of a page, filled in as they stand.
//!
//! Takes the tags of a page as they come; gives its forms with what each would send, and the buttons that send it. What
//! only a person can fill in is named. It never chooses a form or a button.

use html5ever::tokenizer::Tag;

use super::tokens::{attribute, opens};

/// A form, filled in as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Where it is sent, as written; empty for the page itself.
    pub action: String,
    /// How it is sent, in small letters; empty if it does not say.
    pub method: String,
    /// How it is encoded, in small letters; empty if it does not say.
    pub enctype: String,
    /// The encodings that it asks for.
    pub accept_charset: String,
    /// Names and values, in order, without those of its buttons.
    pub fields: Vec<Field>,
    /// What sends it.
    pub buttons: Vec<Button>,
    /// The fields that are empty and that a person would fill in: their names, and the type where there is none.
    pub asks: Vec<String>,
    id: String,
}

/// A name and a value that a form sends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// Whether it stands for a file that nobody chose.
    pub is_file: bool,
}

/// A button that sends a form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What it adds to the fields.
    pub fields: Vec<Field>,
    /// Where it sends the form instead, as written.
    pub action: Option<String>,
    /// How it sends the form instead, in small letters.
    pub method: Option<String>,
    /// How the form is encoded instead, in small letters.
    pub enctype: Option<String>,
    /// How many fields stand before it.
    pub at: usize,
}

impl Form {
    /// What is sent when this button is pressed, or without any.
    pub fn entries(&self, pressed: Option<&Button>) -> Vec<Field> {
        let mut entries = self.fields.clone();
        if let Some(button) = pressed {
            let at = button.at.min(entries.len());
            entries.splice(at..at, button.fields.iter().cloned());
        }
        entries
    }

    /// Whether it looks for something, as a search box does: it is no part of what a page is about.
    pub fn searches(&self) -> bool {
        !self.asks.is_empty()
            && !self.asks.iter().any(|name| name == "password")
            && matches!(self.method.as_str(), "" | "get")
    }
}

/// Collects the forms of a page.
#[derive(Default)]
pub(super) struct Forms {
    forms: Vec<Form>,
    /// The form that is open, by its index.
    open: Option<usize>,
    /// Controls that name their form, which may come later.
    elsewhere: Vec<(String, Control)>,
    /// How many disabled field sets are open, and all that are.
    disabled: usize,
    fieldsets: Vec<bool>,
    /// A control whose value or label stands between its tags, and whose it is.
    within: Option<(Owner, Inner)>,
    /// What stands on buttons that send nothing.
    pub(super) loose: Vec<String>,
}

#[derive(Clone)]
enum Owner {
    Form(usize),
    Named(String),
    Nobody,
}

enum Control {
    Field(Field),
    Button(Button),
    Asks(String),
}

enum Inner {
    Area { name: String, value: String },
    Select { name: String, many: bool, options: Vec<Choice> },
    Button { button: Option<Button>, label: String },
}

struct Choice {
    selected: bool,
    disabled: bool,
    value: Option<String>,
    text: String,
    open: bool,
}

impl Forms {
    pub(super) fn tag(&mut self, tag: &Tag) {
        match (&*tag.name, opens(tag)) {
            // A form within a form is none.
            ("form", true) if self.open.is_none() => {
                self.open = Some(self.forms.len());
                self.forms.push(Form {
                    action: text(tag, "action").trim().to_owned(),
                    method: keyword(tag, "method"),
                    enctype: keyword(tag, "enctype"),
                    accept_charset: text(tag, "accept-charset"),
                    id: text(tag, "id"),
                    ..Form::default()
                });
            }
            ("form", false) => {
                self.end_inner();
                self.open = None;
            }
            ("fieldset", true) => {
                let disabled = attribute(tag, "disabled").is_some();
                self.fieldsets.push(disabled);
                self.disabled += usize::from(disabled);
            }
            ("fieldset", false) => self.disabled -= usize::from(self.fieldsets.pop().unwrap_or_default()),
            ("option", opened) => self.choice(tag, opened),
            ("select" | "textarea" | "button", false) => self.end_inner(),
            ("input" | "select" | "textarea" | "button", true) => {
                self.end_inner();
                self.control(tag);
            }
            _ => {}
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        match &mut self.within {
            Some((_, Inner::Area { value, .. })) => value.push_str(text),
            Some((_, Inner::Button { label, .. })) => label.push_str(text),
            Some((_, Inner::Select { options, .. })) => {
                if let Some(choice) = options.last_mut().filter(|choice| choice.open) {
                    choice.text.push_str(text);
                }
            }
            None => {}
        }
    }

    /// All forms, once the page has ended.
    pub(super) fn finish(mut self) -> (Vec<Form>, Vec<String>) {
        self.end_inner();
        for (id, control) in std::mem::take(&mut self.elsewhere) {
            if let Some(form) = self.forms.iter_mut().find(|form| form.id == id) {
                put(form, control);
            }
        }
        (self.forms, self.loose)
    }

    fn choice(&mut self, tag: &Tag, opened: bool) {
        let Some((_, Inner::Select { options, .. })) = &mut self.within else {
            return;
        };
        if let Some(before) = options.last_mut() {
            before.open = false;
        }
        if opened {
            options.push(Choice {
                selected: attribute(tag, "selected").is_some(),
                disabled: attribute(tag, "disabled").is_some(),
                value: attribute(tag, "value").map(str::to_owned),
                text: String::new(),
                open: true,
            });
        }
    }

    fn control(&mut self, tag: &Tag) {
        let owner = match (attribute(tag, "form"), self.open) {
            (Some(id), _) => Owner::Named(id.to_owned()),
            (None, Some(at)) => Owner::Form(at),
            (None, None) => Owner::Nobody,
        };
        if attribute(tag, "disabled").is_some() || self.disabled > 0 {
            return;
        }
        let hidden = attribute(tag, "hidden").is_some();
        let kind = keyword(tag, "type");
        let name = text(tag, "name");
        match (&*tag.name, kind.as_str()) {
            ("textarea", _) => self.within = Some((owner, Inner::Area { name, value: String::new() })),
            ("select", _) => {
                let many = attribute(tag, "multiple").is_some();
                self.within = Some((owner, Inner::Select { name, many, options: Vec::new() }));
            }
            ("button", "reset") | ("input", "reset") => {}
            ("button", "button") => self.within = Some((owner, Inner::Button { button: None, label: String::new() })),
            ("input", "button") if !hidden => self.loose.push(text(tag, "value")),
            ("button", _) if !hidden => {
                let button = Some(button(tag, &name, &text(tag, "value")));
                self.within = Some((owner, Inner::Button { button, label: String::new() }));
            }
            ("input", "submit" | "image") if !hidden => {
                let mut button = button(tag, &name, &text(tag, "value"));
                button.label = text(tag, if kind == "image" { "alt" } else { "value" });
                if kind == "image" {
                    let dot = if name.is_empty() { "" } else { "." };
                    button.fields = ["x", "y"].map(|axis| field(&format!("{name}{dot}{axis}"), "0")).into();
                }
                self.put(&owner, Control::Button(button));
            }
            ("button", _) | ("input", "button" | "submit" | "image") => {}
            _ => self.input(tag, &owner, &kind, &name),
        }
    }

    fn input(&mut self, tag: &Tag, owner: &Owner, kind: &str, name: &str) {
        let value = text(tag, "value");
        let required = attribute(tag, "required").is_some();
        match kind {
            "hidden" | "range" | "color" => {}
            "checkbox" | "radio" => {
                if attribute(tag, "checked").is_none() {
                    if required {
                        self.put(owner, Control::Asks(or(name, kind)));
                    }
                    return;
                }
                let value = attribute(tag, "value").unwrap_or("on");
                if !name.is_empty() {
                    self.put(owner, Control::Field(field(name, value)));
                }
                return;
            }
            "password" => self.put(owner, Control::Asks("password".to_owned())),
            // What cannot be typed into asks for nothing.
            _ if attribute(tag, "readonly").is_some() => {}
            "file" if !required => {}
            _ if value.is_empty() => self.put(owner, Control::Asks(or(name, kind))),
            _ => {}
        }
        if !name.is_empty() {
            let is_file = kind == "file";
            self.put(owner, Control::Field(Field { is_file, ..field(name, &value) }));
            if let Some(direction) = attribute(tag, "dirname").filter(|name| !name.is_empty()) {
                self.put(owner, Control::Field(field(direction, "ltr")));
            }
        }
    }

    fn put(&mut self, owner: &Owner, control: Control) {
        match owner {
            Owner::Form(at) => put(&mut self.forms[*at], control),
            Owner::Named(id) => self.elsewhere.push((id.clone(), control)),
            Owner::Nobody => {
                if let Control::Button(button) = control {
                    self.loose.push(button.label);
                }
            }
        }
    }

    fn end_inner(&mut self) {
        let Some((owner, inner)) = self.within.take() else {
            return;
        };
        match inner {
            Inner::Button { button: Some(mut button), label } => {
                button.label = folded(&label);
                self.put(&owner, Control::Button(button));
            }
            Inner::Button { button: None, label } => self.loose.push(folded(&label)),
            Inner::Area { name, value } => {
                // A line end right after the tag is for whoever reads the source.
                let value = value.strip_prefix('\n').map(str::to_owned).unwrap_or(value);
                if value.is_empty() {
                    self.put(&owner, Control::Asks(or(&name, "textarea")));
                }
                if !name.is_empty() {
                    self.put(&owner, Control::Field(field(&name, &value)));
                }
            }
            Inner::Select { name, many, options } => {
                let mut chosen: Vec<&Choice> =
                    options.iter().filter(|choice| choice.selected && !choice.disabled).collect();
                if !many {
                    // Of several that are selected the last counts; of none the first that can be.
                    chosen = chosen.pop().or(options.iter().find(|choice| !choice.disabled)).into_iter().collect();
                }
                for choice in chosen.into_iter().filter(|_| !name.is_empty()) {
                    let value = choice.value.clone().unwrap_or_else(|| folded(&choice.text));
                    self.put(&owner, Control::Field(field(&name, &value)));
                }
            }
        }
    }
}

fn put(form: &mut Form, control: Control) {
    match control {
        Control::Field(field) => form.fields.push(field),
        Control::Asks(name) => form.asks.push(name),
        Control::Button(button) => form.buttons.push(Button { at: form.fields.len(), ..button }),
    }
}

fn button(tag: &Tag, name: &str, value: &str) -> Button {
    let fields = if name.is_empty() { Vec::new() } else { vec![field(name, value)] };
    let given = |name: &str| attribute(tag, name).map(|value| value.trim().to_owned());
    let word = |name: &str| given(name).map(|value| value.to_ascii_lowercase());
    let (action, method, enctype) = (given("formaction"), word("formmethod"), word("formenctype"));
    Button { label: String::new(), fields, action, method, enctype, at: 0 }
}

fn field(name: &str, value: &str) -> Field {
    Field { name: name.to_owned(), value: value.to_owned(), is_file: false }
}

fn text(tag: &Tag, name: &str) -> String {
    attribute(tag, name).unwrap_or_default().to_owned()
}

fn keyword(tag: &Tag, name: &str) -> String {
    attribute(tag, name).unwrap_or_default().trim().to_ascii_lowercase()
}

fn or(name: &str, kind: &str) -> String {
    let kind = if kind.is_empty() { "text" } else { kind };
    if name.is_empty() { kind.to_owned() } else { name.to_owned() }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
