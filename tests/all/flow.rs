//! The map is true: every function and file that docs/flow.md names exists.

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
