//! The fields of a form or a query as they come: some several times, some not at all.

/// Names and values, in their order.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of a name, without the white space around it; empty where there is none.
    pub fn one(&self, name: &str) -> &str {
        self.each(name).next().unwrap_or_default()
    }

    /// The first value of a name, where it says something.
    pub fn some(&self, name: &str) -> Option<String> {
        self.each(name).next().filter(|v| !v.is_empty()).map(String::from)
    }

    /// Every value of a name that says something.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.each(name).filter(|v| !v.is_empty()).map(String::from).collect()
    }

    /// The fields as a query, those of `names` alone; with its `?` where there are any.
    pub fn query(&self, names: &[&str]) -> String {
        let kept = self.0.iter().filter(|(n, v)| names.contains(&n.as_str()) && !v.trim().is_empty());
        query_of(kept.map(|(n, v)| (n.as_str(), v.as_str())))
    }

    /// Every name with its value, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.trim()))
    }

    fn each<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim())
    }
}

/// A number as people type it; full-width digits are digits.
pub fn number(text: &str) -> Option<usize> {
    let plain = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32),
        c if c.is_whitespace() || c == ',' => None,
        c => Some(c),
    };
    text.chars().filter_map(plain).collect::<String>().parse().ok()
}

/// A query, with its `?` where it says something.
pub fn query_of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let encoded = super::error_page::form_encoded;
    let pairs: Vec<String> = pairs.map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
impl From<&[(&str, &str)]> for Fields {
    fn from(pairs: &[(&str, &str)]) -> Self {
        Fields(pairs.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_several_times_or_not_at_all() {
        let fields = Fields::from([("a", " 1 "), ("b", ""), ("a", "2"), ("a", " ")].as_slice());
        assert_eq!((fields.one("a"), fields.one("b"), fields.one("c")), ("1", "", ""));
        assert_eq!((fields.some("a"), fields.some("b")), (Some("1".into()), None));
        assert_eq!(fields.all("a"), ["1", "2"]);
        assert_eq!(fields.query(&["b", "a"]), "?a=%201%20&a=2");
        assert_eq!(fields.query(&["b"]), "");
    }

    #[test]
    fn numbers_are_read_in_any_digits() {
        assert_eq!((number("12"), number(" １２ "), number("1,200")), (Some(12), Some(12), Some(1_200)));
        assert_eq!((number(""), number("-1"), number("twelve")), (None, None, None));
    }
}
