//! Targets from text: `postgresql://…`, `cockroachdb://…`, `https://…`, `tls://…` and `host:port`.
