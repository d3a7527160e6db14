//! One file's bytes to text, bounded in size and time.
//!
//! It opens nothing that could make it wait, reads at most what was asked for, and says why where it does not.
#![expect(clippy::disallowed_methods, reason = "reading files is the job")]

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};

/// Bytes in which a NUL tells a binary file, as for git and grep.
const SNIFFED: usize = 8 * 1024;

/// A file that was read. It has no `Debug`: any of it may be a password.
pub struct TextFile {
    /// Its text, without byte order mark.
    pub text: String,
    /// How its bytes became text.
    pub encoding: Encoding,
    /// Its bytes, where they are not the text's.
    bytes: Option<Vec<u8>>,
}

impl std::fmt::Debug for TextFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextFile")
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}

impl TextFile {
    /// Returns the file's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// Returns the SHA-256 of the bytes, in hex.
    pub fn sha256(&self) -> String {
        sha256(self.bytes())
    }
}

/// How a file's bytes became text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8WithMark,
    /// UTF-16 behind a byte order mark.
    Utf16,
    /// Something else, in which the bytes that are not UTF-8 were replaced.
    NotUtf8,
}

impl Encoding {
    /// Returns how many bytes stand before the text, or why the text's bytes are not the file's.
    pub const fn text_start(self) -> Result<usize, &'static str> {
        match self {
            Self::Utf8 => Ok(0),
            Self::Utf8WithMark => Ok(3),
            Self::Utf16 => Err("the file is UTF-16"),
            Self::NotUtf8 => Err("the file is not UTF-8"),
        }
    }
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is not of a kind that is read.
    Skipped(String),
    /// It is, and could not be read.
    Failed(String),
}

/// Returns the SHA-256 of bytes, in hex.
pub fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

/// Reads a file of at most `largest` bytes as text. A symbolic link is followed.
pub fn read(path: &Path, largest: usize) -> Result<TextFile, Unread> {
    let bytes = read_bytes(path, largest)?;
    decode(bytes)
}

/// Reads the bytes of a regular file.
pub fn read_bytes(path: &Path, largest: usize) -> Result<Vec<u8>, Unread> {
    let failed = |error: io::Error| {
        Unread::Failed(if error.kind() == io::ErrorKind::NotFound {
            "it vanished before it was read".to_owned()
        } else {
            format!("it cannot be read: {error}")
        })
    };
    let opened = open_without_waiting(path);
    let mut file = match opened {
        Ok(file) => file,
        // A socket cannot be opened at all.
        Err(error) => {
            return Err(match path.symlink_metadata() {
                Ok(metadata) if kind(&metadata).is_some() => skipped_kind(&metadata),
                Ok(_) | Err(_) => failed(error),
            });
        }
    };
    let metadata = file.metadata().map_err(failed)?;
    if kind(&metadata).is_some() {
        return Err(skipped_kind(&metadata));
    }
    let too_large = |length: u64| {
        Unread::Skipped(format!(
            "it is too large to be configuration: {length} bytes, and at most {largest} are read"
        ))
    };
    if metadata.len() > largest as u64 {
        return Err(too_large(metadata.len()));
    }
    // One byte more than it should have: one call reads all of it and sees the end. Files in /proc say that they are empty.
    let expected = usize::try_from(metadata.len()).unwrap_or(largest);
    let mut bytes = Vec::with_capacity(expected.max(SNIFFED / 2) + 1);
    file.by_ref()
        .take(largest as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() > largest {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// Opens a file, and never waits for the other end of a pipe.
fn open_without_waiting(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    options.open(path)
}

fn skipped_kind(metadata: &Metadata) -> Unread {
    Unread::Skipped(format!("it is {}", kind(metadata).unwrap_or("a file")))
}

/// Says what something is that is no regular file.
fn kind(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Some("a named pipe");
        } else if kind.is_socket() {
            return Some("a socket");
        } else if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    if kind.is_dir() {
        Some("a folder")
    } else if kind.is_file() || kind.is_symlink() {
        None
    } else {
        Some("no regular file")
    }
}

/// Turns bytes into text.
fn decode(bytes: Vec<u8>) -> Result<TextFile, Unread> {
    if let Some(units) = utf16(&bytes) {
        return Ok(TextFile {
            text: String::from_utf16_lossy(&units),
            encoding: Encoding::Utf16,
            bytes: Some(bytes),
        });
    }
    if bytes[..bytes.len().min(SNIFFED)].contains(&0) {
        return Err(Unread::Skipped(BINARY.to_owned()));
    }
    if let Some(behind) = bytes.strip_prefix(MARK)
        && let Ok(text) = std::str::from_utf8(behind)
    {
        return Ok(TextFile {
            text: text.to_owned(),
            encoding: Encoding::Utf8WithMark,
            bytes: Some(bytes),
        });
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => TextFile {
            text,
            encoding: Encoding::Utf8,
            bytes: None,
        },
        Err(error) => {
            let bytes = error.into_bytes();
            let text = bytes.strip_prefix(MARK).unwrap_or(&bytes);
            TextFile {
                text: String::from_utf8_lossy(text).into_owned(),
                encoding: Encoding::NotUtf8,
                bytes: Some(bytes),
            }
        }
    })
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// What is said of a binary file.
pub const BINARY: &str = "it is binary";

/// Returns the code units of UTF-16 behind a byte order mark.
fn utf16(bytes: &[u8]) -> Option<Vec<u16>> {
    let order: fn([u8; 2]) -> u16 = match bytes {
        // UTF-32 LE begins like UTF-16 LE.
        [0xFF, 0xFE, 0, 0, ..] => return None,
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let pairs = bytes[2..].chunks_exact(2);
    Some(pairs.map(|pair| order([pair[0], pair[1]])).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn of(bytes: &[u8]) -> Result<TextFile, Unread> {
        decode(bytes.to_vec())
    }

    #[test]
    fn byte_order_mark_is_no_text() {
        let file = of(b"\xEF\xBB\xBFa=1").expect("text");
        assert_eq!(
            (file.text.as_str(), file.encoding),
            ("a=1", Encoding::Utf8WithMark)
        );
        assert_eq!(file.encoding.text_start(), Ok(3));
    }

    #[test]
    fn utf16_is_read_in_both_orders_and_not_mended() {
        for bytes in [&b"\xFF\xFEa\0=\0"[..], b"\xFE\xFF\0a\0="] {
            let file = of(bytes).expect("text");
            assert_eq!(file.text, "a=");
            assert!(file.encoding.text_start().is_err());
        }
    }

    #[test]
    fn latin_1_is_read_with_gaps_and_not_mended() {
        let file = of(b"# caf\xE9\na=1").expect("text");
        assert_eq!(file.text, "# caf\u{fffd}\na=1");
        assert!(file.encoding.text_start().is_err());
    }

    #[test]
    fn nul_makes_it_binary() {
        assert_eq!(
            of(b"\x7fELF\0\0").err(),
            Some(Unread::Skipped(BINARY.to_owned()))
        );
        assert!(of(b"\xFF\xFE\0\0a\0\0\0").is_err());
    }

    #[test]
    fn hundred_megabytes_are_refused_before_reading() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("huge.yaml");
        File::create(&path)
            .and_then(|file| file.set_len(100 * 1024 * 1024))
            .expect("sparse");
        let reason = read(&path, 2 * 1024 * 1024).expect_err("refused");
        assert_eq!(
            reason,
            Unread::Skipped(
                "it is too large to be configuration: 104857600 bytes, and at most 2097152 are read"
                    .to_owned()
            )
        );
    }

    #[cfg(unix)]
    #[test]
    fn pipes_sockets_and_devices_are_named_and_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).expect("a pipe");
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        for (path, said) in [
            (pipe.as_path(), "it is a named pipe"),
            (&socket, "it is a socket"),
            (Path::new("/dev/zero"), "it is a device"),
            (folder.path(), "it is a folder"),
        ] {
            assert_eq!(
                read(path, 100).err(),
                Some(Unread::Skipped(said.to_owned())),
                "{}",
                path.display()
            );
        }
    }

    #[test]
    fn missing_file_vanished() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(
            read(&folder.path().join("gone"), 100).err(),
            Some(Unread::Failed("it vanished before it was read".to_owned()))
        );
    }

    #[test]
    fn size_bound_is_exact() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "12345").expect("written");
        assert!(read(&path, 5).is_ok());
        assert!(read(&path, 4).is_err());
    }
}
