//! Progress on stderr: one line for each target, redrawn in place, and gone at the end.
//!
//! Only a terminal sees it, and never more lines than it has. What is drawn is a pure function of what is known.
#![expect(
    clippy::disallowed_methods,
    reason = "progress takes time, and is drawn on stderr"
)]

use std::io::{IsTerminal, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::config::Config;
use crate::probe::Depth;
use crate::scheduler::{Step, StepSink};

/// Time between two pictures: the eye sees no more, and a slow terminal keeps up.
const REDRAWING: Duration = Duration::from_millis(100);

/// Where the terminal does not tell its size.
const DEFAULT_SIZE: (usize, usize) = (80, 24);

/// Longest name that pushes the other columns to the right.
const LONGEST_NAME: usize = 40;

/// What is shown of a pass, where it is shown.
pub(super) struct Progress {
    board: Option<Arc<Mutex<Board>>>,
}

/// Everything that is known of a pass.
struct Board {
    /// The word for how deep it goes; `None` where it is a quick pass, which is over before anybody has read a line a target.
    depth: Option<&'static str>,
    began: Instant,
    lines: Vec<Line>,
    /// Lines that are on the screen.
    drawn: usize,
}

/// What is known of one target.
struct Line {
    name: String,
    done: u32,
    expected: u32,
    /// How long it took, once it is over.
    took: Option<Duration>,
}

impl Progress {
    /// Begins to show a pass over the endpoints of a configuration, on a terminal.
    pub(super) fn start(config: &Config, depth: Option<Depth>) -> Self {
        let shown = std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        let lines = config.endpoints.iter().map(|endpoint| Line {
            name: endpoint.name.to_string(),
            done: 0,
            expected: 0,
            took: None,
        });
        let board = shown.then(|| {
            Arc::new(Mutex::new(Board {
                depth: depth.and_then(Depth::scan).map(|depth| depth.as_str()),
                began: Instant::now(),
                lines: lines.collect(),
                drawn: 0,
            }))
        });
        Self { board }
    }

    /// Returns what takes note of each step.
    pub(super) fn sink(&self) -> StepSink {
        let board = self.board.clone();
        Arc::new(move |name, step| {
            if let Some(board) = &board {
                lock(board).note(name, step);
            }
        })
    }

    /// Draws again and again; it never ends.
    pub(super) async fn draw(&self) {
        let Some(board) = &self.board else {
            return std::future::pending().await;
        };
        loop {
            lock(board).redraw(size());
            tokio::time::sleep(REDRAWING).await;
        }
    }
}

impl Drop for Progress {
    /// Wipes it out.
    fn drop(&mut self) {
        if let Some(board) = &self.board {
            let mut board = lock(board);
            let wiped = erase(board.drawn);
            board.drawn = 0;
            let _ = write!(std::io::stderr().lock(), "{wiped}");
        }
    }
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    fn note(&mut self, name: &str, step: Step) {
        let took = self.began.elapsed();
        let Some(line) = self.lines.iter_mut().find(|line| line.name == name) else {
            return;
        };
        match step {
            Step::Progressed { done, expected } => (line.done, line.expected) = (done, expected),
            Step::Ended => line.took = Some(took),
        }
    }

    fn redraw(&mut self, size: (usize, usize)) {
        let picture = picture(&self.lines, self.depth, self.began.elapsed(), size);
        let text = format!("{}{}", erase(self.drawn), picture.join("\r\n"));
        self.drawn = picture.len();
        // Nobody is left to be told that stderr is closed.
        let mut stderr = std::io::stderr().lock();
        let _ = stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush());
    }
}

/// Returns what wipes out this many lines, the cursor being on the last of them, and goes back to where they began.
fn erase(lines: usize) -> String {
    match lines {
        0 => String::new(),
        1 => "\r\u{1b}[K".to_owned(),
        more => format!("\r\u{1b}[{}A\u{1b}[J", more - 1),
    }
}

/// Returns columns and rows of the terminal on stderr.
fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(std::io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            (usize::from(size.ws_col), usize::from(size.ws_row))
        }
        Ok(_) | Err(_) => DEFAULT_SIZE,
    }
}

/// Returns the lines to be shown: one a target while they fit, else those that are under way and a count.
fn picture(
    lines: &[Line],
    depth: Option<&str>,
    elapsed: Duration,
    (columns, rows): (usize, usize),
) -> Vec<String> {
    let over = lines.iter().filter(|line| line.took.is_some()).count();
    // The last column stays free: a full line would wrap, and the count of lines would be wrong.
    let fit = |text: &str| cut(text, columns.saturating_sub(1));
    let Some(depth) = depth else {
        return vec![fit(&format!("probing: {over} of {}", lines.len()))];
    };
    let room = rows.saturating_sub(1).max(1);
    let name = (lines.iter())
        .map(|line| line.name.width())
        .max()
        .unwrap_or_default()
        .min(LONGEST_NAME);
    let row = |line: &Line| fit(&line.text(name, depth, elapsed));
    if lines.len() <= room {
        return lines.iter().map(row).collect();
    }
    let mut picture: Vec<String> = (lines.iter())
        .filter(|line| line.took.is_none())
        .take(room - 1)
        .map(row)
        .collect();
    picture.push(fit(&format!("{over} of {} targets done", lines.len())));
    picture
}

impl Line {
    /// Writes the line: `db1:26257  deep  34/57 connections  1.2 s`.
    fn text(&self, width: usize, depth: &str, elapsed: Duration) -> String {
        let name = cut(&self.name, width);
        let padding = " ".repeat(width.saturating_sub(name.width()));
        let count = match (self.took, self.expected) {
            (Some(_), 0) => "done".to_owned(),
            (Some(_), _) => format!("{} connections, done", self.done),
            (None, 0) => "waiting".to_owned(),
            (None, expected) => format!("{}/{expected} connections", self.done),
        };
        let seconds = self.took.unwrap_or(elapsed).as_secs_f64();
        format!("{name}{padding}  {depth}  {count}  {seconds:.1} s")
    }
}

/// Returns the beginning of a text that fits these columns.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let mut kept = String::new();
    for character in text.chars() {
        let wide = character.width().unwrap_or_default();
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        kept.push(character);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(1234);

    fn line(name: &str, done: u32, expected: u32, took: Option<u64>) -> Line {
        Line {
            name: name.to_owned(),
            done,
            expected,
            took: took.map(Duration::from_millis),
        }
    }

    #[test]
    fn each_target_has_its_line() {
        let lines = [
            line("db1:26257", 34, 57, None),
            line("api:443", 41, 41, Some(800)),
            line("db2:26257", 0, 0, None),
        ];
        assert_eq!(
            picture(&lines, Some("deep"), NOW, (80, 24)),
            [
                "db1:26257  deep  34/57 connections  1.2 s",
                "api:443    deep  41 connections, done  0.8 s",
                "db2:26257  deep  waiting  1.2 s",
            ]
        );
    }

    #[test]
    fn more_targets_than_rows_are_counted() {
        let lines: Vec<Line> = (0..100)
            .map(|number| line(&format!("db{number}"), 1, 9, (number < 3).then_some(5)))
            .collect();
        let shown = picture(&lines, Some("deep"), NOW, (80, 6));
        assert_eq!(shown.len(), 5);
        assert!(shown[0].starts_with("db3 "), "{shown:?}");
        assert_eq!(shown[4], "3 of 100 targets done");
        assert_eq!(picture(&lines, Some("deep"), NOW, (80, 1)).len(), 1);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let lines = [line(
            "日本語のとても長い名前をもつ終端点:26257",
            34,
            57,
            None,
        )];
        for columns in 0..100 {
            for text in picture(&lines, Some("deep"), NOW, (columns, 24)) {
                assert!(
                    text.width() <= columns.saturating_sub(1),
                    "{columns}: {text}"
                );
            }
        }
    }

    #[test]
    fn quick_pass_is_one_line() {
        let lines = [line("a", 0, 0, Some(1)), line("b", 0, 0, None)];
        assert_eq!(picture(&lines, None, NOW, (80, 24)), ["probing: 1 of 2"]);
    }
}
