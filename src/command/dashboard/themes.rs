//! The user's own themes: read from a folder, beside those that are part of the program.
//!
//! A theme that cannot be read is said and left out. It knows no colours.
#![expect(
    clippy::disallowed_methods,
    reason = "themes are files, and the wing's part of the dashboard reads them"
)]

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::theme::Theme;

/// Most themes that are read from a folder. Nobody chooses among more.
const MOST: usize = 64;

/// Largest file that is read. A theme with every role takes 3 kB.
const LARGEST: u64 = 64 * 1024;

/// Returns the folder with the user's own themes: the configured one, else the one beside the user's configuration.
pub(super) fn folder(configured: Option<&Path>) -> Option<PathBuf> {
    configured.map(Path::to_owned).or_else(|| {
        let base = etcetera::choose_base_strategy().ok()?;
        let folder = base.config_dir().join("verifull/themes");
        folder.is_dir().then_some(folder)
    })
}

/// Returns every theme, one of the user's in place of a built-in one of the same name, and what is wrong with the rest.
pub(super) fn load(configured: Option<&Path>) -> (Vec<Theme>, Vec<String>) {
    let mut themes = Theme::built_in();
    let mut problems = Vec::new();
    let Some(folder) = folder(configured) else {
        return (themes, problems);
    };
    let mut files: Vec<PathBuf> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "toml")
            })
            .collect(),
        Err(error) => {
            problems.push(format!("themes in `{}`: {error}", folder.display()));
            return (themes, problems);
        }
    };
    files.sort();
    if files.len() > MOST {
        problems.push(format!(
            "{} themes, of which the first {MOST} are read",
            files.len()
        ));
        files.truncate(MOST);
    }
    for file in files {
        match read(&file) {
            Ok((theme, warnings)) => {
                problems.extend(warnings);
                match themes.iter_mut().find(|known| known.slug() == theme.slug()) {
                    Some(known) => *known = theme,
                    None => themes.push(theme),
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    (themes, problems)
}

/// Reads one theme, and what it does not understand but can do without.
fn read(path: &Path) -> Result<(Theme, Vec<String>), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = crate::text::printable(&name);
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
        .map_err(|error| format!("theme `{name}`: {error}"))?;
    if text.len() as u64 > LARGEST {
        return Err(format!("theme `{name}`: larger than {LARGEST} bytes"));
    }
    let (theme, warnings) =
        Theme::parse(&text).map_err(|error| format!("theme `{name}`: {error}"))?;
    let warnings = warnings
        .into_iter()
        .map(|warning| format!("theme `{name}`: line {}: {}", warning.line, warning.message))
        .collect();
    Ok((theme, warnings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_theme_is_said_and_the_others_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a file in it");
        };
        file("broken.toml", "name = ");
        file(
            "own.toml",
            "name = \"Own\"\nkind = \"dark\"\ninherits = \"signal-dark\"\n",
        );
        file("notes.txt", "no theme");
        let (themes, problems) = load(Some(folder.path()));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with("theme `broken.toml`"),
            "{problems:?}"
        );
        assert_eq!(themes.len(), Theme::built_in().len() + 1);
    }

    #[test]
    fn missing_folder_is_said_and_the_built_in_themes_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (themes, problems) = load(Some(&folder.path().join("none")));
        assert_eq!(themes.len(), Theme::built_in().len());
        assert_eq!(problems.len(), 1);
    }
}
