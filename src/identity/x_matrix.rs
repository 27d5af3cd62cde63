//! `Authorization: X-Matrix …`: a request signed by a homeserver.
//!
//! Takes the header; gives its parts, and the object that was signed. Specification: Server-Server API, "Request
//! Authentication".

use http_auth::ChallengeParser;
use serde_json::{Map, Value, json};

/// How many signatures of one request are looked at.
const MOST: usize = 4;

/// The parts of one header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct XMatrix {
    pub(super) origin: String,
    pub(super) destination: Option<String>,
    pub(super) key: String,
    pub(super) signature: String,
}

impl XMatrix {
    /// All well-formed ones among these headers.
    pub(super) fn all<'h>(headers: impl Iterator<Item = &'h str>) -> Vec<XMatrix> {
        headers.flat_map(XMatrix::of_header).take(MOST).collect()
    }

    fn of_header(header: &str) -> Vec<XMatrix> {
        ChallengeParser::new(header)
            .map_while(Result::ok)
            .filter(|challenge| challenge.scheme.eq_ignore_ascii_case("x-matrix"))
            .filter_map(|challenge| {
                let part = |name: &str| {
                    let found = challenge.params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                    found.map(|(_, value)| value.to_unescaped())
                };
                let (origin, key, signature) = (part("origin")?, part("key")?, part("sig")?);
                Some(XMatrix { origin, destination: part("destination"), key, signature })
            })
            .collect()
    }

    /// What was signed. `destination` is the member that names the one who is asked.
    pub(super) fn signed(
        &self,
        method: &str,
        uri: &str,
        body: &Map<String, Value>,
        destination: (&str, &str),
    ) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("method".to_owned(), json!(method));
        object.insert("uri".to_owned(), json!(uri));
        object.insert("origin".to_owned(), json!(self.origin));
        object.insert(destination.0.to_owned(), json!(destination.1));
        object.insert("content".to_owned(), Value::Object(body.clone()));
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_quoted_or_not() {
        let quoted = r#"X-Matrix origin="a.test:8448",key="ed25519:1",sig="AB+/",destination="127.0.0.1:1""#;
        let read = XMatrix::all([quoted].into_iter());
        let expected = XMatrix {
            origin: "a.test:8448".to_owned(),
            destination: Some("127.0.0.1:1".to_owned()),
            key: "ed25519:1".to_owned(),
            signature: "AB+/".to_owned(),
        };
        assert_eq!(read, [expected]);
        let plain = XMatrix::all(["x-matrix origin=a.test, key=\"ed25519:1\", sig=\"AB\""].into_iter());
        assert_eq!((plain[0].origin.as_str(), &plain[0].destination), ("a.test", &None));
    }

    #[test]
    fn others_are_left_alone() {
        for header in ["Bearer abc", "X-Matrix origin=a", "", "X-Matrix", "Basic realm=\"x\""] {
            assert_eq!(XMatrix::all([header].into_iter()), [], "{header}");
        }
        let many = vec!["X-Matrix origin=a,key=\"k\",sig=\"s\""; 9];
        assert_eq!(XMatrix::all(many.into_iter()).len(), MOST);
    }
}
