//! A Postfix of the test's own: its own configuration, queue and ports, on this machine alone. It
//! needs root, as Postfix does; where Postfix is missing the test fails.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::shell::{self, free_address};

/// What a Postfix is to be.
pub struct Role {
    /// Where its mail leaves to.
    pub relay_to: SocketAddr,
    /// Where mail goes before it is queued, and the port at which it comes back.
    pub proxy_filter: Option<(SocketAddr, SocketAddr)>,
    /// At most so many recipients in a transaction.
    pub recipient_limit: usize,
}

impl Role {
    pub fn relaying_to(relay_to: SocketAddr) -> Self {
        Role { relay_to, proxy_filter: None, recipient_limit: 10_000 }
    }
}

/// A running Postfix. It ends with the test.
pub struct Postfix {
    folder: tempfile::TempDir,
    /// Where it takes mail.
    pub address: SocketAddr,
}

impl Postfix {
    pub async fn start(role: Role) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let postfix = Postfix { folder, address: free_address() };
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(postfix.folder.path(), open).expect("permissions");
        for name in ["conf", "spool", "data"] {
            std::fs::create_dir(postfix.path(name)).expect("a folder");
        }
        shell::good(["chown".as_ref(), "postfix".as_ref(), postfix.path("data").as_os_str()]).await;
        std::fs::write(postfix.path("conf/main.cf"), postfix.main(&role)).expect("a file");
        std::fs::write(postfix.path("conf/master.cf"), postfix.master(&role)).expect("a file");
        postfix.up().await;
        postfix
    }

    /// Starts it.
    pub async fn up(&self) {
        self.control("start").await;
        let address = self.address;
        shell::until("Postfix serves", async || TcpStream::connect(address).ok()).await;
    }

    /// Stops it; its queue stays.
    pub async fn down(&self) {
        self.control("stop").await;
    }

    /// Has it try everything in its queue at once.
    pub async fn flush(&self) {
        self.control("flush").await;
    }

    /// How many mails are in its queue.
    pub fn queued(&self) -> usize {
        let folders = ["incoming", "active", "deferred"].map(|name| self.path("spool").join(name));
        folders.iter().map(|folder| files(folder)).sum()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("maillog")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn control(&self, verb: &str) {
        let conf = self.path("conf");
        let output =
            shell::run(["/usr/sbin/postfix".as_ref(), "-c".as_ref(), conf.as_os_str(), verb.as_ref()]).await;
        assert!(output.status.success(), "postfix {verb}: {}\n{}", shell::said(&output), self.log());
    }

    fn main(&self, role: &Role) -> String {
        format!(
            "compatibility_level = 3.6\n\
             queue_directory = {folder}/spool\n\
             data_directory = {folder}/data\n\
             command_directory = /usr/sbin\n\
             daemon_directory = /usr/lib/postfix/sbin\n\
             mail_owner = postfix\n\
             setgid_group = postdrop\n\
             maillog_file = {folder}/maillog\n\
             maillog_file_prefixes = {folder}\n\
             myhostname = mx.city.example.jp\n\
             mydestination =\n\
             local_recipient_maps =\n\
             alias_maps =\n\
             alias_database =\n\
             inet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\n\
             mynetworks = 127.0.0.0/8\n\
             smtpd_relay_restrictions = permit_mynetworks, reject\n\
             smtpd_peername_lookup = no\n\
             smtpd_recipient_limit = 10000\n\
             smtpd_tls_security_level = none\n\
             smtp_tls_security_level = none\n\
             smtp_dns_support_level = disabled\n\
             smtputf8_enable = yes\n\
             relayhost = [127.0.0.1]:{port}\n\
             smtp_destination_recipient_limit = {limit}\n\
             smtp_connection_cache_on_demand = no\n\
             smtp_data_done_timeout = 8s\n\
             smtp_helo_timeout = 8s\n\
             smtp_mail_timeout = 8s\n\
             disable_mime_output_conversion = yes\n\
             minimal_backoff_time = 1s\n\
             maximal_backoff_time = 2s\n\
             queue_run_delay = 1s\n\
             notify_classes =\n\
             message_size_limit = 52428800\n",
            folder = self.folder.path().display(),
            port = role.relay_to.port(),
            limit = role.recipient_limit,
        )
    }

    fn master(&self, role: &Role) -> String {
        let (filter, back) = match &role.proxy_filter {
            Some((filter, back)) => (
                format!(" -o smtpd_proxy_filter={filter}"),
                format!(
                    "{back} inet n - n - - smtpd -o smtpd_proxy_filter= \
                     -o smtpd_authorized_xforward_hosts=127.0.0.0/8\n"
                ),
            ),
            None => (String::new(), String::new()),
        };
        format!(
            "{} inet n - n - - smtpd{filter}\n{back}\
             pickup unix n - n 60 1 pickup\n\
             cleanup unix n - n - 0 cleanup\n\
             qmgr unix n - n 300 1 qmgr\n\
             rewrite unix - - n - - trivial-rewrite\n\
             bounce unix - - n - 0 bounce\n\
             defer unix - - n - 0 bounce\n\
             trace unix - - n - 0 bounce\n\
             proxymap unix - - n - - proxymap\n\
             smtp unix - - n - - smtp\n\
             error unix - - n - - error\n\
             retry unix - - n - - error\n\
             anvil unix - - n - 1 anvil\n\
             scache unix - - n - 1 scache\n\
             flush unix n - n 1000? 0 flush\n\
             showq unix n - n - - showq\n\
             postlog unix-dgram n - n - 1 postlogd\n",
            self.address
        )
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // Its own control program ends its own processes, and no other's.
        let conf = self.path("conf");
        _ = std::process::Command::new("/usr/sbin/postfix").arg("-c").arg(conf).arg("stop").output();
    }
}

/// The files below a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}
