//! What the specification documents: operations with their answers, and sentences, as data.
//!
//! Takes the files in `specification/`; gives [`Specification`]. The words in them are the project's own; where the
//! specification says it, an anchor says. It never asks the specification itself.

use super::diagnostic::Diagnostic;
use super::node::{Key, Node, Span, Value};
use super::pattern::{Pattern, PatternKind};
use super::read::{Fields, Reader};
use super::{SpecVersion, contract_keys};
use threepid_record::model::SpecRef;

/// All that the files say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Specification {
    /// The operations, in the order of the files.
    pub operations: Vec<Operation>,
    /// The sentences, in the order of the files.
    pub sentences: Vec<Sentence>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Method and path below the API's prefix: `POST /account/3pid/add`. Some are in words.
    pub name: String,
    /// Where it is documented.
    pub spec: SpecRef,
    /// Index of the file.
    pub file: usize,
    /// The first version of the specification that has it.
    pub since: Option<SpecVersion>,
    /// Whether an access token is needed.
    pub token: TokenUse,
    /// Whether it uses interactive authentication.
    pub authenticates: bool,
    /// What a person does by it, where `{who}` is the actor.
    pub told: Option<String>,
    /// The same of a request with `auth`, if that is another thing.
    pub told_with_auth: Option<String>,
    /// The documented answers.
    pub answers: Vec<Answer>,
}

/// Whether an operation needs an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// It needs one.
    Required,
    /// It takes one.
    Optional,
    /// It has no use for one.
    None,
}

impl TokenUse {
    /// The word of the files.
    pub fn word(self) -> &'static str {
        contract_keys::TOKEN_USES[self as usize]
    }
}

/// One documented answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its status, or a class of them.
    pub status: Status,
    /// Its error code, if it is an error.
    pub errcode: Option<String>,
    /// What it means.
    pub about: String,
    /// Where it is documented.
    pub spec: SpecRef,
    /// The versions of the specification that have it.
    pub versions: Versions,
    /// The fields and types that are required of the server.
    pub body: Option<Pattern>,
    /// Where it is tested, and why not.
    pub evidence: Evidence,
}

/// A status, or a class of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// This one.
    Exact(u16),
    /// All that begin with this digit.
    Class(u16),
}

impl Status {
    /// Whether it is this one, or one of them.
    pub fn has(self, status: u16) -> bool {
        match self {
            Status::Exact(own) => own == status,
            Status::Class(class) => status / 100 == class,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Status::Exact(status) => write!(f, "{status}"),
            Status::Class(class) => write!(f, "{class}xx"),
        }
    }
}

/// The first and the last version of the specification, if there are some.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Versions {
    /// The first.
    pub since: Option<SpecVersion>,
    /// The last.
    pub until: Option<SpecVersion>,
}

impl Versions {
    /// Whether a target whose newest version is this one is among them. One that does not say its versions is.
    pub fn have(self, newest: Option<SpecVersion>) -> bool {
        newest.is_none_or(|newest| {
            self.since.is_none_or(|since| newest >= since) && self.until.is_none_or(|until| newest <= until)
        })
    }
}

/// Where something is tested, as far as that does not follow from the expectations of scenarios.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Scenarios and rules that test it, with the place of each.
    pub by: Vec<(String, Span)>,
    /// Why it cannot be tested from outside.
    pub unseen: Option<String>,
}

/// One normative sentence, in the project's own words.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// Its name.
    pub id: String,
    /// What it says.
    pub says: String,
    /// Where the specification says it.
    pub anchor: String,
    /// Index of the file.
    pub file: usize,
    /// How strongly the specification puts it: `must`, `should`, `may`, or nothing where it only describes.
    pub strength: Option<String>,
    /// The versions of the specification that have it.
    pub versions: Versions,
    /// Where it is tested, and why not.
    pub evidence: Evidence,
}

impl Specification {
    /// The operation of this name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }
}

impl Operation {
    /// What is documented of the body of an answer with this status, for a target with this newest version.
    pub fn documented(&self, status: u16, newest: Option<SpecVersion>) -> Option<&Answer> {
        self.answers
            .iter()
            .find(|answer| answer.body.is_some() && answer.status.has(status) && answer.versions.have(newest))
    }
}

impl Reader<'_> {
    /// Reads one file and adds what it says.
    pub(super) fn specification(&self, file: usize, node: &Node, into: &mut Specification) {
        let Some(fields) = self.fields(node, "a part of the specification", &[contract_keys::SPECIFICATION], &[])
        else {
            return;
        };
        if let Some(title) = fields.get("title") {
            self.plain(title, "`title`");
        }
        for (_, node) in self.entries(&fields, "operations") {
            into.operations.extend(self.operation(file, node));
        }
        for (key, node) in self.entries(&fields, "sentences") {
            if into.sentences.iter().any(|known| *known.id == *key.name) {
                self.fault(
                    Diagnostic::new(key.span, "repeated-key", format!("there is a sentence `{}` already", key.name))
                        .label("the second one"),
                );
            }
            into.sentences.extend(self.sentence(file, &key.name, node));
        }
    }

    fn entries<'n>(&self, fields: &Fields<'n>, name: &str) -> &'n [(Key, Node)] {
        match fields.get(name).map(|node| (&node.value, node)) {
            None => &[],
            Some((Value::Map(entries), _)) => entries,
            Some((_, node)) => {
                self.expected(node, &format!("`{name}` (a mapping from names)"));
                &[]
            }
        }
    }

    fn operation(&self, file: usize, node: &Node) -> Option<Operation> {
        let fields = self.fields(node, "an operation", &[contract_keys::DOCUMENTED], &[])?;
        let name = self.plain(fields.get("operation")?, "`operation`")?;
        let spec = SpecRef { operation: name.clone(), anchor: self.anchor(fields.get("anchor")?)? };
        let token = match self.word(fields.get("token")?, "`token`", contract_keys::TOKEN_USES)? {
            "required" => TokenUse::Required,
            "optional" => TokenUse::Optional,
            _ => TokenUse::None,
        };
        let answers = match fields.get("answers").map(|node| (&node.value, node)) {
            Some((Value::List(items), _)) => items.iter().filter_map(|item| self.answer(item, &spec)).collect(),
            Some((_, node)) => {
                self.expected(node, "`answers` (a list)");
                Vec::new()
            }
            None => Vec::new(),
        };
        let plain = |name: &str| fields.get(name).and_then(|node| self.plain(node, &format!("`{name}`")));
        Some(Operation {
            name,
            spec,
            file,
            since: fields.get("since").and_then(|node| self.version(node)),
            token,
            authenticates: fields.get("authenticates").and_then(|node| self.flag(node, "`authenticates`"))
                == Some(true),
            told: plain("told"),
            told_with_auth: plain("told_with_auth"),
            answers,
        })
    }

    fn answer(&self, node: &Node, of: &SpecRef) -> Option<Answer> {
        let fields = self.fields(node, "an answer", &[contract_keys::ANSWER], &[])?;
        let status_node = fields.get("status")?;
        let status = match self.status(status_node)?.kind {
            PatternKind::Literal(number) => Status::Exact(u16::try_from(number.as_u64()?).ok()?),
            PatternKind::StatusClass(class) => Status::Class(class),
            _ => {
                self.expected(status_node, "one status, or one class");
                return None;
            }
        };
        let plain = |name: &str| fields.get(name).and_then(|node| self.plain(node, &format!("`{name}`")));
        let anchor = fields.get("anchor").and_then(|node| self.anchor(node)).unwrap_or_else(|| of.anchor.clone());
        Some(Answer {
            status,
            errcode: plain("errcode"),
            about: plain("about")?,
            spec: SpecRef { operation: of.operation.clone(), anchor },
            versions: self.versions(&fields),
            body: fields.get("body").and_then(|node| self.pattern(node)),
            evidence: self.evidence(&fields),
        })
    }

    fn sentence(&self, file: usize, id: &str, node: &Node) -> Option<Sentence> {
        let fields = self.fields(node, "a sentence", &[contract_keys::SENTENCE], &[])?;
        Some(Sentence {
            id: id.to_owned(),
            says: self.plain(fields.get("says")?, "`says`")?,
            anchor: self.anchor(fields.get("anchor")?)?,
            file,
            strength: fields
                .get("strength")
                .and_then(|node| self.word(node, "`strength`", contract_keys::STRENGTHS))
                .map(str::to_owned),
            versions: self.versions(&fields),
            evidence: self.evidence(&fields),
        })
    }

    pub(super) fn versions(&self, fields: &Fields<'_>) -> Versions {
        let version = |name: &str| fields.get(name).and_then(|node| self.version(node));
        Versions { since: version("since"), until: version("until") }
    }

    fn evidence(&self, fields: &Fields<'_>) -> Evidence {
        Evidence {
            by: fields.get("by").map(|node| self.words(node, "`by`")).unwrap_or_default(),
            unseen: fields.get("unseen").and_then(|node| self.plain(node, "`unseen`")),
        }
    }

    /// One of these words.
    fn word(&self, node: &Node, what: &str, words: &'static [&'static str]) -> Option<&'static str> {
        let word = self.plain(node, what)?;
        let known = words.iter().copied().find(|known| *known == word);
        if known.is_none() {
            self.fault(
                Diagnostic::new(node.span, "unknown-word", format!("unknown {what} `{word}`"))
                    .label("not known")
                    .nearest(&word, words.iter().copied()),
            );
        }
        known
    }
}
