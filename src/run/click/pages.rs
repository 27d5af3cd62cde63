//! How a person would go on from a page.
//!
//! Takes a page and the link that led to it; gives what to do next, or what stands on the page if that leaves it open. It
//! never chooses among several, and never reads words.

use threepid_record::html::{self, Button, Form, Page};
use threepid_record::model::Response;
use url::Url;

/// What nobody but a person can do.
pub(super) const CAPTCHA: &str = "the page behind the link asks for a proof that there is a person (a captcha)";

/// What comes after a page.
pub(super) enum Next {
    /// Nothing: this is the last page.
    Stay,
    /// The page leads on by itself.
    Refresh(Url),
    /// Its form is submitted.
    Submit {
        /// The form.
        form: Box<Form>,
        /// The button that is pressed, if there is one.
        button: Option<Button>,
        /// Where it is sent.
        action: Url,
    },
    /// It cannot be told. What stands on the page.
    Undecided(String),
}

/// What comes after a page at `at`, to which `link` led. After a form was `submitted` the page is the last one, unless it
/// leads on by itself.
pub(super) fn next(text: &str, response: &Response, at: &Url, link: &Url, submitted: bool) -> Next {
    let page = html::page(text);
    let base = page.base.as_deref().and_then(|base| at.join(base).ok()).unwrap_or_else(|| at.clone());
    if let Some(to) = refresh(&page, response, &base).filter(|to| !is_same_page(to, at)) {
        return Next::Refresh(to);
    }
    if submitted {
        return Next::Stay;
    }
    if page.has_captcha {
        return Next::Undecided(CAPTCHA.to_owned());
    }
    if carries_fragment(link) {
        return undecided("needs a script: the link has its token behind the `#`, which no server sees");
    }
    let mut forms: Vec<&Form> = page.forms.iter().filter(|form| form.method != "dialog" && !form.searches()).collect();
    // Of several, those that have nothing to press and nothing to fill in are of no use to a person.
    let several = forms.len() > 1;
    forms.retain(|form| !several || !form.buttons.is_empty() || !form.asks.is_empty());
    match forms[..] {
        [] => without_form(&page, at, &base, link),
        [form] => submit(form, &base, at),
        _ => undecided(&format!("has {} forms: {}", forms.len(), names(forms.iter().map(|form| button_names(form))))),
    }
}

/// What a page lets others know of its address: its own word, else its answer's.
pub(super) fn policy(response: &Response) -> String {
    let own = response.body.text.as_deref().and_then(|text| html::page(text).referrer_policy);
    let header = || {
        // Of several the last that is known counts; browsers know all that are written so.
        let value = response.header("referrer-policy")?;
        value.rsplit(',').map(|word| word.trim().to_ascii_lowercase()).find(|word| !word.is_empty())
    };
    own.filter(|word| !word.is_empty()).or_else(header).unwrap_or_default()
}

fn submit(form: &Form, base: &Url, at: &Url) -> Next {
    if !form.asks.is_empty() {
        return undecided(&format!("asks a person to fill in {}", names(form.asks.iter().cloned())));
    }
    let button = match &form.buttons[..] {
        [] => None,
        [button] => Some(button),
        buttons => {
            let labels = names(buttons.iter().map(|button| button.label.clone()));
            return undecided(&format!("has a form with {} buttons: {labels}", buttons.len()));
        }
    };
    let written = button.and_then(|button| button.action.as_deref()).unwrap_or(&form.action);
    // A form that names no address is sent to the page's own, whatever its base.
    let action = if written.is_empty() { Ok(at.clone()) } else { base.join(written) };
    match action {
        Ok(action) if matches!(action.scheme(), "http" | "https") => {
            Next::Submit { form: Box::new(form.clone()), button: button.cloned(), action }
        }
        Ok(action) => undecided(&format!("has a form that is sent to `{}:`", action.scheme())),
        Err(_) => undecided(&format!("has a form that is sent to `{written}`, which is not an address")),
    }
}

/// A page without a form is the last one, if nothing on it could be what a person goes on with.
fn without_form(page: &Page, at: &Url, base: &Url, link: &Url) -> Next {
    let own = |written: &str| base.join(written).ok().filter(|url| url.origin() == at.origin());
    let scripts: Vec<Url> = page.scripts.iter().filter_map(|written| own(written)).collect();
    let runs = page.script_acts || !scripts.is_empty();
    if !page.loose_buttons.is_empty() && (runs || !page.scripts.is_empty()) {
        let labels = names(page.loose_buttons.iter().cloned());
        return undecided(&format!("has a button that only a script gives a meaning: {labels}"));
    }
    let proofs: Vec<String> = proofs(link);
    let leads_on = |written: &str| {
        own(written).is_some_and(|url| proofs.iter().any(|proof| url.as_str().contains(proof.as_str())))
    };
    let links: Vec<String> =
        page.links.iter().filter(|(written, _)| leads_on(written)).map(|(_, label)| label.trim().to_owned()).collect();
    if !links.is_empty() {
        return undecided(&format!("has a link, instead of a form, that carries the token on: {}", names(links)));
    }
    if page.frames.iter().any(|written| own(written).is_some()) {
        return undecided("shows another page of the server in a frame");
    }
    if runs {
        let which = match scripts.first() {
            Some(script) => format!(" ({})", script.path()),
            None => String::new(),
        };
        return undecided(&format!("runs a script that may be what validates{which}"));
    }
    Next::Stay
}

fn undecided(what: &str) -> Next {
    Next::Undecided(format!("the page behind the link {what}"))
}

/// What the link carries that a page would have to hand on.
pub(super) fn proofs(link: &Url) -> Vec<String> {
    /// What is shorter stands in many addresses.
    const PROOF_CHARS: usize = 6;
    let mut proofs: Vec<String> = Vec::new();
    for (name, value) in link.query_pairs() {
        let value = if value.is_empty() { name } else { value };
        proofs.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
    }
    let digits = |segment: &&str| segment.bytes().any(|b| b.is_ascii_digit());
    proofs.extend(link.path_segments().into_iter().flatten().filter(digits).map(str::to_owned));
    proofs.retain(|proof| proof.len() >= PROOF_CHARS);
    proofs
}

/// Whether a link keeps something behind the `#` that is more than the name of a place on the page.
pub(super) fn carries_fragment(link: &Url) -> bool {
    let Some(fragment) = link.fragment() else {
        return false;
    };
    let digits = fragment.bytes().filter(u8::is_ascii_digit).count();
    fragment.contains(['=', '?', '/', '&']) || fragment.len() >= 16 && digits >= 2
}

/// Where a page leads on by itself: by its answer's `Refresh`, else by its own word.
fn refresh(page: &Page, response: &Response, base: &Url) -> Option<Url> {
    let written = response.header("refresh").or(page.refresh.as_deref())?;
    let rest = written.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';' || c == ',');
    let named = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("url"));
    let address = match rest.get(3..).map(str::trim_start).and_then(|rest| rest.strip_prefix('=')) {
        Some(address) if named => address.trim_start(),
        _ => rest,
    };
    let address = match address.chars().next() {
        Some(quote @ ('"' | '\'')) => address[1..].split(quote).next().unwrap_or_default(),
        _ => address.trim_end(),
    };
    let to = base.join(address).ok().filter(|_| !address.is_empty())?;
    matches!(to.scheme(), "http" | "https").then_some(to)
}

fn is_same_page(one: &Url, other: &Url) -> bool {
    let without_fragment = |url: &Url| {
        let mut url = url.clone();
        url.set_fragment(None);
        url
    };
    without_fragment(one) == without_fragment(other)
}

fn button_names(form: &Form) -> String {
    match &form.buttons[..] {
        [] => "one without a button".to_owned(),
        buttons => buttons.iter().map(|button| button.label.clone()).collect::<Vec<_>>().join(" / "),
    }
}

/// Names as they are shown, a few of them.
fn names(names: impl IntoIterator<Item = String>) -> String {
    const SHOWN: usize = 5;
    let name = |name: String| format!("`{}`", name.chars().take(40).collect::<String>());
    let mut shown: Vec<String> = names.into_iter().map(name).collect();
    let more = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use threepid_record::model::Body;

    const LINK: &str = "http://hs/v?token=TOKEN0123&sid=SID0123";

    fn of_link(link: &str, page: &str) -> String {
        let response = Response {
            status: 200,
            headers: Vec::new(),
            body: Body { text: Some(page.to_owned()), ..Body::default() },
        };
        let link: Url = link.parse().unwrap();
        match next(page, &response, &link, &link, false) {
            Next::Stay => "stay".to_owned(),
            Next::Refresh(to) => format!("refresh {to}"),
            Next::Submit { action, button, .. } => {
                format!("submit {action} {}", button.map(|button| button.label).unwrap_or_default())
            }
            Next::Undecided(what) => what,
        }
    }

    fn of(page: &str) -> String {
        of_link(LINK, page)
    }

    #[test]
    fn one_form_with_one_button_is_submitted() {
        assert_eq!(of("<form method=post><button>Yes</button></form>"), format!("submit {LINK} Yes"));
        assert_eq!(of("<base href=/b/><form action=c></form>"), "submit http://hs/b/c ");
        assert_eq!(
            of("<form action=/a><button formaction=/b formmethod=post>Yes</button></form>"),
            "submit http://hs/b Yes"
        );
        // A search box is no part of what the page is about.
        assert_eq!(
            of("<form action=/s><input name=q></form><form method=post action=/c></form>"),
            "submit http://hs/c "
        );
    }

    #[test]
    fn where_there_is_a_choice_none_is_made() {
        for (page, what) in [
            (
                "<form action=/lang><select name=l><option>en</select><button>Go</button></form><form><button>Yes</form>",
                "2 forms: `Go`, `Yes`",
            ),
            (
                "<form method=post><button name=a value=no>No</button><button name=a value=yes>Yes</button></form>",
                "2 buttons: `No`, `Yes`",
            ),
            ("<a href='?token=TOKEN0123&amp;go=1'>Yes, go on</a>", "carries the token on: `Yes, go on`"),
            (
                "<button id=b>Confirm</button><script>b.onclick=()=>fetch('/')</script>",
                "only a script gives a meaning: `Confirm`",
            ),
            ("<div id=app></div><script src=/app.js></script>", "script that may be what validates (/app.js)"),
            ("<script>document.forms[0].submit()</script>", "runs a script"),
            ("<form method=post><div class=g-recaptcha></div><button>Go</button></form>", "captcha"),
            ("<form method=post><input name=code><button>Go</button></form>", "fill in `code`"),
            ("<form action='javascript:go()'><button>Go</button></form>", "sent to `javascript:`"),
            ("<iframe src=/inner></iframe>", "in a frame"),
        ] {
            assert!(of(page).contains(what), "{page}: {}", of(page));
        }
        assert!(of_link("http://hs/#/verify?token=TOKEN0123", "<p>x").contains("behind the `#`"));
    }

    #[test]
    fn a_page_that_asks_for_nothing_is_the_last_one() {
        for page in [
            "<p>Done</p><a href=/>Home</a><a href='https://app.example/?token=TOKEN0123'>App</a>",
            "<p>Done</p><script>window.close()</script>",
            "<p>Done</p><script src='https://stats.example/s.js'></script>",
            "<p>Done</p><button>Print</button>",
            "<form action=/s><input type=search name=q><button>Find</button></form>",
        ] {
            assert_eq!(of(page), "stay", "{page}");
        }
        assert_eq!(of_link("http://hs/v?token=TOKEN0123#top", "<p>Done"), "stay");
    }

    #[test]
    fn a_page_may_lead_on_by_itself() {
        for content in ["0; url=/next", "0;URL='/next'", "3, /next", "0.5 ; url = \"/next\" "] {
            assert_eq!(
                of(&format!("<meta http-equiv=refresh content='{}'>", content.replace('\'', "&apos;"))),
                "refresh http://hs/next"
            );
        }
        // One that only shows itself again waits for something.
        assert_eq!(of("<meta http-equiv=refresh content=5>"), "stay");
        assert_eq!(of(&format!("<meta http-equiv=refresh content='5; url={LINK}'>")), "stay");
    }
}
