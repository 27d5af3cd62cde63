//! What a person finds on a page to go on with.
//!
//! Takes a page; gives its forms and buttons, its links, and what only a browser could do: scripts, frames, a question
//! whether there is a person at all. It reads tokens, and chooses nothing.

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::Tag;

use super::UNREAD;
use super::form::{Form, Forms};
use super::tokens::{self, Reader, attribute, opens};

/// How many links, and how many scripts, of a page are kept.
const MOST: usize = 200;

/// What stands on a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// What addresses on the page are relative to, if it says so.
    pub base: Option<String>,
    /// Its forms.
    pub forms: Vec<Form>,
    /// What stands on buttons that send no form: a script waits for them.
    pub loose_buttons: Vec<String>,
    /// Where its links lead, as written, with what stands on them.
    pub links: Vec<(String, String)>,
    /// The addresses of its scripts.
    pub scripts: Vec<String>,
    /// Whether a script on the page itself sends something, or leads elsewhere.
    pub script_acts: bool,
    /// What `<meta http-equiv=refresh>` says.
    pub refresh: Option<String>,
    /// What `<meta name=referrer>` says.
    pub referrer_policy: Option<String>,
    /// The addresses of its frames.
    pub frames: Vec<String>,
    /// Whether it asks for a proof that there is a person.
    pub has_captcha: bool,
}

/// Reads a page.
pub fn page(html: &str) -> Page {
    let reader = tokens::read(html, PageReader::default());
    let mut page = reader.page.into_inner();
    (page.forms, page.loose_buttons) = reader.forms.into_inner().finish();
    page.script_acts |= acts(&reader.script.into_inner());
    page
}

#[derive(Default)]
struct PageReader {
    page: RefCell<Page>,
    forms: RefCell<Forms>,
    /// How many elements whose inside counts for nothing are open.
    unread: Cell<usize>,
    in_script: Cell<bool>,
    script: RefCell<String>,
    in_link: Cell<bool>,
}

impl Reader for PageReader {
    fn tag(&self, tag: &Tag) {
        let name = &*tag.name;
        if name == "script" {
            self.script(tag);
        }
        if UNREAD.contains(&name) {
            let unread = self.unread.get();
            self.unread.set(if opens(tag) { unread + 1 } else { unread.saturating_sub(1) });
        }
        if self.unread.get() > 0 {
            return;
        }
        self.forms.borrow_mut().tag(tag);
        let mut page = self.page.borrow_mut();
        if name == "a" {
            self.in_link.set(false);
        }
        if !opens(tag) {
            return;
        }
        let given = |name: &str| attribute(tag, name).unwrap_or_default();
        page.has_captcha |= ["class", "id", "src", "name"].iter().any(|name| is_captcha(given(name)));
        match name {
            "base" if page.base.is_none() => page.base = attribute(tag, "href").map(|href| href.trim().to_owned()),
            "meta" if is(given("http-equiv"), "refresh") => page.refresh = Some(given("content").to_owned()),
            "meta" if is(given("name"), "referrer") => {
                page.referrer_policy = Some(given("content").trim().to_ascii_lowercase());
            }
            "iframe" | "frame" if page.frames.len() < MOST => page.frames.push(given("src").trim().to_owned()),
            "a" | "area" => {
                if let Some(href) = attribute(tag, "href").filter(|_| page.links.len() < MOST) {
                    page.links.push((href.trim().to_owned(), String::new()));
                    self.in_link.set(true);
                }
            }
            _ => {}
        }
    }

    fn text(&self, text: &str) {
        if self.in_script.get() {
            self.script.borrow_mut().push_str(text);
        }
        if self.unread.get() > 0 {
            return;
        }
        self.forms.borrow_mut().text(text);
        if self.in_link.get()
            && let Some((_, label)) = self.page.borrow_mut().links.last_mut()
        {
            label.push_str(text);
        }
    }
}

impl PageReader {
    fn script(&self, tag: &Tag) {
        let kind = attribute(tag, "type").unwrap_or_default().trim().to_ascii_lowercase();
        // Any other type is data.
        let runs = kind.is_empty() || kind == "module" || kind.ends_with("javascript") || kind.ends_with("ecmascript");
        self.in_script.set(opens(tag) && runs);
        let mut page = self.page.borrow_mut();
        if let Some(source) = attribute(tag, "src").filter(|_| opens(tag) && runs && page.scripts.len() < MOST) {
            page.scripts.push(source.trim().to_owned());
        }
    }
}

fn is(given: &str, word: &str) -> bool {
    given.trim().eq_ignore_ascii_case(word)
}

fn is_captcha(given: &str) -> bool {
    let given = given.to_ascii_lowercase();
    given.contains("captcha") || given.contains("cf-turnstile") || given.contains("challenges.cloudflare.com/turnstile")
}

/// Whether a script does more than to change what is seen: it sends, or it leads elsewhere.
fn acts(script: &str) -> bool {
    const SENDS: [&str; 10] = [
        "fetch(",
        "XMLHttpRequest",
        "sendBeacon",
        ".submit(",
        "requestSubmit",
        "axios",
        "$.post",
        "$.ajax",
        "import(",
        "WebSocket",
    ];
    const LEADS: [&str; 4] = ["location.href", "location.replace", "location.assign", "location ="];
    SENDS.iter().chain(&LEADS).any(|word| script.contains(word)) || script.contains("location=")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::Button;

    fn pairs(form: &Form, pressed: Option<&Button>) -> Vec<(String, String)> {
        form.entries(pressed).into_iter().map(|field| (field.name, field.value)).collect()
    }

    fn only(html: &str) -> Form {
        let mut forms = page(html).forms;
        assert_eq!(forms.len(), 1, "{html}");
        forms.remove(0)
    }

    #[test]
    fn a_form_is_filled_in_as_it_stands() {
        let form = only(
            r#"<form method="POST" action="/go?x=1&amp;y=2" enctype="Multipart/Form-Data"><input type=hidden name=token value="a&quot;b">
            <input type=checkbox name=no><input type=checkbox name=yes checked><select name=s><option value=1>A<option selected>B</select>
            <textarea name=t>text</textarea><button name=press value=1>Go <b>on</b></button><button name=other>No</button>
            <input type=text name=off disabled value=z><fieldset disabled><input name=off2 value=z></fieldset>
            <input type=reset value=Clear><select name=m multiple><option selected>1<option>2<option selected>3</select></form>"#,
        );
        assert_eq!((form.method.as_str(), form.enctype.as_str()), ("post", "multipart/form-data"));
        assert_eq!(form.action, "/go?x=1&y=2");
        let expected =
            [("token", "a\"b"), ("yes", "on"), ("s", "B"), ("t", "text"), ("press", "1"), ("m", "1"), ("m", "3")];
        let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(pairs(&form, form.buttons.first()), expected);
        assert_eq!(form.buttons.iter().map(|button| button.label.as_str()).collect::<Vec<_>>(), ["Go on", "No"]);
        assert_eq!(form.asks, [""; 0]);
    }

    #[test]
    fn a_button_may_send_it_otherwise() {
        let form =
            only("<form id=f action=/a></form><input type=image form=f name=b formaction=/b formmethod=POST alt=Yes>");
        let button = &form.buttons[0];
        assert_eq!((button.action.as_deref(), button.method.as_deref()), (Some("/b"), Some("post")));
        assert_eq!(
            pairs(&form, Some(button)),
            [("b.x".to_owned(), "0".to_owned()), ("b.y".to_owned(), "0".to_owned())]
        );
    }

    #[test]
    fn what_a_person_would_fill_in_is_named() {
        let form = only(
            "<form method=post><input name=code><input type=password><input name=full value=x><textarea name=why></textarea>",
        );
        assert_eq!(form.asks, ["code", "password", "why"]);
        assert!(!form.searches());
        assert!(only("<form action=/search><input type=search name=q></form>").searches());
    }

    #[test]
    fn what_is_not_closed_or_not_read_counts_all_the_same_or_not_at_all() {
        let fields = |html: &str| pairs(&only(html), None);
        assert_eq!(fields("<form><form><input name=a value=1>"), [("a".to_owned(), "1".to_owned())]);
        assert_eq!(fields("<form><textarea name=a>\n<input name=b>"), [("a".to_owned(), "<input name=b>".to_owned())]);
        assert_eq!(fields("<form><select name=a><option>x &amp; y"), [("a".to_owned(), "x & y".to_owned())]);
        assert_eq!(fields("<form></form><input name=a value=1>"), []);
        assert_eq!(page("<template><form></form></template><script>'<form>'</script>").forms, []);
    }

    #[test]
    fn what_only_a_browser_can_do_is_told() {
        let read = page(
            "<button id=b>Confirm</button><script>b.onclick = () => fetch(location.href)</script><script src=/app.js></script>",
        );
        assert_eq!(read.loose_buttons, ["Confirm"]);
        assert!(read.script_acts);
        assert_eq!(read.scripts, ["/app.js"]);
        assert!(
            !page("<script>window.close()</script><script type='application/json'>\"fetch(\"</script>").script_acts
        );
        assert!(page("<div class='h-captcha'></div>").has_captcha);
        assert_eq!(page("<iframe src=/inner></iframe>").frames, ["/inner"]);
    }

    #[test]
    fn links_refreshes_and_policies_are_read() {
        let read = page(
            "<base href=/b/><meta http-equiv=Refresh content='0; url=next'><meta name=referrer content=No-Referrer>\
             <a href='?token=1&amp;go=1'>Yes, <i>go</i> on</a>",
        );
        assert_eq!(read.base.as_deref(), Some("/b/"));
        assert_eq!(read.refresh.as_deref(), Some("0; url=next"));
        assert_eq!(read.referrer_policy.as_deref(), Some("no-referrer"));
        assert_eq!(read.links, [("?token=1&go=1".to_owned(), "Yes, go on".to_owned())]);
    }
}
