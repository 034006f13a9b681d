//! What is not wrong but is rarely meant: mail would be taken and guarded, and something still be amiss.

use super::Config;
use casebook::LoadError;
use jiff::civil::Date;
use message::Address;

/// The names that stand in config.example.toml and in the documentation.
const EXAMPLE_DOMAINS: [&str; 3] = ["city.example.jp", "example.com", "example.jp"];

impl Config {
    /// Everything that should be looked at before mail is taken, on `today`.
    pub fn warnings(&self, today: Date) -> Vec<LoadError> {
        let mut found = Vec::new();
        let mut warn = |key: &str, message: String, remedy: &str| {
            found.push(self.places.of(key, message, remedy));
        };
        for network in &self.receive.trusted_networks.0 {
            let text = String::from(*network);
            if text.ends_with("/0") {
                let message = format!("[receive] trusted_networks: {text} lets every machine send mail");
                let remedy = "name the networks of the mail servers alone, such as \"192.0.2.0/28\"";
                warn("receive.trusted_networks", message, remedy);
            }
        }
        if self.next_hop.url.starts_with("maildir:") {
            let message = "[next_hop] url is a folder: mail is put into it and goes no further".to_string();
            warn(
                "next_hop.url",
                message,
                "name the server that sends it on, such as \"smtp://127.0.0.1:10026\"",
            );
        }
        for domain in &self.organization.domains {
            if EXAMPLE_DOMAINS.contains(&domain.as_str()) {
                let message = format!("[organization] domains: {domain} is the example's");
                warn("organization.domains", message, "name the organisation's own domains");
            }
        }
        self.warn_of_admins(&mut warn);
        if !self.hostname().contains('.') {
            let message = format!("the name {} has no dot, and servers may refuse it", self.hostname());
            warn(
                "receive.hostname",
                message,
                "give [receive] hostname = \"guard.city.example.jp\" with its domain",
            );
        }
        if let Some(web) = &self.web {
            self.warn_of_pages(&web.public_url, &mut warn);
        }
        for (nth, control) in self.controls.iter().enumerate().filter(|(_, c)| c.expires < today) {
            let message = format!("[[control]] \"{}\" ended on {}", control.name, control.expires);
            warn(&format!("control.{nth}.expires"), message, "give its new date, or take it out");
        }
        found.sort_by_key(|w| (w.line, w.column));
        found
    }

    fn warn_of_admins(&self, warn: &mut dyn FnMut(&str, String, &str)) {
        let admins = &self.organization.admins;
        if admins.is_empty() {
            let message = "[organization] admins is empty: warnings about accounts reach nobody".to_string();
            warn("organization.admins", message, "name at least one address");
        }
        for admin in admins {
            let message = match Address::parse(admin) {
                None => format!("[organization] admins: \"{admin}\" is not a mail address"),
                Some(a) if !self.organization.is_internal(a.domain()) => {
                    format!("[organization] admins: {admin} is outside the organisation")
                }
                Some(_) => continue,
            };
            warn(
                "organization.admins",
                message,
                "name an address inside, such as \"mail-admin@city.example.jp\"",
            );
        }
    }

    fn warn_of_pages(&self, url: &str, warn: &mut dyn FnMut(&str, String, &str)) {
        let host = url.trim_start_matches("http://").trim_start_matches("https://");
        let is_local = ["127.", "localhost", "[::1]"].iter().any(|local| host.starts_with(local));
        if is_local {
            let message =
                format!("[web] public_url {url} is this machine alone, and so are the links in notices");
            warn("web.public_url", message, "give the name by which staff reach the pages");
        } else if url.starts_with("http://") {
            let message = format!("[web] public_url {url} is without TLS");
            warn(
                "web.public_url",
                message,
                "put a reverse proxy with TLS before the pages and give https://",
            );
        }
    }
}
