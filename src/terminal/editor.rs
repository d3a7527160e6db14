//! Which editor, and how it is told the line: each has its own word for that.

use std::ffi::OsString;
use std::path::Path;

/// What is run where nobody names an editor, as git does.
const FALLBACK: &str = "vi";

/// Returns the program and its arguments that open a file at a line: `$VISUAL`, else `$EDITOR`, else `vi`.
pub(super) fn command(
    variable: impl Fn(&str) -> Option<String>,
    path: &Path,
    line: usize,
) -> (String, Vec<OsString>) {
    let named = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(variable)
        .find(|text| !text.trim().is_empty());
    let named = named.unwrap_or_else(|| FALLBACK.to_owned());
    // `code --wait` is usual; a path with blanks in it is not, and needs a wrapper here as it does in git's shell.
    let mut words = named.split_whitespace().map(str::to_owned);
    let program = words.next().unwrap_or_else(|| FALLBACK.to_owned());
    let mut arguments: Vec<OsString> = words.map(OsString::from).collect();
    let name = Path::new(&program).file_name().unwrap_or_default();
    let joined = || {
        let mut joined = path.as_os_str().to_owned();
        joined.push(format!(":{line}"));
        joined
    };
    match name.to_str().unwrap_or_default() {
        "code" | "code-insiders" | "codium" | "cursor" => {
            arguments.extend(["--goto".into(), joined()]);
        }
        "hx" | "helix" | "subl" | "zed" | "micro" => arguments.push(joined()),
        "ed" | "cat" | "less" | "gedit" | "notepad" => arguments.push(path.into()),
        // vi and its kin, nano, emacs, joe, mg, kak and most others.
        _ => arguments.extend([format!("+{line}").into(), path.into()]),
    }
    (program, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let (program, arguments) = command(variable, Path::new("/srv/my app/.env"), 12);
        let arguments = arguments.iter().map(|it| it.to_string_lossy().into_owned());
        std::iter::once(program)
            .chain(arguments)
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn each_editor_is_told_the_line_in_its_own_words() {
        assert_eq!(told(&[]), "vi|+12|/srv/my app/.env");
        assert_eq!(told(&[("EDITOR", "nano")]), "nano|+12|/srv/my app/.env");
        assert_eq!(
            told(&[("EDITOR", "nano"), ("VISUAL", "code --wait")]),
            "code|--wait|--goto|/srv/my app/.env:12"
        );
        assert_eq!(
            told(&[("VISUAL", " "), ("EDITOR", "/usr/bin/hx")]),
            "/usr/bin/hx|/srv/my app/.env:12"
        );
    }
}
