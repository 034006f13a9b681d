//! The map is true: every function and file that docs/flow.md names exists, and calls what it says in that order.

#[test]
fn the_map_names_what_exists() {
    let map = std::fs::read_to_string("docs/flow.md").expect("docs/flow.md");
    let mut checked = 0;
    let mut missing = Vec::new();
    for name in
        map.split('`').skip(1).step_by(2).filter(|n| n.starts_with("src/") || n.starts_with("crates/"))
    {
        let (file, function) = match name.split_once("::") {
            Some((file, function)) => (file, Some(function)),
            None => (name, None),
        };
        checked += 1;
        match (std::fs::read_to_string(file), function) {
            (Err(_), _) => missing.push(format!("{file}: no such file")),
            (Ok(text), Some(f))
                if !text.contains(&format!("fn {f}(")) && !text.contains(&format!("fn {f}<")) =>
            {
                missing.push(format!("{file}: no function {f}"));
            }
            _ => {}
        }
    }
    assert!(checked > 15, "the map names only {checked} places");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn calls_are_made_in_the_order_of_the_map() {
    let map = std::fs::read_to_string("docs/flow.md").expect("docs/flow.md");
    let (_, order) = map.split_once("## In this order").expect("the section with the order");
    let mut faults = Vec::new();
    let mut checked = 0;
    for line in order.lines().filter(|l| l.starts_with("- `")) {
        let mut names = line.split('`').skip(1).step_by(2);
        let (file, function) =
            names.next().and_then(|n| n.split_once("::")).expect("a function before the colon");
        let text = std::fs::read_to_string(file).expect("the file is there");
        let Some(mut rest) = body_of(&text, function) else {
            faults.push(format!("{file}: no function {function}"));
            continue;
        };
        for called in names {
            checked += 1;
            match position_of_call(rest, called) {
                Some(at) => rest = &rest[at..],
                None => {
                    faults.push(format!("{file}::{function} does not call {called} after those before it"));
                    break;
                }
            }
        }
    }
    assert!(checked > 25, "only {checked} calls are named");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The body of the first function of that name, from its first brace to the one that closes it.
fn body_of<'t>(text: &'t str, function: &str) -> Option<&'t str> {
    let start = text.find(&format!("fn {function}(")).or_else(|| text.find(&format!("fn {function}<")))?;
    let open = start + text[start..].find(" {\n")?;
    let mut depth = 0usize;
    for (at, c) in text[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(&text[open..open + at]),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Behind the next call of that name, or behind the place where the function is handed on by its name.
fn position_of_call(body: &str, name: &str) -> Option<usize> {
    body.match_indices(name).find_map(|(at, _)| {
        let before = body[..at].chars().next_back()?;
        let after = &body[at + name.len()..];
        let whole = !before.is_alphanumeric() && before != '_';
        (whole && after.starts_with('(')).then_some(at + name.len())
    })
}
