//! Files: read once, and told again when they change.
//!
//! It judges nothing in them, and it reads no more than a bounded piece of any.
#![expect(
    clippy::disallowed_methods,
    reason = "files and the environment come in here"
)]

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::config::{self, Config, ConfigError, Files, Surroundings};

pub mod applications;
pub mod certificates;
pub mod edit;
pub mod files;
pub mod text_file;
pub mod tree;

/// Largest configuration that is read, in bytes: some ten thousand endpoints.
const LARGEST_CONFIG: u64 = 1024 * 1024;
/// Largest `target_file` that is read, in bytes. It holds one connection string.
const LARGEST_SECRET: u64 = 64 * 1024;

/// Reads verifull's configuration file with the environment of this process.
pub fn load_config(path: &Path) -> Result<Config, Vec<ConfigError>> {
    let bytes = read_bounded(path, LARGEST_CONFIG).map_err(|message| {
        vec![ConfigError {
            path: path.to_owned(),
            line: 1,
            column: 1,
            key: None,
            message,
        }]
    })?;
    parse_config(&bytes, path)
}

/// Reads the bytes that stand in a configuration file, or are to stand there.
pub fn parse_config(bytes: &[u8], path: &Path) -> Result<Config, Vec<ConfigError>> {
    let surroundings = Surroundings {
        environment: &|name| std::env::var(name).ok(),
        read: &|path| {
            let bytes = read_bounded(path, LARGEST_SECRET)?;
            String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
        },
    };
    config::parse_bytes(bytes, path, &surroundings)
}

/// Reads what verifull's configuration says of application files. Nothing is dialled for it, so variables of endpoints need not be set, nor
/// the files be there that hold their targets: a scan in CI has neither.
pub fn load_files(path: &Path) -> Result<Files, Vec<ConfigError>> {
    const STAND_IN: &str = "localhost";
    let bytes = read_bounded(path, LARGEST_CONFIG).map_err(|message| {
        vec![ConfigError {
            path: path.to_owned(),
            line: 1,
            column: 1,
            key: None,
            message,
        }]
    })?;
    let surroundings = Surroundings {
        environment: &|name| Some(std::env::var(name).unwrap_or_else(|_| STAND_IN.to_owned())),
        read: &|_| Ok(format!("postgresql://{STAND_IN}/")),
    };
    config::parse_bytes(&bytes, path, &surroundings).map(|config| config.files)
}

/// Finds the configuration: `explicit`, else `verifull.toml` in this folder, else the user's own.
///
/// The explicit one is taken at its word; the others count where they are there.
pub fn find_config(explicit: Option<PathBuf>) -> Option<PathBuf> {
    if explicit.is_some() {
        return explicit;
    }
    let here = PathBuf::from("verifull.toml");
    if here.is_file() {
        return Some(here);
    }
    user_config().filter(|path| path.is_file())
}

/// Returns where the user's own configuration belongs: `verifull/config.toml` under `$XDG_CONFIG_HOME` or `~/.config`.
pub fn user_config() -> Option<PathBuf> {
    let folder = etcetera::choose_base_strategy().ok()?.config_dir();
    Some(folder.join("verifull").join("config.toml"))
}

/// Reads a file of at most `largest` bytes. A larger one is refused before it is read.
fn read_bounded(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let metadata = path.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err("is a folder, not a file".to_owned());
    }
    if metadata.len() > largest {
        return Err(too_large(Some(metadata.len()), largest));
    }
    let mut bytes = Vec::new();
    // A device or a pipe has no length, and a file may grow.
    File::open(path)
        .and_then(|file| file.take(largest + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > largest {
        return Err(too_large(None, largest));
    }
    Ok(bytes)
}

fn too_large(length: Option<u64>, largest: u64) -> String {
    let length = length.map_or_else(|| "more".to_owned(), |length| length.to_string());
    format!("is too large: {length} bytes, and at most {largest} are read")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn refusal(path: &Path) -> String {
        let errors = load_config(path).expect_err("it is refused");
        assert_eq!(errors.len(), 1);
        assert_eq!((errors[0].line, errors[0].column), (1, 1));
        errors[0].message.clone()
    }

    #[test]
    fn config_is_read_with_the_files_it_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("verifull.toml");
        fs::write(folder.path().join("dsn"), "postgresql://app:pw@db1/x\n").expect("written");
        fs::write(&path, "[[endpoint]]\ntarget_file = 'dsn'\n").expect("written");
        let config = load_config(&path).expect("it is good");
        assert_eq!(
            config.endpoints[0].target.to_string(),
            "postgresql://db1:5432/x"
        );
        assert_eq!(config.secrets, []);
    }

    #[test]
    fn missing_file_and_folder_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(refusal(folder.path()), "is a folder, not a file");
        let missing = refusal(&folder.path().join("nothing.toml"));
        assert!(missing.starts_with("cannot be read: "), "{missing}");
    }

    #[test]
    fn hundred_megabytes_are_refused_before_reading() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("huge.toml");
        let file = File::create(&path).expect("created");
        file.set_len(100 * 1024 * 1024).expect("sparse");
        assert_eq!(
            refusal(&path),
            "is too large: 104857600 bytes, and at most 1048576 are read"
        );
    }

    #[cfg(unix)]
    #[test]
    fn endless_device_is_bounded() {
        assert_eq!(
            refusal(Path::new("/dev/zero")),
            "is too large: more bytes, and at most 1048576 are read"
        );
    }

    #[test]
    fn target_file_that_is_missing_is_told_with_its_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("verifull.toml");
        fs::write(&path, "[[endpoint]]\ntarget_file = 'dsn'\n").expect("written");
        let errors = load_config(&path).expect_err("no such file");
        assert_eq!(errors[0].key.as_deref(), Some("endpoint[1].target_file"));
        assert_eq!((errors[0].line, errors[0].column), (2, 15));
    }

    #[test]
    fn explicit_path_counts_before_all() {
        let explicit = PathBuf::from("nowhere/at/all.toml");
        assert_eq!(find_config(Some(explicit.clone())), Some(explicit));
    }
}
