//! Which keys a scenario may have, and what each means.
//!
//! The one list behind three things: what the parser accepts, what it suggests for a misspelt key, and the JSON
//! Schema that editors use. A key that stands here but is never read, or is read but does not stand here, fails a test.

/// What the value of a key may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Text as it stands.
    Plain,
    /// Text in which placeholders are replaced.
    Text,
    /// A list of words.
    Words,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number, at least 1.
    Count,
    /// `500ms`, `2s`, `1m`.
    Duration,
    /// Any value with placeholders.
    Template,
    /// A mapping whose values are text with placeholders.
    Texts,
    /// A version of the specification.
    Version,
    /// A reference to the specification.
    Spec,
    /// A list of steps.
    Steps,
    /// A mapping from names of cases to inputs.
    Cases,
    /// A mapping from names of inputs to what they are.
    Inputs,
    /// A mapping from parameters of a link to changes.
    Changes,
    /// A status, several, or a class.
    Status,
    /// A pattern.
    Pattern,
    /// A mapping whose values are patterns.
    Patterns,
    /// A mapping from names of alternatives to expectations of the same kind.
    Alternatives,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, about, shape, required: false }
}

const fn needed(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, about, shape, required: true }
}

/// The keys of a scenario file.
pub(super) static SCENARIO: &[Key] = &[
    needed("title", Shape::Plain, "The behaviour in one sentence, as a fact that should be true."),
    needed("why", Shape::Plain, "Why it matters: what goes wrong for a person when it is not so."),
    key("spec", Shape::Spec, "Where the specification asks for it."),
    key("covers", Shape::Words, "Rows of the catalogue of behaviours that this file tests."),
    key("needs", Shape::Words, "What the target must offer; else the scenario is skipped with the reason."),
    key("since", Shape::Version, "The first version of the specification for which it holds: `r0.6.0`, `v1.13`."),
    key("until", Shape::Version, "The last version of the specification for which it holds."),
    key("actors", Shape::Words, "Who takes part. Each gets a fresh account."),
    key("cases", Shape::Cases, "Named rows of inputs; each is a trial of its own."),
    needed("steps", Shape::Steps, "What happens, in order."),
    key("finally", Shape::Steps, "Steps that run whatever happened before."),
];

/// The keys of a fragment file.
pub(super) static FRAGMENT: &[Key] = &[
    needed("title", Shape::Plain, "What the steps reach together."),
    key("spec", Shape::Spec, "Where the specification asks for what its steps expect, if they do not say."),
    key("inputs", Shape::Inputs, "What `with:` may give: each name with its meaning, or with a default."),
    key("outputs", Shape::Words, "The values that the user of the fragment can go on with."),
    needed("steps", Shape::Steps, "What happens, in order."),
];

/// The keys of one input of a fragment.
pub(super) static INPUT: &[Key] = &[
    needed("about", Shape::Plain, "What it is."),
    key("default", Shape::Template, "Its value when the user gives none."),
];

/// The keys of a reference to the specification.
pub(super) static SPEC: &[Key] = &[
    needed("operation", Shape::Plain, "The operation or the rule, for people: `POST /account/3pid/add`."),
    needed("anchor", Shape::Plain, "Page and anchor below the specification's site: `client-server-api/#…`."),
];

/// The keys that every step may have.
pub(super) static STEP: &[Key] = &[
    key("name", Shape::Plain, "The step's name in reports and snapshots."),
    key("spec", Shape::Spec, "Where the specification asks for what this step expects, if not where the file says."),
    key("when", Shape::Text, "Do this only if these values have come up: `<sid>`. Otherwise go on with the next step."),
    key("unless", Shape::Text, "Do this only if one of these values has not come up."),
];

/// The keys of a step that makes a request, besides the method.
pub(super) static REQUEST: &[Key] = &[
    key("as", Shape::Plain, "The actor whose access token is sent; nobody's if not given."),
    key("token", Shape::Text, "An access token to send instead of the actor's."),
    key("headers", Shape::Texts, "Headers to send."),
    key("query", Shape::Texts, "Query parameters to send, encoded as needed."),
    key("body", Shape::Template, "The JSON body to send."),
    key("raw_body", Shape::Text, "A body to send as it stands, for what is no JSON."),
    key("at_once", Shape::Count, "How many times to send it, all at the same time. Each answer is judged."),
];

/// What can be expected of a response.
pub(super) static RESPONSE: &[Key] = &[
    key("status", Shape::Status, "The status: `200`, `[400, 403]`, `4xx`."),
    key("headers", Shape::Patterns, "Headers, by their names in lower case."),
    key("body", Shape::Pattern, "The JSON body. Keys that are not named may be there, unless `$exact`."),
    key("text", Shape::Pattern, "The body as text, without markup if it is HTML."),
    key("raw", Shape::Pattern, "The body as text, markup and all."),
];

/// The methods a request can have: each is the key of a step.
pub(super) static METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];

/// The keys of a step that waits for mail.
pub(super) static MAIL: &[Key] = &[
    key("count", Shape::Count, "How many mails with a link or a code to wait for; 1 if not given."),
    key("within", Shape::Duration, "How long to wait; `--mail-timeout` if not given."),
];

/// What can be expected of mail.
pub(super) static DELIVERY: &[Key] = &[
    key("count", Shape::Pattern, "How many mails came."),
    key("envelope", Shape::Pattern, "`from`, `to` (a list), `params` (a list) of the SMTP envelope."),
    key("session", Shape::Pattern, "`helo`, `esmtp`, `tls`, `auth_user` of the SMTP session."),
    key("headers", Shape::Patterns, "Headers of the first mail, by their names in lower case."),
    key("text", Shape::Pattern, "The readable text of the first mail: its plain text, else its HTML without markup."),
    key("parts", Shape::Pattern, "The text parts: `content_type`, `charset`, `transfer_encoding`, `text`."),
    key(
        "link",
        Shape::Pattern,
        "The link to follow, or what stands for the code to submit: `url`, `origin`, `path`, `query` (by name), \
         `on_public`, `on_target`, `same_in_all_parts` (that are alternatives), `carries` (`query`, `path` or \
         `fragment`: where its token may be; absent if nowhere), `broken` (by a line end), `by_code`.",
    ),
    key("raw", Shape::Pattern, "The first mail as it was transferred."),
    key("mails", Shape::Pattern, "All mails that came, each with the fields above."),
];

/// The keys of a step that waits for no mail.
pub(super) static SILENCE_STEP: &[Key] =
    &[key("for", Shape::Duration, "How long no mail may come; `--quiet-window` if not given.")];

/// What can be expected of silence.
pub(super) static SILENCE: &[Key] = &[
    key(
        "count",
        Shape::Pattern,
        "How many mails with a link or a code came all the same; 0 is required without saying so.",
    ),
    key("links", Shape::Pattern, "The links in mail that came all the same."),
];

/// The keys of a step that follows a link.
pub(super) static CLICK: &[Key] = &[
    key("method", Shape::OneOf(&["GET", "HEAD"]), "How the page is asked for; GET if not given."),
    key("submit", Shape::Flag, "Whether a page with one form is submitted, as a person would; true if not given."),
    key(
        "change",
        Shape::Changes,
        "Changes to the link's parameters: `token`, `sid`, `client_secret` wherever they stand, or a parameter's own \
         name; each to a text, `altered` or `removed`.",
    ),
];

/// What can be expected of a visit.
pub(super) static VISIT: &[Key] = &[
    key("status", Shape::Status, "The status of the last page: `200`, `[400, 403]`, `4xx`."),
    key("headers", Shape::Patterns, "Headers of the last page, by their names in lower case."),
    key("text", Shape::Pattern, "The text of the last page, without markup."),
    key("raw", Shape::Pattern, "The last page, markup and all."),
    key("redirect", Shape::Pattern, "Where the last answer redirects to. It is never followed."),
    key("end", Shape::Pattern, "`page`, `redirect`, `not-followed` or `failed`."),
    key("submitted", Shape::Pattern, "Whether a form was submitted."),
];

/// The keys of a step that uses a fragment.
pub(super) static USE: &[Key] = &[
    key("with", Shape::Template, "The fragment's inputs."),
    key("out", Shape::Texts, "Other names for the fragment's outputs: `{sid: second}`."),
];

/// The keys of a step that makes several different requests at once.
pub(super) static PARALLEL: &[Key] = &[];

/// What can be expected of several requests at once.
pub(super) static RESPONSES: &[Key] = &[
    key(
        "responses",
        Shape::Pattern,
        "All answers in the order of the requests, each with `status`, `headers`, `body`.",
    ),
    key("statuses", Shape::Pattern, "All statuses, sorted."),
];

/// The keys of a step that repeats others.
pub(super) static REPEAT: &[Key] = &[
    needed("times", Shape::Count, "How many times at most."),
    key("until", Shape::Pattern, "Stop after the round in which an outcome looks like this: `{status: 429}`."),
    needed("steps", Shape::Steps, "What happens in each round. Values that first come up in it are new in each."),
];

/// What can be expected of a repetition.
pub(super) static ROUNDS: &[Key] = &[
    key("reached", Shape::Pattern, "Whether a round ended as `until` says."),
    key("times", Shape::Pattern, "How many rounds there were."),
];

/// The keys of a mapping that says how the mail sink misbehaves; one of them besides `to` and `times`.
pub(super) static SINK: &[Key] = &[
    needed("to", Shape::Text, "For mail to this address."),
    key("refuse_rcpt", Shape::Plain, "Refuse the recipient, with this reply: `550 5.1.1 no such mailbox`."),
    key("refuse_data", Shape::Plain, "Refuse the whole message once it was sent, with this reply."),
    key("stall", Shape::Duration, "Answer to the recipient only after this time."),
    key("hang_up", Shape::Flag, "Close the connection once the message was sent, without an answer."),
    key("times", Shape::Count, "How often; always if not given."),
];
/// The keys of a step that looks at what the identity server was asked.
pub(super) static IDENTITY_ASKED: &[Key] =
    &[needed("about", Shape::Text, "An address, a user or a session that stands in the requests.")];

/// What can be expected of what the identity server was asked.
pub(super) static INQUIRY: &[Key] = &[
    key("count", Shape::Pattern, "How many requests it got."),
    key(
        "requests",
        Shape::Pattern,
        "The requests, oldest first: `method`, `path`, `query` (by name), `authorization`, `body`.",
    ),
];

/// The keys of a step that makes the identity server misbehave.
pub(super) static IDENTITY_DOES: &[Key] = &[
    needed("on", Shape::Text, "The path: below `/_matrix/identity/v2`, unless it begins with `/_`."),
    needed("about", Shape::Text, "The address, user or session that stands in the requests to answer so."),
    key("status", Shape::Count, "The status, for `answer`."),
    key("body", Shape::Template, "The JSON body, for `answer`."),
    key("raw_body", Shape::Text, "A body that is no JSON, for `answer`; sent as text/plain."),
    key("for", Shape::Duration, "How long it waits before it answers as it should, for `stall`."),
];

/// What the identity server can be made to do.
pub(super) static IDENTITY_DOINGS: &[&str] = &["answer", "refuse", "stall"];

/// What can be expected of a step that shows nothing.
pub(super) static NOTHING: &[Key] = &[];

/// The keys every expectation may have.
pub(super) static EXPECTATION: &[Key] = &[
    key("one_of", Shape::Alternatives, "Named alternatives; the record says which one the server chose."),
    key("because", Shape::Plain, "The requirement in words, for reports; the scenario's title if not given."),
    key("spec", Shape::Spec, "Where the specification asks for this, if not where the step or the file says."),
    key(
        "ground",
        Shape::OneOf(GROUNDS),
        "For `must`: `text` is a normative sentence, `schema` a field or type that the API definition requires of the \
         server, `response` the status and errcode documented for just this case.",
    ),
    key("harm", Shape::Plain, "For `security`: who can do what to whom if it is not so."),
    key("relied_on_by", Shape::Plain, "For `convention`: which client, library or recorded flow relies on it."),
    key("since", Shape::Version, "The first version of the specification that expects this: `r0.6.0`, `v1.13`."),
    key("until", Shape::Version, "The last version of the specification that expects this."),
];

/// What a `must` can rest on: the words of [`threepid_record::model::Ground`].
pub(super) static GROUNDS: &[&str] = &["text", "schema", "response"];

/// The keys that say what a step does, besides the methods: each with its meaning.
pub(super) static ACTIONS: &[(&str, &str)] = &[
    ("mail", "Wait for mail to this address."),
    ("no_mail", "See that no mail comes to this address."),
    ("click", "Follow this link as a browser would: GET, and submit the form if the page has one."),
    ("parallel", "Make several requests at the same time."),
    ("identity_asked", "Look at what the harness's identity server was asked at this path."),
    (
        "identity_does",
        "Make the harness's identity server `answer` something else, `refuse` or `stall`, until the trial ends.",
    ),
    ("use", "Do the steps of a fragment."),
    ("repeat", "Do steps several times, up to `times`, or until an outcome looks as `until` says."),
    ("pause", "Wait this long. For moments that the target's configuration names; never for mail."),
    ("sink", "Have the mail sink misbehave for a recipient."),
    ("skip", "End here without a verdict, for this reason; with `when` or `unless`."),
];

/// The actions of which nothing can be expected.
pub(super) static SILENT: &[&str] = &["use", "pause", "sink", "skip", "identity_does"];

/// What the changes of a link's parameters can be, besides a text.
pub(super) static CHANGES: &[&str] = &["altered", "removed"];

/// Something a scenario may need of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Its name under `needs`.
    pub name: &'static str,
    /// What a target with it does, after "the target …".
    pub about: &'static str,
    /// Whether it is a matter of configuration, which a variant of the target has and a preflight cannot see.
    pub configured: bool,
}

const fn probed(name: &'static str, about: &'static str) -> Need {
    Need { name, about, configured: false }
}

const fn configured(name: &'static str, about: &'static str) -> Need {
    Need { name, about, configured: true }
}

/// What a scenario may need.
pub static NEEDS: &[Need] = &[
    probed("email", "sends validation mail"),
    probed("registration", "lets accounts be registered without an administrator"),
    probed("registration-email", "lets people register with an e-mail address"),
    probed("password-login", "lets people log in with a password"),
    probed("3pid-changes", "lets people change their addresses"),
    probed("api-r0", "serves the r0 paths"),
    probed("api-v3", "serves the v3 paths"),
    configured("identity-server", "can reach an identity server that the harness runs"),
    configured("no-mail", "is configured without mail"),
    configured("inhibits-3pid-errors", "hides whether an address is in use"),
    configured("restricted-domains", "lets only addresses at threepid.test be used"),
    configured("changes-disabled", "lets nobody change their addresses"),
    configured("registration-disabled", "lets nobody register"),
    configured("registration-needs-email", "lets nobody register without an address"),
    configured("next-link-allow-list", "allows next_link only to threepid.test"),
    configured("short-lived-tokens", "forgets validation sessions after two seconds"),
    configured("rate-limits", "has its usual rate limits"),
    configured("behind-proxy", "believes X-Forwarded-For"),
    configured("no-phone-numbers", "has no way to send text messages"),
];
