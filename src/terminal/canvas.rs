//! The canvas: what ratatui draws on. It collects a frame and writes it at once, or writes nothing where nothing changed.
//!
//! It asks the terminal no question. ratatui's own backend asks for the cursor on some paths and waits two seconds for a
//! terminal that does not answer.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use crossterm::QueueableCommand;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui_crossterm::CrosstermBackend;

/// The bytes of a frame that is being drawn.
#[derive(Clone, Debug, Default)]
struct Pending(Rc<RefCell<Vec<u8>>>);

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A backend that writes whole frames to `W`.
#[derive(Debug)]
pub(super) struct Canvas<W: Write> {
    inner: CrosstermBackend<Pending>,
    pending: Pending,
    out: W,
    size: Size,
    cursor_shown: bool,
}

impl<W: Write> Canvas<W> {
    /// Returns a canvas of this size on a screen whose cursor is hidden.
    pub(super) fn new(out: W, (width, height): (u16, u16)) -> Self {
        let pending = Pending::default();
        Self {
            inner: CrosstermBackend::new(pending.clone()),
            pending,
            out,
            size: Size { width, height },
            cursor_shown: false,
        }
    }

    /// Takes note of another size. ratatui asks for it before each frame and paints everything when it changed.
    pub(super) fn resize(&mut self, (width, height): (u16, u16)) {
        self.size = Size { width, height };
    }
}

impl<W: Write> Backend for Canvas<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // The inner backend resets colours after every frame, an empty one, too: bytes for nothing.
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.cursor_shown, false) {
            self.inner.hide_cursor()?;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.cursor_shown, true) {
            self.inner.show_cursor()?;
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::ZERO,
        })
    }

    /// Writes the frame in one piece, inside a synchronised update, so that no half of it is ever seen.
    fn flush(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut *self.pending.0.borrow_mut());
        if frame.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(frame.len() + 16);
        whole.queue(BeginSynchronizedUpdate)?;
        whole.extend_from_slice(&frame);
        whole.queue(EndSynchronizedUpdate)?;
        self.out.write_all(&whole)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::widgets::Paragraph;

    /// A place to write that the test can look at.
    fn frames(texts: &[&str]) -> Vec<String> {
        let written = Pending::default();
        let canvas = Canvas::new(written.clone(), (20, 2));
        let mut terminal = Terminal::new(canvas).expect("a canvas never fails to tell its size");
        let mut frames = Vec::new();
        for text in texts {
            let draw = |frame: &mut ratatui::Frame<'_>| {
                frame.render_widget(Paragraph::new(*text), frame.area());
            };
            terminal.draw(draw).expect("a vector takes everything");
            let bytes = std::mem::take(&mut *written.0.borrow_mut());
            frames.push(String::from_utf8(bytes).expect("frames are text"));
        }
        frames
    }

    #[test]
    fn frame_is_one_synchronised_update() {
        let frames = frames(&["hello"]);
        assert!(frames[0].starts_with("\x1b[?2026h"), "{:?}", frames[0]);
        assert!(frames[0].ends_with("\x1b[?2026l"), "{:?}", frames[0]);
        assert!(frames[0].contains("hello"));
    }

    #[test]
    fn unchanged_frame_writes_nothing() {
        assert_eq!(frames(&["hello", "hello"])[1], "");
    }

    #[test]
    fn no_frame_asks_the_terminal_anything() {
        let queries = ["\x1b[6n", "\x1b[c", "\x1b]11;?"];
        for frame in frames(&["a", "b"]) {
            assert!(
                queries.iter().all(|query| !frame.contains(query)),
                "{frame:?}"
            );
        }
    }
}
