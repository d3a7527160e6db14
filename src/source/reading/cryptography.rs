//! Reads cryptography that does not do what it is used for.

use super::Scene;
use super::program;
use super::secret;
use crate::source::declaration::{
    Certainty, Cryptography, Declaration, DeclarationKind, Misuse, SecretKind,
};
use crate::source::expression::{Call, Expression, ExpressionKind};
use crate::source::fact::Fact;
use crate::source::format::Format;
use crate::text::printable;

/// Adds what the scene declares.
pub(super) fn read(scene: &Scene<'_>, found: &mut Vec<Declaration>) {
    if scene.format != Format::Python {
        return;
    }
    program::each_call(scene, &mut |call| {
        key(scene, call, found);
        nonce(scene, call, found);
        misuse(call, found);
    });
    // `token = "".join(random.choice(…))`
    for fact in &scene.facts.facts {
        let Fact::Assignment(it) = fact else { continue };
        let words = secret::words_of(it.target.rsplit('.').next().unwrap_or_default());
        let is_secret = words.iter().any(|it| {
            matches!(
                it.as_str(),
                "token"
                    | "secret"
                    | "password"
                    | "otp"
                    | "nonce"
                    | "salt"
                    | "key"
                    | "code"
                    | "csrf"
            )
        });
        if !is_secret {
            continue;
        }
        it.value.walk(&mut |inner: &Expression| {
            if let Some(call) = inner.call()
                && call.owner() == Some("random")
                && matches!(
                    call.last(),
                    "choice"
                        | "choices"
                        | "randint"
                        | "random"
                        | "randrange"
                        | "getrandbits"
                        | "sample"
                        | "randbytes"
                )
            {
                found.push(declare(
                    Misuse::PredictableRandom,
                    &call.callee,
                    call.span.clone(),
                ));
            }
        });
    }
}

fn declare(misuse: Misuse, written: &str, span: std::ops::Range<usize>) -> Declaration {
    Declaration {
        kind: DeclarationKind::Cryptography(Cryptography {
            misuse,
            written: printable(written),
        }),
        span,
        certainty: Certainty::Medium,
        fixes: Vec::new(),
    }
}

/// A literal key in the call that takes it: `Fernet(b"…")`, `AESGCM(b"…")`, `jwt.encode(claims, "…")`.
fn key(scene: &Scene<'_>, call: &Call, found: &mut Vec<Declaration>) {
    let place = match (call.last(), call.owner()) {
        ("Fernet" | "AESGCM" | "AESCCM" | "ChaCha20Poly1305" | "AES", _)
        | ("new", Some("AES" | "DES" | "DES3" | "hmac")) => 0,
        ("encode" | "decode", Some("jwt")) => 1,
        _ => return,
    };
    let Some(argument) = call.named("key").or_else(|| call.positional(place)) else {
        return;
    };
    // A name is read where it is assigned, where its own name promises a key.
    if argument
        .value
        .name()
        .is_some_and(|name| secret::promised(name).is_some())
    {
        return;
    }
    if let Some(text) = scene.names.text(&argument.value)
        && (text.is_literal() || text.with_defaults().1)
        && let Some(found_key) = secret::declare(
            &format!("the key of {}", printable(call.last())),
            SecretKind::Key,
            &text,
            text.span.clone(),
            false,
        )
    {
        found.push(found_key);
    }
}

/// A literal nonce: `aesgcm.encrypt(b"…", data, aad)`.
fn nonce(scene: &Scene<'_>, call: &Call, found: &mut Vec<Declaration>) {
    if call.last() != "encrypt" || call.arguments.len() < 2 {
        return;
    }
    let Some(argument) = call.named("nonce").or_else(|| call.positional(0)) else {
        return;
    };
    let values = scene.names.values(&argument.value);
    let is_static = |it: &&Expression| match &it.kind {
        ExpressionKind::Text(text) => text.is_literal() && !text.is_empty(),
        ExpressionKind::Call(call) => {
            call.last() == "bytes"
                && call
                    .positional(0)
                    .is_some_and(|it| matches!(it.value.kind, ExpressionKind::Number(_)))
        }
        _ => false,
    };
    if values.len() == 1 && values.iter().any(is_static) {
        found.push(Declaration {
            kind: DeclarationKind::Secret(crate::source::declaration::SecretUse {
                kind: SecretKind::Nonce,
                name: "the nonce".to_owned(),
                length: 0,
                is_default_word: false,
                is_fallback: false,
                is_local: false,
            }),
            span: argument.span.clone(),
            certainty: Certainty::High,
            fixes: Vec::new(),
        });
    }
}

fn misuse(call: &Call, found: &mut Vec<Declaration>) {
    let arguments_say = |word: &str| {
        let mut says = false;
        for argument in &call.arguments {
            argument.value.walk(&mut |inner: &Expression| {
                if let Some(name) = inner.name() {
                    says |= name.to_ascii_lowercase().contains(word);
                }
            });
        }
        says
    };
    match call.callee.as_str() {
        "hashlib.md5" | "hashlib.sha1" | "hashlib.sha256" | "md5" | "sha1"
            if arguments_say("password") || arguments_say("passwd") =>
        {
            found.push(declare(
                Misuse::PasswordHash,
                &call.callee,
                call.span.clone(),
            ));
        }
        "base64.b64encode" | "b64encode"
            if arguments_say("password") || arguments_say("secret") =>
        {
            found.push(declare(
                Misuse::EncodingForEncryption,
                &call.callee,
                call.span.clone(),
            ));
        }
        "DES.new"
        | "DES3.new"
        | "ARC4.new"
        | "algorithms.TripleDES"
        | "algorithms.ARC4"
        | "modes.ECB" => {
            found.push(declare(Misuse::WeakCipher, &call.callee, call.span.clone()));
        }
        "AES.new" => {
            let ecb = call.arguments.iter().find(|it| {
                it.value
                    .name()
                    .is_some_and(|name| name.ends_with("MODE_ECB"))
            });
            if let Some(argument) = ecb {
                found.push(declare(
                    Misuse::WeakCipher,
                    "AES.MODE_ECB",
                    argument.span.clone(),
                ));
            }
        }
        _ => {}
    }
}
