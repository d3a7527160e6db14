//! The watched files: the list, one of them whole, the change that mends it, and the hosts that nobody watches.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::style::Color;
use verifull::audit::{self, Settings, candidates};
use verifull::observation::file::FileObservation;
use verifull::observation::{Attempt, Failure, FailureKind};
use verifull::source;
use verifull::store::{Event, FileLook, Snapshot, State, Watching};
use verifull::theme::{Capability, Kind};
use verifull::tui::{Effect, Message, Model, Redraw, update};

use super::{dashboard, draw, fixture, options, press, styled, text};

const PROD: &str = "# Orders service, production\nLOG_LEVEL=info\n\
    DATABASE_URL=postgresql://orders@db1.example.com:26257/orders?sslmode=disable\n";
const MENDED: &str = "# Orders service, production\nLOG_LEVEL=info\n\
    DATABASE_URL=postgresql://orders@db1.example.com:26257/orders?sslmode=verify-full&sslrootcert=/etc/ssl/db/ca.crt\n";
const LEDGER: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ledger\ndata:\n  \
    DATABASE_URL: \"postgresql://ledger@crdb-eu-1.internal:26257/ledger?sslmode=require\"\n";
const PYTHON: &str = "import ssl\nimport asyncpg\n\nctx = ssl.create_default_context()\n\
    ctx.check_hostname = False\nctx.verify_mode = ssl.CERT_NONE\n\n\
    async def pool():\n    return await asyncpg.create_pool(\n        host=\"db2.example.com\", user=\"app\", password=\"hunter2-Secret\", ssl=ctx)\n";

fn look(name: &str, text: &str) -> FileLook {
    let reading = source::look(name, text).expect("it concerns us");
    let hosts = candidates::candidates(name, &reading);
    let observation = FileObservation {
        path: name.into(),
        sha256: Some(format!("{:064x}", text.len())),
        reading: Attempt::Seen(Arc::new(reading)),
    };
    let report = audit::judge(observation, text, Ok(0), &Settings::default());
    FileLook::new(PathBuf::from("/srv/orders").join(name), report, hosts)
}

fn unreadable(name: &str) -> FileLook {
    let observation = FileObservation {
        path: name.into(),
        sha256: None,
        reading: Attempt::Failed(Failure {
            kind: FailureKind::Local,
            detail: "it cannot be read: Permission denied (os error 13)".to_owned(),
        }),
    };
    let report = audit::judge(observation, "", Ok(0), &Settings::default());
    let location = PathBuf::from("/srv/orders").join(name);
    FileLook::new(location, report, candidates::Candidates::new())
}

fn observe(state: &mut State, look: FileLook, is_news: bool) {
    state.apply(Event::FileObserved {
        look: Box::new(look),
        is_news,
        at: fixture::now(),
    });
}

/// Puts what a state knows of files into the fleet.
fn beside_the_fleet(state: &mut State) -> Arc<Snapshot> {
    let files = state.snapshot();
    let mut snapshot = (*fixture::fleet()).clone();
    snapshot.findings.extend(files.findings.iter().cloned());
    snapshot.files.clone_from(&files.files);
    snapshot.watching = Arc::clone(&files.watching);
    snapshot.candidates = Arc::clone(&files.candidates);
    snapshot.config.path = PathBuf::from("verifull.toml");
    snapshot.generation = 1000 + files.generation;
    Arc::new(snapshot)
}

fn state() -> State {
    let mut state = State::default();
    state.apply(Event::FilesListed {
        watching: Arc::new(Watching {
            is_wanted: true,
            base: "/srv/orders".to_owned(),
            files: 214,
            troubles: Vec::new(),
            polling: None,
        }),
        at: fixture::now(),
    });
    for (name, text) in [
        ("deploy/prod.env", PROD),
        ("deploy/ledger.yaml", LEDGER),
        ("src/db.py", PYTHON),
        (".env.staging", MENDED),
    ] {
        observe(&mut state, look(name, text), false);
    }
    observe(&mut state, unreadable("etc/hba.conf"), false);
    state
}

/// The fleet with watched files.
pub(super) fn watched() -> Arc<Snapshot> {
    beside_the_fleet(&mut state())
}

fn files(width: u16, height: u16) -> Model {
    let mut model = dashboard(width, height, beside_the_fleet(&mut state()));
    press(&mut model, "5");
    model
}

#[test]
fn files_in_every_size() {
    for (width, height) in [(40, 10), (80, 24), (120, 40), (200, 60)] {
        let mut model = files(width, height);
        press(&mut model, "j");
        insta::assert_snapshot!(
            format!("files_{width}x{height}"),
            text(&draw(&model, width, height))
        );
    }
}

#[test]
fn files_with_styles_and_without_colour() {
    insta::assert_snapshot!("files_styled", styled(&draw(&files(80, 24), 80, 24)));
    let mut plain = options(80, 24);
    plain.colours = Capability::None;
    plain.ascii = true;
    let mut model = Model::new(plain, beside_the_fleet(&mut state()));
    press(&mut model, "5");
    let buffer = draw(&model, 80, 24);
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
    let bare = |cell: &ratatui::buffer::Cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset);
    assert!(buffer.content.iter().all(bare));
    assert!(
        text(&buffer).contains("^^^^^^^"),
        "the place is marked by its shape"
    );
    insta::assert_snapshot!("files_plain", styled(&buffer));
    let mut light = options(120, 40);
    light.ground = Some(Kind::Light);
    let mut model = Model::new(light, beside_the_fleet(&mut state()));
    press(&mut model, "5");
    insta::assert_snapshot!("files_light", styled(&draw(&model, 120, 40)));
}

#[test]
fn file_whole_change_and_candidates() {
    let mut model = files(80, 24);
    press(&mut model, "j j enter ]");
    insta::assert_snapshot!("file_page", text(&draw(&model, 80, 24)));
    press(&mut model, "[ a");
    insta::assert_snapshot!("file_change", text(&draw(&model, 80, 24)));
    press(&mut model, "esc esc c");
    insta::assert_snapshot!("candidates", text(&draw(&model, 80, 24)));
    press(&mut model, "enter");
    insta::assert_snapshot!("candidate_asked", text(&draw(&model, 80, 24)));
}

#[test]
fn finding_of_a_file_leads_to_its_lines() {
    let mut model = dashboard(100, 30, beside_the_fleet(&mut state()));
    press(
        &mut model,
        "2 / c o n n e c t i o n - p l a i n enter enter",
    );
    let screen = text(&draw(&model, 100, 30));
    assert!(screen.contains("deploy/prod.env"), "{screen}");
    assert!(screen.contains("sslmode=disable"), "{screen}");
    assert!(screen.contains("^^^^^^^"), "{screen}");
    press(&mut model, "esc");
    assert!(text(&draw(&model, 100, 30)).contains("CHECK"));
}

#[test]
fn keys_edit_mend_undo_and_adopt() {
    let mut model = files(100, 30);
    // The first file is the ledger.
    let edit = press(&mut model, "e");
    assert_eq!(
        edit,
        [Effect::Edit {
            path: "/srv/orders/deploy/ledger.yaml".into(),
            line: 6
        }]
    );
    assert_eq!(press(&mut model, "a"), [], "it is shown first");
    let mend = press(&mut model, "a");
    let [Effect::Mend { file, fix: 0, .. }] = &mend[..] else {
        panic!("{mend:?}");
    };
    assert_eq!(&**file, "deploy/ledger.yaml");
    assert_eq!(press(&mut model, "u"), [Effect::UndoMend]);
    assert_eq!(press(&mut model, "c enter"), [], "it is asked first");
    assert_eq!(press(&mut model, "esc enter"), [], "and asked again");
    let adopt = press(&mut model, "enter");
    let [Effect::Adopt(block)] = &adopt[..] else {
        panic!("{adopt:?}");
    };
    assert!(
        block.starts_with(
            "# deploy/ledger.yaml:6\n[[endpoint]]\nname = \"crdb-eu-1.internal:26257\"\n"
        ),
        "{block}"
    );
    assert_eq!(
        press(&mut model, "enter esc"),
        [],
        "the list is gone, a file is open"
    );
}

#[test]
fn mended_file_is_good_and_told() {
    let mut state = state();
    let mut model = dashboard(100, 30, beside_the_fleet(&mut state));
    press(&mut model, "5 j a");
    observe(&mut state, look("deploy/prod.env", MENDED), true);
    let (redraw, _) = update(&mut model, Message::Snapshot(beside_the_fleet(&mut state)));
    assert_eq!(redraw, Redraw::Soon);
    let screen = text(&draw(&model, 100, 30));
    assert!(
        screen.contains("the finding is no longer there"),
        "{screen}"
    );
    assert!(
        screen.contains("nothing is wrong with what it says"),
        "{screen}"
    );
    let log = state.snapshot().log.clone();
    assert_eq!(
        log.iter()
            .map(|entry| entry.text.as_str())
            .collect::<Vec<_>>(),
        ["cleared: connection declared without TLS (it was in line 3)"]
    );
}

#[test]
fn alarm_does_not_fall_silent_because_nobody_can_look() {
    let mut state = state();
    observe(&mut state, unreadable("deploy/prod.env"), true);
    let snapshot = state.snapshot();
    let file = snapshot
        .files
        .iter()
        .find(|it| &*it.path == "deploy/prod.env");
    let file = file.expect("it is known");
    assert_eq!(file.findings.len(), 1);
    assert!(
        file.problem
            .as_ref()
            .is_some_and(|it| it.contains("Permission denied"))
    );
    assert_eq!(
        snapshot.log[0].text,
        format!("cannot be read: {}", file.problem.clone().unwrap())
    );
    state.apply(Event::FileGone {
        name: "deploy/prod.env".into(),
        at: fixture::now(),
    });
    let snapshot = state.snapshot();
    assert!(
        snapshot
            .files
            .iter()
            .all(|it| &*it.path != "deploy/prod.env")
    );
    assert_eq!(snapshot.log[0].text, "no longer there, with 1 finding");
}

#[test]
fn nothing_watched_and_polling_are_said() {
    let mut model = dashboard(80, 24, fixture::fleet());
    press(&mut model, "5");
    let screen = text(&draw(&model, 80, 24));
    assert!(
        screen.contains("no files are watched; name some in `paths` under [watch]"),
        "{screen}"
    );
    let mut state = state();
    let mut watching = (*state.snapshot().watching).clone();
    watching.polling = Some("the limit of watches is reached".to_owned());
    watching.troubles = vec![("app".to_owned(), "it is not there".to_owned())];
    state.apply(Event::FilesListed {
        watching: Arc::new(watching),
        at: fixture::now(),
    });
    let mut model = dashboard(80, 24, beside_the_fleet(&mut state));
    press(&mut model, "5");
    let screen = text(&draw(&model, 80, 24));
    assert!(
        screen.contains("looked at every 2 s: the limit of watches is reached"),
        "{screen}"
    );
    assert!(screen.contains("and 1 more"), "{screen}");
}
