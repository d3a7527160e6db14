//! The screens: frames as text and styles, keys in every layer, and no panic at any size.

mod fixture;

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use verifull::store::Snapshot;
use verifull::theme::{Capability, Kind};
use verifull::tui::{
    Effect, Key, Message, Model, Mouse, MouseKind, Options, Redraw, next_deadline, parse_key,
    update, view,
};

fn options(width: u16, height: u16) -> Options {
    let mut options = Options::new((width, height), fixture::now());
    options.ground = Some(Kind::Dark);
    options.render = fixture::snippets;
    options
}

fn dashboard(width: u16, height: u16, snapshot: Arc<Snapshot>) -> Model {
    Model::new(options(width, height), snapshot)
}

fn key(name: &str) -> Key {
    parse_key(name).unwrap()
}

/// Presses keys that stand apart by blanks, and returns what they ask for.
fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.split_whitespace()
        .flat_map(|name| update(model, Message::Key(key(name))).1)
        .collect()
}

fn type_text(model: &mut Model, text: &str) {
    for character in text.chars() {
        let name = if character == ' ' {
            "space".to_owned()
        } else {
            character.to_string()
        };
        press(model, &name);
    }
}

fn draw(model: &Model, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    buffer
        .content
        .chunks(width)
        .map(|row| {
            row.iter()
                .map(|cell| cell.symbol())
                .collect::<String>()
                .trim_end()
                .to_owned()
                + "\n"
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_size_and_no_key_panics(
        width in 0u16..=250,
        height in 0u16..=250,
        which in 0usize..6,
        steps in proptest::collection::vec((0usize..60, any::<u16>(), any::<u16>()), 0..25),
    ) {
        let snapshot = [fixture::fleet, fixture::one, fixture::waiting, fixture::empty, fixture::broken_configuration, fixture::healed][which]();
        let mut model = dashboard(width, height, snapshot);
        let (mut width, mut height) = (width, height);
        draw(&model, width, height);
        for (step, x, y) in steps {
            let keys = ["up", "down", "pageup", "pagedown", "g", "G", "enter", "esc", "]", "[", "f", "y", "Y", "r", "R", "/", "!", "s", "S", "b",
                "1", "2", "3", "4", "tab", "backtab", "right", "left", "p", "t", "T", "v", ":", "?", "backspace", "ctrl-u", "e", "x", "ctrl-l"];
            let message = match step {
                0..=38 => Message::Key(key(keys[step])),
                39 => { (width, height) = (x % 251, y % 251); Message::Resize(width, height) }
                40..=44 => Message::Mouse(Mouse { kind: MouseKind::Press, column: x % 251, row: y % 251 }),
                45 => Message::Mouse(Mouse { kind: MouseKind::ScrollUp, column: x, row: y }),
                46 => Message::Mouse(Mouse { kind: MouseKind::ScrollDown, column: x, row: y }),
                47 => Message::Snapshot(fixture::healed()),
                48 => Message::Snapshot(fixture::empty()),
                49 => Message::Paste("tls:<1.3 \u{202e}株\nx".to_owned()),
                50 => Message::Clock(fixture::now() + jiff::SignedDuration::from_secs(i64::from(x))),
                51 => Message::Themes(Vec::new(), vec!["line 3: no".to_owned()]),
                52 => Message::Toast("copied".to_owned()),
                53 => Message::Snapshot(fixture::one()),
                _ => Message::Key(key("j")),
            };
            update(&mut model, message);
            draw(&model, width, height);
            next_deadline(&model);
        }
    }
}
