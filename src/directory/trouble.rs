//! What can go wrong with a directory, and what a dataset's verdict becomes of it.
//!
//! Takes failures of the connection and refusals of the server, gives a [`Verdict`]. What a refusal means is in rows
//! (`answers.toml`). The server's own words go into the verdict as raw text and through the gate like everything.

use std::sync::OnceLock;

use serde::Deserialize;

use super::message::Reply;
use crate::record::{Outcome, RawText, ServiceError, Verdict};

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Step {
    SignIn,
    StartTls,
    Search,
}

/// What is wrong with the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Expired,
    NotYetValid,
    Untrusted,
    OtherName,
    Revoked,
    Other,
}

/// Why Kerberos gave no ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(any(windows, feature = "kerberos")), expect(dead_code, reason = "Kerberos is not built in"))]
pub(super) enum Ticket {
    /// Nobody has signed in.
    None,
    Skew,
    UnknownServer,
    NoCentre,
    Other,
}

/// Why the directory was not read to the end.
#[derive(Clone)]
pub(super) enum Trouble {
    NoSuchHost,
    Unreachable,
    Certificate(Flaw),
    NoTls,
    /// No reply in time.
    Silent,
    /// The connection ended.
    Closed,
    /// Bytes that are no LDAP.
    Malformed,
    /// A message longer than the cap.
    TooLarge,
    /// More pages than a directory can have, or a page that leads back.
    Endless,
    Kerberos(Ticket),
    Refused(Step, Reply),
    /// The root names no domain: no Active Directory, or not to this account.
    NoDomain,
    SinkClosed,
    /// The run was stopped.
    Cancelled,
    /// A time limit: of what.
    TimeUp(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    step: Step,
    code: Option<u32>,
    mark: Option<String>,
    outcome: Outcome,
    reason: String,
    hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    answer: Vec<Answer>,
}

fn answers() -> &'static [Answer] {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    let file = FILE.get_or_init(|| toml::from_str(include_str!("answers.toml")).expect("answers.toml"));
    &file.answer
}

fn answer(step: Step, reply: &Reply) -> Option<&'static Answer> {
    let text = reply.text.expose().to_ascii_lowercase();
    answers().iter().find(|row| {
        row.step == step
            && row.code.is_none_or(|code| code == reply.code)
            && row.mark.as_ref().is_none_or(|mark| text.contains(mark.as_str()))
    })
}

impl Trouble {
    /// Whether another try may go better.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Silent | Self::Closed | Self::Malformed => true,
            Self::Refused(Step::Search, reply) => matches!(reply.code, 51 | 52),
            _ => false,
        }
    }

    /// Whether it leaves the connection as it was.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Self::Refused(Step::Search, _))
    }

    /// Whether other searches will end so as well: it is about the directory or the run as a whole.
    pub(super) fn is_of_all(&self) -> bool {
        let is_of_one = matches!(self, Self::Closed | Self::Malformed | Self::TooLarge | Self::Endless);
        !(self.is_answer() || is_of_one || matches!(self, Self::TimeUp("dataset")))
    }

    /// Whether there is no such object.
    pub(super) fn is_nothing_there(&self) -> bool {
        matches!(self, Self::Refused(Step::Search, Reply { code: 32, .. }))
    }

    /// The verdict if nothing came, or (`records` above 0) if the rest is missing.
    pub(super) fn verdict(&self, records: u64) -> Verdict {
        let mut verdict = self.told();
        verdict.passes = matches!(self, Self::Unreachable | Self::Silent | Self::Closed);
        let is_rest = records > 0 && !matches!(verdict.outcome, Outcome::Interrupted | Outcome::Partial);
        if is_rest {
            verdict.outcome = Outcome::Partial;
        }
        if records > 0 && verdict.outcome == Outcome::Partial {
            let reason = verdict.reason.as_ref().map_or("", RawText::expose);
            verdict.reason = Some(RawText::new(format!("the list broke off after {records} records: {reason}")));
        }
        verdict
    }

    fn told(&self) -> Verdict {
        let failed = |reason: &str, hint: &str| Verdict::because(Outcome::Failed, reason).with_hint(hint);
        let denied = |reason: &str, hint: &str| Verdict::because(Outcome::Denied, reason).with_hint(hint);
        const AGAIN: &str = "run again; if it happens again, name another domain controller with --ldap";
        const OTHERWISE: &str = "or give --ldap-user and --ldap-password-file";
        match self {
            Self::NoSuchHost => {
                failed("the directory's host name is not known", "check --ldap and the name servers of this computer")
            }
            Self::Unreachable => failed(
                "the directory cannot be reached",
                "check --ldap, and that ports 636 (ldaps) or 389 (ldap) are open from here",
            ),
            Self::Certificate(flaw) => certificate(*flaw),
            Self::NoTls => failed(
                "the directory does not speak TLS at this address",
                "check --ldap, and that the domain controller has a server certificate",
            ),
            Self::Silent => failed("the directory did not answer in time", AGAIN),
            Self::Closed => failed("the directory closed the connection, again and again", AGAIN),
            Self::Malformed => failed("what answers there does not speak LDAP as the standard says", AGAIN),
            Self::TooLarge => {
                failed("a reply was longer than the cap of this program", "ask for less with --ldap-base")
            }
            Self::Endless => failed("the directory's pages bring nothing new and do not end", AGAIN),
            Self::Kerberos(Ticket::None) => denied(
                "there is no Kerberos ticket",
                &format!("sign in to the domain (kinit, or run as a user of the domain), {OTHERWISE}"),
            ),
            Self::Kerberos(Ticket::Skew) => denied(
                "Kerberos refused the ticket because the clocks differ too much",
                "set this computer's clock by the domain: five minutes are allowed",
            ),
            Self::Kerberos(Ticket::UnknownServer) => denied(
                "Kerberos knows no directory of that name",
                &format!("give --ldap the domain controller's full DNS name, {OTHERWISE}"),
            ),
            Self::Kerberos(Ticket::NoCentre) => denied(
                "no Kerberos key distribution centre can be reached",
                &format!("check that port 88 is open from here and the realm's configuration, {OTHERWISE}"),
            ),
            Self::Kerberos(Ticket::Other) => {
                denied("the Kerberos sign-in failed", &format!("check the ticket with klist, {OTHERWISE}"))
            }
            Self::Refused(step, reply) => refused(*step, reply),
            Self::NoDomain => failed(
                "the directory's root names no domain: it is no Active Directory",
                "name a domain controller with --ldap",
            ),
            Self::SinkClosed => Verdict::because(Outcome::Interrupted, "the output took no more records"),
            Self::Cancelled => Verdict::because(Outcome::Interrupted, "the run was stopped"),
            Self::TimeUp(whose) => {
                Verdict::because(Outcome::Partial, format!("the time limit of the {whose} was reached"))
                    .with_hint("run again with a longer --deadline, or ask for less with --ldap-base and --ldap-filter")
            }
        }
    }
}

fn certificate(flaw: Flaw) -> Verdict {
    let (reason, hint) = match flaw {
        Flaw::Expired => (
            "the directory's certificate has expired",
            "renew the domain controller's certificate, or name another one",
        ),
        Flaw::NotYetValid => ("the directory's certificate is not valid yet", "check the clock of this computer"),
        Flaw::Untrusted => (
            "the directory's certificate comes from an authority that this computer does not trust",
            "give the authority's certificate (PEM) with --ldap-ca",
        ),
        Flaw::OtherName => {
            ("the directory's certificate is for another name", "use the name in --ldap that the certificate names")
        }
        Flaw::Revoked => ("the directory's certificate is revoked", "renew the domain controller's certificate"),
        Flaw::Other => ("the directory's certificate cannot be used", "check the domain controller's certificate"),
    };
    Verdict::because(Outcome::Failed, reason).with_hint(hint)
}

fn refused(step: Step, reply: &Reply) -> Verdict {
    let mut verdict = match answer(step, reply) {
        Some(row) => Verdict::because(row.outcome, row.reason.as_str()).with_hint(row.hint.as_str()),
        None => Verdict::because(Outcome::Failed, format!("the directory refused with result code {}", reply.code)),
    };
    // No HTTP: the code of the protocol and the server's words.
    let words: String = reply.text.expose().chars().take(300).collect();
    verdict.error = Some(ServiceError {
        status: 0,
        code: RawText::new(format!("LDAP {}: {words}", reply.code)),
        request_id: RawText::new(""),
    });
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u32, text: &str) -> Reply {
        Reply { code, text: RawText::new(text) }
    }

    #[test]
    fn refusals_have_their_own_verdicts() {
        let bind = "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v4563";
        let nobody = "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v4563";
        for (step, reply, outcome, word) in [
            (Step::SignIn, reply(49, bind), Outcome::Denied, "password"),
            (Step::SignIn, reply(49, &bind.replace("52e", "775")), Outcome::Denied, "locked"),
            (Step::SignIn, reply(49, ""), Outcome::Denied, "refused"),
            (Step::StartTls, reply(52, ""), Outcome::Failed, "certificate"),
            (Step::StartTls, reply(2, ""), Outcome::Failed, "StartTLS"),
            (Step::Search, reply(1, nobody), Outcome::Denied, "signed in"),
            (Step::Search, reply(4, ""), Outcome::Partial, "size limit"),
            (Step::Search, reply(32, ""), Outcome::Failed, "no such object"),
            (Step::Search, reply(77, ""), Outcome::Failed, "77"),
        ] {
            let verdict = Trouble::Refused(step, reply).verdict(0);
            assert_eq!(verdict.outcome, outcome, "{word}");
            assert!(verdict.reason.is_some_and(|text| text.expose().contains(word)), "{word}");
        }
    }

    #[test]
    fn what_came_before_makes_it_partial() {
        let verdict = Trouble::Closed.verdict(7);
        assert_eq!(verdict.outcome, Outcome::Partial);
        assert!(verdict.reason.is_some_and(|text| text.expose().contains("after 7 records: the directory closed")));
        assert_eq!(Trouble::Closed.verdict(0).outcome, Outcome::Failed);
    }

    #[test]
    fn every_answer_says_what_to_do() {
        for row in answers() {
            assert!(!row.reason.is_empty() && row.hint.len() > 10 && !row.outcome.is_answered(), "{}", row.reason);
            assert!(row.mark.as_ref().is_none_or(|mark| *mark == mark.to_ascii_lowercase()), "{}", row.reason);
        }
    }
}
