//! Go: pgx.
//!
//! The URI says everything: a `TLSConfig` set after `ParseConfig` would leave the plaintext entries in `Fallbacks`.

use crate::remediation::quote;
use crate::remediation::{Connection, Dialect, Proof, Remedy, Snippet};

pub(super) fn render(remedy: &Remedy) -> Vec<Snippet> {
    match remedy {
        Remedy::VerifyFull(connection) => vec![verify_full(connection)],
        Remedy::OfferTls(_)
        | Remedy::RequireTls(_)
        | Remedy::IssueCertificate(_)
        | Remedy::SendIntermediates(_)
        | Remedy::ModernTls(_)
        | Remedy::HttpTransport(_)
        | Remedy::IssueClientCertificate(_)
        | Remedy::HardenTls(_)
        | Remedy::MoveSecret(_) => Vec::new(),
    }
}

fn verify_full(connection: &Connection) -> Snippet {
    let uri = quote::go(&connection.verify_full_uri());
    Snippet {
        dialect: Dialect::Pgx,
        title: "pgx: a URI with verify-full".to_owned(),
        language: "go",
        text: format!(
            "import (\n\t\"context\"\n\n\t\"github.com/jackc/pgx/v5\"\n)\n\nfunc connect(ctx context.Context) (*pgx.Conn, error) {{\n\treturn pgx.Connect(ctx, {uri})\n}}\n"
        ),
        then: connection.client_steps(),
        verify: connection.verify(),
        proof: Proof::NotExecuted(
            "run with pgx 4.15.0, whose import ends in /v4; pgx 5 itself was not run",
        ),
    }
}
