//! nginx, HAProxy and Apache httpd, with Debian's OpenSSL and, for the hybrid group, with a newer one.

use std::fs;
use std::path::Path;
use std::process::Command;

use verifull::remediation::TlsWant::{
    self, FreshTicketKeys, HybridGroup, ModernSuites, NoCompression, NoEarlyData, ServerPreference,
    StrongDh, StrongGroups, StrongSignatures, Tls12OrNewer, Tls13,
};

use super::super::lab::Running;
use super::{
    Lab, Patient, Programs, Site, Snippets, Suite, display, newer_openssl, site_and_port, version,
};

const NGINX: &str = "nginx: TLS settings";
const HAPROXY: &str = "HAProxy: TLS settings";
const APACHE: &str = "Apache httpd: TLS settings";

pub(super) const SUITES: &[Suite] = &[
    Suite {
        covers: &[("harden_tls", NGINX)],
        run: nginx,
    },
    Suite {
        covers: &[("harden_tls", HAPROXY)],
        run: haproxy,
    },
    Suite {
        covers: &[("harden_tls", APACHE)],
        run: apache,
    },
];

/// Cures a front end three times: of what an old configuration has, of early data, and of a list of groups without a hybrid one.
/// Starts a server with a bad configuration that lacks some wants, with a snippet or as it was.
type Start<'a> = &'a dyn Fn(&str, &[TlsWant], Option<&str>) -> Result<Running, String>;

fn cure(
    title: &'static str,
    snippets: &Snippets,
    port: u16,
    configurations: &[(&[TlsWant], &str)],
    start: Start<'_>,
) -> Result<(), String> {
    for (wants, bad) in configurations {
        Patient {
            snippets,
            title,
            protocol: "https",
            port,
            wants,
            start: &|snippet| start(bad, wants, snippet),
        }
        .cure()?;
    }
    Ok(())
}

/// Lets a program run with the newer OpenSSL where the hybrid group is what is wanted.
fn with_library(command: &mut Command, library: &Path, wants: &[TlsWant]) {
    if wants.contains(&HybridGroup) {
        command.env("LD_LIBRARY_PATH", library);
    }
}

fn nginx(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let (site, port) = site_and_port(lab, "nginx-hardened")?;
    let folder = display(&site.folder);
    let library = newer_openssl(&site)?;
    // As root, nginx would give its workers to an account that cannot read this folder.
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let old = format!(
        "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0; ssl_prefer_server_ciphers off; \
         ssl_ecdh_curve secp224r1:prime256v1; ssl_dhparam {folder}/weak.pem; ssl_session_tickets on;"
    );
    let start = |bad: &str, wants: &[TlsWant], snippet: Option<&str>| {
        let configuration = site.write(
            "nginx.conf",
            &format!(
                "{user}\ndaemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n\
                 client_body_temp_path {folder}/1;\nproxy_temp_path {folder}/2;\nfastcgi_temp_path {folder}/3;\nuwsgi_temp_path {folder}/4;\nscgi_temp_path {folder}/5;\n\
                 {bad}\nserver {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate {folder}/fullchain.crt;\nssl_certificate_key {folder}/server.key;\n{}\nreturn 200 ok;\n}}\n}}\n",
                site.fill_in(snippet.unwrap_or_default())
            ),
        );
        let mut command = Command::new("nginx");
        command.arg("-c").arg(configuration).arg("-p").arg(&folder);
        with_library(&mut command, &library, wants);
        site.start(&mut command, port)
    };
    make_dh_file(&site, snippets, NGINX)?;
    let configurations: &[(&[TlsWant], &str)] = &[
        (&ALL_BUT_EARLY_DATA, &old),
        (
            &[NoEarlyData],
            "ssl_protocols TLSv1.2 TLSv1.3; ssl_early_data on;",
        ),
        (
            &[HybridGroup],
            "ssl_protocols TLSv1.3 TLSv1.2; ssl_ecdh_curve prime256v1;",
        ),
    ];
    cure(NGINX, snippets, port, configurations, &start)?;
    version("nginx", Command::new("nginx").arg("-v"))
}

const ALL_BUT_EARLY_DATA: [TlsWant; 8] = [
    Tls12OrNewer,
    Tls13,
    ModernSuites,
    ServerPreference,
    StrongGroups,
    StrongDh,
    StrongSignatures,
    FreshTicketKeys,
];

/// Executes the step that makes Diffie-Hellman parameters.
fn make_dh_file(site: &Site, snippets: &Snippets, title: &str) -> Result<(), String> {
    super::make_dh_file(&site.folder, snippets, title, "https")
}

fn haproxy(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let (site, port) = site_and_port(lab, "haproxy")?;
    let folder = display(&site.folder);
    let library = newer_openssl(&site)?;
    let start = |bad: &str, wants: &[TlsWant], snippet: Option<&str>| {
        let filled = site.fill_in(snippet.unwrap_or_default());
        // What belongs into the section global, and the bind line.
        let dh_file = filled
            .lines()
            .find(|line| line.starts_with("ssl-dh-param-file "))
            .map_or(
                format!("ssl-dh-param-file {folder}/weak.pem"),
                str::to_owned,
            );
        let bind = filled
            .lines()
            .find(|line| line.starts_with("bind "))
            .map_or(
                format!("bind 127.0.0.1:{port} ssl crt {folder}/fullchain-and-key.pem {bad}"),
                |line| line.replace("bind :", "bind 127.0.0.1:"),
            );
        // What no option on the line takes back: a step says to take it out of global.
        let preference = if snippet.is_none() {
            "prefer-client-ciphers"
        } else {
            ""
        };
        let options = if bad.is_empty() {
            format!("ssl-default-bind-options ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.2 {preference}")
        } else {
            String::new()
        };
        let suites = if bad.is_empty() {
            "ssl-default-bind-ciphers ALL:@SECLEVEL=0"
        } else {
            ""
        };
        let configuration = site.write(
            "haproxy.cfg",
            &format!(
                "global\n    {dh_file}\n    {options}\n    {suites}\ndefaults\n    mode http\n    timeout client 5s\n    timeout connect 5s\n    timeout server 5s\n\
                 frontend f\n    {bind}\n    http-request return status 200\n"
            ),
        );
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-f").arg(configuration);
        with_library(&mut command, &library, wants);
        site.start(&mut command, port)
    };
    make_dh_file(&site, snippets, HAPROXY)?;
    let configurations: &[(&[TlsWant], &str)] = &[
        (
            &[
                Tls12OrNewer,
                Tls13,
                ModernSuites,
                ServerPreference,
                StrongDh,
                FreshTicketKeys,
            ],
            "",
        ),
        (
            &[StrongGroups],
            "ciphers ALL:@SECLEVEL=0 curves secp224r1:prime256v1",
        ),
        (&[NoEarlyData], "allow-0rtt"),
        (&[HybridGroup], "curves prime256v1"),
    ];
    cure(HAPROXY, snippets, port, configurations, &start)?;
    version("HAProxy", Command::new("haproxy").arg("-v"))
}

fn apache(lab: &Lab, snippets: &Snippets) -> Result<Programs, String> {
    let (site, port) = site_and_port(lab, "apache")?;
    let folder = display(&site.folder);
    let library = newer_openssl(&site)?;
    let old = "SSLProtocol all -TLSv1.3 +TLSv1 +TLSv1.1\nSSLCipherSuite ALL:@SECLEVEL=0\nSSLHonorCipherOrder off\n\
         SSLOpenSSLConfCmd Curves secp224r1:prime256v1\nSSLSessionTickets on\n".to_string();
    let start = |bad: &str, wants: &[TlsWant], snippet: Option<&str>| {
        let snippet = site.fill_in(snippet.unwrap_or_default());
        // The snippet stands in place of lines of the same names.
        let name = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let count = if line.starts_with("SSLOpenSSLConfCmd") {
                2
            } else {
                1
            };
            words.into_iter().take(count).collect::<Vec<_>>().join(" ")
        };
        let replaced: Vec<String> = snippet.lines().map(name).collect();
        let kept: Vec<&str> = bad
            .lines()
            .filter(|line| !replaced.contains(&name(line)))
            .collect();
        let modules = "/usr/lib/apache2/modules";
        let configuration = site.write(
            "httpd.conf",
            &format!(
                "ServerRoot {folder}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n\
                 LoadModule mpm_event_module {modules}/mod_mpm_event.so\nLoadModule authz_core_module {modules}/mod_authz_core.so\n\
                 LoadModule ssl_module {modules}/mod_ssl.so\nDefaultRuntimeDir {folder}\nMutex posixsem\n\
                 <VirtualHost 127.0.0.1:{port}>\nSSLEngine on\nSSLCertificateFile {folder}/fullchain.crt\nSSLCertificateKeyFile {folder}/server.key\n{}\n{snippet}\n</VirtualHost>\n",
                kept.join("\n")
            ),
        );
        let mut command = Command::new("apache2");
        // One process, so that no other is left behind.
        command.arg("-X").arg("-f").arg(configuration);
        with_library(&mut command, &library, wants);
        site.start(&mut command, port)
    };
    // Diffie-Hellman parameters come with the certificate.
    let both = ["fullchain.crt", "weak.pem"]
        .map(|file| fs::read_to_string(site.folder.join(file)).unwrap())
        .concat();
    site.write("fullchain.crt", &both);
    let configurations: &[(&[TlsWant], &str)] = &[
        (&ALL_BUT_EARLY_DATA, &old),
        (&[HybridGroup], "SSLOpenSSLConfCmd Curves prime256v1"),
    ];
    cure(APACHE, snippets, port, configurations, &start)?;
    // Debian's OpenSSL has no compression to be turned off: the line is taken, and that is all that can be seen.
    let patient = Patient {
        snippets,
        title: APACHE,
        protocol: "https",
        port,
        wants: &[],
        start: &|snippet| start("", &[], snippet),
    };
    patient.starts_with(&[NoCompression])?;
    version("Apache httpd", Command::new("apache2").arg("-v"))
}
