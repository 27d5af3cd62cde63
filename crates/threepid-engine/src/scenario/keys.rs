//! Which keys a scenario may have, and what each means.
//!
//! The one list behind three things: what the parser accepts, what it suggests for a misspelt key, and the JSON
//! Schema that editors use. A key that stands here but is never read, or is read but does not stand here, fails a test.

use threepid_record::model::{Ability, Level};

/// What the value of a key may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Text as it stands.
    Plain,
    /// Text in which placeholders are replaced.
    Text,
    /// A list of words.
    Words,
    /// A list of needs, each with `not ` before it or without.
    Needs,
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
    /// A mapping with these keys.
    Mapping(&'static [Key]),
    /// A list of requests.
    Requests,
    /// A pattern over a mapping that has these keys and no others.
    Asked(&'static [Key]),
    /// What an exchange looks like.
    Exchange,
    /// What is remembered from one exchange to the next.
    Remember,
    /// A mapping from names to operations.
    Operations,
    /// A list of documented answers.
    Answers,
    /// A mapping from names to sentences.
    Sentences,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
}

/// One kind of step: the words for it, and what can stand in it. Each has a file of its own below `step`.
#[derive(Debug)]
pub(super) struct Kind {
    /// The keys that say that a step is of this kind.
    pub(super) names: &'static [&'static str],
    /// What it does.
    pub(super) about: &'static str,
    /// What the value of that key is.
    pub(super) value: Shape,
    /// The step's other keys, besides those that every step may have.
    pub(super) keys: &'static [Key],
    /// What can be expected of it, if something can be seen.
    pub(super) seen: Option<&'static [Key]>,
}

/// A key that need not be given.
pub(super) const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, about, shape, required: false }
}

/// A key that must be given.
pub(super) const fn needed(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, about, shape, required: true }
}

/// The keys of a scenario file.
pub(super) static SCENARIO: &[Key] = &[
    needed("title", Shape::Plain, "The behaviour in one sentence, as a fact that should be true."),
    needed("why", Shape::Plain, "Why it matters: what goes wrong for a person when it is not so."),
    key(
        "flow",
        Shape::Plain,
        "The heading of the flow that this folder is about, in the scenario in which all goes well.",
    ),
    key("spec", Shape::Spec, "Where the specification asks for it."),
    key("covers", Shape::Words, "Rows of the catalogue of behaviours that this file tests."),
    key(
        "needs",
        Shape::Needs,
        "What the target must offer, or with `not ` before it must not; else the scenario is skipped with the reason.",
    ),
    key("since", Shape::Version, "The first version of the specification for which it holds: `r0.6.0`, `v1.13`."),
    key("until", Shape::Version, "The last version of the specification for which it holds."),
    key("actors", Shape::Words, "Who takes part. Each gets a fresh account."),
    key(
        "uses_up",
        Shape::Words,
        "Actors whose accounts are of no use afterwards: deactivated, or with another password. No account of `--accounts` is \
         taken for them, unless with `--accounts-may-be-used-up`.",
    ),
    key("cases", Shape::Cases, "Named rows of inputs; each is a trial of its own."),
    needed("steps", Shape::Steps, "What happens, in order."),
    key("finally", Shape::Steps, "Steps that run whatever happened before."),
];

/// The keys of a fragment file.
pub(super) static FRAGMENT: &[Key] = &[
    needed("title", Shape::Plain, "What the steps reach together."),
    key("spec", Shape::Spec, "Where the specification asks for what its steps expect, if they do not say."),
    key("inputs", Shape::Inputs, "What `with:` may give: each name with its meaning, `{actor: {about: Who asks.}}`."),
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
    key(
        "proceed_if",
        Shape::Pattern,
        "Go on only if the outcome looks like this: `{status: 200}`. Else the trial ends without a verdict.",
    ),
    key("otherwise", Shape::Text, "The reason in words for a trial that does not go on by `proceed_if`."),
    key(
        "when",
        Shape::Text,
        "Do this only if this value has come up, or all of these: `<sid>`, `<sid><link>`. Otherwise go on with the next step.",
    ),
    key("unless", Shape::Text, "Do this only if this value has not come up, or not all of these."),
];

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

/// The keys that are for one level alone.
pub(super) static RESTS_ON: &[(Level, &str)] =
    &[(Level::Must, "ground"), (Level::Security, "harm"), (Level::Convention, "relied_on_by")];

/// The keys without which an expectation of this level does not say what it rests on.
pub(super) fn required(level: Level) -> &'static [&'static str] {
    match level {
        Level::Must => &["ground", "because"],
        Level::Security => &["harm"],
        Level::Should => &["because"],
        Level::Convention => &["relied_on_by"],
    }
}

/// What a `must` can rest on: the words of [`threepid_record::model::Ground`].
pub(super) static GROUNDS: &[&str] = &["text", "schema", "response"];

/// What stands before a need that a target must not meet: `not inhibits-3pid-errors`.
pub(super) const NOT: &str = "not ";

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

/// The need of scenarios that use the identity server of the harness.
pub const IDENTITY_SERVER: &str = Ability::IDENTITY_SERVER;

/// What a scenario may need.
pub static NEEDS: &[Need] = &[
    probed("email", "sends validation mail"),
    probed("registration", "lets accounts be registered without an administrator"),
    probed("registration-email", "lets people register with an e-mail address"),
    probed("registration-token", "lets people register with a token that is given with `--registration-token`"),
    probed("password-login", "lets people log in with a password"),
    probed("3pid-changes", "lets people change their addresses"),
    probed("api-r0", "serves the r0 paths"),
    probed("api-v3", "serves the v3 paths"),
    configured(IDENTITY_SERVER, "can reach an identity server that the harness runs"),
    configured("no-mail", "is configured without mail"),
    configured("inhibits-3pid-errors", "hides whether an address is in use"),
    configured("restricted-domains", "lets only addresses at threepid.test be used"),
    configured("changes-disabled", "lets nobody change their addresses"),
    configured("registration-disabled", "lets nobody register"),
    configured("registration-needs-email", "lets nobody register without an address"),
    configured("registration-terms", "lets nobody register without agreeing to terms"),
    configured("guests", "lets guests in"),
    configured("next-link-allow-list", "allows next_link only to threepid.test"),
    configured("short-lived-tokens", "forgets validation sessions after two seconds"),
    configured("rate-limits", "has its usual rate limits"),
    configured("behind-proxy", "believes X-Forwarded-For"),
    configured("account-locks", "has an administrator who can lock accounts, as its profile says"),
    configured("account-suspension", "has an administrator who can suspend accounts, as its profile says"),
    configured("no-phone-numbers", "has no way to send text messages"),
];
