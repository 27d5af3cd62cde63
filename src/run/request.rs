//! One HTTP request of a scenario, filled in.

use serde_json::Value;

use super::context::Context;
use threepid_engine::matching::{Unbound, Values};
use threepid_engine::plan::Api;
use threepid_engine::scenario::{BodyTemplate, Filter, Placeholder, Request, Sender};
use threepid_wire::http::Outgoing;

/// The content type of a body that says nothing else.
const JSON: &str = "application/json";
/// What a scenario writes for a body that is sent without a content type.
const NO_CONTENT_TYPE: &str = "none";

/// Fills in a request.
///
/// # Errors
///
/// [`Unbound`] for the first placeholder that has no value.
pub(super) fn outgoing(request: &Request, values: &Values, context: &Context, api: Api) -> Result<Outgoing, Unbound> {
    let mut outgoing = Outgoing::new(&request.method, url(request, values, context, api)?);
    if let Sender::Actor(name, _) = &request.sender {
        outgoing.actor = Some(name.clone());
    }
    let token = request.token.as_ref().filter(|token| !values.lacks(token));
    let token = match (token, &request.sender) {
        (Some(token), _) => Some(values.fill_text(token)?),
        (None, Sender::Actor(name, _)) => {
            values.get(&format!("{name}.access_token")).and_then(Value::as_str).map(str::to_owned)
        }
        (None, Sender::Nobody) => None,
    };
    if let Some(token) = token {
        outgoing = outgoing.bearer(&token);
    }
    for (name, text) in request.headers.iter().filter(|(_, text)| !values.lacks(text)) {
        outgoing = outgoing.header(&name.to_ascii_lowercase(), &values.fill_text(text)?);
    }
    match &request.body {
        None => {}
        Some(BodyTemplate::Json(template)) => outgoing.body = Some(values.fill(template)?.to_string().into_bytes()),
        Some(BodyTemplate::Raw(text)) => outgoing.body = Some(values.fill_text(text)?.into_bytes()),
    }
    let content_type = match &request.content_type {
        None => JSON.to_owned(),
        Some(text) => values.fill_text(text)?,
    };
    let wanted = content_type != NO_CONTENT_TYPE && (outgoing.body.is_some() || request.content_type.is_some());
    if wanted && !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        outgoing = outgoing.header("content-type", &content_type);
    }
    Ok(outgoing)
}

/// The absolute URL. Values in a path are encoded as one segment each, but not twice; a path that is nothing but a
/// placeholder is a URL already, and so is that of the identity server.
fn url(request: &Request, values: &Values, context: &Context, api: Api) -> Result<String, Unbound> {
    let whole = request.path.as_placeholder().is_some();
    let is_url = |placeholder: &Placeholder| placeholder.name == super::identity::URL;
    let is_encoded = |placeholder: &Placeholder| placeholder.filters.contains(&Filter::Encoded);
    let encode = |placeholder: &Placeholder, value: String| match placeholder {
        done if whole || is_url(done) || is_encoded(done) => value,
        _ => segment(&value),
    };
    let path = values.fill_text_with(&request.path, encode)?;
    let mut url = match () {
        () if path.starts_with("http://") || path.starts_with("https://") => path,
        () if path.starts_with("/_") || path.starts_with("/.well-known/") => context.origins.request_url(&path),
        () => context.origins.request_url(&format!("{}{path}", api.prefix())),
    };
    if !request.query.is_empty() {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, text) in request.query.iter().filter(|(_, text)| !values.lacks(text)) {
            query.append_pair(name, &values.fill_text(text)?);
        }
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&query.finish());
    }
    Ok(url)
}

/// Encodes a value as one segment of a path.
fn segment(value: &str) -> String {
    // `url` encodes a pushed segment as the URL standard asks.
    let mut url = match url::Url::parse("http://host/") {
        Ok(url) => url,
        Err(_) => return value.to_owned(),
    };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().push(value);
    }
    url.path().trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn a_value_is_one_segment() {
        assert_eq!(segment("a/b?c#d e%"), "a%2Fb%3Fc%23d%20e%25");
        assert_eq!(segment("@alice:reference.test"), "@alice:reference.test");
    }
}
