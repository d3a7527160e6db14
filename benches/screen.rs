//! What a frame costs, and what lies between a key and its frame, with a thousand endpoints.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use verifull::store::Snapshot;
use verifull::tui::{Message, Model, Options, parse_key, update, view};

#[path = "../tests/it/screens/fixture.rs"]
#[expect(dead_code, reason = "the bench draws one of the fixture's fleets")]
mod fixture;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn dashboard(width: u16, height: u16, snapshot: &Arc<Snapshot>) -> Model {
    let mut options = Options::new((width, height), fixture::now());
    options.render = fixture::snippets;
    Model::new(options, Arc::clone(snapshot))
}

fn screen(criterion: &mut Criterion) {
    let snapshot = fixture::large(1000);
    for (width, height) in SIZES {
        let mut model = dashboard(width, height, &snapshot);
        let mut terminal =
            Terminal::new(TestBackend::new(width, height)).expect("a test backend has a size");
        criterion.bench_function(
            &format!("frame of 1,000 endpoints at {width}x{height}"),
            |bencher| {
                bencher.iter(|| {
                    terminal
                        .draw(|frame| view(black_box(&model), frame))
                        .map(|_| ())
                });
            },
        );
        let keys = [parse_key("j"), parse_key("k")].map(|key| key.expect("both are keys"));
        let mut step = 0;
        criterion.bench_function(&format!("key to frame at {width}x{height}"), |bencher| {
            bencher.iter(|| {
                step += 1;
                update(&mut model, Message::Key(keys[step % 2]));
                terminal.draw(|frame| view(&model, frame)).map(|_| ())
            });
        });
    }
    // The model is handed back, so that taking it down is not counted; in the program, too, two snapshots share endpoints.
    criterion.bench_function("snapshot of 1,000 endpoints taken in", |bencher| {
        bencher.iter_batched(
            || {
                let mut next = Snapshot::clone(&snapshot);
                next.generation += 1;
                (dashboard(120, 40, &snapshot), Arc::new(next))
            },
            |(mut model, next)| {
                update(&mut model, Message::Snapshot(next));
                model
            },
            BatchSize::LargeInput,
        );
    });
    criterion.bench_function("letter of a filter over 1,000 endpoints", |bencher| {
        bencher.iter_batched(
            || {
                let mut model = dashboard(120, 40, &snapshot);
                update(&mut model, Message::Key(parse_key("/").expect("a key")));
                model
            },
            |mut model| {
                update(&mut model, Message::Key(parse_key("e").expect("a key")));
                model
            },
            BatchSize::LargeInput,
        );
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = screen
}
criterion_main!(benches);
