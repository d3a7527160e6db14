//! Flow within a file, on facts put together by hand; the languages' own front ends have more.

use super::*;
use crate::source::expression::Argument;

fn text(text: &str, at: usize) -> Expression {
    let span = at..at + text.len();
    Expression::new(
        ExpressionKind::Text(Template::verbatim(text, span.clone())),
        span,
    )
}

fn name(name: &str, at: usize) -> Expression {
    Expression::new(ExpressionKind::Name(name.to_owned()), at..at + name.len())
}

fn call(callee: &str, receiver: Option<Expression>, arguments: Vec<Expression>) -> Expression {
    let span = 900..900 + callee.len();
    Expression::new(
        ExpressionKind::Call(Box::new(Call {
            callee: callee.to_owned(),
            receiver,
            arguments: arguments
                .into_iter()
                .map(|value| Argument {
                    name: None,
                    span: value.span.clone(),
                    value,
                })
                .collect(),
            callee_span: span.clone(),
            span: span.clone(),
        })),
        span,
    )
}

fn assign(target: &str, value: Expression, added: bool, at: usize) -> Fact {
    Fact::Assignment(Assignment {
        target: target.to_owned(),
        span: at..value.span.end.max(at + 1),
        target_span: at..at + 1,
        value,
        added,
    })
}

fn facts(facts: Vec<Fact>) -> Facts {
    Facts {
        facts,
        ..Facts::default()
    }
}

/// Shows texts: holes as `<name>`, with `=default` behind.
fn shown(texts: &[Template]) -> Vec<String> {
    fn show(template: &Template) -> String {
        template
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => literal.text.expose().to_owned(),
                Part::Hole(hole) => {
                    let name = match &hole.filling {
                        Filling::Environment(name) => format!("${name}"),
                        Filling::Name(name) => name.clone(),
                        Filling::Call(name) => format!("{name}()"),
                        Filling::Expression => "…".to_owned(),
                    };
                    match &hole.default {
                        Some(default) => format!("<{name}={}>", show(default)),
                        None => format!("<{name}>"),
                    }
                }
            })
            .collect()
    }
    texts.iter().map(show).collect()
}

#[test]
fn what_is_added_later_belongs_to_the_text() {
    let facts = facts(vec![
        assign("DSN", text("postgres://db/app", 10), false, 0),
        assign("DSN", text("?sslmode=require", 50), true, 40),
    ]);
    let names = Names::of(&facts);
    assert_eq!(
        shown(&names.texts(&name("DSN", 100))),
        ["postgres://db/app?sslmode=require"]
    );
    assert_eq!(
        shown(&names.texts(&name("DSN", 35))),
        ["postgres://db/app"],
        "not before it is added"
    );
}

#[test]
fn branches_give_several_values_and_a_later_assignment_ends_them() {
    let with_branches = facts(vec![
        Fact::Branch(0..20),
        assign("URL", text("a", 10), false, 5),
        Fact::Branch(20..40),
        assign("URL", text("b", 30), false, 25),
    ]);
    let names = Names::of(&with_branches);
    assert_eq!(shown(&names.texts(&name("URL", 50))), ["b", "a"]);
    assert_eq!(
        shown(&names.texts(&name("URL", 35))),
        ["b"],
        "inside of the branch"
    );

    let straight = facts(vec![
        assign("URL", text("a", 10), false, 5),
        assign("URL", text("b", 30), false, 25),
    ]);
    assert_eq!(shown(&Names::of(&straight).texts(&name("URL", 50))), ["b"]);
}

#[test]
fn names_are_looked_for_in_their_function_first() {
    let scope = |name: &str, is_type, span| {
        Fact::Scope(Scope {
            name: name.to_owned(),
            is_type,
            parameters: vec![("dsn".to_owned(), None)],
            decorators: Vec::new(),
            span,
        })
    };
    let facts = facts(vec![
        assign("url", text("module", 5), false, 0),
        assign("dsn", text("module dsn", 15), false, 12),
        scope("f", false, 30..60),
        assign("url", text("function", 45), false, 40),
    ]);
    let names = Names::of(&facts);
    assert_eq!(shown(&names.texts(&name("url", 55))), ["function"]);
    assert_eq!(shown(&names.texts(&name("url", 70))), ["module"]);
    assert_eq!(
        shown(&names.texts(&name("dsn", 55))),
        ["<dsn>"],
        "a parameter hides the module's name"
    );
}

#[test]
fn environment_lookups_become_holes_with_their_defaults() {
    let facts = facts(Vec::new());
    let names = Names::of(&facts);
    let shown_of = |expression: &Expression| shown(&names.texts(expression)).join(" | ");
    let getenv = call("os.getenv", None, vec![text("DSN", 0), text("d", 9)]);
    assert_eq!(shown_of(&getenv), "<$DSN=d>");
    assert_eq!(
        shown_of(&call("getEnv", None, vec![text("DB_URL", 0), text("d", 9)])),
        "<$DB_URL=d>"
    );
    assert_eq!(
        shown_of(&name("process.env.DATABASE_URL", 0)),
        "<$DATABASE_URL>"
    );
    let either = Expression::new(
        ExpressionKind::Either(vec![name("process.env.X", 0), text("d", 20)]),
        0..30,
    );
    assert_eq!(shown_of(&either), "<$X=d>");
    let var = call("std.env.var", None, vec![text("X", 0)]);
    let closure = Expression::new(
        ExpressionKind::Other(vec![call("into", Some(text("d", 20)), Vec::new())]),
        20..30,
    );
    assert_eq!(
        shown_of(&call("unwrap_or_else", Some(var), vec![closure])),
        "<$X=d>"
    );
    let java = call("System.getenv", None, vec![text("X", 0)]);
    let optional = call("Optional.ofNullable", None, vec![java]);
    assert_eq!(
        shown_of(&call("orElse", Some(optional), vec![text("d", 9)])),
        "<$X=d>"
    );
    assert_eq!(
        shown_of(&call("envelope", None, vec![text("X", 0), text("d", 9)])),
        "<envelope()>"
    );
}

#[test]
fn formatting_of_every_language_fills_its_places() {
    let facts = facts(Vec::new());
    let names = Names::of(&facts);
    let shown_of = |expression: &Expression| shown(&names.texts(expression)).join(" | ");
    let pair = || vec![name("user", 0), text("db", 9)];
    let with_pattern = |pattern: &str| {
        let mut arguments = vec![text(pattern, 500)];
        arguments.extend(pair());
        arguments
    };
    for expression in [
        call("format", Some(text("p://{}@{}/x", 500)), pair()),
        call("%", Some(text("p://%s@%s/x", 500)), pair()),
        call("fmt.Sprintf", None, with_pattern("p://%s@%s/x")),
        call("format!", None, with_pattern("p://{}@{}/x")),
        call("String.format", None, with_pattern("p://%s@%s/x")),
        call("string.Format", None, with_pattern("p://{0}@{1}/x")),
        call(
            "concat!",
            None,
            vec![text("p://", 0), name("user", 9), text("@db/x", 20)],
        ),
    ] {
        assert_eq!(shown_of(&expression), "p://<user>@db/x");
    }
    let list = Expression::new(
        ExpressionKind::List(vec![text("host=db", 0), text("sslmode=disable", 9)]),
        0..40,
    );
    assert_eq!(
        shown_of(&call("join", Some(text(" ", 50)), vec![list])),
        "host=db sslmode=disable"
    );
}

#[test]
fn a_replaced_scheme_is_seen_and_the_rest_keeps_its_place() {
    let facts = facts(Vec::new());
    let names = Names::of(&facts);
    let replaced = call(
        "replace",
        Some(text("postgres://db/app", 100)),
        vec![text("postgres://", 0), text("postgresql+asyncpg://", 20)],
    );
    let texts = names.texts(&replaced);
    assert_eq!(shown(&texts), ["postgresql+asyncpg://db/app"]);
    let Some(Part::Literal(rest)) = texts[0].parts.last() else {
        panic!("the rest is written out")
    };
    assert_eq!((rest.span.clone(), rest.verbatim), (111..117, true));
}

#[test]
fn names_in_circles_and_doubling_texts_come_to_an_end() {
    let mut all = vec![
        assign("a", name("b", 10), false, 0),
        assign("b", name("a", 30), false, 20),
    ];
    for step in 0..40 {
        let join = Expression::new(
            ExpressionKind::Join(vec![
                name(&format!("x{step}"), 100 * step + 120),
                name(&format!("x{step}"), 100 * step + 130),
            ]),
            100 * step + 120..100 * step + 140,
        );
        all.push(assign(
            &format!("x{}", step + 1),
            join,
            false,
            100 * step + 110,
        ));
    }
    all.push(assign("x0", text("x", 101), false, 100));
    let facts = facts(all);
    let names = Names::of(&facts);
    assert!(!names.texts(&name("a", 9000)).is_empty());
    assert!(!names.texts(&name("x40", 9000)).is_empty());
    assert!(!names.values(&name("a", 9000)).is_empty());
}

mod of_python {
    //! The same through a real front end.

    use super::*;
    use crate::source::format::Format;
    use crate::source::front;

    /// Returns the texts of the first argument of the last call of `use`.
    fn used(source: &str) -> Vec<String> {
        let facts = front::read(source, Format::Python);
        let names = Names::of(&facts);
        let call = facts
            .facts
            .iter()
            .rev()
            .find_map(|fact| match fact {
                Fact::Call(call) if call.callee == "use" => Some(call),
                _ => None,
            })
            .expect("use is called");
        let argument = call.positional(0).expect("use has an argument");
        shown(&names.texts(&argument.value))
    }

    #[test]
    fn a_property_gives_what_it_returns() {
        let source = "class Settings(BaseSettings):\n    host: str = \"db\"\n    @property\n    def url(self):\n        \
                      return \"postgresql://\" + f\"{self.user}@{self.host}/x\"\nsettings = Settings()\nuse(settings.url)\n";
        assert_eq!(used(source), ["postgresql://<self.user>@db/x"]);
    }

    #[test]
    fn branches_are_all_told_and_what_follows_them_counts_alone() {
        let source = "if x:\n    url = \"a\"\nelse:\n    url = \"b\"\nuse(url)\n";
        assert_eq!(used(source), ["b", "a"]);
        assert_eq!(used(&source.replace("use", "url = \"c\"\nuse")), ["c"]);
        let added = "url = \"a\"\nif x:\n    url += \"?b\"\nuse(url)\n";
        assert_eq!(used(added), ["a?b", "a"]);
    }

    #[test]
    fn lookups_in_interpolations_keep_their_defaults() {
        let source = "use(f\"p://{os.getenv('H', 'db')}:{os.environ['P']}/{quote(x)}\")\n";
        assert_eq!(used(source), ["p://<$H=db>:<$P>/<quote()>"]);
    }

    #[test]
    fn maps_are_read_by_key_and_percent_formats_by_name() {
        let source = "c = {\"host\": \"db\", \"user\": u}\nuse(\"p://%(user)s@%(host)s\" % c)\n";
        // The map is a name here: what it holds is not looked into, and nothing is made up.
        assert_eq!(used(source).len(), 1);
        let source = "c = {\"host\": \"db\"}\nuse(f\"p://{c['host']}\")\n";
        assert_eq!(used(source), ["p://db"]);
    }

    #[test]
    fn a_parameter_with_a_default_is_that_default() {
        let source = "def connect(dsn: str = \"p://db\", other: str = None):\n    use(dsn)\n";
        assert_eq!(used(source), ["p://db"]);
    }
}
