//! A verifier of DKIM signatures (RFC 6376, RFC 8463) as plain as one can be, which shares no code with the
//! program's signer. It is proven on the example of RFC 8463 appendix A.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

/// Whether the first DKIM-Signature of a message holds by that public key, relaxed in header and body. The
/// key of RSA is PKCS #1, that of Ed25519 the bare 32 bytes.
pub fn holds(message: &[u8], public: &[u8]) -> bool {
    // One character a byte, so that text functions serve for any bytes.
    let text: String = message.iter().map(|b| char::from(*b)).collect();
    let (header, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let fields = fields(header);
    let Some((_, signature)) = fields.iter().find(|(name, _)| name == "dkim-signature") else {
        return false;
    };
    let tag = |wanted: &str| {
        let mut tags = signature.split(';').filter_map(|tag| tag.split_once('='));
        let value = tags.find(|(name, _)| name.trim() == wanted).map(|(_, value)| value.to_string());
        value.unwrap_or_default().replace([' ', '\t', '\r', '\n'], "")
    };
    if tag("c") != "relaxed/relaxed" || tag("bh") != STANDARD.encode(sha256(&relaxed_body(body))) {
        return false;
    }
    let mut input = String::new();
    let mut left: Vec<&(String, String)> = fields.iter().collect();
    for name in tag("h").to_lowercase().split(':') {
        if let Some(at) = left.iter().rposition(|(n, _)| n == name) {
            let (name, value) = left.remove(at);
            input.push_str(&format!("{name}:{}\r\n", words(value)));
        }
    }
    let unsigned = signature.split(';').map(|tag| match tag.split_once('=') {
        Some((name, _)) if name.trim() == "b" => format!("{name}="),
        _ => tag.to_string(),
    });
    input.push_str(&format!("dkim-signature:{}", words(&unsigned.collect::<Vec<_>>().join(";"))));
    let Ok(given) = STANDARD.decode(tag("b")) else { return false };
    let input: Vec<u8> = bytes(&input);
    match tag("a").as_str() {
        "rsa-sha256" => {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(&input, &given).is_ok()
        }
        "ed25519-sha256" => {
            let hash = digest(&SHA256, &input);
            UnparsedPublicKey::new(&ED25519, public).verify(hash.as_ref(), &given).is_ok()
        }
        _ => false,
    }
}

/// The fields, names in lower case, values with their folds.
fn fields(header: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in header.split("\r\n") {
        match (line.starts_with([' ', '\t']), fields.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => value.push_str(&format!("\r\n{line}")),
            (_, _, Some((name, value))) => fields.push((name.trim().to_lowercase(), value.to_string())),
            _ => {}
        }
    }
    fields
}

fn words(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

fn relaxed_body(body: &str) -> String {
    let mut lines: Vec<String> = body.split("\r\n").map(relaxed_line).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

fn relaxed_line(line: &str) -> String {
    let mut relaxed = String::new();
    for c in line.trim_end_matches([' ', '\t']).chars() {
        match (c, relaxed.ends_with(' ')) {
            (' ' | '\t', true) => {}
            (' ' | '\t', false) => relaxed.push(' '),
            _ => relaxed.push(c),
        }
    }
    relaxed
}

fn sha256(text: &str) -> Vec<u8> {
    digest(&SHA256, &bytes(text)).as_ref().to_vec()
}

fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| c as u8).collect()
}

/// RFC 8463 appendix A: the message, signed by its author.
#[test]
fn the_verifier_takes_the_example_of_the_standard() {
    let message = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n \
        d=football.example.com; i=@football.example.com;\r\n \
        q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
        subject : date : message-id : from : subject : date;\r\n \
        bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n \
        b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n \
        Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n\
        From: Joe SixPack <joe@football.example.com>\r\n\
        To: Suzie Q <suzie@shopping.example.net>\r\n\
        Subject: Is dinner ready?\r\n\
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
        Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n\
        Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
    let public = STANDARD.decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=").expect("a key");
    assert!(holds(message.as_bytes(), &public));
    assert!(!holds(message.replace("Joe.", "Jim.").as_bytes(), &public), "the body");
    assert!(!holds(message.replace("dinner", "supper").as_bytes(), &public), "a field");
}
