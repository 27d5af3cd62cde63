//! What in a mail proves that somebody reads the mailbox: a link to follow, or a code to type.
//!
//! Takes a mail as it was read; gives its proof, or says why none can be told from it. It never guesses between two that
//! are equally likely, and never decides whether the mail should have come.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{codes, links};
use threepid_record::model::{Link, LinkSource, Mail};

/// What a mail carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A link.
    Link,
    /// A code, and no link. `clear` if a mail like this can be about nothing else.
    Code {
        /// The code.
        value: String,
        /// Whether it stands out so that no submit address is needed to see what it is.
        clear: bool,
    },
    /// Several that are equally likely.
    Ambiguous(Vec<String>),
    /// Nothing was found, and some of the text was left out.
    Cut,
    /// Nothing: a notice, a welcome.
    Nothing,
}

/// What a mail carries.
pub fn proof(mail: &Mail) -> Proof {
    if let Some(best) = mail.link().filter(|link| links::is_proof_link(link)) {
        let rivals = rivals(mail, best);
        return if rivals.is_empty() {
            Proof::Link
        } else {
            Proof::Ambiguous([vec![best.url.clone()], rivals].concat())
        };
    }
    match &mail.codes[..] {
        // A link that was cut off could be what the mail is about.
        _ if mail.cut => Proof::Cut,
        [] => Proof::Nothing,
        [best, second, ..] if best.score == second.score && codes::is_clear(best) => {
            let equal = mail.codes.iter().filter(|code| code.score == best.score);
            Proof::Ambiguous(equal.map(|code| code.value.clone()).collect())
        }
        [best, ..] => Proof::Code { value: best.value.clone(), clear: codes::is_clear(best) },
    }
}

/// Links that stand beside the best one and look as likely. What stands in another part says the same in another way.
fn rivals(mail: &Mail, best: &Link) -> Vec<String> {
    let beside = mail.links.iter().filter(|link| link.part == best.part && link.score == best.score);
    beside.filter(|link| link.url != best.url && link.source != LinkSource::Code).map(|link| link.url.clone()).collect()
}

/// What tells a message from others. Mailers that lose an acknowledgement send the same message again.
pub fn message_id(mail: &Mail) -> String {
    match mail.header("message-id") {
        Some(id) if !id.is_empty() => id.to_owned(),
        _ => {
            let mut hasher = DefaultHasher::new();
            (mail.raw.text.as_deref(), mail.raw.base64.as_deref()).hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::{TEXT_LIMIT, read_mail};
    use super::super::router::Received;
    use super::*;

    fn read(raw: &str) -> Mail {
        let received = Received {
            envelope: Default::default(),
            session: Default::default(),
            raw: raw.replace('\n', "\r\n").into_bytes().into(),
            arrived: tokio::time::Instant::now(),
            recipient: "user@threepid.test".into(),
        };
        read_mail(&received, &["http://127.0.0.1:8008/".parse().unwrap()], TEXT_LIMIT)
    }

    fn of(text: &str) -> Proof {
        proof(&read(&format!("Subject: Confirm\n\n{text}")))
    }

    #[test]
    fn a_notice_proves_nothing() {
        assert_eq!(of("This address is on your account now. Not you? Tell the support."), Proof::Nothing);
        assert_eq!(
            of("Welcome! Your home is http://127.0.0.1:8008/ and help is at https://help.test/?page=2"),
            Proof::Nothing
        );
        assert_eq!(of("See http://127.0.0.1:8008/settings?tab=account"), Proof::Nothing);
    }

    #[test]
    fn a_link_wins_over_the_home_page_and_over_a_number() {
        let text =
            "Welcome to http://127.0.0.1:8008/\nTicket: 123456\nhttp://127.0.0.1:8008/act.php?u=260463&k=A45B8F64\n";
        assert_eq!(of(text), Proof::Link);
        assert_eq!(read(&format!("\n{text}")).links[0].url, "http://127.0.0.1:8008/act.php?u=260463&k=A45B8F64");
    }

    #[test]
    fn equals_are_shown_and_not_chosen_from() {
        let (yes, no) =
            ("http://127.0.0.1:8008/yes?token=abcd1234efgh5678", "http://127.0.0.1:8008/no?token=abcd1234efgh5678");
        assert_eq!(of(&format!("Yes: {yes}\nNo: {no}\n")), Proof::Ambiguous(vec![yes.into(), no.into()]));
        assert_eq!(of("111111\n222222\n"), Proof::Ambiguous(vec!["111111".into(), "222222".into()]));
    }

    #[test]
    fn parts_that_differ_are_no_rivals() {
        let mail = read(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nhttp://127.0.0.1:8008/?token=abcd1234efgh5678\n--b\n\
             Content-Type: text/html\n\n<a href='http://127.0.0.1:8008/?token=abcd1234efgh5679'>x</a>\n--b--\n",
        );
        assert_eq!(proof(&mail), Proof::Link);
    }

    #[test]
    fn a_code_is_taken_where_there_is_no_link() {
        assert_eq!(of("The code for your address is 274901"), Proof::Code { value: "274901".into(), clear: true });
    }

    #[test]
    fn what_was_cut_off_is_not_nothing() {
        let text = format!(
            "Content-Type: text/html\n\n<img src='data:{}'><a href='http://127.0.0.1:8008/?token=abcd1234'>x</a>",
            "A".repeat(TEXT_LIMIT)
        );
        assert_eq!(proof(&read(&text)), Proof::Cut);
    }

    #[test]
    fn a_message_that_came_twice_is_a_copy() {
        let mail = |id: &str, text: &str| read(&format!("Message-ID: {id}\n\n{text}"));
        let same = |one: &Mail, other: &Mail| message_id(one) == message_id(other);
        assert!(same(&mail("<1@hs>", "a"), &mail("<1@hs>", "a\n")));
        assert!(!same(&mail("<1@hs>", "a"), &mail("<2@hs>", "a")));
        assert!(same(&read("\na"), &read("\na")) && !same(&read("\na"), &read("\nb")));
    }
}
