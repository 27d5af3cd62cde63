//! The keys of the files in `contract/` and `specification/`.
//!
//! Gives lists from which parser, schema and documentation are made, as `keys` does for scenarios. It reads nothing.

use super::keys::{Key, Shape, key, needed};

/// Whether an operation needs an access token.
pub(super) const TOKEN_USES: &[&str] = &["required", "optional", "none"];

/// How strongly a sentence is put.
pub(super) const STRENGTHS: &[&str] = &["must", "should", "may"];

/// The keys of a rule, besides the levels.
pub(super) static RULE: &[Key] = &[
    needed("title", Shape::Plain, "What holds of every exchange, as a fact that should be true."),
    needed("why", Shape::Plain, "Why it matters: what goes wrong for a person when it is not so."),
    key("spec", Shape::Spec, "Where the specification asks for it."),
    key("since", Shape::Version, "The first version of the specification for which it holds: `r0.6.0`, `v1.13`."),
    key("until", Shape::Version, "The last version of the specification for which it holds."),
    key(
        "operations",
        Shape::Words,
        "The operations that it is about, as `specification/` names them; all but pages if not given.",
    ),
    key("only", Shape::Exchange, "What an exchange looks like that it is about; all if not given."),
    key(
        "remember",
        Shape::Remember,
        "Values that are remembered from one exchange to the next, for `kept` and `fresh`.",
    ),
];

/// What can be expected of an exchange, besides what stands in every answer.
pub(super) static EXCHANGE: &[Key] = &[
    key("status", Shape::Status, "The status: `200`, `[400, 403]`, `4xx`."),
    key("headers", Shape::Patterns, "Headers, by their names in lower case."),
    key("body", Shape::Pattern, "The JSON body. Keys that are not named may be there, unless `$exact`."),
    key("text", Shape::Pattern, "The body as text, without markup if it is HTML."),
    key("raw", Shape::Pattern, "The body as text, markup and all."),
    key(
        "documented",
        Shape::Pattern,
        "`true`: the body has the fields and types that `specification/` has for this operation and status.",
    ),
    key(
        "kept",
        Shape::Pattern,
        "`true`: the remembered values are those of the exchange before that belongs to the same.",
    ),
    key("fresh", Shape::Pattern, "`true`: the remembered values were not seen before for something else."),
    key("discreet", Shape::Pattern, "`true`: no secret is in it that it should not carry."),
];

/// What can be asked for of the request, where a rule says what it is about.
pub(super) static ASKED: &[Key] = &[
    key("request", Shape::Asked(REQUEST), "What was sent."),
    key("operation", Shape::Asked(OPERATION), "The operation, as `specification/` has it; not there for unknown ones."),
    key(
        "provoked",
        Shape::Pattern,
        "`true` where the harness has made mail or the identity server fail in this trial.",
    ),
];

/// What there is of a request.
pub(super) static REQUEST: &[Key] = &[
    key("method", Shape::Pattern, "`GET`, `POST` …"),
    key("path", Shape::Pattern, "The path below the API's prefix: `/account/3pid`, whatever version was asked."),
    key("query", Shape::Patterns, "The parameters, by their names."),
    key("headers", Shape::Patterns, "The headers, by their names in lower case."),
    key("body", Shape::Pattern, "The JSON body."),
    key("token", Shape::Pattern, "The access token, wherever it was sent."),
];

/// What there is of an operation.
pub(super) static OPERATION: &[Key] = &[
    key("name", Shape::Pattern, "Its name in `specification/`: `POST /account/3pid/add`."),
    key("token", Shape::Pattern, "`required`, `optional` or `none`."),
    key("authenticates", Shape::Pattern, "Whether it uses interactive authentication."),
];

/// What an exchange is held against besides what can be seen in it: no places of values.
pub(super) static FACTS: &[&str] = &["documented", "kept", "fresh", "discreet"];

/// The keys of `remember`.
pub(super) static REMEMBER: &[Key] = &[
    key(
        "each",
        Shape::Plain,
        "A list whose elements are looked at one by one: `body.threepids`. Paths of an element begin with `it`.",
    ),
    needed("by", Shape::Words, "Paths of what the values belong to: `request.token`, `it.address`."),
    needed("values", Shape::Words, "Paths of the values: `body.sid`, `headers.etag`, `it.added_at`."),
    key("until", Shape::Words, "Operations, by their names, after which all is forgotten."),
    key("across_trials", Shape::Flag, "Whether they are remembered beyond the trial; they are not if not given."),
];

/// The keys of a file in `specification/`.
pub(super) static SPECIFICATION: &[Key] = &[
    needed("title", Shape::Plain, "What the file is about."),
    needed("operations", Shape::Operations, "Operations, by a name for people."),
    needed("sentences", Shape::Sentences, "Normative sentences, by a name for people."),
];

/// The keys of an operation.
pub(super) static DOCUMENTED: &[Key] = &[
    needed("operation", Shape::Plain, "Method and path below the API's prefix: `POST /account/3pid/add`."),
    needed("anchor", Shape::Plain, "Page and anchor below the specification's site."),
    key("since", Shape::Version, "The first version of the specification that has it."),
    needed("token", Shape::OneOf(TOKEN_USES), "Whether an access token is needed."),
    key("authenticates", Shape::Flag, "Whether it uses interactive authentication."),
    key("told", Shape::Plain, "What a person does by it, in a sentence without a full stop; `{who}` is the actor."),
    key("told_with_auth", Shape::Plain, "The same of a request with `auth`, if that is another thing."),
    needed("answers", Shape::Answers, "The documented answers."),
];

/// The keys of an answer.
pub(super) static ANSWER: &[Key] = &[
    needed("status", Shape::Status, "One status, or a class: `4xx`."),
    key("errcode", Shape::Plain, "The error code."),
    needed("about", Shape::Plain, "What it means."),
    key("anchor", Shape::Plain, "Page and anchor, if not those of the operation."),
    key("since", Shape::Version, "The first version of the specification that has it."),
    key("until", Shape::Version, "The last version of the specification that has it."),
    key("body", Shape::Pattern, "The fields and types that are required of the server."),
    key("by", Shape::Words, "Scenarios and rules that test it, where that does not follow from their expectations."),
    key("unseen", Shape::Plain, "Why it cannot be tested from outside."),
];

/// The keys of a sentence.
pub(super) static SENTENCE: &[Key] = &[
    needed("says", Shape::Plain, "What it says, in the project's own words."),
    needed("anchor", Shape::Plain, "Page and anchor below the specification's site."),
    key(
        "strength",
        Shape::OneOf(STRENGTHS),
        "How strongly the specification puts it; nothing where it only describes.",
    ),
    key("since", Shape::Version, "The first version of the specification that has it."),
    key("until", Shape::Version, "The last version of the specification that has it."),
    key("by", Shape::Words, "Scenarios and rules that test it."),
    key("unseen", Shape::Plain, "Why it cannot be tested from outside."),
];
