//! Observations that nobody wrote: parts of all fixtures thrown together, with values at their extremes.
#![expect(clippy::unwrap_used, reason = "a broken fixture ends its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use verifull::check::{self, Context, TicketKey, Verdict};
use verifull::endpoint::Endpoint;
use verifull::observation::EndpointObservation;
use verifull::observation::certificate_file::EndpointFiles;
use verifull::score;

use super::fixture::Fixture;

/// Endpoint and observation of every fixture that has them, as written.
static SCENES: LazyLock<Vec<(Value, Value)>> = LazyLock::new(|| {
    Fixture::all()
        .iter()
        .filter_map(|fixture| {
            let (endpoint, observation) = fixture.written()?;
            // Written fixtures are whole: what is mixed from them is, too.
            let _ = fixture.observation();
            Some((endpoint.clone(), observation.clone()))
        })
        .collect()
});

/// How one scalar of an observation is changed.
#[derive(Clone, Debug)]
enum Change {
    Text(String),
    Number(u64),
    Flag(bool),
    Moment(i64),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        ".{0,40}".prop_map(Change::Text),
        select(vec![0, 1, 1023, 2047, u64::from(u32::MAX), u64::MAX]).prop_map(Change::Number),
        any::<bool>().prop_map(Change::Flag),
        (-377_705_023_201..=253_402_207_200_i64).prop_map(Change::Moment),
    ]
}

/// Collects every scalar.
fn scalars<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Object(members) => {
            for member in members.values_mut() {
                scalars(member, found);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                scalars(element, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(value),
    }
}

/// Changes one scalar to another of its kind, so that it can still be read.
fn apply(change: &Change, scalar: &mut Value) {
    let is_moment = scalar
        .as_str()
        .is_some_and(|text| text.parse::<Timestamp>().is_ok());
    match (change, &*scalar) {
        (Change::Moment(second), Value::String(_)) if is_moment => {
            *scalar = Timestamp::from_second(*second).unwrap().to_string().into();
        }
        (Change::Text(text), Value::String(_)) if !is_moment => *scalar = text.as_str().into(),
        (Change::Number(number), Value::Number(_)) => *scalar = (*number).into(),
        (Change::Flag(flag), Value::Bool(_)) => *scalar = (*flag).into(),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_check_panics_on_any_observation(
        endpoint in any::<Index>(),
        parts in prop::collection::vec(any::<Index>(), 32),
        changes in prop::collection::vec((any::<Index>(), change()), 0..12),
        now in -377_705_023_201..=253_402_207_200_i64,
    ) {
        let (endpoint, whole) = endpoint.get(&SCENES);
        let mut mixed = whole.clone();
        let members = mixed.as_object_mut().unwrap();
        for (position, part) in parts.iter().enumerate() {
            let (_, other) = part.get(&SCENES);
            let other = other.as_object().unwrap();
            if let Some((key, value)) = other.iter().nth(position % other.len()) {
                members.insert(key.clone(), value.clone());
            }
        }
        for (place, change) in &changes {
            let mut varied = mixed.clone();
            let mut found = Vec::new();
            scalars(&mut varied, &mut found);
            apply(change, found.swap_remove(place.index(found.len())));
            // A text in the place of a name from a closed list cannot be read, and so cannot be observed.
            if serde_json::from_value::<EndpointObservation>(varied.clone()).is_ok() {
                mixed = varied;
            }
        }
        let endpoint: Endpoint = serde_json::from_value(endpoint.clone()).unwrap();
        let observation: EndpointObservation = serde_json::from_value(mixed).unwrap();
        let holders: BTreeSet<Arc<str>> = ["api", "db1"].map(Arc::from).into();
        let key_holders = BTreeMap::from([("5914".to_owned(), holders)]);
        let files = EndpointFiles::default();
        let context = Context {
            now: Timestamp::from_second(now).unwrap(),
            endpoint: &endpoint,
            key_holders: &key_holders,
            ticket_key: Some(TicketKey {
                seen_since: Timestamp::UNIX_EPOCH,
                follows_another: false,
            }),
            sslv2_keys: &key_holders,
            files: &files,
        };
        let verdicts = check::assess(&observation, &context);
        for (check, verdict) in &verdicts {
            if let Verdict::Open(reason) = verdict {
                prop_assert!(!reason.starts_with("internal error"), "{}: {reason}", check.id);
            }
            prop_assert_ne!(verdict, &Verdict::Fail(Vec::new()), "{} fails without a detection", check.id);
        }
        let score = score::of(&verdicts);
        prop_assert!((0.0..=1.0).contains(&score.coverage));
        prop_assert!(score.value.is_none_or(|value| value <= 100));
    }
}
