//! The listening sockets: letting clients in while there is room, and stopping so that nobody is
//! cut off between a message and its reply.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::Ctx;
use super::options::{Options, OptionsError};
use super::session::Session;
use next_hop::wire::Wire;
use smtp::reply::Reply;

/// How many connections the kernel keeps for us while we are busy.
const BACKLOG: i32 = 4096;

/// Opens the sockets that the options name.
///
/// # Errors
/// [`OptionsError::Listen`] with the first address that does not work.
pub fn listen(options: &Options) -> Result<Vec<Listener>, OptionsError> {
    let first = options.listen.iter().map(|address| (0, *address));
    let others = options.listeners.iter().enumerate().map(|(n, listener)| (n + 1, listener.listen));
    first
        .chain(others)
        .map(|(door, address)| match open(address) {
            Ok(socket) => Ok(Listener { socket, door }),
            Err(error) => Err(OptionsError::Listen(address, error)),
        })
        .collect()
}

/// A listening socket, with the number of its door.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    door: usize,
}

impl Listener {
    /// The address that it listens on.
    ///
    /// # Errors
    /// The system cannot say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // An IPv4 address is listed on its own, or not listened on.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Serves clients until `stop` turns true (or its sender is gone), then ends each session at its
/// next safe point: between commands, never between a message and its reply; a client that stalls is
/// waited for as long as `stop_after` says. While they end, new clients get 421. Returns when the last session is over.
pub async fn serve(listeners: Vec<Listener>, ctx: Arc<Ctx>, mut stop: watch::Receiver<bool>) {
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
    let mut doors = JoinSet::new();
    for listener in listeners {
        doors.spawn(door(listener, ctx.clone(), stop.clone(), alive.clone()));
    }
    drop(alive);
    // The sender may be gone, which is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
    // Every session holds a sender; none sends.
    while all_gone.recv().await.is_some() {}
    doors.shutdown().await;
}

/// Accepts on one socket.
async fn door(listener: Listener, ctx: Arc<Ctx>, mut stop: watch::Receiver<bool>, alive: mpsc::Sender<()>) {
    let mut alive = Some(alive);
    let mut pause = Pause::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.socket.accept() => accepted,
            _ = stop.wait_for(|stop| *stop), if alive.is_some() => {
                alive = None;
                continue;
            }
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = Pause::default();
                match &alive {
                    Some(alive) => admit(stream, peer, listener.door, &ctx, &stop, alive),
                    None => turn_away(
                        stream,
                        &Reply::new(421, format!("4.3.2 {} is shutting down", ctx.hostname)),
                    ),
                }
            }
            Err(error) => pause.after(&error).await,
        }
    }
}

fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    door: usize,
    ctx: &Arc<Ctx>,
    stop: &watch::Receiver<bool>,
    alive: &mpsc::Sender<()>,
) {
    let ip = peer.ip().to_canonical();
    let Some(door) = ctx.terms().door(door) else {
        return turn_away(stream, &Reply::new(421, format!("4.3.2 {} is not available here", ctx.hostname)));
    };
    if !door.proxies.as_ref().unwrap_or(&door.networks).contain(ip) {
        tracing::info!(client = %ip, "a client outside the trusted networks was turned away");
        return turn_away(stream, &Reply::new(554, "5.7.1 Access denied"));
    }
    let Some(seat) = ctx.admission.seat(ip) else {
        tracing::warn!(client = %ip, "too many connections; one was turned away");
        return turn_away(
            stream,
            &Reply::new(421, format!("4.7.0 {} Too many connections, try again later", ctx.hostname)),
        );
    };
    let session = Session::new(ctx.clone(), stream, ip, door, stop.clone());
    let alive = alive.clone();
    tokio::spawn(async move {
        session.run().await;
        drop((seat, alive));
    });
}

/// A reply instead of a greeting, without waiting for anything.
fn turn_away(stream: TcpStream, reply: &Reply) {
    let mut out = Vec::new();
    reply.write_to(&mut out);
    Wire::new(stream).write_now(&out);
}

/// How long to wait after a failed accept. Out of descriptors, accept fails at once and for ever:
/// without a pause it would take the whole processor and hinder those who could give some back.
#[derive(Default)]
struct Pause(Duration);

impl Pause {
    async fn after(&mut self, error: &io::Error) {
        let of_the_client = [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
        if of_the_client.contains(&error.kind()) || error.kind() == io::ErrorKind::Interrupted {
            return;
        }
        if self.0.is_zero() {
            tracing::error!(%error, "accepting connections fails; trying on at intervals");
        }
        self.0 = (self.0 * 2).clamp(Duration::from_millis(20), Duration::from_secs(1));
        tokio::time::sleep(self.0).await;
    }
}
