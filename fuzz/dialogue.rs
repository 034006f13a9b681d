//! A whole daemon on loopback, to which any bytes are said as a client would say them.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use daemon::config::Config;
use daemon::serve::Daemon;
use smtp::reply;
use terms::clock::Clock;

/// Says the bytes and hears the replies to the end. Everything that is heard must be replies, the
/// greeting first, and the session must end when the client has.
pub(super) fn talk(bytes: &[u8]) -> u64 {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    let address = ADDRESS.get_or_init(start);
    let mut stream = TcpStream::connect(address).expect("the daemon listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let mut heard = Vec::new();
    std::thread::scope(|scope| {
        let mut saying = stream.try_clone().expect("a second handle");
        scope.spawn(move || {
            // A session that was ended early does not hear the rest.
            let _ = saying.write_all(bytes).and_then(|()| saying.shutdown(Shutdown::Write));
        });
        match stream.read_to_end(&mut heard) {
            Ok(_) => {}
            // What was said after the end of the session makes the connection break.
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(e) => panic!("the session does not end: {e}"),
        }
    });
    let mut codes = Vec::new();
    let mut rest = heard.as_slice();
    while !rest.is_empty() {
        let (reply, used) = reply::read(rest).expect("replies").expect("whole replies");
        codes.push(reply.code);
        rest = &rest[used..];
    }
    if let Some(first) = codes.first() {
        assert_eq!(*first, 220, "the greeting comes first");
    }
    codes.dedup();
    codes.truncate(12);
    super::shape(codes)
}

/// Starts the daemon in a temporary folder, with threads of its own, for the rest of the process.
fn start() -> SocketAddr {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let text = format!(
        "[organization]\nname = \"Example City\"\ndomains = [\"city.example.jp\"]\n\
         [receive]\nlisten = [\"127.0.0.1:0\"]\nxclient_peers = [\"127.0.0.1\"]\nxforward_peers = [\"127.0.0.1\"]\nmax_message_size = \"1MB\"\n\
         max_errors = 1000\n\
         [next_hop]\nurl = \"maildir:{0}/out\"\n[store]\nurl = \"sqlite:{0}/s.db\"\nkey_file = \"{0}/s.key\"\n",
        folder.display()
    );
    let path = Path::new("fuzz.toml");
    let config = Config::parse(path, &text).expect("the configuration reads");
    let policy = config.policy().expect("the rules within the program load");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let daemon = runtime.block_on(Daemon::start(config, policy, None, Clock::system())).expect("a daemon");
    let address = daemon.listening[0];
    std::mem::forget((runtime, daemon));
    address
}
