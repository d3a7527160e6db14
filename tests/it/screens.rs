//! The screens: frames as text and styles, keys in every layer, and no panic at any size.

mod files;
mod fixture;
mod scans;
mod wire;

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Style};
use verifull::store::Snapshot;
use verifull::theme::{Capability, Kind};
use verifull::tui::{
    Effect, Key, Keymap, Message, Model, Mouse, MouseKind, Options, Place, Redraw, next_deadline,
    parse_key, update, view,
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
    parse_key(name).expect("the test names a key")
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
                .map(ratatui::buffer::Cell::symbol)
                .collect::<String>()
                .trim_end()
                .to_owned()
                + "\n"
        })
        .collect()
}

/// Rows and, under each that has any, which runs of cells have which style.
///
/// Styles are letters with a legend at the end: a changed colour changes one line, a changed role many.
fn styled(buffer: &Buffer) -> String {
    let mut legend: Vec<Style> = Vec::new();
    let width = usize::from(buffer.area.width);
    let mut out = String::new();
    for row in buffer.content.chunks(width) {
        let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        let styles: String = row
            .iter()
            .map(|cell| {
                let style = cell.style();
                let place = legend
                    .iter()
                    .position(|known| *known == style)
                    .unwrap_or_else(|| {
                        legend.push(style);
                        legend.len() - 1
                    });
                char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[place])
            })
            .collect();
        writeln!(out, "{}", line.trim_end()).expect("a string takes text");
        writeln!(out, "{styles}").expect("a string takes text");
    }
    for (letter, style) in ('a'..='z').chain('A'..='Z').zip(&legend) {
        writeln!(
            out,
            "{letter} = {:?} on {:?} {:?}",
            style.fg, style.bg, style.add_modifier
        )
        .expect("a string takes text");
    }
    out
}

#[test]
fn fleet_at_80_by_24_with_styles() {
    insta::assert_snapshot!(styled(&draw(&dashboard(80, 24, fixture::fleet()), 80, 24)));
}

#[test]
fn fleet_without_colour_and_with_ascii_only() {
    let mut options = options(80, 24);
    options.colours = Capability::None;
    options.ascii = true;
    let buffer = draw(&Model::new(options, fixture::fleet()), 80, 24);
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
    assert!(
        buffer
            .content
            .iter()
            .all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset))
    );
    insta::assert_snapshot!(styled(&buffer));
}

#[test]
fn fleet_in_every_size() {
    for (width, height) in [(40, 10), (100, 30), (120, 40), (200, 60), (84, 50)] {
        let mut model = dashboard(width, height, fixture::fleet());
        press(&mut model, "j");
        insta::assert_snapshot!(
            format!("fleet_{width}x{height}"),
            text(&draw(&model, width, height))
        );
    }
}

#[test]
fn a_tall_screen_says_at_once_whether_verify_full_connects() {
    for height in [45, 60] {
        let mut model = dashboard(200, height, fixture::fleet());
        press(&mut model, "j");
        let shown = text(&draw(&model, 200, height));
        let row_of = |part: &str| {
            let row = shown.lines().position(|line| line.contains(part));
            row.unwrap_or_else(|| panic!("{part}: {shown}"))
        };
        let conclusion = row_of("verify-full connects now");
        assert!(row_of("TLS 1.2 was negotiated") < conclusion, "{shown}");
        assert!(conclusion < row_of("▎Fix"), "{shown}");
    }
}

#[test]
fn other_screens() {
    for (name, keys) in [
        ("findings", "2"),
        ("findings_one_by_one", "2 b"),
        ("expiry", "3"),
        ("events", "4"),
    ] {
        let mut model = dashboard(80, 24, fixture::fleet());
        press(&mut model, keys);
        insta::assert_snapshot!(name, text(&draw(&model, 80, 24)));
    }
}

#[test]
fn certificate_files_stand_beside_what_is_presented() {
    let mut model = dashboard(120, 40, fixture::with_certificate_files());
    press(&mut model, "3");
    insta::assert_snapshot!("expiry_with_files", text(&draw(&model, 120, 40)));
    type_text(&mut model, "/client.app.crt");
    let found = text(&draw(&model, 120, 40));
    assert!(found.contains("certs/client.app.crt"), "{found}");
}

#[test]
fn endpoint_whole() {
    let mut model = dashboard(120, 60, fixture::fleet());
    press(&mut model, "j enter");
    insta::assert_snapshot!(text(&draw(&model, 120, 60)));
}

#[test]
fn overlays() {
    for (name, keys) in [
        ("fix", "j f right"),
        ("help", "?"),
        ("themes", "t down"),
        ("command", ":"),
    ] {
        let mut model = dashboard(80, 30, fixture::fleet());
        press(&mut model, keys);
        insta::assert_snapshot!(name, text(&draw(&model, 80, 30)));
    }
}

#[test]
fn a_fix_shows_its_lines_first_and_whole() {
    let mut model = dashboard(80, 24, fixture::fleet());
    press(&mut model, "f");
    let shown = text(&draw(&model, 80, 24));
    insta::assert_snapshot!("fix_80x24", shown);
    let wanted =
        "cockroach cert create-node 10.4.2.32 localhost --certs-dir=certs --ca-key=ca.key\n";
    assert_eq!(
        press(&mut model, "y"),
        [Effect::Copy(wanted.to_owned())],
        "what is copied has no mark and no break"
    );
    // What stands in the window, put together again, is what is copied.
    let mut lines = shown
        .lines()
        .filter_map(|line| line.split('│').nth(1))
        .skip_while(|line| !line.starts_with("   cockroach cert create-node"));
    let mut whole = lines.next().unwrap()[3..].trim_end().to_owned();
    for line in lines.map_while(|line| line.strip_prefix(" ↳ ")) {
        whole.push(' ');
        whole.push_str(line.trim_end());
    }
    assert_eq!(whole, wanted.trim_end());
}

#[test]
fn states_that_are_not_the_usual_one() {
    for (name, snapshot) in [
        ("waiting", fixture::waiting()),
        ("empty", fixture::empty()),
        ("broken_configuration", fixture::broken_configuration()),
        ("one", fixture::one()),
    ] {
        insta::assert_snapshot!(name, text(&draw(&dashboard(80, 24, snapshot), 80, 24)));
    }
}

#[test]
fn filter_line_counts_and_hints() {
    let mut model = dashboard(80, 24, fixture::fleet());
    press(&mut model, "/");
    type_text(&mut model, "exp:<60d eu");
    let shown = text(&draw(&model, 80, 24));
    assert!(shown.contains("/ exp:<60d eu▏"), "{shown}");
    assert!(shown.contains("2 of 16"), "{shown}");
    assert!(!shown.contains("orders-db"), "{shown}");
    press(&mut model, "enter esc");
    assert!(text(&draw(&model, 80, 24)).contains("orders-db"));
}

#[test]
fn every_term_of_the_filter_finds_what_it_says() {
    let count = |filter: &str| {
        let mut model = dashboard(80, 24, fixture::fleet());
        press(&mut model, "/");
        type_text(&mut model, filter);
        let shown = text(&draw(&model, 80, 24));
        let at = shown.find(" of 16").unwrap_or_else(|| panic!("{shown}"));
        shown[..at]
            .rsplit(' ')
            .next()
            .unwrap()
            .parse::<usize>()
            .unwrap()
    };
    for (filter, wanted) in [
        ("sev:crit", 2),
        ("sev:warning", 4),
        ("sev:unreachable", 1),
        ("tls:<1.3", 2),
        ("exp:<7d", 2),
        ("exp:past", 0),
        ("exp:<0d", 1),
        ("kind:crdb", 7),
        ("kind:https", 7),
        ("issuer:\"Cockroach CA\"", 7),
        ("check:tls13", 2),
        ("name:vault", 2),
        ("label:region=eu", 2),
        ("crdb !name:eu", 5),
        ("!sev:ok !sev:waiting", 7),
        ("kind:crdb sev:crit", 1),
        ("nothinglikethat", 0),
    ] {
        assert_eq!(count(filter), wanted, "{filter}");
    }
}

#[test]
fn esc_peels_exactly_one_layer() {
    let mut model = dashboard(120, 40, fixture::fleet());
    press(&mut model, "/");
    type_text(&mut model, "orders");
    press(&mut model, "enter ! enter f ?");
    let shown = |model: &Model| text(&draw(model, 120, 40));
    let seen = |model: &Model| {
        let shown = shown(model);
        (
            shown.contains("Keys on Fix"),
            shown.contains("─ Fix ─"),
            shown.contains("Fleet › orders-db"),
            shown.contains("/ orders"),
        )
    };
    assert!(seen(&model).0, "the help lies over the fix");
    press(&mut model, "esc");
    assert_eq!(seen(&model), (false, true, true, false));
    press(&mut model, "esc");
    assert_eq!(seen(&model), (false, false, true, false));
    press(&mut model, "esc");
    assert_eq!(seen(&model), (false, false, false, true));
    press(&mut model, "esc");
    assert_eq!(seen(&model), (false, false, false, false));
    assert!(shown(&model).contains("problems only"));
    press(&mut model, "esc");
    assert!(!shown(&model).contains("problems only"));
    assert_eq!(press(&mut model, "esc"), []);
}

#[test]
fn effects_are_what_the_keys_say() {
    let mut model = dashboard(120, 40, fixture::fleet());
    assert_eq!(
        press(&mut model, "r"),
        [Effect::Reprobe(vec!["crdb-eu-2".into()])]
    );
    assert_eq!(press(&mut model, "R"), [Effect::Reprobe(Vec::new())]);
    assert_eq!(press(&mut model, "v"), [Effect::CaptureMouse(false)]);
    assert_eq!(press(&mut model, "ctrl-l"), [Effect::Repaint]);
    assert_eq!(press(&mut model, "ctrl-z"), [Effect::Suspend]);
    let copied = press(&mut model, "j y");
    assert!(
        matches!(&copied[..], [Effect::Copy(text)] if text.contains("+ hostssl") && !text.contains("then")),
        "{copied:?}"
    );
    let copied = press(&mut model, "f right Y");
    let [Effect::Copy(whole)] = &copied[..] else {
        panic!("{copied:?}")
    };
    assert!(
        whole.contains("sslmode=\"verify-full\"") && whole.contains("# verify: verifull check"),
        "{whole}"
    );
    assert_eq!(press(&mut model, "q"), [], "q closes an overlay");
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
    press(&mut model, "/");
    assert_eq!(press(&mut model, "q"), [], "q is a letter in the filter");
    assert_eq!(press(&mut model, "ctrl-c"), [Effect::Quit]);
}

#[test]
fn the_command_palette_does_what_it_names() {
    let mut model = dashboard(80, 24, fixture::fleet());
    press(&mut model, ":");
    type_text(&mut model, "re-probe every");
    assert_eq!(press(&mut model, "enter"), [Effect::Reprobe(Vec::new())]);
    press(&mut model, "ctrl-p");
    type_text(&mut model, "mail");
    press(&mut model, "enter");
    assert!(text(&draw(&model, 80, 24)).contains("Fleet › mail-relay"));
}

#[test]
fn a_theme_is_seen_before_it_is_taken() {
    let ground = |model: &Model| draw(model, 80, 24)[(0, 0)].bg;
    let mut model = dashboard(80, 24, fixture::fleet());
    let before = ground(&model);
    press(&mut model, "t G up up up");
    assert_ne!(ground(&model), before, "the preview is live");
    press(&mut model, "esc");
    assert_eq!(ground(&model), before, "Esc goes back");
    press(&mut model, "t G up up up enter");
    assert_ne!(ground(&model), before, "Enter keeps");
}

#[test]
fn a_pause_holds_the_screen_and_counts() {
    let mut model = dashboard(80, 24, fixture::fleet());
    press(&mut model, "p");
    let (redraw, _) = update(&mut model, Message::Snapshot(fixture::healed()));
    assert_eq!(redraw, Redraw::Soon);
    let shown = text(&draw(&model, 80, 24));
    assert!(shown.contains("paused · 1 update waiting"), "{shown}");
    assert!(shown.contains("2 critical"), "{shown}");
    press(&mut model, "p");
    assert!(text(&draw(&model, 80, 24)).contains("1 critical"));
}

#[test]
fn the_selection_follows_its_endpoint_and_rows_wait_for_the_finger() {
    let mut model = dashboard(80, 24, fixture::fleet());
    press(&mut model, "j");
    let row_of = |model: &Model, name: &str| {
        let shown = text(&draw(model, 80, 24));
        shown
            .lines()
            .position(|line| line.get(..20).unwrap_or(line).contains(name))
    };
    let selected = |model: &Model| {
        text(&draw(model, 80, 24))
            .lines()
            .find(|line| line.starts_with('▌'))
            .map(ToOwned::to_owned)
    };
    let before = row_of(&model, "orders-db");
    update(&mut model, Message::Snapshot(fixture::healed()));
    assert_eq!(
        row_of(&model, "orders-db"),
        before,
        "nothing moves under a finger"
    );
    let deadline = next_deadline(&model).unwrap();
    assert_eq!(deadline, fixture::now() + std::time::Duration::from_secs(2));
    let (redraw, _) = update(&mut model, Message::Clock(deadline));
    assert_eq!(redraw, Redraw::Soon);
    press(&mut model, "x");
    assert_ne!(row_of(&model, "orders-db"), before, "then it does");
    assert!(
        selected(&model).unwrap().contains("orders-db"),
        "and the selection goes with it"
    );
}

#[test]
fn the_worst_row_stays_selected_until_somebody_moves() {
    let selected = |model: &Model| {
        let shown = text(&draw(model, 80, 24));
        let row = shown.lines().find(|line| line.starts_with('▌'));
        row.unwrap_or_else(|| panic!("{shown}")).to_owned()
    };
    let answered = || {
        let mut snapshot = Snapshot::clone(&fixture::fleet());
        snapshot.generation += 1;
        Message::Snapshot(Arc::new(snapshot))
    };
    let mut model = dashboard(80, 24, fixture::waiting());
    let first = selected(&model);
    update(&mut model, answered());
    assert!(selected(&model).contains("crdb-eu-2"), "{first}");
    assert!(!first.contains("crdb-eu-2"), "{first}");
    for keys in ["j k", "r", "f esc"] {
        let mut model = dashboard(80, 24, fixture::waiting());
        let first = selected(&model);
        press(&mut model, keys);
        update(&mut model, answered());
        let thawed = fixture::now() + std::time::Duration::from_secs(3);
        update(&mut model, Message::Clock(thawed));
        let name: String = first.chars().skip(3).take(12).collect();
        let now = selected(&model);
        assert!(now.contains(name.trim()), "{keys}: {first} {now}");
    }
}

#[test]
fn the_mouse_selects_opens_sorts_and_switches() {
    let click = |model: &mut Model, column, row| {
        update(
            model,
            Message::Mouse(Mouse {
                kind: MouseKind::Press,
                column,
                row,
            }),
        )
    };
    let mut model = dashboard(80, 24, fixture::fleet());
    let shown = |model: &Model| text(&draw(model, 80, 24));
    click(&mut model, 10, 7);
    assert!(shown(&model).lines().nth(7).unwrap().starts_with('▌'));
    click(&mut model, 10, 7);
    assert!(shown(&model).contains("Fleet › ledger-edge"));
    click(&mut model, 24, 0);
    assert!(shown(&model).contains("CHECK"));
    click(&mut model, 13, 0);
    click(&mut model, 5, 4);
    assert!(
        shown(&model)
            .lines()
            .nth(5)
            .unwrap()
            .contains("auth-gateway"),
        "sorted by name"
    );
    click(&mut model, 5, 4);
    assert!(
        shown(&model).lines().nth(5).unwrap().contains("vault-2"),
        "and the other way round"
    );
}

#[test]
fn an_idle_screen_wakes_once_a_minute() {
    let mut model = dashboard(120, 40, fixture::fleet());
    let deadline = next_deadline(&model).unwrap();
    assert_eq!(deadline, "2026-11-22T14:03:00Z".parse().unwrap());
    let almost = deadline - std::time::Duration::from_millis(1);
    let frame = draw(&model, 120, 40);
    assert_eq!(update(&mut model, Message::Clock(almost)).0, Redraw::None);
    assert_eq!(
        draw(&model, 120, 40),
        frame,
        "nothing changes without being announced"
    );
}

#[test]
fn keys_of_the_user_replace_and_are_hinted() {
    let mut options = options(80, 24);
    options.keys = vec![("reprobe".to_owned(), "x".to_owned())];
    let mut model = Model::new(options, fixture::fleet());
    assert_eq!(press(&mut model, "r"), []);
    assert_eq!(
        press(&mut model, "x"),
        [Effect::Reprobe(vec!["crdb-eu-2".into()])]
    );
    update(
        &mut model,
        Message::Clock(fixture::now() + std::time::Duration::from_secs(10)),
    );
    assert!(text(&draw(&model, 80, 24)).contains("x re-probe"));
}

#[test]
fn help_lists_every_key_of_the_place() {
    for (place, keys) in [
        ("Fleet", "?"),
        ("Findings", "2 ?"),
        ("Endpoint", "enter ?"),
        ("Fix", "f ?"),
    ] {
        let mut model = dashboard(120, 60, fixture::fleet());
        press(&mut model, keys);
        let shown = text(&draw(&model, 120, 60));
        assert!(shown.contains(&format!("Keys on {place}")), "{shown}");
        let place = Place::ALL
            .into_iter()
            .find(|known| known.title() == place)
            .unwrap();
        let (keymap, _) = Keymap::new(&[]);
        for (row, keys) in keymap.rows(place) {
            for key in keys {
                assert!(
                    shown.contains(&key),
                    "{}: {key} is missing:\n{shown}",
                    row.name
                );
            }
        }
    }
}

#[test]
fn a_thousand_rows_are_drawn_as_few() {
    let mut model = dashboard(80, 24, fixture::large(1000));
    press(&mut model, "G");
    let shown = text(&draw(&model, 80, 24));
    assert!(shown.lines().any(|line| line.starts_with('▌')), "{shown}");
    press(&mut model, "/");
    type_text(&mut model, "name:0999");
    assert!(text(&draw(&model, 80, 24)).contains("1 of 1000"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_size_and_no_key_panics(
        width in 0u16..=250,
        height in 0u16..=250,
        which in 0usize..9,
        steps in proptest::collection::vec((0usize..65, any::<u16>(), any::<u16>()), 0..25),
    ) {
        let snapshot = [fixture::fleet, fixture::one, fixture::waiting, fixture::empty, fixture::broken_configuration, fixture::healed,
            scans::only_legacy, scans::only_incomplete, files::watched][which]();
        let mut model = dashboard(width, height, snapshot);
        let (mut width, mut height) = (width, height);
        draw(&model, width, height);
        for (step, x, y) in steps {
            let keys = ["up", "down", "pageup", "pagedown", "g", "G", "enter", "esc", "]", "[", "f", "y", "Y", "r", "R", "/", "!", "s", "S", "b",
                "1", "2", "3", "4", "5", "a", "e", "u", "c", "tab", "backtab", "right", "left", "p", "t", "T", "v", ":", "?", "backspace", "ctrl-u", "d", "x", "ctrl-l"];
            let message = match step {
                0..=43 => Message::Key(key(keys[step])),
                44 => { (width, height) = (x % 251, y % 251); Message::Resize(width, height) }
                45..=49 => Message::Mouse(Mouse { kind: MouseKind::Press, column: x % 251, row: y % 251 }),
                50 => Message::Mouse(Mouse { kind: MouseKind::ScrollUp, column: x, row: y }),
                51 => Message::Mouse(Mouse { kind: MouseKind::ScrollDown, column: x, row: y }),
                52 => Message::Snapshot(fixture::healed()),
                53 => Message::Snapshot(fixture::empty()),
                54 => Message::Paste("tls:<1.3 \u{202e}株\nx".to_owned()),
                55 => Message::Clock(fixture::now() + jiff::SignedDuration::from_secs(i64::from(x))),
                56 => Message::Themes(Vec::new(), vec!["line 3: no".to_owned()]),
                57 => Message::Toast("copied".to_owned()),
                58 => Message::Snapshot(fixture::one()),
                59 => Message::Snapshot(files::watched()),
                _ => Message::Key(key("j")),
            };
            update(&mut model, message);
            draw(&model, width, height);
            next_deadline(&model);
        }
    }
}
