//! JSON lines: each endpoint and each finding an object on a line of its own, in the types of `json::v1`.
//!
//! Every line says its type, so that a reader of a pipe needs no other.

use jiff::Timestamp;
use serde::Serialize;

use super::json::v1::{self, SCHEMA_VERSION};
use super::json::written;
use crate::policy::Policy;
use crate::store::Snapshot;

/// One line.
#[derive(Serialize)]
struct Line<T> {
    schema_version: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    generated_at: Timestamp,
    #[serde(flatten)]
    value: T,
}

/// Renders a line for each endpoint and address, then one for each file, then one for each finding.
pub(super) fn render(snapshot: &Snapshot, policies: &[Policy]) -> String {
    let endpoints = v1::endpoints(snapshot, policies)
        .into_iter()
        .map(|value| line("endpoint", snapshot.at, value));
    let files = v1::files(snapshot)
        .into_iter()
        .flatten()
        .map(|value| line("file", snapshot.at, value));
    let findings = v1::findings(snapshot)
        .into_iter()
        .map(|value| line("finding", snapshot.at, value));
    endpoints.chain(files).chain(findings).collect()
}

/// Renders one line.
fn line(kind: &'static str, generated_at: Timestamp, value: impl Serialize) -> String {
    written(serde_json::to_string(&Line {
        schema_version: SCHEMA_VERSION,
        kind,
        generated_at,
        value,
    }))
}
