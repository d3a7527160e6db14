//! Notes that no TCP connection came about, so nothing else is known.

use super::{Category, Check, Context, Evaluate, Verdict};
use crate::finding::{Detection, Severity};
use crate::observation::{Attempt, EndpointObservation, FailureKind};

pub(super) static CHECK: Check = Check {
    id: "endpoint-unreachable",
    title: "endpoint cannot be reached",
    severity: Severity::Info,
    category: Category::Operation,
    class: None,
    since: "0.1.0",
    references: &["CWE-703"],
    docs: r"
## What it looks for

Whether a TCP connection to the address came about: a name without an address, no route, a refused connection,
a timeout.

## Why it matters

It says that we are blind here, not that the endpoint is bad: each other check is open, coverage falls, there
is no score, and the endpoint's posture is `unreachable`, exit code 3. The severity is `info` so that it never
makes an exit code of its own.

## How to fix it

- Try it from this host: `nc -vz host port`. A refusal means that nobody listens there; a timeout means a
  firewall, a wrong address or a host that is down.
- CockroachDB listens on 26257 and PostgreSQL on 5432; PostgreSQL only on loopback unless `listen_addresses`
  says more.

## References

- CWE-703: Improper Check or Handling of Exceptional Conditions
",
    evaluate: Evaluate::Endpoint(evaluate),
};

fn evaluate(seen: &EndpointObservation, context: &Context<'_>) -> Verdict {
    let target = &context.endpoint.target;
    let reason = match &seen.connection {
        Attempt::Seen(()) => return Verdict::Pass,
        // Our own trouble, such as too many open files, says nothing of the endpoint.
        Attempt::Failed(failure) if failure.kind == FailureKind::Local => {
            return Verdict::Open(failure.detail.clone());
        }
        Attempt::NotAttempted(reason) => return Verdict::Open(reason.clone()),
        Attempt::Failed(failure) => &failure.detail,
        Attempt::Refused(reason) => reason,
    };
    let place = seen.address.map_or_else(
        || format!("{} port {}", target.host, target.port),
        |address| address.to_string(),
    );
    Verdict::Fail(vec![
        Detection::new(format!("no TCP connection to {place}: {reason}")).evidence(reason.clone()),
    ])
}
