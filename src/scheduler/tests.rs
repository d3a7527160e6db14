//! The scheduler under a paused clock, with a probe that dials nothing.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::config::{Limits, Ui};
use crate::endpoint::{ExpiryThresholds, Host, Protocol, ScanPlan, Target};
use crate::libpq::SslMode;
use crate::observation::Handshake;
use crate::observation::scan::ScanDepth;
use crate::tls::{CipherSuite, ProtocolVersion};
use crate::x509::PresentedChain;

/// One probe that was made: when, of whom, how far.
type Call = (Duration, String, Depth);

/// A probe that answers as its endpoint's name says, and sees what its switches say.
#[derive(Debug)]
struct Scripted {
    start: Instant,
    calls: Mutex<Vec<Call>>,
    /// How long a scan takes, in seconds.
    scan_takes: AtomicU64,
    /// The cipher suite that servers choose.
    suite: AtomicU16,
    /// Whether servers speak TLS 1.0.
    old: AtomicBool,
    /// Whether scans come to nothing.
    fails: AtomicBool,
    /// Scans that run, and the most that ever did at once.
    running: AtomicUsize,
    most: AtomicUsize,
    remembered: Mutex<Vec<(String, ScanDepth)>>,
}

/// Counts a scan as long as it runs.
struct Running<'a>(&'a Scripted);

impl<'a> Running<'a> {
    fn begin(prober: &'a Scripted) -> Self {
        let now = prober.running.fetch_add(1, Ordering::SeqCst) + 1;
        prober.most.fetch_max(now, Ordering::SeqCst);
        Self(prober)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Scripted {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            calls: Mutex::default(),
            scan_takes: AtomicU64::new(0),
            suite: AtomicU16::new(0x1301),
            old: AtomicBool::new(false),
            fails: AtomicBool::new(false),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            remembered: Mutex::default(),
        })
    }

    fn all(&self, name: &str) -> Vec<(Duration, Depth)> {
        let calls = self.calls.lock().expect("no test panics with the lock");
        (calls.iter().filter(|(_, called, _)| called == name))
            .map(|(at, _, depth)| (*at, *depth))
            .collect()
    }

    /// Returns the quick probes.
    fn calls(&self, name: &str) -> Vec<(Duration, Depth)> {
        let mut calls = self.all(name);
        calls.retain(|(_, depth)| depth.scan().is_none());
        calls
    }

    /// Returns the scans.
    fn scans(&self, name: &str) -> Vec<(Duration, Depth)> {
        let mut calls = self.all(name);
        calls.retain(|(_, depth)| depth.scan().is_some());
        calls
    }

    /// Returns how deep the scans went.
    fn depths(&self, name: &str) -> Vec<Depth> {
        let scans = self.scans(name);
        scans.into_iter().map(|(_, depth)| depth).collect()
    }

    async fn scan(&self, depth: ScanDepth, progress: &ProgressSink) -> Attempt<Arc<Scan>> {
        let _running = Running::begin(self);
        progress(1, 10);
        let takes = self.scan_takes.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(takes)).await;
        progress(10, 10);
        if self.fails.load(Ordering::SeqCst) {
            return Attempt::Refused("no connection was left".to_owned());
        }
        let mut scan = Scan::unseen(depth, Timestamp::UNIX_EPOCH, "not looked at");
        for support in &mut scan.versions {
            let spoken =
                support.version == ProtocolVersion::TLSV1 && self.old.load(Ordering::SeqCst);
            support.offered = if spoken {
                Attempt::Seen(())
            } else {
                Attempt::Refused("protocol_version".to_owned())
            };
        }
        Attempt::Seen(Arc::new(scan))
    }
}

impl Probe for Scripted {
    async fn probe(
        self: Arc<Self>,
        endpoint: Arc<Endpoint>,
        depth: Depth,
        progress: ProgressSink,
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
            seen.address = Some(SocketAddr::from(([127, 0, 0, 1], 26257)));
            seen.connection = Attempt::Seen(());
            seen.chain = Attempt::Seen(PresentedChain::default());
            seen.ssl_request = Attempt::Seen(crate::observation::SslAnswer::Unwilling);
            seen.handshake = Attempt::Seen(Handshake {
                version: ProtocolVersion::TLSV1_3,
                cipher_suite: CipherSuite(self.suite.load(Ordering::SeqCst)),
                group: None,
                alpn: None,
                ocsp_stapled: false,
            });
            if let Some(depth) = depth.scan() {
                seen.scan = self.scan(depth, &progress).await;
            }
        }
        vec![seen]
    }

    fn remember(&self, endpoint: &str, _address: SocketAddr, scan: Arc<Scan>) {
        let mut remembered = self
            .remembered
            .lock()
            .expect("no test panics with the lock");
        remembered.push((endpoint.to_owned(), scan.depth));
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
        serves: None,
        login_test: Some(Duration::from_hours(1)),
        // The tests of quick probes are about those alone.
        scan: ScanPlan {
            posture: None,
            rescan: None,
            deep: None,
            suspicious_probes: true,
        },
        expiry: ExpiryThresholds::default(),
    }
}

fn config(endpoints: Vec<Endpoint>) -> Arc<Config> {
    Arc::new(Config {
        path: PathBuf::from("verifull.toml"),
        endpoints,
        watch: Vec::new(),
        certificates: Vec::new(),
        expiry: ExpiryThresholds::default(),
        files: crate::config::Files::default(),
        limits: Limits::default(),
        ui: Ui::default(),
        secrets: Vec::new(),
    })
}

/// An endpoint with the scans of a web server.
fn scanned(name: &str) -> Endpoint {
    Endpoint {
        scan: ScanPlan::of(Protocol::Https),
        ..endpoint(name)
    }
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
    let ended = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ended);
    let told: StepSink = Arc::new(move |_, step| {
        if step == Step::Ended {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let config = named(&["good-1", "panics", "down", "empty"]);
    let events = once_with(&config, &prober, None, &told).await;
    assert!(matches!(events[0], Event::ConfigLoaded { .. }));
    assert_eq!(events.len(), 5);
    assert_eq!(ended.load(Ordering::SeqCst), 4);
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
            Event::ScanEnded { endpoint, .. } => format!("{endpoint} scan ended"),
            Event::Observed { endpoint, .. } => format!("{endpoint} observed"),
            Event::ConfigBroken { .. }
            | Event::CertificateFilesRead { .. }
            | Event::FileObserved { .. }
            | Event::FileGone { .. }
            | Event::FilesListed { .. }
            | Event::TimePassed { .. } => "other".to_owned(),
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

mod scans {
    use super::*;

    const HOUR: u64 = 3600;

    fn plan(name: &str, alter: impl Fn(&mut ScanPlan)) -> Endpoint {
        let mut endpoint = scanned(name);
        alter(&mut endpoint.scan);
        endpoint
    }

    /// Starts a scheduler and keeps what it tells.
    fn listened(
        endpoints: Vec<Endpoint>,
        prober: &Arc<Scripted>,
    ) -> (Scheduler<Scripted>, Arc<Mutex<Vec<Event>>>) {
        let (sender, mut events) = mpsc::channel(16);
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                kept.lock()
                    .expect("no test panics with the lock")
                    .push(event);
            }
        });
        let scheduler = Scheduler::start(&config(endpoints), Arc::clone(prober), sender);
        (scheduler, told)
    }

    /// Returns what was told of scans, in short.
    fn words(told: &Mutex<Vec<Event>>) -> Vec<String> {
        let told = told.lock().expect("no test panics with the lock");
        (told.iter())
            .filter_map(|event| match event {
                Event::ScanProgressed { progress, .. } => Some(format!(
                    "{} {}/{}",
                    progress.depth.as_str(),
                    progress.done,
                    progress.expected
                )),
                Event::ScanEnded { .. } => Some("ended".to_owned()),
                Event::Observed { observations, .. } => {
                    (observations[0].scan.seen()).map(|scan| format!("saw {}", scan.depth.as_str()))
                }
                Event::ConfigLoaded { .. }
                | Event::ConfigBroken { .. }
                | Event::ProbeStarted { .. }
                | Event::CertificateFilesRead { .. }
                | Event::FileObserved { .. }
                | Event::FileGone { .. }
                | Event::FilesListed { .. }
                | Event::TimePassed { .. } => None,
            })
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn start_scans_everybody_a_few_at_once() {
        let prober = Scripted::new();
        prober.scan_takes.store(10, Ordering::SeqCst);
        let names: Vec<String> = (0..12).map(|number| format!("good-{number}")).collect();
        let endpoints = names.iter().map(|name| scanned(name)).collect();
        let (scheduler, _) = listened(endpoints, &prober);
        wait(1).await;
        assert_eq!(prober.running.load(Ordering::SeqCst), 4);
        wait(31).await;
        assert_eq!(prober.most.load(Ordering::SeqCst), 4);
        for name in &names {
            assert_eq!(prober.depths(name), [Depth::Deep], "{name}");
        }
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn scan_tells_how_far_it_is_and_runs_beside_quick_probes() {
        let prober = Scripted::new();
        prober.scan_takes.store(300, Ordering::SeqCst);
        let (scheduler, told) = listened(vec![scanned("good")], &prober);
        wait(200).await;
        assert!(prober.calls("good").len() >= 3, "{:?}", prober.all("good"));
        assert_eq!(words(&told), ["deep 0/0", "deep 1/10"]);
        wait(101).await;
        assert_eq!(
            words(&told),
            ["deep 0/0", "deep 1/10", "deep 10/10", "saw deep", "ended"]
        );
        let remembered = prober.remembered.lock().unwrap().clone();
        assert_eq!(remembered, [("good".to_owned(), ScanDepth::Deep)]);
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_is_not_scanned_until_he_does() {
        let prober = Scripted::new();
        let (scheduler, _) = listened(vec![scanned("down"), scanned("returns")], &prober);
        wait(400).await;
        assert_eq!(prober.depths("down"), []);
        assert_eq!(prober.depths("returns").first(), Some(&Depth::Deep));
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn each_depth_keeps_its_interval() {
        let prober = Scripted::new();
        let (scheduler, _) = listened(vec![scanned("good")], &prober);
        wait(49 * HOUR).await;
        let scans = prober.scans("good");
        let count = |wanted| scans.iter().filter(|(_, depth)| *depth == wanted).count();
        assert_eq!(scans[0].1, Depth::Deep);
        assert!(
            (2..=3).contains(&count(Depth::Deep)),
            "{}",
            count(Depth::Deep)
        );
        assert!(
            (42..=54).contains(&count(Depth::Rescan)),
            "{}",
            count(Depth::Rescan)
        );
        assert!(
            (210..=280).contains(&count(Depth::Posture)),
            "{}",
            count(Depth::Posture)
        );
        for gap in gaps(&scans) {
            assert!(gap <= Duration::from_mins(15), "{gap:?}");
        }
        let deep: Vec<_> = (scans.iter().copied())
            .filter(|(_, depth)| *depth == Depth::Deep)
            .collect();
        for gap in gaps(&deep) {
            let hours = gap.as_secs() / HOUR;
            assert!((12..=36).contains(&hours), "{hours}");
        }
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn without_deep_scans_there_are_postures_and_deep_ones_on_demand() {
        let prober = Scripted::new();
        let shallow = plan("good", |plan| plan.deep = None);
        let off = plan("good-off", |plan| {
            *plan = ScanPlan {
                posture: None,
                rescan: None,
                deep: None,
                ..*plan
            };
        });
        let (scheduler, _) = listened(vec![shallow, off], &prober);
        wait(2 * HOUR).await;
        let depths = prober.depths("good");
        assert!(depths.len() > 8, "{depths:?}");
        assert!(
            depths.iter().all(|depth| *depth == Depth::Posture),
            "{depths:?}"
        );
        prober.suite.store(0x1302, Ordering::SeqCst);
        wait(120).await;
        assert_eq!(prober.depths("good-off"), [], "not on a change either");
        scheduler.deep_scan("good");
        scheduler.deep_scan("good-off");
        wait(1).await;
        assert_eq!(prober.depths("good").last(), Some(&Depth::Deep));
        assert_eq!(prober.depths("good-off"), [Depth::Deep]);
        wait(2 * HOUR).await;
        let rescans = prober.depths("good");
        assert!(
            rescans.contains(&Depth::Rescan),
            "now there is something to begin with"
        );
        assert_eq!(prober.depths("good-off").len(), 1);
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn demand_waits_for_nobody_and_is_met_once() {
        let prober = Scripted::new();
        prober.scan_takes.store(60, Ordering::SeqCst);
        let names: Vec<String> = (0..9).map(|number| format!("good-{number}")).collect();
        let endpoints = names.iter().map(|name| scanned(name)).collect();
        let (scheduler, _) = listened(endpoints, &prober);
        wait(1).await;
        let waiting = names.iter().find(|name| prober.scans(name).is_empty());
        let waiting = waiting.expect("more than four want to");
        for _ in 0..3 {
            scheduler.deep_scan(waiting);
            wait(1).await;
        }
        scheduler.deep_scan("stranger");
        let scans = prober.scans(waiting);
        assert_eq!(scans, [(Duration::from_secs(1), Depth::Deep)]);
        wait(59).await;
        assert_eq!(
            prober.scans(waiting).len(),
            1,
            "nothing is left of the demands"
        );
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn demand_ends_a_shallower_scan() {
        let prober = Scripted::new();
        let shallow = plan("good", |plan| plan.deep = None);
        prober.scan_takes.store(60, Ordering::SeqCst);
        let (scheduler, _) = listened(vec![shallow], &prober);
        wait(5).await;
        scheduler.deep_scan("good");
        wait(1).await;
        assert_eq!(prober.depths("good"), [Depth::Posture, Depth::Deep]);
        assert_eq!(prober.running.load(Ordering::SeqCst), 1);
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn cancelled_scan_is_dropped_and_says_nothing_more() {
        let prober = Scripted::new();
        prober.scan_takes.store(60, Ordering::SeqCst);
        let (scheduler, told) = listened(vec![scanned("good")], &prober);
        wait(5).await;
        assert_eq!(prober.running.load(Ordering::SeqCst), 1);
        scheduler.cancel_scan("good");
        wait(1).await;
        assert_eq!(prober.running.load(Ordering::SeqCst), 0);
        assert_eq!(words(&told), ["deep 0/0", "deep 1/10", "ended"]);
        wait(200).await;
        assert_eq!(prober.scans("good").len(), 1, "it does not begin anew");
        assert!(prober.calls("good").len() >= 3, "quick probes go on");
        wait(HOUR).await;
        assert!(
            prober.scans("good").len() > 1,
            "postures come at their time"
        );
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn scan_that_waits_can_be_cancelled() {
        let prober = Scripted::new();
        prober.scan_takes.store(60, Ordering::SeqCst);
        let names: Vec<String> = (0..5).map(|number| format!("good-{number}")).collect();
        let endpoints = names.iter().map(|name| scanned(name)).collect();
        let (scheduler, _) = listened(endpoints, &prober);
        wait(1).await;
        let waiting = names.iter().find(|name| prober.scans(name).is_empty());
        let waiting = waiting.expect("five want to, four may");
        scheduler.cancel_scan(waiting);
        wait(120).await;
        assert_eq!(prober.scans(waiting), []);
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn change_sets_off_a_deep_scan_and_a_flapping_server_no_storm() {
        let prober = Scripted::new();
        let (scheduler, _) = listened(vec![scanned("good")], &prober);
        wait(300).await;
        assert_eq!(prober.depths("good"), [Depth::Deep]);
        prober.suite.store(0x1302, Ordering::SeqCst);
        wait(70).await;
        let deep = |prober: &Scripted| {
            let depths = prober.depths("good");
            depths.iter().filter(|depth| **depth == Depth::Deep).count()
        };
        assert_eq!(deep(&prober), 2);
        for round in 0..120 {
            prober.suite.store(0x1301 + round % 3, Ordering::SeqCst);
            wait(60).await;
        }
        assert!((3..=4).contains(&deep(&prober)), "{}", deep(&prober));
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn posture_with_news_sets_off_a_deep_scan() {
        let prober = Scripted::new();
        let (scheduler, _) = listened(vec![scanned("good")], &prober);
        wait(60).await;
        prober.old.store(true, Ordering::SeqCst);
        wait(20 * 60).await;
        assert_eq!(
            prober.depths("good")[..3],
            [Depth::Deep, Depth::Posture, Depth::Deep]
        );
        let scans = prober.scans("good");
        assert_eq!(scans[1].0, scans[2].0, "at once");
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn scan_that_comes_to_nothing_is_made_again_soon() {
        let prober = Scripted::new();
        prober.fails.store(true, Ordering::SeqCst);
        let (scheduler, _) = listened(vec![scanned("good")], &prober);
        wait(60).await;
        prober.fails.store(false, Ordering::SeqCst);
        wait(15 * 60).await;
        assert_eq!(prober.depths("good"), [Depth::Deep, Depth::Deep]);
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn scan_that_keeps_coming_to_nothing_is_made_ever_more_rarely() {
        let prober = Scripted::new();
        prober.fails.store(true, Ordering::SeqCst);
        let (scheduler, _) = listened(vec![scanned("good")], &prober);
        wait(10 * HOUR).await;
        let minutes: Vec<u64> = (gaps(&prober.scans("good")).iter())
            .map(|gap| gap.as_secs() / 60)
            .collect();
        assert_eq!(minutes, [15, 30, 60, 120, 240]);
        scheduler.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn reload_ends_the_scan_of_what_is_gone() {
        let prober = Scripted::new();
        prober.scan_takes.store(60, Ordering::SeqCst);
        let (mut scheduler, _) = listened(vec![scanned("good-1"), scanned("good-2")], &prober);
        wait(1).await;
        assert_eq!(prober.running.load(Ordering::SeqCst), 2);
        let next = config(vec![scanned("good-2")]);
        scheduler.replace(&next, Arc::clone(&prober)).await;
        wait(1).await;
        assert_eq!(prober.running.load(Ordering::SeqCst), 1);
        assert_eq!(prober.scans("good-2").len(), 1, "it goes on undisturbed");
        scheduler.shutdown().await;
    }
}
