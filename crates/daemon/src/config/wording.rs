//! The words of serde and of the TOML reader in words of the file: what is wrong, and what would be right.

use casebook::form::nearest;

/// What is wrong with the syntax, and what would be right.
pub fn of_syntax(said: &str) -> (String, &'static str) {
    let said = said.trim().replace('\n', " ");
    let remedy = if said.contains("duplicate key") {
        "let it stand once"
    } else if said.contains("string") {
        "write a text between two quotation marks on one line"
    } else {
        "write each setting as key = value on its own line, texts in quotation marks"
    };
    (said, remedy)
}

/// The key that serde misses.
pub fn missing(said: &str) -> Option<&str> {
    said.strip_prefix("missing field `")?.split('`').next()
}

/// Whether serde does not know a key.
pub fn is_unknown_key(said: &str) -> bool {
    said.starts_with("unknown field `")
}

/// What is wrong with a value or a key, and what would be right. `written` is what stands in the file.
pub fn of_value(said: &str, written: Option<&str>) -> (String, String) {
    let said = said.trim().replace('\n', " ");
    // The words between backquotes: what was given, and then what is known.
    let words: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
    if let (true, Some((key, known))) = (is_unknown_key(&said), words.split_first()) {
        let near = nearest(key, known.iter().copied());
        return (format!("has no key `{key}`"), did_you_mean(near, known));
    }
    if let (true, Some((word, known))) = (said.starts_with("unknown variant `"), words.split_first()) {
        let known: Vec<String> = known.iter().map(|k| format!("\"{k}\"")).collect();
        return (format!("\"{word}\" is not known"), format!("give {}", known.join(" or ")));
    }
    let kind = ["invalid type: ", "invalid value: "].iter().find_map(|p| said.strip_prefix(p));
    // A remedy of the type's own says more than the kind of value.
    if let (Some((given, wanted)), false) =
        (kind.and_then(|k| k.split_once(", expected ")), said.contains("; "))
    {
        return (
            format!("{} does not fit", given.replace('`', "")),
            format!("give {}", wanted_in_words(wanted)),
        );
    }
    let written = written.unwrap_or("the value");
    if said.contains("socket address") {
        let remedy = "give an IP address and a port, such as \"127.0.0.1:2525\" or \"[::1]:2525\"";
        return (format!("{written} is not an address to listen on"), remedy.to_string());
    }
    match said.split_once("; ") {
        Some((message, remedy)) => (message.to_string(), remedy.to_string()),
        None => (said, "config.example.toml shows the form".to_string()),
    }
}

fn wanted_in_words(wanted: &str) -> String {
    match wanted.trim() {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number, not negative".into(),
        "i64" | "i32" => "a whole number".into(),
        "a boolean" => "true or false".into(),
        "a string" | "string" | "path string" => "a text in quotation marks".into(),
        "a sequence" => "a list, such as [\"…\", \"…\"]".into(),
        "a map" => "a table of its own".into(),
        w if w.starts_with("struct") => "a table of its own".into(),
        w if w.contains("ocket address") => "an IP address and a port in quotation marks".into(),
        other => other.to_string(),
    }
}

/// The remedy for a name that is not known.
pub fn did_you_mean(near: Option<&str>, known: &[&str]) -> String {
    let known: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}
