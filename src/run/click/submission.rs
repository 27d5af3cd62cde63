//! What a form sends, byte for byte, and how a client sends a code.
//!
//! Takes a form and the button that is pressed; gives the request (HTML, form submission). It never chooses either.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use serde_json::{Map, Value};
use threepid_record::html::{Button, Field, Form};
use url::Url;
use url::form_urlencoded::Serializer;

use super::charset::Decoded;
use super::request::Request;

const URLENCODED: &str = "application/x-www-form-urlencoded";

/// The request that submits a form.
pub(super) fn of_form(form: &Form, button: Option<&Button>, mut action: Url, page: &Decoded) -> Request {
    let encoding = form
        .accept_charset
        .split_ascii_whitespace()
        .find_map(|label| Encoding::for_label(label.as_bytes()))
        .unwrap_or(page)
        .output_encoding();
    let mut entries = form.entries(button);
    for entry in &mut entries {
        if entry.name == "_charset_" && entry.value.is_empty() {
            encoding.name().clone_into(&mut entry.value);
        }
        entry.name = with_line_ends(&entry.name);
        entry.value = with_line_ends(&entry.value);
    }
    let method = button.and_then(|button| button.method.as_deref()).unwrap_or(&form.method);
    if method != "post" {
        action.set_query(Some(&urlencoded(&entries, encoding)));
        return Request::get(action);
    }
    let enctype = button.and_then(|button| button.enctype.as_deref()).unwrap_or(&form.enctype);
    let (content_type, body) = match enctype {
        "multipart/form-data" => multipart(&entries, encoding),
        "text/plain" => {
            let lines: String = entries.iter().map(|entry| format!("{}={}\r\n", entry.name, entry.value)).collect();
            ("text/plain".to_owned(), encoding.encode(&lines).0.into_owned())
        }
        _ => (URLENCODED.to_owned(), urlencoded(&entries, encoding).into_bytes()),
    };
    Request { at: action, method: "POST".to_owned(), content_type: Some(content_type), body: Some(body) }
}

/// The request that submits a code (Identity Service API, `POST /validate/email/submitToken`). What is to be sent stands in
/// the link's query, behind what the address itself has there.
pub(super) fn of_code(link: &str, to: &Url) -> Request {
    let given = Url::parse(link).ok();
    let own = to.query_pairs().count();
    let pairs = given.iter().flat_map(|url| url.query_pairs().skip(own));
    let body: Map<String, Value> = pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    Request {
        at: to.clone(),
        method: "POST".to_owned(),
        content_type: Some("application/json".to_owned()),
        body: Some(Value::Object(body).to_string().into_bytes()),
    }
}

fn urlencoded(entries: &[Field], encoding: &'static Encoding) -> String {
    let mut serializer = Serializer::new(String::new());
    let encode = encoder(encoding);
    if encoding != UTF_8 {
        serializer.encoding_override(Some(&encode));
    }
    serializer.extend_pairs(entries.iter().map(|entry| (&entry.name, &entry.value)));
    serializer.finish()
}

fn encoder(encoding: &'static Encoding) -> impl Fn(&str) -> Cow<'_, [u8]> {
    move |text| encoding.encode(text).0
}

fn multipart(entries: &[Field], encoding: &'static Encoding) -> (String, Vec<u8>) {
    let boundary = format!("----threepid{}", crate::random::letters::<24>());
    let mut text = String::new();
    for Field { name, value, is_file } in entries {
        let name = name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22");
        text.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\""));
        if *is_file {
            text.push_str("; filename=\"\"\r\nContent-Type: application/octet-stream");
        }
        text.push_str(&format!("\r\n\r\n{value}\r\n"));
    }
    text.push_str(&format!("--{boundary}--\r\n"));
    (format!("multipart/form-data; boundary={boundary}"), encoding.encode(&text).0.into_owned())
}

/// Every line ends as on the wire.
fn with_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::WINDOWS_1252;
    use threepid_record::html::page;

    fn sent(html: &str, button: usize, encoding: Decoded) -> Request {
        let form = page(html).forms.remove(0);
        of_form(&form, form.buttons.get(button), "http://hs/go?x=1".parse().unwrap(), &encoding)
    }

    fn body(request: &Request) -> String {
        String::from_utf8(request.body.clone().unwrap_or_default()).unwrap()
    }

    #[test]
    fn a_form_without_a_method_is_a_query() {
        let request = sent("<form><input name=a value='1 &amp; 2'><button name=b>Go</button></form>", 0, UTF_8);
        assert_eq!((request.method.as_str(), request.at.as_str()), ("GET", "http://hs/go?a=1+%26+2&b="));
    }

    #[test]
    fn values_are_sent_in_the_encoding_of_the_page() {
        let html = "<form method=post><input name=a value='ä€\n'><input type=hidden name=_charset_></form>";
        assert_eq!(body(&sent(html, 9, UTF_8)), "a=%C3%A4%E2%82%AC&_charset_=UTF-8".replace("AC&", "AC%0D%0A&"));
        assert!(body(&sent(html, 9, WINDOWS_1252)).starts_with("a=%E4%80%0D%0A&_charset_=windows-1252"));
        let html = html.replace("<form", "<form accept-charset=utf-8");
        assert!(body(&sent(&html, 9, WINDOWS_1252)).starts_with("a=%C3%A4"));
    }

    #[test]
    fn parts_are_sent_as_asked_for() {
        let html =
            "<form method=post enctype=multipart/form-data><input name='a\"b' value=1><input type=file name=f></form>";
        let request = sent(html, 9, UTF_8);
        let boundary = request.content_type.clone().unwrap().split_once('=').unwrap().1.to_owned();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\n1\r\n--{boundary}\r\nContent-Disposition: \
             form-data; name=\"f\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--{boundary}--\r\n"
        );
        assert_eq!(body(&request), expected);
        let html = "<form method=post><input name=a value=1><button formenctype=text/plain>x</button></form>";
        assert_eq!(body(&sent(html, 0, UTF_8)), "a=1\r\n");
    }

    #[test]
    fn a_code_is_sent_as_a_client_does() {
        let to = "http://hs/submit?way=2".parse().unwrap();
        let request = of_code("http://hs/submit?way=2&token=274901&client_secret=s&sid=S1", &to);
        assert_eq!(request.at, to);
        assert_eq!(body(&request), r#"{"token":"274901","client_secret":"s","sid":"S1"}"#);
    }
}
