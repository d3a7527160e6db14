//! The scheduler under a paused clock, with a probe that dials nothing.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::config::{Limits, Ui};
use crate::endpoint::{ExpiryThresholds, Host, Protocol, Target};
use crate::libpq::SslMode;
use crate::x509::PresentedChain;

/// One probe that was made: when, of whom, how far.
type Call = (Duration, String, Depth);

/// A probe that answers as its endpoint's name says.
#[derive(Debug)]
struct Scripted {
    start: Instant,
    calls: Mutex<Vec<Call>>,
}

impl Scripted {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            calls: Mutex::new(Vec::new()),
        })
    }

    fn calls(&self, name: &str) -> Vec<(Duration, Depth)> {
        let calls = self.calls.lock().expect("no test panics with the lock");
        (calls.iter().filter(|(_, called, _)| called == name))
            .map(|(at, _, depth)| (*at, *depth))
            .collect()
    }
}

impl Probe for Scripted {
    async fn probe(
        self: Arc<Self>,
        endpoint: Arc<Endpoint>,
        depth: Depth,
    ) -> Vec<EndpointObservation> {
        let at = self.start.elapsed();
        let call = (at, endpoint.name.to_string(), depth);
        self.calls
            .lock()
            .expect("no test panics with the lock")
            .push(call);
        assert!(!endpoint.name.contains("panics"), "as the name says");
        if endpoint.name.contains("hangs") {
            std::future::pending::<()>().await;
        }
        if endpoint.name.contains("empty") {
            return Vec::new();
        }
        let mut seen = fault(&endpoint, Timestamp::UNIX_EPOCH, "nobody listens");
        let back = endpoint.name.contains("returns") && at > Duration::from_secs(30);
        if back || endpoint.name.contains("good") {
            seen.connection = Attempt::Seen(());
            seen.chain = Attempt::Seen(PresentedChain::default());
            seen.ssl_request = Attempt::Seen(crate::observation::SslAnswer::Unwilling);
        }
        vec![seen]
    }
}

fn endpoint(name: &str) -> Endpoint {
    Endpoint {
        name: name.into(),
        target: Target {
            protocol: Protocol::Postgresql,
            host: Host::Name("db1.example".to_owned()),
            port: 26257,
            database: None,
            user: None,
            path: None,
            had_password: false,
        },
        sslmode: SslMode::VerifyFull,
        sslrootcert: None,
        sslcert: None,
        sslkey: None,
        server_name: None,
        labels: BTreeMap::new(),
        interval: Duration::from_mins(1),
        timeout: Duration::from_secs(5),
        login_test: Some(Duration::from_hours(1)),
        scan: crate::endpoint::ScanPlan::default(),
        expiry: ExpiryThresholds::default(),
    }
}

fn config(endpoints: Vec<Endpoint>) -> Arc<Config> {
    Arc::new(Config {
        path: PathBuf::from("verifull.toml"),
        endpoints,
        watch: Vec::new(),
        limits: Limits::default(),
        ui: Ui::default(),
        secrets: Vec::new(),
    })
}

fn named(names: &[&str]) -> Arc<Config> {
    config(names.iter().map(|name| endpoint(name)).collect())
}

/// Starts a scheduler whose events somebody takes.
fn started(config: &Arc<Config>, prober: &Arc<Scripted>) -> Scheduler<Scripted> {
    let (sender, mut events) = mpsc::channel(16);
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    Scheduler::start(config, Arc::clone(prober), sender)
}

async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn gaps(calls: &[(Duration, Depth)]) -> Vec<Duration> {
    calls
        .windows(2)
        .map(|pair| pair[1].0.saturating_sub(pair[0].0))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn once_loads_then_observes_everybody() {
    let prober = Scripted::new();
    let mut told = Vec::new();
    let config = named(&["good-1", "panics", "down", "empty"]);
    let events = once_with(&config, &prober, |done, total| told.push((done, total))).await;
    assert!(matches!(events[0], Event::ConfigLoaded { .. }));
    assert_eq!(events.len(), 5);
    assert_eq!(told, [(1, 4), (2, 4), (3, 4), (4, 4)]);
    assert_eq!(
        prober.calls("good-1"),
        [(Duration::ZERO, Depth::WithLoginTest)]
    );
    for event in &events[1..] {
        if let Event::Observed {
            endpoint,
            observations,
            ..
        } = event
        {
            assert_eq!(observations.len(), 1);
            let reason = observations[0].connection.reason().unwrap_or_default();
            let internal = reason.contains("panicked") || reason.contains("saw nothing");
            assert_eq!(
                internal,
                matches!(&**endpoint, "panics" | "empty"),
                "{reason}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn first_round_is_at_once_and_the_second_is_spread() {
    let prober = Scripted::new();
    let names: Vec<String> = (0..100).map(|number| format!("good-{number}")).collect();
    let scheduler = started(
        &named(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        &prober,
    );
    wait(95).await;
    let mut seconds = std::collections::BTreeSet::new();
    for name in &names {
        let calls = prober.calls(name);
        assert_eq!(calls[0], (Duration::ZERO, Depth::WithLoginTest));
        assert_eq!(calls[1].1, Depth::Quick);
        let second = calls[1].0;
        assert!(
            (Duration::from_secs(30)..=Duration::from_secs(90)).contains(&second),
            "{second:?}"
        );
        seconds.insert(second.as_secs());
    }
    assert!(seconds.len() > 30, "spread over {} seconds", seconds.len());
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn interval_is_kept_within_a_tenth() {
    let prober = Scripted::new();
    let scheduler = started(&named(&["good"]), &prober);
    wait(1200).await;
    let gaps = gaps(&prober.calls("good"));
    assert!(gaps.len() > 15);
    for gap in &gaps[1..] {
        assert!(
            (Duration::from_secs(53)..=Duration::from_secs(67)).contains(gap),
            "{gap:?}"
        );
    }
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn login_test_comes_rarely_and_never_where_turned_off() {
    let prober = Scripted::new();
    let mut without = endpoint("good-without");
    without.login_test = None;
    let scheduler = started(&config(vec![endpoint("good"), without]), &prober);
    wait(2 * 3600 + 300).await;
    let deep = |name| {
        let calls = prober.calls(name);
        calls
            .iter()
            .filter(|(_, depth)| *depth == Depth::WithLoginTest)
            .count()
    };
    assert_eq!(deep("good"), 3);
    assert_eq!(deep("good-without"), 0);
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn failure_is_confirmed_fast_and_then_backs_off() {
    let prober = Scripted::new();
    let scheduler = started(&named(&["down"]), &prober);
    wait(3600).await;
    let gaps = gaps(&prober.calls("down"));
    let seconds: Vec<u64> = gaps.iter().map(Duration::as_secs).collect();
    assert_eq!(seconds[..2], [5, 15]);
    for (gap, wanted) in seconds[2..].iter().zip([60, 120, 240, 300, 300, 300]) {
        assert!(
            (wanted * 9 / 10 - 1..=wanted * 11 / 10).contains(gap),
            "{gap} for {wanted}"
        );
    }
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn short_interval_is_never_slowed_by_a_confirmation() {
    let prober = Scripted::new();
    let mut hasty = endpoint("down");
    hasty.interval = Duration::from_secs(2);
    let scheduler = started(&config(vec![hasty]), &prober);
    wait(10).await;
    let gaps = gaps(&prober.calls("down"));
    assert_eq!(gaps[..2], [Duration::from_secs(2); 2]);
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn host_that_returns_gets_its_login_test_and_its_interval() {
    let prober = Scripted::new();
    let scheduler = started(&named(&["returns"]), &prober);
    wait(400).await;
    let calls = prober.calls("returns");
    let back = calls
        .iter()
        .position(|(at, _)| *at > Duration::from_secs(30))
        .expect("it came back");
    assert_eq!(calls[back].1, Depth::WithLoginTest);
    assert_eq!(calls[back + 1].1, Depth::Quick);
    assert!(calls[back + 1].0 < calls[back].0 + Duration::from_secs(67));
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn demand_is_met_at_once_with_login_test() {
    let prober = Scripted::new();
    let scheduler = started(&named(&["good-1", "good-2"]), &prober);
    wait(10).await;
    scheduler.reprobe(&["good-1".into(), "stranger".into()]);
    wait(1).await;
    assert_eq!(
        prober.calls("good-1")[1],
        (Duration::from_secs(10), Depth::WithLoginTest)
    );
    assert_eq!(prober.calls("good-2").len(), 1);
    scheduler.reprobe(&[]);
    wait(1).await;
    assert_eq!(prober.calls("good-1").len(), 3);
    assert_eq!(prober.calls("good-2").len(), 2);
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn reload_disturbs_only_what_changed() {
    let prober = Scripted::new();
    let mut scheduler = started(&named(&["good-1", "good-2", "good-3"]), &prober);
    wait(1).await;
    let mut relabelled = endpoint("good-1");
    relabelled
        .labels
        .insert("region".to_owned(), "eu".to_owned());
    let mut moved = endpoint("good-2");
    moved.target.port = 5432;
    let next = config(vec![relabelled, moved, endpoint("good-4")]);
    scheduler.replace(&next, Arc::clone(&prober)).await;
    wait(200).await;
    let at = |name: &str, index: usize| prober.calls(name)[index].0;
    assert!(at("good-1", 1) >= Duration::from_secs(30));
    assert_eq!(at("good-2", 1), Duration::from_secs(1));
    assert_eq!(at("good-4", 0), Duration::from_secs(1));
    assert_eq!(prober.calls("good-3").len(), 1);
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn no_observation_of_a_former_target_comes_after_the_reload() {
    let prober = Scripted::new();
    let (sender, mut events) = mpsc::channel(16);
    let mut scheduler = Scheduler::start(&named(&["hangs"]), Arc::clone(&prober), sender);
    wait(1).await;
    scheduler
        .replace(&named(&["good"]), Arc::clone(&prober))
        .await;
    wait(1).await;
    scheduler.shutdown().await;
    let mut seen = Vec::new();
    while let Some(event) = events.recv().await {
        seen.push(match event {
            Event::ConfigLoaded { .. } => "loaded".to_owned(),
            Event::ProbeStarted { endpoint, .. } => format!("{endpoint} started"),
            Event::ScanProgressed { endpoint, .. } => format!("{endpoint} goes on"),
            Event::Observed { endpoint, .. } => format!("{endpoint} observed"),
            Event::ConfigBroken { .. } | Event::TimePassed { .. } => "other".to_owned(),
        });
    }
    assert_eq!(
        seen,
        ["hangs started", "loaded", "good started", "good observed"]
    );
}

#[tokio::test(start_paused = true)]
async fn panicking_probe_is_watched_on() {
    let prober = Scripted::new();
    let scheduler = started(&named(&["panics", "good"]), &prober);
    wait(30).await;
    assert_eq!(
        prober.calls("panics").len(),
        3,
        "at once, after 5 s and after 15 s"
    );
    assert_eq!(prober.calls("good").len(), 1);
    scheduler.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_nobody_who_hangs() {
    let prober = Scripted::new();
    let scheduler = started(&named(&["hangs"]), &prober);
    wait(1).await;
    let before = Instant::now();
    scheduler.shutdown().await;
    assert!(before.elapsed() < SHUTDOWN);
}
