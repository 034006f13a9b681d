//! A real browser: headless Chromium through WebDriver, one to a test. It walks the pages as a person
//! does, and tells what is wrong with one: what overflows, has no name, or is too pale to read.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use super::shell::{self, free_address};

/// What is wrong with the page on show, one line each; see the script.
const FAULTS: &str = include_str!("faults.js");

/// A phone, and a desk.
pub const WIDTHS: [u32; 2] = [360, 1280];

/// A browser on the pages of one installation.
pub struct Browser {
    pub client: Client,
    driver: Child,
    site: SocketAddr,
    width: u32,
}

impl Browser {
    /// Opens one of this width, in CSS pixels, with scripts or without.
    pub async fn open(site: SocketAddr, width: u32, scripts: bool) -> Browser {
        let at = free_address();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={}", at.port()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is there: apt-get install chromium chromium-driver");
        shell::until("chromedriver listens", async || std::net::TcpStream::connect(at).ok()).await;
        let mut words = json!({
            "goog:chromeOptions": {
                "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--hide-scrollbars", "--force-prefers-reduced-motion", "--lang=ja"],
                "prefs": {},
                // Below about 500 pixels a window does not go; a phone's screen is asked for instead.
                "mobileEmulation": {"deviceMetrics": {"width": width, "height": 800, "pixelRatio": 1.0,
                    "mobile": width < 500, "touch": width < 500}},
            },
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        if !scripts {
            words["goog:chromeOptions"]["prefs"] =
                json!({"profile.managed_default_content_settings.javascript": 2});
        }
        let words = words.as_object().cloned().expect("an object");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(words);
        let client = builder.connect(&format!("http://{at}")).await.expect("Chromium starts");
        Browser { client, driver, site, width }
    }

    /// Goes to a path of the site, or to a whole address.
    pub async fn goto(&self, to: &str) {
        let whole = if to.starts_with("http") { to.to_string() } else { format!("http://{}{to}", self.site) };
        self.client.goto(&whole).await.expect("the page is there");
    }

    /// Signs in with an account of `Installation::account`.
    pub async fn sign_in(&self, name: &str) {
        self.goto("/login").await;
        self.fill("input[name=name]", name).await;
        self.fill("input[name=password]", "correct horse battery").await;
        self.press("form[action='/login'] button[type=submit]").await;
    }

    /// Writes into a field.
    pub async fn fill(&self, field: &str, text: &str) {
        let field = self.find(field).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// Presses something. Where that leads to another page, it waits until the page is there.
    pub async fn press(&self, what: &str) {
        const LEADS_ON: &str = "const e = arguments[0]; window.pressed = true;
            return e.matches('a[href]:not([href^=\"#\"])') || (e.matches('button') && e.type === 'submit'
            && e.form && e.form.method !== 'dialog')";
        let element = self.find(what).await;
        let told = serde_json::to_value(&element).expect("an element has a name");
        let leads_on = self.client.execute(LEADS_ON, vec![told]).await.expect("the script runs") == true;
        element.click().await.unwrap_or_else(|e| panic!("{what}: {e}"));
        if leads_on {
            let there = "return !window.pressed && document.readyState === 'complete'";
            shell::until("the next page is there", async || {
                self.client.execute(there, vec![]).await.ok().filter(|done| done == true)
            })
            .await;
        }
    }

    async fn find(&self, what: &str) -> fantoccini::elements::Element {
        match self.client.find(Locator::Css(what)).await {
            Ok(element) => element,
            Err(error) => panic!("{what}: {error} in\n{}", self.text().await),
        }
    }

    /// What a person can read on the page.
    pub async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.expect("a body");
        body.text().await.unwrap_or_default()
    }

    /// Fails where the page has a fault, or the browser has complained of one since the last look.
    pub async fn is_sound(&self, what: &str) {
        let faults = self.client.execute(FAULTS, vec![]).await.expect("the script runs");
        let faults: Vec<String> = serde_json::from_value(faults).expect("a list");
        assert!(faults.is_empty(), "{what}, {} wide:\n{}", self.width, faults.join("\n"));
        let said = self.complaints().await;
        assert!(said.is_empty(), "{what}, {} wide, in the console:\n{}", self.width, said.join("\n"));
    }

    /// What the browser has written into its console: errors of scripts, refusals of the policy.
    async fn complaints(&self) -> Vec<String> {
        let said = self.client.issue_cmd(ReadLog).await.expect("the log reads");
        let entries = said.as_array().cloned().unwrap_or_default();
        let bad = entries.iter().filter(|e| e["level"] == "SEVERE" || e["level"] == "WARNING");
        bad.map(|e| e["message"].to_string()).collect()
    }

    /// Keeps a picture of the page in `target/pictures`.
    pub async fn picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../pictures");
        std::fs::create_dir_all(&folder).expect("a folder");
        let picture = self.client.screenshot().await.expect("a picture");
        std::fs::write(folder.join(format!("{name}-{}.png", self.width)), picture).expect("a file");
    }

    pub async fn close(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Chromium's own command for reading the console.
#[derive(Debug)]
struct ReadLog;

impl WebDriverCompatibleCommand for ReadLog {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}
