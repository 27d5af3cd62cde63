//! What can be seen in an outcome, as one JSON value that patterns are held against.
//!
//! Takes an event of a transcript and the origins of the target; gives an object with the fields that `scenario`
//! lists for that kind of step. A field that is not there was not in the answer.

use serde_json::{Map, Value, json};
use url::Url;

use threepid_record::html;
use threepid_record::model::{
    Body, Delivery, Event, Exchange, Headers, Link, LinkSource, Mail, NoMailWindow, RequestLogQuery, Response, Visit,
    VisitEnd,
};

/// What can be seen in an event. `None` for a note, an instruction and a stop, in which nothing can be seen.
pub fn observe(event: &Event, origins: &[Url]) -> Option<Value> {
    match event {
        Event::Exchange(exchange) => Some(observe_exchange(exchange)),
        Event::Delivery(delivery) => Some(observe_delivery(delivery, origins)),
        Event::Visit(visit) => Some(observe_visit(visit)),
        Event::NoMailWindow(silence) => Some(observe_silence(silence, origins)),
        Event::RepeatResult(rounds) => Some(json!({"reached": rounds.reached, "times": rounds.times})),
        Event::RequestLogQuery(inquiry) => Some(observe_inquiry(inquiry)),
        Event::Note(_) | Event::Instruction(_) | Event::Stop(_) => None,
    }
}

/// What can be seen in a response: `status`, `headers`, `body` if it is JSON, `text`, `raw`. Empty without one, and of one
/// that is not whole: what is missing could be anything.
pub fn observe_exchange(exchange: &Exchange) -> Value {
    exchange.response.as_ref().filter(|_| exchange.failure.is_none()).map_or_else(|| json!({}), response)
}

/// What can be seen in several answers together: `responses`, `statuses`.
pub fn observe_responses<'e>(exchanges: impl IntoIterator<Item = &'e Exchange>) -> Value {
    let responses: Vec<Value> = exchanges.into_iter().map(observe_exchange).collect();
    let mut statuses: Vec<u64> = responses.iter().filter_map(|response| response["status"].as_u64()).collect();
    statuses.sort_unstable();
    json!({"responses": responses, "statuses": statuses})
}

fn response(response: &Response) -> Value {
    let mut seen = Map::new();
    seen.insert("status".into(), response.status.into());
    seen.insert("headers".into(), headers(&response.headers));
    if let Some(raw) = &response.body.text {
        if let Ok(body) = serde_json::from_str(raw) {
            seen.insert("body".into(), body);
        }
        let is_html = response.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
        seen.insert("text".into(), if is_html { html::text(raw).into() } else { raw.as_str().into() });
        seen.insert("raw".into(), raw.as_str().into());
    }
    Value::Object(seen)
}

/// Repeated headers are joined by a comma, as HTTP allows.
fn headers(list: &Headers) -> Value {
    let mut seen = Map::new();
    for (name, value) in list {
        match seen.get_mut(name) {
            Some(Value::String(before)) => before.push_str(&format!(", {value}")),
            _ => {
                seen.insert(name.clone(), value.as_str().into());
            }
        }
    }
    Value::Object(seen)
}

fn observe_delivery(delivery: &Delivery, origins: &[Url]) -> Value {
    let mails: Vec<Value> = delivery.mails.iter().map(|one| mail(one, origins)).collect();
    let mut seen = match mails.first() {
        Some(Value::Object(first)) => first.clone(),
        _ => Map::new(),
    };
    seen.insert("count".into(), mails.len().into());
    seen.insert("mails".into(), mails.into());
    Value::Object(seen)
}

fn mail(mail: &Mail, origins: &[Url]) -> Value {
    let mut seen = Map::new();
    seen.insert("envelope".into(), json!(mail.envelope));
    seen.insert("session".into(), json!(mail.session));
    seen.insert("headers".into(), headers(&mail.headers));
    seen.insert("parts".into(), json!(mail.parts));
    let plain = mail.parts.iter().find(|part| part.content_type != "text/html").or(mail.parts.first());
    if let Some(part) = plain {
        let text = if part.content_type == "text/html" { html::text(&part.text) } else { part.text.clone() };
        seen.insert("text".into(), text.into());
    }
    seen.insert("raw".into(), body_text(&mail.raw).into());
    if let Some(link) = link(mail, origins) {
        seen.insert("link".into(), link);
    }
    Value::Object(seen)
}

fn body_text(body: &Body) -> String {
    match (&body.text, &body.base64) {
        (Some(text), _) => text.clone(),
        (None, Some(base64)) => {
            use base64::Engine;
            let bytes = base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        (None, None) => String::new(),
    }
}

fn link(mail: &Mail, origins: &[Url]) -> Option<Value> {
    let best = mail.link()?;
    let url = Url::parse(&best.url).ok()?;
    let mut query = Map::new();
    for (name, value) in url.query_pairs() {
        query.entry(name.into_owned()).or_insert_with(|| value.into_owned().into());
    }
    let mut seen = json!({
        "url": best.url,
        "origin": url.origin().ascii_serialization(),
        "path": url.path(),
        "query": query,
        "on_public": origins.first().is_some_and(|public| public.origin() == url.origin()),
        "on_target": origins.iter().any(|origin| origin.origin() == url.origin()),
        "same_in_all_parts": is_in_all_alternatives(mail, best),
        "broken": mail.links.iter().any(|link| link.url == best.url && link.broken),
        "by_code": best.source == LinkSource::Code,
    });
    if let Some(carrier) = best.carries {
        seen["carries"] = json!(carrier);
    }
    Some(seen)
}

/// Whether a reader finds the link whichever of the alternatives is shown. A part that is no alternative, a footer that a
/// gateway added say, need not have it.
fn is_in_all_alternatives(mail: &Mail, best: &Link) -> bool {
    let has = |part: usize| mail.links.iter().any(|link| link.part == part && link.url == best.url);
    let Some(own) = mail.parts.get(best.part).and_then(|part| part.alternative) else {
        return true;
    };
    let alternatives = mail.parts.iter().enumerate().filter_map(|(at, part)| Some((at, part.alternative?)));
    let group: Vec<(usize, usize)> =
        alternatives.filter(|(_, one)| one.group == own.group).map(|(at, one)| (at, one.branch)).collect();
    group.iter().all(|(_, branch)| group.iter().any(|(at, other)| other == branch && has(*at)))
}

/// Empty if the link got no complete answer, or it cannot be told how a person would go on.
fn observe_visit(visit: &Visit) -> Value {
    let mut seen = match visit.page().and_then(|hop| hop.response.as_ref()) {
        Some(page) => match response(page) {
            Value::Object(seen) => seen,
            _ => Map::new(),
        },
        None => Map::new(),
    };
    seen.remove("body");
    if let Some(answer) = visit.answer().and_then(|hop| hop.response.as_ref()) {
        seen.insert("status".into(), answer.status.into());
    }
    seen.insert("text".into(), visit.text.as_str().into());
    seen.insert("submitted".into(), visit.submitted.into());
    let end = match &visit.end {
        VisitEnd::Page => "page",
        VisitEnd::Redirect(to) => {
            seen.insert("redirect".into(), to.as_str().into());
            "redirect"
        }
        VisitEnd::NotFollowed(_) => "not-followed",
        VisitEnd::Failed | VisitEnd::Undecided(_) => return json!({}),
    };
    seen.insert("end".into(), end.into());
    Value::Object(seen)
}

fn observe_inquiry(inquiry: &RequestLogQuery) -> Value {
    let requests: Vec<Value> = inquiry
        .requests
        .iter()
        .map(|asked| {
            let mut seen = Map::new();
            seen.insert("method".into(), asked.method.as_str().into());
            seen.insert("path".into(), asked.path.as_str().into());
            seen.insert("query".into(), headers(&asked.query));
            if let Some(authorization) = &asked.authorization {
                seen.insert("authorization".into(), authorization.as_str().into());
            }
            if let Some(body) = &asked.body {
                seen.insert("body".into(), body.clone());
            }
            Value::Object(seen)
        })
        .collect();
    json!({"count": requests.len(), "requests": requests})
}

/// The links are those that could validate something: a notice may well name the server's home page.
fn observe_silence(silence: &NoMailWindow, origins: &[Url]) -> Value {
    let validates = |link: &&Link| {
        let of_target =
            Url::parse(&link.url).is_ok_and(|url| origins.iter().any(|origin| origin.origin() == url.origin()));
        link.source == LinkSource::Code || link.score > if of_target { Link::ON_TARGET } else { 0 }
    };
    let links: Vec<&str> =
        silence.mails.iter().flat_map(|mail| &mail.links).filter(validates).map(|link| link.url.as_str()).collect();
    json!({"count": silence.mails.len(), "links": links})
}
