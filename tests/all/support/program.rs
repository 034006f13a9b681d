//! The program as it is installed: a folder with a configuration, a process that serves, and the shell.

use rustix::process::{Pid, Signal, kill_process};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use super::shell::{self, free_address};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sekisho");

/// Rules that watch and let everything pass but mail whose subject begins with "hold".
pub const LENIENT: &str = r#"
[[rule]]
id = "asked-to-hold"
when = "message.subject.startsWith('hold')"
action = "hold"
approval = "second-person"
incidents = ["2023-116"]
[rule.reason]
ja = "保留の試験です。"
en = "Held for a test."
"#;

/// What a configuration has besides the usual.
#[derive(Clone, Default)]
pub struct Extra {
    /// Lines of `[receive]`.
    pub receive: String,
    /// Lines of `[next_hop]`.
    pub next_hop: String,
    /// Whole sections.
    pub sections: String,
    /// The rules' text; without it the rules within the program.
    pub rules: Option<&'static str>,
    /// Whether there are pages.
    pub pages: bool,
}

/// A folder with a configuration.
pub struct Installation {
    folder: tempfile::TempDir,
    pub address: SocketAddr,
    /// Where the pages are, if the configuration has `[web]`: see [`Extra::pages`].
    pub pages: SocketAddr,
}

impl Installation {
    /// One that hands its mail to the next hop with that url.
    pub fn new(hop: &str, extra: &Extra) -> Self {
        let installation = Installation {
            folder: tempfile::tempdir().expect("a folder"),
            address: free_address(),
            pages: free_address(),
        };
        installation.configure(hop, extra);
        installation
    }

    /// Writes the configuration anew.
    pub fn configure(&self, hop: &str, extra: &Extra) {
        let rules = match extra.rules {
            Some(text) => {
                let rules = self.path("rules");
                std::fs::create_dir_all(&rules).expect("a folder");
                std::fs::write(rules.join("test.toml"), text).expect("a file");
                format!("[rules]\ndirectory = \"{}\"\n", rules.display())
            }
            None => String::new(),
        };
        let pages = match extra.pages {
            true => format!("[web]\nlisten = \"{0}\"\npublic_url = \"http://{0}\"\n", self.pages),
            false => String::new(),
        };
        let text = format!(
            "[organization]\nname = \"みほん市\"\ndomains = [\"city.example.jp\"]\nlanguage = \"ja\"\n\
             [receive]\nlisten = [\"{}\"]\nhostname = \"gate.example\"\n{}\n\
             [next_hop]\nurl = \"{hop}\"\n{}\n\
             [store]\nurl = \"sqlite:{}\"\nkey_file = \"{}\"\n{rules}{pages}{}\n",
            self.address,
            extra.receive,
            extra.next_hop,
            self.path("var/sekisho.db").display(),
            self.path("var/sekisho.key").display(),
            extra.sections,
        );
        std::fs::create_dir_all(self.path("var")).expect("a folder");
        std::fs::write(self.config(), text).expect("a file");
    }

    /// A path within the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self) -> PathBuf {
        self.path("sekisho.toml")
    }

    /// Starts to serve, and waits until it does.
    pub async fn serve(&self) -> Serving {
        self.serve_with(&[]).await
    }

    /// The same with another clock: `+31d`. Only the calendar moves, and no timer.
    pub async fn serve_at(&self, time: &str) -> Serving {
        let library = faketime();
        let library = library.to_str().expect("a path");
        let still = [("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1")];
        self.serve_with(&[&[("LD_PRELOAD", library), ("FAKETIME", time)], &still[..]].concat()).await
    }

    async fn serve_with(&self, variables: &[(&str, &str)]) -> Serving {
        let mut serving = self.begin_with(variables);
        let address = self.address;
        shell::until("the program serves", async || {
            if let Some(status) = serving.child.try_wait().expect("a child") {
                panic!("it ended with {status}:\n{}", serving.log());
            }
            TcpStream::connect(address).ok()
        })
        .await;
        serving
    }

    /// Starts it, and waits for nothing.
    pub fn begin(&self) -> Serving {
        self.begin_with(&[])
    }

    fn begin_with(&self, variables: &[(&str, &str)]) -> Serving {
        let log = self.path("log");
        let out = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log");
        let child = Command::new(PROGRAM)
            .args(["serve", "--config"])
            .arg(self.config())
            .current_dir(self.folder.path())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("a file"))
            .stderr(out)
            .spawn()
            .expect("the program starts");
        Serving { child, log }
    }

    /// Makes an account of the review site, with the password `correct horse battery`.
    pub async fn account(&self, address: &str, role: &str) {
        let config = self.config();
        let words = ["user", "add", "--role", role, address, "--config"];
        let mut command: Vec<std::ffi::OsString> = vec![PROGRAM.into()];
        command.extend(words.iter().map(Into::into));
        command.push(config.into());
        let output = shell::run_with(command, b"correct horse battery\n".to_vec()).await;
        assert!(output.status.success(), "{}", shell::said(&output));
    }

    /// A command of the shell: the words before `--config`, and those after it.
    pub async fn command(&self, before: &[&str], after: &[&str]) -> Output {
        let mut words: Vec<String> = vec![PROGRAM.into()];
        words.extend(before.iter().map(|w| w.to_string()));
        words.extend(["--config".into(), self.config().display().to_string()]);
        words.extend(after.iter().map(|w| w.to_string()));
        shell::run(words).await
    }

    /// What a command prints that must do well.
    pub async fn ask(&self, before: &[&str], after: &[&str]) -> String {
        let output = self.command(before, after).await;
        assert!(output.status.success(), "{before:?}: {}\n{}", output.status, shell::said(&output));
        String::from_utf8(output.stdout).expect("it prints text")
    }

    /// The cases of a state, as `hold list` tells them.
    pub async fn cases(&self, state: &str) -> Vec<serde_json::Value> {
        let text = self.ask(&["hold", "list"], &["--state", state, "--json"]).await;
        text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
    }

    /// The entries of a kind, as `audit export` tells them.
    pub async fn audit(&self, kind: &str) -> Vec<serde_json::Value> {
        let text = self.ask(&["audit", "export"], &["--kind", kind]).await;
        text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
    }

    /// The chain must be whole.
    pub async fn verify_audit(&self) {
        let said = self.ask(&["audit", "verify"], &[]).await;
        assert!(said.starts_with("ok: "), "{said}");
    }
}

/// The program while it serves. It is killed when the test ends.
pub struct Serving {
    child: Child,
    log: PathBuf,
}

impl Serving {
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id")
    }

    /// Sends a signal to this process alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process is there");
    }

    /// Waits for its end.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let child = &mut self.child;
        shell::until_within(within, "the program ends", async || child.try_wait().expect("a child")).await
    }

    /// SIGTERM; it must end well.
    pub async fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = self.ended(shell::PATIENCE).await;
        assert!(status.success(), "{status}:\n{}", self.log());
    }

    /// SIGKILL, as a crash.
    pub fn kill(mut self) {
        self.child.kill().expect("a child");
        let status = self.child.wait().expect("a child");
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "it ended before: {}", self.log());
    }

    /// Everything that it and those before it in this folder said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// libfaketime, for programs with threads.
fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a folder").flatten();
    let named = |folder: std::fs::DirEntry| folder.path().join("faketime/libfaketimeMT.so.1");
    folders.map(named).find(|path| path.exists()).expect("faketime is installed")
}

/// The rules of the program's own tree, as a folder to change.
pub fn copy_of_rules(to: &Path) {
    copy(Path::new("rules"), to);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file");
        }
    }
}
