//! What a person does with a link.
//!
//! Takes the link of a mail; opens it as a browser does, and sends the form of its page if there is one. It never goes
//! where a redirect leads, and knows one form of a page, the first.

use std::sync::LazyLock;

use matrix_sdk::reqwest::header::CONTENT_TYPE;
use matrix_sdk::reqwest::redirect::Policy;
use matrix_sdk::reqwest::{Client, StatusCode, Url};
use regex::Regex;

use crate::{Fault, PATIENCE, expect};

pub(crate) async fn follow(link: &str) -> Result<(), Fault> {
    let browser = Client::builder().redirect(Policy::none()).timeout(PATIENCE).build()?;
    let page = browser.get(link).send().await?;
    let status = page.status();
    let Some(form) = Form::of(&page.text().await?, &Url::parse(link)?)? else {
        return expect(taken(status), || format!("the link answered {status}"));
    };
    let sent = browser.post(form.action).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.fields);
    let status = sent.send().await?.status();
    expect(taken(status), || format!("the form answered {status}"))
}

fn taken(status: StatusCode) -> bool {
    status.is_success() || status.is_redirection()
}

struct Form {
    action: Url,
    /// As they are sent.
    fields: String,
}

impl Form {
    fn of(page: &str, address: &Url) -> Result<Option<Self>, Fault> {
        static FORM: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?is)<form[^>]*>.*?</form>"));
        static INPUT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)<input[^>]*>"));
        let Some(form) = FORM.find(page) else { return Ok(None) };
        let form = form.as_str();
        let action = attribute(form, "action").filter(|action| !action.is_empty());
        let action = action.map_or_else(|| Ok(address.clone()), |action| address.join(&action))?;
        let inputs = INPUT.find_iter(form).map(|input| input.as_str());
        let fields =
            inputs.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())));
        let fields = Url::parse_with_params("form:", fields)?.query().unwrap_or_default().to_owned();
        Ok(Some(Self { action, fields }))
    }
}

/// An attribute of the first tag that has it.
fn attribute(tags: &str, name: &str) -> Option<String> {
    let found = pattern(&format!(r#"(?i)\s{name}="([^"]*)""#)).captures(tags)?;
    Some(found[1].replace("&amp;", "&"))
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|fault| panic!("the pattern {text} cannot be read: {fault}"))
}
