//! Is TLS required, or only offered? Read off the answers of one observation, never guessed.
//!
//! A willing answer to `SSLRequest` proves nothing: a CockroachDB node with `--accept-sql-without-tls` and a PostgreSQL server with `host`
//! lines are as willing. The answer to a plaintext `StartupMessage` tells, as far as it goes. It judges no severity.

use super::{Attempt, EndpointObservation, SslAnswer, StartupAnswer, StartupReply};
use crate::libpq::wire::ErrorResponse;

/// Whether a server of the PostgreSQL wire insists on TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsRequired {
    /// Plaintext is refused.
    Required {
        /// For whom.
        scope: Scope,
        /// What the server said.
        evidence: String,
    },
    /// Plaintext is not refused for being plaintext.
    NotRequired {
        /// What the server answered; `None` where it was not asked, because it offers no TLS at all.
        ///
        /// An error in here came from a later stage than the question of TLS: the transport was accepted.
        reply: Option<StartupReply>,
    },
    /// The answers do not tell, and why.
    Unknown(String),
}

/// How far a refusal of plaintext reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// It was said before the user was looked at: it holds for everybody.
    Server,
    /// PostgreSQL decides per user, database and source address: it holds for what was tried.
    Login {
        /// The user.
        user: String,
        /// The database.
        database: String,
    },
}

impl EndpointObservation {
    /// Reads off whether TLS is required.
    pub fn tls_required(&self) -> TlsRequired {
        let unwilling = matches!(self.ssl_request.seen(), Some(SslAnswer::Unwilling));
        let answer = match &self.plaintext_startup {
            Attempt::Seen(answer) => answer,
            // Who offers no TLS cannot insist on it.
            Attempt::Refused(_) | Attempt::Failed(_) | Attempt::NotAttempted(_) if unwilling => {
                return TlsRequired::NotRequired { reply: None };
            }
            Attempt::Refused(reason) | Attempt::NotAttempted(reason) => {
                return TlsRequired::Unknown(reason.clone());
            }
            Attempt::Failed(failure) => return TlsRequired::Unknown(failure.to_string()),
        };
        match &answer.reply {
            StartupReply::Error(error) if !unwilling => self.read_refusal(answer, error),
            StartupReply::Authentication(_) | StartupReply::Error(_) => TlsRequired::NotRequired {
                reply: Some(answer.reply.clone()),
            },
        }
    }

    /// Reads an error from a server that offers TLS.
    fn read_refusal(&self, answer: &StartupAnswer, error: &ErrorResponse) -> TlsRequired {
        let evidence = error.reason();
        let not_required = || TlsRequired::NotRequired {
            reply: Some(answer.reply.clone()),
        };
        match stage(error) {
            Stage::TransportRefused => TlsRequired::Required {
                scope: Scope::Server,
                evidence,
            },
            Stage::LoginRefused { names_rule } => {
                let login = format!("`{}` on `{}`", answer.user, answer.database);
                match inside_tls(self) {
                    InsideTls::RefusedToo => TlsRequired::Unknown(format!(
                        "{login} is refused inside TLS, too, so the refusal does not tell: {evidence}"
                    )),
                    // An explicit reject line may mean the user as well as the transport.
                    InsideTls::NotTold if names_rule => TlsRequired::Unknown(format!(
                        "a rule rejects {login}, and whether for want of TLS was not tried: {evidence}"
                    )),
                    InsideTls::LetIn | InsideTls::NotTold => TlsRequired::Required {
                        scope: Scope::Login {
                            user: answer.user.clone(),
                            database: answer.database.clone(),
                        },
                        evidence,
                    },
                }
            }
            Stage::TransportAccepted => not_required(),
            Stage::Elsewhere => {
                TlsRequired::Unknown(format!("the server answers with another error: {evidence}"))
            }
        }
    }
}

/// How far a plaintext `StartupMessage` came before the error.
enum Stage {
    /// Refused for being plaintext, before the user was looked at.
    TransportRefused,
    /// Refused by PostgreSQL's `pg_hba.conf`, where user, database, source and transport are one question.
    LoginRefused {
        /// Whether a `reject` line matched, in place of no line at all.
        names_rule: bool,
    },
    /// Refused at a later stage.
    TransportAccepted,
    /// Refused for a reason that may come before any of these, such as a server that starts up.
    Elsewhere,
}

/// Tells the stage by SQLSTATE, the words and the source file.
fn stage(error: &ErrorResponse) -> Stage {
    let message = error.message.as_str();
    let file = error.file.as_deref().unwrap_or_default();
    match error.sqlstate.as_str() {
        // CockroachDB (`pre_serve.go`), and PgBouncer with `client_tls_sslmode=require`: both before they read the user.
        "08P01" if message.contains("secure mode") || message == "SSL required" => {
            Stage::TransportRefused
        }
        // CockroachDB Cloud's SQL proxy.
        "08004" if message.contains("requires encryption") => Stage::TransportRefused,
        // CockroachDB reads host-based authentication only once it has accepted the transport; so it is with its other 28000s.
        "28000" if is_cockroachdb(error) => Stage::TransportAccepted,
        // PostgreSQL translates its messages and never the file's name. `no pg_hba.conf entry for host …, no encryption`
        // (`SSL off` before version 14), `pg_hba.conf rejects connection for host …, no encryption`.
        "28000" if message.contains("pg_hba.conf") => Stage::LoginRefused {
            names_rule: !message.starts_with("no pg_hba.conf entry"),
        },
        // Role and database are looked up when authentication is over (`InitPostgres`): `trust` let it in, in plaintext.
        "28000" | "3D000" | "42501" | "53300" if matches!(file, "miscinit.c" | "postinit.c") => {
            Stage::TransportAccepted
        }
        // A password is judged only where plaintext got as far as that.
        "28P01" => Stage::TransportAccepted,
        // 57P03 starting up, 57P01 shutting down, 53300 too many clients: said before `pg_hba.conf` is read.
        _ => Stage::Elsewhere,
    }
}

/// Whether an error's form is CockroachDB's: Go source, or its own words.
fn is_cockroachdb(error: &ErrorResponse) -> bool {
    let go = error.file.as_deref().is_some_and(|file| {
        std::path::Path::new(file)
            .extension()
            .is_some_and(|extension| extension == "go")
    });
    go || error.message == "authentication rejected by configuration"
        || error
            .message
            .contains("server.host_based_authentication.configuration")
}

/// What became of the same login inside TLS.
enum InsideTls {
    LetIn,
    RefusedToo,
    NotTold,
}

/// Looks whether `pg_hba.conf` let the login in where TLS was there.
fn inside_tls(observation: &EndpointObservation) -> InsideTls {
    match observation.tls_startup.seen().map(|answer| &answer.reply) {
        Some(StartupReply::Authentication(_)) => InsideTls::LetIn,
        Some(StartupReply::Error(error)) => match stage(error) {
            Stage::LoginRefused { .. } => InsideTls::RefusedToo,
            // `connection requires a valid client certificate` and the like: a line matched.
            Stage::TransportAccepted | Stage::Elsewhere if error.sqlstate == "28000" => {
                InsideTls::LetIn
            }
            Stage::TransportRefused | Stage::TransportAccepted | Stage::Elsewhere => {
                InsideTls::NotTold
            }
        },
        None => InsideTls::NotTold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libpq::wire::AuthenticationRequest;
    use crate::observation::{Failure, FailureKind, Fingerprint, Timings};

    fn error(sqlstate: &str, message: &str, file: &str) -> StartupReply {
        StartupReply::Error(ErrorResponse {
            severity: "FATAL".to_owned(),
            sqlstate: sqlstate.to_owned(),
            message: message.to_owned(),
            file: Some(file.to_owned()),
            message_last: false,
        })
    }

    fn answered(reply: StartupReply) -> Attempt<StartupAnswer> {
        Attempt::Seen(StartupAnswer {
            user: "app".to_owned(),
            database: "bank".to_owned(),
            reply,
        })
    }

    fn observation(
        ssl_request: SslAnswer,
        plaintext: Attempt<StartupAnswer>,
        tls: Attempt<StartupAnswer>,
    ) -> EndpointObservation {
        fn none<T>() -> Attempt<T> {
            Attempt::NotAttempted("not part of this test".to_owned())
        }
        EndpointObservation {
            endpoint: "db".into(),
            address: None,
            observed_at: jiff::Timestamp::UNIX_EPOCH,
            timings: Timings::default(),
            connections_used: 1,
            connection: Attempt::Seen(()),
            ssl_request: Attempt::Seen(ssl_request),
            handshake: none(),
            chain: none(),
            verification: none(),
            client_authentication: none(),
            client_identity: none(),
            plaintext_startup: plaintext,
            tls_startup: tls,
            server: Fingerprint::default(),
            http: none(),
            plain_http: none(),
            scan: Attempt::NotAttempted("no scan was made".to_owned()),
            login_tested_at: None,
        }
    }

    fn after_willing(reply: StartupReply, tls: Attempt<StartupAnswer>) -> TlsRequired {
        observation(SslAnswer::Willing, answered(reply), tls).tls_required()
    }

    fn untried() -> Attempt<StartupAnswer> {
        Attempt::NotAttempted("turned off".to_owned())
    }

    const NO_ENTRY: &str = "no pg_hba.conf entry for host \"10.0.0.9\", user \"app\", database \"bank\", no encryption";
    const REJECTS: &str = "pg_hba.conf rejects connection for host \"10.0.0.9\", user \"app\", database \"bank\", no encryption";

    #[test]
    fn refusal_before_the_user_holds_for_the_server() {
        for (sqlstate, message) in [
            (
                "08P01",
                "node is running secure mode, SSL connection required",
            ),
            ("08004", "server requires encryption"),
            ("08P01", "SSL required"),
        ] {
            let verdict = after_willing(error(sqlstate, message, "x"), untried());
            assert!(
                matches!(
                    verdict,
                    TlsRequired::Required {
                        scope: Scope::Server,
                        ..
                    }
                ),
                "{message}: {verdict:?}"
            );
        }
    }

    #[test]
    fn postgresql_refusal_holds_for_the_login_alone() {
        let let_in = || {
            answered(StartupReply::Authentication(AuthenticationRequest::Sasl(
                vec![],
            )))
        };
        for message in [
            NO_ENTRY,
            REJECTS,
            "kein pg_hba.conf-Eintrag, keine Verschlüsselung",
        ] {
            let verdict = after_willing(error("28000", message, "auth.c"), let_in());
            let expected = Scope::Login {
                user: "app".to_owned(),
                database: "bank".to_owned(),
            };
            assert!(
                matches!(&verdict, TlsRequired::Required { scope, .. } if *scope == expected),
                "{verdict:?}"
            );
        }
    }

    #[test]
    fn login_without_any_entry_tells_nothing() {
        let inside = "no pg_hba.conf entry for host \"10.0.0.9\", user \"app\", database \"bank\", SSL encryption";
        let verdict = after_willing(
            error("28000", NO_ENTRY, "auth.c"),
            answered(error("28000", inside, "auth.c")),
        );
        assert!(matches!(verdict, TlsRequired::Unknown(_)), "{verdict:?}");
    }

    #[test]
    fn reject_rule_tells_only_beside_tls() {
        let verdict = after_willing(error("28000", REJECTS, "auth.c"), untried());
        assert!(matches!(verdict, TlsRequired::Unknown(_)), "{verdict:?}");
    }

    #[test]
    fn wanted_client_certificate_shows_that_tls_gets_further() {
        let verdict = after_willing(
            error("28000", NO_ENTRY, "auth.c"),
            answered(error(
                "28000",
                "connection requires a valid client certificate",
                "auth.c",
            )),
        );
        assert!(
            matches!(verdict, TlsRequired::Required { .. }),
            "{verdict:?}"
        );
    }

    #[test]
    fn later_stage_means_plaintext_was_accepted() {
        for reply in [
            StartupReply::Authentication(AuthenticationRequest::Ok),
            StartupReply::Authentication(AuthenticationRequest::CleartextPassword),
            error(
                "28000",
                "authentication rejected by configuration",
                "auth.go",
            ),
            error(
                "28000",
                "method \"cert\" required for this user, but unusable over this connection type",
                "auth_methods.go",
            ),
            error(
                "28P01",
                "password authentication failed for user app",
                "auth.go",
            ),
            error("3D000", "database \"bank\" does not exist", "postinit.c"),
            error("28000", "role \"app\" does not exist", "miscinit.c"),
        ] {
            let verdict = after_willing(reply.clone(), untried());
            assert_eq!(verdict, TlsRequired::NotRequired { reply: Some(reply) });
        }
    }

    #[test]
    fn passing_trouble_is_unknown() {
        for (sqlstate, message) in [
            ("57P03", "the database system is starting up"),
            ("57P01", "server is not accepting clients, try another node"),
            ("53300", "sorry, too many clients already"),
            ("3D000", "no such database"),
            ("XX000", "something else"),
        ] {
            let verdict = after_willing(error(sqlstate, message, "postmaster.c"), untried());
            assert!(matches!(verdict, TlsRequired::Unknown(_)), "{verdict:?}");
        }
    }

    #[test]
    fn server_without_tls_never_requires_it() {
        let silent = observation(SslAnswer::Unwilling, untried(), untried());
        assert_eq!(
            silent.tls_required(),
            TlsRequired::NotRequired { reply: None }
        );
        let reply = error("28000", NO_ENTRY, "auth.c");
        let refusing = observation(SslAnswer::Unwilling, answered(reply.clone()), untried());
        assert_eq!(
            refusing.tls_required(),
            TlsRequired::NotRequired { reply: Some(reply) }
        );
    }

    #[test]
    fn failed_test_is_unknown_not_required() {
        let failed = Attempt::Failed(Failure {
            kind: FailureKind::Closed,
            detail: "the peer closed the connection".to_owned(),
        });
        let verdict = observation(SslAnswer::Willing, failed, untried()).tls_required();
        assert_eq!(
            verdict,
            TlsRequired::Unknown("the peer closed the connection".to_owned())
        );
    }
}
