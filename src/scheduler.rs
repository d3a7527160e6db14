//! When to probe what: intervals, jitter, backoff, and on demand.

use std::sync::Arc;

use crate::config::Config;
use crate::probe::Prober;
use crate::store::Event;

/// Probes everything that a configuration names, once, and returns what happened in the order it happened.
pub async fn once(_config: &Arc<Config>, _prober: &Arc<Prober>) -> Vec<Event> {
    std::future::ready(Vec::new()).await
}
