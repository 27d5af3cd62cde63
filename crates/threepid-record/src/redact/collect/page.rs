//! What a page sends, and where to.

use std::cell::RefCell;

use html5ever::tokenizer::Tag;

use super::Collector;
use crate::html::tokens::{self, Reader, attribute, opens};

/// Attributes that hold an address.
const ADDRESSES: &[&str] = &["href", "src", "action", "formaction", "content", "data-url"];

impl Collector {
    /// What is in the fields of a page's forms, and in its addresses. Nothing, if it is no page.
    pub(super) fn page(&mut self, text: &str) {
        if !text.contains('<') {
            return;
        }
        let fields = tokens::read(text, Fields::default());
        for address in fields.addresses.into_inner() {
            self.link(&address);
        }
        for (name, value) in fields.fields.into_inner() {
            self.parameter(&name, &value);
        }
    }
}

#[derive(Default)]
struct Fields {
    addresses: RefCell<Vec<String>>,
    fields: RefCell<Vec<(String, String)>>,
}

impl Reader for Fields {
    fn tag(&self, tag: &Tag) {
        if !opens(tag) {
            return;
        }
        for address in ADDRESSES.iter().filter_map(|name| attribute(tag, name)) {
            self.addresses.borrow_mut().push(address.trim().to_owned());
        }
        if let Some(value) = attribute(tag, "value") {
            let name = attribute(tag, "name").or_else(|| attribute(tag, "id")).unwrap_or_default();
            self.fields.borrow_mut().push((name.to_owned(), value.to_owned()));
        }
    }

    fn text(&self, _: &str) {}
}
