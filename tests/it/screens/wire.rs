//! The panels of the scan: a server with everything on, the same not asked to the end, a modern one, and scans that go on.

use std::sync::Arc;

use verifull::store::{ScanProgress, Snapshot};
use verifull::theme::Capability;
use verifull::tui::{Effect, Message, Model, update};

use super::{dashboard, draw, fixture, options, press, scans, styled, text, type_text};

/// Opens the page of an endpoint.
fn page(model: &mut Model, name: &str) {
    press(model, ":");
    type_text(model, name);
    press(model, "enter");
}

fn opened(width: u16, height: u16, snapshot: Arc<Snapshot>, name: &str) -> Model {
    let mut model = dashboard(width, height, snapshot);
    page(&mut model, name);
    model
}

/// Turns to the section that holds a text; the page has fewer than twenty.
fn turn_to(model: &mut Model, (width, height): (u16, u16), title: &str) {
    for _ in 0..20 {
        let shown = text(&draw(model, width, height));
        if shown
            .lines()
            .nth(4)
            .is_some_and(|line| line.contains(title))
        {
            return;
        }
        press(model, "s");
    }
    panic!("{title}: {}", text(&draw(model, width, height)));
}

#[test]
fn whole_pages() {
    for (name, snapshot, endpoint) in [
        ("legacy", scans::fleet(scans::legacy()), scans::LEGACY),
        (
            "incomplete",
            scans::fleet(scans::incomplete()),
            scans::LEGACY,
        ),
        ("modern", scans::fleet(scans::legacy()), scans::MODERN),
    ] {
        // Higher than any screen, so that a picture holds the page to its end.
        for (width, height) in [(80, 140), (120, 120), (200, 100)] {
            let model = opened(width, height, Arc::clone(&snapshot), endpoint);
            let shown = text(&draw(&model, width, height));
            insta::assert_snapshot!(format!("wire_{name}_{width}"), shown);
        }
    }
}

#[test]
fn without_colour_and_with_ascii_only() {
    let mut options = options(80, 24);
    options.colours = Capability::None;
    options.ascii = true;
    let mut model = Model::new(options, scans::fleet(scans::legacy()));
    page(&mut model, scans::LEGACY);
    turn_to(&mut model, (80, 24), "Protocols and cipher suites");
    let buffer = draw(&model, 80, 24);
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
    insta::assert_snapshot!("wire_legacy_80x24_plain", styled(&buffer));
}

#[test]
fn sections_are_turned_to_and_back() {
    let mut model = opened(80, 24, scans::fleet(scans::legacy()), scans::LEGACY);
    let first = text(&draw(&model, 80, 24));
    turn_to(&mut model, (80, 24), "Protocols and cipher suites");
    insta::assert_snapshot!("wire_legacy_80x24", text(&draw(&model, 80, 24)));
    press(&mut model, "S S S S S S S S S S");
    assert_eq!(text(&draw(&model, 80, 24)), first);
}

#[test]
fn a_scan_that_goes_on_is_seen_in_the_fleet_and_on_its_page() {
    for (width, height) in [(80, 24), (100, 30), (120, 40), (200, 60), (40, 10)] {
        let model = dashboard(width, height, scans::fleet(scans::legacy()));
        let shown = text(&draw(&model, width, height));
        insta::assert_snapshot!(format!("wire_fleet_{width}x{height}"), shown);
    }
    let model = opened(80, 60, scans::fleet(scans::legacy()), scans::SCANNING);
    let shown = text(&draw(&model, 80, 60));
    assert!(shown.contains("deep 34/57 ━━━━━━╌╌╌╌"), "{shown}");
    assert!(shown.contains("d stop scan"), "{shown}");
}

#[test]
fn one_key_scans_and_the_same_key_stops_it() {
    let mut model = opened(80, 24, scans::fleet(scans::legacy()), scans::MODERN);
    let endpoint: Arc<str> = scans::MODERN.into();
    assert_eq!(press(&mut model, "d"), [Effect::DeepScan { endpoint }]);
    let mut model = opened(80, 24, scans::fleet(scans::legacy()), scans::SCANNING);
    let endpoint: Arc<str> = scans::SCANNING.into();
    assert_eq!(
        press(&mut model, "d"),
        [Effect::CancelScan {
            endpoint: Arc::clone(&endpoint)
        }]
    );
    // A shallow scan is over in a moment: what is asked for is the deep one.
    let mut snapshot = Snapshot::clone(&scans::fleet(scans::legacy()));
    snapshot.generation += 1;
    for state in &mut snapshot.endpoints {
        if let Some(progress) = &mut Arc::make_mut(state).scanning {
            *progress = ScanProgress {
                depth: verifull::observation::scan::ScanDepth::Posture,
                ..*progress
            };
        }
    }
    update(&mut model, Message::Snapshot(Arc::new(snapshot)));
    assert_eq!(press(&mut model, "d"), [Effect::DeepScan { endpoint }]);
    // On the fleet it is the selected endpoint, which is the worst one.
    let mut model = dashboard(80, 24, fixture::fleet());
    assert!(
        matches!(&press(&mut model, "d")[..], [Effect::DeepScan { endpoint }] if &**endpoint == "crdb-eu-2")
    );
    let mut model = dashboard(80, 24, fixture::empty());
    assert_eq!(press(&mut model, "d"), []);
}

#[test]
fn what_was_not_scanned_says_so_and_how_to() {
    let model = opened(80, 60, scans::fleet(scans::legacy()), "billing-web");
    let shown = text(&draw(&model, 80, 60));
    assert!(
        shown.contains("not scanned yet   d asks for every version"),
        "{shown}"
    );
    assert!(!shown.contains("Protocols and cipher suites"), "{shown}");
}
