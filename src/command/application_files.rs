//! Watched application files: what the configuration wants watched, how each is judged, and the three things that are done to files when
//! somebody asks for it: a fix, its way back, and an endpoint more in verifull's own configuration.
#![expect(
    clippy::disallowed_methods,
    reason = "the door asks where it stands and what time it is"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::{self, FileReport, Settings, candidates, mend, shown_path};
use crate::config::{Config, ConfigError};
use crate::observation::Attempt;
use crate::source;
use crate::source::declaration::Fix;
use crate::store::{Event, FileLook, Watching};
use crate::watch::applications::{self, Judge, Listed, Wanted};
use crate::watch::edit::{self, Replaced};
use crate::watch::parse_config;
use crate::watch::text_file::{self, Unread};
use crate::watch::tree::{Entry, Looked, Selection, UNCONCERNED};

/// Returns what the configuration wants watched.
pub(super) fn wanted(config: &Config) -> Wanted {
    let folder = config.path.parent().unwrap_or(Path::new(""));
    Wanted {
        paths: config.watch.clone(),
        // Where there is no working folder, names are as long as they are.
        here: std::path::absolute(folder.join(".")).unwrap_or_else(|_| folder.to_owned()),
        selection: Selection {
            exclude: config.files.exclude.clone(),
            ignored_env: config.files.ignored_env,
        },
    }
}

/// Returns what judges each file as the configuration says; a check that does not exist is an error at its place.
pub(super) fn judge(config: &Config) -> Result<Judge<FileLook>, Vec<ConfigError>> {
    let settings = Settings::of(&config.files, &config.path)?;
    Ok(Arc::new(move |entry, looked| {
        judged(entry, looked, &settings)
    }))
}

/// Judges one file; `None` where nothing in it concerns us.
fn judged(entry: &Entry, looked: Looked, settings: &Settings) -> Option<FileLook> {
    let hosts = match &looked.observation.reading {
        Attempt::NotAttempted(reason) if reason == UNCONCERNED && !entry.is_named => return None,
        Attempt::Seen(reading) => candidates::candidates(&shown_path(&entry.name), reading),
        Attempt::NotAttempted(_) | Attempt::Refused(_) | Attempt::Failed(_) => {
            candidates::Candidates::new()
        }
    };
    let start = looked.encoding.text_start();
    let report = audit::judge(looked.observation, &looked.text, start, settings);
    // A picture in a watched folder is nobody's concern.
    let is_skipped = matches!(&report.reading, Err(unseen) if !unseen.is_failure);
    if is_skipped && !entry.is_named {
        return None;
    }
    Some(FileLook::new(looked.path, report, hosts))
}

/// Says how files are watched.
pub(super) fn watching(listed: Listed) -> Event {
    Event::FilesListed {
        watching: Arc::new(Watching {
            is_wanted: true,
            base: shown_path(&listed.base.to_string_lossy()),
            files: listed.files,
            troubles: (listed.troubles.into_iter())
                .map(|(name, reason)| (shown_path(&name), reason))
                .collect(),
            polling: listed.polling,
        }),
        at: Timestamp::now(),
    }
}

/// Looks at every watched file once; nothing where none is wanted.
pub(super) fn look_once(config: &Config) -> Result<Vec<Event>, Vec<ConfigError>> {
    if config.watch.is_empty() {
        return Ok(Vec::new());
    }
    let (listed, seen) = applications::look_once(&wanted(config), &judge(config)?);
    let at = Timestamp::now();
    let files = seen.into_iter().map(|(_, look)| Event::FileObserved {
        look: Box::new(look),
        is_news: false,
        at,
    });
    Ok(std::iter::once(watching(listed)).chain(files).collect())
}

/// A file that is to be mended.
#[derive(Debug)]
pub(super) struct Mending {
    /// Where it is.
    pub(super) location: PathBuf,
    /// What is known of it.
    pub(super) report: Arc<FileReport>,
    /// What is to be done.
    pub(super) fix: Fix,
}

impl Mending {
    /// Applies the fix to the bytes that were judged, and to no others.
    pub(super) fn apply(&self) -> Result<Replaced, String> {
        let (Ok(read), Some(sha256)) = (&self.report.reading, &self.report.sha256) else {
            return Err("the file was not read".to_owned());
        };
        let start = read.text_start?;
        let file = match text_file::read(&self.location, source::LARGEST) {
            Ok(file) if file.sha256() == *sha256 => file,
            Ok(_) => return Err("the file changed since it was read".to_owned()),
            Err(Unread::Skipped(reason) | Unread::Failed(reason)) => return Err(reason),
        };
        let chosen = mend::choose(&file.text, [&self.fix]);
        if let Some((_, reason)) = chosen.refused.into_iter().next() {
            return Err(reason);
        }
        let mut content = file.bytes()[..start].to_vec();
        content.extend_from_slice(mend::apply(&file.text, &chosen.edits).as_bytes());
        // Its own folder: a link that leads elsewhere leads to somebody else's file.
        let root = self.location.parent().unwrap_or(&self.location);
        edit::replace(&self.location, root, sha256, &content).map_err(|refused| refused.to_string())
    }
}

/// Appends a block to verifull's configuration, all of it or nothing. What comes of it is a configuration, or it is not written.
pub(super) fn adopt(path: &Path, block: &str) -> Result<Replaced, String> {
    // A link leads to the file that is meant.
    let path = (path.canonicalize()).map_err(|error| format!("it cannot be found: {error}"))?;
    let before = match text_file::read_bytes(&path, source::LARGEST) {
        Ok(bytes) => bytes,
        Err(Unread::Skipped(reason) | Unread::Failed(reason)) => return Err(reason),
    };
    let mut after = before.clone();
    if !before.is_empty() {
        after.extend_from_slice(if before.ends_with(b"\n") {
            b"\n"
        } else {
            b"\n\n"
        });
    }
    after.extend_from_slice(block.as_bytes());
    if let Err(errors) = parse_config(&after, &path) {
        let first = errors.first().map(|error| error.message.clone());
        return Err(format!(
            "it would no longer be good: {}",
            first.unwrap_or_default()
        ));
    }
    let root = path.parent().unwrap_or(&path);
    edit::replace(&path, root, &text_file::sha256(&before), &after)
        .map_err(|refused| refused.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: &str = "PGHOST=db.example.com\nPGSSLMODE=disable\n";

    fn config(folder: &Path, text: &str) -> Config {
        let path = folder.join("verifull.toml");
        std::fs::write(&path, text).expect("written");
        crate::watch::load_config(&path).expect("it is good")
    }

    fn looks(events: Vec<Event>) -> Vec<FileLook> {
        let mut looks = Vec::new();
        for event in events {
            if let Event::FileObserved { look, .. } = event {
                looks.push(*look);
            }
        }
        looks
    }

    #[test]
    fn watched_file_is_judged_mended_and_brought_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let env = folder.path().join("prod.env");
        std::fs::write(&env, BAD).expect("written");
        let config = config(folder.path(), "[watch]\npaths = [\".\"]\n");
        let mut looks = looks(look_once(&config).expect("the rules are good"));
        let look = looks.pop().expect("one file concerns us");
        assert_eq!(&*look.report.path, "prod.env");
        let fix = look.report.findings.iter().find_map(|it| it.fixes.first());
        let mending = Mending {
            location: look.location.clone(),
            fix: fix.expect("there is a fix").fix.clone(),
            report: Arc::clone(&look.report),
        };
        let replaced = mending.apply().expect("it is applied");
        let text = || std::fs::read_to_string(&env).expect("read");
        assert!(text().contains("verify-full"), "{}", text());
        let again = mending.apply().expect_err("these are other bytes");
        assert_eq!(again, "the file changed since it was read");
        edit::undo(&replaced).expect("brought back");
        assert_eq!(text(), BAD);
    }

    #[test]
    fn endpoint_is_adopted_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(folder.path(), "[limits]\nper_host = 4");
        let block = "# prod.env:1\n[[endpoint]]\nname = \"db\"\ntarget = \"postgresql://db\"\n";
        adopt(&config.path, block).expect("adopted");
        let loaded = crate::watch::load_config(&config.path).expect("it is good");
        assert_eq!(loaded.endpoints.len(), 1);
        let twice = adopt(&config.path, block).expect_err("the name is taken");
        assert!(twice.starts_with("it would no longer be good"), "{twice}");
        let text = std::fs::read_to_string(&config.path).expect("read");
        assert_eq!(text, format!("[limits]\nper_host = 4\n\n{block}"));
    }

    #[test]
    fn check_that_does_not_exist_is_an_error_of_the_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "[watch]\npaths = ['.']\n[[files.rule]]\nglob = '*'\noff = ['nothing']\n";
        let errors = look_once(&config(folder.path(), text)).expect_err("no such check");
        assert_eq!(errors.len(), 1);
    }
}
